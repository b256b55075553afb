"""The blocking driver: runs a flow with an executor in the calling thread. No HTTP and no decisions here."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar, cast

from returns.result import Failure, Result, Success

from infisical.defects import AsyncFunctionError, check_reply, wrap_crash
from infisical.drivers.deadline import NO_DEADLINE, Deadline, make_exceeded
from infisical.drivers.flights import Flights
from infisical.flow import Call, Flow, Once, Send, Use
from infisical.transport import Executor

T = TypeVar("T")


def drive(
    flow: Flow[T],
    execute: Executor,
    flights: Flights,
    sleep: Callable[[float], object] = time.sleep,
    deadline: Deadline = NO_DEADLINE,
) -> T:
    """Run a flow to its end; after the deadline it sends nothing and waits for nothing."""

    def make_flight(once: Once) -> Callable[[], Any]:
        return lambda: drive(once.flow(), execute, flights, sleep, deadline)

    answer: Any = None
    while True:
        try:
            effect = flow.send(answer)
        except StopIteration as end:
            return cast("T", end.value)
        answer = None  # it may be a secret: a frame that waits shows none
        if isinstance(effect, Send):
            limited = deadline.within(effect.request)
            if limited is None:
                answer = make_exceeded()
                continue
            try:
                answer = check_reply(execute(limited))
                if limited is not effect.request:
                    answer = deadline.convert(answer)
            except Exception as cause:
                answer = wrap_crash(cause)
        elif isinstance(effect, Once):
            answer = flights.join(effect.key, make_flight(effect), deadline)
        elif isinstance(effect, Call):
            answer = _call(effect.function, deadline)
        elif isinstance(effect, Use):
            answer = drive(effect.flow(), effect.transport.blocking, flights, sleep, deadline)
        else:
            answer = effect.seconds < deadline.left()
            if answer:
                sleep(effect.seconds)


def _call(function: Callable[[], Any], deadline: Deadline) -> Result[Any, Exception]:
    if deadline.left() <= 0:
        return make_exceeded()
    try:
        value = function()
        if hasattr(value, "__await__"):
            if isinstance(value, Coroutine):
                value.close()
            raise AsyncFunctionError
        return Success(value)
    except Exception as cause:
        return Failure(cause)
