"""Token auth on the memory server."""

from __future__ import annotations

from typing import Any

from infisical import IdentityAccessToken
from infisical.endpoints.identity_auth import TrustedIp
from infisical.endpoints.identity_auth.token import IdentityTokenAuth, TokenAuthToken
from infisical.memory import tables
from tests.memory.scenes.identities import an_identity
from tests.memory.scenes.identity_auth_token import with_token_auth
from tests.memory.world import World, refusal, without_id

AT = "2026-09-21T14:13:20.000Z"
UNKNOWN = "00000000-0000-4000-8000-000000000000"
EVERYWHERE = (TrustedIp(ip_address="0.0.0.0", prefix=0, type="ipv4"), TrustedIp(ip_address="::", prefix=0, type="ipv6"))
NONE = refusal(400, "BadRequest", "The identity does not have Token Auth")


def rows(world: World) -> list[Any]:
    return list(world.memory.state.rows(tables.ACCESS_TOKENS).values())


def test_settings_are_attached_changed_read_and_revoked():
    world = World()
    api, identity_id = world.machine.identity_auth.token, an_identity(world)

    made = api.attach(identity_id=identity_id, access_token_ttl=60, access_token_num_uses_limit=9).unwrap()
    changed = api.update(identity_id=identity_id, access_token_max_ttl=600).unwrap()

    assert made == IdentityTokenAuth(
        id=made.id,
        identity_id=identity_id,
        access_token_ttl=60,
        access_token_max_ttl=2592000,
        access_token_num_uses_limit=9,
        access_token_trusted_ips=EVERYWHERE,
        created_at=AT,
        updated_at=AT,
    )
    assert (changed.access_token_ttl, changed.access_token_max_ttl, changed.access_token_num_uses_limit) == (60, 600, 9)
    assert api.get(identity_id=identity_id).unwrap() == changed
    assert api.revoke(identity_id=identity_id).unwrap() == changed
    assert world.machine.identities.get(identity_id=identity_id).unwrap().identity.auth_methods == ()


def test_settings_that_are_there_or_not_are_refused_in_the_words_of_the_server():
    world = World()
    there, bare = with_token_auth(world), an_identity(world)

    def ask(method: str, identity_id: str, body: Any = None, more: str = "") -> tuple[int, Any]:
        return without_id(world.send(method, f"/api/v1/auth/token-auth/identities/{identity_id}{more}", body))

    assert ask("POST", there, {}) == refusal(
        400, "BadRequest", "Failed to add Token Auth to already configured identity"
    )
    assert ask("GET", bare) == refusal(404, "NotFound", "Token Auth configuration not found for identity")
    assert ask("PATCH", bare, {}) == refusal(400, "BadRequest", "The identity does not have token auth")
    assert ask("DELETE", bare) == ask("POST", bare, {}, "/tokens") == ask("GET", bare, more="/tokens") == NONE
    assert ask("GET", UNKNOWN) == refusal(404, "NotFound", f"Failed to find identity with ID {UNKNOWN}")


def test_a_token_that_was_made_logs_its_identity_in():
    world = World()
    identity_id = with_token_auth(world)

    made = world.machine.identity_auth.token.create_token(identity_id=identity_id, name="deploy").unwrap()
    itself = world.client(IdentityAccessToken(made.access_token))

    assert made.token_data == TokenAuthToken(
        id=made.token_data.id,
        identity_id=identity_id,
        name="deploy",
        auth_method="token-auth",
        access_token_ttl=2592000,
        access_token_max_ttl=2592000,
        access_token_period=0,
        access_token_num_uses=0,
        access_token_num_uses_limit=0,
        is_access_token_revoked=False,
        created_at=AT,
        updated_at=AT,
    )
    assert (made.expires_in, made.access_token_max_ttl, made.token_type) == (2592000, 2592000, "Bearer")
    assert itself.identities.get(identity_id=identity_id).unwrap().identity.id == identity_id
    used = world.machine.identity_auth.token.get_token(token_id=made.token_data.id).unwrap()
    assert (used.access_token_num_uses, used.access_token_last_used_at) == (1, AT)


