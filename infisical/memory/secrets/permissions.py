"""Secret access: who may do what with a secret, by their roles in its project. Refusing a caller is access.py's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from infisical.memory import access, tables
from infisical.memory.call import Call, parse_time
from infisical.memory.state import Name, Row

READING: Final = ("describeSecret", "readValue")
ACTIONS: Final = (*READING, "delete", "create", "edit")


def allowed(call: Call, roles: Iterable[Row]) -> list[str]:
    """Return what roles allow with secrets; what was given for a time and is over allows nothing."""
    held = {
        role["role"]
        for role in roles
        if not (role.get("temporaryAccessEndTime") and call.now > parse_time(role["temporaryAccessEndTime"]))
    }
    if held & {"admin", "member"}:
        return list(ACTIONS)
    return list(READING) if "viewer" in held else []


def access_list(call: Call, project_id: str, *, everybody: bool) -> dict[str, Any]:
    """Return people and machine identities of a project with what they may do; `everybody`: also who may nothing.

    There are no groups on a server in memory.
    """
    access.get_project(call, project_id)
    users = _entries(call, tables.project_users(project_id), tables.USERS, "userId", "username")
    identities = _entries(call, tables.project_identities(project_id), tables.IDENTITIES, "identityId", "name")
    return {
        "groups": [],
        "identities": [one for one in identities if everybody or one["allowedActions"]],
        "users": [one for one in users if everybody or one["allowedActions"]],
    }


def _entries(call: Call, members: Name, table: Name, column: str, name: str) -> list[dict[str, Any]]:
    who = call.draft.rows(table)
    return [
        {
            "allowedActions": allowed(call, member["roles"]),
            "id": member[column],
            "name": who[member[column]][name],
            "membershipId": member["id"],
        }
        for member in call.draft.rows(members).values()
        if member[column] in who
    ]
