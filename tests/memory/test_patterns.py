"""Globs and expressions of callers: they say what Python's own say, and cost no more than their lengths."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from infisical.memory.patterns import matches_glob, matches_text_glob, parse_pattern
from tests.forms import try_examples

PARTS = st.lists(st.sampled_from(["a", "b", "*", "**"]), max_size=6)


def naive(pattern: list[str], parts: list[str]) -> bool:
    """A glob as its definition has it."""
    if not pattern:
        return not parts
    if pattern[0] == "**":
        return any(naive(pattern[1:], parts[start:]) for start in range(len(parts) + 1))
    return bool(parts) and pattern[0] in ("*", parts[0]) and naive(pattern[1:], parts[1:])


@try_examples(80, 800)
@given(PARTS, st.lists(st.sampled_from("abc"), max_size=6))
def test_a_glob_covers_what_its_definition_says(pattern: list[str], parts: list[str]):
    assert matches_glob("/" + "/".join(pattern), "/" + "/".join(parts)) is naive(pattern, parts)


def test_slashes_at_the_ends_and_in_a_row_mean_nothing():
    assert [matches_glob(glob, "/a//b/") for glob in ("a/b", "//a/b//", "/a/*", "/**", "/a")] == [True] * 4 + [False]


ATOMS = st.sampled_from(["a", "b", "-", ".", r"\.", r"\w", r"\d", r"\S", r"\-", " ", "@"])
REPEATED = st.tuples(ATOMS, st.sampled_from(["", "*"])).map("".join)
EXPRESSIONS = st.lists(REPEATED | st.sampled_from([r"\b", r"\B"]), max_size=7).map("".join)


@try_examples(100, 1000)
@given(EXPRESSIONS, st.text("ab-.1 @\n_é", min_size=1, max_size=12))  # Python finds no \B in an empty text, until 3.14
@example(r"a*b*", "")
@example("", "")
@example(r"\b.*\B", "a-")
def test_an_expression_finds_what_python_finds(text: str, name: str):
    assert parse_pattern(text).matches_within(name) is (re.search(text, name) is not None)


@pytest.mark.parametrize(
    "text", ["*", "a**", r"\b*", "\\", r"\q", r"\1", r"\x41", "(a)", "a+", "a|b", "[a]", "a?", "^a", "a$"]
)
def test_an_expression_that_says_more_is_refused(text: str):
    with pytest.raises(ValueError, match=r"."):
        parse_pattern(text)


def growth(work: Callable[[int], object], size: int) -> float:
    """How much longer four times the size takes; the best of three, since other processes run too."""

    def seconds(size: int) -> float:
        found = []
        for _ in range(3):
            start = time.process_time()
            work(size)
            found.append(time.process_time() - start)
        return max(min(found), 1e-4)

    return seconds(4 * size) / seconds(size)


@pytest.mark.parametrize("pattern", [".*" * 30 + "b", "a*" * 50 + "b", r"\w*.*" * 20 + "b"])
def test_the_time_of_an_expression_grows_with_the_text(pattern: str):
    assert growth(lambda size: parse_pattern(pattern).matches_within("a" * size), 2000) < 10


def test_the_time_of_a_glob_grows_with_both_lengths():
    assert not matches_glob("/**" * 200 + "/zzz", "/a" * 900)
    assert growth(lambda size: matches_glob("/**/a" * size + "/zzz", "/a" * 900), 100) < 10


def test_a_path_of_half_a_million_folders_is_covered_by_none():
    assert not matches_glob("/**", "/a" * 500_000)


# ---- globs of texts
@pytest.mark.parametrize(
    ("glob", "text", "matches"),
    [
        ("", "", True),
        ("", "a", False),
        ("*", "", True),
        ("a*c", "abbc", True),
        ("a*c", "a/c", None),
        ("a**c", "a/b/c", True),
        ("***", "a/b", True),
        ("a?c", "abc", True),
        ("a?c", "ac", False),
        ("a?c", "a/c", False),
        ("[a-c]x", "bx", True),
        ("[a-c]x", "dx", False),
        ("[!a-c]x", "dx", True),
        ("[^a-c]x", "ax", False),
        ("[]]", "]", True),
        ("[z-a]", "b", False),
        ("[ab", "[ab", True),
        ("{a,b}c", "bc", True),
        ("{a,b}c", "cc", False),
        ("{a,{b,c}}d", "cd", True),
        ("{a}", "{a}", True),
        ("{a}{b,c}", "{a}c", True),
        ("a,b", "a,b", True),
        ("!a", "b", True),
        ("!a", "a", False),
        ("!!a", "a", True),
        ("!(a)", "b", False),
        (r"a\*", "a*", True),
        (r"a\*", "ab", False),
        ("a.c", "abc", False),
        ("*\n*", "a\nb", True),
        ("{" + ",".join("abc" * 30) + "}", "a", False),
        ("{a,b}" * 10, "a" * 10, False),
    ],
)
def test_a_glob_matches_a_whole_text(glob, text, matches):
    """None: only if a star may cross a slash."""
    assert matches_text_glob(glob, text) == bool(matches)
    assert matches_text_glob(glob, text, crosses_slashes=True) == (matches is not False)


@given(st.text(alphabet="ab*?/", max_size=12), st.text(alphabet="ab/", max_size=12))
def test_a_glob_matches_as_the_regular_expression_of_its_parts_does(glob, text):
    parts = {"?": "[^/]", "*": "[^/]*"}
    pattern = "".join(".*" if len(part) > 1 else parts.get(part, part) for part in re.findall(r"\*+|.", glob))

    assert matches_text_glob(glob, text) == bool(re.fullmatch(pattern, text))


@pytest.mark.parametrize("unit", ["*a", "[", "{", "{,", "[a", "**", "\\"])
def test_the_time_of_a_glob_grows_with_its_length_times_the_text(unit):
    def spend(size: int) -> float:
        start = time.process_time()
        matches_text_glob(unit * size, "a" * size + "b")
        return time.process_time() - start

    spend(500)
    small, large = (min(spend(size) for _ in range(3)) for size in (500, 2000))

    assert large < 0.02 + 50 * small
