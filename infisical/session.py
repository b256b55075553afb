"""The session: which token a client has, how the next one is obtained, and how long failed logins cool down.

All state of a login is here, and only methods of this module write it. A `Session` lasts from a login to a logout. A
logout puts another one into the store, so that a login in flight completes in the old one, which nobody reads. Every
write rebinds one attribute: readers need no lock. This module neither sends nor waits, and reads no clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Final, TypeAlias

from returns.result import Result

from infisical.access import AuthMode
from infisical.credentials import make_header
from infisical.errors import (
    AuthenticationError,
    DeadlineExceededError,
    InfisicalApiError,
    InfisicalError,
    InfisicalNetworkError,
    InternalServerError,
    RateLimitError,
    RequestError,
)
from infisical.flow import Flow, Next

Renewal: TypeAlias = "Callable[[Next], Flow[Result[Grant, InfisicalError]]]"
"""The flow of a fresh login; its argument sends the login."""
Endpoint: TypeAlias = tuple[str, str]
COOL_DOWN_SECONDS: Final = 5.0
"""Without a login after one that failed for a transient reason."""
FACTORY_COOL_DOWN_SECONDS: Final = 60.0
"""Without a login after one that the server refused, where a factory may provide a better credential."""
MIN_RATE_LIMIT_SECONDS: Final = 1.0
MAX_RATE_LIMIT_SECONDS: Final = 300.0
"""Bounds for the wait that a server asks for after a 429."""
REFUSED_AGAIN_SECONDS: Final = 30.0
"""Without a login for an endpoint that refused a fresh token."""


@dataclass(frozen=True, slots=True, eq=False)
class Grant:
    """One token, and its times by the clock.

    Grants compare by identity, so that a late refusal of an old grant starts no login.
    """

    mode: AuthMode
    token: str = field(repr=False)
    header: tuple[str, str] = field(repr=False)
    renew_at: float = inf
    expires_at: float = inf


def make_grant(
    mode: AuthMode, token: str, expires_in: float | None, now: float, leeway: float, renewable: bool
) -> Grant:
    """Make a grant; all times are in seconds, and it never expires if `expires_in` is 0 or None.

    The renewal is due `leeway` before the expiry, or at half the lifetime of a token that lives less than twice that.
    """
    header = make_header(mode, token)
    if not expires_in:
        return Grant(mode, token, header)
    early = expires_in - leeway if expires_in >= 2 * leeway else expires_in / 2
    return Grant(mode, token, header, now + early if renewable else inf, now + expires_in)


def collect_tokens(*grants: Grant | None) -> frozenset[str]:
    """Collect the tokens of the grants that are not None."""
    return frozenset(grant.token for grant in grants if grant is not None)


@dataclass(frozen=True, slots=True)
class CoolDown:
    """The error of a failed login, and the time until which no other login starts."""

    error: InfisicalError
    until: float


@dataclass(slots=True, eq=False)
class Session:
    """The state from a login to a logout: the mode, the token, and how to get the next token.

    A session with `renew` and without a grant is a pending login: the first call that needs a credential logs in.
    """

    mode: AuthMode | None = None
    grant: Grant | None = None
    renew: Renewal | None = field(default=None, repr=False)
    by_factory: bool = False
    cool_down: CoolDown | None = None
    interrupted: bool = False
    """True if the last login ended in an exception of plugged-in code."""
    refusals: Mapping[Endpoint, float] = field(default_factory=dict)
    """The endpoints that refused a fresh token, each with the time until which its refusals start no login."""

    def needs_renewal(self, grant: Grant, now: float) -> bool:
        """True if the token is due, and either has expired or may be renewed now."""
        return now >= grant.renew_at and (now >= grant.expires_at or self.current_cool_down(now) is None)

    def current_cool_down(self, now: float) -> CoolDown | None:
        """Return the cool-down that has not ended yet, or None."""
        cool_down = self.cool_down
        return cool_down if cool_down is not None and now < cool_down.until else None

    def seconds_until_login(self, error: InfisicalError, now: float) -> float:
        """Return the seconds until the login that failed with this error may be tried again; inf if it may not."""
        cool_down = self.cool_down
        return inf if cool_down is None or cool_down.error is not error else max(0.0, cool_down.until - now)

    def accept(self, grant: Grant) -> None:
        """Put a fresh grant in place of the old one; a cool-down ends."""
        self.cool_down, self.interrupted = None, False
        self.grant = grant

    def start_cool_down(self, error: InfisicalError, now: float) -> None:
        """Note that a login failed."""
        if isinstance(error, DeadlineExceededError):
            return  # the deadline was that of one call: the next call tries
        if _is_interruption(error, self.by_factory) and not self.interrupted:
            self.interrupted = True  # perhaps a signal's: only if it repeats, plugged-in code is broken
            return
        self.cool_down = CoolDown(error, now + _choose_cool_down(error, self.by_factory))

    def ignores_refusal(self, endpoint: Endpoint, now: float) -> bool:
        """True while a refusal by this endpoint starts no login."""
        return now < self.refusals.get(endpoint, -inf)

    def note_refusal(self, endpoint: Endpoint, now: float) -> None:
        """Note that an endpoint refused a fresh token."""
        recent = {key: until for key, until in self.refusals.items() if now < until}
        self.refusals = {**recent, endpoint: now + REFUSED_AGAIN_SECONDS}


@dataclass(slots=True, eq=False)
class SessionStore:
    """Holds the current session of a client."""

    session: Session = field(default_factory=Session)

    def mode(self) -> AuthMode | None:
        """Return the mode of the credential that the client sends; None if there is no credential."""
        return self.session.mode

    def replace(self, session: Session) -> None:
        """Put a session in place of the current one."""
        self.session = session

    def clear(self) -> None:
        """Put an empty session in place of the current one."""
        self.session = Session()


def _is_interruption(error: InfisicalError, by_factory: bool) -> bool:
    """True if an exception ended the login: of its executor, its method or a value in its request.

    An exception of a factory does not count: it is likely to repeat, and may count as an attempt where it asks.
    """
    if isinstance(error, RequestError):
        return True
    if error.__cause__ is None:
        return False
    if isinstance(error, InfisicalNetworkError):
        return error.defect
    return isinstance(error, AuthenticationError) and not by_factory


def _choose_cool_down(error: InfisicalError, by_factory: bool) -> float:
    """Return the seconds of the cool-down: infinite for a refusal, since refusals count towards a lockout."""
    if isinstance(error, RateLimitError):
        wait = COOL_DOWN_SECONDS if error.retry_after is None else error.retry_after
        return min(max(wait, MIN_RATE_LIMIT_SECONDS), MAX_RATE_LIMIT_SECONDS)
    if isinstance(error, InfisicalApiError) and not isinstance(error, InternalServerError) and error.status_code >= 400:
        return FACTORY_COOL_DOWN_SECONDS if by_factory else inf
    return COOL_DOWN_SECONDS
