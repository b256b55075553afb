"""The identities group: every request as a value, every answer decoded, and the recorded life of an identity."""

from __future__ import annotations

import json

import pytest
from returns.result import Success

from infisical import IdentityAccessToken, InfisicalClient, NotFoundError, Request
from infisical.access import Access
from infisical.decode import many, one
from infisical.endpoints.identities import (
    Identities,
    Identity,
    IdentityCustomRole,
    IdentityMembership,
    IdentityMembershipList,
    IdentityProjectMembership,
)
from infisical.endpoints.organizations import MembershipMetadata
from infisical.endpoints.projects import MembershipProject, ProjectMembershipRole
from infisical.executors import ScriptedExecutor
from infisical.request import get
from tests.wire import ORGANIZATION, answer, replaying

IDENTITIES = Access("identities")
IDENTITY = one(Identity, at="identity")
ID = (("identityId", "i1"),)
PATH = "/api/v1/identities/{identityId}"

REQUESTS = [
    (
        Identities.create(
            name="n",
            organization_id="o",
            role="member",
            has_delete_protection=True,
            metadata=[MembershipMetadata(key="k", value="v")],
        ),
        Request(
            "POST",
            "/api/v1/identities",
            (),
            (),
            {
                "name": "n",
                "organizationId": "o",
                "role": "member",
                "hasDeleteProtection": True,
                "metadata": (MembershipMetadata(key="k", value="v"),),
            },
            IDENTITY,
            IDENTITIES,
        ),
    ),
    (
        Identities.update(identity_id="i1", name="n", role="admin", has_delete_protection=False, metadata=[]),
        Request(
            "PATCH",
            PATH,
            ID,
            (),
            {"name": "n", "role": "admin", "hasDeleteProtection": False, "metadata": ()},
            IDENTITY,
            IDENTITIES,
        ),
    ),
    (Identities.delete(identity_id="i1"), Request("DELETE", PATH, ID, (), None, IDENTITY, IDENTITIES)),
    (
        Identities.get(identity_id="i1"),
        Request("GET", PATH, ID, (), None, one(IdentityMembership, at="identity"), IDENTITIES),
    ),
    (
        Identities.list_project_memberships(identity_id="i1"),
        Request(
            "GET",
            f"{PATH}/identity-memberships",
            ID,
            (),
            None,
            many(IdentityProjectMembership, at="identityMemberships"),
            IDENTITIES,
        ),
    ),
    (
        Identities.search(
            search={"name": {"$contains": "ci"}, "role": {"$in": ["member"]}},
            offset=0,
            limit=10,
            order_by="role",
            order_direction="desc",
        ),
        Request(
            "POST",
            "/api/v1/identities/search",
            (),
            (),
            {
                "search": {"name": {"$contains": "ci"}, "role": {"$in": ("member",)}},
                "offset": 0,
                "limit": 10,
                "orderBy": "role",
                "orderDirection": "desc",
            },
            one(IdentityMembershipList),
            IDENTITIES,
            idempotent=True,
        ),
    ),
]


@pytest.mark.parametrize(("built", "expected"), REQUESTS, ids=[f"{r.method} {r.path}" for _, r in REQUESTS])
def test_an_endpoint_builds_this_request(built, expected):
    assert expected == built


