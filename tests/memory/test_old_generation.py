"""What a server of October 2024 does in its own way, and what its plans refuse; the recordings hold the rest."""

from __future__ import annotations

from typing import Any

import pytest

from infisical.executors.memory import MemoryExecutor
from infisical.memory import start
from tests.memory.secrets_world import folder, member, put
from tests.memory.world import START, World, refusal, without_id

V3 = "/api/v3/secrets/raw"
GENERATIONS = pytest.mark.parametrize("generation", ["current", "2024-10"])
WRONG = "Something went wrong"


def old() -> World:
    return World(generation="2024-10")


def place(world: World, **more: Any) -> dict[str, Any]:
    return {"workspaceId": world.project_id, "environment": "dev", **more}


def write(world: World, name: str, value: str = "1", **more: Any) -> tuple[int, Any]:
    return world.send("POST", f"{V3}/{name}", place(world, secretValue=value, **more))


def expanded(world: World, value: str) -> tuple[int, Any]:
    write(world, "READ", value)
    status, answer = world.send("GET", f"{V3}/READ", query=place(world, expandSecretReferences="true"))
    return status, answer["secret"]["secretValue"] if status == 200 else answer


# ---- paths
@pytest.mark.parametrize("path", ["", "f", "//f", "/f//g"])
def test_a_path_that_is_not_in_the_form_of_the_server_leads_nowhere(path):
    world = old()
    folder(world, "f", "g")
    sent = path.removesuffix("/") if len(path) > 1 else path

    read = world.send("GET", f"{V3}/KEY", query=place(world, secretPath=path))
    written = write(world, "KEY", secretPath=path)
    listed = world.send("GET", V3, query=place(world, secretPath=path))

    where = f"Folder with path '{sent}' in environment with slug 'dev' not found"
    assert read == refusal(404, "GetSecretByName", where)
    assert written == refusal(404, "CreateSecret", where)
    assert listed == (200, {"secrets": [], "imports": []})


@pytest.mark.parametrize("path", ["f", "f/", "/f/"])
def test_routes_of_folders_add_the_leading_slash(path):
    world = old()
    folder(world, "f", "g")

    status, answer = world.send("GET", "/api/v1/folders", query=place(world, path=path))

    assert (status, [one["name"] for one in answer["folders"]]) == (200, ["g"])


def test_a_recursive_listing_of_a_missing_folder_has_imports_only_if_asked():
    world = old()
    query = place(world, secretPath="/nope", recursive="true")

    assert world.send("GET", V3, query=query) == (200, {"secrets": []})
    assert world.send("GET", V3, query={**query, "include_imports": "true"}) == (200, {"secrets": [], "imports": []})


# ---- references
@pytest.mark.parametrize("reference", ["${unknownEnv.X}", "${dev.nofolder.X}", "${a.}", "${.}"])
def test_a_reference_into_a_folder_that_is_not_there_is_an_accident(reference):
    assert expanded(old(), reference) == refusal(500, "InternalServerError", WRONG)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("${ A }", "one"),
        ("${A}-${A}", "one-one"),
        ("${NOPE}", "${NOPE}"),
        ("${dev.A}", "one"),
        ("${dev.f.B}", "two"),
        ("${dev.NOPE}", "${dev.NOPE}"),
        ("${C}", "one and two"),
        ("$A ${} {A}", "$A ${} {A}"),
    ],
)
def test_a_reference_is_trimmed_and_replaced_everywhere(value, expected):
    world = old()
    put(world, A="one", C="${A} and ${dev.f.B}")
    put(world, path="/f", B="two")

    assert expanded(world, value) == (200, expected)


def test_a_circle_of_references_ends_at_its_depth():
    world = old()
    put(world, A="${B}", B="${A}")

    assert expanded(world, "${A}") == (200, "${B}")


def test_an_expansion_is_bounded():
    world = old()
    put(world, **{f"K{number}": f"${{K{number + 1}}}" * 40 for number in range(9)}, K9="x" * 1000)

    status, value = expanded(world, "${K0}")

    assert status == 200
    assert len(value) <= 1 << 20


