"""Integration auths on the memory server."""

from __future__ import annotations

from typing import Any

import pytest

from infisical.endpoints.integration_auth import IntegrationAuthorization
from infisical.memory import open_session
from tests.memory.world import World, refusal, without_id

PATH = "/api/v1/integration-auth"


def created(world: World, integration: str = "flyio", **how: Any) -> tuple[int, Any]:
    return world.send(
        "POST", f"{PATH}/access-token", {"workspaceId": world.project_id, "integration": integration, **how}
    )


def joined(world: World, role: str | None) -> str:
    """One more person, with this role in the project; the JWT."""
    tokens: list[str] = []

    def change(state, now):
        state, token = open_session(state, now=now, email="other@example.com", project_role=role)
        tokens.append(token)
        return state

    world.memory.change(change)
    return tokens[0]


def test_an_integration_auth_that_was_made_is_read_listed_and_deleted_without_its_tokens():
    world = World()
    auths = world.machine.integration_auth

    made = auths.create(
        workspace_id=world.project_id,
        integration="hashicorp-vault",
        access_id="role",
        access_token="s3cret",
        refresh_token="s3cret",
        url="https://vault.example.com",
        namespace="team",
    ).unwrap()

    assert made == IntegrationAuthorization(
        id=made.id,
        project_id=world.project_id,
        integration="hashicorp-vault",
        url="https://vault.example.com",
        namespace="team",
        created_at="2026-09-21T14:13:20.000Z",
        updated_at="2026-09-21T14:13:20.000Z",
    )
    assert auths.get(integration_auth_id=made.id).unwrap() == made
    assert auths.list(project_id=world.project_id).unwrap() == (made,)
    assert "s3cret" not in world.ask("GET", f"{PATH}/{made.id}").body.decode()
    assert auths.delete(integration_auth_id=made.id).unwrap() == made
    assert auths.list(project_id=world.project_id).unwrap() == ()
    assert without_id(world.send("GET", f"{PATH}/{made.id}")) == refusal(
        404, "NotFound", f"Integration auth with ID '{made.id}' not found"
    )


def test_an_integration_auth_is_changed_and_those_of_one_kind_are_deleted_at_once():
    world = World()
    made = [created(world, kind)[1]["integrationAuth"]["id"] for kind in ("flyio", "vercel", "flyio")]

    world.clock.advance(60)
    status, changed = world.send("PATCH", f"{PATH}/{made[1]}", {"url": "https://vercel.example.com"})
    deleted = world.send("DELETE", PATH, query={"integration": "flyio", "projectId": world.project_id})

    assert (status, changed["integrationAuth"]["url"]) == (200, "https://vercel.example.com")
    assert changed["integrationAuth"]["updatedAt"] == "2026-09-21T14:14:20.000Z"
    assert [one["id"] for one in deleted[1]["integrationAuth"]] == [made[0], made[2]]
    (left,) = world.machine.integration_auth.list(project_id=world.project_id).unwrap()
    assert left.id == made[1]


@pytest.mark.parametrize("generation", ["current", "2024-10"])
def test_both_generations_list_at_the_older_path_what_today_s_path_lists(generation):
    world = World()
    created(world)
    today = world.send("GET", f"/api/v1/projects/{world.project_id}/authorizations")
    world.become(generation)

    older = world.send("GET", f"/api/v1/workspace/{world.project_id}/authorizations")

    assert older == today
    assert len(today[1]["authorizations"]) == 1


def test_what_an_integration_auth_cannot_have_is_refused():
    world = World()

    unknown = created(world, "fax")
    url = created(world, url="vault.example.com")
    role = created(world, "aws-secret-manager", awsAssumeIamRoleArn="arn:aws:iam::1:role/sync")
    elsewhere = world.send("POST", f"{PATH}/access-token", {"workspaceId": "nowhere", "integration": "flyio"})

    assert without_id(unknown) == refusal(400, "BadRequest", "Invalid integration")
    assert (url[0], url[1]["message"]) == (
        422,
        [{"validation": "url", "code": "invalid_string", "message": "Invalid url", "path": ["url"]}],
    )
    assert (role[0], elsewhere[0]) == (200, 404)


def test_google_s_secret_manager_is_noted_as_entered_by_a_service_account():
    answer = created(World(), "gcp-secret-manager")[1]["integrationAuth"]

    assert answer["metadata"] == {"authMethod": "serviceAccount"}


@pytest.mark.parametrize(
    ("role", "reading", "writing"),
    [("admin", 200, 200), ("member", 200, 200), ("viewer", 200, 403), ("no-access", 403, 403), (None, 403, 403)],
)
def test_who_may_read_and_write_integration_auths_is_said_by_the_role(role, reading, writing):
    world = World()
    identifier = created(world)[1]["integrationAuth"]["id"]
    token = joined(world, role)

    read = world.send("GET", f"{PATH}/{identifier}", token=token)[0]
    written = world.send("DELETE", f"{PATH}/{identifier}", token=token)[0]

    assert (read, written) == (reading, writing)
