"""One attempt: its deadline, its wire, and whose attempt it is."""

from __future__ import annotations

import socket

import pytest

from infisical import HttpRequest
from infisical.executors.attempt import Attempt, Wire, get_attempt, thread_state

REQUEST = HttpRequest("GET", "http://h/x")


def test_an_attempt_is_the_current_one_of_its_thread_until_it_ends():
    with Attempt(REQUEST) as outer:
        with Attempt(REQUEST) as inner:
            assert get_attempt() is inner
        assert get_attempt() is outer

    with pytest.raises(RuntimeError, match="no executor of this thread is sending a request"):
        get_attempt()


def test_only_the_outer_attempt_has_the_wire_of_the_thread():
    thread_state.wire = Wire()
    try:
        with Attempt(REQUEST) as outer, Attempt(REQUEST) as inner:
            inner.sent = True

            assert outer.wire is thread_state.wire
            assert (inner.wire is outer.wire, outer.sent) == (False, False)
    finally:
        thread_state.wire = None


def test_a_limit_shortens_the_deadline_of_its_block_only():
    with Attempt(REQUEST) as attempt:
        with attempt.limit_to(-1.0):
            assert attempt.has_time_left() is False
            with pytest.raises(TimeoutError):
                attempt.time_left()
        with attempt.limit_to(1e9):
            assert attempt.time_left() <= REQUEST.timeout
        assert attempt.has_time_left() is True


def test_a_wire_that_was_cut_takes_no_socket():
    wire = Wire()
    wire.cut()

    with pytest.raises(ConnectionAbortedError, match="the call was cancelled"):
        wire.hold(None)


@pytest.mark.enable_socket
def test_a_cut_reaches_the_socket_below_tls_inside_tls():
    class Transport:
        """As urllib3's for TLS inside TLS."""

        def __init__(self, sock: object) -> None:
            self.socket = sock

    ours, theirs = socket.socketpair()
    with ours, theirs:
        wire = Wire()
        wire.hold(Transport(Transport(ours)))
        wire.cut()

        assert theirs.recv(1) == b""
