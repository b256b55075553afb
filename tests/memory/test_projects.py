"""Projects on the memory server, with their roles, members and trusted addresses."""

from __future__ import annotations

import pytest

from infisical import NotFoundError
from infisical.endpoints.projects import MembershipUser, Project, ProjectEnvironment, ProjectMembership
from infisical.memory import open_session
from infisical.memory.call import format_time
from infisical.memory.projects.store import add_project_template
from infisical.memory.tables import SECRET_PLACES
from tests.memory.steps import after
from tests.memory.world import START, World, refusal, without_id

NOW = format_time(START)
NOBODY = "00000000-0000-4000-8000-000000000000"


def service_token(world: World) -> str:
    """A token that may read the environment dev."""
    body = {
        "name": "reader",
        "scopes": [{"environment": "dev", "secretPath": "/"}],
        "workspaceId": world.project_id,
        "encryptedKey": "",
        "iv": "",
        "tag": "",
        "permissions": ["read"],
        "expiresIn": None,
    }
    return world.send("POST", "/api/v2/service-token", body)[1]["serviceToken"]


def member(world: World, role: str = "member", project_role: str | None = None, email: str = "eve@example.com") -> str:
    """The JWT of one more person."""
    return after(world, open_session, email=email, role=role, project_role=project_role)


# ---- made and read
def test_a_project_that_was_made_is_read_by_id_by_slug_and_in_the_list():
    world = World()
    projects = world.machine.projects

    made = projects.create(
        project_name="Second One", project_description="of two", type="kms", has_delete_protection=True
    ).unwrap()

    assert made == Project(
        id=made.id,
        name="Second One",
        description="of two",
        slug=made.slug,
        type="kms",
        org_id=world.given.organization_id,
        version=3,
        environments=made.environments,
        auto_capitalization=False,
        has_delete_protection=True,
        secret_sharing=True,
        show_snapshots_legacy=False,
        enforce_encrypted_secret_manager_secret_metadata=False,
        pit_version_limit=10,
        created_at=NOW,
        updated_at=NOW,
    )
    assert made.slug.startswith("second-one-")
    assert [(one.name, one.slug) for one in made.environments] == [
        ("Development", "dev"),
        ("Staging", "staging"),
        ("Production", "prod"),
    ]
    assert projects.get(project_id=made.id).unwrap() == made
    assert projects.get_by_slug(slug=made.slug).unwrap() == made
    assert [one.id for one in projects.list().unwrap()] == [world.project_id, made.id]
    assert projects.list(type="kms").unwrap() == (made,)


def test_who_makes_a_project_is_its_admin_and_others_do_not_see_it():
    world = World()
    made = world.machine.projects.create(project_name="Theirs").unwrap()

    seen = world.send("GET", f"/api/v1/projects/{made.id}")

    assert without_id(seen) == refusal(
        403,
        "ProjectMembershipNotFound",
        f"User is not a member of the specified project with ID '{made.id}'",
    )
    assert made.id not in [one.id for one in world.person.projects.list().unwrap()]


def test_a_project_is_made_without_environments_or_from_a_template():
    world = World()
    world.memory.change(
        lambda state, now: add_project_template(state, now=now, name="regions", environments=[("Europe", "eu")])
    )
    projects = world.machine.projects

    bare = projects.create(project_name="bare", should_create_default_envs=False).unwrap()
    regional = projects.create(project_name="regional", template="regions").unwrap()
    unknown = world.send("POST", "/api/v1/projects", {"projectName": "x", "template": "none"})

    assert bare.environments == ()
    assert [one.slug for one in regional.environments] == ["eu"]
    assert without_id(unknown) == refusal(404, "NotFound", "Could not find project template with Name none")


