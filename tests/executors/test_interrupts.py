"""The urllib3 executor, interrupted anywhere by Ctrl-C or an exception of others, and what its frames show."""

from __future__ import annotations

import gc
import os
import re
import socket
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from returns.result import Failure, Success

from infisical import HttpRequest, InfisicalNetworkError
from infisical.defects import attach_cause
from infisical.executors import Urllib3Executor
from tests.executors.faulty import Peer, serving, well
from tests.executors.urllib3.test_urllib3 import get, stall

pytestmark = pytest.mark.enable_socket


# ---- interrupts, and exceptions of others
def numbered(peer: Peer) -> None:
    """Answer each request with its own path."""
    while request := peer.read():
        path = request.split(b" ")[1]
        peer.say(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(path), path))


@pytest.fixture
def collecting():
    """A connection that was just taken from its pool is dropped: the warning of that is of the same test.

    And no import is interrupted, which would leave half a module for other tests.
    """
    attach_cause(InfisicalNetworkError("x"), ValueError("x"))
    yield
    gc.collect()


drops_connections = pytest.mark.filterwarnings(
    "ignore:.*unclosed:ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)


class Interrupting:
    """A trace function that raises after so many opcodes outside of this file, once."""

    def __init__(self, at: int, error: BaseException) -> None:
        self.left, self._error = at, error

    def __call__(self, frame, event, _):
        frame.f_trace_opcodes = frame.f_code.co_filename != __file__
        if event == "opcode":
            self.left -= 1
            if self.left == 0:
                raise self._error
        return self


def interrupted(execute: Urllib3Executor, request: HttpRequest, at: int, error: BaseException):
    """How a call goes that is interrupted, a reply or what it raised; None if it had ended before.

    In a thread of its own: an interrupt at the end of an `except` leaves its exception the current one of the thread.
    """
    interrupting, outcomes = Interrupting(at, error), list[object]()

    def work() -> None:
        before = sys.gettrace()
        sys.settrace(interrupting)
        try:
            outcome = execute(request)
        except BaseException as raised:
            outcome = raised
        finally:
            sys.settrace(before)
        outcomes.append(outcome)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return outcomes[0] if interrupting.left <= 0 else None


@drops_connections
def test_an_interrupt_anywhere_leaves_no_connection_in_the_middle_of_an_answer(collecting):
    outcomes = []
    with serving(numbered) as server, Urllib3Executor() as execute:
        for at in range(1, 20_000, 61):
            execute(HttpRequest("GET", f"{server.url}/warm", (), None, 30.0))
            request = HttpRequest("GET", f"{server.url}/a{at}", (), None, 30.0)
            outcome = interrupted(execute, request, at, KeyboardInterrupt())
            after = execute(HttpRequest("GET", f"{server.url}/b{at}", (), None, 30.0)).unwrap()
            assert after.body == f"/b{at}".encode()
            if outcome is None:
                break
            outcomes.append(type(outcome))

    assert outcomes.count(KeyboardInterrupt) > 20


class SoftTimeLimitExceeded(Exception):
    """As Celery's: raised by a signal handler, in the middle of anything."""


@drops_connections
def test_an_exception_of_others_is_the_cause_of_a_failure_that_is_not_repeated(collecting):
    outcomes = set()
    with serving(numbered) as server, Urllib3Executor() as execute:
        for at in range(1, 20_000, 101):
            execute(HttpRequest("GET", f"{server.url}/warm", (), None, 30.0))
            mine = SoftTimeLimitExceeded("what it says is its own")
            outcome = interrupted(execute, get(server.url), at, mine)
            assert (
                execute(HttpRequest("GET", f"{server.url}/b{at}", (), None, 30.0)).unwrap().body == f"/b{at}".encode()
            )
            if outcome is None:
                break
            if outcome is mine or isinstance(outcome, Success):  # before or after the part that turns it into a Failure
                continue
            error = outcome.failure()
            outcomes.add((error.reason, error.defect, error.__cause__ is mine, mine.__traceback__ is None))
            assert error.message.startswith(f"GET {server.url}: SoftTimeLimitExceeded was raised at ")
            assert "its own" not in f"{error}{error!r}"

    assert outcomes == {("protocol", True, True, True)}


def test_an_exception_of_others_while_connecting_is_the_cause_too(monkeypatch):
    mine = SoftTimeLimitExceeded()

    def fail(*_: object, **__: object) -> None:
        raise mine from ValueError("before it")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    error = Urllib3Executor()(get("http://nowhere.invalid")).failure()

    assert (error.reason, error.sent, error.defect, error.__cause__) == ("protocol", False, True, mine)
    assert (mine.__traceback__, mine.__cause__.__traceback__) == (None, None)


@pytest.mark.parametrize("value", ["a\nb", "a\r\nX: y", "\u0100"])
def test_a_header_that_cannot_be_sent_is_a_failure_that_does_not_hold_it(value):
    with serving(well) as server, Urllib3Executor() as execute:
        request = HttpRequest("GET", f"{server.url}/x", (("Authorization", f"hunter2{value}"),), None, 10.0)
        error = execute(request).failure()

        assert (error.reason, error.sent, error.defect, error.__cause__) == ("protocol", False, False, None)
        assert (server.seen, "hunter2" in f"{error}{error!r}") == ([], False)


# ---- what a traceback with locals shows
SECRET = "hunter2-token"


def locals_of_ours(thread: int) -> str:
    """What the frames of this library in a thread would show in a traceback with locals."""
    frame, shown = sys._current_frames().get(thread), []
    while frame is not None:
        if f"infisical{os.sep}" in frame.f_code.co_filename and "tests" not in frame.f_code.co_filename:
            shown.append(f"{frame.f_code.co_name}: { {name: repr(value) for name, value in frame.f_locals.items()} }")
        frame = frame.f_back
    return "\n".join(shown)


def trickle(peer: Peer) -> None:
    peer.read()
    body = SECRET.encode() * 10
    peer.say(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + body)
    peer.sock.recv(1)


def trickle_chunks(peer: Peer) -> None:
    peer.read()
    body = SECRET.encode() * 100_000
    peer.say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n" % (len(body), body))
    peer.sock.recv(1)


def deaf(peer: Peer) -> None:
    peer.sock.settimeout(30)
    threading.Event().wait(1)


WAITS = {
    "the answer": (stall, "http:", "recv_into|readinto"),
    "the body": (trickle, "http:", "readinto"),
    "the chunks": (trickle_chunks, "http:", "readinto"),
    "the handshake": (stall, "https:", "start_tls"),
    "sending": (deaf, "http:", "send"),
}


@pytest.mark.parametrize(("behave", "scheme", "where"), WAITS.values(), ids=WAITS)
def test_no_local_variable_of_ours_holds_the_token_while_it_waits(behave, scheme, where):
    execute, body = Urllib3Executor(), SECRET.encode() * 1_000_000
    with serving(behave) as server, ThreadPoolExecutor(1) as pool:
        headers = (("Authorization", f"Bearer {SECRET}"),)
        url = server.url.replace("http:", scheme)
        request = HttpRequest("POST", f"{url}/x", headers, body if behave is deaf else SECRET.encode(), 60.0)
        thread = pool.submit(threading.get_ident).result()
        calling = pool.submit(execute, request)
        shown, before = locals_of_ours(thread), ""
        while not re.search(rf"(?m)^({where}): ", shown) or shown != before:  # it waits there
            threading.Event().wait(0.05)
            before, shown = shown, locals_of_ours(thread)
        execute.close()
        assert isinstance(calling.result(timeout=30), Failure)

    assert (SECRET in shown) is False
