"""`MemoryClient`: a client that is logged in to a new Infisical in memory. The pytest plugin provides it as a fixture.

infisical/memory/ is the server; this module only connects a client to it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from infisical.client import AsyncInfisicalClient, InfisicalClient
from infisical.credentials import Credential, IdentityAccessToken
from infisical.executors.memory import AsyncMemoryExecutor, MemoryExecutor
from infisical.login_methods import UniversalAuth
from infisical.memory.loading import put_secrets


class MemoryClient(InfisicalClient):
    """A client that is logged in to a new memory server, as a machine identity with all permissions.

    `memory` is the server. Other clients can use it as their executor; its `given` and `state` describe its contents.
    `project_id` and `environment` name the initial project and its first environment.
    """

    def __init__(self, memory: MemoryExecutor | None = None, *, clock: Callable[[], float] = time.time) -> None:
        self.memory = MemoryExecutor(clock=clock) if memory is None else memory
        super().__init__(executor=self.memory, clock=clock)
        self.login(self.credentials).unwrap()

    @property
    def credentials(self) -> UniversalAuth:
        """The login method of the server's machine identity."""
        return UniversalAuth(self.memory.given.client_id, self.memory.given.client_secret)

    @property
    def project_id(self) -> str:
        """The id of the initial project."""
        return self.memory.given.project_id

    @property
    def environment(self) -> str:
        """The slug of that project's first environment: `dev`."""
        return self.memory.given.environment

    def put(self, secrets: Mapping[str, str], *, environment: str | None = None, path: str = "/") -> None:
        """Write secrets into a folder of the project; missing folders are created.

        Raises ValueError for an unknown environment.
        """
        self.memory.change(
            lambda state, now: put_secrets(
                state, secrets, now=now, environment=environment or self.environment, path=path
            )
        )

    def async_client(self, auth: Credential | None = None) -> AsyncInfisicalClient:
        """Make an asyncio client of the same server, logged in like this one, or with another credential."""
        if auth is None:
            login = self.identity_auth.universal.login(
                client_id=self.credentials.client_id, client_secret=self.credentials.client_secret
            )
            auth = IdentityAccessToken(login.unwrap().access_token)
        return AsyncInfisicalClient(executor=AsyncMemoryExecutor(self.memory), auth=auth)
