"""Environments of a project: read, made, renamed, moved and deleted, under both names of projects.

What lies in an environment is told by the routes of folders and secrets.
"""

from __future__ import annotations

from typing import Any, Final

from infisical.memory import tables, tree
from infisical.memory.access import permit
from infisical.memory.call import Call, pick
from infisical.memory.projects.store import drop_environment
from infisical.memory.refusals import bad_request, not_found
from infisical.memory.routing import MACHINES, Route, route
from infisical.memory.state import Row
from infisical.memory.validation import number, obj, slug, string

NAME: Final = string(least=1, most=255)
SLUG: Final = slug(message="Slug field can only contain lowercase letters, numbers, and hyphens")
NEW: Final = obj(name=NAME, slug=SLUG, position=number(least=1).optional(None))
CHANGE: Final = obj(name=NAME.optional(), slug=SLUG.optional(), position=number().optional())
TODAY: Final = ("id", "name", "slug", "position", "createdAt", "updatedAt", "projectId")
BEFORE: Final = ("id", "name", "slug", "position", "projectId", "createdAt", "updatedAt")


def shown(call: Call, row: Row) -> Row:
    return pick(row, *(BEFORE if call.is_2024 else TODAY))


def shift(call: Call, project_id: str, first: float, last: float, by: int) -> None:
    """Move the environments from one position to another up or down, to make a place or to close one."""
    table = tables.environments(project_id)
    for row in list(call.draft.rows(table).values()):
        if first <= row["position"] <= last:
            call.draft.merge(table, row["id"], position=row["position"] + by)


def created(call: Call) -> tuple[str, Row]:
    project_id = permit(call, call.path["projectId"], "create", "environments")["id"]
    if tree.find_environment(call.draft, project_id, call.body["slug"]) is not None:
        exists = "exist" if call.is_2024 else "exists"
        raise bad_request(f"Environment with slug already {exists}", "CreateEnvironment")
    position = None if call.is_2024 else call.body["position"]
    taken = [row["position"] for row in tree.list_environments(call.draft, project_id)]
    if position is None:
        position = max(taken, default=0) + 1
    elif position in taken:
        shift(call, project_id, position, max(taken), 1)
    return project_id, tree.create_environment(call, project_id, call.body["name"], call.body["slug"], position)


def updated(call: Call) -> tuple[str, Row]:
    row = found(call, "edit")
    project_id, changes = row["projectId"], call.body
    if "slug" in changes:
        other = tree.find_environment(call.draft, project_id, changes["slug"])
        if other is not None and other["id"] != row["id"]:
            raise bad_request("Environment with slug already exist", "UpdateEnvironment")
    target = changes.get("position")
    other = call.draft.find(tables.environments(project_id), position=target) if target else None
    if target and other is not None and other["id"] != row["id"]:
        if target < row["position"]:
            shift(call, project_id, target, row["position"] - 1, 1)
        else:
            shift(call, project_id, row["position"] + 1, target, -1)
    # the server leaves updatedAt of an environment as it was
    return project_id, call.draft.merge(tables.environments(project_id), row["id"], **changes)


def deleted(call: Call) -> tuple[str, Row]:
    row = found(call, "delete")
    if call.draft.find(tables.approval_policies(row["projectId"]), envId=row["id"]) is not None:
        raise bad_request("Environment is in use by a secret approval policy", "DeleteEnvironment")
    drop_environment(call, row["projectId"], row["id"])
    return row["projectId"], row


def found(call: Call, action: str) -> Row:
    """Return the environment that the path names; refuse who may not do this to environments."""
    project_id = permit(call, call.path["projectId"], action, "environments")["id"]
    environment_id = call.path["environmentId"]
    row = call.draft.get(tables.environments(project_id), environment_id)
    if row is None:
        raise not_found(
            f"Environment with id '{environment_id}' in project with ID '{project_id}' not found",
            "DeleteEnvironment" if action == "delete" else "NotFound",
        )
    return row


def read(call: Call) -> dict[str, Any]:
    """Read an environment by its id; the project that the path names is not looked at."""
    environment_id = call.path["environmentId"]
    for project_id in call.draft.rows(tables.PROJECTS):
        row = call.draft.get(tables.environments(project_id), environment_id)
        if row is not None:
            permit(call, project_id, "read", "environments")
            return {"environment": shown(call, row)}
    raise not_found(f"Environment with ID '{environment_id}' not found")


def _routes(path: str, key: str, only: Any) -> tuple[Route, Route, Route]:
    all_of_them, one = f"{path}/environments", f"{path}/environments/{{environmentId}}"

    def written(call: Call, message: str, done: tuple[str, Row]) -> dict[str, Any]:
        project_id, row = done
        return {"message": message, key: project_id, "environment": shown(call, row)}

    return (
        route("POST", all_of_them, generation=only, access=MACHINES, body=NEW)(
            lambda call: written(call, "Successfully created new environment", created(call))
        ),
        route("PATCH", one, generation=only, access=MACHINES, body=CHANGE)(
            lambda call: written(call, "Successfully updated environment", updated(call))
        ),
        route("DELETE", one, generation=only, access=MACHINES)(
            lambda call: written(call, "Successfully deleted environment", deleted(call))
        ),
    )


PROJECT: Final = "/api/v1/projects/{projectId}"
WORKSPACE: Final = "/api/v1/workspace/{projectId}"
create_environment, update_environment, delete_environment = _routes(PROJECT, "projectId", "current")
create_in_workspace, update_in_workspace, delete_in_workspace = _routes(WORKSPACE, "workspace", None)
get_environment = route("GET", f"{PROJECT}/environments/{{environmentId}}", generation="current", access=MACHINES)(read)
get_in_workspace = route("GET", f"{WORKSPACE}/environments/{{environmentId}}", generation="current", access=MACHINES)(
    read
)
