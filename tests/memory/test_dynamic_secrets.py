"""Dynamic secrets and their leases on the memory server."""

from __future__ import annotations

import re
from typing import Any

import pytest

from infisical import NULL
from infisical.endpoints.dynamic_secrets import (
    DynamicSecret,
    DynamicSecretChange,
    DynamicSecretLease,
    DynamicSecretMetadata,
)
from infisical.login_methods import UniversalAuth
from infisical.memory import open_session
from tests.memory.scenes.dynamic_secrets import POSTGRES
from tests.memory.world import World, refusal, without_id

SECRETS = "/api/v1/dynamic-secrets"
LEASES = "/api/v1/dynamic-secrets/leases"
AT = "2026-09-21T14:13:20.000Z"
NOBODY = "00000000-0000-4000-8000-000000000000"


def place(world: World) -> dict[str, str]:
    return {"project_slug": world.given.project_slug, "environment_slug": "dev"}


def sent(world: World, **more: Any) -> dict[str, Any]:
    return {"projectSlug": world.given.project_slug, "environmentSlug": "dev", **more}


def new(world: World, **more: Any) -> dict[str, Any]:
    return sent(world, **{"name": "db", "provider": POSTGRES, "defaultTTL": "1h", **more})


def make(world: World, name: str = "db", **how: Any) -> DynamicSecret:
    given = {"provider": POSTGRES, "default_ttl": "1h", "max_ttl": "3h", **how}
    return world.machine.dynamic_secrets.create(**place(world), name=name, **given).unwrap()


def lease(world: World, name: str = "db", **how: Any) -> Any:
    return world.machine.dynamic_secrets.create_lease(**place(world), dynamic_secret_name=name, **how)


def listed(world: World, name: str = "db") -> list[str]:
    return [one.id for one in world.machine.dynamic_secrets.list_leases(**place(world), name=name).unwrap()]


# ---- dynamic secrets
def test_a_dynamic_secret_that_was_made_is_read_listed_changed_and_deleted():
    world = World()
    secrets = world.machine.dynamic_secrets
    tagged = (DynamicSecretMetadata(key="team", value="web"), DynamicSecretMetadata(key="bare", value=""))

    made = make(world, "DB", metadata=tagged, username_template="app-{{randomUsername}}")
    read = secrets.get(**place(world), name="db").unwrap()
    (shown,) = secrets.list(**place(world)).unwrap()
    change = DynamicSecretChange(
        new_name="db2", default_ttl="2h", max_ttl=NULL, inputs={"port": 6432}, username_template=NULL
    )
    changed = secrets.update(**place(world), name="DB", data=change).unwrap()
    deleted = secrets.delete(**place(world), name="db2").unwrap()

    assert made == DynamicSecret(
        id=made.id,
        name="db",
        type="sql-database",
        version=1,
        default_ttl="1h",
        max_ttl="3h",
        folder_id=made.folder_id,
        username_template="app-{{randomUsername}}",
        metadata=tagged,
        inputs=POSTGRES["inputs"],
        created_at=AT,
        updated_at=AT,
    )
    assert read == made
    assert (shown.id, shown.inputs) == (made.id, None)
    assert (changed.name, changed.default_ttl, changed.max_ttl) == ("db2", "2h", None)
    assert changed.inputs == {**POSTGRES["inputs"], "port": 6432}
    assert (changed.metadata, changed.username_template) == (tagged, None)
    assert (deleted.id, deleted.inputs, deleted.status) == (made.id, None, None)
    assert secrets.list(**place(world)).unwrap() == ()


def test_inputs_are_kept_as_the_provider_takes_them():
    world = World()
    given = {**POSTGRES["inputs"], "host": " DB.Example.com ", "unknown": 1}

    _, answer = world.send("POST", SECRETS, new(world, provider={"type": "sql-database", "inputs": given}))

    assert answer["dynamicSecret"]["inputs"] == POSTGRES["inputs"]


