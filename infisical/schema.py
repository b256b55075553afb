"""Marshmallow schemas of models: from the same fields and names on the wire that decode.py compiles.

dataclasses-json builds schemas too, but understands neither `X | None` nor our tuples, and leaves those unchecked.
Imported by `Model.schema()` only.
"""

from __future__ import annotations

import functools
import typing
from collections.abc import Callable
from dataclasses import MISSING
from typing import Any, cast

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load

from infisical.decode import unwrapped
from infisical.model import Model, wire_names


def schema_of(model: type[Model]) -> type[Schema]:
    """Make the schema class of a model; loading gives the model, dumping gives what `to_dict` gives."""
    made: type[Schema] = _made(cast("Any", model))
    return made


@functools.cache
def _made(model: Any) -> type[Schema]:
    hints = typing.get_type_hints(model)
    columns: dict[str, Any] = {}
    for f, name in wire_names(model):
        options: dict[str, Any] = {"data_key": name}
        if f.default is not MISSING:
            options |= {"load_default": f.default, "allow_none": True}
        elif f.default_factory is not MISSING:
            options |= {"load_default": f.default_factory, "allow_none": True}
        else:
            options["required"] = True
        if f.metadata.get("check") is not None:
            options["validate"] = functools.partial(_validate, f.metadata["check"])
        columns[f.name] = _field(hints[f.name], options)
    defaults = {name: column.load_default for name, column in columns.items() if not column.required}

    def make(self: Schema, data: dict[str, Any], **_: Any) -> Any:
        absent = [name for name in defaults if data[name] is None]  # null counts as absent
        return model(**{**data, **{n: defaults[n]() if callable(defaults[n]) else defaults[n] for n in absent}})

    meta = type("Meta", (), {"unknown": EXCLUDE})
    return type(f"{model.__name__}Schema", (Schema,), {**columns, "Meta": meta, "make": post_load(make)})


def _field(hint: Any, options: dict[str, Any]) -> fields.Field:
    kind, nullable = unwrapped(hint)
    if nullable or kind is Any:
        options["allow_none"] = True
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if kind in SCALARS:
        return SCALARS[kind](**options)
    if origin is tuple:
        return _Tuple(_field(args[0], {}), **options)
    if isinstance(origin, type) and issubclass(origin, typing.Mapping):
        return fields.Dict(keys=fields.String(), values=_field(args[1], {}), **options)
    if Model in getattr(kind, "__mro__", ()):
        return fields.Nested(lambda: schema_of(cast("type[Model]", kind))(), **options)
    return fields.Raw(**options)


def _validate(check: Callable[[Any], str | None], value: Any) -> None:
    expected = check(value)
    if expected is not None:
        raise ValidationError(f"Not {expected}.")


# ---- marshmallow's fields, without what they coerce
class _Tuple(fields.List):
    """A list, and nothing else that has items; loaded as a tuple."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, list):
            raise self.make_error("invalid", input=value)
        return tuple(super()._deserialize(value, attr, data, **kwargs))


class _Boolean(fields.Boolean):
    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class _Float(fields.Float):
    def _validated(self, value: Any) -> Any:
        if not isinstance(value, (int, float)):
            raise self.make_error("invalid", input=value)
        return super()._validated(value)


SCALARS: dict[Any, Callable[..., fields.Field]] = {
    str: fields.String,
    int: functools.partial(fields.Integer, strict=True),
    float: _Float,
    bool: _Boolean,
}
