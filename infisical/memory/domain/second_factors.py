"""Second factors: authenticators, passkeys, recovery codes, MFA sessions, and what wrong codes lead to.

Rows of these, checks of them, and functions from one state to the next for what only a browser or an authenticator
could do. Codes of e-mails are told in codes.py.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any, Final

from infisical.memory import tables
from infisical.memory.call import Call, iso, seconds_of
from infisical.memory.domain.codes import send_code, take_code
from infisical.memory.refusals import Refused, bad_request, forbidden, not_found, went_wrong
from infisical.memory.seeding import INTERNAL_REQUEST, get_given
from infisical.memory.state import Draft, Row, State

TOTP: Final = "totp"  # user id -> id, userId, secret (base32), isVerified
PASSKEYS: Final = "passkeys"  # id -> id, userId, name
RECOVERY_CODES: Final = "recovery_codes"  # user id -> id, userId, codes [text]
MFA_SESSIONS: Final = "mfa_sessions"  # id -> id, userId, resourceId, mfaMethod, status, expiresAt

METHODS: Final = ("email", "totp", "webauthn")
SESSION_LIVES: Final = 300
DELAY_EVERY: Final = 3
DELAYS: Final = (300, 1800, 3600)
"""After every third wrong code in a row an account waits so many seconds; after those, for good."""
LOCKED: Final = (
    "User is locked due to multiple failed login attempts. An email has been sent to you in order to unlock your "
    "account. You can also reset your password to unlock your account."
)


# ---- checks
def totp_code(secret: str, now: float) -> str:
    """Return what an authenticator with this secret shows (RFC 6238: SHA-1, six digits, thirty seconds)."""
    digest = hmac.digest(base64.b32decode(secret), int(now // 30).to_bytes(8), hashlib.sha1)
    start = digest[-1] & 15
    return f"{(int.from_bytes(digest[start : start + 4]) & 0x7FFFFFFF) % 1_000_000:06}"


def has_totp(call: Call, user_id: str) -> bool:
    row = call.draft.get(TOTP, user_id)
    return row is not None and bool(row["isVerified"])


def has_passkeys(call: Call, user_id: str) -> bool:
    return call.draft.find(PASSKEYS, userId=user_id) is not None


def check_totp(call: Call, user_id: str, code: str) -> None:
    """Refuse a code that the person's authenticator does not show now; one step early or late is good."""
    row = call.draft.get(TOTP, user_id)
    if len(code) != 6:
        raise bad_request("Please use a valid TOTP code.")
    if row is None:
        raise not_found("TOTP configuration not found")
    if not row["isVerified"]:
        raise bad_request("TOTP configuration has not been verified")
    if code not in [totp_code(row["secret"], call.now + step) for step in (-30, 0, 30)]:
        raise forbidden("Invalid TOTP")


def check_code(call: Call, user_id: str, method: str, code: str) -> None:
    """Refuse a code that is not the one of this method; a good one of an e-mail or a passkey is used up."""
    if method == "totp":
        check_totp(call, user_id, code)
    elif take_code(call, "webauthn" if method == "webauthn" else "email-mfa", user_id, code) is None:
        raise went_wrong()


def use_recovery_code(call: Call, user_id: str, code: str) -> None:
    """Use a recovery code up; refuse one that is not there."""
    row = call.draft.get(RECOVERY_CODES, user_id)
    if row is None:
        raise not_found("No recovery codes")
    if code not in row["codes"]:
        raise forbidden("Invalid recovery code")
    left = [one for one in row["codes"] if one != code]
    call.draft.merge(RECOVERY_CODES, user_id, codes=left, updatedAt=call.at)


# ---- what wrong codes lead to
def kept(refused: Refused) -> Refused:
    """Return a refusal after which what was counted stays counted."""
    return Refused(refused.status, refused.error, refused.message, details=refused.details, keep=True)


def enforce_unlocked(call: Call, user: Row) -> None:
    """Refuse a person whose account waits, or is locked for good."""
    if user["isLocked"]:
        raise forbidden(LOCKED, "UserLocked")
    until = user["temporaryLockDateEnd"]
    left = 0 if until is None else seconds_of(until) - call.now
    if left > 0:
        wait = f"{-int(-left // 60)} minutes" if left > 60 else f"{-int(-left // 1)} seconds"
        raise forbidden(
            f"User is temporary locked due to multiple failed login attempts. Try again after {wait}. "
            "You can also reset your password now to proceed.",
            "UserLocked",
        )


