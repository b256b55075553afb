"""The MFA sessions group: every request as a value, every answer decoded."""

from __future__ import annotations

import pytest
from returns.result import Success

from infisical import InfisicalClient, Request, UnauthorizedError
from infisical.access import Access
from infisical.decode import one
from infisical.endpoints.mfa_sessions import MfaSessions, MfaSessionStatus, MfaVerification
from infisical.executors import ScriptedExecutor
from tests.wire import answer

SESSION_ID = (("mfaSessionId", "s1"),)
SESSION_PATH = "/api/v2/mfa-sessions/{mfaSessionId}"

REQUESTS = [
    (
        MfaSessions.verify(mfa_session_id="s1", mfa_token="123456", mfa_method="totp"),
        Request(
            "POST",
            f"{SESSION_PATH}/verify",
            SESSION_ID,
            (),
            {"mfaToken": "123456", "mfaMethod": "totp"},
            one(MfaVerification),
            Access("mfa_sessions", judges_session=False),
        ),
    ),
    (
        MfaSessions.get_status(mfa_session_id="s1"),
        Request("GET", f"{SESSION_PATH}/status", SESSION_ID, (), None, one(MfaSessionStatus), Access("mfa_sessions")),
    ),
]


@pytest.mark.parametrize(("built", "expected"), REQUESTS, ids=[f"{r.method} {r.path}" for _, r in REQUESTS])
def test_an_endpoint_builds_this_request(built, expected):
    assert expected == built


ANSWERS = [
    (
        MfaSessions.verify(mfa_session_id="s1", mfa_token="123456", mfa_method="totp"),
        {"success": True, "message": "m"},
        MfaVerification(success=True, message="m"),
    ),
    (
        MfaSessions.get_status(mfa_session_id="s1"),
        {"status": "ACTIVE", "mfaMethod": "email"},
        MfaSessionStatus(status="ACTIVE", mfa_method="email"),
    ),
]


@pytest.mark.parametrize(("request_", "body", "expected"), ANSWERS, ids=[f"{r.method} {r.path}" for r, _, _ in ANSWERS])
def test_an_answer_decodes_to_its_last_field(request_, body, expected):
    assert Success(expected) == request_.returns(answer(body))


def test_a_refused_code_is_not_sent_again_after_a_new_login():
    refused = answer({"statusCode": 401, "error": "UnauthorizedError", "message": "no"}, 401)
    executor = ScriptedExecutor(refused, refused)
    client = InfisicalClient(executor=executor)
    client.set_jwt("t", renew=lambda: pytest.fail("a login was started"))
    error = MfaSessions(client).verify(mfa_session_id="s1", mfa_token="000000", mfa_method="totp").failure()

    assert (type(error), len(executor.sent)) == (UnauthorizedError, 1)
