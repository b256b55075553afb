"""App connections on the memory server: kept whole, shown without what is secret."""

from __future__ import annotations

from typing import Any

import pytest

from infisical import NULL, NotFoundError
from infisical.endpoints.app_connections import AppConnection, AvailableConnection, ConnectionProject
from infisical.memory import open_session
from infisical.memory.app_connections.apps import APPS
from infisical.memory.app_connections.store import CONNECTIONS
from tests.memory.scenes.app_connections import KEYS, connected
from tests.memory.scenes.secret_syncs import synced
from tests.memory.world import World, refusal, without_id

PATH = "/api/v1/app-connections"
AWS = {"name": "main", "method": KEYS["method"], "credentials": KEYS["credentials"]}
POSTGRES = {
    "host": "db",
    "port": 5432,
    "database": "app",
    "username": "app",
    "password": "s3cret",
    "sslEnabled": True,
    "sslRejectUnauthorized": True,
}


def joined(world: World, role: str = "member", project_role: str | None = None) -> str:
    """One more person; the JWT."""
    tokens: list[str] = []

    def change(state, now):
        state, token = open_session(state, now=now, email="other@example.com", role=role, project_role=project_role)
        tokens.append(token)
        return state

    world.memory.change(change)
    return tokens[0]


def managed(world: World) -> str:
    body = {
        "name": "db",
        "method": "username-and-password",
        "credentials": POSTGRES,
        "isPlatformManagedCredentials": True,
    }
    return world.send("POST", f"{PATH}/postgres", body)[1]["appConnection"]["id"]


def test_a_connection_is_read_by_id_and_name_listed_changed_and_deleted():
    world = World()
    connections = world.machine.app_connections

    made = connections.create(**KEYS, name="main", description="of the team").unwrap()
    read = connections.get(app="aws", connection_id=made.id).unwrap()
    listed = connections.list(app="aws").unwrap()
    available = connections.check_availability(app="aws").unwrap()
    world.clock.advance(60)
    changed = connections.update(app="aws", connection_id=made.id, name="renamed", description=NULL).unwrap()

    assert made == AppConnection(
        id=made.id,
        name="main",
        description="of the team",
        app="aws",
        method="access-key",
        credentials={"accessKeyId": "AKIA0"},
        credentials_hash=made.credentials_hash,
        org_id=world.given.organization_id,
        version=1,
        is_platform_managed_credentials=False,
        is_auto_rotation_enabled=False,
        created_at="2026-09-21T14:13:20.000Z",
        updated_at="2026-09-21T14:13:20.000Z",
    )
    assert (read, listed, connections.list_all().unwrap()) == (made, (made,), (changed,))
    assert available == (AvailableConnection(id=made.id, app="aws", name="main", org_id=world.given.organization_id),)
    assert (changed.name, changed.description, changed.updated_at) == ("renamed", None, "2026-09-21T14:14:20.000Z")
    assert changed.credentials_hash == made.credentials_hash
    assert connections.get_by_name(app="aws", connection_name="renamed").unwrap() == changed
    assert connections.delete(app="aws", connection_id=made.id).unwrap() == changed
    assert (connections.list_all().unwrap(), connections.list(app="github").unwrap()) == ((), ())


@pytest.mark.parametrize("app", sorted(APPS))
def test_each_app_takes_each_of_its_methods_and_shows_nothing_secret_of_it(app):
    world = World()
    numbers, flags = {"port"}, {"sslEnabled", "sslRejectUnauthorized", "tlsEnabled", "tlsRejectUnauthorized"}
    for method, described in APPS[app].methods.items():
        names = [name.rstrip("?") for name in (*described.public, *described.secret)]
        credentials = {name: 1 if name in numbers else True if name in flags else f"value of {name}" for name in names}

        status, body = world.send(
            "POST", f"{PATH}/{app}", {"name": f"with-{method}", "method": method, "credentials": credentials}
        )

        assert status == 200, body
        secret = {name.rstrip("?") for name in described.secret}
        shown = {name: value for name, value in credentials.items() if name not in secret}
        assert body["appConnection"]["credentials"] == shown
        row = world.memory.state.rows(CONNECTIONS)[body["appConnection"]["id"]]
        assert row["credentials"] == credentials


