"""Who reads and writes which secrets on the memory server: roles, service tokens, personal overrides."""

from __future__ import annotations

import pytest

from tests.memory.secrets_world import V4, body, folder, member, query, service_token, where
from tests.memory.world import World, refusal, without_id


# ---- personal overrides
def test_an_override_is_listed_in_place_of_the_shared_one_for_its_owner_who_asks_for_it():
    world = World()
    world.machine.secrets.create(**where(world), secret_name="KEY", secret_value="ours").unwrap()
    own = world.person.secrets.create(**where(world), secret_name="KEY", secret_value="mine", type="personal").unwrap()
    other, _ = member(world, "admin")

    def listed(client, **how: bool) -> list[tuple[str, str]]:
        listed = client.secrets.list(**where(world), **how).unwrap().secrets
        return [(one.secret_value, one.type) for one in listed]

    asked = {"include_personal_overrides": True}

    def value(client, kind: str) -> str:
        return client.secrets.get_by_name(**where(world), secret_name="KEY", type=kind).unwrap().secret_value

    assert listed(world.person) == [("ours", "shared")]
    assert listed(world.person, **asked) == [("mine", "personal")]
    assert listed(world.machine, **asked) == listed(other, **asked) == [("ours", "shared")]
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

    world.send("POST", f"{V4}/KEY", body(world, secretValue="1"))

    def count(path: str) -> int:
        return len(world.send("GET", V4, query=query(world, secretPath=path), token=token)[1]["secrets"])

    def status(method: str, name: str, path: str) -> int:
        if method == "GET":
            return world.send("GET", f"{V4}/{name}", query=query(world, secretPath=path), token=token)[0]
        return world.send("POST", f"{V4}/{name}", body(world, secretValue="1", secretPath=path), token=token)[0]

    assert (count("/"), count("/a/b")) == (0, 1)
    assert (status("GET", "KEY", "/"), status("GET", "KEY", "/a/b")) == (403, 200)
    assert (status("POST", "NEW", "/"), status("POST", "NEW", "/a/b")) == (403, 200)


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
