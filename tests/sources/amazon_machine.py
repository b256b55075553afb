"""A machine in AWS: a fake AWS, an Infisical in memory that knows its role, and logins by both clients."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from returns.result import Failure, Success

from infisical import AsyncInfisicalClient, InfisicalClient
from infisical.errors import InfisicalNetworkError
from infisical.executors.memory import AsyncMemoryExecutor, MemoryExecutor
from infisical.login import LoginSource
from infisical.memory import declare_login
from infisical.request import HttpRequest
from infisical.response import Response
from infisical.sources import Platform, aws
from infisical.sources.platform import THIS_MACHINE
from infisical.testing.platforms import FakeAmazon
from infisical.transport import Reply

NOW = datetime(2026, 9, 21, 13, 33, 20, tzinfo=UTC)
UNREACHABLE = InfisicalNetworkError("timed out", reason="timeout", sent=False)
NO_FILES: Mapping[str, str] = {}


def make_memory(fake: FakeAmazon, **settings: Any) -> tuple[MemoryExecutor, str]:
    """An Infisical whose identity logs in as the role of a fake AWS, with its id."""
    memory = MemoryExecutor(clock=NOW.timestamp)
    client = InfisicalClient(executor=memory, auth_policy="server")
    client.set_jwt(memory.given.user_token)
    identity_id = memory.given.identity_id
    allowed = settings or {"allowed_account_ids": fake.account_id}
    client.identity_auth.aws.attach(identity_id=identity_id, **allowed).unwrap()
    principal = {"accessKeyId": fake.access_key_id, "secretAccessKey": fake.secret_access_key, "arn": fake.arn}
    memory.change(lambda state, now: declare_login(state, "aws-auth", identity_id, now=now, **principal))
    return memory, identity_id


@dataclass
class Machine:
    """A machine with variables and files; `executor` sends what its sources ask, to the fake AWS by default."""

    environ: dict[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    fake: FakeAmazon = field(default_factory=lambda: FakeAmazon(clock=lambda: NOW))
    executor: Callable[[HttpRequest], Reply] | None = None
    read_paths: list[str] = field(default_factory=list)

    def read(self, path: str) -> str:
        self.read_paths.append(path)
        if path not in self.files:
            raise FileNotFoundError(path)
        return self.files[path]

    @property
    def platform(self) -> Platform:
        return Platform(environ=self.environ, read=self.read, clock=lambda: NOW)

    def source(self, identity_id: str = "id", **options: Any) -> LoginSource:
        return aws(identity_id, platform=self.platform, executor=self.executor or self.fake, **options)

    @property
    def asked(self) -> list[str]:
        """The requests that AWS got: `METHOD URL`."""
        return [f"{request.method} {request.url}" for request in self.fake.sent]

    def log_in(self, **options: Any) -> Any:
        """Log in by both clients; check that they answer alike, and return the answer, a token as "token"."""
        memory, identity_id = make_memory(self.fake)
        source = self.source(identity_id, **options)
        answers = [log_in(memory, source), log_in_async(memory, source)]
        simple = [Success("token") if isinstance(one, Success) else one for one in answers]
        assert simple[0] == simple[1]
        return simple[0]

    def refusal(self, **options: Any) -> tuple[str, str]:
        """The type and the message of the failure of a login."""
        answer = self.log_in(**options)
        assert isinstance(answer, Failure)
        return type(answer.failure()).__name__, answer.failure().message


def log_in(memory: MemoryExecutor, source: LoginSource) -> Any:
    with InfisicalClient(executor=memory, sleep=lambda seconds: None, clock=NOW.timestamp) as client:
        return client.login(source)


def log_in_async(memory: MemoryExecutor, source: LoginSource) -> Any:
    async def sleep(seconds: float) -> None:
        return None

    async def main() -> Any:
        executor = AsyncMemoryExecutor(memory)
        async with AsyncInfisicalClient(executor=executor, sleep=sleep, clock=NOW.timestamp) as client:
            return await client.login(source)

    return asyncio.run(main())


def answering(status: int, body: bytes = b"", *headers: tuple[str, str]) -> Callable[[HttpRequest], Reply]:
    """An executor that answers every request alike."""
    return lambda request: Success(Response(status, headers, body))


def unreachable(request: HttpRequest) -> Reply:
    """An executor whose platform does not answer."""
    return Failure(UNREACHABLE)


__all__ = ["NOW", "THIS_MACHINE", "UNREACHABLE", "Machine", "answering", "log_in", "log_in_async", "unreachable"]
