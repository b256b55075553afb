"""What httpcore reports about an attempt, and the one private path of httpx and httpcore."""

from __future__ import annotations

import functools

import h11
import httpx
import pytest

from infisical import HttpRequest
from infisical.executors import AsyncHttpxExecutor, HttpxExecutor
from infisical.executors.httpx import trace
from infisical.testing.runner import ExecutorRunner
from tests.executors.faulty import OK, Peer, serving


def say_more(peer: Peer) -> None:
    """Answer each request, and send the beginning of another response after the first answer."""
    while peer.read():
        peer.say(OK + b"HTTP/1.1 500 Forged" if b"/first" in peer.last else OK)


@pytest.mark.enable_socket
@pytest.mark.parametrize("make", [HttpxExecutor, AsyncHttpxExecutor])
def test_a_connection_with_excess_data_is_not_used_again(make):
    with serving(say_more) as server:
        execute = ExecutorRunner(make)
        statuses = [execute(HttpRequest("GET", f"{server.url}/{name}")).unwrap().status for name in ("first", "second")]
        execute.leave()

    assert (statuses, server.connections) == ([200, 200], 2)


@pytest.mark.enable_socket
def test_the_private_path_leads_from_a_response_to_the_state_of_h11():
    with (
        serving(say_more) as server,
        httpx.Client(trust_env=False) as client,
        client.stream("GET", f"{server.url}/second") as response,
    ):
        state = functools.reduce(getattr, trace.H11_PATH, response.stream)

        assert isinstance(state, h11.Connection)


def test_without_the_private_path_there_is_no_excess_data():
    assert trace.find_stream_with_excess(httpx.Response(200, content=b"x")) is None