def test_a_dynamic_secret_is_refused_in_the_words_of_the_server():
    world = World()
    make(world)
    query = sent(world)
    ask = world.send

    taken = ask("POST", SECRETS, new(world))
    renamed = ask("PATCH", f"{SECRETS}/db", sent(world, data={"newName": "db"}))
    unknown = ask("GET", f"{SECRETS}/nope", query=query)
    no_folder = ask("GET", SECRETS, query={**query, "path": "/x"})
    no_project = ask("GET", SECRETS, query={**query, "projectSlug": "nope"})
    no_inputs = ask("PATCH", f"{SECRETS}/db", sent(world, data={"inputs": {"port": "1"}}))

    exists = refusal(400, "BadRequest", "Provided dynamic secret already exists under the folder")
    assert [without_id(taken), without_id(renamed)] == [exists, exists]
    assert without_id(unknown) == refusal(404, "NotFound", "Dynamic secret with name 'nope' in folder '/' not found")
    assert without_id(no_folder) == refusal(404, "NotFound", "Folder with path '/x' in environment 'dev' not found")
    assert without_id(no_project) == refusal(404, "NotFound", "Project with slug 'nope' not found")
    assert (no_inputs[0], no_inputs[1]["message"][0]["path"]) == (422, ["port"])


@pytest.mark.parametrize(
    ("wrong", "path", "message"),
    [
        ({"defaultTTL": "59s"}, ["defaultTTL"], "TTL must be a greater than 1min"),
        ({"maxTTL": "11y"}, ["maxTTL"], "TTL must be less than 10 years"),
        ({"defaultTTL": "soon"}, ["defaultTTL"], "Invalid duration"),
        ({"name": "a b"}, ["name"], "Name field can only contain lowercase letters, numbers, and hyphens"),
        ({"usernameTemplate": "{{password}}"}, ["usernameTemplate"], "Invalid input"),
        ({"provider": {"type": "redis", "inputs": {}}}, ["provider", "inputs", "username"], "Required"),
        ({"provider": {"type": "totp", "inputs": {"configType": "x"}}}, ["provider", "inputs", "configType"], None),
        ({"provider": {"type": "fax", "inputs": {}}}, ["provider", "type"], None),
    ],
)
def test_what_a_dynamic_secret_may_not_be_is_said(wrong, path, message):
    world = World()

    status, answer = world.send("POST", SECRETS, new(world, **wrong))

    issue = answer["message"][0]
    assert (status, issue["path"]) == (422, path)
    assert message in (None, issue["message"])


def test_a_dynamic_secret_goes_with_its_folder_and_keeps_it_from_going_unforced():
    world = World()
    where = {"project_id": world.project_id, "environment": "dev"}
    world.machine.secret_folders.create(**where, name="web").unwrap()
    make(world, path="/web")

    refused = world.machine.secret_folders.delete(**where, folder_id_or_name="web").failure()
    world.machine.secret_folders.delete(**where, folder_id_or_name="web", force_delete=True).unwrap()
    world.machine.secret_folders.create(**where, name="web").unwrap()

    assert (refused.status_code, refused.error_type) == (400, "deleteFolder")
    assert world.machine.dynamic_secrets.list(**place(world), path="/web").unwrap() == ()


# ---- leases
def test_a_lease_gives_credentials_once_and_is_read_listed_renewed_and_revoked():
    world = World()
    secret = make(world)
    secrets = world.machine.dynamic_secrets

    made = lease(world, config={"note": 1}).unwrap()
    where = {**place(world), "lease_id": made.lease.id}
    read = secrets.get_lease(**where).unwrap()
    world.clock.advance(60)
    renewed = secrets.renew_lease(**where, ttl="30m").unwrap()
    revoked = secrets.delete_lease(**where).unwrap()

    assert made.lease == DynamicSecretLease(
        id=made.lease.id,
        version=1,
        external_entity_id=made.data["DB_USERNAME"],
        expire_at="2026-09-21T15:13:20.000Z",
        dynamic_secret_id=secret.id,
        config={"note": 1},
        created_at=AT,
        updated_at=AT,
    )
    assert set(made.data) == {"DB_USERNAME", "DB_PASSWORD"}
    assert re.fullmatch(r"[A-Za-z0-9]{32}", made.data["DB_USERNAME"])
    assert re.fullmatch(r"[A-Za-z0-9]{48}", made.data["DB_PASSWORD"])
    assert (read.id, read.dynamic_secret.id if read.dynamic_secret else None) == (made.lease.id, secret.id)
    assert (renewed.expire_at, renewed.updated_at) == ("2026-09-21T15:43:20.000Z", "2026-09-21T14:14:20.000Z")
    assert (revoked, listed(world)) == (renewed, [])
    assert (
        made.data["DB_PASSWORD"]
        not in world.ask("GET", LEASES.replace("leases", "db/leases"), query=sent(world)).body.decode()
    )


