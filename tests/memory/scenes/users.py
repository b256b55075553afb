"""Scenes of the user who is logged in."""

from __future__ import annotations

from functools import partial

from infisical.memory.domain.accounts import open_email_verification
from infisical.memory.domain.codes import read_code
from infisical.memory.domain.second_factors import open_mfa_session
from tests.memory.scenes import Scene
from tests.memory.steps import after
from tests.memory.world import World

NEW = "new@example.com"


def signing_up(world: World) -> str:
    """Somebody whose address is not verified yet: the token of that sign-up."""
    return after(world, open_email_verification, email=NEW)


def verify_email(world: World):
    world.person.users.send_email_verification_code(token=signing_up(world)).unwrap()
    user_id = next(row["id"] for row in world.memory.state.rows("users").values() if row["email"] == NEW)
    code = read_code(world.memory.state, "email-verification", user_id=user_id)
    return partial(world.person.users.verify_email_verification_code, username=NEW, code=code)


def update_mfa(world: World):
    session = after(world, open_mfa_session)
    code = read_code(world.memory.state)
    world.person.mfa_sessions.verify(mfa_session_id=session, mfa_token=code, mfa_method="email").unwrap()
    return partial(
        world.person.users.update_mfa, selected_mfa_method="email", is_mfa_enabled=True, mfa_session_id=session
    )


def update_email(world: World):
    world.person.users.request_email_change_otp(new_email=NEW).unwrap()
    code = read_code(world.memory.state, "email-change-current")
    assert world.send("POST", "/api/v2/users/me/email-change/verify-current", {"otpCode": code})[0] == 200
    code = read_code(world.memory.state, "email-change")
    return partial(world.person.users.update_email, new_email=NEW, otp_code=code)


def session_id(world: World) -> str:
    return world.person.users.list_sessions().unwrap()[0].id


def delete_api_key(world: World):
    world.become("2024-10")
    made = world.person.users.create_api_key(name="key", expires_in=60).unwrap()
    world.become("current")
    return partial(world.person.users.delete_api_key, made.api_key_data.id)


SCENES: dict[str, Scene] = {
    "users.send_email_verification_code": lambda w: partial(
        w.person.users.send_email_verification_code, token=signing_up(w)
    ),
    "users.verify_email_verification_code": verify_email,
    "users.update_mfa": update_mfa,
    "users.update_name": lambda w: partial(w.person.users.update_name, first_name="Ada", last_name="Lovelace"),
    "users.update_auth_methods": lambda w: partial(
        w.person.users.update_auth_methods, auth_methods=["email", "google"]
    ),
    "users.request_email_change_otp": lambda w: partial(w.person.users.request_email_change_otp, new_email=NEW),
    "users.update_email": update_email,
    "users.list_organizations": lambda w: w.person.users.list_organizations,
    "users.list_api_keys": lambda w: w.person.users.list_api_keys,
    "users.create_api_key": lambda w: partial(w.person.users.create_api_key, name="key", expires_in=60),
    "users.delete_api_key": delete_api_key,
    "users.list_sessions": lambda w: w.person.users.list_sessions,
    "users.revoke_all_sessions": lambda w: w.person.users.revoke_all_sessions,
    "users.revoke_session": lambda w: partial(w.person.users.revoke_session, session_id(w)),
    "users.get_me": lambda w: w.person.users.get_me,
    "users.delete_me": lambda w: w.person.users.delete_me,
}
