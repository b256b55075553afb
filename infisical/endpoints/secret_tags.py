"""Tags of a project, to be put on secrets (`/api/v1/projects/{projectId}/tags`).

Models first, then the endpoint functions. Servers of 2024 do not have these routes: `NotFoundError` (`route_missing`).
"""

from __future__ import annotations

from dataclasses import dataclass

from infisical import request as http
from infisical.access import Access
from infisical.decode import many, one
from infisical.group import Group, R, endpoint
from infisical.model import Model
from infisical.request import Request

TAGS_ACCESS = Access("secret_tags")
TAGS = "/api/v1/projects/{projectId}/tags"
TAG = "/api/v1/projects/{projectId}/tags/{tagId}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Tag(Model):
    """A tag. Its `name` comes with `get_by_id` and `get_by_slug` only."""

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
        """List the tags of a project: all of them, there are no pages.

        Expect `NotFoundError`, `ForbiddenError`.
        GET /api/v1/projects/{projectId}/tags
        """
        return http.get(TAGS, {"projectId": project_id}, returns=many(Tag, at="tags"), access=TAGS_ACCESS)

    @endpoint
    @staticmethod
    def get_by_id(*, project_id: str, tag_id: str) -> Request[Tag]:
        """Read a tag by its id.

        Expect `NotFoundError`, `ForbiddenError`.
        GET /api/v1/projects/{projectId}/tags/{tagId}
        """
        return http.get(TAG, {"projectId": project_id, "tagId": tag_id}, returns=one(Tag, at="tag"), access=TAGS_ACCESS)

    @endpoint
    @staticmethod
    def get_by_slug(*, project_id: str, tag_slug: str) -> Request[Tag]:
        """Read a tag by its slug.

        Expect `NotFoundError`, `ForbiddenError`.
        GET /api/v1/projects/{projectId}/tags/slug/{tagSlug}
        """
        parts = {"projectId": project_id, "tagSlug": tag_slug}
        return http.get(f"{TAGS}/slug/{{tagSlug}}", parts, returns=one(Tag, at="tag"), access=TAGS_ACCESS)

    @endpoint
    @staticmethod
    def create(*, project_id: str, slug: str, color: str) -> Request[Tag]:
        """Create a tag.

        `slug` has 1 to 64 characters, and is made lower case. `color` must be given, and may be "".
        Expect `ValidationError`, `ForbiddenError`.
        POST /api/v1/projects/{projectId}/tags
        """
        body = {"slug": slug, "color": color}
        return http.post(TAGS, {"projectId": project_id}, body=body, returns=one(Tag, at="tag"), access=TAGS_ACCESS)

    @endpoint
    @staticmethod
    def update(*, project_id: str, tag_id: str, slug: str, color: str) -> Request[Tag]:
        """Change a tag; slug and color are both needed, even where one stays.

        `slug` has 1 to 64 characters.
        Expect `ValidationError`, `NotFoundError`, `ForbiddenError`.
        PATCH /api/v1/projects/{projectId}/tags/{tagId}
        """
        parts = {"projectId": project_id, "tagId": tag_id}
        body = {"slug": slug, "color": color}
        return http.patch(TAG, parts, body=body, returns=one(Tag, at="tag"), access=TAGS_ACCESS)

    @endpoint
    @staticmethod
    def delete(*, project_id: str, tag_id: str) -> Request[Tag]:
        """Delete a tag.

        Expect `NotFoundError`, `ForbiddenError`.
        DELETE /api/v1/projects/{projectId}/tags/{tagId}
        """
        return http.delete(
            TAG, {"projectId": project_id, "tagId": tag_id}, returns=one(Tag, at="tag"), access=TAGS_ACCESS
        )
