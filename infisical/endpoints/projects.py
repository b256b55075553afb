"""Projects, and what belongs to a project: environments, members, roles, tags and trusted IP addresses.

Models first, then the endpoint functions. Routes that servers of 2024 also have use `/api/v1/workspace`, the older name
of `/api/v1/projects`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from returns.result import Result

from infisical import request as http
from infisical.access import USERS, WITH_SERVICE_TOKENS, Access
from infisical.decode import many, one
from infisical.endpoints.secret_tags import Tag
from infisical.errors import DecodeError
from infisical.group import Group, R, endpoint
from infisical.model import Model
from infisical.request import Request
from infisical.response import Response

ACCESS = Access("projects")
SERVICE_TOKEN_ACCESS = Access("projects", server=WITH_SERVICE_TOKENS)
USER_ACCESS = Access("projects", server=USERS)
WORKSPACE_PATH = "/api/v1/workspace/{projectId}"
ENVIRONMENT_PATH = "/api/v1/workspace/{projectId}/environments/{environmentId}"
TRUSTED_IPS_PATH = "/api/v1/projects/{projectId}/trusted-ips"
TRUSTED_IP_PATH = "/api/v1/projects/{projectId}/trusted-ips/{trustedIpId}"
ProjectType: TypeAlias = Literal["secret-manager", "cert-manager", "kms", "ssh", "secret-scanning", "pam", "ai"] | str


@dataclass(frozen=True, kw_only=True, slots=True)
class ProjectEnvironment(Model):
    """An environment of a project. Inside another object it has only `id`, `name` and `slug`."""

    id: str
    name: str | None = None
    slug: str | None = None
    position: int | None = None
    project_id: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ProjectEnvironments(Model):
    """A project, decoded for its environments only."""

    environments: tuple[ProjectEnvironment, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ProjectRole(Model):
    """A role for members of a project. `permissions`, if present, has the form that the server uses."""

    id: str
    name: str | None = None
    slug: str | None = None
    description: str | None = None
    permissions: Any = field(default=None, hash=False)
    project_id: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Project(Model):
    """A project. Reads and `create` fill `environments`; `list(include_roles=True)` fills `roles`."""

    id: str
    name: str | None = None
    description: str | None = None
    slug: str | None = None
    type: str | None = None
    default_product: str | None = None
    org_id: str | None = None
    version: int | None = None
    environments: tuple[ProjectEnvironment, ...] = ()
    deleted_environments: tuple[ProjectEnvironment, ...] = ()
    roles: tuple[ProjectRole, ...] = ()
    auto_capitalization: bool | None = None
    has_delete_protection: bool | None = None
    secret_sharing: bool | None = None
    show_snapshots_legacy: bool | None = None
    secret_detection_ignore_values: tuple[str, ...] = ()
    enforce_encrypted_secret_manager_secret_metadata: bool | None = None
    upgrade_status: str | None = None
    pit_version_limit: int | None = None
    audit_logs_retention_days: int | None = None
    kms_certificate_key_id: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class MembershipUser(Model):
    """The user of a membership."""

    id: str
    username: str | None = None
    email: str | None = None
    is_email_verified: bool | None = None
    first_name: str | None = None
    last_name: str | None = None
    public_key: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class MembershipProject(Model):
    """The project of a membership."""

    id: str
    name: str | None = None
    type: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ProjectMembershipRole(Model):
    """A role of a user or machine identity in a project, permanent or temporary."""

    id: str
    role: str | None = None
    custom_role_id: str | None = None
    custom_role_name: str | None = None
    custom_role_slug: str | None = None
    is_temporary: bool | None = None
    temporary_mode: str | None = None
    temporary_range: str | None = None
    temporary_access_start_time: str | None = None
    temporary_access_end_time: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ProjectMembership(Model):
    """A user's membership in a project. `project` is filled when the memberships of one user are listed."""

    id: str
    user_id: str | None = None
    project_id: str | None = None
    user: MembershipUser | None = None
    project: MembershipProject | None = None
    roles: tuple[ProjectMembershipRole, ...] = ()
    created_at: str | None = None
    updated_at: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ProjectTrustedIp(Model):
    """A trusted IP address of a project, or a range of addresses."""

    id: str
    ip_address: str | None = None
    prefix: int | None = None
    type: str | None = None
    is_active: bool | None = None
    comment: str | None = None
    project_id: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


