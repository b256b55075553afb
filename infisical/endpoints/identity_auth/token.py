"""Token auth: access tokens that are created for an identity and used without a login (`/api/v1/auth/token-auth`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from typing_extensions import deprecated

from infisical import request as http
from infisical.access import OPEN_ACCESS
from infisical.decode import many, one
from infisical.endpoints.identity_auth.models import ACCESS, LoginResponse, TrustedIp, select_organization
from infisical.group import Group, R, endpoint
from infisical.model import Model, describe_field
from infisical.request import Request

IDENTITY_PATH = "/api/v1/auth/token-auth/identities/{identityId}"
TOKEN_PATH = "/api/v1/auth/token-auth/tokens/{tokenId}"


@dataclass(frozen=True, kw_only=True, slots=True)
class IdentityTokenAuth(Model):
    """The settings of an identity's token auth. Times are in seconds; a use limit of 0 means unlimited uses."""

    id: str
    identity_id: str | None = None
    access_token_ttl: int | None = field(default=None, metadata=describe_field("accessTokenTTL"))
    access_token_max_ttl: int | None = field(default=None, metadata=describe_field("accessTokenMaxTTL"))
    access_token_num_uses_limit: int | None = None
    access_token_trusted_ips: tuple[TrustedIp, ...] = ()
    created_at: str | None = None
    updated_at: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenAuthToken(Model):
    """The metadata of a token, without the token itself. Times are in seconds."""

    id: str
    identity_id: str | None = None
    name: str | None = None
    auth_method: str | None = None
    access_token_ttl: int | None = field(default=None, metadata=describe_field("accessTokenTTL"))
    access_token_max_ttl: int | None = field(default=None, metadata=describe_field("accessTokenMaxTTL"))
    access_token_period: int | None = None
    access_token_num_uses: int | None = None
    access_token_num_uses_limit: int | None = None
    access_token_last_used_at: str | None = None
    access_token_last_renewed_at: str | None = None
    is_access_token_revoked: bool | None = None
    identity_ua_client_secret_id: str | None = field(default=None, metadata=describe_field("identityUAClientSecretId"))
    sub_organization_id: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CreatedToken(Model):
    """A new token, returned only once, and its metadata. Times are as in `LoginResponse`."""

    access_token: str = field(repr=False)
    expires_in: int = 0
    access_token_max_ttl: int = field(default=0, metadata=describe_field("accessTokenMaxTTL"))
    token_type: str = "Bearer"
    token_data: TokenAuthToken | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RevokeTokenResponse(Model):
    """The server's confirmation."""

    message: str


