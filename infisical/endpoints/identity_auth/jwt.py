"""JWT auth: login with a JWT that the identity's settings can verify (`/api/v1/auth/jwt-auth`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from infisical import request as http
from infisical.access import OPEN_ACCESS
from infisical.decode import one
from infisical.endpoints.identity_auth.models import ACCESS, LoginResponse, TrustedIp, select_organization
from infisical.group import Group, R, endpoint
from infisical.model import Model, describe_field
from infisical.request import Request

IDENTITY_PATH = "/api/v1/auth/jwt-auth/identities/{identityId}"
JwtConfigurationType: TypeAlias = Literal["jwks", "static"] | str


@dataclass(frozen=True, kw_only=True, slots=True)
class IdentityJwtAuth(Model):
    """The settings of an identity's JWT auth. Times are in seconds; a use limit of 0 means unlimited uses."""

    id: str
    identity_id: str | None = None
    configuration_type: str | None = None
    jwks_url: str | None = None
    jwks_ca_cert: str | None = None
    public_keys: tuple[str, ...] = ()
    bound_issuer: str | None = None
    bound_audiences: str | None = None
    bound_claims: Mapping[str, str] | None = field(default=None, hash=False)
    bound_subject: str | None = None
    access_token_ttl: int | None = field(default=None, metadata=describe_field("accessTokenTTL"))
    access_token_max_ttl: int | None = field(default=None, metadata=describe_field("accessTokenMaxTTL"))
    access_token_period: int | None = None
    access_token_num_uses_limit: int | None = None
    access_token_trusted_ips: tuple[TrustedIp, ...] = ()
    created_at: str | None = None
    updated_at: str | None = None


