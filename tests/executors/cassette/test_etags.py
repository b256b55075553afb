"""Random tags in place of ETags: one to one, in every form of the headers, and without a trace of the ETag."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from returns.result import Success

from infisical import HttpRequest, Response
from infisical.executors import CassetteExecutor, ScriptedExecutor
from infisical.executors.cassette.etags import RandomTags, is_random

TAG = "recorded-[0-9a-f]{16}"
REAL = "2FyxJWIOokVMQRNf5JXMkBAMPDI="
ASK = HttpRequest("GET", "https://x/a")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (f'"{REAL}"', f'"{TAG}"'),
        (f'W/"{REAL}"', f'W/"{TAG}"'),
        (f'w/"{REAL}"', f'W/"{TAG}"'),
        (REAL, TAG),
        (f'"{REAL}", W/"{REAL}" ,"other,with comma"', rf'"({TAG})", W/"\1", "{TAG}"'),
        ("*", r"\*"),
        ('"', f'"{TAG}"'),
        ('"half', f'"{TAG}"'),
        ("", ""),
    ],
)
def test_each_form_of_a_tag_is_replaced(value, expected):
    replaced = RandomTags().replace(value)

    assert re.fullmatch(expected, replaced)
    assert is_random(replaced)
    assert REAL not in replaced


@given(st.lists(st.text(st.characters(codec="ascii", exclude_characters='"', min_codepoint=33), min_size=1)))
def test_tags_are_equal_where_the_etags_are(etags):
    tags = RandomTags()
    replaced = [tags.replace(f'"{etag}"') for etag in etags]

    assert [replaced.index(one) for one in replaced] == [etags.index(one) for one in etags]
    assert [tags.replace(one) for one in replaced] == replaced


def test_an_etag_that_looks_like_a_random_tag_is_replaced_where_it_was_not_made_here():
    tags = RandomTags()
    known, foreign = '"recorded-0123456789abcdef"', '"recorded-fedcba9876543210"'
    tags.keep(known)

    assert (tags.replace(known), tags.replace(foreign) == foreign) == (known, False)


@pytest.mark.parametrize("unit", [" ", '"', '" ', ",", "a ", 'W/"', "W/", '"a" "'])
def test_the_cost_of_a_foreign_header_grows_with_its_length(unit):
    def cost(times: int) -> float:
        start = time.process_time()
        RandomTags().replace(unit * times)
        return time.process_time() - start

    cost(1_000)
    assert cost(80_000) < 40 * max(cost(10_000), 0.001)


def test_a_304_plays_and_the_tape_has_no_etag_of_the_server(tmp_path):
    path = tmp_path / "tape.yaml"
    first = Response(200, (("Content-Type", "text/plain"), ("ETag", f'W/"{REAL}"')), b"text")
    unchanged = Response(304, (("etag", f'"{REAL}"'),))
    again = HttpRequest("GET", "https://x/a", (("if-none-match", f'W/"{REAL}", "other"'),))
    recorder = CassetteExecutor(path, mode="once", inner=ScriptedExecutor(first, unchanged))
    live = [recorder(ASK), recorder(again)]
    player = CassetteExecutor(path)
    played = player(ASK).unwrap()
    tag = played.header("etag")
    revalidated = player(HttpRequest("GET", "https://x/a", (("If-None-Match", str(tag)),))).unwrap()

    assert live == [Success(first), Success(unchanged)]
    assert re.fullmatch(f'W/"{TAG}"', str(tag))
    assert (played.body, revalidated.status, f"W/{revalidated.header('etag')}") == (b"text", 304, tag)
    assert REAL not in path.read_text()
    assert re.search(f'{re.escape(str(tag))}, "{TAG}"', path.read_text())


@pytest.mark.parametrize("mode", ["none", "once", "new_episodes"])
def test_an_older_recording_with_an_etag_of_a_server_says_so_once_and_plays(tmp_path, caplog, mode):
    path = tmp_path / "old.yaml"
    exchange = (
        "- request: {method: GET, uri: 'https://x/a', body: null, headers: {}}\n  response: {headers: {etag: "
        f"['\"{REAL}\"']}}, body: {{string: ''}}, status: {{code: 200, message: OK}}}}\n"
    )
    path.write_text(f"interactions:\n{exchange * 2}version: 1\n")
    executor = CassetteExecutor(path, mode=mode)
    played = [executor(ASK).unwrap().header("etag") for _ in range(2)]

    assert played == [f'"{REAL}"'] * 2
    assert [(it.name, it.levelname) for it in caplog.records] == [("infisical", "WARNING")]
    assert caplog.messages[0].startswith("old.yaml holds ETags of a server")
    assert REAL not in caplog.text


def test_a_new_episode_replaces_the_etags_of_an_older_recording(tmp_path, caplog):
    path = tmp_path / "old.yaml"
    path.write_text(
        "interactions:\n- request: {method: GET, uri: 'https://x/a', body: null, headers: {}}\n  response: {headers: "
        f"{{etag: ['\"{REAL}\"']}}, body: {{string: ''}}, status: {{code: 200, message: OK}}}}\nversion: 1\n"
    )
    executor = CassetteExecutor(path, mode="new_episodes", inner=ScriptedExecutor(Response(304)))
    tag = executor(ASK).unwrap().header("etag")
    executor(HttpRequest("GET", "https://x/b", (("If-None-Match", str(tag)),)))
    written = path.read_text()
    caplog.clear()

    assert REAL not in written
    assert len(set(re.findall(TAG, written))) == 1
    assert CassetteExecutor(path)(ASK).unwrap().status == 200
    assert caplog.messages == []
