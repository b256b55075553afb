"""TLS certificate auth: login with a client certificate (`/api/v1/auth/tls-cert-auth`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from infisical import request as http
from infisical.access import OPEN_ACCESS
from infisical.decode import one
from infisical.endpoints.identity_auth.models import ACCESS, LoginResponse, TrustedIp, select_organization
from infisical.group import Group, R, endpoint
from infisical.model import Model, describe_field
from infisical.request import Null, Request

IDENTITY_PATH = "/api/v1/auth/tls-cert-auth/identities/{identityId}"
HEADER = "x-identity-tls-cert-auth-client-cert"


def encode_pem(pem: str) -> str:
    """Percent-encode a PEM, as TLS-terminating proxies do.

    A value that cannot be encoded is returned unchanged: building a request never fails, and `prepare` refuses it.
    """
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
    """TLS certificate auth of machine identities: login behind a proxy that terminates TLS, and its settings."""

    @endpoint
    @staticmethod
    def login(
        *, identity_id: str, client_certificate: str, organization_slug: str | None = None
    ) -> Request[LoginResponse]:
        """Log in with a client certificate (PEM).

        The certificate is sent percent-encoded in a header, under the server's default name for it. A TLS-terminating
        proxy sets the same header, and replaces the value.
        The client does not use the token: log in with `client.login` instead. `organization_slug` selects the
        sub-organization to log in to, by default the identity's own organization.
        Expect `BadRequestError` (the server expects another header), `UnauthorizedError` (the certificate is not issued
        by the identity's authority), `NotFoundError` (`route_missing` on servers of 2024).
        POST /api/v1/auth/tls-cert-auth/login
        """
        body = {"identityId": identity_id, **select_organization(organization_slug)}
        headers = ((HEADER, encode_pem(client_certificate)),)
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

        `ca_certificate` is a PEM of at most 10240 characters; `allowed_common_names` is comma-separated. Times are in
        seconds. The TTL (0 to 315360000) must not exceed the max TTL (1 to 315360000). Both default to 2592000 (30
        days). A use limit of 0 (the default) means unlimited uses. By default tokens may be used from any address.
        Expect `ValidationError`, `BadRequestError` (already attached, or the plan has no IP ranges), `NotFoundError`
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
        return http.post(IDENTITY_PATH, {"identityId": identity_id}, body=body, returns=returns, access=ACCESS)

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
        """Change the settings of an identity's TLS certificate auth; omitted parameters keep their value.

        `NULL` clears `allowed_common_names`. Limits are as in `attach`, except that the max TTL may be 0. Trusted
        addresses, if passed, replace all existing ones.
        Expect `BadRequestError` (the plan has no IP ranges), `NotFoundError` (`route_missing` on servers of 2024),
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
        return http.patch(IDENTITY_PATH, {"identityId": identity_id}, body=body, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def get(*, identity_id: str) -> Request[IdentityTlsCertAuth]:
        """Get the settings of an identity's TLS certificate auth.

        Expect `BadRequestError` (no TLS certificate auth), `NotFoundError` (`route_missing` on servers of 2024),
        `ForbiddenError`.
        GET /api/v1/auth/tls-cert-auth/identities/{identityId}
        """
        returns = one(IdentityTlsCertAuth, at="identityTlsCertAuth")
        return http.get(IDENTITY_PATH, {"identityId": identity_id}, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def revoke(*, identity_id: str) -> Request[IdentityTlsCertAuth]:
        """Remove TLS certificate auth from an identity.

        Expect `BadRequestError` (no TLS certificate auth), `NotFoundError` (`route_missing` on servers of 2024),
        `ForbiddenError`.
        DELETE /api/v1/auth/tls-cert-auth/identities/{identityId}
        """
        returns = one(IdentityTlsCertAuth, at="identityTlsCertAuth")
        return http.delete(IDENTITY_PATH, {"identityId": identity_id}, returns=returns, access=ACCESS)
