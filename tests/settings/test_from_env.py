"""Settings from environment variables: base URL, tokens, place, files, and what is never shown."""

from __future__ import annotations

import base64
import json
import logging
import os
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from returns.result import Failure, Success

from infisical import AuthenticationError, IdentityAccessToken, InfisicalError, Jwt, ServiceToken, settings
from infisical.settings import Settings, from_env
from infisical.settings.tokens import MAX_PAYLOAD_LENGTH, decode_payload
from infisical.settings.variables import BASE_URLS, FILE_VARIABLES, KNOWN_VARIABLES, TOKENS

CLOUD = "https://app.infisical.com"
SECRET = "S3CRET-VALUE"


def refusal(message: str) -> Failure[InfisicalError]:
    return Failure(AuthenticationError(message))


def jwt_of(claims: object, payload: bytes | None = None) -> str:
    written = base64.urlsafe_b64encode(json.dumps(claims).encode() if payload is None else payload)
    return f"header.{written.decode().rstrip('=')}.signature"


def reader(files: dict[str, Any]) -> Any:
    """A `read` for these files: their text, or what it raises."""

    def read(path: str) -> Any:
        if path not in files:
            raise FileNotFoundError(2, "No such file", path)
        if isinstance(files[path], Exception):
            raise files[path]
        return files[path]

    return read


def test_without_variables_there_are_the_cloud_no_credential_and_no_place():
    assert from_env({}) == Success(Settings(base_url=CLOUD))
    assert from_env({"PATH": "/bin", "HOME": SECRET}) == from_env({})
    assert settings.from_env is from_env


def test_every_setting_is_read():
    environ = {
        "INFISICAL_DOMAIN": "https://eu.infisical.com/api/",
        "INFISICAL_TOKEN": "token",
        "INFISICAL_PROJECT_ID": "project",
        "INFISICAL_ENVIRONMENT": "dev",
        "INFISICAL_SECRET_PATH": "/app",
        "INFISICAL_AUTH_ORGANIZATION_SLUG": "team",
    }
    expected = Settings(
        base_url="https://eu.infisical.com",
        auth=IdentityAccessToken("token"),
        project_id="project",
        environment="dev",
        secret_path="/app",
        organization_slug="team",
    )

    assert from_env(environ) == Success(expected)
    assert expected.place == {"project_id": "project", "environment": "dev"}


@pytest.mark.parametrize("value", ["", " ", "\n", "\t\r\n"])
def test_an_empty_value_counts_as_not_set(value):
    assert from_env(dict.fromkeys(KNOWN_VARIABLES, value)) == from_env({})


def test_white_space_around_a_value_is_removed():
    assert from_env({"INFISICAL_TOKEN": " token\r\n", "INFISICAL_PROJECT_ID": "p\n"}) == Success(
        Settings(base_url=CLOUD, auth=IdentityAccessToken("token"), project_id="p")
    )


@pytest.mark.parametrize(
    ("environ", "missing"),
    [
        ({}, "INFISICAL_PROJECT_ID"),
        ({"INFISICAL_PROJECT_ID": "p"}, "INFISICAL_ENVIRONMENT"),
        ({"INFISICAL_ENVIRONMENT": "dev"}, "INFISICAL_PROJECT_ID"),
    ],
)
def test_a_place_that_is_not_whole_names_the_missing_variable(environ, missing):
    found = from_env(environ).unwrap()

    with pytest.raises(ValueError, match=f"^the settings have no place: {missing} is not set$"):
        found.place  # noqa: B018


# ---- base URL
def test_the_first_name_of_a_base_url_that_is_set_is_used(caplog):
    for place, name in enumerate(BASE_URLS):
        later = {other: f"https://{number}.example" for number, other in enumerate(BASE_URLS) if number >= place}
        with caplog.at_level(logging.INFO, "infisical"):
            assert from_env(later) == Success(Settings(base_url=f"https://{place}.example"))
        others = ", ".join(BASE_URLS[place + 1 :])
        assert [record.message for record in caplog.records] == (
            [f"settings from {name}; ignored: {others}"] if others else []
        )
        caplog.clear()


@pytest.mark.parametrize("url", ["https://h/api", "https://h/api/", "https://h/", "https://h"])
@pytest.mark.parametrize("name", BASE_URLS)
def test_a_base_url_may_end_in_api(name, url):
    assert from_env({name: url}) == Success(Settings(base_url="https://h"))


