"""Second factors on the memory server: in a login."""

from __future__ import annotations

import pytest

from infisical import BadRequestError, InternalServerError, Jwt
from infisical.memory import open_mfa
from infisical.memory.domain.accounts import open_password_reset
from infisical.memory.domain.codes import read_code
from infisical.memory.domain.second_factors import (
    compute_totp_code,
    enroll_totp,
    give_recovery_codes,
    pass_webauthn,
)
from infisical.memory.tables import USERS
from tests.memory.steps import after
from tests.memory.world import World, refusal, without_id

SEND, VERIFY = "/api/v2/auth/mfa/send", "/api/v2/auth/mfa/verify"
RECOVER = f"{VERIFY}/recovery-code"
BROWSER = (("User-Agent", "tests"),)
WENT_WRONG = refusal(500, "InternalServerError", "Something went wrong")


def sent(world: World, token: str) -> str:
    """Have a code sent, and read it."""
    assert world.send("POST", SEND, token=token) == (200, {"message": "Successfully send new mfa code"})
    return read_code(world.memory.state)


def given(world: World, token: str, code: str, method: str = "email") -> tuple[int, object]:
    body = {"mfaToken": code, "mfaMethod": method}
    return without_id(world.send("POST", VERIFY, body, token=token, headers=BROWSER))


def failures(world: World) -> int:
    return world.memory.state.rows(USERS)[world.given.user_id]["consecutiveFailedMfaAttempts"]


# ---- codes of e-mails
@pytest.mark.parametrize("generation", ["current", "2024-10"])
def test_the_code_of_an_email_completes_a_login(generation):
    world = World(generation)
    token = after(world, open_mfa)
    code = sent(world, token)

    login = world.anyone.mfa.verify(mfa_token=code, login_token=token).unwrap()

    assert world.client(Jwt(login.token)).users.get_me().unwrap().id == world.given.user_id
    assert world.send("GET", f"/api/v1/workspace/{world.project_id}", token=login.token)[0] == 200
    assert (login.protected_key is None) == (generation == "current")
    assert given(world, token, code) == WENT_WRONG  # a code is good once


def test_a_new_code_takes_the_place_of_the_one_before():
    world = World()
    token = after(world, open_mfa)
    old, new = sent(world, token), sent(world, token)

    assert old != new
    assert given(world, token, old) == WENT_WRONG
    assert given(world, token, new)[0] == 200


def test_a_code_and_the_token_of_a_login_expire():
    world = World()
    first = after(world, open_mfa)
    code = sent(world, first)
    world.clock.advance(301)
    second = after(world, open_mfa)

    assert given(world, second, code) == WENT_WRONG
    assert given(world, first, code) == refusal(403, "TokenError", "Your token has expired. Please re-authenticate.")


def test_a_login_lives_ten_days():
    world = World()
    token = after(world, open_mfa)
    jwt = world.anyone.mfa.verify(mfa_token=sent(world, token), login_token=token).unwrap().token
    world.clock.advance(864000 - 1)
    before = world.send("GET", "/api/v2/users/me", token=jwt)[0]
    world.clock.advance(1)

    assert (before, world.send("GET", "/api/v2/users/me", token=jwt)[0]) == (200, 403)


# ---- wrong codes
def test_wrong_codes_make_an_account_wait_longer_and_longer_and_lock_it_in_the_end():
    world = World()
    wait = (
        "User is temporary locked due to multiple failed login attempts. Try again after {}. "
        "You can also reset your password now to proceed."
    )

    for minutes in (5, 30, 60):
        token = after(world, open_mfa)
        sent(world, token)
        assert [given(world, token, "wrong") for _ in range(3)] == [WENT_WRONG] * 3
        refused = refusal(403, "UserLocked", wait.format(f"{minutes} minutes"))
        assert without_id(world.send("POST", SEND, token=token)) == refused
        world.clock.advance(minutes * 60)
    token = after(world, open_mfa)
    for _ in range(3):
        given(world, token, "wrong")

    status, body = given(world, token, "wrong")
    assert (status, body["error"]) == (403, "UserLocked")
    assert body["message"].startswith("User is locked due to multiple failed login attempts. An email has been sent")
    assert world.memory.state.rows(USERS)[world.given.user_id]["isLocked"] is True


def test_a_good_code_is_refused_while_an_account_waits_and_forgets_the_failures_later():
    world = World()
    token = after(world, open_mfa)
    for _ in range(3):
        given(world, token, "wrong")
    early = given(world, token, "wrong")
    world.clock.advance(290)
    nearly = given(world, token, "wrong")
    counted = failures(world)
    world.clock.advance(10)
    token = after(world, open_mfa)
    late = given(world, token, sent(world, token))

    assert (early[0], counted) == (403, 5)
    assert "Try again after 10 seconds." in nearly[1]["message"]
    assert (late[0], failures(world)) == (200, 0)


