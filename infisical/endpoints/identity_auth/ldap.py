"""LDAP auth: login with the user name and password of a directory (`/api/v1/auth/ldap-auth`)."""

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

IDENTITY_PATH = "/api/v1/auth/ldap-auth/identities/{identityId}"


@dataclass(frozen=True, kw_only=True, slots=True)
class LdapAllowedField(Model):
    """A field that a user of the directory must have, with its value."""

    key: str
    value: str


@dataclass(frozen=True, kw_only=True, slots=True)
class IdentityLdapAuth(Model):
    """The settings of an identity's LDAP auth; only `get` has `bind_dn`, `bind_pass` and `ldap_ca_certificate`."""

    id: str
    identity_id: str | None = None
    template_id: str | None = None
    url: str | None = None
    bind_dn: str | None = field(default=None, metadata=describe_field("bindDN"))
    bind_pass: str | None = field(default=None, repr=False)
    search_base: str | None = None
    ldap_ca_certificate: str | None = None
    search_filter: str | None = None
    allowed_fields: tuple[LdapAllowedField, ...] = ()
    lockout_enabled: bool | None = None
    lockout_threshold: int | None = None
    lockout_duration_seconds: int | None = None
    lockout_counter_reset_seconds: int | None = None
    access_token_ttl: int | None = field(default=None, metadata=describe_field("accessTokenTTL"))
    access_token_max_ttl: int | None = field(default=None, metadata=describe_field("accessTokenMaxTTL"))
    access_token_period: int | None = None
    access_token_num_uses_limit: int | None = None
    access_token_trusted_ips: tuple[TrustedIp, ...] = ()
    created_at: str | None = None
    updated_at: str | None = None


