"""The sharing group: every request as a value, every answer decoded, and the credential that it is sent with."""

from __future__ import annotations

import pytest
from returns.result import Failure, Success

from infisical import AuthenticationError, IdentityAccessToken, InfisicalClient, Jwt, Request
from infisical.access import ALL_MODES, IDENTITIES_AND_USERS, Access
from infisical.decode import one
from infisical.endpoints.secret_sharing import OpenedSecret, SecretSharing, SharedSecret, SharedSecretList
from infisical.executors import ScriptedExecutor
from tests.wire import answer

SHARING = Access("secret_sharing", server=IDENTITIES_AND_USERS)
PATH = "/api/v1/shared-secrets/{sharedSecretId}"
FORMER_PATHS = ("/api/v1/secret-sharing/{sharedSecretId}",)
ID = (("sharedSecretId", "s1"),)

REQUESTS = [
    (
        SecretSharing.create(
            secret_value="v",
            name="n",
            password="pw",
            expires_in="1h",
            max_views=1,
            access_type="anyone",
            authorized_emails=["a@example.com"],
            expires_at="2026-01-01T00:00:00.000Z",
            expires_after_views=2,
            encrypted_value="ev",
            iv="iv",
            tag="tag",
            hashed_hex="hh",
        ),
        Request(
            "POST",
            "/api/v1/shared-secrets",
            (),
            (),
            {
                "secretValue": "v",
                "name": "n",
                "password": "pw",
                "expiresIn": "1h",
                "maxViews": 1,
                "accessType": "anyone",
                "authorizedEmails": ("a@example.com",),
                "expiresAt": "2026-01-01T00:00:00.000Z",
                "expiresAfterViews": 2,
                "encryptedValue": "ev",
                "iv": "iv",
                "tag": "tag",
                "hashedHex": "hh",
            },
            one(SharedSecret),
            SHARING,
            formerly=("/api/v1/secret-sharing",),
        ),
    ),
    (
        SecretSharing.get(shared_secret_id="s1", hashed_hex="hh"),
        Request(
            "GET",
            PATH,
            ID,
            (("hashedHex", "hh"),),
            None,
            one(SharedSecret),
            Access("secret_sharing", "optional", server=ALL_MODES),
            formerly=FORMER_PATHS,
        ),
    ),
    (
        SecretSharing.delete(shared_secret_id="s1"),
        Request("DELETE", PATH, ID, (), None, one(SharedSecret), SHARING, formerly=FORMER_PATHS),
    ),
    (
        SecretSharing.list(offset=0, limit=10),
        Request(
            "GET",
            "/api/v1/shared-secrets",
            (),
            (("offset", 0), ("limit", 10)),
            None,
            one(SharedSecretList),
            SHARING,
            formerly=("/api/v1/secret-sharing",),
        ),
    ),
    (
        SecretSharing.access(shared_secret_id="s1", password="pw"),
        Request(
            "POST",
            "/api/v1/shared-secrets/{id}/access",
            (("id", "s1"),),
            (),
            {"password": "pw"},
            one(OpenedSecret),
            Access("secret_sharing", "none", ()),
            formerly=("/api/v1/secret-sharing/{id}/access",),
        ),
    ),
]


@pytest.mark.parametrize(("built", "expected"), REQUESTS, ids=[f"{r.method} {r.path}" for _, r in REQUESTS])
def test_an_endpoint_builds_this_request(built, expected):
    assert expected == built


ROW = {
    "id": "s1",
    "expiresAt": "2026-02-01T00:00:00.000Z",
    "userId": None,
    "orgId": "o",
    "createdAt": "2026-01-01T00:00:00.000Z",
    "updatedAt": "2026-01-02T00:00:00.000Z",
    "expiresAfterViews": 3,
    "accessType": "anyone",
    "name": "n",
    "lastViewedAt": "2026-01-03T00:00:00.000Z",
    "type": "share",
    "authorizedEmails": ["a@example.com"],
    "identityId": "i",
}
SECRET_FIELDS = {
    "id": "s1",
    "expires_at": "2026-02-01T00:00:00.000Z",
    "org_id": "o",
    "created_at": "2026-01-01T00:00:00.000Z",
    "updated_at": "2026-01-02T00:00:00.000Z",
    "expires_after_views": 3,
    "access_type": "anyone",
    "name": "n",
    "last_viewed_at": "2026-01-03T00:00:00.000Z",
    "type": "share",
    "authorized_emails": ["a@example.com"],
    "identity_id": "i",
}

