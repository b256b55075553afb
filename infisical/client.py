"""The composition root: names every group once, puts the chain together, and makes the two clients.

Nothing else knows all the parts. What a call is made of belongs to them; only the order of it is written here.
"""

from __future__ import annotations

import copy
import random
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Generic, TypeAlias, TypeVar

from returns.result import Failure

from infisical.auth import AsyncLogin, AuthMode, Credential, Login, Policy
from infisical.drivers import AsyncExecutor, AsyncFlights, Executor, Flights, adrive, broken, drive
from infisical.flow import Flow, Middleware
from infisical.group import Answer, AsyncRun, Group, R, Run
from infisical.middleware.retry import Retry
from infisical.pipeline import CLOUD, Options, Pipeline
from infisical.request import Request

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from infisical.endpoints.admin import Admin
    from infisical.endpoints.app_connections import AppConnections
    from infisical.endpoints.dynamic_secrets import DynamicSecrets
    from infisical.endpoints.identities import Identities
    from infisical.endpoints.identity_access_tokens import IdentityAccessTokens
    from infisical.endpoints.identity_auth import IdentityAuth, LoginResponse
    from infisical.endpoints.integration_auth import IntegrationAuth
    from infisical.endpoints.kms import Kms
    from infisical.endpoints.mfa import Mfa
    from infisical.endpoints.mfa_sessions import MfaSessions
    from infisical.endpoints.org_admin import OrgAdmin
    from infisical.endpoints.organization_identities import OrganizationIdentities
    from infisical.endpoints.organizations import Organizations
    from infisical.endpoints.password import Password
    from infisical.endpoints.pki import Pki
    from infisical.endpoints.pki.alerts import PkiAlerts
    from infisical.endpoints.pki.ca import CertificateAuthorities
    from infisical.endpoints.pki.templates import CertificateTemplates
    from infisical.endpoints.project_identities import ProjectIdentities
    from infisical.endpoints.projects import Projects
    from infisical.endpoints.secret_folders import SecretFolders
    from infisical.endpoints.secret_imports import SecretImports
    from infisical.endpoints.secret_sharing import SecretSharing
    from infisical.endpoints.secret_syncs import SecretSyncs
    from infisical.endpoints.secret_tags import SecretTags
    from infisical.endpoints.secrets import Secrets
    from infisical.endpoints.secrets_v3 import SecretsV3
    from infisical.endpoints.service_tokens import ServiceTokens
    from infisical.endpoints.status import Status
    from infisical.endpoints.users import Users
    from infisical.endpoints.webhooks import Webhooks

T = TypeVar("T")
L = TypeVar("L")
Clock: TypeAlias = Callable[[], float]
RETRY: Final = Retry()
MOST_BYTES: Final = 64 * 2**20


class Same(Enum):
    """What is left out stays as it is, where None has a meaning of its own."""

    SAME = "same"


SAME: Final = Same.SAME


