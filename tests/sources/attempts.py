"""One login by a source, with either client and scripted answers: its answer, its requests, its waits."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from infisical import AsyncInfisicalClient, HttpRequest, InfisicalClient
from infisical.executors import AsyncScriptedExecutor, ScriptedExecutor
from tests.wire import answer

ACME = {"organizationSlug": "acme", "subOrganizationName": "acme"}
"""How a login names a sub-organization, to new servers and to old ones."""
GRANTED = answer({"accessToken": "T1", "expiresIn": 7200})


@dataclass(frozen=True)
class Attempt:
    answer: Any
    sent: list[HttpRequest]
    waits: list[float]

    @property
    def message(self) -> str:
        return self.answer.failure().message

    @property
    def login(self) -> tuple[str, Any]:
        """The path and the body of the last request."""
        last = self.sent[-1]
        return last.url.removeprefix("https://app.infisical.com"), json.loads(last.body or b"null")


def attempt_blocking(source: Any, *script: Any, **settings: Any) -> Attempt:
    executor, waits = ScriptedExecutor(*(script or (GRANTED,))), []
    client = InfisicalClient(retry=None, executor=executor, sleep=waits.append, **settings)
    return Attempt(client.login(source), executor.sent, waits)


def attempt_asyncio(source: Any, *script: Any, **settings: Any) -> Attempt:
    executor, waits = AsyncScriptedExecutor(*(script or (GRANTED,))), []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    async def main() -> Any:
        client = AsyncInfisicalClient(retry=None, executor=executor, sleep=sleep, **settings)
        return await client.login(source)

    return Attempt(asyncio.run(main()), executor.sent, waits)


ATTEMPTS: dict[str, Callable[..., Attempt]] = {"blocking": attempt_blocking, "asyncio": attempt_asyncio}
each_client = pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS)
