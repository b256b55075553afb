"""Drivers: run a flow with an executor. The only file that knows threads and asyncio; it knows nothing of HTTP."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, cast

from returns.result import Failure, Result, Success

from infisical.errors import InfisicalError, InfisicalNetworkError
from infisical.flow import Call, Flow, Once, Send
from infisical.request import HttpRequest
from infisical.response import Response

if TYPE_CHECKING:
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

T = TypeVar("T")
STDLIB = os.path.dirname(os.__file__)
Reply: TypeAlias = Result[Response, InfisicalNetworkError]
Executor: TypeAlias = Callable[[HttpRequest], Reply]
AsyncExecutor: TypeAlias = Callable[[HttpRequest], Coroutine[Any, Any, Reply]]


def raised(cause: BaseException) -> str:
    """Say what was raised and where, without its message: that may hold anything.

    The place is the innermost line outside the standard library: `open` is rarely to blame.
    """
    places: list[tuple[str, int]] = []
    trace = cause.__traceback__
    while trace is not None:
        places.append((trace.tb_frame.f_code.co_filename, trace.tb_lineno))
        trace = trace.tb_next
    own = [place for place in places if not place[0].startswith(STDLIB) or "site-packages" in place[0]]
    file, line = (own or places or [("nowhere", 0)])[-1]
    return f"{type(cause).__name__} was raised at {os.path.basename(file)}:{line}"


def broken(cause: Exception) -> InfisicalError:
    """Make the error for a defect in something that the user plugged in: a link, a policy, a decoder."""
    return InfisicalError(raised(cause))


def _reply(reply: object) -> Any:
    """What an executor returned, unless it is not a Result."""
    if isinstance(reply, (Success, Failure)):
        return reply
    return Failure(InfisicalNetworkError(f"the executor returned {type(reply).__name__}, not a Result"))


def _crashed(cause: Exception) -> Reply:
    return Failure(InfisicalNetworkError(f"the executor is defective: {raised(cause)}"))


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

    def join(self, key: Hashable, run: Callable[[], T]) -> T:
        """Run it, or wait for whoever is running it. If that one crashes, somebody else takes over."""
        me = threading.get_ident()
        while True:
            mine = _Flight(me)
            with self.lock:
                flight = self.aloft.setdefault(key, mine)
            if flight is mine:
                return self._lead(key, mine, run)
            if flight.leader == me:
                raise RuntimeError("a login called the client that waits for it")
            flight.landed.wait()
            if not flight.crashed:
                return cast("T", flight.value)

    def _lead(self, key: Hashable, flight: _Flight, run: Callable[[], T]) -> T:
        try:
            flight.value = value = run()
            flight.crashed = False
            return value
        finally:
            with self.lock:
                del self.aloft[key]
            flight.landed.set()


def drive(flow: Flow[T], execute: Executor, flights: Flights, nap: Callable[[float], None] = time.sleep) -> T:
    """Run a flow to its end, blocking."""

    def inside(once: Once) -> Callable[[], Any]:
        return lambda: drive(once.flow(), execute, flights, nap)

    answer: Any = None
    while True:
        try:
            effect = flow.send(answer)
        except StopIteration as end:
            return cast("T", end.value)
        if isinstance(effect, Send):
            try:
                answer = _reply(execute(effect.request))
            except Exception as cause:
                answer = _crashed(cause)
        elif isinstance(effect, Once):
            answer = flights.join(effect.key, inside(effect))
        elif isinstance(effect, Call):
            answer = _called(effect.function)
        else:
            nap(effect.seconds)
            answer = None


def _called(function: Callable[[], Any]) -> Result[Any, Exception]:
    try:
        value = function()
        if isinstance(value, Coroutine):
            value.close()
            raise TypeError("a coroutine function needs the asyncio client")
        return Success(value)
    except Exception as cause:
        return Failure(cause)


# ---- asyncio
AsyncFlights: TypeAlias = "dict[Hashable, asyncio.Task[Any]]"


async def adrive(flow: Flow[T], execute: AsyncExecutor, flights: AsyncFlights) -> T:
    """Run a flow to its end under asyncio. A cancelled caller does not take down a flight that others share."""
    import asyncio

    answer: Any = None
    while True:
        try:
            effect = flow.send(answer)
        except StopIteration as end:
            return cast("T", end.value)
        if isinstance(effect, Send):
            try:
                answer = _reply(await execute(effect.request))
            except Exception as cause:
                answer = _crashed(cause)
        elif isinstance(effect, Once):
            answer = await _ajoin(effect, execute, flights)
        elif isinstance(effect, Call):
            answer = await _acalled(effect.function)
        else:
            await asyncio.sleep(effect.seconds)
            answer = None


async def _ajoin(effect: Once, execute: AsyncExecutor, flights: AsyncFlights) -> Any:
    """A flight is a task of its own, so that whoever asked first may go. If it is cancelled itself, another starts."""
    import asyncio

    me = asyncio.current_task()
    while True:
        flight = flights.get(effect.key)
        if flight is None or flight.done() or flight.get_loop() is not asyncio.get_running_loop():
            flight = asyncio.ensure_future(adrive(effect.flow(), execute, flights))
            flights[effect.key] = flight
            flight.add_done_callback(lambda done: _land(flights, effect.key, done))
        if flight is me:
            raise RuntimeError("a login called the client that waits for it")
        try:
            return await asyncio.shield(flight)
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


class InThreads:
    """A blocking executor for the asyncio client: each request runs in a thread of a pool of its own.

    asyncio's default pool is small, and the application's. A cancelled call leaves its thread to finish alone.
    """

    def __init__(self, execute: Executor, threads: int = 64) -> None:
        self._execute, self._threads = execute, threads
        self._pool: ThreadPoolExecutor | None = None
        self._closed = False

    async def __call__(self, request: HttpRequest) -> Reply:
        if self._closed:
            message = f"{request.method}: this executor is closed"
            return Failure(InfisicalNetworkError(message, reason="protocol", sent=False))
        import asyncio
        from concurrent.futures import ThreadPoolExecutor

        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="infisical")
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._execute, request)

    def close(self) -> None:
        """Let the threads go; requests under way end by their own deadlines, later ones are a `Failure`."""
        self._closed = True
        if self._pool is not None:
            self._pool.shutdown(wait=False)
