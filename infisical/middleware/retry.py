"""The retry middleware: repeats a call that failed for a transient reason, where a repetition does no harm.

It decides by the outcome alone. Waiting is an effect and randomness an injected function: nothing here reads a clock.
The token middleware runs inside this one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf
from typing import Final

from returns.result import Failure, Success

from infisical.errors import (
    TRANSIENT_REASONS,
    TRANSIENT_STATUSES,
    DeadlineExceededError,
    InfisicalError,
    InfisicalNetworkError,
    with_attempts,
)
from infisical.flow import Flow, Middleware, Next, Outcome, sleep
from infisical.rejection import get_retry_after
from infisical.request import HttpRequest
from infisical.response import Response

READ_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """How a client repeats calls.

    A call has at most `attempts`, the first included. Before each repetition it waits as long as the server asks
    (`Retry-After`, `x-ratelimit-reset`); if that is more than `longest` seconds, the call ends at once. If the server
    names no wait, it is a random part of `first` seconds, then of twice that, and so on up to `longest`. Each
    repetition takes one of `budget`, and each successful call gives `refund` back, so that the client of a failing
    server soon stops repeating. ValueError for a setting that cannot be right.
    """

    attempts: int = 4
    first: float = 0.25
    longest: float = 30.0
    budget: float = 20.0
    refund: float = 0.2

    def __post_init__(self) -> None:
        if isinstance(self.attempts, bool) or not isinstance(self.attempts, int) or self.attempts < 1:
            raise ValueError(f"attempts is a whole number of at least 1, not {self.attempts!r}")
        for name in ("first", "longest", "budget", "refund"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < inf:
                raise ValueError(f"{name} is a number of at least 0, not {value!r}")


@dataclass(slots=True, eq=False)
class Budget:
    """The repetitions that all calls of a client have left. A race may lose a part of one: it is only a brake."""

    left: float

    def spend(self) -> bool:
        """Take one; return False if none is left."""
        if self.left < 1:
            return False
        self.left -= 1
        return True

    def refund(self, amount: float, most: float) -> None:
        """Give some back, up to `most`."""
        self.left = min(most, self.left + amount)


def retry(policy: Retry, budget: Budget, random: Callable[[], float], idempotent: bool = False) -> Middleware:
    """Make the middleware. `random` returns numbers from 0 up to 1; `idempotent` repeats writes like reads."""

    def repeat(request: HttpRequest, following: Next) -> Flow[Outcome]:
        outcome = yield from following(request)
        if isinstance(outcome, Success) and outcome.unwrap().status not in TRANSIENT_STATUSES:
            if budget.left < policy.budget:
                budget.refund(policy.refund, policy.budget)
            return outcome
        return (yield from repeat_failed(request, following, outcome))

    def repeat_failed(request: HttpRequest, following: Next, outcome: Outcome) -> Flow[Outcome]:
        attempts = 1
        is_harmless = (
            idempotent or request.method in READ_METHODS or (request.about is not None and request.about.idempotent)
        )
        while attempts < policy.attempts:
            wait = _choose_wait(outcome, request, is_harmless)
            if wait is None or wait > policy.longest or not budget.spend():
                break
            if wait < 0:
                wait = random() * min(policy.longest, policy.first * 2 ** (attempts - 1))
            if not (yield from sleep(wait)):  # the call has no time left
                break
            attempts += 1
            outcome = yield from following(request)
        return outcome if attempts == 1 else _add_attempts(outcome, attempts)

    return repeat


RANDOM_WAIT: Final = -1.0


def _choose_wait(outcome: Outcome, request: HttpRequest, is_harmless: bool) -> float | None:
    """Return the seconds to wait before the next attempt, RANDOM_WAIT, or None to end the call."""
    if isinstance(outcome, Failure):
        return _choose_wait_after(outcome.failure(), is_harmless)
    response = outcome.unwrap()
    if response.status not in TRANSIENT_STATUSES:
        return None
    if response.status != 429 and not is_harmless:
        return None  # the gateway may have forwarded the request
    if response.status == 429 and request.access.need == "none" and request.method not in READ_METHODS:
        return None  # a login: each refused one counts towards a lockout
    seconds = get_retry_after(response)
    return RANDOM_WAIT if seconds is None else seconds


def _choose_wait_after(error: InfisicalError, is_harmless: bool) -> float | None:
    if isinstance(error, InfisicalNetworkError) and error.defect:
        return None  # the executor would raise again
    if error.cool_down is not None:  # the call needed a login, and that failed
        return None if error.cool_down == inf else error.cool_down
    if not isinstance(error, InfisicalNetworkError) or isinstance(error, DeadlineExceededError):
        return None
    if error.reason not in TRANSIENT_REASONS or (error.sent and not is_harmless):
        return None
    return RANDOM_WAIT


def _add_attempts(outcome: Outcome, attempts: int) -> Outcome:
    if isinstance(outcome, Failure):
        return Failure(with_attempts(outcome.failure(), attempts))
    response: Response = outcome.unwrap()
    return Success(replace(response, attempts=attempts))
