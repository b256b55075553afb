"""Machine identities as members of an organization (`/api/v2/organizations/{orgId}/identity-memberships`).

The model of a membership is in identities.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from infisical import request as http
from infisical.access import Access
from infisical.decode import one
from infisical.endpoints.identities import IdentityMembership
from infisical.group import Group, R, endpoint
from infisical.model import Model
from infisical.request import Request

ACCESS = Access("organization_identities")


@dataclass(frozen=True, kw_only=True, slots=True)
class OrganizationIdentityList(Model):
    """One page of memberships; `total_count` counts the memberships of all pages."""

    identity_memberships: tuple[IdentityMembership, ...]
    total_count: int | None = None


class OrganizationIdentities(Group[R]):
    """The machine identities of an organization, and their roles in it."""

    @endpoint
    @staticmethod
    def list(
        *,
        org_id: str,
        offset: int | None = None,
        limit: int | None = None,
        order_by: Literal["name", "role"] | str | None = None,
        order_direction: Literal["asc", "desc"] | str | None = None,
        search: str | None = None,
    ) -> Request[OrganizationIdentityList]:
        """List the identities of an organization; returns one page.

        `limit` is 1 to 20000 (default 100); `offset` defaults to 0. The default order is by name, ascending.
        Expect `NotFoundError`, `ForbiddenError`.
        GET /api/v2/organizations/{orgId}/identity-memberships
        """
        query = {
            "offset": offset,
            "limit": limit,
            "orderBy": order_by,
            "orderDirection": order_direction,
            "search": search,
        }
        path = "/api/v2/organizations/{orgId}/identity-memberships"
        returns = one(OrganizationIdentityList)
        return http.get(path, {"orgId": org_id}, query=query, returns=returns, access=ACCESS)
