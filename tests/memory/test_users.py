"""The user who is logged in, on the memory server."""

from __future__ import annotations

import pytest

from infisical import Jwt, UnauthorizedError
from infisical.endpoints.users import User, UserSession
from infisical.memory import open_session
from infisical.memory.call import format_time
from infisical.memory.domain.accounts import open_email_verification, read_password
from infisical.memory.domain.codes import read_code
from infisical.memory.domain.second_factors import compute_totp_code, enroll_totp, open_mfa_session
from infisical.memory.tables import ORG_MEMBERS, SESSIONS, USERS
from tests.memory.steps import after
from tests.memory.world import START, World, refusal, without_id

NOW = format_time(START)
NEW = "new@example.com"
ME = "/api/v2/users/me"
INVALID = "Invalid verification code"


# ---- profile
def test_the_profile_is_that_of_the_person():
    world = World()

    me = world.person.users.get_me().unwrap()

    assert me == User(
        id=world.given.user_id,
        username="admin@example.com",
        email="admin@example.com",
        is_email_verified=True,
        auth_methods=("email",),
        super_admin=True,
        is_accepted=True,
        is_ghost=False,
        is_mfa_enabled=False,
        consecutive_failed_mfa_attempts=0,
        consecutive_failed_password_attempts=0,
        is_locked=False,
        devices=me.devices,
        created_at=NOW,
        updated_at=NOW,
    )
    assert me.devices == [{"ip": "127.0.0.1", "userAgent": "infisical"}]


def test_a_name_that_was_changed_is_read_back():
    world = World()
    world.clock.advance(1)

    changed = world.person.users.update_name(first_name=" Ada ", last_name="Lovelace").unwrap()
    me = world.person.users.get_me().unwrap()

    assert changed == User(
        id=world.given.user_id,
        username="admin@example.com",
        email="admin@example.com",
        first_name="Ada",
        last_name="Lovelace",
        is_email_verified=True,
    )
    assert (me.first_name, me.last_name, me.updated_at) == ("Ada", "Lovelace", format_time(START + 1))


def test_ways_to_log_in_are_replaced_and_without_email_there_is_no_password():
    world = World()
    users = world.person.users

    users.update_auth_methods(auth_methods=["google", "github"]).unwrap()

    assert users.get_me().unwrap().auth_methods == ("google", "github")
    assert read_password(world.memory.state) is None


@pytest.mark.parametrize("methods", [[], ["fax"], "email"])
def test_ways_to_log_in_have_limits(methods):
    world = World()

    status, body = world.send("PUT", f"{ME}/auth-methods", {"authMethods": methods})

    assert (status, body["error"]) == (422, "ValidationFailure")
    assert world.person.users.get_me().unwrap().auth_methods == ("email",)


def test_ldap_is_not_for_the_user_to_choose():
    refused = World().send("PUT", f"{ME}/auth-methods", {"authMethods": ["ldap"]})

    assert without_id(refused) == refusal(400, "UpdateAuthMethods", "LDAP auth method cannot be updated")


def test_a_token_without_an_organization_is_good_for_some_routes_only():
    world = World()
    token = world.person.organizations.delete(org_id=world.given.organization_id).unwrap().access_token

    profile = world.send("GET", ME, token=token)
    methods = world.send("PUT", f"{ME}/auth-methods", {"authMethods": ["google"]}, token=token)

    assert (profile[0], profile[1]["message"]) == (401, "no organization found in request")
    assert methods[0] == 200


def test_a_deleted_account_is_gone_with_its_sessions_and_memberships():
    world = World()
    token = after(world, open_session, email="eve@example.com", project_role="member")

    status, body = world.send("DELETE", ME, token=token)

    assert (status, body["user"]["username"]) == (200, "eve@example.com")
    assert set(body["user"]) == {"username", "email", "isEmailVerified", "firstName", "lastName", "id", "publicKey"}
    assert world.send("GET", ME, token=token)[0] == 401
    assert [row["username"] for row in world.memory.state.rows(USERS).values()] == ["admin@example.com"]
    assert len(world.memory.state.rows(ORG_MEMBERS)) == 1
    assert len(world.person.projects.list_memberships(project_id=world.project_id).unwrap()) == 1


# ---- sessions
def test_sessions_are_those_of_the_person():
    world = World()
    after(world, open_session, email="eve@example.com")

    (session,) = world.person.users.list_sessions().unwrap()

    assert session == UserSession(
        id=session.id,
        user_id=world.given.user_id,
        ip="127.0.0.1",
        user_agent="infisical",
        access_version=1,
        refresh_version=1,
        last_used=NOW,
        created_at=NOW,
        updated_at=NOW,
    )


def test_a_session_that_was_ended_lets_nobody_in():
    world = World()
    (session,) = world.person.users.list_sessions().unwrap()

    ended = world.person.users.revoke_session(session.id).unwrap()

    assert ended.message == "Successfully revoked session"
    assert isinstance(world.person.users.get_me().failure(), UnauthorizedError)


