"""One call as a flow: prepare, run the chain, read the answer; and a login as a call whose answer is held.

What the two clients share. It knows the order of the parts, the settings and the session cell; nothing here does I/O.
Which settings cannot be right is known in options.py, what cannot be plugged in, in wiring.py.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from returns.result import Failure, Success

from infisical.answer import Answer
from infisical.auth import AsyncLogin, AuthMode, Credential, Policy, sendable
from infisical.drivers import Deadline, attach_cause, raised
from infisical.errors import (
    AuthenticationError,
    DeadlineExceededError,
    DecodeError,
    InfisicalApiError,
    InfisicalError,
    InfisicalNetworkError,
    NotFoundError,
    RequestError,
    from_response,
)
from infisical.flow import Flow, Middleware, Next, call, chain
from infisical.middleware.auth_mode import auth_mode, checked_by
from infisical.middleware.log import log, secrets_of, tokens_of
from infisical.middleware.retry import Budget, Retry, retry
from infisical.middleware.session import Grant, Renew, Session, SessionStore, attach_token, grant_for
from infisical.options import policy_of, root_of, seconds, sent_headers, shown
from infisical.request import HttpRequest, Request, prepare
from infisical.response import Response
from infisical.server_paths import ServerPaths
from infisical.wiring import check_auth, check_middleware

if TYPE_CHECKING:
    from infisical.endpoints.identity_auth import LoginResponse

T = TypeVar("T")
CLOUD: Final = "https://app.infisical.com"


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
            raise ValueError(f"max_response_bytes is a whole number of at least 1, or None, not {shown(most)}")
        if self.retry is not None and not isinstance(self.retry, Retry):
            raise ValueError(f"retry is a Retry or None, not {type(self.retry).__name__}")


class Pipeline:
    """Settings, the session cell, and every call as a flow."""

    def __init__(
        self,
        *,
        base_url: str,
        headers: Mapping[str, str] | None,
        options: Options,
        policy: str | Policy,
        middleware: Sequence[Middleware],
        auth: Credential | AsyncLogin | None,
        blocking: bool,
        clock: Callable[[], float],
        chance: Callable[[], float],
        leeway: float,
        allow_http: bool,
    ) -> None:
        self.base_url = root_of(base_url, allow_http)
        self.headers = sent_headers(headers)
        self.leeway = seconds("leeway", leeway, zero=True)
        check_middleware(middleware)
        self.clock = clock
        self.cell = SessionStore()
        if auth is not None:
            if check_auth(auth, blocking=blocking) == "credential":
                credential = cast("Credential", auth)
                self.hold(credential.mode, credential.value)
            else:
                self.hold_login(cast("AsyncLogin", auth))
        self._middleware, self._chance = middleware, chance
        self._check = checked_by(policy_of(policy))
        self._session = attach_token(self.cell, clock, self._check)
        self._log = log(clock, self.cell)
        self._budget: Budget | None = None
        self.server_paths = ServerPaths()
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
        self.chain: Next = chain([*self._middleware, self._log, mode, *again, self._session])

    def deadline(self) -> Deadline:
        """Until when a call that begins now may last."""
        seconds = self.options.deadline
        return Deadline(math.inf if seconds is None else self.clock() + seconds, self.clock)

    def call(self, request: Request[T], following: Next | None = None) -> Flow[Answer[T]]:
        """Run a request: by the path that the server has, where it may have an older one."""
        if not isinstance(request, Request):
            return _refuse(request)
        # a plain function: a request that never moved pays for no second generator
        return self._on_any_server(request, following) if request.formerly else self._sent(request, following)

    def _on_any_server(self, request: Request[T], following: Next | None) -> Flow[Answer[T]]:
        """Try its paths one after the other, as long as the server answers that it has no such route."""
        missing: dict[str, Answer[T]] = {}
        for template in self.server_paths.in_order(request):
            asked = request if template == request.path else replace(request, path=template, formerly=())
            answer = yield from self._sent(asked, following)
            if not _has_no_route(answer):
                if template != request.path and _is_answered(answer):
                    self.server_paths.remember(request, template)
                return answer
            self.server_paths.forget(request, template)
            missing[template] = answer
        return missing[request.path]  # today's path is the one to speak of

    def _sent(self, request: Request[T], following: Next | None) -> Flow[Answer[T]]:
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
            decoded = request.returns(response)
            if isinstance(decoded, (Success, Failure)):
                return decoded
            return Failure(InfisicalError(f"the decoder returned {type(decoded).__name__}, not a Result"))
        return Failure(_refusal(message, request, response, tokens_of(before, held.grant, self.cell.session.grant)))

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

        def renew(last: Next) -> Flow[Answer[Grant]]:
            following = chain([self._log], last)  # a login has a line of its own
            now = self.clock()
            answer = yield from self._answer(method, following)
            if isinstance(answer, Failure) and _dropped(answer.failure()):
                answer = yield from self._answer(method, following)
            if isinstance(answer, Failure):
                return answer
            return Success(self._grant(mode, answer.unwrap(), now))

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
        return answer if isinstance(answer, Failure) else _usable(answer.unwrap())

    def _grant(self, mode: AuthMode, answer: LoginResponse, now: float) -> Grant:
        return grant_for(mode, answer.access_token, answer.expires_in, now, self.leeway, True)


def _refuse(request: object) -> Flow[Answer[Any]]:
    """Fail a call that was given something else than a request."""
    yield from ()
    kind = type(request).__name__
    return Failure(RequestError(f"a client runs a Request, Secrets.list(...) for example, not {kind}"))


def _has_no_route(answer: Answer[Any]) -> bool:
    """Whether the server answered that it does not know the path: nothing was done."""
    error = answer.failure() if isinstance(answer, Failure) else None
    return isinstance(error, NotFoundError) and error.route_missing


ANSWERED: Final = frozenset({400, 404, 422})
"""Errors of the endpoint itself. A refused token, a rate limit or a gateway answers before there is a route."""


def _is_answered(answer: Answer[Any]) -> bool:
    """Whether the endpoint itself answered, with success or with an error of its own."""
    if not isinstance(answer, Failure):
        return True
    error = answer.failure()
    return isinstance(error, DecodeError) or (isinstance(error, InfisicalApiError) and error.status_code in ANSWERED)


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


def _refusal(message: HttpRequest, request: Request[Any], response: Response, tokens: frozenset[str]) -> InfisicalError:
    secrets = secrets_of(message) | tokens
    return from_response(response, request.method, request.path, secrets, request.parts)


def _dropped(error: InfisicalError) -> bool:
    """Whether it looks like an idle connection that had gone stale: worth another try at once, nothing else is."""
    return isinstance(error, InfisicalNetworkError) and error.reason == "reset"
