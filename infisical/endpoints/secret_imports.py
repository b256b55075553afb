"""Imports: a folder can import the secrets of other folders or environments (`/api/v2/secret-imports`).

Models first, then the endpoint functions. `environment` and `path` locate the importing folder; `import_` describes the
imported one.
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
ACCESS = Access("secret_imports")
USER_ACCESS = Access("secret_imports", server=USERS)


@dataclass(frozen=True, kw_only=True, slots=True)
class SecretImport(Model):
    """An import. Only `get` fills `environment`, `project_id` and `secret_path`, which locate the importing folder."""

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
    """The import that was written, and the server's message."""

    secret_import: SecretImport
    message: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SecretImportList(Model):
    """The imports of a folder in the order of their position, and the server's message."""

    secret_imports: tuple[SecretImport, ...]
    message: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ResyncResponse(Model):
    """The server's confirmation."""

    message: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportedSecretGroup(Model):
    """The secrets imported from one folder."""

    secret_path: str
    environment: str
    environment_info: ProjectEnvironment | None = None
    folder_id: str | None = None
    secrets: tuple[Secret, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportSource(Model):
    """The folder to import: the slug of its environment, and its path."""

    environment: str
    path: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportChange(Model):
    """A change of an import; omitted fields keep their value."""

    environment: str | None = None
    path: str | None = None
    position: int | None = None


class SecretImports(Group[R]):
    """The imports of a folder, by default `/`; `environment` is a slug."""

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
        """Import a folder, after the existing imports.

        The imported folder need not exist. `is_replication` (default false) copies the secrets instead of looking them
        up.
        Expect `NotFoundError` (no such environment, or no such importing folder), `BadRequestError` (the two folders
        would import each other, or the plan has no replication), `ForbiddenError`.
        POST /api/v2/secret-imports
        """
        body = {
            "projectId": project_id,
            "environment": environment,
            "path": path,
            "import": import_,
            "isReplication": is_replication,
        }
        return http.post("/api/v2/secret-imports", body=body, returns=one(SecretImportResponse), access=ACCESS)

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
        """Import another folder, or change the position among the imports of the folder.

        `environment` and `path` locate the import: they do not move it.
        Expect `NotFoundError` (no such folder or environment), `BadRequestError` (no such import in the folder, or the
        two folders would import each other), `ForbiddenError`.
        PATCH /api/v2/secret-imports/{secretImportId}
        """
        body = {"projectId": project_id, "environment": environment, "path": path, "import": import_}
        parts = {"secretImportId": secret_import_id}
        return http.patch(PATH, parts, body=body, returns=one(SecretImportResponse), access=ACCESS)

    @endpoint
    @staticmethod
    def delete(
        *, secret_import_id: str, project_id: str, environment: str, path: str | None = None
    ) -> Request[SecretImportResponse]:
        """Delete an import, and the secrets that it replicated.

        The request is a DELETE with a JSON body.
        Expect `NotFoundError` (no such import in `path`), `ForbiddenError`.
        DELETE /api/v2/secret-imports/{secretImportId}
        """
        body = {"projectId": project_id, "environment": environment, "path": path}
        parts = {"secretImportId": secret_import_id}
        return http.delete(PATH, parts, body=body, returns=one(SecretImportResponse), access=ACCESS)

    @endpoint
    @staticmethod
    def resync_replication(
        *, secret_import_id: str, project_id: str, environment: str, path: str | None = None
    ) -> Request[ResyncResponse]:
        """Replicate an import again; the server responds before the replication has finished.

        Servers accept users' tokens only.
        Expect `NotFoundError` (no such import in `path`), `BadRequestError` (the import is not a replication, or the
        plan has none), `ForbiddenError`.
        POST /api/v2/secret-imports/{secretImportId}/replication-resync
        """
        body = {"projectId": project_id, "environment": environment, "path": path}
        route = "/api/v2/secret-imports/{secretImportId}/replication-resync"
        parts = {"secretImportId": secret_import_id}
        return http.post(route, parts, body=body, returns=one(ResyncResponse), access=USER_ACCESS)

    @endpoint
    @staticmethod
    def list(*, project_id: str, environment: str, path: str | None = None) -> Request[SecretImportList]:
        """List every import of a folder, without paging.

        Expect `NotFoundError` (no such folder), `ForbiddenError`.
        GET /api/v2/secret-imports
        """
        query = {"projectId": project_id, "environment": environment, "path": path}
        return http.get("/api/v2/secret-imports", query=query, returns=one(SecretImportList), access=ACCESS)

    @endpoint
    @staticmethod
    def get(*, secret_import_id: str) -> Request[SecretImport]:
        """Get an import by its id.

        Expect `NotFoundError`, `ForbiddenError`.
        GET /api/v2/secret-imports/{secretImportId}
        """
        parts = {"secretImportId": secret_import_id}
        return http.get(PATH, parts, returns=one(SecretImport, at="secretImport"), access=ACCESS)

    @endpoint
    @staticmethod
    def get_raw_secrets(
        *, project_id: str, environment: str, path: str | None = None
    ) -> Request[tuple[ImportedSecretGroup, ...]]:
        """Get the secrets that a folder imports, grouped by source folder, without those of replications.

        A missing folder imports nothing; it is not an error.
        Expect `ForbiddenError`.
        GET /api/v2/secret-imports/secrets
        """
        query = {"projectId": project_id, "environment": environment, "path": path}
        route = "/api/v2/secret-imports/secrets"
        return http.get(route, query=query, returns=many(ImportedSecretGroup, at="secrets"), access=ACCESS)
