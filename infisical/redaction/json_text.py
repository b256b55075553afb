"""A scanner of JSON text: it finds the values of a document, whole or truncated, and knows which names are secret.

It is no parser: it stores no values, so the caller can replace a value and leave the other bytes as they are. It uses
no recursion, so any depth is fine. Its time is linear in the text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from infisical.redaction.names import NUMBERS, TEXT, classify_field, classify_members

TOKEN: Final = re.compile(
    r'[\s,:\ufeff]*+(?:(?P<text>"(?:[^"\\]++|\\.)*+(?:"|\\?\Z))|(?P<number>-?[0-9][0-9.eE+-]*+)'
    r"|(?P<open>[\[{])|(?P<close>[\]}])|(?P<word>true|false|null|NaN|-?Infinity|None|True|False)|\Z)",
    re.DOTALL,
)
QUOTED_TEXT: Final = re.compile(r"[\s,:]*+(?P<text>'(?:[^'\\]++|\\.)*+(?:'|\\?\Z))", re.DOTALL)
"""A text in the single quotes of Python's repr."""
COLON_PATTERN: Final = re.compile(r"\s*+:")
FIELD: Final = re.compile(
    r"""(?P<quote>["'])(?P<name>(?:(?!(?P=quote))[^\\]|\\.){1,128})(?P=quote)\s{0,64}:\s{0,64}""", re.DOTALL
)
"""A name and the colon before its value, in any text."""


class Token(NamedTuple):
    """The position of a text (without its quotes) or a number. A name has the flags of the object objects_around it."""

    start: int
    stop: int
    is_text: bool
    is_name: bool
    flags: int
    is_closed: bool


def scan_document(text: str) -> list[Token] | None:
    """Scan a document, which may be truncated; None if the text is not JSON."""
    scanner = _Scanner(text)
    return list(scanner.run(0, None, whole=True)) if scanner.is_json() else None


def find_secret_values(text: str) -> Iterator[tuple[int, int]]:
    """Find the values below secret names where JSON is part of another text."""
    scanner = _Scanner(text)
    place = 0
    while field := FIELD.search(text, place):
        place = field.end()
        name = decode_string(field["name"])
        for token in scanner.run(place, name, whole=False):
            if token.start < token.stop and not token.is_name:
                yield token.start, token.stop
        place = max(place, scanner.place)


def decode_string(text: str) -> str:
    """Decode the text between the quotes of a JSON string. A text that is not JSON stays as it is."""
    if "\\" not in text:
        return text
    try:
        decoded: str = json.loads(f'"{text}"', strict=False)
    except ValueError:
        return text
    return decoded


def is_secret(token: Token) -> bool:
    """Return True if the name of a value marks it as secret."""
    return not token.is_name and bool(token.flags & (TEXT if token.is_text else NUMBERS))


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0

    def is_json(self) -> bool:
        """Return True if the text begins like a JSON document and has only scan_document of JSON."""
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
        """Yield the texts and numbers from `place` on: all if `whole`, else the secret ones of the value there."""
        text = self.text
        objects_around: list[int] = []
        self.place = place
        while token := TOKEN.match(text, place) or (None if whole else QUOTED_TEXT.match(text, place)):
            place = token.end()
            kind = token.lastgroup
            if kind is None:
                return
            if kind == "close":
                if objects_around:
                    objects_around.pop()
                name = None
            elif kind == "text" and (whole or objects_around) and COLON_PATTERN.match(text, place):
                yield (
                    _make_text_token(token, True, objects_around[-1] if objects_around else 0)
                    if whole
                    else _make_text_token(token, True, 0)
                )
                name = decode_string(token["text"][1:-1])
                continue
            else:
                is_object = kind == "open" and text[place - 1] == "{"
                flags = objects_around[-1] if objects_around else 0
                if name is not None and kind != "word":
                    flags = classify_field(name, is_object, flags, token["text"][1:-1] if kind == "text" else "")
                name = None
                if kind == "open" and (whole or flags):
                    objects_around.append(classify_members(flags) if is_object else flags)
                elif kind == "text" and (whole or flags & TEXT):
                    yield _make_text_token(token, False, flags)
                elif kind == "number" and (whole or flags & NUMBERS):
                    yield Token(*token.span("number"), False, False, flags, True)
                elif not (whole or objects_around):
                    return  # the caller searches inside it for secret fields
            if not whole:
                self.place = place
                if not objects_around:
                    return


def _make_text_token(token: re.Match[str], is_name: bool, flags: int) -> Token:
    start, stop = token.span("text")
    is_closed = stop - start > 1 and token["text"][-1] == token["text"][0] and not _is_last_escaped(token["text"])
    return Token(start + 1, stop - is_closed, True, is_name, flags, is_closed)


def _is_last_escaped(text: str) -> bool:
    """Return True if a backslash escapes the last character, which therefore closes nothing."""
    inner = text[1:-1]
    return (len(inner) - len(inner.rstrip("\\"))) % 2 == 1
