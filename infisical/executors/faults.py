"""Faults on demand, around any executor: dropped connections, delays, limits, broken and cut answers, expired tokens.

A fault is a value, a plan says which message meets which one; a plan with a seed is the same each time. What a fault
does is written once, as functions over requests and replies; the two executors only call the one inside. Nothing here
retries, reads a clock, or keeps anything of a message.
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

When: TypeAlias = Literal["before", "after"]


# ---- the faults
@dataclass(frozen=True, slots=True)
class Refused:
    """Let nobody in: reason `refused`, and `sent` is False. The inner executor is not called."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """Cut the connection: reason `reset`, and `sent` is True, since whoever sent cannot know.

    `before` the inner executor sees the message (nothing is done), or `after` it has (it is done, the answer is lost).
    ValueError for another word.
    """

    when: When = "before"

    def __post_init__(self) -> None:
        if self.when not in get_args(When):
            raise ValueError(f"a connection is dropped before or after, not {self.when!r}")


@dataclass(frozen=True, slots=True)
class Delayed:
    """Sleep that many seconds, then call the inner executor with what is left of the message's timeout.

    Where nothing is left, it sleeps until the timeout only: reason `timeout`, `sent` is True as for any timeout, and
    the inner executor is not called. ValueError below 0.
    """

    seconds: float

    def __post_init__(self) -> None:
        _at_least_0("seconds", self.seconds)


@dataclass(frozen=True, slots=True)
class Limited:
    """Answer 429 as the server does, without the inner executor. `retry_after` is in whole seconds.

    ValueError below 0.
    """

    retry_after: int = 60

    def __post_init__(self) -> None:
        _at_least_0("retry_after", self.retry_after)


@dataclass(frozen=True, slots=True)
class Broken:
    """Answer with a 5xx, without the inner executor. ValueError for another status."""

    status: int = 503

    def __post_init__(self) -> None:
        if not 500 <= self.status <= 599:
            raise ValueError(f"a broken server answers 500 to 599, not {self.status}")


@dataclass(frozen=True, slots=True)
class Truncated:
    """Call the inner executor, and cut the body of its answer after `keep` bytes; one that has no more comes whole.

    A transport notices that: reason `protocol`, `sent` is True. Where it cannot (a proxy that cut the body and told its
    new length), `noticed=False`, the half body is the answer. ValueError below 0.
    """

    keep: int = 0
    noticed: bool = True

    def __post_init__(self) -> None:
        _at_least_0("keep", self.keep)


@dataclass(frozen=True, slots=True)
class Expired:
    """Answer as the server does to an expired token (403 `TokenError`), without the inner executor.

    Only a message with a credential (an Authorization header) can meet it. In a sequence it waits for the next such
    message, and what stands behind it waits too; any other message, a login say, passes meanwhile.
    """


Fault: TypeAlias = Refused | Dropped | Delayed | Limited | Broken | Truncated | Expired
Plan: TypeAlias = Iterable[Fault | None] | Callable[[HttpRequest], Fault | None]


def _at_least_0(name: str, value: float) -> None:
    if not value >= 0:  # so that nan is refused too
        raise ValueError(f"{name} is at least 0, not {value}")


# ---- the plans
def at_random(seed: int, probabilities: Mapping[Fault, float]) -> Callable[[HttpRequest], Fault | None]:
    """Plan each fault with its probability (0 to 1), and no fault with what is left of 1.

    The n-th message meets the same whenever the seed is the same; threads share the plan, and which of them sends the
    n-th message is theirs. ValueError for probabilities that are negative or more than 1 together.
    """
    faults = tuple(probabilities)
    if not all(share >= 0 for share in probabilities.values()) or not sum(probabilities.values()) <= 1 + 1e-9:
        raise ValueError("probabilities are at least 0, and at most 1 together")
    bounds = tuple(accumulate(probabilities.values()))
    draw, lock = random.Random(seed), threading.Lock()

    def plan(_: HttpRequest) -> Fault | None:
        with lock:
            drawn = draw.random()
        return next((fault for fault, bound in zip(faults, bounds, strict=True) if drawn < bound), None)

    return plan


class _Planned:
    """Which fault the next message meets. An exception of the plan itself is the caller's: it passes."""

    def __init__(self, plan: Plan) -> None:
        self._choose = plan if callable(plan) else None
        self._rest: Iterator[Fault | None] = iter(()) if callable(plan) else iter(plan)
        self._waiting: Fault | None = None
        self._lock = threading.Lock()

    def for_message(self, request: HttpRequest) -> Fault | None:
        credential = any(name.lower() == "authorization" for name, _ in request.headers)
        if self._choose is not None:
            fault = _fault(self._choose(request))
            return None if isinstance(fault, Expired) and not credential else fault
        with self._lock:
            fault = self._waiting or _fault(next(self._rest, None))
            self._waiting = fault if isinstance(fault, Expired) and not credential else None
            return None if self._waiting else fault


