"""Tokens in files and environment variables, for OIDC and JWT logins."""

from __future__ import annotations

import pytest
from returns.result import Failure, Success

from infisical import AuthenticationError
from infisical.sources import Platform, jwt_env, jwt_file
from tests.sources.attempts import ACME, each_client

TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"
PATHS = {"oidc": "/api/v1/auth/oidc-auth/login", "jwt": "/api/v1/auth/jwt-auth/login"}
NAMES = {"oidc": "OIDC token", "jwt": "JWT"}
each_method = pytest.mark.parametrize("method", PATHS)


@each_client
@each_method
def test_the_token_of_a_file_is_sent(attempt, method, tmp_path):
    (tmp_path / "token").write_text(f"{TOKEN}\n")

    done = attempt(jwt_file("identity", tmp_path / "token", method, organization_slug="acme"))

    body = {"identityId": "identity", "jwt": TOKEN, **ACME}
    assert (type(done.answer), done.login) == (Success, (PATHS[method], body))


@each_client
@each_method
def test_the_token_of_a_variable_is_sent(attempt, method):
    platform = Platform(environ={"CIRCLE_OIDC_TOKEN_V2": f"{TOKEN}\n"})

    done = attempt(jwt_env("identity", "CIRCLE_OIDC_TOKEN_V2", method, platform=platform))

    assert (type(done.answer), done.login) == (Success, (PATHS[method], {"identityId": "identity", "jwt": TOKEN}))


def test_a_token_is_one_for_an_oidc_login_unless_it_is_said(tmp_path):
    assert (jwt_file("i", "f"), jwt_env("i", "N")) == (jwt_file("i", "f", "oidc"), jwt_env("i", "N", "oidc"))


@each_client
@each_method
def test_a_missing_file_is_a_failure_that_names_it(attempt, method, tmp_path):
    done = attempt(jwt_file("identity", tmp_path / "token", method))

    assert (done.answer, done.sent) == (
        Failure(AuthenticationError(f"there is no {NAMES[method]} at {tmp_path / 'token'}")),
        [],
    )


@each_client
@each_method
@pytest.mark.parametrize(("environ", "reason"), [({}, "is not set"), ({"TOKEN": ""}, "is empty")])
def test_a_missing_variable_is_a_failure_that_names_it(attempt, method, environ, reason):
    done = attempt(jwt_env("identity", "TOKEN", method, platform=Platform(environ=environ)))

    message = f"there is no {NAMES[method]}: the environment variable TOKEN {reason}"
    assert (done.answer, done.sent) == (Failure(AuthenticationError(message)), [])


@each_client
def test_a_variable_with_a_line_break_in_it_is_a_failure_without_its_value(attempt):
    done = attempt(jwt_env("identity", "TOKEN", platform=Platform(environ={"TOKEN": "hush\nhush"})))

    assert done.message == ("the OIDC token in TOKEN: the jwt is empty, or has a line break or control character in it")


def test_a_variable_is_read_again_for_each_login():
    environ = {"TOKEN": "a.b.1"}
    source = jwt_env("identity", "TOKEN", platform=Platform(environ=environ))
    from tests.sources.attempts import attempt_blocking

    first = attempt_blocking(source)
    environ["TOKEN"] = "a.b.2"

    assert [done.login[1]["jwt"] for done in (first, attempt_blocking(source))] == ["a.b.1", "a.b.2"]


@pytest.mark.parametrize(
    "make",
    [
        lambda: jwt_env("identity", TOKEN),
        lambda: jwt_env("identity", ""),
        lambda: jwt_env("identity", None),  # type: ignore[arg-type]
        lambda: jwt_file("identity", TOKEN),
        lambda: jwt_file("identity", ""),
        lambda: jwt_file("identity", None),  # type: ignore[arg-type]
        lambda: jwt_env("identity", "TOKEN", "saml"),  # type: ignore[arg-type]
        lambda: jwt_file("identity", "/run/token", "saml"),  # type: ignore[arg-type]
        lambda: jwt_file("identity", "/run/token", ["oidc"]),  # type: ignore[arg-type]
    ],
)
def test_a_mistake_is_refused_where_it_is_made_and_a_token_in_the_wrong_place_is_not_shown(make):
    with pytest.raises(ValueError, match=r"^(name|path|method) must be ") as raised:
        make()

    assert TOKEN not in str(raised.value) + repr(raised.traceback[-1].frame.f_locals)


def test_a_source_shows_no_variable():
    source = jwt_env("identity", "TOKEN", platform=Platform(environ={"TOKEN": "hush"}))

    assert (
        repr(source) == "TokenVariableSource(identity_id='identity', name='TOKEN', method='oidc', platform=Platform())"
    )
