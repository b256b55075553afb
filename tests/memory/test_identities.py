"""Machine identities on the memory server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from infisical import IdentityAccessToken
from infisical.endpoints.identities import Identity, IdentityMembership, IdentityProjectMembership
from infisical.endpoints.organizations import MembershipMetadata
from infisical.endpoints.projects import MembershipProject
from infisical.memory import seeding
from infisical.memory.call import Call
from infisical.memory.domain.instance import make_instance_admin
from infisical.memory.state import Draft, State
from tests.memory.scenes.identities import an_identity
from tests.memory.scenes.identity_access_tokens import a_token
from tests.memory.scenes.project_identities import a_member
from tests.memory.world import World, refusal, without_id

ROOT = Path(__file__).parents[2]
AT = "2026-09-21T14:13:20.000Z"
UNKNOWN = "00000000-0000-4000-8000-000000000000"


def outline(value: Any) -> Any:
    """The names in an answer, in their order, and of lists the first item's."""
    if isinstance(value, dict):
        return [(name, outline(inner)) for name, inner in value.items()]
    return [outline(value[0])] if isinstance(value, list) and value else None


def make(world: World, **fields: Any) -> Any:
    return world.machine.identities.create(organization_id=world.given.organization_id, **fields).unwrap()


def test_an_identity_that_was_made_is_read_as_a_member_of_its_organization():
    world = World()

    made = make(world, name="ci", role="member", metadata=[MembershipMetadata(key="team", value="core")])
    read = world.machine.identities.get(identity_id=made.id).unwrap()

    assert made == Identity(
        id=made.id,
        name="ci",
        org_id=world.given.organization_id,
        has_delete_protection=False,
        metadata=(MembershipMetadata(id=made.metadata[0].id, key="team", value="core"),),
        created_at=AT,
        updated_at=AT,
    )
    assert read == IdentityMembership(
        id=read.id,
        identity_id=made.id,
        org_id=world.given.organization_id,
        role="member",
        metadata=made.metadata,
        created_at=AT,
        updated_at=AT,
        identity=Identity(id=made.id, name="ci", org_id=world.given.organization_id, has_delete_protection=False),
    )
    assert read.id != made.id


def test_a_new_identity_has_no_access_if_nothing_else_is_said():
    world = World()

    made = make(world, name="ci")

    assert world.machine.identities.get(identity_id=made.id).unwrap().role == "no-access"


def test_a_change_leaves_what_it_does_not_name():
    world = World()
    made = make(world, name="ci", metadata=[MembershipMetadata(key="team", value="core")])
    world.clock.advance(60)

    world.machine.identities.update(identity_id=made.id, role="admin").unwrap()
    renamed = world.machine.identities.update(identity_id=made.id, name="cd").unwrap()
    pair = MembershipMetadata(key="team", value="edge")
    replaced = world.machine.identities.update(identity_id=made.id, metadata=[pair]).unwrap().metadata
    read = world.machine.identities.get(identity_id=made.id).unwrap().metadata
    cleared = world.machine.identities.update(identity_id=made.id, metadata=[]).unwrap()

    assert (renamed.name, renamed.metadata, renamed.updated_at) == ("cd", made.metadata, "2026-09-21T14:14:20.000Z")
    assert replaced == read == (MembershipMetadata(id=read[0].id, key="team", value="edge"),)
    assert read[0].id not in (None, made.metadata[0].id)
    assert (cleared.name, cleared.metadata) == ("cd", ())
    assert world.machine.identities.get(identity_id=made.id).unwrap().role == "admin"


def test_a_protected_identity_is_deleted_only_after_the_protection_is_lifted():
    world = World()
    made = make(world, name="ci", has_delete_protection=True)
    path = f"/api/v1/identities/{made.id}"

    kept = world.send("DELETE", path)
    world.machine.identities.update(identity_id=made.id, has_delete_protection=False).unwrap()
    gone = world.machine.identities.delete(identity_id=made.id).unwrap()

    assert without_id(kept) == refusal(400, "BadRequest", "Identity has delete protection")
    assert gone.id == made.id
    assert without_id(world.send("GET", path)) == refusal(404, "NotFound", f"Failed to find identity with id {made.id}")


def test_deleting_an_identity_ends_its_tokens_and_its_memberships():
    world = World()
    token = a_token(world)
    found = world.machine.identities.search(search={"name": "ci"}).unwrap()
    identity_id = str(found.identities[0].identity_id)
    world.machine.project_identities.create(project_id=world.project_id, identity_id=identity_id, role="admin").unwrap()
    project = f"/api/v1/projects/{world.project_id}"
    assert world.send("GET", f"{project}/tags", token=token)[0] == 200

    world.machine.identities.delete(identity_id=identity_id).unwrap()

    assert without_id(world.send("GET", f"{project}/tags", token=token)) == refusal(
        401, "UnauthorizedError", "Failed to authorize: identity tokens have been revoked"
    )
    members = world.machine.project_identities.list(project_id=world.project_id, offset=0, limit=10).unwrap()
    assert [member.identity.name for member in members.identity_memberships] == ["example-identity"]


