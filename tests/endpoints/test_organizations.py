"""The organizations group: every request as a value, every answer decoded, and a recorded organization."""

from __future__ import annotations

import json

import pytest
from returns.result import Failure, Success

from infisical import DecodeError, InfisicalClient, Jwt, Request
from infisical.access import USERS, Access
from infisical.decode import many, one
from infisical.endpoints.organizations import (
    DeletedOrganization,
    MembershipMetadata,
    Organization,
    OrganizationMembership,
    OrganizationProject,
    OrganizationProjectEnvironment,
    Organizations,
)
from infisical.endpoints.projects import (
    MembershipProject,
    MembershipUser,
    ProjectMembership,
    ProjectMembershipRole,
)
from infisical.executors import ScriptedExecutor
from tests.wire import ORGANIZATION, PROJECT, answer, replaying

ORGANIZATIONS = Access("organizations")
USER_ACCESS = Access("organizations", server=USERS)
ORGANIZATION_DECODER = one(Organization, at="organization")
MEMBER = one(OrganizationMembership, at="membership")
ID = (("orgId", "o"),)
IDS = (("orgId", "o"), ("membershipId", "m"))
MEMBERSHIPS = "/api/v2/organizations/{orgId}/memberships"
MEMBERSHIP = "/api/v2/organizations/{orgId}/memberships/{membershipId}"

REQUESTS = [
    (
        Organizations.list(),
        Request("GET", "/api/v1/organization", (), (), None, many(Organization, at="organizations"), USER_ACCESS),
    ),
    (
        Organizations.list_memberships(org_id="o"),
        Request("GET", MEMBERSHIPS, ID, (), None, many(OrganizationMembership, at="users"), ORGANIZATIONS),
    ),
    (
        Organizations.list_projects(org_id="o"),
        Request(
            "GET",
            "/api/v2/organizations/{orgId}/workspaces",
            ID,
            (),
            None,
            many(OrganizationProject, at="workspaces"),
            ORGANIZATIONS,
        ),
    ),
    (
        Organizations.get_membership(org_id="o", membership_id="m"),
        Request("GET", MEMBERSHIP, IDS, (), None, MEMBER, ORGANIZATIONS),
    ),
    (
        Organizations.update_membership(
            org_id="o",
            membership_id="m",
            role="admin",
            is_active=False,
            metadata=[MembershipMetadata(key="k", value="v")],
        ),
        Request(
            "PATCH",
            MEMBERSHIP,
            IDS,
            (),
            {"role": "admin", "isActive": False, "metadata": (MembershipMetadata(key="k", value="v"),)},
            MEMBER,
            USER_ACCESS,
        ),
    ),
    (
        Organizations.delete_membership(org_id="o", membership_id="m"),
        Request("DELETE", MEMBERSHIP, IDS, (), None, MEMBER, USER_ACCESS),
    ),
    (
        Organizations.bulk_delete_memberships(org_id="o", membership_ids=["m", "n"]),
        Request(
            "DELETE",
            MEMBERSHIPS,
            ID,
            (),
            {"membershipIds": ("m", "n")},
            many(OrganizationMembership, at="memberships"),
            USER_ACCESS,
        ),
    ),
    (
        Organizations.list_project_memberships_by_org_membership(org_id="o", membership_id="m"),
        Request(
            "GET",
            f"{MEMBERSHIP}/project-memberships",
            IDS,
            (),
            None,
            many(ProjectMembership, at="memberships"),
            ORGANIZATIONS,
        ),
    ),
    (
        Organizations.create(name="n"),
        Request("POST", "/api/v2/organizations", (), (), {"name": "n"}, ORGANIZATION_DECODER, USER_ACCESS),
    ),
    (
        Organizations.delete(org_id="o"),
        Request("DELETE", "/api/v2/organizations/{orgId}", ID, (), None, one(DeletedOrganization), USER_ACCESS),
    ),
    (
        Organizations.upgrade_privilege_system(),
        Request(
            "POST", "/api/v2/organizations/privilege-system-upgrade", (), (), {}, ORGANIZATION_DECODER, USER_ACCESS
        ),
    ),
]


@pytest.mark.parametrize(("built", "expected"), REQUESTS, ids=[f"{r.method} {r.path}" for _, r in REQUESTS])
def test_an_endpoint_builds_this_request(built, expected):
    assert expected == built


