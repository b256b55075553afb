"""An index of secrets, and the search for them in a text however the text encodes them.

The search is an automaton (Aho-Corasick): its time is linear in the text plus the secrets, whatever either says. No
pattern is made of a secret, since `re` keeps its patterns. Which values are secret is decided elsewhere.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from infisical.redaction.encodings import View

Span: TypeAlias = tuple[int, int]

SHORT: Final = 4
"""A secret of fewer characters is found as a whole word only: its letters are everywhere."""
CUT_LENGTH: Final = 8
"""So many characters of a text that is cut are found if they begin a secret."""
DEPTH: Final = 2
"""How often a text may be encoded, one way within the other."""

MORE, PLAIN, HEX, BASE64 = 1, 2, 4, 8
"""How a secret begins with these letters; BASE64 is shifted by the alignment, 0 to 2. MORE: 7 letters tell."""
DETERMINED: Final = (0, 2, 3)
"""The first base64 letter that depends on the secret alone, by how many bytes precede it in its group."""
URLSAFE: Final = str.maketrans("+/", "-_")
CUT: Final = re.compile(r"[\"'`]?\s?(?:\.\.|…|[\[(<]\s?(?:\.\.|…|trunc))", re.IGNORECASE)
"""The mark that follows a text that is cut."""
CUT_END: Final = re.compile(
    r"[\"'`]?\s?(?:\.{2,9}|…|[\[(<]\s?(?:\.{2,9}|…|trunc\w{0,9})\s?[\])>]?)[\"'`]?\Z", re.IGNORECASE
)
"""The same at the end of the text: half an escape may precede it."""
WORD_START: Final = re.compile(r"(?<!\w)(?=.)", re.DOTALL)


class SecretIndex:
    """Secrets to search for, prepared once for many texts.

    `add` costs the new secrets only, so that a recorder may add those of every exchange. Nothing is built before the
    first search. Its repr shows no secret. Not safe under threads that add and search at once.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets: set[str] = set()
        self._new: list[str] = []
        self._automata: list[_Automaton] = []
        self._beginnings: dict[str, int] = {}
        self._first: set[str] = set()
        self._short: set[str] = set()
        self.add(secrets)

    def add(self, secrets: Iterable[str]) -> None:
        """Search for these as well. Empty ones are ignored."""
        for secret in secrets:
            if secret and secret not in self._secrets:
                self._secrets.add(secret)
                self._new.append(secret)

    def __len__(self) -> int:
        return len(self._secrets)

    def __contains__(self, text: object) -> bool:
        return text in self._secrets

    def __repr__(self) -> str:
        return f"SecretIndex({len(self)} secrets)"

    def search(self, view: View) -> tuple[list[Span], list[Span], Iterator[View]]:
        """Find the secrets in a view: whole ones, cut ones, and the views of base64 and hex that may hold more."""
        self._build()
        text, beginnings = view.text, self._beginnings
        places = [at for at in range(len(text) - 3) if text[at : at + 4] in beginnings]
        kinds = {at: self._kinds(text, at) for at in places}
        whole: list[Span] = list(self._words(text)) if view.is_text and self._short else []
        cut: list[Span] = []
        if any(kind & PLAIN for kind in kinds.values()):
            marks = {found.start() for found in CUT.finditer(text)}
            for automaton in self._automata:
                automaton.search(text, places[0], marks, view.open_end, whole, cut)
        elif view.open_end:
            cut = [(len(text) - size, len(text)) for size in (3, 2, 1) if text[-size:] in self._first][:1]
        return whole, cut, _inner(view, kinds)

    def _kinds(self, text: str, at: int) -> int:
        kinds = self._beginnings[text[at : at + 4]]
        return kinds | self._beginnings.get(text[at : at + 7], 0) if kinds & MORE else kinds

    def _words(self, text: str) -> Iterator[Span]:
        """Where a short secret is a whole word."""
        sizes = sorted({len(word) for word in self._short})
        for place in WORD_START.finditer(text):
            start = place.start()
            for size in sizes:
                stop = start + size
                if text[start:stop] in self._short and not _in_word(text[stop : stop + 1]):
                    yield start, stop

    def _build(self) -> None:
        """Index what was added. Automata at least double in size, so that a secret is moved to a larger one rarely."""
        if not self._new:
            return
        words = []
        for secret in self._new:
            data = secret.encode("utf-8", "surrogatepass")
            as_bytes = data.decode("latin-1")  # as base64 and hex have it, and who mistakes UTF-8 for Latin-1
            for word in (secret,) if as_bytes == secret else (secret, as_bytes):
                if len(word) < SHORT:
                    self._short |= _short_forms(word, data)
                else:
                    words.append(word)
                    self._first |= {word[:size] for size in (1, 2, 3)}
                    self._begins(word[:4], PLAIN)
            if len(data) >= SHORT:
                self._encoded_beginnings(data[:6])
        self._new = []
        if words:
            size = sum(map(len, words))
            while self._automata and self._automata[-1].size <= 2 * size:
                merged = self._automata.pop()
                words += merged.words
                size += merged.size
            self._automata.append(_Automaton(words, size))

    def _encoded_beginnings(self, data: bytes) -> None:
        size = 7 if len(data) == 6 else 4
        for shift, first in enumerate(DETERMINED):
            letters = binascii.b2a_base64(bytes(shift) + data, newline=False).decode()[first : first + size]
            self._begins(letters, BASE64 << shift)
            self._begins(letters.translate(URLSAFE), BASE64 << shift)
            if len(data) == 6 and not shift:  # base64 of base64, as Kubernetes has it
                self._begins(binascii.b2a_base64(letters.encode())[:7].decode(), BASE64)
        self._begins(data[:4].hex()[:7], HEX)
        self._begins(data[:4].hex()[:7].upper(), HEX)

    def _begins(self, letters: str, kind: int) -> None:
        self._beginnings[letters] = self._beginnings.get(letters, 0) | kind
        if len(letters) > 4:
            self._begins(letters[:4], MORE)


