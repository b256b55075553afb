"""OIDC and JWT logins that keys verify: signatures, times and the claims that settings are bound to."""

from __future__ import annotations

from typing import Any

import pytest

from infisical.memory import declare_keys
from infisical.testing.platforms import FakeOidcIssuer
from tests.forms import mark_exhaustive
from tests.memory.scenes.identities import an_identity
from tests.memory.world import START, World

ISSUER = "https://issuer.example.com"
JWKS_URL = "https://issuer.example.com/jwks"
LEGACY_OIDC = (403, "Access denied: OIDC subject not allowed.")
LEGACY_JWT = (401, "Access denied: JWT verification failed with all keys. Errors - invalid signature")
RSA = FakeOidcIssuer(url=ISSUER, algorithm="RS256")
"""One for all: an RSA key is slow to make."""


def make_issuer(world: World, algorithm: Any = "ES256") -> FakeOidcIssuer:
    return FakeOidcIssuer(url=ISSUER, algorithm=algorithm, clock=world.clock)


def declare(world: World, url: str, keys: Any) -> None:
    world.memory.change(lambda state, now: declare_keys(state, url, keys, now=now))


def oidc(world: World, **settings: Any) -> str:
    identity_id = an_identity(world)
    given = {"oidc_discovery_url": ISSUER, "bound_issuer": ISSUER, "bound_claims": {}, **settings}
    world.machine.identity_auth.oidc.attach(identity_id=identity_id, **given).unwrap()
    return identity_id


def jwks(world: World, **settings: Any) -> str:
    identity_id = an_identity(world)
    given = {"configuration_type": "jwks", "jwks_url": JWKS_URL, "bound_claims": {}, **settings}
    world.machine.identity_auth.jwt.attach(identity_id=identity_id, **given).unwrap()
    return identity_id


def static(world: World, *keys: str, **settings: Any) -> str:
    identity_id = an_identity(world)
    given = {"configuration_type": "static", "public_keys": keys, "bound_claims": {}, **settings}
    world.machine.identity_auth.jwt.attach(identity_id=identity_id, **given).unwrap()
    return identity_id


def log_in(world: World, method: str, identity_id: str, token: str) -> Any:
    """200, or status and message of the refusal."""
    answer = getattr(world.anyone.identity_auth, method).login(identity_id=identity_id, jwt=token)
    return answer.map(lambda _: 200).value_or(None) or (answer.failure().status_code, answer.failure().message)


class Trusting:
    """A world with one issuer and an identity that logs in with its tokens, by one of the three kinds of settings."""

    def __init__(self, kind: str, issuer: FakeOidcIssuer | None = None, **settings: Any) -> None:
        self.world, self.kind = World(), kind
        self.issuer = issuer or make_issuer(self.world)
        self.issuer.clock = self.world.clock
        if kind == "oidc":
            self.identity_id = oidc(self.world, **settings)
            declare(self.world, ISSUER, self.issuer.jwks)
        elif kind == "jwks":
            self.identity_id = jwks(self.world, **settings)
            declare(self.world, JWKS_URL, self.issuer.jwks)
        else:
            self.identity_id = static(self.world, self.issuer.pem, **settings)

    def log_in(self, token: str) -> Any:
        return log_in(self.world, "oidc" if self.kind == "oidc" else "jwt", self.identity_id, token)

    def sign(self, claims: Any = None, **options: Any) -> Any:
        """What becomes of a login with a token that the issuer signs."""
        return self.log_in(self.issuer.sign(claims, **options))


KINDS = ("oidc", "jwks", "static")
each_kind = pytest.mark.parametrize("kind", KINDS)


def denied(kind: str, reason: str) -> tuple[int, str]:
    """The refusal of a token that no key verifies."""
    start = "JWT verification failed with all keys. Errors - " if kind == "static" else ""
    return 401, f"Access denied: {start}{reason}"


# ---- signatures
@each_kind
@pytest.mark.parametrize(
    "algorithm", ["ES256", "RS256", mark_exhaustive("ES384"), mark_exhaustive("ES512"), mark_exhaustive("PS256")]
)
def test_a_token_of_the_issuer_gives_an_access_token(kind, algorithm):
    issuer = RSA if algorithm == "RS256" else FakeOidcIssuer(url=ISSUER, algorithm=algorithm)

    assert Trusting(kind, issuer).sign() == 200


