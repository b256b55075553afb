"""Machine identities as members of a project (`/api/v1/projects/{projectId}/memberships/identities`).

Models first, then the endpoint functions. The machine identity itself is in identities.py.
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

ACCESS = Access("project_identities", documented=IDENTITIES_AND_USERS)
MEMBERSHIPS_PATH = "/api/v1/projects/{projectId}/memberships/identities"
MEMBERSHIP_PATH = "/api/v1/projects/{projectId}/memberships/identities/{identityId}"


@dataclass(frozen=True, kw_only=True, slots=True)
class RoleAssignment(Model):
    """A role to assign: permanent, or temporary with `is_temporary`, which requires the three fields after it.

    `temporary_mode` is `relative`, `temporary_range` a duration such as `1h`, `temporary_access_start_time` ISO 8601.
    """

    role: str
    is_temporary: bool | None = None
    temporary_mode: str | None = None
    temporary_range: str | None = None
    temporary_access_start_time: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ProjectIdentityMembership(Model):
    """An identity's membership in a project; `id` is the membership's. Writes return no `identity` and `roles`."""

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
    """One page of memberships; `total_count` counts the memberships of all pages."""

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
        """Add an identity to a project.

        The server reads `role` (deprecated, default `no-access`) only if `roles` is omitted.
        Expect `ValidationError`, `NotFoundError` (`route_missing` on servers of 2024), `ForbiddenError`.
        POST /api/v1/projects/{projectId}/memberships/identities/{identityId}
        """
        parts = {"projectId": project_id, "identityId": identity_id}
        body = {"role": role, "roles": roles}
        returns = one(ProjectIdentityMembership, at="identityMembership")
        return http.post(MEMBERSHIP_PATH, parts, body=body, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def update(
        *, project_id: str, identity_id: str, roles: Sequence[RoleAssignment]
    ) -> Request[ProjectIdentityMembership]:
        """Replace all roles of an identity in a project; pass at least one role.

        Expect `ValidationError`, `NotFoundError` (`route_missing` on servers of 2024), `ForbiddenError`.
        PATCH /api/v1/projects/{projectId}/memberships/identities/{identityId}
        """
        parts = {"projectId": project_id, "identityId": identity_id}
        returns = one(ProjectIdentityMembership, at="identityMembership")
        return http.patch(MEMBERSHIP_PATH, parts, body={"roles": roles}, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def delete(*, project_id: str, identity_id: str) -> Request[ProjectIdentityMembership]:
        """Remove an identity from a project; the identity itself remains.

        Expect `NotFoundError` (`route_missing` on servers of 2024), `ForbiddenError`.
        DELETE /api/v1/projects/{projectId}/memberships/identities/{identityId}
        """
        parts = {"projectId": project_id, "identityId": identity_id}
        returns = one(ProjectIdentityMembership, at="identityMembership")
        return http.delete(MEMBERSHIP_PATH, parts, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def get(*, project_id: str, identity_id: str) -> Request[ProjectIdentityMembership]:
        """Get an identity's membership in a project: its roles, metadata and last login.

        The machine identity is in `.identity`; `.id` is the id of the membership.
        Expect `NotFoundError` (`route_missing` on servers of 2024), `ForbiddenError`.
        GET /api/v1/projects/{projectId}/memberships/identities/{identityId}
        """
        parts = {"projectId": project_id, "identityId": identity_id}
        returns = one(ProjectIdentityMembership, at="identityMembership")
        return http.get(MEMBERSHIP_PATH, parts, returns=returns, access=ACCESS)

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
        """List the identities of a project, one page; `roles` filters by slugs of roles.

        `limit` is 1 to 1000; `offset` counts from 0. Pass both: do not rely on the server's defaults.
        Expect `NotFoundError` (`route_missing` on servers of 2024), `ForbiddenError`.
        GET /api/v1/projects/{projectId}/memberships/identities
        """
        query = {"offset": offset, "limit": limit, "identityName": identity_name, "roles": roles}
        returns = one(ProjectIdentityMembershipList)
        return http.get(MEMBERSHIPS_PATH, {"projectId": project_id}, query=query, returns=returns, access=ACCESS)
