"""The life of an access token on the memory server: used, renewed, used up, expired, revoked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from infisical import ForbiddenError, InfisicalClient
from infisical.endpoints.identity_auth import TrustedIp
from infisical.login_methods import UniversalAuth
from infisical.memory import tables
from tests.memory.scenes.identity_access_tokens import a_token, credentials
from tests.memory.scenes.project_identities import a_member
from tests.memory.world import World, refusal, without_id

SAMPLES = Path(__file__).parents[1] / "samples"
BOTH = pytest.mark.parametrize("generation", ["current", "2024-10"])
EXPIRED = refusal(403, "TokenError", "Your token has expired. Please re-authenticate.")
OUTLIVED = refusal(401, "UnauthorizedError", "Failed to renew MI access token due to TTL expiration")
NONE = refusal(401, "UnauthorizedError", "No identity access token found")
PAST = refusal(401, "UnauthorizedError", "Failed to renew MI access token past its Max TTL expiration")
USED_UP_2024 = refusal(401, "UnauthorizedError", "Unable to renew because access token number of uses limit reached")
USED_UP = refusal(401, "UnauthorizedError", "Failed to authorize: token usage limit reached")
EXHAUSTED_TEXT = refusal(401, "UnauthorizedError", "Cannot renew exhausted access token")
REVOKED_TEXT = refusal(401, "UnauthorizedError", "Failed to authorize: token has been revoked")
RENEWAL_TEXT = refusal(401, "UnauthorizedError", "Cannot renew: token has been revoked")


def use(world: World, token: str) -> Any:
    """What the server says to a token: 200, or its refusal."""
    path = f"/api/v2/organizations/{world.given.organization_id}/identity-memberships"
    status, answer = without_id(world.send("GET", path, token=token))
    return status if status == 200 else (status, answer)


def renew(world: World, token: str) -> tuple[int, Any]:
    return without_id(world.send("POST", "/api/v1/auth/token/renew", {"accessToken": token}, token=None))


def revoke(world: World, token: str) -> tuple[int, Any]:
    return without_id(world.send("POST", "/api/v1/auth/token/revoke", {"accessToken": token}, token=None))


def sample(name: str) -> tuple[int, Any]:
    read = json.loads((SAMPLES / f"{name}.json").read_text())
    return read["status"], read["body_json"]


# ---- expiry
def test_a_token_lives_as_long_as_its_ttl_and_then_its_text_tells():
    world = World()
    token = a_token(world)

    world.clock.advance(599)
    in_time = use(world, token)
    world.clock.advance(1)

    assert in_time == 200
    assert use(world, token) == renew(world, token) == revoke(world, token) == EXPIRED


def test_on_servers_of_2024_a_token_outlives_its_ttl_first_and_its_text_only_at_the_max_ttl():
    world = World()
    settings = {"access_token_ttl": 600, "access_token_max_ttl": 3600}
    login = credentials(world, **settings)
    world.become("2024-10")
    one, other = (world.anyone.identity_auth.universal.login(**login).unwrap().access_token for _ in range(2))

    world.clock.advance(601)
    outlived, deleted = use(world, one), renew(world, one)
    world.clock.advance(3600)
    expired = use(world, other)

    assert outlived == OUTLIVED == sample("401_token_ttl_expired")
    assert deleted == NONE == sample("401_token_renew_after_expiry")
    assert expired == EXPIRED == sample("403_token_jwt_expired")


def test_a_token_without_a_ttl_lives_ninety_days_today_and_does_not_expire_in_2024():
    world = World()
    login = credentials(world, access_token_ttl=0, access_token_max_ttl=0)
    today = world.anyone.identity_auth.universal.login(**login).unwrap().access_token

    world.clock.advance(90 * 86400 - 1)
    last = (use(world, today), renew(world, today)[1]["expiresIn"])
    world.clock.advance(1)
    expired = use(world, today)
    world.become("2024-10")
    old = world.anyone.identity_auth.universal.login(**login).unwrap().access_token
    world.clock.advance(10 * 365 * 86400)

    assert (last, expired) == ((200, 90 * 86400), EXPIRED)
    assert use(world, old) == 200
    assert renew(world, old)[1]["expiresIn"] == 0


# ---- renewal
def test_a_renewed_token_is_the_same_with_a_new_text_and_a_new_ttl():
    world = World()
    token = a_token(world)
    world.clock.advance(500)

    status, answer = renew(world, token)
    fresh = answer["accessToken"]
    world.clock.advance(300)

    assert (status, answer["expiresIn"], answer["accessTokenMaxTTL"]) == (200, 600, 3600)
    assert fresh != token
    assert (use(world, token), use(world, fresh)) == (EXPIRED, 200)
    assert revoke(world, fresh)[0] == 200
    assert (use(world, fresh), revoke(world, fresh)[0]) == (REVOKED_TEXT, 200)


def test_the_text_of_a_token_stays_where_servers_of_2024_renew_it():
    world = World()
    login = credentials(world, access_token_ttl=600, access_token_max_ttl=3600)
    world.become("2024-10")
    token = world.anyone.identity_auth.universal.login(**login).unwrap().access_token
    world.clock.advance(500)

    status, answer = renew(world, token)
    world.clock.advance(599)

    expected = {"accessToken": token, "expiresIn": 600, "accessTokenMaxTTL": 3600, "tokenType": "Bearer"}
    assert (status, answer) == (200, expected)
    assert use(world, token) == 200


def test_a_token_of_2024_is_renewed_until_its_max_ttl_and_deleted_by_the_renewal_after_that():
    world = World()
    login = credentials(world, access_token_ttl=600, access_token_max_ttl=1500)
    world.become("2024-10")
    token = world.anyone.identity_auth.universal.login(**login).unwrap().access_token

    world.clock.advance(500)
    token = renew(world, token)[1]["accessToken"]
    world.clock.advance(399)
    token = renew(world, token)[1]["accessToken"]
    world.clock.advance(2)
    past = renew(world, token)

    assert (past, use(world, token), renew(world, token)) == (PAST, NONE, NONE)


def test_a_token_of_2024_is_never_renewed_if_its_ttl_is_its_max_ttl():
    world = World()
    login = credentials(world, access_token_ttl=600, access_token_max_ttl=600)
    world.become("2024-10")
    token = world.anyone.identity_auth.universal.login(**login).unwrap().access_token

    assert renew(world, token) == PAST == sample("401_token_renew_ttl_equals_max")


def test_a_renewal_leaves_today_what_the_max_ttl_leaves():
    world = World()
    token = a_token(world, access_token_ttl=600, access_token_max_ttl=900)

    world.clock.advance(500)
    fresh = renew(world, token)[1]
    world.clock.advance(399)
    in_time = use(world, fresh["accessToken"])
    world.clock.advance(1)

    assert (fresh["expiresIn"], in_time, use(world, fresh["accessToken"])) == (400, 200, EXPIRED)


def test_a_refusal_says_what_ended_the_token():
    world = World()
    login = credentials(world)
    token = world.anyone.identity_auth.universal.login(**login).unwrap().access_token
    by_secret, by_method = World(), World()
    assert use(world, token) == 200
    for one, how in ((by_secret, "client secret"), (by_method, "auth method")):
        door = credentials(one)
        text = one.anyone.identity_auth.universal.login(**door).unwrap().access_token
        identity_id = next(
            row["identityId"]
            for row in one.memory.state.rows(tables.auth_settings("universal-auth")).values()
            if row["clientId"] == door["client_id"]
        )
        base = f"/api/v1/auth/universal-auth/identities/{identity_id}"
        if how == "client secret":
            secret_id = one.send("GET", f"{base}/client-secrets")[1]["clientSecretData"][0]["id"]
            one.send("POST", f"{base}/client-secrets/{secret_id}/revoke", {})
        else:
            one.send("DELETE", base)
        assert use(one, text) == refusal(401, "UnauthorizedError", f"Failed to authorize: {how} has been revoked")
        assert renew(one, text) == refusal(401, "UnauthorizedError", f"Cannot renew: {how} has been revoked")


def test_a_periodic_token_is_renewed_without_end():
    world = World()
    token = a_token(world, access_token_period=600, access_token_ttl=60, access_token_max_ttl=120)

    for _ in range(50):
        world.clock.advance(599)
        status, answer = renew(world, token)
        assert (status, answer["expiresIn"], answer["accessTokenMaxTTL"]) == (200, 600, 1000000000)
        token = answer["accessToken"]
    world.clock.advance(600)

    assert use(world, token) == EXPIRED


# ---- uses
def test_a_token_is_used_up_by_as_many_calls_as_it_allows():
    world = World()
    token = a_token(world, access_token_num_uses_limit=2)

    assert [use(world, token), use(world, token), use(world, token), use(world, token)] == [200, 200, USED_UP, USED_UP]


def test_a_token_of_2024_that_is_used_up_is_deleted():
    world = World()
    login = credentials(world, access_token_num_uses_limit=1)
    world.become("2024-10")
    token = world.anyone.identity_auth.universal.login(**login).unwrap().access_token

    assert [use(world, token), use(world, token), use(world, token)] == [200, USED_UP_2024, NONE]


def test_calls_that_are_refused_use_a_token_as_well_and_renewals_do_not():
    world = World()
    token = a_token(world, access_token_num_uses_limit=2)

    token = renew(world, token)[1]["accessToken"]
    missing = world.send("GET", "/api/v1/identities/00000000-0000-4000-8000-000000000000", token=token)[0]
    last = use(world, token)

    assert (missing, last, renew(world, token), use(world, token)) == (404, 200, EXHAUSTED_TEXT, USED_UP)


# ---- revocation
@BOTH
def test_a_revoked_token_is_not_there(generation):
    world = World()
    login = credentials(world)
    world.become(generation)
    token = world.anyone.identity_auth.universal.login(**login).unwrap().access_token

    revoked = revoke(world, token)

    assert revoked == (200, {"message": "Successfully revoked access token"})
    if generation == "2024-10":
        assert use(world, token) == renew(world, token) == revoke(world, token) == NONE == sample("401_token_revoked")
    else:
        assert (use(world, token), renew(world, token), revoke(world, token)) == (REVOKED_TEXT, RENEWAL_TEXT, revoked)


def test_only_texts_of_identities_tokens_are_renewed_and_revoked():
    world = World()
    person, broken = world.given.user_token, "no.token"

    other = refusal(400, "BadRequest", "Token is not an identity access token")
    assert renew(world, person) == revoke(world, person) == other
    assert renew(world, broken) == revoke(world, broken) == sample("403_token_malformed")
    world.become("2024-10")
    assert renew(world, person) == refusal(400, "BadRequest", "Only identity access tokens can be renewed")
    assert revoke(world, person) == refusal(401, "UnauthorizedError", "Only identity access tokens can be revoked")


def test_a_forged_token_is_refused():
    world = World()
    head, _, tail = world.token().rpartition(".")
    forged = f"{head}.{tail[::-1]}"

    assert use(world, forged) == renew(world, forged) == sample("403_token_bad_signature")


def test_both_calls_need_a_token_in_their_body():
    world = World()

    for call in ("renew", "revoke"):
        status, answer = world.send("POST", f"/api/v1/auth/token/{call}", {}, token=None)
        assert (status, answer["message"][0]["path"]) == (422, ["accessToken"])


# ---- what a token may do
def test_a_token_is_good_from_the_addresses_that_its_method_trusts_now():
    world = World()
    token = world.token()
    update = world.person.identity_auth.universal.update
    refused = refusal(403, "ForbiddenError", "You are not allowed to access this resource from the current IP address")

    before = use(world, token)
    update(identity_id=world.given.identity_id, access_token_trusted_ips=[TrustedIp(ip_address="10.1.2.3")]).unwrap()
    away = use(world, token)
    update(identity_id=world.given.identity_id, access_token_trusted_ips=[TrustedIp(ip_address="127.0.0.1")]).unwrap()

    assert (before, away, use(world, token)) == (200, refused, 200)


def test_what_a_token_may_do_in_a_project_follows_its_identitys_roles_at_once():
    world = World()
    where = a_member(world, "viewer")
    api = world.machine.identity_auth.token
    api.attach(identity_id=where["identity_id"]).unwrap()
    token = api.create_token(identity_id=where["identity_id"]).unwrap().access_token
    tags = f"/api/v1/projects/{world.project_id}/tags"
    members = world.machine.project_identities

    def write(slug: str) -> tuple[int, Any]:
        return without_id(world.send("POST", tags, {"slug": slug, "color": ""}, token=token))

    as_viewer = write("one")
    world.send(
        "PATCH",
        f"/api/v1/projects/{world.project_id}/memberships/identities/{where['identity_id']}",
        {"roles": [{"role": "member"}]},
    )
    as_member = write("two")[0]
    members.delete(**where).unwrap()
    as_nobody = write("three")

    assert as_viewer == refusal(403, "PermissionDenied", "You are not allowed to create on tags")
    assert as_member == 200
    assert as_nobody == refusal(
        403,
        "ProjectMembershipNotFound",
        f"Identity is not a member of the specified project with ID '{world.project_id}'",
    )


# ---- clients
def logged_in(world: World, **settings: Any) -> InfisicalClient:
    client = world.client(clock=world.clock)
    client.login(UniversalAuth(**credentials(world, **settings))).unwrap()
    return client


def logins(world: World) -> int:
    """How many access tokens the identity `ci` ever got."""
    found = world.machine.identities.search(search={"name": "ci"}).unwrap().identities[0]
    rows = world.memory.state.rows(tables.ACCESS_TOKENS).values()
    return sum(row["identityId"] == found.identity_id for row in rows)


def test_a_client_survives_the_ttl_of_its_token_by_logging_in_again():
    world = World()
    client = logged_in(world, access_token_ttl=600, access_token_max_ttl=3600)

    counts = []
    for pause in (0, 500, 200, 10_000):
        world.clock.advance(pause)
        call = client.organization_identities.list(org_id=world.given.organization_id)
        assert call.unwrap().total_count == 2
        counts.append(logins(world))

    assert counts == [1, 1, 2, 3]


def test_a_client_survives_the_use_limit_and_the_revocation_of_its_token():
    world = World()
    client = logged_in(world, access_token_num_uses_limit=3)

    for _ in range(7):
        assert client.organization_identities.list(org_id=world.given.organization_id).unwrap().total_count == 2
    identity_id = world.machine.identities.search(search={"name": "ci"}).unwrap().identities[0].identity_id
    rows = world.memory.state.rows(tables.ACCESS_TOKENS).values()

    assert [row["accessTokenNumUses"] for row in rows if row["identityId"] == identity_id] == [3, 3, 1]


def test_a_client_whose_token_was_set_by_hand_gets_the_servers_error():
    world = World()
    client = world.client(clock=world.clock)
    client.set_access_token(a_token(world))

    world.clock.advance(600)
    got = client.organization_identities.list(org_id=world.given.organization_id).failure()

    assert isinstance(got, ForbiddenError)
    assert got.message == "Your token has expired. Please re-authenticate."
