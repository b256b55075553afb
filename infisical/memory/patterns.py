"""Patterns from requests, matched without backtracking: globs of folders and claims, and expressions of PKI templates.

All advance all alternatives at once, as bits of one integer: the time grows with the length of the text times the
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


# ---- globs of texts
MAX_BRACE_TEXTS: Final = 64
"""The most texts that the braces of a glob may expand to; a glob with more matches nothing."""


def matches_text_glob(glob: str, text: str, *, crosses_slashes: bool = False) -> bool:
    """Return whether a glob matches a whole text.

    `*` matches characters except `/` (with `crosses_slashes` any), `**` any characters, `?` one, `[a-z]` and `[!a-z]`
    one of a class; `{a,b}` is one of several texts, a leading `!` negates, a backslash quotes. Other extensions of
    shells match nothing.
    """
    if glob.startswith("!") and not glob.startswith("!("):
        return not matches_text_glob(glob[1:], text, crosses_slashes=crosses_slashes)
    alternatives = _expand_braces(glob)
    return any(_matches_alternative(one, text, crosses_slashes) for one in alternatives)


def _expand_braces(glob: str) -> list[str]:
    """Expand the braces of a glob, the innermost first; an empty list if there are too many."""
    done: list[str] = []
    waiting = [glob]
    while waiting:
        one = waiting.pop()
        braces = next((each for each in re.finditer(r"(?<!\\)\{([^{}]*)\}", one) if "," in each[1]), None)
        if braces is None:
            done.append(one)
        elif braces[1].count(",") >= MAX_BRACE_TEXTS:
            return []
        else:
            waiting += [one[: braces.start()] + part + one[braces.end() :] for part in braces[1].split(",")]
        if len(done) + len(waiting) > MAX_BRACE_TEXTS:
            return []
    return done


def _matches_alternative(glob: str, text: str, crosses_slashes: bool) -> bool:
    tests: list[Callable[[str], object]] = []
    repeated = 0
    for part in re.findall(r"\*+|\[!?\]?[^\]/]{0,256}\]|\\.|.", glob, re.DOTALL):
        if part[0] == "*":
            repeated |= 1 << len(tests)
            is_any = crosses_slashes or len(part) > 1
            tests.append(_match_anything if is_any else _match_in_segment)
        elif part == "?":
            tests.append(_match_in_segment)
        elif len(part) > 1 and part[0] == "[":
            test = _compile_class(part)
            if test is None:
                return False
            tests.append(test)
        else:
            tests.append(part[-1].__eq__)
    states = _advance(1, repeated)
    positions: dict[str, int] = {}
    for letter in text:
        if letter not in positions:
            positions[letter] = sum(1 << n for n, test in enumerate(tests) if test(letter))
        moves = states & positions[letter]
        states = _advance((moves & ~repeated) << 1 | (moves & repeated), repeated)
        if not states:
            return False
    return bool(states & 1 << len(tests))


def _match_anything(_: str) -> bool:
    return True


def _match_in_segment(letter: str) -> bool:
    return letter != "/"


def _compile_class(part: str) -> Callable[[str], object] | None:
    """Compile a class such as `[a-z]`; None if its ranges are not in order."""
    negated = part[1] in "!^"
    members = part[2:-1] if negated else part[1:-1]
    ranges = re.findall(r"(.)-(.)|(.)", members, re.DOTALL)
    if any(low > high for low, high, _ in ranges):
        return None

    def test(letter: str) -> bool:
        is_member = any(letter == one if one else low <= letter <= high for low, high, one in ranges)
        return letter != "/" and is_member != negated

    return test


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