def decode_environments(response: Response) -> Result[tuple[ProjectEnvironment, ...], DecodeError]:
    """Decode a project, and return its environments."""
    return one(ProjectEnvironments, at="workspace")(response).map(lambda project: project.environments)


class Projects(Group[R]):
    """Projects of an organization, and what belongs to a project."""

    @endpoint
    @staticmethod
    def create(
        *,
        project_name: str,
        project_description: str | None = None,
        slug: str | None = None,
        kms_key_id: str | None = None,
        template: str | None = None,
        type: ProjectType | None = None,
        should_create_default_envs: bool | None = None,
        has_delete_protection: bool | None = None,
    ) -> Request[Project]:
        """Create a project.

        `project_name` has at most 64 characters, `project_description` 1024, `slug` 5 to 36, `template` (a slug) 64. By
        default the server creates a `secret-manager` project from the template `default`, with the default environments
        and without delete protection. The newest servers may no longer know the types `ssh` and `ai`.
        Expect `ValidationError`, `RateLimitError` (creating projects has its separate limit), `ForbiddenError`,
        `NotFoundError` (`route_missing` on servers of 2024).
        POST /api/v1/projects
        """
        body = {
            "projectName": project_name,
            "projectDescription": project_description,
            "slug": slug,
            "kmsKeyId": kms_key_id,
            "template": template,
            "type": type,
            "shouldCreateDefaultEnvs": should_create_default_envs,
            "hasDeleteProtection": has_delete_protection,
        }
        return http.post("/api/v1/projects", body=body, returns=one(Project, at="project"), access=ACCESS)

    @endpoint
    @staticmethod
    def list(*, include_roles: bool | None = None, type: ProjectType | None = None) -> Request[tuple[Project, ...]]:
        """List every project, without paging.

        `include_roles` (default false) adds the roles of each project; `type` selects projects of one type.
        Expect `NotFoundError` (`route_missing` on servers of 2024).
        GET /api/v1/projects
        """
        query = {"includeRoles": include_roles, "type": type}
        return http.get("/api/v1/projects", query=query, returns=many(Project, at="projects"), access=ACCESS)

    @endpoint
    @staticmethod
    def get(*, project_id: str) -> Request[Project]:
        """Get a project and its environments.

        Expect `NotFoundError` (`InternalServerError` on servers of 2024), `ForbiddenError`.
        GET /api/v1/workspace/{projectId}
        """
        returns = one(Project, at="workspace")
        return http.get(WORKSPACE_PATH, {"projectId": project_id}, returns=returns, access=SERVICE_TOKEN_ACCESS)

    @endpoint
    @staticmethod
    def get_by_slug(*, slug: str) -> Request[Project]:
        """Get a project by its slug, within the organization of the credential.

        `slug` has 1 to 64 characters.
        Expect `NotFoundError` (`route_missing` on servers of 2024), `ForbiddenError`.
        GET /api/v1/projects/slug/{slug}
        """
        return http.get("/api/v1/projects/slug/{slug}", {"slug": slug}, returns=one(Project), access=ACCESS)

    @endpoint
    @staticmethod
    def update(
        *,
        project_id: str,
        name: str | None = None,
        description: str | None = None,
        auto_capitalization: bool | None = None,
        has_delete_protection: bool | None = None,
        slug: str | None = None,
        secret_sharing: bool | None = None,
        show_snapshots_legacy: bool | None = None,
        default_product: ProjectType | None = None,
        secret_detection_ignore_values: Sequence[str] | None = None,
    ) -> Request[Project]:
        """Change the settings of a project; omitted parameters keep their value.

        `name` and `slug` have at most 64 characters, `description` 256. A slug consists of lower-case letters and
        digits, with single `-` and `_` between them. The response omits the environments.
        Expect `ValidationError`, `NotFoundError`, `ForbiddenError`.
        PATCH /api/v1/workspace/{projectId}
        """
        body = {
            "name": name,
            "description": description,
            "autoCapitalization": auto_capitalization,
            "hasDeleteProtection": has_delete_protection,
            "slug": slug,
            "secretSharing": secret_sharing,
            "showSnapshotsLegacy": show_snapshots_legacy,
            "defaultProduct": default_product,
            "secretDetectionIgnoreValues": secret_detection_ignore_values,
        }
        returns = one(Project, at="workspace")
        return http.patch(WORKSPACE_PATH, {"projectId": project_id}, body=body, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def delete(*, project_id: str) -> Request[Project]:
        """Delete a project; the response omits the environments.

        Expect `NotFoundError`, `ForbiddenError`.
        DELETE /api/v1/workspace/{projectId}
        """
        returns = one(Project, at="workspace")
        return http.delete(WORKSPACE_PATH, {"projectId": project_id}, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def list_memberships(*, project_id: str) -> Request[tuple[ProjectMembership, ...]]:
        """List every user of a project with their roles, without paging.

        Expect `NotFoundError`, `ForbiddenError` (also for a `cert-manager` project, on newer servers).
        GET /api/v1/workspace/{projectId}/memberships
        """
        returns = many(ProjectMembership, at="memberships")
        return http.get(f"{WORKSPACE_PATH}/memberships", {"projectId": project_id}, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def list_environments(*, project_id: str) -> Request[tuple[ProjectEnvironment, ...]]:
        """List the environments of a project, with id, name and slug only.

        The request reads the project, because servers have no separate list of environments. Errors are as in `get`.
        GET /api/v1/workspace/{projectId}
        """
        return http.get(
            WORKSPACE_PATH, {"projectId": project_id}, returns=decode_environments, access=SERVICE_TOKEN_ACCESS
        )

    @endpoint
    @staticmethod
    def get_environment(*, project_id: str, env_id: str) -> Request[ProjectEnvironment]:
        """Get an environment by its id; the server ignores `project_id`.

        Expect `NotFoundError` (`route_missing` on servers of 2024), `ForbiddenError`.
        GET /api/v1/projects/{projectId}/environments/{envId}
        """
        path = "/api/v1/projects/{projectId}/environments/{envId}"
        parts = {"projectId": project_id, "envId": env_id}
        return http.get(path, parts, returns=one(ProjectEnvironment, at="environment"), access=ACCESS)

    @endpoint
    @staticmethod
    def create_environment(
        *, project_id: str, name: str, slug: str, position: int | None = None
    ) -> Request[ProjectEnvironment]:
        """Create an environment.

        `name` has 1 to 255 characters, `slug` at most 64; `position` counts from 1.
        Expect `ValidationError`, `NotFoundError`, `ForbiddenError`.
        POST /api/v1/workspace/{projectId}/environments
        """
        path = f"{WORKSPACE_PATH}/environments"
        body = {"name": name, "slug": slug, "position": position}
        returns = one(ProjectEnvironment, at="environment")
        return http.post(path, {"projectId": project_id}, body=body, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def update_environment(
        *,
        project_id: str,
        environment_id: str,
        name: str | None = None,
        slug: str | None = None,
        position: int | None = None,
    ) -> Request[ProjectEnvironment]:
        """Rename an environment or change its position; omitted parameters keep their value.

        Expect `ValidationError`, `NotFoundError`, `ForbiddenError`.
        PATCH /api/v1/workspace/{projectId}/environments/{environmentId}
        """
        parts = {"projectId": project_id, "environmentId": environment_id}
        body = {"name": name, "slug": slug, "position": position}
        returns = one(ProjectEnvironment, at="environment")
        return http.patch(ENVIRONMENT_PATH, parts, body=body, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def delete_environment(*, project_id: str, environment_id: str) -> Request[ProjectEnvironment]:
        """Delete an environment permanently.

        Expect `NotFoundError`, `ForbiddenError`.
        DELETE /api/v1/workspace/{projectId}/environments/{environmentId}
        """
        parts = {"projectId": project_id, "environmentId": environment_id}
        return http.delete(ENVIRONMENT_PATH, parts, returns=one(ProjectEnvironment, at="environment"), access=ACCESS)

    @endpoint
    @staticmethod
    def list_roles(*, project_id: str) -> Request[tuple[ProjectRole, ...]]:
        """List the roles of a project, without their permissions.

        Expect `NotFoundError` (`route_missing` on servers of 2024), `ForbiddenError`.
        GET /api/v1/projects/{projectId}/roles
        """
        path = "/api/v1/projects/{projectId}/roles"
        return http.get(path, {"projectId": project_id}, returns=many(ProjectRole, at="roles"), access=ACCESS)

    @endpoint
    @staticmethod
    def list_tags(*, project_id: str) -> Request[tuple[Tag, ...]]:
        """List the tags of a project; newer servers send no `name`.

        Expect `NotFoundError`, `ForbiddenError`.
        GET /api/v1/workspace/{projectId}/tags
        """
        returns = many(Tag, at="workspaceTags")
        return http.get(f"{WORKSPACE_PATH}/tags", {"projectId": project_id}, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def list_trusted_ips(*, project_id: str) -> Request[tuple[ProjectTrustedIp, ...]]:
        """List the trusted IP addresses of a project; servers accept users' tokens only.

        Expect `NotFoundError` (`route_missing` on servers of 2024), `ForbiddenError`.
        GET /api/v1/projects/{projectId}/trusted-ips
        """
        returns = many(ProjectTrustedIp, at="trustedIps")
        return http.get(TRUSTED_IPS_PATH, {"projectId": project_id}, returns=returns, access=USER_ACCESS)

    @endpoint
    @staticmethod
    def create_trusted_ip(
        *, project_id: str, ip_address: str, is_active: bool, comment: str | None = None
    ) -> Request[ProjectTrustedIp]:
        """Add a trusted IP address to a project; servers accept users' tokens only.

        Servers require `is_active`. The comment is empty by default.
        Expect `ValidationError`, `NotFoundError` (`route_missing` on servers of 2024), `ForbiddenError`.
        POST /api/v1/projects/{projectId}/trusted-ips
        """
        body = {"ipAddress": ip_address, "comment": comment, "isActive": is_active}
        returns = one(ProjectTrustedIp, at="trustedIp")
        return http.post(TRUSTED_IPS_PATH, {"projectId": project_id}, body=body, returns=returns, access=USER_ACCESS)

    @endpoint
    @staticmethod
    def update_trusted_ip(
        *, project_id: str, trusted_ip_id: str, ip_address: str, comment: str | None = None
    ) -> Request[ProjectTrustedIp]:
        """Change a trusted IP address or its comment; servers accept users' tokens only.

        `ip_address` is required even if it stays the same. An omitted comment becomes empty. This call cannot activate
        or deactivate the address.
        Expect `ValidationError`, `NotFoundError` (`route_missing` on servers of 2024), `ForbiddenError`.
        PATCH /api/v1/projects/{projectId}/trusted-ips/{trustedIpId}
        """
        parts = {"projectId": project_id, "trustedIpId": trusted_ip_id}
        body = {"ipAddress": ip_address, "comment": comment}
        returns = one(ProjectTrustedIp, at="trustedIp")
        return http.patch(TRUSTED_IP_PATH, parts, body=body, returns=returns, access=USER_ACCESS)

    @endpoint
    @staticmethod
    def delete_trusted_ip(*, project_id: str, trusted_ip_id: str) -> Request[ProjectTrustedIp]:
        """Remove a trusted IP address; servers accept users' tokens only.

        Expect `NotFoundError` (`route_missing` on servers of 2024), `ForbiddenError`.
        DELETE /api/v1/projects/{projectId}/trusted-ips/{trustedIpId}
        """
        parts = {"projectId": project_id, "trustedIpId": trusted_ip_id}
        return http.delete(TRUSTED_IP_PATH, parts, returns=one(ProjectTrustedIp, at="trustedIp"), access=USER_ACCESS)
