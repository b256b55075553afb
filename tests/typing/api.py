"""Run by nobody; checked by mypy --strict and pyright."""

from __future__ import annotations

import asyncio
from typing import assert_type

from returns.result import Failure, Result, Success

from infisical import (
    NULL,
    Access,
    Answer,
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
    Place,
    Reason,
    Request,
    Response,
    UniversalAuth,
    merge_imports,
    or_raise,
    sources,
    to_env,
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
    assert_type(client.secrets.get_by_name(secret_name="K", project_id="p", environment="dev"), Answer[Secret])
    assert_type(client.secrets.list(project_id="p", environment="dev"), Answer[SecretList])
    assert_type(
        client.secrets.delete(secret_name="K", project_id="p", environment="dev"),
        Answer[Secret | SecretApproval],
    )
    assert_type(
        client.secrets.batch_delete(project_id="p", environment="dev", secrets=[]),
        Answer[tuple[Secret, ...] | SecretApproval],
    )
    assert_type(client.identity_auth.universal.login(client_id="i", client_secret="s"), Answer[LoginResponse])
    assert_type(client.login(UniversalAuth("i", "s")), Answer[LoginResponse])
    assert_type(client.login(lambda: UniversalAuth("i", "s")), Answer[LoginResponse])
    assert_type(client.login(sources.jwt_file("i", "/run/token")), Answer[LoginResponse])
    assert_type(client.login(lambda: sources.jwt_env("i", "TOKEN", "jwt")), Answer[LoginResponse])
    InfisicalClient(auth=sources.github_actions("i", executor=ScriptedExecutor()))
    sources.jwt_env("i", "TOKEN", "saml")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert_type(client.login(lambda: LoginResponse(access_token="t")), Answer[LoginResponse])
    client.set_access_token("t", expires_in=60, renew=UniversalAuth("i", "s"))
    client.set_jwt("t", expires_in=60, renew=lambda: LoginResponse(access_token="t"))
    assert_type(client.auth_mode, AuthMode | None)
    assert_type(Kms(client).encrypt(key_id="k", plaintext=b"p"), Answer[EncryptResponse])
    assert_type(client.kms.decrypt(key_id="k", ciphertext="c").unwrap().text, str)
    assert_type(client.kms.decrypt(key_id="k", ciphertext="c").unwrap(), DecryptResponse)
    assert_type(client(get("/api/status", returns=text)), Answer[str])
    assert_type(client(get("/api/status", returns=nothing)), Answer[None])
    assert_type(client(get("/api/v9/new", returns=one(Secret, at="secret"))), Answer[Secret])
    assert_type(client(get("/api/v9/all", returns=many(Secret, at="secrets"))), Answer[tuple[Secret, ...]])
    client.secrets.create(
        secret_name="K", project_id="p", environment="dev", secret_value="v", secret_reminder_note=NULL
    )
    client.secrets.get_by_name(secret_name="K", project_id=1, environment="dev")  # type: ignore[arg-type] # pyright: ignore
    client.secrets.get_by_name(secret_name="K", project_id="p")  # type: ignore[call-arg] # pyright: ignore
    client.secrets.get_by_name("K", project_id="p", environment="dev")  # type: ignore[call-arg] # pyright: ignore


async def awaited(client: AsyncInfisicalClient) -> None:
    assert_type(
        await client.secrets.get_by_name(secret_name="K", project_id="p", environment="dev"),
        Answer[Secret],
    )
    assert_type(await client(Kms.encrypt(key_id="k", plaintext="p")), Answer[EncryptResponse])
    assert_type(await client.login(UniversalAuth("i", "s")), Answer[LoginResponse])
    assert_type(await client.login(sources.kubernetes("i")), Answer[LoginResponse])
    AsyncInfisicalClient(auth=sources.github_actions("i", executor=AsyncScriptedExecutor()))
    assert_type(await client.login(fetched), Answer[LoginResponse])
    assert_type(await Secrets(client).list(project_id="p", environment="dev"), Answer[SecretList])


async def fetched() -> UniversalAuth:
    return UniversalAuth("i", "s")


def run(client: AsyncInfisicalClient) -> None:
    assert_type(asyncio.run(client.kms.encrypt(key_id="k", plaintext="p")), Answer[EncryptResponse])


def opened(client: InfisicalClient) -> str:
    got = client.secrets.get_by_name(secret_name="K", project_id="p", environment="dev")
    if isinstance(got, Failure):
        error = got.failure()
        return "" if isinstance(error, NotFoundError) and not error.route_missing else error.message
    assert_type(error_free(got), Answer[Secret])
    return got.unwrap().secret_value


def error_free(answer: Answer[Secret]) -> Answer[Secret]:
    return answer


def matched(client: InfisicalClient) -> str:
    """Nothing is left for another case, and each case has its exact type."""
    answer = client.secrets.get_by_name(secret_name="K", project_id="p", environment="dev")
    match answer:
        case Success(secret):
            assert_type(secret, Secret)
            return secret.secret_value
        case Failure(NotFoundError() as missing):
            return missing.message
        case Failure(error):
            assert_type(error, InfisicalError)
            return error.message


async def amatched(client: AsyncInfisicalClient) -> str:
    answer = await client.secrets.get_by_name(secret_name="K", project_id="p", environment="dev")
    match answer:
        case Success(secret):
            assert_type(secret, Secret)
            return secret.secret_value
        case Failure(error):
            assert_type(error, InfisicalError)
            return error.message


def raising(client: InfisicalClient) -> str:
    secret = or_raise(client.secrets.get_by_name(secret_name="K", project_id="p", environment="dev"))
    assert_type(secret, Secret)
    listing = or_raise(client.secrets.list(project_id="p", environment="dev"))
    assert_type(merge_imports(listing), tuple[Secret, ...])
    assert_type(to_env(listing), dict[str, str])
    assert_type(or_raise(client(get("/api/status", returns=nothing))), None)
    _ = secret.secret_vaule  # type: ignore[attr-defined] # pyright: ignore
    return secret.secret_value


async def araising(client: AsyncInfisicalClient) -> None:
    assert_type(or_raise(await client.secrets.get_by_name(secret_name="K", project_id="p", environment="dev")), Secret)


def misspelt(client: InfisicalClient) -> None:
    match client.secrets.get_by_name(secret_name="K", project_id="p", environment="dev"):
        case Success(secret):
            _ = secret.secret_vaule  # type: ignore[attr-defined] # pyright: ignore
        case Failure(error):
            _ = error.mesage  # type: ignore[attr-defined] # pyright: ignore


def wider(client: InfisicalClient) -> Result[Secret, InfisicalError]:
    """An `Answer` fits where a `Result` is asked for."""
    return client.secrets.get_by_name(secret_name="K", project_id="p", environment="dev")


def explained(error: InfisicalNetworkError) -> Reason:
    assert_type(error.transient, bool)
    return error.reason


def placed(client: InfisicalClient) -> None:
    where: Place = {"project_id": "p", "environment": "dev"}
    assert_type(client.secrets.list(**where), Answer[SecretList])
    assert_type(client.secrets.list(**where, secret_path="/a"), Answer[SecretList])
    assert_type(Secrets.get_by_name(secret_name="K", **where), Request[Secret])
    client.secret_folders.list(**where, path="/")
    client.secret_imports.list(**where, path="/")


def misspelt_names() -> None:
    from infisical import InfisicalCleint  # type: ignore[attr-defined] # pyright: ignore
    from infisical.executors import Urllib4Executor  # type: ignore[attr-defined] # pyright: ignore

    assert InfisicalCleint is not Urllib4Executor


def traced(request: HttpRequest, following: Next) -> Flow[Outcome]:
    """A middleware of the application."""
    outcome = yield from following(request.with_header("X-Trace", "1"))
    return outcome


def transport(request: HttpRequest) -> Result[Response, InfisicalNetworkError]:
    """An executor of the application."""
    if not request.url:
        return Failure(InfisicalNetworkError("nowhere", reason="dns", sent=False))
    return Success(Response(200, (), b"{}"))


async def async_transport(request: HttpRequest) -> Result[Response, InfisicalNetworkError]:
    return transport(request)


def only_users(access: Access) -> tuple[AuthMode, ...]:
    return ("jwt",) if access.category == "kms" else ()


middleware: Middleware = traced
executor: Executor = transport
async_executor: AsyncExecutor = async_transport
InfisicalClient(middleware=[traced], executor=transport, auth=IdentityAccessToken("t"), auth_policy=only_users)
InfisicalClient(auth=UniversalAuth("i", "s"))
InfisicalClient(auth=lambda: UniversalAuth("i", "s"))
InfisicalClient(auth=lambda: LoginResponse(access_token="t"))
InfisicalClient(auth=fetched)  # type: ignore[arg-type] # pyright: ignore
InfisicalClient(auth="token")  # type: ignore[arg-type] # pyright: ignore
AsyncInfisicalClient(auth=UniversalAuth("i", "s"))
AsyncInfisicalClient(auth=fetched)
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
