"""Credentials of google-auth as the source of a login, and the transport by which they send."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from google.auth.compute_engine import IDTokenCredentials as MachineCredentials
from google.oauth2 import service_account

from infisical import HttpRequest as Ask
from infisical import InfisicalNetworkError
from infisical.executors import ScriptedExecutor
from infisical.server import serving
from infisical.sources import gcp
from infisical.sources.google_transport import GoogleTransport
from infisical.testing.platforms import FakeGoogle
from infisical.testing.platforms.unsigned import make_token, read_claims
from tests.sources.cloud_logins import (
    EMAIL,
    both_clients,
    log_in,
    machine,
    refusal,
    service_account_file,
)


def info(**changes: Any) -> dict[str, Any]:
    return {**json.loads(service_account_file()), "token_uri": "http://127.0.0.1/token", **changes}


@both_clients
def test_service_account_credentials_sign_a_jwt_without_a_request(kind):
    credentials = service_account.Credentials.from_service_account_info(info())
    fake = FakeGoogle()
    _, sent = log_in(gcp("i1", credentials, executor=fake, platform=machine()), kind)
    claims = read_claims(sent[0]["jwt"])

    assert (claims["aud"], claims["sub"], fake.sent) == ("i1", EMAIL, [])


@both_clients
def test_identity_token_credentials_get_the_audience_of_the_login(kind):
    credentials = service_account.IDTokenCredentials.from_service_account_info(info(), target_audience="other")
    fake = FakeGoogle()
    _, sent = log_in(gcp("i1", credentials, executor=fake, platform=machine()), kind)

    assert sent == [{"identityId": "i1", "jwt": fake.tokens[0]}]
    assert (read_claims(fake.tokens[0])["aud"], credentials.token) == ("i1", None)


@both_clients
def test_credentials_of_the_machine_ask_the_metadata_server(kind):
    fake = FakeGoogle()
    request = GoogleTransport(fake, None)
    credentials = MachineCredentials(request, "other", use_metadata_identity_endpoint=True)
    _, sent = log_in(gcp("i1", credentials, executor=fake, platform=machine()), kind)

    assert (sent[0]["jwt"], read_claims(sent[0]["jwt"])["aud"]) == (fake.tokens[-1], "i1")


@both_clients
@pytest.mark.enable_socket
def test_google_auth_credentials_send_over_a_socket(kind):
    fake = FakeGoogle()
    with serving(fake) as url:
        credentials = service_account.IDTokenCredentials.from_service_account_info(
            info(token_uri=f"{url}/token"), target_audience="i1"
        )
        _, sent = log_in(gcp("i1", credentials, platform=machine()), kind)

    assert sent == [{"identityId": "i1", "jwt": fake.tokens[0]}]


@pytest.mark.enable_socket
def test_google_auth_asks_a_metadata_host_directly(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "")
    with serving(FakeGoogle()) as url:
        host = url.removeprefix("http://")
        response = GoogleTransport(None, host)(url, headers={"Metadata-Flavor": "Google"})

    assert (response.status, response.headers["METADATA-FLAVOR"]) == (404, "Google")


class Tokens:
    """Credentials as google-auth has them: `refresh` gets a token."""

    def __init__(self, token: Any = None, error: Exception | None = None) -> None:
        self.token, self._next, self._error = None, token, error

    def refresh(self, request: Any) -> None:
        if self._error is not None:
            raise self._error
        self.token = self._next


class EmailTokens(Tokens):
    def with_include_email(self, include: bool) -> Tokens:
        return Tokens(f"with-email-{include}")


REMEDY = "give IDTokenCredentials, or service account credentials with a key"
OBJECTS = [
    (Tokens(), f"the google-auth credentials object gave no token: {REMEDY}"),
    (
        Tokens("ya29.s3cret"),
        "the google-auth credentials object gave an access token, and the login needs an identity token: " + REMEDY,
    ),
    (
        Tokens(make_token({"aud": "other"})),
        f"the google-auth credentials object gave a token for another audience than the identity id: {REMEDY}",
    ),
    (object(), "object is not a google-auth credentials object: it has no refresh()"),
]


@pytest.mark.parametrize(("credentials", "message"), OBJECTS, ids=[message[-70:-50] for _, message in OBJECTS])
def test_credentials_without_an_identity_token_are_refused(credentials, message):
    assert refusal(gcp("i1", credentials, platform=machine())) == ("AuthenticationError", message)


@pytest.mark.parametrize("token", ["opaque", "a.!.c", "a.W10.c", make_token({}), make_token({"aud": "i1"})])
def test_a_token_that_may_be_right_is_sent(token):
    assert log_in(gcp("i1", Tokens(token), platform=machine()), "blocking")[1][0]["jwt"] == token


def test_impersonated_credentials_include_the_email():
    source = gcp("i1", EmailTokens(), platform=machine())

    assert log_in(source, "blocking")[1] == [{"identityId": "i1", "jwt": "with-email-True"}]


@both_clients
def test_what_google_auth_cannot_reach_is_a_network_failure(kind):
    error = InfisicalNetworkError("no route", reason="refused", sent=False)
    credentials = service_account.IDTokenCredentials.from_service_account_info(info(), target_audience="i1")
    name, message = refusal(gcp("i1", credentials, executor=ScriptedExecutor(error), platform=machine()), kind)

    assert (name, message.partition(" was")[0]) == (
        "InfisicalNetworkError",
        "the google-auth credentials object failed: TransportError",
    )


def test_a_refusal_of_google_auth_is_no_network_failure_and_shows_no_text():
    name, message = refusal(gcp("i1", Tokens(error=ValueError("s3cret")), platform=machine()))

    assert (name, "s3cret" in message) == ("AuthenticationError", False)


def test_without_google_auth_the_transport_raises_an_error_of_python(monkeypatch):
    monkeypatch.setitem(sys.modules, "google.auth.exceptions", None)
    error = InfisicalNetworkError("no route", reason="refused", sent=False)

    with pytest.raises(ConnectionError, match="no route"):
        GoogleTransport(ScriptedExecutor(error), None)("https://h/token", "POST", "body", timeout=1)


def test_an_async_executor_cannot_serve_credentials_that_block():
    async def execute(request: Any) -> Any:
        raise AssertionError

    source = gcp("i1", Tokens("t"), executor=execute, platform=machine())

    assert refusal(source, "asyncio") == (
        "AuthenticationError",
        "google-auth credentials block: their executor must be a blocking one, or None",
    )


def test_the_token_endpoint_of_the_fake_refuses_what_is_no_assertion():
    fake, down = FakeGoogle(), FakeGoogle(status=503)
    posts = [b"", b"assertion=x", b"assertion=a.W10.c", f"assertion={make_token({})}".encode()]

    assert [fake(Ask("POST", "http://h/token", (), post)).unwrap().status for post in posts] == [400] * 4
    assert down(Ask("POST", "http://h/token")).unwrap().status == 503
