"""Effects as data, and the chain that composes middleware. Nothing here, or in a middleware, does I/O.

A `Flow[T]` is a generator that yields effects and returns a `T`; `yield from` takes the place of `await`. The same code
serves threads and asyncio: the drivers decide.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Hashable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, TypeAlias, TypeVar

from returns.result import Failure, Result, Success

from infisical.errors import InfisicalError
from infisical.request import HttpRequest
from infisical.response import Response
from infisical.transport import Transport

T = TypeVar("T")
Outcome: TypeAlias = Result[Response, InfisicalError]


@dataclass(frozen=True, slots=True)
class Send:
    """Send an HTTP request; the driver answers with an `Outcome`."""

    request: HttpRequest


@dataclass(frozen=True, slots=True)
class Sleep:
    """Wait; the driver answers False, at once, if the call's deadline is earlier."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Once:
    """Run `flow()` in one flight per `key`; callers that ask during the flight share its answer."""

    key: Hashable
    flow: Callable[[], Flow[Any]]


@dataclass(frozen=True, slots=True)
class Call:
    """Call a function of the application, which may read files or clocks.

    The driver answers with a Result: a Failure has the exception, or a DeadlineExceededError after the call's deadline.
    With `blocks`, the function may wait for a disk or a network: under asyncio it runs in another thread.
    """

    function: Callable[[], Any]
    blocks: bool = False


@dataclass(frozen=True, slots=True)
class Use:
    """Run `flow()` with another transport than the client's; the driver answers with what the flow returns."""

    transport: Transport
    flow: Callable[[], Flow[Any]]


Effect: TypeAlias = Send | Sleep | Once | Call | Use
Flow: TypeAlias = Generator[Effect, Any, T]
Next: TypeAlias = Callable[[HttpRequest], Flow[Outcome]]
Middleware: TypeAlias = Callable[[HttpRequest, Next], Flow[Outcome]]


# ---- typed effects: only here the `Any` that a driver sends back gets its type
def send(request: HttpRequest) -> Flow[Outcome]:
    """Send an HTTP request and return its outcome."""
    outcome: Outcome = yield Send(request)
    return outcome


def sleep(seconds: float) -> Flow[bool]:
    """Wait so many seconds; return False, at once, if the call's deadline is earlier."""
    slept: bool = yield Sleep(seconds)
    return slept


def once(key: Hashable, flow: Callable[[], Flow[T]]) -> Flow[T]:
    """Run a flow, or share the answer of the caller that already runs it."""
    value: T = yield Once(key, flow)
    return value


def call(function: Callable[[], T | Awaitable[T]], *, blocks: bool = False) -> Flow[Result[T, Exception]]:
    """Call a function; under asyncio it may be a coroutine function, which ends at the call's deadline."""
    value: Result[T, Exception] = yield Call(function, blocks)
    return value


def use(transport: Transport, flow: Callable[[], Flow[T]]) -> Flow[T]:
    """Run a flow with another transport than the client's; what the flow raises is raised here."""
    result: Result[T, Exception] = yield Use(transport, _Guard(flow))
    if isinstance(result, Failure):
        cause = result.failure()
        try:
            raise cause
        finally:
            del result, cause  # its traceback holds this frame
    return result.unwrap()


@dataclass(frozen=True, slots=True)
class _Guard:
    """Runs a flow and returns its value or exception as a Result, so that no exception crosses a driver."""

    flow: Callable[[], Flow[Any]]

    def __call__(self) -> Flow[Result[Any, Exception]]:
        try:
            return Success((yield from self.flow()))
        except Exception as cause:
            return Failure(cause)


def chain(middleware: Sequence[Middleware], last: Next = send) -> Next:
    """Compose middleware, outermost first: `chain([a, b])(request)` runs a, then b, then `last`."""

    def wrap(inner: Next, outer: Middleware) -> Next:
        return lambda request: outer(request, inner)

    return reduce(wrap, reversed(middleware), last)
