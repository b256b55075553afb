"""Organizations, their members and their projects (`/api/v2/organizations`).

Models first, then the endpoint functions. The model of a project membership is in projects.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from infisical import request as http
from infisical.access import USERS, Access
from infisical.decode import many, one
from infisical.endpoints.projects import MembershipUser, ProjectMembership
from infisical.group import Group, R, endpoint
from infisical.model import Model
from infisical.request import Request

ACCESS = Access("organizations")
USER_ACCESS = Access("organizations", server=USERS)
ORGANIZATION_PATH = "/api/v2/organizations/{orgId}"
MEMBERSHIPS_PATH = "/api/v2/organizations/{orgId}/memberships"
MEMBERSHIP_PATH = "/api/v2/organizations/{orgId}/memberships/{membershipId}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Organization(Model):
    """An organization. Only `list` fills the `user_...` fields and `secret_share_brand_config` (free-form)."""

    id: str
    name: str | None = None
    slug: str | None = None
    customer_id: str | None = None
    root_org_id: str | None = None
    parent_org_id: str | None = None
    auth_enforced: bool | None = None
    google_sso_auth_enforced: bool | None = None
    bypass_org_auth_enabled: bool | None = None
    org_auth_method: str | None = None
    scim_enabled: bool | None = None
    enforce_mfa: bool | None = None
    selected_mfa_method: str | None = None
    user_role: str | None = None
    user_joined_at: str | None = None
    user_token_expiration: str | None = None
    default_membership_role: str | None = None
    kms_default_key_id: str | None = None
    allow_secret_sharing_outside_organization: bool | None = None
    max_shared_secret_lifetime: int | None = None
    max_shared_secret_view_limit: int | None = None
    secret_share_brand_config: Any = field(default=None, hash=False)
    should_use_new_privilege_system: bool | None = None
    privilege_upgrade_initiated_by_username: str | None = None
    privilege_upgrade_initiated_at: str | None = None
    secrets_product_enabled: bool | None = None
    pki_product_enabled: bool | None = None
    kms_product_enabled: bool | None = None
    ssh_product_enabled: bool | None = None
    scanner_product_enabled: bool | None = None
    share_secrets_product_enabled: bool | None = None
    block_duplicate_secret_sync_destinations: bool | None = None
    created_at: str | None = None
    updated_at: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class DeletedOrganization(Model):
    """The deleted organization, and a new token for the user."""

    organization: Organization
    access_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class MembershipMetadata(Model):
    """One metadata pair of a user or machine identity. The server sets `id`: omit it in requests."""

    key: str
    value: str
    id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class OrganizationMembership(Model):
    """A user's membership in an organization; `id` is the membership's.

    Reads fill `user`; `get_membership` also fills `metadata`.
    """

    id: str
    org_id: str | None = None
    user_id: str | None = None
    user: MembershipUser | None = None
    role: str | None = None
    role_id: str | None = None
    custom_role_slug: str | None = None
    status: str | None = None
    is_active: bool | None = None
    invite_email: str | None = None
    project_favorites: tuple[str, ...] = ()
    metadata: tuple[MembershipMetadata, ...] = ()
    created_at: str | None = None
    updated_at: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class OrganizationProjectEnvironment(Model):
    """An environment of a project, without its id."""

    slug: str
    name: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class OrganizationProject(Model):
    """A project of an organization; `organization` is the organization's id."""

    id: str
    name: str | None = None
    slug: str | None = None
    organization: str | None = None
    environments: tuple[OrganizationProjectEnvironment, ...] = ()


