"""The log link: one line a call, to the logger `infisical`: what was called and how it went, never a value.

What stands in a line is the template of a path, not the path: names of secrets stay out as well. Handlers and levels
are the application's.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from returns.result import Failure, Success

from infisical.errors import InfisicalNetworkError
from infisical.flow import Flow, Middleware, Next, Outcome
from infisical.redaction import find_secrets, mask
from infisical.rejection import collect_secrets, parse_rejection
from infisical.request import HttpRequest
from infisical.response import Response
from infisical.session import SessionStore, collect_tokens

LOGGER: Final = logging.getLogger("infisical")
LOGGER.addHandler(logging.NullHandler())
LINE: Final = "%s %s: %s in %.1f ms, attempts: %d, request id: %s"


def log_call(clock: Callable[[], float], store: SessionStore) -> Middleware:
    """Make the middleware: INFO for an answer, WARNING for none and for a server's own error (5xx, 429).

    `store` holds the tokens that are masked in the server's id of the request.
    """

    def log_it(request: HttpRequest, following: Next) -> Flow[Outcome]:
        # no generator of its own where nobody listens
        return told(request, following) if LOGGER.isEnabledFor(logging.WARNING) else following(request)

    def told(request: HttpRequest, following: Next) -> Flow[Outcome]:
        start, held = clock(), store.session
        before = held.grant
        outcome = yield from following(request)
        if isinstance(outcome, Success) and outcome.unwrap().status < 400 and not LOGGER.isEnabledFor(logging.INFO):
            return outcome
        took = (clock() - start) * 1000
        level, what, attempts = _summary(outcome)
        if LOGGER.isEnabledFor(level):
            path = "-" if request.about is None else request.about.path
            request_id = "-"
            if isinstance(outcome, Success):
                response = outcome.unwrap()
                request_id = _shown_id(response, request, collect_tokens(before, held.grant, store.session.grant))
            LOGGER.log(level, LINE, request.method, path, what, took, attempts, request_id)
        return outcome

    return log_it


def _summary(outcome: Outcome) -> tuple[int, str, int]:
    """The level of the line, the status or the kind of error, and the attempts."""
    if isinstance(outcome, Failure):
        error = outcome.failure()
        kind = type(error).__name__
        if isinstance(error, InfisicalNetworkError):
            kind = f"{kind} ({error.reason})"
        return logging.WARNING, kind, error.attempts
    response = outcome.unwrap()
    level = logging.WARNING if response.status >= 500 or response.status == 429 else logging.INFO
    return level, str(response.status), response.attempts


def _shown_id(response: Response, request: HttpRequest, tokens: frozenset[str]) -> str:
    """The server's id of the request, as an error shows it: a server may send anything as an id, a token too."""
    request_id = response.header("x-request-id")
    if request_id is None and response.status >= 400:
        request_id = parse_rejection(response).request_id
    if not isinstance(request_id, str) or not request_id.isprintable() or len(request_id) > 100:
        return "-"
    secrets = collect_secrets(request) | tokens
    if request_id.encode("utf-8", "replace") in response.body:  # the token of a login, say
        secrets |= find_secrets((), response.body)
    return mask(request_id, secrets)