def test_slugs_of_projects_are_unique_in_an_organization():
    world = World()
    world.machine.projects.create(project_name="One", slug="taken").unwrap()

    again = world.send("POST", "/api/v1/projects", {"projectName": "Two", "slug": "taken"})
    renamed = world.send("PATCH", f"/api/v1/projects/{world.project_id}", {"slug": "taken"})
    own = world.send("PATCH", f"/api/v1/projects/{world.project_id}", {"slug": world.given.project_slug})

    assert without_id(again) == refusal(
        400,
        "BadRequest",
        'A project with the slug "taken" already exists in your organization. Please choose a different name or slug.',
    )
    assert without_id(renamed) == refusal(
        400,
        "BadRequest",
        'Failed to update project. A project with the slug "taken" already exists in your organization. '
        "Please choose a different slug.",
    )
    assert own[0] == 200


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, "projectName"),
        ({"projectName": "n" * 65}, "projectName"),
        ({"projectName": "n", "projectDescription": "d" * 1025}, "projectDescription"),
        ({"projectName": "n", "slug": "four"}, "slug"),
        ({"projectName": "n", "slug": "s" * 37}, "slug"),
        ({"projectName": "n", "slug": "under_score"}, "slug"),
        ({"projectName": "n", "type": "other"}, "type"),
        ({"projectName": "n", "shouldCreateDefaultEnvs": "yes"}, "shouldCreateDefaultEnvs"),
    ],
)
def test_a_new_project_has_limits(body, place):
    status, answer = World().send("POST", "/api/v1/projects", body)

    assert (status, answer["error"]) == (422, "ValidationFailure")
    assert [issue["path"] for issue in answer["message"]] == [[place]]


def test_members_of_the_organization_make_projects_and_who_has_no_access_does_not():
    world = World()

    by_member = world.send("POST", "/api/v1/projects", {"projectName": "x"}, token=member(world))
    nobody = member(world, "no-access", email="mallory@example.com")
    refused = world.send("POST", "/api/v1/projects", {"projectName": "x"}, token=nobody)

    assert by_member[0] == 200
    assert without_id(refused) == refusal(403, "PermissionDenied", "You are not allowed to create on workspace")


# ---- changed
def test_settings_that_were_changed_are_read_back_and_the_others_stay():
    world = World()
    projects = world.machine.projects
    before = projects.get(project_id=world.project_id).unwrap()
    world.clock.advance(1)

    changed = projects.update(
        project_id=world.project_id,
        name="renamed",
        description="new",
        slug="re_named",
        auto_capitalization=True,
        secret_sharing=False,
        show_snapshots_legacy=True,
        default_product="kms",
        secret_detection_ignore_values=["x"],
    ).unwrap()
    status, newer = world.send(
        "PATCH",
        f"/api/v1/projects/{world.project_id}",
        {"pitVersionLimit": 20, "enforceEncryptedSecretManagerSecretMetadata": True},
    )

    assert changed == Project(
        id=before.id,
        name="renamed",
        description="new",
        slug="re_named",
        type=before.type,
        default_product="kms",
        org_id=before.org_id,
        version=3,
        auto_capitalization=True,
        has_delete_protection=False,
        secret_sharing=False,
        show_snapshots_legacy=True,
        secret_detection_ignore_values=("x",),
        enforce_encrypted_secret_manager_secret_metadata=False,
        pit_version_limit=10,
        created_at=before.created_at,
        updated_at=format_time(START + 1),
    )
    assert (status, newer["project"]["pitVersionLimit"], newer["project"]["name"]) == (200, 20, "renamed")
    assert newer["project"]["enforceEncryptedSecretManagerSecretMetadata"] is True
    assert "environments" not in newer["project"]


@pytest.mark.parametrize("role", ["member", "viewer", "no-access"])
def test_only_admins_change_and_delete_a_project_and_all_members_read_it(role):
    world = World()
    token = member(world, project_role=role)
    path = f"/api/v1/workspace/{world.project_id}"

    assert world.send("GET", path, token=token)[0] == 200
    assert without_id(world.send("PATCH", path, {"name": "x"}, token=token)) == refusal(
        403, "PermissionDenied", "You are not allowed to edit on settings"
    )
    assert without_id(world.send("DELETE", path, token=token)) == refusal(
        403, "PermissionDenied", "You are not allowed to delete on workspace"
    )


