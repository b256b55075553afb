"""Alibaba Cloud auth: a signed query to STS (`/api/v1/auth/alicloud-auth`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from infisical import request as http
from infisical.access import OPEN_ACCESS
from infisical.decode import one
from infisical.endpoints.identity_auth import IDENTITY_AUTH, LoginResponse, TrustedIp, in_organization
from infisical.group import Group, R, endpoint
from infisical.model import Model, describe_field
from infisical.request import Request

IDENTITY = "/api/v1/auth/alicloud-auth/identities/{identityId}"


@dataclass(frozen=True, kw_only=True, slots=True)
class IdentityAliCloudAuth(Model):
    """The settings of an identity's Alibaba Cloud auth. Times are in seconds; a limit of uses of 0 is none."""

    id: str
    identity_id: str | None = None
    type: str | None = None
    allowed_arns: str | None = None
    access_token_ttl: int | None = field(default=None, metadata=describe_field("accessTokenTTL"))
    access_token_max_ttl: int | None = field(default=None, metadata=describe_field("accessTokenMaxTTL"))
    access_token_period: int | None = None
    access_token_num_uses_limit: int | None = None
    access_token_trusted_ips: tuple[TrustedIp, ...] = ()
    created_at: str | None = None
    updated_at: str | None = None


class AliCloud(Group[R]):
    """Alibaba Cloud auth of machine identities: logging in as a user or role, and its settings."""

    @endpoint
    @staticmethod
    def login(
        *,
        identity_id: str,
        version: str,
        access_key_id: str,
        timestamp: str,
        signature_nonce: str,
        signature: str,
        organization_slug: str | None = None,
    ) -> Request[LoginResponse]:
        """Log in with a signed STS GetCallerIdentity query, which the server sends on; `AliCloudAuth` signs one.

        `version` is the API's (`2015-04-01`), `timestamp` is in UTC (`2026-01-31T12:00:00Z`), `signature_nonce` a text
        never used before, `signature` base64. Everything in the body but the identity and the sub-organization is
        signed, as a GET in the RPC style. The client does not keep the token: `client.login` does.
        `organization_slug` names the sub-organization to log in to, by default the identity's own organization.
        Expect `UnauthorizedError` (not signed well, or not an allowed ARN), `ValidationError`, `NotFoundError`
        (`route_missing` on servers of 2024).
        POST /api/v1/auth/alicloud-auth/login
        """
        body = {
            "identityId": identity_id,
            "Action": "GetCallerIdentity",
            "Format": "JSON",
            "Version": version,
            "AccessKeyId": access_key_id,
            "SignatureMethod": "HMAC-SHA1",
            "Timestamp": timestamp,
            "SignatureVersion": "1.0",
            "SignatureNonce": signature_nonce,
            "Signature": signature,
            **in_organization(organization_slug),
        }
        return http.post("/api/v1/auth/alicloud-auth/login", body=body, returns=one(LoginResponse), access=OPEN_ACCESS)

    @endpoint
    @staticmethod
    def attach(
        *,
        identity_id: str,
        allowed_arns: str,
        access_token_ttl: int | None = None,
        access_token_max_ttl: int | None = None,
        access_token_num_uses_limit: int | None = None,
        access_token_trusted_ips: Sequence[TrustedIp] | None = None,
    ) -> Request[IdentityAliCloudAuth]:
        """Attach Alibaba Cloud auth to an identity.

        `allowed_arns` is comma-separated (`acs:ram::<16 digits>:user/...` or `:role/...`), of at most 500 characters.
        Times are in seconds. The TTL, 0 to 315360000, is at most the max TTL, 1 to 315360000; both are by default
        2592000 (30 days). A limit of uses of 0, the default, is none. Tokens may by default be used from everywhere.
        Expect `ValidationError`, `BadRequestError` (attached already, or a plan without IP ranges), `NotFoundError`
        (`route_missing` on servers of 2024), `ForbiddenError`.
        POST /api/v1/auth/alicloud-auth/identities/{identityId}
        """
        body = {
            "allowedArns": allowed_arns,
            "accessTokenTTL": access_token_ttl,
            "accessTokenMaxTTL": access_token_max_ttl,
            "accessTokenNumUsesLimit": access_token_num_uses_limit,
            "accessTokenTrustedIps": access_token_trusted_ips,
        }
        returns = one(IdentityAliCloudAuth, at="identityAliCloudAuth")
        return http.post(IDENTITY, {"identityId": identity_id}, body=body, returns=returns, access=IDENTITY_AUTH)

    @endpoint
    @staticmethod
    def update(
        *,
        identity_id: str,
        allowed_arns: str,
        access_token_ttl: int | None = None,
        access_token_max_ttl: int | None = None,
        access_token_num_uses_limit: int | None = None,
        access_token_trusted_ips: Sequence[TrustedIp] | None = None,
    ) -> Request[IdentityAliCloudAuth]:
        """Change the settings of an identity's Alibaba Cloud auth.

        `allowed_arns` is needed even where it stays. What else is left out stays as it is.
        Limits as in `attach`, but that the max TTL may be 0; trusted addresses, if given, replace all that there are.
        Expect `ValidationError`, `BadRequestError` (a plan without IP ranges), `NotFoundError` (`route_missing` on
        servers of 2024), `ForbiddenError`.
        PATCH /api/v1/auth/alicloud-auth/identities/{identityId}
        """
        body = {
            "allowedArns": allowed_arns,
            "accessTokenTTL": access_token_ttl,
            "accessTokenMaxTTL": access_token_max_ttl,
            "accessTokenNumUsesLimit": access_token_num_uses_limit,
            "accessTokenTrustedIps": access_token_trusted_ips,
        }
        returns = one(IdentityAliCloudAuth, at="identityAliCloudAuth")
        return http.patch(IDENTITY, {"identityId": identity_id}, body=body, returns=returns, access=IDENTITY_AUTH)

    @endpoint
    @staticmethod
    def get(*, identity_id: str) -> Request[IdentityAliCloudAuth]:
        """Read the settings of an identity's Alibaba Cloud auth.

        Expect `BadRequestError` (no Alibaba Cloud auth), `NotFoundError` (`route_missing` on servers of 2024),
        `ForbiddenError`.
        GET /api/v1/auth/alicloud-auth/identities/{identityId}
        """
        returns = one(IdentityAliCloudAuth, at="identityAliCloudAuth")
        return http.get(IDENTITY, {"identityId": identity_id}, returns=returns, access=IDENTITY_AUTH)

    @endpoint
    @staticmethod
    def revoke(*, identity_id: str) -> Request[IdentityAliCloudAuth]:
        """Take Alibaba Cloud auth from an identity.

        Expect `BadRequestError` (no Alibaba Cloud auth), `NotFoundError` (`route_missing` on servers of 2024),
        `ForbiddenError`.
        DELETE /api/v1/auth/alicloud-auth/identities/{identityId}
        """
        returns = one(IdentityAliCloudAuth, at="identityAliCloudAuth")
        return http.delete(IDENTITY, {"identityId": identity_id}, returns=returns, access=IDENTITY_AUTH)
