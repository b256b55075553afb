"""The formats of `export`: names and values as text that their own readers turn into the same names and values.

Pure functions. A name or value that a format cannot represent is refused before anything is written.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Mapping
from typing import Final

IDENTIFIER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
PLAIN_VALUE: Final = re.compile(r"[A-Za-z0-9_.:/@%+,=\[\]-]+")
"""Values that need no quotes in any `.env` file: docker reads quotes as a part of the value."""
LINE_END_ESCAPES: Final = {"\n": "\\n", "\r": "\\r"}


def find_mistakes(values: Mapping[str, str]) -> dict[str, list[str]]:
    """Find the names that `export` cannot write, by the reason; no reason shows a value."""
    mistakes: dict[str, list[str]] = {}
    for name, value in values.items():
        reason = None if IDENTIFIER.fullmatch(name) else "not a shell identifier"
        reason = reason or find_value_mistake(value)
        if reason is not None:
            mistakes.setdefault(reason, []).append(name)
    return mistakes


def find_value_mistake(value: str) -> str | None:
    """Describe why no environment can carry a value; None if it can."""
    if "\0" in value:
        return "a NUL character in the value"
    if any("\ud800" <= char <= "\udfff" for char in value):
        return "half a surrogate pair in the value"
    return None


def format_dotenv(values: Mapping[str, str]) -> str:
    """Format a `.env` file, exact for python-dotenv with `interpolate=False`."""
    return "".join(f"{name}={_quote_dotenv(value)}\n" for name, value in values.items())


def _quote_dotenv(value: str) -> str:
    if PLAIN_VALUE.fullmatch(value) or _is_exact_without_quotes(value):
        return value
    escaped = value.replace("\\", "\\\\")
    if "\r" not in value:
        single = escaped.replace("'", "\\'")
        return f"'{single}'"
    # a reader of text files turns a raw carriage return into a newline
    double = escaped.replace('"', '\\"')
    for char, written in LINE_END_ESCAPES.items():
        double = double.replace(char, written)
    return f'"{double}"'


def _is_exact_without_quotes(value: str) -> bool:
    """True for a value with a backslash at its end that needs no quotes.

    Older versions of python-dotenv take a backslash before the closing quote for an escaped quote.
    """
    return value.endswith("\\") and re.fullmatch(r"[!-~]*", value) is not None and value[0] not in "'\"#"


def format_json(values: Mapping[str, str]) -> str:
    """Format a JSON object."""
    return json.dumps(dict(values), ensure_ascii=False, indent=2) + "\n"


def format_yaml(values: Mapping[str, str]) -> str:
    """Format a YAML mapping. Names are quoted too: YAML 1.1 reads `NO` as false."""
    if not values:
        return "{}\n"
    return "".join(f'"{name}": "{"".join(map(_escape_yaml, value))}"\n' for name, value in values.items())


def _escape_yaml(char: str) -> str:
    if char in '"\\':
        return f"\\{char}"
    if char in LINE_END_ESCAPES:
        return LINE_END_ESCAPES[char]
    if char.isprintable():
        return char
    number = ord(char)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def format_shell(values: Mapping[str, str]) -> str:
    """Format `export` commands for `sh`."""
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in values.items())


FORMATS: Final[Mapping[str, Callable[[Mapping[str, str]], str]]] = {
    "dotenv": format_dotenv,
    "json": format_json,
    "yaml": format_yaml,
    "shell": format_shell,
}
