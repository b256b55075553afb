"""AWS auth: login with a signed request to STS (`/api/v1/auth/aws-auth`)."""

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

IDENTITY_PATH = "/api/v1/auth/aws-auth/identities/{identityId}"


@dataclass(frozen=True, kw_only=True, slots=True)
class IdentityAwsAuth(Model):
    """The settings of an identity's AWS auth. Times are in seconds; a use limit of 0 means unlimited uses."""

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
    """AWS auth of machine identities: login as an IAM principal, and its settings."""

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
        """Log in with a signed STS GetCallerIdentity request, which the server forwards to AWS.

        `iam_request_body` is the base64 of the body of that request. `iam_request_headers` is the base64 of its headers
        as a JSON object. `iam_http_request_method` defaults to POST.
        The client does not use the token: log in with `client.login` instead. `organization_slug` selects the
        sub-organization to log in to, by default the identity's own organization.
        Expect `UnauthorizedError` (an invalid signature, or a principal or account that is not allowed),
        `NotFoundError`.
        POST /api/v1/auth/aws-auth/login
        """
        body = {
            "identityId": identity_id,
            "iamRequestBody": iam_request_body,
            "iamRequestHeaders": iam_request_headers,
            "iamHttpRequestMethod": iam_http_request_method,
            **select_organization(organization_slug),
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

        `allowed_principal_arns` and `allowed_account_ids` (12 digits each) are comma-separated, with at most 4096
        characters each, and empty by default. `sts_endpoint` defaults to `https://sts.amazonaws.com/`. Times are in
        seconds. The TTL (0 to 315360000) must not exceed the max TTL (1 to 315360000). Both default to 2592000 (30
        days). A use limit of 0 (the default) means unlimited uses. By default tokens may be used from any address.
        Expect `BadRequestError` (already attached, or the plan has no IP ranges), `NotFoundError`, `ForbiddenError`.
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
        return http.post(IDENTITY_PATH, {"identityId": identity_id}, body=body, returns=returns, access=ACCESS)

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

        Pass `allowed_principal_arns` and `allowed_account_ids` in every call: if you omit one, the server clears the
        stored list. Other omitted parameters keep their value. Limits are as in `attach`, except that the max TTL may
        be 0. Trusted addresses, if passed, replace all existing ones.
        Expect `BadRequestError` (the plan has no IP ranges), `NotFoundError`, `ForbiddenError`.
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
        return http.patch(IDENTITY_PATH, {"identityId": identity_id}, body=body, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def get(*, identity_id: str) -> Request[IdentityAwsAuth]:
        """Get the settings of an identity's AWS auth.

        Expect `BadRequestError` (no AWS auth), `NotFoundError`, `ForbiddenError`.
        GET /api/v1/auth/aws-auth/identities/{identityId}
        """
        returns = one(IdentityAwsAuth, at="identityAwsAuth")
        return http.get(IDENTITY_PATH, {"identityId": identity_id}, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def revoke(*, identity_id: str) -> Request[IdentityAwsAuth]:
        """Remove AWS auth from an identity.

        Expect `BadRequestError` (no AWS auth), `NotFoundError`, `ForbiddenError`.
        DELETE /api/v1/auth/aws-auth/identities/{identityId}
        """
        returns = one(IdentityAwsAuth, at="identityAwsAuth")
        return http.delete(IDENTITY_PATH, {"identityId": identity_id}, returns=returns, access=ACCESS)
