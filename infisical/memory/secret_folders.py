"""Folders of an environment: create, update, list, delete, under the current paths and under the old ones.

The old paths name the project `workspaceId` and accept `directory` for `path`. tree.py finds folders by path.
"""

from __future__ import annotations

import re
from typing import Any, Final

from infisical.memory import tables, tree
from infisical.memory.access import permit
from infisical.memory.call import Call, parse_time, pick
from infisical.memory.domain.places import (
    DEPTH_LIMIT,
    check_path,
    get_environment,
    get_project_by_slug,
    is_id,
    make_folder_path_field,
    make_path_field,
    require_id,
    require_membership,
)
from infisical.memory.dynamic_secrets.store import drop_dynamic_secrets, get_secrets_table
from infisical.memory.refusals import bad_request, internal_error, not_found
from infisical.memory.routing import READERS, Answer, route
from infisical.memory.secrets.approvals import resolve_policy
from infisical.memory.secrets.store import drop_secrets
from infisical.memory.state import Row
from infisical.memory.validation import array, boolean, datetime_text, loose_flag_text, obj, string

FOLDERS_PATH: Final = "/api/v2/folders"
OLD_FOLDERS_PATH: Final = "/api/v1/folders"
SUBJECT: Final = "secret-folders"
COLUMNS: Final = ("id", "name", "version", "createdAt", "updatedAt", "envId", "parentId", "isReserved")
NEW_COLUMNS: Final = ("description", "lastSecretModified")
"""Columns that came after October 2024."""

NAME_FIELD: Final = string(
    matches=r"[A-Za-z0-9_-]+",
    message="Invalid folder name. Only alphanumeric characters, dashes, and underscores are allowed.",
)
IN_PROJECT: Final = {"projectId": string(), "environment": string(), "path": make_folder_path_field().optional("/")}
IN_WORKSPACE: Final = {
    "workspaceId": string(),
    "environment": string(),
    "path": make_path_field().optional(),
    "directory": make_path_field().optional(),
}
"""The oldest clients call the path `directory`."""
OLD_PATH_FIELD: Final = make_folder_path_field().optional("/")
IN_OLD_WORKSPACE: Final = {"workspaceId": string(), "environment": string(), "path": OLD_PATH_FIELD}
"""In October 2024 `path` has a default, and so `directory` is never read."""
CHANGE_FIELDS: Final = {"name": NAME_FIELD, "description": string(trim=False).or_null().optional()}
CHANGES_FIELD: Final = array(
    obj(id=string(trim=False), environment=string(), path=make_folder_path_field().optional("/"), **CHANGE_FIELDS),
    least=1,
    most=1000,
)
OLD_CHANGES_FIELD: Final = array(
    obj(id=string(trim=False), environment=string(), name=string(), path=OLD_PATH_FIELD), least=1
)
FILTER_FIELDS: Final = {"lastSecretModified": datetime_text().optional(None), "recursive": loose_flag_text()}


# ---- requests
def get_project_id(fields: Any) -> str:
    return str(fields["projectId"] if "projectId" in fields else fields["workspaceId"])


def get_path(fields: Any) -> str:
    """Return the path of the parent folder; clients of before 2024 call it `directory`."""
    return check_path(fields.get("path") or fields.get("directory") or "/")


def find_folder(call: Call, parent: Row, id_or_name: str) -> Row | None:
    """Return the subfolder that has this name, or else the one that has this id."""
    folder = tree.find_child(call.draft, parent, id_or_name)
    return folder or find_by_id(call, parent, id_or_name)


def find_by_id(call: Call, parent: Row, folder_id: str) -> Row | None:
    folder = call.draft.get(tables.folders(parent["envId"]), folder_id)
    return folder if folder is not None and folder["parentId"] == parent["id"] else None


# ---- answers
def describe_folder(call: Call, folder: Row) -> dict[str, Any]:
    return pick(folder, *COLUMNS, *(() if call.is_2024 else NEW_COLUMNS))


def describe_with_path(call: Call, folder: Row) -> dict[str, Any]:
    """Return a folder with its path. In October 2024 the answers of writes have no path."""
    path = {} if call.is_2024 else {"path": tree.get_path(call.draft, folder)}
    return {**describe_folder(call, folder), **path}


def make_sort_key(folder: Row) -> tuple[str, str]:
    return folder["name"].casefold(), folder["name"]


