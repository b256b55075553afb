"""Second factors: authenticators, passkeys, recovery codes, MFA sessions, and the locks after wrong codes.

This module has their rows, their checks, and functions from state to state for actions of browsers and authenticators.
Codes of e-mails are in codes.py.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any, Final

from infisical.memory import tables
from infisical.memory.call import Call, format_time, parse_time
from infisical.memory.domain.codes import send_code, take_code
from infisical.memory.refusals import Refusal, bad_request, forbidden, internal_error, not_found
from infisical.memory.seeding import INTERNAL_REQUEST, get_given
from infisical.memory.state import Draft, Row, State

TOTP: Final = "totp"  # user id -> id, userId, secret (base32), isVerified
PASSKEYS: Final = "passkeys"  # id -> id, userId, name
RECOVERY_CODES: Final = "recovery_codes"  # user id -> id, userId, codes [text]
MFA_SESSIONS: Final = "mfa_sessions"  # id -> id, userId, resourceId, mfaMethod, status, expiresAt

METHODS: Final = ("email", "totp", "webauthn")
SESSION_TTL: Final = 300
FAILURES_BEFORE_DELAY: Final = 3
DELAYS: Final = (300, 1800, 3600)
"""The lock in seconds after each third consecutive wrong code; after the last one the lock has no end."""
LOCKED_MESSAGE: Final = (
    "User is locked due to multiple failed login attempts. An email has been sent to you in order to unlock your "
    "account. You can also reset your password to unlock your account."
)


# ---- checks
def compute_totp_code(secret: str, now: float) -> str:
    """Compute the code of an authenticator with this secret (RFC 6238: SHA-1, six digits, 30 seconds)."""
    digest = hmac.digest(base64.b32decode(secret), int(now // 30).to_bytes(8), hashlib.sha1)
    start = digest[-1] & 15
    return f"{(int.from_bytes(digest[start : start + 4]) & 0x7FFFFFFF) % 1_000_000:06}"


def has_totp(call: Call, user_id: str) -> bool:
    row = call.draft.get(TOTP, user_id)
    return row is not None and bool(row["isVerified"])


def has_passkeys(call: Call, user_id: str) -> bool:
    return call.draft.find(PASSKEYS, userId=user_id) is not None


def check_totp(call: Call, user_id: str, code: str) -> None:
    """Refuse a code that the user's authenticator does not show; one step early or late is accepted."""
    row = call.draft.get(TOTP, user_id)
    if len(code) != 6:
        raise bad_request("Please use a valid TOTP code.")
    if row is None:
        raise not_found("TOTP configuration not found")
    if not row["isVerified"]:
        raise bad_request("TOTP configuration has not been verified")
    if code not in [compute_totp_code(row["secret"], call.now + step) for step in (-30, 0, 30)]:
        raise forbidden("Invalid TOTP")


def check_code(call: Call, user_id: str, method: str, code: str) -> None:
    """Refuse a wrong code of a method; a correct code of an e-mail or a passkey is consumed."""
    if method == "totp":
        check_totp(call, user_id, code)
    elif take_code(call, "webauthn" if method == "webauthn" else "email-mfa", user_id, code) is None:
        raise internal_error()


def use_recovery_code(call: Call, user_id: str, code: str) -> None:
    """Consume a recovery code; refuse an unknown one."""
    row = call.draft.get(RECOVERY_CODES, user_id)
    if row is None:
        raise not_found("No recovery codes")
    if code not in row["codes"]:
        raise forbidden("Invalid recovery code")
    remaining_codes = [one for one in row["codes"] if one != code]
    call.draft.merge(RECOVERY_CODES, user_id, codes=remaining_codes, updatedAt=call.timestamp)


# ---- locks
def keep_changes(refusal: Refusal) -> Refusal:
    """Return a refusal that keeps the changes of the request, so that failures stay counted."""
    return Refusal(refusal.status, refusal.error, refusal.message, details=refusal.details, keep=True)


def enforce_unlocked(call: Call, user: Row) -> None:
    """Refuse a user whose account is locked, for some time or for ever."""
    if user["isLocked"]:
        raise forbidden(LOCKED_MESSAGE, "UserLocked")
    lock_end = user["temporaryLockDateEnd"]
    seconds_left = 0 if lock_end is None else parse_time(lock_end) - call.now
    if seconds_left > 0:
        wait = f"{-int(-seconds_left // 60)} minutes" if seconds_left > 60 else f"{-int(-seconds_left // 1)} seconds"
        raise forbidden(
            f"User is temporary locked due to multiple failed login attempts. Try again after {wait}. "
            "You can also reset your password now to proceed.",
            "UserLocked",
        )


