"""Custom roles of a project under the old mount, by the project's slug; the contract does not list these routes.

Both generations have them. The roles that every project has are listed by routes.py, with these after them.
"""

from __future__ import annotations

from typing import Any, Final

from infisical.memory.access import PROJECT_ROLES, permit
from infisical.memory.call import Call, pick
from infisical.memory.domain import custom_roles
from infisical.memory.projects import store, views
from infisical.memory.refusals import bad_request, not_found
from infisical.memory.routing import MACHINES, Answer, route
from infisical.memory.state import Row
from infisical.memory.validation import anything, array, record, slug, string
from infisical.memory.validation import obj as make_object

ROLES_PATH: Final = "/api/v1/workspace/{projectSlug}/roles"
ROLE_PATH: Final = "/api/v1/workspace/{projectSlug}/roles/{roleId}"
SUBJECT: Final = "role"
RULES_FIELD: Final = array(record(anything()), most=1000)
SLUG_FIELD: Final = slug(message="Slug must be a valid").where(
    lambda text: text not in {*PROJECT_ROLES, custom_roles.CUSTOM_ROLE},
    "Please choose a different slug, the slug you have entered is reserved",
)
CREATE_BODY: Final = make_object(
    slug=SLUG_FIELD, name=string(least=1), description=string().or_null().optional(None), permissions=RULES_FIELD
)
UPDATE_BODY: Final = make_object(
    slug=SLUG_FIELD.optional(),
    name=string().optional(),
    description=string().or_null().optional(),
    permissions=RULES_FIELD.optional(),
)


def describe_role(row: Row) -> dict[str, Any]:
    columns = ("id", "name", "description", "slug", "permissions", "createdAt", "updatedAt", "version", "projectId")
    return pick(row, *columns)


def get_permitted(call: Call, action: str) -> Row:
    """Return the project of the path; refuse a caller without this permission for its roles."""
    return permit(call, store.get_by_slug(call, call.path["projectSlug"])["id"], action, SUBJECT)


def get_role(call: Call, project: Row) -> Row:
    row = call.draft.get(custom_roles.get_table(project["id"]), call.path["roleId"])
    if row is None:
        raise not_found(f"Project role with ID '{call.path['roleId']}' not found")
    return row


def refuse_taken(call: Call, project: Row, name: str, own_id: str | None = None) -> None:
    other = custom_roles.find_role(call.draft, project["id"], name)
    if other is not None and other["id"] != own_id:
        raise bad_request(f"Project role with same slug '{name}' already exists")


@route("POST", ROLES_PATH, access=MACHINES, body=CREATE_BODY)
def create_role(call: Call) -> Answer:
    project = get_permitted(call, "create")
    refuse_taken(call, project, call.body["slug"])
    row = call.new_row(**call.body, version=1, projectId=project["id"])
    return {"role": describe_role(call.draft.put(custom_roles.get_table(project["id"]), row["id"], row))}


@route("PATCH", ROLE_PATH, access=MACHINES, body=UPDATE_BODY)
def update_role(call: Call) -> Answer:
    project = get_permitted(call, "edit")
    row = get_role(call, project)
    if "slug" in call.body:
        refuse_taken(call, project, call.body["slug"], row["id"])
    table = custom_roles.get_table(project["id"])
    return {"role": describe_role(call.draft.merge(table, row["id"], **call.body, updatedAt=call.timestamp))}


@route("DELETE", ROLE_PATH, access=MACHINES)
def delete_role(call: Call) -> Answer:
    project = get_permitted(call, "delete")
    row = get_role(call, project)
    call.draft.drop(custom_roles.get_table(project["id"]), row["id"])
    return {"role": describe_role(row)}


@route("GET", f"{ROLES_PATH}/slug/{{slug}}", access=MACHINES)
def get_role_by_slug(call: Call) -> Answer:
    """Return a role by its slug; built-in roles have no rules in this answer."""
    project, name = get_permitted(call, "read"), call.path["slug"]
    row = custom_roles.find_role(call.draft, project["id"], name)
    if row is not None:
        return {"role": describe_role(row)}
    for builtin in views.make_roles(call, project):
        if builtin["slug"] == name:
            return {"role": {**builtin, "permissions": []}}
    raise not_found(f"Project role with slug '{name}' not found")
