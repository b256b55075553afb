"""Folders of an environment: made, renamed, listed, deleted; today's routes, and the older mount beside them.

The older mount names the project `workspaceId` and takes `directory` for `path`. How a path is found is told by
tree.py, what goes with a folder's secrets by the modules of secrets.
"""

from __future__ import annotations

import uuid
from typing import Any, Final

from infisical.memory import tables, tree
from infisical.memory.access import matches_scope, permit
from infisical.memory.call import Call, parse_time, pick
from infisical.memory.domain.places import checked, environment_of, let_in, project_by_slug, secret_path
from infisical.memory.dynamic_secrets.store import drop_dynamic_secrets, dynamic_secrets
from infisical.memory.refusals import bad_request, not_found
from infisical.memory.routing import READERS, Answer, route
from infisical.memory.secrets.store import drop_folder
from infisical.memory.state import Row
from infisical.memory.validation import array, boolean, datetime_text, loose_flag_text, obj, string

FOLDERS: Final = "/api/v2/folders"
OLD_FOLDERS: Final = "/api/v1/folders"
SUBJECT: Final = "secret-folders"
COLUMNS: Final = ("id", "name", "version", "createdAt", "updatedAt", "envId", "parentId", "isReserved")
LATER: Final = ("description", "lastSecretModified")
"""Columns that came after October 2024."""

NAME: Final = string(
    matches=r"[A-Za-z0-9_-]+",
    message="Invalid folder name. Only alphanumeric characters, dashes, and underscores are allowed.",
)
IN_PROJECT: Final = {"projectId": string(), "environment": string(), "path": secret_path().optional("/")}
IN_WORKSPACE: Final = {
    "workspaceId": string(),
    "environment": string(),
    "path": secret_path().optional(),
    "directory": secret_path().optional(),
}
"""`directory` is what the oldest clients call the path."""
CHANGE: Final = {"name": NAME, "description": string(trim=False).or_null().optional()}
CHANGES: Final = array(
    obj(id=string(trim=False), environment=string(), path=secret_path().optional("/"), **CHANGE), least=1, most=1000
)
FILTER: Final = {"lastSecretModified": datetime_text().optional(None), "recursive": loose_flag_text()}


# ---- what was asked
def project_of(sent: Any) -> str:
    return str(sent["projectId"] if "projectId" in sent else sent["workspaceId"])


def path_of(sent: Any) -> str:
    """Return the path of the folder around, as this or the older mount names it."""
    return checked(sent.get("path") or sent.get("directory") or "/")


def named(call: Call, parent: Row, id_or_name: str) -> Row | None:
    """Return the folder of a name in a folder; what no folder there is called may be an id."""
    found = tree.find_child(call.draft, parent, id_or_name)
    return found or identified(call, parent, id_or_name)


def identified(call: Call, parent: Row, folder_id: str) -> Row | None:
    found = call.draft.get(tables.folders(parent["envId"]), folder_id)
    return found if found is not None and found["parentId"] == parent["id"] else None


