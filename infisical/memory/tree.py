"""The tree: the environments of a project and their folders, looked up by slug, path and id, and created.

The path of a folder is `/a/b`, the path of the root folder is `/`. Secrets and imports have other modules.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from infisical.memory import tables
from infisical.memory.call import Call
from infisical.memory.refusals import not_found
from infisical.memory.state import Draft, Row

ROOT_NAME: Final = "root"
"""The name of the root folder of an environment."""
DEFAULT_ENVIRONMENTS: Final = (("Development", "dev"), ("Staging", "staging"), ("Production", "prod"))


def normalize_path(path: str) -> str:
    """Return a path as the server stores it: with one leading slash and no trailing slash."""
    return "/" + "/".join(part for part in path.split("/") if part)


def remove_trailing_slash(path: str) -> str:
    """Return a path without one trailing slash; the root folder keeps its own."""
    return path[:-1] if len(path) > 1 and path.endswith("/") else path


def split_path(path: str) -> list[str]:
    return [part for part in path.split("/") if part]


# ---- environments
def list_environments(draft: Draft, project_id: str) -> list[Row]:
    """Return a project's environments by position."""
    return sorted(draft.rows(tables.environments(project_id)).values(), key=lambda row: int(row["position"]))


def find_environment(draft: Draft, project_id: str, slug: str) -> Row | None:
    return draft.find(tables.environments(project_id), slug=slug)


def create_environment(call: Call, project_id: str, name: str, slug: str, position: int) -> Row:
    """Create an environment with its root folder."""
    row = call.new_row(name=name, slug=slug, position=position, projectId=project_id)
    call.draft.put(tables.environments(project_id), row["id"], row)
    create_folder(call, project_id, row["id"], ROOT_NAME, None)
    return row


# ---- folders
def create_folder(
    call: Call, project_id: str, environment_id: str, name: str, parent: Row | None, description: str | None = None
) -> Row:
    """Create a folder under its parent."""
    row = call.new_row(
        name=name,
        version=1,
        envId=environment_id,
        parentId=None if parent is None else parent["id"],
        isReserved=False,
        description=description,
        lastSecretModified=None,
    )
    call.draft.put(tables.folders(environment_id), row["id"], row)
    call.draft.put(tables.FOLDER_PLACES, row["id"], {"projectId": project_id, "envId": environment_id})
    return row


def get_root(draft: Draft, environment_id: str) -> Row:
    folder = draft.find(tables.folders(environment_id), parentId=None)
    assert folder is not None, "create_environment creates the root folder"
    return folder


def list_children(draft: Draft, folder: Row) -> list[Row]:
    """Return the direct subfolders of a folder."""
    return draft.where(tables.folders(folder["envId"]), parentId=folder["id"])


def find_child(draft: Draft, folder: Row, name: str) -> Row | None:
    return draft.find(tables.folders(folder["envId"]), parentId=folder["id"], name=name)


def find_folder_at(draft: Draft, environment_id: str, path: str) -> Row | None:
    """Return the folder at a path; None if there is no such folder."""
    folder = get_root(draft, environment_id)
    for part in split_path(path):
        child = find_child(draft, folder, part)
        if child is None:
            return None
        folder = child
    return folder


def find_exact_folder(draft: Draft, environment_id: str, path: str) -> Row | None:
    """Return the folder at a path; None if the path is not the folder's own, but for one trailing slash."""
    if remove_trailing_slash(path) != normalize_path(path):
        return None
    return find_folder_at(draft, environment_id, path)


def find_folder(draft: Draft, project_id: str, slug: str, path: str) -> Row | None:
    """Return the folder at a path of an environment; None if there is no such environment or folder.

    The path must be the folder's own, but for one trailing slash (findBySecretPath in secret-folder-dal.ts).
    """
    environment = find_environment(draft, project_id, slug)
    return None if environment is None else find_exact_folder(draft, environment["id"], path)


def get_folder(call: Call, project_id: str, slug: str, path: str, error: str = "NotFound") -> Row:
    """Return the folder at a path of an environment; refuse unless it exists, with `error` in the body."""
    folder = find_folder(call.draft, project_id, slug, path)
    if folder is None:
        raise not_found(f"Folder with path '{path}' in environment with slug '{slug}' not found", error)
    return folder


def find_folder_by_id(draft: Draft, folder_id: str) -> Row | None:
    place = draft.get(tables.FOLDER_PLACES, folder_id)
    return None if place is None else draft.get(tables.folders(place["envId"]), folder_id)


def locate_folder(draft: Draft, folder: Row) -> tuple[str, Row, str]:
    """Return the place of a folder: the id of its project, its environment and its path."""
    place = draft.rows(tables.FOLDER_PLACES)[folder["id"]]
    environment = draft.rows(tables.environments(place["projectId"]))[folder["envId"]]
    return place["projectId"], environment, get_path(draft, folder)


def get_path(draft: Draft, folder: Row) -> str:
    names = []
    while folder["parentId"] is not None:
        names.append(folder["name"])
        folder = draft.rows(tables.folders(folder["envId"]))[folder["parentId"]]
    return "/" + "/".join(reversed(names))


def walk_folders(draft: Draft, folder: Row, path: str) -> Iterator[tuple[str, Row]]:
    """Yield a folder and all folders below it with their paths; a folder precedes its subfolders."""
    subfolders: dict[str | None, list[Row]] = {}
    for row in draft.rows(tables.folders(folder["envId"])).values():
        subfolders.setdefault(row["parentId"], []).append(row)
    queue = [(path, folder)]
    while queue:
        path, folder = queue.pop()
        yield path, folder
        queue += [(f"{path.rstrip('/')}/{row['name']}", row) for row in reversed(subfolders.get(folder["id"], ()))]


def touch(call: Call, folder: Row) -> None:
    """Record that a secret of a folder has just changed."""
    call.draft.merge(tables.folders(folder["envId"]), folder["id"], lastSecretModified=call.timestamp)
