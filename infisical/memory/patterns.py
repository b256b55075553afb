"""Patterns that callers give, matched without backtracking: globs of folders, and the expressions of PKI templates.

Both run all alternatives at once, as bits of one number: the time is the length of the text times that of the pattern,
whatever they say. Nothing here knows a route or a row.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

MAX_DEPTH: Final = 1000
"""The most folders of a path and of a glob that are compared; a deeper one covers nothing, and nothing covers it."""
MAX_CACHED_LENGTH: Final = 4096
CLASS_LETTERS: Final = frozenset("dDwWsSnrtfv")
"""What a backslash before a letter may mean; `b` and `B`, which match no character, are apart."""


# ---- globs
@dataclass(frozen=True, slots=True)
class Glob:
    """A glob by its folders: which of them are `**`, `*`, or a name, each as a set of bits."""

    any_number: int
    any_one: int
    names: dict[str, int]
    accepted: int


def matches_glob(glob: str, path: str) -> bool:
    """Say whether a glob covers a folder's path; `*` is any one folder, `**` any number of them."""
    if path.count("/") > MAX_DEPTH or glob.count("/") > MAX_DEPTH:
        return False
    compiled = _compile_cached_glob(glob) if len(glob) <= MAX_CACHED_LENGTH else _compile_glob(glob)
    states = _advance(1, compiled.any_number)
    for part in path.split("/"):
        if part:
            stepped = (states & (compiled.any_one | compiled.names.get(part, 0))) << 1
            states = _advance(stepped | (states & compiled.any_number), compiled.any_number)
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
    """A regular expression of characters, `.`, classes such as `\\\\d`, `\\\\b`, and `*` after each of them."""

    tests: tuple[Callable[[str], object], ...]
    """Which characters a place of the expression matches; nothing for an assertion."""
    repeated: int
    boundaries: int
    inner: int
    """The places of `\\\\b` and `\\\\B`."""

    def found_in(self, text: str) -> bool:
        """Say whether any part of a text matches."""
        accepted, assertions = 1 << len(self.tests), self.boundaries | self.inner
        matching: dict[str, int] = {}
        states, before = 0, False
        for place in range(len(text) + 1):
            letter = text[place] if place < len(text) else ""
            after = _is_word_character(letter)
            passed = self.repeated | (self.boundaries if before != after else self.inner)
            states = _advance(states | 1, passed)
            if states & accepted:
                return True
            if letter not in matching:
                matching[letter] = sum(1 << n for n, test in enumerate(self.tests) if letter and test(letter))
            stepped = states & matching[letter] & ~assertions
            states, before = (stepped & ~self.repeated) << 1 | (stepped & self.repeated), after
        return False


def parse_pattern(text: str) -> Pattern:
    """Read an expression; ValueError for one that says more than `Expression` can."""
    tests: list[Callable[[str], object]] = []
    repeated = boundaries = inner = 0
    letters = iter(text)
    after_star = True  # a star at the beginning repeats nothing
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
                after_star = True  # and so is an assertion: it is not repeated
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


def _advance(states: int, passed: int) -> int:
    """Add to some places those that follow where a run of places may be passed over, by the carry of an addition."""
    return states | (((states & passed) + passed) ^ passed)
