"""The admin group's answers: each decoded to its last field, and one recorded."""

from __future__ import annotations

import pytest
from returns.result import Success

from infisical import InfisicalClient
from infisical.endpoints.admin import (
    Admin,
    AdminIdentity,
    AdminIdentityList,
    AdminIntegrations,
    AdminOrganization,
    AdminOrganizationList,
    AdminOrganizationMember,
    AdminOrganizationProject,
    AdminUser,
    AdminUserList,
    BootstrapCredentials,
    BootstrapIdentity,
    BootstrapResponse,
    CacheStatus,
    EncryptionStrategy,
    EnvOverride,
    EnvOverrideCategory,
    GithubAppIntegration,
    InvalidateCacheResponse,
    MicrosoftTeamsIntegration,
    ServerConfig,
    SignupResponse,
    SlackIntegration,
    UsageReport,
)
from infisical.endpoints.organizations import Organization, OrganizationMembership
from infisical.endpoints.users import User
from infisical.executors import CassetteExecutor
from tests.wire import CASSETTES, RECORDED_AT, answer

CREATED, UPDATED = "2026-01-01T00:00:00.000Z", "2026-01-02T00:00:00.000Z"
USER = {
    "username": "ada",
    "firstName": "Ada",
    "lastName": None,
    "email": "ada@example.com",
    "id": "u1",
    "superAdmin": True,
}
ADA_USER = AdminUser(id="u1", username="ada", first_name="Ada", email="ada@example.com", super_admin=True)
ORGANIZATION = {
    "id": "o1",
    "name": "n",
    "slug": "s",
    "customerId": "c",
    "createdAt": CREATED,
    "updatedAt": UPDATED,
    "authEnforced": False,
    "scimEnabled": True,
}
ORGANIZATION_BODY = {
    "id": "o1",
    "name": "n",
    "slug": "s",
    "customer_id": "c",
    "created_at": CREATED,
    "updated_at": UPDATED,
    "auth_enforced": False,
    "scim_enabled": True,
}
MEMBERSHIP = {
    "organizationMembership": {
        "id": "m1",
        "role": "member",
        "status": "invited",
        "inviteEmail": "ada@example.com",
        "createdAt": CREATED,
        "updatedAt": UPDATED,
        "userId": "u1",
        "orgId": "o1",
        "roleId": "r1",
        "projectFavorites": ["p1"],
        "isActive": False,
    }
}
MEMBER = OrganizationMembership(
    id="m1",
    role="member",
    status="invited",
    invite_email="ada@example.com",
    created_at=CREATED,
    updated_at=UPDATED,
    user_id="u1",
    org_id="o1",
    role_id="r1",
    project_favorites=("p1",),
    is_active=False,
)

