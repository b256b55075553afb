"""How the urllib3 executor's waits end early: a connection's own time, and closing it from another thread."""

from __future__ import annotations

import contextlib
import math
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from infisical import InfisicalNetworkError
from infisical.executors import Urllib3Executor
from infisical.executors.attempt import Wire, thread_state
from tests.executors.faulty import OK, Peer, serving, well
from tests.executors.urllib3.test_urllib3 import drip_body, get, stall

pytestmark = pytest.mark.enable_socket


# ---- how long a connection may take to make
@pytest.fixture
def hole():
    """The address of a listener that lets nobody in, since its backlog is full: a black hole on loopback."""
    with socket.socket() as listener, contextlib.ExitStack() as stack:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            sock = stack.enter_context(socket.socket())
            sock.setblocking(False)
            sock.connect_ex(listener.getsockname())
        yield listener.getsockname()


def too_late(url: str, seconds: str) -> InfisicalNetworkError:
    said = f"GET {url}: no connection in {seconds} s (connect_timeout)"
    return InfisicalNetworkError(said, reason="timeout", sent=False)


def test_a_connection_has_a_timeout(hole):
    url = f"http://127.0.0.1:{hole[1]}"
    with Urllib3Executor(connect_timeout=0.1) as execute:
        assert execute(get(url, timeout=60.0)).failure() == too_late(url, "0.1")


def test_the_handshake_is_a_part_of_connecting():
    with serving(stall) as server, Urllib3Executor(connect_timeout=0.1) as execute:
        url = server.url.replace("http:", "https:")
        assert execute(get(url, timeout=60.0)).failure() == too_late(url, "0.1")


def test_a_slow_look_up_is_noticed_when_it_ends(monkeypatch):
    resolve = socket.getaddrinfo

    def slow(*given, **named):
        threading.Event().wait(0.1)
        return resolve(*given, **named)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    with serving(well) as server, Urllib3Executor(connect_timeout=0.05) as execute:
        assert execute(get(server.url, timeout=60.0)).failure() == too_late(server.url, "0.05")


def test_each_address_is_tried_within_the_timeout(hole, monkeypatch):
    with serving(well) as server:
        addresses = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", at) for at in (hole, ("127.0.0.1", server.port))]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: addresses)
        with Urllib3Executor(connect_timeout=1.0) as execute:
            assert execute(get("http://two.invalid", timeout=60.0)).unwrap().status == 200


def test_the_timeout_of_connecting_does_not_limit_the_response():
    def slow(peer: Peer) -> None:
        peer.read()
        threading.Event().wait(0.2)
        peer.say(OK)

    with serving(slow) as server, Urllib3Executor(connect_timeout=0.1) as execute:
        assert execute(get(server.url, timeout=60.0)).unwrap().status == 200


@pytest.mark.parametrize("seconds", [0, -1, math.inf, math.nan, True, "5", None])
def test_an_invalid_timeout_of_connecting_is_refused(seconds):
    with pytest.raises(ValueError, match="connect_timeout is a number of seconds above 0"):
        Urllib3Executor(connect_timeout=seconds)


# ---- what ends a call from outside
ENDED = "the call was ended: it was cancelled, or this executor closed"


def under_way(behave):
    """A behaviour that says when a request has come, and then does what it is told."""
    come = threading.Semaphore(0)

    def wrapped(peer: Peer) -> None:
        peer.sock.settimeout(30)
        come.release()
        behave(peer)

    return wrapped, come


@pytest.mark.parametrize(
    ("behave", "scheme", "sent"), [(stall, "http:", True), (drip_body, "http:", True), (stall, "https:", False)]
)
def test_closing_ends_the_calls_in_flight(behave, scheme, sent):
    wrapped, come = under_way(behave)
    execute = Urllib3Executor(connect_timeout=60.0)
    with serving(wrapped) as server, ThreadPoolExecutor(1) as pool:
        url = server.url.replace("http:", scheme)
        calling = pool.submit(execute, get(url, timeout=60.0))
        come.acquire(timeout=30)
        while sent and not server.seen:
            threading.Event().wait(0.001)
        execute.close()
        error = calling.result(timeout=30).failure()

    assert error == InfisicalNetworkError(f"GET {url}: {ENDED}", reason="reset", sent=sent)


def test_closing_ends_a_connection_that_is_being_made(hole):
    execute, url = Urllib3Executor(connect_timeout=60.0), f"http://127.0.0.1:{hole[1]}"
    with ThreadPoolExecutor(1) as pool:
        calling = pool.submit(execute, get(url, timeout=60.0))
        while not execute._wires:
            threading.Event().wait(0.001)
        execute.close()
        error = calling.result(timeout=30).failure()

    assert (error.message, error.sent) in [
        (f"GET {url}: {ENDED}", False),
        (f"GET {url}: this executor is closed", False),
    ]


@pytest.fixture
def wire():
    """The wire of the calls of this thread, as whatever runs calls in threads sets it."""
    thread_state.wire = Wire()
    yield thread_state.wire
    thread_state.wire = None


def test_a_call_that_has_ended_is_not_touched_by_closing_its_wire(wire):
    """The connection belongs to the next call by then."""
    with serving(well) as server, Urllib3Executor() as execute:
        execute(get(server.url))
        wire.cut()
        thread_state.wire = None
        second = execute(get(server.url)).unwrap().status

        assert (second, server.connections) == (200, 1)


def test_a_wire_that_was_cut_first_lets_nothing_out(wire):
    wire.cut()
    with serving(well) as server, Urllib3Executor() as execute:
        error = execute(get(server.url)).failure()

        assert (error, server.seen) == (
            InfisicalNetworkError(f"GET {server.url}: {ENDED}", reason="reset", sent=False),
            [],
        )
