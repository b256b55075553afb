"""Folders: they hold the secrets of an environment (`/api/v2/folders`).

Models first, then the endpoint functions. In requests `path` is the parent folder, by default `/`. In responses `path`
is the path of the folder itself.
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

ACCESS = Access("secret_folders")


@dataclass(frozen=True, kw_only=True, slots=True)
class FolderEnvironment(Model):
    """The environment of a folder."""

    env_id: str
    env_name: str | None = None
    env_slug: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Folder(Model):
    """A folder. `get_by_id` adds `environment` and `project_id`; a recursive `list` adds `relative_path`."""

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
    """A change for `update_batch`. `name` is required even if it stays the same; `NULL` clears the description."""

    id: str
    environment: str
    name: str
    path: str | None = None
    description: str | Null | None = None


class SecretFolders(Group[R]):
    """The folders of an environment; `environment` is its slug."""

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
        """Create a folder, and any missing folder in `path`.

        A name consists of ASCII letters, digits, `-` and `_`. The server adds a missing leading slash to `path`.
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
        return http.post("/api/v2/folders", body=body, returns=one(Folder, at="folder"), access=ACCESS)

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

        `name` is required even if it stays the same; `NULL` clears the description. `path` locates the folder: it does
        not move it.
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
        route = "/api/v2/folders/{folderId}"
        return http.patch(route, {"folderId": folder_id}, body=body, returns=one(Folder, at="folder"), access=ACCESS)

    @endpoint
    @staticmethod
    def update_batch(*, project_id: str, folders: Sequence[FolderChange]) -> Request[tuple[Folder, ...]]:
        """Change one or more folders, each as in `update`.

        The response omits their paths. Errors are as in `update`.
        PATCH /api/v2/folders/batch
        """
        body = {"projectId": project_id, "folders": folders}
        return http.patch("/api/v2/folders/batch", body=body, returns=many(Folder, at="folders"), access=ACCESS)

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
        """Delete a folder; `force_delete` also deletes its contents.

        The server reads `folder_id_or_name` as a name first, then as an id. The request is a DELETE with a JSON body.
        Expect `NotFoundError` (no such folder in `path`), `BadRequestError` (the folder is not empty),
        `ForbiddenError`.
        DELETE /api/v2/folders/{folderIdOrName}
        """
        body = {"projectId": project_id, "environment": environment, "path": path, "forceDelete": force_delete}
        parts = {"folderIdOrName": folder_id_or_name}
        route = "/api/v2/folders/{folderIdOrName}"
        return http.delete(route, parts, body=body, returns=one(Folder, at="folder"), access=ACCESS)

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
        """List every folder in a folder, without paging.

        `path` has no default here; `/` is the root. A missing folder counts as empty. `last_secret_modified` (ISO 8601)
        selects folders whose secrets changed since then.
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
        return http.get("/api/v2/folders", query=query, returns=many(Folder, at="folders"), access=ACCESS)

    @endpoint
    @staticmethod
    def get_by_id(*, id: str) -> Request[Folder]:
        """Get a folder by its id.

        Expect `NotFoundError`, `ForbiddenError`.
        GET /api/v2/folders/{id}
        """
        return http.get("/api/v2/folders/{id}", {"id": id}, returns=one(Folder, at="folder"), access=ACCESS)
