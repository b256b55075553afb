"""The MFA group: every request as a value, every answer decoded, and the token that each is sent with."""

from __future__ import annotations

import pytest
from returns.result import Success

from infisical import IdentityAccessToken, InfisicalClient, Jwt, Request, UnauthorizedError
from infisical.access import Access
from infisical.decode import one
from infisical.endpoints.mfa import Mfa, MfaLogin, ResendMfaResponse, TotpStatus, WebauthnStatus
from infisical.executors import ScriptedExecutor
from tests.wire import answer

MFA = Access("mfa", judges_session=False)
LOGIN_TOKEN_CREDENTIAL = (Access("mfa", "none", ()), (("Authorization", "Bearer t"),))
TOTP, WEBAUTHN, LOGIN = one(TotpStatus), one(WebauthnStatus), one(MfaLogin)
RECOVERY_PATH = "/api/v2/auth/mfa/verify/recovery-code"

REQUESTS = [
    (Mfa.resend_token(), Request("POST", "/api/v2/auth/mfa/send", (), (), {}, one(ResendMfaResponse), MFA)),
    (
        Mfa.resend_token(login_token="t"),
        Request("POST", "/api/v2/auth/mfa/send", (), (), {}, one(ResendMfaResponse), *LOGIN_TOKEN_CREDENTIAL),
    ),
    (Mfa.check_totp(), Request("GET", "/api/v2/auth/mfa/check/totp", (), (), None, TOTP, MFA)),
    (
        Mfa.check_totp(login_token="t"),
        Request("GET", "/api/v2/auth/mfa/check/totp", (), (), None, TOTP, *LOGIN_TOKEN_CREDENTIAL),
    ),
    (Mfa.check_webauthn(), Request("GET", "/api/v2/auth/mfa/check/webauthn", (), (), None, WEBAUTHN, MFA)),
    (
        Mfa.check_webauthn(login_token="t"),
        Request("GET", "/api/v2/auth/mfa/check/webauthn", (), (), None, WEBAUTHN, *LOGIN_TOKEN_CREDENTIAL),
    ),
    (
        Mfa.verify(mfa_token="123456"),
        Request("POST", "/api/v2/auth/mfa/verify", (), (), {"mfaToken": "123456"}, LOGIN, MFA),
    ),
    (
        Mfa.verify(mfa_token="123456", mfa_method="totp", login_token="t"),
        Request(
            "POST",
            "/api/v2/auth/mfa/verify",
            (),
            (),
            {"mfaToken": "123456", "mfaMethod": "totp"},
            LOGIN,
            *LOGIN_TOKEN_CREDENTIAL,
        ),
    ),
    (
        Mfa.verify_recovery_code(recovery_code="12345678"),
        Request("POST", RECOVERY_PATH, (), (), {"recoveryCode": "12345678"}, LOGIN, MFA),
    ),
    (
        Mfa.verify_recovery_code(recovery_code="12345678", login_token="t"),
        Request("POST", RECOVERY_PATH, (), (), {"recoveryCode": "12345678"}, LOGIN, *LOGIN_TOKEN_CREDENTIAL),
    ),
]


@pytest.mark.parametrize(("built", "expected"), REQUESTS)
def test_an_endpoint_builds_this_request(built, expected):
    assert expected == built


ANSWERS = [
    (Mfa.resend_token(), {"message": "m"}, ResendMfaResponse(message="m")),
    (Mfa.check_totp(), {"isVerified": False}, TotpStatus(is_verified=False)),
    (Mfa.check_webauthn(), {"hasPasskeys": True}, WebauthnStatus(has_passkeys=True)),
    (
        Mfa.verify(mfa_token="123456"),
        {
            "encryptionVersion": 2,
            "protectedKey": "pk",
            "protectedKeyIV": "piv",
            "protectedKeyTag": "pt",
            "publicKey": "pub",
            "encryptedPrivateKey": "epk",
            "iv": "iv",
            "tag": "tag",
            "token": "user-token",
        },
        MfaLogin(
            token="user-token",
            encryption_version=2,
            protected_key="pk",
            protected_key_iv="piv",
            protected_key_tag="pt",
            public_key="pub",
            encrypted_private_key="epk",
            iv="iv",
            tag="tag",
        ),
    ),
    (
        Mfa.verify_recovery_code(recovery_code="12345678"),
        {"encryptionVersion": None, "token": "user-token"},
        MfaLogin(token="user-token"),
    ),
]


@pytest.mark.parametrize(("request_", "body", "expected"), ANSWERS, ids=[f"{r.method} {r.path}" for r, _, _ in ANSWERS])
def test_an_answer_decodes_to_its_last_field(request_, body, expected):
    assert Success(expected) == request_.returns(answer(body))


def test_keys_and_the_token_are_not_in_the_repr_of_a_login():
    login = MfaLogin(token="s3cret", protected_key="s3cret", encrypted_private_key="s3cret", iv="s3cret", tag="s3cret")

    assert repr(login) == "MfaLogin(encryption_version=None, public_key=None)"


def send_code(auth, **given):
    executor = ScriptedExecutor(answer({"isVerified": True}))
    Mfa(InfisicalClient(auth=auth, executor=executor)).check_totp(**given).unwrap()
    return [value for name, value in executor.sent[0].headers if name == "Authorization"]


@pytest.mark.parametrize("auth", [None, Jwt("session"), IdentityAccessToken("identity")])
def test_a_login_token_replaces_the_credential_of_the_client(auth):
    assert send_code(auth, login_token="half") == ["Bearer half"]


def test_without_a_login_token_the_jwt_of_the_client_is_sent():
    assert send_code(Jwt("half")) == ["Bearer half"]


def test_a_refused_code_is_not_sent_again_after_a_new_login():
    refused = answer({"statusCode": 401, "error": "UnauthorizedError", "message": "no"}, 401)
    executor = ScriptedExecutor(refused, refused)
    client = InfisicalClient(executor=executor)
    client.set_jwt("half", renew=lambda: pytest.fail("a login was started"))

    assert isinstance(Mfa(client).verify(mfa_token="000000").failure(), UnauthorizedError)
    assert len(executor.sent) == 1


def test_a_refusal_with_almost_no_content_is_still_an_error():
    executor = ScriptedExecutor(answer({"error": "Missing bearer token"}, 401))
    error = Mfa(InfisicalClient(auth=Jwt("half"), executor=executor)).check_totp().failure()

    assert (type(error), error.message) == (UnauthorizedError, "Missing bearer token")