T1, T2 = "2026-01-01T00:00:00.000Z", "2026-01-02T00:00:00.000Z"
ANSWERS = [
    (
        Identities.create(name="n", organization_id="o"),
        {
            "identity": {
                "id": "i1",
                "name": "n",
                "authMethod": None,
                "createdAt": T1,
                "updatedAt": T2,
                "hasDeleteProtection": True,
                "orgId": "o",
                "projectId": "p",
                "authMethods": ["universal-auth", "token-auth"],
                "metadata": [{"id": "m1", "key": "k", "value": "v"}],
            }
        },
        Identity(
            id="i1",
            name="n",
            created_at=T1,
            updated_at=T2,
            has_delete_protection=True,
            org_id="o",
            project_id="p",
            auth_methods=("universal-auth", "token-auth"),
            metadata=(MembershipMetadata(key="k", value="v", id="m1"),),
        ),
    ),
    (
        Identities.get(identity_id="i1"),
        {
            "identity": {
                "id": "m1",
                "role": "custom",
                "roleId": "r1",
                "orgId": "o",
                "createdAt": T1,
                "updatedAt": T2,
                "identityId": "i1",
                "lastLoginAuthMethod": "universal-auth",
                "lastLoginTime": T2,
                "metadata": [{"id": "m1", "key": "k", "value": "v"}],
                "customRole": {
                    "id": "r1",
                    "name": "Robots",
                    "slug": "robots",
                    "permissions": [{"action": "read", "subject": "member"}],
                    "description": "d",
                },
                "identity": {
                    "name": "n",
                    "id": "i1",
                    "hasDeleteProtection": False,
                    "orgId": "o",
                    "authMethods": ["universal-auth"],
                    "activeLockoutAuthMethods": ["universal-auth"],
                },
            }
        },
        IdentityMembership(
            id="m1",
            role="custom",
            role_id="r1",
            org_id="o",
            created_at=T1,
            updated_at=T2,
            identity_id="i1",
            last_login_auth_method="universal-auth",
            last_login_time=T2,
            metadata=(MembershipMetadata(key="k", value="v", id="m1"),),
            custom_role=IdentityCustomRole(
                id="r1",
                name="Robots",
                slug="robots",
                permissions=[{"action": "read", "subject": "member"}],
                description="d",
            ),
            identity=Identity(
                id="i1",
                name="n",
                has_delete_protection=False,
                org_id="o",
                auth_methods=("universal-auth",),
                active_lockout_auth_methods=("universal-auth",),
            ),
        ),
    ),
    (
        Identities.list_project_memberships(identity_id="i1"),
        {
            "identityMemberships": [
                {
                    "id": "m1",
                    "identityId": "i1",
                    "createdAt": T1,
                    "updatedAt": T2,
                    "roles": [
                        {
                            "id": "a1",
                            "role": "custom",
                            "customRoleId": "r1",
                            "customRoleName": "Robots",
                            "customRoleSlug": "robots",
                            "isTemporary": True,
                            "temporaryMode": "relative",
                            "temporaryRange": "1h",
                            "temporaryAccessStartTime": T1,
                            "temporaryAccessEndTime": T2,
                        }
                    ],
                    "identity": {"name": "n", "id": "i1", "authMethods": ["oidc-auth"]},
                    "project": {"name": "Shop", "id": "p", "type": "secret-manager"},
                }
            ]
        },
        (
            IdentityProjectMembership(
                id="m1",
                identity_id="i1",
                created_at=T1,
                updated_at=T2,
                roles=(
                    ProjectMembershipRole(
                        id="a1",
                        role="custom",
                        custom_role_id="r1",
                        custom_role_name="Robots",
                        custom_role_slug="robots",
                        is_temporary=True,
                        temporary_mode="relative",
                        temporary_range="1h",
                        temporary_access_start_time=T1,
                        temporary_access_end_time=T2,
                    ),
                ),
                identity=Identity(id="i1", name="n", auth_methods=("oidc-auth",)),
                project=MembershipProject(id="p", name="Shop", type="secret-manager"),
            ),
        ),
    ),
    (
        Identities.search(search={}),
        {"identities": [{"id": "m1", "identity": {"id": "i1"}}], "totalCount": 1},
        IdentityMembershipList(identities=(IdentityMembership(id="m1", identity=Identity(id="i1")),), total_count=1),
    ),
]


@pytest.mark.parametrize(("request_", "body", "expected"), ANSWERS, ids=[f"{r.method} {r.path}" for r, _, _ in ANSWERS])
def test_an_answer_decodes_to_its_last_field(request_, body, expected):
    assert Success(expected) == request_.returns(answer(body))


