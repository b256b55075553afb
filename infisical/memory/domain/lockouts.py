"""Lockouts: count failed logins, and lock a login method for some time after too many of them.

Servers of 2024 have no lockouts. The routes of logins decide whether a login failed.
"""

from __future__ import annotations

from typing import Final

from infisical.memory.call import Call
from infisical.memory.refusals import unauthorized
from infisical.memory.state import Row

LOCKOUTS: Final = "lockouts"  # identity:method:name -> identityId, method, failedAttempts, lockedOut, until (seconds)
LOCKED_MESSAGE: Final = "This identity auth method is temporarily locked, please try again later"


def _build_key(identity_id: str, method: str, name: str) -> str:
    return f"{identity_id}:{method}:{name}"


def _list_counters(call: Call, identity_id: str, method: str | None = None) -> dict[str, Row]:
    return {
        key: row
        for key, row in call.draft.rows(LOCKOUTS).items()
        if row["identityId"] == identity_id and method in (None, row["method"]) and call.now < row["until"]
    }


def refuse_locked(call: Call, identity_id: str, method: str, name: str) -> None:
    """Refuse a locked login; `name` distinguishes the logins of one identity."""
    row = call.draft.get(LOCKOUTS, _build_key(identity_id, method, name))
    if not call.is_2024 and row is not None and row["lockedOut"] and call.now < row["until"]:
        raise unauthorized(LOCKED_MESSAGE)


def count_failure(call: Call, settings: Row, method: str, name: str) -> None:
    """Count a failed login if the method has lockouts enabled; its refusal must keep the changes."""
    if call.is_2024 or not settings.get("lockoutEnabled"):
        return
    key = _build_key(settings["identityId"], method, name)
    counter = call.draft.get(LOCKOUTS, key)
    attempts = 1 + (counter["failedAttempts"] if counter is not None and call.now < counter["until"] else 0)
    is_locked = attempts >= settings["lockoutThreshold"]
    duration = settings["lockoutDurationSeconds"] if is_locked else settings["lockoutCounterResetSeconds"]
    row = {
        "identityId": settings["identityId"],
        "method": method,
        "failedAttempts": attempts,
        "lockedOut": is_locked,
        "until": call.now + duration,
    }
    call.draft.put(LOCKOUTS, key, row)


def forget_failures(call: Call, identity_id: str, method: str, name: str) -> None:
    """Forget the failures before a successful login."""
    call.draft.drop(LOCKOUTS, _build_key(identity_id, method, name))


def clear(call: Call, identity_id: str, method: str) -> int:
    """Forget all failures of an identity's method; return the number of counters."""
    counters = _list_counters(call, identity_id, method)
    for key in counters:
        call.draft.drop(LOCKOUTS, key)
    return len(counters)


def list_locked_methods(call: Call, identity_id: str) -> list[str]:
    """Return the names of an identity's locked methods."""
    return sorted({row["method"] for row in _list_counters(call, identity_id).values() if row["lockedOut"]})