class Ldap(Group[R]):
    """LDAP auth of machine identities: login as a user of a directory, and its settings."""

    @endpoint
    @staticmethod
    def login(
        *, identity_id: str, username: str, password: str, organization_slug: str | None = None
    ) -> Request[LoginResponse]:
        """Log in with a user name and a password.

        By default three wrong passwords lock the login for five minutes.
        The client does not use the token: log in with `client.login` instead. `organization_slug` selects the
        sub-organization to log in to, by default the identity's own organization.
        Expect `UnauthorizedError` (a wrong password, or a locked login), `NotFoundError` (`route_missing` on servers of
        2024).
        POST /api/v1/auth/ldap-auth/login
        """
        body = {
            "identityId": identity_id,
            "username": username,
            "password": password,
            **select_organization(organization_slug),
        }
        return http.post("/api/v1/auth/ldap-auth/login", body=body, returns=one(LoginResponse), access=OPEN_ACCESS)

    @endpoint
    @staticmethod
    def attach(
        *,
        identity_id: str,
        template_id: str | None = None,
        url: str | None = None,
        bind_dn: str | None = None,
        bind_pass: str | None = None,
        search_base: str | None = None,
        ldap_ca_certificate: str | None = None,
        search_filter: str | None = None,
        allowed_fields: Sequence[LdapAllowedField] | None = None,
        lockout_enabled: bool | None = None,
        lockout_threshold: int | None = None,
        lockout_duration_seconds: int | None = None,
        lockout_counter_reset_seconds: int | None = None,
        access_token_ttl: int | None = None,
        access_token_max_ttl: int | None = None,
        access_token_num_uses_limit: int | None = None,
        access_token_trusted_ips: Sequence[TrustedIp] | None = None,
    ) -> Request[IdentityLdapAuth]:
        """Attach LDAP auth to an identity.

        Pass either `template_id`, or all of `url`, `bind_dn`, `bind_pass` and `search_base`. `search_filter` is an LDAP
        filter, by default `(uid={{username}})`.
        Times are in seconds. The TTL (0 to 315360000) must not exceed the max TTL (1 to 315360000). Both default to
        2592000 (30 days). A use limit of 0 (the default) means unlimited uses. By default tokens may be used from any
        address.
        Wrong passwords lock the login unless `lockout_enabled` is False. By default 3 wrong passwords (1 to 30) lock it
        for 300 s (30 to 86400). The count resets after 30 s (5 to 3600).
        Expect `ValidationError`, `BadRequestError` (already attached, or the plan has no IP ranges), `NotFoundError`
        (`route_missing` on servers of 2024), `ForbiddenError`.
        POST /api/v1/auth/ldap-auth/identities/{identityId}
        """
        body = {
            "templateId": template_id,
            "url": url,
            "bindDN": bind_dn,
            "bindPass": bind_pass,
            "searchBase": search_base,
            "ldapCaCertificate": ldap_ca_certificate,
            "searchFilter": search_filter,
            "allowedFields": allowed_fields,
            "lockoutEnabled": lockout_enabled,
            "lockoutThreshold": lockout_threshold,
            "lockoutDurationSeconds": lockout_duration_seconds,
            "lockoutCounterResetSeconds": lockout_counter_reset_seconds,
            "accessTokenTTL": access_token_ttl,
            "accessTokenMaxTTL": access_token_max_ttl,
            "accessTokenNumUsesLimit": access_token_num_uses_limit,
            "accessTokenTrustedIps": access_token_trusted_ips,
        }
        returns = one(IdentityLdapAuth, at="identityLdapAuth")
        return http.post(IDENTITY_PATH, {"identityId": identity_id}, body=body, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def update(
        *,
        identity_id: str,
        template_id: str | None = None,
        url: str | None = None,
        bind_dn: str | None = None,
        bind_pass: str | None = None,
        search_base: str | None = None,
        search_filter: str | None = None,
        allowed_fields: Sequence[LdapAllowedField] | None = None,
        lockout_enabled: bool | None = None,
        lockout_threshold: int | None = None,
        lockout_duration_seconds: int | None = None,
        lockout_counter_reset_seconds: int | None = None,
        access_token_ttl: int | None = None,
        access_token_max_ttl: int | None = None,
        access_token_num_uses_limit: int | None = None,
        access_token_trusted_ips: Sequence[TrustedIp] | None = None,
    ) -> Request[IdentityLdapAuth]:
        """Change the settings of an identity's LDAP auth.

        Only `attach` accepts a CA certificate. Limits are as in `attach`, except that the max TTL may be 0. Trusted
        addresses, if passed, replace all existing ones.
        Expect `ValidationError`, `BadRequestError` (the plan has no IP ranges), `NotFoundError` (`route_missing` on
        servers of 2024), `ForbiddenError`.
        PATCH /api/v1/auth/ldap-auth/identities/{identityId}
        """
        body = {
            "templateId": template_id,
            "url": url,
            "bindDN": bind_dn,
            "bindPass": bind_pass,
            "searchBase": search_base,
            "searchFilter": search_filter,
            "allowedFields": allowed_fields,
            "lockoutEnabled": lockout_enabled,
            "lockoutThreshold": lockout_threshold,
            "lockoutDurationSeconds": lockout_duration_seconds,
            "lockoutCounterResetSeconds": lockout_counter_reset_seconds,
            "accessTokenTTL": access_token_ttl,
            "accessTokenMaxTTL": access_token_max_ttl,
            "accessTokenNumUsesLimit": access_token_num_uses_limit,
            "accessTokenTrustedIps": access_token_trusted_ips,
        }
        returns = one(IdentityLdapAuth, at="identityLdapAuth")
        return http.patch(IDENTITY_PATH, {"identityId": identity_id}, body=body, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def get(*, identity_id: str) -> Request[IdentityLdapAuth]:
        """Get the settings of an identity's LDAP auth.

        The response has the bind password in clear text, as `bind_pass`.
        Expect `BadRequestError` (no LDAP auth), `NotFoundError` (`route_missing` on servers of 2024), `ForbiddenError`.
        GET /api/v1/auth/ldap-auth/identities/{identityId}
        """
        returns = one(IdentityLdapAuth, at="identityLdapAuth")
        return http.get(IDENTITY_PATH, {"identityId": identity_id}, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def revoke(*, identity_id: str) -> Request[IdentityLdapAuth]:
        """Remove LDAP auth from an identity.

        Expect `BadRequestError` (no LDAP auth), `NotFoundError` (`route_missing` on servers of 2024), `ForbiddenError`.
        DELETE /api/v1/auth/ldap-auth/identities/{identityId}
        """
        returns = one(IdentityLdapAuth, at="identityLdapAuth")
        return http.delete(IDENTITY_PATH, {"identityId": identity_id}, returns=returns, access=ACCESS)
