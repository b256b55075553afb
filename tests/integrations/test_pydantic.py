"""The settings source for pydantic-settings: names, nesting, precedence, missing secrets, outages, hidden values."""

from __future__ import annotations

import enum
import importlib
import sys
import traceback
from collections.abc import Callable
from typing import Any

import pytest
from returns.result import Failure, Success

from infisical import (
    AsyncInfisicalClient,
    ForbiddenError,
    InfisicalClient,
    InfisicalNetworkError,
    Jwt,
    UniversalAuth,
    to_env,
)
from infisical.endpoints.secrets import Secret, SecretImport, SecretList
from infisical.executors import AsyncScriptedExecutor, ScriptedExecutor
from infisical.testing.memory import MemoryClient
from tests.wire import answer

pydantic = pytest.importorskip("pydantic")
pydantic_settings = pytest.importorskip("pydantic_settings")

from pydantic import AliasChoices, AliasPath, BaseModel, Field, SecretStr, ValidationError  # noqa: E402
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError  # noqa: E402

from infisical.integrations.pydantic import InfisicalSettingsSource  # noqa: E402

VALUE = "S3CRET-VALUE"
PLACE: Any = {"project_id": "p", "environment": "dev"}


def secret(name: str, value: str = VALUE, *, hidden: bool | None = None) -> Secret:
    return Secret(id="1", secret_key=name, secret_value=value, secret_value_hidden=hidden)


def listing(**values: str) -> Callable[[], Any]:
    return lambda: Success(SecretList(secrets=tuple(secret(name, value) for name, value in values.items())))


def load(settings_cls: type[BaseSettings], secrets: Callable[[], Any], **options: Any) -> dict[str, Any]:
    """What the source finds, and nothing else."""
    return InfisicalSettingsSource(settings_cls, listing=secrets, **options)()


class Color(enum.Enum):
    RED = 1


class Endpoint(BaseModel):
    host: str = "localhost"
    ports: list[int] = []
    inner: dict[str, str] = {}


# ---- the example of the README
def test_settings_are_filled_with_the_secrets_of_a_place():
    client = MemoryClient()
    client.put({"DATABASE_URL": "postgres://db", "API__HOST": "api.example", "API__PORTS": "[80, 443]", "OTHER": "x"})

    class App(BaseSettings):
        model_config = SettingsConfigDict(env_nested_delimiter="__", hide_input_in_errors=True)
        database_url: SecretStr
        api: Endpoint
        debug: bool = False

        @classmethod
        def settings_customise_sources(cls, settings_cls, init_settings, env_settings, **_):
            where: Any = {"project_id": client.project_id, "environment": client.environment}
            return init_settings, env_settings, InfisicalSettingsSource(settings_cls, client, **where)

    app = App()

    assert app.database_url.get_secret_value() == "postgres://db"
    assert app.model_dump(exclude={"database_url"}) == {
        "api": {"host": "api.example", "ports": [80, 443], "inner": {}},
        "debug": False,
    }


# ---- precedence and loads
def test_a_source_before_it_is_used_first(monkeypatch):
    class App(BaseSettings):
        model_config = SettingsConfigDict(env_nested_delimiter="__")
        a: str = "default"
        b: str = "default"
        c: str = "default"
        d: str = "default"
        api: Endpoint = Endpoint()

        @classmethod
        def settings_customise_sources(cls, settings_cls, init_settings, env_settings, **_):
            secrets = listing(A="secret", B="secret", C="secret", API__HOST="secret", API__PORTS="[1]")
            return init_settings, env_settings, InfisicalSettingsSource(settings_cls, listing=secrets)

    monkeypatch.setenv("A", "environment")
    monkeypatch.setenv("B", "environment")
    monkeypatch.setenv("API__HOST", "environment")

    assert App(a="init").model_dump() == {
        "a": "init",
        "b": "environment",
        "c": "secret",
        "d": "default",
        "api": {"host": "environment", "ports": [1], "inner": {}},
    }


