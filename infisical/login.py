"""Logins and their renewal as flows: a call whose answer goes into the session. Nothing here does I/O.

login_methods.py has the methods themselves; middleware/token.py decides when one is asked again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

from returns.result import Failure, Success

from infisical.access import AuthMode
from infisical.answer import Answer
from infisical.call import Pipeline
from infisical.credentials import check_sendable
from infisical.defects import attach_cause, describe_exception
from infisical.errors import (
    AuthenticationError,
    DeadlineExceededError,
    DecodeError,
    InfisicalError,
    InfisicalNetworkError,
    as_unsent,
)
from infisical.flow import Flow, Next, call, chain
from infisical.middleware.log import log_source
from infisical.request import Request
from infisical.session import Grant, Renewal, Session, make_grant

if TYPE_CHECKING:
    from infisical.endpoints.identity_auth import LoginResponse

MODE: Final[AuthMode] = "identity_access_token"
"""The mode of the token that every login returns."""
LIFETIME: Final = "a number of seconds from 0 to 10**10"
SOURCE_FORM: Final = "result = yield from call(read)"


class LoginMethod(Protocol):
    """Builds a fresh login request for every login."""

    def request(self) -> Request[LoginResponse]: ...


class LoginSource(Protocol):
    """Finds the credential of a login where its platform keeps it, again for every login: see `infisical.sources`."""

    def find_login(self) -> Flow[Answer[LoginMethod]]: ...


Login: TypeAlias = "LoginMethod | LoginSource | Callable[[], LoginMethod | LoginSource | LoginResponse]"
"""A login method, its source, or a factory that is called for every login: to read a token file again, for example.

A factory may also return a `LoginResponse`: a token from elsewhere, and its lifetime in seconds.
"""
AsyncLogin: TypeAlias = "Login | Callable[[], Awaitable[LoginMethod | LoginSource | LoginResponse]]"
"""The same for the asyncio client, whose factories may be coroutine functions."""


def log_in(pipeline: Pipeline, method: AsyncLogin) -> Flow[Answer[LoginResponse]]:
    """Log in, and hold the token, unless another caller logged in or out meanwhile."""
    store, now = pipeline.store, pipeline.settings.clock()
    before = store.session
    answer = yield from _ask(pipeline, method, None)
    if isinstance(answer, Success) and store.session is before:
        grant = _make_grant(pipeline, MODE, answer.unwrap(), now)
        store.replace(Session(MODE, grant, make_renewal(pipeline, MODE, method), _is_asked_again(method)))
    return answer


def hold_login(pipeline: Pipeline, method: AsyncLogin) -> None:
    """Hold a login method: the first call that needs a credential logs in with it, as every renewal does."""
    pipeline.store.replace(Session(MODE, None, make_renewal(pipeline, MODE, method), _is_asked_again(method)))


def hold_token(
    pipeline: Pipeline, mode: AuthMode, token: str, expires_in: float | None = None, renew: AsyncLogin | None = None
) -> None:
    """Hold a given token; nothing of an earlier login remains. `expires_in` is in seconds.

    ValueError if a header cannot carry the token, or if `expires_in` is not a lifetime.
    """
    check_sendable("token", token)
    if expires_in is not None and not _is_lifetime(expires_in):
        raise ValueError(f"expires_in must be {LIFETIME}, or None")
    settings = pipeline.settings
    grant = make_grant(mode, token, expires_in, settings.clock(), settings.leeway, renew is not None)
    renewal = None if renew is None else make_renewal(pipeline, mode, renew)
    pipeline.store.replace(Session(mode, grant, renewal, _is_asked_again(renew)))


def make_renewal(pipeline: Pipeline, mode: AuthMode, method: AsyncLogin) -> Renewal:
    """Make the flow of a fresh login by the same method. It bypasses the middleware that waits for it."""

    def renew(last: Next) -> Flow[Answer[Grant]]:
        following = chain([pipeline.log], last)  # the log has a line for the login itself
        now = pipeline.settings.clock()
        answer = yield from _ask(pipeline, method, following)
        if isinstance(answer, Failure):
            return answer
        return Success(_make_grant(pipeline, mode, answer.unwrap(), now))

    return renew


def _ask(pipeline: Pipeline, method: AsyncLogin, following: Next | None) -> Flow[Answer[LoginResponse]]:
    """Ask a login method for its answer: the server's, or that of a factory that has a token already."""
    from infisical.endpoints.identity_auth import LoginResponse

    product: Any = method
    if callable(method):
        called = yield from call(method)
        if isinstance(called, Failure):
            return Failure(_wrap_failure("the login factory", called.failure()))
        product = called.unwrap()
    if callable(getattr(product, "find_login", None)):
        credential = yield from _find_login(product, pipeline.settings.clock)
        if isinstance(credential, Failure):
            return Failure(as_unsent(credential.failure()))  # whatever the source sent, the login was not
        product = credential.unwrap()
    if isinstance(product, LoginResponse):
        return _check_answer(product)
    if not callable(getattr(product, "request", None)):
        return Failure(AuthenticationError(f"{type(product).__name__} is not a login method"))
    answer = yield from _send_login(pipeline, product, following)
    if following is not None and isinstance(answer, Failure) and _is_stale_connection(answer.failure()):
        answer = yield from _send_login(pipeline, product, following)  # its factory or source is not asked again
    return answer if isinstance(answer, Failure) else _check_answer(answer.unwrap())