# ---- fields and names
@pytest.mark.parametrize("change", [{}, {"newSecretName": "NEW"}, {"secretComment": "c"}])
def test_an_update_needs_a_value(change):
    world = old()
    put(world, KEY="1")

    one = world.send("PATCH", f"{V3}/KEY", place(world, **change))
    many = world.send("PATCH", "/api/v3/secrets/batch/raw", place(world, secrets=[{"secretKey": "KEY", **change}]))

    assert [(status, answer["message"][0]["path"]) for status, answer in (one, many)] == [
        (401, ["secretValue"]),
        (401, ["secrets", 0, "secretValue"]),
    ]


@GENERATIONS
@pytest.mark.parametrize(("length", "status"), [(100, 200), (101, 404)])
def test_a_parameter_of_over_a_hundred_characters_is_a_missing_route(generation, length, status):
    world = World(generation=generation)
    name = "N" * length
    put(world, **{name: "1"})

    got = world.send("GET", f"{V3}/{name}", query=place(world))

    assert got[0] == status
    if status == 404:
        query = f"workspaceId={world.project_id}&environment=dev"
        assert got == refusal(404, "Not Found", f"Route GET:{V3}/{name}?{query} not found")


def test_a_name_may_have_a_slash_and_is_stored_twice_by_a_batch():
    world = old()
    batch = place(world, secrets=[{"secretKey": "A", "secretValue": "1"}, {"secretKey": "A", "secretValue": "2"}])

    slash = write(world, "a%2Fb")[1]["secret"]["secretKey"]
    world.send("POST", "/api/v3/secrets/batch/raw", batch)
    _, listed = world.send("GET", V3, query=place(world))
    removed = world.send("DELETE", f"{V3}/A", place(world))[0]
    _, rest = world.send("GET", V3, query=place(world))

    assert slash == "a/b"
    assert sorted((one["secretKey"], one["secretValue"]) for one in listed["secrets"]) == [
        ("A", "1"),
        ("A", "2"),
        ("a/b", "1"),
    ]
    assert (removed, [one["secretKey"] for one in rest["secrets"]]) == (200, ["a/b"])


@pytest.mark.parametrize(
    ("name", "status", "paths"),
    [("", 200, ["/"]), ("a/b", 200, ["/a/b"]), ("a b", 500, []), ("a.b", 500, []), ("ü", 500, []), ("x", 200, ["/x"])],
)
def test_folders_have_the_names_that_were_probed(name, status, paths):
    world = old()

    got, answer = world.send("POST", "/api/v1/folders", place(world, name=name, directory="/ignored"))

    assert got == status
    if status == 200:
        read = world.send("GET", f"/api/v1/folders/{answer['folder']['id']}")[1]["folder"]["path"]
        assert [read] == paths


@pytest.mark.parametrize(("slug", "stored"), [("", ""), ("Green", "green"), ("x" * 200, "x" * 200)])
def test_slugs_of_tags_are_read_in_lower_case(slug, stored):
    world = old()

    status, answer = world.send("POST", f"/api/v1/workspace/{world.project_id}/tags", {"slug": slug, "color": ""})

    assert (status, answer["workspaceTag"]["slug"]) == (200, stored)


def test_the_first_import_of_itself_and_duplicates_are_taken():
    world = old()
    folder(world, "f")

    def add(path: str) -> int:
        body = place(world, path="/", **{"import": {"environment": "dev", "path": path}})
        return world.send("POST", "/api/v1/secret-imports", body)[0]

    assert [add("/"), add("/"), add("/f"), add("/f")] == [200, 400, 200, 200]


def test_names_of_keys_are_read_in_lower_case_and_a_second_one_is_an_accident():
    world = old()
    body = {"projectId": world.project_id, "name": "Kms-Key"}

    made, again = (world.send("POST", "/api/v1/kms/keys", body) for _ in range(2))

    assert (made[0], made[1]["key"]["name"]) == (200, "kms-key")
    assert again == refusal(500, "Create", WRONG)


# ---- rights
def test_members_of_an_organization_write_identities_and_members_of_a_project_rename_it():
    world = old()
    _, token = member(world, "member")
    body = {"name": "new", "organizationId": world.given.organization_id}

    made = world.send("POST", "/api/v1/identities", body, token=token)
    path = f"/api/v1/identities/{made[1]['identity']['id']}"
    statuses = [
        world.send("PATCH", path, {"name": "other"}, token=token)[0],
        world.send("DELETE", path, token=token)[0],
        world.send("PATCH", f"/api/v1/workspace/{world.project_id}", {"name": "renamed"}, token=token)[0],
    ]

    assert (made[0], statuses) == (200, [200, 200, 200])


