"""Machine identities as members of a project (`/api/v1/projects/{projectId}/memberships/identities`).

Models first, then the endpoint functions. What an identity is, is said in identities.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from infisical import request as http
from infisical.access import IDENTITIES_AND_USERS, Access
from infisical.decode import one
from infisical.endpoints.identities import Identity
from infisical.endpoints.projects import ProjectMembershipRole
from infisical.group import Group, R, endpoint
from infisical.model import Model
from infisical.request import Request

PROJECT_IDENTITIES = Access("project_identities", documented=IDENTITIES_AND_USERS)
ALL = "/api/v1/projects/{projectId}/memberships/identities"
PATH = "/api/v1/projects/{projectId}/memberships/identities/{identityId}"


@dataclass(frozen=True, kw_only=True, slots=True)
class RoleAssignment(Model):
    """A role to give: for good, or for a time if `is_temporary`, and then all that follows it is needed.

    `temporary_mode` is `relative`, `temporary_range` a duration such as `1h`, `temporary_access_start_time` ISO 8601.
    """

    role: str
    is_temporary: bool | None = None
    temporary_mode: str | None = None
    temporary_range: str | None = None
    temporary_access_start_time: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ProjectIdentityMembership(Model):
    """An identity's place in a project: `id` is the membership's. Writing it answers without `identity` and `roles`."""

    id: str
    identity_id: str | None = None
    project_id: str | None = None
    identity: Identity | None = None
    role: str | None = None
    role_id: str | None = None
    roles: tuple[ProjectMembershipRole, ...] = ()
    last_login_auth_method: str | None = None
    last_login_time: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ProjectIdentityMembershipList(Model):
    """One page of memberships; `total_count` counts those of all pages."""

    identity_memberships: tuple[ProjectIdentityMembership, ...]
    total_count: int | None = None


class ProjectIdentities(Group[R]):
    """The machine identities of a project, and their roles in it. Servers of 2024 have none of these routes."""

    @endpoint
    @staticmethod
    def create(
        *,
        project_id: str,
        identity_id: str,
        role: str | None = None,
        roles: Sequence[RoleAssignment] | None = None,
    ) -> Request[ProjectIdentityMembership]:
        """Make an identity a member of a project.

        `role` (deprecated, by default `no-access`) is looked at only where there are no `roles`.
        Expect `ValidationError`, `NotFoundError` (`route_missing` on servers of 2024), `ForbiddenError`.
        POST /api/v1/projects/{projectId}/memberships/identities/{identityId}
        """
        parts = {"projectId": project_id, "identityId": identity_id}
        body = {"role": role, "roles": roles}
        returns = one(ProjectIdentityMembership, at="identityMembership")
        return http.post(PATH, parts, body=body, returns=returns, access=PROJECT_IDENTITIES)

    @endpoint
    @staticmethod
    def update(
        *, project_id: str, identity_id: str, roles: Sequence[RoleAssignment]
    ) -> Request[ProjectIdentityMembership]:
        """Give an identity other roles in a project: at least one, and they replace all that it has.

        Expect `ValidationError`, `NotFoundError` (`route_missing` on servers of 2024), `ForbiddenError`.
        PATCH /api/v1/projects/{projectId}/memberships/identities/{identityId}
        """
        parts = {"projectId": project_id, "identityId": identity_id}
        returns = one(ProjectIdentityMembership, at="identityMembership")
        return http.patch(PATH, parts, body={"roles": roles}, returns=returns, access=PROJECT_IDENTITIES)

    @endpoint
    @staticmethod
    def delete(*, project_id: str, identity_id: str) -> Request[ProjectIdentityMembership]:
        """Take an identity out of a project; the identity stays.

        Expect `NotFoundError` (`route_missing` on servers of 2024), `ForbiddenError`.
        DELETE /api/v1/projects/{projectId}/memberships/identities/{identityId}
        """
        parts = {"projectId": project_id, "identityId": identity_id}
        returns = one(ProjectIdentityMembership, at="identityMembership")
        return http.delete(PATH, parts, returns=returns, access=PROJECT_IDENTITIES)

    @endpoint
    @staticmethod
    def get(*, project_id: str, identity_id: str) -> Request[ProjectIdentityMembership]:
        """Read an identity as a member of a project: its roles, its metadata and its last login.

        The identity's id is that of `.identity`; `.id` is the membership's.
        Expect `NotFoundError` (`route_missing` on servers of 2024), `ForbiddenError`.
        GET /api/v1/projects/{projectId}/memberships/identities/{identityId}
        """
        parts = {"projectId": project_id, "identityId": identity_id}
        returns = one(ProjectIdentityMembership, at="identityMembership")
        return http.get(PATH, parts, returns=returns, access=PROJECT_IDENTITIES)

    @endpoint
    @staticmethod
    def list(
        *,
        project_id: str,
        offset: int | None = None,
        limit: int | None = None,
        identity_name: str | None = None,
        roles: Sequence[str] | None = None,
    ) -> Request[ProjectIdentityMembershipList]:
        """List the identities that are members of a project, one page; `roles` are slugs of roles to look for.

        `limit` is 1 to 1000, `offset` counts from 0; give both, and do not count on the server's defaults.
        Expect `NotFoundError` (`route_missing` on servers of 2024), `ForbiddenError`.
        GET /api/v1/projects/{projectId}/memberships/identities
        """
        query = {"offset": offset, "limit": limit, "identityName": identity_name, "roles": roles}
        returns = one(ProjectIdentityMembershipList)
        return http.get(ALL, {"projectId": project_id}, query=query, returns=returns, access=PROJECT_IDENTITIES)
