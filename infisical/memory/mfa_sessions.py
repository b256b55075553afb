"""MFA sessions: a second factor that the server asks for in the middle of a session."""

from __future__ import annotations

from typing import Final

from infisical.memory.call import Call, iso
from infisical.memory.domain import second_factors
from infisical.memory.domain.second_factors import kept
from infisical.memory.refusals import Refused, bad_request, forbidden, not_found
from infisical.memory.routing import JWT, Answer, route
from infisical.memory.state import Row
from infisical.memory.validation import choice, obj, string

METHOD: Final = choice(*second_factors.METHODS)
GONE: Final = "MFA session not found or expired"


def _session(call: Call, missing: Refused) -> Row:
    """Return the MFA session that the path names; refuse one that is not there, or another person's."""
    row = second_factors.live_mfa_session(call, call.path["mfaSessionId"])
    if row is None:
        raise missing
    if row["userId"] != call.actor.id:
        raise forbidden("MFA session does not belong to current user")
    return row


@route(
    "POST",
    "/api/v2/mfa-sessions/{mfaSessionId}/verify",
    only="current",
    auth=JWT,
    body=obj(mfaToken=string(), mfaMethod=METHOD),
    limit="mfa",
)
def verify_session(call: Call) -> Answer:
    row = _session(call, bad_request(GONE))
    try:
        second_factors.check_code(call, row["userId"], call.body["mfaMethod"], call.body["mfaToken"])
    except Refused:
        raise kept(bad_request("Invalid MFA code")) from None
    expires = iso(call.now + second_factors.SESSION_LIVES)
    call.draft.merge(second_factors.MFA_SESSIONS, row["id"], status="ACTIVE", expiresAt=expires)
    return {"success": True, "message": "MFA verification successful"}


@route("GET", "/api/v2/mfa-sessions/{mfaSessionId}/status", only="current", auth=JWT)
def session_status(call: Call) -> Answer:
    row = _session(call, not_found(GONE))
    return {"status": row["status"], "mfaMethod": row["mfaMethod"]}
