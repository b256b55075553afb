"""Secrets on the memory server: written, read back, listed, changed and deleted; and what is refused."""

from __future__ import annotations

import pytest

from infisical.endpoints.secrets import NewSecret, Secret, SecretMetadata, SecretTag
from infisical.memory import tree
from infisical.memory.secrets.store import drop_secrets
from infisical.memory.tables import PROJECTS
from tests.memory.secrets_world import AT, V4, body, change, folder, names, query, where
from tests.memory.world import World, refusal, without_id


# ---- written and read back
def test_a_secret_that_was_written_is_read_back_as_it_was_written():
    world = World()
    tag = world.machine.secret_tags.create(project_id=world.project_id, slug="blue", color="#00f").unwrap()
    metadata = (SecretMetadata(key="team", value="core", is_encrypted=False),)

    made = world.machine.secrets.create(
        **where(world),
        secret_name="KEY",
        secret_value="  a value \n",
        secret_comment="why",
        tag_ids=[tag.id],
        skip_multiline_encoding=True,
        secret_reminder_repeat_days=30,
        secret_reminder_note="turn it",
        secret_metadata=metadata,
    ).unwrap()
    read = world.machine.secrets.get_by_name(**where(world), secret_name="KEY").unwrap()

    assert read == Secret(
        id=made.id,
        secret_key="KEY",
        secret_value="a value\n",
        secret_value_hidden=False,
        version=1,
        type="shared",
        workspace=world.project_id,
        environment="dev",
        secret_path="/",
        secret_comment="why",
        skip_multiline_encoding=True,
        secret_metadata=metadata,
        tags=(SecretTag(id=tag.id, slug="blue", name="blue", color="#00f"),),
        is_rotated_secret=False,
        created_at=AT,
        updated_at=AT,
    )
    assert world.machine.secrets.list(**where(world)).unwrap().secrets == (read,)
    by_id = world.machine.secrets.get_by_id(secret_id=made.id).unwrap()
    assert (by_id.secret_value, by_id.secret_path, by_id.secret_value_hidden) == ("a value\n", "/", None)


def test_each_answer_has_the_keys_of_todays_server():
    world = World()
    raw = [
        *("id", "_id", "workspace", "environment", "version", "type", "secretKey", "secretValue", "secretComment"),
        *("secretReminderNote", "secretReminderRepeatDays", "skipMultilineEncoding", "createdAt", "updatedAt"),
        *("isRotatedSecret", "rotationId"),
    ]
    read = [*raw, "secretPath", "secretValueHidden", "secretMetadata", "tags"]

    made = world.send("POST", f"{V4}/KEY", body(world, secretValue="1"))[1]
    changed = world.send("PATCH", f"{V4}/KEY", body(world, secretValue="2"))[1]
    got = world.send("GET", f"{V4}/KEY", query=query(world))[1]
    listed = world.send("GET", V4, query=query(world))[1]
    deleted = world.send("DELETE", f"{V4}/KEY", body(world))[1]

    assert list(made["secret"]) == raw
    assert list(changed["secret"]) == list(deleted["secret"]) == [*raw, "secretValueHidden"]
    assert list(got["secret"]) == list(listed["secrets"][0]) == read
    assert list(listed) == ["secrets", "imports"]


def test_a_change_makes_a_version_and_earlier_ones_can_be_read():
    world = World()
    secrets = world.machine.secrets
    secrets.create(**where(world), secret_name="KEY", secret_value="one", secret_comment="first").unwrap()
    world.clock.advance(60)

    answered = secrets.update(**where(world), secret_name="KEY", secret_value="two").unwrap()
    first = secrets.get_by_name(**where(world), secret_name="KEY", version=1).unwrap()
    newest = secrets.get_by_name(**where(world), secret_name="KEY").unwrap()
    missing = world.send("GET", f"{V4}/KEY", query=query(world, version="3"))

    assert (first.secret_value, first.version, first.updated_at) == ("one", 1, AT)
    assert (newest.secret_value, newest.secret_comment, newest.version) == ("two", "first", 2)
    assert (newest.created_at, newest.updated_at) == (AT, "2026-09-21T14:14:20.000Z")
    assert (answered.secret_value, answered.secret_comment) == ("two", "")  # what was left out is empty, as there
    assert without_id(missing) == refusal(404, "NotFound", "Secret with name 'KEY' not found")


