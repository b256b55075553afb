"""An index of secrets, and the search for them in a text, in any encoding.

The search uses an Aho-Corasick automaton: its time is linear in the text plus the secrets, whatever these contain. No
regular expression is made of a secret, because `re` caches its patterns. Other modules decide which values are secret.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from infisical.redaction.encodings import View

Span: TypeAlias = tuple[int, int]

SHORT_LENGTH: Final = 4
"""A secret of fewer characters is found as a whole word only, since its letters occur everywhere."""
MIN_PREFIX_LENGTH: Final = 8
"""Where a text is truncated, a prefix of a secret is found if it has at least so many characters."""
MAX_DEPTH: Final = 2
"""How many encodings of a text may be nested."""

MORE, PLAIN, HEX, BASE64 = 1, 2, 4, 8
"""Flags of four letters: a secret begins with them in this encoding. BASE64 is shifted by the alignment, 0 to 2.

MORE: seven letters are needed to decide.
"""
FIRST_LETTERS: Final = (0, 2, 3)
"""The first base64 letter that depends only on the secret, by the number of bytes before the secret in its group."""
URLSAFE_ALPHABET: Final = str.maketrans("+/", "-_")
TRUNCATION_MARK: Final = re.compile(r"[\"'`]?\s?(?:\.\.|…|[\[(<]\s?(?:\.\.|…|trunc))", re.IGNORECASE)
"""A mark after a truncated text."""
FINAL_TRUNCATION_MARK: Final = re.compile(
    r"[\"'`]?\s?(?:\.{2,9}|…|[\[(<]\s?(?:\.{2,9}|…|trunc\w{0,9})\s?[\])>]?)[\"'`]?\Z", re.IGNORECASE
)
"""A mark at the end of the text; an incomplete escape may precede it."""
WORD_START: Final = re.compile(r"(?<!\w)(?=.)", re.DOTALL)


class SecretIndex:
    """Secrets to search for, indexed once for many texts.

    The time of `add` depends only on the new secrets, so a recorder may add those of every exchange. The first search
    builds the index. The repr shows no secret. Threads must not add and search at the same time.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets: set[str] = set()
        self._new: list[str] = []
        self._automata: list[_Automaton] = []
        self._prefixes: dict[str, int] = {}
        self._prefix_starts: set[str] = set()
        self._short_secrets: set[str] = set()
        self.add(secrets)

    def add(self, secrets: Iterable[str]) -> None:
        """Add secrets to the index. Empty ones are ignored."""
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
        """Find the secrets in a view: whole ones, truncated ones, and views of base64 and hex that may hold more."""
        self._build()
        text, prefixes = view.text, self._prefixes
        places = [at for at in range(len(text) - 3) if text[at : at + 4] in prefixes]
        kinds = {at: self._kinds(text, at) for at in places}
        whole: list[Span] = list(self._find_short_words(text)) if view.is_text and self._short_secrets else []
        truncated: list[Span] = []
        if any(kind & PLAIN for kind in kinds.values()):
            marks = {match.start() for match in TRUNCATION_MARK.finditer(text)}
            for automaton in self._automata:
                automaton.search(text, places[0], marks, view.open_end, whole, truncated)
        elif view.open_end:
            truncated = [(len(text) - size, len(text)) for size in (3, 2, 1) if text[-size:] in self._prefix_starts][:1]
        return whole, truncated, _decode_runs(view, kinds)

    def _kinds(self, text: str, at: int) -> int:
        kinds = self._prefixes[text[at : at + 4]]
        return kinds | self._prefixes.get(text[at : at + 7], 0) if kinds & MORE else kinds

    def _find_short_words(self, text: str) -> Iterator[Span]:
        """Find short secrets that are whole words."""
        sizes = sorted({len(word) for word in self._short_secrets})
        for place in WORD_START.finditer(text):
            start = place.start()
            for size in sizes:
                stop = start + size
                if text[start:stop] in self._short_secrets and not _is_word_character(text[stop : stop + 1]):
                    yield start, stop

    def _build(self) -> None:
        """Index the new secrets. Each automaton has at least twice the size of the next, so a secret moves rarely."""
        if not self._new:
            return
        words = []
        for secret in self._new:
            data = secret.encode("utf-8", "surrogatepass")
            as_bytes = data.decode("latin-1")  # in decoded base64 and hex, and where UTF-8 was read as Latin-1
            for word in (secret,) if as_bytes == secret else (secret, as_bytes):
                if len(word) < SHORT_LENGTH:
                    self._short_secrets |= _list_short_forms(word, data)
                else:
                    words.append(word)
                    self._prefix_starts |= {word[:size] for size in (1, 2, 3)}
                    self._add_prefix(word[:4], PLAIN)
            if len(data) >= SHORT_LENGTH:
                self._add_encoded_prefixes(data[:6])
        self._new = []
        if words:
            size = sum(map(len, words))
            while self._automata and self._automata[-1].size <= 2 * size:
                merged = self._automata.pop()
                words += merged.words
                size += merged.size
            self._automata.append(_Automaton(words, size))

    def _add_encoded_prefixes(self, data: bytes) -> None:
        size = 7 if len(data) == 6 else 4
        for shift, first in enumerate(FIRST_LETTERS):
            letters = binascii.b2a_base64(bytes(shift) + data, newline=False).decode()[first : first + size]
            self._add_prefix(letters, BASE64 << shift)
            self._add_prefix(letters.translate(URLSAFE_ALPHABET), BASE64 << shift)
            if len(data) == 6 and not shift:  # base64 of base64, as in Kubernetes
                self._add_prefix(binascii.b2a_base64(letters.encode())[:7].decode(), BASE64)
        self._add_prefix(data[:4].hex()[:7], HEX)
        self._add_prefix(data[:4].hex()[:7].upper(), HEX)

    def _add_prefix(self, letters: str, kind: int) -> None:
        self._prefixes[letters] = self._prefixes.get(letters, 0) | kind
        if len(letters) > 4:
            self._add_prefix(letters[:4], MORE)


