"""Secrets on the memory server: written, read back, changed, deleted, moved; who may, and what is refused."""

from __future__ import annotations

import pytest

from infisical import Jwt
from infisical.endpoints.secrets import (
    NewSecret,
    Secret,
    SecretChange,
    SecretMetadata,
    SecretMove,
    SecretName,
    SecretTag,
)
from infisical.memory import open_session
from tests.memory.world import World, refusal, without_id

AT = "2026-09-21T14:13:20.000Z"
V4 = "/api/v4/secrets"


def where(world: World, environment: str = "dev") -> dict[str, str]:
    return {"project_id": world.project_id, "environment": environment}


def body(world: World, **more: object) -> dict[str, object]:
    return {"projectId": world.project_id, "environment": "dev", **more}


def query(world: World, **more: str) -> dict[str, str]:
    return {"projectId": world.project_id, "environment": "dev", **more}


def folder(world: World, *names: str, environment: str = "dev") -> None:
    """Make folders, one in the other."""
    from infisical.memory.loading import put_secrets

    path = "/" + "/".join(names)
    world.memory.change(lambda state, now: put_secrets(state, {}, now=now, path=path, environment=environment))
    found = {"MARK": ""}
    world.memory.change(lambda state, now: put_secrets(state, found, now=now, path=path, environment=environment))
    world.machine.secrets.delete(**where(world, environment), secret_name="MARK", secret_path=path).unwrap()


def member(world: World, role: str, email: str = "one@example.com"):
    """A client of one more person, who has a role in the project."""
    state, token = open_session(world.memory.state, now=world.clock(), email=email, project_role=role)
    world.memory.change(lambda _, now: state)
    return world.client(Jwt(token)), token


def names(secrets) -> list[str]:
    return sorted(secret.secret_key for secret in secrets)


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
        secret_reminder_note="turn it",
        secret_reminder_repeat_days=30,
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
    assert list(listed) == ["secrets"]


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


def test_what_a_change_leaves_out_stays_and_null_clears_a_reminder():
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
    assert [kept[name] for name in columns] == ["1", "c", 3, "n"]
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


# ---- refused
def test_refusals_are_in_the_words_of_the_server():
    world = World()
    world.send("POST", f"{V4}/KEY", body(world, secretValue="1"))

    def missing(environment: str, path: str) -> str:
        return f"Folder with path '{path}' in environment with slug '{environment}' not found"

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
        "taken": refusal(400, "BadRequest", "Secret already exist"),
        "no environment": refusal(404, "CreateSecret", missing("nope", "/")),
        "no folder": refusal(404, "GetSecretByName", missing("dev", "/nope")),
        "no folder to change": refusal(404, "UpdateSecret", missing("dev", "/nope")),
        "no folder to delete": refusal(404, "DeleteSecret", missing("dev", "/nope")),
        "unknown": refusal(404, "NotFound", "Secret with name 'X' not found"),
        "unknown to change": refusal(404, "NotFound", "Secret with name X not found"),
        "unknown to delete": refusal(404, "DeleteSecret", "Secret with name 'X' not found"),
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
    world.memory.change(capitalized)

    one = world.send("POST", f"{V4}/lower", body(world, secretValue="1"))
    many = world.send("POST", f"{V4}/batch", body(world, secrets=[{"secretKey": "lower", "secretValue": "1"}]))
    good = world.send("POST", f"{V4}/UPPER", body(world, secretValue="1"))
    renamed = world.send("PATCH", f"{V4}/UPPER", body(world, newSecretName="lower"))

    assert [answer[0] for answer in (one, many, good, renamed)] == [400, 400, 200, 400]
    assert "UPPERCASE" in one[1]["message"]
    assert "UPPERCASE per project requirements: lower." in many[1]["message"]


def capitalized(state, now):
    from infisical.memory.call import Call
    from infisical.memory.seeding import NOBODY
    from infisical.memory.state import Draft
    from infisical.memory.tables import PROJECTS

    call = Call(Draft(state), NOBODY, now, {})
    call.draft.merge(PROJECTS, state.given.project_id, autoCapitalization=True)
    return call.draft.finish()


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
    assert found("/nope", False) == found("/nope", True) == {}


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