@each_kind
def test_a_token_of_another_issuer_with_the_same_names_is_refused(kind):
    trusting = Trusting(kind)
    other = make_issuer(trusting.world)
    key_id = trusting.issuer.jwks["keys"][0]["kid"]

    assert trusting.log_in(other.sign(header={"kid": key_id})) == denied(kind, "invalid signature")


@each_kind
def test_a_token_whose_claims_were_changed_is_refused(kind):
    trusting = Trusting(kind)
    head, _, signature = trusting.issuer.sign().split(".")
    _, body, _ = trusting.issuer.sign({"sub": "admin"}).split(".")

    assert trusting.log_in(f"{head}.{body}.{signature}") == denied(kind, "invalid signature")


@each_kind
@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS256", "ES384", "EdDSA", None])
def test_an_algorithm_that_the_key_is_not_for_is_refused(kind, algorithm):
    """A key of a public JWK must never be taken for the secret of an HS256 token."""
    trusting = Trusting(kind)

    assert trusting.sign(header={"alg": algorithm}) == denied(kind, "invalid algorithm")


@each_kind
def test_a_token_without_a_signature_is_refused(kind):
    trusting = Trusting(kind)
    head, body, _ = trusting.issuer.sign(header={"alg": "none"}).split(".")

    assert trusting.log_in(f"{head}.{body}.") == denied(kind, "jwt signature is required")


@each_kind
def test_a_signature_of_another_length_is_refused(kind):
    trusting = Trusting(kind)

    assert trusting.log_in(f"{trusting.issuer.sign()}AAAA") == denied(kind, "invalid signature")


@each_kind
@pytest.mark.parametrize("token", ["", "x", "a.b", "a.b.c", "e30.e30", "bnVsbA.e30.c2ln", "e30.e30.c2ln!", "e30.e30.a"])
def test_what_is_no_jwt_is_refused(kind, token):
    assert Trusting(kind).log_in(token)[0] in (401, 422)
    if token:
        assert Trusting(kind).log_in(token) == (401, "Invalid JWT")


# ---- keys
def test_a_token_without_a_key_id_is_tried_with_every_key_of_the_provider():
    trusting = Trusting("oidc")
    old = trusting.issuer.sign(header={"kid": None})
    trusting.issuer.rotate_key()
    declare(trusting.world, f"{ISSUER}/", trusting.issuer.jwks)
    stranger = make_issuer(trusting.world).sign(header={"kid": None})

    assert (trusting.log_in(old), trusting.sign(header={"kid": None})) == (200, 200)
    assert trusting.log_in(stranger) == (
        401,
        "Access denied: Unable to verify JWT signature with any available signing key. invalid signature",
    )


def test_a_provider_with_many_keys_needs_a_key_id():
    trusting = Trusting("oidc")
    for _ in range(10):
        trusting.issuer.rotate_key()
    declare(trusting.world, ISSUER, trusting.issuer.jwks)

    assert trusting.sign() == 200
    assert trusting.sign(header={"kid": None}) == (
        401,
        "Access denied: OIDC provider has 11 signing keys. Tokens must include 'kid' header when provider has more "
        "than 10 keys.",
    )


def test_a_key_that_was_rotated_away_is_not_found():
    oidc_login, jwks_login = Trusting("oidc"), Trusting("jwks")
    answers = []
    for trusting, url in ((oidc_login, ISSUER), (jwks_login, JWKS_URL)):
        old = trusting.issuer.sign(header={"kid": "old"})
        trusting.issuer.rotate_key(keep=False)
        declare(trusting.world, url, trusting.issuer.jwks)
        answers.append((trusting.log_in(old), trusting.sign()))

    message = (
        "Access denied: Unable to verify JWT signature. The signing key 'old' was not found in the OIDC provider's "
        "JWKS endpoint. This may indicate an invalid token or misconfigured OIDC provider."
    )
    assert answers == [((401, message), 200), ((500, "Something went wrong"), 200)]


def test_a_jwks_login_without_a_key_id_needs_a_single_key():
    trusting = Trusting("jwks")
    alone = trusting.sign(header={"kid": None})
    trusting.issuer.rotate_key()
    declare(trusting.world, JWKS_URL, trusting.issuer.jwks)

    assert (alone, trusting.sign(header={"kid": None})) == (200, (500, "Something went wrong"))