ANSWERS = [
    (
        Admin.bootstrap(email="e", password="p", organization="o"),
        {
            "message": "m",
            "user": USER,
            "organization": {"id": "o1", "name": "n", "slug": "s"},
            "identity": {"id": "i1", "name": "i", "credentials": {"token": "t"}},
        },
        BootstrapResponse(
            message="m",
            user=ADA_USER,
            organization=Organization(id="o1", name="n", slug="s"),
            identity=BootstrapIdentity(id="i1", name="i", credentials=BootstrapCredentials(token="t")),
        ),
    ),
    (
        Admin.signup(email="e", password="p", first_name="f"),
        {"message": "m", "user": {**USER, "isGhost": False}, "organization": ORGANIZATION, "token": "t", "new": "n"},
        SignupResponse(
            message="m",
            user=User(
                id="u1", username="ada", first_name="Ada", email="ada@example.com", super_admin=True, is_ghost=False
            ),
            organization=Organization(**ORGANIZATION_BODY),
            token="t",
            new="n",
        ),
    ),
    (
        Admin.get_config(),
        {
            "config": {
                "id": "c",
                "initialized": True,
                "allowSignUp": False,
                "allowedSignUpDomain": "example.com",
                "instanceId": "i",
                "trustSamlEmails": True,
                "trustLdapEmails": False,
                "trustOidcEmails": True,
                "defaultAuthOrgId": "o1",
                "enabledLoginMethods": ["email", "saml"],
                "authConsentContent": "a",
                "pageFrameContent": "p",
                "adminIdentityIds": ["i1"],
                "fipsEnabled": False,
                "isMigrationModeOn": True,
                "defaultAuthOrgSlug": "s",
                "defaultAuthOrgAuthEnforced": True,
                "defaultAuthOrgAuthMethod": "saml",
                "isSecretScanningDisabled": False,
                "kubernetesAutoFetchServiceAccountToken": True,
                "paramsFolderSecretDetectionEnabled": False,
                "isOfflineUsageReportsEnabled": True,
            }
        },
        ServerConfig(
            id="c",
            initialized=True,
            allow_sign_up=False,
            allowed_sign_up_domain="example.com",
            instance_id="i",
            trust_saml_emails=True,
            trust_ldap_emails=False,
            trust_oidc_emails=True,
            default_auth_org_id="o1",
            enabled_login_methods=("email", "saml"),
            auth_consent_content="a",
            page_frame_content="p",
            admin_identity_ids=("i1",),
            fips_enabled=False,
            is_migration_mode_on=True,
            default_auth_org_slug="s",
            default_auth_org_auth_enforced=True,
            default_auth_org_auth_method="saml",
            is_secret_scanning_disabled=False,
            kubernetes_auto_fetch_service_account_token=True,
            params_folder_secret_detection_enabled=False,
            is_offline_usage_reports_enabled=True,
        ),
    ),
    (
        Admin.update_config(allow_sign_up=True),
        {"config": {"id": "c", "allowSignUp": True, "createdAt": CREATED, "updatedAt": UPDATED}},
        ServerConfig(id="c", allow_sign_up=True, created_at=CREATED, updated_at=UPDATED),
    ),
    (Admin.list_users(), {"users": [USER], "total": 1}, AdminUserList(users=(ADA_USER,), total=1)),
    (Admin.delete_user(user_id="u1"), {"users": USER}, ADA_USER),
    (Admin.delete_users(user_ids=["u1"]), {"users": [USER]}, (ADA_USER,)),
    (Admin.grant_admin_access(user_id="u1"), b"", None),
    (Admin.revoke_admin_access(user_id="u1"), {"user": USER}, ADA_USER),
    (
        Admin.list_organizations(),
        {
            "organizations": [
                {
                    **ORGANIZATION,
                    "members": [
                        {"user": USER, "membershipId": "m1", "role": "admin", "roleId": None, "status": "accepted"}
                    ],
                    "projects": [{"id": "p1", "name": "n", "slug": "s", "createdAt": CREATED}],
                }
            ],
            "total": 1,
        },
        AdminOrganizationList(
            organizations=(
                AdminOrganization(
                    **ORGANIZATION_BODY,
                    members=(
                        AdminOrganizationMember(membership_id="m1", user=ADA_USER, role="admin", status="accepted"),
                    ),
                    projects=(AdminOrganizationProject(id="p1", name="n", slug="s", created_at=CREATED),),
                ),
            ),
            total=1,
        ),
    ),
    (
        Admin.create_organization(name="n", invite_admin_emails=["e"]),
        {"organization": ORGANIZATION},
        Organization(**ORGANIZATION_BODY),
    ),
    (
        Admin.delete_organization(organization_id="o1"),
        {"organization": ORGANIZATION},
        Organization(**ORGANIZATION_BODY),
    ),
    (Admin.delete_org_membership(organization_id="o1", membership_id="m1"), MEMBERSHIP, MEMBER),
    (Admin.resend_org_invite(organization_id="o1", membership_id="m1"), MEMBERSHIP, MEMBER),
    (Admin.join_organization(organization_id="o1"), MEMBERSHIP, MEMBER),
    (
        Admin.list_identities(),
        {"identities": [{"name": "n", "id": "i1", "isInstanceAdmin": True}], "total": 1},
        AdminIdentityList(identities=(AdminIdentity(id="i1", name="n", is_instance_admin=True),), total=1),
    ),
    (
        Admin.grant_identity_super_admin(identity_id="i1"),
        {"identity": {"id": "i1", "name": "n"}},
        AdminIdentity(id="i1", name="n"),
    ),
    (
        Admin.revoke_identity_super_admin(identity_id="i1"),
        {"identity": {"id": "i1", "name": "n"}},
        AdminIdentity(id="i1", name="n"),
    ),
    (
        Admin.get_integrations(),
        {
            "slack": {"clientId": "si", "clientSecret": "ss"},
            "microsoftTeams": {"appId": "ma", "clientSecret": "ms", "botId": "mb"},
            "gitHubAppConnection": {
                "clientId": "gi",
                "clientSecret": "gs",
                "appSlug": "gl",
                "appId": "ga",
                "privateKey": "gp",
            },
        },
        AdminIntegrations(
            slack=SlackIntegration(client_id="si", client_secret="ss"),
            microsoft_teams=MicrosoftTeamsIntegration(app_id="ma", client_secret="ms", bot_id="mb"),
            github_app_connection=GithubAppIntegration(
                client_id="gi", client_secret="gs", app_slug="gl", app_id="ga", private_key="gp"
            ),
        ),
    ),
    (
        Admin.get_encryption_strategies(),
        {"strategies": [{"strategy": "SOFTWARE", "enabled": True}, {"strategy": "HSM", "enabled": False}]},
        (EncryptionStrategy(strategy="SOFTWARE", enabled=True), EncryptionStrategy(strategy="HSM", enabled=False)),
    ),
    (Admin.update_encryption_strategy(strategy="HSM"), b"", None),
    (
        Admin.get_env_overrides(),
        {
            "smtp": {
                "name": "SMTP",
                "fields": [{"key": "SMTP_HOST", "value": "h", "hasEnvEntry": True, "description": "d"}],
            },
            "none": {"name": "None", "fields": []},
        },
        {
            "smtp": EnvOverrideCategory(
                name="SMTP", fields=(EnvOverride(key="SMTP_HOST", value="h", has_env_entry=True, description="d"),)
            ),
            "none": EnvOverrideCategory(name="None"),
        },
    ),
    (Admin.invalidate_cache(type="all"), {"message": "m"}, InvalidateCacheResponse(message="m")),
    (Admin.get_cache_status(), {"invalidating": False}, CacheStatus(invalidating=False)),
    (
        Admin.generate_usage_report(),
        {"csvContent": "a,b\n", "signature": "s", "filename": "f.csv"},
        UsageReport(csv_content="a,b\n", signature="s", filename="f.csv"),
    ),
]


