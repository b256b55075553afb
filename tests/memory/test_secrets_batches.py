"""Many secrets at once on the memory server: batches, which are made wholly or not at all, and moves."""

from __future__ import annotations

from infisical.endpoints.secrets import NewSecret, SecretChange, SecretMove, SecretName
from tests.memory.secrets_world import V4, body, folder, names, where
from tests.memory.world import World, refusal, without_id


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
    changed = batch("PATCH", {"secretKey": "THERE", "secretValue": "2"}, {"secretKey": "NEW", "secretValue": "2"})
    placed = batch("PATCH", {"secretKey": "THERE", "secretValue": "2"}, {"secretKey": "X", "secretPath": "/nope"})
    deleted = batch("DELETE", {"secretKey": "THERE"}, {"secretKey": "NEW"})

    assert created == refusal(400, "BadRequest", "Secret already exists: 'THERE' in path '/' of environment 'dev'")
    assert changed == refusal(404, "NotFound", "Secret does not exist: NEW in path /")
    assert placed == refusal(404, "NotFound", "Folder with path '/nope' in environment 'dev' not found")
    assert deleted == refusal(404, "NotFound", "One or more secrets does not exist: THERE")
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
def test_secrets_are_moved_with_all_that_they_have_and_their_overrides_stay():
    world = World()
    made = world.machine.secrets.create(
        **where(world), secret_name="KEY", secret_value="1", secret_comment="c"
    ).unwrap()
    world.person.secrets.create(**where(world), secret_name="KEY", secret_value="mine", type="personal").unwrap()

    moved = world.machine.secrets.move(
        project_id=world.project_id, source_environment="dev", destination_environment="prod", secret_ids=[made.id]
    ).unwrap()
    there = world.machine.secrets.get_by_name(**where(world, "prod"), secret_name="KEY").unwrap()

    def own(environment: str) -> list[str]:
        listing = world.person.secrets.list(**where(world, environment), include_personal_overrides=True).unwrap()
        return [one.secret_value for one in listing.secrets]

    assert moved == SecretMove(is_source_updated=True, is_destination_updated=True)
    assert (there.secret_value, there.secret_comment, there.version) == ("1", "c", 1)
    assert (own("prod"), own("dev")) == (["1"], ["mine"])
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
    assert without_id(strange) == refusal(
        404,
        "NotFound",
        "One or more secrets not found in source folder with path '/' and environment slug 'dev'",
    )
    assert without_id(nowhere) == refusal(
        404, "NotFound", "Destination folder with path '/nope' in environment with slug 'prod' not found"
    )
    assert written == (200, {"isSourceUpdated": True, "isDestinationUpdated": True})
    assert (there.secret_value, there.version) == ("1", 2)
