"""Kubernetes auth: login with the token of a service account (`/api/v1/auth/kubernetes-auth`)."""

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
from infisical.request import Null, Request

IDENTITY_PATH = "/api/v1/auth/kubernetes-auth/identities/{identityId}"
TokenReviewMode: TypeAlias = Literal["api", "gateway"] | str


@dataclass(frozen=True, kw_only=True, slots=True)
class IdentityKubernetesAuth(Model):
    """The settings of an identity's Kubernetes auth. Times are in seconds; a use limit of 0 means unlimited uses."""

    id: str
    identity_id: str | None = None
    kubernetes_host: str | None = None
    ca_cert: str | None = None
    token_reviewer_jwt: str | None = field(default=None, repr=False)
    token_review_mode: str | None = None
    allowed_namespaces: str | None = None
    allowed_names: str | None = None
    allowed_audience: str | None = None
    verify_tls_certificate: bool | None = None
    gateway_id: str | None = None
    gateway_pool_id: str | None = None
    access_token_ttl: int | None = field(default=None, metadata=describe_field("accessTokenTTL"))
    access_token_max_ttl: int | None = field(default=None, metadata=describe_field("accessTokenMaxTTL"))
    access_token_period: int | None = None
    access_token_num_uses_limit: int | None = None
    access_token_trusted_ips: tuple[TrustedIp, ...] = ()
    created_at: str | None = None
    updated_at: str | None = None