# ---- creating and updating
def create_old_folder(call: Call) -> Answer:
    """Create a folder as October 2024 does: by the nearest existing folder of the whole path, with any name.

    An empty name is the folder of the path itself. A name with a slash is looked up as a path, and stored as it is.
    """
    project_id, path, slug = call.body["workspaceId"], call.body["path"], call.body["environment"]
    name = call.body["name"]
    permit(call, project_id, "create", SUBJECT, environment=slug, path=path)
    environment = get_environment(call, project_id, slug)
    parts = tree.split_path(f"{path}/{name}")
    if not all(re.fullmatch(r"[A-Za-z0-9_-]+", part) for part in parts) or len(parts) > DEPTH_LIMIT:
        raise internal_error()
    nearest, depth = tree.get_root(call.draft, environment["id"]), 0
    while depth < len(parts) and (child := tree.find_child(call.draft, nearest, parts[depth])) is not None:
        nearest, depth = child, depth + 1
    if depth == len(parts):
        return {"folder": describe_folder(call, nearest)}
    nearest_path = tree.get_path(call.draft, nearest)
    missing = [] if nearest_path == path else tree.split_path(path[len(nearest_path) :])
    for part in missing:
        nearest = tree.create_folder(call, project_id, environment["id"], part, nearest)
    return {"folder": describe_folder(call, tree.create_folder(call, project_id, environment["id"], name, nearest))}


def create_folder(call: Call) -> Answer:
    project_id, path, slug = get_project_id(call.body), get_path(call.body), call.body["environment"]
    permit(call, project_id, "create", SUBJECT, environment=slug, path=path)
    environment = get_environment(call, project_id, slug)
    parent = tree.get_root(call.draft, environment["id"])
    for part in tree.split_path(path):
        parent = tree.find_child(call.draft, parent, part) or tree.create_folder(
            call, project_id, environment["id"], part, parent
        )
    name = call.body["name"]
    folder = tree.find_child(call.draft, parent, name)
    if folder is not None and not call.is_2024:
        # secret-folder-service.ts at 4af40163 (2026); in 2024 creating an existing folder answers with it
        raise bad_request(f"Folder with name '{name}' already exists in path '{path}'")
    description = None if call.is_2024 else call.body.get("description")
    folder = folder or tree.create_folder(call, project_id, environment["id"], name, parent, description)
    return {"folder": describe_with_path(call, folder)}


def change_folder(call: Call, parent: Row, folder: Row, change: Any, error: str) -> Row:
    """Change the name or description of a folder: a new version."""
    if change["name"] != folder["name"] and tree.find_child(call.draft, parent, change["name"]) is not None:
        raise bad_request("Folder with specified name already exists", error)
    columns = {"name": change["name"], "version": folder["version"] + 1, "updatedAt": call.timestamp}
    if "description" in change and not call.is_2024:
        columns["description"] = change["description"]
    return call.draft.merge(tables.folders(folder["envId"]), folder["id"], **columns)


def find_updated(call: Call, parent: Row, folder_id: str) -> Row | None:
    """Return the folder that an update names by its id. Old clients send its name."""
    return find_by_id(call, parent, folder_id) if is_id(folder_id) else tree.find_child(call.draft, parent, folder_id)


def update_folder(call: Call) -> Answer:
    project_id, path, slug = get_project_id(call.body), get_path(call.body), call.body["environment"]
    permit(call, project_id, "edit", SUBJECT, environment=slug, path=path)
    parent = tree.get_folder(call, project_id, slug, path, "UpdateFolder")
    folder = find_updated(call, parent, call.path["folderId"])
    if folder is None:
        raise not_found(f"Folder with ID '{call.path['folderId']}' not found", "UpdateFolder")
    return {"folder": describe_with_path(call, change_folder(call, parent, folder, call.body, "UpdateFolder"))}


def update_folders(call: Call) -> Answer:
    project_id = (
        call.body["projectId"]
        if "projectId" in call.body
        else get_project_by_slug(call, call.body["projectSlug"])["id"]
    )
    changes = call.body["folders"]
    for change in changes:
        permit(call, project_id, "edit", SUBJECT, environment=change["environment"], path=change["path"])
    folders = []
    for change in changes:
        slug = change["environment"]
        parent = tree.get_folder(call, project_id, slug, check_path(change["path"]), "UpdateManyFolders")
        folder = find_updated(call, parent, change["id"])
        if folder is None:
            raise not_found(
                f"Folder with id '{change['id']}' in environment with slug '{slug}' not found", "UpdateManyFolders"
            )
        folders.append(change_folder(call, parent, folder, change, "Batch update folder"))
    return {"folders": [describe_folder(call, folder) for folder in folders]}


