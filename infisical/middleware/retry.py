"""The retry middleware: repeats a call that failed for a transient reason, where that does no harm.

What may be repeated follows from the outcome alone. Waiting is an effect and randomness an injected function, so that
nothing here reads a clock. Tokens are renewed by the session middleware, which runs inside this one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf
from typing import Final

from returns.result import Failure, Success

from infisical.errors import DeadlineExceededError, InfisicalError, InfisicalNetworkError, with_attempts
from infisical.flow import Flow, Middleware, Next, Outcome, sleep
from infisical.rejection import get_retry_after
from infisical.request import HttpRequest
from infisical.response import Response

RETRYABLE_STATUSES: Final = frozenset({429, 502, 503, 504})
READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
TRANSIENT_REASONS: Final = frozenset({"dns", "refused", "reset", "timeout", "protocol"})
"""Reasons that may be gone the next time; a certificate that is not trusted is not one of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """How calls are repeated.

    There are at most `attempts` in all. The wait before one is what the server asks for (`Retry-After`,
    `x-ratelimit-reset`); if that is more than `longest` seconds, the call ends at once. If the server asks for nothing,
    the wait is a random part of `first` seconds, then of twice that, and so on up to `longest`. Each repetition takes
    one of `budget`, and each successful call gives `refund` back: a client of a failing server soon stops to repeat.
    ValueError if a setting cannot be right.
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
    """How many repetitions all calls of a client have left. A race may lose a part of one: it is only a brake."""

    left: float

    def spend(self) -> bool:
        """Take one, and return whether there was one."""
        if self.left < 1:
            return False
        self.left -= 1
        return True

    def refund(self, amount: float, most: float) -> None:
        """Give some back, up to what there was."""
        self.left = min(most, self.left + amount)


def retry(policy: Retry, budget: Budget, random: Callable[[], float], idempotent: bool = False) -> Middleware:
    """Make the middleware. `random` returns random numbers from 0 up to 1; `idempotent` repeats writes as reads."""

    def repeat(request: HttpRequest, following: Next) -> Flow[Outcome]:
        outcome = yield from following(request)
        if isinstance(outcome, Success) and outcome.unwrap().status not in RETRYABLE_STATUSES:
            if budget.left < policy.budget:
                budget.refund(policy.refund, policy.budget)
            return outcome
        return (yield from again(request, following, outcome))

    def again(request: HttpRequest, following: Next, outcome: Outcome) -> Flow[Outcome]:
        attempts = 1
        harmless = idempotent or request.method in READS or (request.about is not None and request.about.idempotent)
        while attempts < policy.attempts:
            wait = _wait(outcome, request, harmless)
            if wait is None or wait > policy.longest or not budget.spend():
                break
            if wait < 0:
                wait = random() * min(policy.longest, policy.first * 2 ** (attempts - 1))
            if not (yield from sleep(wait)):  # there is no time left for it
                break
            attempts += 1
            outcome = yield from following(request)
        return outcome if attempts == 1 else _counted(outcome, attempts)

    return repeat


ANY: Final = -1.0
"""Wait for a random time."""


def _wait(outcome: Outcome, request: HttpRequest, harmless: bool) -> float | None:
    """Return the seconds to wait before the next attempt; ANY, or None if there is no next attempt."""
    if isinstance(outcome, Failure):
        return _wait_after(outcome.failure(), harmless)
    response = outcome.unwrap()
    if response.status not in RETRYABLE_STATUSES:
        return None
    if response.status != 429 and not harmless:
        return None  # a gateway that answers so may have passed it on
    if response.status == 429 and request.access.need == "none" and request.method not in READS:
        return None  # a login: each one that is refused counts towards a lockout
    asked = get_retry_after(response)
    return ANY if asked is None else asked


def _wait_after(error: InfisicalError, harmless: bool) -> float | None:
    if isinstance(error, InfisicalNetworkError) and error.defect:
        return None  # an exception of the executor's own: its code would raise it again
    if error.cool_down is not None:  # a login failed that the call needed
        return None if error.cool_down == inf else error.cool_down
    if not isinstance(error, InfisicalNetworkError) or isinstance(error, DeadlineExceededError):
        return None
    if error.reason not in TRANSIENT_REASONS or (error.sent and not harmless):
        return None
    return ANY


def _counted(outcome: Outcome, attempts: int) -> Outcome:
    if isinstance(outcome, Failure):
        return Failure(with_attempts(outcome.failure(), attempts))
    response: Response = outcome.unwrap()
    return Success(replace(response, attempts=attempts))