@pytest.mark.parametrize("name", BASE_URLS)
def test_an_invalid_base_url_is_refused_as_the_client_refuses_it(name):
    assert from_env({name: "http://h"}) == refusal(
        f"{name}: base_url begins with http://, which would send credentials in clear text: use https://, or "
        "allow_http=True"
    )
    assert from_env({name: "http://h"}, allow_http=True) == Success(Settings(base_url="http://h"))
    assert from_env({name: "http://127.0.0.1:8080"}) == Success(Settings(base_url="http://127.0.0.1:8080"))
    assert from_env({name: f"https://u:{SECRET}@h"}) == refusal(
        f"{name}: base_url must not hold a user name or password: credentials are given by auth="
    )


# ---- tokens
USER_TOKEN = jwt_of({"authTokenType": "accessToken", "userId": "u"})


@pytest.mark.parametrize(
    ("token", "credential"),
    [
        ("st.a.b.c", ServiceToken("st.a.b.c")),
        ("st.", ServiceToken("st.")),
        (USER_TOKEN, Jwt(USER_TOKEN)),
        *(
            (token, IdentityAccessToken(token))
            for token in (
                "opaque",
                "a.b.c",
                "a..c",
                "stxyz",
                f"{USER_TOKEN}.more",
                USER_TOKEN.rpartition(".")[0],
                jwt_of({"authTokenType": "identityAccessToken"}),
                jwt_of({"authTokenType": ["accessToken"]}),
                jwt_of(["authTokenType", "accessToken"]),
                jwt_of("accessToken"),
                jwt_of(None, b"\xff\xfe"),
                jwt_of(None, b"[" * 40_000),
                jwt_of(None, b"1" * 10_000),
                jwt_of({"authTokenType": "accessToken", "more": "x" * MAX_PAYLOAD_LENGTH}),
                USER_TOKEN.replace(".", ".*", 1),
            )
        ),
    ],
)
@pytest.mark.parametrize("name", TOKENS[:3])
def test_the_kind_of_a_token_follows_from_its_text(name, token, credential):
    assert from_env({name: token}) == Success(Settings(base_url=CLOUD, auth=credential))


def test_padding_in_the_payload_of_a_token_does_no_harm():
    payload = base64.urlsafe_b64encode(b'{"authTokenType": "accessToken"}').decode()
    assert payload.endswith("=")

    assert from_env({"INFISICAL_TOKEN": f"a.{payload}.c"}).unwrap().auth == Jwt(f"a.{payload}.c")


@given(st.text() | st.lists(st.text(st.sampled_from("ey0._-=A/+")), max_size=4).map(".".join))
def test_any_text_has_claims_or_none(token):
    assert isinstance(decode_payload(token), dict)


@pytest.mark.parametrize("token", ["opaque", "st.a", USER_TOKEN])
def test_the_variable_of_a_service_token_holds_one(token):
    assert from_env({"INFISICAL_SERVICE_TOKEN": token}).unwrap().auth == ServiceToken(token)


def test_the_first_token_that_is_set_is_used_before_any_login(caplog):
    logins = {"INFISICAL_UNIVERSAL_AUTH_CLIENT_ID": SECRET, "INFISICAL_AUTH_METHOD": "nonsense"}
    environ = {name: f"{SECRET}-{number}" for number, name in enumerate(TOKENS)} | logins
    for place, name in enumerate(TOKENS):
        with caplog.at_level(logging.INFO, "infisical"):
            auth: Any = from_env(environ).unwrap().auth
        assert auth.value == f"{SECRET}-{place}"
        ignored = [*TOKENS[place + 1 :], "INFISICAL_AUTH_METHOD", "INFISICAL_UNIVERSAL_AUTH_CLIENT_ID"]
        assert [(record.levelname, record.name, record.message) for record in caplog.records] == [
            ("INFO", "infisical", f"settings from {name}; ignored: {', '.join(ignored)}")
        ]
        caplog.clear()
        del environ[name]


def test_a_token_alone_is_not_logged(caplog):
    with caplog.at_level(logging.DEBUG, "infisical"):
        from_env({"INFISICAL_TOKEN": "token", "INFISICAL_PROJECT_ID": "p", "INFISICAL_ORGANIZATION_ID": "o"})

    assert caplog.records == []


def test_a_token_that_no_header_can_carry_is_refused_by_the_name_of_its_variable():
    message = "the access token has a space, a line break, a control or a non-ASCII character in it"

    assert from_env({"INFISICAL_ACCESS_TOKEN": "a b"}) == refusal(f"INFISICAL_ACCESS_TOKEN: {message}")
    assert from_env({"INFISICAL_TOKEN_FILE": "f"}, read=lambda _: "a\nb") == refusal(f"INFISICAL_TOKEN_FILE: {message}")