class Kubernetes(Group[R]):
    """Kubernetes auth of machine identities: login as a service account, and its settings."""

    @endpoint
    @staticmethod
    def login(*, identity_id: str, jwt: str, organization_slug: str | None = None) -> Request[LoginResponse]:
        """Log in with the token of a service account; the server asks the cluster to review it.

        The client does not use the token: log in with `client.login` instead. `organization_slug` selects the
        sub-organization to log in to, by default the identity's own organization.
        Expect `UnauthorizedError` (an invalid token, or an account that is not allowed), `NotFoundError`.
        POST /api/v1/auth/kubernetes-auth/login
        """
        body = {"identityId": identity_id, "jwt": jwt, **select_organization(organization_slug)}
        return http.post(
            "/api/v1/auth/kubernetes-auth/login", body=body, returns=one(LoginResponse), access=OPEN_ACCESS
        )

    @endpoint
    @staticmethod
    def attach(
        *,
        identity_id: str,
        kubernetes_host: str | Null,
        allowed_namespaces: str,
        allowed_names: str,
        allowed_audience: str,
        ca_cert: str | None = None,
        token_reviewer_jwt: str | None = None,
        token_review_mode: TokenReviewMode | None = None,
        gateway_id: str | Null | None = None,
        verify_tls_certificate: bool | None = None,
        gateway_pool_id: str | Null | None = None,
        access_token_ttl: int | None = None,
        access_token_max_ttl: int | None = None,
        access_token_num_uses_limit: int | None = None,
        access_token_trusted_ips: Sequence[TrustedIp] | None = None,
    ) -> Request[IdentityKubernetesAuth]:
        """Attach Kubernetes auth to an identity.

        `token_review_mode` `api` (the default) requires `kubernetes_host`. `gateway` requires `gateway_id`, and
        `kubernetes_host` may be `NULL`; `gateway_pool_id` selects a pool of gateways instead. `ca_cert` is empty by
        default. `verify_tls_certificate=True` requires a `ca_cert`; False excludes one. Servers before 2026 know
        neither `gateway_pool_id` nor `verify_tls_certificate`.
        Times are in seconds, at most 315360000, and default to 2592000 (30 days). The TTL must not exceed the max TTL.
        A use limit of 0 (the default) means unlimited uses. By default tokens may be used from any address.
        Expect `ValidationError`, `BadRequestError` (already attached, or the plan has no IP ranges), `NotFoundError`,
        `ForbiddenError`.
        POST /api/v1/auth/kubernetes-auth/identities/{identityId}
        """
        body = {
            "kubernetesHost": kubernetes_host,
            "allowedNamespaces": allowed_namespaces,
            "allowedNames": allowed_names,
            "allowedAudience": allowed_audience,
            "caCert": ca_cert,
            "tokenReviewerJwt": token_reviewer_jwt,
            "tokenReviewMode": token_review_mode,
            "gatewayId": gateway_id,
            "verifyTlsCertificate": verify_tls_certificate,
            "gatewayPoolId": gateway_pool_id,
            "accessTokenTTL": access_token_ttl,
            "accessTokenMaxTTL": access_token_max_ttl,
            "accessTokenNumUsesLimit": access_token_num_uses_limit,
            "accessTokenTrustedIps": access_token_trusted_ips,
        }
        returns = one(IdentityKubernetesAuth, at="identityKubernetesAuth")
        return http.post(IDENTITY_PATH, {"identityId": identity_id}, body=body, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def update(
        *,
        identity_id: str,
        kubernetes_host: str | Null | None = None,
        ca_cert: str | None = None,
        token_reviewer_jwt: str | Null | None = None,
        token_review_mode: TokenReviewMode | None = None,
        allowed_namespaces: str | None = None,
        allowed_names: str | None = None,
        allowed_audience: str | None = None,
        gateway_id: str | Null | None = None,
        verify_tls_certificate: bool | None = None,
        gateway_pool_id: str | Null | None = None,
        access_token_ttl: int | None = None,
        access_token_max_ttl: int | None = None,
        access_token_num_uses_limit: int | None = None,
        access_token_trusted_ips: Sequence[TrustedIp] | None = None,
    ) -> Request[IdentityKubernetesAuth]:
        """Change the settings of an identity's Kubernetes auth; omitted parameters keep their value.

        `NULL` clears the host, the reviewer's token, the gateway or the pool. Limits are as in `attach`. Trusted
        addresses, if passed, replace all existing ones.
        Expect `BadRequestError` (the plan has no IP ranges), `NotFoundError`, `ForbiddenError`.
        PATCH /api/v1/auth/kubernetes-auth/identities/{identityId}
        """
        body = {
            "kubernetesHost": kubernetes_host,
            "caCert": ca_cert,
            "tokenReviewerJwt": token_reviewer_jwt,
            "tokenReviewMode": token_review_mode,
            "allowedNamespaces": allowed_namespaces,
            "allowedNames": allowed_names,
            "allowedAudience": allowed_audience,
            "gatewayId": gateway_id,
            "verifyTlsCertificate": verify_tls_certificate,
            "gatewayPoolId": gateway_pool_id,
            "accessTokenTTL": access_token_ttl,
            "accessTokenMaxTTL": access_token_max_ttl,
            "accessTokenNumUsesLimit": access_token_num_uses_limit,
            "accessTokenTrustedIps": access_token_trusted_ips,
        }
        returns = one(IdentityKubernetesAuth, at="identityKubernetesAuth")
        return http.patch(IDENTITY_PATH, {"identityId": identity_id}, body=body, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def get(*, identity_id: str) -> Request[IdentityKubernetesAuth]:
        """Get the settings of an identity's Kubernetes auth.

        Expect `BadRequestError`, `NotFoundError`, `ForbiddenError`.
        GET /api/v1/auth/kubernetes-auth/identities/{identityId}
        """
        returns = one(IdentityKubernetesAuth, at="identityKubernetesAuth")
        return http.get(IDENTITY_PATH, {"identityId": identity_id}, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def revoke(*, identity_id: str) -> Request[IdentityKubernetesAuth]:
        """Remove Kubernetes auth from an identity.

        Expect `BadRequestError` (no Kubernetes auth), `NotFoundError`, `ForbiddenError`.
        DELETE /api/v1/auth/kubernetes-auth/identities/{identityId}
        """
        returns = one(IdentityKubernetesAuth, at="identityKubernetesAuth")
        return http.delete(IDENTITY_PATH, {"identityId": identity_id}, returns=returns, access=ACCESS)