class Organizations(Group[R]):
    """Organizations, their members and their projects.

    Most calls are for users. Servers refuse machine identities, or do nothing and return an empty response.
    """

    @endpoint
    @staticmethod
    def list() -> Request[tuple[Organization, ...]]:
        """List the organizations of the user; servers accept users' tokens only.

        The token need not belong to an organization.
        Expect `ForbiddenError` (a machine identity).
        GET /api/v1/organization
        """
        return http.get("/api/v1/organization", returns=many(Organization, at="organizations"), access=USER_ACCESS)

    @endpoint
    @staticmethod
    def list_memberships(*, org_id: str) -> Request[tuple[OrganizationMembership, ...]]:
        """List every user of an organization, without paging.

        Servers before 2026 send a machine identity an empty response: a `DecodeError`.
        Expect `NotFoundError`, `ForbiddenError`.
        GET /api/v2/organizations/{orgId}/memberships
        """
        returns = many(OrganizationMembership, at="users")
        return http.get(MEMBERSHIPS_PATH, {"orgId": org_id}, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def list_projects(*, org_id: str) -> Request[tuple[OrganizationProject, ...]]:
        """List the projects of an organization; their environments have no ids here.

        Expect `NotFoundError`, `ForbiddenError`.
        GET /api/v2/organizations/{orgId}/workspaces
        """
        returns = many(OrganizationProject, at="workspaces")
        return http.get(f"{ORGANIZATION_PATH}/workspaces", {"orgId": org_id}, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def get_membership(*, org_id: str, membership_id: str) -> Request[OrganizationMembership]:
        """Get a user's membership with its metadata.

        Expect `NotFoundError`, `ForbiddenError`.
        GET /api/v2/organizations/{orgId}/memberships/{membershipId}
        """
        parts = {"orgId": org_id, "membershipId": membership_id}
        return http.get(MEMBERSHIP_PATH, parts, returns=one(OrganizationMembership, at="membership"), access=ACCESS)

    @endpoint
    @staticmethod
    def update_membership(
        *,
        org_id: str,
        membership_id: str,
        role: str | None = None,
        is_active: bool | None = None,
        metadata: Sequence[MembershipMetadata] | None = None,
    ) -> Request[OrganizationMembership]:
        """Change a member's role or metadata, or deactivate the membership; omitted parameters keep their value.

        Keys and values of metadata must not be empty. A machine identity gets an empty response: a `DecodeError`.
        Expect `ValidationError`, `NotFoundError`, `ForbiddenError`.
        PATCH /api/v2/organizations/{orgId}/memberships/{membershipId}
        """
        parts = {"orgId": org_id, "membershipId": membership_id}
        body = {"role": role, "isActive": is_active, "metadata": metadata}
        returns = one(OrganizationMembership, at="membership")
        return http.patch(MEMBERSHIP_PATH, parts, body=body, returns=returns, access=USER_ACCESS)

    @endpoint
    @staticmethod
    def delete_membership(*, org_id: str, membership_id: str) -> Request[OrganizationMembership]:
        """Remove a user from an organization.

        Servers before 2026 send a machine identity an empty response: a `DecodeError`.
        Expect `NotFoundError`, `ForbiddenError`.
        DELETE /api/v2/organizations/{orgId}/memberships/{membershipId}
        """
        parts = {"orgId": org_id, "membershipId": membership_id}
        return http.delete(
            MEMBERSHIP_PATH, parts, returns=one(OrganizationMembership, at="membership"), access=USER_ACCESS
        )

    @endpoint
    @staticmethod
    def bulk_delete_memberships(
        *, org_id: str, membership_ids: Sequence[str]
    ) -> Request[tuple[OrganizationMembership, ...]]:
        """Remove several users from an organization.

        The request is a DELETE with a JSON body. A machine identity gets an empty response: a `DecodeError`.
        Expect `NotFoundError` (`route_missing` on servers of 2024), `ForbiddenError`.
        DELETE /api/v2/organizations/{orgId}/memberships
        """
        body = {"membershipIds": membership_ids}
        returns = many(OrganizationMembership, at="memberships")
        return http.delete(MEMBERSHIPS_PATH, {"orgId": org_id}, body=body, returns=returns, access=USER_ACCESS)

    @endpoint
    @staticmethod
    def list_project_memberships_by_org_membership(
        *, org_id: str, membership_id: str
    ) -> Request[tuple[ProjectMembership, ...]]:
        """List the project memberships of a member of an organization, with the roles in each project.

        Expect `NotFoundError`, `ForbiddenError`.
        GET /api/v2/organizations/{orgId}/memberships/{membershipId}/project-memberships
        """
        parts = {"orgId": org_id, "membershipId": membership_id}
        returns = many(ProjectMembership, at="memberships")
        return http.get(f"{MEMBERSHIP_PATH}/project-memberships", parts, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def create(*, name: str) -> Request[Organization]:
        """Create an organization; the user's token need not belong to an organization.

        `name` has 1 to 64 characters: letters, digits, `-`, `_` and spaces.
        Expect `ValidationError`, `ForbiddenError` (a machine identity).
        POST /api/v2/organizations
        """
        returns = one(Organization, at="organization")
        return http.post("/api/v2/organizations", body={"name": name}, returns=returns, access=USER_ACCESS)

    @endpoint
    @staticmethod
    def delete(*, org_id: str) -> Request[DeletedOrganization]:
        """Delete an organization.

        The response has a new token for the user. The client does not use it: pass it to `client.set_jwt`.
        Expect `NotFoundError`, `ForbiddenError` (a machine identity).
        DELETE /api/v2/organizations/{orgId}
        """
        return http.delete(ORGANIZATION_PATH, {"orgId": org_id}, returns=one(DeletedOrganization), access=USER_ACCESS)

    @endpoint
    @staticmethod
    def upgrade_privilege_system() -> Request[Organization]:
        """Upgrade the organization of the user's token to the new privilege system.

        Expect `ForbiddenError` (a machine identity), `NotFoundError` (`route_missing` on servers of 2024).
        POST /api/v2/organizations/privilege-system-upgrade
        """
        path = "/api/v2/organizations/privilege-system-upgrade"
        return http.post(path, returns=one(Organization, at="organization"), access=USER_ACCESS)
