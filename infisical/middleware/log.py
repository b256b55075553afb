"""The log link: one line a call, to the logger `infisical`: what was called and how it went, never a value.

What stands in a line is the template of a path, not the path: names of secrets stay out as well. Handlers and levels
are the application's.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Final

from returns.result import Failure, Success

from infisical.errors import InfisicalNetworkError
from infisical.flow import Flow, Middleware, Next, Outcome
from infisical.request import HttpRequest
from infisical.response import Response

LOGGER: Final = logging.getLogger("infisical")
LOGGER.addHandler(logging.NullHandler())
LINE: Final = "%s %s: %s in %.1f ms, attempts: %d, request id: %s"


def log(clock: Callable[[], float]) -> Middleware:
    """Make the link: INFO for an answer, WARNING for none and for a server's own error (5xx, 429)."""

    def link(request: HttpRequest, following: Next) -> Flow[Outcome]:
        # no generator of its own where nobody listens
        return told(request, following) if LOGGER.isEnabledFor(logging.WARNING) else following(request)

    def told(request: HttpRequest, following: Next) -> Flow[Outcome]:
        start = clock()
        outcome = yield from following(request)
        if isinstance(outcome, Success) and outcome.unwrap().status < 400 and not LOGGER.isEnabledFor(logging.INFO):
            return outcome
        took = (clock() - start) * 1000
        level, what, attempts, request_id = _seen(outcome)
        if LOGGER.isEnabledFor(level):
            path = "-" if request.about is None else request.about.path
            LOGGER.log(level, LINE, request.method, path, what, took, attempts, request_id)
        return outcome

    return link


def _seen(outcome: Outcome) -> tuple[int, str, int, str]:
    """The level, and what to say: the status or the kind of error, attempts, the server's id of the request."""
    if isinstance(outcome, Failure):
        error = outcome.failure()
        said = type(error).__name__
        if isinstance(error, InfisicalNetworkError):
            said = f"{said} ({error.reason})"
        return logging.WARNING, said, error.attempts, "-"
    response = outcome.unwrap()
    level = logging.WARNING if response.status >= 500 or response.status == 429 else logging.INFO
    return level, str(response.status), response.attempts, _request_id(response)


def _request_id(response: Response) -> str:
    found: object = response.header("x-request-id")
    if found is None and response.status >= 400:
        try:
            body = json.loads(response.body)
            found = body.get("reqId") if isinstance(body, dict) else None
        except (ValueError, RecursionError):
            found = None
    return found if isinstance(found, str) and found.isprintable() and len(found) <= 100 else "-"
