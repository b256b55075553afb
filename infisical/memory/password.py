"""Passwords: a reset by the token of an e-mail, or by the old password."""

from __future__ import annotations

from infisical.memory import tokens
from infisical.memory.call import Call
from infisical.memory.domain import accounts, second_factors
from infisical.memory.refusals import bad_request, unauthorized
from infisical.memory.routing import JWT, PUBLIC_ACCESS, Answer, route
from infisical.memory.state import Row
from infisical.memory.validation import obj, string


def require_password_login(call: Call, user_id: str) -> Row:
    """Return a user; refuse users who do not log in with a password."""
    user = accounts.get_user(call, user_id)
    if accounts.get_password(call, user_id) is None:
        raise bad_request("Unable to reset password, no password is set")
    if "email" not in user["authMethods"]:
        raise bad_request("Unable to reset password, no email authentication method is configured")
    return user


@route(
    "POST",
    "/api/v2/password/password-reset",
    generation="current",
    access=PUBLIC_ACCESS,
    body=obj(newPassword=string()),
    limit="auth",
)
def reset(call: Call) -> Answer:
    credential = call.header("authorization")
    if credential is None:
        raise unauthorized("Missing Authorization Header in the request header.")
    scheme, _, token = credential.partition(" ")
    if scheme.lower() != "bearer":
        raise unauthorized(f"The provided authentication type '{scheme}' is not supported.")
    if not token:
        raise unauthorized("Missing Authorization Body in the request header")
    reset_id = (
        None
        if token.startswith("st.")
        else tokens.read_claims(call.draft.state, token, call.now).get("passwordResetId")
    )
    if reset_id is None:
        raise unauthorized("The provided authentication token type is not supported.")
    request = call.draft.drop(accounts.PASSWORD_RESETS, reset_id)
    if request is None:
        raise unauthorized("The provided authentication token was used already.")
    user = require_password_login(call, request["userId"])
    accounts.save_password(call, user["id"], call.body["newPassword"])
    second_factors.forget_failures(call, user["id"], isLocked=False)
    return None


@route(
    "POST",
    "/api/v2/password/user/password-reset",
    generation="current",
    access=JWT,
    body=obj(oldPassword=string(), newPassword=string()),
    limit="auth",
)
def reset_authenticated(call: Call) -> Answer:
    user = require_password_login(call, call.actor.id)
    if not call.body["oldPassword"]:
        raise bad_request("Current password is required.")
    if accounts.get_password(call, user["id"]) != call.body["oldPassword"]:
        raise bad_request("Incorrect current password.")
    accounts.save_password(call, user["id"], call.body["newPassword"])
    return None
