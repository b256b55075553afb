"""Projects, and what belongs to one: environments, members, roles, tags and trusted addresses.

Models first, then the endpoint functions. What servers of 2024 have too is asked for at `/api/v1/workspace`, an older
name of `/api/v1/projects`.
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

PROJECTS = Access("projects")
BY_SERVICE_TOKENS_TOO = Access("projects", server=WITH_SERVICE_TOKENS)
BY_PEOPLE = Access("projects", server=USERS)
WORKSPACE = "/api/v1/workspace/{projectId}"
ENVIRONMENT = "/api/v1/workspace/{projectId}/environments/{environmentId}"
TRUSTED_IPS = "/api/v1/projects/{projectId}/trusted-ips"
TRUSTED_IP = "/api/v1/projects/{projectId}/trusted-ips/{trustedIpId}"
ProjectType: TypeAlias = Literal["secret-manager", "cert-manager", "kms", "ssh", "secret-scanning", "pam", "ai"] | str


@dataclass(frozen=True, kw_only=True, slots=True)
class ProjectEnvironment(Model):
    """An environment of a project; of those that stand in a project only `id`, `name` and `slug` are known."""

    id: str
    name: str | None = None
    slug: str | None = None
    position: int | None = None
    project_id: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ProjectEnvironments(Model):
    """A project of which only the environments are looked at."""

    environments: tuple[ProjectEnvironment, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ProjectRole(Model):
    """A role that members of a project can have; `permissions`, where they are there, as the server writes them."""

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
    """A project. `environments` come with reading and creating, `roles` with a `list` that asks for them."""

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
    """The user whom a membership is about."""

    id: str
    username: str | None = None
    email: str | None = None
    is_email_verified: bool | None = None
    first_name: str | None = None
    last_name: str | None = None
    public_key: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class MembershipProject(Model):
    """The project that a membership is of."""

    id: str
    name: str | None = None
    type: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ProjectMembershipRole(Model):
    """A role that a member has in a project, for good or for a time."""

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
    """A user's place in a project. `project` comes where the memberships of one user are listed."""

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
    """A trusted address of a project, or a range of them."""

    id: str
    ip_address: str | None = None
    prefix: int | None = None
    type: str | None = None
    is_active: bool | None = None
    comment: str | None = None
    project_id: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


def environments_of(response: Response) -> Result[tuple[ProjectEnvironment, ...], DecodeError]:
    """Read a project, for its environments."""
    return one(ProjectEnvironments, at="workspace")(response).map(lambda project: project.environments)


