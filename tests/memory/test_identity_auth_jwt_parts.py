"""JWT logins of the memory server without keys, and the parts of a token against published values."""

from __future__ import annotations

import base64
import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infisical.memory import declare_login
from infisical.memory.identity_auth.jwts import InvalidTokenError, is_pem, parse_token, to_public_jwks, verify_token
from tests.memory.test_identity_auth_jwts import (
    ISSUER,
    LEGACY_JWT,
    LEGACY_OIDC,
    Trusting,
    declare,
    each_kind,
    jwks,
    log_in,
    make_issuer,
    oidc,
    static,
)
from tests.memory.world import World


# ---- without keys
def test_without_keys_only_a_declared_credential_is_good():
    world = World()
    issuer = make_issuer(world)
    token = issuer.sign()
    declare(world, "https://elsewhere.example.com", issuer.jwks)
    refused = [log_in(world, "oidc", oidc(world), token), log_in(world, "jwt", jwks(world), token)]
    refused.append(log_in(world, "jwt", static(world, "PEM"), token))

    assert refused == [LEGACY_OIDC, LEGACY_JWT, LEGACY_JWT]


@each_kind
def test_a_declared_credential_is_good_whatever_the_keys_say(kind):
    trusting = Trusting(kind)
    method = "oidc-auth" if kind == "oidc" else "jwt-auth"
    trusting.world.memory.change(
        lambda state, now: declare_login(state, method, trusting.identity_id, now=now, jwt="any.to.ken")
    )

    assert trusting.log_in("any.to.ken") == 200
    assert trusting.log_in("another.to.ken") == (401, "Invalid JWT")


def test_without_cryptography_the_extra_is_named(monkeypatch):
    trusting = Trusting("oidc")
    token = trusting.issuer.sign()
    for name in [name for name in sys.modules if name.partition(".")[0] == "cryptography"]:
        monkeypatch.setitem(sys.modules, name, None)

    assert trusting.log_in(token) == (
        501,
        "The server in memory needs the package 'cryptography' for this: pip install 'infisical-functional[memory]'",
    )


@pytest.mark.parametrize("keys", [None, 7, "keys", {}, {"keys": 7}, {"keys": ["x"]}, [{"kid": "k"}], {"keys": None}])
def test_what_is_no_key_set_is_refused(keys):
    with pytest.raises(ValueError, match="keys must be a JWK Set"):
        to_public_jwks(keys)


def test_of_a_private_key_the_state_keeps_only_the_public_half():
    assert to_public_jwks({"keys": [{"kty": "EC", "x": "x", "d": "hush", "p": "hush"}]}) == [{"kty": "EC", "x": "x"}]
    assert to_public_jwks(()) == []


# ---- the parts, against published values
EXAMPLE = (
    "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl"
    "fQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
)
EXAMPLE_KEY = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}


def test_the_example_of_rfc_7515_is_good():
    token = parse_token(EXAMPLE)

    assert token is not None
    assert dict(token.claims) == {"iss": "joe", "exp": 1300819380, "http://example.com/is_root": True}
    verify_token(token, EXAMPLE_KEY, 1300819379.9, "joe")
    with pytest.raises(InvalidTokenError, match="jwt expired"):
        verify_token(token, EXAMPLE_KEY, 1300819380.0, "joe")


def encode(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


@pytest.mark.parametrize("payload", ["[1]", '"text"', "7", "null"])
def test_claims_that_are_no_object_are_none(payload):
    token = parse_token(f"{encode('{}')}.{encode(payload)}.c2ln")

    assert token is not None
    assert token.claims == {}


@pytest.mark.parametrize("header", ["{", "[]", '{"alg": NaN}', "[" * 100_000])
def test_a_header_that_is_no_object_is_no_token(header):
    assert parse_token(f"{encode(header)}.{encode('{}')}.c2ln") is None


@given(st.text(alphabet="eyJ0.-_AZ=+/ \n", max_size=40))
def test_any_text_is_a_token_or_none(text):
    assert parse_token(text) is None or text.count(".") == 2


@pytest.mark.parametrize(
    ("text", "is_key"),
    [
        ("-----BEGIN PUBLIC KEY-----\n", True),
        (" \n-----BEGIN CERTIFICATE-----", True),
        ("-----BEGIN RSA PUBLIC KEY-----", True),
        ("-----BEGIN PRIVATE KEY-----", False),
        ("PEM", False),
    ],
)
def test_a_pem_is_known_by_its_first_line(text, is_key):
    assert is_pem(text) == is_key


def test_a_key_that_is_no_pem_verifies_nothing():
    token = parse_token(EXAMPLE)

    assert token is not None
    with pytest.raises(InvalidTokenError, match="invalid algorithm"):
        verify_token(token, "-----BEGIN PUBLIC KEY-----\nhush\n-----END PUBLIC KEY-----", 0)


def test_the_keys_of_a_state_are_plain_data():
    world = World()
    declare(world, ISSUER, make_issuer(world).jwks)

    assert json.loads(json.dumps(world.memory.state.rows("declared_keys")[ISSUER]["keys"]))[0]["kty"] == "EC"
