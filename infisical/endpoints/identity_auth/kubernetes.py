"""Kubernetes auth: the token of a service account (`/api/v1/auth/kubernetes-auth`)."""

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
from infisical.request import Null, Request

IDENTITY = "/api/v1/auth/kubernetes-auth/identities/{identityId}"
TokenReviewMode: TypeAlias = Literal["api", "gateway"] | str


@dataclass(frozen=True, kw_only=True, slots=True)
class IdentityKubernetesAuth(Model):
    """The settings of an identity's Kubernetes auth. Times are in seconds; a limit of uses of 0 is none."""

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
    """Kubernetes auth of machine identities: logging in as a service account, and its settings."""

    @endpoint
    @staticmethod
    def login(*, identity_id: str, jwt: str, organization_slug: str | None = None) -> Request[LoginResponse]:
        """Log in with the token of a service account; the server has it reviewed by the cluster.

        The client does not keep the token: `client.login` does.
        `organization_slug` names the sub-organization to log in to, by default the identity's own organization.
        Expect `UnauthorizedError` (the token is not good, or not of an allowed account), `NotFoundError`.
        POST /api/v1/auth/kubernetes-auth/login
        """
        body = {"identityId": identity_id, "jwt": jwt, **in_organization(organization_slug)}
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

        `token_review_mode` is by default `api`, which needs a `kubernetes_host`; `gateway` needs a `gateway_id`, and
        takes `NULL` for the host; `gateway_pool_id` names a pool of gateways instead. `ca_cert` is by default empty:
        `verify_tls_certificate=True` needs one, and False excludes it. Servers before 2026 know neither the pool nor
        `verify_tls_certificate`.
        Times are in seconds, up to 315360000, by default 2592000 (30 days); the TTL is at most the max TTL. A limit of
        uses of 0, the default, is none. Tokens may by default be used from everywhere.
        Expect `ValidationError`, `BadRequestError` (attached already, or a plan without IP ranges), `NotFoundError`,
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
        return http.post(IDENTITY, {"identityId": identity_id}, body=body, returns=returns, access=IDENTITY_AUTH)

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
        """Change the settings of an identity's Kubernetes auth; what is left out stays as it is.

        `NULL` clears the host, the token of the reviewer, the gateway or the pool.
        Limits as in `attach`; trusted addresses, if given, replace all that there are.
        Expect `BadRequestError` (a plan without IP ranges), `NotFoundError`, `ForbiddenError`.
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
        return http.patch(IDENTITY, {"identityId": identity_id}, body=body, returns=returns, access=IDENTITY_AUTH)

    @endpoint
    @staticmethod
    def get(*, identity_id: str) -> Request[IdentityKubernetesAuth]:
        """Read the settings of an identity's Kubernetes auth.

        Expect `BadRequestError`, `NotFoundError`, `ForbiddenError`.
        GET /api/v1/auth/kubernetes-auth/identities/{identityId}
        """
        returns = one(IdentityKubernetesAuth, at="identityKubernetesAuth")
        return http.get(IDENTITY, {"identityId": identity_id}, returns=returns, access=IDENTITY_AUTH)

    @endpoint
    @staticmethod
    def revoke(*, identity_id: str) -> Request[IdentityKubernetesAuth]:
        """Take Kubernetes auth from an identity.

        Expect `BadRequestError` (no Kubernetes auth), `NotFoundError`, `ForbiddenError`.
        DELETE /api/v1/auth/kubernetes-auth/identities/{identityId}
        """
        returns = one(IdentityKubernetesAuth, at="identityKubernetesAuth")
        return http.delete(IDENTITY, {"identityId": identity_id}, returns=returns, access=IDENTITY_AUTH)
