"""Drivers: run a flow with an executor. The only file of the core that knows threads and asyncio, and not HTTP."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Hashable
from dataclasses import dataclass, field, replace
from math import inf
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar, cast

from returns.result import Failure, Result, Success

from infisical.errors import DeadlineExceededError, InfisicalError, InfisicalNetworkError
from infisical.flow import Call, Flow, Once, Send
from infisical.request import HttpRequest
from infisical.response import Response

if TYPE_CHECKING:
    import asyncio
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
    return f"{type(cause).__name__} was raised at {os.path.basename(file)}:{line}"


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


# ---- deadlines
@dataclass(frozen=True, slots=True)
class Deadline:
    """Until when a call may last, by its clock; whatever it sends gets no more time than is left."""

    at: float
    clock: Callable[[], float]

    def left(self) -> float:
        return self.at - self.clock()

    def within(self, request: HttpRequest) -> HttpRequest | None:
        """Return the message with no more time than is left; None if there is none."""
        left = self.left()
        if left >= request.timeout:
            return request
        return replace(request, timeout=left) if left > 0 else None

    def cut(self, reply: Reply) -> Reply:
        """Say of a message that had less time than it wanted, and used it up, that the call is to blame."""
        if not isinstance(reply, Failure):
            return reply
        error = reply.failure()
        if not isinstance(error, InfisicalNetworkError) or error.reason != "timeout":
            return reply
        return exceeded(f"{error.message}: the deadline of the call has passed", error.sent)


FOREVER: Final = Deadline(inf, lambda: 0.0)


def exceeded(message: str = "the deadline of the call has passed", sent: bool = False) -> Failure[Any]:
    """Make the failure of a call that ran out of time. `sent` speaks of its last message only."""
    return Failure(DeadlineExceededError(message, sent=sent))


def _is_exceeded(value: object) -> bool:
    return isinstance(value, Failure) and isinstance(value.failure(), DeadlineExceededError)


# ---- threads
@dataclass(slots=True)
class _Flight:
    leader: int
    landed: threading.Event = field(default_factory=threading.Event)
    value: Any = None
    crashed: bool = True


@dataclass(slots=True)
class Flights:
    """The flights in the air, shared by every thread of one client."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    aloft: dict[Hashable, _Flight] = field(default_factory=dict)
    process: int = field(default_factory=os.getpid)

    def join(self, key: Hashable, run: Callable[[], T], deadline: Deadline = FOREVER) -> T:
        """Run it, or wait for whoever is running it. If that one crashes, or has no time left, another takes over."""
        me = threading.get_ident()
        if self.process != os.getpid():  # a fork: whoever led a flight is in the parent
            self.process, self.lock, self.aloft = os.getpid(), threading.Lock(), {}
        while True:
            mine = _Flight(me)
            with self.lock:
                flight = self.aloft.setdefault(key, mine)
            if flight is mine:
                return self._lead(key, mine, run)
            if flight.leader == me:
                raise RuntimeError("a login called the client that waits for it")
            if not flight.landed.wait(None if deadline.at == inf else max(0.0, deadline.left())):
                return cast("T", exceeded())
            if not flight.crashed:
                return cast("T", flight.value)

    def _lead(self, key: Hashable, flight: _Flight, run: Callable[[], T]) -> T:
        try:
            flight.value = value = run()
            flight.crashed = _is_exceeded(value)  # its leader's deadline is not that of those who wait
            return value
        finally:
            with self.lock:
                del self.aloft[key]
            flight.landed.set()


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
            answer = _called(effect.function)
        else:
            answer = effect.seconds < deadline.left()
            if answer:
                nap(effect.seconds)


def _called(function: Callable[[], Any]) -> Result[Any, Exception]:
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
AsyncFlights: TypeAlias = "dict[Hashable, asyncio.Task[Any]]"


async def adrive(
    flow: Flow[T],
    execute: AsyncExecutor,
    flights: AsyncFlights,
    nap: Callable[[float], Awaitable[object]] | None = None,
    deadline: Deadline = FOREVER,
) -> T:
    """Run a flow to its end under asyncio. A cancelled caller does not take down a flight that others share."""
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
            answer = await _ajoin(effect, execute, flights, nap, deadline)
        elif isinstance(effect, Call):
            answer = await _acalled(effect.function)
        else:
            answer = effect.seconds < deadline.left()
            if answer:
                await _nap(nap, effect.seconds)


async def _nap(nap: Callable[[float], Awaitable[object]] | None, seconds: float) -> None:
    if nap is None:
        import asyncio

        nap = asyncio.sleep
    await nap(seconds)


async def _ajoin(
    effect: Once,
    execute: AsyncExecutor,
    flights: AsyncFlights,
    nap: Callable[[float], Awaitable[object]] | None,
    deadline: Deadline,
) -> Any:
    """A flight is a task of its own, so that whoever asked first may go. If it is cancelled itself, another starts.

    It has all the time that its messages have: the deadlines are those of the calls that wait for it.
    """
    import asyncio

    me = asyncio.current_task()
    while True:
        flight = flights.get(effect.key)
        if flight is None or flight.done() or flight.get_loop() is not asyncio.get_running_loop():
            flight = asyncio.ensure_future(adrive(effect.flow(), execute, flights, nap))
            flights[effect.key] = flight
            flight.add_done_callback(lambda done: _land(flights, effect.key, done))
        if flight is me:
            raise RuntimeError("a login called the client that waits for it")
        try:
            if deadline.at == inf:
                return await asyncio.shield(flight)
            async with asyncio.timeout(max(0.0, deadline.left())):
                return await asyncio.shield(flight)
        except TimeoutError:
            return exceeded()
        except asyncio.CancelledError:
            if not flight.cancelled() or (me is not None and me.cancelling()):
                raise


def _land(flights: AsyncFlights, key: Hashable, flight: asyncio.Task[Any]) -> None:
    if flights.get(key) is flight:
        del flights[key]
    if not flight.cancelled():
        flight.exception()  # looked at, so that asyncio does not complain if everybody has gone


async def _acalled(function: Callable[[], Any]) -> Result[Any, Exception]:
    import inspect

    try:
        value = function()
        return Success(await value if inspect.isawaitable(value) else value)
    except Exception as cause:
        return Failure(cause)
