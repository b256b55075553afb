"""Drivers: run a flow with an executor, blocking or under asyncio. What others raise becomes a value here.

With flights.py the only module of the core that knows threads and asyncio. No HTTP here.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine
from math import inf
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar, cast

from returns.result import Failure, Result, Success

from infisical.deadline import FOREVER as FOREVER
from infisical.deadline import Deadline as Deadline
from infisical.deadline import exceeded
from infisical.errors import InfisicalError, InfisicalNetworkError
from infisical.flights import AsyncFlights as AsyncFlights
from infisical.flights import Flights as Flights
from infisical.flights import join_async
from infisical.flow import Call, Flow, Once, Send
from infisical.request import HttpRequest
from infisical.response import Response

if TYPE_CHECKING:
    from types import FrameType

T = TypeVar("T")
E = TypeVar("E", bound=InfisicalError)
STDLIB = os.path.dirname(os.__file__)
Reply: TypeAlias = Result[Response, InfisicalNetworkError]
Executor: TypeAlias = Callable[[HttpRequest], Reply]
AsyncExecutor: TypeAlias = Callable[[HttpRequest], Coroutine[Any, Any, Reply]]


def raised(cause: BaseException) -> str:
    """Say what was raised and where, without its message: that may hold anything.

    The place is the innermost line outside the standard library: `open` is rarely to blame.
    """
    if isinstance(cause, _AsyncError):
        return str(cause)
    places: list[tuple[str, int]] = []
    trace = cause.__traceback__
    while trace is not None:
        places.append((trace.tb_frame.f_code.co_filename, trace.tb_lineno))
        trace = trace.tb_next
    own = [place for place in places if not place[0].startswith(STDLIB) or "site-packages" in place[0]]
    file, line = (own or places or [("nowhere", 0)])[-1]
    place = f"{type(cause).__name__} was raised at {os.path.basename(file)}:{line}"
    return f"{place}: {NO_LOOP}" if isinstance(cause, RuntimeError) and str(cause) == "no running event loop" else place


NO_LOOP: Final = "the asyncio client needs asyncio, and no event loop of asyncio is running"


class _AsyncError(TypeError):
    """A function of the user's returned an awaitable to the blocking client."""

    def __init__(self) -> None:
        super().__init__("it is async, and this client is blocking: AsyncInfisicalClient takes it")


def broken(cause: Exception) -> InfisicalError:
    """Make the error for a defect in something that the user plugged in: middleware, a policy, a decoder."""
    return attach_cause(InfisicalError(raised(cause)), cause)


def attach_cause(error: E, cause: BaseException) -> E:
    """Make an exception of somebody else's code the `__cause__` of an error, and return the error.

    Tracebacks are removed from it and along its chain: their frames hold whatever the code was working on. Call
    `raised` before. The chain ends at an exception that a caller of this library is handling: that one is not touched.
    """
    from infisical.middleware.log import log_frames

    log_frames(cause)
    callers = set()
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        callers.add(frame)
        frame = frame.f_back
    known: set[int] = set()
    waiting = [cause]
    while waiting:
        one = waiting.pop()
        if id(one) in known:
            continue
        known.add(id(one))
        trace = one.__context__ and one.__context__.__traceback__
        if trace and trace.tb_frame in callers:
            one.__context__ = None
        BaseException.with_traceback(one, None)
        grouped = one.exceptions if isinstance(one, BaseExceptionGroup) else ()
        waiting += [each for each in (one.__cause__, one.__context__, *grouped) if each is not None]
    error.__cause__ = cause
    return error


def _reply(reply: object) -> Any:
    """What an executor returned, unless it is not a Result."""
    if isinstance(reply, (Success, Failure)):
        return reply
    if isinstance(reply, Coroutine):
        reply.close()
        return Failure(
            _defective(
                "the executor returned a coroutine: it is async and its client is blocking, or it lacks an await"
            )
        )
    return Failure(_defective(f"the executor returned {type(reply).__name__}, not a Result"))


def _not_awaitable(reply: object) -> Reply:
    """Name what an executor of the asyncio client returned, which cannot be awaited."""
    name = type(reply).__name__
    return Failure(
        _defective(
            f"the executor is blocking: it returned {name}, and the asyncio client needs an async one "
            "(ThreadedExecutor(executor) makes one)"
        )
    )


def _crashed(cause: Exception) -> Reply:
    return Failure(attach_cause(_defective(f"the executor is defective: {raised(cause)}"), cause))