def test_a_service_token_reads_its_own_project_and_no_other():
    world = World()
    other = world.person.projects.create(project_name="other").unwrap()
    token = service_token(world)

    own = world.send("GET", f"/api/v1/workspace/{world.project_id}", token=token)
    foreign = world.send("GET", f"/api/v1/projects/{other.id}", token=token)

    assert (own[0], own[1]["workspace"]["_id"]) == (200, world.project_id)
    assert without_id(foreign) == refusal(
        403,
        f"Service token is not a member of the specified project with ID '{other.id}'",
        "You are not allowed to access this resource",
    )


def test_an_unknown_project_is_not_found_today_and_was_an_error_of_the_server_in_2024():
    today, before = World(), World("2024-10")
    path = f"/api/v1/workspace/{NOBODY}"

    assert without_id(today.send("GET", path)) == refusal(404, "NotFound", f"Project with ID '{NOBODY}' not found")
    assert without_id(today.send("GET", "/api/v1/projects/slug/none")) == refusal(
        404, "NotFound", "Project with slug 'none' not found"
    )
    assert before.send("GET", path) == refusal(500, "Failed to find project by id", "Something went wrong")


# ---- deleted
def test_a_deleted_project_takes_environments_folders_secrets_and_members_along():
    world = World()
    at = {"project_id": world.project_id, "environment": "dev"}
    world.machine.secret_folders.create(**at, name="app", path="/").unwrap()
    world.machine.secrets.create(**at, secret_name="KEY", secret_value="1", secret_path="/app").unwrap()
    world.machine.secrets.update(**at, secret_name="KEY", secret_value="2", secret_path="/app").unwrap()
    world.machine.secret_tags.create(project_id=world.project_id, slug="blue", color="").unwrap()
    kept = world.machine.projects.create(project_name="kept").unwrap()
    service_token(world)

    deleted = world.machine.projects.delete(project_id=world.project_id).unwrap()

    assert (deleted.id, deleted.environments) == (world.project_id, ())
    assert world.machine.projects.list().unwrap() == (kept,)
    assert isinstance(world.machine.secrets.list(**at, secret_path="/app").failure(), NotFoundError)
    assert world.memory.state.rows(SECRET_PLACES) == {}
    assert [
        name
        for name, table in world.memory.state.tables.items()
        if world.project_id in (name[1] if isinstance(name, tuple) else "", *table)
        or any(row.get("projectId") == world.project_id for row in table.values())
    ] == []
    assert world.send("POST", "/api/v1/projects", {"projectName": "again", "slug": "again"})[0] == 200


def test_a_protected_project_is_not_deleted_until_it_is_protected_no_more():
    world = World()
    where = {"project_id": world.project_id}
    world.machine.projects.update(**where, has_delete_protection=True).unwrap()

    refused = world.send("DELETE", f"/api/v1/projects/{world.project_id}")
    world.machine.projects.update(**where, has_delete_protection=False).unwrap()

    assert without_id(refused) == refusal(403, "ForbiddenError", "Project delete protection is enabled")
    assert world.machine.projects.delete(**where).unwrap().id == world.project_id


# ---- roles and members
def test_a_project_has_the_servers_roles():
    world = World()
    kms = world.machine.projects.create(project_name="keys", type="kms").unwrap()
    roles = world.machine.projects.list_roles

    listed = roles(project_id=world.project_id).unwrap()

    assert [(role.name, role.slug) for role in listed] == [
        ("Admin", "admin"),
        ("Member", "member"),
        ("Viewer", "viewer"),
        ("No Access", "no-access"),
    ]
    assert {role.project_id for role in listed} == {world.project_id}
    assert "cryptographic-operator" in [role.slug for role in roles(project_id=kms.id).unwrap()]
    with_roles = world.machine.projects.list(include_roles=True, type="kms").unwrap()
    assert [role.slug for role in with_roles[0].roles][:2] == ["admin", "member"]


def test_only_an_admin_of_the_organization_lists_projects_with_their_roles():
    world = World()

    refused = world.send("GET", "/api/v1/projects", query={"includeRoles": "true"}, token=member(world))

    assert without_id(refused) == refusal(403, "PermissionDenied", "You are not allowed to create on member")


