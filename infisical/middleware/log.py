"""The log link: one line a call, to the logger `infisical`: what was called and how it went, never a value.

What stands in a line is the template of a path, not the path: names of secrets stay out as well. Handlers and levels
are the application's.
"""

from __future__ import annotations

import json
import logging
from collections import deque
from collections.abc import Callable
from traceback import walk_tb
from typing import TYPE_CHECKING, Final

from returns.result import Failure, Success

from infisical.errors import InfisicalNetworkError
from infisical.flow import Flow, Middleware, Next, Outcome
from infisical.redaction import masked, secrets_in
from infisical.request import HttpRequest
from infisical.response import Response

if TYPE_CHECKING:
    from infisical.middleware.session import Grant, SessionStore

LOGGER: Final = logging.getLogger("infisical")
LOGGER.addHandler(logging.NullHandler())
LINE: Final = "%s %s: %s in %.1f ms, attempts: %d, request id: %s"


def log(clock: Callable[[], float], cell: SessionStore) -> Middleware:
    """Make the middleware: INFO for an answer, WARNING for none and for a server's own error (5xx, 429).

    `cell` holds the tokens that are masked in the server's id of the request.
    """

    def link(request: HttpRequest, following: Next) -> Flow[Outcome]:
        # no generator of its own where nobody listens
        return told(request, following) if LOGGER.isEnabledFor(logging.WARNING) else following(request)

    def told(request: HttpRequest, following: Next) -> Flow[Outcome]:
        start, held = clock(), cell.session
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
                request_id = _shown_id(response, request, tokens_of(before, held.grant, cell.session.grant))
            LOGGER.log(level, LINE, request.method, path, what, took, attempts, request_id)
        return outcome

    return link


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
    request_id: object = response.header("x-request-id")
    if request_id is None and response.status >= 400:
        try:
            body = json.loads(response.body)
            request_id = body.get("reqId") if isinstance(body, dict) else None
        except (ValueError, RecursionError):
            request_id = None
    if not isinstance(request_id, str) or not request_id.isprintable() or len(request_id) > 100:
        return "-"
    secrets = secrets_of(request) | tokens
    if request_id.encode("utf-8", "replace") in response.body:  # the token of a login, say
        secrets |= secrets_in((), response.body)
    return masked(request_id, secrets)


MOST_FRAMES: Final = 40
MOST_CAUSES: Final = 8


def log_frames(cause: BaseException) -> None:
    """Write a DEBUG line with the types and frames (file, line, function) of an exception and its chain.

    The text of the exceptions stays out. At most 40 innermost frames of at most 8 exceptions are written.
    """
    if not LOGGER.isEnabledFor(logging.DEBUG):
        return
    written: list[str] = []
    known: set[int] = set()
    one: BaseException | None = cause
    while one is not None and id(one) not in known and len(written) < MOST_CAUSES:
        known.add(id(one))
        frames = deque(walk_tb(one.__traceback__), MOST_FRAMES)
        places = [f"{frame.f_code.co_filename}:{line} in {frame.f_code.co_name}" for frame, line in frames]
        written.append(f"{type(one).__qualname__} at {', '.join(places) or 'nowhere'}")
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    LOGGER.debug("raised by what is plugged in: %s", "; from ".join(written))


def secrets_of(request: HttpRequest) -> frozenset[str]:
    """Collect the secrets of a request: credentials in its headers, and secret fields of its body."""
    own = () if request.about is None else request.about.headers
    return secrets_in((*request.headers, *(("authorization", value) for _, value in own)), request.body)


def tokens_of(*grants: Grant | None) -> frozenset[str]:
    """Collect the tokens of those grants that there are."""
    return frozenset(grant.token for grant in grants if grant is not None)
