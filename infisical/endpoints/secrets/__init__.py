"""Secrets: the key/value pairs of an environment and its folders (`/api/v4/secrets`).

This file has the endpoint functions. The models are in models.py and are exported from here too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

from infisical import request as http
from infisical.access import IDENTITIES_AND_USERS, USERS, Access
from infisical.decode import either, many, one
from infisical.endpoints.secrets.models import (
    NewSecret,
    Secret,
    SecretAccess,
    SecretAccessList,
    SecretActor,
    SecretApproval,
    SecretChange,
    SecretGroupAccess,
    SecretImport,
    SecretList,
    SecretMetadata,
    SecretMove,
    SecretName,
    SecretReference,
    SecretReferenceList,
    SecretReferenceNode,
    SecretReferenceTree,
    SecretTag,
    is_hidden,
)
from infisical.group import Group, R, endpoint
from infisical.request import Null, Request

__all__ = [
    "NewSecret",
    "Secret",
    "SecretAccess",
    "SecretAccessList",
    "SecretActor",
    "SecretApproval",
    "SecretChange",
    "SecretGroupAccess",
    "SecretImport",
    "SecretList",
    "SecretMetadata",
    "SecretMove",
    "SecretName",
    "SecretReference",
    "SecretReferenceList",
    "SecretReferenceNode",
    "SecretReferenceTree",
    "SecretTag",
    "Secrets",
    "is_hidden",
]

PATH = "/api/v4/secrets/{secretName}"
ACCESS = Access("secrets")
IDENTITY_OR_USER_ACCESS = Access("secrets", server=IDENTITIES_AND_USERS)
USER_ACCESS = Access("secrets", server=USERS)
DOCUMENTED_USER_ACCESS = Access("secrets", documented=USERS)
SecretType: TypeAlias = Literal["shared", "personal"] | str
UpdateMode: TypeAlias = Literal["failOnNotFound", "upsert", "ignore"] | str
SECRET_OR_APPROVAL_DECODER = either(one(Secret, at="secret"), one(SecretApproval, at="approval"))
REFERENCES_DECODER = either(one(SecretReferenceList), one(SecretReferenceNode, at="tree"))
SECRETS_OR_APPROVAL_DECODER = either(many(Secret, at="secrets"), one(SecretApproval, at="approval"))


class Secrets(Group[R]):
    """Key/value pairs of an environment. `environment` is a slug; `secret_path` is a folder, by default `/`.

    Where a policy requires approval, a write returns a `SecretApproval`; nothing changes until someone approves it.
    """

    @endpoint
    @staticmethod
    def list(
        *,
        project_id: str,
        environment: str,
        secret_path: str | None = None,
        expand_secret_references: bool | None = None,
        recursive: bool | None = None,
        include_imports: bool | None = None,
        include_personal_overrides: bool | None = None,
        tag_slugs: Sequence[str] | None = None,
        view_secret_value: bool | None = None,
        metadata_filter: str | None = None,
    ) -> Request[SecretList]:
        """List every secret of a folder, without paging.

        The defaults of `include_imports` and `expand_secret_references` depend on the server: false before February
        2026, true since. Pass both if you rely on them. `view_secret_value` is true by default; with false the server
        sends masks. `recursive` (default false) descends at most 20 folders.
        `include_personal_overrides` (default false) replaces shared secrets with the caller's personal overrides.
        Servers before February 2026 do not know it; they list personal overrides next to the shared secrets.
        `metadata_filter` has the form `key=a,value=b|key=c,value=d`: at most 10 pairs, and a secret must match all. A
        service token with one scope always reads that scope, whatever the parameters say.
        A missing folder is a `NotFoundError` (`SecretPathNotFound`); servers of 2024 return an empty list.
        Expect `ForbiddenError` (also if a reference cannot be expanded), `NotFoundError` (no such project).
        GET /api/v4/secrets
        """
        query = {
            "projectId": project_id,
            "environment": environment,
            "secretPath": secret_path,
            "expandSecretReferences": expand_secret_references,
            "recursive": recursive,
            "includeImports": include_imports,  # servers since February 2026
            "include_imports": include_imports,  # older servers
            "includePersonalOverrides": include_personal_overrides,
            "tagSlugs": tag_slugs,
            "viewSecretValue": view_secret_value,
            "metadataFilter": metadata_filter,
        }
        return http.get("/api/v4/secrets", query=query, returns=one(SecretList), access=ACCESS)

    @endpoint
    @staticmethod
    def get_by_name(
        *,
        secret_name: str,
        project_id: str,
        environment: str,
        secret_path: str | None = None,
        version: int | None = None,
        type: SecretType | None = None,
        view_secret_value: bool | None = None,
        expand_secret_references: bool | None = None,
        include_imports: bool | None = None,
    ) -> Request[Secret]:
        """Get a secret by its name: by default the newest version of the shared secret.

        For the flags, their defaults and service tokens see `list`. The server searches imports only if the folder
        itself has no such secret.
        Expect `NotFoundError`, `ForbiddenError` (also if only the value may not be read: pass
        `view_secret_value=False`).
        GET /api/v4/secrets/{secretName}
        """
        query = {
            "projectId": project_id,
            "environment": environment,
            "secretPath": secret_path,
            "version": version,
            "type": type,
            "viewSecretValue": view_secret_value,
            "expandSecretReferences": expand_secret_references,
            "includeImports": include_imports,  # servers since February 2026
            "include_imports": include_imports,  # older servers
        }
        parts = {"secretName": secret_name}
        return http.get(PATH, parts, query=query, returns=one(Secret, at="secret"), access=ACCESS)

    @endpoint
    @staticmethod
    def get_by_id(*, secret_id: str) -> Request[Secret]:
        """Get a secret by its id.

        The response omits `secret_value_hidden`. Servers refuse service tokens.
        Expect `NotFoundError`, `ForbiddenError` (also if only the value may not be read).
        GET /api/v4/secrets/id/{secretId}
        """
        path = "/api/v4/secrets/id/{secretId}"
        returns = one(Secret, at="secret")
        return http.get(path, {"secretId": secret_id}, returns=returns, access=IDENTITY_OR_USER_ACCESS)

    @endpoint
    @staticmethod
    def create(
        *,
        secret_name: str,
        project_id: str,
        environment: str,
        secret_value: str,
        secret_path: str | None = None,
        secret_comment: str | None = None,
        tag_ids: Sequence[str] | None = None,
        skip_multiline_encoding: bool | Null | None = None,
        type: SecretType | None = None,
        secret_reminder_repeat_days: int | Null | None = None,
        secret_reminder_note: str | Null | None = None,
        secret_metadata: Sequence[SecretMetadata] | None = None,
    ) -> Request[Secret | SecretApproval]:
        """Create a secret, by default a shared one; only users have personal secrets.

        The server trims the value but keeps one trailing newline. A name must not contain `:` or `/`. The names `batch`
        and `move` collide with other routes: create such secrets with `batch_create`. A reminder note has at most 1024
        characters.
        Expect `BadRequestError` (the name is taken), `NotFoundError` (no such folder or tag), `ValidationError`,
        `ForbiddenError`, `InternalServerError` (the body exceeds 1 MiB).
        POST /api/v4/secrets/{secretName}
        """
        body = {
            "projectId": project_id,
            "environment": environment,
            "secretPath": secret_path,
            "secretValue": secret_value,
            "secretComment": secret_comment,
            "tagIds": tag_ids,
            "skipMultilineEncoding": skip_multiline_encoding,
            "type": type,
            "secretReminderRepeatDays": secret_reminder_repeat_days,
            "secretReminderNote": secret_reminder_note,
            "secretMetadata": secret_metadata,
        }
        return http.post(
            PATH, {"secretName": secret_name}, body=body, returns=SECRET_OR_APPROVAL_DECODER, access=ACCESS
        )

    @endpoint
    @staticmethod
    def update(
        *,
        secret_name: str,
        project_id: str,
        environment: str,
        secret_value: str | None = None,
        secret_path: str | None = None,
        new_secret_name: str | None = None,
        secret_comment: str | None = None,
        tag_ids: Sequence[str] | None = None,
        skip_multiline_encoding: bool | None = None,
        type: SecretType | None = None,
        metadata: Mapping[str, str] | None = None,
        secret_metadata: Sequence[SecretMetadata] | None = None,
        secret_reminder_note: str | Null | None = None,
        secret_reminder_repeat_days: int | Null | None = None,
        secret_reminder_recipients: Sequence[str] | None = None,
    ) -> Request[Secret | SecretApproval]:
        """Change a secret; omitted parameters keep their value.

        The response may leave unchanged fields empty. Limits are as in `create`. Change a secret named `batch` with
        `batch_update`. `NULL` clears a reminder. `secret_reminder_recipients` are user ids; without them the reminder
        goes to everyone in the project.
        Expect `NotFoundError`, `BadRequestError` (the new name is taken), `ValidationError`, `ForbiddenError`.
        PATCH /api/v4/secrets/{secretName}
        """
        body = {
            "projectId": project_id,
            "environment": environment,
            "secretPath": secret_path,
            "secretValue": secret_value,
            "newSecretName": new_secret_name,
            "secretComment": secret_comment,
            "tagIds": tag_ids,
            "skipMultilineEncoding": skip_multiline_encoding,
            "type": type,
            "metadata": metadata,
            "secretMetadata": secret_metadata,
            "secretReminderNote": secret_reminder_note,
            "secretReminderRepeatDays": secret_reminder_repeat_days,
            "secretReminderRecipients": secret_reminder_recipients,
        }
        return http.patch(
            PATH, {"secretName": secret_name}, body=body, returns=SECRET_OR_APPROVAL_DECODER, access=ACCESS
        )

    @endpoint
    @staticmethod
    def delete(
        *,
        secret_name: str,
        project_id: str,
        environment: str,
        secret_path: str | None = None,
        type: SecretType | None = None,
    ) -> Request[Secret | SecretApproval]:
        """Delete a secret, by default the shared one.

        The request is a DELETE with a JSON body. Delete a secret named `batch` with `batch_delete`.
        Expect `NotFoundError`, `ForbiddenError`.
        DELETE /api/v4/secrets/{secretName}
        """
        body = {"projectId": project_id, "environment": environment, "secretPath": secret_path, "type": type}
        return http.delete(
            PATH, {"secretName": secret_name}, body=body, returns=SECRET_OR_APPROVAL_DECODER, access=ACCESS
        )

    @endpoint
    @staticmethod
    def batch_create(
        *, project_id: str, environment: str, secrets: Sequence[NewSecret], secret_path: str | None = None
    ) -> Request[tuple[Secret, ...] | SecretApproval]:
        """Create one or more shared secrets.

        Errors are as in `create`.
        POST /api/v4/secrets/batch
        """
        body = {"projectId": project_id, "environment": environment, "secretPath": secret_path, "secrets": secrets}
        return http.post("/api/v4/secrets/batch", body=body, returns=SECRETS_OR_APPROVAL_DECODER, access=ACCESS)

    @endpoint
    @staticmethod
    def batch_update(
        *,
        project_id: str,
        environment: str,
        secrets: Sequence[SecretChange],
        secret_path: str | None = None,
        mode: UpdateMode | None = None,
    ) -> Request[tuple[Secret, ...] | SecretApproval]:
        """Change one or more secrets.

        `mode` decides about names that do not exist. `failOnNotFound` (the default) refuses the batch. `upsert` creates
        them, with `version` 1 in the response. `ignore` skips them. Errors are as in `update`.
        PATCH /api/v4/secrets/batch
        """
        body = {
            "projectId": project_id,
            "environment": environment,
            "secretPath": secret_path,
            "mode": mode,
            "secrets": secrets,
        }
        return http.patch("/api/v4/secrets/batch", body=body, returns=SECRETS_OR_APPROVAL_DECODER, access=ACCESS)

    @endpoint
    @staticmethod
    def batch_delete(
        *, project_id: str, environment: str, secrets: Sequence[SecretName], secret_path: str | None = None
    ) -> Request[tuple[Secret, ...] | SecretApproval]:
        """Delete one or more secrets.

        The request is a DELETE with a JSON body.
        Expect `NotFoundError`, `ForbiddenError`.
        DELETE /api/v4/secrets/batch
        """
        body = {"projectId": project_id, "environment": environment, "secretPath": secret_path, "secrets": secrets}
        return http.delete("/api/v4/secrets/batch", body=body, returns=SECRETS_OR_APPROVAL_DECODER, access=ACCESS)

    @endpoint
    @staticmethod
    def move(
        *,
        project_id: str,
        source_environment: str,
        destination_environment: str,
        secret_ids: Sequence[str],
        source_secret_path: str | None = None,
        destination_secret_path: str | None = None,
        should_overwrite: bool | None = None,
    ) -> Request[SecretMove]:
        """Move secrets to another folder or environment, by default without overwriting existing ones.

        Servers refuse service tokens.
        Expect `NotFoundError`, `BadRequestError`, `ForbiddenError`.
        POST /api/v4/secrets/move
        """
        body = {
            "projectId": project_id,
            "sourceEnvironment": source_environment,
            "sourceSecretPath": source_secret_path,
            "destinationEnvironment": destination_environment,
            "destinationSecretPath": destination_secret_path,
            "secretIds": secret_ids,
            "shouldOverwrite": should_overwrite,
        }
        returns = one(SecretMove)
        return http.post("/api/v4/secrets/move", body=body, returns=returns, access=IDENTITY_OR_USER_ACCESS)

    @endpoint
    @staticmethod
    def get_access_list(
        *,
        secret_name: str,
        project_id: str,
        environment: str,
        secret_path: str | None = None,
        include_all_entities: bool | None = None,
    ) -> Request[SecretAccessList]:
        """Get the users, identities and groups that may access a secret, with their allowed actions.

        Servers accept users' tokens only.
        Expect `NotFoundError`, `ForbiddenError`.
        GET /api/v1/secrets/{secretName}/access-list
        """
        query = {
            "projectId": project_id,
            "environment": environment,
            "secretPath": secret_path,
            "includeAllEntities": include_all_entities,
        }
        path = "/api/v1/secrets/{secretName}/access-list"
        parts = {"secretName": secret_name}
        return http.get(path, parts, query=query, returns=one(SecretAccessList), access=USER_ACCESS)

    @endpoint
    @staticmethod
    def list_references(
        *, secret_name: str, project_id: str, environment: str, secret_path: str | None = None
    ) -> Request[SecretReferenceNode | SecretReferenceList]:
        """List the secrets whose values refer to this secret; for users only.

        Servers since about March 2026 return a tree, a `SecretReferenceNode` for this secret. Its children are the
        secrets that refer to it, and so on. Older servers return a flat `SecretReferenceList` from another path; the
        client falls back to it.
        Expect `NotFoundError`, `ForbiddenError`.
        GET /api/v4/secrets/{secretName}/reference-dependency-tree
        """
        return http.get(
            f"{PATH}/reference-dependency-tree",
            {"secretName": secret_name},
            query={"projectId": project_id, "environment": environment, "secretPath": secret_path},
            returns=REFERENCES_DECODER,
            access=DOCUMENTED_USER_ACCESS,
            formerly=(f"{PATH}/secret-references",),
        )

    @endpoint
    @staticmethod
    def get_reference_tree(
        *, secret_name: str, project_id: str, environment: str, secret_path: str | None = None
    ) -> Request[SecretReferenceTree]:
        """Get the tree of secrets that the value of a secret refers to; for users only.

        The server audits the call as a read of the secret.
        Expect `NotFoundError`, `ForbiddenError`.
        GET /api/v4/secrets/{secretName}/secret-reference-tree
        """
        query = {"projectId": project_id, "environment": environment, "secretPath": secret_path}
        parts = {"secretName": secret_name}
        path = f"{PATH}/secret-reference-tree"
        return http.get(path, parts, query=query, returns=one(SecretReferenceTree), access=DOCUMENTED_USER_ACCESS)
