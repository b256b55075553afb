"""Secrets: their rows in the tables of a folder, with versions and personal overrides; found, written, taken away.

The store only: it knows no role, no request and no answer. Who may write what is said in secret_writing.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from infisical.memory import tables, tree
from infisical.memory.call import Call
from infisical.memory.state import Draft, Row

SHARED: Final = "shared"
PERSONAL: Final = "personal"


def slot(key: str, user_id: str | None = None) -> str:
    """Return where in a folder's table a secret lies."""
    return f"{user_id or SHARED}:{key}"


# ---- found
def find(draft: Draft, folder: Row, key: str, user_id: str | None = None) -> Row | None:
    """Return the shared secret of a name, or somebody's own."""
    return draft.get(tables.secrets(folder["id"]), slot(key, user_id))


def by_id(draft: Draft, secret_id: str) -> Row | None:
    place = draft.get(tables.SECRET_PLACES, secret_id)
    return None if place is None else draft.get(tables.secrets(place["folderId"]), place["slot"])


def version_of(draft: Draft, secret: Row, version: float) -> Row | None:
    """Return a secret as it was in a version; None if there was none, or if it had another name then."""
    found = draft.get(tables.secret_versions(secret["id"]), str(version))
    return found if found is not None and found["key"] == secret["key"] else None


def shared_of(draft: Draft, folder: Row) -> list[Row]:
    """Return a folder's shared secrets, by their names."""
    rows = draft.rows(tables.secrets(folder["id"])).values()
    return sorted((row for row in rows if row["type"] == SHARED), key=lambda row: str(row["key"]))


def seen_by(draft: Draft, folder: Row, user_id: str | None) -> list[Row]:
    """Return a folder's secrets as somebody sees them: the shared ones, and the own ones beside them."""
    rows = draft.rows(tables.secrets(folder["id"])).values()
    return [row for row in rows if row["type"] == SHARED or (user_id is not None and row["userId"] == user_id)]


def overrides_in(draft: Draft, folder: Row) -> dict[str, list[Row]]:
    """Return the personal overrides of a folder by the names of their secrets."""
    overrides: dict[str, list[Row]] = {}
    for row in draft.where(tables.secrets(folder["id"]), type=PERSONAL):
        overrides.setdefault(row["key"], []).append(row)
    return overrides


# ---- written
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
    """Put a secret, or a new version of one that is there; with a user's id, that user's own. Nobody is asked."""
    columns = {
        "value": value,
        "comment": comment,
        "tagIds": tuple(tag_ids),
        "secretMetadata": tuple(_metadata(one) for one in metadata),
    }
    before = find(call.draft, folder, key, user_id)
    return insert(call, folder, key, user_id, **columns) if before is None else revise(call, folder, before, **columns)


def _metadata(one: Mapping[str, Any]) -> Row:
    return {"key": one["key"], "value": one.get("value", ""), "isEncrypted": one.get("isEncrypted", False)}


def insert(call: Call, folder: Row, key: str, user_id: str | None = None, **columns: Any) -> Row:
    """Put a new secret: its first version."""
    row = {
        **call.new_row(
            key=key,
            value="",
            comment="",
            type=SHARED if user_id is None else PERSONAL,
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
    return _keep(call, folder, row)


def revise(call: Call, folder: Row, secret: Row, **columns: Any) -> Row:
    """Put the next version of a secret; with another `key` it moves to that name."""
    row = {**secret, **columns, "version": secret["version"] + 1, "updatedAt": call.timestamp}
    if row["key"] != secret["key"]:
        call.draft.drop(tables.secrets(folder["id"]), slot(secret["key"], secret["userId"]))
    return _keep(call, folder, row)


def _keep(call: Call, folder: Row, row: Row) -> Row:
    place = slot(row["key"], row["userId"])
    call.draft.put(tables.SECRET_PLACES, row["id"], {"folderId": folder["id"], "slot": place})
    call.draft.put(tables.secret_versions(row["id"]), str(row["version"]), row)
    tree.touch(call, folder)
    return call.draft.put(tables.secrets(folder["id"]), place, row)


# ---- taken away
def remove(call: Call, folder: Row, secret: Row, overrides: Mapping[str, Sequence[Row]] | None = None) -> None:
    """Take a secret away with its versions; with a shared one go the overrides of it.

    A batch gives the folder's `overrides`, so that they are not looked for once per secret.
    """
    gone = [secret]
    if secret["type"] == SHARED:
        gone += (overrides_in(call.draft, folder) if overrides is None else overrides).get(secret["key"], ())
    for row in gone:
        call.draft.drop(tables.secrets(folder["id"]), slot(row["key"], row["userId"]))
        _forget(call.draft, row)
    tree.touch(call, folder)


def drop_folder(call: Call, folder: Row) -> None:
    """Take all secrets of a folder away, with their versions."""
    table = tables.secrets(folder["id"])
    for row in list(call.draft.rows(table).values()):
        _forget(call.draft, row)
    if call.draft.rows(table):
        call.draft.clear(table)


def _forget(draft: Draft, secret: Row) -> None:
    draft.drop(tables.SECRET_PLACES, secret["id"])
    draft.clear(tables.secret_versions(secret["id"]))
