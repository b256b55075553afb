"""Finding and deleting projects and their environments, and project templates.

tree.py finds folders in an environment; views.py has the answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from infisical.memory import access, seeding, tables
from infisical.memory.access import RESOURCE_MESSAGE
from infisical.memory.call import Call
from infisical.memory.domain import cascade
from infisical.memory.refusals import bad_request, forbidden, internal_error, not_found
from infisical.memory.seeding import get_given
from infisical.memory.state import Draft, Row, State

TEMPLATES: Final = "project_templates"  # id -> id, name, orgId, environments [(name, slug)]


# ---- finding
def get_visible(call: Call, project_id: str) -> Row:
    """Return a project of which the caller is a member, in any role."""
    row = call.draft.get(tables.PROJECTS, project_id)
    if row is None:
        # project-dal.ts of today looks the project up before the permission
        raise (
            internal_error("Failed to find project by id")
            if call.is_2024
            else not_found(f"Project with ID '{project_id}' not found")
        )
    row = access.get_project(call, project_id)
    if call.actor.mode != "service_token":
        access.get_project_roles(call, project_id)
    elif call.actor.row["projectId"] != project_id:
        raise forbidden(
            RESOURCE_MESSAGE, f"Service token is not a member of the specified project with ID '{project_id}'"
        )
    return row


def get_existing(call: Call, project_id: str) -> Row:
    """Return a project; in October 2024 the look-up of an unknown one is an accident."""
    row = call.draft.get(tables.PROJECTS, project_id)
    if row is None:
        raise internal_error("Failed to find project by id")
    return row


def get_by_slug(call: Call, slug: str) -> Row:
    """Return the project that has this slug in the caller's organization; the caller must be a member."""
    row = call.draft.find(tables.PROJECTS, slug=slug, orgId=call.organization_id)
    if row is None:
        raise (
            internal_error("Find project by slug")
            if call.is_2024
            else not_found(f"Project with slug '{slug}' not found")
        )
    return get_visible(call, row["id"])


def list_of_member(call: Call, organization_id: str, *, kind: str | None = None) -> list[Row]:
    """Return the projects of an organization of which the caller is a member."""
    members = tables.project_identities if call.actor.kind == "identity" else tables.project_users
    return [
        row
        for row in call.draft.where(tables.PROJECTS, orgId=organization_id)
        if kind in (None, row["type"]) and call.draft.get(members(row["id"]), call.actor.id) is not None
    ]


def iterate_members(call: Call, project_ids: Iterable[str]) -> Iterable[tuple[Row, Row]]:
    """Yield the users of these projects, each as membership and user."""
    for project_id in project_ids:
        for member in call.draft.rows(tables.project_users(project_id)).values():
            yield member, call.draft.rows(tables.USERS)[member["userId"]]


def check_slug(call: Call, organization_id: str, slug: str, message: str, own_id: str | None = None) -> None:
    """Refuse a slug that another project of the organization has."""
    other = call.draft.find(tables.PROJECTS, orgId=organization_id, slug=slug)
    if other is not None and other["id"] != own_id:
        raise bad_request(message)


# ---- deleting
def drop_environment(call: Call, project_id: str, environment_id: str) -> None:
    """Remove an environment with its folders, their content, its webhooks, and every import of it."""
    assert environment_id in call.draft.rows(tables.environments(project_id))
    referring = [
        row["id"]
        for name in call.draft.state.tables
        for row in call.draft.rows(name).values()
        if "id" in row and environment_id in (row.get("envId"), row.get("importEnv"))
    ]
    cascade.remove(call.draft, [environment_id, *referring])


def drop_project(call: Call, project_id: str) -> None:
    """Remove a project with everything that belongs to it."""
    cascade.remove(call.draft, [project_id])


# ---- changes of state that no route makes
def add_project_template(
    state: State, *, now: float, name: str, environments: Sequence[tuple[str, str]], organization_id: str | None = None
) -> State:
    """Return a server with a project template; `environments` are pairs of name and slug."""
    call = Call(Draft(state), seeding.INTERNAL_REQUEST, now, {})
    row = call.new_row(
        name=name, orgId=organization_id or get_given(state).organization_id, environments=list(environments)
    )
    call.draft.put(TEMPLATES, row["id"], row)
    return call.draft.finish()
