"""Tags of a project, attached to secrets (`/api/v1/projects/{projectId}/tags`).

Models first, then the endpoint functions. Servers of 2024 have none of these routes: expect `NotFoundError`
(`route_missing`).
"""

from __future__ import annotations

from dataclasses import dataclass

from infisical import request as http
from infisical.access import Access
from infisical.decode import many, one
from infisical.group import Group, R, endpoint
from infisical.model import Model
from infisical.request import Request

TAG_ACCESS = Access("secret_tags")
TAGS_PATH = "/api/v1/projects/{projectId}/tags"
TAG_PATH = "/api/v1/projects/{projectId}/tags/{tagId}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Tag(Model):
    """A tag. Only `get_by_id` and `get_by_slug` of this group fill `name`."""

    id: str
    slug: str | None = None
    name: str | None = None
    color: str | None = None
    project_id: str | None = None
    created_by: str | None = None
    created_by_actor_type: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


class SecretTags(Group[R]):
    """The tags of a project."""

    @endpoint
    @staticmethod
    def list(*, project_id: str) -> Request[tuple[Tag, ...]]:
        """List every tag of a project, without paging.

        Expect `NotFoundError`, `ForbiddenError`.
        GET /api/v1/projects/{projectId}/tags
        """
        return http.get(TAGS_PATH, {"projectId": project_id}, returns=many(Tag, at="tags"), access=TAG_ACCESS)

    @endpoint
    @staticmethod
    def get_by_id(*, project_id: str, tag_id: str) -> Request[Tag]:
        """Get a tag by its id.

        Expect `NotFoundError`, `ForbiddenError`.
        GET /api/v1/projects/{projectId}/tags/{tagId}
        """
        parts = {"projectId": project_id, "tagId": tag_id}
        return http.get(TAG_PATH, parts, returns=one(Tag, at="tag"), access=TAG_ACCESS)

    @endpoint
    @staticmethod
    def get_by_slug(*, project_id: str, tag_slug: str) -> Request[Tag]:
        """Get a tag by its slug.

        Expect `NotFoundError`, `ForbiddenError`.
        GET /api/v1/projects/{projectId}/tags/slug/{tagSlug}
        """
        parts = {"projectId": project_id, "tagSlug": tag_slug}
        return http.get(f"{TAGS_PATH}/slug/{{tagSlug}}", parts, returns=one(Tag, at="tag"), access=TAG_ACCESS)

    @endpoint
    @staticmethod
    def create(*, project_id: str, slug: str, color: str) -> Request[Tag]:
        """Create a tag.

        `slug` has 1 to 64 characters; the server turns it into lower case. `color` is required and may be empty.
        Expect `ValidationError`, `ForbiddenError`.
        POST /api/v1/projects/{projectId}/tags
        """
        body = {"slug": slug, "color": color}
        return http.post(TAGS_PATH, {"projectId": project_id}, body=body, returns=one(Tag, at="tag"), access=TAG_ACCESS)

    @endpoint
    @staticmethod
    def update(*, project_id: str, tag_id: str, slug: str, color: str) -> Request[Tag]:
        """Change a tag; both `slug` and `color` are required, even if one stays the same.

        `slug` has 1 to 64 characters.
        Expect `ValidationError`, `NotFoundError`, `ForbiddenError`.
        PATCH /api/v1/projects/{projectId}/tags/{tagId}
        """
        parts = {"projectId": project_id, "tagId": tag_id}
        body = {"slug": slug, "color": color}
        return http.patch(TAG_PATH, parts, body=body, returns=one(Tag, at="tag"), access=TAG_ACCESS)

    @endpoint
    @staticmethod
    def delete(*, project_id: str, tag_id: str) -> Request[Tag]:
        """Delete a tag.

        Expect `NotFoundError`, `ForbiddenError`.
        DELETE /api/v1/projects/{projectId}/tags/{tagId}
        """
        parts = {"projectId": project_id, "tagId": tag_id}
        return http.delete(TAG_PATH, parts, returns=one(Tag, at="tag"), access=TAG_ACCESS)