class Token(Group[R]):
    """Token auth of machine identities: its settings, and the tokens."""

    @endpoint
    @staticmethod
    @deprecated("servers no longer have this route; use the token as IdentityAccessToken(token)", category=None)
    def login(*, identity_id: str) -> Request[LoginResponse]:
        """Log in with token auth: documented, but servers have removed the route.

        Use a token from `create_token` directly: `InfisicalClient(auth=IdentityAccessToken(token))`.
        Expect `NotFoundError` (`route_missing`).
        POST /api/v1/auth/token/login
        """
        body = {"identityId": identity_id}
        return http.post("/api/v1/auth/token/login", body=body, returns=one(LoginResponse), access=OPEN_ACCESS)

    @endpoint
    @staticmethod
    def attach(
        *,
        identity_id: str,
        access_token_ttl: int | None = None,
        access_token_max_ttl: int | None = None,
        access_token_num_uses_limit: int | None = None,
        access_token_trusted_ips: Sequence[TrustedIp] | None = None,
    ) -> Request[IdentityTokenAuth]:
        """Attach token auth to an identity.

        Times are in seconds, at most 315360000, and default to 2592000 (30 days). The TTL must not exceed the max TTL.
        A use limit of 0 (the default) means unlimited uses. By default tokens may be used from any address.
        Expect `BadRequestError` (already attached, or the plan has no IP ranges), `NotFoundError`, `ForbiddenError`.
        POST /api/v1/auth/token-auth/identities/{identityId}
        """
        body = {
            "accessTokenTTL": access_token_ttl,
            "accessTokenMaxTTL": access_token_max_ttl,
            "accessTokenNumUsesLimit": access_token_num_uses_limit,
            "accessTokenTrustedIps": access_token_trusted_ips,
        }
        returns = one(IdentityTokenAuth, at="identityTokenAuth")
        return http.post(IDENTITY_PATH, {"identityId": identity_id}, body=body, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def update(
        *,
        identity_id: str,
        access_token_ttl: int | None = None,
        access_token_max_ttl: int | None = None,
        access_token_num_uses_limit: int | None = None,
        access_token_trusted_ips: Sequence[TrustedIp] | None = None,
    ) -> Request[IdentityTokenAuth]:
        """Change the settings of an identity's token auth; omitted parameters keep their value.

        Limits are as in `attach`. Trusted addresses, if passed, replace all existing ones.
        Expect `BadRequestError` (the plan has no IP ranges), `NotFoundError` (no such identity, or no token auth),
        `ForbiddenError`.
        PATCH /api/v1/auth/token-auth/identities/{identityId}
        """
        body = {
            "accessTokenTTL": access_token_ttl,
            "accessTokenMaxTTL": access_token_max_ttl,
            "accessTokenNumUsesLimit": access_token_num_uses_limit,
            "accessTokenTrustedIps": access_token_trusted_ips,
        }
        returns = one(IdentityTokenAuth, at="identityTokenAuth")
        return http.patch(IDENTITY_PATH, {"identityId": identity_id}, body=body, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def get(*, identity_id: str) -> Request[IdentityTokenAuth]:
        """Get the settings of an identity's token auth.

        Expect `BadRequestError` (no token auth), `NotFoundError`, `ForbiddenError`.
        GET /api/v1/auth/token-auth/identities/{identityId}
        """
        returns = one(IdentityTokenAuth, at="identityTokenAuth")
        return http.get(IDENTITY_PATH, {"identityId": identity_id}, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def revoke(*, identity_id: str) -> Request[IdentityTokenAuth]:
        """Remove token auth from an identity, and delete its tokens.

        Expect `BadRequestError` (no token auth), `NotFoundError`, `ForbiddenError`.
        DELETE /api/v1/auth/token-auth/identities/{identityId}
        """
        returns = one(IdentityTokenAuth, at="identityTokenAuth")
        return http.delete(IDENTITY_PATH, {"identityId": identity_id}, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def create_token(
        *, identity_id: str, name: str | None = None, organization_slug: str | None = None
    ) -> Request[CreatedToken]:
        """Create a token, which is returned only once.

        Use it as `IdentityAccessToken(created.access_token)`. `organization_slug` selects the sub-organization to use
        it in, by default the identity's own organization.
        Expect `BadRequestError` (no token auth), `NotFoundError`, `ForbiddenError`.
        POST /api/v1/auth/token-auth/identities/{identityId}/tokens
        """
        body = {"name": name, **select_organization(organization_slug)}
        path = f"{IDENTITY_PATH}/tokens"
        return http.post(path, {"identityId": identity_id}, body=body, returns=one(CreatedToken), access=ACCESS)

    @endpoint
    @staticmethod
    def list_tokens(
        *, identity_id: str, offset: int | None = None, limit: int | None = None
    ) -> Request[tuple[TokenAuthToken, ...]]:
        """List the tokens of an identity; returns one page, without a total count.

        `offset` is 0 to 100 (default 0); `limit` is 1 to 100 (default 20). Tokens after the first 200 cannot be listed.
        Expect `NotFoundError`, `ForbiddenError`.
        GET /api/v1/auth/token-auth/identities/{identityId}/tokens
        """
        path = f"{IDENTITY_PATH}/tokens"
        query = {"offset": offset, "limit": limit}
        returns = many(TokenAuthToken, at="tokens")
        return http.get(path, {"identityId": identity_id}, query=query, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def get_token(*, token_id: str) -> Request[TokenAuthToken]:
        """Get the metadata of a token.

        Expect `NotFoundError` (`route_missing` on servers of 2024), `ForbiddenError`.
        GET /api/v1/auth/token-auth/tokens/{tokenId}
        """
        returns = one(TokenAuthToken, at="token")
        return http.get(TOKEN_PATH, {"tokenId": token_id}, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def update_token(*, token_id: str, name: str | None = None) -> Request[TokenAuthToken]:
        """Rename a token.

        Expect `NotFoundError`, `ForbiddenError`.
        PATCH /api/v1/auth/token-auth/tokens/{tokenId}
        """
        returns = one(TokenAuthToken, at="token")
        return http.patch(TOKEN_PATH, {"tokenId": token_id}, body={"name": name}, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def revoke_token(*, token_id: str) -> Request[RevokeTokenResponse]:
        """Revoke a token permanently; `token_id` is its id, not the token.

        Expect `NotFoundError`, `ForbiddenError`.
        POST /api/v1/auth/token-auth/tokens/{tokenId}/revoke
        """
        return http.post(f"{TOKEN_PATH}/revoke", {"tokenId": token_id}, returns=one(RevokeTokenResponse), access=ACCESS)