def test_three_wrong_codes_use_up_the_code_that_was_sent():
    world = World()
    token = after(world, open_mfa)
    sent(world, token)

    for _ in range(3):
        given(world, token, "wrong")

    with pytest.raises(LookupError, match="no code for email-mfa was sent"):
        read_code(world.memory.state)


# ---- other methods
def test_an_authenticator_completes_a_login():
    world = World()
    token = after(world, open_mfa)
    checks = world.anyone.mfa.check_totp
    before = checks(login_token=token).unwrap().is_verified
    secret = after(world, enroll_totp)

    assert (before, checks(login_token=token).unwrap().is_verified) == (False, True)
    for step in (-30, 0, 30):
        assert given(world, token, compute_totp_code(secret, world.clock.now + step), "totp")[0] == 200


@pytest.mark.parametrize(
    ("enrolled", "code", "expected"),
    [
        (False, "123456", refusal(404, "NotFound", "TOTP configuration not found")),
        (True, "12345", refusal(400, "BadRequest", "Please use a valid TOTP code.")),
        (True, "stale", refusal(403, "ForbiddenError", "Invalid TOTP")),
    ],
)
def test_what_an_authenticator_does_not_show_is_refused_and_counted(enrolled, code, expected):
    world = World()
    token = after(world, open_mfa)
    if enrolled:
        secret = after(world, enroll_totp)
        code = compute_totp_code(secret, world.clock.now - 90) if code == "stale" else code

    assert given(world, token, code, "totp") == expected
    assert failures(world) == 1


def test_the_codes_of_authenticators_are_those_of_the_standard():
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # RFC 6238, appendix B

    assert [compute_totp_code(secret, at) for at in (59, 1111111109, 1234567890, 20000000000)] == [
        "287082",
        "081804",
        "005924",
        "353130",
    ]


def test_a_passkey_completes_a_login_once_and_within_a_minute():
    world = World()
    token = after(world, open_mfa)
    before = world.anyone.mfa.check_webauthn(login_token=token).unwrap().has_passkeys
    proof = after(world, pass_webauthn)

    assert (before, world.anyone.mfa.check_webauthn(login_token=token).unwrap().has_passkeys) == (False, True)
    assert given(world, token, proof, "webauthn")[0] == 200
    assert given(world, token, proof, "webauthn") == WENT_WRONG
    proof = after(world, pass_webauthn)
    world.clock.advance(61)
    assert given(world, token, proof, "webauthn") == WENT_WRONG


def test_a_recovery_code_completes_a_login_once():
    world = World()
    token = after(world, open_mfa)
    recover = world.anyone.mfa.verify_recovery_code
    none = recover(recovery_code="a1b2c3d4", login_token=token)
    codes = after(world, give_recovery_codes)

    good = recover(recovery_code=codes[0], login_token=token).unwrap()
    again = without_id(world.send("POST", RECOVER, {"recoveryCode": codes[0]}, token=token, headers=BROWSER))

    assert isinstance(none.failure(), BadRequestError)
    assert failures(world) == 1  # having none at all is not counted
    assert world.send("GET", "/api/v2/users/me", token=good.token)[0] == 200
    assert again == refusal(403, "ForbiddenError", "Invalid recovery code")
    assert recover(recovery_code=codes[1], login_token=token).unwrap().token


@pytest.mark.parametrize("code", ["", "1234567", "123456789"])
def test_a_recovery_code_has_eight_characters(code):
    world = World()

    status, body = world.send("POST", RECOVER, {"recoveryCode": code}, token=after(world, open_mfa))

    assert (status, body["message"][0]["message"]) == (422, "Recovery code must be 8 characters")


# ---- what is let in
def test_only_the_token_of_an_unfinished_login_is_taken():
    world = World()
    reset = after(world, open_password_reset)

    assert world.send("POST", SEND, token=None) == (401, {"error": "Missing bearer token"})
    assert without_id(world.send("POST", SEND)) == WENT_WRONG
    assert without_id(world.send("POST", SEND, token=reset)) == WENT_WRONG
    assert isinstance(world.person.mfa.resend_token().failure(), InternalServerError)


def test_the_token_of_an_unfinished_login_opens_nothing_else():
    world = World()
    token = after(world, open_mfa)

    assert world.send("GET", "/api/v2/users/me", token=token)[0] == 403


def test_a_login_says_with_what_it_is_made():
    world = World()
    token = after(world, open_mfa)
    code = sent(world, token)

    assert without_id(world.send("POST", VERIFY, {"mfaToken": code}, token=token)) == WENT_WRONG
    assert failures(world) == 0
