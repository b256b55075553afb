"""Marshmallow schemas of models: typed fields to look at and to dump, over the readers that decode.py compiles.

dataclasses-json builds schemas too, but understands neither `X | None` nor our tuples, and leaves those unchecked.
Imported by `Model.schema()` only.
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
    """Make the schema class of a model; loading gives the model, dumping gives what `to_dict` gives."""
    made: type[Schema] = _made(cast("Any", model))
    return made


@functools.cache
def _made(model: Any) -> type[Schema]:
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
        columns[f.name] = _field(hints[f.name], options, make_field_reader(model, f, name, hints[f.name]))
    defaults = {name: column.load_default for name, column in columns.items() if not column.required}

    def make(self: Schema, data: dict[str, Any], **_: Any) -> Any:
        absent = [name for name in defaults if data[name] is None]  # null counts as absent
        return model(**{**data, **{n: defaults[n]() if callable(defaults[n]) else defaults[n] for n in absent}})

    meta = type("Meta", (), {"unknown": EXCLUDE})
    return type(f"{model.__name__}Schema", (Schema,), {**columns, "Meta": meta, "make": post_load(make)})


def _field(hint: Any, options: dict[str, Any], read: Reader | None = None) -> fields.Field:
    """Make marshmallow's field of a type. It loads what `read` makes of a value; those inside it only dump."""
    kind, nullable = unwrap_hint(hint)
    if nullable or kind is Any:
        options["allow_none"] = True
    made = _typed(kind)
    if read is not None:
        options["metadata"] = {READ: read}
    return made(**options)


def _typed(kind: Any) -> Callable[..., fields.Field]:
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if kind in SCALARS:
        return SCALARS[kind]
    if origin is tuple:
        return functools.partial(_List, _field(args[0], {}))
    if isinstance(origin, type) and issubclass(origin, typing.Mapping):
        return functools.partial(_Dict, keys=fields.String(), values=_field(args[1], {}))
    if is_dataclass(kind):
        return functools.partial(_Nested, lambda: make_schema(cast("type[Any]", kind))())
    return _Raw


# ---- marshmallow's fields, which load by a reader and dump as they are
READ: Final = "read"


class _ByReader(fields.Field if TYPE_CHECKING else object):  # type: ignore[misc]
    """Loads by the reader in the field's metadata."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        try:
            return self.metadata[READ](value)
        except Mismatch as wrong:
            raise ValidationError(f"Not as promised: {wrong}.") from None


class _String(_ByReader, fields.String): ...


class _Integer(_ByReader, fields.Integer): ...


class _Float(_ByReader, fields.Float): ...


class _Boolean(_ByReader, fields.Boolean): ...


class _List(_ByReader, fields.List): ...


class _Dict(_ByReader, fields.Dict): ...


class _Nested(_ByReader, fields.Nested): ...  # type: ignore[misc]


class _Raw(_ByReader, fields.Raw): ...


SCALARS: Final[dict[Any, Callable[..., fields.Field]]] = {
    str: _String,
    int: functools.partial(_Integer, strict=True),
    float: _Float,
    bool: _Boolean,
}
