"""GCP auth: a token signed by Google (`/api/v1/auth/gcp-auth`)."""

from __future__ import annotations

from infisical.auth import OPEN
from infisical.decode import one
from infisical.endpoints.identity_auth import LoginResponse
from infisical.group import Group, R, endpoint
from infisical.request import Request, post


class Gcp(Group[R]):
    """Log in as a service account of Google Cloud."""

    @endpoint
    @staticmethod
    def login(*, identity_id: str, jwt: str, sub_organization_name: str | None = None) -> Request[LoginResponse]:
        """Log in with a token signed by Google.

        `jwt` is an identity token of the metadata server, with the identity's id as its audience, or a JWT signed by a
        service account's key. The client does not keep the token: `client.login` does.
        Expect `UnauthorizedError` (the token is not good, or not of an allowed account), `NotFoundError`.
        POST /api/v1/auth/gcp-auth/login
        """
        body = {"identityId": identity_id, "jwt": jwt, "subOrganizationName": sub_organization_name}
        return post("/api/v1/auth/gcp-auth/login", body=body, returns=one(LoginResponse), auth=OPEN)