# ---- deleting
def delete_folder(call: Call) -> Answer:
    project_id, path, slug = get_project_id(call.body), get_path(call.body), call.body["environment"]
    permit(call, project_id, "delete", SUBJECT, environment=slug, path=path)
    environment = get_environment(call, project_id, slug, in_project=False)
    parent = tree.get_folder(call, project_id, slug, path)
    id_or_name = call.path["folderIdOrName"]
    folder = find_folder(call, parent, id_or_name)
    # $checkFolderPolicy in secret-folder-service.ts at 4af40163 skips identities, and with it its own refusal
    is_checked = not call.is_2024 and call.actor.kind != "identity"
    if folder is None and is_checked:
        raise not_found("Target folder not found")
    if folder is None:
        text = "Failed to delete folder with ID '{}', not found" if call.is_2024 else "Folder with ID '{}' not found"
        raise not_found(text.format(id_or_name))
    subfolders = list(tree.walk_folders(call.draft, folder, tree.get_path(call.draft, folder)))
    if is_checked:
        refuse_protected(call, project_id, environment, subfolders)
    is_forced = call.is_2024 or call.body.get("forceDelete", "workspaceId" in call.body)
    if not is_forced and is_full(call, folder):
        raise bad_request(
            f'Cannot delete folder "{folder["name"]}" because it contains resources. '
            "Use forceDelete=true to delete it forcefully.",
            "deleteFolder",
        )
    drop_tree(call, folder)
    return {"folder": describe_folder(call, folder)}


def drop_tree(call: Call, folder: Row) -> None:
    """Remove a folder and its subfolders with their secrets, imports, dynamic secrets and leases."""
    for _, subfolder in list(tree.walk_folders(call.draft, folder, "/")):
        drop_secrets(call, subfolder)
        drop_dynamic_secrets(call, subfolder["id"])
        call.draft.clear(tables.imports(subfolder["id"]))
        call.draft.drop(tables.folders(subfolder["envId"]), subfolder["id"])
        call.draft.drop(tables.FOLDER_PLACES, subfolder["id"])


def refuse_protected(call: Call, project_id: str, environment: Row, folders: list[tuple[str, Row]]) -> None:
    """Refuse to delete folders with secrets that an approval policy protects."""
    policies = call.draft.where(tables.approval_policies(project_id), envId=environment["id"])
    for path, folder in folders:
        if not call.draft.rows(tables.secrets(folder["id"])):
            continue
        policy = resolve_policy(policies, path)
        if policy is not None:
            raise bad_request(
                "You cannot delete the selected folder because it contains one or more secrets that are protected "
                f'by the change policy "{policy["name"]}" at folder path "{path}". '
                f'Please remove the secrets at folder path "{path}" and try again.',
                "DeleteFolderProtectedByPolicy",
            )


def is_full(call: Call, folder: Row) -> bool:
    """Return True if a folder has secrets, dynamic secrets or subfolders; imports do not count."""
    contents = (tables.secrets(folder["id"]), get_secrets_table(folder["id"]))
    return any(call.draft.rows(name) for name in contents) or bool(tree.list_children(call.draft, folder))


# ---- reading
def list_folders(call: Call) -> Answer:
    """List folders, for all members of a project."""
    project_id, path, slug = get_project_id(call.query), get_path(call.query), call.query["environment"]
    require_membership(call, project_id, SUBJECT)
    environment = get_environment(call, project_id, slug, in_project=False)
    parent = tree.find_exact_folder(call.draft, environment["id"], path)
    if parent is None:
        return {"folders": []}
    if call.is_2024:
        children = tree.list_children(call.draft, parent)
        return {"folders": [describe_folder(call, one) for one in children if not one["isReserved"]]}
    since = call.query["lastSecretModified"]
    if call.query["recursive"]:
        subfolders = list(tree.walk_folders(call.draft, parent, "/"))[1:]
        subfolders.sort(key=lambda one: (len(tree.split_path(one[0])), make_sort_key(one[1])))
        answers = [({**describe_folder(call, one), "relativePath": path}, one) for path, one in subfolders]
    else:
        children = sorted(tree.list_children(call.draft, parent), key=make_sort_key)
        answers = [(describe_folder(call, one), one) for one in children]
    return {
        "folders": [
            answer for answer, one in answers if not one["isReserved"] and (since is None or is_modified(one, since))
        ]
    }


def is_modified(folder: Row, since: str) -> bool:
    modified = folder["lastSecretModified"]
    return modified is not None and parse_time(modified) >= parse_time(since)


def get_folder(call: Call) -> Answer:
    if not call.is_2024:
        require_id(call.path["id"])
    folder = tree.find_folder_by_id(call.draft, call.path["id"])
    if folder is None:
        raise not_found(f"Folder with ID '{call.path['id']}' not found")
    project_id, environment, path = tree.locate_folder(call.draft, folder)
    require_membership(call, project_id, SUBJECT)
    where = {"envId": environment["id"], "envName": environment["name"], "envSlug": environment["slug"]}
    return {"folder": {**describe_folder(call, folder), "environment": where, "path": path, "projectId": project_id}}


