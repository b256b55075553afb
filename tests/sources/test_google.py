"""Google Cloud: identity tokens of the metadata server, JWTs of a key file, and google-auth credentials."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from google.auth import jwt as google_jwt
from hypothesis import given, settings
from hypothesis import strategies as st
from returns.result import Failure, Success

from infisical import AsyncInfisicalClient, InfisicalClient, InfisicalNetworkError, LoginResponse, Response
from infisical import HttpRequest as Ask
from infisical.executors import CassetteExecutor, ScriptedExecutor
from infisical.server import serving
from infisical.sources import Platform, gcp, gcp_key_file
from infisical.sources.google import Account, make_jwt, parse_key_file
from infisical.testing.platforms import FakeGoogle
from infisical.testing.platforms.unsigned import read_claims
from tests.sources.cloud_logins import (
    EMAIL,
    NOW,
    both_clients,
    elliptic_pem,
    log_in,
    machine,
    private_pem,
    public_pem,
    record,
    refusal,
    revealing_frames,
    service_account_file,
    watch,
)

SUB = {"organizationSlug": "sub", "subOrganizationName": "sub"}
URL = (
    "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/identity"
    "?audience=id%2F1%26%3D+x&format=full"
).replace("+", "%20")


# ---- the metadata server
@both_clients
def test_the_metadata_server_gives_a_token_for_each_login(kind):
    fake = FakeGoogle()
    source = gcp("i1", executor=fake, platform=machine(), organization_slug="sub")
    answers = [log_in(source, kind), log_in(source, kind)]

    assert answers == [
        (
            Success(LoginResponse(access_token="T1", expires_in=7200)),
            [{"identityId": "i1", "jwt": token, **SUB}],
        )
        for token in fake.tokens
    ]
    assert [read_claims(token)["aud"] for token in fake.tokens] == ["i1", "i1"]


def test_the_audience_is_percent_encoded_and_the_flavor_is_in_the_request():
    fake = FakeGoogle()
    log_in(gcp("id/1&= x", executor=fake, platform=machine()), "blocking")

    assert [(one.method, one.url, one.headers, one.body) for one in fake.sent] == [
        ("GET", URL, (("Metadata-Flavor", "Google"),), None)
    ]
    assert read_claims(fake.tokens[0])["aud"] == "id/1&= x"


@both_clients
@pytest.mark.enable_socket
def test_the_metadata_server_is_asked_over_a_socket_and_without_a_proxy(kind, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "")
    fake = FakeGoogle()
    with serving(fake) as url:
        result, sent = log_in(gcp("i1", platform=machine(GCE_METADATA_HOST=url.removeprefix("http://"))), kind)

    assert (type(result), sent) == (Success, [{"identityId": "i1", "jwt": fake.tokens[0]}])


@pytest.mark.enable_socket
def test_a_machine_without_a_metadata_server_is_a_network_failure():
    with serving(FakeGoogle()) as url:
        pass  # nobody listens any more
    source = gcp("i1", platform=machine(GCE_METADATA_HOST=url.removeprefix("http://")))
    result = InfisicalClient(retry=None, executor=ScriptedExecutor(), sleep=lambda _: None).login(source)

    assert isinstance(result.failure(), InfisicalNetworkError)
    assert result.failure().reason == "refused"


SERVER = "Google's metadata server (metadata.google.internal)"
REFUSALS = [
    (
        FakeGoogle(email=None),
        "AuthenticationError",
        f"{SERVER} answered with status 404: this machine has no default service account",
    ),
    (
        FakeGoogle(status=403),
        "AuthenticationError",
        f"{SERVER} answered with status 403: the access to it is forbidden; a proxy or a network policy may be between",
    ),
    (
        FakeGoogle(status=418),
        "AuthenticationError",
        f"{SERVER} answered with status 418",
    ),
    (
        FakeGoogle(has_flavor=False),
        "AuthenticationError",
        "metadata.google.internal is not Google's metadata server: its answer lacks the header Metadata-Flavor: Google",
    ),
    (
        FakeGoogle(is_portal=True),
        "AuthenticationError",
        "metadata.google.internal is not Google's metadata server: its answer lacks the header Metadata-Flavor: Google",
    ),
    (
        FakeGoogle(status=429),
        "InfisicalNetworkError",
        f"{SERVER} answered with status 429",
    ),
    (
        FakeGoogle(status=503),
        "InfisicalNetworkError",
        f"{SERVER} answered with status 503",
    ),
]


@pytest.mark.parametrize(("fake", "name", "message"), REFUSALS, ids=[message[-30:] for _, _, message in REFUSALS])
def test_an_answer_without_a_token_is_refused(fake, name, message):
    assert refusal(gcp("i1", executor=fake, platform=machine())) == (name, message)


def test_an_overloaded_metadata_server_is_asked_three_times_and_stays_transient():
    fake = FakeGoogle(status=503)
    result, _ = log_in(gcp("i1", executor=fake, platform=machine()), "blocking")

    assert (len(fake.sent), result.failure().transient) == (3, True)


@pytest.mark.parametrize("body", [b"", b"two words", b"line\nbreak", b"\xff\xfe", "é".encode()])
def test_a_body_that_no_token_can_be_is_refused_and_not_shown(body):
    reply = Response(200, (("metadata-flavor", "Google"),), body)
    name, message = refusal(gcp("i1", executor=ScriptedExecutor(reply), platform=machine()))

    assert (name, body.decode("latin-1") in message and body != b"") == ("AuthenticationError", False)


@pytest.mark.parametrize("host", ["http://h", "h/path", "user@h", "h:port", "h?x", "[::1", "h:123456", "h h", "h#"])
def test_a_metadata_host_that_is_no_host_is_refused_before_anything_is_sent(host):
    fake = FakeGoogle()

    assert refusal(gcp("i1", executor=fake, platform=machine(GCE_METADATA_HOST=host))) == (
        "AuthenticationError",
        "GCE_METADATA_HOST must be a host, or host:port, without http://",
    )
    assert fake.sent == []


def test_the_fake_refuses_what_the_metadata_server_refuses():
    fake = FakeGoogle()
    url = "http://h/computeMetadata/v1/instance/service-accounts/default/identity"
    flavor = ("Metadata-Flavor", "Google")
    requests = [
        Ask("GET", f"{url}?audience=a"),
        Ask("GET", f"{url}?audience=a", (flavor, ("X-Forwarded-For", "1.2.3.4"))),
        Ask("GET", url, (flavor,)),
        Ask("GET", "http://h/computeMetadata/v1/project", (flavor,)),
        Ask("GET", f"{url}?audience=a", (flavor,)),
    ]

    assert [fake(request).unwrap().status for request in requests] == [403, 403, 400, 404, 200]


def test_neither_frames_nor_logs_nor_recordings_show_an_identity_token(tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    fake = FakeGoogle()
    executor = CassetteExecutor(tmp_path / "login.yaml", mode="all", inner=record(fake))
    source = gcp("i1", platform=machine())
    result = InfisicalClient(executor=executor).login(gcp("i1", executor=executor, platform=machine()))
    texts = [(tmp_path / "login.yaml").read_text(), caplog.text, repr(result), repr(source), repr(fake)]

    assert [secret in text for secret in fake.secrets for text in texts] == [False] * 5


# ---- a key file
@both_clients
def test_a_key_file_signs_a_jwt_that_google_auth_verifies(kind):
    now = datetime.now(UTC).replace(microsecond=0)
    platform = Platform(environ={}, read={"/key.json": service_account_file()}.__getitem__, clock=lambda: now)
    result, sent = log_in(gcp_key_file("i1", "/key.json", platform=platform, organization_slug="sub"), kind)
    jwt = sent[0].pop("jwt")
    seconds = int(now.timestamp())

    assert (type(result), sent) == (Success, [{"identityId": "i1", **SUB}])
    assert google_jwt.decode_header(jwt) == {"alg": "RS256", "kid": "kid1", "typ": "JWT"}
    assert google_jwt.decode(jwt, certs=public_pem(), audience="i1") == {
        "iss": EMAIL,
        "sub": EMAIL,
        "aud": "i1",
        "iat": seconds,
        "exp": seconds + 900,
    }


@settings(max_examples=settings().max_examples // 2)
@given(st.text(min_size=1), st.text(), st.text())
def test_a_jwt_has_any_email_key_and_audience_as_they_are(audience, email, key_id):
    jwt = make_jwt(Account(email, key_id), audience, NOW, lambda message: Success(b"signature")).unwrap()
    claims = read_claims(jwt)

    assert (claims["aud"], claims["sub"], google_jwt.decode_header(jwt)["kid"]) == (audience, email, key_id)


KEY_FILES = [
    ("not json", "the Google service account key file is not JSON: /key.json"),
    ("[" * 100_000, "the Google service account key file is not JSON: /key.json"),
    ("[]", "this is not the key file of a Google service account: /key.json"),
    ('{"type": "s3cret"}', "this is not the key file of a Google service account: /key.json"),
    (
        '{"type": "authorized_user"}',
        "this is not the key file of a Google service account: /key.json (its type is authorized_user)",
    ),
    (
        '{"type": "service_account", "private_key": 7, "client_email": ""}',
        "the Google service account key file lacks client_email, private_key_id, private_key: /key.json",
    ),
    ("", "the Google service account key file is empty: /key.json"),
]


@pytest.mark.parametrize(("text", "message"), KEY_FILES, ids=[text[:20] for text, _ in KEY_FILES])
def test_a_file_that_is_no_key_file_is_refused(text, message):
    platform = machine({"/key.json": text})

    assert refusal(gcp_key_file("i1", "/key.json", platform=platform)) == ("AuthenticationError", message)


@both_clients
def test_a_missing_key_file_is_named(kind):
    assert refusal(gcp_key_file("i1", "/key.json", platform=machine()), kind) == (
        "AuthenticationError",
        "there is no Google service account key file at /key.json",
    )


KEYS = [
    ("-----BEGIN PRIVATE KEY-----\ns3cret\n-----END PRIVATE KEY-----", "cannot be read as a private key in PEM"),
    ("s3cret", "cannot be read as a private key in PEM"),
    ("\ud800", "cannot be read as a private key in PEM"),
    ("elliptic", "is not an RSA key"),
    ("encrypted", "is encrypted: give its passphrase"),
]


@pytest.mark.parametrize(("pem", "message"), KEYS, ids=[message for _, message in KEYS])
def test_a_key_that_cannot_sign_is_refused_and_not_shown(pem, message):
    text = {"elliptic": elliptic_pem, "encrypted": lambda: private_pem("s3cret")}.get(pem, lambda: pem)()
    source = gcp_key_file("i1", "/key.json", platform=machine({"/key.json": service_account_file(private_key=text)}))

    assert refusal(source) == ("AuthenticationError", f"the private key in /key.json {message}")


def test_a_missing_cryptography_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.hashes", None)
    source = gcp_key_file("i1", "/key.json", platform=machine({"/key.json": service_account_file()}))

    assert refusal(source) == (
        "AuthenticationError",
        "signing with the private key in /key.json needs cryptography: pip install 'infisical-functional[gcp]'",
    )


def test_a_clock_that_fails_is_a_failure():
    def crash() -> datetime:
        raise RuntimeError("s3cret")

    platform = Platform(environ={}, read={"/key.json": service_account_file()}.__getitem__, clock=crash)
    name, message = refusal(gcp_key_file("i1", "/key.json", platform=platform))

    assert name == "AuthenticationError"
    assert message.startswith("signing the JWT failed: RuntimeError was raised at test_google.py:")


def test_no_frame_shows_the_key_while_the_jwt_is_signed():
    revealed: list[list[str]] = []

    def clock() -> datetime:
        revealed.append(revealing_frames("PRIVATE KEY"))
        return NOW

    files = {"/key.json": service_account_file()}
    source = gcp_key_file("i1", "/key.json", platform=Platform(environ={}, read=files.__getitem__, clock=clock))
    log_in(source, "blocking")

    assert revealed == [[]]


def test_no_repr_shows_a_key():
    file = parse_key_file(service_account_file(), "/key.json").unwrap()

    assert repr(file) == (
        f"KeyFile(account=Account(email='{EMAIL}', key_id='kid1'), "
        "key=RsaKey(name='private key in /key.json', extra='gcp'))"
    )


def test_a_held_source_logs_in_by_itself_under_asyncio():
    import asyncio

    fake = FakeGoogle()
    execute, revealed = watch(record(fake), *fake.secrets, "eyJ")

    async def run() -> Any:
        async def aexecute(request: Any) -> Any:
            return execute(request)

        source = gcp("i1", executor=aexecute, platform=machine())
        client = AsyncInfisicalClient(retry=None, executor=aexecute, auth=source)
        return await client.secrets.list(project_id="p", environment="dev")

    result = asyncio.run(run())
    assert (len(fake.sent), revealed, isinstance(result, Failure)) == (2, [], True)
