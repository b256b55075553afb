"""MFA sessions: a second factor asked for while logged in, before what needs it (`/api/v2/mfa-sessions`).

Models first, then the endpoint functions.
"""

from __future__ import annotations

from dataclasses import dataclass

from infisical import request as http
from infisical.access import Access
from infisical.decode import one
from infisical.endpoints.mfa import MfaMethod
from infisical.group import Group, R, endpoint
from infisical.model import Model
from infisical.request import Request

MFA_SESSIONS = Access("mfa_sessions")
CODE = Access("mfa_sessions", judges_session=False)  # a refusal may be of the code: it gets no second try by itself


@dataclass(frozen=True, kw_only=True, slots=True)
class MfaVerification(Model):
    """Whether the code was right, and what the server says of it."""

    success: bool
    message: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class MfaSessionStatus(Model):
    """How far an MFA session is: `status` is `PENDING`, or `ACTIVE` once it is verified."""

    status: str
    mfa_method: str | None = None


class MfaSessions(Group[R]):
    """MFA sessions of the user who is logged in."""

    @endpoint
    @staticmethod
    def verify(*, mfa_session_id: str, mfa_token: str, mfa_method: MfaMethod) -> Request[MfaVerification]:
        """Give the code of an MFA session; `mfa_token` is the code, and here the method has no default.

        Expect `UnauthorizedError`, `NotFoundError` (`route_missing` on servers of 2024).
        POST /api/v2/mfa-sessions/{mfaSessionId}/verify
        """
        body = {"mfaToken": mfa_token, "mfaMethod": mfa_method}
        path = "/api/v2/mfa-sessions/{mfaSessionId}/verify"
        return http.post(path, {"mfaSessionId": mfa_session_id}, body=body, returns=one(MfaVerification), access=CODE)

    @endpoint
    @staticmethod
    def get_status(*, mfa_session_id: str) -> Request[MfaSessionStatus]:
        """Ask how far an MFA session is.

        Expect `UnauthorizedError`, `NotFoundError` (`route_missing` on servers of 2024).
        GET /api/v2/mfa-sessions/{mfaSessionId}/status
        """
        path = "/api/v2/mfa-sessions/{mfaSessionId}/status"
        return http.get(path, {"mfaSessionId": mfa_session_id}, returns=one(MfaSessionStatus), access=MFA_SESSIONS)
