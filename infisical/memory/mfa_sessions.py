"""MFA sessions: a second factor that the server asks for in the middle of a session."""

from __future__ import annotations

from typing import Final

from infisical.memory.call import Call, format_time
from infisical.memory.domain import second_factors
from infisical.memory.domain.second_factors import keep_changes
from infisical.memory.refusals import Refusal, bad_request, forbidden, not_found
from infisical.memory.routing import JWT, Answer, route
from infisical.memory.state import Row
from infisical.memory.validation import choice, obj, string

METHOD: Final = choice(*second_factors.METHODS)
MISSING_MESSAGE: Final = "MFA session not found or expired"


def _load_session(call: Call, refusal: Refusal) -> Row:
    """Return the MFA session of the path; raise `refusal` for an unknown one, refuse one of another user."""
    row = second_factors.find_mfa_session(call, call.path["mfaSessionId"])
    if row is None:
        raise refusal
    if row["userId"] != call.actor.id:
        raise forbidden("MFA session does not belong to current user")
    return row


@route(
    "POST",
    "/api/v2/mfa-sessions/{mfaSessionId}/verify",
    generation="current",
    access=JWT,
    body=obj(mfaToken=string(), mfaMethod=METHOD),
    limit="mfa",
)
def verify_session(call: Call) -> Answer:
    row = _load_session(call, bad_request(MISSING_MESSAGE))
    try:
        second_factors.check_code(call, row["userId"], call.body["mfaMethod"], call.body["mfaToken"])
    except Refusal:
        raise keep_changes(bad_request("Invalid MFA code")) from None
    expires = format_time(call.now + second_factors.SESSION_TTL)
    call.draft.merge(second_factors.MFA_SESSIONS, row["id"], status="ACTIVE", expiresAt=expires)
    return {"success": True, "message": "MFA verification successful"}


@route("GET", "/api/v2/mfa-sessions/{mfaSessionId}/status", generation="current", access=JWT)
def get_status(call: Call) -> Answer:
    row = _load_session(call, not_found(MISSING_MESSAGE))
    return {"status": row["status"], "mfaMethod": row["mfaMethod"]}
