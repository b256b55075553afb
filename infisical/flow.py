"""Effects as data, and the chain that composes middleware. Nothing here, or in a middleware, does I/O.

A `Flow[T]` is a generator that yields effects and returns a `T`; `yield from` plays `await`. The same text serves
threads and asyncio: drivers.py decides.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Hashable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, TypeAlias, TypeVar

from returns.result import Result

from infisical.errors import InfisicalError
from infisical.request import HttpRequest
from infisical.response import Response

T = TypeVar("T")
Outcome: TypeAlias = Result[Response, InfisicalError]


@dataclass(frozen=True, slots=True)
class Send:
    """Send the HTTP request; the answer is an `Outcome`."""

    request: HttpRequest


@dataclass(frozen=True, slots=True)
class Sleep:
    """Wait; the answer is False, and comes at once, if the call's deadline is earlier."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Once:
    """Run `flow()` in one flight per `key`, whose answer all callers share that ask while it runs."""

    key: Hashable
    flow: Callable[[], Flow[Any]]


@dataclass(frozen=True, slots=True)
class Call:
    """Call a function of the user's, which may read files or clocks.

    The answer is a Result: a Failure of what it raised, or of a DeadlineExceededError after the call's deadline.
    """

    function: Callable[[], Any]


Effect: TypeAlias = Send | Sleep | Once | Call
Flow: TypeAlias = Generator[Effect, Any, T]
Next: TypeAlias = Callable[[HttpRequest], Flow[Outcome]]
Middleware: TypeAlias = Callable[[HttpRequest, Next], Flow[Outcome]]


# The doors to the effects: the only places where the `Any` that a driver sends back gets its type.
def send(request: HttpRequest) -> Flow[Outcome]:
    """Send it."""
    outcome: Outcome = yield Send(request)
    return outcome


def sleep(seconds: float) -> Flow[bool]:
    """Wait that many seconds; return False, and at once, if the call's deadline is earlier."""
    slept: bool = yield Sleep(seconds)
    return slept


def once(key: Hashable, flow: Callable[[], Flow[T]]) -> Flow[T]:
    """Run the flow, or share the answer of the caller that is running it."""
    value: T = yield Once(key, flow)
    return value


def call(function: Callable[[], T | Awaitable[T]]) -> Flow[Result[T, Exception]]:
    """Call the function; under asyncio it may be a coroutine function, which ends at the call's deadline."""
    value: Result[T, Exception] = yield Call(function)
    return value


def chain(middleware: Sequence[Middleware], last: Next = send) -> Next:
    """Compose middleware, outermost first: `chain([a, b])(request)` runs a, then b, then the wire."""

    def wrap(inner: Next, outer: Middleware) -> Next:
        return lambda request: outer(request, inner)

    return reduce(wrap, reversed(middleware), last)