class Api(Group[R]):
    """Every group, imported when it is first asked for."""

    @cached_property
    def admin(self) -> Admin[R]:
        from infisical.endpoints.admin import Admin

        return Admin(self._run)

    @cached_property
    def app_connections(self) -> AppConnections[R]:
        from infisical.endpoints.app_connections import AppConnections

        return AppConnections(self._run)

    @cached_property
    def dynamic_secrets(self) -> DynamicSecrets[R]:
        from infisical.endpoints.dynamic_secrets import DynamicSecrets

        return DynamicSecrets(self._run)

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
    def integration_auth(self) -> IntegrationAuth[R]:
        from infisical.endpoints.integration_auth import IntegrationAuth

        return IntegrationAuth(self._run)

    @cached_property
    def kms(self) -> Kms[R]:
        from infisical.endpoints.kms import Kms

        return Kms(self._run)

    @cached_property
    def mfa(self) -> Mfa[R]:
        from infisical.endpoints.mfa import Mfa

        return Mfa(self._run)

    @cached_property
    def mfa_sessions(self) -> MfaSessions[R]:
        from infisical.endpoints.mfa_sessions import MfaSessions

        return MfaSessions(self._run)

    @cached_property
    def org_admin(self) -> OrgAdmin[R]:
        from infisical.endpoints.org_admin import OrgAdmin

        return OrgAdmin(self._run)

    @cached_property
    def organization_identities(self) -> OrganizationIdentities[R]:
        from infisical.endpoints.organization_identities import OrganizationIdentities

        return OrganizationIdentities(self._run)

    @cached_property
    def organizations(self) -> Organizations[R]:
        from infisical.endpoints.organizations import Organizations

        return Organizations(self._run)

    @cached_property
    def password(self) -> Password[R]:
        from infisical.endpoints.password import Password

        return Password(self._run)

    @cached_property
    def pki(self) -> Pki[R]:
        from infisical.endpoints.pki import Pki

        return Pki(self._run)

    @cached_property
    def project_identities(self) -> ProjectIdentities[R]:
        from infisical.endpoints.project_identities import ProjectIdentities

        return ProjectIdentities(self._run)

    @cached_property
    def projects(self) -> Projects[R]:
        from infisical.endpoints.projects import Projects

        return Projects(self._run)

    @cached_property
    def secret_folders(self) -> SecretFolders[R]:
        from infisical.endpoints.secret_folders import SecretFolders

        return SecretFolders(self._run)

    @cached_property
    def secret_imports(self) -> SecretImports[R]:
        from infisical.endpoints.secret_imports import SecretImports

        return SecretImports(self._run)

    @cached_property
    def secret_sharing(self) -> SecretSharing[R]:
        from infisical.endpoints.secret_sharing import SecretSharing

        return SecretSharing(self._run)

    @cached_property
    def secret_syncs(self) -> SecretSyncs[R]:
        from infisical.endpoints.secret_syncs import SecretSyncs

        return SecretSyncs(self._run)

    @cached_property
    def secret_tags(self) -> SecretTags[R]:
        from infisical.endpoints.secret_tags import SecretTags

        return SecretTags(self._run)

    @cached_property
    def secrets(self) -> Secrets[R]:
        from infisical.endpoints.secrets import Secrets

        return Secrets(self._run)

    @cached_property
    def secrets_v3(self) -> SecretsV3[R]:
        from infisical.endpoints.secrets_v3 import SecretsV3

        return SecretsV3(self._run)

    @cached_property
    def service_tokens(self) -> ServiceTokens[R]:
        from infisical.endpoints.service_tokens import ServiceTokens

        return ServiceTokens(self._run)

    @cached_property
    def status(self) -> Status[R]:
        from infisical.endpoints.status import Status

        return Status(self._run)

    @cached_property
    def users(self) -> Users[R]:
        from infisical.endpoints.users import Users

        return Users(self._run)

    @cached_property
    def webhooks(self) -> Webhooks[R]:
        from infisical.endpoints.webhooks import Webhooks

        return Webhooks(self._run)

    # ---- names of the older layout
    @property
    def pki_ca(self) -> CertificateAuthorities[R]:
        """The older name of `pki.ca`."""
        return self.pki.ca

    @property
    def pki_templates(self) -> CertificateTemplates[R]:
        """The older name of `pki.templates`."""
        return self.pki.templates

    @property
    def pki_alerts(self) -> PkiAlerts[R]:
        """The older name of `pki.alerts`."""
        return self.pki.alerts


class Client(Api[R], Generic[R, L]):
    """What can be said of a client, and to it, without running anything."""

    _pipeline: Pipeline
    _own: Any
    """The transport that the client made, and closes."""

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
        other = copy.copy(self)
        own = vars(other)
        for name in [name for name, value in own.items() if isinstance(value, Group)]:
            del own[name]  # its groups run what this client runs, itself (`_run`) included
        own.update(_run=other, _pipeline=self._pipeline.with_options(options), _own=None)
        return other

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._pipeline.base_url!r}, auth_mode={self.auth_mode!r})"


class InfisicalClient(Client[Run, Login]):
    """The blocking client. Safe to share between threads; a context manager that closes the transport it made.

    `base_url` is the root of the server, with a path prefix if it has one; `http://` to anything but this machine needs
    `allow_http`. `auth` is a credential that is there already; `login` gets one. `executor` sends; None: urllib3.
    `timeout` (seconds) is the total for one message, `deadline` for a call with all its messages and waits (None: no
    end). `retry` says how calls that failed by chance are repeated (None: not at all): a write only where it surely was
    not done. An answer of more than `max_response_bytes` is a `Failure`. `headers` go with every message. `auth_policy`
    is "documented", "server" or a function of an endpoint's `Access`. A token is renewed `leeway` seconds before it
    expires. `clock`, `sleep` and `random` are for tests.
    `middleware` are links of your own, outermost first. ValueError if an argument cannot be right; calls never raise.
    """

    def __init__(
        self,
        *,
        base_url: str = CLOUD,
        auth: Credential | None = None,
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
        options = Options(timeout=timeout, deadline=deadline, retry=retry, max_response_bytes=max_response_bytes)
        self._pipeline = Pipeline(
            base_url, headers or {}, options, auth_policy, middleware, auth, clock, random, leeway, allow_http
        )
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

    def __init__(
        self,
        *,
        base_url: str = CLOUD,
        auth: Credential | None = None,
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
        options = Options(timeout=timeout, deadline=deadline, retry=retry, max_response_bytes=max_response_bytes)
        self._pipeline = Pipeline(
            base_url, headers or {}, options, auth_policy, middleware, auth, clock, random, leeway, allow_http
        )
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
