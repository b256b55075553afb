"""Clients from environment variables: both kinds, their options, and an error that shows no secret."""

from __future__ import annotations

import asyncio
import inspect
import os
import subprocess
import sys
import traceback
from typing import Any

import pytest
from returns.result import Success

import infisical.options
from infisical import AsyncInfisicalClient, IdentityAccessToken, InfisicalClient, Jwt, UniversalAuth, settings
from infisical.executors import AsyncMemoryExecutor, AsyncScriptedExecutor, MemoryExecutor, ScriptedExecutor
from infisical.server.serve import format_settings, serving
from tests.wire import answer

CLIENTS: Any = pytest.mark.parametrize("client", [InfisicalClient, AsyncInfisicalClient])
PASSWORD = "S3CRET-PASSWORD"
TOKEN = {"INFISICAL_TOKEN": "token", "INFISICAL_DOMAIN": "https://h"}


@CLIENTS
def test_a_client_has_the_base_url_and_the_credential_of_the_environment(client):
    made = client.from_env(TOKEN)

    assert repr(made) == f"{client.__name__}('https://h', auth_mode='identity_access_token')"
    assert type(made) is client


@CLIENTS
def test_the_environment_of_the_process_is_the_default(client, monkeypatch):
    for name in [name for name in os.environ if name.startswith("INFISICAL")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("INFISICAL_TOKEN", "st.token")

    assert client.from_env().auth_mode == "service_token"
    assert PASSWORD not in str(inspect.signature(client.from_env))
    assert inspect.signature(client.from_env).parameters["environ"].default is None


@CLIENTS
def test_a_given_option_is_used_instead_of_the_environment(client):
    wrong = {"INFISICAL_DOMAIN": "ftp://nonsense", "INFISICAL_AUTH_METHOD": "nonsense"}

    assert repr(client.from_env(wrong, base_url="https://other/api", auth=Jwt("t"))) == (
        f"{client.__name__}('https://other', auth_mode='jwt')"
    )
    assert repr(client.from_env(TOKEN, auth=None)) == f"{client.__name__}('https://h', auth_mode=None)"
    assert repr(client.from_env({"INFISICAL_HOST": "http://h", "INFISICAL_TOKEN": "t"}, allow_http=True)) == (
        f"{client.__name__}('http://h', auth_mode='identity_access_token')"
    )


def test_the_other_options_reach_the_constructor():
    script = ScriptedExecutor(answer({"message": "up"}))
    client = InfisicalClient.from_env(TOKEN, executor=script, headers={"X-Team": "a"}, timeout=3, retry=None)

    client.status.get()

    assert [(sent.timeout, dict(sent.headers)["X-Team"]) for sent in script.sent] == [(3, "a")]


@CLIENTS
def test_an_environment_without_a_credential_is_an_error_that_lists_the_ways(client):
    with pytest.raises(ValueError, match=r"^the environment has no credential: set INFISICAL_TOKEN, or ") as raised:
        client.from_env({"INFISICAL_PROJECT_ID": "p"})

    assert str(raised.value) == (
        "the environment has no credential: set INFISICAL_TOKEN, or INFISICAL_UNIVERSAL_AUTH_CLIENT_ID and "
        "INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET, or the identity id of another login "
        "(INFISICAL_KUBERNETES_IDENTITY_ID, for example); or give auth="
    )


MISTAKES: list[tuple[Any, dict[str, Any]]] = [
    ({"INFISICAL_TOKEN": f"{PASSWORD} x"}, {}),
    ({"INFISICAL_TOKEN": "t", "INFISICAL_DOMAIN": f"https://u:{PASSWORD}@h"}, {}),
    ({"INFISICAL_TOKEN": PASSWORD, "INFISICAL_TOKEN_FILE": PASSWORD}, {}),
    ({"INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET": PASSWORD}, {"headers": {"X-Key": PASSWORD}}),
    ({"INFISICAL_TOKNE": PASSWORD}, {"auth": Jwt(PASSWORD)}),
    ({"INFISICAL_TOKEN": PASSWORD}, {"timeout": 0, "headers": {"X-Key": PASSWORD}}),
    ({"INFISICAL_TOKEN": PASSWORD}, {"headers": {"X-Key": f"{PASSWORD}\n"}}),
    ({"INFISICAL_TOKEN_FILE": PASSWORD}, {}),
    (PASSWORD, {"base_url": PASSWORD}),
]


@CLIENTS
@pytest.mark.parametrize(("environ", "options"), MISTAKES)
def test_an_error_shows_no_secret_in_its_message_or_in_the_frames(client, environ, options):
    with pytest.raises(ValueError, match=r".") as raised:
        client.from_env(environ, **options)
    own = raised.value.__traceback__
    assert own is not None
    shown = traceback.TracebackException(ValueError, raised.value, own.tb_next, capture_locals=True)

    assert PASSWORD not in "".join(shown.format())


def test_the_options_are_those_of_the_constructor():
    constructor = inspect.signature(InfisicalClient.__init__).parameters
    options = infisical.options.ClientOptions

    assert options.__optional_keys__ == constructor.keys() - {"self"}
    assert {name: options.__annotations__[name].__forward_arg__ for name in options.__annotations__} == {
        name: constructor[name].annotation.replace("Clock", "Callable[[], float]") for name in options.__annotations__
    }


# ---- what `python -m infisical serve` prints
def read_lines(lines: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in lines.splitlines())


@pytest.mark.enable_socket
def test_the_lines_that_serve_prints_are_settings():
    pytest.importorskip("waitress")
    memory = MemoryExecutor()
    given = memory.given
    with serving(memory) as url:
        environ = read_lines(format_settings(url, given))
        found = settings.from_env(environ).unwrap()
        with InfisicalClient.from_env(environ) as client:
            client.secrets.create(secret_name="K", secret_value="v", **found.place).unwrap()
            names = [secret.secret_key for secret in client.secrets.list(**found.place).unwrap().secrets]

    assert names == ["K"]
    assert found == settings.Settings(
        base_url=url,
        auth=UniversalAuth(given.client_id, given.client_secret),
        project_id=given.project_id,
        environment=given.environment,
    )


def test_the_asyncio_client_logs_in_by_the_environment():
    memory = MemoryExecutor()
    environ = read_lines(format_settings("http://127.0.0.1:8080", memory.given))

    async def ask() -> Any:
        async with AsyncInfisicalClient.from_env(environ, executor=AsyncMemoryExecutor(memory)) as client:
            return await client.secrets.list(**settings.from_env(environ).unwrap().place)

    assert isinstance(asyncio.run(ask()), Success)


def test_a_token_of_the_environment_is_sent():
    script = AsyncScriptedExecutor(answer({"secrets": []}))

    async def ask() -> Any:
        client = AsyncInfisicalClient.from_env(TOKEN, executor=script)
        return await client.secrets.list(project_id="p", environment="dev")

    assert isinstance(asyncio.run(ask()), Success)
    assert [dict(sent.headers)["Authorization"] for sent in script.sent] == ["Bearer token"]
    assert settings.from_env(TOKEN).unwrap().auth == IdentityAccessToken("token")


# ---- the index
def test_settings_and_sources_are_modules_of_the_index():
    assert settings is infisical.settings
    assert (infisical.sources.__name__, infisical.settings.__name__) == ("infisical.sources", "infisical.settings")


def test_a_client_imports_neither_of_them():
    program = "import infisical, sys; infisical.InfisicalClient(auth=infisical.UniversalAuth('id', 'secret'))"
    code = f"{program}; print(*sys.modules, sep='\\n')"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    modules = run.stdout.splitlines()

    assert [name for name in modules if name.startswith(("infisical.settings", "infisical.sources"))] == []
    assert "infisical.client" in modules
