"""The arguments of `call`: text, JSON, files and standard input turned into the values that an endpoint takes.

Pure but for the two readers that it gets. No message shows a value: a mistake has the place and what is needed.
"""

from __future__ import annotations

import json
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, is_dataclass
from typing import Any, Final

from infisical.cli.catalog import is_mapping, is_sequence, list_kinds
from infisical.cli.console import InputError, decode_input, strip_newline
from infisical.model.names import list_fields
from infisical.redaction.names import get_inner_secrecy, get_value_secrecy
from infisical.request import NULL, Null

KINDS: Final[Mapping[Any, str]] = {
    str: "a text",
    int: "a whole number",
    bool: "true or false",
    bytes: "a text",
    Null: "null",
}
MAX_DIGITS: Final = 18


class ValueMistake(Exception):
    """An argument cannot be a value of its parameter; the text has the reason, and no value."""


@dataclass(frozen=True, slots=True)
class Readers:
    """Where `@FILE` and `-` are read."""

    file: Callable[[str], bytes]
    stdin: Callable[[], bytes]


def read_value(words: Sequence[str], hint: Any, is_secret: bool, readers: Readers) -> Any:
    """Read the value of a parameter from its words on the command line: one, or one for each item of a list.

    ValueMistake for a wrong value, and for a secret in an argument; InputError for what cannot be read.
    """
    if len(words) > 1 and not _takes_words(hint):
        raise ValueMistake("is there twice")
    values = [_read_word(word, hint, is_secret, readers) for word in words]
    if len(values) == 1 and not _is_item(values[0], hint):
        return values[0]
    return tuple(values)


def _takes_words(hint: Any) -> bool:
    """True for a list of texts, which may be given as one word for each item."""
    return any(is_sequence(kind) and str in list_kinds(typing.get_args(kind)[0]) for kind in list_kinds(hint))


def _is_item(value: Any, hint: Any) -> bool:
    return isinstance(value, str) and _takes_words(hint)


def _read_word(word: str, hint: Any, is_secret: bool, readers: Readers) -> Any:
    is_inline = word != "-" and (not word.startswith("@") or word.startswith("@@"))
    if is_inline and is_secret:
        raise ValueMistake("is secret, and ps shows arguments: give it as @FILE, or as - on standard input")
    kinds = list_kinds(hint)
    if is_inline:
        text = word.removeprefix("@") if word.startswith("@@") else word
    else:
        data = readers.stdin() if word == "-" else readers.file(word[1:])
        if bytes in kinds:
            return data
        origin = "standard input" if word == "-" else word[1:]
        text = decode_input(data, origin)
        if word == "-":
            text = strip_newline(text)
    if str in kinds:
        return text
    if _takes_words(hint) and not text.lstrip().startswith("["):
        return text
    value = convert_value(_parse_json(text), hint)
    if is_inline and _has_secret_name(value, 0):
        raise ValueMistake("has a secret in it, and ps shows arguments: give it as @FILE, or as - on standard input")
    return value


