"""Codes: the one-time codes that a server sends by e-mail; in memory they are kept where a test can read them.

A person has at most one code of a purpose: a new one takes the place of the one before. How long a code lives and how
many wrong ones it takes is told here; what it opens is told by the routes.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from infisical.memory.call import Call, iso, seconds_of
from infisical.memory.seeding import get_given
from infisical.memory.state import Row, State

CODES: Final = "codes"  # "<purpose>:<user id>" -> id, userId, purpose, code, payload, triesLeft, expiresAt
Purpose: TypeAlias = Literal["email-mfa", "email-change-current", "email-change", "email-verification", "webauthn"]

LIVES: Final[dict[Purpose, tuple[int, int]]] = {
    "email-mfa": (300, 3),
    "email-change-current": (600, 1),
    "email-change": (600, 1),
    "email-verification": (86400, 3),
    "webauthn": (60, 1),
}
"""By purpose: how many seconds a code lives, and how many wrong ones end it."""


def send_code(call: Call, purpose: Purpose, user_id: str, payload: str | None = None) -> str:
    """Draw a code and keep it; `payload` is what it is about. Six digits, but a long text for `webauthn`."""
    drawn = call.draft.random_bytes(32)
    code = drawn.hex() if purpose == "webauthn" else str(100000 + int.from_bytes(drawn[:4]) % 900000)
    lives, tries = LIVES[purpose]
    row = call.new_row(
        userId=user_id,
        purpose=purpose,
        code=code,
        payload=payload,
        triesLeft=tries,
        expiresAt=iso(call.now + lives),
    )
    call.draft.put(CODES, f"{purpose}:{user_id}", row)
    return code


def take_code(call: Call, purpose: Purpose, user_id: str, code: str) -> Row | None:
    """Use a code up and return its row; None, and one try less, if it is not the one that was sent or has expired."""
    key = f"{purpose}:{user_id}"
    row = call.draft.get(CODES, key)
    if row is None:
        return None
    if call.now > seconds_of(row["expiresAt"]):
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
    """Return the code that was sent last to a person, as its reader would find it in an e-mail; LookupError if none."""
    row = state.rows(CODES).get(f"{purpose}:{user_id or get_given(state).user_id}")
    if row is None:
        raise LookupError(f"no code for {purpose} was sent, or it was used up")
    return str(row["code"])
