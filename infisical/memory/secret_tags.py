"""Tags of a project: what may be put on its secrets. Putting them there is told by the modules of secrets."""

from __future__ import annotations

from typing import Final

from infisical.memory import tables
from infisical.memory.access import permit
from infisical.memory.call import Call, pick
from infisical.memory.refusals import bad_request, not_found
from infisical.memory.routing import MACHINES, Answer, route
from infisical.memory.seeding import new_tag
from infisical.memory.state import Row
from infisical.memory.validation import obj, slug, string

COLUMNS: Final = ("id", "slug", "color", "createdAt", "updatedAt", "createdBy", "projectId", "createdByActorType")
TAG: Final = obj(slug=slug(), color=string())
TAGS_PATH: Final = "/api/v1/projects/{projectId}/tags"
TAG_PATH: Final = "/api/v1/projects/{projectId}/tags/{tagId}"


def shown(row: Row) -> Row:
    return pick(row, *COLUMNS)


def named(row: Row) -> Row:
    return {**shown(row), "name": row["slug"]}


def listed(call: Call) -> list[Row]:
    project_id = permit(call, call.path["projectId"], "read", "tags")["id"]
    return [shown(row) for row in call.draft.rows(tables.tags(project_id)).values()]


def created(call: Call) -> Row:
    project_id = permit(call, call.path["projectId"], "create", "tags")["id"]
    table = tables.tags(project_id)
    if call.draft.find(table, slug=call.body["slug"]) is not None:
        raise bad_request("Tag already exist")
    return shown(new_tag(call, project_id, call.body["slug"], call.body["color"]))


def found(call: Call, action: str) -> Row:
    """Return the tag that the path names; refuse who may not do this to tags."""
    project_id = permit(call, call.path["projectId"], action, "tags")["id"]
    row = call.draft.get(tables.tags(project_id), call.path["tagId"])
    if row is None:
        raise not_found(f"Tag with ID '{call.path['tagId']}' not found")
    return row


# ---- today's routes
@route("GET", TAGS_PATH, generation="current", access=MACHINES)
def list_tags(call: Call) -> Answer:
    return {"tags": listed(call)}


@route("POST", TAGS_PATH, generation="current", access=MACHINES, body=TAG)
def create_tag(call: Call) -> Answer:
    return {"tag": created(call)}


@route("GET", TAG_PATH, generation="current", access=MACHINES)
def get_tag(call: Call) -> Answer:
    return {"tag": named(found(call, "read"))}


@route("GET", "/api/v1/projects/{projectId}/tags/slug/{tagSlug}", generation="current", access=MACHINES)
def get_tag_by_slug(call: Call) -> Answer:
    project_id = permit(call, call.path["projectId"], "read", "tags")["id"]
    row = call.draft.find(tables.tags(project_id), slug=call.path["tagSlug"])
    if row is None:
        raise not_found(f"Tag with slug '{call.path['tagSlug']}' not found")
    return {"tag": named(row)}


@route("PATCH", TAG_PATH, generation="current", access=MACHINES, body=TAG)
def update_tag(call: Call) -> Answer:
    row = found(call, "edit")
    table = tables.tags(row["projectId"])
    other = call.draft.find(table, slug=call.body["slug"])
    if other is not None and other["id"] != row["id"]:
        raise bad_request("Tag already exist")
    return {"tag": shown(call.draft.merge(table, row["id"], **call.body, updatedAt=call.timestamp))}


@route("DELETE", TAG_PATH, generation="current", access=MACHINES)
def delete_tag(call: Call) -> Answer:
    row = found(call, "delete")
    call.draft.drop(tables.tags(row["projectId"]), row["id"])
    return {"tag": shown(row)}


# ---- the older mount
@route("GET", "/api/v1/workspace/{projectId}/tags", access=MACHINES)
def list_workspace_tags(call: Call) -> Answer:
    return {"workspaceTags": listed(call)}


@route("POST", "/api/v1/workspace/{projectId}/tags", access=MACHINES, body=TAG)
def create_workspace_tag(call: Call) -> Answer:
    return {"workspaceTag": created(call)}
