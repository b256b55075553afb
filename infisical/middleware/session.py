"""The session, and the middleware that sends its token and renews it by a fresh login, in one flight for all callers.

The one mutable place is `SessionStore.session`. A `Session` lasts from a login to a logout. A logout puts a new one
into the store, so that a login in flight completes in the old one, where nobody looks. Every write is one rebinding of
an attribute: readers need no lock. This module knows neither the kinds of credentials nor how a login is written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Final, TypeAlias

from returns.result import Failure, Result, Success

from infisical.auth import AuthMode, header
from infisical.errors import (
    AuthenticationError,
    DeadlineExceededError,
    InfisicalApiError,
    InfisicalError,
    InfisicalNetworkError,
    InternalServerError,
    RateLimitError,
    RequestError,
    error_message,
    error_type,
    unsent,
    waiting,
)
from infisical.flow import Flow, Middleware, Next, Outcome, once
from infisical.middleware.auth_mode import Check
from infisical.request import HttpRequest
from infisical.response import Response

Renew: TypeAlias = "Callable[[Next], Flow[Result[Grant, InfisicalError]]]"
COOL_DOWN: Final = 5.0
"""Seconds without a login after one that failed for a transient reason."""
COOL_DOWN_FACTORY: Final = 60.0
"""Seconds without a login after one that the server refused, where a factory may find a better credential."""
SHORTEST_RATE_LIMIT: Final = 1.0
LONGEST_RATE_LIMIT: Final = 300.0
"""Bounds in seconds for what a server asks to wait after a 429."""
REFUSED_AGAIN: Final = 30.0
"""Seconds in which an endpoint that refused a fresh token starts no login."""


@dataclass(frozen=True, slots=True, eq=False)
class Grant:
    """One token, and its times by the clock.

    Grants compare by identity, so that a late refusal of an old one starts nothing.
    """

    mode: AuthMode
    token: str = field(repr=False)
    header: tuple[str, str] = field(repr=False)
    renew_at: float = inf
    expires_at: float = inf


def grant_for(
    mode: AuthMode, token: str, expires_in: float | None, now: float, leeway: float, renewable: bool
) -> Grant:
    """Make a grant with its times, in seconds. It never expires if `expires_in` is 0 or None.

    A token that lives less than twice the leeway is renewed at half its life.
    """
    carried = header(mode, token)
    if not expires_in:
        return Grant(mode, token, carried)
    early = expires_in - leeway if expires_in >= 2 * leeway else expires_in / 2
    return Grant(mode, token, carried, now + early if renewable else inf, now + expires_in)


@dataclass(frozen=True, slots=True)
class CoolDown:
    """The error of a failed login, and until when no other login starts."""

    error: InfisicalError
    until: float


@dataclass(slots=True, eq=False)
class Session:
    """From a login to a logout: the mode, the token, and how to get the next token.

    A session without a grant that has `renew` is a pending login: the first call that needs a credential logs in.
    """

    mode: AuthMode | None = None
    grant: Grant | None = None
    renew: Renew | None = field(default=None, repr=False)
    by_factory: bool = False
    cool_down: CoolDown | None = None
    interrupted: bool = False
    """Whether the last login ended in an exception of somebody else's code."""
    refusals: Mapping[tuple[str, str], float] = field(default_factory=dict)
    """Endpoints that refused a fresh token, and until when their refusals start no login."""


@dataclass(slots=True, eq=False)
class SessionStore:
    """Holds the session of a client."""

    session: Session = field(default_factory=Session)

    def mode(self) -> AuthMode | None:
        """Return the mode of the credential that calls are sent with; None if there is no credential."""
        return self.session.mode