def test_the_older_list_of_roles_is_asked_for_by_slug():
    world = World()
    path = "/api/v1/workspace/{}/roles"

    by_slug = world.send("GET", path.format(world.given.project_slug))
    by_id = world.send("GET", path.format(world.project_id))
    world.become("2024-10")
    before = world.send("GET", path.format(world.project_id))

    assert [role["slug"] for role in by_slug[1]["roles"]] == ["admin", "member", "viewer", "no-access"]
    assert without_id(by_id) == refusal(404, "NotFound", f"Project with slug '{world.project_id}' not found")
    assert before == refusal(500, "Find project by slug", "Something went wrong")


def test_members_of_a_project_are_listed_with_their_roles():
    world = World()
    member(world, project_role="viewer")

    admin, eve = world.machine.projects.list_memberships(project_id=world.project_id).unwrap()

    assert (admin.user.id, [role.role for role in admin.roles]) == (world.given.user_id, ["admin"])
    assert eve == ProjectMembership(
        id=eve.id,
        user_id=eve.user_id,
        project_id=world.project_id,
        user=MembershipUser(id=eve.user_id, username="eve@example.com", email="eve@example.com"),
        roles=eve.roles,
        created_at=NOW,
    )
    assert [(role.role, role.is_temporary) for role in eve.roles] == [("viewer", False)]


def test_members_of_a_certificate_manager_are_listed_elsewhere():
    world = World()
    made = world.machine.projects.create(project_name="pki", type="cert-manager").unwrap()

    status, body = world.send("GET", f"/api/v1/projects/{made.id}/memberships", token=world.token())

    assert (status, body["error"]) == (403, "ForbiddenError")
    assert body["message"].endswith("Use /api/v1/cert-manager/access/* instead.")


# ---- trusted addresses
def test_a_trusted_address_that_was_added_is_listed_changed_and_removed():
    world = World()
    projects, where = world.person.projects, {"project_id": world.project_id}

    made = projects.create_trusted_ip(**where, ip_address="10.1.0.0/16", is_active=True, comment="office").unwrap()
    listed = projects.list_trusted_ips(**where).unwrap()
    changed = projects.update_trusted_ip(**where, trusted_ip_id=made.id, ip_address="fe80::1").unwrap()

    assert (made.ip_address, made.prefix, made.type, made.is_active, made.comment) == (
        "10.1.0.0",
        16,
        "ipv4",
        True,
        "office",
    )
    assert listed == (made,)
    assert (changed.ip_address, changed.prefix, changed.type, changed.is_active, changed.comment) == (
        "fe80::1",
        None,
        "ipv6",
        True,
        "",
    )
    assert projects.delete_trusted_ip(**where, trusted_ip_id=made.id).unwrap() == changed
    assert projects.list_trusted_ips(**where).unwrap() == ()


@pytest.mark.parametrize("address", ["", "office", "10.0.0.256", "10.0.0.0/33", "10.0.0.0/", "::1/129", "1.1.1.1/+1"])
def test_what_is_no_address_is_not_trusted(address):
    world = World()
    body = {"ipAddress": address, "isActive": True}

    refused = world.send("POST", f"/api/v1/projects/{world.project_id}/trusted-ips", body)

    assert without_id(refused) == refusal(400, "BadRequest", "The IP is not a valid IPv4, IPv6, or CIDR block")


def test_trusted_addresses_are_for_admins_to_change():
    world = World()
    path = f"/api/v1/projects/{world.project_id}/trusted-ips"
    token = member(world, project_role="member")

    refused = world.send("POST", path, {"ipAddress": "::1", "isActive": True}, token=token)
    missing = world.send("DELETE", f"{path}/{NOBODY}")

    assert world.send("GET", path, token=token) == (200, {"trustedIps": []})
    assert without_id(refused) == refusal(403, "PermissionDenied", "You are not allowed to create on ip-allowlist")
    assert without_id(missing) == refusal(404, "NotFound", f"Trusted IP with ID '{NOBODY}' not found")


def test_the_environments_of_a_project_are_those_of_the_project_read():
    world = World()

    listed = world.machine.projects.list_environments(project_id=world.project_id).unwrap()

    assert listed == tuple(
        ProjectEnvironment(id=one.id, name=name, slug=slug)
        for one, (name, slug) in zip(
            listed, [("Development", "dev"), ("Staging", "staging"), ("Production", "prod")], strict=True
        )
    )
