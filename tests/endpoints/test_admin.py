"""The admin group's requests: each as a value, and the credential that it is sent with.

Its answers are in test_admin_answers.py.
"""

from __future__ import annotations

import json

import pytest
from returns.result import Success

from infisical import AuthenticationError, IdentityAccessToken, InfisicalClient, Jwt, Request
from infisical.access import ALL_MODES, Access
from infisical.decode import by_name, many, nothing, one
from infisical.endpoints.admin import (
    Admin,
    AdminIdentity,
    AdminIdentityList,
    AdminIntegrations,
    AdminOrganizationList,
    AdminUser,
    AdminUserList,
    BootstrapResponse,
    CacheStatus,
    EncryptionStrategy,
    EnvOverrideCategory,
    InvalidateCacheResponse,
    ServerConfig,
    SignupResponse,
    UsageReport,
)
from infisical.endpoints.organizations import Organization, OrganizationMembership
from infisical.executors import ScriptedExecutor
from infisical.request import NULL
from tests.wire import answer

ADMIN = Access("admin", server=("identity_access_token", "jwt"))
BY_USERS = Access("admin")
SETUP_ACCESS = Access("admin", "none", ())
CONFIG = one(ServerConfig, at="config")
USERS = "/api/v1/admin/user-management/users"
ORGANIZATIONS = "/api/v1/admin/organization-management/organizations"
MEMBERSHIP = f"{ORGANIZATIONS}/{{organizationId}}/memberships/{{membershipId}}"
MEMBERSHIP_IDS = (("organizationId", "o1"), ("membershipId", "m1"))
MEMBER = one(OrganizationMembership, at="organizationMembership")
IDENTITIES = "/api/v1/admin/identity-management/identities"
PAGE = (("searchTerm", "s"), ("offset", 0), ("limit", 10))

