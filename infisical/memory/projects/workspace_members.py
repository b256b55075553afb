"""Users of a project, and projects by their slug, under the old mount `/api/v2/workspace`.

The contract does not list these routes; both generations have them, and clients of others call them.
"""

from __future__ import annotations

from typing import Final

from infisical.memory import seeding, tables
from infisical.memory.access import permit
from infisical.memory.call import Call, pick
from infisical.memory.projects import routes, store, views
from infisical.memory.refusals import bad_request
from infisical.memory.routing import MACHINES, Answer, route
from infisical.memory.state import Row
from infisical.memory.validation import array, boolean, email, obj, string

MEMBERS_PATH: Final = "/api/v2/workspace/{projectId}/memberships"
SLUG_PATH: Final = "/api/v2/workspace/{slug}"
USERS_FIELDS: Final = {"emails": array(email()).optional([]), "usernames": array(string()).optional([])}
INVITE_BODY: Final = obj(**USERS_FIELDS, roleSlugs=array(string()).optional([]))
COLUMNS: Final = ("id", "createdAt", "updatedAt", "userId", "projectId")
SLUG_BODY: Final = obj(
    name=routes.SETTING_FIELDS_2024["name"],
    description=string(most=1024).optional(),
    autoCapitalization=boolean().optional(),
    hasDeleteProtection=boolean().optional(),
)


# ---- users
def find_users(call: Call, organization_id: str) -> list[Row]:
    """Return the users that a request names; refuse those who are not members of the organization."""
    names = {*call.body["emails"], *(name.lower() for name in call.body["usernames"])}
    rows = call.draft.rows(tables.USERS)
    members = [rows[row["userId"]] for row in call.draft.where(tables.ORG_MEMBERS, orgId=organization_id)]
    users = [user for user in members if names & {str(user["email"]).lower(), str(user["username"]).lower()}]
    if len(users) < len(names):
        raise bad_request("Some users are not part of org")
    return users


@route("POST", MEMBERS_PATH, access=MACHINES, body=INVITE_BODY)
def invite_members(call: Call) -> Answer:
    """Add users of the organization to a project; those without a role become members."""
    project = permit(call, call.path["projectId"], "create", "member")
    users, table = find_users(call, project["orgId"]), tables.project_users(project["id"])
    if any(user["id"] in call.draft.rows(table) for user in users):
        raise bad_request("Some users are already part of project")
    role = "member" if call.is_2024 or not call.body["roleSlugs"] else call.body["roleSlugs"][0]
    rows = [seeding.add_project_user(call, project["id"], user["id"], role) for user in users]
    return {"memberships": [pick(row, *COLUMNS) for row in rows]}


@route("DELETE", MEMBERS_PATH, access=MACHINES, body=obj(**USERS_FIELDS))
def remove_members(call: Call) -> Answer:
    project = permit(call, call.path["projectId"], "delete", "member")
    users, table = find_users(call, project["orgId"]), tables.project_users(project["id"])
    if any(user["id"] not in call.draft.rows(table) for user in users):
        raise bad_request("Some users are not part of project")
    if any(user["id"] == call.actor.id for user in users):
        raise bad_request("Cannot remove yourself from project")
    rows = [row for user in users if (row := call.draft.drop(table, user["id"])) is not None]
    return {"memberships": [pick(row, *COLUMNS) for row in rows]}


# ---- projects by slug
def get_named(call: Call) -> Row:
    return store.get_by_slug(call, call.path["slug"])


@route("GET", SLUG_PATH, access=MACHINES)
def get_project(call: Call) -> Answer:
    return views.describe_with_environments(call, get_named(call))


@route("PATCH", SLUG_PATH, access=MACHINES, body=SLUG_BODY)
def update_project(call: Call) -> Answer:
    return routes.change_project(call, get_named(call)["id"])


@route("DELETE", SLUG_PATH, access=MACHINES)
def delete_project(call: Call) -> Answer:
    return routes.remove_project(call, get_named(call)["id"])
