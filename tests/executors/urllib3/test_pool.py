"""How long the default transport keeps an idle connection: never as long as the server does."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable
from typing import Any

import pytest
import urllib3
from hypothesis import given
from hypothesis import strategies as st

from infisical import HttpRequest
from infisical.executors import Urllib3Executor
from infisical.executors.urllib3.pool import (
    IDLE_SECONDS,
    MAX_IDLE_SECONDS,
    IdleConnections,
    Pool,
    read_keep_alive,
)
from tests.executors.faulty import Peer, serving


class Clock:
    """A clock that stands until it is set."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, IDLE_SECONDS),
        ("", IDLE_SECONDS),
        ("max=100", IDLE_SECONDS),
        ("timeout=-5", IDLE_SECONDS),
        ("timeout=five", IDLE_SECONDS),
        ("x-timeout-y=5", IDLE_SECONDS),
        ("mytimeout=5", IDLE_SECONDS),
        ("timeout=" + "9" * 5000, MAX_IDLE_SECONDS),
        ("timeout=\u0665", IDLE_SECONDS),
        (" " * 65_000 + "timeout=5", IDLE_SECONDS),
        ("timeout=0", 0.0),
        ("timeout=1", 0.5),
        ("timeout=2", 1.0),
        ("timeout=5", 4.0),
        ("timeout=72", 71.0),
        ("timeout=86400", MAX_IDLE_SECONDS),
        ("Timeout = 5 , Max=100", 4.0),
        ('timeout="5"', 4.0),
        ("max=100,timeout=5", 4.0),
        ("timeout=5, timeout=60", 4.0),
    ],
)
def test_an_idle_connection_is_kept_for_less_time_than_the_server_says(header, seconds):
    assert read_keep_alive(header) == seconds


@given(st.text() | st.from_regex(r"timeout ?= ?[0-9]+[,;]?.*", fullmatch=True))
def test_whatever_the_header_says_the_time_is_bounded(header):
    assert 0 <= read_keep_alive(header) <= MAX_IDLE_SECONDS


def saying(*headers: str):
    """Answer each request, with one more of these headers each time."""
    left = list(headers)

    def behave(peer: Peer) -> None:
        while peer.read():
            more = left.pop(0) if left else ""
            peer.say(f"HTTP/1.1 200 OK\r\n{more}Content-Length: 0\r\n\r\n".encode())

    return behave


@pytest.mark.enable_socket
@pytest.mark.parametrize(
    ("header", "seconds", "connections"),
    [
        ("Keep-Alive: timeout=5\r\n", 3.9, 1),
        ("Keep-Alive: timeout=5\r\n", 4.0, 2),
        ("Keep-Alive: timeout=1\r\n", 0.4, 1),
        ("Keep-Alive: timeout=1\r\n", 0.6, 2),
        ("Keep-Alive: timeout=0\r\n", 0.0, 2),
        ("", IDLE_SECONDS - 1, 1),
        ("", IDLE_SECONDS, 2),
        ("Connection: close\r\n", 0.0, 2),
    ],
)
@pytest.mark.parametrize("verb", ["GET", "POST"])
def test_a_request_meets_no_connection_that_the_server_is_about_to_close(header, seconds, connections, verb):
    clock = Clock()
    with serving(saying(header, header)) as server, Urllib3Executor(clock=clock) as execute:
        request = HttpRequest(verb, f"{server.url}/x", (), None if verb == "GET" else b"{}", 30.0)
        for _ in range(2):
            assert execute(request).unwrap().status == 200
            clock.now += seconds

        assert server.connections == connections


@pytest.mark.enable_socket
def test_each_response_restarts_the_idle_time():
    clock = Clock()
    with serving(saying(*["Keep-Alive: timeout=5\r\n"] * 5)) as server, Urllib3Executor(clock=clock) as execute:
        for _ in range(5):
            execute(HttpRequest("GET", f"{server.url}/x")).unwrap()
            clock.now += 3.5

        assert server.connections == 1


@pytest.mark.enable_socket
def test_connections_that_nobody_takes_in_their_time_are_closed_all_the_same():
    """The last one is taken first: those below it are closed when they are due, not when they are taken."""
    clock, together, closed = Clock(), threading.Barrier(3), threading.Semaphore(0)

    def behave(peer: Peer) -> None:
        while request := peer.read():
            if b"/together" in request:
                together.wait(30)
            peer.say(b"HTTP/1.1 200 OK\r\nKeep-Alive: timeout=5\r\nContent-Length: 0\r\n\r\n")
        closed.release()

    with serving(behave) as server, Urllib3Executor(clock=clock) as execute:
        threads = [
            threading.Thread(target=execute, args=(HttpRequest("GET", f"{server.url}/together"),)) for _ in range(3)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for _ in range(3):
            clock.now += 3.0
            execute(HttpRequest("GET", f"{server.url}/x")).unwrap()

        assert [closed.acquire(timeout=30) for _ in range(2)] == [True, True]
        assert (server.connections, closed.acquire(blocking=False)) == (3, False)


@pytest.mark.parametrize("name", ["_validate_conn", "_put_conn"])
def test_urllib3_has_the_private_parts_that_a_pool_overrides_and_calls_them(name):
    assert name in vars(urllib3.HTTPConnectionPool)
    assert name in vars(Pool)
    assert f"self.{name}(" in inspect.getsource(urllib3.HTTPConnectionPool)


@pytest.mark.enable_socket
def test_without_the_private_part_of_urllib3_a_connection_opens_when_it_sends(monkeypatch):
    monkeypatch.setattr(Pool, "_validate_conn", lambda *_: None)
    with serving(saying()) as server, Urllib3Executor() as execute:
        status = execute(HttpRequest("GET", f"{server.url}/x")).unwrap().status

        assert (status, server.connections) == (200, 1)


# ---- threads that meet at one instruction
class IdleConnection:
    """An idle connection; `meanwhile` happens just before somebody learns when it expires."""

    sock, is_closed = "a socket", False
    meanwhile: Callable[[], object] = staticmethod(lambda: None)

    def __init__(self, expires_at: float) -> None:
        self._expires_at = expires_at

    @property
    def expires_at(self) -> float:
        self.meanwhile()
        return self._expires_at

    def close(self) -> None:
        self.is_closed = True


def keep(*connections: Any) -> tuple[IdleConnections, list[Any]]:
    """Idle connections, whose first one another thread takes when it is found expired; and what that one took."""
    clock, taken = Clock(), []
    idle = IdleConnections(5, clock)
    for connection in connections:
        idle.put(connection)
    connections[0].meanwhile = lambda: taken.append(idle._connections.popleft())
    clock.now += 2.0
    return idle, taken


def test_an_expired_connection_that_another_thread_takes_first_is_left_to_it():
    expired = IdleConnection(1001.0)
    idle, taken = keep(expired)
    idle.put(None)

    assert (taken, expired.is_closed, idle.qsize()) == ([expired], False, 0)


def test_a_connection_behind_an_expired_one_that_another_thread_takes_stays():
    expired, fresh = IdleConnection(1001.0), IdleConnection(1009.0)
    idle, taken = keep(expired, fresh)
    idle.put(None)

    assert (taken, expired.is_closed, fresh.is_closed) == ([expired], False, False)
    assert (idle.get(), idle.qsize()) == (fresh, 0)
