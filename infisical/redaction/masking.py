"""An index of secrets, and the search for them in a text and in everything that the text encodes.

The search is an automaton (Aho-Corasick): its time is linear in the text plus the secrets. It compiles no secret into
a pattern, since `re` caches its patterns. names.py and revealing.py decide which values are secret.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from infisical.redaction.encodings import View

Span: TypeAlias = tuple[int, int]

MIN_LENGTH: Final = 4
"""Characters; a shorter secret matches as a whole word only, since its letters occur everywhere."""
CUT_LENGTH: Final = 8
"""Characters; so many at the end of a cut text match if they begin a secret."""
DEPTH: Final = 2
"""How many encodings may be nested in each other."""

MORE, PLAIN, HEX, BASE64 = 1, 2, 4, 8
"""Flags of the encodings in which a secret begins with 4 letters. BASE64 is shifted by the alignment, 0 to 2; MORE
means that 7 letters decide."""
FIRST_LETTERS: Final = (0, 2, 3)
"""The index of the first base64 letter that depends on the secret alone, by the number of bytes before it."""
URLSAFE_LETTERS: Final = str.maketrans("+/", "-_")
CUT_MARK: Final = re.compile(r"[\"'`]?\s?(?:\.\.|…|[\[(<]\s?(?:\.\.|…|trunc))", re.IGNORECASE)
"""The mark after a cut text."""
CUT_END: Final = re.compile(
    r"[\"'`]?\s?(?:\.{2,9}|…|[\[(<]\s?(?:\.{2,9}|…|trunc\w{0,9})\s?[\])>]?)[\"'`]?\Z", re.IGNORECASE
)
"""The mark at the end of the text: half an escape may precede it."""
WORD_START: Final = re.compile(r"(?<!\w)(?=.)", re.DOTALL)


class SecretIndex:
    """Secrets to search for, indexed once for many texts.

    The cost of `add` is that of the new secrets, so that a recorder may add those of every exchange. The first search
    builds the index. Its repr shows no secret. Not safe under threads that add and search at the same time.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets: set[str] = set()
        self._new: list[str] = []
        self._automata: list[_WordTrie] = []
        self._beginnings: dict[str, int] = {}
        self._first: set[str] = set()
        self._short: set[str] = set()
        self.add(secrets)

    def add(self, secrets: Iterable[str]) -> None:
        """Add secrets; empty ones are ignored."""
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
        """Find the secrets of a view: whole ones, cut ones, and the decoded views that may contain more."""
        self._build()
        text, beginnings = view.text, self._beginnings
        places = [at for at in range(len(text) - 3) if text[at : at + 4] in beginnings]
        kinds = {at: self._get_kinds(text, at) for at in places}
        whole: list[Span] = list(self._find_words(text)) if view.is_text and self._short else []
        cut: list[Span] = []
        if any(kind & PLAIN for kind in kinds.values()):
            marks = {match.start() for match in CUT_MARK.finditer(text)}
            for automaton in self._automata:
                automaton.search(text, places[0], marks, view.open_end, whole, cut)
        elif view.open_end:
            cut = [(max(0, len(text) - size), len(text)) for size in (3, 2, 1) if text[-size:] in self._first][:1]
        return whole, cut, _decode_runs(view, kinds)

    def _get_kinds(self, text: str, at: int) -> int:
        kinds = self._beginnings[text[at : at + 4]]
        return kinds | self._beginnings.get(text[at : at + 7], 0) if kinds & MORE else kinds

    def _find_words(self, text: str) -> Iterator[Span]:
        """Find the short secrets that are whole words."""
        sizes = sorted({len(word) for word in self._short})
        for place in WORD_START.finditer(text):
            start = place.start()
            for size in sizes:
                stop = start + size
                if text[start:stop] in self._short and not _is_word_letter(text[stop : stop + 1]):
                    yield start, stop

    def _build(self) -> None:
        """Index the new secrets. Automata at least double in size, so that a secret moves to a larger one rarely."""
        if not self._new:
            return
        words = []
        for secret in self._new:
            data = secret.encode("utf-8", "surrogatepass")
            as_bytes = data.decode("latin-1")  # as base64 and hex encode it, or UTF-8 read as Latin-1
            for word in (secret,) if as_bytes == secret else (secret, as_bytes):
                if len(word) < MIN_LENGTH:
                    self._short |= _list_forms(word, data)
                else:
                    words.append(word)
                    self._first |= {word[:size] for size in (1, 2, 3)}
                    self._add_beginning(word[:4], PLAIN)
            if len(data) >= MIN_LENGTH:
                self._add_encoded_beginnings(data[:6])
        self._new = []
        if words:
            size = sum(map(len, words))
            while self._automata and self._automata[-1].size <= 2 * size:
                merged = self._automata.pop()
                words += merged.words
                size += merged.size
            self._automata.append(_WordTrie(words, size))

    def _add_encoded_beginnings(self, data: bytes) -> None:
        size = 7 if len(data) == 6 else 4
        for shift, first in enumerate(FIRST_LETTERS):
            letters = binascii.b2a_base64(bytes(shift) + data, newline=False).decode()[first : first + size]
            self._add_beginning(letters, BASE64 << shift)
            self._add_beginning(letters.translate(URLSAFE_LETTERS), BASE64 << shift)
            if len(data) == 6 and not shift:  # base64 of base64, as in Kubernetes
                self._add_beginning(binascii.b2a_base64(letters.encode())[:7].decode(), BASE64)
        self._add_beginning(data[:4].hex()[:7], HEX)
        self._add_beginning(data[:4].hex()[:7].upper(), HEX)

    def _add_beginning(self, letters: str, kind: int) -> None:
        self._beginnings[letters] = self._beginnings.get(letters, 0) | kind
        if len(letters) > 4:
            self._add_beginning(letters[:4], MORE)