def test_a_name_is_taken_once_in_an_organization():
    world = World()
    connected(world)
    other = connected(world, "other")

    again = world.send("POST", f"{PATH}/aws", AWS)
    renamed = world.send("PATCH", f"{PATH}/aws/{other}", {"name": "main"})
    itself = world.send("PATCH", f"{PATH}/aws/{other}", {"name": "other"})

    taken = refusal(400, "BadRequest", 'An App Connection with the name "main" already exists')
    assert (without_id(again), without_id(renamed), itself[0]) == (taken, taken, 200)


def test_an_app_that_nobody_knows_has_no_route():
    world = World()

    got = world.machine.app_connections.list(app="fax")
    raw = world.send("GET", f"{PATH}/fax/available")

    assert isinstance(got.failure(), NotFoundError)
    assert got.failure().route_missing
    assert without_id(raw) == refusal(404, "Not Found", f"Route GET:{PATH}/fax/available not found")


def test_a_connection_is_not_found_under_another_app_or_an_unknown_id():
    world = World()
    identifier = connected(world)
    unknown = world.project_id

    assert without_id(world.send("GET", f"{PATH}/github/{identifier}")) == refusal(
        400, "BadRequest", f'App Connection with ID {identifier} is not for App "github"'
    )
    assert without_id(world.send("GET", f"{PATH}/github/connection-name/main")) == refusal(
        400, "BadRequest", 'App Connection with name main is not for App "github"'
    )
    assert without_id(world.send("GET", f"{PATH}/aws/{unknown}")) == refusal(
        404, "NotFound", f"Could not find App Connection with ID {unknown}"
    )
    assert without_id(world.send("GET", f"{PATH}/aws/connection-name/none")) == refusal(
        404, "NotFound", "Could not find App Connection with name none"
    )
    assert world.send("GET", f"{PATH}/aws/no-uuid")[0] == 422


def test_a_method_and_credentials_that_an_app_does_not_take_are_refused():
    world = World()

    method = world.send("POST", f"{PATH}/aws", {**AWS, "method": "oauth"})
    lacking = world.send("POST", f"{PATH}/aws", {**AWS, "credentials": {"accessKeyId": "AKIA0"}})
    identifier = connected(world)
    updated = world.send("PATCH", f"{PATH}/aws/{identifier}", {"credentials": {"roleArn": "arn:aws:iam::1:role/r"}})

    assert (method[0], method[1]["message"]) == (
        422,
        [
            {
                "code": "invalid_union_discriminator",
                "options": ["assume-role", "access-key"],
                "path": ["method"],
                "message": "Invalid discriminator value. Expected 'assume-role' | 'access-key'",
            }
        ],
    )
    assert (lacking[0], lacking[1]["message"][0]["path"]) == (422, ["credentials", "secretAccessKey"])
    assert without_id(updated) == refusal(
        400, "BadRequest", "Invalid credential format for AWS Connection with method Access Key"
    )


def test_new_credentials_replace_the_ones_before():
    world = World()
    identifier = connected(world)
    before = world.machine.app_connections.get(app="aws", connection_id=identifier).unwrap()

    changed = world.machine.app_connections.update(
        app="aws", connection_id=identifier, credentials={"accessKeyId": "AKIA1", "secretAccessKey": "new"}
    ).unwrap()

    assert changed.credentials == {"accessKeyId": "AKIA1"}
    assert changed.credentials_hash != before.credentials_hash


def test_the_platform_manages_credentials_of_some_apps_which_nobody_else_changes_then():
    world = World()
    identifier = managed(world)

    unsupported = world.send("POST", f"{PATH}/aws", {**AWS, "isPlatformManagedCredentials": True})
    refused = [
        world.send("PATCH", f"{PATH}/postgres/{identifier}", body)
        for body in ({"credentials": POSTGRES}, {"isPlatformManagedCredentials": False})
    ]
    renamed = world.send("PATCH", f"{PATH}/postgres/{identifier}", {"name": "renamed"})

    assert (unsupported[0], unsupported[1]["message"][0]["path"]) == (422, ["isPlatformManagedCredentials"])
    text = "Cannot update credentials or management status for platform managed connections"
    assert [without_id(one) for one in refused] == [refusal(400, "BadRequest", text)] * 2
    assert renamed[1]["appConnection"]["isPlatformManagedCredentials"] is True