def test_each_load_lists_once_with_references_and_imports():
    body = {
        "secrets": [{"id": "1", "secretKey": "A", "secretValue": "own"}],
        "imports": [
            {
                "secretPath": "/shared",
                "environment": "dev",
                "secrets": [
                    {"id": "2", "secretKey": "A", "secretValue": "imported"},
                    {"id": "3", "secretKey": "B", "secretValue": "imported"},
                ],
            }
        ],
    }
    script = ScriptedExecutor(answer(body), answer({"secrets": []}))
    client = InfisicalClient(executor=script, auth=Jwt("t"))

    class App(BaseSettings):
        a: str = ""
        b: str = ""

    source = InfisicalSettingsSource(App, client, **PLACE, secret_path="/app")

    assert len(script.sent) == 0
    assert (source(), source()) == ({"a": "own", "b": "imported"}, {})
    assert [sent.url for sent in script.sent] == [
        "https://app.infisical.com/api/v4/secrets?projectId=p&environment=dev&secretPath=%2Fapp"
        "&expandSecretReferences=true&includeImports=true&include_imports=true"
    ] * 2
    assert source.env_vars == {}


# ---- names
class Names(BaseSettings):
    plain: str = ""
    Mixed: str = ""
    aliased: str = Field("", validation_alias="OTHER_NAME")
    choices: str = Field("", validation_alias=AliasChoices("FIRST", "SECOND"))
    part: str = Field("", validation_alias=AliasPath("PARTS", 1))


@pytest.mark.parametrize(
    ("secrets", "options", "expected"),
    [
        ({"PLAIN": "v"}, {}, {"plain": "v"}),
        ({"plain": "v"}, {}, {"plain": "v"}),
        ({"pLaIn": "v", "MIXED": "w"}, {}, {"plain": "v", "Mixed": "w"}),
        ({"PLAIN": "v", "Mixed": "w"}, {"case_sensitive": True}, {"Mixed": "w"}),
        (
            {"APP_PLAIN": "v", "PLAIN": "w", "other_name": "x"},
            {"env_prefix": "APP_"},
            {"plain": "v", "OTHER_NAME": "x"},
        ),
        ({"aliased": "v", "OTHER_NAME": "w"}, {}, {"OTHER_NAME": "w"}),
        ({"SECOND": "v"}, {}, {"FIRST": "v"}),
        ({"SECOND": "v", "FIRST": "w"}, {}, {"FIRST": "w"}),
        ({"PARTS": '["a", "b"]'}, {}, {"PARTS": ["a", "b"]}),
        ({"PLAIN": ""}, {}, {"plain": ""}),
        ({"PLAIN": ""}, {"env_ignore_empty": True}, {}),
        ({"PLAIN": "null"}, {"env_parse_none_str": "null"}, {"plain": None}),
        ({"PLAIN": " a\nb "}, {}, {"plain": " a\nb "}),
        ({"UNKNOWN": "v", "plain_": "w", "": "x"}, {}, {}),
        ({}, {}, {}),
    ],
)
def test_names_are_those_of_environment_variables(secrets, options, expected, monkeypatch):
    for name, value in secrets.items():
        if name:
            monkeypatch.setenv(name, value)
    by_environment = pydantic_settings.EnvSettingsSource(Names, **options)()

    assert load(Names, listing(**secrets), **options) == expected == by_environment


def test_the_value_at_a_path_reaches_the_field():
    class App(Names):
        @classmethod
        def settings_customise_sources(cls, settings_cls, **_):
            return (InfisicalSettingsSource(settings_cls, listing=listing(PARTS='["a", "b"]', SECOND="c")),)

    assert App().model_dump() == {"plain": "", "Mixed": "", "aliased": "", "choices": "c", "part": "b"}


def test_the_model_config_has_the_options_that_are_omitted():
    class App(BaseSettings):
        model_config = SettingsConfigDict(env_prefix="APP_", env_nested_delimiter="__", case_sensitive=True)
        api: Endpoint = Endpoint()

    assert load(App, listing(APP_api__host="h", APP_API__HOST="other", APP_api__inner='{"a": "b"}')) == {
        "api": {"host": "h", "inner": {"a": "b"}}
    }


def test_nested_models_take_json_and_parts():
    class App(BaseSettings):
        api: Endpoint = Endpoint()

    secrets = listing(API='{"host": "json", "ports": [1]}', API__HOST="part", API__INNER__KEY="v")

    assert load(App, secrets, env_nested_delimiter="__") == {
        "api": {"host": "part", "ports": [1], "inner": {"key": "v"}}
    }
    assert load(App, secrets) == {"api": {"host": "json", "ports": [1]}}
    assert load(App, secrets, env_nested_delimiter="__", env_nested_max_split=1)["api"]["host"] == "part"