def _parse_json(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueMistake("is nested too deeply") from None
    except ValueError as cause:
        place = f": line {cause.lineno}, column {cause.colno}" if isinstance(cause, json.JSONDecodeError) else ""
        raise ValueMistake(f"is not JSON{place}") from None


def _refuse_constant(_: str) -> Any:
    raise ValueError


def _has_secret_name(value: Any, flags: int) -> bool:
    """True if free-form JSON has a text below a secret name, as redaction knows them."""
    if isinstance(value, Mapping):
        inner = get_inner_secrecy(flags)
        return any(
            _has_secret_name(item, get_value_secrecy(str(name), isinstance(item, Mapping), inner))
            for name, item in value.items()
        )
    if isinstance(value, (list, tuple)):
        return any(_has_secret_name(item, flags) for item in value)
    return isinstance(value, (str, int, float)) and not isinstance(value, bool) and flags != 0


# ---- JSON values
def convert_value(value: Any, hint: Any, place: str = "") -> Any:
    """Convert a JSON value into a value of a type: models by the names of their fields, in Python or on the wire.

    ValueMistake, with the place, for a wrong type, an unknown field, or a missing one.
    """
    kinds = [kind for kind in list_kinds(hint) if kind is not type(None)]
    if value is None and (Null in kinds or Any in kinds):
        return NULL
    for kind in kinds:
        if _accepts(kind, value):
            return _convert(value, kind, place)
    named = [kind for kind in kinds if str not in kinds or typing.get_origin(kind) is not typing.Literal]
    needed = " or ".join(dict.fromkeys(_name_kind(kind) for kind in named))
    raise ValueMistake(f"{place.removeprefix('.')}: {needed} is needed" if place else f"is wrong: {needed} is needed")


def _accepts(kind: Any, value: Any) -> bool:
    if kind is Any:
        return True
    if typing.get_origin(kind) is typing.Literal:
        return any(type(value) is type(choice) and value == choice for choice in typing.get_args(kind))
    if is_sequence(kind):
        return isinstance(value, list)
    if is_mapping(kind) or is_dataclass(kind) or typing.is_typeddict(kind):
        return isinstance(value, dict)
    return type(value) is (str if kind is bytes else kind)


def _convert(value: Any, kind: Any, place: str) -> Any:
    if is_sequence(kind):
        item = typing.get_args(kind)[0]
        return tuple(convert_value(one, item, f"{place}[{index}]") for index, one in enumerate(value))
    if is_mapping(kind):
        inner = typing.get_args(kind)[1]
        return {name: convert_value(one, inner, f"{place}[{index}]") for index, (name, one) in enumerate(value.items())}
    if typing.is_typeddict(kind):
        hints = typing.get_type_hints(kind)
        return _convert_fields(value, {name: (name, hint, True) for name, hint in hints.items()}, place)
    if is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        known = {}
        for f, wire in list_fields(typing.cast("type[Any]", kind)):
            is_required = f.default is MISSING and f.default_factory is MISSING
            known[f.name] = (wire, hints[f.name], is_required)
        model: Any = kind
        return model(**_convert_fields(value, known, place))
    return _convert_free(value) if kind is Any else value


def _convert_free(value: Any) -> Any:
    """Convert JSON of no known form: null is sent, where a request would omit it."""
    if isinstance(value, dict):
        return {name: _convert_free(item) for name, item in value.items()}
    if isinstance(value, list):
        return tuple(_convert_free(item) for item in value)
    return NULL if value is None else value


def _convert_fields(value: Mapping[str, Any], known: Mapping[str, tuple[str, Any, bool]], place: str) -> dict[str, Any]:
    """Convert the members of an object by their names in Python, from names in Python or on the wire."""
    by_wire = {wire: name for name, (wire, _, _) in known.items()}
    fields: dict[str, Any] = {}
    for written, item in value.items():
        name = by_wire.get(written, written)
        where = f"{place}.{written}"
        if name not in known:  # not named: it may be a value in the wrong place
            raise ValueMistake(
                f"{place.removeprefix('.') or 'the value'} has an unknown field; there are {', '.join(by_wire)}"
            )
        if name in fields:
            raise ValueMistake(f"{where.removeprefix('.')} is there twice")
        hint = known[name][1]
        is_omitted = item is None and not {Null, Any} & {*list_kinds(hint)} and type(None) in list_kinds(hint)
        fields[name] = None if is_omitted else convert_value(item, hint, where)
    missing = [wire for name, (wire, _, is_required) in known.items() if is_required and name not in fields]
    if missing:
        raise ValueMistake(f"{place.removeprefix('.') or 'the value'} lacks {', '.join(missing)}")
    return fields


def _name_kind(kind: Any) -> str:
    if typing.get_origin(kind) is typing.Literal:
        return " or ".join(json.dumps(choice) for choice in typing.get_args(kind))
    if is_sequence(kind):
        return "a list"
    if is_mapping(kind) or is_dataclass(kind) or typing.is_typeddict(kind):
        return "an object"
    return KINDS.get(kind, "a value")


def describe_hint(hint: Any) -> str:
    """Describe a type for a help text."""
    kinds = [kind for kind in list_kinds(hint) if kind not in (type(None), Null)]
    if str in kinds or bytes in kinds:
        choices = [str(one) for kind in kinds if typing.get_origin(kind) is typing.Literal for one in kind.__args__]
        return f"for example {', '.join(choices[:6])}" if choices else "a text"
    text = " or ".join(dict.fromkeys(_name_kind(kind) for kind in kinds))
    return f"{text} of texts, or one option for each" if _takes_words(hint) else text


__all__ = ["InputError", "Readers", "ValueMistake", "convert_value", "describe_hint", "read_value"]