def test_tokens_are_named_listed_the_latest_first_and_revoked():
    world = World()
    api, identity_id = world.machine.identity_auth.token, with_token_auth(world)
    made = []
    for name in ("one", "two", "three"):
        made.append(api.create_token(identity_id=identity_id, name=name).unwrap())
        world.clock.advance(1)

    renamed = api.update_token(token_id=made[0].token_data.id, name="first").unwrap()
    listed = api.list_tokens(identity_id=identity_id).unwrap()
    page = api.list_tokens(identity_id=identity_id, offset=1, limit=1).unwrap()
    said = api.revoke_token(token_id=made[1].token_data.id).unwrap()

    assert (renamed.name, api.get_token(token_id=renamed.id).unwrap()) == ("first", renamed)
    assert [token.name for token in listed] == ["first", "three", "two"]
    assert [token.name for token in page] == ["three"]
    assert said.message == "Successfully revoked access token"
    assert api.get_token(token_id=made[1].token_data.id).unwrap().is_access_token_revoked is True
    path = f"/api/v1/identities/{identity_id}"
    assert [world.send("GET", path, token=token.access_token)[0] for token in made] == [200, 401, 200]


def test_of_tokens_made_at_the_same_time_the_latest_is_listed_first():
    world = World()
    api, identity_id = world.machine.identity_auth.token, with_token_auth(world)
    for name in ("one", "two", "three"):
        api.create_token(identity_id=identity_id, name=name).unwrap()

    assert [token.name for token in api.list_tokens(identity_id=identity_id).unwrap()] == ["three", "two", "one"]


def test_the_list_has_no_count_and_its_pages_have_limits():
    world = World()
    path = f"/api/v1/auth/token-auth/identities/{with_token_auth(world)}/tokens"

    assert world.send("GET", path) == (200, {"tokens": []})
    for query, message in (
        ({"limit": "101"}, "Number must be less than or equal to 100"),
        ({"offset": "101"}, "Number must be less than or equal to 100"),
        ({"limit": "0"}, "Number must be greater than or equal to 1"),
    ):
        status, answer = world.send("GET", path, query=query)
        assert (status, [issue["message"] for issue in answer["message"]]) == (422, [message])


def test_only_tokens_of_token_auth_are_found_and_only_once_revoked():
    world = World()
    api = world.machine.identity_auth.token
    made = api.create_token(identity_id=with_token_auth(world)).unwrap().token_data
    api.revoke_token(token_id=made.id).unwrap()
    path = "/api/v1/auth/token-auth/tokens"

    again = world.send("POST", f"{path}/{made.id}/revoke")
    unknown = world.send("GET", f"{path}/{UNKNOWN}")
    world.token()
    (other,) = [row["id"] for row in rows(world) if row["authMethod"] == "universal-auth"][-1:]
    by_universal_auth = world.send("GET", f"{path}/{other}")
    renamed = world.send("PATCH", f"{path}/{UNKNOWN}", {"name": "x"})

    assert without_id(again) == refusal(404, "NotFound", f"Token with ID {made.id} not found or already revoked")
    missing = refusal(404, "NotFound", f"Token with ID {UNKNOWN} not found")
    assert without_id(unknown) == without_id(renamed) == missing
    assert without_id(by_universal_auth) == refusal(404, "NotFound", f"Token with ID {other} not found")


def test_revoking_token_auth_deletes_its_tokens_and_leaves_those_of_other_methods():
    world = World()
    api, identity_id = world.machine.identity_auth.token, world.given.identity_id
    api.attach(identity_id=identity_id).unwrap()
    made = api.create_token(identity_id=identity_id).unwrap()

    api.revoke(identity_id=identity_id).unwrap()

    path = f"/api/v1/identities/{identity_id}"
    assert world.send("GET", path, token=made.access_token)[0] == 401
    assert world.send("GET", path, token=world.token())[0] == 200
    assert world.send("GET", f"/api/v1/auth/token-auth/tokens/{made.token_data.id}")[0] == 404


def test_a_member_of_the_organization_reads_tokens_and_makes_none():
    world = World()
    identity_id = with_token_auth(world)
    token = world.machine.identity_auth.token.create_token(identity_id=identity_id).unwrap().access_token
    path = f"/api/v1/auth/token-auth/identities/{identity_id}/tokens"

    assert world.send("GET", path, token=token)[0] == 200
    status, answer = world.send("POST", path, {}, token=token)

    assert (status, answer["error"]) == (403, "PermissionBoundaryError")


def test_there_is_no_login_with_token_auth():
    world = World()

    for generation in ("current", "2024-10"):
        world.become(generation)
        got = world.send("POST", "/api/v1/auth/token/login", {"identityId": world.given.identity_id}, token=None)
        assert got == (
            404,
            {"message": "Route POST:/api/v1/auth/token/login not found", "error": "Not Found", "statusCode": 404},
        )
