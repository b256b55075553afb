"""What today's server answers and that of 2024 does not, as its source of 2026 has it; each test names its file.

Other files test approvals, imports in listings, tokens, KMS.
"""

from __future__ import annotations

from typing import Any

import pytest

from infisical.endpoints.secrets import SecretChange
from infisical.memory import open_session
from tests.memory.secrets_world import V4, body, folder, member, put, query, where
from tests.memory.world import World, refusal, without_id

STRANGE_ID = "00000000-0000-4000-8000-000000000000"


def read_stored(world: World, name: str, environment: str = "dev", path: str = "/") -> str:
    """The value of a secret as it is written, without its references expanded."""
    got = world.machine.secrets.get_by_name(
        **where(world, environment), secret_path=path, secret_name=name, expand_secret_references=False
    )
    return got.unwrap().secret_value


def move(world: World, name: str, source: tuple[str, str], destination: tuple[str, str]) -> None:
    secret = world.machine.secrets.get_by_name(**where(world, source[0]), secret_path=source[1], secret_name=name)
    world.machine.secrets.move(
        project_id=world.project_id,
        source_environment=source[0],
        source_secret_path=source[1],
        destination_environment=destination[0],
        destination_secret_path=destination[1],
        secret_ids=[secret.unwrap().id],
    ).unwrap()


# ---- the query of v4 (pull request 5404 of February 2026; v4/secrets.spec.ts at 120a9a13)
def test_v4_expands_and_imports_by_default():
    world = World()
    put(world, HOST="db", URL="${HOST}:1")

    def values(**flags: str) -> dict[str, str]:
        listed = world.send("GET", V4, query=query(world, **flags))[1]["secrets"]
        return {one["secretKey"]: one["secretValue"] for one in listed}

    def value(**flags: str) -> str:
        return world.send("GET", f"{V4}/URL", query=query(world, **flags))[1]["secret"]["secretValue"]

    assert (values()["URL"], value()) == ("db:1", "db:1")
    assert values(expandSecretReferences="false")["URL"] == value(expandSecretReferences="false") == "${HOST}:1"


def test_v3_keeps_its_older_flags_and_lists_overrides_beside_shared_secrets():
    world = World()
    put(world, HOST="db", URL="${HOST}:1")
    world.person.secrets.create(**where(world), secret_name="HOST", secret_value="mine", type="personal").unwrap()
    asked = {"workspaceId": world.project_id, "environment": "dev"}

    plain = world.send("GET", "/api/v3/secrets/raw", query=asked)[1]
    expanded = world.send("GET", "/api/v3/secrets/raw", query={**asked, "expandSecretReferences": "true"})[1]

    assert sorted(one["secretValue"] for one in plain["secrets"]) == ["${HOST}:1", "db", "mine"]
    assert sorted(one["secretValue"] for one in expanded["secrets"]) == ["db", "db:1", "mine"]
    assert plain["imports"] == []


def test_a_personal_override_replaces_the_shared_secret_where_it_is_asked_for_and_in_references():
    world = World()
    put(world, HOST="db", URL="${HOST}:1")
    world.person.secrets.create(**where(world), secret_name="HOST", secret_value="mine", type="personal").unwrap()

    def listed(**how: bool) -> dict[str, tuple[str, str]]:
        secrets = world.person.secrets.list(**where(world), **how).unwrap().secrets
        assert len({one.secret_key for one in secrets}) == len(secrets)
        return {one.secret_key: (one.secret_value, str(one.type)) for one in secrets}

    assert listed() == {"HOST": ("db", "shared"), "URL": ("db:1", "shared")}
    assert listed(include_personal_overrides=True) == {"HOST": ("mine", "personal"), "URL": ("mine:1", "shared")}