def count_failure(call: Call, user_id: str) -> None:
    """Count a wrong code: locks last longer and longer, and the last one has no end."""
    count = (call.draft.rows(tables.USERS)[user_id]["consecutiveFailedMfaAttempts"] or 0) + 1
    columns: dict[str, Any] = {"consecutiveFailedMfaAttempts": count, "updatedAt": call.timestamp}
    if count >= FAILURES_BEFORE_DELAY * (len(DELAYS) + 1):
        columns |= {"isLocked": True, "temporaryLockDateEnd": None}
    elif count % FAILURES_BEFORE_DELAY == 0:
        columns["temporaryLockDateEnd"] = format_time(call.now + DELAYS[count // FAILURES_BEFORE_DELAY - 1])
    call.draft.merge(tables.USERS, user_id, **columns)


def forget_failures(call: Call, user_id: str, **columns: Any) -> None:
    call.draft.merge(tables.USERS, user_id, consecutiveFailedMfaAttempts=0, temporaryLockDateEnd=None, **columns)


# ---- MFA sessions: a second factor in the middle of a session
def create_mfa_session(call: Call, user_id: str, resource: str, method: str) -> Row:
    """Create a pending MFA session; if its method is e-mail, send the code."""
    row = call.new_row(
        userId=user_id,
        resourceId=resource,
        mfaMethod=method,
        status="PENDING",
        expiresAt=format_time(call.now + SESSION_TTL),
    )
    if method == "email":
        send_code(call, "email-mfa", user_id)
    return call.draft.put(MFA_SESSIONS, row["id"], row)


def find_mfa_session(call: Call, session_id: str) -> Row | None:
    """Return an MFA session; None if it is unknown or expired."""
    row = call.draft.get(MFA_SESSIONS, session_id)
    return None if row is None or call.now >= parse_time(row["expiresAt"]) else row


def require_mfa(call: Call, resource: str, session_id: str | None, message: str) -> None:
    """Refuse a user without an active MFA session for a resource; the refusal names a new session."""
    user = call.actor.row
    session = None if session_id is None else find_mfa_session(call, session_id)
    if session is not None and (session["userId"], session["resourceId"], session["status"]) == (
        user["id"],
        resource,
        "ACTIVE",
    ):
        return
    pending = create_mfa_session(call, user["id"], resource, user["selectedMfaMethod"] or "email")
    raise Refusal(
        400,
        "SESSION_MFA_REQUIRED",
        message,
        details={"mfaSessionId": pending["id"], "mfaMethod": pending["mfaMethod"]},
        keep=True,
    )


# ---- states that no route leads to
def _begin_call(state: State, now: float) -> Call:
    return Call(Draft(state), INTERNAL_REQUEST, now, {})


def enroll_totp(state: State, *, now: float, user_id: str | None = None) -> tuple[State, str]:
    """Return a state in which a user has a verified authenticator, and the secret for `compute_totp_code`."""
    call, holder_id = _begin_call(state, now), user_id or get_given(state).user_id
    secret = base64.b32encode(call.draft.random_bytes(20)).decode()
    call.draft.put(TOTP, holder_id, call.new_row(userId=holder_id, secret=secret, isVerified=True))
    return call.draft.finish(), secret


def give_recovery_codes(state: State, *, now: float, user_id: str | None = None) -> tuple[State, tuple[str, ...]]:
    """Return a state in which a user has recovery codes, and the codes: eight characters each, each valid once."""
    call, holder_id = _begin_call(state, now), user_id or get_given(state).user_id
    codes = [call.draft.random_bytes(4).hex() for _ in range(10)]
    call.draft.put(RECOVERY_CODES, holder_id, call.new_row(userId=holder_id, codes=codes))
    return call.draft.finish(), tuple(codes)


def pass_webauthn(state: State, *, now: float, user_id: str | None = None) -> tuple[State, str]:
    """Return a state in which a user has just used a passkey, and the one-time token of this use.

    The token is valid for one minute, as the code of the method `webauthn`.
    """
    call, holder_id = _begin_call(state, now), user_id or get_given(state).user_id
    if not has_passkeys(call, holder_id):
        row = call.new_row(userId=holder_id, name="passkey")
        call.draft.put(PASSKEYS, row["id"], row)
    token = send_code(call, "webauthn", holder_id)
    return call.draft.finish(), token


def open_mfa_session(
    state: State, *, now: float, resource: str = "mfa-management", method: str = "email", user_id: str | None = None
) -> tuple[State, str]:
    """Return a state with a pending MFA session of a logged-in user, and the id of the session.

    If the method is e-mail, `read_code` returns the code.
    """
    call, holder_id = _begin_call(state, now), user_id or get_given(state).user_id
    session = create_mfa_session(call, holder_id, resource, method)
    return call.draft.finish(), str(session["id"])
