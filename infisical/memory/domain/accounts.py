"""Accounts: users with their passwords, sessions and memberships, and the columns that answers show of them.

Codes and second factors are in codes.py and second_factors.py, machine identities in identities/.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from typing import Any, Final

from infisical.memory import seeding, tables, tokens
from infisical.memory.call import Call, pick
from infisical.memory.seeding import get_given
from infisical.memory.state import Draft, Row, State

PASSWORDS: Final = "passwords"  # user id -> id, userId, password (None: no password)
PASSWORD_RESETS: Final = "password_resets"  # id -> id, userId: the open resets
INITIAL_PASSWORD: Final = "Initial-Password-1"
"""The password of users who have not set one."""
RESET_TTL: Final = 900
SIGNUP_TTL: Final = 900
SESSION_TTL: Final = 864000

SUMMARY_COLUMNS: Final = ("username", "email", "isEmailVerified", "firstName", "lastName", "id", "publicKey")
PROFILE_COLUMNS: Final = (
    "id",
    "email",
    "authMethods",
    "superAdmin",
    "firstName",
    "lastName",
    "isAccepted",
    "isMfaEnabled",
    "mfaMethods",
    "devices",
    "createdAt",
    "updatedAt",
    "isGhost",
    "username",
    "isEmailVerified",
    "consecutiveFailedMfaAttempts",
    "isLocked",
    "temporaryLockDateEnd",
    "consecutiveFailedPasswordAttempts",
)
"""The columns of a user in answers of October 2024; current servers show more, but only to the user."""
MEMBERSHIP_COLUMNS: Final = (
    "id",
    "role",
    "status",
    "inviteEmail",
    "createdAt",
    "updatedAt",
    "userId",
    "orgId",
    "roleId",
    "projectFavorites",
    "isActive",
)
"""The columns of an organization membership in answers."""
OLD_KEYS: Final = (
    "protectedKey",
    "protectedKeyIV",
    "protectedKeyTag",
    "publicKey",
    "encryptedPrivateKey",
    "iv",
    "tag",
    "salt",
    "verifier",
)
"""The keys that accounts had in 2024; the memory encrypts nothing, so they are meaningless texts."""


# ---- answers
def derive_old_key(user_id: str, name: str) -> str:
    """Derive a key of an account, as servers of 2024 show it."""
    return base64.b64encode(hashlib.sha256(f"{name}:{user_id}".encode()).digest()).decode()


def get_public_key(call: Call, user_id: str) -> str | None:
    """Return a user's public key; accounts of current servers have none."""
    return derive_old_key(user_id, "publicKey") if call.is_2024 else None


def summarize_user(call: Call, user: Row, *names: str) -> dict[str, Any]:
    """Return the columns of a user that other users may see; by default all of SUMMARY_COLUMNS."""
    return pick({**user, "publicKey": get_public_key(call, user["id"])}, *(names or SUMMARY_COLUMNS))


def show_profile(call: Call, user: Row) -> dict[str, Any]:
    """Return a user as servers of October 2024 answer it; each session is a device."""
    sessions = call.draft.where(tables.SESSIONS, userId=user["id"])
    devices = [pick(session, "ip", "userAgent") for session in sessions]
    return pick({"consecutiveFailedPasswordAttempts": 0, **user, "devices": devices}, *PROFILE_COLUMNS)


def show_changed_user(call: Call, user: Row) -> dict[str, Any]:
    """Return the answer of a change of a user: the whole profile in 2024, a summary today."""
    return show_profile(call, user) if call.is_2024 else summarize_user(call, user)


# ---- users
def get_user(call: Call, user_id: str) -> Row:
    return call.draft.rows(tables.USERS)[user_id]


def find_user(call: Call, username: str) -> Row | None:
    return call.draft.find(tables.USERS, username=username.lower())


def list_organizations(call: Call, user_id: str) -> Iterable[tuple[Row, Row]]:
    """Yield the organizations of a user with the memberships."""
    for member in call.draft.where(tables.ORG_MEMBERS, userId=user_id):
        organization = call.draft.get(tables.ORGANIZATIONS, member["orgId"])
        if organization is not None:
            yield organization, member


def drop_org_member(call: Call, member: Row) -> None:
    """Remove a membership of an organization and the memberships of its projects."""
    call.draft.drop(tables.ORG_MEMBERS, member["id"])
    for project in call.draft.where(tables.PROJECTS, orgId=member["orgId"]):
        call.draft.drop(tables.project_users(project["id"]), member["userId"])


def end_sessions(call: Call, user_id: str) -> None:
    """End all sessions of a user, which invalidates their JWTs."""
    for session in call.draft.where(tables.SESSIONS, userId=user_id):
        call.draft.drop(tables.SESSIONS, session["id"])


# ---- passwords
def get_password(call: Call, user_id: str) -> str | None:
    row = call.draft.get(PASSWORDS, user_id)
    return INITIAL_PASSWORD if row is None else row["password"]


def save_password(call: Call, user_id: str, password: str | None) -> None:
    call.draft.put(PASSWORDS, user_id, call.new_row(userId=user_id, password=password))


# ---- states that no route leads to
def _begin_call(state: State, now: float) -> Call:
    return Call(Draft(state), seeding.INTERNAL_REQUEST, now, {})


def set_password(state: State, *, now: float, password: str, user_id: str | None = None) -> State:
    """Return a state in which a user has this password; other users have INITIAL_PASSWORD."""
    call = _begin_call(state, now)
    save_password(call, user_id or get_given(state).user_id, password)
    return call.draft.finish()


def read_password(state: State, user_id: str | None = None) -> str | None:
    """Return the password of a user; None without a password."""
    return get_password(_begin_call(state, 0.0), user_id or get_given(state).user_id)


def open_password_reset(state: State, *, now: float, user_id: str | None = None) -> tuple[State, str]:
    """Return a state in which a user has requested a password reset, and the reset token of the e-mail.

    The token works once, within 15 minutes. `user_id` is by default the user of `given`.
    """
    call, holder_id = _begin_call(state, now), user_id or get_given(state).user_id
    row = call.new_row(userId=holder_id)
    call.draft.put(PASSWORD_RESETS, row["id"], row)
    # A token of an unfinished login has the least access: only routes of second factors accept it, and they check
    # for the claim passwordResetId.
    claims = {
        "authTokenType": "mfaToken",
        "passwordResetId": row["id"],
        "userId": holder_id,
        "iat": int(now),
        "exp": now + RESET_TTL,
    }
    return call.draft.finish(), tokens.sign(state, claims)


def open_email_verification(state: State, *, now: float, email: str) -> tuple[State, str]:
    """Return a state with a new user, whose e-mail address is not verified yet, and the token of the sign-up."""
    call = _begin_call(state, now)
    user = seeding.add_user(call, email)
    call.draft.merge(tables.USERS, user["id"], isEmailVerified=False)
    claims = {"authTokenType": "signupToken", "userId": user["id"], "iat": int(now), "exp": now + SIGNUP_TTL}
    return call.draft.finish(), tokens.sign(state, claims)


def use_old_privileges(state: State, *, now: float, organization_id: str | None = None) -> State:
    """Return a state in which an organization uses the old privilege system, as older ones do.

    `organization_id` is by default the organization of `given`.
    """
    call = _begin_call(state, now)
    row_id = organization_id or get_given(state).organization_id
    call.draft.merge(tables.ORGANIZATIONS, row_id, shouldUseNewPrivilegeSystem=False)
    return call.draft.finish()
