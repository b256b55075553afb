"""The composition root: puts the chain together, and makes the two clients. The groups are named in api.py.

Nothing else knows all the parts. What a call is made of belongs to them; only the order of it is written here.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, NoReturn, TypeAlias, TypeVar

from returns.result import Failure

from infisical.answer import Answer
from infisical.api import Api as Api
from infisical.auth import AsyncLogin, AuthMode, Credential, Login, Policy
from infisical.drivers import AsyncExecutor, AsyncFlights, Executor, Flights, adrive, broken, drive, raised
from infisical.errors import AuthenticationError
from infisical.flow import Flow, Middleware
from infisical.group import AsyncRun, Group, R, Run
from infisical.middleware.retry import Retry
from infisical.pipeline import CLOUD, Options, Pipeline
from infisical.request import Request
from infisical.wiring import check_executor, check_function, check_login, check_sleep, login_mistake

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from infisical.endpoints.identity_auth import LoginResponse

T = TypeVar("T")
L = TypeVar("L")
Clock: TypeAlias = Callable[[], float]
RETRY: Final = Retry()
MOST_BYTES: Final = 64 * 2**20


class Same(Enum):
    """What is left out stays as it is, where None has a meaning of its own."""

    SAME = "same"


SAME: Final = Same.SAME


class Client(Api[R], Generic[R, L]):
    """What can be said of a client, and to it, without running anything."""

    _pipeline: Pipeline
    _blocking: ClassVar[bool]
    _own: Any = None
    """The transport that the client made, and closes."""

    def _configure(self, executor: object, sleep: object, options: dict[str, Any], **settings: Any) -> str:
        """Check and keep every setting; return what is wrong, or an empty text.

        It does not raise: the constructor does, where nothing secret is among the locals of a frame.
        """
        try:
            if executor is not None:
                check_executor(executor, blocking=self._blocking)
            if sleep is not None or self._blocking:
                check_sleep(sleep, blocking=self._blocking)
            check_function("clock", settings["clock"])
            check_function("random", settings["chance"])
            self._pipeline = Pipeline(options=Options(**options), blocking=self._blocking, **settings)
        except ValueError as cause:
            return str(cause)
        except Exception as cause:
            return f"a setting cannot be used: {raised(cause)}"
        return ""

    def _hold(self, mode: AuthMode, token: str, expires_in: float | None, renew: L | None) -> str:
        try:
            if renew is not None:
                check_login("renew", renew, blocking=self._blocking)
            self._pipeline.hold(mode, token, expires_in, renew)
        except ValueError as cause:
            return str(cause)
        return ""

    @property
    def auth_mode(self) -> AuthMode | None:
        """The kind of credential that the client holds; None if it holds none."""
        return self._pipeline.cell.mode()

    @property
    def is_authenticated(self) -> bool:
        """Whether the client holds a credential, good or not."""
        return self.auth_mode is not None

    def set_access_token(self, token: str, expires_in: float | None = None, renew: L | None = None) -> None:
        """Hold an identity's access token; whatever an earlier login left behind is gone.

        `expires_in` is in seconds (None or 0: it does not expire), `renew` a login method or factory for its renewal.
        ValueError if a header cannot carry the token, or `renew` is neither of these.
        """
        if problem := self._hold("identity_access_token", token, expires_in, renew):
            del token
            raise ValueError(problem)

    def set_jwt(self, token: str, expires_in: float | None = None, renew: L | None = None) -> None:
        """Hold a user's token, as `set_access_token` holds an identity's.

        A `renew` factory returns a `LoginResponse` with the next token; the mode stays.
        """
        if problem := self._hold("jwt", token, expires_in, renew):
            del token
            raise ValueError(problem)

    def logout(self) -> None:
        """Forget the credential; a login still in the air is forgotten too. The server is not told."""
        self._pipeline.forget()

    def with_options(
        self,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
        retry: Retry | Same | None = SAME,
        idempotent: bool | None = None,
        max_response_bytes: int | None = None,
    ) -> Self:
        """Copy the client with other options for some calls; it is cheap, and shares session, transport and flights.

        `timeout` (seconds) is for one message, `deadline` for a whole call. `retry=None` turns repeating off.
        `idempotent=True` says that the calls made with the copy do no harm if they are done twice, so that writes are
        repeated as reads are. What is left out stays. ValueError for what cannot be right. Closing the copy closes
        nothing.
        """
        before = self._pipeline.options
        options = Options(
            timeout=before.timeout if timeout is None else timeout,
            deadline=before.deadline if deadline is None else deadline,
            retry=before.retry if isinstance(retry, Same) else retry,
            idempotent=before.idempotent if idempotent is None else idempotent,
            max_response_bytes=before.max_response_bytes if max_response_bytes is None else max_response_bytes,
        )
        other = type(self).__new__(type(self))
        own = vars(other)
        own.update(vars(self))
        for name in [name for name, value in own.items() if isinstance(value, Group)]:
            del own[name]  # its groups run what this client runs, itself (`_run`) included
        own.update(_run=other, _pipeline=self._pipeline.with_options(options), _own=None)
        return other

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
        return f"{type(self).__name__}({self._pipeline.base_url!r}, auth_mode={self.auth_mode!r})"


class InfisicalClient(Client[Run, Login]):
    """The blocking client. Safe to share between threads; a context manager that closes the transport it made.

    `base_url` is the root of the server, with a path prefix if it has one; `http://` to anything but this machine needs
    `allow_http`, and one `/api` at the end is dropped. `auth` is a credential, or a login method or factory: with that
    the first call that needs a credential logs in. `executor` sends; None: urllib3.
    `timeout` (seconds) is the total for one message, `deadline` for a call with all its messages and waits (None: no
    end). `retry` says how calls that failed by chance are repeated (None: not at all): a write only where it surely was
    not done. An answer of more than `max_response_bytes` is a `Failure`. `headers` go with every message. `auth_policy`
    is "documented", "server" or a function of an endpoint's `Access`. A token is renewed `leeway` seconds before it
    expires. `clock`, `sleep` and `random` are for tests.
    `middleware` are links of your own, outermost first. ValueError if an argument cannot be right; calls never raise.
    """

    _blocking = True

    def __init__(
        self,
        *,
        base_url: str = CLOUD,
        auth: Credential | Login | None = None,
        executor: Executor | None = None,
        timeout: float = 30.0,
        deadline: float | None = 120.0,
        retry: Retry | None = RETRY,
        max_response_bytes: int | None = MOST_BYTES,
        headers: Mapping[str, str] | None = None,
        auth_policy: str | Policy = "documented",
        leeway: float = 30.0,
        middleware: Sequence[Middleware] = (),
        clock: Clock = time.monotonic,
        random: Callable[[], float] = random.random,
        sleep: Callable[[float], object] = time.sleep,
        allow_http: bool = False,
    ) -> None:
        super().__init__(self)
        if problem := self._configure(
            executor,
            sleep,
            {"timeout": timeout, "deadline": deadline, "retry": retry, "max_response_bytes": max_response_bytes},
            base_url=base_url,
            headers=headers,
            policy=auth_policy,
            middleware=middleware,
            auth=auth,
            clock=clock,
            chance=random,
            leeway=leeway,
            allow_http=allow_http,
        ):
            del base_url, headers, auth  # so that no traceback with locals shows them
            raise ValueError(problem)
        self._sleep = sleep
        self._execute: Executor = _transport(max_response_bytes) if executor is None else executor
        self._own: Any = self._execute if executor is None else None
        self._flights = Flights()

    def __call__(self, request: Request[T], /) -> Answer[T]:
        """Run any request, a hand-made one too."""
        return self._drive(self._pipeline.call(request))

    def login(self, method: Login) -> Answer[LoginResponse]:
        """Log in, hold the token, and renew it the same way from now on.

        `method` is a login method, or a factory that is called for each login. A failed login changes nothing.
        Expect `UnauthorizedError` (a wrong secret; it counts towards a lockout), `NotFoundError` (an unknown client id
        or identity), `ValidationError`.
        """
        mistake = login_mistake(method, blocking=True)
        if mistake is not None:
            return Failure(AuthenticationError(mistake))
        return self._drive(self._pipeline.login(method))

    def _drive(self, flow: Flow[Answer[T]]) -> Answer[T]:
        try:
            return drive(flow, self._execute, self._flights, self._sleep, self._pipeline.deadline())
        except Exception as cause:
            return Failure(broken(cause))

    def close(self) -> None:
        """Close the transport, if the client made it; calls after that are a `Failure`."""
        if self._own is not None:
            self._own.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncInfisicalClient(Client[AsyncRun, AsyncLogin]):
    """The asyncio client: the same arguments, with an async executor; None: urllib3 in threads of its own.

    Login factories may be coroutine functions. An async context manager that closes the transport it made.
    """

    _blocking = False

    def __init__(
        self,
        *,
        base_url: str = CLOUD,
        auth: Credential | AsyncLogin | None = None,
        executor: AsyncExecutor | None = None,
        timeout: float = 30.0,
        deadline: float | None = 120.0,
        retry: Retry | None = RETRY,
        max_response_bytes: int | None = MOST_BYTES,
        headers: Mapping[str, str] | None = None,
        auth_policy: str | Policy = "documented",
        leeway: float = 30.0,
        middleware: Sequence[Middleware] = (),
        clock: Clock = time.monotonic,
        random: Callable[[], float] = random.random,
        sleep: Callable[[float], Awaitable[object]] | None = None,
        allow_http: bool = False,
    ) -> None:
        super().__init__(self)
        if problem := self._configure(
            executor,
            sleep,
            {"timeout": timeout, "deadline": deadline, "retry": retry, "max_response_bytes": max_response_bytes},
            base_url=base_url,
            headers=headers,
            policy=auth_policy,
            middleware=middleware,
            auth=auth,
            clock=clock,
            chance=random,
            leeway=leeway,
            allow_http=allow_http,
        ):
            del base_url, headers, auth  # so that no traceback with locals shows them
            raise ValueError(problem)
        self._sleep = sleep
        self._own: Any = None
        if executor is None:
            from infisical.executors.threaded import ThreadedExecutor

            self._own = _transport(max_response_bytes)
            executor = self._threads = ThreadedExecutor(self._own)
        self._execute: AsyncExecutor = executor
        self._flights: AsyncFlights = {}

    async def __call__(self, request: Request[T], /) -> Answer[T]:
        """Run any request, a hand-made one too."""
        return await self._drive(self._pipeline.call(request))

    async def login(self, method: AsyncLogin) -> Answer[LoginResponse]:
        """Log in, as `InfisicalClient.login` does."""
        mistake = login_mistake(method, blocking=False)
        if mistake is not None:
            return Failure(AuthenticationError(mistake))
        return await self._drive(self._pipeline.login(method))

    async def _drive(self, flow: Flow[Answer[T]]) -> Answer[T]:
        try:
            return await adrive(flow, self._execute, self._flights, self._sleep, self._pipeline.deadline())
        except Exception as cause:
            return Failure(broken(cause))

    async def aclose(self) -> None:
        """Close the transport, if the client made it; calls after that are a `Failure`."""
        if self._own is not None:
            self._threads.close()
            self._own.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


def _transport(max_response_bytes: int | None) -> Any:
    from infisical.executors.urllib3 import Urllib3Executor

    return Urllib3Executor(max_response_bytes=max_response_bytes or sys.maxsize)