def test_a_hidden_override_has_its_value_in_its_owners_list_and_a_mask_by_name():
    """getSecrets and getSecretByName in secret-v2-bridge-service.ts at b6187fc3."""
    world = World()
    put(world, KEY="ours")
    world.person.secrets.create(**where(world), secret_name="KEY", secret_value="mine", type="personal").unwrap()
    hide = {"view_secret_value": False}

    (listed,) = world.person.secrets.list(**where(world), include_personal_overrides=True, **hide).unwrap().secrets
    named = world.person.secrets.get_by_name(**where(world), secret_name="KEY", type="personal", **hide).unwrap()

    assert (listed.secret_value, listed.secret_value_hidden) == ("mine", False)
    assert (named.secret_value, named.secret_value_hidden) == ("<hidden-by-infisical>", True)


# ---- references after a rename or a move (secret-v2-bridge-fns.ts at b6187fc3)
def test_a_rename_rewrites_the_references_to_a_secret():
    world = World()
    put(world, OLD="1", LOCAL="${OLD} ${OLDER} ${dev.OLD}", OLDER="2")
    put(world, "prod", FAR="${dev.OLD} ${OLD}")
    put(world, path="/sub", NEAR="${dev.OLD}${OLD}")

    world.machine.secrets.update(**where(world), secret_name="OLD", new_secret_name="NEW").unwrap()

    assert read_stored(world, "LOCAL") == "${NEW} ${OLDER} ${dev.NEW}"
    assert read_stored(world, "FAR", "prod") == "${dev.NEW} ${OLD}"
    assert read_stored(world, "NEAR", path="/sub") == "${dev.NEW}${OLD}"
    rewritten = world.machine.secrets.get_by_name(**where(world), secret_name="LOCAL").unwrap()
    assert (rewritten.secret_value, rewritten.version) == ("1 2 1", 2)


def test_renames_of_a_batch_rewrite_references_as_well():
    world = World()
    put(world, path="/a/b", A="1", B="2")
    put(world, REF="${dev.a.b.A}-${dev.a.b.B}")
    changes = [SecretChange(secret_key=name, new_secret_name=f"{name}2") for name in ("A", "B")]

    world.machine.secrets.batch_update(**where(world), secret_path="/a/b", secrets=changes).unwrap()

    assert read_stored(world, "REF") == "${dev.a.b.A2}-${dev.a.b.B2}"


def test_a_move_rewrites_the_references_to_a_secret():
    world = World()
    folder(world, "d")
    put(world, M="1", LOCAL="${M}")
    put(world, path="/d", INSIDE="${dev.M}")
    put(world, "prod", FAR="${dev.M}")

    move(world, "M", ("dev", "/"), ("dev", "/d"))

    assert read_stored(world, "LOCAL") == "${dev.d.M}"
    assert read_stored(world, "INSIDE", path="/d") == "${M}"
    assert read_stored(world, "FAR", "prod") == "${dev.d.M}"


def test_a_move_rewrites_the_references_of_the_moved_secret():
    world = World()
    put(world, HOST="1", PORT="2", M="${HOST} ${PORT} ${prod.KEY}")
    put(world, "prod", PORT="3", KEY="4")

    move(world, "M", ("dev", "/"), ("prod", "/"))

    assert read_stored(world, "M", "prod") == "${dev.HOST} ${PORT} ${KEY}"


def test_the_server_of_2024_rewrites_no_reference():
    world = World("2024-10")
    put(world, OLD="1", REF="${OLD}")
    asked: dict[str, Any] = {"workspaceId": world.project_id, "environment": "dev"}

    world.send("PATCH", "/api/v3/secrets/raw/OLD", {**asked, "secretValue": "1", "newSecretName": "NEW"})
    ref = world.send("GET", "/api/v3/secrets/raw/REF", query=asked)[1]["secret"]

    assert ref["secretValue"] == "${OLD}"


# ---- batches (secret-v2-bridge-service.ts at b6187fc3)
def test_a_key_that_a_batch_repeats_counts_once_with_its_last_value():
    world = World()
    items = [{"secretKey": name, "secretValue": str(number)} for number, name in enumerate("ABA")]

    created = world.send("POST", f"{V4}/batch", body(world, secrets=items))[1]["secrets"]
    changed = world.send("PATCH", f"{V4}/batch", body(world, secrets=items))[1]["secrets"]

    assert [(one["secretKey"], one["secretValue"], one["version"]) for one in created] == [("A", "2", 1), ("B", "1", 1)]
    assert [(one["secretKey"], one["secretValue"], one["version"]) for one in changed] == [("A", "2", 2), ("B", "1", 2)]


