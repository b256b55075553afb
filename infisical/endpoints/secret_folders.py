"""Folders: where the secrets of an environment lie (`/api/v2/folders`).

Models first, then the endpoint functions. A `path` that is asked for is that of the folder around, by default `/`; that
of an answer is the folder's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from infisical import request as http
from infisical.access import Access
from infisical.decode import many, one
from infisical.group import Group, R, endpoint
from infisical.model import Model
from infisical.request import Null, Request

FOLDERS = Access("secret_folders")


@dataclass(frozen=True, kw_only=True, slots=True)
class FolderEnvironment(Model):
    """The environment that a folder is in."""

    env_id: str
    env_name: str | None = None
    env_slug: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Folder(Model):
    """A folder. `environment` and `project_id` come with `get_by_id`, `relative_path` with a recursive `list`."""

    id: str
    name: str | None = None
    description: str | None = None
    path: str | None = None
    relative_path: str | None = None
    version: int | None = None
    env_id: str | None = None
    parent_id: str | None = None
    is_reserved: bool | None = None
    environment: FolderEnvironment | None = None
    project_id: str | None = None
    last_secret_modified: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FolderChange(Model):
    """A change for `update_batch`; the name is needed even where it stays. `NULL` clears the description."""

    id: str
    environment: str
    name: str
    path: str | None = None
    description: str | Null | None = None


class SecretFolders(Group[R]):
    """The folders of an environment, which is named by its slug."""

    @endpoint
    @staticmethod
    def create(
        *,
        project_id: str,
        environment: str,
        name: str,
        path: str | None = None,
        description: str | Null | None = None,
    ) -> Request[Folder]:
        """Create a folder, and those of `path` that are not there.

        A name is made of ASCII letters, digits, `-` and `_`. The server puts a slash before `path` where there is none.
        Expect `ValidationError`, `BadRequestError` (the name is taken), `NotFoundError` (no such environment),
        `ForbiddenError`.
        POST /api/v2/folders
        """
        body = {
            "projectId": project_id,
            "environment": environment,
            "name": name,
            "path": path,
            "description": description,
        }
        return http.post("/api/v2/folders", body=body, returns=one(Folder, at="folder"), access=FOLDERS)

    @endpoint
    @staticmethod
    def update(
        *,
        folder_id: str,
        project_id: str,
        environment: str,
        name: str,
        path: str | None = None,
        description: str | Null | None = None,
    ) -> Request[Folder]:
        """Rename a folder, or change its description.

        The name is needed even where it stays; `NULL` clears the description. The folder does not move: `path` says
        where it is.
        Expect `NotFoundError` (no such folder in `path`), `BadRequestError` (the name is taken), `ValidationError`,
        `ForbiddenError`.
        PATCH /api/v2/folders/{folderId}
        """
        body = {
            "projectId": project_id,
            "environment": environment,
            "name": name,
            "path": path,
            "description": description,
        }
        where = "/api/v2/folders/{folderId}"
        return http.patch(where, {"folderId": folder_id}, body=body, returns=one(Folder, at="folder"), access=FOLDERS)

    @endpoint
    @staticmethod
    def update_batch(*, project_id: str, folders: Sequence[FolderChange]) -> Request[tuple[Folder, ...]]:
        """Change several folders, at least one, each as in `update`.

        The answer leaves their paths out. Errors as in `update`.
        PATCH /api/v2/folders/batch
        """
        body = {"projectId": project_id, "folders": folders}
        return http.patch("/api/v2/folders/batch", body=body, returns=many(Folder, at="folders"), access=FOLDERS)

    @endpoint
    @staticmethod
    def delete(
        *,
        folder_id_or_name: str,
        project_id: str,
        environment: str,
        path: str | None = None,
        force_delete: bool | None = None,
    ) -> Request[Folder]:
        """Delete a folder, and with `force_delete` what is in it; sent as a DELETE with a body.

        What could be a name or an id is a name first.
        Expect `NotFoundError` (no such folder in `path`), `BadRequestError` (it is not empty), `ForbiddenError`.
        DELETE /api/v2/folders/{folderIdOrName}
        """
        body = {"projectId": project_id, "environment": environment, "path": path, "forceDelete": force_delete}
        parts = {"folderIdOrName": folder_id_or_name}
        where = "/api/v2/folders/{folderIdOrName}"
        return http.delete(where, parts, body=body, returns=one(Folder, at="folder"), access=FOLDERS)

    @endpoint
    @staticmethod
    def list(
        *,
        project_id: str,
        environment: str,
        path: str,
        last_secret_modified: str | None = None,
        recursive: bool | None = None,
    ) -> Request[tuple[Folder, ...]]:
        """List the folders in a folder: all of them, there are no pages.

        There is no default for `path` here: `/` is the top, and a folder that is not there is an empty one.
        `last_secret_modified` (ISO 8601) asks for those whose secrets changed since.
        Expect `ValidationError`, `NotFoundError` (no such environment), `ForbiddenError`.
        GET /api/v2/folders
        """
        query = {
            "projectId": project_id,
            "environment": environment,
            "path": path,
            "lastSecretModified": last_secret_modified,
            "recursive": recursive,
        }
        return http.get("/api/v2/folders", query=query, returns=many(Folder, at="folders"), access=FOLDERS)

    @endpoint
    @staticmethod
    def get_by_id(*, id: str) -> Request[Folder]:
        """Read a folder by its id.

        Expect `NotFoundError`, `ForbiddenError`.
        GET /api/v2/folders/{id}
        """
        return http.get("/api/v2/folders/{id}", {"id": id}, returns=one(Folder, at="folder"), access=FOLDERS)