def _find_login(source: LoginSource, clock: Callable[[], float]) -> Flow[Answer[Any]]:
    """Ask a source for its login method. The log has a line for it: a source has no line of a request."""
    start = clock()
    answer = yield from _run_source(source)
    log_source(type(source).__name__, answer.failure() if isinstance(answer, Failure) else None, clock() - start)
    return answer


def _run_source(source: LoginSource) -> Flow[Answer[Any]]:
    """Run a source; a mistake in its code is a failure."""
    name = f"the login source {type(source).__name__}"
    answer: object = None
    try:
        flow: object = source.find_login()
        if not isinstance(flow, Generator):
            if isinstance(flow, Coroutine):
                flow.close()
            return Failure(
                AuthenticationError(f"{name} is no flow: write its find_login as a generator, {SOURCE_FORM}")
            )
        answer = yield from flow
    except Exception as cause:
        return Failure(_wrap_failure(name, cause))
    if isinstance(answer, Success) or (isinstance(answer, Failure) and isinstance(answer.failure(), InfisicalError)):
        return answer
    return Failure(AuthenticationError(f"{name} returned {type(answer).__name__}, not an Answer"))


def _send_login(pipeline: Pipeline, method: LoginMethod, following: Next | None) -> Flow[Answer[LoginResponse]]:
    """Send the request of a login method, built for this attempt."""
    built = yield from call(method.request)
    if isinstance(built, Failure):
        return Failure(_wrap_failure("the login method", built.failure()))
    request = built.unwrap()
    if not isinstance(request, Request):
        return Failure(AuthenticationError(f"{type(method).__name__} is not a login method: it built no Request"))
    return (yield from pipeline.call(request, following))


def _is_asked_again(method: object) -> bool:
    """True for a factory or a source, whose next answer may be a better credential."""
    return callable(method) or hasattr(method, "find_login")


def _make_grant(pipeline: Pipeline, mode: AuthMode, answer: LoginResponse, now: float) -> Grant:
    return make_grant(mode, answer.access_token, answer.expires_in, now, pipeline.settings.leeway, True)


def _check_answer(answer: LoginResponse) -> Answer[LoginResponse]:
    """Return the answer, or a failure if a header cannot carry its token or its lifetime cannot be right."""
    try:
        check_sendable("access token", answer.access_token)
    except ValueError as cause:
        return Failure(DecodeError(str(cause), path="accessToken"))
    if not _is_lifetime(answer.expires_in):
        return Failure(DecodeError(f"expiresIn must be {LIFETIME}", path="expiresIn"))
    return Success(answer)


def _is_lifetime(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 10**10


def _wrap_failure(what: str, cause: Exception) -> InfisicalError:
    """Make the error for an exception of a login factory or method."""
    if isinstance(cause, DeadlineExceededError):
        return cause  # the deadline of the call, not an exception of the factory
    return attach_cause(AuthenticationError(f"{what} failed: {describe_exception(cause)}"), cause)


def _is_stale_connection(error: InfisicalError) -> bool:
    """True if an idle connection seems to have been closed: the only failure of a login that is retried at once."""
    return isinstance(error, InfisicalNetworkError) and error.reason == "reset"