def test_a_batch_update_refuses_in_todays_words():
    world = World()
    put(world, A="1", B="1", C="1")

    def update(*items: dict[str, Any], **more: Any) -> Any:
        return without_id(world.send("PATCH", f"{V4}/batch", body(world, secrets=list(items), **more)))

    tag = update({"secretKey": "A", "tagIds": [STRANGE_ID]})
    taken = update({"secretKey": "A", "newSecretName": "FREE"}, {"secretKey": "B", "newSecretName": "C"})

    assert tag == refusal(404, "NotFound", "Tag not found")
    assert taken == refusal(400, "BadRequest", "Secret with new name already exists: FREE, C")


def test_a_batch_deletes_only_keys_with_shared_secrets_whichever_type_it_names():
    world = World()
    put(world, A="1", B="2")
    world.person.secrets.create(**where(world), secret_name="B", secret_value="mine", type="personal").unwrap()
    by_machine = {"token": world.token()}

    def delete(*items: tuple[str, str], **how: Any) -> Any:
        named = [{"secretKey": key, "type": kind} for key, kind in items]
        return without_id(world.send("DELETE", f"{V4}/batch", body(world, secrets=named), **how))

    missing = delete(("A", "shared"), ("NONE", "shared"), ("B", "personal"))
    repeated = delete(("A", "shared"), ("A", "shared"))
    nothing = delete(("A", "personal"), **by_machine)
    deleted = delete(("B", "shared"), **by_machine)

    assert missing == refusal(404, "NotFound", "One or more secrets does not exist: A, B")
    assert repeated == refusal(404, "NotFound", "One or more secrets does not exist: A")
    assert nothing == (200, {"secrets": []})
    assert [(one["type"], one["secretValue"], one["secretValueHidden"]) for one in deleted[1]["secrets"]] == [
        ("shared", "2", False),
        ("personal", "<hidden-by-infisical>", True),
    ]
    assert read_stored(world, "A") == "1"


def test_a_tag_that_one_secret_names_twice_is_missing():
    world = World()
    tag = world.machine.secret_tags.create(project_id=world.project_id, slug="blue", color="").unwrap()

    answer = world.send("POST", f"{V4}/KEY", body(world, secretValue="1", tagIds=[tag.id, tag.id]))

    assert without_id(answer) == refusal(404, "NotFound", "Tag not found. Found blue")


# ---- texts and their order
def test_a_listing_refuses_a_missing_folder_or_environment():
    world = World()

    def listed(**how: str) -> Any:
        return without_id(world.send("GET", V4, query={**query(world), **how}))

    def missing(environment: str, path: str) -> Any:
        text = f"Folder with path '{path}' in environment '{environment}' was not found. "
        hint = "Please ensure the environment slug and secret path is correct."
        return refusal(404, "SecretPathNotFound", text + hint)

    assert listed(secretPath="/nope") == missing("dev", "/nope")
    assert listed(environment="qa") == missing("qa", "/")
    assert listed(environment="qa", recursive="true") == refusal(
        404, "NotFound", f"Environment with slug 'qa' in project with ID {world.project_id} not found"
    )


def test_each_service_refuses_a_missing_project_in_its_words():
    world = World()
    bot = (
        f"Project with ID '{STRANGE_ID}' not found during bot lookup. "
        "Are you sure you are using the correct project ID?"
    )
    secret = {**body(world, secretValue="1"), "projectId": STRANGE_ID}
    place = {"projectId": STRANGE_ID, "environment": "dev", "path": "/"}

    secrets = [
        world.send("GET", V4, query={**query(world), "projectId": STRANGE_ID}),
        world.send("GET", f"{V4}/KEY", query={**query(world), "projectId": STRANGE_ID}),
        world.send("POST", f"{V4}/KEY", secret),
        world.send("PATCH", f"{V4}/KEY", secret),
        world.send("DELETE", f"{V4}/KEY", secret),
        world.send("POST", f"{V4}/batch", {**secret, "secrets": [{"secretKey": "A", "secretValue": ""}]}),
    ]
    others = [
        world.send("GET", "/api/v2/folders", query=place),
        world.send("POST", "/api/v2/folders", {**place, "name": "a"}),
        world.send("GET", "/api/v2/secret-imports", query=place),
        world.send("GET", "/api/v1/kms/keys", query={"projectId": STRANGE_ID}),
    ]

    assert [without_id(answer) for answer in secrets] == [refusal(404, "NotFound", bot)] * len(secrets)
    assert [without_id(answer) for answer in others] == [
        refusal(404, "NotFound", f"Project with {STRANGE_ID} not found")
    ] * len(others)


