"""Access of organization admins to projects that they are not members of (`/api/v1/organization-admin`).

Models first, then the endpoint functions.
"""

from __future__ import annotations

from dataclasses import dataclass

from infisical import request as http
from infisical.access import IDENTITIES_AND_USERS, Access
from infisical.decode import one
from infisical.endpoints.projects import Project, ProjectMembership
from infisical.group import Group, R, endpoint
from infisical.model import Model
from infisical.request import Request

ACCESS = Access("org_admin")
LIST_ACCESS = Access("org_admin", server=IDENTITIES_AND_USERS)


@dataclass(frozen=True, kw_only=True, slots=True)
class OrgAdminProjectList(Model):
    """One page of projects; `count` counts the projects of all pages."""

    projects: tuple[Project, ...]
    count: int | None = None


class OrgAdmin(Group[R]):
    """All projects of the organization, for its admins."""

    @endpoint
    @staticmethod
    def list_projects(
        *, search: str | None = None, offset: int | None = None, limit: int | None = None
    ) -> Request[OrgAdminProjectList]:
        """List the projects of the token's organization; returns one page.

        `limit` is at most 100 (default 50); `offset` defaults to 0.
        Expect `ForbiddenError`.
        GET /api/v1/organization-admin/projects
        """
        query = {"search": search, "offset": offset, "limit": limit}
        return http.get(
            "/api/v1/organization-admin/projects", query=query, returns=one(OrgAdminProjectList), access=LIST_ACCESS
        )

    @endpoint
    @staticmethod
    def grant_project_access(*, project_id: str) -> Request[ProjectMembership]:
        """Make the caller an admin of a project.

        Expect `NotFoundError`, `ForbiddenError`, `RateLimitError` (2 per 40 s).
        POST /api/v1/organization-admin/projects/{projectId}/grant-admin-access
        """
        path = "/api/v1/organization-admin/projects/{projectId}/grant-admin-access"
        returns = one(ProjectMembership, at="membership")
        return http.post(path, {"projectId": project_id}, returns=returns, access=ACCESS)
