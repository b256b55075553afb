"""Lockouts: failed logins counted, and login methods locked by too many of them, until a time has passed.

Servers of 2024 count nothing. Whether a login has failed is for the routes of logins to say.
"""

from __future__ import annotations

from typing import Final

from infisical.memory.call import Call
from infisical.memory.refusals import unauthorized
from infisical.memory.state import Row

LOCKOUTS: Final = "lockouts"  # identity:method:who -> identityId, method, failedAttempts, lockedOut, until (seconds)
LOCKED_MESSAGE: Final = "This identity auth method is temporarily locked, please try again later"


def _build_key(identity_id: str, method: str, who: str) -> str:
    return f"{identity_id}:{method}:{who}"


def _list_counters(call: Call, identity_id: str, method: str | None = None) -> dict[str, Row]:
    return {
        key: row
        for key, row in call.draft.rows(LOCKOUTS).items()
        if row["identityId"] == identity_id and method in (None, row["method"]) and call.now < row["until"]
    }


def refuse_locked(call: Call, identity_id: str, method: str, who: str) -> None:
    """Refuse a login that is locked; `who` tells the names apart that an identity logs in with."""
    row = call.draft.get(LOCKOUTS, _build_key(identity_id, method, who))
    if not call.before and row is not None and row["lockedOut"] and call.now < row["until"]:
        raise unauthorized(LOCKED_MESSAGE)


def count_failure(call: Call, settings: Row, method: str, who: str) -> None:
    """Count a failed login, as the settings of the method say; whoever refuses it has to keep that."""
    if call.before or not settings.get("lockoutEnabled"):
        return
    key = _build_key(settings["identityId"], method, who)
    before = call.draft.get(LOCKOUTS, key)
    attempts = 1 + (before["failedAttempts"] if before is not None and call.now < before["until"] else 0)
    locked = attempts >= settings["lockoutThreshold"]
    lasts = settings["lockoutDurationSeconds"] if locked else settings["lockoutCounterResetSeconds"]
    row = {
        "identityId": settings["identityId"],
        "method": method,
        "failedAttempts": attempts,
        "lockedOut": locked,
        "until": call.now + lasts,
    }
    call.draft.put(LOCKOUTS, key, row)


def forget_failures(call: Call, identity_id: str, method: str, who: str) -> None:
    """Forget the failures before a login that was right."""
    call.draft.drop(LOCKOUTS, _build_key(identity_id, method, who))


def clear(call: Call, identity_id: str, method: str) -> int:
    """Forget all failures of an identity's method; return how many counters there were."""
    counted = _list_counters(call, identity_id, method)
    for key in counted:
        call.draft.drop(LOCKOUTS, key)
    return len(counted)


def list_locked_methods(call: Call, identity_id: str) -> list[str]:
    """Return the methods of an identity that are locked now."""
    return sorted({row["method"] for row in _list_counters(call, identity_id).values() if row["lockedOut"]})
