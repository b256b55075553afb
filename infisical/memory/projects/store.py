"""Projects: what is shown of one, its roles, its templates, and how it and its environments are taken away.

Where folders lie in an environment is told by tree.py; the routes are in routes/projects.py and beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from infisical.memory import access, seeding, tables
from infisical.memory.access import RESOURCE_MESSAGE
from infisical.memory.call import Call
from infisical.memory.domain import cascade
from infisical.memory.refusals import bad_request, forbidden, internal_error, not_found
from infisical.memory.seeding import given_of
from infisical.memory.state import Draft, Row, State

TEMPLATES: Final = "project_templates"  # id -> id, name, orgId, environments [(name, slug)]


# ---- which
def seen(call: Call, project_id: str) -> Row:
    """Return a project that the caller is a member of, whatever the role."""
    row = call.draft.get(tables.PROJECTS, project_id)
    if row is None and call.is_2024:
        raise internal_error("Failed to find project by id")
    row = access.get_project(call, project_id)
    if call.actor.mode != "service_token":
        access.get_project_roles(call, project_id)
    elif call.actor.row["projectId"] != project_id:
        raise forbidden(
            RESOURCE_MESSAGE, f"Service token is not a member of the specified project with ID '{project_id}'"
        )
    return row


def by_slug(call: Call, slug: str) -> Row:
    """Return the project of a slug in the caller's organization, if the caller is a member of it."""
    row = call.draft.find(tables.PROJECTS, slug=slug, orgId=call.organization_id)
    if row is None:
        raise (
            internal_error("Find project by slug")
            if call.is_2024
            else not_found(f"Project with slug '{slug}' not found")
        )
    return seen(call, row["id"])


def of_member(call: Call, organization_id: str, *, kind: str | None = None) -> list[Row]:
    """Return the projects of an organization that the caller is a member of."""
    members = tables.project_identities if call.actor.kind == "identity" else tables.project_users
    return [
        row
        for row in call.draft.where(tables.PROJECTS, orgId=organization_id)
        if kind in (None, row["type"]) and call.draft.get(members(row["id"]), call.actor.id) is not None
    ]


def members_of(call: Call, project_ids: Iterable[str]) -> Iterable[tuple[Row, Row]]:
    """Yield the people in these projects, each as membership and user."""
    for project_id in project_ids:
        for member in call.draft.rows(tables.project_users(project_id)).values():
            yield member, call.draft.rows(tables.USERS)[member["userId"]]


def check_slug(call: Call, organization_id: str, slug: str, message: str, own: str | None = None) -> None:
    """Refuse a slug that another project of the organization has."""
    other = call.draft.find(tables.PROJECTS, orgId=organization_id, slug=slug)
    if other is not None and other["id"] != own:
        raise bad_request(message)


# ---- how they go
def drop_environment(call: Call, project_id: str, environment_id: str) -> None:
    """Take an environment away, with its folders and all that lies in them, its webhooks, and every import of it."""
    assert environment_id in call.draft.rows(tables.environments(project_id))
    naming = [
        row["id"]
        for name in call.draft.state.tables
        for row in call.draft.rows(name).values()
        if "id" in row and environment_id in (row.get("envId"), row.get("importEnv"))
    ]
    cascade.remove(call.draft, [environment_id, *naming])


def drop_project(call: Call, project_id: str) -> None:
    """Take a project away, with environments, folders, secrets, memberships and everything else that is its own."""
    cascade.remove(call.draft, [project_id])


# ---- states, for what no route can do
def add_project_template(
    state: State, *, now: float, name: str, environments: Sequence[tuple[str, str]], organization_id: str | None = None
) -> State:
    """Return a server whose organization has a project template: the environments are pairs of name and slug."""
    call = Call(Draft(state), seeding.NOBODY, now, {})
    row = call.new_row(
        name=name, orgId=organization_id or given_of(state).organization_id, environments=list(environments)
    )
    call.draft.put(TEMPLATES, row["id"], row)
    return call.draft.finish()
