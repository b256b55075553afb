"""JWT auth: a JWT that the settings of the identity can verify (`/api/v1/auth/jwt-auth`)."""

from __future__ import annotations

from infisical.auth import OPEN
from infisical.decode import one
from infisical.endpoints.identity_auth import LoginResponse
from infisical.group import Group, R, endpoint
from infisical.request import Request, post


class JwtLogin(Group[R]):
    """Log in with a JWT signed by a key that the identity's settings name."""

    @endpoint
    @staticmethod
    def login(*, identity_id: str, jwt: str, sub_organization_name: str | None = None) -> Request[LoginResponse]:
        """Log in with a JWT.

        The client does not keep the token: `client.login` does.
        Expect `UnauthorizedError` (the JWT is not good, or its claims are not the allowed ones), `NotFoundError`
        (`route_missing` on servers of 2024).
        POST /api/v1/auth/jwt-auth/login
        """
        body = {"identityId": identity_id, "jwt": jwt, "subOrganizationName": sub_organization_name}
        return post("/api/v1/auth/jwt-auth/login", body=body, returns=one(LoginResponse), auth=OPEN)
