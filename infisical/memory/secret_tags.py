"""Tags of a project. The modules of secrets attach them to secrets."""

from __future__ import annotations

from typing import Final

from infisical.memory import tables
from infisical.memory.access import permit
from infisical.memory.call import Call, pick
from infisical.memory.refusals import bad_request, not_found
from infisical.memory.routing import MACHINES, Answer, route
from infisical.memory.state import Row
from infisical.memory.validation import SLUG_PATTERN, obj, slug, string

COLUMNS: Final = ("id", "slug", "color", "createdAt", "updatedAt", "createdBy", "projectId", "createdByActorType")
TAG_BODY: Final = obj(slug=slug(), color=string())
OLD_TAG_BODY: Final = obj(
    slug=string(
        lower=True,
        matches=f"(?:{SLUG_PATTERN})?",
        message="Invalid slug. Slug can only contain alphanumeric characters and hyphens.",
    ),
    color=string(),
)
"""In October 2024 a slug is read in lower case, and may be empty or long."""
TAGS_PATH: Final = "/api/v1/projects/{projectId}/tags"
TAG_PATH: Final = "/api/v1/projects/{projectId}/tags/{tagId}"


def add_tag(call: Call, project_id: str, slug: str, color: str = "") -> Row:
    """Put a tag of a project."""
    row = call.new_row(
        slug=slug,
        color=color,
        projectId=project_id,
        createdBy=call.caller and call.caller.id,
        createdByActorType="user" if call.caller is None else call.caller.kind,
    )
    return call.draft.put(tables.tags(project_id), row["id"], row)


def describe_tag(row: Row) -> Row:
    return pick(row, *COLUMNS)


def describe_named(row: Row) -> Row:
    return {**describe_tag(row), "name": row["slug"]}


def list_project_tags(call: Call) -> list[Row]:
    project_id = permit(call, call.path["projectId"], "read", "tags")["id"]
    return [describe_tag(row) for row in call.draft.rows(tables.tags(project_id)).values()]


def create_project_tag(call: Call) -> Row:
    project_id = permit(call, call.path["projectId"], "create", "tags")["id"]
    table = tables.tags(project_id)
    if call.draft.find(table, slug=call.body["slug"]) is not None:
        raise bad_request("Tag already exist")
    return describe_tag(add_tag(call, project_id, call.body["slug"], call.body["color"]))


def get_permitted(call: Call, action: str) -> Row:
    """Return the tag that the path names; refuse a caller without this permission for tags."""
    project_id = permit(call, call.path["projectId"], action, "tags")["id"]
    row = call.draft.get(tables.tags(project_id), call.path["tagId"])
    if row is None:
        raise not_found(f"Tag with ID '{call.path['tagId']}' not found")
    return row


# ---- the current routes
@route("GET", TAGS_PATH, generation="current", access=MACHINES)
def list_tags(call: Call) -> Answer:
    return {"tags": list_project_tags(call)}


@route("POST", TAGS_PATH, generation="current", access=MACHINES, body=TAG_BODY)
def create_tag(call: Call) -> Answer:
    return {"tag": create_project_tag(call)}


@route("GET", TAG_PATH, generation="current", access=MACHINES)
def get_tag(call: Call) -> Answer:
    return {"tag": describe_named(get_permitted(call, "read"))}


@route("GET", "/api/v1/projects/{projectId}/tags/slug/{tagSlug}", generation="current", access=MACHINES)
def get_tag_by_slug(call: Call) -> Answer:
    project_id = permit(call, call.path["projectId"], "read", "tags")["id"]
    row = call.draft.find(tables.tags(project_id), slug=call.path["tagSlug"])
    if row is None:
        raise not_found(f"Tag with slug '{call.path['tagSlug']}' not found")
    return {"tag": describe_named(row)}


@route("PATCH", TAG_PATH, generation="current", access=MACHINES, body=TAG_BODY)
def update_tag(call: Call) -> Answer:
    row = get_permitted(call, "edit")
    table = tables.tags(row["projectId"])
    other = call.draft.find(table, slug=call.body["slug"])
    if other is not None and other["id"] != row["id"]:
        raise bad_request("Tag already exist")
    return {"tag": describe_tag(call.draft.merge(table, row["id"], **call.body, updatedAt=call.timestamp))}


@route("DELETE", TAG_PATH, generation="current", access=MACHINES)
def delete_tag(call: Call) -> Answer:
    row = get_permitted(call, "delete")
    call.draft.drop(tables.tags(row["projectId"]), row["id"])
    return {"tag": describe_tag(row)}


# ---- the old paths
@route("GET", "/api/v1/workspace/{projectId}/tags", access=MACHINES)
def list_workspace_tags(call: Call) -> Answer:
    return {"workspaceTags": list_project_tags(call)}


def create_workspace_tag(call: Call) -> Answer:
    return {"workspaceTag": create_project_tag(call)}


workspace_create_route = route(
    "POST", "/api/v1/workspace/{projectId}/tags", generation="current", access=MACHINES, body=TAG_BODY
)(create_workspace_tag)
old_create_route = route(
    "POST", "/api/v1/workspace/{projectId}/tags", generation="2024-10", access=MACHINES, body=OLD_TAG_BODY
)(create_workspace_tag)