class _Automaton:
    """A trie of words. Every node knows its longest proper suffix that is also a node."""

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
        self, text: str, begin: int, marks: Collection[int], open_end: bool, whole: list[Span], truncated: list[Span]
    ) -> None:
        """Append the spans of words, and of prefixes before a mark or the end of the text."""
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
                truncated.append((at - depth[node], at))
        if open_end and depth[node] != longest[node]:
            truncated.append((at - depth[node], at))


def _decode_runs(view: View, kinds: dict[int, int]) -> Iterator[View]:
    """Decode base64 and hex in each phase in which a secret may begin."""
    from infisical.redaction.encodings import from_base64, from_hex

    phases = {(2, at % 2) for at, kind in kinds.items() if kind & HEX}
    for shift, first in enumerate(FIRST_LETTERS):
        phases |= {(4, (at - first) % 4) for at, kind in kinds.items() if kind & BASE64 << shift}
    for width, phase in sorted(phases):
        yield from_hex(view, phase) if width == 2 else from_base64(view, phase)


def find_occurrences(text: str, secrets: SecretIndex, patterns: Callable[[str], Iterable[Span]]) -> list[Span]:
    """Find secrets, and the matches of `patterns`, in a text and its decode_text views; sorted by position."""
    # lazily: the patterns of this module are slow to compile
    from infisical.redaction.encodings import View, decode_text, unwrap_lines

    spans: list[Span] = []
    known_texts = {(text, True)}
    views = [(View(text), 0, len(text))]
    if secrets and (mark := FINAL_TRUNCATION_MARK.search(text, max(0, len(text) - 32))):
        views.append((View(text[: mark.start()]), 0, mark.start()))
    while views:
        view, depth, end = views.pop()
        inner: list[View] = []
        if view.is_text:
            spans += [view.span(*span) for span in patterns(view.text)]
        if secrets:
            whole, truncated, encoded = secrets.search(view)
            spans += [view.span(*span) for span in whole]
            spans += _find_truncated(view, truncated, end)
            if depth < MAX_DEPTH:
                inner += [*encoded, *unwrap_lines(view)]
        if depth < MAX_DEPTH:
            inner += decode_text(view)
        for other in inner:
            if (other.text, other.open_end) not in known_texts:
                known_texts.add((other.text, other.open_end))
                views.append((other, depth + 1, end))
    return sorted(spans)


def _find_truncated(view: View, truncated: Iterable[Span], end: int) -> Iterator[Span]:
    for start, stop in truncated:
        first, last = view.span(start, stop)
        if stop == len(view.text) and view.open_end:
            last = end  # an incomplete escape may follow
        if last - first >= MIN_PREFIX_LENGTH:
            yield first, last


def replace_spans(text: str, spans: Iterable[Span], mask: str) -> str:
    """Replace spans of a text by a mask. The spans are sorted and may overlap."""
    pieces, end = [], 0
    for start, stop in spans:
        if start >= end:
            pieces += [text[end:start], mask]
        end = max(end, stop)
    return "".join([*pieces, text[end:]])


def _is_word_character(letter: str) -> bool:
    return letter.isalnum() or letter == "_"


def _list_short_forms(word: str, data: bytes) -> set[str]:
    """List a short secret and its forms in base64 and hex that are too long for a common word."""
    encoded = binascii.b2a_base64(data, newline=False).decode()
    forms = {encoded, encoded.translate(URLSAFE_ALPHABET), data.hex(), data.hex().upper()}
    return {word, *(form for form in forms if len(form) >= SHORT_LENGTH)}
