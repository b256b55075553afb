"""State and Draft: a draft changes nothing but itself, and finishing one makes the next state."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infisical.memory import tree
from infisical.memory.access import matches_scope
from infisical.memory.state import Draft, Settings, State

KEYS = st.sampled_from(["a", "b", "c"])
STEPS = st.lists(st.one_of(st.tuples(st.just("put"), KEYS, st.integers()), st.tuples(st.just("drop"), KEYS, st.none())))


@given(STEPS, STEPS)
def test_a_draft_reads_what_it_wrote_and_the_state_before_stays_as_it_was(first, second):
    begun = written(State(Settings()), first)
    before = dict(begun.rows("t"))
    ended = written(begun, second)

    assert dict(begun.rows("t")) == before
    assert {key: row["n"] for key, row in ended.rows("t").items()} == model(first + second)


def written(state: State, steps) -> State:
    draft = Draft(state)
    for what, key, number in steps:
        if what == "put":
            assert draft.put("t", key, {"n": number}) == draft.get("t", key)
        else:
            draft.drop("t", key)
            assert draft.get("t", key) is None
    return draft.finish()


def model(steps) -> dict[str, int]:
    rows: dict[str, int] = {}
    for what, key, number in steps:
        if what == "put":
            rows[key] = number
        else:
            rows.pop(key, None)
    return rows


def test_a_draft_that_changed_nothing_ends_as_the_state_itself():
    state = State(Settings())
    draft = Draft(state)
    draft.drop("t", "a")

    assert draft.finish() is state


def test_what_is_drawn_differs_and_repeats_from_the_same_state():
    state = State(Settings(seed=1))
    one, other = Draft(state), Draft(state)
    drawn = [one.new_id(), one.new_id()]

    assert [other.new_id(), other.new_id()] == drawn
    assert len({*drawn, Draft(one.finish()).new_id(), Draft(State(Settings(seed=2))).new_id()}) == 4


@pytest.mark.parametrize(
    ("scope", "path", "covered"),
    [
        ("/", "/", True),
        ("/", "/a", False),
        ("/a", "/a", True),
        ("/a/*", "/a/b", True),
        ("/a/*", "/a/b/c", False),
        ("/a/*", "/a", False),
        ("/a/**", "/a", True),
        ("/a/**", "/a/b/c", True),
        ("/**", "/", True),
        ("/**/z", "/a/b/z", True),
        ("/**/z", "/a/b/y", False),
    ],
)
def test_a_scope_covers_a_path_as_its_stars_say(scope, path, covered):
    assert matches_scope({"environment": "dev", "secretPath": scope}, "dev", path) == covered
    assert not matches_scope({"environment": "prod", "secretPath": scope}, "dev", path)


@pytest.mark.parametrize(("given_path", "normal"), [("", "/"), ("/", "/"), ("a/b/", "/a/b"), ("//a//b", "/a/b")])
def test_a_path_is_written_in_one_way(given_path, normal):
    assert tree.normalize_path(given_path) == normal