# ---- sharing
def test_a_share_of_an_organization_is_for_its_members_and_fails_past_its_views():
    world = old()
    body = {"secretValue": "x", "expiresAt": "2026-10-01", "expiresAfterViews": 1}
    path = f"/api/v1/secret-sharing/public/{world.send('POST', '/api/v1/secret-sharing', body)[1]['id']}"

    anonymous = world.send("POST", path, {}, token=None)
    seen = world.send("POST", path, {})
    again = world.send("POST", path, {})

    assert anonymous == refusal(403, "ForbiddenError", "You are not allowed to access this resource")
    assert (seen[0], seen[1]["secret"]["secretValue"]) == (200, "x")
    assert again == refusal(500, "InternalServerError", WRONG)


# ---- members under the old mount
@GENERATIONS
def test_an_identity_joins_changes_its_roles_and_leaves_under_the_old_mount(generation):
    world = World(generation=generation)
    body = {"name": "ci", "organizationId": world.given.organization_id, "role": "member"}
    identity = world.send("POST", "/api/v1/identities", body)[1]["identity"]["id"]
    path = f"/api/v2/workspace/{world.project_id}/identity-memberships/{identity}"

    joined = world.send("POST", path, {"role": "viewer"})
    again = world.send("POST", path, {"role": "viewer"})
    changed = world.send("PATCH", path, {"roles": [{"role": "member"}]})
    read = world.send("GET", path)
    left = world.send("DELETE", path)
    gone = world.send("GET", path)

    columns = {"id", "projectId", "identityId", "createdAt", "updatedAt"}
    assert (joined[0], joined[1]["identityMembership"].keys()) == (200, columns)
    assert again[0] == 400
    assert [role["role"] for role in changed[1]["roles"]] == ["member"]
    assert [role["role"] for role in read[1]["identityMembership"]["roles"]] == ["member"]
    assert (left[0], left[1]["identityMembership"].keys(), gone[0]) == (200, columns, 404)


def test_a_member_of_2024_grants_roles_up_to_its_own():
    world = old()
    _, token = member(world, "member")
    body = {"name": "ci", "organizationId": world.given.organization_id}
    path = f"/api/v2/workspace/{world.project_id}/identity-memberships"
    ids = [world.send("POST", "/api/v1/identities", body)[1]["identity"]["id"] for _ in range(3)]

    def join(identity: str, role: str) -> tuple[int, Any]:
        return world.send("POST", f"{path}/{identity}", {"role": role}, token=token)

    assert [join(ids[0], "viewer")[0], join(ids[1], "member")[0]] == [200, 200]
    assert join(ids[2], "admin") == refusal(403, "ForbiddenError", "Failed to assign to a more privileged role")
    assert join(ids[2], "strange")[0] == 404


@GENERATIONS
def test_users_join_and_leave_a_project_under_the_old_mount(generation):
    world = World(generation=generation)
    path = f"/api/v2/workspace/{world.project_id}/memberships"
    invited = {"inviteeEmails": ["eve@example.com"], "organizationId": world.given.organization_id, "projects": []}

    sent = world.send("POST", "/api/v1/invite-org/signup", invited)
    joined = world.send("POST", path, {"emails": ["eve@example.com"]})
    again = world.send("POST", path, {"usernames": ["eve@example.com"]})
    strange = world.send("POST", path, {"emails": ["nobody@example.com"]})
    left = world.send("DELETE", path, {"emails": ["eve@example.com"]})

    assert (sent[0], [one["email"] for one in sent[1]["completeInviteLinks"]]) == (200, ["eve@example.com"])
    assert (joined[0], len(joined[1]["memberships"]), left[0]) == (200, 1, 200)
    assert without_id(again) == refusal(400, "BadRequest", "Some users are already part of project")
    assert without_id(strange) == refusal(400, "BadRequest", "Some users are not part of org")


