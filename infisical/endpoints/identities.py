"""Machine identities of an organization (`/api/v1/identities`).

Models first, then the endpoint functions. identity_auth/ sets how an identity logs in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from infisical import request as http
from infisical.access import Access
from infisical.decode import many, one
from infisical.endpoints.organizations import MembershipMetadata
from infisical.endpoints.projects import MembershipProject, ProjectMembershipRole
from infisical.group import Group, R, endpoint
from infisical.model import Model
from infisical.request import Request

ACCESS = Access("identities")
PATH = "/api/v1/identities/{identityId}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity(Model):
    """A machine identity. Current servers fill `auth_methods`, servers of 2024 a single `auth_method`."""

    id: str
    name: str | None = None
    org_id: str | None = None
    project_id: str | None = None
    auth_method: str | None = None
    auth_methods: tuple[str, ...] = ()
    active_lockout_auth_methods: tuple[str, ...] = ()
    has_delete_protection: bool | None = None
    metadata: tuple[MembershipMetadata, ...] = ()
    created_at: str | None = None
    updated_at: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class IdentityCustomRole(Model):
    """The custom organization role of an identity; `permissions` has the form that the server uses."""

    id: str
    name: str | None = None
    slug: str | None = None
    description: str | None = None
    permissions: Any = field(default=None, hash=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class IdentityMembership(Model):
    """An identity's membership in its organization. `id` is the membership's; `identity` is the machine identity."""

    id: str
    identity: Identity
    identity_id: str | None = None
    org_id: str | None = None
    role: str | None = None
    role_id: str | None = None
    custom_role: IdentityCustomRole | None = None
    metadata: tuple[MembershipMetadata, ...] = ()
    last_login_auth_method: str | None = None
    last_login_time: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class IdentityMembershipList(Model):
    """One page of search results; `total_count` counts the results of all pages."""

    identities: tuple[IdentityMembership, ...]
    total_count: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class IdentityProjectMembership(Model):
    """An identity's membership in a project."""

    id: str
    identity_id: str | None = None
    identity: Identity | None = None
    project: MembershipProject | None = None
    roles: tuple[ProjectMembershipRole, ...] = ()
    created_at: str | None = None
    updated_at: str | None = None


class Identities(Group[R]):
    """Machine identities of an organization, and their project memberships."""

    @endpoint
    @staticmethod
    def create(
        *,
        name: str,
        organization_id: str,
        role: str | None = None,
        has_delete_protection: bool | None = None,
        metadata: Sequence[MembershipMetadata] | None = None,
    ) -> Request[Identity]:
        """Create an identity; it cannot log in until an auth method is attached.

        `role` is the slug of an organization role: `no-access` (the default), `member`, `admin` or a custom role. Omit
        `id` in `metadata`. Servers of 2024 ignore `has_delete_protection`.
        Expect `NotFoundError` (no such role), `BadRequestError`, `ForbiddenError`.
        POST /api/v1/identities
        """
        body = {
            "name": name,
            "organizationId": organization_id,
            "role": role,
            "hasDeleteProtection": has_delete_protection,
            "metadata": metadata,
        }
        return http.post("/api/v1/identities", body=body, returns=one(Identity, at="identity"), access=ACCESS)

    @endpoint
    @staticmethod
    def update(
        *,
        identity_id: str,
        name: str | None = None,
        role: str | None = None,
        has_delete_protection: bool | None = None,
        metadata: Sequence[MembershipMetadata] | None = None,
    ) -> Request[Identity]:
        """Change an identity; omitted parameters keep their value.

        `metadata` replaces all existing metadata: an empty list removes it.
        Expect `NotFoundError`, `ForbiddenError`.
        PATCH /api/v1/identities/{identityId}
        """
        body = {"name": name, "role": role, "hasDeleteProtection": has_delete_protection, "metadata": metadata}
        returns = one(Identity, at="identity")
        return http.patch(PATH, {"identityId": identity_id}, body=body, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def delete(*, identity_id: str) -> Request[Identity]:
        """Delete an identity, its auth methods and its tokens.

        Expect `NotFoundError`, `BadRequestError` (the identity has delete protection), `ForbiddenError`.
        DELETE /api/v1/identities/{identityId}
        """
        returns = one(Identity, at="identity")
        return http.delete(PATH, {"identityId": identity_id}, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def get(*, identity_id: str) -> Request[IdentityMembership]:
        """Get an identity's membership in its organization, with its role and metadata.

        The machine identity is in `.identity`; `.id` is the id of the membership.
        Expect `NotFoundError`, `ForbiddenError`.
        GET /api/v1/identities/{identityId}
        """
        returns = one(IdentityMembership, at="identity")
        return http.get(PATH, {"identityId": identity_id}, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def list_project_memberships(*, identity_id: str) -> Request[tuple[IdentityProjectMembership, ...]]:
        """List the projects of an identity, with its roles in each.

        Expect `NotFoundError`, `ForbiddenError`.
        GET /api/v1/identities/{identityId}/identity-memberships
        """
        path = f"{PATH}/identity-memberships"
        returns = many(IdentityProjectMembership, at="identityMemberships")
        return http.get(path, {"identityId": identity_id}, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def search(
        *,
        search: Mapping[str, Any],
        offset: int | None = None,
        limit: int | None = None,
        order_by: Literal["name", "role"] | str | None = None,
        order_direction: Literal["asc", "desc"] | str | None = None,
    ) -> Request[IdentityMembershipList]:
        """Search the identities of the credential's organization; returns one page.

        `search` is `{}` for all identities, `{"name": {"$contains": "ci"}}`, `{"role": "member"}`, or `{"$or": [...]}`
        of these. A plain text means equality. `name` accepts `$eq`, `$contains` and `$in` (a list); `role` accepts
        `$eq` and `$in`. Texts have at most 255 characters: letters, digits, spaces, `_`, `-` and `/`.
        `limit` is at most 100 (default 50); `offset` defaults to 0. The default order is by name, ascending.
        Expect `ValidationError`, `ForbiddenError`, `NotFoundError` (`route_missing` on servers of 2024).
        POST /api/v1/identities/search
        """
        body = {
            "search": search,
            "offset": offset,
            "limit": limit,
            "orderBy": order_by,
            "orderDirection": order_direction,
        }
        returns = one(IdentityMembershipList)
        return http.post("/api/v1/identities/search", body=body, returns=returns, access=ACCESS, idempotent=True)
