"""Requests compared in parts: what a mask matches, how URLs, forms and bodies are split, which recording is nearest."""

from __future__ import annotations

import pytest

from infisical.executors.cassette.comparison import MATCHERS, MAX_DEPTH, RecordedRequests, list_differences, split_parts
from infisical.redaction import RECORDED_MASK as MASK


def split(method: str = "GET", url: str = "https://h/a", content_type: str = "", body: bytes | None = None):
    return split_parts(method, url, content_type, body, tuple(MATCHERS))


@pytest.mark.parametrize(
    ("recorded", "requested", "is_equal"),
    [
        (MASK, "anything", True),
        (f"a{MASK}z", "a, and whatever, z", True),
        (f"a{MASK}z", "b, and whatever, z", False),
        (f"a{MASK}z", "a, and whatever", False),
        (f"a{MASK}m{MASK}z", "a1m2z", True),
        (f"a{MASK}m{MASK}z", "a12z", False),
        (f"aa{MASK}aa", "aaa", False),
        ("plain", "other", False),
    ],
)
def test_a_mask_in_a_recorded_text_matches_any_text_in_its_place(recorded, requested, is_equal):
    assert list_differences({"body": recorded}, {"body": requested}) == ([] if is_equal else ["body"])


def test_a_place_whose_name_is_masked_matches_one_that_was_not_recorded():
    recorded = {"path": "/a", f"query {MASK}": "1"}

    assert list_differences(recorded, {"path": "/a", "query token": "1"}) == []
    assert list_differences(recorded, {"path": "/a", "query token": "1", "query more": "2"}) == ["query more"]


def test_a_url_with_a_malformed_port_is_compared_whole_as_a_path():
    parts = split(url="https://h:port/a?b=c")

    assert (parts["host"], parts["port"], parts["path"]) == ("''", "''", "'https://h:port/a?b=c'")


def test_a_masked_host_has_a_masked_port():
    assert split(url=f"https://{MASK}/a")["port"] == f"'{MASK}'"


def test_repeated_names_of_a_query_are_sorted_and_numbered():
    first, second = split(url="https://h/a?n=2&n=1"), split(url="https://h/a?n=1&n=2")

    assert first == second
    assert {name: value for name, value in first.items() if name.startswith("query")} == {
        "query n": "'1'",
        "query n[1]": "'2'",
    }


@pytest.mark.parametrize("body", [b'{"a": ', b"[" * 100_000, b"[" * (MAX_DEPTH + 2) + b"]" * (MAX_DEPTH + 2)])
def test_a_body_that_only_looks_like_json_is_one_text(body):
    parts = split("POST", body=body, content_type="application/json")

    assert [name for name in parts if name.startswith("body")] == ["body"]


@pytest.mark.parametrize(
    ("recorded", "requested", "position"),
    [
        ({"body": f"'a{MASK}m{MASK}z'"}, {"body": "'a1m2z'"}, 0),
        ({"body": f"'a{MASK}m{MASK}z'"}, {"body": "'a12z'"}, None),
        ({"path": "'/a'", f"query {MASK}": "'1'"}, {"path": "'/a'", "query token": "'1'"}, 0),
        ({"path": "'/a'", f"query {MASK}": "'1'"}, {"path": "'/b'", "query token": "'1'"}, None),
    ],
)
def test_a_redacted_request_is_looked_up_by_the_texts_that_it_fixes_and_then_compared(recorded, requested, position):
    requests = RecordedRequests()
    requests.add(0, "GET", "/a", recorded)

    assert requests.take(requested, repeat=False) == position
