"""The log middleware: one line a call, to the logger `infisical`, with its endpoint and outcome, never a value.

A line has the template of the path, not the path, so that names of secrets are omitted too. The application sets
handlers and levels.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from returns.result import Failure, Success

from infisical.errors import InfisicalError, InfisicalNetworkError
from infisical.flow import Flow, Middleware, Next, Outcome
from infisical.redaction import find_secrets, mask
from infisical.rejection import collect_secrets, parse_rejection
from infisical.request import HttpRequest
from infisical.response import Response
from infisical.session import SessionStore, collect_tokens

LOGGER: Final = logging.getLogger("infisical")
LOGGER.addHandler(logging.NullHandler())
LINE: Final = "%s %s: %s in %.1f ms, attempts: %d, request id: %s%s"
SOURCE_LINE: Final = "login source %s: %s in %.1f ms"


def log_call(clock: Callable[[], float], store: SessionStore) -> Middleware:
    """Make the middleware: it logs INFO for a response, WARNING for a failure and for the statuses 429 and 5xx.

    `store` has the tokens that it masks in the server's id of the request.
    """

    def pass_or_log(request: HttpRequest, following: Next) -> Flow[Outcome]:
        # without a listener the call pays for no second generator
        return log(request, following) if LOGGER.isEnabledFor(logging.WARNING) else following(request)

    def log(request: HttpRequest, following: Next) -> Flow[Outcome]:
        start, session = clock(), store.session
        before = session.grant
        outcome = yield from following(request)
        if isinstance(outcome, Success) and outcome.unwrap().status < 400 and not LOGGER.isEnabledFor(logging.INFO):
            return outcome
        took = (clock() - start) * 1000
        level, summary, attempts = _summarize(outcome)
        if LOGGER.isEnabledFor(level):
            path = "-" if request.about is None else request.about.path
            request_id = "-"
            if isinstance(outcome, Success):
                response = outcome.unwrap()
                request_id = _mask_request_id(
                    response, request, collect_tokens(before, session.grant, store.session.grant)
                )
            LOGGER.log(level, LINE, request.method, path, summary, took, attempts, request_id, _get_cache_note(outcome))
        return outcome

    return pass_or_log


def log_source(name: str, error: InfisicalError | None, seconds: float) -> None:
    """Log that a login source found a credential (INFO), or the type of its failure (WARNING)."""
    level, outcome = (logging.INFO, "found a credential") if error is None else (logging.WARNING, _name_error(error))
    LOGGER.log(level, SOURCE_LINE, name, outcome, seconds * 1000)


def _name_error(error: InfisicalError) -> str:
    kind = type(error).__name__
    return f"{kind} ({error.reason})" if isinstance(error, InfisicalNetworkError) else kind


def _summarize(outcome: Outcome) -> tuple[int, str, int]:
    """Return the level of the line, the status or the type of the error, and the attempts."""
    if isinstance(outcome, Failure):
        error = outcome.failure()
        return logging.WARNING, _name_error(error), error.attempts
    response = outcome.unwrap()
    level = logging.WARNING if response.status >= 500 or response.status == 429 else logging.INFO
    return level, str(response.status), response.attempts


def _get_cache_note(outcome: Outcome) -> str:
    """Return the end of the line for an answer that the cache served."""
    state = outcome.unwrap().cache_state if isinstance(outcome, Success) else None
    return "" if state is None else f", cache: {state}"


def _mask_request_id(response: Response, request: HttpRequest, tokens: frozenset[str]) -> str:
    """Return the server's id of the request, masked as in an error: a server may send anything as an id."""
    request_id = response.header("x-request-id")
    if request_id is None and response.status >= 400:
        request_id = parse_rejection(response).request_id
    if not isinstance(request_id, str) or not request_id.isprintable() or len(request_id) > 100:
        return "-"
    secrets = collect_secrets(request) | tokens
    if request_id.encode("utf-8", "replace") in response.body:  # the token of a login, for example
        secrets |= find_secrets((), response.body)
    return mask(request_id, secrets)
