"""Access tokens of machine identities: renewing and revoking them (`/api/v1/auth/token`)."""

from __future__ import annotations

from dataclasses import dataclass

from infisical import request as http
from infisical.access import Access
from infisical.decode import one
from infisical.endpoints.identity_auth import LoginResponse
from infisical.group import Group, R, endpoint
from infisical.model import Model
from infisical.request import Request

TOKENS = Access("identity_access_tokens", server=(), judges_session=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class RevokeResponse(Model):
    """What the server says of it."""

    message: str


class IdentityAccessTokens(Group[R]):
    """The life of an access token after the login.

    The server looks at the token given, not at who asks; the client must hold a credential all the same.
    """

    @endpoint
    @staticmethod
    def renew(*, access_token: str) -> Request[LoginResponse]:
        """Renew an access token: a new one, under the same id, that lives for its TTL again.

        Past its max TTL the server deletes the token and answers 401. The client never calls this by itself (it logs in
        anew), and does not keep the token: `client.set_access_token` does.
        Expect `UnauthorizedError` (revoked, expired, or past its max TTL), `ForbiddenError` (`TokenError`: not a token
        of this server).
        POST /api/v1/auth/token/renew
        """
        body = {"accessToken": access_token}
        return http.post("/api/v1/auth/token/renew", body=body, returns=one(LoginResponse), access=TOKENS)

    @endpoint
    @staticmethod
    def revoke(*, access_token: str) -> Request[RevokeResponse]:
        """Revoke an access token, at once and for good.

        A client that holds this very token is not logged out by it: call `client.logout`.
        Expect `UnauthorizedError` (there is no such token any more), `ForbiddenError` (`TokenError`: not a token of
        this server).
        POST /api/v1/auth/token/revoke
        """
        body = {"accessToken": access_token}
        return http.post("/api/v1/auth/token/revoke", body=body, returns=one(RevokeResponse), access=TOKENS)
