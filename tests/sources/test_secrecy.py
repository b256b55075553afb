"""What a source has read is in no local variable of the frames that wait while its login is sent."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from returns.result import Success

from infisical import AsyncInfisicalClient, HttpRequest, InfisicalClient, KubernetesAuth
from infisical.sources import Platform, github_actions, jwt_env, jwt_file, kubernetes, ldap
from tests.sources.attempts import GRANTED
from tests.wire import answer

SECRET = "hush-hush-hush"
READING = Platform(read=lambda path: f"{SECRET}\n")
ENVIRON = {
    "INFISICAL_LDAP_USERNAME": "ada",
    "INFISICAL_LDAP_PASSWORD": SECRET,
    "TOKEN": SECRET,
    "ACTIONS_ID_TOKEN_REQUEST_URL": "https://platform.example.com/token",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": SECRET,
}
SETTING = Platform(environ=ENVIRON)


class Exchange:
    """A source that sends what it has read to its platform, as some clouds want it."""

    def find_login(self) -> Any:
        yield from READING.read_file("/run/token", "token")
        yield from READING.fetch(HttpRequest("GET", "https://platform.example.com/token"))
        return Success(KubernetesAuth("identity", SECRET))


SOURCES = {
    "exchange": Exchange(),
    "kubernetes": kubernetes("identity", platform=READING),
    "jwt_file": jwt_file("identity", "/run/token", platform=READING),
    "jwt_env": jwt_env("identity", "TOKEN", platform=SETTING),
    "ldap": ldap("identity", platform=SETTING),
    "github_actions": github_actions("identity", platform=SETTING),
}


def frames() -> Iterator[Any]:
    """The frames of the library that wait for its caller."""
    frame = sys._getframe(1)
    while frame is not None:
        if "/infisical/" in frame.f_code.co_filename:
            yield frame
        frame = frame.f_back  # type: ignore[assignment]


def find_leaks(request: HttpRequest) -> list[str]:
    return [f"{frame.f_code.co_name}: {frame.f_locals!r}" for frame in frames() if SECRET in repr(frame.f_locals)]


@pytest.mark.parametrize("kind", ["blocking", "asyncio"])
@pytest.mark.parametrize("name", SOURCES)
def test_no_frame_that_waits_shows_what_a_source_has_read(name, kind):
    leaks: list[str] = []
    waits: list[HttpRequest] = []

    def reply(request: HttpRequest) -> Any:
        waits.append(request)
        leaks.extend(find_leaks(request))
        return Success(answer({"value": SECRET}) if "platform" in request.url else GRANTED)

    async def reply_later(request: HttpRequest) -> Any:
        return reply(request)

    if kind == "blocking":
        granted = InfisicalClient(executor=reply).login(SOURCES[name])
    else:

        async def main() -> Any:
            return await AsyncInfisicalClient(executor=reply_later).login(SOURCES[name])

        granted = asyncio.run(main())

    assert (leaks, type(granted)) == ([], Success)
    assert waits[-1].body is not None
    assert SECRET.encode() in waits[-1].body
