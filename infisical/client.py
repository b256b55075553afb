"""The composition root: names every group once, puts the chain together, and makes the two clients.

Nothing else knows all the parts. What a call is made of belongs to them; only the order of it is written here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from returns.result import Failure

from infisical.auth import AsyncLogin, AuthMode, Credential, Login, Policy
from infisical.drivers import AsyncExecutor, AsyncFlights, Executor, Flights, InThreads, adrive, broken, drive
from infisical.flow import Flow, Middleware
from infisical.group import Answer, AsyncRun, Group, R, Run
from infisical.pipeline import CLOUD, Pipeline
from infisical.request import Request

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from infisical.endpoints.identities import Identities
    from infisical.endpoints.identity_access_tokens import IdentityAccessTokens
    from infisical.endpoints.identity_auth import IdentityAuth, LoginResponse
    from infisical.endpoints.kms import Kms
    from infisical.endpoints.secret_folders import SecretFolders
    from infisical.endpoints.secrets import Secrets
    from infisical.endpoints.secrets_v3 import SecretsV3

T = TypeVar("T")
L = TypeVar("L")
Clock: TypeAlias = Callable[[], float]


class Api(Group[R]):
    """Every group, imported when it is first asked for."""

    @cached_property
    def identities(self) -> Identities[R]:
        from infisical.endpoints.identities import Identities

        return Identities(self._run)

    @cached_property
    def identity_access_tokens(self) -> IdentityAccessTokens[R]:
        from infisical.endpoints.identity_access_tokens import IdentityAccessTokens

        return IdentityAccessTokens(self._run)

    @cached_property
    def identity_auth(self) -> IdentityAuth[R]:
        from infisical.endpoints.identity_auth import IdentityAuth

        return IdentityAuth(self._run)

    @cached_property
    def kms(self) -> Kms[R]:
        from infisical.endpoints.kms import Kms

        return Kms(self._run)

    @cached_property
    def secret_folders(self) -> SecretFolders[R]:
        from infisical.endpoints.secret_folders import SecretFolders

        return SecretFolders(self._run)

    @cached_property
    def secrets(self) -> Secrets[R]:
        from infisical.endpoints.secrets import Secrets

        return Secrets(self._run)

    @cached_property
    def secrets_v3(self) -> SecretsV3[R]:
        from infisical.endpoints.secrets_v3 import SecretsV3

        return SecretsV3(self._run)


class Client(Api[R], Generic[R, L]):
    """What can be said of a client, and to it, without running anything."""

    _pipeline: Pipeline

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
        ValueError if a header cannot carry the token.
        """
        self._pipeline.hold("identity_access_token", token, expires_in, renew)

    def set_jwt(self, token: str, expires_in: float | None = None, renew: L | None = None) -> None:
        """Hold a user's token, as `set_access_token` holds an identity's.

        A `renew` factory returns a `LoginResponse` with the next token; the mode stays.
        """
        self._pipeline.hold("jwt", token, expires_in, renew)

    def logout(self) -> None:
        """Forget the credential; a login still in the air is forgotten too. The server is not told."""
        self._pipeline.forget()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._pipeline.base_url!r}, auth_mode={self.auth_mode!r})"


class InfisicalClient(Client[Run, Login]):
    """The blocking client. Safe to share between threads; a context manager that closes the transport it made.

    `base_url` is the root of the server, with a path prefix if it has one; `http://` to anything but this machine needs
    `allow_http`. `auth` is a credential that is there already; `login` gets one. `executor` sends; None: urllib3.
    `timeout` (seconds) is the total for one message. `headers` go with every message. `auth_policy` is "documented",
    "server" or a function of an endpoint's `Access`. A token is renewed `leeway` seconds before it expires.
    `middleware` are links of your own, outermost first. ValueError if an argument cannot be right; calls never raise.
    """

    def __init__(
        self,
        *,
        base_url: str = CLOUD,
        auth: Credential | None = None,
        executor: Executor | None = None,
        timeout: float = 30.0,
        headers: Mapping[str, str] | None = None,
        auth_policy: str | Policy = "documented",
        leeway: float = 30.0,
        middleware: Sequence[Middleware] = (),
        clock: Clock = time.monotonic,
        allow_http: bool = False,
    ) -> None:
        super().__init__(self)
        self._pipeline = Pipeline(
            base_url, headers or {}, timeout, auth_policy, middleware, auth, clock, leeway, allow_http
        )
        self._execute: Executor = _transport() if executor is None else executor
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
        return self._drive(self._pipeline.login(method))

    def _drive(self, flow: Flow[Answer[T]]) -> Answer[T]:
        try:
            return drive(flow, self._execute, self._flights)
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

    def __init__(
        self,
        *,
        base_url: str = CLOUD,
        auth: Credential | None = None,
        executor: AsyncExecutor | None = None,
        timeout: float = 30.0,
        headers: Mapping[str, str] | None = None,
        auth_policy: str | Policy = "documented",
        leeway: float = 30.0,
        middleware: Sequence[Middleware] = (),
        clock: Clock = time.monotonic,
        allow_http: bool = False,
    ) -> None:
        super().__init__(self)
        self._pipeline = Pipeline(
            base_url, headers or {}, timeout, auth_policy, middleware, auth, clock, leeway, allow_http
        )
        self._own: Any = None
        if executor is None:
            self._own = _transport()
            executor = self._threads = InThreads(self._own)
        self._execute: AsyncExecutor = executor
        self._flights: AsyncFlights = {}

    async def __call__(self, request: Request[T], /) -> Answer[T]:
        """Run any request, a hand-made one too."""
        return await self._drive(self._pipeline.call(request))

    async def login(self, method: AsyncLogin) -> Answer[LoginResponse]:
        """Log in, as `InfisicalClient.login` does."""
        return await self._drive(self._pipeline.login(method))

    async def _drive(self, flow: Flow[Answer[T]]) -> Answer[T]:
        try:
            return await adrive(flow, self._execute, self._flights)
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


def _transport() -> Any:
    from infisical.executors.urllib3 import Urllib3Executor

    return Urllib3Executor()
