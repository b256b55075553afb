"""A text as servers encode it, decoded back: views of the text that know which part of it each character came from.

A view undoes one encoding: percent-encoding, form, backslash escapes (JSON, Python), HTML, base64 or hex. What is
searched for, and what happens to a match, is decided elsewhere. Each view costs time linear in the text.
"""

from __future__ import annotations

import binascii
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import Final
from urllib.parse import unquote_to_bytes

_BYTES: Final = (
    "{0}[CcDd]{1}{0}[89ABab]{1}|{0}[Ee]{1}(?:{0}[89ABab]{1}){{2}}|{0}[Ff][0-7](?:{0}[89ABab]{1}){{3}}"
    "|(?P<{2}>{0}[C-Fc-f]{1}(?:{0}[89ABab]{1}){{0,2}}(?:{3})?\\Z|{3}\\Z)|{0}{1}{1}"
).format
"""One character of UTF-8, byte by byte, or half of one where the text is cut."""
HEX: Final = "[0-9A-Fa-f]"
_PERCENT_BYTES: Final = _BYTES("%", HEX, "cut", f"%{HEX}?")
_BACKSLASH_BYTES: Final = _BYTES(r"\\x", HEX, "cut", rf"\\(?:x{HEX}?)?")
PERCENT: Final = re.compile(_PERCENT_BYTES)
FORM: Final = re.compile(rf"\+|{_PERCENT_BYTES}")
BACKSLASH: Final = re.compile(
    rf"\\u[Dd][89ABab]{HEX}{{2}}\\u[Dd][C-Fc-f]{HEX}{{2}}"
    rf"|(?P<half>\\u[Dd][89ABab]{HEX}{{2}}(?:\\(?:u{HEX}{{0,3}})?)?\Z)"
    rf"|\\u{HEX}{{4}}|\\u\{{{HEX}{{1,6}}\}}|\\U{HEX}{{8}}"
    rf"|{_BACKSLASH_BYTES}"
    rf"|(?P<end>\\(?:u\{{?{HEX}{{0,6}}|U{HEX}{{0,7}})?\Z)|\\(?P<letter>.)",
    re.DOTALL,
)
ENTITY: Final = re.compile(
    rf"&(?:#[0-9]{{1,10}}|#[xX]{HEX}{{1,8}}|[A-Za-z][A-Za-z0-9]{{1,31}});|(?P<cut>&[#A-Za-z0-9]{{0,32}}\Z)"
)
WRAP: Final = re.compile(r"(?<=[A-Za-z0-9+/])\r?\n(?=[A-Za-z0-9+/])")
BASE64_RUN: Final = re.compile(r"[A-Za-z0-9+/_-]{4,}")
HEX_RUN: Final = re.compile(rf"{HEX}{{4,}}")
LETTERS: Final = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "v": "\v", "a": "\a", "0": "\0"}
STANDARD: Final = str.maketrans("-_", "+/")
BETWEEN: Final = "\xff"
"""What separates decoded runs: UTF-8 has no such byte."""


