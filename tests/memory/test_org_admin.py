"""What an organization's admin may do on the memory server."""

from __future__ import annotations

from infisical.memory import open_session
from infisical.memory.call import format_time
from tests.memory.steps import after
from tests.memory.world import START, World, refusal, without_id

PROJECTS = "/api/v1/organization-admin/projects"


def test_all_projects_of_the_organization_are_listed_by_name_page_by_page():
    world = World()
    for name in ("Zebra", "apple", "Banana"):
        world.machine.projects.create(project_name=name).unwrap()
    listing = world.person.org_admin.list_projects

    everything = listing().unwrap()
    page = listing(offset=1, limit=2).unwrap()
    found = listing(search="BAN").unwrap()

    assert ([one.name for one in everything.projects], everything.count) == (["Banana", "Zebra", "app", "apple"], 4)
    assert ([one.name for one in page.projects], page.count) == (["Zebra", "app"], 4)
    assert ([one.name for one in found.projects], found.count) == (["Banana"], 1)
    assert world.send("GET", PROJECTS, query={"limit": "101"})[0] == 422


def test_who_was_granted_access_is_an_admin_of_the_project():
    world = World()
    made = world.machine.projects.create(project_name="theirs").unwrap()
    path = f"/api/v1/projects/{made.id}"
    before = world.send("PATCH", path, {"name": "mine"})

    membership = world.person.org_admin.grant_project_access(project_id=made.id).unwrap()

    assert before[0] == 403
    assert (membership.user_id, membership.project_id, membership.created_at, membership.updated_at) == (
        world.given.user_id,
        made.id,
        format_time(START),
        format_time(START),
    )
    assert world.send("PATCH", path, {"name": "mine"})[0] == 200


def test_a_member_is_made_admin_in_place_of_the_roles_before():
    world = World()
    admin = after(world, open_session, email="eve@example.com", role="admin", project_role="viewer")
    path = f"/api/v1/workspace/{world.project_id}"

    before = world.send("PATCH", path, {"name": "x"}, token=admin)
    granted = world.send("POST", f"{PROJECTS}/{world.project_id}/grant-admin-access", token=admin)
    members = world.person.projects.list_memberships(project_id=world.project_id).unwrap()

    assert (before[0], granted[0]) == (403, 200)
    assert list(granted[1]["membership"]) == ["id", "createdAt", "updatedAt", "userId", "projectId"]
    assert [[role.role for role in member.roles] for member in members] == [["admin"], ["admin"]]


def test_members_of_the_organization_may_neither_look_nor_enter():
    world = World()
    token = after(world, open_session, email="eve@example.com", role="member")
    denied = refusal(
        403, "PermissionDenied", "You are not allowed to access-all-projects on organization-admin-console"
    )

    assert without_id(world.send("GET", PROJECTS, token=token)) == denied
    assert without_id(world.send("POST", f"{PROJECTS}/{world.project_id}/grant-admin-access", token=token)) == denied


def test_a_project_of_nobody_is_not_found():
    world = World()

    refused = world.send("POST", f"{PROJECTS}/none/grant-admin-access")

    assert without_id(refused) == refusal(404, "NotFound", "Project with ID 'none' not found")
