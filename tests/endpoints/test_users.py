"""The users group: every request as a value, every answer decoded, and the recorded answers of an older server."""

from __future__ import annotations

import pytest
from returns.result import Success

from infisical import IdentityAccessToken, InfisicalClient, Jwt, Request
from infisical.access import Access
from infisical.decode import many, nothing, one
from infisical.endpoints.organizations import Organization
from infisical.endpoints.users import (
    CreatedApiKey,
    EmailChangeResponse,
    RevokeSessionResponse,
    User,
    UserApiKey,
    Users,
    UserSession,
)
from infisical.executors import ScriptedExecutor
from tests.wire import ORGANIZATION, answer, replaying

USERS = Access("users")
ME = "/api/v2/users/me"
USER = one(User, at="user")
KEY_ID = "d555a1ac-ed29-4c68-9b5f-bfde02dda238"
USER_ID = "8023ae46-1434-49be-a497-e91ee27b81a3"

REQUESTS = [
    (
        Users.send_email_verification_code(token="t"),
        Request("POST", f"{ME}/emails/code", (), (), {"token": "t"}, nothing, Access("users", server=())),
    ),
    (
        Users.verify_email_verification_code(username="u", code="c"),
        Request("POST", f"{ME}/emails/verify", (), (), {"username": "u", "code": "c"}, nothing, USERS),
    ),
    (
        Users.update_mfa(selected_mfa_method="totp", is_mfa_enabled=True, mfa_session_id="s"),
        Request(
            "PATCH",
            f"{ME}/mfa",
            (),
            (),
            {"selectedMfaMethod": "totp", "isMfaEnabled": True, "mfaSessionId": "s"},
            USER,
            USERS,
        ),
    ),
    (
        Users.update_name(first_name="f", last_name=""),
        Request("PATCH", f"{ME}/name", (), (), {"firstName": "f", "lastName": ""}, USER, USERS),
    ),
    (
        Users.update_auth_methods(auth_methods=["email", "okta-saml"]),
        Request("PUT", f"{ME}/auth-methods", (), (), {"authMethods": ("email", "okta-saml")}, USER, USERS),
    ),
    (
        Users.request_email_change_otp(new_email="e"),
        Request("POST", f"{ME}/email-change/otp", (), (), {"newEmail": "e"}, one(EmailChangeResponse), USERS),
    ),
    (
        Users.update_email(new_email="e", otp_code="123456"),
        Request("PATCH", f"{ME}/email", (), (), {"newEmail": "e", "otpCode": "123456"}, USER, USERS),
    ),
    (
        Users.list_organizations(),
        Request("GET", f"{ME}/organizations", (), (), None, many(Organization, at="organizations"), USERS),
    ),
    (Users.list_api_keys(), Request("GET", f"{ME}/api-keys", (), (), None, many(UserApiKey), USERS)),
    (
        Users.create_api_key(name="k", expires_in=3600),
        Request("POST", f"{ME}/api-keys", (), (), {"name": "k", "expiresIn": 3600}, one(CreatedApiKey), USERS),
    ),
    (
        Users.delete_api_key("k1"),
        Request(
            "DELETE",
            f"{ME}/api-keys/{{apiKeyDataId}}",
            (("apiKeyDataId", "k1"),),
            (),
            None,
            one(UserApiKey, at="apiKeyData"),
            USERS,
        ),
    ),
    (Users.list_sessions(), Request("GET", f"{ME}/sessions", (), (), None, many(UserSession), USERS)),
    (
        Users.revoke_all_sessions(),
        Request("DELETE", f"{ME}/sessions", (), (), None, one(RevokeSessionResponse), USERS),
    ),
    (
        Users.revoke_session("s1"),
        Request(
            "DELETE",
            f"{ME}/sessions/{{sessionId}}",
            (("sessionId", "s1"),),
            (),
            None,
            one(RevokeSessionResponse),
            USERS,
        ),
    ),
    (Users.get_me(), Request("GET", ME, (), (), None, USER, USERS)),
    (Users.delete_me(), Request("DELETE", ME, (), (), None, USER, USERS)),
]


@pytest.mark.parametrize(("built", "expected"), REQUESTS, ids=[f"{r.method} {r.path}" for _, r in REQUESTS])
def test_an_endpoint_builds_this_request(built, expected):
    assert expected == built


USER_FIELDS = {
    "username": "ada",
    "email": "ada@example.com",
    "isEmailVerified": True,
    "firstName": "Ada",
    "lastName": None,
    "id": "u1",
    "publicKey": None,
}
ADA_USER = User(id="u1", username="ada", email="ada@example.com", is_email_verified=True, first_name="Ada")