def test_enums_are_read_by_name_where_that_is_asked():
    class App(BaseSettings):
        color: Color = Color.RED

    assert load(App, listing(COLOR="RED"), env_parse_enums=True) == {"color": Color.RED}


# ---- what is missing, wrong, or hidden
class Required(BaseSettings):
    database_url: str
    port: int = 0

    @classmethod
    def settings_customise_sources(cls, settings_cls, init_settings, **_):
        return (InfisicalSettingsSource(settings_cls, listing=cls.secrets),)

    @staticmethod
    def secrets() -> Any:
        raise NotImplementedError


def test_a_missing_secret_is_an_error_of_pydantic(monkeypatch):
    monkeypatch.setattr(Required, "secrets", listing(PORT="1"))

    with pytest.raises(ValidationError) as raised:
        Required()
    assert [(error["type"], error["loc"]) for error in raised.value.errors()] == [("missing", ("database_url",))]


@pytest.mark.parametrize(
    "error",
    [InfisicalNetworkError("no network", reason="dns"), ForbiddenError("no right", status_code=403)],
)
def test_an_outage_is_raised_even_where_every_field_has_a_default(error):
    class App(BaseSettings):
        port: int = 0

        @classmethod
        def settings_customise_sources(cls, settings_cls, **_):
            return (InfisicalSettingsSource(settings_cls, listing=lambda: Failure(error)),)

    with pytest.raises(type(error)) as raised:
        App()
    assert (raised.value, raised.value is not error) == (error, True)


def test_a_hidden_value_of_a_field_is_an_error_with_its_name():
    secrets = SecretList(
        secrets=(secret("API__HOST", "<hidden-by-infisical>", hidden=True), secret("PORT", hidden=True), secret("X"))
    )

    class App(BaseSettings):
        api: Endpoint = Endpoint()
        port: str = ""

    with pytest.raises(ValueError, match=r"^the server hid the values of PORT: give the identity the right to read"):
        load(App, lambda: secrets)
    with pytest.raises(ValueError, match=r"^the server hid the values of API__HOST, PORT: give the identity"):
        load(App, lambda: secrets, env_nested_delimiter="__")


def test_a_hidden_value_that_no_field_needs_does_no_harm():
    secrets = SecretList(secrets=(secret("OTHER", hidden=True), secret("PORT", "80")))

    class App(BaseSettings):
        port: int = 0

    assert load(App, lambda: secrets) == {"port": "80"}


def test_a_hidden_value_in_an_import_counts_only_if_it_is_used():
    imported = SecretImport(secret_path="/", environment="dev", secrets=(secret("PORT", hidden=True), secret("HOST")))

    class App(BaseSettings):
        port: int = 0
        host: str = ""

    assert load(App, lambda: SecretList(secrets=(secret("PORT", "80"),), imports=(imported,))) == {
        "port": "80",
        "host": VALUE,
    }
    with pytest.raises(ValueError, match="hid the values of PORT"):
        load(App, lambda: SecretList(secrets=(), imports=(imported,)))


def test_two_secrets_that_differ_in_case_only_are_refused_where_a_field_needs_them():
    class App(BaseSettings):
        port: int = 0

    secrets = listing(PORT="1", port="2", OTHER="3", other="4")

    with pytest.raises(
        ValueError, match=r"^secrets differ in upper and lower case only: PORT and port: set case_sensitive=True$"
    ):
        load(App, secrets)
    assert load(App, secrets, case_sensitive=True) == {"port": "2"}


def test_a_long_list_of_names_is_cut():
    many = pydantic.create_model("Many", __base__=BaseSettings, **{f"f{number}": (str, "") for number in range(12)})
    secrets = SecretList(secrets=tuple(secret(f"F{number}", hidden=True) for number in range(12)))

    with pytest.raises(ValueError, match=r"of F0, F1, F2, F3, F4, F5, F6, F7, F8, F9 and 2 more: give"):
        load(many, lambda: secrets)


