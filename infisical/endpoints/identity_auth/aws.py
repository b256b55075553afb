"""AWS auth: a signed request to STS (`/api/v1/auth/aws-auth`)."""

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

IDENTITY = "/api/v1/auth/aws-auth/identities/{identityId}"


@dataclass(frozen=True, kw_only=True, slots=True)
class IdentityAwsAuth(Model):
    """The settings of an identity's AWS auth. Times are in seconds; a limit of uses of 0 is none."""

    id: str
    identity_id: str | None = None
    type: str | None = None
    sts_endpoint: str | None = None
    allowed_principal_arns: str | None = None
    allowed_account_ids: str | None = None
    access_token_ttl: int | None = field(default=None, metadata=describe_field("accessTokenTTL"))
    access_token_max_ttl: int | None = field(default=None, metadata=describe_field("accessTokenMaxTTL"))
    access_token_period: int | None = None
    access_token_num_uses_limit: int | None = None
    access_token_trusted_ips: tuple[TrustedIp, ...] = ()
    created_at: str | None = None
    updated_at: str | None = None


class Aws(Group[R]):
    """AWS auth of machine identities: logging in as an IAM principal, and its settings."""

    @endpoint
    @staticmethod
    def login(
        *,
        identity_id: str,
        iam_request_body: str,
        iam_request_headers: str,
        iam_http_request_method: str | None = None,
        organization_slug: str | None = None,
    ) -> Request[LoginResponse]:
        """Log in with a signed STS GetCallerIdentity request, which the server sends on.

        `iam_request_body` is the base64 of that request's body, `iam_request_headers` that of its headers as a JSON
        object, `iam_http_request_method` by default POST. The client does not keep the token: `client.login` does.
        `organization_slug` names the sub-organization to log in to, by default the identity's own organization.
        Expect `UnauthorizedError` (not signed well, or not an allowed principal or account), `NotFoundError`.
        POST /api/v1/auth/aws-auth/login
        """
        body = {
            "identityId": identity_id,
            "iamRequestBody": iam_request_body,
            "iamRequestHeaders": iam_request_headers,
            "iamHttpRequestMethod": iam_http_request_method,
            **in_organization(organization_slug),
        }
        return http.post("/api/v1/auth/aws-auth/login", body=body, returns=one(LoginResponse), access=OPEN_ACCESS)

    @endpoint
    @staticmethod
    def attach(
        *,
        identity_id: str,
        sts_endpoint: str | None = None,
        allowed_principal_arns: str | None = None,
        allowed_account_ids: str | None = None,
        access_token_ttl: int | None = None,
        access_token_max_ttl: int | None = None,
        access_token_num_uses_limit: int | None = None,
        access_token_trusted_ips: Sequence[TrustedIp] | None = None,
    ) -> Request[IdentityAwsAuth]:
        """Attach AWS auth to an identity.

        `allowed_principal_arns` and `allowed_account_ids` (of 12 digits) are comma-separated, of at most 4096
        characters each, by default empty; `sts_endpoint` is by default `https://sts.amazonaws.com/`.
        Times are in seconds. The TTL, 0 to 315360000, is at most the max TTL, 1 to 315360000; both are by default
        2592000 (30 days). A limit of uses of 0, the default, is none. Tokens may by default be used from everywhere.
        Expect `BadRequestError` (attached already, or a plan without IP ranges), `NotFoundError`, `ForbiddenError`.
        POST /api/v1/auth/aws-auth/identities/{identityId}
        """
        body = {
            "stsEndpoint": sts_endpoint,
            "allowedPrincipalArns": allowed_principal_arns,
            "allowedAccountIds": allowed_account_ids,
            "accessTokenTTL": access_token_ttl,
            "accessTokenMaxTTL": access_token_max_ttl,
            "accessTokenNumUsesLimit": access_token_num_uses_limit,
            "accessTokenTrustedIps": access_token_trusted_ips,
        }
        returns = one(IdentityAwsAuth, at="identityAwsAuth")
        return http.post(IDENTITY, {"identityId": identity_id}, body=body, returns=returns, access=IDENTITY_AUTH)

    @endpoint
    @staticmethod
    def update(
        *,
        identity_id: str,
        sts_endpoint: str | None = None,
        allowed_principal_arns: str | None = None,
        allowed_account_ids: str | None = None,
        access_token_ttl: int | None = None,
        access_token_max_ttl: int | None = None,
        access_token_num_uses_limit: int | None = None,
        access_token_trusted_ips: Sequence[TrustedIp] | None = None,
    ) -> Request[IdentityAwsAuth]:
        """Change the settings of an identity's AWS auth.

        Give `allowed_principal_arns` and `allowed_account_ids` again each time: the server takes "" for an omitted
        list, and clears the stored one. Other omitted settings keep their value.
        Limits as in `attach`, but that the max TTL may be 0; trusted addresses, if given, replace all that there are.
        Expect `BadRequestError` (a plan without IP ranges), `NotFoundError`, `ForbiddenError`.
        PATCH /api/v1/auth/aws-auth/identities/{identityId}
        """
        body = {
            "stsEndpoint": sts_endpoint,
            "allowedPrincipalArns": allowed_principal_arns,
            "allowedAccountIds": allowed_account_ids,
            "accessTokenTTL": access_token_ttl,
            "accessTokenMaxTTL": access_token_max_ttl,
            "accessTokenNumUsesLimit": access_token_num_uses_limit,
            "accessTokenTrustedIps": access_token_trusted_ips,
        }
        returns = one(IdentityAwsAuth, at="identityAwsAuth")
        return http.patch(IDENTITY, {"identityId": identity_id}, body=body, returns=returns, access=IDENTITY_AUTH)

    @endpoint
    @staticmethod
    def get(*, identity_id: str) -> Request[IdentityAwsAuth]:
        """Read the settings of an identity's AWS auth.

        Expect `BadRequestError` (no AWS auth), `NotFoundError`, `ForbiddenError`.
        GET /api/v1/auth/aws-auth/identities/{identityId}
        """
        returns = one(IdentityAwsAuth, at="identityAwsAuth")
        return http.get(IDENTITY, {"identityId": identity_id}, returns=returns, access=IDENTITY_AUTH)

    @endpoint
    @staticmethod
    def revoke(*, identity_id: str) -> Request[IdentityAwsAuth]:
        """Take AWS auth from an identity.

        Expect `BadRequestError` (no AWS auth), `NotFoundError`, `ForbiddenError`.
        DELETE /api/v1/auth/aws-auth/identities/{identityId}
        """
        returns = one(IdentityAwsAuth, at="identityAwsAuth")
        return http.delete(IDENTITY, {"identityId": identity_id}, returns=returns, access=IDENTITY_AUTH)
