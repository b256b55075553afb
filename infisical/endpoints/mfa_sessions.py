"""MFA sessions: a second factor of a logged-in user, for a sensitive action (`/api/v2/mfa-sessions`).

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

ACCESS = Access("mfa_sessions")
CODE_ACCESS = Access("mfa_sessions", judges_session=False)  # a refusal may concern the code: it must not be retried


@dataclass(frozen=True, kw_only=True, slots=True)
class MfaVerification(Model):
    """Whether the code was correct, and the server's message."""

    success: bool
    message: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class MfaSessionStatus(Model):
    """The state of an MFA session: `status` is `PENDING`, or `ACTIVE` after verification."""

    status: str
    mfa_method: str | None = None


class MfaSessions(Group[R]):
    """MFA sessions of the current user."""

    @endpoint
    @staticmethod
    def verify(*, mfa_session_id: str, mfa_token: str, mfa_method: MfaMethod) -> Request[MfaVerification]:
        """Submit the code of an MFA session; `mfa_token` is the code, and `mfa_method` is required here.

        Expect `UnauthorizedError`, `NotFoundError` (`route_missing` on servers of 2024).
        POST /api/v2/mfa-sessions/{mfaSessionId}/verify
        """
        body = {"mfaToken": mfa_token, "mfaMethod": mfa_method}
        path = "/api/v2/mfa-sessions/{mfaSessionId}/verify"
        return http.post(
            path, {"mfaSessionId": mfa_session_id}, body=body, returns=one(MfaVerification), access=CODE_ACCESS
        )

    @endpoint
    @staticmethod
    def get_status(*, mfa_session_id: str) -> Request[MfaSessionStatus]:
        """Get the state of an MFA session.

        Expect `UnauthorizedError`, `NotFoundError` (`route_missing` on servers of 2024).
        GET /api/v2/mfa-sessions/{mfaSessionId}/status
        """
        path = "/api/v2/mfa-sessions/{mfaSessionId}/status"
        return http.get(path, {"mfaSessionId": mfa_session_id}, returns=one(MfaSessionStatus), access=ACCESS)
