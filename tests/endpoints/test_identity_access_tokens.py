"""The identity access token group: its requests as values, its answers decoded, and a recorded token's end."""

from __future__ import annotations

import pytest
from returns.result import Success

from infisical import AuthenticationError, IdentityAccessToken, InfisicalClient, LoginResponse, Request, ServiceToken
from infisical.access import Access
from infisical.decode import one
from infisical.endpoints.identity_access_tokens import IdentityAccessTokens, RevokeResponse
from infisical.errors import UnauthorizedError
from infisical.executors import ScriptedExecutor
from tests.wire import answer, replaying

TOKENS = Access("identity_access_tokens", server=(), judges_session=False)

REQUESTS = [
    (
        IdentityAccessTokens.renew(access_token="t"),
        Request("POST", "/api/v1/auth/token/renew", (), (), {"accessToken": "t"}, one(LoginResponse), TOKENS),
    ),
    (
        IdentityAccessTokens.revoke(access_token="t"),
        Request("POST", "/api/v1/auth/token/revoke", (), (), {"accessToken": "t"}, one(RevokeResponse), TOKENS),
    ),
]


@pytest.mark.parametrize(("built", "expected"), REQUESTS, ids=[f"{r.method} {r.path}" for _, r in REQUESTS])
def test_an_endpoint_builds_this_request(built, expected):
    assert expected == built


ANSWERS = [
    (
        IdentityAccessTokens.renew(access_token="t"),
        {"accessToken": "t2", "expiresIn": 600, "accessTokenMaxTTL": 3600, "tokenType": "Bearer"},
        LoginResponse(access_token="t2", expires_in=600, access_token_max_ttl=3600),
    ),
    (IdentityAccessTokens.revoke(access_token="t"), {"message": "m"}, RevokeResponse(message="m")),
]


@pytest.mark.parametrize(("request_", "body", "expected"), ANSWERS, ids=[f"{r.method} {r.path}" for r, _, _ in ANSWERS])
def test_an_answer_decodes_to_its_last_field(request_, body, expected):
    assert Success(expected) == request_.returns(answer(body))


def test_the_documented_policy_refuses_a_service_token_and_the_server_policy_accepts_it():
    executor = ScriptedExecutor(answer({"message": "m"}))
    by_documents = InfisicalClient(executor=executor, auth=ServiceToken("st.1"))
    by_server = InfisicalClient(executor=executor, auth=ServiceToken("st.1"), auth_policy="server")

    assert isinstance(by_documents.identity_access_tokens.revoke(access_token="t").failure(), AuthenticationError)
    assert by_server.identity_access_tokens.revoke(access_token="t") == Success(RevokeResponse(message="m"))
    assert len(executor.sent) == 1


def test_the_old_and_the_new_token_are_in_no_repr():
    request = IdentityAccessTokens.renew(access_token="s3cret")
    renewed = LoginResponse(access_token="s3cret", expires_in=600)

    assert "s3cret" not in repr((request, renewed))


def test_a_token_that_the_server_echoes_in_its_refusal_is_masked():
    refused = answer({"statusCode": 401, "message": "no s3cret here", "error": "UnauthorizedError"}, 401)
    client = InfisicalClient(executor=ScriptedExecutor(refused), auth=IdentityAccessToken("any"))
    error = client.identity_access_tokens.revoke(access_token="s3cret").failure()

    assert error.message == "no [redacted] here"


def test_the_recorded_end_of_a_token():
    client = replaying("identity_access_tokens.yaml")
    got = client.identity_auth.universal.login(
        client_id="7b37b157-b55b-4025-9fae-344c0de699f2", client_secret="scrubbed-client-secret"
    )
    token = got.unwrap().access_token
    renewed = client.identity_access_tokens.renew(access_token=token)
    revoked = client.identity_access_tokens.revoke(access_token=token)
    again = client.identity_access_tokens.revoke(access_token=token)

    assert got == Success(
        LoginResponse(access_token="scrubbed.access.token", expires_in=600, access_token_max_ttl=3600)
    )
    assert renewed == got
    assert revoked == Success(RevokeResponse(message="Successfully revoked access token"))
    assert again.failure() == UnauthorizedError(
        "No identity access token found",
        status_code=401,
        error_type="UnauthorizedError",
        method="POST",
        template="/api/v1/auth/token/revoke",
    )