def test_a_lease_ends_by_itself():
    world = World()
    make(world)
    first = lease(world, ttl="1m").unwrap().lease.id
    second = lease(world).unwrap().lease.id

    world.clock.advance(59)
    before = listed(world)
    world.clock.advance(1)

    assert (before, listed(world)) == ([first, second], [second])
    gone = world.machine.dynamic_secrets.renew_lease(**place(world), lease_id=first).failure()
    assert gone.message == f"Dynamic secret lease with ID '{first}' not found"


def test_no_lease_lives_past_the_max_ttl():
    world = World()
    make(world)

    too_long = lease(world, ttl="181m").failure()
    longest = lease(world, ttl="3h").unwrap().lease
    made = lease(world).unwrap().lease
    renew = world.machine.dynamic_secrets.renew_lease
    ends = [renew(**place(world), lease_id=made.id).unwrap().expire_at for _ in range(2)]
    past = renew(**place(world), lease_id=made.id).failure()

    assert (too_long.status_code, too_long.message) == (400, "TTL cannot be larger than max TTL")
    assert longest.expire_at == "2026-09-21T17:13:20.000Z"
    assert ends == ["2026-09-21T16:13:20.000Z", "2026-09-21T17:13:20.000Z"]
    assert (past.status_code, past.message) == (
        400,
        "The requested renewal would exceed the maximum allowed lease duration. Please choose a shorter TTL",
    )


def test_a_dynamic_secret_with_leases_says_that_it_is_being_deleted():
    world = World()
    make(world, "a")
    make(world, "b")
    first, second = lease(world, "a").unwrap().lease.id, lease(world, "b").unwrap().lease.id
    secrets = world.machine.dynamic_secrets

    queued = secrets.delete(**place(world), name="a").unwrap()
    forced = secrets.delete(**place(world), name="b", is_forced=True).unwrap()

    assert (queued.status, forced.status) == ("Deleting", None)
    assert secrets.list(**place(world)).unwrap() == ()
    assert [secrets.get_lease(**place(world), lease_id=one).failure().status_code for one in (first, second)] == [
        404
    ] * 2


def test_a_lease_is_found_in_its_own_folder_only():
    world = World()
    make(world)
    made = lease(world).unwrap().lease.id

    elsewhere = world.send("GET", f"{LEASES}/{made}", query={**sent(world), "environmentSlug": "prod"})

    assert without_id(elsewhere) == refusal(404, "NotFound", f"Dynamic secret lease with ID '{made}' not found")


def test_a_username_follows_its_template():
    world = World()
    make(world, username_template="{{identity.name}}-{{ dynamicSecret.name }}-{{unixTimestamp}}-x")

    made = lease(world).unwrap()
    by_person = world.person.dynamic_secrets.create_lease(**place(world), dynamic_secret_name="db").unwrap()

    assert made.data["DB_USERNAME"] == "example-identity-db-1790000000-x"
    assert by_person.data["DB_USERNAME"] == "admin-db-1790000000-x"


def test_a_password_follows_its_requirements():
    world = World()
    asked = {
        "length": 12,
        "required": {"lowercase": 0, "uppercase": 2, "digits": 0, "symbols": 3},
        "allowedSymbols": "#",
    }
    make(world, provider={"type": "sql-database", "inputs": {**POSTGRES["inputs"], "passwordRequirements": asked}})

    password = lease(world).unwrap().data["DB_PASSWORD"]

    assert re.fullmatch(r"[A-Z#]{12}", password)
    assert (len(re.findall("[A-Z]", password)) >= 2, password.count("#") >= 3) == (True, True)


