"""The routes of a project's environments, under `projects` and under the old name `workspace`.

The content of an environment belongs to the routes of folders and secrets.
"""

from __future__ import annotations

from typing import Any, Final

from infisical.memory import tables, tree
from infisical.memory.access import permit
from infisical.memory.accidents import refuse_empty_update
from infisical.memory.call import Call, pick
from infisical.memory.projects.store import drop_environment
from infisical.memory.refusals import bad_request, not_found
from infisical.memory.routing import MACHINES, Route, route
from infisical.memory.state import Generation, Row
from infisical.memory.validation import SLUG_PATTERN, Field, number, obj, slug, string

NAME_FIELD: Final = string(least=1, most=255)
SLUG_FIELD: Final = slug(message="Slug field can only contain lowercase letters, numbers, and hyphens")
CREATE_BODY: Final = obj(name=NAME_FIELD, slug=SLUG_FIELD, position=number(least=1).optional(None))
OLD_SLUG_FIELD: Final = string(matches=f"(?:{SLUG_PATTERN})?", message="Slug must be a valid slug")
OLD_CREATE_BODY: Final = obj(name=string(), slug=OLD_SLUG_FIELD)
OLD_UPDATE_BODY: Final = obj(slug=OLD_SLUG_FIELD.optional(), name=string().optional(), position=number().optional())
"""The bodies in October 2024: an empty name and an empty slug are valid."""
UPDATE_BODY: Final = obj(name=NAME_FIELD.optional(), slug=SLUG_FIELD.optional(), position=number().optional())
COLUMNS: Final = ("id", "name", "slug", "position", "createdAt", "updatedAt", "projectId")
OLD_COLUMNS: Final = ("id", "name", "slug", "position", "projectId", "createdAt", "updatedAt")


def describe_environment(call: Call, row: Row) -> Row:
    return pick(row, *(OLD_COLUMNS if call.is_2024 else COLUMNS))


def shift_positions(call: Call, project_id: str, first: float, last: float, by: int) -> None:
    """Shift the environments between two positions, to open or close a gap."""
    table = tables.environments(project_id)
    for row in list(call.draft.rows(table).values()):
        if first <= row["position"] <= last:
            call.draft.merge(table, row["id"], position=row["position"] + by)


def create_environment(call: Call) -> tuple[str, Row]:
    project_id = permit(call, call.path["projectId"], "create", "environments")["id"]
    if tree.find_environment(call.draft, project_id, call.body["slug"]) is not None:
        exists = "exist" if call.is_2024 else "exists"
        raise bad_request(f"Environment with slug already {exists}", "CreateEnvironment")
    position = None if call.is_2024 else call.body["position"]
    positions = [row["position"] for row in tree.list_environments(call.draft, project_id)]
    if position is None:
        position = max(positions, default=0) + 1
    elif position in positions:
        shift_positions(call, project_id, position, max(positions), 1)
    return project_id, tree.create_environment(call, project_id, call.body["name"], call.body["slug"], position)


def update_environment(call: Call) -> tuple[str, Row]:
    row = get_permitted(call, "edit")
    project_id, changes = row["projectId"], call.body
    refuse_empty_update(call)
    if "slug" in changes:
        other = tree.find_environment(call.draft, project_id, changes["slug"])
        if other is not None and other["id"] != row["id"]:
            raise bad_request("Environment with slug already exist", "UpdateEnvironment")
    target = changes.get("position")
    other = call.draft.find(tables.environments(project_id), position=target) if target else None
    if target and other is not None and other["id"] != row["id"]:
        if target < row["position"]:
            shift_positions(call, project_id, target, row["position"] - 1, 1)
        else:
            shift_positions(call, project_id, row["position"] + 1, target, -1)
    # the server does not change updatedAt of an environment
    return project_id, call.draft.merge(tables.environments(project_id), row["id"], **changes)


def delete_environment(call: Call) -> tuple[str, Row]:
    row = get_permitted(call, "delete")
    if call.draft.find(tables.approval_policies(row["projectId"]), envId=row["id"]) is not None:
        raise bad_request("Environment is in use by a secret approval policy", "DeleteEnvironment")
    drop_environment(call, row["projectId"], row["id"])
    return row["projectId"], row


def get_permitted(call: Call, action: str) -> Row:
    """Return the environment that the path names; refuse a caller without this permission for environments."""
    project_id = permit(call, call.path["projectId"], action, "environments")["id"]
    environment_id = call.path["environmentId"]
    row = call.draft.get(tables.environments(project_id), environment_id)
    if row is None:
        raise not_found(
            f"Environment with id '{environment_id}' in project with ID '{project_id}' not found",
            "DeleteEnvironment" if action == "delete" else "NotFound",
        )
    return row


def get_environment(call: Call) -> dict[str, Any]:
    """Get an environment by its id; the server ignores the project in the path."""
    environment_id = call.path["environmentId"]
    for project_id in call.draft.rows(tables.PROJECTS):
        row = call.draft.get(tables.environments(project_id), environment_id)
        if row is not None:
            permit(call, project_id, "read", "environments")
            return {"environment": describe_environment(call, row)}
    raise not_found(f"Environment with ID '{environment_id}' not found")


def _make_routes(
    path: str, key: str, generation: Generation, create_body: Field, update_body: Field
) -> tuple[Route, Route, Route]:
    collection, item = f"{path}/environments", f"{path}/environments/{{environmentId}}"

    def written(call: Call, message: str, change: tuple[str, Row]) -> dict[str, Any]:
        project_id, row = change
        return {"message": message, key: project_id, "environment": describe_environment(call, row)}

    return (
        route("POST", collection, generation=generation, access=MACHINES, body=create_body)(
            lambda call: written(call, "Successfully created new environment", create_environment(call))
        ),
        route("PATCH", item, generation=generation, access=MACHINES, body=update_body)(
            lambda call: written(call, "Successfully updated environment", update_environment(call))
        ),
        route("DELETE", item, generation=generation, access=MACHINES)(
            lambda call: written(call, "Successfully deleted environment", delete_environment(call))
        ),
    )


PROJECT_PATH: Final = "/api/v1/projects/{projectId}"
WORKSPACE_PATH: Final = "/api/v1/workspace/{projectId}"
create_route, update_route, delete_route = _make_routes(PROJECT_PATH, "projectId", "current", CREATE_BODY, UPDATE_BODY)
workspace_create_route, workspace_update_route, workspace_delete_route = _make_routes(
    WORKSPACE_PATH, "workspace", "current", CREATE_BODY, UPDATE_BODY
)
old_create_route, old_update_route, old_delete_route = _make_routes(
    WORKSPACE_PATH, "workspace", "2024-10", OLD_CREATE_BODY, OLD_UPDATE_BODY
)
get_route = route("GET", f"{PROJECT_PATH}/environments/{{environmentId}}", generation="current", access=MACHINES)(
    get_environment
)
old_get_route = route("GET", f"{WORKSPACE_PATH}/environments/{{environmentId}}", generation="current", access=MACHINES)(
    get_environment
)
