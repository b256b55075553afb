"""Clients that bring their own server: logged in, on a fresh Infisical in memory. What the pytest plugin hands out.

How the server answers is in infisical/memory/; here is only how a test gets hold of it.
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
    """A client logged in to a memory server of its own, as a machine identity that may do everything.

    `memory` is the server: an executor for clients of your own, whose `given` and `state` tell what is in it.
    `project_id` and `environment` are those that it starts with.
    """

    def __init__(self, memory: MemoryExecutor | None = None, *, clock: Callable[[], float] = time.time) -> None:
        self.memory = MemoryExecutor(clock=clock) if memory is None else memory
        super().__init__(executor=self.memory, clock=clock)
        self.login(self.credentials).unwrap()

    @property
    def credentials(self) -> UniversalAuth:
        """The login of the server's machine identity."""
        return UniversalAuth(self.memory.given.client_id, self.memory.given.client_secret)

    @property
    def project_id(self) -> str:
        """The id of the project that the server starts with."""
        return self.memory.given.project_id

    @property
    def environment(self) -> str:
        """The slug of that project's first environment: `dev`."""
        return self.memory.given.environment

    def put(self, secrets: Mapping[str, str], *, environment: str | None = None, path: str = "/") -> None:
        """Put secrets into a folder of the project, which is made if it is not there.

        ValueError for an environment that is not there.
        """
        self.memory.change(
            lambda state, now: put_secrets(
                state, secrets, now=now, environment=environment or self.environment, path=path
            )
        )

    def async_client(self, auth: Credential | None = None) -> AsyncInfisicalClient:
        """Make an asyncio client on the same server: logged in alike, or with a credential of its own."""
        if auth is None:
            login = self.identity_auth.universal.login(
                client_id=self.credentials.client_id, client_secret=self.credentials.client_secret
            )
            auth = IdentityAccessToken(login.unwrap().access_token)
        return AsyncInfisicalClient(executor=AsyncMemoryExecutor(self.memory), auth=auth)