def _defective(message: str) -> InfisicalNetworkError:
    error = InfisicalNetworkError(message)
    error.defect = True
    return error


def drive(
    flow: Flow[T],
    execute: Executor,
    flights: Flights,
    nap: Callable[[float], object] = time.sleep,
    deadline: Deadline = FOREVER,
) -> T:
    """Run a flow to its end, blocking; after its deadline nothing is sent, and nobody waits."""

    def inside(once: Once) -> Callable[[], Any]:
        return lambda: drive(once.flow(), execute, flights, nap, deadline)

    answer: Any = None
    while True:
        try:
            effect = flow.send(answer)
        except StopIteration as end:
            return cast("T", end.value)
        if isinstance(effect, Send):
            message = deadline.within(effect.request)
            if message is None:
                answer = exceeded()
                continue
            try:
                answer = _reply(execute(message))
                if message is not effect.request:
                    answer = deadline.cut(answer)
            except Exception as cause:
                answer = _crashed(cause)
        elif isinstance(effect, Once):
            answer = flights.join(effect.key, inside(effect), deadline)
        elif isinstance(effect, Call):
            answer = _called(effect.function, deadline)
        else:
            answer = effect.seconds < deadline.left()
            if answer:
                nap(effect.seconds)


def _called(function: Callable[[], Any], deadline: Deadline) -> Result[Any, Exception]:
    if deadline.left() <= 0:
        return exceeded()
    try:
        value = function()
        if hasattr(value, "__await__"):
            if isinstance(value, Coroutine):
                value.close()
            raise _AsyncError
        return Success(value)
    except Exception as cause:
        return Failure(cause)


# ---- asyncio
async def adrive(
    flow: Flow[T],
    execute: AsyncExecutor,
    flights: AsyncFlights,
    nap: Callable[[float], Awaitable[object]] | None = None,
    deadline: Deadline = FOREVER,
) -> T:
    """Run a flow to its end under asyncio. A cancelled caller does not take down a flight that others share."""

    def inside(once: Once) -> Callable[[], Coroutine[Any, Any, Any]]:
        return lambda: adrive(once.flow(), execute, flights, nap)  # the deadlines are those of the calls that wait

    answer: Any = None
    while True:
        try:
            effect = flow.send(answer)
        except StopIteration as end:
            return cast("T", end.value)
        if isinstance(effect, Send):
            message = deadline.within(effect.request)
            if message is None:
                answer = exceeded()
                continue
            reply: Any = execute  # nothing yet
            try:
                reply = execute(message)
                answer = _reply(await reply)
                if message is not effect.request:
                    answer = deadline.cut(answer)
            except Exception as cause:
                awaitable = reply is execute or hasattr(reply, "__await__")
                answer = _crashed(cause) if awaitable else _not_awaitable(reply)
        elif isinstance(effect, Once):
            answer = await join_async(flights, effect.key, inside(effect), deadline)
        elif isinstance(effect, Call):
            answer = await _acalled(effect.function, deadline)
        else:
            answer = effect.seconds < deadline.left()
            if answer:
                await _nap(nap, effect.seconds)


async def _nap(nap: Callable[[float], Awaitable[object]] | None, seconds: float) -> None:
    if nap is None:
        import asyncio

        nap = asyncio.sleep
    await nap(seconds)


async def _acalled(function: Callable[[], Any], deadline: Deadline) -> Result[Any, Exception]:
    import inspect

    left = deadline.left()
    if left <= 0:
        return exceeded()
    try:
        value = function()
        if not inspect.isawaitable(value):
            return Success(value)
        return Success(await value) if left == inf else await _within(value, left)
    except Exception as cause:
        return Failure(cause)


async def _within(value: Awaitable[Any], left: float) -> Result[Any, Exception]:
    """Await it in a task of its own: whatever it does about a cancellation, the call ends in time."""
    import asyncio

    try:
        task = asyncio.ensure_future(value, loop=asyncio.get_running_loop())
    except RuntimeError:
        if isinstance(value, Coroutine):
            value.close()
        raise
    task.add_done_callback(lambda done: done.cancelled() or done.exception())  # looked at, if it ends late
    try:
        ended, _ = await asyncio.wait((task,), timeout=left)
    finally:
        task.cancel()  # without effect on one that has ended
    return Success(task.result()) if ended else exceeded()