@pytest.mark.parametrize("name", ["A:B", "A%2FB", "A:B%2FC"])
def test_a_name_with_a_colon_or_a_slash_is_one_issue(name: str):
    """SecretNameSchema in server/lib/schemas."""
    world = World()

    status, answer = world.send("POST", f"{V4}/{name}", body(world, secretValue="1"))

    message = "Secret name cannot contain colon or forward slash."
    assert (status, [one["message"] for one in answer["message"]]) == (422, [message])


def test_a_filter_of_metadata_reads_names_and_values_by_turns():
    """v4/secret-router.ts at 424c79ca splits at commas and equals signs alike."""
    world = World()
    metadata = [{"key": "team", "value": "core"}]
    world.send("POST", f"{V4}/KEY", body(world, secretValue="1", secretMetadata=metadata))

    def count_matches(text: str) -> int:
        return len(world.send("GET", V4, query=query(world, metadataFilter=text))[1]["secrets"])

    assert [
        count_matches("key=team,value=core"),
        count_matches("key,team,value,core"),
        count_matches("key=team,value=core=x"),
    ] == [1, 1, 1]
    assert count_matches("key=team,value=other") == 0


def test_a_role_without_access_is_refused_with_the_permission_that_it_lacks():
    world = World()
    put(world, KEY="1")
    secret = world.machine.secrets.get_by_name(**where(world), secret_name="KEY").unwrap()
    _, token = member(world, "no-access")

    def ask(method: str, path: str, **how: Any) -> Any:
        return without_id(world.send(method, path, token=token, **how))

    def denied(action: str) -> Any:
        return refusal(403, "PermissionDenied", f"You are not allowed to {action} on secrets")

    missing = "Folder with path '/nope' in environment with slug 'dev' not found"
    assert ask("GET", V4, query=query(world)) == denied("describeSecret")
    assert ask("GET", f"{V4}/KEY", query=query(world)) == denied("describeSecret")
    assert ask("GET", f"{V4}/id/{secret.id}") == denied("readValue")
    assert ask("GET", f"{V4}/KEY", query=query(world, secretPath="/nope")) == refusal(404, "GetSecretByName", missing)


def test_a_viewer_hears_of_folders_and_secrets_before_permissions():
    """createSecret, updateSecret, deleteSecret and their batches at b6187fc3."""
    world = World()
    put(world, KEY="1")
    _, token = member(world, "viewer")

    def status(method: str, name: str, **more: Any) -> int:
        return world.send(method, f"{V4}/{name}", body(world, secretValue="1", **more), token=token)[0]

    assert [status("POST", "KEY"), status("POST", "NEW"), status("POST", "NEW", secretPath="/nope")] == [400, 403, 404]
    assert [status("PATCH", "KEY"), status("PATCH", "NEW"), status("PATCH", "KEY", secretPath="/no")] == [403, 404, 404]
    assert [status("DELETE", "KEY"), status("DELETE", "NEW"), status("DELETE", "KEY", secretPath="/")] == [
        403,
        404,
        403,
    ]


def test_a_viewer_has_personal_overrides():
    world = World()
    put(world, KEY="1")
    client, _ = member(world, "viewer")
    own = {**where(world), "secret_name": "KEY", "type": "personal"}

    client.secrets.create(**own, secret_value="mine").unwrap()
    client.secrets.update(**own, secret_value="mine 2").unwrap()

    assert client.secrets.get_by_name(**own).unwrap().secret_value == "mine 2"
    assert client.secrets.delete(**own).unwrap().secret_value == "mine 2"


