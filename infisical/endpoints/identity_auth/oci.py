"""OCI auth: a signed request to Oracle Cloud (`/api/v1/auth/oci-auth`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from infisical import request as http
from infisical.access import OPEN_ACCESS
from infisical.decode import one
from infisical.endpoints.identity_auth import IDENTITY_AUTH, LoginResponse, TrustedIp, in_organization
from infisical.group import Group, R, endpoint
from infisical.model import Model, describe_field
from infisical.request import Null, Request

IDENTITY = "/api/v1/auth/oci-auth/identities/{identityId}"


@dataclass(frozen=True, kw_only=True, slots=True)
class IdentityOciAuth(Model):
    """The settings of an identity's OCI auth. Times are in seconds; a limit of uses of 0 is none."""

    id: str
    identity_id: str | None = None
    type: str | None = None
    tenancy_ocid: str | None = None
    allowed_usernames: str | None = None
    access_token_ttl: int | None = field(default=None, metadata=describe_field("accessTokenTTL"))
    access_token_max_ttl: int | None = field(default=None, metadata=describe_field("accessTokenMaxTTL"))
    access_token_period: int | None = None
    access_token_num_uses_limit: int | None = None
    access_token_trusted_ips: tuple[TrustedIp, ...] = ()
    created_at: str | None = None
    updated_at: str | None = None


class Oci(Group[R]):
    """OCI auth of machine identities: logging in as a user of Oracle Cloud, and its settings."""

    @endpoint
    @staticmethod
    def login(
        *, identity_id: str, user_ocid: str, headers: Mapping[str, str], organization_slug: str | None = None
    ) -> Request[LoginResponse]:
        """Log in with a signed request for a user, which the server sends on.

        `headers` are those of that request, `authorization`, `host`, and `date` or `x-date`: they go in the body. The
        client does not keep the token: `client.login` does.
        `organization_slug` names the sub-organization to log in to, by default the identity's own organization.
        Expect `UnauthorizedError` (not signed well, or not an allowed user), `ValidationError` (a header is missing),
        `NotFoundError` (`route_missing` on servers of 2024).
        POST /api/v1/auth/oci-auth/login
        """
        body = {
            "identityId": identity_id,
            "userOcid": user_ocid,
            "headers": headers,
            **in_organization(organization_slug),
        }
        return http.post("/api/v1/auth/oci-auth/login", body=body, returns=one(LoginResponse), access=OPEN_ACCESS)

    @endpoint
    @staticmethod
    def attach(
        *,
        identity_id: str,
        tenancy_ocid: str,
        allowed_usernames: str | Null | None = None,
        access_token_ttl: int | None = None,
        access_token_max_ttl: int | None = None,
        access_token_num_uses_limit: int | None = None,
        access_token_trusted_ips: Sequence[TrustedIp] | None = None,
    ) -> Request[IdentityOciAuth]:
        """Attach OCI auth to an identity.

        `tenancy_ocid` begins with `ocid1.tenancy.oc1..`; `allowed_usernames` is comma-separated, of at most 500
        characters.
        Times are in seconds. The TTL, 0 to 315360000, is at most the max TTL, 1 to 315360000; both are by default
        2592000 (30 days). A limit of uses of 0, the default, is none. Tokens may by default be used from everywhere.
        Expect `ValidationError`, `BadRequestError` (attached already, or a plan without IP ranges), `NotFoundError`
        (`route_missing` on servers of 2024), `ForbiddenError`.
        POST /api/v1/auth/oci-auth/identities/{identityId}
        """
        body = {
            "tenancyOcid": tenancy_ocid,
            "allowedUsernames": allowed_usernames,
            "accessTokenTTL": access_token_ttl,
            "accessTokenMaxTTL": access_token_max_ttl,
            "accessTokenNumUsesLimit": access_token_num_uses_limit,
            "accessTokenTrustedIps": access_token_trusted_ips,
        }
        returns = one(IdentityOciAuth, at="identityOciAuth")
        return http.post(IDENTITY, {"identityId": identity_id}, body=body, returns=returns, access=IDENTITY_AUTH)

    @endpoint
    @staticmethod
    def update(
        *,
        identity_id: str,
        tenancy_ocid: str,
        allowed_usernames: str | Null | None = None,
        access_token_ttl: int | None = None,
        access_token_max_ttl: int | None = None,
        access_token_num_uses_limit: int | None = None,
        access_token_trusted_ips: Sequence[TrustedIp] | None = None,
    ) -> Request[IdentityOciAuth]:
        """Change the settings of an identity's OCI auth.

        `tenancy_ocid` is needed even where it stays, and `allowed_usernames` are cleared where they are left out: give
        them again. What else is left out stays as it is.
        Limits as in `attach`, but that the max TTL may be 0; trusted addresses, if given, replace all that there are.
        Expect `ValidationError`, `BadRequestError` (a plan without IP ranges), `NotFoundError` (`route_missing` on
        servers of 2024), `ForbiddenError`.
        PATCH /api/v1/auth/oci-auth/identities/{identityId}
        """
        body = {
            "tenancyOcid": tenancy_ocid,
            "allowedUsernames": allowed_usernames,
            "accessTokenTTL": access_token_ttl,
            "accessTokenMaxTTL": access_token_max_ttl,
            "accessTokenNumUsesLimit": access_token_num_uses_limit,
            "accessTokenTrustedIps": access_token_trusted_ips,
        }
        returns = one(IdentityOciAuth, at="identityOciAuth")
        return http.patch(IDENTITY, {"identityId": identity_id}, body=body, returns=returns, access=IDENTITY_AUTH)

    @endpoint
    @staticmethod
    def get(*, identity_id: str) -> Request[IdentityOciAuth]:
        """Read the settings of an identity's OCI auth.

        Expect `BadRequestError` (no OCI auth), `NotFoundError` (`route_missing` on servers of 2024), `ForbiddenError`.
        GET /api/v1/auth/oci-auth/identities/{identityId}
        """
        returns = one(IdentityOciAuth, at="identityOciAuth")
        return http.get(IDENTITY, {"identityId": identity_id}, returns=returns, access=IDENTITY_AUTH)

    @endpoint
    @staticmethod
    def revoke(*, identity_id: str) -> Request[IdentityOciAuth]:
        """Take OCI auth from an identity.

        Expect `BadRequestError` (no OCI auth), `NotFoundError` (`route_missing` on servers of 2024), `ForbiddenError`.
        DELETE /api/v1/auth/oci-auth/identities/{identityId}
        """
        returns = one(IdentityOciAuth, at="identityOciAuth")
        return http.delete(IDENTITY, {"identityId": identity_id}, returns=returns, access=IDENTITY_AUTH)