def test_a_value_that_is_no_json_is_refused_without_the_value():
    class App(BaseSettings):
        ports: list[int] = []

    with pytest.raises(SettingsError) as raised:
        load(App, listing(PORTS=VALUE))

    assert str(raised.value) == 'error parsing value for field "ports" from source "InfisicalSettingsSource"'
    assert (raised.value.__cause__, raised.value.__context__) == (None, None)


@pytest.mark.parametrize(
    "secrets",
    [
        listing(PORTS=VALUE),
        lambda: SecretList(secrets=(secret("PORTS"), secret("ports"))),
        lambda: SecretList(secrets=(secret("PORTS", hidden=True),)),
        lambda: {"PORTS": VALUE, "OTHER": 5},
    ],
)
def test_no_error_has_a_value_in_its_frames(secrets):
    class App(BaseSettings):
        ports: list[int] = []

    source = InfisicalSettingsSource(App, listing=secrets)
    with pytest.raises(ValueError, match=r".") as raised:
        source()
    own = raised.value.__traceback__
    assert own is not None
    shown = "".join(traceback.TracebackException(ValueError, raised.value, own.tb_next, capture_locals=True).format())

    assert (VALUE in shown, VALUE in repr(source), "InfisicalSettingsSource(App)" in shown) == (False, False, True)


# ---- what a listing may return
def test_a_listing_may_return_names_and_values():
    class App(BaseSettings):
        port: int = 0

    values = {"PORT": "80", "OTHER": "x"}

    assert load(App, lambda: values) == load(App, lambda: Success(values)) == {"port": "80"}
    assert load(App, lambda: to_env(listing(PORT="80")().unwrap())) == {"port": "80"}


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (None, "^listing must return a SecretList or a mapping, or its Answer, not NoneType$"),
        (Success([]), "^listing must return a SecretList or a mapping, or its Answer, not list$"),
        ({"PORT": 80, 5: "x"}, "^listing must return names and values that are strings: PORT, 5$"),
    ],
)
def test_a_listing_that_returns_something_else_is_refused(result, message):
    class App(BaseSettings):
        port: int = 0

    with pytest.raises(ValueError, match=message):
        load(App, lambda: result)


async def list_async() -> Any:
    raise NotImplementedError


BLOCKING = "^listing must be a blocking function that returns a SecretList or its Answer$"
ASYNC = AsyncInfisicalClient(auth=Jwt("t"), executor=AsyncScriptedExecutor())


@pytest.mark.parametrize(
    ("client", "options", "message"),
    [
        (None, {}, BLOCKING),
        (None, {"listing": "x"}, BLOCKING),
        (None, {"listing": list_async}, BLOCKING),
        (InfisicalClient(executor=ScriptedExecutor()), {}, "^a client needs a place: project_id and environment$"),
        (InfisicalClient(executor=ScriptedExecutor()), {"project_id": "p"}, "^a client needs a place"),
        (InfisicalClient(executor=ScriptedExecutor()), {"listing": dict}, "^give a client with its place, or listing="),
        (None, {"listing": dict, "secret_path": "/"}, "^give a client with its place, or listing="),
        (None, PLACE, "^give a client with its place, or listing="),
        (UniversalAuth("i", "s"), PLACE, "^client must be an InfisicalClient, which is blocking, not UniversalAuth$"),
        (ASYNC, PLACE, "^client must be an InfisicalClient, which is blocking, not AsyncInfisicalClient$"),
    ],
)
def test_arguments_that_cannot_be_right_are_refused(client, options, message):
    with pytest.raises(ValueError, match=message):
        InfisicalSettingsSource(Names, client, **options)


def test_a_folder_that_is_missing_is_the_error_of_the_server():
    client = MemoryClient()
    place: Any = {"project_id": client.project_id, "environment": client.environment}

    with pytest.raises(Exception, match="not found") as raised:
        InfisicalSettingsSource(Names, client, **place, secret_path="/none")()
    assert type(raised.value).__name__ == "NotFoundError"


def test_without_pydantic_settings_the_import_says_what_to_install(monkeypatch):
    monkeypatch.delitem(sys.modules, "infisical.integrations.pydantic")
    monkeypatch.setitem(sys.modules, "pydantic_settings", None)

    with pytest.raises(ImportError, match=r"pip install 'infisical-functional\[pydantic\]'"):
        importlib.import_module("infisical.integrations.pydantic")