# ---- personal overrides
def test_an_override_stands_in_place_of_the_shared_one_for_its_owner_alone():
    world = World()
    world.machine.secrets.create(**where(world), secret_name="KEY", secret_value="ours").unwrap()
    own = world.person.secrets.create(**where(world), secret_name="KEY", secret_value="mine", type="personal").unwrap()
    other, _ = member(world, "admin")

    def listed(client) -> list[tuple[str, str]]:
        return [(one.secret_value, one.type) for one in client.secrets.list(**where(world)).unwrap().secrets]

    def value(client, kind: str) -> str:
        return client.secrets.get_by_name(**where(world), secret_name="KEY", type=kind).unwrap().secret_value

    assert listed(world.person) == [("mine", "personal")]
    assert listed(world.machine) == listed(other) == [("ours", "shared")]
    assert (value(world.person, "personal"), value(world.person, "shared")) == ("mine", "ours")
    assert without_id(world.send("GET", f"{V4}/id/{own.id}", token=member(world, "admin", "two@example.com")[1])) == (
        refusal(403, "GetSecretById", "You are not allowed to access this secret")
    )


def test_an_override_is_changed_and_deleted_alone_and_goes_with_the_shared_one():
    world = World()
    shared, personal = where(world), {**where(world), "type": "personal"}
    world.machine.secrets.create(**shared, secret_name="KEY", secret_value="ours").unwrap()
    world.person.secrets.create(**personal, secret_name="KEY", secret_value="mine").unwrap()

    world.person.secrets.update(**personal, secret_name="KEY", secret_value="mine 2").unwrap()
    changed = world.person.secrets.get_by_name(**personal, secret_name="KEY").unwrap()
    world.person.secrets.delete(**personal, secret_name="KEY").unwrap()
    alone = world.person.secrets.list(**shared).unwrap().secrets
    again = world.person.secrets.create(**personal, secret_name="KEY", secret_value="mine 3").unwrap()
    world.machine.secrets.delete(**shared, secret_name="KEY").unwrap()

    assert (changed.secret_value, changed.version) == ("mine 2", 2)
    assert [one.secret_value for one in alone] == ["ours"]
    assert world.person.secrets.list(**shared).unwrap().secrets == ()
    assert world.send("GET", f"{V4}/id/{again.id}")[0] == 404


def test_personal_secrets_are_refused_where_the_server_refuses_them():
    world = World()
    personal = body(world, secretValue="1", type="personal")

    by_machine = world.send("POST", f"{V4}/KEY", personal, token=world.token())
    alone = world.send("POST", f"{V4}/KEY", personal)
    world.send("POST", f"{V4}/KEY", body(world, secretValue="1"))
    world.send("POST", f"{V4}/KEY", personal)
    renamed = world.send("PATCH", f"{V4}/KEY", body(world, type="personal", newSecretName="NEW"))
    unknown = world.send("DELETE", f"{V4}/OTHER", body(world, type="personal"))

    assert without_id(by_machine) == refusal(400, "BadRequest", "Must be user to create personal secret")
    assert without_id(alone) == refusal(
        400, "BadRequest", "Failed to create personal secret override for no corresponding shared secret"
    )
    assert without_id(renamed) == refusal(400, "BadRequest", "Personal secret cannot change the key name")
    assert unknown[0] == 404


# ---- batches
def test_a_batch_creates_in_its_order():
    world = World()

    made = world.machine.secrets.batch_create(
        **where(world),
        secrets=[NewSecret(secret_key="B", secret_value="1"), NewSecret(secret_key="A", secret_value="2")],
    ).unwrap()

    assert [(one.secret_key, one.secret_value, one.version) for one in made] == [("B", "1", 1), ("A", "2", 1)]
    assert names(world.machine.secrets.list(**where(world)).unwrap().secrets) == ["A", "B"]


