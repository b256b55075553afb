"""Imports of secrets on the memory server."""

from __future__ import annotations

from typing import Any

import pytest

from infisical.endpoints.projects import ProjectEnvironment
from infisical.endpoints.secret_imports import ImportChange, ImportedSecretGroup, ImportSource, SecretImport
from infisical.endpoints.secrets import Secret
from infisical.memory import open_session
from tests.memory.world import World, refusal, without_id

IMPORTS = "/api/v2/secret-imports"
OLD = "/api/v1/secret-imports"
AT = "2026-09-21T14:13:20.000Z"
NOBODY = "00000000-0000-4000-8000-000000000000"


def dev(world: World) -> dict[str, str]:
    return {"project_id": world.project_id, "environment": "dev"}


def source(environment: str = "staging", path: str = "/") -> ImportSource:
    return ImportSource(environment=environment, path=path)


def sent(world: World, project: str = "projectId", **more: object) -> dict[str, Any]:
    return {project: world.project_id, "environment": "dev", **more}


def imported(environment: str = "staging", path: str = "/") -> dict[str, Any]:
    return {"import": {"environment": environment, "path": path}}


def order(world: World) -> list[tuple[str | None, int | None]]:
    listed = world.machine.secret_imports.list(**dev(world)).unwrap().secret_imports
    return [(one.import_path, one.position) for one in listed]


def three(world: World) -> dict[str, str]:
    """Imports of three folders, in the order of their names: path -> id."""
    made = {}
    for path in ("/a", "/b", "/c"):
        answer = world.machine.secret_imports.create(**dev(world), import_=source(path=path)).unwrap()
        made[path] = answer.secret_import.id
    return made


def test_an_import_that_was_made_is_read_listed_changed_and_deleted():
    world = World()
    imports = world.machine.secret_imports

    made = imports.create(**dev(world), import_=source(path="/web/")).unwrap()
    where = {**dev(world), "secret_import_id": made.secret_import.id}
    read = imports.get(secret_import_id=made.secret_import.id).unwrap()
    changed = imports.update(**where, import_=ImportChange(environment="prod", path="/db")).unwrap()
    listed = imports.list(**dev(world)).unwrap()
    deleted = imports.delete(**where).unwrap()

    one = made.secret_import
    assert made.message == "Successfully created secret import"
    assert one == SecretImport(
        id=one.id,
        folder_id=one.folder_id,
        import_path="/web",
        import_env=one.import_env,
        position=1,
        version=1,
        is_replication=False,
        is_reserved=False,
        created_at=AT,
        updated_at=AT,
    )
    assert (one.import_env.name, one.import_env.slug) == ("Staging", "staging") if one.import_env else False
    assert (read.project_id, read.secret_path, read.id) == (world.project_id, "/", one.id)
    assert read.environment == ProjectEnvironment(id=read.environment.id, name="Development", slug="dev")
    assert (changed.secret_import.import_path, changed.secret_import.import_env.slug) == ("/db", "prod")
    assert listed.secret_imports == (changed.secret_import,)
    assert deleted.secret_import == changed.secret_import
    assert imports.list(**dev(world)).unwrap().secret_imports == ()


@pytest.mark.parametrize(
    ("moved", "position", "after"),
    [("/a", 3, ["/b", "/c", "/a"]), ("/c", 1, ["/c", "/a", "/b"]), ("/b", 2, ["/a", "/b", "/c"])],
)
def test_an_import_moves_among_the_others(moved, position, after):
    world = World()
    made = three(world)

    world.machine.secret_imports.update(
        **dev(world), secret_import_id=made[moved], import_=ImportChange(position=position)
    ).unwrap()

    assert order(world) == [(path, place) for place, path in enumerate(after, 1)]


def test_those_behind_an_import_move_up_when_it_is_deleted():
    world = World()
    made = three(world)

    world.machine.secret_imports.delete(**dev(world), secret_import_id=made["/a"]).unwrap()

    assert order(world) == [("/b", 1), ("/c", 2)]


def test_the_secrets_of_imported_folders_are_read():
    world = World()
    secret = world.machine.secrets.create(
        project_id=world.project_id, environment="staging", secret_name="KEY", secret_value="${OTHER}"
    ).unwrap()
    world.machine.secret_imports.create(**dev(world), import_=source()).unwrap()

    (group,) = world.machine.secret_imports.get_raw_secrets(**dev(world)).unwrap()
    nothing = world.machine.secret_imports.get_raw_secrets(**dev(world), path="/nowhere").unwrap()

    assert group == ImportedSecretGroup(
        secret_path="/",
        environment="staging",
        environment_info=ProjectEnvironment(id=group.environment_info.id, name="Staging", slug="staging"),
        folder_id=group.folder_id,
        secrets=group.secrets,
    )
    (found,) = group.secrets
    assert isinstance(found, Secret)
    assert (found.id, found.secret_key, found.secret_value, found.created_at) == (secret.id, "KEY", "${OTHER}", AT)
    assert nothing == ()