def test_the_projects_of_an_identity_are_listed_with_its_roles_there():
    world = World()
    where = a_member(world, "viewer")

    (got,) = world.machine.identities.list_project_memberships(identity_id=where["identity_id"]).unwrap()

    assert got == IdentityProjectMembership(
        id=got.id,
        identity_id=where["identity_id"],
        identity=Identity(id=where["identity_id"], name="ci", has_delete_protection=False),
        project=MembershipProject(id=world.project_id, name="app", type="secret-manager"),
        roles=got.roles,
        created_at=AT,
        updated_at=AT,
    )
    assert [(role.role, role.is_temporary) for role in got.roles] == [("viewer", False)]


# ---- searching and listing
def crowd(world: World) -> None:
    for name, role in (("ci-one", "member"), ("CI-two", "admin"), ("deploy", "no-access")):
        make(world, name=name, role=role)


@pytest.mark.parametrize(
    ("search", "names"),
    [
        ({}, ["ci-one", "CI-two", "deploy", "example-identity"]),
        ({"name": "ci-one"}, ["ci-one"]),
        ({"name": "ci"}, []),
        ({"name": {"$eq": "deploy"}}, ["deploy"]),
        ({"name": {"$contains": "ci-"}}, ["ci-one", "CI-two"]),
        ({"name": {"$in": ["deploy", "ci-one", "nobody"]}}, ["ci-one", "deploy"]),
        ({"role": "admin"}, ["CI-two", "example-identity"]),
        ({"role": {"$in": ["member", "no-access"]}}, ["ci-one", "deploy"]),
        ({"name": {"$contains": "ci-"}, "role": "admin"}, ["CI-two"]),
        ({"$or": [{"name": "deploy"}, {"role": "member"}]}, ["ci-one", "deploy"]),
        ({"role": "admin", "$or": [{"name": "deploy"}, {"name": {"$contains": "two"}}]}, ["CI-two"]),
    ],
)
def test_a_search_finds_what_fits_all_its_filters(search, names):
    world = World()
    crowd(world)

    got = world.machine.identities.search(search=search).unwrap()

    assert [member.identity.name for member in got.identities] == names
    assert got.total_count == len(names)


def test_a_search_is_answered_in_pages_and_in_the_order_asked_for():
    world = World()
    crowd(world)
    search = world.machine.identities.search

    page = search(search={}, offset=1, limit=2).unwrap()
    backwards = search(search={}, order_direction="desc", limit=1).unwrap()
    by_role = search(search={}, order_by="role").unwrap()

    assert ([one.identity.name for one in page.identities], page.total_count) == (["CI-two", "deploy"], 4)
    assert ([one.identity.name for one in backwards.identities], backwards.total_count) == (["example-identity"], 4)
    assert [one.role for one in by_role.identities] == ["admin", "admin", "member", "no-access"]


@pytest.mark.parametrize(
    ("body", "path", "message"),
    [
        ({"search": {}, "limit": 101}, ["limit"], "Number must be less than or equal to 100"),
        ({"search": {}, "orderBy": "age"}, ["orderBy"], "Invalid enum value. Expected 'name' | 'role', received 'age'"),
        ({"search": {"role": 1}}, ["search", "role"], "Invalid input"),
        ({"search": {"name": "no;semicolon"}}, ["search", "name"], "Invalid input"),
        ({}, ["search"], "Required"),
    ],
)
def test_a_search_that_cannot_be_read_is_refused(body, path, message):
    status, answer = World().send("POST", "/api/v1/identities/search", body)

    assert (status, answer["error"]) == (422, "ValidationFailure")
    assert [(issue["path"], issue["message"]) for issue in answer["message"]] == [(path, message)]


def test_identities_of_another_organization_are_not_there():
    world = World()
    ids: list[str] = []

    def elsewhere(state: State, now: float) -> State:
        call = Call(Draft(state), seeding.INTERNAL_REQUEST, now, {})
        other = seeding.add_organization(call, "Elsewhere")
        ids.append(seeding.add_identity(call, other["id"], "theirs", "admin")["id"])
        return call.draft.finish()

    world.memory.change(elsewhere)
    theirs = world.send("GET", f"/api/v1/identities/{ids[0]}")
    found = world.machine.identities.search(search={"name": "theirs"}).unwrap()

    status, answer = world.send("GET", f"/api/v2/organizations/{UNKNOWN}/identity-memberships")

    assert (status, answer["message"]) == (403, "You are not a member of this organization")
    assert without_id(theirs) == refusal(404, "NotFound", f"Failed to find identity with id {ids[0]}")
    assert (found.identities, found.total_count) == ((), 0)


