"""Secrets: the key/value pairs of an environment and its folders (`/api/v4/secrets`).

Here: the endpoint functions. The models stand in models.py, and are exported from here.
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
]

PATH = "/api/v4/secrets/{secretName}"
SECRETS = Access("secrets")
BY_PEOPLE_OR_IDENTITIES = Access("secrets", server=IDENTITIES_AND_USERS)
BY_PEOPLE = Access("secrets", server=USERS)
BY_PEOPLE_ALONE = Access("secrets", documented=USERS)
SecretType: TypeAlias = Literal["shared", "personal"] | str
UpdateMode: TypeAlias = Literal["failOnNotFound", "upsert", "ignore"] | str
WRITTEN = either(one(Secret, at="secret"), one(SecretApproval, at="approval"))
REFERRING = either(one(SecretReferenceList), one(SecretReferenceNode, at="tree"))
ALL_WRITTEN = either(many(Secret, at="secrets"), one(SecretApproval, at="approval"))


class Secrets(Group[R]):
    """Key/value pairs of an environment. `environment` is its slug, `secret_path` a folder, by default `/`.

    A write that a policy wants approved gives a `SecretApproval`, and changes nothing before somebody approves it.
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
        """List the secrets of a folder: all of them, there are no pages.

        Two flags have another default by the age of the server: `include_imports` and `expand_secret_references` are
        false before February 2026 and true since. Give both where it matters. `view_secret_value` is true by default;
        false gives masks. `recursive` (false) goes at most 20 folders down.
        `include_personal_overrides` (false) replaces shared secrets by the caller's personal ones. Servers before
        February 2026 do not know it: they list personal secrets next to the shared ones.
        `metadata_filter` is `key=a,value=b|key=c,value=d`, at most 10 pairs, all of which must hold. A service token
        with a single scope reads that scope, whatever the parameters say.
        A missing folder is a `NotFoundError` (`SecretPathNotFound`), on servers of 2024 an empty listing.
        Expect `ForbiddenError` (also for a reference that cannot be expanded), `NotFoundError` (no such project).
        GET /api/v4/secrets
        """
        query = {
            "projectId": project_id,
            "environment": environment,
            "secretPath": secret_path,
            "expandSecretReferences": expand_secret_references,
            "recursive": recursive,
            "includeImports": include_imports,  # since February 2026
            "include_imports": include_imports,
            "includePersonalOverrides": include_personal_overrides,
            "tagSlugs": tag_slugs,
            "viewSecretValue": view_secret_value,
            "metadataFilter": metadata_filter,
        }
        return http.get("/api/v4/secrets", query=query, returns=one(SecretList), access=SECRETS)

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
        """Read a secret by its name.

        By default the newest version of the shared one. Flags, with their defaults by the age of the server, and
        service tokens as in `list`. Imports are searched only for a name that the folder itself lacks.
        Expect `NotFoundError`, `ForbiddenError` (also where only the value may not be read: ask without it).
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
            "includeImports": include_imports,  # since February 2026
            "include_imports": include_imports,
        }
        return http.get(
            PATH, {"secretName": secret_name}, query=query, returns=one(Secret, at="secret"), access=SECRETS
        )

    @endpoint
    @staticmethod
    def get_by_id(*, secret_id: str) -> Request[Secret]:
        """Read a secret by its id.

        The answer leaves `secret_value_hidden` out. Servers refuse service tokens.
        Expect `NotFoundError`, `ForbiddenError` (also where only the value may not be read).
        GET /api/v4/secrets/id/{secretId}
        """
        path = "/api/v4/secrets/id/{secretId}"
        return http.get(path, {"secretId": secret_id}, returns=one(Secret, at="secret"), access=BY_PEOPLE_OR_IDENTITIES)

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
        """Create a secret, by default a shared one; only users have personal ones.

        The server trims the value, but keeps one newline at its end. A name has no `:` and no `/`; `batch` and `move`
        are names of other endpoints: create these with `batch_create`. A reminder's note has at most 1024 characters.
        Expect `BadRequestError` (the name is taken), `NotFoundError` (no such folder or tag), `ValidationError`,
        `ForbiddenError`, `InternalServerError` (a body of more than 1 MiB).
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
        return http.post(PATH, {"secretName": secret_name}, body=body, returns=WRITTEN, access=SECRETS)

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
        """Change a secret; what is left out stays as it is, but may be empty in the answer.

        Limits as in `create`; one named `batch` is changed with `batch_update`. `NULL` clears a reminder, and without
        recipients (ids of users) it goes to everyone in the project.
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
        return http.patch(PATH, {"secretName": secret_name}, body=body, returns=WRITTEN, access=SECRETS)

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
        """Delete a secret, by default the shared one; sent as a DELETE with a body.

        One named `batch` is deleted with `batch_delete`. Expect `NotFoundError`, `ForbiddenError`.
        DELETE /api/v4/secrets/{secretName}
        """
        body = {"projectId": project_id, "environment": environment, "secretPath": secret_path, "type": type}
        return http.delete(PATH, {"secretName": secret_name}, body=body, returns=WRITTEN, access=SECRETS)

    @endpoint
    @staticmethod
    def batch_create(
        *, project_id: str, environment: str, secrets: Sequence[NewSecret], secret_path: str | None = None
    ) -> Request[tuple[Secret, ...] | SecretApproval]:
        """Create shared secrets, at least one.

        Errors as in `create`.
        POST /api/v4/secrets/batch
        """
        body = {"projectId": project_id, "environment": environment, "secretPath": secret_path, "secrets": secrets}
        return http.post("/api/v4/secrets/batch", body=body, returns=ALL_WRITTEN, access=SECRETS)

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
        """Change secrets, at least one.

        What `mode` makes of a name that is not there: `failOnNotFound` (the default), `upsert` creates it (with
        `version` 1 in the answer), `ignore` leaves it. Errors as in `update`.
        PATCH /api/v4/secrets/batch
        """
        body = {
            "projectId": project_id,
            "environment": environment,
            "secretPath": secret_path,
            "mode": mode,
            "secrets": secrets,
        }
        return http.patch("/api/v4/secrets/batch", body=body, returns=ALL_WRITTEN, access=SECRETS)

    @endpoint
    @staticmethod
    def batch_delete(
        *, project_id: str, environment: str, secrets: Sequence[SecretName], secret_path: str | None = None
    ) -> Request[tuple[Secret, ...] | SecretApproval]:
        """Delete secrets, at least one; sent as a DELETE with a body.

        Expect `NotFoundError`, `ForbiddenError`.
        DELETE /api/v4/secrets/batch
        """
        body = {"projectId": project_id, "environment": environment, "secretPath": secret_path, "secrets": secrets}
        return http.delete("/api/v4/secrets/batch", body=body, returns=ALL_WRITTEN, access=SECRETS)

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
        """Move secrets to another folder or environment, by default without overwriting any.

        Servers refuse service tokens. Expect `NotFoundError`, `BadRequestError`, `ForbiddenError`.
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
        return http.post("/api/v4/secrets/move", body=body, returns=one(SecretMove), access=BY_PEOPLE_OR_IDENTITIES)

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
        """Read who may do what with a secret.

        Servers take users' tokens only. Expect `NotFoundError`, `ForbiddenError`.
        GET /api/v1/secrets/{secretName}/access-list
        """
        query = {
            "projectId": project_id,
            "environment": environment,
            "secretPath": secret_path,
            "includeAllEntities": include_all_entities,
        }
        path = "/api/v1/secrets/{secretName}/access-list"
        return http.get(path, {"secretName": secret_name}, query=query, returns=one(SecretAccessList), access=BY_PEOPLE)

    @endpoint
    @staticmethod
    def list_references(
        *, secret_name: str, project_id: str, environment: str, secret_path: str | None = None
    ) -> Request[SecretReferenceNode | SecretReferenceList]:
        """List the secrets whose values refer to this one. For users only.

        Servers since about March 2026 answer a tree: a `SecretReferenceNode` of this secret, whose children are the
        secrets that refer to it, and so on. Older ones answer a flat `SecretReferenceList`, at a path of its own that
        the client falls back to.
        Expect `NotFoundError`, `ForbiddenError`.
        GET /api/v4/secrets/{secretName}/reference-dependency-tree
        """
        return http.get(
            f"{PATH}/reference-dependency-tree",
            {"secretName": secret_name},
            query={"projectId": project_id, "environment": environment, "secretPath": secret_path},
            returns=REFERRING,
            access=BY_PEOPLE_ALONE,
            formerly=(f"{PATH}/secret-references",),
        )

    @endpoint
    @staticmethod
    def get_reference_tree(
        *, secret_name: str, project_id: str, environment: str, secret_path: str | None = None
    ) -> Request[SecretReferenceTree]:
        """Read what a secret's value refers to, and so on down. For users only; audited as reading the secret.

        Expect `NotFoundError`, `ForbiddenError`.
        GET /api/v4/secrets/{secretName}/secret-reference-tree
        """
        query = {"projectId": project_id, "environment": environment, "secretPath": secret_path}
        parts = {"secretName": secret_name}
        path = f"{PATH}/secret-reference-tree"
        return http.get(path, parts, query=query, returns=one(SecretReferenceTree), access=BY_PEOPLE_ALONE)
