"""The instance: its settings, users, organizations and machine identities (`/api/v1/admin`).

This file has the endpoint functions. The models are in models.py and are exported from here too.
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

ACCESS = Access("admin", server=IDENTITIES_AND_USERS)
OPTIONAL_ACCESS = Access("admin", "optional", server=ALL_MODES)
SETUP_ACCESS = Access("admin", "none", ())  # a new instance has no users, so no credential exists
USER_ACCESS = Access("admin")
USER_PATH = "/api/v1/admin/user-management/users/{userId}"
ORGANIZATIONS_PATH = "/api/v1/admin/organization-management/organizations"
MEMBERSHIP_PATH = f"{ORGANIZATIONS_PATH}/{{organizationId}}/memberships/{{membershipId}}"
IDENTITY_PATH = "/api/v1/admin/identity-management/identities/{identityId}/super-admin-access"
LoginMethodName: TypeAlias = Literal["email", "google", "github", "gitlab", "saml", "ldap", "oidc"] | str


class Admin(Group[R]):
    """The whole instance, for its admins (`superAdmin`).

    Other callers get a `ForbiddenError` from every function except `bootstrap`, `signup` and `get_config`. Servers of
    2024 have only `signup`, `get_config`, `update_config`, `list_users` and `delete_user`; the other functions return
    `NotFoundError` (`route_missing`) there.
    """

    @endpoint
    @staticmethod
    def bootstrap(*, email: str, password: str, organization: str) -> Request[BootstrapResponse]:
        """Set up a new instance: an admin, an organization, and a machine identity with its token.

        `organization` is the name of the organization. The request carries no credential.
        Expect `BadRequestError`, `ValidationError`.
        POST /api/v1/admin/bootstrap
        """
        body = {"email": email, "password": password, "organization": organization}
        return http.post("/api/v1/admin/bootstrap", body=body, returns=one(BootstrapResponse), access=SETUP_ACCESS)

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
        """Sign up as the admin of a new instance; the request carries no credential.

        `organization_name` is the name of the first organization; servers before 2026 ignore it. Servers of 2024 also
        require the keys of the account (`protectedKey`, `publicKey`, `encryptedPrivateKey`, `salt`, `verifier`, ...).
        This call does not send them: expect `ValidationError` there.
        Expect `BadRequestError` (the instance is already set up), `ValidationError`.
        POST /api/v1/admin/signup
        """
        body = {
            "email": email,
            "password": password,
            "firstName": first_name,
            "lastName": last_name,
            "organizationName": organization_name,
        }
        return http.post("/api/v1/admin/signup", body=body, returns=one(SignupResponse), access=SETUP_ACCESS)

    @endpoint
    @staticmethod
    def get_config() -> Request[ServerConfig]:
        """Get the settings of the instance; a credential is optional.

        GET /api/v1/admin/config
        """
        return http.get("/api/v1/admin/config", returns=one(ServerConfig, at="config"), access=OPTIONAL_ACCESS)

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
        """Change the settings of the instance; omitted parameters keep their value.

        `enabled_login_methods`, if passed, has at least one method. `auth_consent_content` and `page_frame_content` are
        HTML, which the server sanitizes. `env_overrides` maps keys from `get_env_overrides` to values. `NULL` clears
        the domain or the default organization. Servers since August 2026 no longer know `trust_saml_emails` and
        `trust_oidc_emails`.
        Expect `ValidationError`, `BadRequestError` (the server knows none of the settings passed).
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
        return http.patch("/api/v1/admin/config", body=body, returns=one(ServerConfig, at="config"), access=ACCESS)

    @endpoint
    @staticmethod
    def list_users(
        *,
        search_term: str | None = None,
        offset: int | None = None,
        limit: int | None = None,
        admins_only: bool | None = None,
    ) -> Request[AdminUserList]:
        """List the users of the instance; returns one page.

        `limit` is at most 100 (default 20); `offset` defaults to 0, `admins_only` to false.
        GET /api/v1/admin/user-management/users
        """
        query = {"searchTerm": search_term, "offset": offset, "limit": limit, "adminsOnly": admins_only}
        return http.get("/api/v1/admin/user-management/users", query=query, returns=one(AdminUserList), access=ACCESS)

    @endpoint
    @staticmethod
    def delete_user(*, user_id: str) -> Request[AdminUser]:
        """Delete a user, and return it.

        Expect `NotFoundError`.
        DELETE /api/v1/admin/user-management/users/{userId}
        """
        return http.delete(USER_PATH, {"userId": user_id}, returns=one(AdminUser, at="users"), access=ACCESS)

    @endpoint
    @staticmethod
    def delete_users(*, user_ids: Sequence[str]) -> Request[tuple[AdminUser, ...]]:
        """Delete several users.

        The request is a DELETE with a JSON body.
        Expect `NotFoundError`.
        DELETE /api/v1/admin/user-management/users
        """
        path = "/api/v1/admin/user-management/users"
        return http.delete(path, body={"userIds": user_ids}, returns=many(AdminUser, at="users"), access=ACCESS)

    @endpoint
    @staticmethod
    def grant_admin_access(*, user_id: str) -> Request[None]:
        """Make a user an admin of the instance; the response is empty.

        Expect `NotFoundError`.
        PATCH /api/v1/admin/user-management/users/{userId}/admin-access
        """
        return http.patch(f"{USER_PATH}/admin-access", {"userId": user_id}, returns=nothing, access=ACCESS)

    @endpoint
    @staticmethod
    def revoke_admin_access(*, user_id: str) -> Request[AdminUser]:
        """Revoke a user's admin rights on the instance.

        Expect `NotFoundError`.
        DELETE /api/v1/admin/user-management/users/{userId}/admin-access
        """
        return http.delete(
            f"{USER_PATH}/admin-access", {"userId": user_id}, returns=one(AdminUser, at="user"), access=ACCESS
        )

    @endpoint
    @staticmethod
    def list_organizations(
        *, search_term: str | None = None, offset: int | None = None, limit: int | None = None
    ) -> Request[AdminOrganizationList]:
        """List the organizations of the instance with their members and projects; returns one page.

        `limit` is at most 100 (default 20); `offset` defaults to 0.
        GET /api/v1/admin/organization-management/organizations
        """
        query = {"searchTerm": search_term, "offset": offset, "limit": limit}
        return http.get(ORGANIZATIONS_PATH, query=query, returns=one(AdminOrganizationList), access=ACCESS)

    @endpoint
    @staticmethod
    def create_organization(*, name: str, invite_admin_emails: Sequence[str]) -> Request[Organization]:
        """Create an organization, and invite one or more admins.

        A name has 1 to 64 characters: letters, digits, `-`, `_` and spaces.
        Expect `ValidationError`.
        POST /api/v1/admin/organization-management/organizations
        """
        body = {"name": name, "inviteAdminEmails": invite_admin_emails}
        return http.post(ORGANIZATIONS_PATH, body=body, returns=one(Organization, at="organization"), access=ACCESS)

    @endpoint
    @staticmethod
    def delete_organization(*, organization_id: str) -> Request[Organization]:
        """Delete an organization.

        Expect `NotFoundError`.
        DELETE /api/v1/admin/organization-management/organizations/{organizationId}
        """
        path = f"{ORGANIZATIONS_PATH}/{{organizationId}}"
        returns = one(Organization, at="organization")
        return http.delete(path, {"organizationId": organization_id}, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def delete_org_membership(*, organization_id: str, membership_id: str) -> Request[OrganizationMembership]:
        """Remove a member from an organization.

        Expect `NotFoundError`.
        DELETE /api/v1/admin/organization-management/organizations/{organizationId}/memberships/{membershipId}
        """
        parts = {"organizationId": organization_id, "membershipId": membership_id}
        returns = one(OrganizationMembership, at="organizationMembership")
        return http.delete(MEMBERSHIP_PATH, parts, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def resend_org_invite(*, organization_id: str, membership_id: str) -> Request[OrganizationMembership]:
        """Send the invitation to an organization again.

        Expect `NotFoundError`.
        POST /api/v1/admin/organization-management/organizations/{organizationId}/memberships/{membershipId}/resend-invite
        """  # noqa: E501
        parts = {"organizationId": organization_id, "membershipId": membership_id}
        returns = one(OrganizationMembership, at="organizationMembership")
        return http.post(f"{MEMBERSHIP_PATH}/resend-invite", parts, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def join_organization(*, organization_id: str) -> Request[OrganizationMembership]:
        """Join an organization as its admin.

        Expect `NotFoundError`.
        POST /api/v1/admin/organization-management/organizations/{organizationId}/access
        """
        path = f"{ORGANIZATIONS_PATH}/{{organizationId}}/access"
        returns = one(OrganizationMembership, at="organizationMembership")
        return http.post(path, {"organizationId": organization_id}, returns=returns, access=USER_ACCESS)

    @endpoint
    @staticmethod
    def list_identities(
        *, search_term: str | None = None, offset: int | None = None, limit: int | None = None
    ) -> Request[AdminIdentityList]:
        """List the machine identities of the instance; returns one page.

        `limit` is at most 100 (default 20); `offset` defaults to 0.
        GET /api/v1/admin/identity-management/identities
        """
        query = {"searchTerm": search_term, "offset": offset, "limit": limit}
        path = "/api/v1/admin/identity-management/identities"
        return http.get(path, query=query, returns=one(AdminIdentityList), access=ACCESS)

    @endpoint
    @staticmethod
    @deprecated("servers have no such route: only users are made admins, by grant_admin_access", category=None)
    def grant_identity_super_admin(*, identity_id: str) -> Request[AdminIdentity]:
        """Make a machine identity an admin of the instance: documented, but no server has the route.

        Expect `NotFoundError` (`route_missing`).
        PATCH /api/v1/admin/identity-management/identities/{identityId}/super-admin-access
        """
        return http.patch(
            IDENTITY_PATH, {"identityId": identity_id}, returns=one(AdminIdentity, at="identity"), access=USER_ACCESS
        )

    @endpoint
    @staticmethod
    def revoke_identity_super_admin(*, identity_id: str) -> Request[AdminIdentity]:
        """Revoke a machine identity's admin rights on the instance.

        Expect `NotFoundError`.
        DELETE /api/v1/admin/identity-management/identities/{identityId}/super-admin-access
        """
        return http.delete(
            IDENTITY_PATH, {"identityId": identity_id}, returns=one(AdminIdentity, at="identity"), access=ACCESS
        )

    @endpoint
    @staticmethod
    def get_integrations() -> Request[AdminIntegrations]:
        """Get the apps of the instance (Slack, Microsoft Teams, GitHub), with their secrets.

        GET /api/v1/admin/integrations
        """
        return http.get("/api/v1/admin/integrations", returns=one(AdminIntegrations), access=ACCESS)

    @endpoint
    @staticmethod
    def get_encryption_strategies() -> Request[tuple[EncryptionStrategy, ...]]:
        """List the encryption strategies, and whether each is enabled.

        GET /api/v1/admin/encryption-strategies
        """
        returns = many(EncryptionStrategy, at="strategies")
        return http.get("/api/v1/admin/encryption-strategies", returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def update_encryption_strategy(*, strategy: Literal["SOFTWARE", "HSM"] | str) -> Request[None]:
        """Select the encryption strategy; the response is empty.

        Expect `ValidationError`.
        PATCH /api/v1/admin/encryption-strategies
        """
        return http.patch(
            "/api/v1/admin/encryption-strategies", body={"strategy": strategy}, returns=nothing, access=ACCESS
        )

    @endpoint
    @staticmethod
    def get_env_overrides() -> Request[Mapping[str, EnvOverrideCategory]]:
        """Get the environment variables that `update_config` can override, by category.

        GET /api/v1/admin/env-overrides
        """
        return http.get("/api/v1/admin/env-overrides", returns=by_name(EnvOverrideCategory), access=ACCESS)

    @endpoint
    @staticmethod
    def invalidate_cache(*, type: Literal["all", "secrets"] | str) -> Request[InvalidateCacheResponse]:
        """Empty the server's cache, either all of it or only the secrets.

        Check with `get_cache_status` whether the server has finished.
        Expect `RateLimitError` (2 per minute).
        POST /api/v1/admin/invalidate-cache
        """
        path = "/api/v1/admin/invalidate-cache"
        return http.post(path, body={"type": type}, returns=one(InvalidateCacheResponse), access=ACCESS)

    @endpoint
    @staticmethod
    def get_cache_status() -> Request[CacheStatus]:
        """Check whether the server is still emptying its cache.

        GET /api/v1/admin/invalidating-cache-status
        """
        return http.get("/api/v1/admin/invalidating-cache-status", returns=one(CacheStatus), access=ACCESS)

    @endpoint
    @staticmethod
    def generate_usage_report() -> Request[UsageReport]:
        """Generate a usage report of the instance as CSV.

        POST /api/v1/admin/usage-report/generate
        """
        return http.post("/api/v1/admin/usage-report/generate", returns=one(UsageReport), access=ACCESS)
