"""Model: the base of every dataclass that represents something on the wire, and how its fields are named there.

dataclasses-json writes models (`to_dict`, `to_json`) and is imported by the first call of one of these; a client that
only makes requests never pays for it. decode.py reads them, for answers and for `from_dict` and `from_json` alike;
schema.py builds marshmallow schemas on the same readers.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from infisical.model.names import NULL as NULL
from infisical.model.names import Null as Null
from infisical.model.names import describe_field as describe_field
from infisical.model.names import list_fields as list_fields
from infisical.model.names import to_camel_case
from infisical.model.reader import read_document

if TYPE_CHECKING:
    from typing import Self

    from dataclasses_json import DataClassJsonMixin
    from dataclasses_json.mm import SchemaType


class _Config:
    """What dataclasses-json looks up on a class: camelCase names, unknown fields ignored. Built when it looks."""

    def __get__(self, instance: object, owner: type[Any]) -> dict[str, Any]:
        return _config()


@functools.cache
def _config() -> dict[str, Any]:
    from dataclasses_json import Undefined, config

    settings: dict[str, dict[str, Any]] = config(letter_case=to_camel_case, undefined=Undefined.EXCLUDE)  # type: ignore[arg-type, unused-ignore]
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
        """Build one from a document as the server writes it, read exactly as an answer is.

        ValueError, which shows no value, where a required field is absent or has the wrong type. With `infer_missing`
        dataclasses-json reads it by its own rules: absent required fields are None, and types are not checked.
        """
        if infer_missing:
            build: Any = _mixin().from_dict
            return cast("Self", build.__func__(cls, data, infer_missing=True))
        return read_document(cls, data)

    @classmethod
    def from_json(cls, text: str | bytes | bytearray, *, infer_missing: bool = False, **options: Any) -> Self:
        """Build one from JSON text, as `from_dict` does; the options are those of `json.loads`."""
        import json

        return cls.from_dict(json.loads(text, **options), infer_missing=infer_missing)

    @classmethod
    def schema(cls, **options: Any) -> SchemaType[Self]:
        """Make a marshmallow schema of this model that checks every field; the options are marshmallow's."""
        from infisical.model.marshmallow import make_schema

        _mixin()
        return cast("SchemaType[Self]", make_schema(cls)(**options))