# ---- the routes
CREATE_ROUTE = route(
    "POST", FOLDERS_PATH, generation="current", access=READERS, limit="secrets", body=obj(**IN_PROJECT, **CHANGE_FIELDS)
)(create_folder)
UPDATE_ROUTE = route(
    "PATCH",
    f"{FOLDERS_PATH}/{{folderId}}",
    generation="current",
    access=READERS,
    limit="secrets",
    body=obj(**IN_PROJECT, **CHANGE_FIELDS),
)(update_folder)
UPDATE_BATCH_ROUTE = route(
    "PATCH",
    f"{FOLDERS_PATH}/batch",
    generation="current",
    access=READERS,
    limit="secrets",
    body=obj(projectId=string(), folders=CHANGES_FIELD),
)(update_folders)
DELETE_ROUTE = route(
    "DELETE",
    f"{FOLDERS_PATH}/{{folderIdOrName}}",
    generation="current",
    access=READERS,
    limit="secrets",
    body=obj(**IN_PROJECT, forceDelete=boolean().optional(False)),
)(delete_folder)
LIST_ROUTE = route(
    "GET",
    FOLDERS_PATH,
    generation="current",
    access=READERS,
    query=obj({**IN_PROJECT, "path": make_folder_path_field()}, **FILTER_FIELDS),
)(list_folders)
GET_ROUTE = route("GET", f"{FOLDERS_PATH}/{{id}}", generation="current", access=READERS)(get_folder)

# ---- the old paths
OLD_CREATE_ROUTE = route(
    "POST",
    OLD_FOLDERS_PATH,
    generation="current",
    access=READERS,
    limit="secrets",
    body=obj(**IN_WORKSPACE, **CHANGE_FIELDS),
)(create_folder)
OLD_UPDATE_ROUTE = route(
    "PATCH",
    f"{OLD_FOLDERS_PATH}/{{folderId}}",
    generation="current",
    access=READERS,
    limit="secrets",
    body=obj(**IN_WORKSPACE, **CHANGE_FIELDS),
)(update_folder)
OLD_UPDATE_BATCH_ROUTE = route(
    "PATCH",
    f"{OLD_FOLDERS_PATH}/batch",
    generation="current",
    access=READERS,
    limit="secrets",
    body=obj(projectSlug=string(), folders=CHANGES_FIELD),
)(update_folders)
OLD_DELETE_ROUTE = route(
    "DELETE",
    f"{OLD_FOLDERS_PATH}/{{folderIdOrName}}",
    generation="current",
    access=READERS,
    limit="secrets",
    body=obj(**IN_WORKSPACE),
)(delete_folder)
OLD_LIST_ROUTE = route(
    "GET", OLD_FOLDERS_PATH, generation="current", access=READERS, query=obj(**IN_WORKSPACE, **FILTER_FIELDS)
)(list_folders)

# ---- the old paths in October 2024
CREATE_ROUTE_2024 = route(
    "POST",
    OLD_FOLDERS_PATH,
    generation="2024-10",
    access=READERS,
    limit="secrets",
    body=obj(**IN_OLD_WORKSPACE, name=string()),
)(create_old_folder)
UPDATE_ROUTE_2024 = route(
    "PATCH",
    f"{OLD_FOLDERS_PATH}/{{folderId}}",
    generation="2024-10",
    access=READERS,
    limit="secrets",
    body=obj(**IN_OLD_WORKSPACE, name=string()),
)(update_folder)
UPDATE_BATCH_ROUTE_2024 = route(
    "PATCH",
    f"{OLD_FOLDERS_PATH}/batch",
    generation="2024-10",
    access=READERS,
    limit="secrets",
    body=obj(projectSlug=string(), folders=OLD_CHANGES_FIELD),
)(update_folders)
DELETE_ROUTE_2024 = route(
    "DELETE",
    f"{OLD_FOLDERS_PATH}/{{folderIdOrName}}",
    generation="2024-10",
    access=READERS,
    limit="secrets",
    body=obj(**IN_OLD_WORKSPACE),
)(delete_folder)
LIST_ROUTE_2024 = route("GET", OLD_FOLDERS_PATH, generation="2024-10", access=READERS, query=obj(**IN_OLD_WORKSPACE))(
    list_folders
)

# ---- both
OLD_GET_ROUTE = route("GET", f"{OLD_FOLDERS_PATH}/{{id}}", access=READERS)(get_folder)
