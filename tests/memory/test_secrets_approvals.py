"""Changes that wait for approval on the memory server."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from infisical.endpoints.secrets import NewSecret, Secret, SecretApproval, SecretChange, SecretMove, SecretName
from infisical.memory import require_approval, tables
from tests.memory.secrets_world import AT, V4, body, put, where
from tests.memory.world import World, refusal, without_id


def guarded(path: str | None = None, environment: str = "dev") -> World:
    """A server with a secret, whose changes ask for approval."""
    world = World()
    put(world, KEY="1")
    world.memory.change(lambda state, now: require_approval(state, now=now, environment=environment, path=path))
    return world


def requests(world: World) -> list:
    return list(world.memory.state.rows(tables.approval_requests(world.project_id)).values())


WRITES = {
    "create": lambda w: w.person.secrets.create(**where(w), secret_name="NEW", secret_value="2"),
    "update": lambda w: w.person.secrets.update(**where(w), secret_name="KEY", secret_value="2"),
    "delete": lambda w: w.person.secrets.delete(**where(w), secret_name="KEY"),
    "batch create": lambda w: w.person.secrets.batch_create(
        **where(w), secrets=[NewSecret(secret_key="NEW", secret_value="2")]
    ),
    "batch update": lambda w: w.person.secrets.batch_update(
        **where(w), secrets=[SecretChange(secret_key="KEY", secret_value="2")]
    ),
    "batch delete": lambda w: w.person.secrets.batch_delete(**where(w), secrets=[SecretName(secret_key="KEY")]),
}


@pytest.mark.parametrize("kind", WRITES)
def test_a_write_under_a_policy_is_kept_as_a_request_and_changes_nothing(kind):
    world = guarded()
    before = world.person.secrets.list(**where(world)).unwrap()

    answer = WRITES[kind](world).unwrap()

    (kept,) = requests(world)
    (policy,) = world.memory.state.rows(tables.approval_policies(world.project_id))
    assert answer == SecretApproval(
        id=kept["id"],
        policy_id=policy,
        slug=kept["slug"],
        status="open",
        folder_id=kept["folderId"],
        has_merged=False,
        committer_user_id=world.given.user_id,
        created_at=AT,
        updated_at=AT,
    )
    (change,) = kept["changes"]
    assert (change["op"], change["secretKey"], change.get("secretValue")) == {
        "create": ("create", "NEW", "2"),
        "update": ("update", "KEY", "2"),
        "delete": ("delete", "KEY", None),
    }[kind.split()[-1]]
    assert world.person.secrets.list(**where(world)).unwrap() == before


def test_the_older_routes_ask_for_approval_as_well():
    world = guarded()
    world.become("2024-10")

    answer = world.person.secrets_v3.update(
        workspace_id=world.project_id, environment="dev", secret_name="KEY", secret_value="2"
    ).unwrap()

    assert isinstance(answer, SecretApproval)
    assert len(requests(world)) == 1


def test_what_could_not_be_done_is_not_asked_for():
    world = guarded()

    taken = world.send("POST", f"{V4}/KEY", body(world, secretValue="2"))
    unknown = world.send("DELETE", f"{V4}/NONE", body(world))

    assert without_id(taken) == refusal(
        400, "BadRequest", "Secret 'KEY' already exists in path '/' of environment 'dev'"
    )
    assert without_id(unknown) == refusal(404, "NotFound", "Secret not found")
    assert requests(world) == []


def test_a_policy_covers_its_path_and_its_environment_alone():
    world = guarded(path="/a")
    put(world, "dev", "/a", KEY="1")
    put(world, "dev", "/a/b", KEY="1")
    put(world, "dev", "/ab", KEY="1")
    put(world, "prod", "/a", KEY="1")

    def waits(environment: str, path: str) -> bool:
        answer = world.person.secrets.update(
            **where(world, environment), secret_path=path, secret_name="KEY", secret_value="2"
        )
        return isinstance(answer.unwrap(), SecretApproval)

    assert [waits("dev", "/"), waits("dev", "/ab"), waits("prod", "/a"), waits("dev", "/a/b"), waits("dev", "/a")] == [
        *(False, False, False, False),
        True,
    ]


def test_personal_overrides_need_no_approval():
    world = guarded()

    made = world.person.secrets.create(**where(world), secret_name="KEY", secret_value="mine", type="personal").unwrap()

    assert made.secret_value == "mine"
    assert requests(world) == []


@pytest.mark.parametrize(
    ("environment", "moved"),
    [
        ("dev", SecretMove(is_source_updated=False, is_destination_updated=True)),
        ("prod", SecretMove(is_source_updated=True, is_destination_updated=False)),
    ],
)
def test_a_move_says_which_side_waits(environment, moved):
    world = guarded(environment=environment)
    secret = world.person.secrets.get_by_name(**where(world), secret_name="KEY").unwrap()

    answer = world.person.secrets.move(
        project_id=world.project_id, source_environment="dev", destination_environment="prod", secret_ids=[secret.id]
    ).unwrap()

    def there(slug: str) -> bool:
        return bool(world.person.secrets.list(**where(world, slug)).unwrap().secrets)

    assert answer == moved
    assert (there("dev"), there("prod")) == (not moved.is_source_updated, moved.is_destination_updated)
    assert [change["secretKey"] for row in requests(world) for change in row["changes"]] == ["KEY"]


@pytest.mark.parametrize("kind", WRITES)
def test_machine_identities_need_approval_as_well(kind):
    world = guarded()
    as_machine = SimpleNamespace(person=world.machine, project_id=world.project_id)

    answer = WRITES[kind](as_machine).unwrap()

    (request,) = requests(world)
    assert isinstance(answer, SecretApproval)
    assert (answer.id, answer.committer_user_id) == (request["id"], None)
    assert request["committerIdentityId"] == world.given.identity_id


def test_a_policy_may_let_machine_identities_write_and_that_of_2024_always_does():
    lenient, old = World(), World("2024-10")
    lenient.memory.change(lambda state, now: require_approval(state, now=now, bypass_for_machine_identities=True))
    old.memory.change(lambda state, now: require_approval(state, now=now))

    today = lenient.machine.secrets.create(**where(lenient), secret_name="KEY", secret_value="1").unwrap()
    of_2024 = old.machine.secrets_v3.create(
        workspace_id=old.project_id, environment="dev", secret_name="KEY", secret_value="1"
    ).unwrap()

    assert isinstance(today, Secret)
    assert isinstance(of_2024, Secret)


def test_the_nearest_policy_decides():
    world = World()
    world.memory.change(lambda state, now: require_approval(state, now=now, bypass_for_machine_identities=True))
    world.memory.change(lambda state, now: require_approval(state, now=now, path="/app/**"))
    world.memory.change(
        lambda state, now: require_approval(state, now=now, path="/app/b", bypass_for_machine_identities=True)
    )

    def waits(path: str) -> bool:
        put(world, path=path, KEY="1")
        changed = world.machine.secrets.update(**where(world), secret_path=path, secret_name="KEY", secret_value="2")
        return isinstance(changed.unwrap(), SecretApproval)

    assert [waits("/"), waits("/app/a"), waits("/app/b")] == [False, True, False]
