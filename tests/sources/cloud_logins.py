"""What the tests of cloud sources share: logins by both clients, keys, and searches for secrets in waiting frames."""

from __future__ import annotations

import asyncio
import inspect
import json
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from types import FrameType, GeneratorType
from typing import Any

import pytest
from returns.result import Failure, Success

from infisical import AsyncInfisicalClient, HttpRequest, InfisicalClient, Response
from infisical.executors import AsyncScriptedExecutor, ScriptedExecutor
from infisical.sources import Platform
from tests.wire import answer

EMAIL = "app@fake-project.iam.gserviceaccount.com"
NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
GRANTED = answer({"accessToken": "T1", "expiresIn": 7200})
both_clients = pytest.mark.parametrize("kind", ["blocking", "asyncio"])


def log_in(source: Any, kind: str, *script: Response) -> tuple[Any, list[dict[str, Any]]]:
    """Log in by a client of that kind: its answer, and the bodies of what it sent by the client's executor."""
    entries = script or (GRANTED,)
    if kind == "blocking":
        executor = ScriptedExecutor(*entries)
        client = InfisicalClient(retry=None, executor=executor, sleep=lambda _: None)
        return client.login(source), bodies(executor.sent)

    async def run() -> tuple[Any, list[dict[str, Any]]]:
        executor = AsyncScriptedExecutor(*entries)
        client = AsyncInfisicalClient(retry=None, executor=executor, sleep=lambda _: asyncio.sleep(0))
        return await client.login(source), bodies(executor.sent)

    return asyncio.run(run())


def bodies(requests: list[HttpRequest]) -> list[dict[str, Any]]:
    return [json.loads(request.body or b"null") for request in requests]


def refusal(source: Any, kind: str = "blocking") -> tuple[str, str]:
    """The class and the message of the error of a login that sends nothing to Infisical."""
    result, sent = log_in(source, kind)
    assert isinstance(result, Failure), result
    assert sent == []
    error = result.failure()
    return type(error).__name__, error.message


def machine(files: dict[str, str] | None = None, **environ: str) -> Platform:
    """A platform with these files and variables, at a fixed time."""
    known = files or {}

    def read(path: str) -> str:
        if path not in known:
            raise FileNotFoundError(path)
        return known[path]

    return Platform(environ=environ, read=read, clock=lambda: NOW)


# ---- keys
@cache
def rsa_key() -> Any:
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

    # the smallest size that cryptography takes: a larger one only makes the tests slow
    return generate_private_key(public_exponent=65537, key_size=1024)


@cache
def private_pem(passphrase: str | None = None) -> str:
    return write_pem(rsa_key(), passphrase)


def write_pem(key: Any, passphrase: str | None = None) -> str:
    from cryptography.hazmat.primitives import serialization as forms

    protection = forms.NoEncryption() if passphrase is None else forms.BestAvailableEncryption(passphrase.encode())
    written: bytes = key.private_bytes(forms.Encoding.PEM, forms.PrivateFormat.PKCS8, protection)
    return written.decode()


@cache
def elliptic_pem() -> str:
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

    return write_pem(generate_private_key(SECP256R1()))


@cache
def public_pem() -> str:
    from cryptography.hazmat.primitives import serialization as forms

    written: bytes = rsa_key().public_key().public_bytes(forms.Encoding.PEM, forms.PublicFormat.SubjectPublicKeyInfo)
    return written.decode()


def service_account_file(**changes: Any) -> str:
    document = {
        "type": "service_account",
        "client_email": EMAIL,
        "private_key_id": "kid1",
        "private_key": private_pem(),
    }
    return json.dumps({**document, **changes})


# ---- what frames show
def revealing_frames(*secrets: str) -> list[str]:
    """The frames of the library, generators that wait included, whose local variables show a secret."""
    return [
        f"{frame.f_code.co_name}: {name}"
        for frame in waiting_frames(sys._getframe(1))
        if "/infisical/" in frame.f_code.co_filename
        for name, value in frame.f_locals.items()
        if any(secret in repr(value) for secret in secrets)
    ]


def waiting_frames(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        for value in list(frame.f_locals.values()):
            while isinstance(value, GeneratorType) and inspect.getgeneratorstate(value) != inspect.GEN_CLOSED:
                yield value.gi_frame
                value = value.gi_yieldfrom
        frame = frame.f_back


def watch(answer: Callable[[HttpRequest], Any], *secrets: str) -> tuple[Callable[[HttpRequest], Any], list[str]]:
    """Wrap an executor: the list has the frames that showed a secret while a request was sent."""
    revealed: list[str] = []

    def execute(request: HttpRequest) -> Any:
        revealed.extend(revealing_frames(*secrets))
        return answer(request)

    return execute, revealed


def record(fake: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """An executor of both the platform and Infisical, to record the whole login."""

    def execute(request: HttpRequest) -> Any:
        return Success(GRANTED) if "/api/v1/auth/" in request.url else fake(request)

    return execute
