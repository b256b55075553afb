"""The status group: the request as a value, the answer decoded, and that it carries no credential."""

from __future__ import annotations

from returns.result import Success

from infisical import IdentityAccessToken, InfisicalClient, Request
from infisical.access import Access
from infisical.decode import one
from infisical.endpoints.status import ServerStatus, Status
from infisical.executors import ScriptedExecutor
from tests.wire import answer

ANSWER = {
    "date": "2026-01-01T00:00:00.000Z",
    "message": "Ok",
    "emailConfigured": False,
    "inviteOnlySignup": True,
    "redisConfigured": True,
    "secretScanningConfigured": False,
    "samlDefaultOrgSlug": "acme",
    "auditLogStorageDisabled": False,
}
EXPECTED_STATUS = ServerStatus(
    date="2026-01-01T00:00:00.000Z",
    message="Ok",
    email_configured=False,
    invite_only_signup=True,
    redis_configured=True,
    secret_scanning_configured=False,
    saml_default_org_slug="acme",
    audit_log_storage_disabled=False,
)


def test_an_endpoint_builds_this_request():
    expected = Request("GET", "/api/status", (), (), None, one(ServerStatus), Access("status", "none", ()))

    assert expected == Status.get()


def test_an_answer_decodes_to_its_last_field():
    assert Success(EXPECTED_STATUS) == Status.get().returns(answer(ANSWER))


def test_the_request_of_the_status_carries_no_credential_of_the_client():
    executor = ScriptedExecutor(answer(ANSWER))
    client = InfisicalClient(base_url="https://i.example", executor=executor, auth=IdentityAccessToken("t"))

    assert Status(client).get() == Success(EXPECTED_STATUS)
    assert [name for name, _ in executor.sent[0].headers if name.lower() == "authorization"] == []


def test_the_request_of_the_status_starts_no_login():
    client = InfisicalClient(base_url="https://i.example", executor=ScriptedExecutor(answer(ANSWER)))

    assert Status(client).get() == Success(EXPECTED_STATUS)