def test_a_replication_copies_the_secrets_as_they_are_and_anew_when_it_is_asked_to():
    world = World()
    staging = {"project_id": world.project_id, "environment": "staging"}
    world.machine.secrets.create(**staging, secret_name="KEY", secret_value="first").unwrap()
    made = world.machine.secret_imports.create(**dev(world), import_=source(), is_replication=True).unwrap()
    where = {**dev(world), "secret_import_id": made.secret_import.id}

    def values() -> list[str | None]:
        groups = world.machine.secret_imports.get_raw_secrets(**dev(world)).unwrap()
        return [secret.secret_value for group in groups for secret in group.secrets]

    copied = values()
    world.machine.secrets.update(**staging, secret_name="KEY", secret_value="second").unwrap()
    world.clock.advance(1)
    answer = world.person.secret_imports.resync_replication(**where).unwrap()
    anew, listed = values(), world.machine.secret_imports.list(**dev(world)).unwrap().secret_imports
    world.machine.secret_imports.delete(**where).unwrap()

    assert (copied, answer.message, anew) == (["first"], "replication started", ["second"])
    assert [(one.is_replication, one.is_reserved, one.position) for one in listed] == [
        (True, False, 1),
        (False, True, 2),
    ]
    assert (listed[0].is_replication_success, listed[0].last_replicated) == (True, "2026-09-21T14:13:21.000Z")
    assert (order(world), values()) == ([], [])
    assert world.machine.secret_folders.list(**dev(world), path="/").unwrap() == ()


def test_an_import_is_refused_in_the_words_of_the_server():
    world = World()
    one = world.send("POST", IMPORTS, sent(world, **imported()))[1]["secretImport"]["id"]
    ask = world.send

    twice = ask("POST", IMPORTS, sent(world, **imported()))
    itself = ask("POST", IMPORTS, sent(world, **imported("dev")))
    itself_again = ask("POST", IMPORTS, sent(world, **imported("dev")))
    circle = ask("POST", IMPORTS, {**sent(world, **imported("dev")), "environment": "staging"})
    no_environment = ask("POST", IMPORTS, sent(world, **imported("qa")))
    no_folder = ask("POST", IMPORTS, sent(world, path="/x", **imported()))
    no_update = ask("PATCH", f"{IMPORTS}/{NOBODY}", sent(world, **{"import": {}}))
    no_delete = ask("DELETE", f"{IMPORTS}/{NOBODY}", sent(world))
    no_get = ask("GET", f"{IMPORTS}/{NOBODY}")
    no_replication = ask("POST", f"{IMPORTS}/{one}/replication-resync", sent(world))

    assert (twice[0], itself[0]) == (200, 200)  # secret-import-service.ts at 92fdfaaa looks for circles alone
    assert without_id(circle) == without_id(itself_again) == refusal(400, "BadRequest", "Cyclic import not allowed")
    assert without_id(no_environment) == refusal(404, "NotFound", "The requested entity is not found")
    assert without_id(no_folder) == refusal(
        404, "NotFound", "Folder with path '/x' in environment with slug 'dev' not found"
    )
    assert without_id(no_update) == refusal(400, "BadRequest", "Secret import not found")
    assert without_id(no_delete) == refusal(404, "NotFound", f"Secret import with folder ID '{NOBODY}' not found")
    assert without_id(no_get) == refusal(404, "NotFound", f"Secret import with ID '{NOBODY}' not found")
    assert without_id(no_replication) == refusal(400, "BadRequest", "Import is not in replication mode")


def test_an_import_goes_with_the_folder_that_imports():
    world = World()
    world.machine.secret_folders.create(**dev(world), name="web").unwrap()
    made = world.machine.secret_imports.create(**dev(world), path="/web", import_=source()).unwrap()

    world.machine.secret_folders.delete(**dev(world), folder_id_or_name="web").unwrap()

    assert world.machine.secret_imports.get(secret_import_id=made.secret_import.id).failure().status_code == 404


@pytest.mark.parametrize(
    ("role", "writes", "reads"), [("member", 200, 200), ("viewer", 403, 200), ("no-access", 403, 403)]
)
def test_imports_are_read_by_viewers_and_written_by_members(role, writes, reads):
    world = World()
    tokens: list[str] = []

    def opened(state, now):
        state, token = open_session(state, now=now, email="other@example.com", project_role=role)
        tokens.append(token)
        return state

    world.memory.change(opened)

    query = {"projectId": world.project_id, "environment": "dev"}
    assert world.send("POST", IMPORTS, sent(world, **imported()), token=tokens[0])[0] == writes
    assert world.send("GET", IMPORTS, query=query, token=tokens[0])[0] == reads


RECORDED = [
    *("id", "version", "importPath", "position", "createdAt", "updatedAt", "folderId", "isReplication"),
    *("isReplicationSuccess", "replicationStatus", "lastReplicated", "isReserved", "importEnv"),
]


@pytest.mark.parametrize("generation", ["2024-10", "current"])
def test_the_older_mount_answers_as_it_was_recorded(generation):
    world = World(generation=generation)

    _, made = world.send("POST", OLD, sent(world, "workspaceId", path="/", **imported()))
    import_id = made["secretImport"]["id"]
    query = {"workspaceId": world.project_id, "environment": "dev", "path": "/"}
    _, listed = world.send("GET", OLD, query=query)
    _, changed = world.send("PATCH", f"{OLD}/{import_id}", sent(world, "workspaceId", **imported("prod")))
    _, deleted = world.send("DELETE", f"{OLD}/{import_id}", sent(world, "workspaceId", path="/"))

    answers = [made["secretImport"], *listed["secretImports"], changed["secretImport"], deleted["secretImport"]]
    assert [list(answer) for answer in answers] == [RECORDED] * 4
    assert list(made["secretImport"]["importEnv"]) == ["name", "slug", "id"]
    assert [answer["message"] for answer in (made, listed, deleted)] == [
        "Successfully created secret import",
        "Successfully fetched secret imports",
        "Successfully deleted secret import",
    ]


def test_an_import_goes_with_the_environment_that_is_imported():
    world = World()
    made = world.machine.secret_imports.create(**dev(world), import_=source()).unwrap().secret_import
    world.send("DELETE", f"/api/v1/projects/{world.project_id}/environments/{made.import_env.id}")

    read = world.send("GET", f"{IMPORTS}/{made.id}")

    assert (order(world), read[0]) == ([], 404)