def test_keys_for_encryption_verify_nothing():
    trusting = Trusting("oidc")
    declare(trusting.world, ISSUER, [{**key, "use": "enc"} for key in trusting.issuer.jwks["keys"]])

    assert trusting.sign(header={"kid": None}) == (
        401,
        "Access denied: Failed to retrieve signing keys from OIDC provider: The JWKS endpoint did not contain any "
        "signing keys",
    )


@pytest.mark.parametrize(
    "jwk",
    [
        {"kty": "RSA", "n": "AQAB"},
        {"kty": "EC", "crv": "P-999", "x": "AQ", "y": "AQ"},
        {"kty": "EC", "crv": "P-256", "x": "AQ", "y": "AQ"},
        {"kty": "EC", "crv": "P-256", "x": 7, "y": None},
        {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
    ],
)
def test_a_key_that_cannot_be_read_verifies_nothing(jwk):
    trusting = Trusting("oidc")
    declare(trusting.world, ISSUER, [{**jwk, "kid": "k"}])

    assert trusting.sign(header={"kid": "k"}) == (401, "Access denied: invalid algorithm")


def test_each_of_the_public_keys_of_the_settings_may_verify():
    world = World()
    first, second, third = (make_issuer(world) for _ in range(3))
    identity_id = static(world, "no PEM", first.pem, second.pem)

    answers = [log_in(world, "jwt", identity_id, issuer.sign()) for issuer in (first, second, third)]

    reasons = "invalid algorithm; invalid signature; invalid signature"
    assert answers == [200, 200, denied("static", reasons)]


def test_a_certificate_is_a_public_key_too():
    import datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import Encoding

    world = World()
    issuer = make_issuer(world)
    issuer.sign()
    key = issuer._keys[0][1]
    name, day = x509.Name([]), datetime.datetime(2026, 1, 1)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, day, day + datetime.timedelta(1))
    pem = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()

    assert log_in(world, "jwt", static(world, f"\n{pem}"), issuer.sign()) == 200


# ---- times
@each_kind
def test_a_token_is_good_until_it_expires(kind):
    trusting = Trusting(kind)
    token = trusting.issuer.sign(lifetime=60)
    answers = []
    for seconds in (59, 1):
        trusting.world.clock.advance(seconds)
        answers.append(trusting.log_in(token))

    assert answers == [200, denied(kind, "jwt expired")]


@each_kind
@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"exp": None}, None),
        ({"nbf": None}, None),
        ({"nbf": START + 1}, "jwt not active"),
        ({"nbf": START}, None),
        ({"exp": START + 0.5}, None),
        ({"exp": START - 0.5}, "jwt expired"),
        ({"exp": "soon"}, "invalid exp value"),
        ({"exp": True}, "invalid exp value"),
        ({"nbf": [1]}, "invalid nbf value"),
    ],
)
def test_times_are_numbers_that_include_now(kind, claims, reason):
    assert Trusting(kind).sign(claims) == (200 if reason is None else denied(kind, reason))


# ---- bounds
@pytest.mark.parametrize("iss", [None, "https://other.example.com", f"{ISSUER}/"])
def test_another_issuer_is_refused(iss):
    assert Trusting("oidc").sign({"iss": iss}) == (401, f"Access denied: jwt issuer invalid. expected: {ISSUER}")
    for kind in ("jwks", "static"):
        assert Trusting(kind, bound_issuer=ISSUER).sign({"iss": iss}) == (403, "Access denied: issuer mismatch")
        assert Trusting(kind).sign({"iss": iss}) == 200