def test_a_batch_is_made_wholly_or_not_at_all():
    world = World()
    world.send("POST", f"{V4}/THERE", body(world, secretValue="1"))
    before = world.machine.secrets.list(**where(world)).unwrap()

    def batch(method: str, *items: dict[str, object], **more: object):
        return without_id(world.send(method, f"{V4}/batch", body(world, secrets=list(items), **more)))

    created = batch("POST", {"secretKey": "NEW", "secretValue": "1"}, {"secretKey": "THERE", "secretValue": "1"})
    doubled = batch("POST", {"secretKey": "NEW", "secretValue": "1"}, {"secretKey": "NEW", "secretValue": "2"})
    changed = batch("PATCH", {"secretKey": "THERE", "secretValue": "2"}, {"secretKey": "NEW", "secretValue": "2"})
    placed = batch("PATCH", {"secretKey": "THERE", "secretValue": "2"}, {"secretKey": "X", "secretPath": "/nope"})
    deleted = batch("DELETE", {"secretKey": "THERE"}, {"secretKey": "NEW"})

    assert created == refusal(400, "BadRequest", "Secret already exist: THERE")
    assert doubled == refusal(400, "BadRequest", "Secret already exist: NEW")
    assert changed == refusal(404, "NotFound", "Secret does not exist: NEW in path /")
    assert placed == refusal(
        404, "UpdateManySecret", "Folder with path '/nope' in environment with slug 'dev' not found"
    )
    assert deleted == refusal(404, "NotFound", "One or more secrets does not exist: NEW")
    assert world.machine.secrets.list(**where(world)).unwrap() == before


def test_a_batch_changes_and_creates_or_leaves_what_is_not_there():
    world = World()
    world.send("POST", f"{V4}/THERE", body(world, secretValue="1"))
    folder(world, "a")
    changes = [
        SecretChange(secret_key="THERE", secret_value="2"),
        SecretChange(secret_key="NEW", secret_value="3"),
        SecretChange(secret_key="DEEP", secret_value="4", secret_path="/a"),
    ]

    ignored = world.machine.secrets.batch_update(**where(world), mode="ignore", secrets=changes).unwrap()
    upserted = world.machine.secrets.batch_update(**where(world), mode="upsert", secrets=changes).unwrap()
    deep = world.machine.secrets.get_by_name(**where(world), secret_name="DEEP", secret_path="/a").unwrap()

    assert [(one.secret_key, one.version) for one in ignored] == [("THERE", 2)]
    assert [(one.secret_key, one.version) for one in upserted] == [("THERE", 3), ("NEW", 1), ("DEEP", 1)]
    assert deep.secret_value == "4"
    nothing = world.machine.secrets.batch_update(
        **where(world), mode="ignore", secrets=[SecretChange(secret_key="NONE", secret_value="1")]
    )
    assert nothing.unwrap() == ()


def test_a_batch_renames_but_not_to_a_name_that_is_taken():
    world = World()
    for name in ("A", "B"):
        world.send("POST", f"{V4}/{name}", body(world, secretValue=name))

    taken = world.send("PATCH", f"{V4}/batch", body(world, secrets=[{"secretKey": "A", "newSecretName": "B"}]))
    both = [{"secretKey": "A", "newSecretName": "C"}, {"secretKey": "B", "newSecretName": "C"}]
    twice = world.send("PATCH", f"{V4}/batch", body(world, secrets=both))
    free = world.send("PATCH", f"{V4}/batch", body(world, secrets=[{"secretKey": "A", "newSecretName": "C"}]))

    assert without_id(taken) == refusal(400, "BadRequest", "Secret with new name already exists: B")
    assert without_id(twice) == refusal(400, "BadRequest", "Secret with new name already exists: C")
    assert [(one["secretKey"], one["secretValue"]) for one in free[1]["secrets"]] == [("C", "A")]


def test_a_batch_deletes_shared_ones_and_own_overrides():
    world = World()
    for name in ("A", "B", "C"):
        world.send("POST", f"{V4}/{name}", body(world, secretValue=name))
    world.send("POST", f"{V4}/A", body(world, secretValue="mine", type="personal"))

    deleted = world.person.secrets.batch_delete(
        **where(world), secrets=[SecretName(secret_key="A", type="personal"), SecretName(secret_key="B")]
    ).unwrap()

    assert [(one.secret_key, one.type, one.secret_value) for one in deleted] == [
        ("A", "personal", "mine"),
        ("B", "shared", "B"),
    ]
    left = world.person.secrets.list(**where(world)).unwrap().secrets
    assert sorted((one.secret_key, one.secret_value) for one in left) == [("A", "A"), ("C", "C")]