def _fault(planned: Any) -> Fault | None:
    if planned is None or isinstance(planned, get_args(Fault)):
        return planned
    raise TypeError(f"a plan gives faults and None, not {planned!r}")


# ---- the executors
class FaultyExecutor:
    """Put faults before an executor: one a message, by `plan`; `None` leaves a message undisturbed.

    A plan is a sequence (when it ends, nothing is disturbed any more) or a function of the message; threads share it.
    It does not close `inner`, which is not its own. It never raises, unless the plan does, or gives what is no fault
    (TypeError). `sleep` takes seconds. ValueError for an async `inner`.
    """

    def __init__(self, inner: Executor, plan: Plan, *, sleep: Callable[[float], object] = time.sleep) -> None:
        check_executor(inner, blocking=True, what="inner")
        self._inner, self._planned, self._sleep = inner, _Planned(plan), sleep

    def __call__(self, request: HttpRequest) -> Reply:
        fault = self._planned.for_message(request)
        if isinstance(fault, Delayed):
            self._sleep(min(fault.seconds, request.timeout))
        instead = _instead(fault, request)
        return instead or _altered(fault, request, self._inner(_left(fault, request)))


class AsyncFaultyExecutor:
    """The same around an async executor. ValueError for a blocking one, where it shows."""

    def __init__(
        self, inner: AsyncExecutor, plan: Plan, *, sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    ) -> None:
        check_executor(inner, blocking=False, what="inner")
        self._inner, self._planned, self._sleep = inner, _Planned(plan), sleep

    async def __call__(self, request: HttpRequest) -> Reply:
        fault = self._planned.for_message(request)
        if isinstance(fault, Delayed):
            await self._sleep(min(fault.seconds, request.timeout))
        instead = _instead(fault, request)
        return instead or _altered(fault, request, await self._inner(_left(fault, request)))


# ---- what a fault does
def _instead(fault: Fault | None, request: HttpRequest) -> Reply | None:
    """What comes back without the inner executor; None if that is called."""
    match fault:
        case Refused():
            return _failure(request, "no connection", "refused", sent=False)
        case Dropped("before"):
            return _failure(request, "the connection was closed before the answer", "reset")
        case Delayed(seconds) if seconds >= request.timeout:
            return _failure(request, f"no answer in {request.timeout:g} s", "timeout")
        case Limited(seconds):
            return Success(_limited(seconds))
        case Broken(status):
            return Success(_error(status, "InternalServerError", "Something went wrong"))
        case Expired():
            return Success(_error(403, "TokenError", "Your token has expired. Please re-authenticate."))
    return None


def _left(fault: Fault | None, request: HttpRequest) -> HttpRequest:
    """The message for the inner executor: the delay counts among its seconds."""
    return replace(request, timeout=request.timeout - fault.seconds) if isinstance(fault, Delayed) else request


def _altered(fault: Fault | None, request: HttpRequest, reply: Reply) -> Reply:
    """What is left of an answer. Where there was none, there is nothing to lose."""
    if isinstance(reply, Failure):
        return reply
    if isinstance(fault, Dropped):
        return _failure(request, "the connection was closed before the answer", "reset")
    response = reply.unwrap()
    if not isinstance(fault, Truncated) or len(response.body) <= fault.keep:
        return reply
    if fault.noticed:
        return _failure(request, "the answer is incomplete", "protocol")
    return Success(replace(response, body=response.body[: fault.keep]))


def _failure(request: HttpRequest, said: str, reason: Reason, sent: bool = True) -> Reply:
    scheme, _, rest = request.url.partition("://")  # nothing here refuses a URL
    origin = f"{scheme}://{re.split('[/?#]', rest, maxsplit=1)[0].rpartition('@')[2]}"
    return Failure(InfisicalNetworkError(f"{request.method} {origin}: {said}", reason=reason, sent=sent))


# ---- what the server says
JSON: Final = ("content-type", "application/json; charset=utf-8")
REQUEST_ID: Final = "req-fault"


def _error(status: int, kind: str, message: str, headers: Headers = ()) -> Response:
    body = {"reqId": REQUEST_ID, "statusCode": status, "message": message, "error": kind}
    return Response(status, (*headers, JSON), json.dumps(body, separators=(",", ":")).encode())


def _limited(seconds: int) -> Response:
    wait = f"{seconds} second{'' if seconds == 1 else 's'}"
    headers = (
        ("x-ratelimit-limit", "60"),
        ("x-ratelimit-remaining", "0"),
        ("x-ratelimit-reset", str(seconds)),
        ("retry-after", str(seconds)),
    )
    return _error(429, "RateLimitExceeded", f"Rate limit exceeded. Please try again in {wait}", headers)