def test_metadata_is_sent_without_the_ids_of_the_server():
    executor = ScriptedExecutor(answer({"identity": {"id": "i1"}}))
    client = InfisicalClient(executor=executor, auth=IdentityAccessToken("any"))
    client.identities.update(identity_id="i1", metadata=[MembershipMetadata(key="team", value="shop")]).unwrap()

    assert json.loads(executor.sent[0].body) == {"metadata": [{"key": "team", "value": "shop"}]}


def test_a_search_for_everything_sends_an_empty_search():
    executor = ScriptedExecutor(answer({"identities": [], "totalCount": 0}))
    client = InfisicalClient(executor=executor, auth=IdentityAccessToken("any"))
    page = client.identities.search(search={})

    assert page == Success(IdentityMembershipList(identities=(), total_count=0))
    assert json.loads(executor.sent[0].body) == {"search": {}}


RECORDED_ID = "3b5ca2dd-9dd9-4acc-8378-a62ba3aba7ad"
CREATED_AT, RENAMED_AT, DELETED_AT = "2026-11-22T01:02:05.076Z", "2026-11-22T01:02:05.108Z", "2026-11-22T01:02:05.290Z"


def test_the_recorded_life_of_an_identity():
    client = replaying("identities_universal_auth.yaml")
    created = client.identities.create(name="cassette-edb36791", organization_id=ORGANIZATION, role="member")
    read = client.identities.get(identity_id=RECORDED_ID)
    renamed = client.identities.update(identity_id=RECORDED_ID, name="cassette-renamed")
    projects = client.identities.list_project_memberships(identity_id=RECORDED_ID)
    listed = client(
        get(
            "/api/v2/organizations/{orgId}/identity-memberships",
            {"orgId": ORGANIZATION},
            returns=many(IdentityMembership, at="identityMemberships"),
        )
    )
    deleted = client.identities.delete(identity_id=RECORDED_ID)
    refusal = client.identities.get(identity_id=RECORDED_ID)

    assert created == Success(
        Identity(id=RECORDED_ID, name="cassette-edb36791", created_at=CREATED_AT, updated_at=CREATED_AT)
    )
    assert read == Success(
        build_membership(
            "8bc281ba-bde3-4675-9e5a-e3d1ce80560f", "member", CREATED_AT, "cassette-edb36791", RECORDED_ID, None
        )
    )
    assert renamed == Success(
        Identity(id=RECORDED_ID, name="cassette-renamed", created_at=CREATED_AT, updated_at=RENAMED_AT)
    )
    assert projects == Success(())
    assert listed == Success(tuple(build_membership(*row) for row in MEMBERS))
    assert deleted == Success(
        Identity(id=RECORDED_ID, name="cassette-renamed", created_at=CREATED_AT, updated_at=DELETED_AT)
    )
    assert refusal.failure() == NotFoundError(
        f"Failed to find identity with id {RECORDED_ID}",
        status_code=404,
        error_type="NotFound",
        method="GET",
        template=PATH,
    )


def build_membership(id_, role, at, name, identity_id, auth_method="universal-auth"):
    """A membership as servers of 2024 answered, never changed since it was made."""
    return IdentityMembership(
        id=id_,
        role=role,
        org_id=ORGANIZATION,
        created_at=at,
        updated_at=at,
        identity_id=identity_id,
        identity=Identity(id=identity_id, name=name, auth_method=auth_method),
    )