BY_PROVIDER = [
    (
        "aws-iam",
        {"accessKey": "a", "secretAccessKey": "b", "region": "eu"},
        ["ACCESS_KEY", "SECRET_ACCESS_KEY", "USERNAME"],
    ),
    (
        "azure-entra-id",
        {"tenantId": "t", "userId": "u", "email": "u@example.com", "applicationId": "a", "clientSecret": "c"},
        ["email", "password"],
    ),
    (
        "ldap",
        {
            "url": "ldap://x",
            "binddn": "b",
            "bindpass": "p",
            "creationLdif": "dn: uid={{Username}}",
            "revocationLdif": "r",
        },
        ["DN_ARRAY", "USERNAME", "PASSWORD"],
    ),
    ("gcp-iam", {"serviceAccountEmail": "a@example.com"}, ["SERVICE_ACCOUNT_EMAIL", "TOKEN"]),
    (
        "github",
        {"appId": 1, "installationId": 2, "privateKey": "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----"},
        ["TOKEN", "EXPIRES_AT", "PERMISSIONS", "REPOSITORY_SELECTION"],
    ),
    (
        "kubernetes",
        {"credentialType": "static", "serviceAccountName": "s", "namespace": "n", "audiences": []},
        ["TOKEN"],
    ),
    (
        "couchbase",
        {"url": "https://x", "orgId": "o", "projectId": "p", "clusterId": "c", "roles": ["r"], "auth": {"apiKey": "k"}},
        ["username", "password"],
    ),
    (
        "elastic-search",
        {"host": "h", "port": 1, "roles": ["r"], "auth": {"type": "api-key", "apiKey": "k", "apiKeyId": "i"}},
        ["DB_USERNAME", "DB_PASSWORD"],
    ),
]


@pytest.mark.parametrize(("kind", "inputs", "names"), [pytest.param(*one, id=one[0]) for one in BY_PROVIDER])
def test_every_provider_gives_its_own_credentials(kind, inputs, names):
    world = World()
    make(world, provider={"type": kind, "inputs": inputs})

    made = lease(world).unwrap()

    assert list(made.data) == names
    assert all(made.data.values()) or kind == "github"


@pytest.mark.parametrize(
    "inputs",
    [
        {"configType": "manual", "secret": "GEZD GNBV GY3T QOJQ GEZDGNBVGY3TQOJQ", "digits": 8},
        {"configType": "url", "url": "otpauth://totp/x?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&digits=8"},
    ],
)
def test_a_totp_is_that_of_the_standard_and_not_renewed(inputs):
    world = World()
    world.clock.now = 2_000_000_000.0
    world.machine.login(UniversalAuth(world.given.client_id, world.given.client_secret)).unwrap()
    make(world, provider={"type": "totp", "inputs": inputs})

    made = lease(world).unwrap()
    renewed = world.machine.dynamic_secrets.renew_lease(**place(world), lease_id=made.lease.id).failure()

    assert made.data == {"TOTP": "69279037"}  # RFC 6238, appendix B
    assert renewed.message == "Lease renewal is not supported for TOTPs"


@pytest.mark.parametrize(("role", "statuses"), [("member", (200, 200, 200)), ("viewer", (403, 403, 403))])
def test_dynamic_secrets_are_for_members_and_not_for_viewers(role, statuses):
    world = World()
    make(world)
    tokens: list[str] = []

    def opened(state, now):
        state, token = open_session(state, now=now, email="other@example.com", project_role=role)
        tokens.append(token)
        return state

    world.memory.change(opened)
    ask = world.send

    listing = ask("GET", SECRETS, query=sent(world), token=tokens[0])[0]
    making = ask("POST", SECRETS, new(world, name="other"), token=tokens[0])[0]
    leasing = ask("POST", LEASES, sent(world, dynamicSecretName="db"), token=tokens[0])[0]

    assert (listing, making, leasing) == statuses


def test_a_server_of_2024_says_less_and_refuses_otherwise():
    world = World(generation="2024-10")

    _, made = world.send("POST", SECRETS, new(world, usernameTemplate="x", maxTTL="1h"))
    _, leased = world.send("POST", LEASES, sent(world, dynamicSecretName="db"))
    no_secret = world.send("POST", LEASES, sent(world, dynamicSecretName="nope"))
    no_lease = world.send("GET", f"{LEASES}/{NOBODY}", query=sent(world))
    past = world.send("POST", f"{LEASES}/{leased['lease']['id']}/renew", sent(world))

    assert list(made["dynamicSecret"])[-1] == "updatedAt"
    assert list(leased["lease"])[-1] == "updatedAt"
    assert no_secret == refusal(404, "NotFound", "Dynamic secret with name 'nope' in folder with path '/' not found")
    assert no_lease == refusal(404, "NotFound", f"Dynamic secret lease with ID '{NOBODY}' not found")
    assert past == refusal(400, "BadRequest", "TTL cannot be larger than max ttl")
