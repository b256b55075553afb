"""The users of a project. Its machine identities are in project_identities."""

from __future__ import annotations

from typing import Final

from infisical.memory.access import permit
from infisical.memory.call import Call, pick
from infisical.memory.domain import accounts
from infisical.memory.projects import store
from infisical.memory.refusals import forbidden
from infisical.memory.routing import MACHINES, Answer, route

COLUMNS: Final = ("id", "userId", "projectId", "createdAt")
OLD_COLUMNS: Final = ("id", "userId", "projectId")


def _list_members(call: Call) -> Answer:
    row = permit(call, call.path["projectId"], "read", "member")
    if row["type"] == "cert-manager" and not call.is_2024:
        raise forbidden("Certificate Manager projects are not served here. Use /api/v1/cert-manager/access/* instead.")
    columns = ("email", "firstName", "lastName", "id", *(() if call.is_2024 else ("username",)), "publicKey")
    return {
        "memberships": [
            {
                **pick(member, *(OLD_COLUMNS if call.is_2024 else COLUMNS)),
                "user": accounts.summarize_user(call, user, *columns),
                "roles": list(member["roles"]),
            }
            for member, user in store.iterate_members(call, [row["id"]])
        ]
    }


list_memberships = route("GET", "/api/v1/projects/{projectId}/memberships", generation="current", access=MACHINES)(
    _list_members
)
list_workspace_memberships = route("GET", "/api/v1/workspace/{projectId}/memberships", access=MACHINES)(_list_members)
