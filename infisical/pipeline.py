"""One call as a flow: prepare, run the chain, read the answer; and a login as a call whose answer is held.

What the two clients share. It knows the order of the parts, the settings and the session cell; nothing here does I/O.
"""

from __future__ import annotations

import copy
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlsplit

from returns.result import Failure, Success

from infisical.auth import POLICIES, AsyncLogin, AuthMode, Credential, Policy, is_visible_ascii, sendable
from infisical.drivers import Deadline, attach_cause, raised
from infisical.errors import (
    AuthenticationError,
    DeadlineExceededError,
    DecodeError,
    InfisicalError,
    InfisicalNetworkError,
    from_response,
)
from infisical.flow import Flow, Middleware, Next, call, chain
from infisical.group import Answer
from infisical.middleware.auth_mode import auth_mode, checked_by
from infisical.middleware.log import log
from infisical.middleware.retry import Budget, Retry, retry
from infisical.middleware.session import Grant, Renew, Session, SessionStore, attach_token, grant_for
from infisical.redaction import secrets_in
from infisical.request import Headers, HttpRequest, Request, prepare
from infisical.response import Response
from infisical.version import __version__

if TYPE_CHECKING:
    from infisical.endpoints.identity_auth import LoginResponse

T = TypeVar("T")
CLOUD: Final = "https://app.infisical.com"
OURS: Final = frozenset({"authorization", "x-api-key", "content-type", "content-length", "transfer-encoding"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What one call may have different from another: seconds, how it is repeated, and whether a write may be."""

    timeout: float
    deadline: float | None
    retry: Retry | None
    idempotent: bool = False
    max_response_bytes: int | None

    def __post_init__(self) -> None:
        seconds("timeout", self.timeout)
        if self.deadline is not None:
            seconds("deadline", self.deadline)
        most = self.max_response_bytes
        if most is not None and (isinstance(most, bool) or not isinstance(most, int) or most < 1):
            raise ValueError(f"max_response_bytes is a whole number of at least 1, or None, not {most!r}")
        if self.retry is not None and not isinstance(self.retry, Retry):
            raise ValueError(f"retry is a Retry or None, not {type(self.retry).__name__}")


class Pipeline:
    """Settings, the session cell, and every call as a flow."""

    def __init__(
        self,
        base_url: str,
        headers: Mapping[str, str],
        options: Options,
        policy: str | Policy,
        middleware: Sequence[Middleware],
        auth: Credential | None,
        clock: Callable[[], float],
        chance: Callable[[], float],
        leeway: float,
        allow_http: bool,
    ) -> None:
        self.base_url = _base(base_url, allow_http)
        self.headers = _headers(headers)
        self.leeway = seconds("leeway", leeway, zero=True)
        self.clock = clock
        self.cell = SessionStore()
        if auth is not None:
            self.hold(auth.mode, auth.value)
        self._middleware, self._chance = middleware, chance
        self._check = checked_by(_policy(policy))
        self._session = attach_token(self.cell, clock, self._check)
        self._budget: Budget | None = None
        self._arrange(options)

    def with_options(self, options: Options) -> Pipeline:
        """Copy it with other options, and the same session."""
        other = copy.copy(self)
        other._arrange(options)
        return other

    def _arrange(self, options: Options) -> None:
        self.options = options
        again: list[Middleware] = []
        if options.retry is not None and options.retry.attempts > 1:
            if self._budget is None:
                self._budget = Budget(options.retry.budget)
            again = [retry(options.retry, self._budget, self._chance, options.idempotent)]
        mode = auth_mode(self._check, self.cell.mode)
        self.chain: Next = chain([*self._middleware, log(self.clock), mode, *again, self._session])

    def deadline(self) -> Deadline:
        """Until when a call that begins now may last."""
        seconds = self.options.deadline
        return Deadline(math.inf if seconds is None else self.clock() + seconds, self.clock)

    def call(self, request: Request[T], following: Next | None = None) -> Flow[Answer[T]]:
        """Prepare, run the chain (or only what follows), read the answer."""
        options = self.options
        prepared = prepare(request, self.base_url, self.headers, options.timeout, options.max_response_bytes)
        if isinstance(prepared, Failure):
            return prepared
        message = prepared.unwrap()
        held = self.cell.session
        before = held.grant
        outcome = yield from (following or self.chain)(message)
        if isinstance(outcome, Failure):
            return outcome
        response = outcome.unwrap()
        most = options.max_response_bytes
        if most is not None and len(response.body) > most:
            return Failure(InfisicalNetworkError(f"the answer has more than {most} bytes", reason="protocol"))
        if 200 <= response.status < 300:
            return request.returns(response)
        tokens = {grant.token for grant in (before, held.grant, self.cell.session.grant) if grant is not None}
        return Failure(_refusal(message, request, response, tokens))

    def login(self, method: AsyncLogin) -> Flow[Answer[LoginResponse]]:
        """Log in, and hold the token, unless somebody logged out or in meanwhile."""
        before = self.cell.session
        now = self.clock()
        answer = yield from self._answer(method, None)
        if isinstance(answer, Success) and self.cell.session is before:
            mode: AuthMode = "identity_access_token"
            grant = self._grant(mode, answer.unwrap(), now)
            self.cell.session = Session(mode, grant, self._renewal(mode, method), callable(method))
        return answer

    def hold_login(self, method: AsyncLogin) -> None:
        """Hold a login method: the first call that needs a credential logs in with it, as every renewal does."""
        mode: AuthMode = "identity_access_token"
        self.cell.session = Session(mode, None, self._renewal(mode, method), callable(method))

    def hold(self, mode: AuthMode, token: str, expires_in: float | None = None, renew: Any = None) -> None:
        """Hold a token set by hand; nothing of an earlier login remains. `expires_in` is in seconds.

        ValueError if a header cannot carry the token, or if `expires_in` is not a lifetime.
        """
        sendable("token", token)
        if expires_in is not None and not _is_lifetime(expires_in):
            raise ValueError(f"expires_in must be {LIFETIME}, or None")
        grant = grant_for(mode, token, expires_in, self.clock(), self.leeway, renew is not None)
        again = None if renew is None else self._renewal(mode, renew)
        self.cell.session = Session(mode, grant, again, callable(renew))

    def forget(self) -> None:
        """Put an empty session into the store; a pending login is forgotten too."""
        self.cell.session = Session()

    def _renewal(self, mode: AuthMode, method: AsyncLogin) -> Renew:
        """Make the flow of a fresh login by the same method, sent past the middleware that waits for it."""

        def renew(following: Next) -> Flow[Answer[Grant]]:
            now = self.clock()
            answer = yield from self._answer(method, following)
            if isinstance(answer, Failure) and _dropped(answer.failure()):
                answer = yield from self._answer(method, following)
            return answer.map(lambda fresh: self._grant(mode, fresh, now))

        return renew

    def _answer(self, method: AsyncLogin, following: Next | None) -> Flow[Answer[LoginResponse]]:
        """Ask a login method for its answer: the server's, or that of a factory that has a token already."""
        from infisical.endpoints.identity_auth import LoginResponse

        made: Any = method
        if callable(method):
            asked = yield from call(method)
            if isinstance(asked, Failure):
                return Failure(_plug_in_failed("the login factory", asked.failure()))
            made = asked.unwrap()
        if isinstance(made, LoginResponse):
            return _usable(made)
        if not callable(getattr(made, "request", None)):
            return Failure(AuthenticationError(f"{type(made).__name__} is not a login method"))
        built = yield from call(made.request)
        if isinstance(built, Failure):
            return Failure(_plug_in_failed("the login method", built.failure()))
        login: Request[LoginResponse] = built.unwrap()
        if not isinstance(login, Request):
            return Failure(AuthenticationError(f"{type(made).__name__} is not a login method: it built no Request"))
        answer = yield from self.call(login, following)
        return answer.bind(_usable)

    def _grant(self, mode: AuthMode, answer: LoginResponse, now: float) -> Grant:
        return grant_for(mode, answer.access_token, answer.expires_in, now, self.leeway, True)


LIFETIME: Final = "a number of seconds from 0 to 10**10"


def _is_lifetime(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 10**10


def _usable(answer: LoginResponse) -> Answer[LoginResponse]:
    """Return the answer, if its token can be sent and its lifetime is one."""
    try:
        sendable("access token", answer.access_token)
    except ValueError as cause:
        return Failure(DecodeError(str(cause), path="accessToken"))
    if not _is_lifetime(answer.expires_in):
        return Failure(DecodeError(f"expiresIn must be {LIFETIME}", path="expiresIn"))
    return Success(answer)


def _plug_in_failed(what: str, cause: Exception) -> InfisicalError:
    """Make the error for an exception of a login factory or method."""
    if isinstance(cause, DeadlineExceededError):
        return cause  # the call's own: it did not wait any longer
    return attach_cause(AuthenticationError(f"{what} failed: {raised(cause)}"), cause)


def _refusal(message: HttpRequest, request: Request[Any], response: Response, tokens: set[str]) -> InfisicalError:
    secrets = secrets_in((*message.headers, *(("authorization", value) for _, value in request.headers)), message.body)
    return from_response(response, request.method, request.path, secrets | tokens)


def _dropped(error: InfisicalError) -> bool:
    """Whether it looks like an idle connection that had gone stale: worth another try at once, nothing else is."""
    return isinstance(error, InfisicalNetworkError) and error.reason == "reset"


# ---- settings: ValueError where one cannot be right
def _base(url: str, allow_http: bool) -> str:
    """The base URL without its trailing slash, if a credential may go there."""
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except (ValueError, AttributeError, TypeError):
        raise ValueError("base_url is not a URL: https://host[:port][/prefix]") from None
    if parts.username is not None or parts.password is not None:
        raise ValueError("base_url must not hold a user name or password")
    if not good or parts.query or parts.fragment or not is_visible_ascii(url) or "?" in url or "#" in url:
        raise ValueError(f"base_url must be https://host[:port][/prefix], not {url!r}")
    if parts.scheme == "http" and not allow_http and not _is_this_machine(parts.hostname or ""):
        raise ValueError(f"{url!r} would send credentials in clear; allow_http=True permits it")
    return url.rstrip("/")


def _is_this_machine(host: str) -> bool:
    numbers = host.split(".")
    return host in ("localhost", "::1") or (
        numbers[0] == "127" and len(numbers) == 4 and all(map(str.isdigit, numbers))
    )


def _headers(given: Mapping[str, str]) -> Headers:
    for name, value in given.items():
        if not isinstance(name, str) or not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name):
            raise ValueError(f"headers: {name!r} is not a header name")
        if name.lower() in OURS:
            raise ValueError(f"headers: {name} is set by the client (a credential is given by auth=, login or set_*)")
        if not isinstance(value, str) or not re.fullmatch(r"[ -~\t]*", value):
            raise ValueError(f"headers: {name} has a line break, a control or a non-ASCII character in it")
    defaults = {"Accept": "application/json", "User-Agent": f"infisical-functional/{__version__}"}
    taken = {name.lower() for name in given}
    return (*((name, value) for name, value in defaults.items() if name.lower() not in taken), *given.items())


def seconds(what: str, value: float, *, zero: bool = False) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(f"{what} must be a number of seconds, not {value!r}")
    if value < 0 or (value == 0 and not zero):
        raise ValueError(f"{what} must be more than {value!r} seconds")
    return float(value)


def _policy(policy: str | Policy) -> Policy:
    if not isinstance(policy, str):
        return policy
    if policy not in POLICIES:
        raise ValueError(f"auth_policy is {', '.join(map(repr, POLICIES))} or a function, not {policy!r}")
    return POLICIES[policy]