REQUESTS = [
    (
        Admin.bootstrap(email="e", password="p", organization="o"),
        Request(
            "POST",
            "/api/v1/admin/bootstrap",
            (),
            (),
            {"email": "e", "password": "p", "organization": "o"},
            one(BootstrapResponse),
            SETUP_ACCESS,
        ),
    ),
    (
        Admin.signup(email="e", password="p", first_name="f", last_name="l", organization_name="o"),
        Request(
            "POST",
            "/api/v1/admin/signup",
            (),
            (),
            {"email": "e", "password": "p", "firstName": "f", "lastName": "l", "organizationName": "o"},
            one(SignupResponse),
            SETUP_ACCESS,
        ),
    ),
    (
        Admin.get_config(),
        Request("GET", "/api/v1/admin/config", (), (), None, CONFIG, Access("admin", "optional", server=ALL_MODES)),
    ),
    (
        Admin.update_config(
            allow_sign_up=False,
            allowed_sign_up_domain="example.com",
            trust_saml_emails=True,
            trust_ldap_emails=False,
            trust_oidc_emails=True,
            default_auth_org_id=NULL,
            enabled_login_methods=["email", "saml"],
            slack_client_id="si",
            slack_client_secret="ss",
            microsoft_teams_app_id="ma",
            microsoft_teams_client_secret="ms",
            microsoft_teams_bot_id="mb",
            github_app_connection_client_id="gi",
            github_app_connection_client_secret="gs",
            github_app_connection_slug="gl",
            github_app_connection_id="ga",
            github_app_connection_private_key="gp",
            auth_consent_content="<b>a</b>",
            page_frame_content="",
            env_overrides={"SMTP_HOST": "h"},
        ),
        Request(
            "PATCH",
            "/api/v1/admin/config",
            (),
            (),
            {
                "allowSignUp": False,
                "allowedSignUpDomain": "example.com",
                "trustSamlEmails": True,
                "trustLdapEmails": False,
                "trustOidcEmails": True,
                "defaultAuthOrgId": NULL,
                "enabledLoginMethods": ("email", "saml"),
                "slackClientId": "si",
                "slackClientSecret": "ss",
                "microsoftTeamsAppId": "ma",
                "microsoftTeamsClientSecret": "ms",
                "microsoftTeamsBotId": "mb",
                "gitHubAppConnectionClientId": "gi",
                "gitHubAppConnectionClientSecret": "gs",
                "gitHubAppConnectionSlug": "gl",
                "gitHubAppConnectionId": "ga",
                "gitHubAppConnectionPrivateKey": "gp",
                "authConsentContent": "<b>a</b>",
                "pageFrameContent": "",
                "envOverrides": {"SMTP_HOST": "h"},
            },
            CONFIG,
            ADMIN,
        ),
    ),
    (
        Admin.list_users(search_term="s", offset=0, limit=10, admins_only=True),
        Request("GET", USERS, (), (*PAGE, ("adminsOnly", True)), None, one(AdminUserList), ADMIN),
    ),
    (
        Admin.delete_user(user_id="u1"),
        Request("DELETE", f"{USERS}/{{userId}}", (("userId", "u1"),), (), None, one(AdminUser, at="users"), ADMIN),
    ),
    (
        Admin.delete_users(user_ids=["u1", "u2"]),
        Request("DELETE", USERS, (), (), {"userIds": ("u1", "u2")}, many(AdminUser, at="users"), ADMIN),
    ),
    (
        Admin.grant_admin_access(user_id="u1"),
        Request("PATCH", f"{USERS}/{{userId}}/admin-access", (("userId", "u1"),), (), {}, nothing, ADMIN),
    ),
    (
        Admin.revoke_admin_access(user_id="u1"),
        Request(
            "DELETE",
            f"{USERS}/{{userId}}/admin-access",
            (("userId", "u1"),),
            (),
            None,
            one(AdminUser, at="user"),
            ADMIN,
        ),
    ),
    (
        Admin.list_organizations(search_term="s", offset=0, limit=10),
        Request("GET", ORGANIZATIONS, (), PAGE, None, one(AdminOrganizationList), ADMIN),
    ),
    (
        Admin.create_organization(name="n", invite_admin_emails=["e"]),
        Request(
            "POST",
            ORGANIZATIONS,
            (),
            (),
            {"name": "n", "inviteAdminEmails": ("e",)},
            one(Organization, at="organization"),
            ADMIN,
        ),
    ),
    (
        Admin.delete_organization(organization_id="o1"),
        Request(
            "DELETE",
            f"{ORGANIZATIONS}/{{organizationId}}",
            (("organizationId", "o1"),),
            (),
            None,
            one(Organization, at="organization"),
            ADMIN,
        ),
    ),
    (
        Admin.delete_org_membership(organization_id="o1", membership_id="m1"),
        Request("DELETE", MEMBERSHIP, MEMBERSHIP_IDS, (), None, MEMBER, ADMIN),
    ),
    (
        Admin.resend_org_invite(organization_id="o1", membership_id="m1"),
        Request("POST", f"{MEMBERSHIP}/resend-invite", MEMBERSHIP_IDS, (), {}, MEMBER, ADMIN),
    ),
    (
        Admin.join_organization(organization_id="o1"),
        Request(
            "POST", f"{ORGANIZATIONS}/{{organizationId}}/access", (("organizationId", "o1"),), (), {}, MEMBER, BY_USERS
        ),
    ),
    (
        Admin.list_identities(search_term="s", offset=0, limit=10),
        Request("GET", IDENTITIES, (), PAGE, None, one(AdminIdentityList), ADMIN),
    ),
    (
        Admin.grant_identity_super_admin(identity_id="i1"),
        Request(
            "PATCH",
            f"{IDENTITIES}/{{identityId}}/super-admin-access",
            (("identityId", "i1"),),
            (),
            {},
            one(AdminIdentity, at="identity"),
            BY_USERS,
        ),
    ),
    (
        Admin.revoke_identity_super_admin(identity_id="i1"),
        Request(
            "DELETE",
            f"{IDENTITIES}/{{identityId}}/super-admin-access",
            (("identityId", "i1"),),
            (),
            None,
            one(AdminIdentity, at="identity"),
            ADMIN,
        ),
    ),
    (
        Admin.get_integrations(),
        Request("GET", "/api/v1/admin/integrations", (), (), None, one(AdminIntegrations), ADMIN),
    ),
    (
        Admin.get_encryption_strategies(),
        Request(
            "GET",
            "/api/v1/admin/encryption-strategies",
            (),
            (),
            None,
            many(EncryptionStrategy, at="strategies"),
            ADMIN,
        ),
    ),
    (
        Admin.update_encryption_strategy(strategy="HSM"),
        Request("PATCH", "/api/v1/admin/encryption-strategies", (), (), {"strategy": "HSM"}, nothing, ADMIN),
    ),
    (
        Admin.get_env_overrides(),
        Request("GET", "/api/v1/admin/env-overrides", (), (), None, by_name(EnvOverrideCategory), ADMIN),
    ),
    (
        Admin.invalidate_cache(type="secrets"),
        Request(
            "POST", "/api/v1/admin/invalidate-cache", (), (), {"type": "secrets"}, one(InvalidateCacheResponse), ADMIN
        ),
    ),
    (
        Admin.get_cache_status(),
        Request("GET", "/api/v1/admin/invalidating-cache-status", (), (), None, one(CacheStatus), ADMIN),
    ),
    (
        Admin.generate_usage_report(),
        Request("POST", "/api/v1/admin/usage-report/generate", (), (), {}, one(UsageReport), ADMIN),
    ),
]


