"""The models of the admin group's responses."""

from __future__ import annotations

from dataclasses import dataclass, field

from infisical.endpoints.organizations import Organization
from infisical.endpoints.users import User
from infisical.model import Model, describe_field


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerConfig(Model):
    """The settings of the instance. Only `get_config` fills some fields, only `update_config` fills the dates."""

    id: str
    instance_id: str | None = None
    initialized: bool | None = None
    allow_sign_up: bool | None = None
    allowed_sign_up_domain: str | None = None
    enabled_login_methods: tuple[str, ...] = ()
    trust_saml_emails: bool | None = None
    trust_ldap_emails: bool | None = None
    trust_oidc_emails: bool | None = None
    default_auth_org_id: str | None = None
    default_auth_org_slug: str | None = None
    default_auth_org_auth_enforced: bool | None = None
    default_auth_org_auth_method: str | None = None
    auth_consent_content: str | None = None
    page_frame_content: str | None = None
    admin_identity_ids: tuple[str, ...] = ()
    fips_enabled: bool | None = None
    is_migration_mode_on: bool | None = None
    is_secret_scanning_disabled: bool | None = None
    kubernetes_auto_fetch_service_account_token: bool | None = None
    params_folder_secret_detection_enabled: bool | None = None
    is_offline_usage_reports_enabled: bool | None = None
    created_at: str | None = None
    updated_at: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class AdminUser(Model):
    """A user of the instance, without details."""

    id: str
    username: str | None = None
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    super_admin: bool | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class AdminUserList(Model):
    """One page of users; `total` counts the users of all pages."""

    users: tuple[AdminUser, ...]
    total: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class AdminOrganizationMember(Model):
    """A member of an organization."""

    membership_id: str
    user: AdminUser | None = None
    role: str | None = None
    role_id: str | None = None
    status: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class AdminOrganizationProject(Model):
    """A project of an organization."""

    id: str
    name: str | None = None
    slug: str | None = None
    created_at: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class AdminOrganization(Model):
    """An organization of the instance, with its members and projects."""

    id: str
    name: str | None = None
    slug: str | None = None
    customer_id: str | None = None
    auth_enforced: bool | None = None
    scim_enabled: bool | None = None
    members: tuple[AdminOrganizationMember, ...] = ()
    projects: tuple[AdminOrganizationProject, ...] = ()
    created_at: str | None = None
    updated_at: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class AdminOrganizationList(Model):
    """One page of organizations; `total` counts the organizations of all pages."""

    organizations: tuple[AdminOrganization, ...]
    total: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class AdminIdentity(Model):
    """A machine identity of the instance."""

    id: str
    name: str | None = None
    is_instance_admin: bool | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class AdminIdentityList(Model):
    """One page of machine identities; `total` counts the identities of all pages."""

    identities: tuple[AdminIdentity, ...]
    total: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class BootstrapCredentials(Model):
    """The access token of the first machine identity, for `IdentityAccessToken`."""

    token: str = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class BootstrapIdentity(Model):
    """The first machine identity, with its token."""

    credentials: BootstrapCredentials
    id: str | None = None
    name: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class BootstrapResponse(Model):
    """A new instance: its admin, its first organization, and its first machine identity."""

    identity: BootstrapIdentity
    user: AdminUser | None = None
    organization: Organization | None = None
    message: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SignupResponse(Model):
    """The admin of a new instance, the first organization, and the admin's token for `Jwt`."""

    token: str = field(repr=False)
    user: User | None = None
    organization: Organization | None = None
    message: str | None = None
    new: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SlackIntegration(Model):
    """The Slack app of the instance."""

    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class MicrosoftTeamsIntegration(Model):
    """The Microsoft Teams app of the instance."""

    app_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    bot_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class GithubAppIntegration(Model):
    """The GitHub app of the instance."""

    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    app_slug: str | None = None
    app_id: str | None = None
    private_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class AdminIntegrations(Model):
    """The apps that the instance uses to reach other services."""

    slack: SlackIntegration | None = None
    microsoft_teams: MicrosoftTeamsIntegration | None = None
    github_app_connection: GithubAppIntegration | None = field(
        default=None, metadata=describe_field("gitHubAppConnection")
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class EncryptionStrategy(Model):
    """An encryption strategy (`SOFTWARE` or `HSM`), and whether it is enabled."""

    strategy: str
    enabled: bool | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class EnvOverride(Model):
    """An environment variable of the server. `has_env_entry` is true if the server's environment also sets it."""

    key: str
    value: str | None = field(default=None, repr=False)
    has_env_entry: bool | None = None
    description: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class EnvOverrideCategory(Model):
    """A category of environment variables."""

    name: str | None = None
    fields: tuple[EnvOverride, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class InvalidateCacheResponse(Model):
    """The server's confirmation."""

    message: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CacheStatus(Model):
    """Whether the server is still emptying its cache."""

    invalidating: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class UsageReport(Model):
    """A signed usage report as CSV, with a file name."""

    csv_content: str
    signature: str | None = None
    filename: str | None = None