# ---- moved
def test_secrets_are_moved_with_overrides_and_all_that_they_have():
    world = World()
    made = world.machine.secrets.create(
        **where(world), secret_name="KEY", secret_value="1", secret_comment="c"
    ).unwrap()
    world.person.secrets.create(**where(world), secret_name="KEY", secret_value="mine", type="personal").unwrap()

    moved = world.machine.secrets.move(
        project_id=world.project_id, source_environment="dev", destination_environment="prod", secret_ids=[made.id]
    ).unwrap()
    there = world.machine.secrets.get_by_name(**where(world, "prod"), secret_name="KEY").unwrap()
    own = world.person.secrets.list(**where(world, "prod")).unwrap().secrets

    assert moved == SecretMove(is_source_updated=True, is_destination_updated=True)
    assert (there.secret_value, there.secret_comment, there.version) == ("1", "c", 1)
    assert [one.secret_value for one in own] == ["mine"]
    assert world.person.secrets.list(**where(world)).unwrap().secrets == ()


def test_a_move_overwrites_only_where_that_is_asked():
    world = World()
    made = world.machine.secrets.create(**where(world), secret_name="KEY", secret_value="1").unwrap()
    world.machine.secrets.create(**where(world, "prod"), secret_name="KEY", secret_value="2").unwrap()
    asked = {
        "projectId": world.project_id,
        "sourceEnvironment": "dev",
        "destinationEnvironment": "prod",
        "secretIds": [made.id],
    }

    kept = world.send("POST", f"{V4}/move", asked)
    strange = world.send("POST", f"{V4}/move", {**asked, "secretIds": [world.project_id]})
    nowhere = world.send("POST", f"{V4}/move", {**asked, "destinationSecretPath": "/nope"})
    written = world.send("POST", f"{V4}/move", {**asked, "shouldOverwrite": True})
    there = world.machine.secrets.get_by_name(**where(world, "prod"), secret_name="KEY").unwrap()

    told = "Failed to move secrets. The following secrets already exist in the destination: KEY"
    assert without_id(kept) == refusal(400, "BadRequest", told)
    assert without_id(strange) == refusal(400, "BadRequest", "Invalid secrets")
    assert without_id(nowhere) == refusal(
        404, "NotFound", "Destination folder with path '/nope' in environment with slug 'prod' not found"
    )
    assert written == (200, {"isSourceUpdated": True, "isDestinationUpdated": True})
    assert (there.secret_value, there.version) == ("1", 2)


# ---- who may
@pytest.mark.parametrize(
    ("role", "reads", "writes"), [("member", 200, 200), ("viewer", 200, 403), ("no-access", 403, 403)]
)
def test_roles_say_who_reads_and_who_writes(role, reads, writes):
    world = World()
    world.send("POST", f"{V4}/KEY", body(world, secretValue="1"))
    _, token = member(world, role)

    assert world.send("GET", V4, query=query(world), token=token)[0] == reads
    assert world.send("GET", f"{V4}/KEY", query=query(world), token=token)[0] == reads
    assert world.send("POST", f"{V4}/NEW", body(world, secretValue="1"), token=token)[0] == writes
    assert world.send("PATCH", f"{V4}/KEY", body(world, secretValue="2"), token=token)[0] == writes
    assert world.send("DELETE", f"{V4}/KEY", body(world), token=token)[0] == writes


def test_a_viewer_is_refused_in_the_words_of_the_server():
    world = World()
    _, token = member(world, "viewer")

    answer = world.send("POST", f"{V4}/KEY", body(world, secretValue="1"), token=token)

    assert without_id(answer) == refusal(403, "PermissionDenied", "You are not allowed to create on secrets")