# ---- files
def test_the_value_of_a_variable_may_be_in_a_file(tmp_path: Path):
    file = tmp_path / "token"
    file.write_text("from the file\n".replace(" ", "-"))

    assert from_env({"INFISICAL_TOKEN_FILE": str(file)}).unwrap().auth == IdentityAccessToken("from-the-file")
    assert from_env({"INFISICAL_TOKEN_FILE": "/t"}, read=reader({"/t": "st.x\n"})).unwrap().auth == ServiceToken("st.x")


def test_a_file_is_ignored_by_name_and_not_read(caplog):
    environ = {"INFISICAL_TOKEN": "token", "INFISICAL_ACCESS_TOKEN_FILE": "/missing"}
    with caplog.at_level(logging.INFO, "infisical"):
        assert from_env(environ).unwrap().auth == IdentityAccessToken("token")

    assert [record.message for record in caplog.records] == [
        "settings from INFISICAL_TOKEN; ignored: INFISICAL_ACCESS_TOKEN_FILE"
    ]


def test_a_variable_and_its_file_at_once_are_refused():
    assert {name: from_env({name: SECRET, f"{name}_FILE": SECRET}) for name in FILE_VARIABLES} == {
        name: refusal(f"{name} and {name}_FILE are both set: remove one of them") for name in FILE_VARIABLES
    }
    assert {from_env({name: "", f"{name}_FILE": ""}) for name in FILE_VARIABLES} == {from_env({})}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, f"the file cannot be read: {os.strerror(2)}"),
        (PermissionError(13, "no", "/path"), f"the file cannot be read: {os.strerror(13)}"),
        (UnicodeDecodeError("utf-8", SECRET.encode(), 0, 1, SECRET), "the file cannot be read: it is not UTF-8"),
        (OSError(SECRET), "the file cannot be read: OSError was raised at test_from_env.py:"),
        (ValueError(SECRET), "the file cannot be read: ValueError was raised at test_from_env.py:"),
        (b"token", "read returned bytes, not a string"),
        (" \n", "the file is empty"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_without_its_path(content, reason):
    files = {} if content is None else {SECRET: content}
    error = from_env({"INFISICAL_TOKEN_FILE": SECRET}, read=reader(files)).failure()

    assert (type(error), re.sub(r"py:\d+", "py:", error.message), error.__cause__) == (
        AuthenticationError,
        f"INFISICAL_TOKEN_FILE: {reason}",
        None,
    )


# ---- what cannot be right
@pytest.mark.parametrize("value", [None, 5, b"bytes", True])
def test_a_value_that_is_no_string_is_refused(value):
    assert {name: from_env({name: value}) for name in KNOWN_VARIABLES} == {
        name: refusal(f"{name} must be a string, not {type(value).__name__}") for name in KNOWN_VARIABLES
    }


@pytest.mark.parametrize("environ", [None, [], "INFISICAL_TOKEN=x"])
def test_what_is_no_mapping_is_refused(environ):
    assert from_env(environ) == refusal(f"environ must be a mapping of names to values, not {type(environ).__name__}")


def test_settings_show_no_secret():
    environ = dict.fromkeys(("INFISICAL_UNIVERSAL_AUTH_CLIENT_ID", "INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET"), SECRET)
    for shown in (from_env(environ), from_env({"INFISICAL_TOKEN": SECRET})):
        assert SECRET not in repr(shown)
        assert hash(shown.unwrap()) == hash(shown.unwrap())


def test_settings_are_equal_by_value():
    environ = {"INFISICAL_TOKEN": "token", "INFISICAL_PROJECT_ID": "p"}

    assert from_env(environ) == from_env(dict(environ))
    assert from_env(environ) != from_env(environ | {"INFISICAL_TOKEN": "other"})


@given(st.dictionaries(st.sampled_from(KNOWN_VARIABLES), st.sampled_from(["", SECRET, "true", "https://h", "st.x"])))
def test_any_values_give_settings_or_a_refusal_that_shows_none(environ):
    answer = from_env(environ, read=lambda _: SECRET)

    assert isinstance(answer, Success) or isinstance(answer.failure(), AuthenticationError)
    shown = answer.failure().message if isinstance(answer, Failure) else repr(answer.unwrap().auth)
    assert SECRET not in shown.replace(f"client_id='{SECRET}'", "").replace(f"identity_id='{SECRET}'", "")