ROW = {
    "id": "o",
    "name": "n",
    "customerId": "c",
    "slug": "s",
    "createdAt": "2026-01-01T00:00:00.000Z",
    "updatedAt": "2026-01-02T00:00:00.000Z",
    "authEnforced": False,
    "googleSsoAuthEnforced": False,
    "scimEnabled": True,
    "kmsDefaultKeyId": "k",
    "defaultMembershipRole": "member",
    "enforceMfa": True,
    "selectedMfaMethod": "totp",
    "allowSecretSharingOutsideOrganization": True,
    "shouldUseNewPrivilegeSystem": True,
    "privilegeUpgradeInitiatedByUsername": "ada",
    "privilegeUpgradeInitiatedAt": "2026-01-03T00:00:00.000Z",
    "bypassOrgAuthEnabled": False,
    "userTokenExpiration": "30d",
    "secretsProductEnabled": True,
    "pkiProductEnabled": True,
    "kmsProductEnabled": True,
    "sshProductEnabled": False,
    "scannerProductEnabled": True,
    "shareSecretsProductEnabled": True,
    "maxSharedSecretLifetime": 2592000,
    "maxSharedSecretViewLimit": 5,
    "blockDuplicateSecretSyncDestinations": False,
    "rootOrgId": "r",
    "parentOrgId": "q",
    "secretShareBrandConfig": {"primaryColor": "#fff"},
    "orgAuthMethod": "email",
    "userRole": "admin",
    "userJoinedAt": "2026-01-04T00:00:00.000Z",
}
FULL_ORGANIZATION = Organization(
    id="o",
    name="n",
    customer_id="c",
    slug="s",
    created_at="2026-01-01T00:00:00.000Z",
    updated_at="2026-01-02T00:00:00.000Z",
    auth_enforced=False,
    google_sso_auth_enforced=False,
    scim_enabled=True,
    kms_default_key_id="k",
    default_membership_role="member",
    enforce_mfa=True,
    selected_mfa_method="totp",
    allow_secret_sharing_outside_organization=True,
    should_use_new_privilege_system=True,
    privilege_upgrade_initiated_by_username="ada",
    privilege_upgrade_initiated_at="2026-01-03T00:00:00.000Z",
    bypass_org_auth_enabled=False,
    user_token_expiration="30d",
    secrets_product_enabled=True,
    pki_product_enabled=True,
    kms_product_enabled=True,
    ssh_product_enabled=False,
    scanner_product_enabled=True,
    share_secrets_product_enabled=True,
    max_shared_secret_lifetime=2592000,
    max_shared_secret_view_limit=5,
    block_duplicate_secret_sync_destinations=False,
    root_org_id="r",
    parent_org_id="q",
    secret_share_brand_config={"primaryColor": "#fff"},
    org_auth_method="email",
    user_role="admin",
    user_joined_at="2026-01-04T00:00:00.000Z",
)

ANSWERS = [
    (Organizations.list(), {"organizations": [ROW]}, (FULL_ORGANIZATION,)),
    (Organizations.create(name="n"), {"organization": ROW}, FULL_ORGANIZATION),
    (
        Organizations.delete(org_id="o"),
        {"organization": {"id": "o"}, "accessToken": "t"},
        DeletedOrganization(organization=Organization(id="o"), access_token="t"),
    ),
    (
        Organizations.get_membership(org_id="o", membership_id="m"),
        {
            "membership": {
                "id": "m",
                "role": "custom",
                "status": "accepted",
                "inviteEmail": "ada@example.com",
                "userId": "u",
                "orgId": "o",
                "roleId": "r",
                "projectFavorites": ["p"],
                "isActive": True,
                "customRoleSlug": "c-slug",
                "metadata": [{"id": "d", "key": "k", "value": "v"}],
                "user": {"id": "u", "username": "ada"},
            }
        },
        OrganizationMembership(
            id="m",
            role="custom",
            status="accepted",
            invite_email="ada@example.com",
            user_id="u",
            org_id="o",
            role_id="r",
            project_favorites=("p",),
            is_active=True,
            custom_role_slug="c-slug",
            metadata=(MembershipMetadata(id="d", key="k", value="v"),),
            user=MembershipUser(id="u", username="ada"),
        ),
    ),
    (
        Organizations.bulk_delete_memberships(org_id="o", membership_ids=["m"]),
        {
            "memberships": [
                {
                    "id": "m",
                    "projectFavorites": None,
                    "createdAt": "2026-01-01T00:00:00.000Z",
                    "updatedAt": "2026-01-02T00:00:00.000Z",
                }
            ]
        },
        (OrganizationMembership(id="m", created_at="2026-01-01T00:00:00.000Z", updated_at="2026-01-02T00:00:00.000Z"),),
    ),
    (
        Organizations.list_project_memberships_by_org_membership(org_id="o", membership_id="m"),
        {
            "memberships": [
                {
                    "id": "m",
                    "userId": "u",
                    "projectId": "p",
                    "user": {"id": "u", "username": "ada", "email": None, "publicKey": "K"},
                    "project": {"id": "p", "name": "n", "type": "secret-manager"},
                    "roles": [{"id": "r", "role": "viewer", "isTemporary": False}],
                }
            ]
        },
        (
            ProjectMembership(
                id="m",
                user_id="u",
                project_id="p",
                user=MembershipUser(id="u", username="ada", public_key="K"),
                project=MembershipProject(id="p", name="n", type="secret-manager"),
                roles=(ProjectMembershipRole(id="r", role="viewer", is_temporary=False),),
            ),
        ),
    ),
]