MEMBERS = [
    (
        "8bc281ba-bde3-4675-9e5a-e3d1ce80560f",
        "member",
        "2026-11-22T01:02:05.076Z",
        "cassette-renamed",
        "3b5ca2dd-9dd9-4acc-8378-a62ba3aba7ad",
        None,
    ),
    (
        "c895c51f-3f5c-4ee7-93eb-1ec892c890fa",
        "no-access",
        "2026-11-22T00:48:27.780Z",
        "noaccess",
        "39f27379-e67b-408d-8679-60af4b60bb6a",
    ),
    (
        "189e1a29-8ce5-43c9-a7ce-2e3eba04f21e",
        "no-access",
        "2026-11-22T00:47:54.962Z",
        "noaccess",
        "7a7c69d2-fdfc-4fdb-a78b-ad1bf52c17a0",
    ),
    (
        "f05eb741-3f12-4e0d-b128-356497278530",
        "no-access",
        "2026-11-22T00:51:33.915Z",
        "noaccess",
        "31a355ad-f4ac-4140-ab2e-66181e62788e",
    ),
    (
        "f706ece7-e3be-4953-8fac-b1230bb987fc",
        "no-access",
        "2026-11-22T00:48:27.637Z",
        "outsider",
        "73a6404e-e83b-40f1-9043-43f5d0ddaf33",
    ),
    (
        "bc1793b0-f5e3-4379-9147-05ed866f46dc",
        "no-access",
        "2026-11-22T00:51:33.780Z",
        "outsider",
        "260e9c83-8ada-4c13-a759-8515c47bb6c2",
    ),
    (
        "eed56c54-48ae-408b-84e9-afa8c8873574",
        "no-access",
        "2026-11-22T00:47:54.807Z",
        "outsider",
        "4ca12c76-318a-4a4c-8461-45defc3147d9",
    ),
    (
        "69ef6f14-3dcd-40da-af92-96d685c15d8f",
        "no-access",
        "2026-11-22T00:48:20.486Z",
        "renewable",
        "d62b15eb-c881-44b7-b264-57c3b27070f6",
    ),
    (
        "588f2b1e-1233-4b4a-ba0d-20b9d85c6f97",
        "no-access",
        "2026-11-22T00:51:26.642Z",
        "renewable",
        "161bd56b-1b1f-4cef-b458-16c7e8cc23cb",
    ),
    (
        "e2cdf655-b646-4459-847c-8c3a77b7aff4",
        "admin",
        "2026-11-22T00:46:11.329Z",
        "sdk-machine",
        "6c1d484e-b52e-4ea8-aef5-4d5dbf1622b0",
    ),
    (
        "eb788b2c-2629-43dd-a8ae-ac787ade7d3b",
        "no-access",
        "2026-11-22T00:51:26.758Z",
        "short-lived",
        "7d6b112a-d0bd-4689-a837-4abb2e84ba69",
    ),
    (
        "c7cf4ebb-41c8-42d7-86af-dd60c78336cb",
        "no-access",
        "2026-11-22T00:48:20.585Z",
        "short-lived",
        "5cbae37b-9a86-4f3d-b257-613ca191a8bb",
    ),
    (
        "13f6445e-13b2-4851-8608-39225f1c27af",
        "no-access",
        "2026-11-22T00:48:20.680Z",
        "two-uses",
        "4bac73a8-9c7c-4740-b3fc-375261efe86f",
    ),
    (
        "2ce5bd6f-0f05-478f-a858-b3d3a69b025c",
        "no-access",
        "2026-11-22T00:51:26.866Z",
        "two-uses",
        "a407dd9a-5f6d-441e-b9de-ac75a259789f",
    ),
    (
        "2f5901ca-f12b-4c10-b6e8-fd13336a7275",
        "no-access",
        "2026-11-22T00:51:33.636Z",
        "viewer",
        "8cabad2c-9cc3-449a-9dd2-13f07d015c20",
    ),
    (
        "b274a1e2-9192-42c0-95a3-f33cbf4e161a",
        "no-access",
        "2026-11-22T00:48:27.477Z",
        "viewer",
        "3b4ba065-3eb4-4a25-b332-537154702c9f",
    ),
    (
        "c1108118-f087-4e85-b377-b190cafa5a17",
        "no-access",
        "2026-11-22T00:47:54.637Z",
        "viewer",
        "26d8545f-bf3d-41b1-9a30-f0ee5e8cd320",
    ),
]
