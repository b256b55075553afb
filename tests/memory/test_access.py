"""Who is let in: credentials of one project or organization in another, and roles in a project."""

from __future__ import annotations

import pytest

from infisical.memory import seeding, tables, tree
from infisical.memory.call import Call
from infisical.memory.loading import put_secrets
from tests.memory.secrets_world import V4, body, change, member, put, query, service_token
from tests.memory.world import World, refusal, without_id

FOLDERS, IMPORTS, DYNAMIC = "/api/v2/folders", "/api/v2/secret-imports", "/api/v1/dynamic-secrets"


def other_project(world: World) -> str:
    """One more project of the same organization, with the same environments."""

    def made(call: Call) -> str:
        return str(seeding.add_project(call, world.given.organization_id, "other", "other")["id"])

    return str(change(world, made))


def other_organization(world: World) -> str:
    return str(change(world, lambda call: seeding.add_organization(call, "Other")["id"]))


def put_theirs(world: World, project_id: str) -> None:
    world.memory.change(lambda state, now: put_secrets(state, {"KEY": "theirs"}, now=now, project_id=project_id))


# ---- service tokens
@pytest.mark.parametrize(
    ("method", "path", "more"),
    [
        ("GET", V4, {}),
        ("GET", f"{V4}/KEY", {}),
        ("POST", f"{V4}/NEW", {"secretValue": "1"}),
        ("PATCH", f"{V4}/KEY", {"secretValue": "1"}),
        ("DELETE", f"{V4}/KEY", {}),
        ("POST", f"{V4}/batch", {"secrets": [{"secretKey": "NEW", "secretValue": "1"}]}),
        ("GET", FOLDERS, {"path": "/"}),
        ("POST", FOLDERS, {"name": "new"}),
        ("GET", IMPORTS, {"path": "/"}),
        ("GET", f"{IMPORTS}/secrets", {"path": "/"}),
    ],
)
def test_a_service_token_is_refused_in_another_project(method: str, path: str, more: dict[str, object]):
    world = World()
    project_id = other_project(world)
    put_theirs(world, project_id)
    root = change(world, lambda call: tree.find_folder(call.draft, project_id, "dev", "/")["id"])
    token = service_token(world, ("dev", "/**"), ("staging", "/"), permissions=("read", "write"))

    def asked(project: str) -> tuple[int, object]:
        sent = {**body(world), "projectId": project, **more}
        if method == "GET":
            return world.send(method, path, query={key: str(value) for key, value in sent.items()}, token=token)
        return world.send(method, path, sent, token=token)

    told = f"Service token is not a member of the specified project with ID '{project_id}'"
    before = world.memory.state.rows(tables.secrets(root))

    assert without_id(asked(project_id)) == refusal(403, told, "You are not allowed to access this resource")
    assert world.memory.state.rows(tables.secrets(root)) == before
    assert len(before) == 1


def test_a_service_token_with_one_scope_reads_its_own_project_whatever_is_asked_for():
    world = World()
    project_id = other_project(world)
    put_theirs(world, project_id)
    put(world, KEY="ours")
    token = service_token(world, ("dev", "/"))
    asked = {**query(world), "projectId": project_id}
    status, answer = world.send("GET", f"{V4}/KEY", query=asked, token=token)

    assert (status, answer["secret"]["secretValue"]) == (200, "ours")


# ---- organizations
def test_an_identity_is_refused_in_another_organization():
    world = World()
    other, token = other_organization(world), world.token()
    refused = refusal(403, "ForbiddenError", "You are not a member of this organization")
    asked = [
        world.send("POST", "/api/v1/identities", {"name": "a", "organizationId": other}, token=token),
        world.send("GET", f"/api/v2/organizations/{other}/identity-memberships", token=token),
    ]

    assert [without_id(answer) for answer in asked] == [refused] * 2


def test_a_person_is_refused_in_another_organization():
    world = World()
    other = other_organization(world)
    refused = refusal(403, "ForbiddenError", "You are not a member of this organization")

    assert without_id(world.send("POST", "/api/v1/identities", {"name": "a", "organizationId": other})) == refused


def test_an_identity_of_another_organization_is_not_in_this_one():
    """Neither by the organization's id nor by the project's: its membership says where it belongs."""
    world = World()
    other = other_organization(world)

    def made(call: Call) -> tuple[str, str]:
        identity = seeding.add_identity(call, other, "stranger", "admin")
        universal = seeding.attach_universal_auth(call, identity["id"])
        return str(universal["clientId"]), seeding.add_client_secret(call, identity["id"])[0]

    client_id, secret = change(world, made)
    login = {"clientId": client_id, "clientSecret": secret}
    token = world.send("POST", "/api/v1/auth/universal-auth/login", login, token=None)[1]["accessToken"]
    organization_id = world.given.organization_id
    refused = refusal(403, "ForbiddenError", "You are not a member of this organization")
    put(world, KEY="v")
    created = {"name": "a", "organizationId": organization_id}

    assert without_id(world.send("POST", "/api/v1/identities", created, token=token)) == refused
    assert (
        without_id(world.send("GET", f"/api/v2/organizations/{organization_id}/identity-memberships", token=token))
        == refused
    )
    assert world.send("GET", f"{V4}/KEY", query=query(world), token=token)[0] == 403
    assert world.send("POST", "/api/v1/identities", {"name": "a", "organizationId": other}, token=token)[0] == 200


# ---- roles in a project
@pytest.mark.parametrize(
    ("role", "statuses"),
    [
        ("admin", (200, 200, 200, 200, 200)),
        ("member", (200, 200, 200, 200, 403)),
        ("viewer", (200, 403, 403, 403, 403)),
        ("no-access", (403, 403, 403, 403, 403)),
    ],
)
def test_a_role_allows_this(role: str, statuses: tuple[int, ...]):
    """Secrets read and written; dynamic secrets, which viewers do not even read; environments; the project."""
    world = World()
    put(world, KEY="v")
    _, token = member(world, role)
    dynamic = {"projectSlug": world.given.project_slug, "environmentSlug": "dev", "path": "/"}
    asked = (
        world.send("GET", f"{V4}/KEY", query=query(world), token=token),
        world.send("POST", f"{V4}/NEW", body(world, secretValue="1"), token=token),
        world.send("GET", DYNAMIC, query=dynamic, token=token),
        world.send(
            "POST", f"/api/v1/projects/{world.project_id}/environments", {"name": "E", "slug": "e"}, token=token
        ),
        world.send("DELETE", f"/api/v1/projects/{world.project_id}", token=token),
    )

    assert tuple(status for status, _ in asked) == statuses