@GENERATIONS
def test_a_project_is_read_changed_and_deleted_by_its_slug(generation):
    world = World(generation=generation)
    path = f"/api/v2/workspace/{world.given.project_slug}"

    read = world.send("GET", path)
    changed = world.send("PATCH", path, {"name": "renamed"})
    deleted = world.send("DELETE", path)

    assert (read[0], read[1]["id"], changed[1]["name"]) == (200, world.project_id, "renamed")
    assert (deleted[0], deleted[1]["id"], world.send("GET", path)[0]) == (
        200,
        world.project_id,
        500 if generation == "2024-10" else 404,
    )


@GENERATIONS
def test_identities_of_an_organization_are_listed_and_a_session_changes_its_organization(generation):
    world = World(generation=generation)
    organization_id = world.given.organization_id

    listed = world.send("GET", "/api/v1/identities", query={"orgId": organization_id})
    session = world.send("POST", "/api/v3/auth/select-organization", {"organizationId": organization_id})
    strange = world.send("POST", "/api/v3/auth/select-organization", {"organizationId": "strange"})

    assert (listed[0], listed[1]["totalCount"]) == (200, 1)
    assert [one["identity"]["name"] for one in listed[1]["identities"]] == ["example-identity"]
    assert world.send("GET", "/api/v2/users/me", token=session[1]["token"])[0] == 200
    assert (session[1]["isMfaEnabled"], strange[0]) == (False, 403)


# ---- roles of a project
RULES = [
    {
        "subject": "secrets",
        "action": ["read"],
        "conditions": {"environment": "dev", "secretPath": {"$glob": "/app/**"}},
    },
    {"subject": "secrets", "action": "read", "conditions": {"secretPath": {"$eq": "/app/x"}}, "inverted": True},
]


@GENERATIONS
def test_a_custom_role_is_made_granted_changed_and_deleted(generation):
    world = World(generation=generation)
    put(world, path="/app/y", KEY="1")
    put(world, path="/app/x", KEY="1")
    put(world, KEY="1")
    roles = f"/api/v1/workspace/{world.given.project_slug}/roles"
    body = {"name": "ci", "organizationId": world.given.organization_id}
    identity = world.send("POST", "/api/v1/identities", body)[1]["identity"]["id"]
    membership = f"/api/v2/workspace/{world.project_id}/identity-memberships/{identity}"
    token_path = f"/api/v1/auth/token-auth/identities/{identity}"
    world.send("POST", token_path, {})
    token = world.send("POST", f"{token_path}/tokens", {})[1]["accessToken"]

    def read(path: str) -> int:
        return world.send("GET", f"{V3}/KEY", query=place(world, secretPath=path), token=token)[0]

    made = world.send("POST", roles, {"slug": "app", "name": "App", "permissions": RULES})
    again = world.send("POST", roles, {"slug": "app", "name": "App", "permissions": []})
    reserved = world.send("POST", roles, {"slug": "admin", "name": "App", "permissions": []})
    granted = world.send("POST", membership, {"role": "app"})
    before = [read("/app/y"), read("/app/x"), read("/")]
    named = world.send("GET", membership)[1]["identityMembership"]["roles"][0]
    listed = [role["slug"] for role in world.send("GET", roles)[1]["roles"]]
    changed = world.send("PATCH", f"{roles}/{made[1]['role']['id']}", {"permissions": []})
    after = read("/app/y")
    by_slug = world.send("GET", f"{roles}/slug/app")[1]["role"]["permissions"]
    deleted = world.send("DELETE", f"{roles}/{made[1]['role']['id']}")[0]

    assert (made[0], again[0], granted[0], changed[0], deleted) == (200, 400, 200, 200, 200)
    assert reserved[0] == (401 if generation == "2024-10" else 422)
    assert before == [200, 403, 403]
    assert (named["role"], named["customRoleSlug"], "app" in listed) == ("custom", "app", True)
    assert (after, by_slug, world.send("GET", f"{roles}/slug/app")[0]) == (403, [], 404)


