"""TLS certificate auth: a client certificate (`/api/v1/auth/tls-cert-auth`)."""

from __future__ import annotations

from urllib.parse import quote

from infisical.auth import OPEN
from infisical.decode import one
from infisical.endpoints.identity_auth import LoginResponse
from infisical.group import Group, R, endpoint
from infisical.request import Request, post

HEADER = "x-identity-tls-cert-auth-client-cert"


def quoted(pem: str) -> str:
    """Percent-encode a PEM. What cannot be is left as it is: building a request never fails, `prepare` refuses it."""
    try:
        return quote(pem, safe="") if isinstance(pem, str) else pem
    except UnicodeEncodeError:  # half of a surrogate pair
        return pem


class TlsCert(Group[R]):
    """Log in with a client certificate, where a proxy in front of the server ends TLS."""

    @endpoint
    @staticmethod
    def login(
        *, identity_id: str, client_certificate: str, sub_organization_name: str | None = None
    ) -> Request[LoginResponse]:
        """Log in with a client certificate (PEM).

        It goes percent-encoded in the header that such a proxy sets, under the server's default name for it; a real
        proxy writes its own over it. The client does not keep the token: `client.login` does.
        Expect `BadRequestError` (the server looks for another header), `UnauthorizedError` (not a certificate of the
        identity's authority), `NotFoundError` (`route_missing` on servers of 2024).
        POST /api/v1/auth/tls-cert-auth/login
        """
        body = {"identityId": identity_id, "subOrganizationName": sub_organization_name}
        headers = ((HEADER, quoted(client_certificate)),)
        return post(
            "/api/v1/auth/tls-cert-auth/login", body=body, returns=one(LoginResponse), auth=OPEN, headers=headers
        )
