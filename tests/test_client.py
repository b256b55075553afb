"""The clients: what they take, what they refuse, what they own; and that no call raises, whatever is plugged in."""

from __future__ import annotations

import asyncio
import inspect
import subprocess
import sys
from typing import Any

import pytest
from returns.result import Failure, Success

import infisical
from infisical import (
    ApiKey,
    AsyncInfisicalClient,
    HttpRequest,
    IdentityAccessToken,
    InfisicalClient,
    InfisicalError,
    InfisicalNetworkError,
    Jwt,
    Response,
    ServiceToken,
    UniversalAuth,
)
from infisical.endpoints.secrets import SecretList, Secrets
from infisical.executors import AsyncScriptedExecutor, ScriptedExecutor, ThreadedExecutor
from infisical.flow import Flow, Next, Outcome
from tests.wire import answer

WHERE = {"project_id": "p", "environment": "dev"}
LISTED = answer({"secrets": []})
EMPTY = Success(SecretList(secrets=()))


# ---- settings
@pytest.mark.parametrize(
    ("base_url", "expected"),
    [
        ("https://app.infisical.com", "https://app.infisical.com/api/v4/secrets?projectId=p&environment=dev"),
        ("https://app.infisical.com/", "https://app.infisical.com/api/v4/secrets?projectId=p&environment=dev"),
        ("https://x:8443/a/b/", "https://x:8443/a/b/api/v4/secrets?projectId=p&environment=dev"),
        ("https://x/api", "https://x/api/v4/secrets?projectId=p&environment=dev"),
        ("https://x/api/", "https://x/api/v4/secrets?projectId=p&environment=dev"),
        ("https://x/a/api//", "https://x/a/api/v4/secrets?projectId=p&environment=dev"),
        ("https://x/api/api", "https://x/api/api/v4/secrets?projectId=p&environment=dev"),
        ("https://api", "https://api/api/v4/secrets?projectId=p&environment=dev"),
        ("https://x/xapi", "https://x/xapi/api/v4/secrets?projectId=p&environment=dev"),
        ("https://x/api/v1", "https://x/api/v1/api/v4/secrets?projectId=p&environment=dev"),
        ("https://x/API", "https://x/API/api/v4/secrets?projectId=p&environment=dev"),
        ("http://localhost:8080", "http://localhost:8080/api/v4/secrets?projectId=p&environment=dev"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/api/v4/secrets?projectId=p&environment=dev"),
        ("http://[::1]:8080", "http://[::1]:8080/api/v4/secrets?projectId=p&environment=dev"),
    ],
)
def test_a_base_url_with_or_without_slash_prefix_or_port(base_url, expected):
    executor = ScriptedExecutor(LISTED)
    InfisicalClient(base_url=base_url, auth=Jwt("t"), executor=executor).secrets.list(**WHERE)

    assert executor.sent[0].url == expected


@pytest.mark.parametrize(
    "base_url",
    [
        "app.infisical.com",
        "//app.infisical.com",
        "ftp://app.infisical.com",
        "https://",
        "https:///api",
        "",
        "https://x?a=b",
        "https://x#a",
        "https://x?",
        "https://x/a b",
        "https://x\r\nHost: y",
        "https://x:port",
        "https://[::1",
        "http://app.infisical.com",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
        "http://127.evil.example.com",
        "http://127.0.0.999",
        "http://127.0.1",
        "http://127.0.0.0x1",
        "http://[::2]",
        "https://h\\x",
        "https://h%2fx",
        None,
        7,
    ],
)
def test_a_base_url_that_cannot_be_right_is_an_error_at_construction(base_url):
    with pytest.raises(ValueError, match=r"base_url|in clear"):
        InfisicalClient(base_url=base_url)


def test_a_password_in_the_base_url_is_refused_and_not_shown():
    with pytest.raises(ValueError, match="base_url") as raised:
        InfisicalClient(base_url="https://user:TOPSECRET@x")
    assert "TOPSECRET" not in str(raised.value)


def test_http_to_another_machine_needs_to_be_allowed():
    executor = ScriptedExecutor(LISTED)
    client = InfisicalClient(base_url="http://infisical.internal", allow_http=True, auth=Jwt("t"), executor=executor)

    assert client.secrets.list(**WHERE) == EMPTY


@pytest.mark.parametrize(
    "settings",
    [
        {"timeout": 0},
        {"timeout": -1},
        {"timeout": float("nan")},
        {"timeout": float("inf")},
        {"timeout": "30"},
        {"timeout": True},
        {"leeway": -1},
        {"leeway": None},
        {"auth_policy": "documentd"},
        {"headers": {"X-A": "a\r\nX-B: b"}},
        {"headers": {"X-A": "é"}},
        {"headers": {"X A": "a"}},
        {"headers": {"": "a"}},
        {"headers": {"X-A": 1}},
        {"headers": {"authorization": "Bearer x"}},
        {"headers": {"X-API-KEY": "x"}},
        {"headers": {"Content-Length": "1"}},
    ],
)
def test_a_setting_that_cannot_be_right_is_an_error_at_construction(settings):
    for client in (InfisicalClient, AsyncInfisicalClient):
        with pytest.raises(ValueError, match=next(iter(settings))):
            client(**settings)


@pytest.mark.parametrize("kind", [IdentityAccessToken, Jwt, ApiKey, ServiceToken])
@pytest.mark.parametrize(
    "token", ["", "TOP SECRET", "TOPSECRET\n", "TOPSECRET\r\nX: y", "TOPSECRÉT", "TOPSECRET\x00", None]
)
def test_a_token_that_no_header_can_carry_is_refused_where_it_is_given_and_not_shown(kind, token):
    with pytest.raises(ValueError, match=r"the .*(token|key)") as raised:
        kind(token)
    assert "TOP" not in str(raised.value)


@pytest.mark.parametrize("setter", ["set_access_token", "set_jwt"])
def test_the_same_for_a_token_set_by_hand_which_leaves_the_client_as_it_was(setter):
    client = InfisicalClient(auth=Jwt("good"), executor=ScriptedExecutor())
    with pytest.raises(ValueError, match="the token"):
        getattr(client, setter)("bad\n")

    assert client.auth_mode == "jwt"


def test_headers_of_ones_own_go_along_and_replace_the_defaults():
    executor = ScriptedExecutor(LISTED)
    headers = {"user-agent": "mine/1", "X-Trace": "1"}
    InfisicalClient(auth=Jwt("t"), executor=executor, headers=headers, timeout=7).secrets.list(**WHERE)

    assert executor.sent[0].headers == (
        ("Accept", "application/json"),
        ("user-agent", "mine/1"),
        ("X-Trace", "1"),
        ("Authorization", "Bearer t"),
    )
    assert executor.sent[0].timeout == 7.0


def test_the_default_headers():
    executor = ScriptedExecutor(LISTED)
    InfisicalClient(auth=Jwt("t"), executor=executor).secrets.list(**WHERE)

    assert executor.sent[0].headers[:2] == (
        ("Accept", "application/json"),
        ("User-Agent", f"infisical-functional/{infisical.__version__}"),
    )


# ---- what a client owns
class Closing(ScriptedExecutor):
    closed = 0

    def close(self) -> None:
        self.closed += 1


def test_a_client_closes_only_a_transport_that_it_made():
    given = Closing()
    with InfisicalClient(executor=given):
        pass
    with InfisicalClient(auth=Jwt("t"), retry=None) as own:
        pass
    error = own.secrets.list(**WHERE).failure()

    assert given.closed == 0
    assert (type(error), error.sent, "closed" in error.message) == (InfisicalNetworkError, False, True)


def test_the_asyncio_client_closes_only_a_transport_that_it_made():
    async def main() -> Any:
        async with AsyncInfisicalClient(executor=AsyncScriptedExecutor(LISTED), auth=Jwt("t")) as client:
            given = await client.secrets.list(**WHERE)
        async with AsyncInfisicalClient(auth=Jwt("t"), retry=None) as own:
            pass
        return given, (await own.secrets.list(**WHERE)).failure()

    given, error = asyncio.run(main())

    assert given == EMPTY
    assert (type(error), error.sent) == (InfisicalNetworkError, False)


def test_a_blocking_executor_serves_the_asyncio_client_in_threads():
    executor = ThreadedExecutor(ScriptedExecutor(LISTED), threads=1)

    async def main() -> Any:
        return await AsyncInfisicalClient(executor=executor, auth=Jwt("t")).secrets.list(**WHERE)

    assert asyncio.run(main()) == EMPTY
    executor.close()


def test_the_repr_of_a_client_says_where_and_how_but_not_with_what():
    client = InfisicalClient(base_url="https://x/y/", auth=Jwt("TOPSECRET"), executor=ScriptedExecutor())

    assert repr(client) == "InfisicalClient('https://x/y', auth_mode='jwt')"


def test_a_bound_method_keeps_its_signature_and_docstring_and_is_made_once():
    client = InfisicalClient(executor=ScriptedExecutor())

    bound, pure = inspect.signature(client.secrets.create), inspect.signature(Secrets.create)
    assert bound.parameters == pure.parameters
    assert client.secrets.create.__doc__ == Secrets.create.__doc__
    assert client.secrets is client.secrets
    assert client.secrets.create is client.secrets.create


def test_a_group_binds_to_anything_that_runs_requests():
    assert Secrets(lambda request: request).list(**WHERE) == Secrets.list(**WHERE)


# ---- links of one's own
def test_links_run_once_a_call_outermost_first_around_everything():
    order: list[str] = []

    def link(name: str) -> Any:
        def run(request: HttpRequest, following: Next) -> Flow[Outcome]:
            order.append(f"{name} in")
            outcome = yield from following(request.with_header(f"X-{name}", "1"))
            order.append(f"{name} out")
            return outcome

        return run

    login = answer({"accessToken": "T2"})
    executor = ScriptedExecutor(answer({"accessToken": "T1"}), answer({"error": "TokenError"}, 403), login, LISTED)
    client = InfisicalClient(executor=executor, middleware=[link("A"), link("B")])
    client.login(UniversalAuth("i", "s"))
    order.clear()

    assert client.secrets.list(**WHERE) == EMPTY
    assert order == ["A in", "B in", "B out", "A out"]
    assert [{"X-A", "X-B"} <= set(dict(sent.headers)) for sent in executor.sent] == [True, True, False, True]


def test_a_link_may_answer_itself_and_change_the_request():
    def cached(request: HttpRequest, following: Next) -> Flow[Outcome]:
        if "projectId=cached" in request.url:
            return Success(LISTED)
        return (yield from following(request))

    executor = ScriptedExecutor()
    client = InfisicalClient(executor=executor, auth=Jwt("t"), middleware=[cached])

    assert client.secrets.list(project_id="cached", environment="dev") == EMPTY
    assert executor.sent == []


# ---- no call raises
def boom(*_: Any, **__: Any) -> Any:
    raise LookupError("TOPSECRET")


async def aboom(*_: Any, **__: Any) -> Any:
    raise LookupError("TOPSECRET")


DEFECTS: list[dict[str, Any]] = [
    {"executor": boom},
    {"executor": lambda _: None},
    {"executor": lambda _: LISTED},
    {"executor": lambda _: Success("what?")},
    {"executor": lambda _: Success(LISTED), "middleware": [boom]},
    {"executor": lambda _: Success(LISTED), "middleware": [lambda request, following: None]},
    {"executor": lambda _: Success(LISTED), "auth_policy": boom},
]


@pytest.mark.parametrize("settings", DEFECTS)
def test_whatever_is_plugged_in_and_raises_gives_a_failure_that_does_not_show_its_message(settings):
    got = InfisicalClient(retry=None, auth=Jwt("t"), **settings).secrets.list(**WHERE)

    assert isinstance(got.failure(), InfisicalError)
    assert "TOPSECRET" not in repr(got.failure())


@pytest.mark.parametrize("settings", [{"executor": aboom}, {"executor": AsyncScriptedExecutor(), "middleware": [boom]}])
def test_the_same_under_asyncio(settings):
    got = asyncio.run(AsyncInfisicalClient(retry=None, auth=Jwt("t"), **settings).secrets.list(**WHERE))

    assert isinstance(got.failure(), InfisicalError)
    assert "TOPSECRET" not in repr(got.failure())


def test_an_executor_that_raises_is_a_network_error_with_its_types_name_and_place():
    error = InfisicalClient(retry=None, auth=Jwt("t"), executor=boom).secrets.list(**WHERE).failure()

    assert isinstance(error, InfisicalNetworkError)
    assert error.message.startswith("the executor is defective: LookupError was raised at test_client.py:")


def test_a_decoder_of_ones_own_that_raises_is_a_failure():
    from infisical.request import get

    got = InfisicalClient(executor=lambda _: Success(LISTED))(get("/api/status", returns=boom))

    assert isinstance(got.failure(), InfisicalError)


def test_keyboard_interrupt_is_not_caught():
    def interrupted(_: HttpRequest) -> Any:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        InfisicalClient(auth=Jwt("t"), executor=interrupted).secrets.list(**WHERE)


@pytest.mark.parametrize("status", [204, 201, 299])
def test_any_2xx_is_success(status):
    from infisical.decode import nothing
    from infisical.request import get

    client = InfisicalClient(retry=None, executor=ScriptedExecutor(Response(status)))

    assert client(get("/api/status", returns=nothing)) == Success(None)


@pytest.mark.parametrize("status", [100, 199, 300, 304, 307, 400, 599])
def test_anything_else_is_a_failure(status):
    from infisical.decode import nothing
    from infisical.request import get

    client = InfisicalClient(retry=None, executor=ScriptedExecutor(Response(status)))

    assert isinstance(client(get("/api/status", returns=nothing)), Failure)


# ---- what it costs to import
def test_a_first_call_imports_neither_a_transport_that_it_does_not_use_nor_asyncio_nor_dataclasses_json():
    code = """
import sys, infisical
from returns.result import Success
body = b'{"secret": {"id": "1", "secretKey": "K", "secretValue": "v"}}'
answer = infisical.Response(200, (), body)
client = infisical.InfisicalClient(auth=infisical.Jwt("t"), executor=lambda _: Success(answer))
client.secrets.get_by_name(secret_name="K", project_id="p", environment="e").unwrap()
print([m for m in ("dataclasses_json", "marshmallow", "urllib3", "vcr", "asyncio", "yaml") if m in sys.modules])
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert run.stdout.strip() == "[]"


def test_importing_the_package_imports_nothing_of_it_but_the_version():
    code = "import sys, infisical; print(sorted(m for m in sys.modules if m.startswith(('infisical', 'returns'))))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert run.stdout.strip() == "['infisical', 'infisical.version']"
