"""Identities of a project: every request as a value, every answer decoded, and how roles are written."""

from __future__ import annotations

import json

import pytest
from returns.result import Success

from infisical import IdentityAccessToken, InfisicalClient, Request
from infisical.access import IDENTITIES_AND_USERS, Access
from infisical.decode import one
from infisical.endpoints.identities import Identity
from infisical.endpoints.organizations import MembershipMetadata
from infisical.endpoints.project_identities import (
    ProjectIdentities,
    ProjectIdentityMembership,
    ProjectIdentityMembershipList,
    RoleAssignment,
)
from infisical.endpoints.projects import ProjectMembershipRole
from infisical.executors import ScriptedExecutor
from tests.wire import answer

ACCESS = Access("project_identities", documented=IDENTITIES_AND_USERS)
MEMBERSHIP = one(ProjectIdentityMembership, at="identityMembership")
IDS = (("projectId", "p"), ("identityId", "i"))
ALL = "/api/v1/projects/{projectId}/memberships/identities"
PATH = "/api/v1/projects/{projectId}/memberships/identities/{identityId}"
FOR_A_TIME = RoleAssignment(
    role="admin",
    is_temporary=True,
    temporary_mode="relative",
    temporary_range="1h",
    temporary_access_start_time="2026-01-01T00:00:00.000Z",
)

REQUESTS = [
    (
        ProjectIdentities.create(
            project_id="p", identity_id="i", role="viewer", roles=[RoleAssignment(role="viewer"), FOR_A_TIME]
        ),
        Request(
            "POST",
            PATH,
            IDS,
            (),
            {"role": "viewer", "roles": (RoleAssignment(role="viewer"), FOR_A_TIME)},
            MEMBERSHIP,
            ACCESS,
        ),
    ),
    (
        ProjectIdentities.update(project_id="p", identity_id="i", roles=[FOR_A_TIME]),
        Request("PATCH", PATH, IDS, (), {"roles": (FOR_A_TIME,)}, MEMBERSHIP, ACCESS),
    ),
    (
        ProjectIdentities.delete(project_id="p", identity_id="i"),
        Request("DELETE", PATH, IDS, (), None, MEMBERSHIP, ACCESS),
    ),
    (
        ProjectIdentities.get(project_id="p", identity_id="i"),
        Request("GET", PATH, IDS, (), None, MEMBERSHIP, ACCESS),
    ),
    (
        ProjectIdentities.list(project_id="p", offset=0, limit=10, identity_name="n", roles=["admin", "viewer"]),
        Request(
            "GET",
            ALL,
            (("projectId", "p"),),
            (("offset", 0), ("limit", 10), ("identityName", "n"), ("roles", ("admin", "viewer"))),
            None,
            one(ProjectIdentityMembershipList),
            ACCESS,
        ),
    ),
]


@pytest.mark.parametrize(("built", "expected"), REQUESTS, ids=[f"{r.method} {r.path}" for _, r in REQUESTS])
def test_an_endpoint_builds_this_request(built, expected):
    assert expected == built


AT = {"createdAt": "2026-01-01T00:00:00.000Z", "updatedAt": "2026-01-02T00:00:00.000Z"}
DATES = {"created_at": "2026-01-01T00:00:00.000Z", "updated_at": "2026-01-02T00:00:00.000Z"}

ANSWERS = [
    (
        ProjectIdentities.create(project_id="p", identity_id="i"),
        {
            "identityMembership": {
                "id": "m",
                "projectId": "p",
                "identityId": "i",
                "role": "custom",
                "roleId": "r",
                **AT,
            }
        },
        ProjectIdentityMembership(id="m", project_id="p", identity_id="i", role="custom", role_id="r", **DATES),
    ),
    (
        ProjectIdentities.get(project_id="p", identity_id="i"),
        {
            "identityMembership": {
                "id": "m",
                "roles": [
                    {
                        "id": "r",
                        "role": "custom",
                        "customRoleId": "c",
                        "customRoleName": "C",
                        "customRoleSlug": "c-slug",
                        "isTemporary": True,
                        "temporaryMode": "relative",
                        "temporaryRange": "1h",
                        "temporaryAccessStartTime": "2026-01-01T00:00:00.000Z",
                        "temporaryAccessEndTime": "2026-01-01T01:00:00.000Z",
                    }
                ],
                "lastLoginAuthMethod": "universal-auth",
                "lastLoginTime": "2026-01-03T00:00:00.000Z",
                "identity": {
                    "id": "i",
                    "name": "n",
                    "orgId": "o",
                    "projectId": "p",
                    "authMethods": ["universal-auth"],
                    "metadata": [{"id": "d", "key": "k", "value": "v"}],
                },
                **AT,
            }
        },
        ProjectIdentityMembership(
            id="m",
            roles=(
                ProjectMembershipRole(
                    id="r",
                    role="custom",
                    custom_role_id="c",
                    custom_role_name="C",
                    custom_role_slug="c-slug",
                    is_temporary=True,
                    temporary_mode="relative",
                    temporary_range="1h",
                    temporary_access_start_time="2026-01-01T00:00:00.000Z",
                    temporary_access_end_time="2026-01-01T01:00:00.000Z",
                ),
            ),
            last_login_auth_method="universal-auth",
            last_login_time="2026-01-03T00:00:00.000Z",
            identity=Identity(
                id="i",
                name="n",
                org_id="o",
                project_id="p",
                auth_methods=("universal-auth",),
                metadata=(MembershipMetadata(id="d", key="k", value="v"),),
            ),
            **DATES,
        ),
    ),
    (
        ProjectIdentities.list(project_id="p"),
        {
            "identityMemberships": [
                {
                    "id": "m",
                    "identityId": "i",
                    "roles": [{"id": "r", "role": "viewer", "isTemporary": False}],
                    "identity": {"id": "i", "name": "n", "orgId": "o", "projectId": None},
                }
            ],
            "totalCount": 1,
        },
        ProjectIdentityMembershipList(
            identity_memberships=(
                ProjectIdentityMembership(
                    id="m",
                    identity_id="i",
                    roles=(ProjectMembershipRole(id="r", role="viewer", is_temporary=False),),
                    identity=Identity(id="i", name="n", org_id="o"),
                ),
            ),
            total_count=1,
        ),
    ),
]


@pytest.mark.parametrize(("request_", "body", "expected"), ANSWERS, ids=[f"{r.method} {r.path}" for r, _, _ in ANSWERS])
def test_an_answer_decodes_to_its_last_field(request_, body, expected):
    assert Success(expected) == request_.returns(answer(body))


def test_assigned_roles_are_objects_and_filtered_roles_are_comma_separated():
    created, listed = {"identityMembership": {"id": "m"}}, {"identityMemberships": []}
    executor = ScriptedExecutor(answer(created), answer(listed))
    group = ProjectIdentities(
        InfisicalClient(base_url="https://i.example", executor=executor, auth=IdentityAccessToken("t"))
    )

    group.update(project_id="p", identity_id="i", roles=[RoleAssignment(role="viewer"), FOR_A_TIME])
    group.list(project_id="p", roles=["admin", "viewer"])

    assert json.loads(executor.sent[0].body) == {
        "roles": [
            {"role": "viewer"},
            {
                "role": "admin",
                "isTemporary": True,
                "temporaryMode": "relative",
                "temporaryRange": "1h",
                "temporaryAccessStartTime": "2026-01-01T00:00:00.000Z",
            },
        ]
    }
    assert executor.sent[1].url == ("https://i.example/api/v1/projects/p/memberships/identities?roles=admin%2Cviewer")