def is_id(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


# ---- what is answered
def shown(call: Call, folder: Row) -> dict[str, Any]:
    return pick(folder, *COLUMNS, *(() if call.is_2024 else LATER))


def with_path(call: Call, folder: Row) -> dict[str, Any]:
    """Return a folder with its path, which servers of October 2024 leave out of what they wrote."""
    path = {} if call.is_2024 else {"path": tree.get_path(call.draft, folder)}
    return {**shown(call, folder), **path}


def by_name(folder: Row) -> tuple[str, str]:
    return folder["name"].casefold(), folder["name"]


# ---- making and changing
def create_folder(call: Call) -> Answer:
    project_id, path, slug = project_of(call.body), path_of(call.body), call.body["environment"]
    permit(call, project_id, "create", SUBJECT, environment=slug, path=path)
    environment = environment_of(call, project_id, slug)
    parent = tree.get_root(call.draft, environment["id"])
    for part in tree.split_path(path):
        parent = tree.find_child(call.draft, parent, part) or tree.create_folder(
            call, project_id, environment["id"], part, parent
        )
    name = call.body["name"]
    found = tree.find_child(call.draft, parent, name)  # who makes a folder twice gets it as it is
    description = None if call.is_2024 else call.body.get("description")
    made = found or tree.create_folder(call, project_id, environment["id"], name, parent, description)
    return {"folder": with_path(call, made)}


def changed(call: Call, parent: Row, folder: Row, change: Any, error: str) -> Row:
    """Give a folder another name or description; every change is a new version."""
    if change["name"] != folder["name"] and tree.find_child(call.draft, parent, change["name"]) is not None:
        raise bad_request("Folder with specified name already exists", error)
    columns = {"name": change["name"], "version": folder["version"] + 1, "updatedAt": call.timestamp}
    if "description" in change and not call.is_2024:
        columns["description"] = change["description"]
    return call.draft.merge(tables.folders(folder["envId"]), folder["id"], **columns)


def found_for(call: Call, parent: Row, folder_id: str) -> Row | None:
    """Return the folder that an update names: by its id; old clients send a name."""
    return identified(call, parent, folder_id) if is_id(folder_id) else tree.find_child(call.draft, parent, folder_id)


def update_folder(call: Call) -> Answer:
    project_id, path, slug = project_of(call.body), path_of(call.body), call.body["environment"]
    permit(call, project_id, "edit", SUBJECT, environment=slug, path=path)
    parent = tree.get_folder(call, project_id, slug, path, "UpdateFolder")
    folder = found_for(call, parent, call.path["folderId"])
    if folder is None:
        raise not_found(f"Folder with ID '{call.path['folderId']}' not found", "UpdateFolder")
    return {"folder": with_path(call, changed(call, parent, folder, call.body, "UpdateFolder"))}


def update_folders(call: Call) -> Answer:
    project_id = (
        call.body["projectId"] if "projectId" in call.body else project_by_slug(call, call.body["projectSlug"])["id"]
    )
    changes = call.body["folders"]
    for change in changes:
        permit(call, project_id, "edit", SUBJECT, environment=change["environment"], path=change["path"])
    written = []
    for change in changes:
        slug = change["environment"]
        parent = tree.get_folder(call, project_id, slug, checked(change["path"]), "UpdateManyFolders")
        folder = found_for(call, parent, change["id"])
        if folder is None:
            raise not_found(
                f"Folder with id '{change['id']}' in environment with slug '{slug}' not found", "UpdateManyFolders"
            )
        written.append(changed(call, parent, folder, change, "Batch update folder"))
    return {"folders": [shown(call, folder) for folder in written]}


# ---- deleting
def delete_folder(call: Call) -> Answer:
    project_id, path, slug = project_of(call.body), path_of(call.body), call.body["environment"]
    permit(call, project_id, "delete", SUBJECT, environment=slug, path=path)
    environment = environment_of(call, project_id, slug, in_project=False)
    parent = tree.get_folder(call, project_id, slug, path)
    wanted = call.path["folderIdOrName"]
    folder = named(call, parent, wanted)
    if folder is None:
        raise not_found(
            f"Failed to delete folder with ID '{wanted}', not found" if call.is_2024 else "Target folder not found"
        )
    below = list(tree.walk_folders(call.draft, folder, tree.get_path(call.draft, folder)))
    if not call.is_2024:
        keep_protected(call, project_id, environment, below)
        if not call.body.get("forceDelete", "workspaceId" in call.body) and is_full(call, folder):
            raise bad_request(
                f'Cannot delete folder "{folder["name"]}" because it contains resources. '
                "Use forceDelete=true to delete it forcefully.",
                "deleteFolder",
            )
    drop_tree(call, folder)
    return {"folder": shown(call, folder)}


def drop_tree(call: Call, folder: Row) -> None:
    """Take a folder and those below it away, with their secrets, imports, dynamic secrets and leases."""
    for _, one in list(tree.walk_folders(call.draft, folder, "/")):
        drop_folder(call, one)
        drop_dynamic_secrets(call, one["id"])
        call.draft.clear(tables.imports(one["id"]))
        call.draft.drop(tables.folders(one["envId"]), one["id"])
        call.draft.drop(tables.FOLDER_PLACES, one["id"])


def keep_protected(call: Call, project_id: str, environment: Row, below: list[tuple[str, Row]]) -> None:
    """Refuse to delete secrets, which changes of have to be approved, together with their folder."""
    policies = call.draft.where(tables.approval_policies(project_id), envId=environment["id"])
    for path, folder in below:
        if not call.draft.rows(tables.secrets(folder["id"])):
            continue
        for policy in policies:
            pattern = policy["secretPath"]
            if pattern is None or matches_scope({"environment": "", "secretPath": pattern}, "", path):
                raise bad_request(
                    "You cannot delete the selected folder because it contains one or more secrets that are protected "
                    f'by the change policy "{policy["name"]}" at folder path "{path}". '
                    f'Please remove the secrets at folder path "{path}" and try again.',
                    "DeleteFolderProtectedByPolicy",
                )


def is_full(call: Call, folder: Row) -> bool:
    """Say whether a folder has secrets, dynamic secrets or folders in it; imports do not count."""
    holding = (tables.secrets(folder["id"]), dynamic_secrets(folder["id"]))
    return any(call.draft.rows(name) for name in holding) or bool(tree.list_children(call.draft, folder))


# ---- reading
def list_folders(call: Call) -> Answer:
    """Folders are listed to all members of a project, whatever their role."""
    project_id, path, slug = project_of(call.query), path_of(call.query), call.query["environment"]
    let_in(call, project_id, SUBJECT)
    environment = environment_of(call, project_id, slug, in_project=False)
    parent = tree.find_folder_at(call.draft, environment["id"], path)
    if parent is None:
        return {"folders": []}
    if call.is_2024:
        under = tree.list_children(call.draft, parent)
        return {"folders": [shown(call, one) for one in under if not one["isReserved"]]}
    since = call.query["lastSecretModified"]
    if call.query["recursive"]:
        below = list(tree.walk_folders(call.draft, parent, "/"))[1:]
        below.sort(key=lambda one: (len(tree.split_path(one[0])), by_name(one[1])))
        found = [({**shown(call, one), "relativePath": path}, one) for path, one in below]
    else:
        found = [(shown(call, one), one) for one in sorted(tree.list_children(call.draft, parent), key=by_name)]
    return {
        "folders": [
            answer for answer, one in found if not one["isReserved"] and (since is None or was_modified(one, since))
        ]
    }


def was_modified(folder: Row, since: str) -> bool:
    modified = folder["lastSecretModified"]
    return modified is not None and parse_time(modified) >= parse_time(since)


def get_folder(call: Call) -> Answer:
    folder = tree.find_folder_by_id(call.draft, call.path["id"])
    if folder is None:
        raise not_found(f"Folder with ID '{call.path['id']}' not found")
    project_id, environment, path = tree.locate_folder(call.draft, folder)
    let_in(call, project_id, SUBJECT)
    where = {"envId": environment["id"], "envName": environment["name"], "envSlug": environment["slug"]}
    return {"folder": {**shown(call, folder), "environment": where, "path": path, "projectId": project_id}}


# ---- the routes
CREATE = route(
    "POST", FOLDERS, generation="current", access=READERS, limit="secrets", body=obj(**IN_PROJECT, **CHANGE)
)(create_folder)
UPDATE = route(
    "PATCH",
    f"{FOLDERS}/{{folderId}}",
    generation="current",
    access=READERS,
    limit="secrets",
    body=obj(**IN_PROJECT, **CHANGE),
)(update_folder)
UPDATE_BATCH = route(
    "PATCH",
    f"{FOLDERS}/batch",
    generation="current",
    access=READERS,
    limit="secrets",
    body=obj(projectId=string(), folders=CHANGES),
)(update_folders)
DELETE = route(
    "DELETE",
    f"{FOLDERS}/{{folderIdOrName}}",
    generation="current",
    access=READERS,
    limit="secrets",
    body=obj(**IN_PROJECT, forceDelete=boolean().optional(False)),
)(delete_folder)
LIST = route(
    "GET", FOLDERS, generation="current", access=READERS, query=obj({**IN_PROJECT, "path": secret_path()}, **FILTER)
)(list_folders)
GET = route("GET", f"{FOLDERS}/{{id}}", generation="current", access=READERS)(get_folder)

# ---- the older mount
OLD_CREATE = route("POST", OLD_FOLDERS, access=READERS, limit="secrets", body=obj(**IN_WORKSPACE, **CHANGE))(
    create_folder
)
OLD_UPDATE = route(
    "PATCH", f"{OLD_FOLDERS}/{{folderId}}", access=READERS, limit="secrets", body=obj(**IN_WORKSPACE, **CHANGE)
)(update_folder)
OLD_UPDATE_BATCH = route(
    "PATCH",
    f"{OLD_FOLDERS}/batch",
    access=READERS,
    limit="secrets",
    body=obj(projectSlug=string(), folders=CHANGES),
)(update_folders)
OLD_DELETE = route(
    "DELETE", f"{OLD_FOLDERS}/{{folderIdOrName}}", access=READERS, limit="secrets", body=obj(**IN_WORKSPACE)
)(delete_folder)
OLD_LIST = route("GET", OLD_FOLDERS, access=READERS, query=obj(**IN_WORKSPACE, **FILTER))(list_folders)
OLD_GET = route("GET", f"{OLD_FOLDERS}/{{id}}", access=READERS)(get_folder)
