"""Folders on the memory server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from infisical import NULL
from infisical.endpoints.secret_folders import Folder, FolderChange, FolderEnvironment
from infisical.memory import open_session, require_approval
from tests.memory.world import World, refusal, without_id

FOLDERS = "/api/v2/folders"
OLD = "/api/v1/folders"
AT = "2026-09-21T14:13:20.000Z"
CASSETTE = Path(__file__).parents[2] / "cassettes" / "folders_v1.yaml"


def dev(world: World) -> dict[str, str]:
    return {"project_id": world.project_id, "environment": "dev"}


def body(world: World, **more: object) -> dict[str, object]:
    return {"projectId": world.project_id, "environment": "dev", **more}


def old_body(world: World, **more: object) -> dict[str, object]:
    return {"workspaceId": world.project_id, "environment": "dev", **more}


def names(world: World, path: str = "/") -> list[str | None]:
    return [folder.name for folder in world.machine.secret_folders.list(**dev(world), path=path).unwrap()]


def join(world: World, project_role: str) -> str:
    """The JWT of another person, member of the project in this role."""
    given: list[str] = []

    def opened(state, now):
        state, token = open_session(state, now=now, email="other@example.com", project_role=project_role)
        given.append(token)
        return state

    world.memory.change(opened)
    return given[0]


def test_a_folder_that_was_made_is_read_by_its_id_and_listed():
    world = World()
    folders = world.machine.secret_folders

    made = folders.create(**dev(world), name="web", path="apps", description="what is served").unwrap()
    read = folders.get_by_id(id=made.id).unwrap()

    assert made == Folder(
        id=made.id,
        name="web",
        description="what is served",
        path="/apps/web",
        version=1,
        env_id=made.env_id,
        parent_id=made.parent_id,
        is_reserved=False,
        created_at=AT,
        updated_at=AT,
    )
    assert read == Folder(
        **{name: getattr(made, name) for name in Folder.__slots__ if name not in ("environment", "project_id")},
        environment=FolderEnvironment(env_id=made.env_id or "", env_name="Development", env_slug="dev"),
        project_id=world.project_id,
    )
    assert [folder.id for folder in folders.list(**dev(world), path="/apps").unwrap()] == [made.id]


def test_a_folder_is_created_with_those_of_its_path_and_not_a_second_time():
    world = World()
    folders = world.machine.secret_folders

    folders.create(**dev(world), name="c", path="/a/b/").unwrap()
    again = world.send("POST", FOLDERS, body(world, name="c", path="/a/b", description="else"))

    assert without_id(again) == refusal(400, "BadRequest", "Folder with name 'c' already exists in path '/a/b'")
    assert (names(world), names(world, "/a"), names(world, "/a/b")) == (["a"], ["b"], ["c"])


def test_a_list_is_in_order_of_names_and_a_recursive_one_by_depth_with_paths_from_there():
    world = World()
    folders = world.machine.secret_folders
    for path, name in (("/", "b"), ("/", "A"), ("/b", "y"), ("/A", "z"), ("/A/z", "deep")):
        folders.create(**dev(world), path=path, name=name).unwrap()

    every = folders.list(**dev(world), path="/", recursive=True).unwrap()
    below = folders.list(**dev(world), path="A", recursive=True).unwrap()
    flat = folders.list(**dev(world), path="/").unwrap()

    assert [folder.relative_path for folder in every] == ["/A", "/b", "/b/y", "/A/z", "/A/z/deep"]
    assert [folder.relative_path for folder in below] == ["/z", "/z/deep"]
    assert [(folder.name, folder.relative_path) for folder in flat] == [("A", None), ("b", None)]
    assert folders.list(**dev(world), path="/nowhere", recursive=True).unwrap() == ()


def test_a_list_may_leave_out_folders_whose_secrets_did_not_change_since():
    world = World()
    for name in ("old", "new", "empty"):
        world.machine.secret_folders.create(**dev(world), name=name).unwrap()
    world.machine.secrets.create(**dev(world), secret_path="/old", secret_name="K", secret_value="1").unwrap()
    world.clock.advance(60)
    world.machine.secrets.create(**dev(world), secret_path="/new", secret_name="K", secret_value="1").unwrap()

    since = "2026-09-21T14:14:20Z"
    listed = world.machine.secret_folders.list(**dev(world), path="/", last_secret_modified=since).unwrap()

    assert [folder.name for folder in listed] == ["new"]


def test_a_change_is_a_new_version_and_what_it_leaves_out_stays():
    world = World()
    folders = world.machine.secret_folders
    made = folders.create(**dev(world), name="web", description="first").unwrap()
    where = {**dev(world), "folder_id": made.id}
    world.clock.advance(1)

    renamed = folders.update(**where, name="www").unwrap()
    cleared = folders.update(**where, name="www", description=NULL).unwrap()

    assert (renamed.version, renamed.name, renamed.path, renamed.description) == (2, "www", "/www", "first")
    assert (renamed.created_at, renamed.updated_at) == (AT, "2026-09-21T14:13:21.000Z")
    assert (cleared.version, cleared.description) == (3, None)
    assert names(world) == ["www"]


def test_a_batch_changes_all_or_nothing():
    world = World()
    folders = world.machine.secret_folders
    first, second = (folders.create(**dev(world), name=name).unwrap().id for name in ("a", "b"))
    good = FolderChange(id=first, environment="dev", name="x")
    bad = FolderChange(id=second, environment="dev", name="x")

    failed = folders.update_batch(project_id=world.project_id, folders=[good, bad])
    after = names(world)
    changed = folders.update_batch(project_id=world.project_id, folders=[good]).unwrap()

    assert failed.failure().message == "Folder with specified name already exists: Batch update folder"
    assert after == ["a", "b"]
    assert [(folder.id, folder.name, folder.path) for folder in changed] == [(first, "x", None)]
    assert names(world) == ["b", "x"]


def test_an_old_client_may_name_a_folder_where_an_id_is_asked_for():
    world = World()
    world.send("POST", FOLDERS, body(world, name="web"))

    status, answer = world.send("PATCH", f"{FOLDERS}/web", body(world, name="www"))

    assert (status, answer["folder"]["name"]) == (200, "www")


def test_a_folder_is_deleted_by_name_or_id_with_all_that_is_in_it():
    world = World()
    folders, secrets = world.machine.secret_folders, world.machine.secrets
    folders.create(**dev(world), name="b", path="/a").unwrap()
    secret = secrets.create(**dev(world), secret_path="/a/b", secret_name="K", secret_value="1").unwrap()
    empty = folders.create(**dev(world), name="empty").unwrap()

    refused = folders.delete(**dev(world), folder_id_or_name="a").failure()
    by_id = folders.delete(**dev(world), folder_id_or_name=empty.id).unwrap()
    forced = folders.delete(**dev(world), folder_id_or_name="a", force_delete=True).unwrap()

    assert refused.message == (
        'Cannot delete folder "a" because it contains resources. Use forceDelete=true to delete it forcefully.'
    )
    assert (by_id.id, forced.name) == (empty.id, "a")
    assert names(world) == []
    assert secrets.get_by_id(secret_id=secret.id).failure().status_code == 404
    folders.create(**dev(world), name="b", path="/a").unwrap()
    assert secrets.list(**dev(world), secret_path="/a/b").unwrap().secrets == ()


def test_the_older_mount_deletes_what_is_full_without_being_forced():
    world = World()
    world.send("POST", OLD, old_body(world, name="b", directory="/a"))

    status, answer = world.send("DELETE", f"{OLD}/a", old_body(world))

    assert (status, answer["folder"]["name"]) == (200, "a")
    assert names(world) == []


def test_a_folder_whose_secrets_need_an_approval_stays():
    world = World()
    world.machine.secret_folders.create(**dev(world), name="safe").unwrap()
    world.machine.secrets.create(**dev(world), secret_path="/safe", secret_name="K", secret_value="1").unwrap()
    world.memory.change(lambda state, now: require_approval(state, now=now, path="/safe"))

    failed = world.person.secret_folders.delete(**dev(world), folder_id_or_name="safe", force_delete=True).failure()

    assert (failed.status_code, failed.error_type) == (400, "DeleteFolderProtectedByPolicy")
    assert names(world) == ["safe"]


def test_a_machine_identity_deletes_a_folder_of_secrets_that_need_an_approval():
    world = World()
    world.machine.secret_folders.create(**dev(world), name="safe").unwrap()
    world.machine.secrets.create(**dev(world), secret_path="/safe", secret_name="K", secret_value="1").unwrap()
    world.memory.change(lambda state, now: require_approval(state, now=now, path="/safe"))

    deleted = world.machine.secret_folders.delete(**dev(world), folder_id_or_name="safe", force_delete=True).unwrap()

    assert (deleted.name, names(world)) == ("safe", [])


def test_a_folder_is_refused_in_the_words_of_the_server():
    world = World()
    nobody = "00000000-0000-4000-8000-000000000000"
    for name in ("a", "b"):
        world.send("POST", FOLDERS, body(world, name=name))
    ask = world.send

    taken = ask("PATCH", f"{FOLDERS}/a", body(world, name="b"))
    unknown = ask("PATCH", f"{FOLDERS}/{nobody}", body(world, name="c"))
    no_id = ask("GET", f"{FOLDERS}/{nobody}")
    no_folder = ask("DELETE", f"{FOLDERS}/nope", body(world))
    no_folder_of_machines = ask("DELETE", f"{FOLDERS}/nope", body(world), token=world.token())
    no_uuid = ask("GET", f"{FOLDERS}/nope")
    no_project = ask("POST", FOLDERS, {**body(world, name="c"), "projectId": nobody})
    no_path = ask("DELETE", f"{FOLDERS}/a", body(world, path="/x"))
    no_environment = ask("POST", FOLDERS, {**body(world, name="c"), "environment": "qa"})
    no_list = ask("GET", FOLDERS, query={"projectId": world.project_id, "environment": "qa", "path": "/"})
    bad_path = ask("POST", FOLDERS, body(world, name="c", path="/x y"))

    not_there = f"Environment with slug 'qa' in project with ID '{world.project_id}' not found"
    assert without_id(taken) == refusal(400, "UpdateFolder", "Folder with specified name already exists")
    assert without_id(unknown) == refusal(404, "UpdateFolder", f"Folder with ID '{nobody}' not found")
    assert without_id(no_id) == refusal(404, "NotFound", f"Folder with ID '{nobody}' not found")
    assert without_id(no_folder) == refusal(404, "NotFound", "Target folder not found")
    assert without_id(no_folder_of_machines) == refusal(404, "NotFound", "Folder with ID 'nope' not found")
    assert without_id(no_uuid) == refusal(500, "Find by id", "Something went wrong")
    assert without_id(no_project) == refusal(404, "NotFound", f"Project with {nobody} not found")
    assert without_id(no_path) == refusal(
        404, "NotFound", "Folder with path '/x' in environment with slug 'dev' not found"
    )
    assert without_id(no_environment) == refusal(404, "NotFound", not_there)
    assert without_id(no_list) == refusal(404, "NotFound", "Environment with slug 'qa' not found")
    assert without_id(bad_path) == refusal(
        400,
        "BadRequest",
        "Invalid secret path. Only alphanumeric characters, dashes, and underscores are allowed.",
    )


@pytest.mark.parametrize("name", ["", "a b", "a/b", "ä", "a.b"])
def test_a_name_has_letters_digits_dashes_and_underscores_only(name):
    world = World()

    status, answer = world.send("POST", FOLDERS, body(world, name=name))

    assert (status, [issue["path"] for issue in answer["message"]]) == (422, [["name"]])


def test_a_list_asks_for_a_path():
    world = World()

    status, answer = world.send("GET", FOLDERS, query={"projectId": world.project_id, "environment": "dev"})

    assert (status, answer["message"][0]["path"]) == (422, ["path"])


@pytest.mark.parametrize(
    ("role", "writes", "lists"),
    [("admin", 200, 200), ("member", 200, 200), ("viewer", 403, 200), ("no-access", 403, 200)],
)
def test_all_members_list_folders_and_those_who_write_make_them(role, writes, lists):
    world = World()
    token = join(world, role)
    where = {"projectId": world.project_id, "environment": "dev", "path": "/"}

    assert world.send("POST", FOLDERS, body(world, name="a"), token=token)[0] == writes
    assert world.send("GET", FOLDERS, query=where, token=token)[0] == lists


def test_who_is_no_member_of_the_project_lists_nothing():
    world = World()
    tokens: list[str] = []

    def opened(state, now):
        state, token = open_session(state, now=now, email="other@example.com")
        tokens.append(token)
        return state

    world.memory.change(opened)
    where = {"projectId": world.project_id, "environment": "dev", "path": "/"}

    assert world.send("GET", FOLDERS, query=where, token=tokens[0])[0] == 403


def recorded() -> list[tuple[str, dict, dict]]:
    interactions = yaml.safe_load(CASSETTE.read_text())["interactions"]
    return [
        (
            one["request"]["method"],
            json.loads(one["request"]["body"] or "{}"),
            json.loads(one["response"]["body"]["string"]),
        )
        for one in interactions
    ]


def keys(value: object) -> object:
    """The names of an answer in their order, without its values."""
    if isinstance(value, dict):
        return [(name, keys(inner)) for name, inner in value.items()]
    return [keys(inner) for inner in value[:1]] if isinstance(value, list) else None


def test_the_server_of_2024_answers_as_it_was_recorded():
    world = World(generation="2024-10")
    answers = {}
    _, answers["POST"] = world.send("POST", OLD, old_body(world, name="cassette"))
    folder_id = answers["POST"]["folder"]["id"]
    query = {"workspaceId": world.project_id, "environment": "dev", "path": "/"}
    _, answers["LIST"] = world.send("GET", OLD, query=query)
    _, answers["PATCH"] = world.send("PATCH", f"{OLD}/{folder_id}", old_body(world, name="renamed"))
    _, answers["GET"] = world.send("GET", f"{OLD}/{folder_id}")
    _, answers["DELETE"] = world.send("DELETE", f"{OLD}/{folder_id}", old_body(world))

    expected = {method if "folders" not in answer else "LIST": answer for method, _, answer in recorded()}
    assert {name: keys(answer) for name, answer in answers.items()} == {
        name: keys(answer) for name, answer in expected.items()
    }
    assert answers["DELETE"]["folder"] == answers["PATCH"]["folder"]


def test_the_server_of_2024_refuses_as_it_was_recorded():
    world = World(generation="2024-10")
    nobody = "00000000-0000-4000-8000-000000000000"

    assert world.send("DELETE", f"{OLD}/nope", old_body(world)) == refusal(
        404, "NotFound", "Failed to delete folder with ID 'nope', not found"
    )
    assert world.send("GET", f"{OLD}/{nobody}") == refusal(404, "NotFound", f"Folder with ID '{nobody}' not found")


def test_the_older_mount_of_today_answers_with_todays_keys():
    world = World()

    _, made = world.send("POST", OLD, old_body(world, name="a"))
    _, today = world.send("POST", FOLDERS, body(world, name="b"))

    assert list(made["folder"]) == list(today["folder"])
    assert list(made["folder"])[-3:] == ["description", "lastSecretModified", "path"]


def test_writing_counts_for_the_limit_of_secrets():
    world = World(rate_limits={"secrets": 1})

    statuses = [world.send("POST", FOLDERS, body(world, name=name))[0] for name in ("a", "b")]

    assert statuses == [200, 429]