def test_what_a_change_leaves_out_stays_and_reminders_are_elsewhere():
    world = World()
    world.send(
        "POST",
        f"{V4}/KEY",
        body(world, secretValue="1", secretReminderRepeatDays=3, secretReminderNote="n", skipMultilineEncoding=True),
    )

    world.send("PATCH", f"{V4}/KEY", body(world, secretComment="c"))
    kept = world.send("GET", f"{V4}/KEY", query=query(world))[1]["secret"]
    world.send("PATCH", f"{V4}/KEY", body(world, secretReminderRepeatDays=None, secretReminderNote=None))
    cleared = world.send("GET", f"{V4}/KEY", query=query(world))[1]["secret"]

    columns = ("secretValue", "secretComment", "secretReminderRepeatDays", "secretReminderNote")
    assert [kept[name] for name in columns] == ["1", "c", None, None]
    assert [cleared[name] for name in columns] == ["1", "c", None, None]
    assert (kept["skipMultilineEncoding"], kept["version"], cleared["version"]) == (True, 2, 3)


def test_a_renamed_secret_keeps_its_id_and_leaves_its_name_free():
    world = World()
    secrets = world.machine.secrets
    made = secrets.create(**where(world), secret_name="OLD", secret_value="1").unwrap()
    secrets.create(**where(world), secret_name="OTHER", secret_value="2").unwrap()

    renamed = secrets.update(**where(world), secret_name="OLD", new_secret_name="NEW").unwrap()
    taken = world.send("PATCH", f"{V4}/NEW", body(world, newSecretName="OTHER"))
    gone = world.send("GET", f"{V4}/OLD", query=query(world))

    assert (renamed.id, renamed.secret_key) == (made.id, "NEW")
    assert secrets.get_by_id(secret_id=made.id).unwrap().secret_value == "1"
    assert without_id(taken) == refusal(400, "BadRequest", "Secret with the new name already exists")
    assert gone[0] == 404
    assert secrets.create(**where(world), secret_name="OLD", secret_value="3").unwrap().id != made.id


def test_a_deleted_secret_is_gone_by_name_and_id_and_in_the_list():
    world = World()
    secrets = world.machine.secrets
    made = secrets.create(**where(world), secret_name="KEY", secret_value="1").unwrap()

    deleted = secrets.delete(**where(world), secret_name="KEY").unwrap()

    assert (deleted.id, deleted.secret_value) == (made.id, "1")
    assert secrets.list(**where(world)).unwrap().secrets == ()
    assert without_id(world.send("GET", f"{V4}/id/{made.id}")) == refusal(
        404, "GetSecretById", f"Secret with ID '{made.id}' not found"
    )
    again = secrets.create(**where(world), secret_name="KEY", secret_value="2").unwrap()
    assert (again.version, again.id == made.id) == (1, False)


def test_a_folder_that_is_dropped_takes_its_secrets_with_it():
    world, empty = World(), World()
    made = world.machine.secrets.create(**where(world), secret_name="KEY", secret_value="1").unwrap()

    change(world, lambda call: drop_secrets(call, tree.find_folder(call.draft, world.project_id, "dev", "/")))

    def kinds(of: World) -> set[str]:
        return {name if isinstance(name, str) else name[0] for name in of.memory.state.tables}

    assert world.send("GET", f"{V4}/id/{made.id}")[0] == 404
    assert world.machine.secrets.list(**where(world)).unwrap().secrets == ()
    assert kinds(world) == kinds(empty)


