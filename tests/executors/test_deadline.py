"""Sockets under the deadline of an attempt: the private parts of http.client, and letting go of a socket."""

from __future__ import annotations

import http.client
import inspect
import socket

import pytest

from infisical import HttpRequest
from infisical.executors.attempt import Attempt
from infisical.executors.deadline import TimedResponse
from tests.executors.faulty import OK

pytestmark = pytest.mark.enable_socket  # socket pairs


@pytest.mark.parametrize("name", ["_read_status", "_read_next_chunk_size"])
def test_http_client_has_the_private_parts_that_a_response_overrides_and_calls_them(name):
    calls = [line for line in inspect.getsource(http.client.HTTPResponse).splitlines() if f"self.{name}()" in line]

    assert name in vars(http.client.HTTPResponse)
    assert name in vars(TimedResponse)
    assert calls != []


def test_a_cut_after_the_body_was_read_leaves_the_connection_alone():
    ours, theirs = socket.socketpair()
    with ours, theirs, Attempt(HttpRequest("GET", "http://h")) as attempt:
        attempt.note_sending(ours)
        theirs.sendall(OK)
        response = TimedResponse(ours)
        response.begin()
        response.read()
        attempt.wire.cut()
        theirs.sendall(b"more")

        assert ours.recv(4) == b"more"


def test_a_cut_before_that_ends_the_wait_for_the_body():
    ours, theirs = socket.socketpair()
    with ours, theirs, Attempt(HttpRequest("GET", "http://h")) as attempt:
        attempt.note_sending(ours)
        theirs.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
        response = TimedResponse(ours)
        response.begin()
        attempt.wire.cut()

        with pytest.raises(http.client.IncompleteRead):
            response.read()
