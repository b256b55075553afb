"""Moving secrets: shared secrets from one folder to another. Their personal overrides stay."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from infisical.memory import access, tree
from infisical.memory.call import Call
from infisical.memory.domain.places import Place
from infisical.memory.refusals import bad_request, not_found
from infisical.memory.secrets import approvals, renaming, store
from infisical.memory.secrets.writing import permit_secrets
from infisical.memory.state import Row

MOVED_COLUMNS: Final = (
    "value",
    "comment",
    "tagIds",
    "secretMetadata",
    "skipMultilineEncoding",
    "reminderNote",
    "reminderRepeatDays",
    "reminderRecipients",
)
"""The columns that move. Id, dates and versions are new in the destination."""


def move_secrets(
    call: Call, source: Place, destination: Place, ids: Sequence[str], *, overwrite: bool
) -> dict[str, bool]:
    """Move secrets. A side with a policy keeps its secrets and gets an approval request.

    Only today's server has this route: see fnSecretMove in secret-v2-bridge-fns.ts at b6187fc3 (2026).
    """
    access.require_project_access(call, source.project_id)
    old_folder = _require_folder(call, source, "Source")
    new_folder = _require_folder(call, destination, "Destination")
    rows = [store.find_by_id(call.draft, secret_id) for secret_id in ids]
    moved = [row for row in rows if row is not None and row["folderId"] == old_folder["id"] and row["userId"] is None]
    if len(moved) != len(ids) or len(set(ids)) != len(ids):
        raise not_found(
            f"One or more secrets not found in source folder with path '{source.path}' "
            f"and environment slug '{source.environment}'"
        )
    if moved:
        for action in ("delete", "readValue"):
            permit_secrets(call, source, action)
    existing = {row["key"]: store.find_secret(call.draft, new_folder, row["key"]) for row in moved}
    new = [row for row in moved if existing[row["key"]] is None]
    changed = [row for row in moved if (other := existing[row["key"]]) is not None and other["value"] != row["value"]]
    if changed and not overwrite:
        names = ",".join(row["key"] for row in changed)
        raise bad_request(f"Failed to move secrets. The following secrets already exist in the destination: {names}")
    if not new and not changed:
        raise bad_request("Selected secrets already exist in the destination.")
    for action in ("create", "edit"):
        permit_secrets(call, destination, action)
    is_destination_updated = _add_secrets(call, destination, new_folder, new, changed)
    is_source_updated = _remove_secrets(call, source, old_folder, moved)
    if is_destination_updated:
        for row in moved:
            secret = store.find_secret(call.draft, new_folder, row["key"])
            assert secret is not None, "_add_secrets put it there, or it was there already"
            renaming.move_references(call, source, destination, row["key"], secret)
    return {"isSourceUpdated": is_source_updated, "isDestinationUpdated": is_destination_updated}


def _require_folder(call: Call, place: Place, side: str) -> Row:
    folder = tree.find_folder(call.draft, place.project_id, place.environment, place.path)
    if folder is None:
        raise not_found(
            f"{side} folder with path '{place.path}' in environment with slug '{place.environment}' not found"
        )
    return folder


def _add_secrets(call: Call, place: Place, folder: Row, new: Sequence[Row], changed: Sequence[Row]) -> bool:
    """Put secrets in the destination; return False if approval was requested instead."""
    policy = approvals.find_policy(call, [place])
    if policy is not None:
        changes = [_make_change("create", row) for row in new] + [_make_change("update", row) for row in changed]
        approvals.put_request(call, *policy, changes)
        return False
    for row in new:
        store.insert_secret(call, folder, row["key"], **_copy_columns(row))
    for row in changed:
        existing = store.find_secret(call.draft, folder, row["key"])
        assert existing is not None, "move_secrets compared it with the existing secret"
        store.revise_secret(call, folder, existing, **_copy_columns(row))
    return True


def _remove_secrets(call: Call, place: Place, folder: Row, moved: Sequence[Row]) -> bool:
    """Remove secrets from the source; return False if approval was requested instead.

    Personal overrides stay in the source, as on the server at b6187fc3.
    """
    policy = approvals.find_policy(call, [place])
    if policy is not None:
        approvals.put_request(call, *policy, [_make_change("delete", row) for row in moved])
        return False
    for row in moved:
        store.remove_secret(call, folder, row, {})
    return True


def _copy_columns(row: Row) -> dict[str, Any]:
    return {column: row[column] for column in MOVED_COLUMNS}


def _make_change(operation: str, row: Row) -> dict[str, Any]:
    return {"op": operation, "secretKey": row["key"], "secretValue": row["value"], "secretComment": row["comment"]}
