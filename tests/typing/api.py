"""Run by nobody; checked by mypy --strict and pyright."""

from __future__ import annotations

import asyncio
from typing import assert_type

from returns.result import Failure, Result, Success

from infisical import (
    NULL,
    Access,
    AsyncExecutor,
    AsyncInfisicalClient,
    AuthMode,
    Executor,
    HttpRequest,
    IdentityAccessToken,
    InfisicalClient,
    InfisicalError,
    InfisicalNetworkError,
    LoginResponse,
    Middleware,
    NotFoundError,
    Request,
    Response,
    UniversalAuth,
)
from infisical.decode import many, nothing, one, text
from infisical.endpoints.identity_auth.universal import Universal
from infisical.endpoints.kms import DecryptResponse, EncryptResponse, Kms
from infisical.endpoints.secrets import Secret, SecretApproval, SecretList, Secrets
from infisical.executors import (
    AiohttpExecutor,
    AsyncCassetteExecutor,
    AsyncHttpxExecutor,
    AsyncScriptedExecutor,
    CassetteExecutor,
    HttpxExecutor,
    RequestsExecutor,
    ScriptedExecutor,
    ThreadedExecutor,
    Urllib3Executor,
)
from infisical.flow import Flow, Next, Outcome
from infisical.request import get

assert_type(Secrets.get_by_name(secret_name="K", project_id="p", environment="dev"), Request[Secret])
assert_type(Universal.login(client_id="i", client_secret="s"), Request[LoginResponse])


def blocking(client: InfisicalClient) -> None:
    assert_type(
        client.secrets.get_by_name(secret_name="K", project_id="p", environment="dev"), Result[Secret, InfisicalError]
    )
    assert_type(client.secrets.list(project_id="p", environment="dev"), Result[SecretList, InfisicalError])
    assert_type(
        client.secrets.delete(secret_name="K", project_id="p", environment="dev"),
        Result[Secret | SecretApproval, InfisicalError],
    )
    assert_type(
        client.secrets.batch_delete(project_id="p", environment="dev", secrets=[]),
        Result[tuple[Secret, ...] | SecretApproval, InfisicalError],
    )
    assert_type(
        client.identity_auth.universal.login(client_id="i", client_secret="s"), Result[LoginResponse, InfisicalError]
    )
    assert_type(client.login(UniversalAuth("i", "s")), Result[LoginResponse, InfisicalError])
    assert_type(client.login(lambda: UniversalAuth("i", "s")), Result[LoginResponse, InfisicalError])
    assert_type(client.login(lambda: LoginResponse(access_token="t")), Result[LoginResponse, InfisicalError])
    client.set_access_token("t", expires_in=60, renew=UniversalAuth("i", "s"))
    client.set_jwt("t", expires_in=60, renew=lambda: LoginResponse(access_token="t"))
    assert_type(client.auth_mode, AuthMode | None)
    assert_type(Kms(client).encrypt(key_id="k", plaintext=b"p"), Result[EncryptResponse, InfisicalError])
    assert_type(client.kms.decrypt(key_id="k", ciphertext="c").map(lambda it: it.text), Result[str, InfisicalError])
    assert_type(client.kms.decrypt(key_id="k", ciphertext="c").unwrap(), DecryptResponse)
    assert_type(client(get("/api/status", returns=text)), Result[str, InfisicalError])
    assert_type(client(get("/api/status", returns=nothing)), Result[None, InfisicalError])
    assert_type(client(get("/api/v9/new", returns=one(Secret, at="secret"))), Result[Secret, InfisicalError])
    assert_type(
        client(get("/api/v9/all", returns=many(Secret, at="secrets"))), Result[tuple[Secret, ...], InfisicalError]
    )
    client.secrets.create(
        secret_name="K", project_id="p", environment="dev", secret_value="v", secret_reminder_note=NULL
    )
    client.secrets.get_by_name(secret_name="K", project_id=1, environment="dev")  # type: ignore[arg-type] # pyright: ignore
    client.secrets.get_by_name(secret_name="K", project_id="p")  # type: ignore[call-arg] # pyright: ignore
    client.secrets.get_by_name("K", project_id="p", environment="dev")  # type: ignore[call-arg] # pyright: ignore


async def awaited(client: AsyncInfisicalClient) -> None:
    assert_type(
        await client.secrets.get_by_name(secret_name="K", project_id="p", environment="dev"),
        Result[Secret, InfisicalError],
    )
    assert_type(await client(Kms.encrypt(key_id="k", plaintext="p")), Result[EncryptResponse, InfisicalError])
    assert_type(await client.login(UniversalAuth("i", "s")), Result[LoginResponse, InfisicalError])
    assert_type(await client.login(fetched), Result[LoginResponse, InfisicalError])
    assert_type(await Secrets(client).list(project_id="p", environment="dev"), Result[SecretList, InfisicalError])


async def fetched() -> UniversalAuth:
    return UniversalAuth("i", "s")


def run(client: AsyncInfisicalClient) -> None:
    assert_type(asyncio.run(client.kms.encrypt(key_id="k", plaintext="p")), Result[EncryptResponse, InfisicalError])


def opened(client: InfisicalClient) -> str:
    got = client.secrets.get_by_name(secret_name="K", project_id="p", environment="dev")
    if isinstance(got, Failure):
        error = got.failure()
        return "" if isinstance(error, NotFoundError) and not error.route_missing else error.message
    assert_type(got.map(lambda secret: secret.secret_value).value_or(""), str)
    return got.unwrap().secret_value


def traced(request: HttpRequest, following: Next) -> Flow[Outcome]:
    """A link of one's own."""
    outcome = yield from following(request.with_header("X-Trace", "1"))
    return outcome


def transport(request: HttpRequest) -> Result[Response, InfisicalNetworkError]:
    """An executor of one's own."""
    if not request.url:
        return Failure(InfisicalNetworkError("nowhere", reason="dns", sent=False))
    return Success(Response(200, (), b"{}"))


async def async_transport(request: HttpRequest) -> Result[Response, InfisicalNetworkError]:
    return transport(request)


def only_people(access: Access) -> tuple[AuthMode, ...]:
    return ("jwt",) if access.category == "kms" else ()


link: Middleware = traced
executor: Executor = transport
async_executor: AsyncExecutor = async_transport
InfisicalClient(middleware=[traced], executor=transport, auth=IdentityAccessToken("t"), auth_policy=only_people)
AsyncInfisicalClient(middleware=[traced], executor=async_transport, auth_policy="server")
for blocking_executor in (
    Urllib3Executor(),
    ScriptedExecutor(),
    CassetteExecutor("tape.yaml", mode="once", inner=transport),
):
    InfisicalClient(executor=blocking_executor)
AsyncInfisicalClient(executor=AsyncScriptedExecutor())
AsyncInfisicalClient(executor=AsyncCassetteExecutor("tape.yaml", mode="once", inner=async_transport))
AsyncInfisicalClient(executor=ThreadedExecutor(transport))
AsyncInfisicalClient(executor=AiohttpExecutor())
AsyncInfisicalClient(executor=AsyncHttpxExecutor())
InfisicalClient(executor=HttpxExecutor())
InfisicalClient(executor=RequestsExecutor())
InfisicalClient(executor=async_transport)  # type: ignore[arg-type] # pyright: ignore
