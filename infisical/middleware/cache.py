"""The cache middleware: answers reads from the cache, fills it, and drops what writes may have changed.

It runs inside the auth mode's middleware and around the retries. cache.py has the settings and the state. Equal reads
in flight share one request.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable
from typing import Any, Final, TypeAlias

from returns.result import Failure, Success

from infisical.access import AuthMode
from infisical.answer import Answer
from infisical.cache import CacheStore, Key, Ticket, find_projects, make_alias, make_key
from infisical.errors import InfisicalApiError, InfisicalNetworkError, InternalServerError, RateLimitError
from infisical.flow import Flow, Middleware, Next, Outcome, once
from infisical.middleware.auth_mode import Check
from infisical.middleware.log import LOGGER
from infisical.request import HttpRequest, Request
from infisical.response import Response

HitFinder: TypeAlias = Callable[[Request[Any]], "Answer[Any] | None"]
READING_TEMPLATES: Final = frozenset(
    {
        "/api/v1/identities/search",
        "/api/v2/pki/alerts/preview/certificates",
        "/api/v1/kms/keys/{keyId}/encrypt",
        "/api/v1/kms/keys/{keyId}/decrypt",
        "/api/v1/kms/keys/{keyId}/sign",
        "/api/v1/kms/keys/{keyId}/verify",
    }
)
"""Templates of POSTs that change nothing. Their answers are not cached, and leave the cache as it is."""
CONDITIONS: Final = frozenset({"if-none-match", "if-modified-since", "if-match", "if-unmodified-since", "range"})


def cache(store: CacheStore, clock: Callable[[], float], group: Hashable, fresh: bool) -> Middleware:
    """Make the middleware. Only calls of one `group` share requests; with `fresh` reads fill the cache, no more."""

    def answer(request: HttpRequest, following: Next) -> Flow[Outcome]:
        if request.method == "GET":
            return reread(request, following) if fresh else read(request, following)
        if request.about is not None and request.about.path in READING_TEMPLATES:
            return following(request)
        return write(request, following)

    def write(request: HttpRequest, following: Next) -> Flow[Outcome]:
        with store.writing(find_projects(request.about)):
            return (yield from following(request))

    def read(request: HttpRequest, following: Next) -> Flow[Outcome]:
        if _has_condition(request):
            return (yield from following(request))
        now, session, key = clock(), store.sessions.session, make_key(request)
        entry = store.find_fresh(session, key, now)
        if entry is not None:
            return Success(entry.response)
        ticket = store.take_ticket(session, now)
        flight = (store, session, ticket.epoch, key, group)
        return (yield from once(flight, lambda: fetch(request, following, key, ticket)))

    def fetch(request: HttpRequest, following: Next, key: Key, ticket: Ticket) -> Flow[Outcome]:
        """Ask the server, by the entry's ETag if there is one. This is the flight that equal reads share."""
        entry = store.find(ticket.session, key)
        etag = None if entry is None else entry.etag
        outcome = yield from following(request if etag is None else request.with_header("If-None-Match", etag))
        if _is_outage(outcome):
            stale = store.find_stale(ticket.session, key, clock())
            return outcome if stale is None else Success(stale)
        if entry is not None and etag is not None and isinstance(outcome, Success) and outcome.unwrap().status == 304:
            return Success(store.renew(key, entry, ticket))
        return keep(request, outcome, key, ticket)

    def reread(request: HttpRequest, following: Next) -> Flow[Outcome]:
        """Ask the server whatever the cache holds. `watch` sends its own ETag."""
        session, key = store.sessions.session, make_key(request)
        ticket = store.take_ticket(session, clock())
        entry = store.find(session, key)
        outcome = yield from following(request)
        if isinstance(outcome, Success) and outcome.unwrap().status == 304:
            if entry is not None and ("If-None-Match", entry.etag) in request.headers:
                store.renew(key, entry, ticket)
            return outcome
        return outcome if _is_outage(outcome) else keep(request, outcome, key, ticket)

    def keep(request: HttpRequest, outcome: Outcome, key: Key, ticket: Ticket) -> Outcome:
        """Fill the cache by a 200. A refusal drops the entry, also that of a login: no later outage may revive it."""
        if isinstance(outcome, Failure):
            error = outcome.failure()
            is_refused = isinstance(error, InfisicalApiError) and not isinstance(error, RateLimitError)
        else:
            response: Response = outcome.unwrap()
            if response.status == 200:
                return Success(store.fill(request, key, response, ticket))
            is_refused = response.status != 429
        if is_refused:
            store.drop(ticket.session, key)
        return outcome

    return answer


def make_hit_finder(
    store: CacheStore,
    clock: Callable[[], float],
    check: Check,
    get_mode: Callable[[], AuthMode | None],
    max_bytes: int | None,
) -> HitFinder:
    """Make the function that finds a fresh answer by the request alone; None where the call has to run."""

    def find_hit(request: Request[Any]) -> Answer[Any] | None:
        if not isinstance(request, Request) or LOGGER.isEnabledFor(logging.INFO):
            return None
        try:
            return look_up(request)
        except Exception:  # of the application's clock, policy or decoder: the call makes a failure of it
            return None

    def look_up(request: Request[Any]) -> Answer[Any] | None:
        alias = make_alias(request)
        entry = None if alias is None else store.find_alias(store.sessions.session, alias, clock())
        if entry is None or (max_bytes is not None and len(entry.response.body) > max_bytes):
            return None
        refusal = check(request.access, get_mode())
        if refusal is not None:
            return Failure(refusal)
        answer: Answer[Any] = entry.response.answers.decode(request.returns, entry.response)
        return answer if isinstance(answer, Success) else None

    return find_hit


def _has_condition(request: HttpRequest) -> bool:
    return any(name.lower() in CONDITIONS for name, _ in request.headers)


def _is_outage(outcome: Outcome) -> bool:
    """True for a network failure or a 5xx, of the call or of the login that it needed."""
    if isinstance(outcome, Success):
        response: Response = outcome.unwrap()
        return response.status >= 500
    error = outcome.failure()
    if isinstance(error, InfisicalNetworkError):
        return not error.defect
    return isinstance(error, InternalServerError)
