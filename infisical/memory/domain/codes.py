"""Codes: the one-time codes that a server sends by e-mail; the memory stores them, so that tests can read them.

A user has at most one code per purpose: a new code replaces the old one. This module holds the lifetime of codes and
the number of tries; the routes decide what a code permits.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from infisical.memory.call import Call, format_time, parse_time
from infisical.memory.seeding import get_given
from infisical.memory.state import Row, State

CODES: Final = "codes"  # "<purpose>:<user id>" -> id, userId, purpose, code, payload, triesLeft, expiresAt
Purpose: TypeAlias = Literal["email-mfa", "email-change-current", "email-change", "email-verification", "webauthn"]

CODE_LIMITS: Final[dict[Purpose, tuple[int, int]]] = {
    "email-mfa": (300, 3),
    "email-change-current": (600, 1),
    "email-change": (600, 1),
    "email-verification": (86400, 3),
    "webauthn": (60, 1),
}
"""By purpose: the lifetime of a code in seconds, and the number of wrong tries that end it."""


def send_code(call: Call, purpose: Purpose, user_id: str, payload: str | None = None) -> str:
    """Draw a code and store it with its `payload`: six digits, or a long text for `webauthn`."""
    entropy = call.draft.random_bytes(32)
    code = entropy.hex() if purpose == "webauthn" else str(100000 + int.from_bytes(entropy[:4]) % 900000)
    lifetime, tries = CODE_LIMITS[purpose]
    row = call.new_row(
        userId=user_id,
        purpose=purpose,
        code=code,
        payload=payload,
        triesLeft=tries,
        expiresAt=format_time(call.now + lifetime),
    )
    call.draft.put(CODES, f"{purpose}:{user_id}", row)
    return code


def take_code(call: Call, purpose: Purpose, user_id: str, code: str) -> Row | None:
    """Consume a code and return its row; None for an expired or a wrong code, and a wrong one costs a try."""
    key = f"{purpose}:{user_id}"
    row = call.draft.get(CODES, key)
    if row is None:
        return None
    if call.now > parse_time(row["expiresAt"]):
        call.draft.drop(CODES, key)
        return None
    if row["code"] == code:
        return call.draft.drop(CODES, key)
    if row["triesLeft"] > 1:
        call.draft.merge(CODES, key, triesLeft=row["triesLeft"] - 1)
    else:
        call.draft.drop(CODES, key)
    return None


def read_code(state: State, purpose: Purpose = "email-mfa", *, user_id: str | None = None) -> str:
    """Return the last code that was sent to a user, as in the e-mail; raise LookupError without one.

    `user_id` is by default the user of `given`.
    """
    row = state.rows(CODES).get(f"{purpose}:{user_id or get_given(state).user_id}")
    if row is None:
        raise LookupError(f"no code for {purpose} was sent, or it was used up")
    return str(row["code"])
