"""Universal auth on the memory server: settings, client secrets, logins and lockouts."""

from __future__ import annotations

from typing import Any

import pytest

from infisical.endpoints.identity_auth import TrustedIp
from infisical.endpoints.identity_auth.universal import ClientSecret, IdentityUniversalAuth
from infisical.memory import tables
from tests.memory.scenes.identities import an_identity
from tests.memory.scenes.identity_auth_universal import with_universal
from tests.memory.world import World, refusal, without_id

AT = "2026-09-21T14:13:20.000Z"
EVERYWHERE = (TrustedIp(ip_address="0.0.0.0", prefix=0, type="ipv4"), TrustedIp(ip_address="::", prefix=0, type="ipv6"))
LOGIN = "/api/v1/auth/universal-auth/login"
WRONG = refusal(401, "UnauthorizedError", "Invalid credentials")
LOCKED = refusal(401, "UnauthorizedError", "This identity auth method is temporarily locked, please try again later")


def settings_path(identity_id: str) -> str:
    return f"/api/v1/auth/universal-auth/identities/{identity_id}"


class Door:
    """Universal auth of one identity, with one client secret: tried with the right one, or a wrong one."""

    def __init__(self, world: World, secret: dict[str, Any] | None = None, **settings: Any) -> None:
        self.world = world
        self.api = world.machine.identity_auth.universal
        self.identity_id = with_universal(world, **settings)
        made = self.api.create_client_secret(identity_id=self.identity_id, **(secret or {})).unwrap()
        self.text, self.secret_id = made.client_secret, made.client_secret_data.id
        self.client_id = self.api.get(identity_id=self.identity_id).unwrap().client_id

    def knock(self, secret: str | None = None) -> tuple[int, Any]:
        body = {"clientId": self.client_id, "clientSecret": secret or self.text}
        return without_id(self.world.send("POST", LOGIN, body, token=None))

    def secret(self) -> ClientSecret:
        return self.api.get_client_secret(identity_id=self.identity_id, client_secret_id=self.secret_id).unwrap()


# ---- settings
def test_settings_have_the_defaults_of_the_server():
    world = World()
    identity_id = an_identity(world)

    made = world.machine.identity_auth.universal.attach(identity_id=identity_id).unwrap()

    assert made == IdentityUniversalAuth(
        id=made.id,
        identity_id=identity_id,
        client_id=made.client_id,
        client_secret_trusted_ips=EVERYWHERE,
        access_token_ttl=2592000,
        access_token_max_ttl=2592000,
        access_token_period=0,
        access_token_num_uses_limit=0,
        access_token_trusted_ips=EVERYWHERE,
        lockout_enabled=True,
        lockout_threshold=3,
        lockout_duration_seconds=300,
        lockout_counter_reset_seconds=30,
        created_at=AT,
        updated_at=AT,
    )
    assert len({made.id, made.client_id, identity_id}) == 3


def test_settings_are_changed_where_a_change_names_them_and_read_back():
    world = World()
    api = world.machine.identity_auth.universal
    identity_id = with_universal(world, access_token_ttl=60, lockout_threshold=5)
    world.clock.advance(1)

    changed = api.update(
        identity_id=identity_id,
        access_token_max_ttl=600,
        access_token_trusted_ips=[TrustedIp(ip_address="10.0.0.0/8"), TrustedIp(ip_address="127.0.0.1")],
    ).unwrap()

    assert (changed.access_token_ttl, changed.access_token_max_ttl, changed.lockout_threshold) == (60, 600, 5)
    assert changed.access_token_trusted_ips == (
        TrustedIp(ip_address="10.0.0.0", prefix=8, type="ipv4"),
        TrustedIp(ip_address="127.0.0.1", type="ipv4"),
    )
    assert (changed.created_at, changed.updated_at) == (AT, "2026-09-21T14:13:21.000Z")
    assert api.get(identity_id=identity_id).unwrap() == changed