class View:
    """A decoded text. `span` leads back to the text that was given.

    `is_text` is False for decoded bytes, which may be noise. `open_end` says whether the view reaches the end of the
    given text: a cut secret may stand there.
    """

    __slots__ = ("_begins", "_parent", "_segments", "is_text", "open_end", "text")

    def __init__(
        self,
        text: str,
        parent: View | None = None,
        segments: list[tuple[int, int, int, int, int]] | None = None,
        *,
        is_text: bool = True,
        open_end: bool = True,
    ) -> None:
        self.text, self.is_text, self.open_end = text, is_text, open_end
        self._parent, self._segments = parent, segments or []
        self._begins = [segment[0] for segment in self._segments]

    def span(self, start: int, stop: int) -> tuple[int, int]:
        """Return the part of the given text that the characters from `start` to `stop` came from."""
        view = self
        while view._parent is not None:
            begin, place, width, per, _ = view._segments[bisect_right(view._begins, start) - 1]
            first = place + (start - begin) * width // per
            begin, place, width, per, end = view._segments[bisect_right(view._begins, stop - 1) - 1]
            # rounded up: four letters of base64 are three bytes
            start, stop = first, min(end, place - (begin - stop) * width // per) if width else end
            view = view._parent
        return start, stop


def decoded(view: View) -> Iterator[View]:
    """Undo each of the encodings of text that occur in a view."""
    text = view.text
    if "%" in text:
        yield from _replaced(view, PERCENT, _byte_character)
    if "+" in text:
        yield from _replaced(view, FORM, _byte_character)
    if "\\" in text:
        yield from _replaced(view, BACKSLASH, _escaped_character)
    if "\\x" in text:  # in Python's repr of a text, not of bytes
        yield from _replaced(view, BACKSLASH, lambda found: _escaped_character(found, "latin-1"))
    if "&" in text:
        yield from _replaced(view, ENTITY, _entity)


def unwrapped(view: View) -> Iterator[View]:
    """Join the lines of base64 that is wrapped."""
    if "\n" in view.text:
        yield from _replaced(view, WRAP, lambda _: "")


def from_base64(view: View, phase: int) -> View:
    """Decode everything that may be base64 or base64url, in groups that begin at `phase` modulo 4."""

    def decode(run: str) -> bytes:
        letters = run[: len(run) - (len(run) % 4 == 1)].translate(STANDARD)
        return binascii.a2b_base64(letters + "=" * (-len(letters) % 4))

    return _runs(view, BASE64_RUN, phase, 4, 3, decode)


def from_hex(view: View, phase: int) -> View:
    """Decode everything that may be hex, in pairs that begin at `phase` modulo 2."""
    return _runs(view, HEX_RUN, phase, 2, 1, lambda run: bytes.fromhex(run[: len(run) // 2 * 2]))


def _runs(
    view: View, pattern: re.Pattern[str], phase: int, width: int, per: int, decode: Callable[[str], bytes]
) -> View:
    pieces: list[str] = []
    segments = []
    size = end = 0
    for run in pattern.finditer(view.text):
        start, end = run.start() + (phase - run.start()) % width, run.end()
        piece = decode(view.text[start:end]).decode("latin-1") if start < end else ""
        segments += [(size, start, width, per, end), (size + len(piece), end, 0, 1, end)]
        pieces += [piece, BETWEEN]
        size += len(piece) + 1
    open_end = view.open_end and bool(pieces) and not view.text[end : end + 3].strip("=") and len(view.text) - end < 3
    if pieces:
        pieces.pop()
    return View("".join(pieces), view, segments, is_text=False, open_end=open_end)


def _replaced(view: View, pattern: re.Pattern[str], replace: Callable[[re.Match[str]], str | None]) -> Iterator[View]:
    """Replace each escape by its character; nothing where there is none."""
    text = view.text
    pieces: list[str] = []
    segments = []
    size = there = 0
    for found in pattern.finditer(text):
        character = replace(found)
        if character is None:
            continue
        start, stop = found.span()
        if there < start:
            pieces.append(text[there:start])
            segments.append((size, there, 1, 1, start))
            size += start - there
        pieces.append(character)
        segments.append((size, start, 0, 1, stop))
        size += len(character)
        there = stop
    if there:
        pieces.append(text[there:])
        segments.append((size, there, 1, 1, len(text)))
        yield View("".join(pieces), view, segments, is_text=view.is_text, open_end=view.open_end)


def _byte_character(found: re.Match[str]) -> str:
    if found["cut"] is not None:
        return ""
    escape = found[0]
    return " " if escape == "+" else _character(unquote_to_bytes(escape))


def _character(data: bytes, encoding: str = "utf-8") -> str:
    """Decode bytes, as Latin-1 where nothing else fits."""
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _escaped_character(found: re.Match[str], encoding: str = "utf-8") -> str | None:
    escape, letter = found[0], found["letter"]
    if letter is not None:
        return LETTERS.get(letter, letter)
    if found["cut"] is not None or found["half"] is not None or found["end"] is not None:
        return ""
    if escape[1] == "x":
        return _character(bytes.fromhex(escape.replace("\\x", "")), encoding)
    if len(escape) == 12:
        return bytes.fromhex(escape.replace("\\u", "")).decode("utf-16-be")
    number = int(escape[2:].strip("{}"), 16)
    return chr(number) if number <= 0x10FFFF else None


def _entity(found: re.Match[str]) -> str | None:
    from html import unescape  # a large module, needed only where a text has entities

    if found["cut"] is not None:
        return ""
    character = unescape(found[0])
    return None if character == found[0] else character
