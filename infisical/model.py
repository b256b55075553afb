"""Model: the base of every dataclass that represents something on the wire, and how its fields are named there.

dataclasses-json writes models (`to_dict`, `to_json`) and is imported by the first call of one of these; a client that
only makes requests never pays for it. decode.py reads them, for answers and for `from_dict` and `from_json` alike;
schema.py builds marshmallow schemas on the same readers.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields
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


DECORATIONS: Final = frozenset(
    {
        "access_token_last_renewed_at",
        "access_token_last_used_at",
        "actor",
        "auth_consent_content",
        "bypass_reason",
        "color",
        "comment",
        "created_at",
        "description",
        "filename",
        "first_name",
        "friendly_name",
        "ip",
        "is_rotated_secret",
        "last_import_message",
        "last_imported_at",
        "last_login_time",
        "last_name",
        "last_remove_message",
        "last_removed_at",
        "last_replicated",
        "last_run_error_message",
        "last_secret_modified",
        "last_sync_message",
        "last_synced_at",
        "last_used",
        "last_viewed_at",
        "metadata",
        "page_frame_content",
        "position",
        "privilege_upgrade_initiated_at",
        "renewal_error",
        "secret_comment",
        "secret_metadata",
        "secret_reminder_note",
        "secret_reminder_repeat_days",
        "skip_multiline_encoding",
        "status_details",
        "tags",
        "timestamp",
        "updated_at",
        "user_agent",
        "user_joined_at",
        "version",
    }
)
"""Names of optional fields that only decorate an object: a value of a wrong type there does not cost the answer.

No field belongs here whose default would change what a value means or who may use it: ids, keys, values, tokens,
lifetimes, limits, roles, whatever is hidden, disabled or revoked.
"""


def is_decoration(f: Field[Any]) -> bool:
    """Whether a wrong type in this field is replaced by the field's default instead of refusing the object."""
    return f.name in DECORATIONS and not (f.default is MISSING and f.default_factory is MISSING)


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
        """Build one from a document as the server writes it, read exactly as an answer is.

        ValueError, which shows no value, where a required field is absent or has the wrong type. With `infer_missing`
        dataclasses-json reads it by its own rules: absent required fields are None, and types are not checked.
        """
        if infer_missing:
            build: Any = _mixin().from_dict
            return cast("Self", build.__func__(cls, data, infer_missing=True))
        from infisical.decode import read_document

        return read_document(cls, data)

    @classmethod
    def from_json(cls, text: str | bytes | bytearray, *, infer_missing: bool = False, **options: Any) -> Self:
        """Build one from JSON text, as `from_dict` does; the options are those of `json.loads`."""
        import json

        return cls.from_dict(json.loads(text, **options), infer_missing=infer_missing)

    @classmethod
    def schema(cls, **options: Any) -> SchemaType[Self]:
        """Make a marshmallow schema of this model that checks every field; the options are marshmallow's."""
        from infisical.schema import schema_of

        _mixin()
        return cast("SchemaType[Self]", schema_of(cls)(**options))