@pytest.mark.parametrize(
    ("body", "path", "message"),
    [
        (
            {"accessTokenTTL": 601, "accessTokenMaxTTL": 600},
            [],
            "Access Token TTL cannot be greater than Access Token Max TTL.",
        ),
        ({"accessTokenTTL": -1}, ["accessTokenTTL"], "Number must be greater than or equal to 0"),
        ({"accessTokenMaxTTL": 315360001}, ["accessTokenMaxTTL"], "Number must be less than or equal to 315360000"),
        ({"accessTokenTTL": 1.5}, ["accessTokenTTL"], "Expected integer, received float"),
        ({"accessTokenTrustedIps": []}, ["accessTokenTrustedIps"], "Array must contain at least 1 element(s)"),
        ({"lockoutThreshold": 31}, ["lockoutThreshold"], "Number must be less than or equal to 30"),
        ({"lockoutDurationSeconds": 29}, ["lockoutDurationSeconds"], "Number must be greater than or equal to 30"),
        (
            {"lockoutCounterResetSeconds": 4},
            ["lockoutCounterResetSeconds"],
            "Number must be greater than or equal to 5",
        ),
        ({"lockoutEnabled": "yes"}, ["lockoutEnabled"], "Expected boolean, received string"),
    ],
)
def test_settings_outside_of_their_limits_are_refused(body, path, message):
    world = World()

    status, answer = world.send("POST", settings_path(an_identity(world)), body)

    assert (status, [(issue["path"], issue["message"]) for issue in answer["message"]]) == (422, [(path, message)])


def test_a_change_that_makes_the_ttl_longer_than_the_max_ttl_is_refused_and_changes_nothing():
    world = World()
    identity_id = with_universal(world, access_token_ttl=60, access_token_max_ttl=600)

    longer = world.send("PATCH", settings_path(identity_id), {"accessTokenTTL": 601})
    shorter = world.send("PATCH", settings_path(identity_id), {"accessTokenMaxTTL": 59})

    expected = refusal(400, "BadRequest", "Access token TTL cannot be greater than max TTL")
    assert (without_id(longer), without_id(shorter)) == (expected, expected)
    kept = world.machine.identity_auth.universal.get(identity_id=identity_id).unwrap()
    assert (kept.access_token_ttl, kept.access_token_max_ttl) == (60, 600)


@pytest.mark.parametrize("address", ["nowhere", "10.0.0.0/33", "10.0.0.0/255.0.0.0", ""])
def test_what_is_no_address_is_refused(address):
    world = World()

    got = world.send("POST", settings_path(an_identity(world)), {"accessTokenTrustedIps": [{"ipAddress": address}]})

    assert without_id(got) == refusal(400, "BadRequest", "The IP is not a valid IPv4, IPv6, or CIDR block")


def test_settings_that_are_there_or_not_are_refused_in_the_words_of_the_server():
    world = World()
    there, bare = with_universal(world), an_identity(world)
    unknown = "00000000-0000-4000-8000-000000000000"
    none = refusal(400, "BadRequest", "The identity does not have universal auth")
    missing = refusal(404, "NotFound", f"Failed to find universal auth for identity with ID {bare}")

    def ask(method: str, identity_id: str, body: Any = None, more: str = "") -> tuple[int, Any]:
        return without_id(world.send(method, settings_path(identity_id) + more, body))

    assert ask("POST", there, {}) == refusal(
        400, "BadRequest", "Failed to add universal auth to already configured identity"
    )
    assert ask("GET", bare) == ask("PATCH", bare, {}) == missing
    assert ask("DELETE", bare) == ask("GET", bare, more="/client-secrets") == none
    assert ask("POST", bare, {}, "/client-secrets") == ask("POST", bare, None, "/clear-lockouts") == none
    assert ask("GET", unknown) == refusal(404, "NotFound", f"Failed to find identity with ID {unknown}")
    assert ask("GET", there, more=f"/client-secrets/{unknown}")[0] == 404


def test_an_identity_of_2024_has_one_login_method_kept_in_its_own_row():
    world = World()
    identity_id = an_identity(world)
    world.become("2024-10")
    world.clock.advance(1)
    world.send("POST", settings_path(identity_id), {})
    read = world.send("GET", f"/api/v1/identities/{identity_id}")[1]["identity"]["identity"]
    touched = world.memory.state.rows(tables.IDENTITIES)[identity_id]["updatedAt"]

    second = world.send("POST", f"/api/v1/auth/token-auth/identities/{identity_id}", {})

    assert (read["authMethod"], touched) == ("universal-auth", "2026-09-21T14:13:21.000Z")
    assert second == refusal(400, "BadRequest", "Failed to add Token Auth to already configured identity")