ANSWERS = [
    (Users.send_email_verification_code(token="t"), {}, None),
    (Users.verify_email_verification_code(username="u", code="c"), {}, None),
    (Users.update_mfa(selected_mfa_method="totp"), {"user": USER_FIELDS}, ADA_USER),
    (Users.update_name(first_name="Ada", last_name=""), {"user": USER_FIELDS}, ADA_USER),
    (Users.update_auth_methods(auth_methods=["email"]), {"user": USER_FIELDS}, ADA_USER),
    (Users.update_email(new_email="e", otp_code="123456"), {"user": USER_FIELDS}, ADA_USER),
    (Users.delete_me(), {"user": USER_FIELDS}, ADA_USER),
    (
        Users.get_me(),
        {
            "user": {
                **USER_FIELDS,
                "isGitHubVerified": True,
                "isGitLabVerified": False,
                "isGoogleVerified": True,
                "selectedMfaMethod": "email",
                "temporaryLockDateEnd": "2026-01-01T00:00:00.000Z",
            }
        },
        User(
            id="u1",
            username="ada",
            email="ada@example.com",
            is_email_verified=True,
            first_name="Ada",
            is_github_verified=True,
            is_gitlab_verified=False,
            is_google_verified=True,
            selected_mfa_method="email",
            temporary_lock_date_end="2026-01-01T00:00:00.000Z",
        ),
    ),
    (
        Users.request_email_change_otp(new_email="e"),
        {"success": True, "message": "m"},
        EmailChangeResponse(success=True, message="m"),
    ),
    (
        Users.list_organizations(),
        {
            "organizations": [
                {
                    "id": "o1",
                    "name": "n",
                    "customerId": "c",
                    "slug": "s",
                    "createdAt": "2026-01-01T00:00:00.000Z",
                    "updatedAt": "2026-01-02T00:00:00.000Z",
                    "authEnforced": False,
                    "googleSsoAuthEnforced": True,
                    "scimEnabled": False,
                    "kmsDefaultKeyId": "k",
                    "defaultMembershipRole": "member",
                    "enforceMfa": True,
                    "selectedMfaMethod": "totp",
                    "allowSecretSharingOutsideOrganization": False,
                    "shouldUseNewPrivilegeSystem": True,
                    "privilegeUpgradeInitiatedByUsername": "ada",
                    "privilegeUpgradeInitiatedAt": "2026-01-03T00:00:00.000Z",
                    "bypassOrgAuthEnabled": False,
                    "userTokenExpiration": "30d",
                    "secretsProductEnabled": True,
                    "pkiProductEnabled": False,
                    "kmsProductEnabled": True,
                    "sshProductEnabled": False,
                    "scannerProductEnabled": True,
                    "shareSecretsProductEnabled": False,
                    "maxSharedSecretLifetime": 2592000,
                    "maxSharedSecretViewLimit": 5,
                    "blockDuplicateSecretSyncDestinations": False,
                    "rootOrgId": "o0",
                    "parentOrgId": "o0",
                }
            ]
        },
        (
            Organization(
                id="o1",
                name="n",
                customer_id="c",
                slug="s",
                created_at="2026-01-01T00:00:00.000Z",
                updated_at="2026-01-02T00:00:00.000Z",
                auth_enforced=False,
                google_sso_auth_enforced=True,
                scim_enabled=False,
                kms_default_key_id="k",
                default_membership_role="member",
                enforce_mfa=True,
                selected_mfa_method="totp",
                allow_secret_sharing_outside_organization=False,
                should_use_new_privilege_system=True,
                privilege_upgrade_initiated_by_username="ada",
                privilege_upgrade_initiated_at="2026-01-03T00:00:00.000Z",
                bypass_org_auth_enabled=False,
                user_token_expiration="30d",
                secrets_product_enabled=True,
                pki_product_enabled=False,
                kms_product_enabled=True,
                ssh_product_enabled=False,
                scanner_product_enabled=True,
                share_secrets_product_enabled=False,
                max_shared_secret_lifetime=2592000,
                max_shared_secret_view_limit=5,
                block_duplicate_secret_sync_destinations=False,
                root_org_id="o0",
                parent_org_id="o0",
            ),
        ),
    ),
    (Users.revoke_all_sessions(), {"message": "m"}, RevokeSessionResponse(message="m")),
    (Users.revoke_session("s1"), {"message": "m"}, RevokeSessionResponse(message="m")),
]


@pytest.mark.parametrize(("request_", "body", "expected"), ANSWERS, ids=[f"{r.method} {r.path}" for r, _, _ in ANSWERS])
def test_an_answer_decodes_to_its_last_field(request_, body, expected):
    assert Success(expected) == request_.returns(answer(body))


