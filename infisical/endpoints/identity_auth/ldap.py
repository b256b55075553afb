"""LDAP auth: user name and password in a directory (`/api/v1/auth/ldap-auth`)."""

from __future__ import annotations

from infisical.auth import OPEN
from infisical.decode import one
from infisical.endpoints.identity_auth import LoginResponse
from infisical.group import Group, R, endpoint
from infisical.request import Request, post


class Ldap(Group[R]):
    """Log in as a user of a directory."""

    @endpoint
    @staticmethod
    def login(
        *, identity_id: str, username: str, password: str, sub_organization_name: str | None = None
    ) -> Request[LoginResponse]:
        """Log in with a user name and a password.

        By default three wrong passwords lock the login for five minutes. The client does not keep the token:
        `client.login` does.
        Expect `UnauthorizedError` (a wrong password, or locked), `NotFoundError` (`route_missing` on servers of 2024).
        POST /api/v1/auth/ldap-auth/login
        """
        body = {
            "identityId": identity_id,
            "username": username,
            "password": password,
            "subOrganizationName": sub_organization_name,
        }
        return post("/api/v1/auth/ldap-auth/login", body=body, returns=one(LoginResponse), auth=OPEN)
