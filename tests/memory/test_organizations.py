"""Organizations on the memory server: people, projects, and how they come and go."""

from __future__ import annotations

import pytest

from infisical.endpoints.organizations import (
    MembershipMetadata,
    MembershipUser,
    OrganizationMembership,
    OrganizationProject,
    OrganizationProjectEnvironment,
)
from infisical.memory import open_session
from infisical.memory.call import format_time
from infisical.memory.domain.accounts import use_old_privileges
from infisical.memory.organizations import COLUMNS
from infisical.memory.tables import IDENTITIES, ORG_MEMBERS, PROJECTS
from tests.memory.steps import after
from tests.memory.world import START, World, refusal, without_id

NOW = format_time(START)
NOBODY = "00000000-0000-4000-8000-000000000000"
STRANGER = "/api/v2/organizations/00000000-0000-4000-8000-000000000000"


def path(world: World, *more: str) -> str:
    return "/".join(["/api/v2/organizations", world.given.organization_id, *more])


def eve(world: World, role: str = "member", project_role: str | None = "viewer") -> tuple[str, str]:
    """One more member: the id of the membership, and the JWT."""
    token = after(world, open_session, email="eve@example.com", role=role, project_role=project_role)
    *_, membership = world.memory.state.rows(ORG_MEMBERS)
    return membership, token


def own(world: World) -> str:
    """The id of the person's own membership."""
    return next(iter(world.memory.state.rows(ORG_MEMBERS)))


# ---- members
def test_members_are_listed_with_their_users():
    world = World()
    membership, _ = eve(world)
    where = {"org_id": world.given.organization_id}

    first, second = world.person.organizations.list_memberships(**where).unwrap()
    read = world.machine.organizations.get_membership(**where, membership_id=membership).unwrap()

    assert (first.user_id, first.role) == (world.given.user_id, "admin")
    assert second == OrganizationMembership(
        id=membership,
        org_id=world.given.organization_id,
        user_id=second.user_id,
        user=MembershipUser(
            id=second.user_id, username="eve@example.com", email="eve@example.com", is_email_verified=True
        ),
        role="member",
        status="accepted",
        is_active=True,
        invite_email="eve@example.com",
    )
    assert read == second


def test_a_membership_that_was_changed_is_read_back_and_decides_what_its_user_may_do():
    world = World()
    membership, token = eve(world)
    where = {"org_id": world.given.organization_id, "membership_id": membership}
    organizations = world.person.organizations
    members = path(world, "memberships")

    forbidden = world.send("DELETE", f"{members}/{own(world)}", token=token)
    world.clock.advance(1)
    changed = organizations.update_membership(
        **where, role="admin", metadata=[MembershipMetadata(key="team", value="red")]
    ).unwrap()
    read = organizations.get_membership(**where).unwrap()
    allowed = world.send("DELETE", f"{members}/{own(world)}", token=token)

    assert without_id(forbidden) == refusal(403, "PermissionDenied", "You are not allowed to delete on member")
    assert (changed.role, changed.created_at, changed.updated_at) == ("admin", NOW, format_time(START + 1))
    assert read.metadata == (MembershipMetadata(key="team", value="red", id=read.metadata[0].id),)
    assert allowed[0] == 200


def test_a_member_who_was_switched_off_is_let_in_no_more():
    world = World()
    membership, token = eve(world)
    where = {"org_id": world.given.organization_id, "membership_id": membership}

    before = world.send("GET", path(world, "workspaces"), token=token)
    world.person.organizations.update_membership(**where, is_active=False).unwrap()
    after_it = world.send("GET", path(world, "workspaces"), token=token)

    assert (before[0], after_it[0]) == (200, 403)


def test_nobody_changes_or_removes_oneself():
    world = World()
    at = path(world, "memberships", own(world))

    assert without_id(world.send("PATCH", at, {"role": "member"})) == refusal(
        401, "UnauthorizedError", "Cannot update own organization membership"
    )
    assert without_id(world.send("DELETE", at)) == refusal(
        400, "BadRequest", "You cannot delete your own organization membership"
    )


def test_a_membership_is_refused_in_the_words_of_the_server():
    world = World()
    membership, _ = eve(world)
    at = path(world, "memberships", membership)

    assert without_id(world.send("PATCH", at, {"role": "chief"})) == refusal(
        400, "UpdateMembership", "Organization role not found"
    )
    assert without_id(world.send("GET", path(world, "memberships", NOBODY))) == refusal(
        404, "NotFound", f"Organization membership with ID '{NOBODY}' not found"
    )
    assert world.send("PATCH", at, {"metadata": [{"key": "", "value": "x"}]})[0] == 422


def test_who_is_taken_out_of_an_organization_is_taken_out_of_its_projects():
    world = World()
    membership, token = eve(world)
    projects = path(world, "memberships", membership, "project-memberships")
    _, listed = world.send("GET", projects)

    removed = world.person.organizations.delete_membership(
        org_id=world.given.organization_id, membership_id=membership
    ).unwrap()

    assert [
        (one["projectId"], one["project"], one["user"]["username"], [role["role"] for role in one["roles"]])
        for one in listed["memberships"]
    ] == [
        (
            world.project_id,
            {"name": "app", "id": world.project_id, "type": "secret-manager"},
            "eve@example.com",
            ["viewer"],
        )
    ]
    assert removed.id == membership
    assert len(world.person.projects.list_memberships(project_id=world.project_id).unwrap()) == 1
    assert world.send("GET", f"/api/v1/workspace/{world.project_id}", token=token)[0] == 403
    assert without_id(world.send("GET", projects))[0] == 404