class _WordTrie:
    """A trie of words whose nodes refer to their longest proper suffix that is a node too (Aho-Corasick)."""

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
        """Append the spans of words, and of beginnings of words before a mark or the end of the text."""
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


def _decode_runs(view: View, kinds: dict[int, int]) -> Iterator[View]:
    """Decode base64 and hex in the phases in which a secret may begin."""
    from infisical.redaction.encodings import from_base64, from_hex

    phases = {(2, at % 2) for at, kind in kinds.items() if kind & HEX}
    for shift, first in enumerate(FIRST_LETTERS):
        phases |= {(4, (at - first) % 4) for at, kind in kinds.items() if kind & BASE64 << shift}
    for width, phase in sorted(phases):
        yield from_hex(view, phase) if width == 2 else from_base64(view, phase)


def find_occurrences(text: str, secrets: SecretIndex, patterns: Callable[[str], Iterable[Span]]) -> list[Span]:
    """Find the spans of secrets, and those of `patterns`, in a text and in its decoded forms; in order."""
    from infisical.redaction.encodings import View, decode_text, join_lines  # its patterns take a while to compile

    spans: list[Span] = []
    known = {(text, True)}
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
            spans += _locate_cuts(view, cut, end)
            if depth < DEPTH:
                inner += [*encoded, *join_lines(view)]
        if depth < DEPTH:
            inner += decode_text(view)
        for other in inner:
            if (other.text, other.open_end) not in known:
                known.add((other.text, other.open_end))
                views.append((other, depth + 1, end))
    return sorted(spans)


def _locate_cuts(view: View, cut: Iterable[Span], end: int) -> Iterator[Span]:
    for start, stop in cut:
        first, last = view.span(start, stop)
        if stop == len(view.text) and view.open_end:
            last = end  # half an escape may follow
        if last - first >= CUT_LENGTH:
            yield first, last


def splice(text: str, spans: Iterable[Span], mask: str) -> str:
    """Replace these spans of a text by the mask; they are in order and may overlap."""
    pieces, end = [], 0
    for start, stop in spans:
        if start >= end:
            pieces += [text[end:start], mask]
        end = max(end, stop)
    return "".join([*pieces, text[end:]])


def _is_word_letter(letter: str) -> bool:
    return letter.isalnum() or letter == "_"


def _list_forms(word: str, data: bytes) -> set[str]:
    """List a short secret and its forms in base64 and hex that are long enough to differ from words."""
    encoded = binascii.b2a_base64(data, newline=False).decode()
    forms = {encoded, encoded.translate(URLSAFE_LETTERS), data.hex(), data.hex().upper()}
    return {word, *(form for form in forms if len(form) >= MIN_LENGTH)}