# ---- who may
def test_what_a_token_may_do_with_identities_follows_its_role_at_once():
    world = World()
    token = a_token(world)  # of a member
    identity_id = str(world.machine.identities.search(search={"name": "ci"}).unwrap().identities[0].identity_id)
    body = {"name": "other", "organizationId": world.given.organization_id}
    path = f"/api/v1/identities/{identity_id}"

    as_member = [
        world.send("GET", path, token=token)[0],
        world.send("POST", "/api/v1/identities", body, token=token)[0],
    ]
    world.machine.identities.update(identity_id=identity_id, role="admin").unwrap()
    as_admin = world.send("POST", "/api/v1/identities", body, token=token)[0]
    world.machine.identities.update(identity_id=identity_id, role="no-access").unwrap()
    without = world.send("GET", path, token=token)

    assert as_member == [200, 200]
    assert as_admin == 200
    assert without_id(without) == refusal(403, "PermissionDenied", "You are not allowed to read on identity")


def test_a_role_that_the_organization_does_not_have_is_not_found():
    world = World()
    identity_id = an_identity(world)
    body = {"name": "ci", "organizationId": world.given.organization_id, "role": "wizard"}

    made = world.send("POST", "/api/v1/identities", body)
    changed = world.send("PATCH", f"/api/v1/identities/{identity_id}", {"role": "wizard"})

    message = f"Specified role was not found in the organization with ID '{world.given.organization_id}'"
    assert without_id(made) == without_id(changed) == refusal(404, "NotFound", message)


def test_an_identity_that_runs_the_instance_is_changed_only_by_those_who_run_it():
    world = World()
    identity_id = an_identity(world)
    world.memory.change(lambda state, now: make_instance_admin(state, identity_id))
    path = f"/api/v1/identities/{identity_id}"

    by_an_admin = world.send("PATCH", path, {"name": "other"}, token=world.token())
    attached = world.send("POST", f"/api/v1/auth/token-auth/identities/{identity_id}", {}, token=world.token())
    read = world.send("GET", path, token=world.token())[0]

    message = (
        "You are attempting to modify an instance admin identity. This requires elevated instance admin privileges"
    )
    assert without_id(by_an_admin) == without_id(attached) == refusal(403, "ForbiddenError", message)
    assert (read, world.send("PATCH", path, {"name": "other"})[0]) == (200, 200)


# ---- how it logs in
def test_an_identity_says_by_which_methods_it_logs_in_which_are_locked_and_when_it_last_did():
    world = World()
    world.clock.advance(5)
    credentials = {"client_id": world.given.client_id, "client_secret": world.given.client_secret}
    world.machine.identity_auth.token.attach(identity_id=world.given.identity_id).unwrap()
    world.anyone.identity_auth.universal.login(**credentials).unwrap()
    for _ in range(3):
        world.anyone.identity_auth.universal.login(client_id=world.given.client_id, client_secret="wrong")

    got = world.machine.identities.get(identity_id=world.given.identity_id).unwrap()

    assert got.identity.auth_methods == ("universal-auth", "token-auth")
    assert got.identity.active_lockout_auth_methods == ("universal-auth",)
    assert (got.last_login_auth_method, got.last_login_time) == ("universal-auth", "2026-09-21T14:13:25.000Z")


# ---- as recorded
def test_a_whole_life_of_an_identity_is_answered_as_a_server_of_2024_was_recorded_to():
    world = World(generation="2024-10")
    cassette = yaml.safe_load((ROOT / "cassettes" / "identities_universal_auth.yaml").read_text())
    ids: dict[str, str] = {}  # of the recording -> here
    differing = []

    for one in cassette["interactions"]:
        asked, answered = one["request"], json.loads(one["response"]["body"]["string"])
        path = asked["uri"].removeprefix("https://infisical.example.com")
        for there, here in ids.items():
            path = path.replace(there, here)
        organization_id = "e8ea1beb-2715-400f-be3e-c276fe113d82"
        path = path.replace(organization_id, world.given.organization_id)
        body = asked["body"] and json.loads(asked["body"].replace(organization_id, world.given.organization_id))
        token = world.token()  # a cassette's identity is an admin's
        status, got = world.send(asked["method"], path, body, token=token)
        if "identity-memberships" in path and "organizations" in path:
            answered["identityMemberships"] = answered["identityMemberships"][:1]
        if status != one["response"]["status"]["code"] or outline(got) != outline(answered):
            differing.append((asked["method"], path, status, got))
        for key in ("identity", "clientSecretData"):
            if isinstance(answered.get(key), dict) and isinstance(got.get(key), dict):
                ids[answered[key]["id"]] = got[key]["id"]

    assert differing == []
    assert len(cassette["interactions"]) == 15


def test_an_unknown_identity_is_refused_as_a_server_of_2024_was_recorded_to():
    world = World(generation="2024-10")
    sample = json.loads((ROOT / "tests" / "samples" / "404_identity_unknown.json").read_text())

    got = world.send("GET", sample["request"]["path"], token=world.token())

    assert got == (sample["status"], sample["body_json"])


def test_a_client_of_the_identity_reads_itself():
    world = World()
    itself = world.client(IdentityAccessToken(world.token()))

    assert itself.identities.get(identity_id=world.given.identity_id).unwrap().identity.name == "example-identity"
