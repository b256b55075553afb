"""Model: the base of every dataclass that stands for something on the wire, and how its fields are named there.

dataclasses-json is the public face of a model (`to_dict`, `to_json`, `from_dict`, `from_json`) and is imported by the
first call of one of these; a client that only makes requests never pays for it. Answers are read by decode.py,
marshmallow schemas are built by schema.py.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import Field, fields
from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from typing import Self

    from dataclasses_json import DataClassJsonMixin
    from dataclasses_json.mm import SchemaType


class Null:
    """The type of `NULL`."""

    _only: Null | None = None

    def __new__(cls) -> Null:
        if cls._only is None:  # it is false itself
            cls._only = super().__new__(cls)
        return cls._only

    def __repr__(self) -> str:
        return "NULL"

    def __bool__(self) -> bool:
        return False

    def __reduce__(self) -> str:
        return "NULL"

    def __copy__(self) -> Null:
        return self

    def __deepcopy__(self, _: object) -> Null:
        return self


NULL: Final = Null()
"""JSON null, where the server tells it from absent. `None` leaves a parameter out."""


def camel(name: str) -> str:
    """Turn `secret_value` into `secretValue`, as dataclasses-json's camel case does; `import_` into `import`."""
    head, *rest = name.rstrip("_").split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)


def wire(name: str = "", *, check: Callable[[Any], str | None] | None = None) -> Mapping[str, Any]:
    """Make the metadata of a field: its name on the wire where that is not its camelCase, and a check of its value.

    `field(metadata=wire("accessTokenMaxTTL"))`. A check says what was expected, or None if the value is good.
    """
    named = {"dataclasses_json": {"letter_case": functools.partial(_always, name)}} if name else {}
    return {**named, "check": check}


def _always(name: str, _: str) -> str:
    return name


def wire_names(model: type[Any]) -> tuple[tuple[Field[Any], str], ...]:
    """List every field of a model with its name on the wire, from the metadata that dataclasses-json reads too."""
    key: Any = model
    return _wire_names(key)


@functools.cache
def _wire_names(model: Any) -> tuple[tuple[Field[Any], str], ...]:
    return tuple((f, f.metadata.get("dataclasses_json", {}).get("letter_case", camel)(f.name)) for f in fields(model))


class _Config:
    """What dataclasses-json looks up on a class: names by `camel`, unknown fields ignored. Built when it looks."""

    def __get__(self, instance: object, owner: type[Any]) -> dict[str, Any]:
        return _config()


@functools.cache
def _config() -> dict[str, Any]:
    from dataclasses_json import Undefined, config

    settings: dict[str, dict[str, Any]] = config(letter_case=camel, undefined=Undefined.EXCLUDE)  # type: ignore[arg-type, unused-ignore]
    return settings["dataclasses_json"]


@functools.cache
def _mixin() -> type[DataClassJsonMixin]:
    from dataclasses_json import DataClassJsonMixin

    DataClassJsonMixin.register(Model)
    return DataClassJsonMixin


def _plain(value: Any) -> Any:
    """What dataclasses-json wrote, with null where it left `NULL`."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)([_plain(item) for item in value])
    return None if value is NULL else value


class Model:
    """Subclasses are `@dataclass(frozen=True, kw_only=True, slots=True)`; secrets in them are `field(repr=False)`."""

    __slots__ = ()
    dataclass_json_config = _Config()

    def to_dict(self, encode_json: bool = False) -> dict[str, Any]:
        """Write the object as the server does: camelCase names, secrets in plain."""
        written: dict[str, Any] = _plain(_mixin().to_dict(cast("DataClassJsonMixin", self), encode_json))
        return written

    def to_json(self, **options: Any) -> str:
        """Write `to_dict` as JSON text; the options are those of `json.dumps`."""
        return _mixin().to_json(cast("DataClassJsonMixin", self), **options)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], *, infer_missing: bool = False) -> Self:
        """Build one by dataclasses-json, which coerces, and raises; answers of the server do not come this way."""
        build: Any = _mixin().from_dict
        return cast("Self", build.__func__(cls, data, infer_missing=infer_missing))

    @classmethod
    def from_json(cls, text: str | bytes, **options: Any) -> Self:
        """Build one from JSON text, as `from_dict` does."""
        build: Any = _mixin().from_json
        return cast("Self", build.__func__(cls, text, **options))

    @classmethod
    def schema(cls, **options: Any) -> SchemaType[Self]:
        """Make a marshmallow schema of this model that checks every field; the options are marshmallow's."""
        from infisical.schema import schema_of

        _mixin()
        return cast("SchemaType[Self]", schema_of(cls)(**options))
