"""OIDC auth: login with an identity token of an OpenID Connect provider (`/api/v1/auth/oidc-auth`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from infisical import request as http
from infisical.access import OPEN_ACCESS
from infisical.decode import one
from infisical.endpoints.identity_auth.models import ACCESS, LoginResponse, TrustedIp, select_organization
from infisical.group import Group, R, endpoint
from infisical.model import Model, describe_field
from infisical.request import Request

IDENTITY_PATH = "/api/v1/auth/oidc-auth/identities/{identityId}"


@dataclass(frozen=True, kw_only=True, slots=True)
class IdentityOidcAuth(Model):
    """The settings of an identity's OIDC auth. Times are in seconds; a use limit of 0 means unlimited uses."""

    id: str
    identity_id: str | None = None
    oidc_discovery_url: str | None = None
    ca_cert: str | None = None
    bound_issuer: str | None = None
    bound_audiences: str | None = None
    bound_claims: Mapping[str, str] | None = field(default=None, hash=False)
    bound_subject: str | None = None
    claim_metadata_mapping: Mapping[str, str] | None = field(default=None, hash=False)
    access_token_ttl: int | None = field(default=None, metadata=describe_field("accessTokenTTL"))
    access_token_max_ttl: int | None = field(default=None, metadata=describe_field("accessTokenMaxTTL"))
    access_token_period: int | None = None
    access_token_num_uses_limit: int | None = None
    access_token_trusted_ips: tuple[TrustedIp, ...] = ()
    created_at: str | None = None
    updated_at: str | None = None


class Oidc(Group[R]):
    """OIDC auth of machine identities: login with a token from a provider (such as a CI system), and its settings."""

    @endpoint
    @staticmethod
    def login(*, identity_id: str, jwt: str, organization_slug: str | None = None) -> Request[LoginResponse]:
        """Log in with an identity token of an OpenID Connect provider.

        The client does not use the token: log in with `client.login` instead. `organization_slug` selects the
        sub-organization to log in to, by default the identity's own organization.
        Expect `UnauthorizedError` (an invalid token, or claims that are not allowed), `NotFoundError`.
        POST /api/v1/auth/oidc-auth/login
        """
        body = {"identityId": identity_id, "jwt": jwt, **select_organization(organization_slug)}
        return http.post("/api/v1/auth/oidc-auth/login", body=body, returns=one(LoginResponse), access=OPEN_ACCESS)

    @endpoint
    @staticmethod
    def attach(
        *,
        identity_id: str,
        oidc_discovery_url: str,
        bound_issuer: str,
        bound_claims: Mapping[str, str],
        ca_cert: str | None = None,
        bound_audiences: str | None = None,
        bound_subject: str | None = None,
        claim_metadata_mapping: Mapping[str, str] | None = None,
        access_token_ttl: int | None = None,
        access_token_max_ttl: int | None = None,
        access_token_num_uses_limit: int | None = None,
        access_token_trusted_ips: Sequence[TrustedIp] | None = None,
    ) -> Request[IdentityOidcAuth]:
        """Attach OIDC auth to an identity.

        `bound_audiences` and the values of `bound_claims` are comma-separated. `ca_cert`, `bound_audiences` and
        `bound_subject` are empty by default. Times are in seconds, at most 315360000, and default to 2592000 (30 days).
        The TTL must not exceed the max TTL. A use limit of 0 (the default) means unlimited uses. By default tokens may
        be used from any address.
        Expect `ValidationError`, `BadRequestError` (already attached, or the plan has no IP ranges), `NotFoundError`,
        `ForbiddenError`.
        POST /api/v1/auth/oidc-auth/identities/{identityId}
        """
        body = {
            "oidcDiscoveryUrl": oidc_discovery_url,
            "boundIssuer": bound_issuer,
            "boundClaims": bound_claims,
            "caCert": ca_cert,
            "boundAudiences": bound_audiences,
            "boundSubject": bound_subject,
            "claimMetadataMapping": claim_metadata_mapping,
            "accessTokenTTL": access_token_ttl,
            "accessTokenMaxTTL": access_token_max_ttl,
            "accessTokenNumUsesLimit": access_token_num_uses_limit,
            "accessTokenTrustedIps": access_token_trusted_ips,
        }
        returns = one(IdentityOidcAuth, at="identityOidcAuth")
        return http.post(IDENTITY_PATH, {"identityId": identity_id}, body=body, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def update(
        *,
        identity_id: str,
        oidc_discovery_url: str | None = None,
        ca_cert: str | None = None,
        bound_issuer: str | None = None,
        bound_audiences: str | None = None,
        bound_claims: Mapping[str, str] | None = None,
        bound_subject: str | None = None,
        claim_metadata_mapping: Mapping[str, str] | None = None,
        access_token_ttl: int | None = None,
        access_token_max_ttl: int | None = None,
        access_token_num_uses_limit: int | None = None,
        access_token_trusted_ips: Sequence[TrustedIp] | None = None,
    ) -> Request[IdentityOidcAuth]:
        """Change the settings of an identity's OIDC auth.

        Pass `ca_cert`, `bound_audiences` and `bound_subject` in every call: if you omit one, the server clears it.
        Other omitted parameters keep their value. Limits are as in `attach`. Trusted addresses, if passed, replace all
        existing ones.
        Expect `BadRequestError` (the plan has no IP ranges), `NotFoundError`, `ForbiddenError`.
        PATCH /api/v1/auth/oidc-auth/identities/{identityId}
        """
        body = {
            "oidcDiscoveryUrl": oidc_discovery_url,
            "caCert": ca_cert,
            "boundIssuer": bound_issuer,
            "boundAudiences": bound_audiences,
            "boundClaims": bound_claims,
            "boundSubject": bound_subject,
            "claimMetadataMapping": claim_metadata_mapping,
            "accessTokenTTL": access_token_ttl,
            "accessTokenMaxTTL": access_token_max_ttl,
            "accessTokenNumUsesLimit": access_token_num_uses_limit,
            "accessTokenTrustedIps": access_token_trusted_ips,
        }
        returns = one(IdentityOidcAuth, at="identityOidcAuth")
        return http.patch(IDENTITY_PATH, {"identityId": identity_id}, body=body, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def get(*, identity_id: str) -> Request[IdentityOidcAuth]:
        """Get the settings of an identity's OIDC auth.

        Expect `BadRequestError` (no OIDC auth), `NotFoundError`, `ForbiddenError`.
        GET /api/v1/auth/oidc-auth/identities/{identityId}
        """
        returns = one(IdentityOidcAuth, at="identityOidcAuth")
        return http.get(IDENTITY_PATH, {"identityId": identity_id}, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def revoke(*, identity_id: str) -> Request[IdentityOidcAuth]:
        """Remove OIDC auth from an identity.

        Expect `BadRequestError` (no OIDC auth), `NotFoundError`, `ForbiddenError`.
        DELETE /api/v1/auth/oidc-auth/identities/{identityId}
        """
        returns = one(IdentityOidcAuth, at="identityOidcAuth")
        return http.delete(IDENTITY_PATH, {"identityId": identity_id}, returns=returns, access=ACCESS)
