"""OCI auth: login with a signed request to Oracle Cloud (`/api/v1/auth/oci-auth`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from infisical import request as http
from infisical.access import OPEN_ACCESS
from infisical.decode import one
from infisical.endpoints.identity_auth.models import ACCESS, LoginResponse, TrustedIp, select_organization
from infisical.group import Group, R, endpoint
from infisical.model import Model, describe_field
from infisical.request import Null, Request

IDENTITY_PATH = "/api/v1/auth/oci-auth/identities/{identityId}"


@dataclass(frozen=True, kw_only=True, slots=True)
class IdentityOciAuth(Model):
    """The settings of an identity's OCI auth. Times are in seconds; a use limit of 0 means unlimited uses."""

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
    """OCI auth of machine identities: login as a user of Oracle Cloud, and its settings."""

    @endpoint
    @staticmethod
    def login(
        *, identity_id: str, user_ocid: str, headers: Mapping[str, str], organization_slug: str | None = None
    ) -> Request[LoginResponse]:
        """Log in with a signed request of a user, which the server forwards to Oracle Cloud.

        `headers` are the headers of that request: `authorization`, `host`, and `date` or `x-date`. They are sent in the
        body.
        The client does not use the token: log in with `client.login` instead. `organization_slug` selects the
        sub-organization to log in to, by default the identity's own organization.
        Expect `UnauthorizedError` (an invalid signature, or a user who is not allowed), `ValidationError` (a missing
        header), `NotFoundError` (`route_missing` on servers of 2024).
        POST /api/v1/auth/oci-auth/login
        """
        body = {
            "identityId": identity_id,
            "userOcid": user_ocid,
            "headers": headers,
            **select_organization(organization_slug),
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

        `tenancy_ocid` begins with `ocid1.tenancy.oc1..`. `allowed_usernames` is comma-separated, with at most 500
        characters. Times are in seconds. The TTL (0 to 315360000) must not exceed the max TTL (1 to 315360000). Both
        default to 2592000 (30 days). A use limit of 0 (the default) means unlimited uses. By default tokens may be used
        from any address.
        Expect `ValidationError`, `BadRequestError` (already attached, or the plan has no IP ranges), `NotFoundError`
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
        return http.post(IDENTITY_PATH, {"identityId": identity_id}, body=body, returns=returns, access=ACCESS)

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

        `tenancy_ocid` is required even if it stays the same. Pass `allowed_usernames` in every call: if you omit it,
        the server clears it. Other omitted parameters keep their value. Limits are as in `attach`, except that the max
        TTL may be 0. Trusted addresses, if passed, replace all existing ones.
        Expect `ValidationError`, `BadRequestError` (the plan has no IP ranges), `NotFoundError` (`route_missing` on
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
        return http.patch(IDENTITY_PATH, {"identityId": identity_id}, body=body, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def get(*, identity_id: str) -> Request[IdentityOciAuth]:
        """Get the settings of an identity's OCI auth.

        Expect `BadRequestError` (no OCI auth), `NotFoundError` (`route_missing` on servers of 2024), `ForbiddenError`.
        GET /api/v1/auth/oci-auth/identities/{identityId}
        """
        returns = one(IdentityOciAuth, at="identityOciAuth")
        return http.get(IDENTITY_PATH, {"identityId": identity_id}, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def revoke(*, identity_id: str) -> Request[IdentityOciAuth]:
        """Remove OCI auth from an identity.

        Expect `BadRequestError` (no OCI auth), `NotFoundError` (`route_missing` on servers of 2024), `ForbiddenError`.
        DELETE /api/v1/auth/oci-auth/identities/{identityId}
        """
        returns = one(IdentityOciAuth, at="identityOciAuth")
        return http.delete(IDENTITY_PATH, {"identityId": identity_id}, returns=returns, access=ACCESS)