def test_a_session_of_somebody_else_is_not_ended():
    world = World()
    token = after(world, open_session, email="eve@example.com")
    theirs = world.client(Jwt(token)).users.list_sessions().unwrap()[0].id

    ended = world.send("DELETE", f"{ME}/sessions/{theirs}")

    assert ended == (200, {"message": "Successfully revoked session"})
    assert world.send("GET", ME, token=token)[0] == 200


def test_all_sessions_of_the_person_end_together_and_those_of_others_stay():
    world = World()
    token = after(world, open_session, email="eve@example.com")

    ended = world.person.users.revoke_all_sessions().unwrap()

    assert ended.message == "Successfully revoked all sessions"
    assert world.send("GET", ME)[0] == 401
    assert world.send("GET", ME, token=token)[0] == 200
    assert len(world.memory.state.rows(SESSIONS)) == 1


# ---- another address
def start_change(world: World, address: str = NEW) -> str:
    """Go as far as the last code, and return it."""
    world.person.users.request_email_change_otp(new_email=address).unwrap()
    code = read_code(world.memory.state, "email-change-current")
    answer = world.send("POST", f"{ME}/email-change/verify-current", {"otpCode": code})
    assert answer == (200, {"success": True, "newEmail": address})
    return read_code(world.memory.state, "email-change")


def test_an_address_is_changed_by_a_code_to_the_old_one_and_a_code_to_the_new_one():
    world = World()
    asked = world.person.users.request_email_change_otp(new_email="New@Example.com").unwrap()

    changed = world.person.users.update_email(new_email=NEW, otp_code=start_change(world)).unwrap()

    assert (asked.success, asked.message) == (True, "Verification code sent to current email address")
    assert (changed.email, changed.username) == (NEW, NEW)
    assert world.memory.state.rows(USERS)[world.given.user_id]["email"] == NEW
    assert world.send("GET", ME)[0] == 401  # all sessions end with it


def test_a_wrong_code_ends_the_change_of_an_address():
    world = World()
    code = start_change(world)
    wrong = "000000"

    first = world.send("PATCH", f"{ME}/email", {"newEmail": NEW, "otpCode": wrong})
    second = world.send("PATCH", f"{ME}/email", {"newEmail": NEW, "otpCode": code})

    assert without_id(first) == refusal(400, "UpdateUserEmail", INVALID)
    assert without_id(second) == refusal(400, "UpdateUserEmail", INVALID)
    assert world.person.users.get_me().unwrap().email == "admin@example.com"


def test_the_code_of_one_address_does_not_change_to_another():
    world = World()
    code = start_change(world)

    refused = world.send("PATCH", f"{ME}/email", {"newEmail": "other@example.com", "otpCode": code})

    assert without_id(refused) == refusal(400, "UpdateUserEmail", INVALID)


def test_a_code_for_an_address_expires():
    world = World()
    code = start_change(world)
    world.clock.advance(601)

    refused = world.send("PATCH", f"{ME}/email", {"newEmail": NEW, "otpCode": code})

    assert without_id(refused) == refusal(400, "UpdateUserEmail", INVALID)


def test_who_asks_for_an_address_that_is_taken_gets_the_same_answer_and_no_code():
    world = World()
    after(world, open_session, email=NEW)

    asked = world.person.users.request_email_change_otp(new_email=NEW).unwrap()

    assert (asked.success, asked.message) == (True, "Verification code sent to current email address")
    with pytest.raises(LookupError, match="no code for email-change-current was sent"):
        read_code(world.memory.state, "email-change-current")


def test_an_address_that_was_taken_meanwhile_is_refused():
    world = World()
    code = start_change(world)
    after(world, open_session, email=NEW)

    refused = world.send("PATCH", f"{ME}/email", {"newEmail": NEW, "otpCode": code})

    assert without_id(refused) == refusal(400, "UpdateUserEmail", "Email is no longer available")


@pytest.mark.parametrize("body", [{"newEmail": NEW, "otpCode": "12345"}, {"newEmail": "nobody", "otpCode": "123456"}])
def test_a_change_of_an_address_has_limits(body):
    assert World().send("PATCH", f"{ME}/email", body)[0] == 422


# ---- an address that was not verified yet
def test_an_address_is_verified_by_the_code_of_a_sign_up():
    world = World()
    token = after(world, open_email_verification, email=NEW)
    *_, user_id = world.memory.state.rows(USERS)

    sent = world.send("POST", f"{ME}/emails/code", {"token": token}, token=None)
    code = read_code(world.memory.state, "email-verification", user_id=user_id)
    world.become("2024-10")
    verified = world.send("POST", f"{ME}/emails/verify", {"username": NEW, "code": code}, token=None)
    world.become("current")
    again = world.send("POST", f"{ME}/emails/code", {"token": token}, token=None)

    assert (sent, verified) == ((200, {}), (200, {}))
    assert world.memory.state.rows(USERS)[user_id]["isEmailVerified"] is True
    assert without_id(again) == refusal(400, "Invalid token", "The request is invalid")


