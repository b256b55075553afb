"""The fake GitHub: the token endpoint of a job, and its refusals."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infisical import HttpRequest
from infisical.memory.identity_auth.jwts import parse_token
from infisical.testing.platforms import FakeGitHub, FakeOidcIssuer

ISSUER = FakeOidcIssuer(url="https://token.actions.githubusercontent.com")


def make(**options: Any) -> FakeGitHub:
    return FakeGitHub(issuer=ISSUER, **options)


def ask(github: FakeGitHub, query: str = "", *, method: str = "GET", token: str | None = None, path: str = "") -> Any:
    environ = github.environ()
    url = f"{environ['ACTIONS_ID_TOKEN_REQUEST_URL']}{query}".replace("/idtoken", f"/idtoken{path}")
    bearer = environ["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] if token is None else token
    response = github(HttpRequest(method, url, (("authorization", f"Bearer {bearer}"),))).unwrap()
    return response.status, json.loads(response.body)


@pytest.mark.parametrize(
    ("query", "audience"), [("", "https://github.com/octo-org"), ("&audience=a%26b", "a&b"), ("&audience=a+b", "a b")]
)
def test_a_token_has_the_claims_of_the_job(query, audience):
    github = make(claims={"environment": "prod", "event_name": None})

    status, body = ask(github, query)
    token = parse_token(body["value"])

    assert token is not None
    names = ("iss", "sub", "aud", "repository", "ref", "environment", "event_name")
    assert (status, [token.claims.get(name) for name in names]) == (
        200,
        [
            ISSUER.url,
            "repo:octo-org/octo-repo:ref:refs/heads/main",
            audience,
            "octo-org/octo-repo",
            "refs/heads/main",
            "prod",
            None,
        ],
    )
    assert github.secrets == (github.request_token, body["value"])


@pytest.mark.parametrize("given", [{"token": "other"}, {"token": ""}])
def test_without_the_request_token_it_refuses(given):
    assert ask(make(), **given)[0] == 401


@pytest.mark.parametrize("given", [{"method": "POST"}, {"path": "/other"}])
def test_other_requests_are_not_found(given):
    assert ask(make(), **given)[0] == 404


def test_its_error_cases():
    status, body = ask(make(status=403))

    assert (status, body["message"]) == (403, "Can't issue ID_TOKEN: 403")
    assert ask(make(body=b'{"count": 0}')) == (200, {"count": 0})


def test_it_signs_with_rsa_unless_another_issuer_is_given_and_shows_no_secret():
    github = FakeGitHub()

    assert (github.issuer.algorithm, github.issuer.url) == ("RS256", ISSUER.url)
    assert github.request_token not in repr(github)