@pytest.mark.parametrize(
    ("bound", "sub", "is_good"),
    [
        ("repo:acme/app", "repo:acme/app", True),
        ("repo:acme/*", "repo:acme/app", True),
        ("repo:acme/*", "repo:acme", False),
        ("repo:acme/*", "repo:acme/app:ref:refs/heads/main", None),
        ("repo:acme/**", "repo:acme/app:ref:refs/heads/main", True),
        ("repo:acme/*:ref:refs/heads/*", "repo:acme/app:ref:refs/heads/main", True),
        ("repo:{acme,octo}/app", "repo:octo/app", True),
        ("repo:acme/app", "repo:acme/ap", False),
        ("", "anyone", True),
    ],
)
def test_a_subject_is_bound_to_a_glob(bound, sub, is_good):
    """A star of an OIDC login ends at a slash, and that of a JWT login does not: None."""
    oidc_answer = Trusting("oidc", bound_subject=bound).sign({"sub": sub})
    jwt_answer = Trusting("static", bound_subject=bound).sign({"sub": sub})

    assert oidc_answer == (200 if is_good else (403, "Access denied: OIDC subject not allowed."))
    assert jwt_answer == ((403, "Access denied: subject not allowed") if is_good is False else 200)


def test_a_token_without_a_subject_is_refused_where_one_is_bound():
    assert Trusting("oidc", bound_subject="*").sign({"sub": None}) == (403, "Access denied: OIDC subject not allowed.")
    assert Trusting("jwks", bound_subject="*").sign({"sub": None}) == (
        401,
        "Access denied: token has no subject field",
    )


@pytest.mark.parametrize(
    ("aud", "is_good"),
    [
        ("infisical", True),
        ("app-eu", True),
        (["other", "infisical"], True),
        (["other"], False),
        ("other", False),
        ([7, None], False),
    ],
)
def test_one_audience_is_bound_to_one_of_a_list(aud, is_good):
    settings = {"bound_audiences": "infisical, app-*"}

    assert Trusting("oidc", **settings).sign({"aud": aud}) == (
        200 if is_good else (401, "Access denied: OIDC audience not allowed.")
    )
    assert Trusting("jwks", **settings).sign({"aud": aud}) == (
        200 if is_good else (401, "Access denied: token audience not allowed")
    )


@pytest.mark.parametrize("aud", [None, "", []])
def test_a_token_without_an_audience_is_refused_where_one_is_bound(aud):
    settings = {"bound_audiences": "infisical"}

    assert Trusting("oidc", **settings).sign({"aud": aud}) == (401, "Access denied: OIDC audience not allowed.")
    assert Trusting("static", **settings).sign({"aud": aud}) == (401, "Access denied: token has no audience field")


MISSING = object()


@pytest.mark.parametrize(
    ("bound", "claim", "is_good"),
    [
        ("main", "main", True),
        ("main, dev", "dev", True),
        ("v*", "v1.2", True),
        ("main", "mainline", False),
        ("true", True, True),
        ("yes", True, False),
        ("7", 7, True),
        ("7th", 7, True),
        ("x", 7, False),
        ("dev", ["main", "dev"], True),
        ("dev", ["main"], False),
        ("dev", [], False),
        ("dev", MISSING, None),
        ("dev", "", None),
        ("0", 0, None),
        ("false", False, None),
        ("dev", {"main": "dev"}, None),
        ("dev", [{"main": "dev"}], None),
    ],
)
def test_a_claim_is_bound_to_one_of_a_list(bound, claim, is_good):
    settings, claims = {"bound_claims": {"job": bound}}, {} if claim is MISSING else {"job": claim}
    missing = (401, "Access denied: token has no job field")

    def expected(mismatch: str) -> Any:
        return missing if is_good is None else 200 if is_good else (401, mismatch)

    assert Trusting("oidc", **settings).sign(claims) == expected("Access denied: OIDC claim not allowed.")
    assert Trusting("static", **settings).sign(claims) == expected("Access denied: claim mismatch for field job")


@each_kind
def test_a_claim_within_an_object_is_named_with_dots(kind):
    trusting = Trusting(kind, bound_claims={"kubernetes.io.namespace": "ci", "a.b": "x"})

    assert trusting.sign({"kubernetes": {"io": {"namespace": "ci"}}, "a": {"b": "x"}}) == 200
    assert trusting.sign({"kubernetes.io": {"namespace": "ci"}, "a": {"b": "x"}}) == (
        401,
        "Access denied: token has no kubernetes.io.namespace field",
    )


def test_a_claim_that_becomes_metadata_has_to_be_there():
    trusting = Trusting("oidc", claim_metadata_mapping={"team": "team.name"})

    assert trusting.sign({"team": {"name": "core"}}) == 200
    assert trusting.sign({"team": "core"}) == (401, "Access denied: token has no team.name field")
