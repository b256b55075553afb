"""Machine identities as members of projects, on the memory server."""

from __future__ import annotations

from typing import Any

import pytest

from infisical.endpoints.identities import Identity
from infisical.endpoints.organizations import MembershipMetadata
from infisical.endpoints.project_identities import ProjectIdentityMembership, RoleAssignment
from infisical.endpoints.projects import ProjectMembershipRole
from infisical.memory import open_session
from infisical.memory.project_identities import parse_duration
from tests.memory.scenes.identities import an_identity
from tests.memory.scenes.project_identities import a_member, newcomer
from tests.memory.steps import after
from tests.memory.world import World, refusal, without_id

AT = "2026-09-21T14:13:20.000Z"
UNKNOWN = "00000000-0000-4000-8000-000000000000"


def path(world: World, identity_id: str) -> str:
    return f"/api/v1/projects/{world.project_id}/memberships/identities/{identity_id}"


def temporary(role: str, lasts: str) -> RoleAssignment:
    return RoleAssignment(
        role=role,
        is_temporary=True,
        temporary_mode="relative",
        temporary_range=lasts,
        temporary_access_start_time=AT,
    )


def test_a_membership_that_was_made_is_read_changed_listed_and_deleted():
    world = World()
    api = world.machine.project_identities
    organization_id = world.given.organization_id
    pair = MembershipMetadata(key="team", value="core")
    made_identity = world.machine.identities.create(name="ci", organization_id=organization_id, metadata=[pair])
    identity_id = made_identity.unwrap().id
    where = {"project_id": world.project_id, "identity_id": identity_id}

    made = api.create(**where, roles=[RoleAssignment(role="viewer")]).unwrap()
    world.clock.advance(1)
    changed = api.update(**where, roles=[RoleAssignment(role="member"), RoleAssignment(role="viewer")]).unwrap()
    read = api.get(**where).unwrap()

    assert made == ProjectIdentityMembership(
        id=made.id, identity_id=identity_id, project_id=world.project_id, created_at=AT, updated_at=AT
    )
    assert (changed.id, changed.updated_at) == (made.id, "2026-09-21T14:13:21.000Z")
    assert read == ProjectIdentityMembership(
        id=made.id,
        identity=Identity(id=identity_id, name="ci", org_id=organization_id, metadata=made_identity.unwrap().metadata),
        roles=tuple(
            ProjectMembershipRole(id=found.id, role=role, is_temporary=False)
            for found, role in zip(read.roles, ("member", "viewer"), strict=True)
        ),
        created_at=AT,
        updated_at="2026-09-21T14:13:21.000Z",
    )
    assert api.delete(**where).unwrap() == changed
    assert without_id(world.send("GET", path(world, identity_id))) == refusal(
        404, "NotFound", "Identity membership not found"
    )


def test_without_roles_the_one_role_counts_and_without_that_none():
    world = World()
    api = world.machine.project_identities
    one, other = newcomer(world), newcomer(world)

    api.create(**one, role="viewer").unwrap()
    api.create(**other).unwrap()

    assert [role.role for role in api.get(**one).unwrap().roles] == ["viewer"]
    assert [role.role for role in api.get(**other).unwrap().roles] == ["no-access"]


def test_a_role_for_a_time_holds_until_it_ends():
    world = World()
    where = newcomer(world)
    world.machine.project_identities.create(
        **where, roles=[RoleAssignment(role="viewer"), temporary("member", "1h")]
    ).unwrap()
    world.machine.identity_auth.token.attach(identity_id=where["identity_id"]).unwrap()
    token = world.machine.identity_auth.token.create_token(identity_id=where["identity_id"]).unwrap().access_token

    def write(slug: str) -> int:
        body = {"slug": slug, "color": ""}
        return world.send("POST", f"/api/v1/projects/{world.project_id}/tags", body, token=token)[0]

    role = world.machine.project_identities.get(**where).unwrap().roles[1]
    at_first = write("one")
    world.clock.advance(3600)
    at_its_end = write("two")
    world.clock.advance(1)

    assert (at_first, at_its_end, write("three")) == (200, 200, 403)
    assert role == ProjectMembershipRole(
        id=role.id,
        role="member",
        is_temporary=True,
        temporary_mode="relative",
        temporary_range="1h",
        temporary_access_start_time=AT,
        temporary_access_end_time="2026-09-21T15:13:20.000Z",
    )


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        ([{"role": "wizard"}], (404, "One or more custom roles not found")),
        (
            [
                {
                    "role": "viewer",
                    "isTemporary": True,
                    "temporaryMode": "relative",
                    "temporaryRange": "1h",
                    "temporaryAccessStartTime": AT,
                }
            ],
            (400, "Identity must have at least one permanent role"),
        ),
    ],
)
def test_roles_that_cannot_be_given_are_refused_and_change_nothing(roles, expected):
    world = World()
    where = a_member(world, "viewer")

    made = without_id(world.send("POST", path(world, an_identity(world)), {"roles": roles}))
    changed = without_id(world.send("PATCH", path(world, where["identity_id"]), {"roles": roles}))

    assert (made[0], made[1]["message"]) == (changed[0], changed[1]["message"]) == expected
    assert [role.role for role in world.machine.project_identities.get(**where).unwrap().roles] == ["viewer"]


