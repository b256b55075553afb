"""Permissions: the actions that roles of a project allow with its secrets. access.py refuses callers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from infisical.memory import access, tables
from infisical.memory.call import Call, parse_time
from infisical.memory.state import Name, Row

READ_ACTIONS: Final = ("describeSecret", "readValue")
ACTIONS: Final = (*READ_ACTIONS, "delete", "create", "edit")


def list_actions(call: Call, roles: Iterable[Row]) -> list[str]:
    """Return the actions that roles allow with secrets; an expired temporary role allows none."""
    slugs = {
        role["role"]
        for role in roles
        if not (role.get("temporaryAccessEndTime") and call.now > parse_time(role["temporaryAccessEndTime"]))
    }
    if slugs & {"admin", "member"}:
        return list(ACTIONS)
    return list(READ_ACTIONS) if "viewer" in slugs else []


def list_access(call: Call, project_id: str, *, include_all: bool) -> dict[str, Any]:
    """Return the users and machine identities of a project with their allowed actions.

    `include_all` includes members without any. A server in memory has no groups.
    """
    access.get_project(call, project_id)
    users = _list_members(call, tables.project_users(project_id), tables.USERS, "userId", "username")
    identities = _list_members(call, tables.project_identities(project_id), tables.IDENTITIES, "identityId", "name")
    return {
        "groups": [],
        "identities": [member for member in identities if include_all or member["allowedActions"]],
        "users": [member for member in users if include_all or member["allowedActions"]],
    }


def _list_members(call: Call, members: Name, table: Name, column: str, name: str) -> list[dict[str, Any]]:
    who = call.draft.rows(table)
    return [
        {
            "allowedActions": list_actions(call, member["roles"]),
            "id": member[column],
            "name": who[member[column]][name],
            "membershipId": member["id"],
        }
        for member in call.draft.rows(members).values()
        if member[column] in who
    ]
