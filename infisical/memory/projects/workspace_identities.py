"""Machine identities of a project under the old mount `/api/v2/workspace`; the contract does not list these routes.

Today's server still has them, beside those in project_identities.py, with other answers. October 2024 has only them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from infisical.memory import project_identities, tables
from infisical.memory.access import PROJECT_ROLES, get_project_roles, permit
from infisical.memory.call import Call
from infisical.memory.domain import custom_roles
from infisical.memory.identities.routes import show_project_membership
from infisical.memory.project_identities import CREATE_BODY, ROLE_FIELD, describe_membership, make_role_row
from infisical.memory.refusals import bad_request, forbidden, not_found
from infisical.memory.routing import MACHINES, Answer, route
from infisical.memory.state import Row
from infisical.memory.validation import array, obj, string

MEMBER_PATH: Final = "/api/v2/workspace/{projectId}/identity-memberships/{identityId}"
OLD_CREATE_BODY: Final = obj(role=string().optional("no-access"), roles=array(ROLE_FIELD).optional())
UPDATE_BODY: Final = obj(roles=array(ROLE_FIELD, least=1))
RANK_TABLE: Final = {"no-access": 0, "viewer": 1, "member": 2, "admin": 3}
"""The built-in roles by what they permit: a caller of 2024 may grant roles up to its own."""


def get_role_list(membership: Row) -> list[dict[str, Any]]:
    """Return the roles of a membership as updates answer them."""
    names = ("customRoleName", "customRoleSlug")
    rows = ({name: value for name, value in role.items() if name not in names} for role in membership["roles"])
    times = {"createdAt": membership["updatedAt"], "updatedAt": membership["updatedAt"]}
    return [{**row, "projectMembershipId": membership["id"], **times} for row in rows]


def get_member(call: Call) -> Row | None:
    return call.draft.get(tables.project_identities(call.path["projectId"]), call.path["identityId"])


# ---- today
@route("POST", MEMBER_PATH, generation="current", access=MACHINES, body=CREATE_BODY)
def create_workspace_membership(call: Call) -> Answer:
    return project_identities.create_membership.handler(call)


@route("PATCH", MEMBER_PATH, generation="current", access=MACHINES, body=UPDATE_BODY)
def update_workspace_membership(call: Call) -> Answer:
    project_identities.update_membership.handler(call)
    row = get_member(call)
    assert row is not None, "update_membership refuses a missing membership"
    return {"roles": get_role_list(row)}


@route("DELETE", MEMBER_PATH, generation="current", access=MACHINES)
def delete_workspace_membership(call: Call) -> Answer:
    return project_identities.delete_membership.handler(call)


# ---- both
@route("GET", MEMBER_PATH, access=MACHINES)
def get_workspace_membership(call: Call) -> Answer:
    project = permit(call, call.path["projectId"], "read", "identity")
    row = get_member(call)
    if row is None:
        raise not_found(
            f"Project membership for identity with ID '{call.path['identityId']} in project with ID "
            f"'{project['id']}' not found"
        )
    return {"identityMembership": show_project_membership(call, row, project)}


# ---- October 2024
def make_old_role_rows(
    call: Call, roles: Sequence[Mapping[str, Any]], project_id: str, message: str
) -> list[dict[str, Any]]:
    """Make the rows of requested roles; refuse unknown ones, and those that permit more than the caller's."""
    own_rank = max((RANK_TABLE.get(role, 0) for role in get_project_roles(call, project_id)), default=0)
    custom = {role["role"]: custom_roles.find_role(call.draft, project_id, role["role"]) for role in roles}
    for role in roles:
        if role["role"] not in PROJECT_ROLES and custom[role["role"]] is None:
            raise not_found(f"Specified role '{role['role']}' was not found in the project with ID '{project_id}'")
        if RANK_TABLE.get(role["role"], RANK_TABLE["admin"]) > own_rank:
            raise forbidden(message)
    return [make_role_row(call, role, custom[role["role"]]) for role in roles]


@route("POST", MEMBER_PATH, generation="2024-10", access=MACHINES, body=OLD_CREATE_BODY)
def create_old_membership(call: Call) -> Answer:
    project = permit(call, call.path["projectId"], "create", "identity")
    identity_id = call.path["identityId"]
    if get_member(call) is not None:
        raise bad_request(f"Identity with ID {identity_id} already exists in project with ID {project['id']}")
    identity = call.draft.get(tables.IDENTITIES, identity_id)
    if identity is None or identity["orgId"] != project["orgId"]:
        raise not_found(f"Failed to find identity with ID {identity_id}")
    asked = call.body.get("roles") or [{"role": call.body["role"], "isTemporary": False}]
    roles = make_old_role_rows(call, asked, project["id"], "Failed to assign to a more privileged role")
    row = call.new_row(identityId=identity_id, projectId=project["id"], roles=roles)
    call.draft.put(tables.project_identities(project["id"]), identity_id, row)
    return {"identityMembership": describe_membership(row)}


@route("PATCH", MEMBER_PATH, generation="2024-10", access=MACHINES, body=UPDATE_BODY)
def update_old_membership(call: Call) -> Answer:
    project = permit(call, call.path["projectId"], "edit", "identity")
    row, identity_id = get_member(call), call.path["identityId"]
    if row is None:
        raise not_found(f"Identity with ID {identity_id} doesn't exists in project with ID {project['id']}")
    message = "Failed to change to a more privileged role"
    roles = make_old_role_rows(call, call.body["roles"], project["id"], message)
    table = tables.project_identities(project["id"])
    return {"roles": get_role_list(call.draft.merge(table, identity_id, roles=roles, updatedAt=call.timestamp))}


@route("DELETE", MEMBER_PATH, generation="2024-10", access=MACHINES)
def delete_old_membership(call: Call) -> Answer:
    row, identity_id = get_member(call), call.path["identityId"]
    if row is None:
        raise not_found(f"Failed to find identity with ID {identity_id}")
    project = permit(call, call.path["projectId"], "delete", "identity")
    call.draft.drop(tables.project_identities(project["id"]), identity_id)
    return {"identityMembership": describe_membership(row)}
