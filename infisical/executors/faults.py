"""Faults on demand, around any executor: dropped connections, delays, limits, broken and cut responses, expired tokens.

A fault is a value, and a plan chooses the fault for each HTTP request; a plan with a seed is the same each time. The
effect of a fault is written once, as functions over requests and replies; the two executors only call the inner one.
Nothing here retries, reads a clock, or keeps anything of a request.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any, Final, Literal, TypeAlias, get_args

from returns.result import Failure, Success

from infisical.errors import InfisicalNetworkError, Reason
from infisical.request import Headers, HttpRequest
from infisical.response import Response
from infisical.transport import AsyncExecutor, Executor, Reply
from infisical.wiring import check_executor

Moment: TypeAlias = Literal["before", "after"]


# ---- the faults
@dataclass(frozen=True, slots=True)
class Refused:
    """Refuse the connection: reason `refused`, and `sent` is False. The inner executor is not called."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """Cut the connection: reason `reset`, and `sent` is True, since a sender cannot know.

    `before` the inner executor gets the request (nothing is done), or `after` it (all is done, the response is lost).
    ValueError for another word.
    """

    when: Moment = "before"

    def __post_init__(self) -> None:
        if self.when not in get_args(Moment):
            raise ValueError(f"a connection is dropped before or after, not {self.when!r}")


@dataclass(frozen=True, slots=True)
class Delayed:
    """Sleep for `seconds`, then call the inner executor with the rest of the timeout of the request.

    A delay as long as the timeout ends with it: reason `timeout`, `sent` is True as for any timeout, and the inner
    executor is not called. ValueError below 0.
    """

    seconds: float

    def __post_init__(self) -> None:
        _check_not_negative("seconds", self.seconds)


@dataclass(frozen=True, slots=True)
class Limited:
    """Reply 429 as the server does, without the inner executor. `retry_after` is in whole seconds.

    ValueError below 0.
    """

    retry_after: int = 60

    def __post_init__(self) -> None:
        _check_not_negative("retry_after", self.retry_after)


@dataclass(frozen=True, slots=True)
class Broken:
    """Reply with a 5xx, without the inner executor. ValueError for another status."""

    status: int = 503

    def __post_init__(self) -> None:
        if not 500 <= self.status <= 599:
            raise ValueError(f"a broken server answers 500 to 599, not {self.status}")


@dataclass(frozen=True, slots=True)
class Truncated:
    """Call the inner executor, and cut the body of its response after `keep` bytes; a shorter body stays whole.

    A transport notices that: reason `protocol`, `sent` is True. With `noticed=False` the cut body is the response, as
    from a proxy that cut the body and changed its length. ValueError below 0.
    """

    keep: int = 0
    noticed: bool = True

    def __post_init__(self) -> None:
        _check_not_negative("keep", self.keep)


@dataclass(frozen=True, slots=True)
class Expired:
    """Reply as the server does to an expired token (403 `TokenError`), without the inner executor.

    It applies only to a request with a credential (an Authorization header). In a sequence it waits for the next such
    request, and so do the faults after it; any other request, a login for example, passes meanwhile.
    """


Fault: TypeAlias = Refused | Dropped | Delayed | Limited | Broken | Truncated | Expired
Plan: TypeAlias = Iterable[Fault | None] | Callable[[HttpRequest], Fault | None]


def _check_not_negative(name: str, value: float) -> None:
    if not value >= 0:  # this way nan is refused, too
        raise ValueError(f"{name} is at least 0, not {value}")


# ---- the plans
def at_random(seed: int, probabilities: Mapping[Fault, float]) -> Callable[[HttpRequest], Fault | None]:
    """Plan each fault with its probability (0 to 1), and no fault with the rest of 1.

    With the same seed, the n-th request meets the same fault. Threads share the plan, and which of them sends the n-th
    request depends on them. ValueError for probabilities that are negative or more than 1 together.
    """
    faults = tuple(probabilities)
    if not all(share >= 0 for share in probabilities.values()) or not sum(probabilities.values()) <= 1 + 1e-9:
        raise ValueError("probabilities are at least 0, and at most 1 together")
    bounds = tuple(accumulate(probabilities.values()))
    generator, lock = random.Random(seed), threading.Lock()

    def plan(_: HttpRequest) -> Fault | None:
        with lock:
            number = generator.random()
        return next((fault for fault, bound in zip(faults, bounds, strict=True) if number < bound), None)

    return plan


class _PlanReader:
    """Chooses the fault for each request. An exception of the plan is the caller's mistake: it is not caught."""

    def __init__(self, plan: Plan) -> None:
        self._choose = plan if callable(plan) else None
        self._faults: Iterator[Fault | None] = iter(()) if callable(plan) else iter(plan)
        self._pending: Fault | None = None
        self._lock = threading.Lock()

    def choose(self, request: HttpRequest) -> Fault | None:
        has_credential = any(name.lower() == "authorization" for name, _ in request.headers)
        if self._choose is not None:
            fault = _check_fault(self._choose(request))
            return None if isinstance(fault, Expired) and not has_credential else fault
        with self._lock:
            fault = self._pending or _check_fault(next(self._faults, None))
            self._pending = fault if isinstance(fault, Expired) and not has_credential else None
            return None if self._pending else fault


