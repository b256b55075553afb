"""The tree: environments of a project and the folders in them, found by slug, path and id, and made.

A folder's path is written `/a/b`, the root `/`. What lies in a folder is told by the modules of secrets and imports.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from infisical.memory import tables
from infisical.memory.call import Call
from infisical.memory.refusals import not_found
from infisical.memory.state import Draft, Row

ROOT_NAME: Final = "root"
"""The name of the folder that an environment begins with."""
DEFAULT_ENVIRONMENTS: Final = (("Development", "dev"), ("Staging", "staging"), ("Production", "prod"))


def normalize_path(path: str) -> str:
    """Write a path as the server keeps it: one leading slash, none at its end."""
    return "/" + "/".join(part for part in path.split("/") if part)


def split_path(path: str) -> list[str]:
    return [part for part in path.split("/") if part]


# ---- environments
def list_environments(draft: Draft, project_id: str) -> list[Row]:
    """Return a project's environments in their order."""
    return sorted(draft.rows(tables.environments(project_id)).values(), key=lambda row: int(row["position"]))


def find_environment(draft: Draft, project_id: str, slug: str) -> Row | None:
    return draft.find(tables.environments(project_id), slug=slug)


def create_environment(call: Call, project_id: str, name: str, slug: str, position: int) -> Row:
    """Put an environment with its root folder."""
    row = call.new_row(name=name, slug=slug, position=position, projectId=project_id)
    call.draft.put(tables.environments(project_id), row["id"], row)
    create_folder(call, project_id, row["id"], ROOT_NAME, None)
    return row


# ---- folders
def create_folder(
    call: Call, project_id: str, environment_id: str, name: str, parent: Row | None, description: str | None = None
) -> Row:
    """Put a folder under its parent."""
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
    found = draft.find(tables.folders(environment_id), parentId=None)
    assert found is not None, "an environment is made with its root folder"
    return found


def list_children(draft: Draft, folder: Row) -> list[Row]:
    """Return the folders right under a folder."""
    return draft.where(tables.folders(folder["envId"]), parentId=folder["id"])


def find_child(draft: Draft, folder: Row, name: str) -> Row | None:
    return draft.find(tables.folders(folder["envId"]), parentId=folder["id"], name=name)


def find_folder_at(draft: Draft, environment_id: str, path: str) -> Row | None:
    """Return the folder of a path, None if there is none."""
    found = get_root(draft, environment_id)
    for part in split_path(path):
        under = find_child(draft, found, part)
        if under is None:
            return None
        found = under
    return found


def find_folder(draft: Draft, project_id: str, slug: str, path: str) -> Row | None:
    """Return the folder of an environment's path, None if there is no such environment or folder."""
    found = find_environment(draft, project_id, slug)
    return None if found is None else find_folder_at(draft, found["id"], path)


def get_folder(call: Call, project_id: str, slug: str, path: str, error: str = "NotFound") -> Row:
    """Return the folder of an environment's path, or refuse as the server does; `error` is the body's error."""
    found = find_folder(call.draft, project_id, slug, path)
    if found is None:
        raise not_found(f"Folder with path '{path}' in environment with slug '{slug}' not found", error)
    return found


def find_folder_by_id(draft: Draft, folder_id: str) -> Row | None:
    place = draft.get(tables.FOLDER_PLACES, folder_id)
    return None if place is None else draft.get(tables.folders(place["envId"]), folder_id)


def locate_folder(draft: Draft, folder: Row) -> tuple[str, Row, str]:
    """Return where a folder lies: its project's id, its environment, its path."""
    place = draft.rows(tables.FOLDER_PLACES)[folder["id"]]
    found = draft.rows(tables.environments(place["projectId"]))[folder["envId"]]
    return place["projectId"], found, get_path(draft, folder)


def get_path(draft: Draft, folder: Row) -> str:
    names = []
    while folder["parentId"] is not None:
        names.append(folder["name"])
        folder = draft.rows(tables.folders(folder["envId"]))[folder["parentId"]]
    return "/" + "/".join(reversed(names))


def walk_folders(draft: Draft, folder: Row, path: str) -> Iterator[tuple[str, Row]]:
    """Yield a folder and all folders under it, each with its path; a folder before those in it."""
    under: dict[str | None, list[Row]] = {}
    for row in draft.rows(tables.folders(folder["envId"])).values():
        under.setdefault(row["parentId"], []).append(row)
    waiting = [(path, folder)]
    while waiting:
        here, one = waiting.pop()
        yield here, one
        waiting += [(f"{here.rstrip('/')}/{row['name']}", row) for row in reversed(under.get(one["id"], ()))]


def touch(call: Call, folder: Row) -> None:
    """Note that a secret of a folder was changed just now."""
    call.draft.merge(tables.folders(folder["envId"]), folder["id"], lastSecretModified=call.at)
