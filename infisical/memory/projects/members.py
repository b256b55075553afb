"""Members of a project, and the addresses that it trusts: what of a project says who comes from where.

Only people: machine identities of a project have routes of their own.
"""

from __future__ import annotations

from typing import Final

from infisical.memory.access import permit
from infisical.memory.call import Call, pick
from infisical.memory.domain import accounts
from infisical.memory.projects import store
from infisical.memory.refusals import forbidden
from infisical.memory.routing import MACHINES, Answer, route

TODAY: Final = ("id", "userId", "projectId", "createdAt")
BEFORE: Final = ("id", "userId", "projectId")


def _members(call: Call) -> Answer:
    row = permit(call, call.path["projectId"], "read", "member")
    if row["type"] == "cert-manager" and not call.is_2024:
        raise forbidden("Certificate Manager projects are not served here. Use /api/v1/cert-manager/access/* instead.")
    shown = ("email", "firstName", "lastName", "id", *(() if call.is_2024 else ("username",)), "publicKey")
    return {
        "memberships": [
            {
                **pick(member, *(BEFORE if call.is_2024 else TODAY)),
                "user": accounts.summarize_user(call, user, *shown),
                "roles": list(member["roles"]),
            }
            for member, user in store.members_of(call, [row["id"]])
        ]
    }


list_memberships = route("GET", "/api/v1/projects/{projectId}/memberships", generation="current", access=MACHINES)(
    _members
)
list_workspace_memberships = route("GET", "/api/v1/workspace/{projectId}/memberships", access=MACHINES)(_members)