@pytest.mark.parametrize(("built", "expected"), REQUESTS, ids=[f"{r.method} {r.path}" for _, r in REQUESTS])
def test_an_endpoint_builds_this_request(built, expected):
    assert expected == built


def send(call, auth, reply, **settings):
    executor = ScriptedExecutor(answer(reply))
    result = call(Admin(InfisicalClient(auth=auth, executor=executor, **settings)))
    return result, executor.sent


def select_credentials(sent):
    return [value for message in sent for name, value in message.headers if name == "Authorization"]


@pytest.mark.parametrize(
    "call",
    [
        lambda it: it.bootstrap(email="e", password="p", organization="o"),
        lambda it: it.signup(email="e", password="p", first_name="f"),
    ],
)
def test_the_setup_of_an_instance_carries_no_credential(call):
    reply = {"token": "t", "identity": {"credentials": {"token": "t"}}}

    for auth in (None, Jwt("session"), IdentityAccessToken("session")):
        result, sent = send(call, auth, reply)
        assert isinstance(result, Success)
        assert (len(sent), select_credentials(sent)) == (1, [])


def test_the_settings_need_no_credential_and_an_existing_one_is_checked():
    config = {"config": {"id": "c"}}
    nobody, _ = send(lambda it: it.get_config(), None, config)
    user, sent = send(lambda it: it.get_config(), Jwt("u"), config)
    identity, nothing_sent = send(lambda it: it.get_config(), IdentityAccessToken("i"), config)
    allowed, _ = send(lambda it: it.get_config(), IdentityAccessToken("i"), config, auth_policy="server")

    assert nobody == user == allowed == Success(ServerConfig(id="c"))
    assert select_credentials(sent) == ["Bearer u"]
    assert (type(identity.failure()), nothing_sent) == (AuthenticationError, [])


def test_several_users_are_deleted_by_a_body_and_one_is_not():
    _, several = send(lambda it: it.delete_users(user_ids=["u1"]), Jwt("t"), {"users": []})
    _, one_alone = send(lambda it: it.delete_user(user_id="u1"), Jwt("t"), {"users": {"id": "u1"}})

    assert [json.loads(message.body or b"null") for message in (*several, *one_alone)] == [{"userIds": ["u1"]}, None]


def test_admins_only_is_written_as_the_only_text_that_the_server_accepts():
    _, sent = send(lambda it: it.list_users(admins_only=True), Jwt("t"), {"users": []})

    assert sent[0].url.endswith("/api/v1/admin/user-management/users?adminsOnly=true")


def test_the_default_organization_is_cleared_by_null():
    _, sent = send(lambda it: it.update_config(default_auth_org_id=NULL), Jwt("t"), {"config": {"id": "c"}})

    assert json.loads(sent[0].body or b"") == {"defaultAuthOrgId": None}


def test_with_the_server_policy_identities_may_be_admins_but_not_join_organizations():
    identity = IdentityAccessToken("i")
    listed, _ = send(lambda it: it.list_users(), identity, {"users": []}, auth_policy="server")
    joined, _ = send(lambda it: it.join_organization(organization_id="o1"), identity, {}, auth_policy="server")

    assert listed == Success(AdminUserList(users=()))
    assert isinstance(joined.failure(), AuthenticationError)


def test_the_grant_that_no_server_has_is_marked_as_deprecated():
    assert Admin.grant_identity_super_admin.__deprecated__.startswith("servers have no such route")
