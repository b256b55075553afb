"""Imports: folders that have the secrets of other folders or environments too (`/api/v2/secret-imports`).

Models first, then the endpoint functions. `environment` and `path` say which folder imports, `import_` which one is
imported.
"""

from __future__ import annotations

from dataclasses import dataclass

from infisical import request as http
from infisical.access import USERS, Access
from infisical.decode import many, one
from infisical.endpoints.projects import ProjectEnvironment
from infisical.endpoints.secrets import Secret
from infisical.group import Group, R, endpoint
from infisical.model import Model
from infisical.request import Request

PATH = "/api/v2/secret-imports/{secretImportId}"
IMPORTS = Access("secret_imports")
BY_PEOPLE = Access("secret_imports", server=USERS)


@dataclass(frozen=True, kw_only=True, slots=True)
class SecretImport(Model):
    """An import. With `get` comes who imports: `environment`, `project_id` and `secret_path`."""

    id: str
    folder_id: str | None = None
    import_path: str | None = None
    import_env: ProjectEnvironment | None = None
    position: int | None = None
    version: int | None = None
    is_replication: bool | None = None
    is_replication_success: bool | None = None
    replication_status: str | None = None
    last_replicated: str | None = None
    is_reserved: bool | None = None
    environment: ProjectEnvironment | None = None
    project_id: str | None = None
    secret_path: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SecretImportResponse(Model):
    """An import that was written, and what the server says of it."""

    secret_import: SecretImport
    message: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SecretImportList(Model):
    """The imports of a folder by their position, and what the server says of them."""

    secret_imports: tuple[SecretImport, ...]
    message: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ResyncResponse(Model):
    """What the server says of it."""

    message: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportedSecretGroup(Model):
    """The secrets that come from one folder."""

    secret_path: str
    environment: str
    environment_info: ProjectEnvironment | None = None
    folder_id: str | None = None
    secrets: tuple[Secret, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportSource(Model):
    """What to import: the slug of an environment, and a folder in it."""

    environment: str
    path: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportChange(Model):
    """What to change of an import; what is left out stays as it is."""

    environment: str | None = None
    path: str | None = None
    position: int | None = None


class SecretImports(Group[R]):
    """The imports of a folder, by default `/`, in an environment, which is named by its slug."""

    @endpoint
    @staticmethod
    def create(
        *,
        project_id: str,
        environment: str,
        import_: ImportSource,
        path: str | None = None,
        is_replication: bool | None = None,
    ) -> Request[SecretImportResponse]:
        """Import a folder, behind the imports that there are.

        The folder that is imported need not be there. `is_replication` (by default false) copies the secrets instead of
        looking them up.
        Expect `NotFoundError` (no such environment, or no folder that could import), `BadRequestError` (the two would
        import one another, or a plan without replication), `ForbiddenError`.
        POST /api/v2/secret-imports
        """
        body = {
            "projectId": project_id,
            "environment": environment,
            "path": path,
            "import": import_,
            "isReplication": is_replication,
        }
        return http.post("/api/v2/secret-imports", body=body, returns=one(SecretImportResponse), access=IMPORTS)

    @endpoint
    @staticmethod
    def update(
        *,
        secret_import_id: str,
        project_id: str,
        environment: str,
        import_: ImportChange,
        path: str | None = None,
    ) -> Request[SecretImportResponse]:
        """Import something else, or at another position among the imports of the folder.

        The import does not move: `environment` and `path` say where it is.
        Expect `NotFoundError` (no such folder or environment), `BadRequestError` (no such import in it, or the two
        would import one another), `ForbiddenError`.
        PATCH /api/v2/secret-imports/{secretImportId}
        """
        body = {"projectId": project_id, "environment": environment, "path": path, "import": import_}
        parts = {"secretImportId": secret_import_id}
        return http.patch(PATH, parts, body=body, returns=one(SecretImportResponse), access=IMPORTS)

    @endpoint
    @staticmethod
    def delete(
        *, secret_import_id: str, project_id: str, environment: str, path: str | None = None
    ) -> Request[SecretImportResponse]:
        """Delete an import, and with it what was replicated; sent as a DELETE with a body.

        Expect `NotFoundError` (no such import in `path`), `ForbiddenError`.
        DELETE /api/v2/secret-imports/{secretImportId}
        """
        body = {"projectId": project_id, "environment": environment, "path": path}
        parts = {"secretImportId": secret_import_id}
        return http.delete(PATH, parts, body=body, returns=one(SecretImportResponse), access=IMPORTS)

    @endpoint
    @staticmethod
    def resync_replication(
        *, secret_import_id: str, project_id: str, environment: str, path: str | None = None
    ) -> Request[ResyncResponse]:
        """Replicate an import again; the answer does not wait for it.

        Servers take the tokens of users only.
        Expect `NotFoundError` (no such import in `path`), `BadRequestError` (not a replication, or a plan without it),
        `ForbiddenError`.
        POST /api/v2/secret-imports/{secretImportId}/replication-resync
        """
        body = {"projectId": project_id, "environment": environment, "path": path}
        where = "/api/v2/secret-imports/{secretImportId}/replication-resync"
        parts = {"secretImportId": secret_import_id}
        return http.post(where, parts, body=body, returns=one(ResyncResponse), access=BY_PEOPLE)

    @endpoint
    @staticmethod
    def list(*, project_id: str, environment: str, path: str | None = None) -> Request[SecretImportList]:
        """List the imports of a folder: all of them, there are no pages.

        Expect `NotFoundError` (no such folder), `ForbiddenError`.
        GET /api/v2/secret-imports
        """
        query = {"projectId": project_id, "environment": environment, "path": path}
        return http.get("/api/v2/secret-imports", query=query, returns=one(SecretImportList), access=IMPORTS)

    @endpoint
    @staticmethod
    def get(*, secret_import_id: str) -> Request[SecretImport]:
        """Read an import by its id.

        Expect `NotFoundError`, `ForbiddenError`.
        GET /api/v2/secret-imports/{secretImportId}
        """
        parts = {"secretImportId": secret_import_id}
        return http.get(PATH, parts, returns=one(SecretImport, at="secretImport"), access=IMPORTS)

    @endpoint
    @staticmethod
    def get_raw_secrets(
        *, project_id: str, environment: str, path: str | None = None
    ) -> Request[tuple[ImportedSecretGroup, ...]]:
        """Read the secrets that a folder imports, folder by folder, but for those of replications.

        A folder that is not there imports nothing, and is not an error.
        Expect `ForbiddenError`.
        GET /api/v2/secret-imports/secrets
        """
        query = {"projectId": project_id, "environment": environment, "path": path}
        where = "/api/v2/secret-imports/secrets"
        return http.get(where, query=query, returns=many(ImportedSecretGroup, at="secrets"), access=IMPORTS)