# ---- refused
def test_refusals_are_in_the_words_of_the_server():
    world = World()
    world.send("POST", f"{V4}/KEY", body(world, secretValue="1"))

    missing = "Folder with path '/nope' in environment with slug 'dev' not found"
    asked = {
        "taken": world.send("POST", f"{V4}/KEY", body(world, secretValue="1")),
        "no environment": world.send("POST", f"{V4}/X", {**body(world, secretValue="1"), "environment": "nope"}),
        "no folder": world.send("GET", f"{V4}/X", query=query(world, secretPath="/nope/")),
        "no folder to change": world.send("PATCH", f"{V4}/X", body(world, secretPath="/nope")),
        "no folder to delete": world.send("DELETE", f"{V4}/X", body(world, secretPath="/nope")),
        "unknown": world.send("GET", f"{V4}/X", query=query(world)),
        "unknown to change": world.send("PATCH", f"{V4}/X", body(world, secretValue="1")),
        "unknown to delete": world.send("DELETE", f"{V4}/X", body(world)),
        "no project": world.send("GET", V4, query={"environment": "dev"}),
        "no slug": world.send("GET", f"{V4}/KEY", query={"projectId": world.project_id}),
        "no tag": world.send("POST", f"{V4}/X", body(world, secretValue="1", tagIds=["none"])),
    }

    assert {name: without_id(answer) for name, answer in asked.items()} == {
        "taken": refusal(400, "BadRequest", "Secret 'KEY' already exists in path '/' of environment 'dev'"),
        "no environment": refusal(
            404, "NotFound", f"Environment with slug 'nope' not found in project with ID {world.project_id}"
        ),
        "no folder": refusal(404, "GetSecretByName", missing),
        "no folder to change": refusal(404, "UpdateSecret", missing),
        "no folder to delete": refusal(404, "DeleteSecret", missing),
        "unknown": refusal(404, "NotFound", "Secret with name 'X' not found"),
        "unknown to change": refusal(404, "NotFound", "Secret with name X not found"),
        "unknown to delete": refusal(404, "NotFound", "Secret not found"),
        "no project": refusal(400, "BadRequest", "Missing project id or environment"),
        "no slug": refusal(400, "BadRequest", "Missing environment"),
        "no tag": refusal(404, "NotFound", "Tag not found. Found "),
    }


def test_what_a_request_may_hold_has_limits():
    world = World()
    long_note = body(world, secretValue="1", secretReminderNote="n" * 1025)

    colon = world.send("POST", f"{V4}/A:B", body(world, secretValue="1"))
    slash = world.send("POST", f"{V4}/A%2FB", body(world, secretValue="1"))
    note = world.send("POST", f"{V4}/KEY", long_note)
    flag = world.send("GET", V4, query=query(world, recursive="yes"))
    filters = world.send("GET", V4, query=query(world, metadataFilter="|".join(["key=a,value=b"] * 11)))
    none = world.send("POST", f"{V4}/batch", body(world, secrets=[]))
    null = world.send("PATCH", f"{V4}/KEY", body(world, skipMultilineEncoding=None))

    told = [(answer[0], answer[1]["error"], answer[1]["message"][0]["path"]) for answer in (colon, slash, note)]
    assert told == [
        (422, "ValidationFailure", ["secretName"]),
        (422, "ValidationFailure", ["secretName"]),
        (422, "ValidationFailure", ["secretReminderNote"]),
    ]
    assert [answer[0] for answer in (flag, filters, none, null)] == [422] * 4
    assert filters[1]["message"][0]["message"] == "You can only filter by up to 10 metadata fields"
    assert world.machine.secrets.list(**where(world)).unwrap().secrets == ()


def test_a_project_that_wants_capitals_refuses_other_names():
    world = World()
    change(world, lambda call: call.draft.merge(PROJECTS, world.project_id, autoCapitalization=True))

    one = world.send("POST", f"{V4}/lower", body(world, secretValue="1"))
    many = world.send("POST", f"{V4}/batch", body(world, secrets=[{"secretKey": "lower", "secretValue": "1"}]))
    good = world.send("POST", f"{V4}/UPPER", body(world, secretValue="1"))
    renamed = world.send("PATCH", f"{V4}/UPPER", body(world, newSecretName="lower"))

    assert [answer[0] for answer in (one, many, good, renamed)] == [400, 400, 200, 400]
    assert "UPPERCASE" in one[1]["message"]
    assert "UPPERCASE per project requirements: lower." in many[1]["message"]


