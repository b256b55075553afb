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
from infisical.drivers import FOREVER, Deadline, raised
from infisical.errors import AuthenticationError, DecodeError, InfisicalError, InfisicalNetworkError, from_response
from infisical.flow import Flow, Middleware, Next, call, chain
from infisical.group import Answer
from infisical.middleware.auth_mode import auth_mode, checked_by
from infisical.middleware.log import log
from infisical.middleware.retry import Budget, Retry, retry
from infisical.middleware.session import Cell, Grant, Renew, Session, granted, session
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
        self.cell = Cell()
        if auth is not None:
            self.hold(auth.mode, auth.value)
        self._middleware, self._chance = middleware, chance
        self._check = checked_by(_policy(policy))
        self._session = session(self.cell, clock, self._check)
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
        return FOREVER if seconds is None else Deadline(self.clock() + seconds, self.clock)

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
        """Log in, and hold the token: unless somebody logged out, or in, meanwhile."""
        before = self.cell.session
        now = self.clock()
        answer = yield from self._answer(method, None)
        if isinstance(answer, Success) and self.cell.session is before:
            self.cell.session = Session(self._grant("identity_access_token", answer.unwrap(), now, method))
        return answer

    def hold(self, mode: AuthMode, token: str, expires_in: float | None = None, renew: Any = None) -> None:
        """Hold a token set by hand; whatever an earlier login left behind is gone."""
        sendable("token", token)
        again = None if renew is None else self._renewal(mode, renew)
        by_factory = callable(renew)
        self.cell.session = Session(granted(mode, token, expires_in, self.clock(), self.leeway, again, by_factory))

    def forget(self) -> None:
        """Put an empty session in the cell."""
        self.cell.session = Session()

    def _renewal(self, mode: AuthMode, method: AsyncLogin) -> Renew:
        """A fresh login by the same method, sent past the links that wait for it."""

        def renew(following: Next) -> Flow[Answer[Grant]]:
            now = self.clock()
            answer = yield from self._answer(method, following)
            if isinstance(answer, Failure) and _dropped(answer.failure()):
                answer = yield from self._answer(method, following)
            return answer.map(lambda fresh: self._grant(mode, fresh, now, method))

        return renew

    def _answer(self, method: AsyncLogin, following: Next | None) -> Flow[Answer[LoginResponse]]:
        """What a login method gets: from the server, or from a factory that has a token already."""
        from infisical.endpoints.identity_auth import LoginResponse

        made: Any = method
        if callable(method):
            asked = yield from call(method)
            if isinstance(asked, Failure):
                return Failure(AuthenticationError(f"the login factory failed: {raised(asked.failure())}"))
            made = asked.unwrap()
        if isinstance(made, LoginResponse):
            return _held(made)
        if not callable(getattr(made, "request", None)):
            return Failure(AuthenticationError(f"{type(made).__name__} is not a login method"))
        built = yield from call(made.request)
        if isinstance(built, Failure):
            return Failure(AuthenticationError(f"the login method failed: {raised(built.failure())}"))
        login: Request[LoginResponse] = built.unwrap()
        answer = yield from self.call(login, following)
        return answer.bind(_held)

    def _grant(self, mode: AuthMode, answer: LoginResponse, now: float, method: AsyncLogin) -> Grant:
        renew = self._renewal(mode, method)
        return granted(mode, answer.access_token, answer.expires_in, now, self.leeway, renew, callable(method))


def _held(answer: LoginResponse) -> Answer[LoginResponse]:
    """The answer, if its token can be sent at all."""
    try:
        sendable("access token", answer.access_token)
    except ValueError as cause:
        return Failure(DecodeError(str(cause), path="accessToken"))
    return Success(answer)


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
    from infisical.executors.proxies import is_loopback  # only for http://, which few clients use

    return is_loopback(host)


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
