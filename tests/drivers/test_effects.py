"""Both drivers: what they do with each effect, with time left, at the deadline and after it. No test here sleeps."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
from collections.abc import Callable, Generator
from dataclasses import replace
from math import inf
from typing import Any

import pytest
from returns.result import Failure, Success

from infisical import HttpRequest, InfisicalNetworkError, Response
from infisical.defects import AsyncFunctionError
from infisical.drivers import flights as flights_module
from infisical.drivers.asyncio import adrive
from infisical.drivers.blocking import drive
from infisical.drivers.deadline import Deadline, make_exceeded
from infisical.drivers.flights import Flights
from infisical.flow import Call, Effect, Once, Send, Sleep

REQUEST = HttpRequest("GET", "https://x/a", timeout=30.0)
ANSWER = Success(Response(200))
TIMEOUT_REPLY = Failure(InfisicalNetworkError("no answer", reason="timeout", sent=True))
RESET = Failure(InfisicalNetworkError("cut", reason="reset", sent=True))
EXCEEDED_REPLY = make_exceeded()


def yield_all(*effects: Effect) -> Generator[Effect, Any, list[Any]]:
    """Yield these effects; return what they gave."""
    answers = []
    for effect in effects:
        answers.append((yield effect))
    return answers


class Run:
    """One flow run by one of the drivers at the time 100, with what was sent and slept."""

    def __init__(self, driver: str, left: float = inf, reply: Any = ANSWER, takes: float = 0.0) -> None:
        self.is_async = driver == "asyncio"
        self.now = 100.0
        self.deadline = Deadline(self.now + left, lambda: self.now)
        self.reply, self.takes = reply, takes
        self.sent: list[HttpRequest] = []
        self.slept: list[float] = []

    def execute(self, request: HttpRequest) -> Any:
        self.sent.append(request)
        self.now += self.takes
        return self.reply

    async def execute_async(self, request: HttpRequest) -> Any:
        return self.execute(request)

    async def sleep_async(self, seconds: float) -> None:
        self.slept.append(seconds)

    def __call__(self, *effects: Effect) -> list[Any]:
        if self.is_async:
            return asyncio.run(adrive(yield_all(*effects), self.execute_async, {}, self.sleep_async, self.deadline))
        return drive(yield_all(*effects), self.execute, Flights(), self.slept.append, self.deadline)


each_driver = pytest.mark.parametrize("driver", ["blocking", "asyncio"])


# ---- requests
@each_driver
@pytest.mark.parametrize(
    ("left", "timeout"), [(inf, 30.0), (31.0, 30.0), (30.0, 30.0), (29.5, 29.5), (0.5, 0.5), (0.0, None), (-1.0, None)]
)
def test_a_request_gets_the_time_that_is_left_and_is_not_sent_without_any(driver, left, timeout):
    run = Run(driver, left)

    assert run(Send(REQUEST), Send(REQUEST)) == [EXCEEDED_REPLY if timeout is None else ANSWER] * 2
    assert run.sent == ([] if timeout is None else [replace(REQUEST, timeout=timeout)] * 2)


@each_driver
@pytest.mark.parametrize(
    ("left", "takes", "reply", "is_exceeded"),
    [
        (10.0, 10.0, TIMEOUT_REPLY, True), (10.0, 9.96, TIMEOUT_REPLY, True), (10.0, 9.0, TIMEOUT_REPLY, False),
        (10.0, 10.0, RESET, False),
        (10.0, 10.0, ANSWER, False), (30.0, 30.0, TIMEOUT_REPLY, False), (inf, 30.0, TIMEOUT_REPLY, False),
    ],
)  # fmt: skip
def test_a_timeout_is_the_deadline_s_only_if_that_cut_it(driver, left, takes, reply, is_exceeded):
    message = "no answer: the deadline of the call has passed"

    assert Run(driver, left, reply, takes)(Send(REQUEST)) == [make_exceeded(message, True) if is_exceeded else reply]


# ---- waits
@each_driver
@pytest.mark.parametrize(
    ("seconds", "left", "is_slept"), [(5.0, inf, True), (5.0, 5.5, True), (5.0, 5.0, False), (5.0, 1.0, False)]
)
def test_a_wait_that_does_not_end_before_the_deadline_is_not_begun(driver, seconds, left, is_slept):
    run = Run(driver, left)

    assert (run(Sleep(seconds)), run.slept) == ([is_slept], [seconds] if is_slept else [])


# ---- functions
def fail() -> Any:
    raise KeyError("secret")


async def answer() -> int:
    return 7


class AwaitableValue:
    """An awaitable that is no coroutine, so that it has nothing to close."""

    def __await__(self) -> Generator[Any, None, int]:
        return answer().__await__()


@each_driver
@pytest.mark.parametrize("left", [inf, 0.5])
def test_a_function_gives_its_value_or_its_exception(driver, left):
    value, failure = Run(driver, left)(Call(lambda: 7), Call(fail))

    assert (value, type(failure), type(failure.failure())) == (Success(7), Failure, KeyError)


@each_driver
@pytest.mark.parametrize("left", [0.0, -1.0])
def test_a_function_is_not_called_without_time(driver, left):
    calls: list[int] = []

    assert (Run(driver, left)(Call(lambda: calls.append(1))), calls) == ([EXCEEDED_REPLY], [])


@pytest.mark.parametrize("left", [inf, 5.0])
@pytest.mark.parametrize("function", [answer, AwaitableValue])
def test_an_async_function_is_awaited_by_one_driver_and_refused_by_the_other(function, left):
    (failure,) = Run("blocking", left)(Call(function))
    gc.collect()  # a coroutine that nobody closed would warn

    assert Run("asyncio", left)(Call(function)) == [Success(7)]
    assert type(failure.failure()) is AsyncFunctionError


def test_an_async_function_that_raises_or_lasts_too_long_is_a_failure():
    async def fail_later() -> None:
        fail()

    async def wait() -> None:
        await asyncio.Event().wait()

    raised, late = Run("asyncio", 0.05)(Call(fail_later), Call(wait))

    assert (type(raised.failure()), late) == (KeyError, EXCEEDED_REPLY)


@pytest.mark.parametrize("left", [inf, 5.0])
@pytest.mark.parametrize("function", [answer, AwaitableValue])
def test_without_an_event_loop_what_should_be_awaited_in_time_is_closed(function, left):
    """Another library runs the coroutine, as `send` does here: it has no event loop of asyncio."""
    run = Run("asyncio", left)
    with pytest.raises(StopIteration) as end:
        adrive(yield_all(Call(function)), run.execute_async, {}, None, run.deadline).send(None)
    gc.collect()
    (outcome,) = end.value.value

    if left == inf:
        assert outcome == Success(7)
    else:
        assert (type(outcome.failure()), str(outcome.failure())) == (RuntimeError, "no running event loop")


def test_a_function_that_has_ended_in_time_is_not_cancelled_and_a_late_one_is():
    outcomes: list[str] = []

    async def end(name: str, waits: bool) -> None:
        try:
            await (asyncio.Event().wait() if waits else asyncio.sleep(0))
            outcomes.append(f"{name} ended")
        except asyncio.CancelledError:
            outcomes.append(f"{name} cancelled")
            raise

    Run("asyncio", 0.05)(Call(lambda: end("first", False)), Call(lambda: end("second", True)))

    assert outcomes == ["first ended", "second cancelled"]


# ---- flights
@each_driver
def test_work_that_is_shared_is_done_with_the_same_executor_and_gives_its_value(driver):
    run = Run(driver, 10.0)

    assert run(Once("key", lambda: yield_all(Send(REQUEST), Sleep(1.0)))) == [[ANSWER, True]]
    assert (len(run.sent), run.slept) == (1, [1.0])


def test_a_flight_is_removed_and_its_lock_is_free_for_the_next():
    flights = Flights()
    lock = flights.removal

    assert [flights.join("key", lambda number=number: number) for number in range(3)] == [0, 1, 2]
    assert (flights.removal is lock, lock.locked(), flights.current) == (True, False, {})


def test_a_lock_that_an_interrupt_left_locked_is_replaced_and_stays_as_it_is(monkeypatch):
    monkeypatch.setattr(flights_module, "LEADER_CHECK_SECONDS", 0.0)
    flights = Flights()
    lock = flights.removal
    lock.acquire()

    assert flights.join("key", lambda: 7) == 7
    assert (flights.removal is lock, lock.locked(), flights.removal.locked(), flights.current) == (
        False,
        True,
        False,
        {},
    )


def test_a_flight_removes_itself_and_no_other_in_its_place():
    flights = Flights()
    successor = flights_module._Flight(1, inf, None, threading.Lock())

    def replace_flight() -> int:
        flights.current["key"] = successor
        return 7

    assert (flights.join("key", replace_flight), flights.current) == (7, {"key": successor})


def test_after_a_fork_the_flights_of_the_parent_are_forgotten():
    flights = Flights({"key": flights_module._Flight(1, inf, None, threading.Lock(), ("old",))}, process=-1)
    lock = flights.removal

    assert flights.join("key", lambda: "new") == "new"
    assert (flights.process, flights.removal is lock) == (os.getpid(), False)


# ---- executors that break their contract
@pytest.mark.parametrize(("reply", "word"), [("text", "str"), (None, "NoneType"), (Response(200), "Response")])
@each_driver
def test_a_reply_that_is_not_one_is_a_defect_of_the_executor(driver, reply, word):
    (outcome,) = Run(driver, reply=reply)(Send(REQUEST))
    error = outcome.failure()

    assert (type(error), error.defect, word in error.message) == (InfisicalNetworkError, True, True)


def run_async(execute: Callable[[HttpRequest], Any]) -> Any:
    (outcome,) = asyncio.run(adrive(yield_all(Send(REQUEST)), execute, {}))
    return outcome.failure()


def test_a_blocking_executor_of_the_asyncio_client_is_distinguished_from_one_that_raises():
    async def raise_later(request: HttpRequest) -> Any:
        fail()

    def reply_blocking(request: HttpRequest) -> Any:
        return ANSWER

    def raise_at_once(request: HttpRequest) -> Any:
        fail()

    raised, late, blocking = (run_async(execute) for execute in (raise_at_once, raise_later, reply_blocking))

    assert [type(error.__cause__) for error in (raised, late)] == [KeyError, KeyError]
    assert ("KeyError" in raised.message, "KeyError" in late.message) == (True, True)
    assert ("Result" in blocking.message or "async" in blocking.message, blocking.__cause__ is None) == (True, True)
