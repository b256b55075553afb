"""Renewing and revoking access tokens of machine identities (`/api/v1/auth/token`)."""

from __future__ import annotations

from dataclasses import dataclass

from infisical import request as http
from infisical.access import Access
from infisical.decode import one
from infisical.endpoints.identity_auth import LoginResponse
from infisical.group import Group, R, endpoint
from infisical.model import Model
from infisical.request import Request

ACCESS = Access("identity_access_tokens", server=(), judges_session=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class RevokeResponse(Model):
    """The server's confirmation."""

    message: str


class IdentityAccessTokens(Group[R]):
    """Access tokens of machine identities after their login.

    The server checks the token in the request, not the caller; the client needs a credential nevertheless.
    """

    @endpoint
    @staticmethod
    def renew(*, access_token: str) -> Request[LoginResponse]:
        """Renew an access token: the new token has the same id and lives for the TTL again.

        Past the max TTL the server deletes the token and responds with 401. The client never calls this itself (it logs
        in again), and does not use the new token: pass it to `client.set_access_token`.
        Expect `UnauthorizedError` (revoked, expired, or past the max TTL), `ForbiddenError` (`TokenError`: not a token
        of this server).
        POST /api/v1/auth/token/renew
        """
        body = {"accessToken": access_token}
        return http.post("/api/v1/auth/token/renew", body=body, returns=one(LoginResponse), access=ACCESS)

    @endpoint
    @staticmethod
    def revoke(*, access_token: str) -> Request[RevokeResponse]:
        """Revoke an access token, at once and permanently.

        If the client uses this token, the client is not logged out: call `client.logout`.
        Expect `UnauthorizedError` (the token no longer exists), `ForbiddenError` (`TokenError`: not a token of this
        server).
        POST /api/v1/auth/token/revoke
        """
        body = {"accessToken": access_token}
        return http.post("/api/v1/auth/token/revoke", body=body, returns=one(RevokeResponse), access=ACCESS)
