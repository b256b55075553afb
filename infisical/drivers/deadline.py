"""The deadline of a call, and the failure of a call that exceeds it. Nothing here waits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf
from typing import Any, Final

from returns.result import Failure, Result

from infisical.errors import DeadlineExceededError, InfisicalNetworkError
from infisical.request import HttpRequest
from infisical.response import Response

CLOCK_TOLERANCE: Final = 0.05
"""Seconds by which the clock of an executor may differ from that of the client."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """The end of a call by its clock. Its HTTP requests get no more time than is left."""

    at: float
    clock: Callable[[], float]

    def left(self) -> float:
        """Return the seconds left; negative after the deadline."""
        return self.at - self.clock()

    def within(self, request: HttpRequest) -> HttpRequest | None:
        """Return the HTTP request with its timeout cut to the time left; None if no time is left."""
        left = self.left()
        if left >= request.timeout:
            return request
        return replace(request, timeout=left) if left > 0 else None

    def convert(self, reply: Result[Response, InfisicalNetworkError]) -> Result[Response, InfisicalNetworkError]:
        """Turn the timeout of an HTTP request whose own timeout was cut into an exceeded deadline.

        A timeout that leaves time to the call, that of connecting for example, stays as it is.
        """
        if not isinstance(reply, Failure) or self.left() > CLOCK_TOLERANCE:
            return reply
        error = reply.failure()
        if not isinstance(error, InfisicalNetworkError) or error.reason != "timeout":
            return reply
        return make_exceeded(f"{error.message}: the deadline of the call has passed", error.sent)


NO_DEADLINE: Final = Deadline(inf, lambda: 0.0)


def make_exceeded(message: str = "the deadline of the call has passed", sent: bool = False) -> Failure[Any]:
    """Make the failure of a call that exceeded its deadline. `sent` describes its last HTTP request only."""
    return Failure(DeadlineExceededError(message, sent=sent))


def is_exceeded(value: object) -> bool:
    """True for the failure of an exceeded deadline."""
    return isinstance(value, Failure) and isinstance(value.failure(), DeadlineExceededError)