@pytest.mark.parametrize(("request_", "body", "expected"), ANSWERS, ids=[f"{r.method} {r.path}" for r, _, _ in ANSWERS])
def test_an_answer_decodes_to_its_last_field(request_, body, expected):
    assert Success(expected) == request_.returns(answer(body))


@pytest.mark.parametrize(
    "request_",
    [
        Organizations.list_memberships(org_id="o"),
        Organizations.update_membership(org_id="o", membership_id="m"),
        Organizations.delete_membership(org_id="o", membership_id="m"),
        Organizations.bulk_delete_memberships(org_id="o", membership_ids=["m"]),
    ],
    ids=lambda request: f"{request.method} {request.path}",
)
def test_the_empty_answer_that_a_machine_identity_gets_is_a_decode_error(request_):
    empty = answer(b"")

    assert request_.returns(empty) == Failure(DecodeError("the answer is empty", response=empty))


def test_a_delete_names_the_members_in_its_body():
    executor = ScriptedExecutor(answer({"memberships": []}))
    client = InfisicalClient(base_url="https://i.example", executor=executor, auth=Jwt("t"))

    assert Organizations(client).bulk_delete_memberships(org_id="o", membership_ids=["m", "n"]) == Success(())
    (sent,) = executor.sent
    assert (sent.method, sent.url) == ("DELETE", "https://i.example/api/v2/organizations/o/memberships")
    assert json.loads(sent.body) == {"membershipIds": ["m", "n"]}


def test_the_token_of_a_deleted_organization_is_in_no_repr():
    deleted = DeletedOrganization(organization=Organization(id="o"), access_token="sesame")

    assert "sesame" not in repr(deleted)


def test_a_recorded_organization_its_members_and_its_projects():
    organizations = Organizations(replaying("organizations.yaml", auth=Jwt("any")))

    assert organizations.list() == Success(
        (
            Organization(
                id=ORGANIZATION,
                name="Admin Org",
                slug="admin-org-s-lk-m",
                auth_enforced=False,
                scim_enabled=False,
                default_membership_role="member",
                enforce_mfa=False,
                org_auth_method="",
                created_at="2026-11-22T00:46:10.924Z",
                updated_at="2026-11-22T00:46:10.924Z",
            ),
        )
    )
    assert organizations.list_memberships(org_id=ORGANIZATION) == Success(
        (
            OrganizationMembership(
                id="6edcc3b8-454c-421d-ba1c-e218d4601c9c",
                role="admin",
                status="accepted",
                org_id=ORGANIZATION,
                is_active=True,
                user=MembershipUser(
                    id="8023ae46-1434-49be-a497-e91ee27b81a3",
                    username="admin@example.com",
                    email="admin@example.com",
                    is_email_verified=True,
                    first_name="Ada",
                    last_name="Lovelace",
                    public_key="Q3fs8be8fq4tut25yXk79F9O6oUkl8m2z6ffNm7UACU=",
                ),
            ),
        )
    )
    assert organizations.list_projects(org_id=ORGANIZATION) == Success(
        (
            OrganizationProject(
                id=PROJECT,
                name="sdk-conformance",
                slug="sdk-conformance-ft-vq",
                organization=ORGANIZATION,
                environments=(
                    OrganizationProjectEnvironment(name="Development", slug="dev"),
                    OrganizationProjectEnvironment(name="Staging", slug="staging"),
                    OrganizationProjectEnvironment(name="Production", slug="prod"),
                    OrganizationProjectEnvironment(name="Contract", slug="contract"),
                ),
            ),
        )
    )
