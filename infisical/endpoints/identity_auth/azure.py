"""Azure auth: an access token of a managed identity (`/api/v1/auth/azure-auth`)."""

from __future__ import annotations

from infisical.auth import OPEN
from infisical.decode import one
from infisical.endpoints.identity_auth import LoginResponse
from infisical.group import Group, R, endpoint
from infisical.request import Request, post


class Azure(Group[R]):
    """Log in as a managed identity of Azure."""

    @endpoint
    @staticmethod
    def login(*, identity_id: str, jwt: str, sub_organization_name: str | None = None) -> Request[LoginResponse]:
        """Log in with an access token of a managed identity.

        The client does not keep the token: `client.login` does.
        Expect `UnauthorizedError` (the token is not good, or not of an allowed principal), `NotFoundError`.
        POST /api/v1/auth/azure-auth/login
        """
        body = {"identityId": identity_id, "jwt": jwt, "subOrganizationName": sub_organization_name}
        return post("/api/v1/auth/azure-auth/login", body=body, returns=one(LoginResponse), auth=OPEN)
