"""People: users, their passwords and what is shown of them, their places in organizations, and how they are taken away.

Rows and what follows from them; machine identities have a module of their own, and so have codes and second factors.
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

PASSWORDS: Final = "passwords"  # user id -> id, userId, password (None: there is none)
PASSWORD_RESETS: Final = "password_resets"  # id -> id, userId: the resets that are still open
INITIAL_PASSWORD: Final = "Initial-Password-1"
"""The password of everybody who has set no other."""
RESET_LIVES: Final = 900
SIGNUP_LIVES: Final = 900
SESSION_LIVES: Final = 864000

SMALL: Final = ("username", "email", "isEmailVerified", "firstName", "lastName", "id", "publicKey")
PROFILE: Final = (
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
"""What servers of October 2024 show of a user's row; those of today show more of it, but only to the user."""
MEMBERSHIP: Final = (
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
"""What is shown of a membership of an organization."""
KEYS: Final = (
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
"""The keys that accounts had in 2024; in memory nothing is encrypted, so they are texts without a meaning."""


# ---- what is shown
def old_key(user_id: str, name: str) -> str:
    """Return a key of an account, as servers of 2024 show it."""
    return base64.b64encode(hashlib.sha256(f"{name}:{user_id}".encode()).digest()).decode()


def public_key(call: Call, user_id: str) -> str | None:
    """Return a user's public key: today's accounts have none."""
    return old_key(user_id, "publicKey") if call.before else None


def small(call: Call, user: Row, *names: str) -> dict[str, Any]:
    """Return the little that others may see of a user: these columns, or all of SMALL."""
    return pick({**user, "publicKey": public_key(call, user["id"])}, *(names or SMALL))


def profile(call: Call, user: Row) -> dict[str, Any]:
    """Return a user's row as servers of October 2024 answer with it; the devices are those of the sessions."""
    sessions = call.draft.where(tables.SESSIONS, userId=user["id"])
    devices = [pick(session, "ip", "userAgent") for session in sessions]
    return pick({"consecutiveFailedPasswordAttempts": 0, **user, "devices": devices}, *PROFILE)


def changed(call: Call, user: Row) -> dict[str, Any]:
    """Return what a change of a user answers: the row in 2024, little of it today."""
    return profile(call, user) if call.before else small(call, user)


# ---- who there is
def person(call: Call, user_id: str) -> Row:
    return call.draft.rows(tables.USERS)[user_id]


def find_person(call: Call, username: str) -> Row | None:
    return call.draft.find(tables.USERS, username=username.lower())


def organizations_of(call: Call, user_id: str) -> Iterable[tuple[Row, Row]]:
    """Yield a person's organizations, each with the membership."""
    for member in call.draft.where(tables.ORG_MEMBERS, userId=user_id):
        found = call.draft.get(tables.ORGANIZATIONS, member["orgId"])
        if found is not None:
            yield found, member


def drop_org_member(call: Call, member: Row) -> None:
    """Take a membership of an organization away, and those of its projects with it."""
    call.draft.drop(tables.ORG_MEMBERS, member["id"])
    for project in call.draft.where(tables.PROJECTS, orgId=member["orgId"]):
        call.draft.drop(tables.project_users(project["id"]), member["userId"])


def end_sessions(call: Call, user_id: str) -> None:
    """End all sessions of a person: their JWTs are good no more."""
    for session in call.draft.where(tables.SESSIONS, userId=user_id):
        call.draft.drop(tables.SESSIONS, session["id"])


# ---- passwords
def password_of(call: Call, user_id: str) -> str | None:
    row = call.draft.get(PASSWORDS, user_id)
    return INITIAL_PASSWORD if row is None else row["password"]


def keep_password(call: Call, user_id: str, password: str | None) -> None:
    call.draft.put(PASSWORDS, user_id, call.new_row(userId=user_id, password=password))


# ---- states, for what no route can do
def _call(state: State, now: float) -> Call:
    return Call(Draft(state), seeding.INTERNAL_REQUEST, now, {})


def set_password(state: State, *, now: float, password: str, user_id: str | None = None) -> State:
    """Return a server on which a person has this password; INITIAL_PASSWORD is that of everybody else."""
    call = _call(state, now)
    keep_password(call, user_id or get_given(state).user_id, password)
    return call.draft.finish()


def password_in(state: State, user_id: str | None = None) -> str | None:
    """Return a person's password on a server; None if there is none."""
    return password_of(_call(state, 0.0), user_id or get_given(state).user_id)


def open_password_reset(state: State, *, now: float, user_id: str | None = None) -> tuple[State, str]:
    """Return a server on which a person has asked for a new password, and the reset token that follows the e-mail.

    The token is good once, and for a quarter of an hour.
    """
    call, who = _call(state, now), user_id or get_given(state).user_id
    row = call.new_row(userId=who)
    call.draft.put(PASSWORD_RESETS, row["id"], row)
    # Of the kinds of tokens that a memory server lets through, that of an unfinished login opens least: the routes of
    # second factors are all that take it, and they look for this claim.
    claims = {
        "authTokenType": "mfaToken",
        "passwordResetId": row["id"],
        "userId": who,
        "iat": int(now),
        "exp": now + RESET_LIVES,
    }
    return call.draft.finish(), tokens.sign(state, claims)


def open_email_verification(state: State, *, now: float, email: str) -> tuple[State, str]:
    """Return a server with one more person, whose address is not verified yet, and the token of that sign-up."""
    call = _call(state, now)
    user = seeding.add_user(call, email)
    call.draft.merge(tables.USERS, user["id"], isEmailVerified=False)
    claims = {"authTokenType": "signupToken", "userId": user["id"], "iat": int(now), "exp": now + SIGNUP_LIVES}
    return call.draft.finish(), tokens.sign(state, claims)


def use_old_privileges(state: State, *, now: float, organization_id: str | None = None) -> State:
    """Return a server whose organization still has the privilege system before today's, as older ones do."""
    call = _call(state, now)
    found = organization_id or get_given(state).organization_id
    call.draft.merge(tables.ORGANIZATIONS, found, shouldUseNewPrivilegeSystem=False)
    return call.draft.finish()
