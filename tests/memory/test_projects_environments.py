"""Environments on the memory server."""

from __future__ import annotations

import pytest

from infisical import NotFoundError
from infisical.endpoints.projects import ProjectEnvironment
from infisical.memory import open_session, require_approval
from infisical.memory.call import format_time
from infisical.memory.tables import FOLDER_PLACES, SECRET_PLACES
from tests.memory.steps import after
from tests.memory.world import START, World, refusal, without_id

NOW = format_time(START)


def slugs(world: World) -> list[str]:
    return [one.slug for one in world.machine.projects.list_environments(project_id=world.project_id).unwrap()]


def positions(world: World) -> dict[str, int]:
    rows = world.memory.state.rows(("environments", world.project_id)).values()
    return {row["slug"]: row["position"] for row in rows}


def the_id(world: World, slug: str) -> str:
    listed = world.machine.projects.list_environments(project_id=world.project_id).unwrap()
    return next(one.id for one in listed if one.slug == slug)


def path(world: World, slug: str | None = None) -> str:
    every = f"/api/v1/projects/{world.project_id}/environments"
    return every if slug is None else f"{every}/{the_id(world, slug)}"


def test_an_environment_that_was_made_is_read_renamed_and_deleted():
    world = World()
    projects, where = world.machine.projects, {"project_id": world.project_id}

    made = projects.create_environment(**where, name="Preview", slug="preview").unwrap()
    read = projects.get_environment(**where, env_id=made.id).unwrap()
    world.clock.advance(1)
    renamed = projects.update_environment(**where, environment_id=made.id, name="Trial", slug="trial").unwrap()

    assert made == ProjectEnvironment(
        id=made.id,
        name="Preview",
        slug="preview",
        position=4,
        project_id=world.project_id,
        created_at=NOW,
        updated_at=NOW,
    )
    assert read == made
    assert (renamed.name, renamed.slug, renamed.position, renamed.updated_at) == ("Trial", "trial", 4, made.updated_at)
    assert slugs(world) == ["dev", "staging", "prod", "trial"]
    assert projects.delete_environment(**where, environment_id=made.id).unwrap() == renamed
    assert slugs(world) == ["dev", "staging", "prod"]


def test_a_new_environment_makes_place_for_itself():
    world = World()
    projects, where = world.machine.projects, {"project_id": world.project_id}

    projects.create_environment(**where, name="First", slug="first", position=1).unwrap()
    projects.create_environment(**where, name="Far", slug="far", position=9).unwrap()

    assert positions(world) == {"dev": 2, "staging": 3, "prod": 4, "first": 1, "far": 9}
    assert slugs(world) == ["first", "dev", "staging", "prod", "far"]


@pytest.mark.parametrize(
    ("moved", "position", "order"),
    [
        ("prod", 1, ["prod", "dev", "staging"]),
        ("dev", 3, ["staging", "prod", "dev"]),
        ("staging", 2, ["dev", "staging", "prod"]),
    ],
)
def test_an_environment_is_moved_and_the_others_make_place(moved, position, order):
    world = World()

    world.machine.projects.update_environment(
        project_id=world.project_id, environment_id=the_id(world, moved), position=position
    ).unwrap()

    assert slugs(world) == order
    assert sorted(positions(world).values()) == [1, 2, 3]


def test_what_lies_in_a_deleted_environment_goes_with_it_and_so_do_imports_of_it():
    world = World()
    staging = {"project_id": world.project_id, "environment": "staging"}
    dev = {"project_id": world.project_id, "environment": "dev"}
    world.machine.secret_folders.create(**staging, name="app", path="/").unwrap()
    world.machine.secrets.create(**staging, secret_name="KEY", secret_value="1", secret_path="/app").unwrap()
    world.machine.secrets.create(**dev, secret_name="OWN", secret_value="2").unwrap()
    source = {"environment": "staging", "path": "/app"}
    body = {"projectId": world.project_id, "environment": "dev", "path": "/", "import": source}
    assert world.send("POST", "/api/v2/secret-imports", body)[0] == 200
    gone = the_id(world, "staging")

    world.machine.projects.delete_environment(project_id=world.project_id, environment_id=gone).unwrap()

    rows = world.memory.state.rows
    lost = world.machine.secrets.get_by_name(**staging, secret_name="KEY", secret_path="/app").failure()
    assert isinstance(lost, NotFoundError)
    assert [one.secret_key for one in world.machine.secrets.list(**dev).unwrap().secrets] == ["OWN"]
    assert world.machine.secret_imports.list(**dev).unwrap().secret_imports == ()
    assert [table for name, table in world.memory.state.tables.items() if name[0] == "imports"] == []
    assert len(rows(SECRET_PLACES)) == 1
    assert gone not in {row["envId"] for row in rows(FOLDER_PLACES).values()}
    assert world.machine.projects.create_environment(
        project_id=world.project_id, name="Staging", slug="staging"
    ).unwrap()
    assert world.machine.secrets.list(**staging).unwrap().secrets == ()