def test_revoking_universal_auth_ends_its_secrets_and_its_tokens():
    world = World()
    door = Door(world)
    token = door.knock()[1]["accessToken"]
    assert world.send("GET", "/api/v1/identities/" + door.identity_id, token=token)[0] == 200

    revoked = door.api.revoke(identity_id=door.identity_id).unwrap()
    after = world.send("GET", "/api/v1/identities/" + door.identity_id, token=token)
    again = door.api.attach(identity_id=door.identity_id).unwrap()

    assert revoked.client_id == door.client_id
    assert without_id(after) == refusal(401, "UnauthorizedError", "Failed to authorize: auth method has been revoked")
    assert again.client_id != door.client_id
    assert door.knock() == WRONG
    assert door.api.list_client_secrets(identity_id=door.identity_id).unwrap() == ()


def test_members_of_an_organization_change_settings_and_make_no_client_secrets():
    world = World()
    token = Door(world).knock()[1]["accessToken"]  # of a member
    other = with_universal(world)

    read = world.send("GET", settings_path(other), token=token)[0]
    changed = world.send("PATCH", settings_path(other), {}, token=token)
    made = world.send("POST", f"{settings_path(other)}/client-secrets", {}, token=token)

    assert read == 200
    assert changed[0] == 200
    assert without_id(made) == refusal(
        403,
        "PermissionBoundaryError",
        "Failed to create client secret for identity.. Permission denied: create-token on identity. "
        "Check that the actor's role grants this permission and that all permission conditions are met.",
    )


# ---- client secrets
def test_a_client_secret_is_shown_once_and_known_by_its_prefix():
    world = World()
    api = world.machine.identity_auth.universal
    identity_id = with_universal(world)

    made = api.create_client_secret(identity_id=identity_id, description="ci", num_uses_limit=2, ttl=60).unwrap()
    ua = api.get(identity_id=identity_id).unwrap()

    assert made.client_secret_data == ClientSecret(
        id=made.client_secret_data.id,
        identity_ua_id=ua.id,
        description="ci",
        client_secret_prefix=made.client_secret[:4],
        client_secret_num_uses=0,
        client_secret_num_uses_limit=2,
        client_secret_ttl=60,
        is_client_secret_revoked=False,
        created_at=AT,
        updated_at=AT,
    )
    assert len(made.client_secret) == 64
    assert api.list_client_secrets(identity_id=identity_id).unwrap() == (made.client_secret_data,)
    assert made.client_secret not in repr(world.send("GET", f"{settings_path(identity_id)}/client-secrets"))


def test_a_revoked_client_secret_logs_nobody_in_and_is_listed_no_more():
    world = World()
    door = Door(world)
    other = door.api.create_client_secret(identity_id=door.identity_id).unwrap()

    revoked = door.api.revoke_client_secret(identity_id=door.identity_id, client_secret_id=door.secret_id).unwrap()

    assert revoked.is_client_secret_revoked is True
    assert door.knock() == WRONG
    assert door.knock(other.client_secret)[0] == 200
    left = door.api.list_client_secrets(identity_id=door.identity_id).unwrap()
    assert [one.id for one in left] == [other.client_secret_data.id]
    assert door.secret() == revoked


@pytest.mark.parametrize("generation", ["current", "2024-10"])
def test_a_client_secret_is_used_up_by_as_many_logins_as_it_allows(generation):
    world = World()
    door = Door(world, {"num_uses_limit": 2})
    world.become(generation)

    statuses = [door.knock()[0], door.knock()[0]]
    used = door.secret()
    third, fourth = door.knock(), door.knock()

    assert (statuses, used.client_secret_num_uses, used.is_client_secret_revoked) == ([200, 200], 2, False)
    assert third == refusal(401, "UnauthorizedError", "Access denied due to client secret usage limit reached")
    assert fourth == WRONG
    assert door.secret().is_client_secret_revoked is True


@pytest.mark.parametrize("generation", ["current", "2024-10"])
def test_a_client_secret_expires(generation):
    world = World()
    door = Door(world, {"ttl": 60})
    world.become(generation)

    world.clock.advance(60)
    in_time = door.knock()[0]
    world.clock.advance(1)
    late, later = door.knock(), door.knock()

    assert in_time == 200
    assert late == refusal(401, "UnauthorizedError", "Access denied due to expired client secret")
    assert later == WRONG


