"""The session link: attaches the token, and renews it by a fresh login, in one flight for all who wait.

The one mutable place is `Cell.session`. A `Session` lasts from a login to a logout; logging out puts a new one in the
cell, so that a login still in the air lands in the old one, where nobody looks. Every write is one rebinding of an
attribute: readers need no lock. Which credentials there are, and how they are asked for, is not known here.
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
    InternalServerError,
    RateLimitError,
    error_type,
    unsent,
    waiting,
)
from infisical.flow import Flow, Middleware, Next, Outcome, once
from infisical.middleware.auth_mode import Check
from infisical.request import HttpRequest
from infisical.response import Response

Renew: TypeAlias = "Callable[[Next], Flow[Result[Grant, InfisicalError]]]"
REST: Final = 5.0  # seconds after a renewal that failed by chance
REST_FACTORY: Final = 60.0  # seconds after a refused login whose factory may do better next time
FUTILE: Final = 30.0  # seconds in which an endpoint that refuses a fresh token starts no login


@dataclass(frozen=True, slots=True, eq=False)
class Grant:
    """One token: compared by identity, so that a late refusal of an old one starts nothing. Times by the clock."""

    mode: AuthMode
    token: str = field(repr=False)
    header: tuple[str, str] = field(repr=False)
    renew_at: float = inf
    expires_at: float = inf
    renew: Renew | None = field(default=None, repr=False)
    by_factory: bool = False


def granted(
    mode: AuthMode,
    token: str,
    expires_in: float | None,
    now: float,
    leeway: float,
    renew: Renew | None,
    by_factory: bool = False,
) -> Grant:
    """Make a grant with its times. No expiry if `expires_in` is 0; a short-lived token is renewed at half its life."""
    carried = header(mode, token)
    if not expires_in or expires_in < 0:
        return Grant(mode, token, carried, renew=renew, by_factory=by_factory)
    early = expires_in - leeway if expires_in >= 2 * leeway else expires_in / 2
    return Grant(mode, token, carried, now + early if renew else inf, now + expires_in, renew, by_factory)


@dataclass(frozen=True, slots=True)
class Failed:
    """A renewal that failed, and until when nobody tries again."""

    error: InfisicalError
    until: float


@dataclass(slots=True, eq=False)
class Session:
    """From a login to a logout."""

    grant: Grant | None = None
    failed: Failed | None = None
    futile: Mapping[tuple[str, str], float] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Cell:
    """What the client is logged in with."""

    session: Session = field(default_factory=Session)

    def mode(self) -> AuthMode | None:
        grant = self.session.grant
        return None if grant is None else grant.mode


def session(cell: Cell, clock: Callable[[], float], check: Check) -> Middleware:
    """Make the link. `check` is asked again about the token that is attached: it may have changed since."""

    def resting(held: Session, now: float) -> Failed | None:
        return held.failed if held.failed is not None and now < held.failed.until else None

    def good(held: Session, grant: Grant) -> bool:
        """Whether there is no need to renew it, or no use in trying while it lives."""
        now = clock()
        return now < grant.renew_at or (now < grant.expires_at and resting(held, now) is not None)

    def renewal(held: Session, old: Grant, renew: Renew, following: Next) -> Flow[Result[Grant, InfisicalError]]:
        landed = held.grant
        if landed is not None and landed is not old and good(held, landed):  # since the look that found the old one
            return Success(landed)
        failed = resting(held, clock())
        if failed is not None:
            return Failure(failed.error)
        renewed = yield from renew(following)
        if isinstance(renewed, Failure):
            error = renewed.failure()
            if isinstance(error, DeadlineExceededError):
                return renewed  # it says something of this call alone: the next one tries
            held.failed = Failed(error, clock() + _rest(error, old.by_factory))
        else:
            held.grant, held.failed = renewed.unwrap(), None
        if cell.session is held:
            return renewed
        grant = cell.session.grant
        if grant is None:
            return Failure(AuthenticationError("logged out while the token was renewed"))
        return Success(grant)

    def fresh(
        held: Session, old: Grant, renew: Renew, refused: bool, following: Next
    ) -> Flow[Result[Grant, InfisicalError]]:
        """A token in the place of one that is refused, or due."""
        renewed = yield from once(held, lambda: renewal(held, old, renew, following))
        if isinstance(renewed, Failure) and not refused and clock() < old.expires_at and cell.session is held:
            return Success(old)  # it was early: the old token still lives
        return renewed

    def rest(held: Session, error: InfisicalError) -> float:
        """In how many seconds a renewal that failed so is tried again; never, if it is not one that was remembered."""
        failed = held.failed
        return inf if failed is None or failed.error is not error else max(0.0, failed.until - clock())

    def attach(request: HttpRequest, following: Next) -> Flow[Outcome]:
        access, held = request.auth, cell.session
        grant = held.grant  # looked at once: by the time that it is judged there may be another
        if access.need == "none" or grant is None:
            refusal = check(access, None)  # logged out since the mode was checked
            return Failure(refusal) if refusal is not None else (yield from following(request))
        if grant.renew is not None and not good(held, grant):
            first = yield from fresh(held, grant, grant.renew, False, following)
            if isinstance(first, Failure):
                error = first.failure()
                return Failure(unsent(error, rest(held, error)))
            grant = first.unwrap()
        refusal = check(access, grant.mode)
        if refusal is not None:
            return Failure(refusal)
        outcome = yield from following(request.with_header(*grant.header))
        if grant.renew is None or not access.judges_session or not _refused(outcome):
            return outcome
        return (yield from again(request, following, grant, grant.renew, outcome))

    def again(request: HttpRequest, following: Next, refused: Grant, renew: Renew, outcome: Outcome) -> Flow[Outcome]:
        """Once more with another token, if there is one to be had."""
        held = cell.session  # anew: somebody may have logged out or in while the request was on its way
        grant = held.grant
        if grant is None:
            return outcome
        endpoint = (request.method, request.url if request.about is None else request.about.path)
        if grant is refused and clock() < held.futile.get(endpoint, -inf):
            return outcome
        if grant is refused or (grant.renew is not None and not good(held, grant)):
            second = yield from fresh(held, grant, grant.renew or renew, grant is refused, following)
            if isinstance(second, Failure):
                error = second.failure()
                return Failure(waiting(error, rest(held, error)))
            grant = second.unwrap()
        refusal = check(request.auth, grant.mode)
        if refusal is not None:
            return Failure(refusal)
        last = yield from following(request.with_header(*grant.header))
        if _refused(last):
            now = clock()
            held.futile = {**{key: until for key, until in held.futile.items() if now < until}, endpoint: now + FUTILE}
        return last

    return attach


def _rest(error: InfisicalError, by_factory: bool) -> float:
    """For how long a failed login is not repeated: refusals count towards a lockout, the rest passes."""
    if isinstance(error, RateLimitError):
        return REST if error.retry_after is None else error.retry_after
    if isinstance(error, InfisicalApiError) and not isinstance(error, InternalServerError) and error.status_code >= 400:
        return REST_FACTORY if by_factory else inf
    return REST


def _refused(outcome: Outcome) -> bool:
    """Whether the server refused the token itself: not what was asked, nor who asked."""
    if isinstance(outcome, Failure):
        return False
    response: Response = outcome.unwrap()
    if response.status == 401:
        return error_type(response) != "ValidationFailure"
    return response.status == 403 and error_type(response) == "TokenError"
