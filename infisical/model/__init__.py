"""Model: the base class of every dataclass that represents an object on the wire.

reader.py reads models, for responses and for `from_dict` and `from_json` alike; marshmallow.py makes schemas of the
same readers. dataclasses-json writes models (`to_dict`, `to_json`), and the first such call imports it: a client that
only sends requests does not pay for it.
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
    """The configuration that dataclasses-json reads from a class, built on first use: camelCase, no unknown fields."""

    def __get__(self, instance: object, owner: type[Any]) -> dict[str, Any]:
        return _build_config()


@functools.cache
def _build_config() -> dict[str, Any]:
    from dataclasses_json import Undefined, config

    settings: dict[str, dict[str, Any]] = config(letter_case=to_camel_case, undefined=Undefined.EXCLUDE)  # type: ignore[arg-type, unused-ignore]
    return settings["dataclasses_json"]


@functools.cache
def _import_mixin() -> type[DataClassJsonMixin]:
    from dataclasses_json import DataClassJsonMixin

    DataClassJsonMixin.register(Model)
    return DataClassJsonMixin


def _replace_null(value: Any) -> Any:
    """Replace the `NULL` that dataclasses-json leaves by None."""
    if isinstance(value, dict):
        return {name: _replace_null(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)([_replace_null(item) for item in value])
    return None if value is NULL else value


class Model:
    """Subclasses are `@dataclass(frozen=True, kw_only=True, slots=True)`; a secret is a `field(repr=False)`."""

    __slots__ = ()
    dataclass_json_config = _Config()

    def to_dict(self, encode_json: bool = False) -> dict[str, Any]:
        """Write the object as the server does: camelCase names, secrets in clear text."""
        written: dict[str, Any] = _replace_null(_import_mixin().to_dict(cast("DataClassJsonMixin", self), encode_json))
        return written

    def to_json(self, **options: Any) -> str:
        """Write `to_dict` as JSON text; the options are those of `json.dumps`."""
        return _import_mixin().to_json(cast("DataClassJsonMixin", self), **options)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], *, infer_missing: bool = False) -> Self:
        """Read an object from a document of the server, exactly as a response is read.

        ValueError, which shows no value, for a required field that is absent or has the wrong type. With
        `infer_missing` dataclasses-json reads instead: absent required fields are None, and nothing checks types.
        """
        if infer_missing:
            build: Any = _import_mixin().from_dict
            return cast("Self", build.__func__(cls, data, infer_missing=True))
        return read_document(cls, data)

    @classmethod
    def from_json(cls, text: str | bytes | bytearray, *, infer_missing: bool = False, **options: Any) -> Self:
        """Read an object from JSON text, as `from_dict` does; the options are those of `json.loads`."""
        import json

        return cls.from_dict(json.loads(text, **options), infer_missing=infer_missing)

    @classmethod
    def schema(cls, **options: Any) -> SchemaType[Self]:
        """Make a marshmallow schema of this model that checks every field; the options are marshmallow's."""
        from infisical.model.marshmallow import make_schema

        _import_mixin()
        return cast("SchemaType[Self]", make_schema(cls)(**options))
