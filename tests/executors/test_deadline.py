"""Sockets under the deadline of an attempt: the private parts of http.client, and letting go of a socket."""

from __future__ import annotations

import http.client
import inspect
import socket

import pytest

from infisical import HttpRequest
from infisical.executors.attempt import Attempt, Wire, thread_state
from infisical.executors.deadline import TimedReader, TimedResponse, UnreachedError, connect
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


def test_a_reader_that_is_closed_twice_lets_go_once():
    ours, theirs = socket.socketpair()
    with ours, theirs, Attempt(HttpRequest("GET", "http://h")) as attempt:
        reader = TimedReader(attempt, ours.makefile("rb", buffering=0), ours)
        reader.close()
        attempt.wire.hold(ours)
        reader.close()
        attempt.wire.cut()

        assert theirs.recv(1) == b""


def test_a_chunk_of_a_size_below_zero_is_not_read_to_the_end_of_the_connection():
    ours, theirs = socket.socketpair()
    with ours, theirs, Attempt(HttpRequest("GET", "http://h")) as attempt:
        attempt.note_sending(ours)
        theirs.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n")
        response = TimedResponse(ours)
        response.begin()

        with pytest.raises(http.client.IncompleteRead):
            response.read()


# ---- connecting
def resolve_to(monkeypatch: pytest.MonkeyPatch, *addresses: tuple[int, object]) -> None:
    """Give a host these families and addresses."""
    entries = [(family, socket.SOCK_STREAM, 0, "", address) for family, address in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: entries)


UNKNOWN_FAMILY = 9999


def test_an_address_of_a_family_that_this_machine_does_not_support_is_passed_over(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server, Attempt(HttpRequest("GET", "http://h")):
        resolve_to(monkeypatch, (UNKNOWN_FAMILY, ()), (socket.AF_INET, server.getsockname()))
        with connect("h", 80) as sock:
            assert sock.getpeername() == server.getsockname()
        resolve_to(monkeypatch, (UNKNOWN_FAMILY, ()))
        with pytest.raises(UnreachedError, match="refused"):
            connect("h", 80)


def test_an_interrupt_while_it_connects_closes_the_socket(monkeypatch):
    class Interrupted(Wire):
        def hold(self, sock: socket.socket) -> None:
            sockets.append(sock)
            raise KeyboardInterrupt

    sockets: list[socket.socket] = []
    resolve_to(monkeypatch, (socket.AF_INET, ("127.0.0.1", 9)))
    monkeypatch.setattr(thread_state, "wire", Interrupted())
    with Attempt(HttpRequest("GET", "http://h")), pytest.raises(KeyboardInterrupt):
        connect("h", 80)

    assert [sock.fileno() for sock in sockets] == [-1]
