"""Marshmallow schemas of models: typed fields for introspection and dumping, over the readers of reader.py.

dataclasses-json makes schemas too, but supports neither `X | None` nor tuples, and leaves those unchecked. Only
`Model.schema()` imports this module.
"""

from __future__ import annotations

import functools
import typing
from collections.abc import Callable
from dataclasses import MISSING, is_dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load

from infisical.model.names import list_fields, unwrap_hint
from infisical.model.reader import Mismatch, Reader, make_field_reader


def make_schema(model: type[Any]) -> type[Schema]:
    """Make the schema class of a model: it loads a model, and dumps as `to_dict` does."""
    schema: type[Schema] = _make_schema(cast("Any", model))
    return schema


@functools.cache
def _make_schema(model: Any) -> type[Schema]:
    hints = typing.get_type_hints(model)
    columns: dict[str, Any] = {}
    for f, name in list_fields(model):
        options: dict[str, Any] = {"data_key": name}
        if f.default is not MISSING:
            options |= {"load_default": f.default, "allow_none": True}
        elif f.default_factory is not MISSING:
            options |= {"load_default": f.default_factory, "allow_none": True}
        else:
            options["required"] = True
        columns[f.name] = _make_field(hints[f.name], options, make_field_reader(model, f, name, hints[f.name]))
    defaults = {name: column.load_default for name, column in columns.items() if not column.required}

    def make(self: Schema, data: dict[str, Any], **_: Any) -> Any:
        absent = [name for name in defaults if data[name] is None]  # null counts as absent
        return model(**{**data, **{n: defaults[n]() if callable(defaults[n]) else defaults[n] for n in absent}})

    meta = type("Meta", (), {"unknown": EXCLUDE})
    return type(f"{model.__name__}Schema", (Schema,), {**columns, "Meta": meta, "make": post_load(make)})


def _make_field(hint: Any, options: dict[str, Any], read: Reader | None = None) -> fields.Field:
    """Make marshmallow's field of a type. It loads by `read`; the fields inside it only dump."""
    kind, nullable = unwrap_hint(hint)
    if nullable or kind is Any:
        options["allow_none"] = True
    build = _choose_field(kind)
    if read is not None:
        options["metadata"] = {READER_KEY: read}
    return build(**options)


def _choose_field(kind: Any) -> Callable[..., fields.Field]:
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if kind in SCALARS:
        return SCALARS[kind]
    if origin is tuple:
        return functools.partial(_List, _make_field(args[0], {}))
    if isinstance(origin, type) and issubclass(origin, typing.Mapping):
        return functools.partial(_Dict, keys=fields.String(), values=_make_field(args[1], {}))
    if is_dataclass(kind):
        return functools.partial(_NestedModel, lambda: make_schema(cast("type[Any]", kind))())
    return _RawValue


# ---- marshmallow's fields, which load by a reader and dump as usual
READER_KEY: Final = "read"


class _ReaderField(fields.Field if TYPE_CHECKING else object):  # type: ignore[misc]
    """Loads by the reader in the field's metadata."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        try:
            return self.metadata[READER_KEY](value)
        except Mismatch as wrong:
            raise ValidationError(f"Not as promised: {wrong}.") from None


class _String(_ReaderField, fields.String): ...


class _Integer(_ReaderField, fields.Integer): ...


class _Float(_ReaderField, fields.Float): ...


class _Boolean(_ReaderField, fields.Boolean): ...


class _List(_ReaderField, fields.List): ...


class _Dict(_ReaderField, fields.Dict): ...


class _NestedModel(_ReaderField, fields.Nested): ...  # type: ignore[misc]


class _RawValue(_ReaderField, fields.Raw): ...


SCALARS: Final[dict[Any, Callable[..., fields.Field]]] = {
    str: _String,
    int: functools.partial(_Integer, strict=True),
    float: _Float,
    bool: _Boolean,
}