DEVICES = [{"ip": "127.0.0.1", "userAgent": "bootstrap/1"}, {"ip": "127.0.0.1", "userAgent": "user-login/1"}]
PROFILE = {
    "id": USER_ID,
    "username": "admin@example.com",
    "email": "admin@example.com",
    "auth_methods": ("email",),
    "super_admin": True,
    "first_name": "Ada",
    "is_accepted": True,
    "is_mfa_enabled": False,
    "devices": DEVICES,
    "created_at": "2026-11-22T00:46:10.887Z",
    "is_ghost": False,
    "is_email_verified": True,
    "consecutive_failed_mfa_attempts": 0,
    "consecutive_failed_password_attempts": 0,
    "is_locked": False,
}
KEY = UserApiKey(
    id=KEY_ID,
    name="k",
    user_id=USER_ID,
    last_used="2026-11-22T01:02:05.612Z",
    expires_at="2026-11-22T02:02:05.612Z",
    created_at="2026-11-22T01:02:05.613Z",
    updated_at="2026-11-22T01:02:05.613Z",
)


def test_the_recorded_visit_of_a_user():
    users = Users(replaying("users.yaml", auth=Jwt("t")))

    assert users.get_me().unwrap() == User(
        **PROFILE,
        last_name="Admin",
        updated_at="2026-11-22T01:02:04.369Z",
        user_id=USER_ID,
        encryption_version=2,
        public_key="scrubbed",
        encrypted_private_key="scrubbed",
        iv="scrubbed",
        tag="scrubbed",
        protected_key="scrubbed",
        protected_key_iv="scrubbed",
        protected_key_tag="scrubbed",
        salt="scrubbed",
        verifier="scrubbed",
    )
    assert users.update_name(first_name="Ada", last_name="Lovelace").unwrap() == User(
        **PROFILE, last_name="Lovelace", updated_at="2026-11-22T01:02:05.540Z"
    )
    assert users.list_organizations().unwrap() == (
        Organization(
            id=ORGANIZATION,
            name="Admin Org",
            slug="admin-org-s-lk-m",
            auth_enforced=False,
            scim_enabled=False,
            default_membership_role="member",
            enforce_mfa=False,
            created_at="2026-11-22T00:46:10.924Z",
            updated_at="2026-11-22T00:46:10.924Z",
        ),
    )
    first, second = users.list_sessions().unwrap()
    assert second == UserSession(
        id="1997c37f-9307-4585-a040-29233ad7b5b8",
        user_id=USER_ID,
        ip="127.0.0.1",
        user_agent="user-login/1",
        access_version=1,
        refresh_version=1,
        last_used="2026-11-22T00:56:14.782Z",
        created_at="2026-11-22T00:56:14.782Z",
        updated_at="2026-11-22T00:56:14.782Z",
    )
    assert (first.user_agent, first.user_id) == ("bootstrap/1", USER_ID)


def test_the_recorded_life_of_an_api_key():
    users = Users(replaying("users.yaml", auth=Jwt("t")))

    assert users.create_api_key(name="k", expires_in=3600).unwrap() == CreatedApiKey(
        api_key="scrubbed", api_key_data=KEY
    )
    assert users.list_api_keys().unwrap() == (KEY,)
    assert users.delete_api_key(KEY_ID).unwrap() == KEY


def test_lists_without_a_wrapper_may_be_empty():
    assert Success(()) == Users.list_sessions().returns(answer([]))
    assert Success(()) == Users.list_api_keys().returns(answer([]))


def test_keys_are_in_no_repr():
    user = User(
        id="u1",
        server_private_key="s3cret",
        encrypted_private_key="s3cret",
        protected_key="s3cret",
        salt="s3cret",
        verifier="s3cret",
    )

    assert "s3cret" not in f"{user!r}{CreatedApiKey(api_key='s3cret')!r}"


def test_devices_of_any_form_are_decoded():
    body = {"user": {"id": "u1", "devices": {"any": ["thing"]}}}

    assert Success(User(id="u1", devices={"any": ["thing"]})) == Users.get_me().returns(answer(body))


def test_with_the_server_policy_every_credential_may_request_the_code_of_an_email():
    executor = ScriptedExecutor(answer({}))
    client = InfisicalClient(auth=IdentityAccessToken("t"), executor=executor, auth_policy="server")

    assert Success(None) == Users(client).send_email_verification_code(token="t")


@pytest.mark.parametrize(
    "name", ["verify_email_verification_code", "list_api_keys", "create_api_key", "delete_api_key"]
)
def test_a_removed_endpoint_is_deprecated(name):
    assert getattr(Users, name).__deprecated__.startswith("servers no longer have")