def attach_token(store: SessionStore, clock: Callable[[], float], check: Check) -> Middleware:
    """Make the middleware. `check` is asked again about the token that is attached: the session may have changed."""

    def current_cool_down(session: Session, now: float) -> CoolDown | None:
        cool_down = session.cool_down
        return cool_down if cool_down is not None and now < cool_down.until else None

    def needs_renewal(session: Session, grant: Grant) -> bool:
        """Whether the token is due, and either has expired or may be renewed now."""
        now = clock()
        return now >= grant.renew_at and (now >= grant.expires_at or current_cool_down(session, now) is None)

    def log_in(
        session: Session, old: Grant | None, renew: Renew, following: Next
    ) -> Flow[Result[Grant, InfisicalError]]:
        """Get a token in place of the old one. This is the flight that callers share."""
        current = session.grant
        if current is not None and current is not old and not needs_renewal(session, current):
            return Success(current)  # another flight completed since the caller looked
        cool_down = current_cool_down(session, clock())
        if cool_down is not None:
            return Failure(cool_down.error)
        renewed = yield from renew(following)
        latest = session.grant
        if latest is not None and latest is not current:
            renewed = Success(latest)  # this flight was abandoned, and its successor has completed
        elif isinstance(renewed, Failure):
            remember(session, renewed.failure())
        else:
            session.cool_down, session.interrupted = None, False
            session.grant = renewed.unwrap()
        if store.session is session:
            return renewed
        latest = store.session.grant
        if latest is None:
            return Failure(AuthenticationError("logged out while the token was renewed"))
        return Success(latest)

    def remember(session: Session, error: InfisicalError) -> None:
        """Start the cool-down of a failed login."""
        if isinstance(error, DeadlineExceededError):
            return  # the deadline was that of one call: the next call tries
        if _is_interruption(error, session) and not session.interrupted:
            session.interrupted = True  # a signal's, perhaps: only if it repeats, somebody's code is broken
            return
        session.cool_down = CoolDown(error, clock() + _cool_down_after(error, session.by_factory))

    def fresh(
        session: Session, old: Grant | None, renew: Renew, refused: bool, following: Next
    ) -> Flow[Result[Grant, InfisicalError]]:
        """Return a token in place of one that was refused, is due, or was never there."""
        renewed = yield from once(session, lambda: log_in(session, old, renew, following))
        if (
            isinstance(renewed, Failure)
            and old is not None
            and not refused
            and clock() < old.expires_at
            and store.session is session
        ):
            return Success(old)  # the renewal was early: the old token still lives
        return renewed

    def seconds_left(session: Session, error: InfisicalError) -> float:
        """Return the seconds until the login that failed with this error is tried again; inf if it is not."""
        cool_down = session.cool_down
        return inf if cool_down is None or cool_down.error is not error else max(0.0, cool_down.until - clock())

    def attach(request: HttpRequest, following: Next) -> Flow[Outcome]:
        access, session = request.auth, store.session
        if access.need == "none":
            return (yield from following(request))
        grant = session.grant  # read once: it may change at any time
        if session.renew is not None and (grant is None or needs_renewal(session, grant)):
            refusal = check(access, session.mode)  # the session may have changed since the mode was checked
            if refusal is not None:
                return Failure(refusal)
            first = yield from fresh(session, grant, session.renew, False, following)
            if isinstance(first, Failure):
                error = first.failure()
                return Failure(unsent(error, seconds_left(session, error)))
            grant = first.unwrap()
        if grant is None:
            refusal = check(access, None)
            return Failure(refusal) if refusal is not None else (yield from following(request))
        refusal = check(access, grant.mode)
        if refusal is not None:
            return Failure(refusal)
        outcome = yield from following(request.with_header(*grant.header))
        if session.renew is None or not access.judges_session or not _refuses_token(outcome, grant.mode):
            return outcome
        return (yield from again(request, following, grant, outcome))

    def again(request: HttpRequest, following: Next, refused: Grant, outcome: Outcome) -> Flow[Outcome]:
        """Send the request once more with another token, if one can be had."""
        session = store.session  # read again: somebody may have logged out or in meanwhile
        grant, renew = session.grant, session.renew
        if grant is None or (grant is refused and renew is None):
            return outcome
        endpoint = (request.method, request.url if request.about is None else request.about.path)
        if grant is refused and clock() < session.refusals.get(endpoint, -inf):
            return outcome
        if renew is not None and (grant is refused or needs_renewal(session, grant)):
            second = yield from fresh(session, grant, renew, grant is refused, following)
            if isinstance(second, Failure):
                error = second.failure()
                failed = waiting(error, seconds_left(session, error))
                failed.sent = True  # the call itself was sent, whatever became of the login
                return Failure(failed)
            grant = second.unwrap()
        refusal = check(request.auth, grant.mode)
        if refusal is not None:
            return Failure(refusal)
        last = yield from following(request.with_header(*grant.header))
        if _refuses_token(last, grant.mode):
            now = clock()
            recent = {key: until for key, until in session.refusals.items() if now < until}
            session.refusals = {**recent, endpoint: now + REFUSED_AGAIN}
        return last

    return attach


def _is_interruption(error: InfisicalError, session: Session) -> bool:
    """Whether an exception ended the login, of its executor, its method or a value in its request.

    A factory's is not counted: it is likely to fail again, and may count as an attempt with whatever it asks.
    """
    if isinstance(error, RequestError):
        return True
    if error.__cause__ is None:
        return False
    if isinstance(error, InfisicalNetworkError):
        return error.defect
    return isinstance(error, AuthenticationError) and not session.by_factory


def _cool_down_after(error: InfisicalError, by_factory: bool) -> float:
    """Return for how many seconds a failed login is not repeated: refusals count towards a lockout."""
    if isinstance(error, RateLimitError):
        asked = COOL_DOWN if error.retry_after is None else error.retry_after
        return min(max(asked, SHORTEST_RATE_LIMIT), LONGEST_RATE_LIMIT)
    if isinstance(error, InfisicalApiError) and not isinstance(error, InternalServerError) and error.status_code >= 400:
        return COOL_DOWN_FACTORY if by_factory else inf
    return COOL_DOWN


def _refuses_token(outcome: Outcome, mode: AuthMode) -> bool:
    """Whether the server refused the token itself: not what was asked, nor the rights of its owner."""
    if isinstance(outcome, Failure):
        return False
    response: Response = outcome.unwrap()
    if response.status == 401:
        return error_type(response) != "ValidationFailure"
    if response.status == 403:
        return error_type(response) == "TokenError"
    # servers of 2024 answer so where a user's session has ended
    return response.status == 404 and mode == "jwt" and error_message(response) == "Session not found"
