"""Secret syncs: folders whose secrets the server copies to another service (`/api/v1/secret-syncs`).

Models first, then the endpoint functions. The contents of `destination_config` and `sync_options` depend on the
destination: they are mappings in the server's form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from infisical import request as http
from infisical.access import Access
from infisical.decode import many, one
from infisical.endpoints.projects import ProjectEnvironment
from infisical.group import Group, R, endpoint
from infisical.model import Model
from infisical.request import Null, Request

PATH = "/api/v1/secret-syncs/{destination}/{syncId}"
ACCESS = Access("secret_syncs")
ImportBehavior: TypeAlias = Literal["prioritize-source", "prioritize-destination"] | str
Destination: TypeAlias = (
    Literal[
        "1password",
        "aws-parameter-store",
        "aws-secrets-manager",
        "azure-app-configuration",
        "azure-devops",
        "azure-entra-id-scim",
        "azure-key-vault",
        "bitbucket",
        "camunda",
        "checkly",
        "chef",
        "circleci",
        "cloudflare-pages",
        "cloudflare-workers",
        "databricks",
        "devin",
        "digital-ocean-app-platform",
        "external-infisical",
        "flyio",
        "gcp-secret-manager",
        "github",
        "gitlab",
        "hashicorp-vault",
        "heroku",
        "humanitec",
        "laravel-forge",
        "netlify",
        "northflank",
        "oci-vault",
        "octopus-deploy",
        "ona",
        "ovh",
        "qovery",
        "railway",
        "render",
        "snowflake",
        "supabase",
        "teamcity",
        "terraform-cloud",
        "travis-ci",
        "trigger-dev",
        "vercel",
        "windmill",
        "zabbix",
    ]
    | str
)


@dataclass(frozen=True, kw_only=True, slots=True)
class SyncConnection(Model):
    """The app connection that a sync uses."""

    id: str
    app: str | None = None
    name: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SyncFolder(Model):
    """The folder whose secrets a sync copies."""

    id: str
    path: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SecretSync(Model):
    """A sync, and the state of its last jobs.

    The form of `destination_config` and `sync_options` depends on the destination.
    """

    id: str
    name: str | None = None
    description: str | None = None
    destination: str | None = None
    destination_config: Mapping[str, Any] | None = field(default=None, repr=False, hash=False)
    sync_options: Mapping[str, Any] | None = field(default=None, repr=False, hash=False)
    is_auto_sync_enabled: bool | None = None
    version: int | None = None
    project_id: str | None = None
    folder_id: str | None = None
    connection_id: str | None = None
    connection: SyncConnection | None = None
    environment: ProjectEnvironment | None = None
    folder: SyncFolder | None = None
    sync_status: str | None = None
    last_sync_job_id: str | None = None
    last_sync_message: str | None = None
    last_synced_at: str | None = None
    import_status: str | None = None
    last_import_job_id: str | None = None
    last_import_message: str | None = None
    last_imported_at: str | None = None
    remove_status: str | None = None
    last_remove_job_id: str | None = None
    last_remove_message: str | None = None
    last_removed_at: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


class SecretSyncs(Group[R]):
    """Syncs of a project, by destination: `aws-parameter-store`, `github`, …

    The server runs a sync after the response: `sync_status`, `import_status` and `remove_status` have its progress.
    """

    @endpoint
    @staticmethod
    def create(
        *,
        destination: Destination,
        name: str,
        project_id: str,
        connection_id: str,
        environment: str,
        secret_path: str,
        sync_options: Mapping[str, Any],
        destination_config: Mapping[str, Any],
        description: str | Null | None = None,
        is_auto_sync_enabled: bool | None = None,
    ) -> Request[SecretSync]:
        """Create a sync, and start it.

        `connection_id` is an app connection that fits the destination. `destination_config` is the place for the
        secrets: for `aws-parameter-store`, `{"region": "eu-central-1", "path": "/app/"}`. `sync_options` requires
        `initialSyncBehavior`: `overwrite-destination`, or, if the destination can be imported from,
        `import-prioritize-source` or `import-prioritize-destination`. All destinations also accept `keySchema` (a text
        with `{{secretKey}}`) and `disableSecretDeletion`; newer servers accept `recursive`.
        The name is a slug. Name and description have at most 256 characters. By default every change of a secret is
        synced; with `is_auto_sync_enabled=False` nothing is synced until `trigger`.
        Expect `ValidationError`, `BadRequestError` (the name is taken, no such folder, a connection that does not fit,
        or the plan lacks the destination), `NotFoundError` (`route_missing`: no such destination), `ForbiddenError`.
        POST /api/v1/secret-syncs/{destination}
        """
        body = {
            "name": name,
            "projectId": project_id,
            "description": description,
            "connectionId": connection_id,
            "environment": environment,
            "secretPath": secret_path,
            "isAutoSyncEnabled": is_auto_sync_enabled,
            "syncOptions": sync_options,
            "destinationConfig": destination_config,
        }
        path, parts = "/api/v1/secret-syncs/{destination}", {"destination": destination}
        return http.post(path, parts, body=body, returns=one(SecretSync, at="secretSync"), access=ACCESS)

    @endpoint
    @staticmethod
    def update(
        *,
        destination: Destination,
        sync_id: str,
        name: str | None = None,
        description: str | Null | None = None,
        connection_id: str | None = None,
        environment: str | None = None,
        secret_path: str | None = None,
        is_auto_sync_enabled: bool | None = None,
        sync_options: Mapping[str, Any] | None = None,
        destination_config: Mapping[str, Any] | None = None,
    ) -> Request[SecretSync]:
        """Change a sync, and start it unless auto-sync is off; omitted parameters keep their value.

        Limits are as in `create`. `destination_config` and `sync_options` replace the old ones as a whole. `NULL`
        clears the description.
        Expect `NotFoundError`, `BadRequestError` (the name is taken, no such folder, or a sync of another destination),
        `ValidationError`, `ForbiddenError`.
        PATCH /api/v1/secret-syncs/{destination}/{syncId}
        """
        body = {
            "name": name,
            "description": description,
            "connectionId": connection_id,
            "environment": environment,
            "secretPath": secret_path,
            "isAutoSyncEnabled": is_auto_sync_enabled,
            "syncOptions": sync_options,
            "destinationConfig": destination_config,
        }
        parts = {"destination": destination, "syncId": sync_id}
        return http.patch(PATH, parts, body=body, returns=one(SecretSync, at="secretSync"), access=ACCESS)

    @endpoint
    @staticmethod
    def delete(*, destination: Destination, sync_id: str, remove_secrets: bool | None = None) -> Request[SecretSync]:
        """Delete a sync; by default the secrets remain at the destination.

        With `remove_secrets` the server removes the secrets first and then deletes the sync, after the response: watch
        `remove_status`.
        Expect `NotFoundError`, `BadRequestError` (a sync of another destination, or a running sync with
        `remove_secrets`), `ForbiddenError`.
        DELETE /api/v1/secret-syncs/{destination}/{syncId}
        """
        parts, query = {"destination": destination, "syncId": sync_id}, {"removeSecrets": remove_secrets}
        return http.delete(PATH, parts, query=query, returns=one(SecretSync, at="secretSync"), access=ACCESS)

    @endpoint
    @staticmethod
    def get(*, destination: Destination, sync_id: str) -> Request[SecretSync]:
        """Get a sync and its progress by its id.

        Expect `NotFoundError`, `BadRequestError` (a sync of another destination), `ForbiddenError`.
        GET /api/v1/secret-syncs/{destination}/{syncId}
        """
        parts = {"destination": destination, "syncId": sync_id}
        return http.get(PATH, parts, returns=one(SecretSync, at="secretSync"), access=ACCESS)

    @endpoint
    @staticmethod
    def list(*, destination: Destination, project_id: str) -> Request[tuple[SecretSync, ...]]:
        """List every sync of a project to a destination, without paging.

        Expect `NotFoundError` (`route_missing`: no such destination), `ForbiddenError`.
        GET /api/v1/secret-syncs/{destination}
        """
        path, parts = "/api/v1/secret-syncs/{destination}", {"destination": destination}
        returns = many(SecretSync, at="secretSyncs")
        return http.get(path, parts, query={"projectId": project_id}, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def trigger(*, destination: Destination, sync_id: str) -> Request[SecretSync]:
        """Write the secrets to the destination now: watch `sync_status`.

        Expect `NotFoundError`, `BadRequestError` (the sync is running, or its folder was deleted), `ForbiddenError`.
        POST /api/v1/secret-syncs/{destination}/{syncId}/sync-secrets
        """
        path = "/api/v1/secret-syncs/{destination}/{syncId}/sync-secrets"
        parts = {"destination": destination, "syncId": sync_id}
        return http.post(path, parts, returns=one(SecretSync, at="secretSync"), access=ACCESS)

    @endpoint
    @staticmethod
    def import_secrets(
        *, destination: Destination, sync_id: str, import_behavior: ImportBehavior
    ) -> Request[SecretSync]:
        """Import the secrets of the destination into the folder: watch `import_status`.

        If both have a secret, `import_behavior` decides: `prioritize-source` keeps the folder's value,
        `prioritize-destination` takes the destination's. It is sent in the query.
        Expect `NotFoundError`, `BadRequestError` (the destination cannot be read, the sync is running, or its folder
        was deleted), `ValidationError`, `ForbiddenError`.
        POST /api/v1/secret-syncs/{destination}/{syncId}/import-secrets
        """
        path = "/api/v1/secret-syncs/{destination}/{syncId}/import-secrets"
        parts, query = {"destination": destination, "syncId": sync_id}, {"importBehavior": import_behavior}
        return http.post(path, parts, query=query, returns=one(SecretSync, at="secretSync"), access=ACCESS)

    @endpoint
    @staticmethod
    def remove_secrets(*, destination: Destination, sync_id: str) -> Request[SecretSync]:
        """Remove the synced secrets from the destination, and keep the sync: watch `remove_status`.

        Expect `NotFoundError`, `BadRequestError` (the sync is running, or its folder was deleted), `ForbiddenError`.
        POST /api/v1/secret-syncs/{destination}/{syncId}/remove-secrets
        """
        path = "/api/v1/secret-syncs/{destination}/{syncId}/remove-secrets"
        parts = {"destination": destination, "syncId": sync_id}
        return http.post(path, parts, returns=one(SecretSync, at="secretSync"), access=ACCESS)

    @endpoint
    @staticmethod
    def get_by_name(*, destination: Destination, sync_name: str, project_id: str) -> Request[SecretSync]:
        """Get a sync of a project by its name.

        Expect `NotFoundError`, `BadRequestError` (a sync of another destination), `ForbiddenError`.
        GET /api/v1/secret-syncs/{destination}/sync-name/{syncName}
        """
        path = "/api/v1/secret-syncs/{destination}/sync-name/{syncName}"
        parts, query = {"destination": destination, "syncName": sync_name}, {"projectId": project_id}
        return http.get(path, parts, query=query, returns=one(SecretSync, at="secretSync"), access=ACCESS)
