"""OCI auth: a signed request to Oracle Cloud (`/api/v1/auth/oci-auth`)."""

from __future__ import annotations

from collections.abc import Mapping

from infisical.auth import OPEN
from infisical.decode import one
from infisical.endpoints.identity_auth import LoginResponse
from infisical.group import Group, R, endpoint
from infisical.request import Request, post


class Oci(Group[R]):
    """Log in as a user of Oracle Cloud."""

    @endpoint
    @staticmethod
    def login(
        *, identity_id: str, user_ocid: str, headers: Mapping[str, str], sub_organization_name: str | None = None
    ) -> Request[LoginResponse]:
        """Log in with a signed request for a user, which the server sends on.

        `headers` are those of that request, `authorization`, `host`, and `date` or `x-date`: they go in the body. The
        client does not keep the token: `client.login` does.
        Expect `UnauthorizedError` (not signed well, or not an allowed user), `ValidationError` (a header is missing),
        `NotFoundError` (`route_missing` on servers of 2024).
        POST /api/v1/auth/oci-auth/login
        """
        body = {
            "identityId": identity_id,
            "userOcid": user_ocid,
            "headers": headers,
            "subOrganizationName": sub_organization_name,
        }
        return post("/api/v1/auth/oci-auth/login", body=body, returns=one(LoginResponse), auth=OPEN)
