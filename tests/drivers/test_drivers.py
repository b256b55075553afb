"""Both drivers on a flow: what they do after the deadline, with a sleep of a client's own, and with odd awaitables."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from returns.result import Failure, Success

from infisical import DeadlineExceededError, HttpRequest, InfisicalNetworkError
from infisical.drivers.asyncio import adrive
from infisical.drivers.blocking import drive
from infisical.drivers.deadline import Deadline, make_exceeded
from infisical.drivers.flights import Flights
from infisical.flow import call, once, send, sleep

REQUEST = HttpRequest("GET", "https://h/x")
DEADLINE_ERROR = make_exceeded().failure()


PASSED_DEADLINE = Deadline(0.0, lambda: 1.0)


def refuse(_: object) -> Any:
    pytest.fail("nothing is sent")


def run_blocking(flow: Any, execute: Any = refuse, deadline: Deadline = PASSED_DEADLINE) -> Any:
    return drive(flow, execute, Flights(), lambda _: pytest.fail("no sleep"), deadline)


def run_asyncio(flow: Any, execute: Any = refuse, deadline: Deadline = PASSED_DEADLINE) -> Any:
    return asyncio.run(adrive(flow, execute, {}, lambda _: pytest.fail("no sleep"), deadline))


each_driver = pytest.mark.parametrize("run", [run_blocking, run_asyncio])


@each_driver
def test_after_the_deadline_nothing_is_sent_called_or_slept(run: Callable[..., Any]):
    def flow() -> Any:
        sent = yield from send(REQUEST)
        shared = yield from once("key", lambda: send(REQUEST))
        called = yield from call(lambda: pytest.fail("nothing is called"))
        slept = yield from sleep(1.0)
        return sent, shared, called, slept

    assert run(flow()) == (Failure(DEADLINE_ERROR), Failure(DEADLINE_ERROR), Failure(DEADLINE_ERROR), False)


@each_driver
def test_another_failure_than_a_timeout_is_not_turned_into_a_passed_deadline(run: Callable[..., Any]):
    now = [0.0]
    error = InfisicalNetworkError("no connection", reason="refused", sent=False)

    def execute(_: HttpRequest) -> Any:
        now[0] = 5.0
        return Failure(error)

    async def aexecute(request: HttpRequest) -> Any:
        return execute(request)

    deadline = Deadline(1.0, lambda: now[0])
    got = run(send(REQUEST), execute if run is run_blocking else aexecute, deadline)

    assert (got, isinstance(got.failure(), DeadlineExceededError)) == (Failure(error), False)


class DelayedValue:
    """What is awaited, and is no coroutine."""

    def __await__(self) -> Any:
        yield from asyncio.sleep(0).__await__()
        return 7


def test_the_asyncio_driver_awaits_what_is_no_coroutine_and_the_blocking_one_refuses_it():
    deadline = Deadline(60.0, lambda: 0.0)
    refused = run_blocking(call(DelayedValue), deadline=deadline).failure()

    assert run_asyncio(call(DelayedValue), deadline=deadline) == Success(7)
    assert str(refused).startswith("it is async, and this client is blocking")


@pytest.mark.parametrize("kind", ["coroutine", "awaitable"])
def test_under_a_deadline_and_without_asyncio_an_awaitable_is_a_failure(kind: str):
    closed = []

    async def work() -> None:
        pytest.fail("it never starts")

    def make() -> Any:
        value = work() if kind == "coroutine" else DelayedValue()
        closed.append(value)
        return value

    driven = adrive(call(make), refuse, {}, None, Deadline(60.0, lambda: 0.0))
    with pytest.raises(StopIteration) as end:
        driven.send(None)
    [value] = closed

    assert type(end.value.value.failure()) is RuntimeError
    assert kind == "awaitable" or value.cr_frame is None
