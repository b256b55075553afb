"""Secrets through the v3 raw routes, in both generations; and the recorded requests, answered as they were recorded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from infisical.memory import tree
from infisical.memory.call import Call
from infisical.memory.secrets.store import write_secret
from infisical.request import HttpRequest
from tests.memory.secrets_world import change, member
from tests.memory.world import World, refusal, without_id
from tests.wire import CASSETTES, PROJECT

V3 = "/api/v3/secrets/raw"
SAMPLES = Path(__file__).parents[1] / "samples"
GENERATIONS = pytest.mark.parametrize("generation", ["current", "2024-10"])
RAW = [
    *("id", "_id", "workspace", "environment", "version", "type", "secretKey", "secretValue", "secretComment"),
    *("secretReminderNote", "secretReminderRepeatDays", "skipMultilineEncoding"),
]


def body(world: World, **more: object) -> dict[str, object]:
    return {"workspaceId": world.project_id, "environment": "dev", **more}


def query(world: World, **more: str) -> dict[str, str]:
    return {"workspaceId": world.project_id, "environment": "dev", **more}


@GENERATIONS
def test_a_secret_is_written_read_changed_and_deleted(generation):
    world = World(generation=generation)
    secrets, where = world.machine.secrets_v3, {"workspace_id": world.project_id, "environment": "dev"}

    made = secrets.create(**where, secret_name="KEY", secret_value="1", secret_comment="c").unwrap()
    read = secrets.get_by_name(**where, secret_name="KEY").unwrap()
    changed = secrets.update(**where, secret_name="KEY", secret_value="2").unwrap()
    listed = secrets.list(**where).unwrap().secrets
    deleted = secrets.delete(**where, secret_name="KEY").unwrap()

    assert (read.id, read.secret_value, read.secret_comment) == (made.id, "1", "c")
    assert (changed.secret_value, changed.secret_comment, changed.version) == ("2", "", 2)
    assert [(one.secret_value, one.secret_comment, one.secret_path) for one in listed] == [("2", "c", "/")]
    assert (deleted.id, deleted.secret_value, deleted.secret_comment) == (made.id, "2", "c")
    assert secrets.list(**where).unwrap().secrets == ()


def test_the_server_of_2024_answers_with_the_keys_that_were_recorded():
    world = World(generation="2024-10")
    raw = [*RAW, "metadata", "createdAt", "updatedAt"]

    made = world.send("POST", f"{V3}/KEY", body(world, secretValue="1", secretPath="/"))[1]
    got = world.send("GET", f"{V3}/KEY", query=query(world))[1]
    listed = world.send("GET", V3, query=query(world, include_imports="true"))[1]
    plain = world.send("GET", V3, query=query(world))[1]

    assert list(made["secret"]) == raw
    assert list(got["secret"]) == [*raw, "tags"]
    assert list(listed["secrets"][0]) == [*raw, "secretPath", "tags"]
    assert (listed["imports"], "imports" in plain) == ([], False)
    assert made["secret"]["metadata"] is None


def test_the_server_of_2024_answers_with_the_newest_version_whichever_is_asked():
    world = World()
    world.send("POST", f"{V3}/KEY", body(world, secretValue="1"))
    world.send("PATCH", f"{V3}/KEY", body(world, secretValue="2"))

    def value() -> str:
        return world.send("GET", f"{V3}/KEY", query=query(world, version="1"))[1]["secret"]["secretValue"]

    assert value() == "1"
    world.become("2024-10")
    assert value() == "2"


def test_the_server_of_2024_does_not_know_what_came_later():
    world = World()
    world.send("POST", f"{V3}/KEY", body(world, secretValue="1", secretMetadata=[{"key": "a", "value": "b"}]))
    world.become("2024-10")

    listed = world.send("GET", V3, query=query(world, viewSecretValue="what", metadataFilter="key=x,value=y"))
    upserted = world.send(
        "PATCH",
        "/api/v3/secrets/batch/raw",
        body(world, mode="upsert", secrets=[{"secretKey": "NEW", "secretValue": "1"}]),
    )
    by_id = world.send("GET", f"{V3}/id/{listed[1]['secrets'][0]['id']}")

    assert [one["secretValue"] for one in listed[1]["secrets"]] == ["1"]
    assert (upserted[0], by_id[0]) == (404, 404)


@GENERATIONS
def test_a_project_is_named_by_its_slug_as_well(generation):
    world = World(generation=generation)
    batch = {"projectSlug": world.given.project_slug, "environment": "dev"}

    made = world.send(
        "POST", "/api/v3/secrets/batch/raw", {**batch, "secrets": [{"secretKey": "KEY", "secretValue": "1"}]}
    )
    read = world.send("GET", V3, query={"workspaceSlug": world.given.project_slug, "environment": "dev"})
    strange = world.send("GET", V3, query={"workspaceSlug": "strange", "environment": "dev"})

    assert made[1]["secrets"][0]["workspace"] == world.project_id
    assert [one["secretKey"] for one in read[1]["secrets"]] == ["KEY"]
    assert without_id(strange) == (
        refusal(404, "NotFound", "Project with slug 'strange' not found")
        if generation == "current"
        else refusal(500, "Find project by slug", "Something went wrong")
    )


def test_a_place_that_is_not_named_is_asked_for_in_each_servers_words():
    world = World()

    def asked() -> list[str]:
        answers = (
            world.send("GET", V3, query={"environment": "dev"}),
            world.send("GET", f"{V3}/KEY", query={"workspaceId": world.project_id}),
            world.send("GET", f"{V3}/KEY", query={"environment": "dev"}),
        )
        assert [status for status, _ in answers] == [400, 400, 400]
        return [answer["message"] for _, answer in answers]

    same = ["Missing environment", "You must provide workspaceSlug or workspaceId"]
    assert asked() == ["Missing project id or environment", *same]
    written = world.send("POST", f"{V3}/KEY", {"environment": "dev", "secretValue": "1"})
    assert without_id(written) == refusal(400, "BadRequest", "You must provide projectSlug or workspaceId")
    world.become("2024-10")
    assert asked() == ["Missing workspace id or environment", *same]


def test_a_batch_that_ignores_all_of_its_secrets_goes_wrong():
    world = World()

    answer = world.send(
        "PATCH",
        "/api/v3/secrets/batch/raw",
        body(world, mode="ignore", secrets=[{"secretKey": "NONE", "secretValue": "1"}]),
    )

    assert without_id(answer) == refusal(500, "InternalServerError", "Something went wrong")


# ---- recorded
def seeded() -> World:
    """The recorded server, as far as secrets go."""
    world = World(generation="2024-10")

    def made(call: Call) -> None:
        root = tree.find_folder(call.draft, world.project_id, "dev", "/")
        app = tree.create_folder(call, world.project_id, root["envId"], "app", root)
        write_secret(call, app, "HELLO", "world", comment="made by bootstrap")

    change(world, made)
    return world


def shape(value: Any) -> Any:
    """What an answer is made of: the keys in their order, without the values."""
    if isinstance(value, dict):
        return [(key, shape(one)) for key, one in value.items()]
    return [shape(one) for one in value] if isinstance(value, list) else None


def test_the_recorded_secrets_are_answered_alike():
    world = seeded()
    differing = []
    recorded = yaml.safe_load((CASSETTES / "secrets_v3_raw.yaml").read_text("utf-8"))["interactions"]
    token = world.token()
    for place, interaction in enumerate(recorded):
        request, response = interaction["request"], interaction["response"]
        content = None if request["body"] is None else request["body"].replace(PROJECT, world.project_id).encode()
        kind = () if content is None else (("Content-Type", "application/json"),)
        sent = HttpRequest(
            request["method"],
            request["uri"].replace(PROJECT, world.project_id),
            (("Authorization", f"Bearer {token}"), *kind),
            content,
            30.0,
        )
        got = world.memory(sent).unwrap()
        wanted, own = json.loads(response["body"]["string"]), json.loads(got.body)
        same = (got.status, shape(own)) == (response["status"]["code"], shape(wanted))
        if not same or ("error" in wanted and own != wanted) or values(own) != values(wanted):
            differing.append((place, own, wanted))

    assert len(recorded) == 10
    assert differing == []


def values(answer: Any) -> Any:
    """What an answer says of secrets, without ids and dates; lists in an order of their own."""
    found = [answer["secret"]] if "secret" in answer else answer.get("secrets", [])
    columns = ("version", "type", "secretKey", "secretValue", "secretComment", "skipMultilineEncoding", "secretPath")
    return sorted([str(one.get(column)) for column in columns] for one in found)


@pytest.mark.parametrize(
    "name",
    [
        "400_secret_exists",
        "400_secret_list_no_workspace",
        "401_validation_missing_fields",
        "403_viewer_create_secret",
        "404_environment_secret_create",
        "404_folder_path_secret_get",
        "404_project_unknown",
        "404_secret",
        "404_secret_delete",
        "404_secret_update",
    ],
)
def test_a_recorded_refusal_is_answered_alike(name):
    sample = json.loads((SAMPLES / f"{name}.json").read_text("utf-8"))
    world = seeded()
    token = member(world, "viewer")[1] if "viewer" in name else world.token()  # the samples are those of an identity
    request = sample["request"]
    sent = None if request["body"] is None else json.loads(request["body"].replace(PROJECT, world.project_id))

    answer = world.send(request["method"], request["path"].replace(PROJECT, world.project_id), sent, token=token)

    assert answer == (sample["status"], sample["body_json"])
