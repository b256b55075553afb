"""Service tokens on the memory server."""

from __future__ import annotations

from typing import Any

import pytest

from infisical import ServiceToken
from infisical.endpoints.service_tokens import ServiceTokenData, ServiceTokenScope
from infisical.memory import open_session
from tests.memory.world import World, refusal, without_id

PATH = "/api/v2/service-token"
AT = "2026-09-21T14:13:20.000Z"


def new(world: World, path: str = "/", **more: Any) -> dict[str, Any]:
    return {
        "name": "deploy",
        "workspaceId": world.project_id,
        "scopes": [{"environment": "dev", "secretPath": path}],
        "encryptedKey": "",
        "iv": "",
        "tag": "",
        "expiresIn": None,
        "permissions": ["read", "write"],
        **more,
    }


def token(world: World, path: str = "/", **more: Any) -> str:
    return str(world.send("POST", PATH, new(world, path, **more))[1]["serviceToken"])


def test_a_service_token_is_shown_once_and_knows_itself_and_who_made_it():
    world = World()

    status, made = world.send("POST", PATH, new(world))
    me = world.client(ServiceToken(made["serviceToken"])).service_tokens.get().unwrap()

    data = made["serviceTokenData"]
    assert status == 200
    assert made["serviceToken"].startswith(f"st.{data['id']}.")
    assert data == {
        "id": data["id"],
        "name": "deploy",
        "scopes": [{"environment": "dev", "secretPath": "/"}],
        "permissions": ["read", "write"],
        "lastUsed": None,
        "expiresAt": None,
        "createdAt": AT,
        "updatedAt": AT,
        "createdBy": world.given.user_id,
        "projectId": world.project_id,
        "expiryNotificationSent": False,
    }
    assert (me.id, me.workspace, me.last_used) == (data["id"], world.project_id, AT)
    assert me.scopes == (ServiceTokenScope(environment="dev", secret_path="/"),)
    assert me.user is not None
    assert (me.user.id, me.user.email) == (world.given.user_id, "admin@example.com")


def test_what_the_server_tells_of_a_token_does_not_hold_its_secret():
    world = World()
    text = token(world)

    answer = world.ask("GET", PATH, token=text)

    assert answer.status == 200
    assert text.rsplit(".", 1)[1] not in answer.body.decode()


def test_a_service_token_reads_and_writes_secrets_and_folders_within_its_scopes():
    world = World()
    text = token(world, "/web/*")
    world.machine.secret_folders.create(
        project_id=world.project_id, environment="dev", path="/web/api", name="deep"
    ).unwrap()
    client = world.client(ServiceToken(text))
    inside = {"project_id": world.project_id, "environment": "dev", "secret_path": "/web/api"}

    made = client.secrets.create(**inside, secret_name="KEY", secret_value="1").unwrap()
    read = client.secrets.get_by_name(**inside, secret_name="KEY").unwrap()
    folder = client.secret_folders.create(
        project_id=world.project_id, environment="dev", path="/web/api", name="more"
    ).unwrap()
    above = client.secrets.create(**{**inside, "secret_path": "/web"}, secret_name="KEY", secret_value="1")
    deeper = client.secrets.get_by_name(**{**inside, "secret_path": "/web/api/deep"}, secret_name="KEY")
    elsewhere = client.secrets.get_by_name(**{**inside, "environment": "prod", "secret_path": "/"}, secret_name="KEY")

    assert (made.secret_key, read.secret_value, folder.path) == ("KEY", "1", "/web/api/more")
    assert [failed.failure().status_code for failed in (above, deeper, elsewhere)] == [403, 403, 403]


def test_a_token_that_only_reads_writes_nothing():
    world = World()
    world.machine.secrets.create(
        project_id=world.project_id, environment="dev", secret_name="KEY", secret_value="1"
    ).unwrap()
    client = world.client(ServiceToken(token(world, permissions=["read"])))
    where = {"project_id": world.project_id, "environment": "dev", "secret_name": "KEY"}

    assert client.secrets.get_by_name(**where).unwrap().secret_value == "1"
    assert client.secrets.update(**where, secret_value="2").failure().status_code == 403


def test_a_token_ends_when_it_said():
    world = World()
    text = token(world, expiresIn=60)

    world.clock.advance(59)
    before = world.send("GET", PATH, token=text)
    world.clock.advance(2)
    after = world.send("GET", PATH, token=text)
    gone = world.send("GET", PATH, token=text)

    assert (before[0], before[1]["expiresAt"]) == (200, "2026-09-21T14:14:20.000Z")
    assert (after[0], gone[0]) == (403, 404)


def test_a_deleted_token_opens_nothing():
    world = World()
    text = token(world)
    token_id = text.split(".")[1]

    deleted = world.person.service_tokens.delete(token_id).unwrap()

    assert deleted == ServiceTokenData(
        id=token_id,
        name="deploy",
        project_id=world.project_id,
        scopes=(ServiceTokenScope(environment="dev", secret_path="/"),),
        permissions=("read", "write"),
        created_by=world.given.user_id,
        expiry_notification_sent=False,
        created_at=AT,
        updated_at=AT,
    )
    assert world.send("GET", PATH, token=text)[0] == 404
    assert without_id(world.send("DELETE", f"{PATH}/{token_id}")) == refusal(
        404, "NotFound", f"Service token with ID '{token_id}' not found"
    )


def test_a_token_is_refused_in_the_words_of_the_server():
    world = World()

    no_scope = world.send("POST", PATH, new(world, scopes=[]))
    no_end = world.send("POST", PATH, {name: value for name, value in new(world).items() if name != "expiresIn"})
    other = world.send("POST", PATH, new(world, permissions=["admin"]))
    no_environment = world.send("POST", PATH, new(world, scopes=[{"environment": "qa", "secretPath": "/"}]))
    wrong = world.send("GET", PATH, token=f"{token(world)[:-1]}-")

    assert [(status, answer["message"][0]["path"]) for status, answer in (no_scope, no_end, other)] == [
        (422, ["scopes"]),
        (422, ["expiresIn"]),
        (422, ["permissions", 0]),
    ]
    assert without_id(no_environment) == refusal(404, "NotFound", "One or more selected environments not found")
    assert without_id(wrong) == refusal(401, "UnauthorizedError", "Invalid service token")


@pytest.mark.parametrize(("role", "status"), [("admin", 200), ("member", 200), ("viewer", 403)])
def test_tokens_are_made_by_members(role, status):
    world = World()
    tokens: list[str] = []

    def opened(state, now):
        state, jwt = open_session(state, now=now, email="other@example.com", project_role=role)
        tokens.append(jwt)
        return state

    world.memory.change(opened)

    assert world.send("POST", PATH, new(world), token=tokens[0])[0] == status


def test_a_token_of_2024_works_on_the_older_mount():
    world = World(generation="2024-10")
    text = token(world)
    where = {"workspaceId": world.project_id, "environment": "dev"}

    made = world.send("POST", "/api/v1/folders", {**where, "name": "a"}, token=text)
    me = world.send("GET", PATH, token=text)

    assert (made[0], me[0]) == (200, 200)
    assert "expiryNotificationSent" not in me[1]