class JwtLogin(Group[R]):
    """JWT auth of machine identities: login with a JWT signed by a configured key, and its settings."""

    @endpoint
    @staticmethod
    def login(*, identity_id: str, jwt: str, organization_slug: str | None = None) -> Request[LoginResponse]:
        """Log in with a JWT.

        The client does not use the token: log in with `client.login` instead. `organization_slug` selects the
        sub-organization to log in to, by default the identity's own organization.
        Expect `UnauthorizedError` (an invalid JWT, or claims that are not allowed), `NotFoundError` (`route_missing` on
        servers of 2024).
        POST /api/v1/auth/jwt-auth/login
        """
        body = {"identityId": identity_id, "jwt": jwt, **select_organization(organization_slug)}
        return http.post("/api/v1/auth/jwt-auth/login", body=body, returns=one(LoginResponse), access=OPEN_ACCESS)

    @endpoint
    @staticmethod
    def attach(
        *,
        identity_id: str,
        configuration_type: JwtConfigurationType,
        bound_claims: Mapping[str, str],
        jwks_url: str | None = None,
        jwks_ca_cert: str | None = None,
        public_keys: Sequence[str] | None = None,
        bound_issuer: str | None = None,
        bound_audiences: str | None = None,
        bound_subject: str | None = None,
        access_token_ttl: int | None = None,
        access_token_max_ttl: int | None = None,
        access_token_num_uses_limit: int | None = None,
        access_token_trusted_ips: Sequence[TrustedIp] | None = None,
    ) -> Request[IdentityJwtAuth]:
        """Attach JWT auth to an identity.

        `configuration_type` `jwks` requires `jwks_url`; `static` requires one or more `public_keys` (PEM).
        `jwks_ca_cert`, `bound_issuer`, `bound_audiences` and `bound_subject` are empty by default. Times are in
        seconds, at most 315360000, and default to 2592000 (30 days). The TTL must not exceed the max TTL. A use limit
        of 0 (the default) means unlimited uses. By default tokens may be used from any address.
        Expect `ValidationError`, `BadRequestError` (already attached, or the plan has no IP ranges), `NotFoundError`
        (`route_missing` on servers of 2024), `ForbiddenError`.
        POST /api/v1/auth/jwt-auth/identities/{identityId}
        """
        body = {
            "configurationType": configuration_type,
            "boundClaims": bound_claims,
            "jwksUrl": jwks_url,
            "jwksCaCert": jwks_ca_cert,
            "publicKeys": public_keys,
            "boundIssuer": bound_issuer,
            "boundAudiences": bound_audiences,
            "boundSubject": bound_subject,
            "accessTokenTTL": access_token_ttl,
            "accessTokenMaxTTL": access_token_max_ttl,
            "accessTokenNumUsesLimit": access_token_num_uses_limit,
            "accessTokenTrustedIps": access_token_trusted_ips,
        }
        returns = one(IdentityJwtAuth, at="identityJwtAuth")
        return http.post(IDENTITY_PATH, {"identityId": identity_id}, body=body, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def update(
        *,
        identity_id: str,
        configuration_type: JwtConfigurationType,
        jwks_url: str | None = None,
        jwks_ca_cert: str | None = None,
        public_keys: Sequence[str] | None = None,
        bound_issuer: str | None = None,
        bound_audiences: str | None = None,
        bound_claims: Mapping[str, str] | None = None,
        bound_subject: str | None = None,
        access_token_ttl: int | None = None,
        access_token_max_ttl: int | None = None,
        access_token_num_uses_limit: int | None = None,
        access_token_trusted_ips: Sequence[TrustedIp] | None = None,
    ) -> Request[IdentityJwtAuth]:
        """Change the settings of an identity's JWT auth.

        `configuration_type` is required even if it stays the same, with `jwks_url` or `public_keys` as in `attach`. If
        you omit `jwks_ca_cert`, `bound_issuer`, `bound_audiences`, `bound_subject` or (with `jwks`) `public_keys`, the
        server clears it: pass it in every call. Other omitted parameters keep their value. Limits are as in `attach`.
        Trusted addresses, if passed, replace all existing ones.
        Expect `ValidationError`, `BadRequestError` (the plan has no IP ranges), `NotFoundError` (`route_missing` on
        servers of 2024), `ForbiddenError`.
        PATCH /api/v1/auth/jwt-auth/identities/{identityId}
        """
        body = {
            "configurationType": configuration_type,
            "jwksUrl": jwks_url,
            "jwksCaCert": jwks_ca_cert,
            "publicKeys": public_keys,
            "boundIssuer": bound_issuer,
            "boundAudiences": bound_audiences,
            "boundClaims": bound_claims,
            "boundSubject": bound_subject,
            "accessTokenTTL": access_token_ttl,
            "accessTokenMaxTTL": access_token_max_ttl,
            "accessTokenNumUsesLimit": access_token_num_uses_limit,
            "accessTokenTrustedIps": access_token_trusted_ips,
        }
        returns = one(IdentityJwtAuth, at="identityJwtAuth")
        return http.patch(IDENTITY_PATH, {"identityId": identity_id}, body=body, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def get(*, identity_id: str) -> Request[IdentityJwtAuth]:
        """Get the settings of an identity's JWT auth.

        Expect `BadRequestError` (no JWT auth), `NotFoundError` (`route_missing` on servers of 2024), `ForbiddenError`.
        GET /api/v1/auth/jwt-auth/identities/{identityId}
        """
        returns = one(IdentityJwtAuth, at="identityJwtAuth")
        return http.get(IDENTITY_PATH, {"identityId": identity_id}, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def revoke(*, identity_id: str) -> Request[IdentityJwtAuth]:
        """Remove JWT auth from an identity.

        Expect `BadRequestError` (no JWT auth), `NotFoundError` (`route_missing` on servers of 2024), `ForbiddenError`.
        DELETE /api/v1/auth/jwt-auth/identities/{identityId}
        """
        returns = one(IdentityJwtAuth, at="identityJwtAuth")
        return http.delete(IDENTITY_PATH, {"identityId": identity_id}, returns=returns, access=ACCESS)
