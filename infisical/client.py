"""The two clients: the composition root. api.py names the groups, options.py the settings, call.py runs the chain.

Only this module knows all the parts.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import Enum
from math import inf
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, NoReturn, TypeAlias, TypeVar, cast

from returns.result import Failure

from infisical.access import AuthMode, Policy
from infisical.answer import Answer
from infisical.api import Api as Api
from infisical.call import Pipeline, make_pipeline
from infisical.credentials import Credential
from infisical.defects import describe_exception, wrap_exception
from infisical.drivers.asyncio import adrive
from infisical.drivers.blocking import drive
from infisical.drivers.deadline import Deadline
from infisical.drivers.flights import AsyncFlights, Flights
from infisical.errors import AuthenticationError
from infisical.flow import Flow, Middleware
from infisical.group import AsyncRun, Group, R, Run
from infisical.login import AsyncLogin, Login, hold_login, hold_token, log_in
from infisical.middleware.retry import Retry
from infisical.options import CLOUD, ClientOptions, Options, make_client_settings
from infisical.request import Request
from infisical.transport import AsyncExecutor, Executor
from infisical.wiring import check_auth, check_executor, check_login, check_sleep, find_login_mistake

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self, Unpack

    from infisical.cache import Cache, CacheInfo
    from infisical.endpoints.identity_auth import LoginResponse

T = TypeVar("T")
L = TypeVar("L")
E = TypeVar("E")
S = TypeVar("S")
Clock: TypeAlias = Callable[[], float]
DEFAULTS: Final = Options()


class OmittedOption(Enum):
    """Marks an omitted option where `None` is a valid value."""

    OMITTED = "omitted"


OMITTED_OPTION: Final = OmittedOption.OMITTED


class Client(Api[R], Generic[R, L, E, S]):
    """The constructor and the state that both clients share. It runs nothing."""

    _blocking: ClassVar[bool]
    _pipeline: Pipeline
    _owned: Any = None
    """The transport that the client made, and closes."""

    def __init__(
        self,
        *,
        base_url: str = CLOUD,
        auth: Credential | L | None = None,
        executor: E | None = None,
        timeout: float = DEFAULTS.timeout,
        deadline: float | None = DEFAULTS.deadline,
        retry: Retry | None = DEFAULTS.retry,
        max_response_bytes: int | None = DEFAULTS.max_response_bytes,
        headers: Mapping[str, str] | None = None,
        auth_policy: str | Policy = "documented",
        leeway: float = 30.0,
        middleware: Sequence[Middleware] = (),
        clock: Clock = time.monotonic,
        random: Callable[[], float] = random.random,
        sleep: S | None = None,
        allow_http: bool = False,
        cache: Cache | None = None,
    ) -> None:
        super().__init__(cast("R", self))
        if mistake := self._configure(
            auth,
            executor,
            sleep,
            {"timeout": timeout, "deadline": deadline, "retry": retry, "max_response_bytes": max_response_bytes},
            base_url=base_url,
            headers=headers,
            policy=auth_policy,
            middleware=middleware,
            clock=clock,
            random=random,
            leeway=leeway,
            allow_http=allow_http,
            cache=cache,
        ):
            del base_url, headers, auth  # a traceback with locals must not show them
            raise ValueError(mistake)
        self._connect(executor, sleep)

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None, **options: Unpack[ClientOptions[L, E, S]]) -> Self:
        """Make a client from environment variables, those of `os.environ` by default: `INFISICAL_TOKEN` and others.

        `infisical.settings.from_env` describes them. `options` are the arguments of the constructor; a given `base_url`
        or `auth` is used instead of the environment's. ValueError, which shows no value, if a variable cannot be right,
        or if no credential is set and `auth` is not given (`auth=None` makes a client without one).
        """
        from infisical.settings import complete_options

        completed = complete_options(os.environ if environ is None else environ, options)
        mistake = completed.failure().message if isinstance(completed, Failure) else ""
        arguments = [] if isinstance(completed, Failure) else [completed.unwrap()]
        del environ, options, completed  # a traceback with locals must not show them
        if not arguments:
            raise ValueError(mistake)
        return cls(**arguments.pop())

    def _configure(
        self, auth: object, executor: object, sleep: object, options: dict[str, Any], **settings: Any
    ) -> str:
        """Check and keep every setting; return the mistake in them, or an empty text.

        It does not raise: the constructor does, in a frame without secrets.
        """
        try:
            if executor is not None:
                check_executor(executor, blocking=self._blocking)
            if sleep is not None:
                check_sleep(sleep, blocking=self._blocking)
            self._pipeline = make_pipeline(make_client_settings(**settings), Options(**options))
            if auth is not None:
                if check_auth(auth, blocking=self._blocking) == "credential":
                    credential = cast("Credential", auth)
                    hold_token(self._pipeline, credential.mode, credential.value)
                else:
                    hold_login(self._pipeline, cast("AsyncLogin", auth))
        except ValueError as cause:
            return str(cause)
        except Exception as cause:
            return f"a setting cannot be used: {describe_exception(cause)}"
        return ""

    def _connect(self, executor: E | None, sleep: S | None) -> None:
        """Keep executor and sleep, or make the default ones."""
        raise NotImplementedError

    def _hold(self, mode: AuthMode, token: str, expires_in: float | None, renew: L | None) -> str:
        try:
            if renew is not None:
                check_login("renew", renew, blocking=self._blocking)
            hold_token(self._pipeline, mode, token, expires_in, cast("AsyncLogin | None", renew))
        except ValueError as cause:
            return str(cause)
        return ""

    def _deadline(self) -> Deadline:
        """Return the deadline of a call that begins now."""
        clock, seconds = self._pipeline.settings.clock, self._pipeline.options.deadline
        return Deadline(inf if seconds is None else clock() + seconds, clock)

    @property
    def auth_mode(self) -> AuthMode | None:
        """The mode of the client's credential; None if it has none."""
        return self._pipeline.store.mode()

    @property
    def is_authenticated(self) -> bool:
        """True if the client has a credential, valid or not, or a login method for it."""
        return self.auth_mode is not None

    def set_access_token(self, token: str, expires_in: float | None = None, renew: L | None = None) -> None:
        """Hold an identity's access token; this replaces everything that an earlier login left behind.

        `expires_in` is in seconds (None or 0: it does not expire), `renew` a login method or factory for its renewal.
        ValueError if a header cannot carry the token, or if `renew` is no login.
        """
        if mistake := self._hold("identity_access_token", token, expires_in, renew):
            del token
            raise ValueError(mistake)

    def set_jwt(self, token: str, expires_in: float | None = None, renew: L | None = None) -> None:
        """Hold a user's token, as `set_access_token` holds an identity's.

        A `renew` factory returns a `LoginResponse` with the next token; the mode stays.
        """
        if mistake := self._hold("jwt", token, expires_in, renew):
            del token
            raise ValueError(mistake)

    def logout(self) -> None:
        """Forget the credential, what was cached, and the result of a login in flight. The server is not told."""
        self._pipeline.store.clear()
        self.forget_cached()

    def forget_cached(self) -> None:
        """Empty the cache; reads in flight do not fill it."""
        if self._pipeline.cache is not None:
            self._pipeline.cache.clear()

    def cache_info(self) -> CacheInfo | None:
        """Return what the cache has done, and what it holds; None for a client without a cache."""
        cache = self._pipeline.cache
        return None if cache is None else cache.info()

    def with_options(
        self,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
        retry: Retry | OmittedOption | None = OMITTED_OPTION,
        idempotent: bool | None = None,
        max_response_bytes: int | None = None,
        fresh: bool | None = None,
    ) -> Self:
        """Copy the client with other options for some calls. It is cheap: session, transport and cache are shared.

        `timeout` (seconds) limits one HTTP request, `deadline` a whole call. `retry=None` turns retries off.
        `idempotent=True` declares that repeating a call of the copy does no harm: writes are then retried as reads are.
        `fresh=True` asks the server whatever the cache holds, and puts the answer into the cache.
        Omitted options keep their value. ValueError for a value that cannot be right. Closing the copy closes nothing.
        """
        before = self._pipeline.options
        options = Options(
            timeout=before.timeout if timeout is None else timeout,
            deadline=before.deadline if deadline is None else deadline,
            retry=before.retry if isinstance(retry, OmittedOption) else retry,
            idempotent=before.idempotent if idempotent is None else idempotent,
            max_response_bytes=before.max_response_bytes if max_response_bytes is None else max_response_bytes,
            fresh=before.fresh if fresh is None else fresh,
        )
        twin = type(self).__new__(type(self))
        attributes = vars(twin)
        attributes.update(vars(self))
        for name in [name for name, value in attributes.items() if isinstance(value, Group)]:
            del attributes[name]  # a group runs requests by its client; `_run` is such an attribute too
        attributes.update(_run=twin, _pipeline=self._pipeline.with_options(options), _owned=None)
        return twin

    def __copy__(self) -> Self:
        return self.with_options()

    def __deepcopy__(self, _: object) -> NoReturn:
        self.__reduce__()

    def __reduce__(self) -> NoReturn:
        name = type(self).__name__
        raise TypeError(f"{name} cannot be pickled or deep-copied: share it between threads, or make another {name}")

    def __reduce_ex__(self, _: object) -> NoReturn:
        self.__reduce__()

    def __repr__(self) -> str:
        if "_pipeline" not in vars(self):  # in a traceback of a constructor that failed
            return f"{type(self).__name__}(not constructed)"
        return f"{type(self).__name__}({self._pipeline.settings.base_url!r}, auth_mode={self.auth_mode!r})"


