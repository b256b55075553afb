"""The instance: its settings, users, organizations and machine identities (`/api/v1/admin`).

Here: the endpoint functions. The models stand in models.py, and are exported from here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

from typing_extensions import deprecated

from infisical import request as http
from infisical.access import ALL_MODES, IDENTITIES_AND_USERS, Access
from infisical.decode import by_name, many, nothing, one
from infisical.endpoints.admin.models import (
    AdminIdentity,
    AdminIdentityList,
    AdminIntegrations,
    AdminOrganization,
    AdminOrganizationList,
    AdminOrganizationMember,
    AdminOrganizationProject,
    AdminUser,
    AdminUserList,
    BootstrapCredentials,
    BootstrapIdentity,
    BootstrapResponse,
    CacheStatus,
    EncryptionStrategy,
    EnvOverride,
    EnvOverrideCategory,
    GithubAppIntegration,
    InvalidateCacheResponse,
    MicrosoftTeamsIntegration,
    ServerConfig,
    SignupResponse,
    SlackIntegration,
    UsageReport,
)
from infisical.endpoints.organizations import Organization, OrganizationMembership
from infisical.group import Group, R, endpoint
from infisical.request import Null, Request

__all__ = [
    "Admin",
    "AdminIdentity",
    "AdminIdentityList",
    "AdminIntegrations",
    "AdminOrganization",
    "AdminOrganizationList",
    "AdminOrganizationMember",
    "AdminOrganizationProject",
    "AdminUser",
    "AdminUserList",
    "BootstrapCredentials",
    "BootstrapIdentity",
    "BootstrapResponse",
    "CacheStatus",
    "EncryptionStrategy",
    "EnvOverride",
    "EnvOverrideCategory",
    "GithubAppIntegration",
    "InvalidateCacheResponse",
    "MicrosoftTeamsIntegration",
    "ServerConfig",
    "SignupResponse",
    "SlackIntegration",
    "UsageReport",
]

ADMIN = Access("admin", server=IDENTITIES_AND_USERS)
OPEN_TO_ALL = Access("admin", "optional", server=ALL_MODES)
FIRST = Access("admin", "none", ())  # there is nobody yet who could have a credential
BY_USERS = Access("admin")
USER = "/api/v1/admin/user-management/users/{userId}"
ORGANIZATIONS = "/api/v1/admin/organization-management/organizations"
MEMBERSHIP = f"{ORGANIZATIONS}/{{organizationId}}/memberships/{{membershipId}}"
IDENTITY = "/api/v1/admin/identity-management/identities/{identityId}/super-admin-access"
LoginMethodName: TypeAlias = Literal["email", "google", "github", "gitlab", "saml", "ldap", "oidc"] | str


class Admin(Group[R]):
    """The whole instance, for its admins (`superAdmin`).

    Whoever is none gets a `ForbiddenError`, from every function but `bootstrap`, `signup` and `get_config`. Servers of
    2024 have `signup`, `get_config`, `update_config`, `list_users` and `delete_user`; the rest is a `NotFoundError`
    (`route_missing`) there.
    """

    @endpoint
    @staticmethod
    def bootstrap(*, email: str, password: str, organization: str) -> Request[BootstrapResponse]:
        """Set up a new instance: an admin, an organization (by its name), and a machine identity with its token.

        No credential goes along.
        Expect `BadRequestError`, `ValidationError`.
        POST /api/v1/admin/bootstrap
        """
        body = {"email": email, "password": password, "organization": organization}
        return http.post("/api/v1/admin/bootstrap", body=body, returns=one(BootstrapResponse), access=FIRST)

    @endpoint
    @staticmethod
    def signup(
        *,
        email: str,
        password: str,
        first_name: str,
        last_name: str | None = None,
        organization_name: str | None = None,
    ) -> Request[SignupResponse]:
        """Sign up as the admin of a new instance. No credential is sent.

        `organization_name` is the name of the first organization; servers before 2026 do not read it.
        Servers of 2024 also want the keys of the account (`protectedKey`, `publicKey`, `encryptedPrivateKey`, `salt`,
        `verifier`, ...), which this call does not send: they answer `ValidationError`.
        Expect `BadRequestError` (it is set up already), `ValidationError`.
        POST /api/v1/admin/signup
        """
        body = {
            "email": email,
            "password": password,
            "firstName": first_name,
            "lastName": last_name,
            "organizationName": organization_name,
        }
        return http.post("/api/v1/admin/signup", body=body, returns=one(SignupResponse), access=FIRST)

    @endpoint
    @staticmethod
    def get_config() -> Request[ServerConfig]:
        """Read the settings of the instance; no credential is needed.

        GET /api/v1/admin/config
        """
        return http.get("/api/v1/admin/config", returns=one(ServerConfig, at="config"), access=OPEN_TO_ALL)

    @endpoint
    @staticmethod
    def update_config(
        *,
        allow_sign_up: bool | None = None,
        allowed_sign_up_domain: str | Null | None = None,
        trust_saml_emails: bool | None = None,
        trust_ldap_emails: bool | None = None,
        trust_oidc_emails: bool | None = None,
        default_auth_org_id: str | Null | None = None,
        enabled_login_methods: Sequence[LoginMethodName] | None = None,
        slack_client_id: str | None = None,
        slack_client_secret: str | None = None,
        microsoft_teams_app_id: str | None = None,
        microsoft_teams_client_secret: str | None = None,
        microsoft_teams_bot_id: str | None = None,
        github_app_connection_client_id: str | None = None,
        github_app_connection_client_secret: str | None = None,
        github_app_connection_slug: str | None = None,
        github_app_connection_id: str | None = None,
        github_app_connection_private_key: str | None = None,
        auth_consent_content: str | None = None,
        page_frame_content: str | None = None,
        env_overrides: Mapping[str, str] | None = None,
    ) -> Request[ServerConfig]:
        """Change the settings of the instance; what is left out stays as it is.

        At least one login method, if any are given. The two contents are HTML, of which the server takes only what is
        safe. `env_overrides` has values by the keys that `get_env_overrides` lists. `NULL` clears the domain, or the
        default organization.
        Servers since August 2026 no longer know `trust_saml_emails` and `trust_oidc_emails`.
        Expect `ValidationError`, `BadRequestError` (the server knows none of the settings that are given).
        PATCH /api/v1/admin/config
        """
        body = {
            "allowSignUp": allow_sign_up,
            "allowedSignUpDomain": allowed_sign_up_domain,
            "trustSamlEmails": trust_saml_emails,
            "trustLdapEmails": trust_ldap_emails,
            "trustOidcEmails": trust_oidc_emails,
            "defaultAuthOrgId": default_auth_org_id,
            "enabledLoginMethods": enabled_login_methods,
            "slackClientId": slack_client_id,
            "slackClientSecret": slack_client_secret,
            "microsoftTeamsAppId": microsoft_teams_app_id,
            "microsoftTeamsClientSecret": microsoft_teams_client_secret,
            "microsoftTeamsBotId": microsoft_teams_bot_id,
            "gitHubAppConnectionClientId": github_app_connection_client_id,
            "gitHubAppConnectionClientSecret": github_app_connection_client_secret,
            "gitHubAppConnectionSlug": github_app_connection_slug,
            "gitHubAppConnectionId": github_app_connection_id,
            "gitHubAppConnectionPrivateKey": github_app_connection_private_key,
            "authConsentContent": auth_consent_content,
            "pageFrameContent": page_frame_content,
            "envOverrides": env_overrides,
        }
        return http.patch("/api/v1/admin/config", body=body, returns=one(ServerConfig, at="config"), access=ADMIN)

    @endpoint
    @staticmethod
    def list_users(
        *,
        search_term: str | None = None,
        offset: int | None = None,
        limit: int | None = None,
        admins_only: bool | None = None,
    ) -> Request[AdminUserList]:
        """List the users of the instance, one page.

        `limit` is at most 100, by default 20; `offset` is by default 0. `admins_only` is by default false.
        GET /api/v1/admin/user-management/users
        """
        query = {"searchTerm": search_term, "offset": offset, "limit": limit, "adminsOnly": admins_only}
        return http.get("/api/v1/admin/user-management/users", query=query, returns=one(AdminUserList), access=ADMIN)

    @endpoint
    @staticmethod
    def delete_user(*, user_id: str) -> Request[AdminUser]:
        """Delete a user; the answer's `users` is this one.

        Expect `NotFoundError`.
        DELETE /api/v1/admin/user-management/users/{userId}
        """
        return http.delete(USER, {"userId": user_id}, returns=one(AdminUser, at="users"), access=ADMIN)

    @endpoint
    @staticmethod
    def delete_users(*, user_ids: Sequence[str]) -> Request[tuple[AdminUser, ...]]:
        """Delete several users; sent as a DELETE with a body.

        Expect `NotFoundError`.
        DELETE /api/v1/admin/user-management/users
        """
        path = "/api/v1/admin/user-management/users"
        return http.delete(path, body={"userIds": user_ids}, returns=many(AdminUser, at="users"), access=ADMIN)

    @endpoint
    @staticmethod
    def grant_admin_access(*, user_id: str) -> Request[None]:
        """Make a user an admin of the instance; the answer is empty.

        Expect `NotFoundError`.
        PATCH /api/v1/admin/user-management/users/{userId}/admin-access
        """
        return http.patch(f"{USER}/admin-access", {"userId": user_id}, returns=nothing, access=ADMIN)

    @endpoint
    @staticmethod
    def revoke_admin_access(*, user_id: str) -> Request[AdminUser]:
        """Make an admin of the instance a user like any other.

        Expect `NotFoundError`.
        DELETE /api/v1/admin/user-management/users/{userId}/admin-access
        """
        return http.delete(f"{USER}/admin-access", {"userId": user_id}, returns=one(AdminUser, at="user"), access=ADMIN)

    @endpoint
    @staticmethod
    def list_organizations(
        *, search_term: str | None = None, offset: int | None = None, limit: int | None = None
    ) -> Request[AdminOrganizationList]:
        """List the organizations of the instance with their members and projects, one page.

        `limit` is at most 100, by default 20; `offset` is by default 0.
        GET /api/v1/admin/organization-management/organizations
        """
        query = {"searchTerm": search_term, "offset": offset, "limit": limit}
        return http.get(ORGANIZATIONS, query=query, returns=one(AdminOrganizationList), access=ADMIN)

    @endpoint
    @staticmethod
    def create_organization(*, name: str, invite_admin_emails: Sequence[str]) -> Request[Organization]:
        """Create an organization, and invite its admins, at least one.

        A name has 1 to 64 characters: letters, digits, `-`, `_` and spaces.
        Expect `ValidationError`.
        POST /api/v1/admin/organization-management/organizations
        """
        body = {"name": name, "inviteAdminEmails": invite_admin_emails}
        return http.post(ORGANIZATIONS, body=body, returns=one(Organization, at="organization"), access=ADMIN)

    @endpoint
    @staticmethod
    def delete_organization(*, organization_id: str) -> Request[Organization]:
        """Delete an organization.

        Expect `NotFoundError`.
        DELETE /api/v1/admin/organization-management/organizations/{organizationId}
        """
        path = f"{ORGANIZATIONS}/{{organizationId}}"
        returns = one(Organization, at="organization")
        return http.delete(path, {"organizationId": organization_id}, returns=returns, access=ADMIN)

    @endpoint
    @staticmethod
    def delete_org_membership(*, organization_id: str, membership_id: str) -> Request[OrganizationMembership]:
        """Remove a member from an organization.

        Expect `NotFoundError`.
        DELETE /api/v1/admin/organization-management/organizations/{organizationId}/memberships/{membershipId}
        """
        parts = {"organizationId": organization_id, "membershipId": membership_id}
        returns = one(OrganizationMembership, at="organizationMembership")
        return http.delete(MEMBERSHIP, parts, returns=returns, access=ADMIN)

    @endpoint
    @staticmethod
    def resend_org_invite(*, organization_id: str, membership_id: str) -> Request[OrganizationMembership]:
        """Send the invitation to an organization once more.

        Expect `NotFoundError`.
        POST /api/v1/admin/organization-management/organizations/{organizationId}/memberships/{membershipId}/resend-invite
        """  # noqa: E501
        parts = {"organizationId": organization_id, "membershipId": membership_id}
        returns = one(OrganizationMembership, at="organizationMembership")
        return http.post(f"{MEMBERSHIP}/resend-invite", parts, returns=returns, access=ADMIN)

    @endpoint
    @staticmethod
    def join_organization(*, organization_id: str) -> Request[OrganizationMembership]:
        """Join an organization as its admin.

        Expect `NotFoundError`.
        POST /api/v1/admin/organization-management/organizations/{organizationId}/access
        """
        path = f"{ORGANIZATIONS}/{{organizationId}}/access"
        returns = one(OrganizationMembership, at="organizationMembership")
        return http.post(path, {"organizationId": organization_id}, returns=returns, access=BY_USERS)

    @endpoint
    @staticmethod
    def list_identities(
        *, search_term: str | None = None, offset: int | None = None, limit: int | None = None
    ) -> Request[AdminIdentityList]:
        """List the machine identities of the instance, one page.

        `limit` is at most 100, by default 20; `offset` is by default 0.
        GET /api/v1/admin/identity-management/identities
        """
        query = {"searchTerm": search_term, "offset": offset, "limit": limit}
        path = "/api/v1/admin/identity-management/identities"
        return http.get(path, query=query, returns=one(AdminIdentityList), access=ADMIN)

    @endpoint
    @staticmethod
    @deprecated("servers have no such route: only users are made admins, by grant_admin_access", category=None)
    def grant_identity_super_admin(*, identity_id: str) -> Request[AdminIdentity]:
        """Make a machine identity an admin of the instance: no server has the route.

        Expect `NotFoundError` (`route_missing`).
        PATCH /api/v1/admin/identity-management/identities/{identityId}/super-admin-access
        """
        return http.patch(
            IDENTITY, {"identityId": identity_id}, returns=one(AdminIdentity, at="identity"), access=BY_USERS
        )

    @endpoint
    @staticmethod
    def revoke_identity_super_admin(*, identity_id: str) -> Request[AdminIdentity]:
        """Take from a machine identity that it is an admin of the instance.

        Expect `NotFoundError`.
        DELETE /api/v1/admin/identity-management/identities/{identityId}/super-admin-access
        """
        return http.delete(
            IDENTITY, {"identityId": identity_id}, returns=one(AdminIdentity, at="identity"), access=ADMIN
        )

    @endpoint
    @staticmethod
    def get_integrations() -> Request[AdminIntegrations]:
        """Read the apps of the instance (Slack, Microsoft Teams, GitHub), with their secrets.

        GET /api/v1/admin/integrations
        """
        return http.get("/api/v1/admin/integrations", returns=one(AdminIntegrations), access=ADMIN)

    @endpoint
    @staticmethod
    def get_encryption_strategies() -> Request[tuple[EncryptionStrategy, ...]]:
        """List the encryption strategies, and whether each is enabled.

        GET /api/v1/admin/encryption-strategies
        """
        returns = many(EncryptionStrategy, at="strategies")
        return http.get("/api/v1/admin/encryption-strategies", returns=returns, access=ADMIN)

    @endpoint
    @staticmethod
    def update_encryption_strategy(*, strategy: Literal["SOFTWARE", "HSM"] | str) -> Request[None]:
        """Choose the encryption strategy; the answer is empty.

        Expect `ValidationError`.
        PATCH /api/v1/admin/encryption-strategies
        """
        return http.patch(
            "/api/v1/admin/encryption-strategies", body={"strategy": strategy}, returns=nothing, access=ADMIN
        )

    @endpoint
    @staticmethod
    def get_env_overrides() -> Request[Mapping[str, EnvOverrideCategory]]:
        """Read which environment variables `update_config` can override, by category.

        GET /api/v1/admin/env-overrides
        """
        return http.get("/api/v1/admin/env-overrides", returns=by_name(EnvOverrideCategory), access=ADMIN)

    @endpoint
    @staticmethod
    def invalidate_cache(*, type: Literal["all", "secrets"] | str) -> Request[InvalidateCacheResponse]:
        """Empty the server's cache, all of it or that of the secrets; `get_cache_status` says when it is done.

        Expect `RateLimitError` (2 in a minute).
        POST /api/v1/admin/invalidate-cache
        """
        path = "/api/v1/admin/invalidate-cache"
        return http.post(path, body={"type": type}, returns=one(InvalidateCacheResponse), access=ADMIN)

    @endpoint
    @staticmethod
    def get_cache_status() -> Request[CacheStatus]:
        """Ask whether the cache is still being emptied.

        GET /api/v1/admin/invalidating-cache-status
        """
        return http.get("/api/v1/admin/invalidating-cache-status", returns=one(CacheStatus), access=ADMIN)

    @endpoint
    @staticmethod
    def generate_usage_report() -> Request[UsageReport]:
        """Make a usage report of the instance, as CSV.

        POST /api/v1/admin/usage-report/generate
        """
        return http.post("/api/v1/admin/usage-report/generate", returns=one(UsageReport), access=ADMIN)