@pytest.mark.parametrize(("path", "status"), [("/a/", 200), ("/a//", 404), ("a", 404), ("//a", 404), ("", 404)])
def test_a_path_of_secrets_is_taken_as_it_is_sent_without_one_slash_at_its_end(path: str, status: int):
    """findBySecretPath in secret-folder-dal.ts at 4af40163 compares whole paths."""
    world = World()
    put(world, path="/a", KEY="1")

    answer = world.send("GET", f"{V4}/KEY", query=query(world, secretPath=path))

    assert answer[0] == status if path != "/a//" else answer[1]["secret"]["secretPath"] == "/a/"
    if path == "/a/":
        assert answer[1]["secret"]["secretPath"] == "/a"


@pytest.mark.parametrize(
    ("path", "error"),
    [
        (f"{V4}/id/none", "FindOneWIthTags"),
        ("/api/v2/folders/none", "Find by id"),
        ("/api/v2/secret-imports/none", "Find by id"),
    ],
)
def test_an_id_that_is_none_is_an_error_of_the_database(path: str, error: str):
    assert without_id(World().send("GET", path)) == refusal(500, error, "Something went wrong")


# ---- organizations and projects
def test_members_of_an_organization_manage_identities_but_not_privileges():
    """createIdentity and updateIdentity in identity-service.ts at ca6cf1f1, identity-update-boundary.test.ts."""
    world = World()
    session: list[str] = []

    def opened(state: Any, now: float) -> Any:
        state, token = open_session(state, now=now, email="ada@example.com")
        session.append(token)
        return state

    world.memory.change(opened)
    new = {"name": "ci", "organizationId": world.given.organization_id}

    def ask(method: str, path: str = "", given: Any = None, **how: Any) -> Any:
        return without_id(world.send(method, f"/api/v1/identities{path}", given, token=session[0], **how))

    def denied(doing: str, action: str) -> Any:
        text = (
            f"Failed to {doing} identity. Permission denied: {action} on identity. "
            "Check that the actor's role grants this permission and that all permission conditions are met."
        )
        return refusal(403, "PermissionBoundaryError", text)

    identity_id = ask("POST", given=new)[1]["identity"]["id"]
    admin = world.given.identity_id

    assert ask("POST", given={**new, "role": "admin"}) == denied("create", "grant-privileges")
    assert ask("POST", given={**new, "role": "member"}) == denied("create", "grant-privileges")
    assert ask("PATCH", f"/{identity_id}", {"name": "cd"})[1]["identity"]["name"] == "cd"
    assert ask("PATCH", f"/{identity_id}", {"role": "member"}) == denied("update", "grant-privileges")
    assert ask("PATCH", f"/{admin}", {"name": "mine"}) == denied("update", "edit")
    assert ask("DELETE", f"/{admin}") == denied("delete", "delete")
    listed = ask("GET", query={"orgId": world.given.organization_id})[1]
    assert ([one["identity"]["name"] for one in listed["identities"]], listed["totalCount"]) == (
        ["example-identity", "cd"],
        2,
    )
    assert ask("DELETE", f"/{identity_id}")[0] == 200


def test_the_membership_of_an_identity_that_is_not_there_is_a_failure_of_the_server():
    """The guards of project-membership-identity-factory.ts at 08019ebd read a column of nothing."""
    world = World()
    outsider = world.send("POST", "/api/v1/identities", {"name": "ci", "organizationId": world.given.organization_id})[
        1
    ]["identity"]["id"]
    path = f"/api/v1/projects/{world.project_id}/memberships/identities"
    roles = {"roles": [{"role": "viewer"}]}

    for method, given in (("PATCH", roles), ("DELETE", None)):
        assert without_id(world.send(method, f"{path}/{STRANGE_ID}", given)) == refusal(
            500, "InternalServerError", "Something went wrong"
        )
        assert without_id(world.send(method, f"{path}/{outsider}", given)) == refusal(
            400, "BadRequest", "Identity doesn't have membership"
        )
