"""TLS certificate auth: a client certificate (`/api/v1/auth/tls-cert-auth`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from infisical import request as http
from infisical.access import OPEN_ACCESS
from infisical.decode import one
from infisical.endpoints.identity_auth import IDENTITY_AUTH, LoginResponse, TrustedIp, in_organization
from infisical.group import Group, R, endpoint
from infisical.model import Model, describe_field
from infisical.request import Null, Request

IDENTITY = "/api/v1/auth/tls-cert-auth/identities/{identityId}"
HEADER = "x-identity-tls-cert-auth-client-cert"


def quoted(pem: str) -> str:
    """Percent-encode a PEM. What cannot be is left as it is: building a request never fails, `prepare` refuses it."""
    try:
        return quote(pem, safe="") if isinstance(pem, str) else pem
    except UnicodeEncodeError:  # half of a surrogate pair
        return pem


@dataclass(frozen=True, kw_only=True, slots=True)
class IdentityTlsCertAuth(Model):
    """The settings of an identity's TLS certificate auth; only `get` has `ca_certificate`. Times are in seconds."""

    id: str
    identity_id: str | None = None
    ca_certificate: str | None = None
    allowed_common_names: str | None = None
    access_token_ttl: int | None = field(default=None, metadata=describe_field("accessTokenTTL"))
    access_token_max_ttl: int | None = field(default=None, metadata=describe_field("accessTokenMaxTTL"))
    access_token_period: int | None = None
    access_token_num_uses_limit: int | None = None
    access_token_trusted_ips: tuple[TrustedIp, ...] = ()
    created_at: str | None = None
    updated_at: str | None = None


class TlsCert(Group[R]):
    """TLS certificate auth of machine identities: logging in where a proxy ends TLS, and its settings."""

    @endpoint
    @staticmethod
    def login(
        *, identity_id: str, client_certificate: str, organization_slug: str | None = None
    ) -> Request[LoginResponse]:
        """Log in with a client certificate (PEM).

        It goes percent-encoded in the header that such a proxy sets, under the server's default name for it; a real
        proxy writes its own over it. The client does not keep the token: `client.login` does.
        `organization_slug` names the sub-organization to log in to, by default the identity's own organization.
        Expect `BadRequestError` (the server looks for another header), `UnauthorizedError` (not a certificate of the
        identity's authority), `NotFoundError` (`route_missing` on servers of 2024).
        POST /api/v1/auth/tls-cert-auth/login
        """
        body = {"identityId": identity_id, **in_organization(organization_slug)}
        headers = ((HEADER, quoted(client_certificate)),)
        return http.post(
            "/api/v1/auth/tls-cert-auth/login",
            body=body,
            returns=one(LoginResponse),
            access=OPEN_ACCESS,
            headers=headers,
        )

    @endpoint
    @staticmethod
    def attach(
        *,
        identity_id: str,
        ca_certificate: str,
        allowed_common_names: str | Null | None = None,
        access_token_ttl: int | None = None,
        access_token_max_ttl: int | None = None,
        access_token_num_uses_limit: int | None = None,
        access_token_trusted_ips: Sequence[TrustedIp] | None = None,
    ) -> Request[IdentityTlsCertAuth]:
        """Attach TLS certificate auth to an identity.

        `ca_certificate` is a PEM of at most 10240 characters, `allowed_common_names` comma-separated.
        Times are in seconds. The TTL, 0 to 315360000, is at most the max TTL, 1 to 315360000; both are by default
        2592000 (30 days). A limit of uses of 0, the default, is none. Tokens may by default be used from everywhere.
        Expect `ValidationError`, `BadRequestError` (attached already, or a plan without IP ranges), `NotFoundError`
        (`route_missing` on servers of 2024), `ForbiddenError`.
        POST /api/v1/auth/tls-cert-auth/identities/{identityId}
        """
        body = {
            "caCertificate": ca_certificate,
            "allowedCommonNames": allowed_common_names,
            "accessTokenTTL": access_token_ttl,
            "accessTokenMaxTTL": access_token_max_ttl,
            "accessTokenNumUsesLimit": access_token_num_uses_limit,
            "accessTokenTrustedIps": access_token_trusted_ips,
        }
        returns = one(IdentityTlsCertAuth, at="identityTlsCertAuth")
        return http.post(IDENTITY, {"identityId": identity_id}, body=body, returns=returns, access=IDENTITY_AUTH)

    @endpoint
    @staticmethod
    def update(
        *,
        identity_id: str,
        ca_certificate: str | None = None,
        allowed_common_names: str | Null | None = None,
        access_token_ttl: int | None = None,
        access_token_max_ttl: int | None = None,
        access_token_num_uses_limit: int | None = None,
        access_token_trusted_ips: Sequence[TrustedIp] | None = None,
    ) -> Request[IdentityTlsCertAuth]:
        """Change the settings of an identity's TLS certificate auth; what is left out stays as it is.

        `NULL` for `allowed_common_names` clears them.
        Limits as in `attach`, but that the max TTL may be 0; trusted addresses, if given, replace all that there are.
        Expect `BadRequestError` (a plan without IP ranges), `NotFoundError` (`route_missing` on servers of 2024),
        `ForbiddenError`.
        PATCH /api/v1/auth/tls-cert-auth/identities/{identityId}
        """
        body = {
            "caCertificate": ca_certificate,
            "allowedCommonNames": allowed_common_names,
            "accessTokenTTL": access_token_ttl,
            "accessTokenMaxTTL": access_token_max_ttl,
            "accessTokenNumUsesLimit": access_token_num_uses_limit,
            "accessTokenTrustedIps": access_token_trusted_ips,
        }
        returns = one(IdentityTlsCertAuth, at="identityTlsCertAuth")
        return http.patch(IDENTITY, {"identityId": identity_id}, body=body, returns=returns, access=IDENTITY_AUTH)

    @endpoint
    @staticmethod
    def get(*, identity_id: str) -> Request[IdentityTlsCertAuth]:
        """Read the settings of an identity's TLS certificate auth.

        Expect `BadRequestError` (no TLS certificate auth), `NotFoundError` (`route_missing` on servers of 2024),
        `ForbiddenError`.
        GET /api/v1/auth/tls-cert-auth/identities/{identityId}
        """
        returns = one(IdentityTlsCertAuth, at="identityTlsCertAuth")
        return http.get(IDENTITY, {"identityId": identity_id}, returns=returns, access=IDENTITY_AUTH)

    @endpoint
    @staticmethod
    def revoke(*, identity_id: str) -> Request[IdentityTlsCertAuth]:
        """Take TLS certificate auth from an identity.

        Expect `BadRequestError` (no TLS certificate auth), `NotFoundError` (`route_missing` on servers of 2024),
        `ForbiddenError`.
        DELETE /api/v1/auth/tls-cert-auth/identities/{identityId}
        """
        returns = one(IdentityTlsCertAuth, at="identityTlsCertAuth")
        return http.delete(IDENTITY, {"identityId": identity_id}, returns=returns, access=IDENTITY_AUTH)
