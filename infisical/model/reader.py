"""Readers: parsed JSON to models. Each model is compiled to one function, once, on first use.

A compiled reader fills a blank twin (the same slots, but not frozen) and then assigns the model to its `__class__`:
this costs a third of a frozen `__init__`. A reader never coerces and lets no wrong type through: it raises `Mismatch`.
For a field that only decorates it takes the default instead, and logs that once. decode.py reads responses.
"""

from __future__ import annotations

import functools
import logging
import operator
import sys
import typing
from collections.abc import Callable, Iterator
from dataclasses import MISSING, Field, is_dataclass
from typing import Any, Final, TypeAlias, TypeVar, cast

from infisical.model.names import is_decoration, list_fields, unwrap_hint

T = TypeVar("T")
LOGGER: Final = logging.getLogger("infisical")
Reader: TypeAlias = Callable[[Any], Any]


class Mismatch(Exception):
    """A value has the wrong type; each enclosing reader prepends its step to `path`."""

    def __init__(self, expected: str, value: object, path: str = "") -> None:
        self.expected, self.value, self.path = expected, value, path

    def inside(self, step: str) -> Mismatch:
        self.path = f"{step}{'.' if self.path and not self.path.startswith('[') else ''}{self.path}"
        return self

    def __str__(self) -> str:
        name = "nothing" if self.value is MISSING else TYPE_NAMES.get(type(self.value), "something else")
        return f"expected {self.expected}, found {name} at {self.path or 'the top'}"


TYPE_NAMES: dict[type[Any], str] = {
    str: "a string",
    int: "an integer",
    bool: "a boolean",
    float: "a number",
    dict: "an object",
    list: "a list",
    type(None): "null",
}
CAN_USE_BLANKS = getattr(sys, "_is_gil_enabled", lambda: True)()
"""False on a free-threaded CPython, where assigning `__class__` stops all threads."""
READERS: dict[type[Any], Reader] = {}


def get_reader(model: type[Any], making: frozenset[type[Any]] = frozenset()) -> Reader:
    """Find or compile the reader of a model. `making` has the models whose compilation needs this one."""
    known = READERS.get(model)
    if known is None:
        if model in making:  # the model contains itself: look its reader up on use
            return lambda value: get_reader(model)(value)
        known = READERS[model] = compile_reader(model, making | {model}, CAN_USE_BLANKS)
    return known


def compile_reader(model: type[Any], making: frozenset[type[Any]], blanks: bool) -> Reader:
    """Write the reader of a model as Python code and compile it: without loops over fields, without look-ups."""
    hints = typing.get_type_hints(model)
    named = list_fields(model)
    blanks = blanks and "__slots__" in vars(model) and not hasattr(model, "__post_init__")  # else a twin is impossible
    known: dict[str, Any] = {"Mismatch": Mismatch, "MISSING": MISSING, "model": model, "ignore": ignore}
    lines = ["if type(data) is not dict: raise Mismatch('an object', data)", "get = data.get"]
    if blanks:
        mutable = {"__setattr__": object.__setattr__, "__delattr__": object.__delattr__}  # a base may be frozen
        twin = type(f"Blank{model.__name__}", model.__bases__, {"__slots__": vars(model)["__slots__"], **mutable})
        known |= {"new": object.__new__, "Blank": twin}
        lines.append("self = new(Blank)")
    for index, (f, wire) in enumerate(named):
        keep = f"self.{f.name} = value" if blanks else f"{f.name}_ = value"
        lines += [*_write_field(f, wire, hints[f.name], str(index), known, making, is_decoration(f)), keep]
    if blanks:
        lines += ["self.__class__ = model", "return self"]
    else:
        lines.append(f"return model({', '.join(f'{f.name}={f.name}_' for f, _ in named)})")
    exec("\n".join(["def read(data):", *(f"    {line}" for line in lines)]), known)
    read: Reader = known["read"]
    return read


def _write_field(
    f: Field[Any],
    wire: str,
    hint: Any,
    index: str,
    known: dict[str, Any],
    making: frozenset[type[Any]],
    decorates: bool,
) -> list[str]:
    """Write the lines that fetch and check one field, and add the objects that they use to `known`."""
    kind, nullable = unwrap_hint(hint)
    required = f.default is MISSING and f.default_factory is MISSING
    default = "None"
    if f.default_factory is not MISSING:
        default, known[f"default{index}"] = f"default{index}()", f.default_factory
    elif f.default not in (None, MISSING):
        default, known[f"default{index}"] = f"default{index}", f.default
    fetch = f"value = get({wire!r}{', MISSING' if required else ''})"
    null = f"if value is None: {'value = ' + default if default != 'None' else 'pass'}"
    may_be_null = nullable or not required
    check = f.metadata.get("check")
    if kind in TYPE_NAMES and kind is not float and check is None:  # a scalar, without a call
        wrong = f"raise Mismatch({TYPE_NAMES[kind]!r}, value, {wire!r})"
        if decorates:
            wrong = f"value = ignore(model, {wire!r}, {TYPE_NAMES[kind]!r}, {default})"
        lines = [f"if type(value) is not {kind.__name__}:"]
        lines += [f"    {null}", f"    else: {wrong}"] if may_be_null else [f"    {wrong}"]
        return [fetch, *lines]
    read_kind = _choose_reader(kind, making)
    known[f"read{index}"] = read_kind if check is None else functools.partial(_read_checked, read_kind, check)
    stop = f"raise wrong.inside({wire!r})"
    if decorates:
        stop = f"value = ignore(model, {wire!r}, wrong.expected, {default})"
    read = [f"try: value = read{index}(value)", f"except Mismatch as wrong: {stop}"]
    if typing.get_origin(kind) is tuple and check is None:  # a list, without a call
        known |= {
            f"item{index}": _choose_item_reader(typing.get_args(kind)[0], making),
            "locate_stop": locate_stop,
            "read_readable": read_readable,
        }
        is_list = f"if type(value) is not list: raise Mismatch('a list', value, {wire!r})"
        stop = f"raise wrong.inside({wire!r} + locate_stop(value, items))"
        if decorates:
            is_list = f"if type(value) is not list: value = ignore(model, {wire!r}, 'a list', [])"
            stop = f"value = read_readable(model, {wire!r}, item{index}, value)"
        read = [
            is_list,
            "items = iter(value)",
            f"try: value = tuple(map(item{index}, items)) if value else ()",
            f"except Mismatch as wrong: {stop}",
        ]
    return [fetch, null, "else:", *(f"    {line}" for line in read)] if may_be_null else [fetch, *read]


