"""The models of secrets: those of responses, then those of batch requests. Both groups of secrets use them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from infisical.model import Model
from infisical.request import Null


@dataclass(frozen=True, kw_only=True, slots=True)
class SecretTag(Model):
    """A tag on a secret."""

    id: str
    slug: str | None = None
    name: str | None = None
    color: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SecretMetadata(Model):
    """One metadata pair, in requests and responses. The server defaults to an empty value that is not encrypted."""

    key: str
    value: str | None = field(default=None, repr=False)
    is_encrypted: bool | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SecretActor(Model):
    """The user or identity that wrote this version of a secret."""

    actor_id: str | None = None
    actor_type: str | None = None
    name: str | None = None
    membership_id: str | None = None
    group_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Secret(Model):
    """A secret. If `secret_value_hidden` is true, `secret_value` is a mask; `workspace` is the project's id."""

    id: str
    secret_key: str
    secret_value: str = field(repr=False)
    secret_value_hidden: bool | None = None
    version: int | None = None
    type: str | None = None
    workspace: str | None = None
    environment: str | None = None
    secret_path: str | None = None
    secret_comment: str | None = None
    secret_reminder_note: str | None = None
    secret_reminder_repeat_days: int | None = None
    skip_multiline_encoding: bool | None = None
    metadata: Mapping[str, str] | None = field(default=None, repr=False, hash=False)
    secret_metadata: tuple[SecretMetadata, ...] = ()
    tags: tuple[SecretTag, ...] = ()
    actor: SecretActor | None = None
    is_rotated_secret: bool | None = None
    rotation_id: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


MASKS: Final = frozenset({"<hidden-by-infisical>"})
"""Texts that the server sends in place of a value that the caller may not read."""


def is_hidden(secret: Secret) -> bool:
    """Return True if the server hid the value: then `secret_value` is a mask, not the secret.

    A secret with an empty value has `secret_value == ""` and is not hidden.
    """
    if secret.secret_value_hidden is None:  # some responses omit the flag
        return secret.secret_value in MASKS
    return secret.secret_value_hidden


@dataclass(frozen=True, kw_only=True, slots=True)
class SecretImport(Model):
    """The secrets that a folder imports from another folder or environment."""

    secret_path: str
    environment: str
    folder_id: str | None = None
    secrets: tuple[Secret, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class SecretList(Model):
    """The secrets of a folder. `imports` has the imported secrets, if they were requested."""

    secrets: tuple[Secret, ...]
    imports: tuple[SecretImport, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class SecretApproval(Model):
    """A write that waits for approval: nothing has changed yet. `conflicts` has no fixed form."""

    id: str
    policy_id: str | None = None
    slug: str | None = None
    status: str | None = None
    folder_id: str | None = None
    has_merged: bool | None = None
    is_replicated: bool | None = None
    conflicts: Any = field(default=None, repr=False, hash=False)
    bypass_reason: str | None = None
    committer_user_id: str | None = None
    status_changed_by_user_id: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SecretMove(Model):
    """The outcome of a move.

    A side that is not updated has an approval policy: its part of the move became an approval request.
    """

    is_source_updated: bool
    is_destination_updated: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class SecretAccess(Model):
    """A user or machine identity, and its allowed actions on a secret."""

    id: str
    name: str | None = None
    membership_id: str | None = None
    allowed_actions: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class SecretGroupAccess(Model):
    """A group, its members, and their allowed actions on a secret."""

    id: str
    name: str | None = None
    membership_id: str | None = None
    allowed_actions: tuple[str, ...] = ()
    user_ids: tuple[str, ...] = ()
    identity_ids: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class SecretAccessList(Model):
    """All users, identities and groups with access to a secret."""

    users: tuple[SecretAccess, ...]
    identities: tuple[SecretAccess, ...]
    groups: tuple[SecretGroupAccess, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class SecretReference(Model):
    """A secret whose value refers to another secret."""

    secret_id: str
    secret_key: str | None = None
    environment: str | None = None
    secret_path: str | None = None
    reference_type: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SecretReferenceList(Model):
    """The secrets that refer to one secret, in the form of servers before about March 2026."""

    references: tuple[SecretReference, ...]
    total_count: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SecretReferenceNode(Model):
    """A secret in a reference tree.

    `children` are the secrets that it refers to; in `list_references`, the secrets that refer to it.
    """

    key: str
    value: str | None = field(default=None, repr=False)
    environment: str | None = None
    secret_path: str | None = None
    children: tuple[SecretReferenceNode, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class SecretReferenceTree(Model):
    """The tree of secrets that a secret refers to, and the value of the secret."""

    tree: SecretReferenceNode
    value: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class NewSecret(Model):
    """A shared secret for `batch_create`; limits and defaults are as in `create`."""

    secret_key: str
    secret_value: str = field(repr=False)
    secret_comment: str | None = None
    skip_multiline_encoding: bool | Null | None = None
    metadata: Mapping[str, str] | None = field(default=None, repr=False, hash=False)
    secret_metadata: tuple[SecretMetadata, ...] | None = None
    tag_ids: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SecretChange(Model):
    """A change for `batch_update`: None keeps a value, `NULL` clears it. `secret_path` overrides the batch's path."""

    secret_key: str
    secret_value: str | None = field(default=None, repr=False)
    secret_path: str | None = None
    secret_comment: str | None = None
    skip_multiline_encoding: bool | None = None
    new_secret_name: str | None = None
    tag_ids: tuple[str, ...] | None = None
    secret_metadata: tuple[SecretMetadata, ...] | None = None
    secret_reminder_note: str | Null | None = None
    secret_reminder_repeat_days: int | Null | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SecretName(Model):
    """A secret to delete with `batch_delete`; `type` is `shared` (the default) or `personal`."""

    secret_key: str
    type: str | None = None
