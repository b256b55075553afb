"""JSON as text: the places of its values, and which of them are secret by their names; in half a document too.

It scans and does not parse: it keeps no values, so that the other bytes of a document stay, and uses no recursion, so
that it takes any depth. Its time is linear in the text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from infisical.redaction.names import NUMBERS, TEXT, get_inner_secrecy, get_value_secrecy

TOKEN: Final = re.compile(
    r'[\s,:\ufeff]*+(?:(?P<text>"(?:[^"\\]++|\\.)*+(?:"|\\?\Z))|(?P<number>-?[0-9][0-9.eE+-]*+)'
    r"|(?P<open>[\[{])|(?P<close>[\]}])|(?P<word>true|false|null|NaN|-?Infinity|None|True|False)|\Z)",
    re.DOTALL,
)
REPR_TOKEN: Final = re.compile(r"[\s,:]*+(?P<text>'(?:[^'\\]++|\\.)*+(?:'|\\?\Z))", re.DOTALL)
"""A text as Python's repr writes it."""
SEPARATOR: Final = re.compile(r"\s*+:")
FIELD: Final = re.compile(
    r"""(?P<quote>["'])(?P<name>(?:(?!(?P=quote))[^\\]|\\.){1,128})(?P=quote)\s{0,64}:\s{0,64}""", re.DOTALL
)
"""A name and its separator, in any text."""


class Token(NamedTuple):
    """The place of a text (without its quotes) or a number. A name has the secrecy of its object."""

    start: int
    stop: int
    is_text: bool
    is_name: bool
    secrecy: int
    is_closed: bool


def find_tokens(text: str) -> list[Token] | None:
    """Find the tokens of a document, or of the beginning of one; None if it is not JSON."""
    scanner = _Scanner(text)
    return list(scanner.run(0, None, whole=True)) if scanner.is_json() else None


def find_secret_values(text: str) -> Iterator[tuple[int, int]]:
    """Find the values below secret names in JSON that is part of another text."""
    scanner = _Scanner(text)
    place = 0
    while field := FIELD.search(text, place):
        place = field.end()
        name = unescape(field["name"])
        for token in scanner.run(place, name, whole=False):
            if token.start < token.stop and not token.is_name:
                yield token.start, token.stop
        place = max(place, scanner.place)


def unescape(text: str) -> str:
    """Decode the text between the quotes of a JSON string; a text that is not JSON is returned unchanged."""
    if "\\" not in text:
        return text
    try:
        decoded: str = json.loads(f'"{text}"', strict=False)
    except ValueError:
        return text
    return decoded


def is_secret(token: Token) -> bool:
    """True if a value is secret by its name."""
    return not token.is_name and bool(token.secrecy & (TEXT if token.is_text else NUMBERS))


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0

    def is_json(self) -> bool:
        """True if it begins like JSON, and has only tokens of JSON."""
        if self.text.lstrip("\ufeff \t\r\n")[:1] not in ("{", "[", '"'):
            return False
        place, size = 0, len(self.text)
        while place < size:
            token = TOKEN.match(self.text, place)
            if token is None:
                return False
            place = token.end()
        return True

    def run(self, place: int, name: str | None, *, whole: bool) -> Iterator[Token]:
        """Yield the texts and numbers from `place` on: all, or the secret ones of the value at that place."""
        text = self.text
        around: list[int] = []
        self.place = place
        while token := TOKEN.match(text, place) or (None if whole else REPR_TOKEN.match(text, place)):
            place = token.end()
            kind = token.lastgroup
            if kind is None:
                return
            if kind == "close":
                if around:
                    around.pop()
                name = None
            elif kind == "text" and (whole or around) and SEPARATOR.match(text, place):
                yield _make_text(token, True, around[-1] if around else 0) if whole else _make_text(token, True, 0)
                name = unescape(token["text"][1:-1])
                continue
            else:
                is_object = kind == "open" and text[place - 1] == "{"
                flags = around[-1] if around else 0
                if name is not None and kind != "word":
                    flags = get_value_secrecy(name, is_object, flags, token["text"][1:-1] if kind == "text" else "")
                name = None
                if kind == "open" and (whole or flags or around):
                    around.append(get_inner_secrecy(flags) if is_object else flags)
                elif kind == "text" and (whole or flags & TEXT):
                    yield _make_text(token, False, flags)
                elif kind == "number" and (whole or flags & NUMBERS):
                    yield Token(*token.span("number"), False, False, flags, True)
                elif not (whole or around):
                    return  # not secret itself, but its fields may be
            if not whole:
                self.place = place
                if not around:
                    return


def _make_text(token: re.Match[str], is_name: bool, flags: int) -> Token:
    start, stop = token.span("text")
    is_closed = stop - start > 1 and token["text"][-1] == token["text"][0] and not _has_escaped_end(token["text"])
    return Token(start + 1, stop - is_closed, True, is_name, flags, is_closed)


def _has_escaped_end(text: str) -> bool:
    """True if the last character is escaped, so that it closes nothing."""
    inner = text[1:-1]
    return (len(inner) - len(inner.rstrip("\\"))) % 2 == 1