def _check_fault(value: Any) -> Fault | None:
    if value is None or isinstance(value, get_args(Fault)):
        return value
    raise TypeError(f"a plan gives faults and None, not {value!r}")


# ---- the executors
class FaultyExecutor:
    """Put faults before an executor: one for each request, by `plan`; `None` leaves a request undisturbed.

    A plan is a sequence (after its end nothing is disturbed) or a function of the request; threads share it. The owner
    of `inner` closes it. A call never raises, unless the plan does, or gives a value that is not a fault (TypeError).
    `sleep` takes seconds. ValueError for an async `inner`.
    """

    def __init__(self, inner: Executor, plan: Plan, *, sleep: Callable[[float], object] = time.sleep) -> None:
        check_executor(inner, blocking=True, what="inner")
        self._inner, self._plan, self._sleep = inner, _PlanReader(plan), sleep

    def __call__(self, request: HttpRequest) -> Reply:
        fault = self._plan.choose(request)
        if isinstance(fault, Delayed):
            self._sleep(min(fault.seconds, request.timeout))
        replacement = _replace_reply(fault, request)
        return replacement or _alter_reply(fault, request, self._inner(_reduce_timeout(fault, request)))


class AsyncFaultyExecutor:
    """A `FaultyExecutor` around an async executor. ValueError for one that is known to be blocking."""

    def __init__(
        self, inner: AsyncExecutor, plan: Plan, *, sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    ) -> None:
        check_executor(inner, blocking=False, what="inner")
        self._inner, self._plan, self._sleep = inner, _PlanReader(plan), sleep

    async def __call__(self, request: HttpRequest) -> Reply:
        fault = self._plan.choose(request)
        if isinstance(fault, Delayed):
            await self._sleep(min(fault.seconds, request.timeout))
        replacement = _replace_reply(fault, request)
        return replacement or _alter_reply(fault, request, await self._inner(_reduce_timeout(fault, request)))


# ---- the effect of a fault
def _replace_reply(fault: Fault | None, request: HttpRequest) -> Reply | None:
    """Make the reply that replaces the inner executor's; None if the inner executor is to be called."""
    match fault:
        case Refused():
            return _fail(request, "no connection", "refused", sent=False)
        case Dropped("before"):
            return _fail(request, "the connection was closed before the answer", "reset")
        case Delayed(seconds) if seconds >= request.timeout:
            return _fail(request, f"no answer in {request.timeout:g} s", "timeout")
        case Limited(seconds):
            return Success(_make_limit(seconds))
        case Broken(status):
            return Success(_make_error(status, "InternalServerError", "Something went wrong"))
        case Expired():
            return Success(_make_error(403, "TokenError", "Your token has expired. Please re-authenticate."))
    return None


def _reduce_timeout(fault: Fault | None, request: HttpRequest) -> HttpRequest:
    """Return the request for the inner executor: a delay is a part of its timeout."""
    return replace(request, timeout=request.timeout - fault.seconds) if isinstance(fault, Delayed) else request


def _alter_reply(fault: Fault | None, request: HttpRequest, reply: Reply) -> Reply:
    """Alter the reply of the inner executor; a Failure stays the same."""
    if isinstance(reply, Failure):
        return reply
    if isinstance(fault, Dropped):
        return _fail(request, "the connection was closed before the answer", "reset")
    response = reply.unwrap()
    if not isinstance(fault, Truncated) or len(response.body) <= fault.keep:
        return reply
    if fault.noticed:
        return _fail(request, "the answer is incomplete", "protocol")
    return Success(replace(response, body=response.body[: fault.keep]))


def _fail(request: HttpRequest, message: str, reason: Reason, sent: bool = True) -> Reply:
    scheme, _, remainder = request.url.partition("://")  # any URL is accepted here
    origin = f"{scheme}://{re.split('[/?#]', remainder, maxsplit=1)[0].rpartition('@')[2]}"
    return Failure(InfisicalNetworkError(f"{request.method} {origin}: {message}", reason=reason, sent=sent))


# ---- the server's responses
JSON: Final = ("content-type", "application/json; charset=utf-8")
REQUEST_ID: Final = "req-fault"


def _make_error(status: int, kind: str, message: str, headers: Headers = ()) -> Response:
    body = {"reqId": REQUEST_ID, "statusCode": status, "message": message, "error": kind}
    return Response(status, (*headers, JSON), json.dumps(body, separators=(",", ":")).encode())


def _make_limit(seconds: int) -> Response:
    wait = f"{seconds} second{'' if seconds == 1 else 's'}"
    headers = (
        ("x-ratelimit-limit", "60"),
        ("x-ratelimit-remaining", "0"),
        ("x-ratelimit-reset", str(seconds)),
        ("retry-after", str(seconds)),
    )
    return _make_error(429, "RateLimitExceeded", f"Rate limit exceeded. Please try again in {wait}", headers)
