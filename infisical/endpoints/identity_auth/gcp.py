"""GCP auth: login with a token signed by Google (`/api/v1/auth/gcp-auth`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from infisical import request as http
from infisical.access import OPEN_ACCESS
from infisical.decode import one
from infisical.endpoints.identity_auth.models import ACCESS, LoginResponse, TrustedIp, select_organization
from infisical.group import Group, R, endpoint
from infisical.model import Model, describe_field
from infisical.request import Request

IDENTITY_PATH = "/api/v1/auth/gcp-auth/identities/{identityId}"
GcpAuthType: TypeAlias = Literal["iam", "gce"] | str


@dataclass(frozen=True, kw_only=True, slots=True)
class IdentityGcpAuth(Model):
    """The settings of an identity's GCP auth. Times are in seconds; a use limit of 0 means unlimited uses."""

    id: str
    identity_id: str | None = None
    type: str | None = None
    allowed_service_accounts: str | None = None
    allowed_projects: str | None = None
    allowed_zones: str | None = None
    access_token_ttl: int | None = field(default=None, metadata=describe_field("accessTokenTTL"))
    access_token_max_ttl: int | None = field(default=None, metadata=describe_field("accessTokenMaxTTL"))
    access_token_period: int | None = None
    access_token_num_uses_limit: int | None = None
    access_token_trusted_ips: tuple[TrustedIp, ...] = ()
    created_at: str | None = None
    updated_at: str | None = None


class Gcp(Group[R]):
    """GCP auth of machine identities: login as a service account of Google Cloud, and its settings."""

    @endpoint
    @staticmethod
    def login(*, identity_id: str, jwt: str, organization_slug: str | None = None) -> Request[LoginResponse]:
        """Log in with a token signed by Google, or by the key of a service account.

        `jwt` is one of two tokens. Either it is an identity token of the metadata server, with the identity's id as its
        audience. Or it is a JWT signed by the key of a service account.
        The client does not use the token: log in with `client.login` instead. `organization_slug` selects the
        sub-organization to log in to, by default the identity's own organization.
        Expect `UnauthorizedError` (an invalid token, or an account that is not allowed), `NotFoundError`.
        POST /api/v1/auth/gcp-auth/login
        """
        body = {"identityId": identity_id, "jwt": jwt, **select_organization(organization_slug)}
        return http.post("/api/v1/auth/gcp-auth/login", body=body, returns=one(LoginResponse), access=OPEN_ACCESS)

    @endpoint
    @staticmethod
    def attach(
        *,
        identity_id: str,
        type: GcpAuthType,
        allowed_service_accounts: str | None = None,
        allowed_projects: str | None = None,
        allowed_zones: str | None = None,
        access_token_ttl: int | None = None,
        access_token_max_ttl: int | None = None,
        access_token_num_uses_limit: int | None = None,
        access_token_trusted_ips: Sequence[TrustedIp] | None = None,
    ) -> Request[IdentityGcpAuth]:
        """Attach GCP auth to an identity.

        `allowed_service_accounts` is comma-separated. It, `allowed_projects` and `allowed_zones` are empty by default.
        Times are in seconds, at most 315360000, and default to 2592000 (30 days). The TTL must not exceed the max TTL.
        A use limit of 0 (the default) means unlimited uses. By default tokens may be used from any address.
        Expect `BadRequestError` (already attached, or the plan has no IP ranges), `NotFoundError`, `ForbiddenError`.
        POST /api/v1/auth/gcp-auth/identities/{identityId}
        """
        body = {
            "type": type,
            "allowedServiceAccounts": allowed_service_accounts,
            "allowedProjects": allowed_projects,
            "allowedZones": allowed_zones,
            "accessTokenTTL": access_token_ttl,
            "accessTokenMaxTTL": access_token_max_ttl,
            "accessTokenNumUsesLimit": access_token_num_uses_limit,
            "accessTokenTrustedIps": access_token_trusted_ips,
        }
        returns = one(IdentityGcpAuth, at="identityGcpAuth")
        return http.post(IDENTITY_PATH, {"identityId": identity_id}, body=body, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def update(
        *,
        identity_id: str,
        type: GcpAuthType | None = None,
        allowed_service_accounts: str | None = None,
        allowed_projects: str | None = None,
        allowed_zones: str | None = None,
        access_token_ttl: int | None = None,
        access_token_max_ttl: int | None = None,
        access_token_num_uses_limit: int | None = None,
        access_token_trusted_ips: Sequence[TrustedIp] | None = None,
    ) -> Request[IdentityGcpAuth]:
        """Change the settings of an identity's GCP auth.

        Pass `allowed_service_accounts`, `allowed_projects` and `allowed_zones` in every call: if you omit one, the
        server clears the stored list. Other omitted parameters keep their value. Limits are as in `attach`. Trusted
        addresses, if passed, replace all existing ones.
        Expect `BadRequestError` (the plan has no IP ranges), `NotFoundError`, `ForbiddenError`.
        PATCH /api/v1/auth/gcp-auth/identities/{identityId}
        """
        body = {
            "type": type,
            "allowedServiceAccounts": allowed_service_accounts,
            "allowedProjects": allowed_projects,
            "allowedZones": allowed_zones,
            "accessTokenTTL": access_token_ttl,
            "accessTokenMaxTTL": access_token_max_ttl,
            "accessTokenNumUsesLimit": access_token_num_uses_limit,
            "accessTokenTrustedIps": access_token_trusted_ips,
        }
        returns = one(IdentityGcpAuth, at="identityGcpAuth")
        return http.patch(IDENTITY_PATH, {"identityId": identity_id}, body=body, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def get(*, identity_id: str) -> Request[IdentityGcpAuth]:
        """Get the settings of an identity's GCP auth.

        Expect `BadRequestError` (no GCP auth), `NotFoundError`, `ForbiddenError`.
        GET /api/v1/auth/gcp-auth/identities/{identityId}
        """
        returns = one(IdentityGcpAuth, at="identityGcpAuth")
        return http.get(IDENTITY_PATH, {"identityId": identity_id}, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def revoke(*, identity_id: str) -> Request[IdentityGcpAuth]:
        """Remove GCP auth from an identity.

        Expect `BadRequestError` (no GCP auth), `NotFoundError`, `ForbiddenError`.
        DELETE /api/v1/auth/gcp-auth/identities/{identityId}
        """
        returns = one(IdentityGcpAuth, at="identityGcpAuth")
        return http.delete(IDENTITY_PATH, {"identityId": identity_id}, returns=returns, access=ACCESS)
