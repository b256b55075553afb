"""Secrets on servers before `/api/v4/secrets`: the same by the older routes (`/api/v3/secrets/raw`).

The endpoint functions only; the models are those of `secrets`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from infisical import request as http
from infisical.access import IDENTITIES_AND_USERS, Access
from infisical.decode import one
from infisical.endpoints.secrets import (
    ALL_WRITTEN,
    SECRETS,
    WRITTEN,
    NewSecret,
    Secret,
    SecretApproval,
    SecretChange,
    SecretList,
    SecretMetadata,
    SecretName,
    SecretType,
    UpdateMode,
)
from infisical.group import Group, R, endpoint
from infisical.request import Null, Request

PATH = "/api/v3/secrets/raw/{secretName}"
BY_PEOPLE_OR_IDENTITIES = Access("secrets", documented=IDENTITIES_AND_USERS)


class SecretsV3(Group[R]):
    """Key/value pairs of an environment, as in `Secrets`. `workspace_id` is the project's id.

    Newer servers have these routes too, as deprecated ones. A server ignores a parameter that it is too old for, and
    does not say so.
    """

    @endpoint
    @staticmethod
    def list(
        *,
        workspace_id: str,
        environment: str,
        workspace_slug: str | None = None,
        secret_path: str | None = None,
        view_secret_value: bool | None = None,
        expand_secret_references: bool | None = None,
        recursive: bool | None = None,
        include_imports: bool | None = None,
        tag_slugs: Sequence[str] | None = None,
        metadata_filter: str | None = None,
    ) -> Request[SecretList]:
        """List the secrets of a folder: all of them, there are no pages.

        All else as in `Secrets.list`: a folder that is not there, flags, `metadata_filter`, service tokens, errors.
        GET /api/v3/secrets/raw
        """
        query = {
            "workspaceId": workspace_id,
            "workspaceSlug": workspace_slug,
            "environment": environment,
            "secretPath": secret_path,
            "viewSecretValue": view_secret_value,
            "expandSecretReferences": expand_secret_references,
            "recursive": recursive,
            "include_imports": include_imports,
            "tagSlugs": tag_slugs,
            "metadataFilter": metadata_filter,
        }
        return http.get("/api/v3/secrets/raw", query=query, returns=one(SecretList), access=SECRETS)

    @endpoint
    @staticmethod
    def get_by_name(
        *,
        secret_name: str,
        workspace_id: str,
        environment: str,
        workspace_slug: str | None = None,
        secret_path: str | None = None,
        version: int | None = None,
        type: SecretType | None = None,
        view_secret_value: bool | None = None,
        expand_secret_references: bool | None = None,
        include_imports: bool | None = None,
    ) -> Request[Secret]:
        """Read a secret by its name.

        By default the newest version of the shared one. Servers of 2024 may answer the newest whatever `version` says:
        look at that of the answer. Expect `NotFoundError`, `ForbiddenError`.
        GET /api/v3/secrets/raw/{secretName}
        """
        query = {
            "workspaceId": workspace_id,
            "workspaceSlug": workspace_slug,
            "environment": environment,
            "secretPath": secret_path,
            "version": version,
            "type": type,
            "viewSecretValue": view_secret_value,
            "expandSecretReferences": expand_secret_references,
            "include_imports": include_imports,
        }
        return http.get(
            PATH, {"secretName": secret_name}, query=query, returns=one(Secret, at="secret"), access=SECRETS
        )

    @endpoint
    @staticmethod
    def get_by_id(*, secret_id: str) -> Request[Secret]:
        """Read a secret by its id.

        The answer leaves `secret_value_hidden` out. Service tokens are refused.
        Expect `NotFoundError` (`route_missing` on servers of 2024), `ForbiddenError`.
        GET /api/v3/secrets/raw/id/{secretId}
        """
        path = "/api/v3/secrets/raw/id/{secretId}"
        return http.get(path, {"secretId": secret_id}, returns=one(Secret, at="secret"), access=BY_PEOPLE_OR_IDENTITIES)

    @endpoint
    @staticmethod
    def create(
        *,
        secret_name: str,
        workspace_id: str,
        environment: str,
        secret_value: str,
        project_slug: str | None = None,
        secret_path: str | None = None,
        secret_comment: str | None = None,
        secret_metadata: Sequence[SecretMetadata] | None = None,
        tag_ids: Sequence[str] | None = None,
        skip_multiline_encoding: bool | Null | None = None,
        type: SecretType | None = None,
        secret_reminder_repeat_days: int | Null | None = None,
        secret_reminder_note: str | Null | None = None,
    ) -> Request[Secret | SecretApproval]:
        """Create a secret, by default a shared one; only users have personal ones.

        The server trims the value, but keeps one newline at its end. A name has no `:` and no `/`, a reminder's note at
        most 1024 characters.
        Expect `BadRequestError` (the name is taken), `NotFoundError` (no such folder or tag), `ValidationError`,
        `ForbiddenError`, `InternalServerError` (a body of more than 1 MiB).
        POST /api/v3/secrets/raw/{secretName}
        """
        body = {
            "workspaceId": workspace_id,
            "projectSlug": project_slug,
            "environment": environment,
            "secretPath": secret_path,
            "secretValue": secret_value,
            "secretComment": secret_comment,
            "secretMetadata": secret_metadata,
            "tagIds": tag_ids,
            "skipMultilineEncoding": skip_multiline_encoding,
            "type": type,
            "secretReminderRepeatDays": secret_reminder_repeat_days,
            "secretReminderNote": secret_reminder_note,
        }
        return http.post(PATH, {"secretName": secret_name}, body=body, returns=WRITTEN, access=SECRETS)

    @endpoint
    @staticmethod
    def update(
        *,
        secret_name: str,
        workspace_id: str,
        environment: str,
        project_slug: str | None = None,
        secret_path: str | None = None,
        secret_value: str | None = None,
        new_secret_name: str | None = None,
        secret_comment: str | None = None,
        secret_metadata: Sequence[SecretMetadata] | None = None,
        metadata: Mapping[str, str] | None = None,
        tag_ids: Sequence[str] | None = None,
        skip_multiline_encoding: bool | None = None,
        type: SecretType | None = None,
        secret_reminder_note: str | Null | None = None,
        secret_reminder_repeat_days: int | Null | None = None,
        secret_reminder_recipients: Sequence[str] | None = None,
    ) -> Request[Secret | SecretApproval]:
        """Change a secret; what is left out stays as it is, but may be empty in the answer.

        Servers of 2024 want `secret_value` with every change (else `ValidationError`), and do not read `mode`.
        Limits as in `create`. `NULL` clears a reminder, and without recipients (ids of users) it goes to everyone in
        the project.
        Expect `NotFoundError`, `BadRequestError` (the new name is taken), `ValidationError`, `ForbiddenError`.
        PATCH /api/v3/secrets/raw/{secretName}
        """
        body = {
            "workspaceId": workspace_id,
            "projectSlug": project_slug,
            "environment": environment,
            "secretPath": secret_path,
            "secretValue": secret_value,
            "newSecretName": new_secret_name,
            "secretComment": secret_comment,
            "secretMetadata": secret_metadata,
            "metadata": metadata,
            "tagIds": tag_ids,
            "skipMultilineEncoding": skip_multiline_encoding,
            "type": type,
            "secretReminderNote": secret_reminder_note,
            "secretReminderRepeatDays": secret_reminder_repeat_days,
            "secretReminderRecipients": secret_reminder_recipients,
        }
        return http.patch(PATH, {"secretName": secret_name}, body=body, returns=WRITTEN, access=SECRETS)

    @endpoint
    @staticmethod
    def delete(
        *,
        secret_name: str,
        workspace_id: str,
        environment: str,
        project_slug: str | None = None,
        secret_path: str | None = None,
        type: SecretType | None = None,
    ) -> Request[Secret | SecretApproval]:
        """Delete a secret, by default the shared one; sent as a DELETE with a body.

        Expect `NotFoundError`, `ForbiddenError`.
        DELETE /api/v3/secrets/raw/{secretName}
        """
        body = {
            "workspaceId": workspace_id,
            "projectSlug": project_slug,
            "environment": environment,
            "secretPath": secret_path,
            "type": type,
        }
        return http.delete(PATH, {"secretName": secret_name}, body=body, returns=WRITTEN, access=SECRETS)

    @endpoint
    @staticmethod
    def batch_create(
        *,
        workspace_id: str,
        environment: str,
        secrets: Sequence[NewSecret],
        project_slug: str | None = None,
        secret_path: str | None = None,
    ) -> Request[tuple[Secret, ...] | SecretApproval]:
        """Create shared secrets, at least one.

        Errors as in `create`.
        POST /api/v3/secrets/batch/raw
        """
        body = {
            "workspaceId": workspace_id,
            "projectSlug": project_slug,
            "environment": environment,
            "secretPath": secret_path,
            "secrets": secrets,
        }
        return http.post("/api/v3/secrets/batch/raw", body=body, returns=ALL_WRITTEN, access=SECRETS)

    @endpoint
    @staticmethod
    def batch_update(
        *,
        workspace_id: str,
        environment: str,
        secrets: Sequence[SecretChange],
        project_slug: str | None = None,
        secret_path: str | None = None,
        mode: UpdateMode | None = None,
    ) -> Request[tuple[Secret, ...] | SecretApproval]:
        """Change secrets, at least one.

        Servers of 2024 want a `secret_value` with every change (else `ValidationError`), and do not read `mode`.
        `mode` as in `Secrets.batch_update`; an `ignore` that finds none of them may be an `InternalServerError`.
        Other errors as in `update`.
        PATCH /api/v3/secrets/batch/raw
        """
        body = {
            "workspaceId": workspace_id,
            "projectSlug": project_slug,
            "environment": environment,
            "secretPath": secret_path,
            "mode": mode,
            "secrets": secrets,
        }
        return http.patch("/api/v3/secrets/batch/raw", body=body, returns=ALL_WRITTEN, access=SECRETS)

    @endpoint
    @staticmethod
    def batch_delete(
        *,
        workspace_id: str,
        environment: str,
        secrets: Sequence[SecretName],
        project_slug: str | None = None,
        secret_path: str | None = None,
    ) -> Request[tuple[Secret, ...] | SecretApproval]:
        """Delete secrets, at least one; sent as a DELETE with a body.

        Expect `NotFoundError`, `ForbiddenError`.
        DELETE /api/v3/secrets/batch/raw
        """
        body = {
            "workspaceId": workspace_id,
            "projectSlug": project_slug,
            "environment": environment,
            "secretPath": secret_path,
            "secrets": secrets,
        }
        return http.delete("/api/v3/secrets/batch/raw", body=body, returns=ALL_WRITTEN, access=SECRETS)
