"""Status: tells that the server is up."""

from __future__ import annotations

from infisical.memory.call import Call
from infisical.memory.routing import PUBLIC_ACCESS, Answer, route


@route("GET", "/api/status", access=PUBLIC_ACCESS, limit=None)
def get_status(call: Call) -> Answer:
    return {
        "date": call.timestamp,
        "message": "Ok",
        "emailConfigured": False,
        "inviteOnlySignup": True,
        "redisConfigured": True,
        "secretScanningConfigured": False,
        **({} if call.is_2024 else {"samlDefaultOrgSlug": None, "auditLogStorageDisabled": False}),
    }