# ---- lists
def test_a_list_is_of_one_folder_and_recursive_of_those_below_with_their_paths():
    world = World()
    folder(world, "a", "b")
    folder(world, "c")
    for path, name in (("/", "TOP"), ("/a", "IN_A"), ("/a/b", "IN_B"), ("/c", "IN_C")):
        world.machine.secrets.create(**where(world), secret_name=name, secret_value="1", secret_path=path).unwrap()

    def found(path: str, recursive: bool) -> dict[str, str]:
        got = world.machine.secrets.list(**where(world), secret_path=path, recursive=recursive).unwrap()
        return {secret.secret_key: secret.secret_path for secret in got.secrets}

    assert found("/", False) == {"TOP": "/"}
    assert found("/a/", False) == {"IN_A": "/a"}
    assert found("/", True) == {"TOP": "/", "IN_A": "/a", "IN_B": "/a/b", "IN_C": "/c"}
    assert found("/a", True) == {"IN_A": "/a", "IN_B": "/a/b"}


@pytest.mark.parametrize("recursive", [False, True])
def test_a_list_of_a_folder_that_is_not_there_is_refused_today_and_empty_in_2024(recursive):
    world = World()
    nowhere = {**where(world), "secret_path": "/nope", "recursive": recursive}

    today = world.machine.secrets.list(**nowhere).failure()
    world.become("2024-10")
    old = world.machine.secrets_v3.list(
        workspace_id=world.project_id, environment="dev", secret_path="/nope", recursive=recursive
    ).unwrap()

    assert (today.status_code, today.error_type) == (404, "SecretPathNotFound")
    assert (old.secrets, old.imports) == ((), ())


def test_a_list_is_in_the_order_of_ids():
    world = World()
    for name in "ABCDEFGH":
        world.machine.secrets.create(**where(world), secret_name=name, secret_value="1").unwrap()

    listed = [secret.id for secret in world.machine.secrets.list(**where(world)).unwrap().secrets]

    assert listed == sorted(listed)
    assert len(listed) == 8


def test_a_list_is_filtered_by_tags_and_metadata():
    world = World()
    tags = {
        slug: world.machine.secret_tags.create(project_id=world.project_id, slug=slug, color="").unwrap().id
        for slug in ("red", "blue", "green")
    }
    world.machine.secrets.batch_create(
        **where(world),
        secrets=[
            NewSecret(secret_key="A", secret_value="1", tag_ids=(tags["red"],)),
            NewSecret(secret_key="B", secret_value="1", tag_ids=(tags["blue"], tags["green"])),
            NewSecret(
                secret_key="C",
                secret_value="1",
                secret_metadata=(SecretMetadata(key="x", value="1"), SecretMetadata(key="y", value="2")),
            ),
            NewSecret(
                secret_key="D",
                secret_value="1",
                secret_metadata=(SecretMetadata(key="x", value="1", is_encrypted=True),),
            ),
        ],
    ).unwrap()

    def found(**how: object) -> list[str]:
        return names(world.machine.secrets.list(**where(world), **how).unwrap().secrets)

    assert found(tag_slugs=["red"]) == ["A"]
    assert found(tag_slugs=["red", "green"]) == ["A", "B"]
    assert found(tag_slugs=["none"]) == []
    assert found(metadata_filter="key=x,value=1") == ["C"]
    assert found(metadata_filter="key=x,value=1|key=y,value=2") == ["C"]
    assert found(metadata_filter="key=x,value=2") == []
    assert found(metadata_filter="key=x") == ["A", "B", "C", "D"]


def test_a_tag_that_was_deleted_is_on_no_secret_any_more():
    world = World()
    tag = world.machine.secret_tags.create(project_id=world.project_id, slug="red", color="").unwrap()
    world.machine.secrets.create(**where(world), secret_name="KEY", secret_value="1", tag_ids=[tag.id]).unwrap()

    world.machine.secret_tags.delete(project_id=world.project_id, tag_id=tag.id).unwrap()

    assert world.machine.secrets.get_by_name(**where(world), secret_name="KEY").unwrap().tags == ()


def test_values_may_be_hidden():
    world = World()
    world.machine.secrets.create(**where(world), secret_name="KEY", secret_value="1", secret_comment="c").unwrap()

    one = world.machine.secrets.get_by_name(**where(world), secret_name="KEY", view_secret_value=False).unwrap()
    listed = world.machine.secrets.list(**where(world), view_secret_value=False).unwrap().secrets

    assert (one.secret_value, one.secret_value_hidden, one.secret_comment) == ("<hidden-by-infisical>", True, "c")
    assert listed == (one,)
