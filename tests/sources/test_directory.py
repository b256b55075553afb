"""LDAP: user name and password, given or from the environment."""

from __future__ import annotations

import pytest
from returns.result import Failure, Success

from infisical import AuthenticationError
from infisical.sources import Platform, ldap
from tests.sources.attempts import ACME, each_client

ENVIRON = {"INFISICAL_LDAP_USERNAME": "ada", "INFISICAL_LDAP_PASSWORD": " hush "}


@each_client
@pytest.mark.parametrize(
    ("given", "username", "password"),
    [
        ({}, "ada", " hush "),
        ({"username": "bob"}, "bob", " hush "),
        ({"password": "other"}, "ada", "other"),
        ({"username": "bob", "password": "other"}, "bob", "other"),
    ],
)
def test_what_is_not_given_comes_from_the_environment(attempt, given, username, password):
    done = attempt(ldap("identity", **given, organization_slug="acme", platform=Platform(environ=ENVIRON)))

    assert (type(done.answer), done.login) == (
        Success,
        (
            "/api/v1/auth/ldap-auth/login",
            {"identityId": "identity", "username": username, "password": password, **ACME},
        ),
    )


@each_client
@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({}, "INFISICAL_LDAP_USERNAME and INFISICAL_LDAP_PASSWORD"),
        ({"username": "bob"}, "INFISICAL_LDAP_PASSWORD"),
        ({"password": "hush"}, "INFISICAL_LDAP_USERNAME"),
    ],
)
@pytest.mark.parametrize("environ", [{}, dict.fromkeys(ENVIRON, "")], ids=["not set", "empty"])
def test_what_is_missing_is_a_failure_that_names_it(attempt, environ, given, names):
    done = attempt(ldap("identity", **given, platform=Platform(environ=environ)))

    assert (done.answer, done.sent) == (
        Failure(AuthenticationError(f"an LDAP login needs what is not given: set {names}")),
        [],
    )


@each_client
def test_a_password_that_cannot_be_one_is_a_failure_without_it(attempt):
    done = attempt(ldap("identity", "ada", platform=Platform(environ={"INFISICAL_LDAP_PASSWORD": "hush\nhush"})))

    assert done.message == "the password is empty, or has a line break or control character in it"


def test_a_source_shows_no_password():
    assert repr(ldap("identity", "ada", "hush", platform=Platform(environ=ENVIRON))) == (
        "LdapSource(identity_id='identity', username='ada', platform=Platform())"
    )