class Projects(Group[R]):
    """Projects of an organization, and what belongs to one."""

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

        `project_name` has at most 64 characters, `project_description` 1024, `slug` 5 to 36, `template` (a slug) 64.
        The server's defaults: a `secret-manager` from the template `default`, with the default environments, not
        protected from deletion. The newest servers may no longer know the types `ssh` and `ai`.
        Expect `ValidationError`, `RateLimitError` (creating projects has a limit of its own), `ForbiddenError`,
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
        return http.post("/api/v1/projects", body=body, returns=one(Project, at="project"), access=PROJECTS)

    @endpoint
    @staticmethod
    def list(*, include_roles: bool | None = None, type: ProjectType | None = None) -> Request[tuple[Project, ...]]:
        """List projects, all of them: there are no pages.

        `include_roles` adds the roles of each project, by default they are left out; `type` asks for one type only.
        Expect `NotFoundError` (`route_missing` on servers of 2024).
        GET /api/v1/projects
        """
        query = {"includeRoles": include_roles, "type": type}
        return http.get("/api/v1/projects", query=query, returns=many(Project, at="projects"), access=PROJECTS)

    @endpoint
    @staticmethod
    def get(*, project_id: str) -> Request[Project]:
        """Read a project and its environments.

        Expect `NotFoundError` (`InternalServerError` on servers of 2024), `ForbiddenError`.
        GET /api/v1/workspace/{projectId}
        """
        returns = one(Project, at="workspace")
        return http.get(WORKSPACE, {"projectId": project_id}, returns=returns, access=BY_SERVICE_TOKENS_TOO)

    @endpoint
    @staticmethod
    def get_by_slug(*, slug: str) -> Request[Project]:
        """Find a project by its slug, in the organization that the credential belongs to.

        `slug` has 1 to 64 characters.
        Expect `NotFoundError` (`route_missing` on servers of 2024), `ForbiddenError`.
        GET /api/v1/projects/slug/{slug}
        """
        return http.get("/api/v1/projects/slug/{slug}", {"slug": slug}, returns=one(Project), access=PROJECTS)

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
        """Change the settings of a project; what is left out stays as it is.

        `name` and `slug` have at most 64 characters, `description` 256; a slug is made of lower-case letters and
        digits, with single `-` and `_` between them. The answer leaves the environments out.
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
        return http.patch(WORKSPACE, {"projectId": project_id}, body=body, returns=returns, access=PROJECTS)

    @endpoint
    @staticmethod
    def delete(*, project_id: str) -> Request[Project]:
        """Delete a project; the answer leaves the environments out.

        Expect `NotFoundError`, `ForbiddenError`.
        DELETE /api/v1/workspace/{projectId}
        """
        returns = one(Project, at="workspace")
        return http.delete(WORKSPACE, {"projectId": project_id}, returns=returns, access=PROJECTS)

    @endpoint
    @staticmethod
    def list_memberships(*, project_id: str) -> Request[tuple[ProjectMembership, ...]]:
        """List the users who are members of a project, and their roles; no pages.

        Expect `NotFoundError`, `ForbiddenError` (of a `cert-manager` project too, on newer servers).
        GET /api/v1/workspace/{projectId}/memberships
        """
        returns = many(ProjectMembership, at="memberships")
        return http.get(f"{WORKSPACE}/memberships", {"projectId": project_id}, returns=returns, access=PROJECTS)

    @endpoint
    @staticmethod
    def list_environments(*, project_id: str) -> Request[tuple[ProjectEnvironment, ...]]:
        """List the environments of a project: reads the project, for servers have no list of their own for them.

        Id, name and slug only. Errors as in `get`.
        GET /api/v1/workspace/{projectId}
        """
        return http.get(WORKSPACE, {"projectId": project_id}, returns=environments_of, access=BY_SERVICE_TOKENS_TOO)

    @endpoint
    @staticmethod
    def get_environment(*, project_id: str, env_id: str) -> Request[ProjectEnvironment]:
        """Read an environment, by its id; the server does not look at `project_id`.

        Expect `NotFoundError` (`route_missing` on servers of 2024), `ForbiddenError`.
        GET /api/v1/projects/{projectId}/environments/{envId}
        """
        path = "/api/v1/projects/{projectId}/environments/{envId}"
        parts = {"projectId": project_id, "envId": env_id}
        return http.get(path, parts, returns=one(ProjectEnvironment, at="environment"), access=PROJECTS)

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
        path = f"{WORKSPACE}/environments"
        body = {"name": name, "slug": slug, "position": position}
        returns = one(ProjectEnvironment, at="environment")
        return http.post(path, {"projectId": project_id}, body=body, returns=returns, access=PROJECTS)

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
        """Rename or move an environment, named by its id; what is left out stays as it is.

        Expect `ValidationError`, `NotFoundError`, `ForbiddenError`.
        PATCH /api/v1/workspace/{projectId}/environments/{environmentId}
        """
        parts = {"projectId": project_id, "environmentId": environment_id}
        body = {"name": name, "slug": slug, "position": position}
        returns = one(ProjectEnvironment, at="environment")
        return http.patch(ENVIRONMENT, parts, body=body, returns=returns, access=PROJECTS)

    @endpoint
    @staticmethod
    def delete_environment(*, project_id: str, environment_id: str) -> Request[ProjectEnvironment]:
        """Delete an environment, named by its id, for good.

        Expect `NotFoundError`, `ForbiddenError`.
        DELETE /api/v1/workspace/{projectId}/environments/{environmentId}
        """
        parts = {"projectId": project_id, "environmentId": environment_id}
        return http.delete(ENVIRONMENT, parts, returns=one(ProjectEnvironment, at="environment"), access=PROJECTS)

    @endpoint
    @staticmethod
    def list_roles(*, project_id: str) -> Request[tuple[ProjectRole, ...]]:
        """List the roles of a project, without their permissions.

        Expect `NotFoundError` (`route_missing` on servers of 2024), `ForbiddenError`.
        GET /api/v1/projects/{projectId}/roles
        """
        path = "/api/v1/projects/{projectId}/roles"
        return http.get(path, {"projectId": project_id}, returns=many(ProjectRole, at="roles"), access=PROJECTS)

    @endpoint
    @staticmethod
    def list_tags(*, project_id: str) -> Request[tuple[Tag, ...]]:
        """List the tags of a project.

        Expect `NotFoundError`, `ForbiddenError`.
        GET /api/v1/workspace/{projectId}/tags
        """
        returns = many(Tag, at="workspaceTags")
        return http.get(f"{WORKSPACE}/tags", {"projectId": project_id}, returns=returns, access=PROJECTS)

    @endpoint
    @staticmethod
    def list_trusted_ips(*, project_id: str) -> Request[tuple[ProjectTrustedIp, ...]]:
        """List the trusted addresses of a project; servers take a user's token only.

        Expect `NotFoundError` (`route_missing` on servers of 2024), `ForbiddenError`.
        GET /api/v1/projects/{projectId}/trusted-ips
        """
        returns = many(ProjectTrustedIp, at="trustedIps")
        return http.get(TRUSTED_IPS, {"projectId": project_id}, returns=returns, access=BY_PEOPLE)

    @endpoint
    @staticmethod
    def create_trusted_ip(
        *, project_id: str, ip_address: str, is_active: bool, comment: str | None = None
    ) -> Request[ProjectTrustedIp]:
        """Add a trusted address to a project; servers take a user's token only.

        Servers need `is_active`; the comment is by default empty.
        Expect `ValidationError`, `NotFoundError` (`route_missing` on servers of 2024), `ForbiddenError`.
        POST /api/v1/projects/{projectId}/trusted-ips
        """
        body = {"ipAddress": ip_address, "comment": comment, "isActive": is_active}
        returns = one(ProjectTrustedIp, at="trustedIp")
        return http.post(TRUSTED_IPS, {"projectId": project_id}, body=body, returns=returns, access=BY_PEOPLE)

    @endpoint
    @staticmethod
    def update_trusted_ip(
        *, project_id: str, trusted_ip_id: str, ip_address: str, comment: str | None = None
    ) -> Request[ProjectTrustedIp]:
        """Change a trusted address or its comment; servers take a user's token only.

        The address is needed even where it stays, and a comment that is left out becomes empty. Whether it is active
        cannot be changed here.
        Expect `ValidationError`, `NotFoundError` (`route_missing` on servers of 2024), `ForbiddenError`.
        PATCH /api/v1/projects/{projectId}/trusted-ips/{trustedIpId}
        """
        parts = {"projectId": project_id, "trustedIpId": trusted_ip_id}
        body = {"ipAddress": ip_address, "comment": comment}
        returns = one(ProjectTrustedIp, at="trustedIp")
        return http.patch(TRUSTED_IP, parts, body=body, returns=returns, access=BY_PEOPLE)

    @endpoint
    @staticmethod
    def delete_trusted_ip(*, project_id: str, trusted_ip_id: str) -> Request[ProjectTrustedIp]:
        """Remove a trusted address; servers take a user's token only.

        Expect `NotFoundError` (`route_missing` on servers of 2024), `ForbiddenError`.
        DELETE /api/v1/projects/{projectId}/trusted-ips/{trustedIpId}
        """
        parts = {"projectId": project_id, "trustedIpId": trusted_ip_id}
        return http.delete(TRUSTED_IP, parts, returns=one(ProjectTrustedIp, at="trustedIp"), access=BY_PEOPLE)
