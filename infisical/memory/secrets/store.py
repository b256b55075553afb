"""The rows of secrets in a folder's tables, with their versions and personal overrides.

Nothing here knows a role, a request or an answer: writing.py checks permissions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from infisical.memory import tables, tree
from infisical.memory.call import Call
from infisical.memory.state import Draft, Row

SHARED_TYPE: Final = "shared"
PERSONAL_TYPE: Final = "personal"


def make_slot(key: str, user_id: str | None = None, copy: int = 0) -> str:
    """Return the key of a secret in its folder's table. In October 2024 a batch may store a name several times."""
    return f"{user_id or SHARED_TYPE}:{key}" if not copy else f"{SHARED_TYPE}#{copy}:{key}"


def get_slot(row: Row) -> str:
    return make_slot(row["key"], row["userId"], row.get("copy", 0))


def _list_copies(draft: Draft, folder: Row, key: str) -> list[Row]:
    """Return the secrets that a batch stored under a name after the first one."""
    rows, copy, copies = draft.rows(tables.secrets(folder["id"])), 1, []
    while (row := rows.get(make_slot(key, copy=copy))) is not None:
        copies.append(row)
        copy += 1
    return copies


# ---- reading
def find_secret(draft: Draft, folder: Row, key: str, user_id: str | None = None) -> Row | None:
    """Return the shared secret of a name, or a user's personal one."""
    return draft.get(tables.secrets(folder["id"]), make_slot(key, user_id))


def find_by_id(draft: Draft, secret_id: str) -> Row | None:
    place = draft.get(tables.SECRET_PLACES, secret_id)
    return None if place is None else draft.get(tables.secrets(place["folderId"]), place["slot"])


def find_version(draft: Draft, secret: Row, version: float) -> Row | None:
    """Return a version of a secret; None if there is no such version, or if the secret had another name then."""
    version_row = draft.get(tables.secret_versions(secret["id"]), str(version))
    return version_row if version_row is not None and version_row["key"] == secret["key"] else None


def list_shared(draft: Draft, folder: Row) -> list[Row]:
    """Return a folder's shared secrets, sorted by name."""
    rows = draft.rows(tables.secrets(folder["id"])).values()
    return sorted((row for row in rows if row["type"] == SHARED_TYPE), key=lambda row: str(row["key"]))


def list_visible(draft: Draft, folder: Row, user_id: str | None) -> list[Row]:
    """Return the secrets of a folder that a user sees: the shared ones and the user's personal ones."""
    rows = draft.rows(tables.secrets(folder["id"])).values()
    return [row for row in rows if row["type"] == SHARED_TYPE or (user_id is not None and row["userId"] == user_id)]


def group_overrides(draft: Draft, folder: Row) -> dict[str, list[Row]]:
    """Return the personal overrides of a folder, grouped by name."""
    overrides: dict[str, list[Row]] = {}
    for row in draft.where(tables.secrets(folder["id"]), type=PERSONAL_TYPE):
        overrides.setdefault(row["key"], []).append(row)
    return overrides


# ---- writing
def write_secret(
    call: Call,
    folder: Row,
    key: str,
    value: str,
    *,
    comment: str = "",
    tag_ids: Sequence[str] = (),
    metadata: Sequence[Mapping[str, Any]] = (),
    user_id: str | None = None,
) -> Row:
    """Put a secret, or a new version of an existing one, without any check. A user's id makes it personal."""
    columns = {
        "value": value,
        "comment": comment,
        "tagIds": tuple(tag_ids),
        "secretMetadata": tuple(_make_metadata(one) for one in metadata),
    }
    existing = find_secret(call.draft, folder, key, user_id)
    if existing is None:
        return insert_secret(call, folder, key, user_id, **columns)
    return revise_secret(call, folder, existing, **columns)


def _make_metadata(one: Mapping[str, Any]) -> Row:
    return {"key": one["key"], "value": one.get("value", ""), "isEncrypted": one.get("isEncrypted", False)}


def insert_secret(call: Call, folder: Row, key: str, user_id: str | None = None, **columns: Any) -> Row:
    """Put the first version of a new secret."""
    row = {
        **call.new_row(
            key=key,
            value="",
            comment="",
            type=SHARED_TYPE if user_id is None else PERSONAL_TYPE,
            userId=user_id,
            folderId=folder["id"],
            version=1,
            tagIds=(),
            secretMetadata=(),
            skipMultilineEncoding=False,
            reminderNote=None,
            reminderRepeatDays=None,
            reminderRecipients=(),
        ),
        **columns,
    }
    return _put_version(call, folder, row)


def insert_copy(call: Call, folder: Row, key: str, **columns: Any) -> Row:
    """Put a new secret, also if its folder has one of this name: the copies are listed, the first one is found."""
    copy = 0
    while make_slot(key, copy=copy) in call.draft.rows(tables.secrets(folder["id"])):
        copy += 1
    if copy:
        columns["copy"] = copy
    return insert_secret(call, folder, key, **columns)


def revise_secret(call: Call, folder: Row, secret: Row, **columns: Any) -> Row:
    """Put the next version of a secret; another `key` renames it."""
    row = {**secret, **columns, "version": secret["version"] + 1, "updatedAt": call.timestamp}
    if row["key"] != secret["key"]:
        call.draft.drop(tables.secrets(folder["id"]), get_slot(secret))
    return _put_version(call, folder, row)


def _put_version(call: Call, folder: Row, row: Row) -> Row:
    place = get_slot(row)
    call.draft.put(tables.SECRET_PLACES, row["id"], {"folderId": folder["id"], "slot": place})
    call.draft.put(tables.secret_versions(row["id"]), str(row["version"]), row)
    tree.touch(call, folder)
    return call.draft.put(tables.secrets(folder["id"]), place, row)


# ---- deleting
def remove_secret(call: Call, folder: Row, secret: Row, overrides: Mapping[str, Sequence[Row]] | None = None) -> None:
    """Remove a secret with its versions; a shared one is removed with its overrides.

    A batch passes the folder's `overrides`, so that they are grouped once and not for every secret.
    """
    removed = [secret]
    if secret["type"] == SHARED_TYPE:
        removed += _list_copies(call.draft, folder, secret["key"])
        removed += (group_overrides(call.draft, folder) if overrides is None else overrides).get(secret["key"], ())
    for row in removed:
        call.draft.drop(tables.secrets(folder["id"]), get_slot(row))
        _forget(call.draft, row)
    tree.touch(call, folder)


def drop_secrets(call: Call, folder: Row) -> None:
    """Remove all secrets of a folder with their versions."""
    table = tables.secrets(folder["id"])
    for row in list(call.draft.rows(table).values()):
        _forget(call.draft, row)
    if call.draft.rows(table):
        call.draft.clear(table)


def _forget(draft: Draft, secret: Row) -> None:
    draft.drop(tables.SECRET_PLACES, secret["id"])
    draft.clear(tables.secret_versions(secret["id"]))