def count_failure(call: Call, user_id: str) -> None:
    """Count a wrong code: accounts wait longer and longer, and are locked in the end."""
    count = (call.draft.rows(tables.USERS)[user_id]["consecutiveFailedMfaAttempts"] or 0) + 1
    columns: dict[str, Any] = {"consecutiveFailedMfaAttempts": count, "updatedAt": call.at}
    if count >= DELAY_EVERY * (len(DELAYS) + 1):
        columns |= {"isLocked": True, "temporaryLockDateEnd": None}
    elif count % DELAY_EVERY == 0:
        columns["temporaryLockDateEnd"] = iso(call.now + DELAYS[count // DELAY_EVERY - 1])
    call.draft.merge(tables.USERS, user_id, **columns)


def forget_failures(call: Call, user_id: str, **columns: Any) -> None:
    call.draft.merge(tables.USERS, user_id, consecutiveFailedMfaAttempts=0, temporaryLockDateEnd=None, **columns)


# ---- MFA sessions: a second factor in the middle of a session
def new_mfa_session(call: Call, user_id: str, resource: str, method: str) -> Row:
    """Put a pending MFA session; where its method is e-mail, send the code."""
    row = call.new_row(
        userId=user_id,
        resourceId=resource,
        mfaMethod=method,
        status="PENDING",
        expiresAt=iso(call.now + SESSION_LIVES),
    )
    if method == "email":
        send_code(call, "email-mfa", user_id)
    return call.draft.put(MFA_SESSIONS, row["id"], row)


def live_mfa_session(call: Call, session_id: str) -> Row | None:
    """Return an MFA session, None if there is none or it has expired."""
    row = call.draft.get(MFA_SESSIONS, session_id)
    return None if row is None or call.now >= seconds_of(row["expiresAt"]) else row


def require_mfa(call: Call, resource: str, session_id: str | None, message: str) -> None:
    """Refuse a person who has not given a second factor for this just now; the refusal names a session to do it in."""
    user = call.actor.row
    session = None if session_id is None else live_mfa_session(call, session_id)
    if session is not None and (session["userId"], session["resourceId"], session["status"]) == (
        user["id"],
        resource,
        "ACTIVE",
    ):
        return
    made = new_mfa_session(call, user["id"], resource, user["selectedMfaMethod"] or "email")
    raise Refused(
        400,
        "SESSION_MFA_REQUIRED",
        message,
        details={"mfaSessionId": made["id"], "mfaMethod": made["mfaMethod"]},
        keep=True,
    )


# ---- states, for what no route can do
def _call(state: State, now: float) -> Call:
    return Call(Draft(state), INTERNAL_REQUEST, now, {})


def enroll_totp(state: State, *, now: float, user_id: str | None = None) -> tuple[State, str]:
    """Return a server on which a person has a verified authenticator, and its secret, for `totp_code`."""
    call, person = _call(state, now), user_id or get_given(state).user_id
    secret = base64.b32encode(call.draft.random_bytes(20)).decode()
    call.draft.put(TOTP, person, call.new_row(userId=person, secret=secret, isVerified=True))
    return call.draft.finish(), secret


def give_recovery_codes(state: State, *, now: float, user_id: str | None = None) -> tuple[State, tuple[str, ...]]:
    """Return a server on which a person has recovery codes, and those: each of eight characters, each good once."""
    call, person = _call(state, now), user_id or get_given(state).user_id
    codes = [call.draft.random_bytes(4).hex() for _ in range(10)]
    call.draft.put(RECOVERY_CODES, person, call.new_row(userId=person, codes=codes))
    return call.draft.finish(), tuple(codes)


def pass_webauthn(state: State, *, now: float, user_id: str | None = None) -> tuple[State, str]:
    """Return a server on which a person has a passkey and has just used it, and the one-time token of that use.

    The token is good for a minute, as the code of the method `webauthn`.
    """
    call, person = _call(state, now), user_id or get_given(state).user_id
    if not has_passkeys(call, person):
        row = call.new_row(userId=person, name="passkey")
        call.draft.put(PASSKEYS, row["id"], row)
    token = send_code(call, "webauthn", person)
    return call.draft.finish(), token


def open_mfa_session(
    state: State, *, now: float, resource: str = "mfa-management", method: str = "email", user_id: str | None = None
) -> tuple[State, str]:
    """Return a server that waits for a second factor of a logged-in person, and the id of that MFA session.

    Where the method is e-mail, `read_code` has the code.
    """
    call, person = _call(state, now), user_id or get_given(state).user_id
    made = new_mfa_session(call, person, resource, method)
    return call.draft.finish(), str(made["id"])
