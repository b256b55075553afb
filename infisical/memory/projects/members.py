"""The users of a project. Its machine identities are in project_identities."""

from __future__ import annotations

from typing import Final

from infisical.memory.access import permit
from infisical.memory.call import Call, pick
from infisical.memory.domain import people
from infisical.memory.projects import store
from infisical.memory.refusals import forbidden
from infisical.memory.routing import MACHINES, Answer, route

COLUMNS: Final = ("id", "userId", "projectId", "createdAt")
OLD_COLUMNS: Final = ("id", "userId", "projectId")


def _list_members(call: Call) -> Answer:
    row = permit(call, call.path["projectId"], "read", "member")
    if row["type"] == "cert-manager" and not call.before:
        raise forbidden("Certificate Manager projects are not served here. Use /api/v1/cert-manager/access/* instead.")
    columns = ("email", "firstName", "lastName", "id", *(() if call.before else ("username",)), "publicKey")
    return {
        "memberships": [
            {
                **pick(member, *(OLD_COLUMNS if call.before else COLUMNS)),
                "user": people.small(call, user, *columns),
                "roles": list(member["roles"]),
            }
            for member, user in store.iterate_members(call, [row["id"]])
        ]
    }


list_memberships = route("GET", "/api/v1/projects/{projectId}/memberships", only="current", auth=MACHINES)(
    _list_members
)
list_workspace_memberships = route("GET", "/api/v1/workspace/{projectId}/memberships", auth=MACHINES)(_list_members)