def test_gateways_are_for_some_apps_and_none_is_there():
    world = World()
    gateway = world.project_id
    body = {"name": "db", "method": "username-and-password", "credentials": POSTGRES, "gatewayId": gateway}

    unsupported = world.send("POST", f"{PATH}/aws", {**AWS, "gatewayId": gateway})
    unknown = world.send("POST", f"{PATH}/postgres", body)
    none = world.send("POST", f"{PATH}/postgres", {**body, "gatewayId": None})

    assert (unsupported[0], unsupported[1]["message"][0]["path"]) == (422, ["gatewayId"])
    assert without_id(unknown) == refusal(404, "NotFound", f"Gateway with ID {gateway} not found for org")
    assert (none[0], none[1]["appConnection"]["gatewayId"]) == (200, None)


def test_a_connection_of_a_project_is_listed_with_it_and_available_there_only():
    world = World()
    connections = world.machine.app_connections
    connected(world, "everywhere")

    made = connections.create(**KEYS, name="of-app", project_id=world.project_id).unwrap()

    assert (made.project_id, made.project) == (
        world.project_id,
        ConnectionProject(id=world.project_id, name="app", type="secret-manager", slug="app"),
    )
    assert connections.list(app="aws", project_id=world.project_id).unwrap() == (made,)
    assert connections.list_all(project_id=world.project_id).unwrap() == (made,)
    assert [one.name for one in connections.list_all().unwrap()] == ["everywhere", "of-app"]
    assert [one.name for one in connections.check_availability(app="aws").unwrap()] == ["everywhere"]
    there = connections.check_availability(app="aws", project_id=world.project_id).unwrap()
    assert [one.name for one in there] == ["everywhere", "of-app"]
    assert (
        connections.get_by_name(app="aws", connection_name="everywhere", project_id=world.project_id)
        .failure()
        .status_code
        == 404
    )


def test_a_connection_that_a_sync_goes_through_is_not_deleted():
    world = World()
    sync = synced(world)
    (connection,) = world.machine.app_connections.list_all().unwrap()

    refused = world.send("DELETE", f"{PATH}/aws/{connection.id}")
    world.machine.secret_syncs.delete(**sync).unwrap()

    assert without_id(refused) == refusal(
        400,
        "BadRequest",
        "Cannot delete App Connection with existing connections. Remove all existing connections and try again.",
    )
    assert world.send("DELETE", f"{PATH}/aws/{connection.id}")[0] == 200


@pytest.mark.parametrize(("role", "reading", "writing"), [("member", 200, 200), ("no-access", 403, 403)])
def test_who_may_read_and_make_connections_of_the_organization_is_said_by_the_role(role, reading, writing):
    world = World()
    identifier = connected(world)
    token = joined(world, role)

    read = world.send("GET", f"{PATH}/aws/{identifier}", token=token)[0]
    written = world.send("POST", f"{PATH}/aws", {**AWS, "name": "mine"}, token=token)[0]

    assert (read, written) == (reading, writing)


@pytest.mark.parametrize(
    ("role", "reading", "writing"), [("admin", 200, 200), ("member", 200, 403), ("viewer", 200, 403), (None, 403, 403)]
)
def test_who_may_read_and_make_connections_of_a_project_is_said_by_the_role_there(role, reading, writing):
    world = World()
    query: dict[str, Any] = {"projectId": world.project_id}
    token = joined(world, project_role=role)

    read = world.send("GET", PATH, query=query, token=token)[0]
    written = world.send("POST", f"{PATH}/aws", {**AWS, **query}, token=token)[0]

    assert (read, written) == (reading, writing)


def test_the_apps_are_listed_with_their_methods():
    options = World().send("GET", f"{PATH}/options")[1]["appConnectionOptions"]

    assert {option["app"] for option in options} == set(APPS)
    assert [option for option in options if option["app"] == "aws"] == [
        {"name": "AWS", "app": "aws", "methods": ["assume-role", "access-key"]}
    ]
