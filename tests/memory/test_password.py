"""Passwords on the memory server."""

from __future__ import annotations

import pytest

from infisical.memory import open_mfa
from infisical.memory.domain.accounts import INITIAL_PASSWORD, open_password_reset, read_password, set_password
from infisical.memory.tables import USERS
from tests.memory.steps import after
from tests.memory.world import World, refusal, without_id

RESET = "/api/v2/password/password-reset"
CHANGE = "/api/v2/password/user/password-reset"
NEW = {"newPassword": "new"}


def test_a_reset_token_sets_a_new_password_once():
    world = World()
    token = after(world, open_password_reset)

    answer = world.ask("POST", RESET, NEW, token=token)
    again = world.send("POST", RESET, {"newPassword": "newer"}, token=token)

    assert (answer.status, answer.body) == (200, b"")
    assert (again[0], again[1]["error"]) == (401, "UnauthorizedError")
    assert read_password(world.memory.state) == "new"


def test_a_reset_token_expires():
    world = World()
    token = after(world, open_password_reset)
    world.clock.advance(900)

    expired = world.send("POST", RESET, NEW, token=token)

    assert without_id(expired) == refusal(403, "TokenError", "Your token has expired. Please re-authenticate.")
    assert read_password(world.memory.state) == INITIAL_PASSWORD


def test_only_a_reset_token_resets_a_password():
    world = World()
    unsupported = refusal(401, "UnauthorizedError", "The provided authentication token type is not supported.")
    path = [world.given.user_token, world.token(), after(world, open_mfa)]

    assert [without_id(world.send("POST", RESET, NEW, token=token)) for token in path] == [unsupported] * 3
    assert without_id(world.send("POST", RESET, NEW, token=None)) == refusal(
        401, "UnauthorizedError", "Missing Authorization Header in the request header."
    )
    assert without_id(world.send("POST", RESET, NEW, token=None, headers=(("Authorization", "Basic x"),))) == refusal(
        401, "UnauthorizedError", "The provided authentication type 'Basic' is not supported."
    )
    assert read_password(world.memory.state) == INITIAL_PASSWORD


def test_a_reset_unlocks_an_account():
    world = World()
    body = {"mfaToken": "wrong"}
    login = after(world, open_mfa)
    for _ in range(12):
        world.send("POST", "/api/v2/auth/mfa/verify", body, token=login, headers=(("User-Agent", "tests"),))
    locked = world.memory.state.rows(USERS)[world.given.user_id]["isLocked"]

    world.anyone.password.reset(new_password="new", reset_token=after(world, open_password_reset)).unwrap()

    user = world.memory.state.rows(USERS)[world.given.user_id]
    assert (locked, user["isLocked"], user["consecutiveFailedMfaAttempts"]) == (True, False, 0)


def test_a_password_is_changed_by_who_knows_the_old_one():
    world = World()
    world.memory.change(lambda state, now: set_password(state, now=now, password="old"))

    wrong = world.send("POST", CHANGE, {"oldPassword": INITIAL_PASSWORD, "newPassword": "new"})
    empty = world.send("POST", CHANGE, {"oldPassword": "", "newPassword": "new"})
    before = read_password(world.memory.state)
    answer = world.ask("POST", CHANGE, {"oldPassword": "old", "newPassword": "new"})

    assert without_id(wrong) == refusal(400, "BadRequest", "Incorrect current password.")
    assert without_id(empty) == refusal(400, "BadRequest", "Current password is required.")
    assert (before, answer.status, answer.body) == ("old", 200, b"")
    assert read_password(world.memory.state) == "new"


@pytest.mark.parametrize("path", [RESET, CHANGE])
def test_who_logs_in_without_a_password_has_none_to_reset(path):
    world = World()
    token = after(world, open_password_reset)
    world.person.users.update_auth_methods(auth_methods=["google"]).unwrap()

    body = {"oldPassword": INITIAL_PASSWORD, "newPassword": "new"}
    refused = world.send("POST", path, body, token=token if path == RESET else "")

    assert without_id(refused) == refusal(400, "BadRequest", "Unable to reset password, no password is set")
