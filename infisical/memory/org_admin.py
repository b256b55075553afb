"""Projects of an organization for its admins: they list all projects and join any of them."""

from __future__ import annotations

from typing import Final

from infisical.memory import tables
from infisical.memory.access import permit_organization
from infisical.memory.call import Call, pick
from infisical.memory.projects import views
from infisical.memory.refusals import not_found
from infisical.memory.routing import JWT, MACHINES, Answer, route
from infisical.memory.seeding import add_project_user, make_role
from infisical.memory.validation import number_text, obj, string

ACTION: Final = "access-all-projects"
CONSOLE: Final = "organization-admin-console"
PAGE_QUERY: Final = obj(
    search=string().optional(""), offset=number_text(least=0).optional(0), limit=number_text(most=100).optional(50)
)


@route("GET", "/api/v1/organization-admin/projects", access=MACHINES, query=PAGE_QUERY)
def list_projects(call: Call) -> Answer:
    permit_organization(call, ACTION, CONSOLE)
    term, offset = call.query["search"].lower(), call.query["offset"]
    matches = [
        row for row in call.draft.where(tables.PROJECTS, orgId=call.organization_id) if term in str(row["name"]).lower()
    ]
    matches.sort(key=lambda row: str(row["name"]))
    page = matches[offset : offset + call.query["limit"]]
    return {"projects": [views.describe_project(call, row) for row in page], "count": len(matches)}


@route("POST", "/api/v1/organization-admin/projects/{projectId}/grant-admin-access", access=JWT, limit="smtp")
def grant_admin_access(call: Call) -> Answer:
    permit_organization(call, ACTION, CONSOLE)
    project_id = call.path["projectId"]
    row = call.draft.get(tables.PROJECTS, project_id)
    if row is None or row["orgId"] != call.organization_id:
        raise not_found(f"Project with ID '{project_id}' not found")
    table, user_id = tables.project_users(project_id), call.actor.id
    if call.draft.get(table, user_id) is None:
        member = add_project_user(call, project_id, user_id, "admin")
    else:
        member = call.draft.merge(table, user_id, roles=[make_role(call, "admin")])
    return {"membership": pick(member, "id", "createdAt", "updatedAt", "userId", "projectId")}
