"""Alibaba Cloud auth: login with a signed query to STS (`/api/v1/auth/alicloud-auth`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from infisical import request as http
from infisical.access import OPEN_ACCESS
from infisical.decode import one
from infisical.endpoints.identity_auth.models import ACCESS, LoginResponse, TrustedIp, select_organization
from infisical.group import Group, R, endpoint
from infisical.model import Model, describe_field
from infisical.request import Request

IDENTITY_PATH = "/api/v1/auth/alicloud-auth/identities/{identityId}"


@dataclass(frozen=True, kw_only=True, slots=True)
class IdentityAliCloudAuth(Model):
    """The settings of an identity's Alibaba Cloud auth. Times are in seconds; a use limit of 0 means unlimited uses."""

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
    """Alibaba Cloud auth of machine identities: login as a user or role, and its settings."""

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
        """Log in with a signed STS GetCallerIdentity query; `AliCloudAuth` signs one.

        The server forwards the query to Alibaba Cloud. `version` is the version of the STS API (`2015-04-01`).
        `timestamp` is in UTC (`2026-01-31T12:00:00Z`). `signature_nonce` is a text that was never used before.
        `signature` is base64: it covers every field of the body except the identity and the sub-organization, as a GET
        in the RPC style.
        The client does not use the token: log in with `client.login` instead. `organization_slug` selects the
        sub-organization to log in to, by default the identity's own organization.
        Expect `UnauthorizedError` (an invalid signature, or an ARN that is not allowed), `ValidationError`,
        `NotFoundError` (`route_missing` on servers of 2024).
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
            **select_organization(organization_slug),
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

        `allowed_arns` is comma-separated (`acs:ram::<16 digits>:user/...` or `:role/...`), with at most 500 characters.
        Times are in seconds. The TTL (0 to 315360000) must not exceed the max TTL (1 to 315360000). Both default to
        2592000 (30 days). A use limit of 0 (the default) means unlimited uses. By default tokens may be used from any
        address.
        Expect `ValidationError`, `BadRequestError` (already attached, or the plan has no IP ranges), `NotFoundError`
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
        return http.post(IDENTITY_PATH, {"identityId": identity_id}, body=body, returns=returns, access=ACCESS)

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

        `allowed_arns` is required even if it stays the same. Other omitted parameters keep their value. Limits are as
        in `attach`, except that the max TTL may be 0. Trusted addresses, if passed, replace all existing ones.
        Expect `ValidationError`, `BadRequestError` (the plan has no IP ranges), `NotFoundError` (`route_missing` on
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
        return http.patch(IDENTITY_PATH, {"identityId": identity_id}, body=body, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def get(*, identity_id: str) -> Request[IdentityAliCloudAuth]:
        """Get the settings of an identity's Alibaba Cloud auth.

        Expect `BadRequestError` (no Alibaba Cloud auth), `NotFoundError` (`route_missing` on servers of 2024),
        `ForbiddenError`.
        GET /api/v1/auth/alicloud-auth/identities/{identityId}
        """
        returns = one(IdentityAliCloudAuth, at="identityAliCloudAuth")
        return http.get(IDENTITY_PATH, {"identityId": identity_id}, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def revoke(*, identity_id: str) -> Request[IdentityAliCloudAuth]:
        """Remove Alibaba Cloud auth from an identity.

        Expect `BadRequestError` (no Alibaba Cloud auth), `NotFoundError` (`route_missing` on servers of 2024),
        `ForbiddenError`.
        DELETE /api/v1/auth/alicloud-auth/identities/{identityId}
        """
        returns = one(IdentityAliCloudAuth, at="identityAliCloudAuth")
        return http.delete(IDENTITY_PATH, {"identityId": identity_id}, returns=returns, access=ACCESS)