def service_token(world: World, *scopes: tuple[str, str], permissions: tuple[str, ...] = ("read",)) -> str:
    """A service token as its own routes keep it."""
    from infisical.memory.call import Call
    from infisical.memory.seeding import NOBODY
    from infisical.memory.state import Draft
    from infisical.memory.tables import SERVICE_TOKENS

    given = []

    def change(state, now):
        call = Call(Draft(state), NOBODY, now, {})
        row = call.new_row(
            name="t",
            projectId=state.given.project_id,
            secret="s",
            scopes=[{"environment": environment, "secretPath": path} for environment, path in scopes],
            permissions=list(permissions),
            expiresAt=None,
        )
        call.draft.put(SERVICE_TOKENS, row["id"], row)
        given.append(f"st.{row['id']}.s")
        return call.draft.finish()

    world.memory.change(change)
    return given[0]


def test_a_service_token_with_one_scope_reads_that_scope_whatever_is_asked():
    world = World()
    world.send("POST", f"{V4}/KEY", body(world, secretValue="dev"))
    world.send("POST", f"{V4}/KEY", {**body(world, secretValue="prod"), "environment": "prod"})
    token = service_token(world, ("prod", "/"))

    listed = world.send("GET", V4, query={"environment": "dev"}, token=token)
    one = world.send("GET", f"{V4}/KEY", query=query(world), token=token)
    written = world.send("POST", f"{V4}/NEW", body(world, secretValue="1"), token=token)

    assert [secret["secretValue"] for secret in listed[1]["secrets"]] == ["prod"]
    assert (one[1]["secret"]["secretValue"], one[1]["secret"]["environment"]) == ("prod", "prod")
    assert without_id(written) == refusal(403, "PermissionDenied", "You are not allowed to create on secrets")


def test_a_service_token_is_held_to_its_scopes():
    world = World()
    folder(world, "a", "b")
    world.send("POST", f"{V4}/KEY", body(world, secretValue="1", secretPath="/a/b"))
    token = service_token(world, ("dev", "/a/**"), ("dev", "/a"), permissions=("read", "write"))

    def status(method: str, path: str) -> int:
        if method == "GET":
            return world.send("GET", V4, query=query(world, secretPath=path), token=token)[0]
        return world.send("POST", f"{V4}/NEW", body(world, secretValue="1", secretPath=path), token=token)[0]

    assert (status("GET", "/"), status("GET", "/a/b")) == (403, 200)
    assert (status("POST", "/"), status("POST", "/a/b")) == (403, 200)


def test_an_access_list_has_people_and_machines_by_their_roles():
    world = World()
    world.send("POST", f"{V4}/KEY", body(world, secretValue="1"))
    member(world, "viewer", "viewer@example.com")
    member(world, "no-access", "nobody@example.com")
    everything = ("describeSecret", "readValue", "delete", "create", "edit")

    found = world.person.secrets.get_access_list(**where(world), secret_name="KEY").unwrap()
    all_of_them = world.person.secrets.get_access_list(
        **where(world), secret_name="KEY", include_all_entities=True
    ).unwrap()
    unknown = world.send("GET", "/api/v1/secrets/X/access-list", query=query(world))

    assert [(one.name, one.allowed_actions) for one in found.identities] == [("example-identity", everything)]
    assert [(one.name, one.allowed_actions) for one in found.users] == [
        ("admin@example.com", everything),
        ("viewer@example.com", ("describeSecret", "readValue")),
    ]
    assert found.groups == ()
    assert [one.name for one in all_of_them.users][-1] == "nobody@example.com"
    assert unknown[0] == 404


def test_a_folder_that_is_dropped_takes_its_secrets_with_it():
    from infisical.memory import tree
    from infisical.memory.call import Call
    from infisical.memory.secrets import drop_folder
    from infisical.memory.seeding import NOBODY
    from infisical.memory.state import Draft

    world = World()
    made = world.machine.secrets.create(**where(world), secret_name="KEY", secret_value="1").unwrap()
    empty = World()

    def change(state, now):
        call = Call(Draft(state), NOBODY, now, {})
        found = tree.find_folder(call.draft, state.given.project_id, "dev", "/")
        drop_folder(call, found)
        return call.draft.finish()

    world.memory.change(change)

    assert world.send("GET", f"{V4}/id/{made.id}")[0] == 404
    assert world.machine.secrets.list(**where(world)).unwrap().secrets == ()
    kinds = {name if isinstance(name, str) else name[0] for name in world.memory.state.tables}
    assert kinds == {name if isinstance(name, str) else name[0] for name in empty.memory.state.tables}
