"""Run by nobody; checked by mypy --strict and pyright: settings, and clients from environment variables."""

from __future__ import annotations

import asyncio
import os
from typing import assert_type

from infisical import (
    Answer,
    AsyncInfisicalClient,
    InfisicalClient,
    Jwt,
    LoginResponse,
    Place,
    UniversalAuth,
    or_raise,
    settings,
    sources,
)
from infisical.endpoints.secrets import SecretList
from infisical.executors import AsyncScriptedExecutor, ScriptedExecutor
from infisical.login import LoginSource


async def fetch() -> LoginResponse:
    return LoginResponse(access_token="t")


def read_settings() -> None:
    answer = settings.from_env(os.environ, read=lambda path: path, config=".infisical.json", branch="main")
    assert_type(answer, Answer[settings.Settings])
    found = or_raise(answer)
    assert_type(found.place, Place)
    assert_type(found.secret_path, str | None)
    client = InfisicalClient(base_url=found.base_url, auth=found.auth)
    assert_type(client.secrets.list(**found.place), Answer[SecretList])
    AsyncInfisicalClient(base_url=found.base_url, auth=found.auth)
    settings.from_env()  # type: ignore[call-arg] # pyright: ignore
    settings.from_file  # type: ignore[attr-defined] # pyright: ignore # noqa: B018


def make_clients() -> None:
    assert_type(InfisicalClient.from_env(), InfisicalClient)
    assert_type(AsyncInfisicalClient.from_env(os.environ), AsyncInfisicalClient)
    InfisicalClient.from_env({}, auth=Jwt("t"), base_url="https://h", timeout=3, deadline=None, headers={"A": "b"})
    InfisicalClient.from_env(auth=UniversalAuth("i", "s"), executor=ScriptedExecutor(), sleep=print)
    InfisicalClient.from_env(auth=None, retry=None, max_response_bytes=None)
    AsyncInfisicalClient.from_env(auth=fetch, executor=AsyncScriptedExecutor(), sleep=asyncio.sleep)
    InfisicalClient.from_env(auth=fetch)  # type: ignore[arg-type] # pyright: ignore
    InfisicalClient.from_env(executor=AsyncScriptedExecutor())  # type: ignore[arg-type] # pyright: ignore
    InfisicalClient.from_env(timeout="3")  # type: ignore[arg-type] # pyright: ignore
    InfisicalClient.from_env(time_out=3)  # type: ignore[call-arg] # pyright: ignore


def use_the_submodules() -> None:
    assert_type(sources.kubernetes("id"), LoginSource)