@pytest.mark.parametrize(
    "role",
    [
        {},
        {"role": "viewer", "isTemporary": True},
        {"role": "viewer", "isTemporary": True, "temporaryMode": "relative", "temporaryRange": "soon"},
        {"role": 1},
    ],
)
def test_roles_that_cannot_be_read_are_refused(role):
    world = World()

    status, answer = world.send("POST", path(world, an_identity(world)), {"roles": [role]})

    assert (status, answer["message"][0]["code"], answer["message"][0]["path"]) == (422, "invalid_union", ["roles", 0])


def test_a_change_needs_a_role():
    world = World()

    status, answer = world.send("PATCH", path(world, world.given.identity_id), {"roles": []})

    assert (status, answer["message"][0]["message"]) == (422, "Array must contain at least 1 element(s)")


def test_memberships_that_are_there_or_not_are_refused_in_the_words_of_the_server():
    world = World()
    there, bare = a_member(world)["identity_id"], an_identity(world)
    none = refusal(400, "BadRequest", "Identity doesn't have membership")

    def ask(method: str, identity_id: str, body: Any = None) -> tuple[int, Any]:
        return without_id(world.send(method, path(world, identity_id), body))

    assert ask("POST", there, {}) == refusal(400, "BadRequest", "Identity is already a member")
    assert ask("POST", UNKNOWN, {}) == refusal(
        400, "BadRequest", f"Identity {UNKNOWN} is missing organization membership"
    )
    assert ask("PATCH", bare, {"roles": [{"role": "viewer"}]}) == ask("DELETE", bare) == none
    assert world.send("GET", f"/api/v1/projects/{UNKNOWN}/memberships/identities")[0] == 404


def test_an_identity_does_not_delete_its_own_membership():
    world = World()

    got = world.send("DELETE", path(world, world.given.identity_id), token=world.token())

    assert without_id(got) == refusal(400, "BadRequest", "You can't delete your own membership")


def test_members_of_a_project_change_memberships_without_giving_rights():
    world = World()
    member = after(world, open_session, email="ada@example.com", project_role="member")
    viewer = after(world, open_session, email="bob@example.com", project_role="viewer")
    bare = an_identity(world)

    given = world.send("POST", path(world, bare), {"role": "viewer"}, token=member)
    added = world.send("POST", path(world, bare), {}, token=member)[0]
    read = world.send("GET", path(world, bare), token=viewer)[0]
    deleted = world.send("DELETE", path(world, bare), token=viewer)

    message = (
        "Failed to create identity project membership. Permission denied: grant-privileges on identity. "
        "Check that the actor's role grants this permission and that all permission conditions are met."
    )
    assert without_id(given) == refusal(403, "PermissionBoundaryError", message)
    assert (added, read) == (200, 200)
    assert without_id(deleted) == refusal(403, "PermissionDenied", "You are not allowed to delete on identity")


# ---- lists
def crowd(world: World) -> None:
    for name, role in (("ci-one", "member"), ("CI-two", "viewer"), ("deploy", "viewer")):
        where = {"project_id": world.project_id, "identity_id": an_identity(world, name)}
        world.machine.project_identities.create(**where, roles=[RoleAssignment(role=role)]).unwrap()


@pytest.mark.parametrize(
    ("asked", "names", "total"),
    [
        ({}, ["example-identity", "ci-one", "CI-two", "deploy"], 4),
        ({"offset": 1, "limit": 2}, ["ci-one", "CI-two"], 4),
        ({"identity_name": "ci-"}, ["ci-one", "CI-two"], 2),
        ({"roles": ["viewer"]}, ["CI-two", "deploy"], 2),
        ({"roles": ["admin", "member"], "limit": 1}, ["example-identity"], 2),
    ],
)
def test_memberships_are_listed_in_pages_by_name_and_role(asked, names, total):
    world = World()
    crowd(world)

    got = world.machine.project_identities.list(project_id=world.project_id, **asked).unwrap()

    assert [one.identity.name for one in got.identity_memberships] == names
    assert got.total_count == total


def test_the_older_list_shows_projects_and_methods_on_both_generations():
    world = World()
    crowd(world)
    old = f"/api/v2/workspace/{world.project_id}/identity-memberships"
    names = ["id", "identityId", "createdAt", "updatedAt", "roles", "identity", "project"]

    status, today = world.send("GET", old, query={"search": "CI", "limit": "1"})
    world.become("2024-10")
    before = world.send("GET", old)[1]["identityMemberships"][0]

    assert (status, today["totalCount"], len(today["identityMemberships"])) == (200, 2, 1)
    assert list(today["identityMemberships"][0]) == list(before) == names
    assert today["identityMemberships"][0]["identity"]["authMethods"] == []
    identity = {"name": "example-identity", "id": world.given.identity_id, "authMethod": "universal-auth"}
    assert before["identity"] == identity
    assert before["project"] == {"name": "app", "id": world.project_id}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1h", 3600),
        ("30 days", 2592000),
        ("1.5m", 90),
        ("500", 0.5),
        ("2w", 1209600),
        ("soon", 0),
        ("1 eon", 0),
        ("", 0),
    ],
)
def test_durations_are_read_as_the_server_reads_them(text, seconds):
    assert parse_duration(text) == seconds
