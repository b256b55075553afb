"""Identities as members of their organization: how a membership is answered, and pages of memberships."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from infisical.memory import tables
from infisical.memory.call import Call, pick
from infisical.memory.identities import store as identities
from infisical.memory.state import Row
from infisical.memory.validation import choice

ORDER_FIELDS: Final = {
    "orderBy": choice("name", "role").optional("name"),
    "orderDirection": choice("asc", "desc").optional("asc"),
}
MEMBERSHIP_COLUMNS: Final = ("id", "role", "roleId", "orgId", "createdAt", "updatedAt", "identityId")


def show_membership(
    call: Call, member: Row, *identity_columns: str, metadata: bool = False, **more: Any
) -> dict[str, Any]:
    """Return an identity as a member of its organization; `identity_columns` are those of the identity itself."""
    row = call.draft.rows(tables.IDENTITIES)[member["identityId"]]
    login = {"lastLoginAuthMethod": None, "lastLoginTime": None, **pick(member, "lastLoginAuthMethod", "lastLoginTime")}
    return {
        **pick(member, *MEMBERSHIP_COLUMNS),
        **({} if call.is_2024 else login),
        **({"metadata": row["metadata"]} if metadata else {}),
        "identity": {
            **pick(row, *(("name", "id") if call.is_2024 else identity_columns)),
            **identities.show_methods(call, row["id"]),
            **({} if call.is_2024 else more),
        },
    }


def page_memberships(
    call: Call, organization_id: str, query: Mapping[str, Any], is_match: Callable[[str, str], bool]
) -> tuple[list[Row], int]:
    """Return a page of the memberships whose name and role match, and the number of all matches."""
    names = {row["id"]: str(row["name"]) for row in call.draft.where(tables.IDENTITIES, orgId=organization_id)}
    members = [
        member
        for member in call.draft.where(tables.IDENTITY_MEMBERS, orgId=organization_id)
        if is_match(names[member["identityId"]], str(member["role"]))
    ]
    members.sort(
        key=lambda member: names[member["identityId"]].lower() if query["orderBy"] == "name" else str(member["role"]),
        reverse=query["orderDirection"] == "desc",
    )
    start = int(min(max(0, query["offset"]), len(members)))  # a search may contain any number, even 1e400
    return members[start : start + int(max(0, query["limit"]))], len(members)
