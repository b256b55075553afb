"""Secret syncs on the memory server: made, changed, found, and the jobs that they do between two calls."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from infisical import NULL, NotFoundError
from infisical.endpoints.app_connections import App
from infisical.endpoints.projects import ProjectEnvironment
from infisical.endpoints.secret_syncs import Destination, SecretSync, SyncConnection, SyncFolder
from infisical.memory import open_session, seeding, tables, tree
from infisical.memory.app_connections.apps import APPS
from infisical.memory.call import Call
from infisical.memory.secret_syncs.destinations import DESTINATIONS
from infisical.memory.state import Draft
from tests.memory.scenes.app_connections import KEYS, connected
from tests.memory.scenes.secret_syncs import TO, synced, wanted
from tests.memory.world import World, refusal, without_id

PATH = "/api/v1/secret-syncs"
GONE = refusal(
    400,
    "BadRequest",
    "Invalid source configuration: folder no longer exists. Please configure a valid source and try again.",
)


def body_for(world: World, connection: str, **other: Any) -> dict[str, Any]:
    return {
        "name": "to-aws",
        "projectId": world.project_id,
        "connectionId": connection,
        "environment": "dev",
        "secretPath": "/",
        "syncOptions": {"initialSyncBehavior": "overwrite-destination"},
        "destinationConfig": {"region": "eu-central-1", "path": "/app/"},
        **other,
    }


def with_folder(world: World, name: str = "api") -> str:
    """A folder of that name under the root of dev; its id."""
    made: list[str] = []

    def change(state, now):
        call = Call(Draft(state), seeding.INTERNAL_REQUEST, now, {})
        root = tree.get_folder(call, world.project_id, "dev", "/")
        made.append(tree.create_folder(call, world.project_id, root["envId"], name, root)["id"])
        return call.draft.finish()

    world.memory.change(change)
    return made[0]


def without_folder(world: World, identifier: str) -> None:
    def change(state, now):
        draft = Draft(state)
        place = draft.drop(tables.FOLDER_PLACES, identifier)
        draft.drop(tables.folders(place["envId"]), identifier)
        return draft.finish()

    world.memory.change(change)


def joined(world: World, role: str | None) -> str:
    """One more person, with this role in the project; the JWT."""
    tokens: list[str] = []

    def change(state, now):
        state, token = open_session(state, now=now, email="other@example.com", project_role=role)
        tokens.append(token)
        return state

    world.memory.change(change)
    return tokens[0]


def test_a_sync_that_was_made_is_read_by_id_and_name_listed_and_deleted():
    world = World()
    syncs = world.machine.secret_syncs
    environment = tree.find_environment(Draft(world.memory.state), world.project_id, "dev")
    root = tree.get_root(Draft(world.memory.state), environment["id"])

    made = syncs.create(**wanted(world, description="for the app", is_auto_sync_enabled=False)).unwrap()

    assert made == SecretSync(
        id=made.id,
        name="to-aws",
        description="for the app",
        destination=TO,
        destination_config={"region": "eu-central-1", "path": "/app/"},
        sync_options={"initialSyncBehavior": "overwrite-destination"},
        is_auto_sync_enabled=False,
        version=1,
        project_id=world.project_id,
        folder_id=root["id"],
        connection_id=made.connection_id,
        connection=SyncConnection(id=made.connection_id, app="aws", name="main"),
        environment=ProjectEnvironment(id=environment["id"], name="Development", slug="dev"),
        folder=SyncFolder(id=root["id"], path="/"),
        created_at="2026-09-21T14:13:20.000Z",
        updated_at="2026-09-21T14:13:20.000Z",
    )
    where = {"destination": TO, "sync_id": made.id}
    assert syncs.get(**where).unwrap() == made
    assert syncs.get_by_name(destination=TO, sync_name="to-aws", project_id=world.project_id).unwrap() == made
    assert syncs.list(destination=TO, project_id=world.project_id).unwrap() == (made,)
    assert syncs.list(destination="github", project_id=world.project_id).unwrap() == ()
    assert syncs.delete(**where).unwrap() == made
    assert syncs.list(destination=TO, project_id=world.project_id).unwrap() == ()


@pytest.mark.parametrize(
    ("job", "call", "how", "last"),
    [
        ("sync_status", "trigger", {}, "last_synced_at"),
        ("import_status", "import_secrets", {"import_behavior": "prioritize-source"}, "last_imported_at"),
        ("remove_status", "remove_secrets", {}, "last_removed_at"),
    ],
)
def test_a_job_is_pending_in_its_answer_and_has_succeeded_when_somebody_looks(job, call, how, last):
    world = World()
    sync = synced(world, is_auto_sync_enabled=False)
    world.clock.advance(60)

    answered = getattr(world.machine.secret_syncs, call)(**sync, **how).unwrap()
    read = world.machine.secret_syncs.get(**sync).unwrap()

    assert (getattr(answered, job), getattr(answered, last)) == ("pending", None)
    assert (getattr(read, job), getattr(read, last)) == ("succeeded", "2026-09-21T14:14:20.000Z")


def test_a_sync_starts_by_itself_when_it_is_made_or_changed_and_when_a_secret_is():
    world = World()
    made = world.machine.secret_syncs.create(**wanted(world)).unwrap()
    sync = {"destination": TO, "sync_id": made.id}
    times = [world.machine.secret_syncs.get(**sync).unwrap().last_synced_at]

    world.clock.advance(60)
    changed = world.machine.secret_syncs.update(**sync, description="changed").unwrap()
    times.append(world.machine.secret_syncs.get(**sync).unwrap().last_synced_at)
    world.clock.advance(60)

    def touch(state, now):
        call = Call(Draft(state), seeding.INTERNAL_REQUEST, now, {})
        tree.touch(call, tree.get_folder(call, world.project_id, "dev", "/"))
        return call.draft.finish()

    world.memory.change(touch)
    times.append(world.machine.secret_syncs.get(**sync).unwrap().last_synced_at)

    assert (made.sync_status, changed.sync_status) == ("pending", "pending")
    assert times == [f"2026-09-21T14:{minute}:20.000Z" for minute in (13, 14, 15)]


def test_a_sync_gets_another_source_connection_and_config():
    world = World()
    folder = with_folder(world)
    sync = synced(world, is_auto_sync_enabled=False)
    other = connected(world, "other")
    world.clock.advance(60)

    changed = world.machine.secret_syncs.update(
        **sync,
        name="renamed",
        description=NULL,
        connection_id=other,
        secret_path="/api/",
        sync_options={"initialSyncBehavior": "import-prioritize-source", "keySchema": "APP_{{secretKey}}"},
        destination_config={"region": "us-east-1", "path": "/"},
    ).unwrap()

    assert changed == world.machine.secret_syncs.get(**sync).unwrap()
    assert (changed.name, changed.connection.name, changed.folder) == (
        "renamed",
        "other",
        SyncFolder(id=folder, path="/api"),
    )
    assert changed.sync_options == {
        "initialSyncBehavior": "import-prioritize-source",
        "keySchema": "APP_{{secretKey}}",
    }
    assert (changed.destination_config, changed.sync_status) == ({"region": "us-east-1", "path": "/"}, None)


def test_a_sync_whose_folder_is_gone_stays_and_does_nothing_until_it_gets_another():
    world = World()
    folder = with_folder(world)
    sync = synced(world, secret_path="/api", is_auto_sync_enabled=False)
    path = f"{PATH}/{TO}/{sync['sync_id']}"

    without_folder(world, folder)
    left = world.machine.secret_syncs.get(**sync).unwrap()
    refused = [
        world.send("POST", f"{path}/sync-secrets"),
        world.send("POST", f"{path}/import-secrets", query={"importBehavior": "prioritize-source"}),
        world.send("POST", f"{path}/remove-secrets"),
        world.send("DELETE", path, query={"removeSecrets": "true"}),
    ]
    half = world.send("PATCH", path, {"environment": "dev"})
    moved = world.send("PATCH", path, {"environment": "prod", "secretPath": "/"})

    assert (left.folder_id, left.folder, left.environment) == (None, None, None)
    assert [without_id(one) for one in refused] == [GONE] * 4
    assert without_id(half) == refusal(400, "BadRequest", "Must specify both source environment and secret path")
    assert (moved[0], moved[1]["secretSync"]["environment"]["slug"]) == (200, "prod")
    assert world.send("POST", f"{path}/sync-secrets")[0] == 200


def test_a_sync_that_removes_what_it_wrote_says_so_and_is_gone():
    world = World()
    sync = synced(world)

    deleted = world.machine.secret_syncs.delete(**sync, remove_secrets=True).unwrap()

    assert deleted.remove_status == "pending"
    assert world.machine.secret_syncs.get(**sync).failure().status_code == 404


def test_a_name_is_taken_once_in_a_project():
    world = World()
    synced(world)
    connection = connected(world, "other")

    again = world.send("POST", f"{PATH}/{TO}", body_for(world, connection))

    assert without_id(again) == refusal(
        400,
        "BadRequest",
        f'A Secret Sync with the name "to-aws" already exists for the project with ID "{world.project_id}"',
    )


def test_a_sync_needs_a_folder_and_a_connection_that_fits():
    world = World()
    aws = connected(world)
    vercel = world.send(
        "POST", "/api/v1/app-connections/vercel", {"name": "v", "method": "api-token", "credentials": {"apiToken": "t"}}
    )[1]["appConnection"]["id"]
    nowhere = world.project_id

    answers = [
        world.send("POST", f"{PATH}/{TO}", body_for(world, aws, environment="none")),
        world.send("POST", f"{PATH}/{TO}", body_for(world, aws, secretPath="/none")),
        world.send("POST", f"{PATH}/{TO}", body_for(world, nowhere)),
        world.send("POST", f"{PATH}/{TO}", body_for(world, vercel)),
    ]

    missing = f'Could not find folder with path "{{}}" in environment "{{}}" for project with ID "{world.project_id}"'
    assert [without_id(one) for one in answers] == [
        refusal(400, "BadRequest", missing.format("/", "none")),
        refusal(400, "BadRequest", missing.format("/none", "dev")),
        refusal(404, "NotFound", f"Could not find App Connection with ID {nowhere}"),
        refusal(400, "BadRequest", f"Vercel Connection with ID {vercel} cannot be used to connect to AWS"),
    ]
    assert world.machine.secret_syncs.list(destination=TO, project_id=world.project_id).unwrap() == ()


def test_a_connection_of_another_project_is_not_used():
    world = World()
    connection = world.machine.app_connections.create(**KEYS, name="own", project_id=world.project_id).unwrap().id

    def second_project(state, now):
        call = Call(Draft(state), seeding.INTERNAL_REQUEST, now, {})
        made = seeding.add_project(call, world.given.organization_id, "second", "second", project_id="second")
        seeding.add_project_user(call, made["id"], world.given.user_id, "admin")
        return call.draft.finish()

    world.memory.change(second_project)

    got = world.send("POST", f"{PATH}/{TO}", {**body_for(world, connection), "projectId": "second"})

    assert without_id(got) == refusal(
        400,
        "BadRequest",
        f'You cannot connect project App Connection with ID "{connection}" from project with ID '
        f'"{world.project_id}" to project with ID "second"',
    )


@pytest.mark.parametrize(
    ("destination", "change", "place"),
    [
        (TO, {"name": "No Slug"}, ["name"]),
        (TO, {"connectionId": "none"}, ["connectionId"]),
        (TO, {"syncOptions": {}}, ["syncOptions", "initialSyncBehavior"]),
        (
            TO,
            {"syncOptions": {"initialSyncBehavior": "overwrite-destination", "keySchema": "APP_"}},
            ["syncOptions", "keySchema"],
        ),
        (TO, {"destinationConfig": {"region": "eu-central-1"}}, ["destinationConfig", "path"]),
        (
            "github",
            {"syncOptions": {"initialSyncBehavior": "import-prioritize-source"}, "destinationConfig": {"scope": "x"}},
            ["syncOptions", "initialSyncBehavior"],
        ),
    ],
)
def test_what_a_sync_cannot_have_is_refused(destination, change, place):
    world = World()

    status, body = world.send("POST", f"{PATH}/{destination}", {**body_for(world, connected(world)), **change})

    assert (status, body["message"][0]["path"]) == (422, place)


def test_a_destination_that_nobody_knows_has_no_route():
    world = World()

    got = world.machine.secret_syncs.list(destination="fax", project_id=world.project_id)

    assert isinstance(got.failure(), NotFoundError)
    assert got.failure().route_missing


def test_a_sync_is_not_found_under_another_destination_or_an_unknown_id():
    world = World()
    identifier = synced(world)["sync_id"]
    query = {"projectId": world.project_id}

    other = [
        world.send("GET", f"{PATH}/vercel/{identifier}"),
        world.send("GET", f"{PATH}/vercel/sync-name/to-aws", query=query),
    ]
    by_name = world.send("GET", f"{PATH}/{TO}/sync-name/none", query=query)

    refused = refusal(400, "BadRequest", f'Secret sync with ID "{identifier}" is not configured for Vercel')
    assert [without_id(one) for one in other] == [refused] * 2
    assert without_id(world.send("GET", f"{PATH}/{TO}/{world.project_id}")) == refusal(
        404, "NotFound", f'Could not find AWS Parameter Store Sync with ID "{world.project_id}"'
    )
    assert without_id(by_name) == refusal(404, "NotFound", 'Could not find AWS Parameter Store Sync with name "none"')
    assert world.send("GET", f"{PATH}/{TO}/sync-name/to-aws")[0] == 422


def test_secrets_are_imported_from_where_they_can_be_read_only():
    world = World()
    identifier = synced(world)["sync_id"]

    github = world.send(
        "POST", f"{PATH}/github/{identifier}/import-secrets", query={"importBehavior": "prioritize-source"}
    )
    unsaid = world.send("POST", f"{PATH}/{TO}/{identifier}/import-secrets")

    assert without_id(github) == refusal(400, "BadRequest", "GitHub does not support importing secrets.")
    assert (unsaid[0], unsaid[1]["message"][0]["path"]) == (422, ["importBehavior"])


@pytest.mark.parametrize(
    ("role", "reading", "working"),
    [("admin", 200, 200), ("member", 200, 200), ("viewer", 200, 403), ("no-access", 403, 403), (None, 403, 403)],
)
def test_who_may_read_and_start_syncs_is_said_by_the_role(role, reading, working):
    world = World()
    path = f"{PATH}/{TO}/{synced(world)['sync_id']}"
    token = joined(world, role)

    read = world.send("GET", path, token=token)[0]
    started = world.send("POST", f"{path}/sync-secrets", token=token)[0]
    deleted = world.send("DELETE", path, token=token)[0]

    assert (read, started, deleted) == (reading, working, working)


def test_all_syncs_of_a_project_and_all_destinations_are_listed():
    world = World()
    identifier = synced(world)["sync_id"]

    listed = world.send("GET", PATH, query={"projectId": world.project_id})[1]["secretSyncs"]
    options = world.send("GET", f"{PATH}/options")[1]["secretSyncOptions"]

    assert [one["id"] for one in listed] == [identifier]
    assert {one["destination"] for one in options} == set(DESTINATIONS)


def test_what_the_client_names_is_known_here_and_every_destination_has_its_app():
    assert set(get_args(get_args(Destination)[0])) - set(DESTINATIONS) == set()
    assert set(get_args(get_args(App)[0])) - set(APPS) == set()
    assert {one.app for one in DESTINATIONS.values()} - set(APPS) == set()
