"""The retry link: repeats a call that failed by chance, where that does no harm and somebody is there to answer.

What may be repeated follows from the outcome alone; waiting is an effect, chance an injected function, so that nothing
here reads a clock. How a token is renewed is the session link's, below this one; logins of its own never come here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf
from typing import Final

from returns.result import Failure, Success

from infisical.errors import (
    DeadlineExceededError,
    InfisicalError,
    InfisicalNetworkError,
    retried,
    retry_after,
)
from infisical.flow import Flow, Middleware, Next, Outcome, sleep
from infisical.request import HttpRequest
from infisical.response import Response

SICK: Final = frozenset({429, 502, 503, 504})
READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
BY_CHANCE: Final = frozenset({"dns", "refused", "reset", "timeout", "protocol"})
"""Reasons that may be gone the next time; a certificate that is not trusted is none of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """How calls are repeated.

    At most `attempts` in all. A wait is what the server asks for (`Retry-After`, `x-ratelimit-reset`); where that is
    more than `longest`, the call ends at once. Where it asks for nothing, it is a part, by chance, of `first`, of twice
    that, and so on up to `longest` (seconds). A client that meets a sick server stops to repeat: each repetition takes
    one of `budget`, each call that went well gives `refund` back. ValueError for what cannot be right.
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
    """How many repetitions are left to all calls of a client. A race may lose a part of one: it is only a brake."""

    left: float

    def spend(self) -> bool:
        """Take one, and say whether there was one."""
        if self.left < 1:
            return False
        self.left -= 1
        return True

    def refund(self, amount: float, most: float) -> None:
        """Give some back, up to what there was."""
        self.left = min(most, self.left + amount)


def retry(policy: Retry, budget: Budget, chance: Callable[[], float], idempotent: bool = False) -> Middleware:
    """Make the link. `chance` gives numbers from 0 up to 1; `idempotent` has writes repeated as reads are."""

    def link(request: HttpRequest, following: Next) -> Flow[Outcome]:
        outcome = yield from following(request)
        if isinstance(outcome, Success) and outcome.unwrap().status not in SICK:
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
                wait = chance() * min(policy.longest, policy.first * 2 ** (attempts - 1))
            if not (yield from sleep(wait)):  # there is no time left for it
                break
            attempts += 1
            outcome = yield from following(request)
        return outcome if attempts == 1 else _counted(outcome, attempts)

    return link


ANY: Final = -1.0
"""Wait as long as chance says."""


def _wait(outcome: Outcome, request: HttpRequest, harmless: bool) -> float | None:
    """How long to wait before the next attempt; ANY, or None if there is to be none."""
    if isinstance(outcome, Failure):
        return _wait_after(outcome.failure(), harmless)
    response = outcome.unwrap()
    if response.status not in SICK:
        return None
    if response.status != 429 and not harmless:
        return None  # a gateway that says so may have passed it on
    if response.status == 429 and request.auth.need == "none" and request.method not in READS:
        return None  # a login: each one that is refused counts towards a lockout
    asked = retry_after(response)
    return ANY if asked is None else asked


def _wait_after(error: InfisicalError, harmless: bool) -> float | None:
    if error.again_in is not None:  # a login failed, before the call itself
        return None if error.again_in == inf else error.again_in
    if not isinstance(error, InfisicalNetworkError) or isinstance(error, DeadlineExceededError) or error.defect:
        return None
    if error.reason not in BY_CHANCE or (error.sent and not harmless):
        return None
    return ANY


def _counted(outcome: Outcome, attempts: int) -> Outcome:
    if isinstance(outcome, Failure):
        return Failure(retried(outcome.failure(), attempts))
    response: Response = outcome.unwrap()
    return Success(replace(response, attempts=attempts))
