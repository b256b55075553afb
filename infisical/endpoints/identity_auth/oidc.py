"""OIDC auth: an identity token of an OpenID Connect provider (`/api/v1/auth/oidc-auth`)."""

from __future__ import annotations

from infisical.auth import OPEN
from infisical.decode import one
from infisical.endpoints.identity_auth import LoginResponse
from infisical.group import Group, R, endpoint
from infisical.request import Request, post


class Oidc(Group[R]):
    """Log in with what an OpenID Connect provider signed: a CI system, say."""

    @endpoint
    @staticmethod
    def login(*, identity_id: str, jwt: str, sub_organization_name: str | None = None) -> Request[LoginResponse]:
        """Log in with an identity token of an OpenID Connect provider.

        The client does not keep the token: `client.login` does.
        Expect `UnauthorizedError` (the token is not good, or its claims are not the allowed ones), `NotFoundError`.
        POST /api/v1/auth/oidc-auth/login
        """
        body = {"identityId": identity_id, "jwt": jwt, "subOrganizationName": sub_organization_name}
        return post("/api/v1/auth/oidc-auth/login", body=body, returns=one(LoginResponse), auth=OPEN)
