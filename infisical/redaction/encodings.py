"""Decoded views of a text, each of whose characters can be traced back to its place in the text.

A view undoes one encoding: percent-encoding, form, backslash escapes (JSON, Python), HTML, base64 or hex. masking.py
searches the views. The cost of a view is linear in the text.
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
"""One character of UTF-8, byte by byte, or half of one at a cut."""
HEX_DIGIT: Final = "[0-9A-Fa-f]"
_PERCENT_BYTES: Final = _BYTES("%", HEX_DIGIT, "cut", f"%{HEX_DIGIT}?")
_BACKSLASH_BYTES: Final = _BYTES(r"\\x", HEX_DIGIT, "cut", rf"\\(?:x{HEX_DIGIT}?)?")
PERCENT_ESCAPE: Final = re.compile(_PERCENT_BYTES)
FORM_ESCAPE: Final = re.compile(rf"\+|{_PERCENT_BYTES}")
BACKSLASH_ESCAPE: Final = re.compile(
    rf"\\u[Dd][89ABab]{HEX_DIGIT}{{2}}\\u[Dd][C-Fc-f]{HEX_DIGIT}{{2}}"
    rf"|(?P<half>\\u[Dd][89ABab]{HEX_DIGIT}{{2}}(?:\\(?:u{HEX_DIGIT}{{0,3}})?)?\Z)"
    rf"|\\u{HEX_DIGIT}{{4}}|\\u\{{{HEX_DIGIT}{{1,6}}\}}|\\U{HEX_DIGIT}{{8}}"
    rf"|{_BACKSLASH_BYTES}"
    rf"|(?P<end>\\(?:u\{{?{HEX_DIGIT}{{0,6}}|U{HEX_DIGIT}{{0,7}})?\Z)|\\(?P<letter>.)",
    re.DOTALL,
)
HTML_ENTITY: Final = re.compile(
    rf"&(?:#[0-9]{{1,10}}|#[xX]{HEX_DIGIT}{{1,8}}|[A-Za-z][A-Za-z0-9]{{1,31}});|(?P<cut>&[#A-Za-z0-9]{{0,32}}\Z)"
)
LINE_END: Final = re.compile(r"(?<=[A-Za-z0-9+/])\r?\n(?=[A-Za-z0-9+/])")
BASE64_RUN: Final = re.compile(r"[A-Za-z0-9+/_-]{4,}")
HEX_RUN: Final = re.compile(rf"{HEX_DIGIT}{{4,}}")
LETTERS: Final = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "v": "\v", "a": "\a", "0": "\0"}
STANDARD_LETTERS: Final = str.maketrans("-_", "+/")
RUN_SEPARATOR: Final = "\xff"
"""Separates decoded runs: UTF-8 has no such byte."""


class View:
    """A decoded text. `span` traces a part of it back to the original text.

    `is_text` is False for decoded bytes, which may be noise. `open_end` is True if the view reaches the end of the
    original text, which may cut a secret.
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
        """Return the span of the original text from which the characters from `start` to `stop` were decoded."""
        view = self
        while view._parent is not None:
            begin, place, width, per, _ = view._segments[bisect_right(view._begins, start) - 1]
            first = place + (start - begin) * width // per
            begin, place, width, per, end = view._segments[bisect_right(view._begins, stop - 1) - 1]
            # rounded up: four letters of base64 are three bytes
            start, stop = first, min(end, place - (begin - stop) * width // per) if width else end
            view = view._parent
        return start, stop


def decode_text(view: View) -> Iterator[View]:
    """Decode a view by each encoding of text that occurs in it."""
    text = view.text
    if "%" in text:
        yield from _replace_escapes(view, PERCENT_ESCAPE, _decode_bytes)
    if "+" in text:
        yield from _replace_escapes(view, FORM_ESCAPE, _decode_bytes)
    if "\\" in text:
        yield from _replace_escapes(view, BACKSLASH_ESCAPE, _decode_backslash)
    if "\\x" in text:  # in Python's repr of a text, not of bytes
        yield from _replace_escapes(view, BACKSLASH_ESCAPE, lambda match: _decode_backslash(match, "latin-1"))
    if "&" in text:
        yield from _replace_escapes(view, HTML_ENTITY, _decode_entity)


def join_lines(view: View) -> Iterator[View]:
    """Join the lines of wrapped base64."""
    if "\n" in view.text:
        yield from _replace_escapes(view, LINE_END, lambda _: "")


def from_base64(view: View, phase: int) -> View:
    """Decode everything that may be base64 or base64url, in groups that begin at `phase` modulo 4."""

    def decode(run: str) -> bytes:
        letters = run[: len(run) - (len(run) % 4 == 1)].translate(STANDARD_LETTERS)
        return binascii.a2b_base64(letters + "=" * (-len(letters) % 4))

    return _decode_runs(view, BASE64_RUN, phase, 4, 3, decode)


def from_hex(view: View, phase: int) -> View:
    """Decode everything that may be hex, in pairs that begin at `phase` modulo 2."""
    return _decode_runs(view, HEX_RUN, phase, 2, 1, lambda run: bytes.fromhex(run[: len(run) // 2 * 2]))


def _decode_runs(
    view: View, pattern: re.Pattern[str], phase: int, width: int, per: int, decode: Callable[[str], bytes]
) -> View:
    pieces: list[str] = []
    segments = []
    size = end = 0
    for run in pattern.finditer(view.text):
        start, end = run.start() + (phase - run.start()) % width, run.end()
        piece = decode(view.text[start:end]).decode("latin-1") if start < end else ""
        segments += [(size, start, width, per, end), (size + len(piece), end, 0, 1, end)]
        pieces += [piece, RUN_SEPARATOR]
        size += len(piece) + 1
    open_end = view.open_end and len(view.text) - end < 3 and not view.text[end:].strip("=")
    return View("".join(pieces[:-1]), view, segments, is_text=False, open_end=open_end)


def _replace_escapes(
    view: View, pattern: re.Pattern[str], replace: Callable[[re.Match[str]], str | None]
) -> Iterator[View]:
    """Replace each escape by its character; yield nothing for a view without escapes."""
    text = view.text
    pieces: list[str] = []
    segments = []
    size = done = 0
    for match in pattern.finditer(text):
        character = replace(match)
        if character is None:
            continue
        start, stop = match.span()
        if done < start:
            pieces.append(text[done:start])
            segments.append((size, done, 1, 1, start))
            size += start - done
        pieces.append(character)
        segments.append((size, start, 0, 1, stop))
        size += len(character)
        done = stop
    if done:
        pieces.append(text[done:])
        segments.append((size, done, 1, 1, len(text)))
        yield View("".join(pieces), view, segments, is_text=view.is_text, open_end=view.open_end)


def _decode_bytes(match: re.Match[str]) -> str:
    if match["cut"] is not None:
        return ""
    escape = match[0]
    return " " if escape == "+" else _decode_character(unquote_to_bytes(escape))


def _decode_character(data: bytes, encoding: str = "utf-8") -> str:
    """Decode bytes; as Latin-1 if they are not of the encoding."""
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _decode_backslash(match: re.Match[str], encoding: str = "utf-8") -> str | None:
    escape, letter = match[0], match["letter"]
    if letter is not None:
        return LETTERS.get(letter, letter)
    if match["cut"] is not None or match["half"] is not None or match["end"] is not None:
        return ""
    if escape[1] == "x":
        return _decode_character(bytes.fromhex(escape.replace("\\x", "")), encoding)
    if len(escape) == 12:
        return bytes.fromhex(escape.replace("\\u", "")).decode("utf-16-be")
    number = int(escape[2:].strip("{}"), 16)
    return chr(number) if number <= 0x10FFFF else None


def _decode_entity(match: re.Match[str]) -> str | None:
    from html import unescape  # a large module, needed only where a text has entities

    if match["cut"] is not None:
        return ""
    character = unescape(match[0])
    return None if character == match[0] else character