class _Automaton:
    """A trie of words in which every node knows its longest proper suffix that is a node too."""

    __slots__ = ("_children", "_depth", "_longest", "_suffix", "size", "words")

    def __init__(self, words: list[str], size: int) -> None:
        self.words, self.size = words, size
        children: dict[int, int] = {}
        parents, letters, depth, longest = [0], [0], [0], [0]
        for word in words:
            node = 0
            for letter in map(ord, word):
                key = node << 21 | letter
                child = children.get(key)
                if child is None:
                    child = children[key] = len(parents)
                    parents.append(node)
                    letters.append(letter)
                    depth.append(depth[node] + 1)
                    longest.append(0)
                node = child
            longest[node] = depth[node]
        suffix = [0] * len(parents)
        for node in sorted(range(1, len(parents)), key=depth.__getitem__):
            letter, shorter = letters[node], parents[node]
            while shorter:
                shorter = suffix[shorter]
                child = children.get(shorter << 21 | letter)
                if child is not None:
                    suffix[node] = child
                    break
            longest[node] = longest[node] or longest[suffix[node]]
        self._children, self._suffix, self._depth, self._longest = children, suffix, depth, longest

    def search(
        self, text: str, begin: int, marks: Collection[int], open_end: bool, whole: list[Span], cut: list[Span]
    ) -> None:
        """Append where words are, and where the beginning of one is followed by a mark or the end of the text."""
        child_of, suffix, depth, longest = self._children.get, self._suffix, self._depth, self._longest
        node, at = 0, begin
        for at, letter in enumerate(map(ord, text[begin:]), begin + 1):
            child = child_of(node << 21 | letter)
            while child is None and node:
                node = suffix[node]
                child = child_of(node << 21 | letter)
            node = child or 0
            if longest[node]:
                whole.append((at - longest[node], at))
            if at in marks and node:
                cut.append((at - depth[node], at))
        if open_end and depth[node] != longest[node]:
            cut.append((at - depth[node], at))


def _inner(view: View, kinds: dict[int, int]) -> Iterator[View]:
    """Decode base64 and hex where a secret may begin, in the phases in which it may."""
    from infisical.redaction.encodings import from_base64, from_hex

    phases = {(2, at % 2) for at, kind in kinds.items() if kind & HEX}
    for shift, first in enumerate(DETERMINED):
        phases |= {(4, (at - first) % 4) for at, kind in kinds.items() if kind & BASE64 << shift}
    for width, phase in sorted(phases):
        yield from_hex(view, phase) if width == 2 else from_base64(view, phase)


def occurrences(text: str, secrets: SecretIndex, patterns: Callable[[str], Iterable[Span]]) -> list[Span]:
    """Find secrets, and whatever `patterns` finds, in a text and in what the text decodes to; in order."""
    from infisical.redaction.encodings import View, decoded, unwrapped  # its patterns take a while to compile

    spans: list[Span] = []
    seen = {(text, True)}
    views = [(View(text), 0, len(text))]
    if secrets and (mark := CUT_END.search(text, max(0, len(text) - 32))):
        views.append((View(text[: mark.start()]), 0, mark.start()))
    while views:
        view, depth, end = views.pop()
        inner: list[View] = []
        if view.is_text:
            spans += [view.span(*span) for span in patterns(view.text)]
        if secrets:
            whole, cut, encoded = secrets.search(view)
            spans += [view.span(*span) for span in whole]
            spans += _cut_spans(view, cut, end)
            if depth < DEPTH:
                inner += [*encoded, *unwrapped(view)]
        if depth < DEPTH:
            inner += decoded(view)
        for other in inner:
            if (other.text, other.open_end) not in seen:
                seen.add((other.text, other.open_end))
                views.append((other, depth + 1, end))
    return sorted(spans)


def _cut_spans(view: View, cut: Iterable[Span], end: int) -> Iterator[Span]:
    for start, stop in cut:
        first, last = view.span(start, stop)
        if stop == len(view.text) and view.open_end:
            last = end  # half an escape may follow
        if last - first >= CUT_LENGTH:
            yield first, last


def spliced(text: str, spans: Iterable[Span], mask: str) -> str:
    """Replace these parts of a text, which are in order and may overlap."""
    pieces, end = [], 0
    for start, stop in spans:
        if start >= end:
            pieces += [text[end:start], mask]
        end = max(end, stop)
    return "".join([*pieces, text[end:]])


def _in_word(letter: str) -> bool:
    return letter.isalnum() or letter == "_"


def _short_forms(word: str, data: bytes) -> set[str]:
    """A short secret, and what it is in base64 and hex where that is long enough to be told from a word."""
    encoded = binascii.b2a_base64(data, newline=False).decode()
    forms = {encoded, encoded.translate(URLSAFE), data.hex(), data.hex().upper()}
    return {word, *(form for form in forms if len(form) >= SHORT)}
