"""GCP auth: a token signed by Google (`/api/v1/auth/gcp-auth`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from infisical import request as http
from infisical.access import OPEN_ACCESS
from infisical.decode import one
from infisical.endpoints.identity_auth import IDENTITY_AUTH, LoginResponse, TrustedIp, in_organization
from infisical.group import Group, R, endpoint
from infisical.model import Model, describe_field
from infisical.request import Request

IDENTITY = "/api/v1/auth/gcp-auth/identities/{identityId}"
GcpAuthType: TypeAlias = Literal["iam", "gce"] | str


@dataclass(frozen=True, kw_only=True, slots=True)
class IdentityGcpAuth(Model):
    """The settings of an identity's GCP auth. Times are in seconds; a limit of uses of 0 is none."""

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
    """GCP auth of machine identities: logging in as a service account of Google Cloud, and its settings."""

    @endpoint
    @staticmethod
    def login(*, identity_id: str, jwt: str, organization_slug: str | None = None) -> Request[LoginResponse]:
        """Log in with a token signed by Google.

        `jwt` is an identity token of the metadata server, with the identity's id as its audience, or a JWT signed by a
        service account's key. The client does not keep the token: `client.login` does.
        `organization_slug` names the sub-organization to log in to, by default the identity's own organization.
        Expect `UnauthorizedError` (the token is not good, or not of an allowed account), `NotFoundError`.
        POST /api/v1/auth/gcp-auth/login
        """
        body = {"identityId": identity_id, "jwt": jwt, **in_organization(organization_slug)}
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

        `allowed_service_accounts` is comma-separated; it, `allowed_projects` and `allowed_zones` are by default empty.
        Times are in seconds, up to 315360000, by default 2592000 (30 days); the TTL is at most the max TTL. A limit of
        uses of 0, the default, is none. Tokens may by default be used from everywhere.
        Expect `BadRequestError` (attached already, or a plan without IP ranges), `NotFoundError`, `ForbiddenError`.
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
        return http.post(IDENTITY, {"identityId": identity_id}, body=body, returns=returns, access=IDENTITY_AUTH)

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

        Give `allowed_service_accounts`, `allowed_projects` and `allowed_zones` again each time: the server takes "" for
        an omitted list, and clears the stored one. Other omitted settings keep their value.
        Limits as in `attach`; trusted addresses, if given, replace all that there are.
        Expect `BadRequestError` (a plan without IP ranges), `NotFoundError`, `ForbiddenError`.
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
        return http.patch(IDENTITY, {"identityId": identity_id}, body=body, returns=returns, access=IDENTITY_AUTH)

    @endpoint
    @staticmethod
    def get(*, identity_id: str) -> Request[IdentityGcpAuth]:
        """Read the settings of an identity's GCP auth.

        Expect `BadRequestError` (no GCP auth), `NotFoundError`, `ForbiddenError`.
        GET /api/v1/auth/gcp-auth/identities/{identityId}
        """
        returns = one(IdentityGcpAuth, at="identityGcpAuth")
        return http.get(IDENTITY, {"identityId": identity_id}, returns=returns, access=IDENTITY_AUTH)

    @endpoint
    @staticmethod
    def revoke(*, identity_id: str) -> Request[IdentityGcpAuth]:
        """Take GCP auth from an identity.

        Expect `BadRequestError` (no GCP auth), `NotFoundError`, `ForbiddenError`.
        DELETE /api/v1/auth/gcp-auth/identities/{identityId}
        """
        returns = one(IdentityGcpAuth, at="identityGcpAuth")
        return http.delete(IDENTITY, {"identityId": identity_id}, returns=returns, access=IDENTITY_AUTH)