def test_the_code_of_a_sign_up_is_asked_for_with_its_token_only():
    world = World()
    token = after(world, open_email_verification, email=NEW)
    path = f"{ME}/emails/code"

    other_kind = world.send("POST", path, {"token": world.given.user_token}, token=None)
    forged = world.send("POST", path, {"token": f"{token}x"}, token=None)
    world.clock.advance(900)
    expired = world.send("POST", path, {"token": token}, token=None)

    assert without_id(other_kind) == refusal(400, "Invalid auth token type", "The request is invalid")
    assert (forged[0], forged[1]["error"]) == (403, "TokenError")
    assert without_id(expired) == refusal(403, "TokenError", "Your token has expired. Please re-authenticate.")


def test_three_wrong_codes_end_a_verification_of_2024():
    world = World("2024-10")
    after(world, open_email_verification, email=NEW)
    *_, user_id = world.memory.state.rows(USERS)
    assert world.send("POST", f"{ME}/emails/code", {"username": NEW}, token=None) == (200, {})
    code = read_code(world.memory.state, "email-verification", user_id=user_id)
    wrong = {"username": NEW, "code": "000000"}

    tried = [world.send("POST", f"{ME}/emails/verify", wrong, token=None)[0] for _ in range(3)]
    late = world.send("POST", f"{ME}/emails/verify", {"username": NEW, "code": code}, token=None)

    assert (tried, late) == ([500] * 3, refusal(500, "InternalServerError", "Something went wrong"))


# ---- the second factor that is asked for
def test_another_second_factor_needs_one_that_was_given_just_now():
    world = World()
    secret = after(world, enroll_totp)
    path = f"{ME}/mfa"

    status, asked = world.send("PATCH", path, {"selectedMfaMethod": "totp"})
    session = asked["details"]["mfaSessionId"]
    pending = world.send("PATCH", path, {"selectedMfaMethod": "totp", "mfaSessionId": session})
    world.person.mfa_sessions.verify(
        mfa_session_id=session, mfa_token=compute_totp_code(secret, world.clock.now), mfa_method="totp"
    ).unwrap()
    world.person.users.update_mfa(selected_mfa_method="totp", mfa_session_id=session).unwrap()

    assert (status, asked["error"], asked["details"]["mfaMethod"]) == (400, "SESSION_MFA_REQUIRED", "email")
    assert asked["message"] == "MFA verification is required to change your preferred two-factor method"
    assert (pending[0], pending[1]["error"]) == (400, "SESSION_MFA_REQUIRED")
    assert world.person.users.get_me().unwrap().selected_mfa_method == "totp"
    assert world.send("PATCH", path, {"selectedMfaMethod": "email"})[1]["details"]["mfaMethod"] == "totp"


@pytest.mark.parametrize(
    ("method", "message"),
    [
        ("totp", "TOTP is not configured for this account"),
        ("webauthn", "No passkeys are configured for this account"),
    ],
)
def test_a_second_factor_that_is_not_there_is_not_chosen(method, message):
    world = World()
    session = after(world, open_mfa_session)
    code = read_code(world.memory.state)
    world.person.mfa_sessions.verify(mfa_session_id=session, mfa_token=code, mfa_method="email").unwrap()

    refused = world.send("PATCH", f"{ME}/mfa", {"selectedMfaMethod": method, "mfaSessionId": session})

    assert without_id(refused) == refusal(400, "BadRequest", message)


def test_servers_of_2024_turn_the_second_factor_on_and_off():
    world = World("2024-10")

    on = world.send("PATCH", f"{ME}/mfa", {"isMfaEnabled": True})[1]["user"]
    off = world.send("PATCH", f"{ME}/mfa", {"isMfaEnabled": False})[1]["user"]

    assert (on["isMfaEnabled"], on["mfaMethods"]) == (True, ["email"])
    assert (off["isMfaEnabled"], off["mfaMethods"]) == (False, [])


# ---- API keys of 2024
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_an_api_key_of_2024_is_shown_once_listed_and_deleted():
    world = World("2024-10")
    users = world.person.users

    made = users.create_api_key(name="key", expires_in=60).unwrap()
    listed = users.list_api_keys().unwrap()

    assert made.api_key.startswith(f"ak.{made.api_key_data.id}.")
    assert (made.api_key_data.name, made.api_key_data.expires_at) == ("key", format_time(START + 60))
    assert listed == (made.api_key_data,)
    assert users.delete_api_key(made.api_key_data.id).unwrap() == made.api_key_data
    assert users.list_api_keys().unwrap() == ()
    assert world.send("DELETE", f"{ME}/api-keys/{made.api_key_data.id}") == refusal(
        404, "NotFound", f"API key with ID '{made.api_key_data.id}' not found"
    )