@pytest.mark.parametrize(("request_", "body", "expected"), ANSWERS, ids=[f"{r.method} {r.path}" for r, _, _ in ANSWERS])
def test_an_answer_decodes_to_its_last_field(request_, body, expected):
    assert Success(expected) == request_.returns(answer(body))


def test_the_recorded_public_settings():
    executor = CassetteExecutor(CASSETTES / "errors.yaml")
    config = Admin(InfisicalClient(base_url=RECORDED_AT, executor=executor)).get_config().unwrap()

    assert config == ServerConfig(
        id="00000000-0000-0000-0000-000000000000",
        initialized=True,
        allow_sign_up=True,
        instance_id="73a2bb2d-a83c-4ace-ae5e-9a43847f0f85",
        trust_saml_emails=False,
        trust_ldap_emails=False,
        trust_oidc_emails=False,
        is_migration_mode_on=False,
        is_secret_scanning_disabled=True,
    )


@pytest.mark.parametrize(
    ("body", "path", "message"),
    [
        (b"[]", "", "expected an object, found a list at the top"),
        (b"", "", "the answer is empty"),
        ({"smtp": []}, "smtp", "expected an object, found a list at smtp"),
        ({"smtp": {"fields": [{"key": 1}]}}, "smtp.fields[0].key", None),
    ],
)
def test_malformed_overrides_are_a_decode_error_with_a_path(body, path, message):
    error = Admin.get_env_overrides().returns(answer(body)).failure()

    assert (error.path, error.message) == (path, message or f"expected a string, found an integer at {path}")


def test_no_overrides_are_an_empty_mapping():
    assert Success({}) == Admin.get_env_overrides().returns(answer({}))


@pytest.mark.parametrize(
    "model",
    [
        BootstrapCredentials(token="s3cret"),
        SignupResponse(token="s3cret"),
        SlackIntegration(client_secret="s3cret"),
        MicrosoftTeamsIntegration(client_secret="s3cret"),
        GithubAppIntegration(client_secret="s3cret", private_key="s3cret"),
        EnvOverride(key="k", value="s3cret"),
    ],
)
def test_secrets_of_the_instance_are_in_no_repr(model):
    assert "s3cret" not in repr(model)
