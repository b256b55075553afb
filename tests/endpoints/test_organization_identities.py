"""Identities of an organization: the request as a value, the answer decoded, and a recorded page."""

from __future__ import annotations

from returns.result import Success

from infisical import Request
from infisical.access import Access
from infisical.decode import one
from infisical.endpoints.identities import Identity, IdentityCustomRole, IdentityMembership
from infisical.endpoints.organization_identities import OrganizationIdentities, OrganizationIdentityList
from tests.wire import ORGANIZATION, answer, replaying


def test_an_endpoint_builds_this_request():
    built = OrganizationIdentities.list(
        org_id="o", offset=0, limit=10, order_by="role", order_direction="desc", search="s"
    )

    assert built == Request(
        "GET",
        "/api/v2/organizations/{orgId}/identity-memberships",
        (("orgId", "o"),),
        (("offset", 0), ("limit", 10), ("orderBy", "role"), ("orderDirection", "desc"), ("search", "s")),
        None,
        one(OrganizationIdentityList),
        Access("organization_identities"),
    )


def test_an_answer_decodes_to_its_last_field():
    membership = {
        "id": "m",
        "role": "custom",
        "roleId": "r",
        "orgId": "o",
        "createdAt": "2026-01-01T00:00:00.000Z",
        "updatedAt": "2026-01-02T00:00:00.000Z",
        "identityId": "i",
        "lastLoginAuthMethod": "universal-auth",
        "lastLoginTime": "2026-01-03T00:00:00.000Z",
        "customRole": {"id": "r", "name": "R", "slug": "r-slug", "permissions": [["read"]], "description": "d"},
        "identity": {"id": "i", "name": "n", "orgId": "o", "authMethods": ["universal-auth"]},
    }
    expected = IdentityMembership(
        id="m",
        role="custom",
        role_id="r",
        org_id="o",
        created_at="2026-01-01T00:00:00.000Z",
        updated_at="2026-01-02T00:00:00.000Z",
        identity_id="i",
        last_login_auth_method="universal-auth",
        last_login_time="2026-01-03T00:00:00.000Z",
        custom_role=IdentityCustomRole(id="r", name="R", slug="r-slug", permissions=[["read"]], description="d"),
        identity=Identity(id="i", name="n", org_id="o", auth_methods=("universal-auth",)),
    )
    read = OrganizationIdentities.list(org_id="o").returns(
        answer({"identityMemberships": [membership], "totalCount": 5})
    )

    assert Success(OrganizationIdentityList(identity_memberships=(expected,), total_count=5)) == read


def test_a_recorded_page_of_identities():
    group = OrganizationIdentities(replaying("identities_universal_auth.yaml"))
    listed = group.list(org_id=ORGANIZATION).unwrap()

    assert listed.total_count == len(listed.identity_memberships) == 17
    assert {each.org_id for each in listed.identity_memberships} == {ORGANIZATION}
    assert [each.identity.id for each in listed.identity_memberships] == [
        each.identity_id for each in listed.identity_memberships
    ]
    assert listed.identity_memberships[:2] == (
        IdentityMembership(
            id="8bc281ba-bde3-4675-9e5a-e3d1ce80560f",
            role="member",
            org_id=ORGANIZATION,
            identity_id="3b5ca2dd-9dd9-4acc-8378-a62ba3aba7ad",
            identity=Identity(id="3b5ca2dd-9dd9-4acc-8378-a62ba3aba7ad", name="cassette-renamed"),
            created_at="2026-11-22T01:02:05.076Z",
            updated_at="2026-11-22T01:02:05.076Z",
        ),
        IdentityMembership(
            id="c895c51f-3f5c-4ee7-93eb-1ec892c890fa",
            role="no-access",
            org_id=ORGANIZATION,
            identity_id="39f27379-e67b-408d-8679-60af4b60bb6a",
            identity=Identity(id="39f27379-e67b-408d-8679-60af4b60bb6a", name="noaccess", auth_method="universal-auth"),
            created_at="2026-11-22T00:48:27.780Z",
            updated_at="2026-11-22T00:48:27.780Z",
        ),
    )
