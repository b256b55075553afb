"""The files of documents: YAML, JSON and `.env` text turned into content that `documents` checks.

Content is text, lists, `Pairs` and None. Every other value of a format becomes `OTHER_VALUE`: nothing is coerced.
Nothing here knows what a document may contain.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any, Final

from infisical.model.reader import Mismatch

INSTALL_COMMAND: Final = "pip install 'infisical-functional[serve]'"
NEWLINES: Final = re.compile(r"\r\n|\r|\n")
OTHER_VALUE: Final = object()
"""Replaces a number, a date, a tagged value and the like. The value itself is dropped: it may be a secret."""


class Pairs(tuple[tuple[object, object], ...]):
    """A mapping as its file has it, repeated names included."""

    __slots__ = ()


class FileError(Exception):
    """The file cannot be read, for a reason that quotes nothing of it; `place` is a line, or empty."""

    def __init__(self, reason: str, place: str = "") -> None:
        super().__init__(reason, place)
        self.reason, self.place = reason, place


def read_content(file: Path, check_key: Callable[[str], None]) -> object:
    """Read a file in the format that its name tells. `check_key` checks the names of a `.env` file.

    FileError if the file cannot be read, Mismatch for a wrong name.
    """
    parse = choose_parser(file.name, check_key)
    try:
        data = file.read_bytes()
    except OSError as cause:
        raise FileError(f"cannot read the file: {cause.strerror or type(cause).__name__}") from None
    except ValueError:
        raise FileError("cannot read the file: its name is invalid") from None
    return parse(decode_text(data))


def choose_parser(file_name: str, check_key: Callable[[str], None]) -> Callable[[str], object]:
    """Return the parser of the format that a file name tells; FileError for an unknown one."""
    name = file_name.lower()
    if name.endswith((".yaml", ".yml")):
        return _parse_yaml
    if name.endswith(".json"):
        return _parse_json
    if name.endswith(".env") or name.startswith(".env."):
        return functools.partial(_parse_dotenv, check_key=check_key)
    raise FileError("unknown format: use a .yaml, .yml, .json or .env file")


def decode_text(data: bytes) -> str:
    """Decode UTF-8, with or without a byte order mark; FileError with the line for anything else."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as cause:
        place = _locate_end(cause.object[: cause.start].decode("latin-1"))
        raise FileError("not UTF-8: save the file in UTF-8", place) from None


def _locate_end(text: str, first: int = 1) -> str:
    """Return the line in which a text ends, as a place."""
    return f"line {first + len(NEWLINES.findall(text))}"


# ---- YAML
def _parse_yaml(text: str) -> object:
    try:
        import yaml
    except ImportError:
        raise FileError(f"reading YAML needs PyYAML: {INSTALL_COMMAND}") from None
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        return None if root is None else _convert_node(root, {})
    except yaml.YAMLError as cause:  # its own message may quote the file
        mark = getattr(cause, "problem_mark", None)
        if mark is None:
            place = _locate_end(text[: getattr(cause, "position", 0)])
        else:
            place = f"line {mark.line + 1}, column {mark.column + 1}"
        reason = "not YAML, or a second document: put text with special characters in quotes"
        raise FileError(reason, place) from None


def _convert_node(node: Any, known: dict[int, object]) -> object:
    """Convert a YAML node by its tag, so that PyYAML coerces nothing. An aliased node is converted once."""
    kind = node.tag.removeprefix("tag:yaml.org,2002:")
    if kind == "str":
        return node.value
    if kind == "seq" and id(node) not in known:
        known[id(node)] = [_convert_node(item, known) for item in node.value]
    if kind == "map" and id(node) not in known:
        known[id(node)] = Pairs((_convert_node(name, known), _convert_node(item, known)) for name, item in node.value)
    return None if kind == "null" else known.get(id(node), OTHER_VALUE)


# ---- JSON
def _parse_json(text: str) -> object:
    def drop_value(_: str) -> object:
        return OTHER_VALUE

    parsers: dict[str, Any] = dict.fromkeys(("parse_int", "parse_float", "parse_constant"), drop_value)
    try:
        return json.loads(text, object_pairs_hook=Pairs, **parsers)
    except json.JSONDecodeError as cause:
        raise FileError("not JSON", f"line {cause.lineno}, column {cause.colno}") from None


# ---- .env
def _parse_dotenv(text: str, check_key: Callable[[str], None]) -> object:
    """Parse a `.env` file as the short form. Places are lines: a name may be half of a secret, so none is shown."""
    try:
        from dotenv.parser import parse_stream
    except ImportError:
        raise FileError(f"reading .env files needs python-dotenv: {INSTALL_COMMAND}") from None
    lines: dict[str, str] = {}
    pairs: list[tuple[object, object]] = []
    for binding in parse_stream(StringIO(text)):
        original = binding.original.string
        line = _locate_end(original[: len(original) - len(original.lstrip())], binding.original.line)
        if binding.error or (binding.key is not None and binding.value is None):
            raise FileError("not NAME=value", line)
        if binding.key is None:
            continue
        try:
            check_key(binding.key)
        except Mismatch as mismatch:
            raise mismatch.inside(line) from None
        if binding.key in lines:
            raise FileError(f"repeats the name of {lines[binding.key]}: remove one of them", line)
        lines[binding.key] = line
        pairs.append((binding.key, binding.value))
    return Pairs([("secrets", Pairs(pairs))])