def test_several_members_are_removed_together_or_not_at_all():
    world = World()
    membership, _ = eve(world)
    at = path(world, "memberships")

    failed = world.send("DELETE", at, {"membershipIds": [membership, NOBODY]})
    kept = len(world.memory.state.rows(ORG_MEMBERS))
    done = world.person.organizations.bulk_delete_memberships(
        org_id=world.given.organization_id, membership_ids=[membership]
    ).unwrap()

    assert (failed[0], kept) == (404, 2)
    assert [one.id for one in done] == [membership]
    assert len(world.memory.state.rows(ORG_MEMBERS)) == 1


@pytest.mark.parametrize(
    ("method", "more", "body"),
    [
        ("GET", "memberships", None),
        ("DELETE", "memberships", {"membershipIds": ["{id}"]}),
        ("PATCH", "memberships/{id}", {"role": "admin"}),
        ("DELETE", "memberships/{id}", None),
    ],
)
def test_a_machine_identity_gets_an_empty_answer_and_changes_nothing(method, more, body):
    world = World()
    membership, _ = eve(world)
    token = world.token()
    before = world.memory.state.rows(ORG_MEMBERS)
    sent = None if body is None else {name: [membership] if name == "membershipIds" else "admin" for name in body}

    answer = world.ask(method, path(world, more.format(id=membership)), sent, token=token)

    assert (answer.status, answer.body) == (200, b"")
    assert world.memory.state.rows(ORG_MEMBERS) == before


def test_another_organization_than_that_of_the_credential_is_refused():
    refused = World().send("GET", f"{STRANGER}/memberships")

    assert without_id(refused) == refusal(
        403, "You are not logged into this organization", "You are not allowed to access this resource"
    )


# ---- projects
def test_the_projects_of_an_organization_are_those_that_the_caller_is_in():
    world = World()
    world.machine.projects.create(project_name="theirs").unwrap()
    where = {"org_id": world.given.organization_id}

    (listed,) = world.person.organizations.list_projects(**where).unwrap()

    assert listed == OrganizationProject(
        id=world.project_id,
        name="app",
        slug="app",
        organization=world.given.organization_id,
        environments=(
            OrganizationProjectEnvironment(slug="dev", name="Development"),
            OrganizationProjectEnvironment(slug="staging", name="Staging"),
            OrganizationProjectEnvironment(slug="prod", name="Production"),
        ),
    )
    assert len(world.machine.organizations.list_projects(**where).unwrap()) == 2


# ---- organizations
def test_an_organization_that_was_made_is_listed_with_the_role_of_its_maker():
    world = World()

    made = world.person.organizations.create(name="Another One").unwrap()
    first, second = world.person.organizations.list().unwrap()

    assert (made.name, made.default_membership_role, made.enforce_mfa) == ("Another One", "member", False)
    assert made.slug.startswith("another-one-")
    assert first.id == world.given.organization_id
    assert (second.id, second.user_role, second.user_joined_at, second.org_auth_method) == (made.id, "admin", NOW, "")
    assert [one.id for one in world.person.users.list_organizations().unwrap()] == [first.id, second.id]


@pytest.mark.parametrize("name", ["", " ", "n" * 65, "Ümlaut", "a/b", "a\nb"])
def test_a_name_of_an_organization_has_limits(name):
    status, body = World().send("POST", "/api/v2/organizations", {"name": name})

    assert (status, body["error"], body["message"][0]["path"]) == (422, "ValidationFailure", ["name"])


def test_an_organization_is_shown_with_the_servers_keys():
    world = World()

    _, today = world.send("POST", "/api/v2/organizations", {"name": "x"})

    assert list(today["organization"]) == list(COLUMNS)


def test_a_deleted_organization_takes_everything_along_and_leaves_a_token_to_go_on_with():
    world = World()
    deleted = world.person.organizations.delete(org_id=world.given.organization_id).unwrap()
    rows = world.memory.state.rows

    assert deleted.organization.id == world.given.organization_id
    assert [dict(rows(name)) for name in (PROJECTS, IDENTITIES, ORG_MEMBERS)] == [{}, {}, {}]
    assert world.send("GET", "/api/v1/organization", token=deleted.access_token) == (200, {"organizations": []})
    assert world.machine.projects.list().failure().status_code == 401
    assert world.send("POST", "/api/v2/organizations", {"name": "Next"}, token=deleted.access_token)[0] == 200


def test_only_an_admin_deletes_an_organization():
    world = World()
    _, token = eve(world)

    refused = world.send("DELETE", path(world), token=token)

    assert without_id(refused) == refusal(403, "DeleteOrganizationById", "Insufficient privileges")
    assert world.person.organizations.list().unwrap()[0].id == world.given.organization_id


def test_the_privilege_system_is_upgraded_once_and_by_an_admin():
    world = World()
    _, token = eve(world)
    at = "/api/v2/organizations/privilege-system-upgrade"
    world.memory.change(lambda state, now: use_old_privileges(state, now=now))

    refused = world.send("POST", at, token=token)
    upgraded = world.person.organizations.upgrade_privilege_system().unwrap()
    again = world.send("POST", at)

    assert without_id(refused) == refusal(
        403,
        "ForbiddenError",
        "Insufficient privileges - only the organization admin can upgrade the privilege system.",
    )
    assert (
        upgraded.should_use_new_privilege_system,
        upgraded.privilege_upgrade_initiated_by_username,
        upgraded.privilege_upgrade_initiated_at,
    ) == (True, "admin@example.com", NOW)
    assert without_id(again) == refusal(400, "BadRequest", "Privilege system already upgraded")