ANSWERS = [
    (
        SecretSharing.create(secret_value="v"),
        {**ROW, "sharedSecretLink": "https://x/shared/secret/s1"},
        SharedSecret(**SECRET_FIELDS, shared_secret_link="https://x/shared/secret/s1"),
    ),
    (
        SecretSharing.get(shared_secret_id="s1"),
        {**ROW, "isPasswordProtected": True, "isAuthorizedUser": False},
        SharedSecret(**SECRET_FIELDS, is_password_protected=True, is_authorized_user=False),
    ),
    (
        SecretSharing.list(),
        {"secrets": [ROW, {"id": "s2", "encryptedValue": "ev", "iv": "iv", "tag": "tag", "hashedHex": "hh"}]},
        SharedSecretList(
            secrets=(
                SharedSecret(**SECRET_FIELDS),
                SharedSecret(id="s2", encrypted_value="ev", iv="iv", tag="tag", hashed_hex="hh"),
            )
        ),
    ),
    (SecretSharing.list(), {"secrets": [], "totalCount": 7}, SharedSecretList(secrets=(), total_count=7)),
    (
        SecretSharing.access(shared_secret_id="s1"),
        {**ROW, "orgName": "O", "secretValue": "v"},
        OpenedSecret(**SECRET_FIELDS, org_name="O", secret_value="v"),
    ),
]


@pytest.mark.parametrize(("request_", "body", "expected"), ANSWERS, ids=[f"{r.method} {r.path}" for r, _, _ in ANSWERS])
def test_an_answer_decodes_to_its_last_field(request_, body, expected):
    assert Success(expected) == request_.returns(answer(body))


def test_the_response_to_a_delete_is_the_unwrapped_object():
    assert SecretSharing.delete(shared_secret_id="s1").returns(answer(ROW)) == Success(SharedSecret(**SECRET_FIELDS))


def test_an_older_server_returns_only_the_id_of_a_new_shared_secret():
    assert SecretSharing.create(secret_value="v").returns(answer({"id": "s1"})) == Success(SharedSecret(id="s1"))


def select_credentials(execute: ScriptedExecutor) -> list[str]:
    return [value for request in execute.sent for name, value in request.headers if name == "Authorization"]


@pytest.mark.parametrize(("auth", "sent"), [(None, []), (Jwt("user"), ["Bearer user"])])
def test_get_carries_an_existing_credential_and_access_carries_none(auth, sent):
    execute = ScriptedExecutor(answer(ROW), answer(ROW))
    sharing = SecretSharing(InfisicalClient(auth=auth, executor=execute))

    assert sharing.get(shared_secret_id="s1") == Success(SharedSecret(**SECRET_FIELDS))
    assert sharing.access(shared_secret_id="s1") == Success(OpenedSecret(**SECRET_FIELDS))
    assert select_credentials(execute) == sent


def test_with_the_server_policy_machine_identities_may_share():
    execute, auth = ScriptedExecutor(answer(ROW)), IdentityAccessToken("machine")
    documented = SecretSharing(InfisicalClient(auth=auth, executor=execute))
    server = SecretSharing(InfisicalClient(auth=auth, executor=execute, auth_policy="server"))
    refused = documented.create(secret_value="v")

    assert isinstance(refused, Failure)
    assert isinstance(refused.failure(), AuthenticationError)
    assert server.create(secret_value="v") == Success(SharedSecret(**SECRET_FIELDS))
    assert select_credentials(execute) == ["Bearer machine"]


def test_the_url_and_the_value_are_in_no_repr():
    text = repr(SharedSecret(id="s", shared_secret_link="hidden", encrypted_value="hidden", hashed_hex="hidden"))

    assert "hidden" not in text + repr(OpenedSecret(id="s", secret_value="hidden"))
