"""The tests that every executor must pass, also one that opens no sockets."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Final

import pytest
from returns.result import Failure, Success

from infisical.request import HttpRequest
from infisical.testing.runner import ExecutorRunner, NewExecutor, expect, expect_error, expect_response

PARTS: Final = ("method", "url", "headers", "body", "timeout", "max_response_bytes", "about")


class ExecutorContract:
    """The tests for any executor. A subclass defines `make_executor`, and `request` if necessary.

    A test sends up to `at_once` requests. An executor with a list of responses needs as many of them.
    """

    at_once: int = 16
    asynchronous: bool | None = None
    """True for an asyncio executor; None means: True if it is a coroutine function."""

    def make_executor(self) -> NewExecutor:
        """Make the executor to test. Called once for each test."""
        raise NotImplementedError("define make_executor: it must return the executor to test")

    def request(self) -> HttpRequest:
        """Make a request that the executor can answer."""
        return HttpRequest("GET", "http://127.0.0.1/api/status", (("Accept", "application/json"),))

    @pytest.fixture
    def execute(self) -> Iterator[ExecutorRunner]:
        """The executor, which is closed after the test."""
        runner = ExecutorRunner(self.make_executor, self.asynchronous)
        try:
            yield runner
        finally:
            runner.leave()

    @pytest.fixture
    def sample_request(self) -> HttpRequest:
        """The request that the tests send."""
        return self.request()

    def test_a_response_is_a_success_with_plain_values(
        self, execute: ExecutorRunner, sample_request: HttpRequest
    ) -> None:
        """A Response has an int, pairs of str, and bytes, so that it can be compared and hashed."""
        response = expect_response(execute(sample_request))
        assert isinstance(response.status, int), f"the status must be an int, not {response.status!r}"
        assert 100 <= response.status <= 599, f"the status must be from 100 to 599, not {response.status}"
        kind = type(response.headers).__name__
        assert isinstance(response.headers, tuple), f"the headers must be a tuple, not {kind}"
        for pair in response.headers:
            checks = isinstance(pair, tuple) and [isinstance(part, str) for part in pair]
            assert checks == [True, True], f"the headers must be pairs of str, not {pair!r}"
        assert isinstance(response.body, bytes), f"the body must be bytes, not {type(response.body).__name__}"

    def test_a_call_returns_a_result_or_a_coroutine(self, execute: ExecutorRunner, sample_request: HttpRequest) -> None:
        """A blocking executor returns a Result. An asyncio executor returns a coroutine, since the driver awaits it."""
        kind, reply = execute.call_once(sample_request)
        assert isinstance(reply, (Success, Failure)), f"a call must return a Result, not {type(reply).__name__}"
        expect("the type that the call returned", kind, "coroutine" if execute.asynchronous else type(reply).__name__)

    def test_a_call_does_not_change_the_request(self, execute: ExecutorRunner, sample_request: HttpRequest) -> None:
        """A request is an immutable value, which may be sent again."""
        before = deepcopy(sample_request)
        execute(sample_request)
        changed_parts = [part for part in PARTS if getattr(sample_request, part) != getattr(before, part)]
        expect("the changed parts of the request", changed_parts, [])

    def test_concurrent_calls_are_all_answered(self, execute: ExecutorRunner, sample_request: HttpRequest) -> None:
        """One executor serves many threads, or many tasks, at the same time."""
        replies = execute.at_once([sample_request] * self.at_once)
        expect("the number of responses", len([expect_response(reply) for reply in replies]), self.at_once)

    def test_a_call_after_close_returns_a_result(self, execute: ExecutorRunner, sample_request: HttpRequest) -> None:
        """A closed executor may respond or return a Failure. It does not raise."""
        execute(sample_request)
        execute.close()
        reply = execute(sample_request)
        if isinstance(reply, Failure):
            expect_error(reply)