# ---- certificates by serial
@GENERATIONS
def test_certificates_are_issued_read_revoked_and_deleted_by_their_serial(generation):
    world = World(generation=generation)
    subject = dict.fromkeys(("organization", "ou", "country", "province", "locality"), "")
    new = {"projectSlug": world.given.project_slug, "type": "root", "commonName": "R", **subject}
    authority = world.send(
        "POST", "/api/v1/pki/ca", {**new, "notAfter": "2032-01-01", "keyAlgorithm": "EC_prime256v1"}
    )[1]["ca"]
    base = "/api/v1/pki/certificates"

    issued = world.send(
        "POST", f"{base}/issue-certificate", {"caId": authority["id"], "commonName": "a.example.com", "ttl": "1d"}
    )
    path = f"{base}/{issued[1]['serialNumber']}"
    nameless = world.send("POST", f"{base}/issue-certificate", {"commonName": "a.example.com", "ttl": "1d"})
    read, body = world.send("GET", path), world.send("GET", f"{path}/certificate")
    revoked = world.send("POST", f"{path}/revoke", {"revocationReason": "SUPERSEDED"})
    again = world.send("POST", f"{path}/revoke", {"revocationReason": "SUPERSEDED"})
    deleted = world.send("DELETE", path)

    assert (issued[0], nameless[0]) == (200, 401 if generation == "2024-10" else 422)
    assert (read[1]["certificate"]["commonName"], "profileId" in read[1]["certificate"]) == (
        "a.example.com",
        generation == "current",
    )
    assert body[1]["certificate"] == issued[1]["certificate"]
    assert (revoked[0], again[0], deleted[0], world.send("GET", path)[0]) == (200, 400, 200, 404)
    assert ("name" in authority) == (generation == "current")


# ---- plans
@GENERATIONS
def test_a_community_server_refuses_trusted_addresses_and_dynamic_secrets(generation):
    world = World(generation=generation)
    world.memory.change(lambda state, now: state.with_plan("community"))
    path = f"/api/v1/auth/universal-auth/identities/{world.given.identity_id}"

    ranges = world.send("PATCH", path, {"accessTokenTrustedIps": [{"ipAddress": "10.0.0.0/8"}]})
    everywhere = world.send("PATCH", path, {"accessTokenTrustedIps": [{"ipAddress": "0.0.0.0/0"}]})
    inputs = {"client": "postgres", "host": "db.example.com", "port": 5432, "database": "d"}
    texts = dict.fromkeys(("username", "password", "creationStatement", "revocationStatement"), "x")
    dynamic = world.send(
        "POST",
        "/api/v1/dynamic-secrets",
        {
            "projectSlug": world.given.project_slug,
            "environmentSlug": "dev",
            "name": "db",
            "defaultTTL": "1h",
            "provider": {"type": "sql-database", "inputs": {**inputs, **texts}},
        },
    )

    assert without_id(ranges) == refusal(
        400,
        "BadRequest",
        "Failed to add IP access range to service token due to plan restriction. Upgrade plan to add IP access range.",
    )
    assert everywhere[0] == 200
    assert without_id(dynamic) == refusal(
        400,
        "BadRequest",
        "Failed to create dynamic secret due to plan restriction. Upgrade plan to create dynamic secret.",
    )


def test_the_plan_is_an_argument_of_a_server_and_enterprise_by_default():
    assert MemoryExecutor().state.settings.plan == "enterprise"
    assert MemoryExecutor(plan="community").state.settings.plan == "community"
    assert start(now=START, plan="community").settings.plan == "community"


# ---- accidents
@pytest.mark.parametrize(
    ("method", "path", "error"),
    [
        ("GET", "/api/v1/identities/abc", "FindByOrgId"),
        ("DELETE", "/api/v1/identities/abc", "FindOne"),
        ("GET", "/api/v1/auth/token-auth/identities/abc/tokens", "FindOne"),
        ("GET", "/api/v1/folders/abc", "Find by id"),
        ("GET", "/api/v1/pki/ca/abc", "Find by id"),
        ("GET", "/api/v1/workspace/abc", "Failed to find project by id"),
    ],
)
def test_a_malformed_id_is_an_accident_of_2024(method, path, error):
    today, before = World(), old()

    assert before.send(method, path) == refusal(500, error, WRONG)
    assert today.send(method, path)[0] in (403, 404, 500)


def test_an_empty_update_and_a_null_character_are_accidents_of_2024():
    world = old()

    empty = world.send("PATCH", f"/api/v1/workspace/{world.project_id}", {})

    assert empty == refusal(500, "Update by id", WRONG)
    assert write(world, "A", "a\0b") == refusal(500, "Find one", WRONG)
    assert write(world, "a%00b") == refusal(500, "Find one", WRONG)
