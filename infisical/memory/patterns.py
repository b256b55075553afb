"""Patterns from requests, matched without backtracking: globs of folders, and regular expressions of PKI templates.

Both advance all alternatives at once, as bits of one integer: the time grows with the length of the text times the
length of the pattern, and never faster. Routes and rows do not belong here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

MAX_DEPTH: Final = 1000
"""The most folders of a path or a glob; a deeper one never matches."""
MAX_CACHED_LENGTH: Final = 4096
CLASS_LETTERS: Final = frozenset("dDwWsSnrtfv")
"""The letters of character classes (`\\d`); the assertions `\\b` and `\\B` match no character and are not listed."""


# ---- globs
@dataclass(frozen=True, slots=True)
class Glob:
    """A compiled glob: the positions of `**`, of `*` and of each name, as sets of bits."""

    any_number: int
    any_one: int
    names: dict[str, int]
    accepted: int


def matches_glob(glob: str, path: str) -> bool:
    """Return whether a glob matches the path of a folder; `*` matches one folder, `**` any number of them."""
    if path.count("/") > MAX_DEPTH or glob.count("/") > MAX_DEPTH:
        return False
    compiled = _compile_cached_glob(glob) if len(glob) <= MAX_CACHED_LENGTH else _compile_glob(glob)
    states = _advance(1, compiled.any_number)
    for part in path.split("/"):
        if part:
            moves = (states & (compiled.any_one | compiled.names.get(part, 0))) << 1
            states = _advance(moves | (states & compiled.any_number), compiled.any_number)
    return bool(states & compiled.accepted)


def _compile_glob(glob: str) -> Glob:
    parts = [part for part in glob.split("/") if part]
    names: dict[str, int] = {}
    any_number = any_one = 0
    for place, part in enumerate(parts):
        if part == "**":
            any_number |= 1 << place
        elif part == "*":
            any_one |= 1 << place
        else:
            names[part] = names.get(part, 0) | 1 << place
    return Glob(any_number, any_one, names, 1 << len(parts))


_compile_cached_glob = lru_cache(maxsize=256)(_compile_glob)


# ---- expressions
@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled regular expression of characters, `.`, classes such as `\\d`, `\\b`, each with an optional `*`."""

    tests: tuple[Callable[[str], object], ...]
    """One test of a character per position; an assertion matches no character."""
    repeated: int
    boundaries: int
    inner: int
    """`boundaries` are the positions of `\\b`, `inner` those of `\\B`."""

    def matches_within(self, text: str) -> bool:
        """Return whether any part of a text matches."""
        accepted, assertions = 1 << len(self.tests), self.boundaries | self.inner
        positions: dict[str, int] = {}
        states, is_after_word = 0, False
        for index in range(len(text) + 1):
            letter = text[index] if index < len(text) else ""
            is_before_word = _is_word_character(letter)
            optional = self.repeated | (self.boundaries if is_after_word != is_before_word else self.inner)
            states = _advance(states | 1, optional)
            if states & accepted:
                return True
            if letter not in positions:
                positions[letter] = sum(1 << n for n, test in enumerate(self.tests) if letter and test(letter))
            moves = states & positions[letter] & ~assertions
            states, is_after_word = (moves & ~self.repeated) << 1 | (moves & self.repeated), is_before_word
        return False


def parse_pattern(text: str) -> Pattern:
    """Parse a regular expression; raise ValueError for syntax that `Pattern` does not support."""
    tests: list[Callable[[str], object]] = []
    repeated = boundaries = inner = 0
    letters = iter(text)
    after_star = True  # a leading star has nothing to repeat
    for letter in letters:
        if letter == "*":
            if after_star:
                raise ValueError("a star repeats nothing")
            repeated |= 1 << len(tests) - 1
            after_star = True
            continue
        after_star = False
        if letter == "\\":
            letter += next(letters, "")
            if letter in (r"\b", r"\B"):
                boundaries |= (letter == r"\b") << len(tests)
                inner |= (letter == r"\B") << len(tests)
                tests.append(_match_nothing)
                after_star = True  # an assertion cannot be repeated either
                continue
            if len(letter) < 2 or (letter[1].isalnum() and letter[1] not in CLASS_LETTERS):
                raise ValueError(f"unknown escape {letter!r}")
        elif letter in "[](){}^$|?+":
            raise ValueError(f"{letter!r} is not supported")
        tests.append(re.compile(letter).fullmatch)
    return Pattern(tuple(tests), repeated, boundaries, inner)


def _match_nothing(_: str) -> bool:
    return False


def _is_word_character(letter: str) -> bool:
    return letter.isalnum() or letter == "_"


def _advance(states: int, optional: int) -> int:
    """Add the positions behind each run of optional positions; the carry of the addition finds them."""
    return states | (((states & optional) + optional) ^ optional)