# ---- fields that only decorate
WARNED_FIELDS: set[tuple[type[Any], str]] = set()
"""The fields with a warning in the log; bounded by the fields of the models."""


def ignore(model: type[Any], wire: str, expected: str, default: T) -> T:
    """Return the default of a field that only decorates, and log once that the value is ignored."""
    if (model, wire) not in WARNED_FIELDS:
        WARNED_FIELDS.add((model, wire))
        LOGGER.warning("%s.%s: expected %s, ignored what the server sent", model.__name__, wire, expected)
    return default


def read_readable(model: type[Any], wire: str, read: Reader, items: list[Any]) -> tuple[Any, ...]:
    """Read the elements of a list that only decorates, without those of a wrong type."""
    values = []
    for item in items:
        try:
            values.append(read(item))
        except Mismatch as wrong:
            ignore(model, f"{wire}[]", wrong.expected, None)
    return tuple(values)


def make_field_reader(model: type[Any], f: Field[Any], wire: str, hint: Any) -> Reader:
    """Make the reader of one field, for a value that is not null, as the reader of the model reads it."""
    known: dict[str, Any] = {"Mismatch": Mismatch, "MISSING": MISSING, "model": model, "ignore": ignore}
    _, *lines = _write_field(
        f, wire, hint, "0", known, frozenset(), is_decoration(f)
    )  # without the line that fetches the value
    exec("\n".join(["def read(value):", *(f"    {line}" for line in lines), "    return value"]), known)
    read: Reader = known["read"]
    return read


def read_document(model: type[T], document: object) -> T:
    """Read a model from a parsed document; ValueError, which shows no value, for a wrong type."""
    try:
        return cast("T", get_reader(model)(document))
    except Mismatch as wrong:
        raise ValueError(f"{model.__name__}: {wrong}") from None


def make_list_reader(read: Reader) -> Reader:
    """Make the reader of a list from the reader of its items."""

    def read_all(value: Any) -> tuple[Any, ...]:
        if type(value) is not list:
            raise Mismatch("a list", value)
        items = iter(value)
        try:
            return tuple(map(read, items))
        except Mismatch as wrong:
            raise wrong.inside(locate_stop(value, items)) from None

    return read_all


def locate_stop(value: list[Any], items: Iterator[Any]) -> str:
    """Name the item at which the reader of a list stopped; reading again would double the cost for each level."""
    return f"[{len(value) - operator.length_hint(items) - 1}]"


def _choose_reader(kind: Any, making: frozenset[type[Any]]) -> Reader:
    """Return the reader of a type other than a plain scalar."""
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if kind in TYPE_NAMES or kind is Any:
        return functools.partial(_read_scalar, kind)
    if origin is tuple and args[1:] == (Ellipsis,):
        return make_list_reader(_choose_item_reader(args[0], making))
    if origin is not None and issubclass(origin, typing.Mapping):
        return functools.partial(read_mapping, _choose_item_reader(args[1], making))
    if isinstance(kind, type) and is_dataclass(kind):
        return get_reader(kind, making)
    raise TypeError(f"no reader for {kind}")


def _choose_item_reader(hint: Any, making: frozenset[type[Any]]) -> Reader:
    """Return the reader of the items of a list or a mapping."""
    kind, nullable = unwrap_hint(hint)
    read = _choose_reader(kind, making)
    return functools.partial(_read_nullable, read) if nullable else read


def _read_nullable(read: Reader, value: Any) -> Any:
    return None if value is None else read(value)


def _read_scalar(kind: Any, value: Any) -> Any:
    if type(value) is kind or (kind is float and type(value) is int) or (kind is Any and value is not MISSING):
        return value
    raise Mismatch(TYPE_NAMES.get(cast("type[Any]", kind), "a value"), value)


def _read_checked(read: Reader, check: Callable[[Any], str | None], value: Any) -> Any:
    content = read(value)
    expected = check(content)
    if expected is not None:
        raise Mismatch(expected, value)
    return content


def read_mapping(read: Reader, value: Any) -> dict[str, Any]:
    if type(value) is not dict:
        raise Mismatch("an object", value)
    key, items = "", {}
    try:
        for key, item in value.items():
            items[key] = read(item)
    except Mismatch as wrong:
        raise wrong.inside(key) from None
    return items