class InfisicalClient(Client[Run, Login, Executor, Callable[[float], object]]):
    """The blocking client. Safe to share between threads; a context manager that closes the transport it made.

    `base_url` is the root of the server, with a path prefix if it has one; `http://` to any other machine needs
    `allow_http`, and the client drops one `/api` at the end. `auth` is a credential, or a login method or factory: with
    these the first call that needs a credential logs in. `executor` sends HTTP requests; None: urllib3.
    `timeout` (seconds) limits one HTTP request, `deadline` a call with all its HTTP requests and waits (None: no
    limit). `retry` describes how calls are repeated after a transient failure (None: never): a write only where it
    surely was not done. An answer of more than `max_response_bytes` is a `Failure`. The client sends `headers` with
    every HTTP request. `auth_policy` is "documented", "server" or a function of an endpoint's `Access`. A token is
    renewed `leeway` seconds before it expires. `clock`, `sleep` and `random` are for tests.
    `middleware` lists your middleware, outermost first. `cache` keeps answers for a while (None: nothing is kept).
    ValueError if an argument cannot be right; calls never raise.
    """

    _blocking = True

    def _connect(self, executor: Executor | None, sleep: Callable[[float], object] | None) -> None:
        self._flights = Flights()
        self._sleep = time.sleep if sleep is None else sleep
        if executor is None:
            self._owned = _make_transport()
        self._execute: Executor = self._owned if executor is None else executor

    def __call__(self, request: Request[T], /) -> Answer[T]:
        """Run any request, a hand-made one too."""
        pipeline = self._pipeline
        if pipeline.find_hit is not None and (hit := pipeline.find_hit(request)) is not None:
            return hit
        return self._drive(pipeline.call(request))

    def login(self, method: Login) -> Answer[LoginResponse]:
        """Log in, hold the token, and renew it the same way from now on.

        `method` is a login method, a source (`infisical.sources`), which is asked for each login, or a factory of
        either, which is called for each login. A failed login changes nothing.
        Expect `UnauthorizedError` (a wrong secret; it counts towards a lockout), `NotFoundError` (an unknown client id
        or identity), `ValidationError`.
        """
        mistake = find_login_mistake(method, blocking=True)
        if mistake is not None:
            return Failure(AuthenticationError(mistake))
        return self._drive(log_in(self._pipeline, method))

    def _drive(self, flow: Flow[Answer[T]]) -> Answer[T]:
        try:
            return drive(flow, self._execute, self._flights, self._sleep, self._deadline())
        except Exception as cause:
            return Failure(wrap_exception(cause))

    def close(self) -> None:
        """Close the transport, if the client made it; calls after that are a `Failure`."""
        if self._owned is not None:
            self._owned.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncInfisicalClient(Client[AsyncRun, AsyncLogin, AsyncExecutor, Callable[[float], Awaitable[object]]]):
    """The asyncio client: the same arguments, with an async executor; None: urllib3 in its threads.

    Login factories may be coroutine functions. An async context manager that closes the transport it made.
    """

    _blocking = False

    def _connect(self, executor: AsyncExecutor | None, sleep: Callable[[float], Awaitable[object]] | None) -> None:
        self._flights: AsyncFlights = {}
        self._sleep = sleep
        if executor is None:
            from infisical.executors.threaded import ThreadedExecutor

            self._owned = _make_transport()
            executor = self._threads = ThreadedExecutor(self._owned)
        self._execute: AsyncExecutor = executor

    async def __call__(self, request: Request[T], /) -> Answer[T]:
        """Run any request, a hand-made one too."""
        pipeline = self._pipeline
        if pipeline.find_hit is not None and (hit := pipeline.find_hit(request)) is not None:
            return hit
        return await self._drive(pipeline.call(request))

    async def login(self, method: AsyncLogin) -> Answer[LoginResponse]:
        """Log in, as `InfisicalClient.login` does."""
        mistake = find_login_mistake(method, blocking=False)
        if mistake is not None:
            return Failure(AuthenticationError(mistake))
        return await self._drive(log_in(self._pipeline, method))

    async def _drive(self, flow: Flow[Answer[T]]) -> Answer[T]:
        try:
            return await adrive(flow, self._execute, self._flights, self._sleep, self._deadline())
        except Exception as cause:
            return Failure(wrap_exception(cause))

    async def aclose(self) -> None:
        """Close the transport, if the client made it; calls after that are a `Failure`."""
        if self._owned is not None:
            self._threads.close()
            self._owned.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


def _make_transport() -> Any:
    from infisical.executors.urllib3 import Urllib3Executor

    return Urllib3Executor(max_response_bytes=sys.maxsize)  # each HTTP request has the limit of its call
