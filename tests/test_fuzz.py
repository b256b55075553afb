"""Fuzz: whatever a cassette's file holds is an answer or a Failure, and so is an answer of any depth."""

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from returns.result import Failure, Success

from infisical import HttpRequest, InfisicalClient, Jwt, Response
from infisical.executors import CassetteExecutor, ScriptedExecutor
from tests.wire import answer

REQUEST = HttpRequest("GET", "https://infisical.example.com/api/status", (), None, 1.0)
GOOD = {
    "interactions": [
        {
            "request": {"method": "GET", "uri": REQUEST.url, "headers": {}, "body": None},
            "response": {"status": {"code": 200, "message": "OK"}, "headers": {}, "body": {"string": "{}"}},
        }
    ],
    "version": 1,
}
NODES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda kind: st.lists(kind, max_size=3) | st.dictionaries(st.text(max_size=9), kind, max_size=3),
    max_leaves=9,
)
ANYWHERE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def played(path, content: bytes):
    path.write_bytes(content)
    return CassetteExecutor(path)(REQUEST)


def test_the_cassette_that_is_broken_below_is_whole(tmp_path):
    assert played(tmp_path / "tape.yaml", yaml.safe_dump(GOOD).encode()) == Success(Response(200, (), b"{}"))


@ANYWHERE
@given(content=st.binary() | st.text().map(str.encode) | NODES.map(lambda node: json.dumps(node).encode()))
def test_any_bytes_in_the_file_of_a_cassette_are_no_answer_and_no_exception(tmp_path, content):
    got = played(tmp_path / "tape.yaml", content)

    assert isinstance(got, Failure)
    assert got.failure().reason == "unrecorded"


def places(node, way=()):
    yield way
    for key, one in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield from places(one, (*way, key))


def put(node, way, other):
    if not way:
        return other
    copy = dict(node) if isinstance(node, dict) else list(node)
    copy[way[0]] = put(node[way[0]], way[1:], other)
    return copy


@ANYWHERE
@given(st.sampled_from(list(places(GOOD))), NODES)
def test_a_cassette_with_anything_anywhere_in_it_is_an_answer_or_a_failure(tmp_path, way, other):
    got = played(tmp_path / "tape.yaml", yaml.safe_dump(put(GOOD, way, other)).encode())

    assert isinstance(got, Success | Failure)
    assert isinstance(got, Success) or got.failure().reason == "unrecorded"


@pytest.mark.parametrize("nested", [b"[" * 100_000, b'{"a":' * 100_000, b"[" * 100_000 + b"]" * 100_000])
@pytest.mark.parametrize("status", [200, 500])
def test_an_answer_of_any_depth_is_a_failure(nested, status):
    client = InfisicalClient(executor=ScriptedExecutor(answer(nested, status)), auth=Jwt("t"), retry=None)

    assert isinstance(client.secrets.list(project_id="p", environment="dev"), Failure)