# ---- logins
def test_a_login_answers_a_token_of_the_settings():
    world = World()

    status, got = Door(world, access_token_ttl=600, access_token_max_ttl=3600).knock()

    assert (status, list(got)) == (200, ["accessToken", "expiresIn", "accessTokenMaxTTL", "tokenType"])
    assert (got["expiresIn"], got["accessTokenMaxTTL"], got["tokenType"]) == (600, 3600, "Bearer")


def test_a_token_knows_the_client_secret_that_it_was_given_for():
    world = World()
    door = Door(world)

    door.knock()

    tokens = world.memory.state.rows(tables.ACCESS_TOKENS).values()
    assert [row["identityUAClientSecretId"] for row in tokens if row["identityId"] == door.identity_id] == [
        door.secret_id
    ]


def test_an_unknown_client_id_is_not_found_on_servers_of_2024_only():
    world = World()
    body = {"clientId": "nobody", "clientSecret": "wrong"}

    today = without_id(world.send("POST", LOGIN, body, token=None))
    world.become("2024-10")
    then = world.send("POST", LOGIN, body, token=None)

    assert today == WRONG
    assert then == refusal(404, "NotFound", "No identity with specified client ID was found")


def test_a_login_from_an_address_that_is_not_trusted_is_refused():
    world = World()
    elsewhere = Door(world, client_secret_trusted_ips=[TrustedIp(ip_address="10.0.0.0/8")])
    here = Door(world, client_secret_trusted_ips=[TrustedIp(ip_address="127.0.0.0/8")])

    assert elsewhere.knock() == refusal(
        403, "ForbiddenError", "You are not allowed to access this resource from the current IP address"
    )
    assert here.knock()[0] == 200


@pytest.mark.parametrize("name", ["organizationSlug", "subOrganizationName"])
def test_a_login_into_an_organization_below_finds_none(name):
    world = World()
    door = Door(world)
    body = {"clientId": door.client_id, "clientSecret": door.text, name: "branch"}

    got = world.send("POST", LOGIN, body, token=None)

    assert without_id(got) == refusal(404, "NotFound", "Sub organization with name branch not found")
    assert door.secret().client_secret_num_uses == 0


# ---- lockouts
def test_three_wrong_secrets_lock_the_right_one_out_for_five_minutes():
    door = Door(World())

    wrong = [door.knock("wrong") for _ in range(3)]
    locked = door.knock()
    door.world.clock.advance(299)
    still = door.knock()
    door.world.clock.advance(1)
    free = door.knock()[0]

    assert (wrong, locked, still, free) == ([WRONG, WRONG, WRONG], LOCKED, LOCKED, 200)


def test_failures_are_forgotten_after_a_while_and_by_a_right_login():
    door = Door(World())

    for pause in (0, 29, 30, 0):  # seconds before each: the first two are forgotten by the third
        door.world.clock.advance(pause)
        door.knock("wrong")
    forgotten = door.knock()[0]
    for _ in range(2):
        door.knock("wrong")
    reset = door.knock()[0]
    for _ in range(2):
        door.knock("wrong")

    assert (forgotten, reset, door.knock()[0]) == (200, 200, 200)


def test_lockouts_are_as_the_settings_say():
    world = World()
    strict = Door(world, lockout_threshold=1, lockout_duration_seconds=30)
    open_door = Door(world, lockout_enabled=False)

    strict.knock("wrong")
    locked = strict.knock()
    world.clock.advance(30)
    for _ in range(40):
        open_door.knock("wrong")

    assert (locked, strict.knock()[0], open_door.knock()[0]) == (LOCKED, 200, 200)


def test_a_lockout_is_that_of_one_identity_and_is_cleared_by_a_call():
    world = World()
    one, other = Door(world), Door(world)
    for _ in range(3):
        one.knock("wrong")

    before = other.knock()[0], one.knock()
    cleared = one.api.clear_lockouts(identity_id=one.identity_id).unwrap().deleted
    again = one.api.clear_lockouts(identity_id=one.identity_id).unwrap().deleted

    assert before == (200, LOCKED)
    assert (cleared, again, one.knock()[0]) == (1, 0, 200)


def test_servers_of_2024_lock_nobody_out():
    world = World()
    door = Door(world)
    world.become("2024-10")

    for _ in range(5):
        door.knock("wrong")

    assert door.knock()[0] == 200
