"""The tests of failures: what an executor must return when there is no complete response."""

from __future__ import annotations

import socket
import traceback
from typing import Any

import pytest
from returns.result import Success

from infisical.request import HttpRequest
from infisical.testing import faulty_server as server
from infisical.testing.executor_contract.cases import (
    CREDENTIAL,
    VALUE,
    WRITE_HEADERS,
    Fault,
    ServerFactory,
    each_fault,
    each_quick_fault,
    read,
    write,
)
from infisical.testing.faulty_server import Peer, ReceivedRequest
from infisical.testing.runner import ExecutorRunner, expect, expect_error, expect_response


class FailureContract:
    """A part of `NetworkExecutorContract`, which has the fixtures."""

    timeout: float

    def test_a_refused_connection_means_not_sent(self, execute: ExecutorRunner) -> None:
        """Without a listening server the reason is `refused`, and `sent` is False, so any request may be retried."""
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))  # bound, so that no other process can listen on the port
            error = expect_error(execute(write(f"http://127.0.0.1:{unused.getsockname()[1]}/x")))
        expect("reason and sent", (error.reason, error.sent), ("refused", False))

    def test_an_unknown_host_means_not_sent(self, execute: ExecutorRunner, monkeypatch: pytest.MonkeyPatch) -> None:
        """An unknown host name has the reason `dns`. The resolver is patched, so that no network is needed."""

        def fail(*_: object, **__: object) -> Any:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")

        monkeypatch.setattr(socket, "getaddrinfo", fail)
        error = expect_error(execute(write("http://nowhere.invalid/x")))
        expect("reason and sent", (error.reason, error.sent), ("dns", False))

    def test_a_server_without_tls_gets_no_plain_request(self, execute: ExecutorRunner, serve: ServerFactory) -> None:
        """A failed handshake has the reason `tls`, and nothing is sent without TLS."""
        faulty = serve(server.respond_with(server.format_response(400)))
        error = expect_error(execute(write(f"{faulty.url.replace('http:', 'https:')}/x")))
        expect("reason", error.reason, "tls")
        expect("the methods that arrived", {request.method for request in faulty.requests} - {"TLS"}, set())

    @each_fault
    def test_an_incomplete_response_is_a_failure_with_its_reason(
        self, execute: ExecutorRunner, serve: ServerFactory, fault: Fault
    ) -> None:
        """A missing, slow or truncated response is a Failure with a reason. `timeout` limits the whole call."""
        error = expect_error(execute(read(f"{serve(fault.behavior).url}/x", self._seconds(fault))))
        assert error.reason in fault.reasons, f"reason: expected one of {set(fault.reasons)}, got {error.reason!r}"
        expect("sent, for a request that arrived", error.sent, True)

    @each_quick_fault
    def test_a_write_is_sent_once(self, execute: ExecutorRunner, serve: ServerFactory, fault: Fault) -> None:
        """An executor sends a request once. The retry middleware decides about repetition."""
        faulty = serve(fault.behavior)
        expect_error(execute(write(f"{faulty.url}/x", self._seconds(fault))))
        expect("the number of requests that arrived", len(faulty.requests), 1)

    @each_fault
    def test_it_works_again_after_a_failure(self, execute: ExecutorRunner, serve: ServerFactory, fault: Fault) -> None:
        """A fault of one connection does not affect the next call."""
        faulty = serve(server.fail_once(fault.behavior))
        expect_error(execute(write(f"{faulty.url}/x", self._seconds(fault))))
        expect("the status of the next response", expect_response(execute(read(f"{faulty.url}/x"))).status, 200)

    @each_quick_fault
    def test_an_error_shows_neither_headers_nor_body(
        self, execute: ExecutorRunner, serve: ServerFactory, fault: Fault
    ) -> None:
        """Errors are logged, so neither an error nor its cause may show what was sent."""
        error = expect_error(execute(write(f"{serve(fault.behavior).url}/x", self._seconds(fault))))
        text = "".join([error.message, repr(error), *traceback.format_exception(error)])
        for secret in (CREDENTIAL, VALUE):
            assert secret not in text, f"the error shows {secret!r}, which was sent: {text}"

    def test_a_response_truncated_in_its_headers_is_a_failure(
        self, execute: ExecutorRunner, serve: ServerFactory
    ) -> None:
        """A truncated 200 is not an empty 200."""
        faulty = serve(server.respond_and_close(b"HTTP/1.1 200 OK\r\nContent-Type: application/js"))
        error = expect_error(execute(write(f"{faulty.url}/x")))
        assert error.reason in ("protocol", "reset"), f"reason: expected 'protocol' or 'reset', got {error.reason!r}"

    def test_a_connection_closed_while_idle_repeats_no_write(
        self, execute: ExecutorRunner, serve: ServerFactory
    ) -> None:
        """The next call opens a connection or returns a Failure. `sent` is False only if nothing arrived."""
        faulty = serve(server.respond_and_close(server.format_response()))
        expect_response(execute(write(f"{faulty.url}/x")))
        assert faulty.closures.acquire(timeout=30), "the server did not close the connection"
        reply = execute(write(f"{faulty.url}/x"))
        writes = len(faulty.requests) - 1
        assert writes <= 1, f"the second write arrived {writes} times"
        if isinstance(reply, Success) or not expect_error(reply).sent:
            expect("the number of second writes that arrived", writes, 1 if isinstance(reply, Success) else 0)

    @pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE"])
    def test_a_write_lost_on_a_reused_connection_is_not_repeated(
        self, execute: ExecutorRunner, serve: ServerFactory, method: str
    ) -> None:
        """The server closes the connection after it has read the request, so it may have done the write."""

        def answer(peer: Peer, request: ReceivedRequest) -> None:
            server.close(peer, request) if request.number == 2 else peer.say(server.format_response())

        faulty = serve(answer)
        expect_response(execute(write(f"{faulty.url}/1")))
        lost = HttpRequest(method, f"{faulty.url}/2", WRITE_HEADERS, b"{}")
        expect("sent, for a request that arrived", expect_error(execute(lost)).sent, True)
        expect("the targets of the requests", [request.target for request in faulty.requests], ["/1", "/2"])

    def test_a_cancelled_call_raises_and_the_next_call_works(
        self, execute: ExecutorRunner, serve: ServerFactory
    ) -> None:
        """An asyncio executor passes a cancellation on, and does not reuse the connection."""
        if not execute.asynchronous:
            pytest.skip("only a coroutine can be cancelled")
        faulty = serve(server.fail_once(server.keep_silent))
        outcome = execute.cancel(read(f"{faulty.url}/x"), lambda: faulty.arrivals.acquire(timeout=30))
        expect("the result of the cancelled call", outcome, None)
        expect("the status of the next response", expect_response(execute(read(f"{faulty.url}/x"))).status, 200)

    def _seconds(self, fault: Fault) -> float:
        return self.timeout if "timeout" in fault.reasons else 30.0