def test_an_environment_whose_changes_ask_for_an_approval_is_not_deleted():
    world = World()
    world.memory.change(lambda state, now: require_approval(state, now=now, environment="dev"))

    refused = world.send("DELETE", path(world, "dev"))

    assert without_id(refused) == refusal(400, "DeleteEnvironment", "Environment is in use by a secret approval policy")
    assert slugs(world) == ["dev", "staging", "prod"]


def test_a_slug_that_is_taken_is_refused_in_the_words_of_the_server():
    world = World()
    body = {"name": "x", "slug": "dev"}

    made = world.send("POST", path(world), body)
    changed = world.send("PATCH", path(world, "prod"), {"slug": "dev"})
    own = world.send("PATCH", path(world, "dev"), {"slug": "dev"})
    world.become("2024-10")
    before = world.send("POST", f"/api/v1/workspace/{world.project_id}/environments", body)

    assert without_id(made) == refusal(400, "CreateEnvironment", "Environment with slug already exists")
    assert without_id(changed) == refusal(400, "UpdateEnvironment", "Environment with slug already exist")
    assert own[0] == 200
    assert before == refusal(400, "CreateEnvironment", "Environment with slug already exist")


@pytest.mark.parametrize(
    "body",
    [
        {"slug": "x"},
        {"name": "x"},
        {"name": "", "slug": "x"},
        {"name": "n" * 256, "slug": "x"},
        {"name": "x", "slug": "No Slug"},
        {"name": "x", "slug": "s" * 65},
        {"name": "x", "slug": "x", "position": 0},
    ],
)
def test_a_new_environment_has_limits(body):
    world = World()

    status, answer = world.send("POST", path(world), body)

    assert (status, answer["error"]) == (422, "ValidationFailure")
    assert slugs(world) == ["dev", "staging", "prod"]


def test_an_environment_that_is_not_there_is_not_found():
    world = World()
    unknown = world.project_id
    missing = f"Environment with id '{unknown}' in project with ID '{world.project_id}' not found"

    assert without_id(world.send("GET", f"{path(world)}/{unknown}")) == refusal(
        404, "NotFound", f"Environment with ID '{unknown}' not found"
    )
    assert without_id(world.send("PATCH", f"{path(world)}/{unknown}", {})) == refusal(404, "NotFound", missing)
    assert without_id(world.send("DELETE", f"{path(world)}/{unknown}")) == refusal(404, "DeleteEnvironment", missing)


def test_viewers_read_environments_and_only_members_write_them():
    world = World()
    viewer = after(world, open_session, email="eve@example.com", project_role="viewer")
    member = after(world, open_session, email="bob@example.com", project_role="member")
    body = {"name": "x", "slug": "x"}

    assert world.send("GET", path(world, "dev"), token=viewer)[1]["environment"]["slug"] == "dev"
    assert without_id(world.send("POST", path(world), body, token=viewer)) == refusal(
        403, "PermissionDenied", "You are not allowed to create on environments"
    )
    assert world.send("POST", path(world), body, token=member)[0] == 200


def test_both_names_of_projects_answer_with_keys_of_their_own():
    world = World()

    _, project = world.send("POST", path(world), {"name": "a", "slug": "a"})
    _, workspace = world.send("POST", f"/api/v1/workspace/{world.project_id}/environments", {"name": "b", "slug": "b"})

    assert list(project) == ["message", "projectId", "environment"]
    assert list(workspace) == ["message", "workspace", "environment"]
    assert (project["message"], workspace["workspace"]) == (
        "Successfully created new environment",
        world.project_id,
    )
