"""The fake OIDC issuer: its documents, its keys, its tokens."""

from __future__ import annotations

import json
from typing import Any

import pytest

import infisical.testing.platforms as platforms
from infisical import HttpRequest, InfisicalClient
from infisical.executors import Urllib3Executor
from infisical.memory.identity_auth.jwts import InvalidTokenError, parse_token, verify_token
from infisical.server.serve import serving
from infisical.testing.platforms import FakeOidcIssuer
from tests.forms import mark_exhaustive

NOW = 1_790_000_000.0


def make(**options: Any) -> FakeOidcIssuer:
    return FakeOidcIssuer(clock=lambda: NOW, **options)


def read(issuer: Any, url: str, method: str = "GET") -> tuple[int, Any]:
    response = issuer(HttpRequest(method, url)).unwrap()
    return response.status, json.loads(response.body)


@pytest.mark.parametrize(
    "algorithm",
    [
        "ES256",
        "ES384",
        "ES512",
        "RS256",
        mark_exhaustive("RS384"),
        mark_exhaustive("RS512"),
        "PS256",
        mark_exhaustive("PS384"),
        mark_exhaustive("PS512"),
    ],
)
def test_a_token_is_signed_with_the_key_that_it_names(algorithm):
    issuer = make(algorithm=algorithm)
    token = parse_token(issuer.sign({"sub": "me"}))
    (key,) = issuer.jwks["keys"]

    assert token is not None
    assert (token.header["kid"], token.header["alg"]) == (key["kid"], algorithm)
    verify_token(token, key, NOW, issuer.url)
    verify_token(token, issuer.pem, NOW, issuer.url)
    with pytest.raises(InvalidTokenError, match="invalid signature"):
        verify_token(token, make(algorithm=algorithm).jwks["keys"][0], NOW)


def test_claims_are_those_that_were_asked_for():
    token = parse_token(make().sign({"sub": "me", "aud": None, "exp": 7}, lifetime=-60, header={"kid": None}))

    assert token is not None
    claims = {name: value for name, value in token.claims.items() if name != "jti"}
    assert claims == {"iss": "https://issuer.example.com", "sub": "me", "iat": int(NOW), "nbf": int(NOW), "exp": 7}
    assert token.header == {"alg": "ES256", "typ": "JWT"}
    assert parse_token(make().sign(lifetime=-60)).claims["exp"] == NOW - 60  # type: ignore[union-attr]


def test_its_documents_lead_from_the_metadata_to_the_keys():
    issuer = make()
    status, metadata = read(issuer, "https://any.example.com:8443/.well-known/openid-configuration")

    assert (status, metadata["issuer"]) == (200, issuer.url)
    assert metadata["jwks_uri"] == "https://any.example.com:8443/.well-known/jwks"
    assert read(issuer, metadata["jwks_uri"]) == (200, issuer.jwks)
    assert [request.method for request in issuer.sent] == ["GET", "GET"]


@pytest.mark.parametrize(("method", "path"), [("POST", "/.well-known/jwks"), ("GET", "/"), ("GET", "/token")])
def test_other_requests_are_not_found(method, path):
    assert read(make(), f"https://issuer.example.com{path}", method) == (404, {"error": "not_found"})


def test_its_error_cases():
    issuer = make(status=503)
    url = "https://issuer.example.com/.well-known"
    broken = [read(issuer, f"{url}/{name}")[0] for name in ("openid-configuration", "jwks")]
    issuer.status, issuer.has_jwks_uri = 200, False

    assert broken == [503, 503]
    assert "jwks_uri" not in read(issuer, f"{url}/openid-configuration")[1]


def test_old_keys_are_kept_unless_they_are_forgotten():
    issuer = make()
    first = issuer.jwks["keys"]
    issuer.rotate_key()
    both = issuer.jwks["keys"]
    issuer.rotate_key(keep=False)

    assert (len(both), both[1:]) == (2, first)
    assert [key in both for key in issuer.jwks["keys"]] == [False]


def test_no_key_is_shown():
    issuer = make()
    issuer.sign()

    assert repr(issuer) == (
        "FakeOidcIssuer(url='https://issuer.example.com', algorithm='ES256', status=200, has_jwks_uri=True)"
    )


@pytest.mark.enable_socket
def test_it_answers_on_a_socket():
    issuer = make()
    with serving(issuer) as url, Urllib3Executor(proxy=None) as execute:
        metadata = read(execute, f"{url}/.well-known/openid-configuration")[1]
        keys = read(execute, metadata["jwks_uri"])

    assert (metadata["jwks_uri"], keys) == (f"{url}/.well-known/jwks", (200, issuer.jwks))


def test_the_index_has_what_it_names():
    assert dir(platforms) == sorted(platforms.__all__)
    assert {name: getattr(platforms, name).__name__ for name in platforms.__all__} == {
        name: name for name in platforms.__all__
    }
    with pytest.raises(AttributeError, match="has no attribute 'FakeNothing'"):
        platforms.FakeNothing  # noqa: B018
    assert InfisicalClient(executor=make())
