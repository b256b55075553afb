"""Secret moving: shared secrets taken from one folder to another, with what people keep for themselves under them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from infisical.memory import tree
from infisical.memory.call import Call
from infisical.memory.domain.places import Place
from infisical.memory.refusals import bad_request, not_found
from infisical.memory.secrets import approvals, store
from infisical.memory.secrets.writing import permitted
from infisical.memory.state import Row

CARRIED: Final = (
    "value",
    "comment",
    "tagIds",
    "secretMetadata",
    "skipMultilineEncoding",
    "reminderNote",
    "reminderRepeatDays",
    "reminderRecipients",
)
"""What a secret has at its new place as well; id, dates and versions begin anew there."""


def move(call: Call, source: Place, destination: Place, ids: Sequence[str], *, overwrite: bool) -> dict[str, bool]:
    """Move secrets; on a side with a policy this is asked for instead, and that side stays as it is."""
    permitted(call, source, "read")
    permitted(call, source, "delete")
    permitted(call, destination, "create")
    permitted(call, destination, "edit")
    before, after = _folder(call, source, "Source"), _folder(call, destination, "Destination")
    rows = [store.by_id(call.draft, secret_id) for secret_id in ids]
    moved = [row for row in rows if row is not None and row["folderId"] == before["id"] and row["userId"] is None]
    if len(moved) != len(ids) or len(set(ids)) != len(ids):
        raise bad_request("Invalid secrets")
    there = {row["key"]: store.find(call.draft, after, row["key"]) for row in moved}
    new = [row for row in moved if there[row["key"]] is None]
    other = [row for row in moved if (found := there[row["key"]]) is not None and found["value"] != row["value"]]
    if other and not overwrite:
        names = ",".join(row["key"] for row in other)
        raise bad_request(f"Failed to move secrets. The following secrets already exist in the destination: {names}")
    if not new and not other:
        raise bad_request("Selected secrets already exist in the destination.")
    brought = _bring(call, destination, after, new, other)
    taken = _take(call, source, before, moved, after if brought else None)
    return {"isSourceUpdated": taken, "isDestinationUpdated": brought}


def _folder(call: Call, place: Place, side: str) -> Row:
    found = tree.find_folder(call.draft, place.project_id, place.environment, place.path)
    if found is None:
        raise not_found(
            f"{side} folder with path '{place.path}' in environment with slug '{place.environment}' not found"
        )
    return found


def _bring(call: Call, place: Place, folder: Row, new: Sequence[Row], other: Sequence[Row]) -> bool:
    """Put secrets at their new place; False if that was only asked for."""
    found = approvals.policy_for(call, [place])
    if found is not None:
        changes = [_asked("create", row) for row in new] + [_asked("update", row) for row in other]
        approvals.request(call, *found, changes)
        return False
    for row in new:
        store.insert(call, folder, row["key"], **_carried(row))
    for row in other:
        there = store.find(call.draft, folder, row["key"])
        assert there is not None, "what is overwritten was found there"
        store.revise(call, folder, there, **_carried(row))
    return True


def _take(call: Call, place: Place, folder: Row, moved: Sequence[Row], after: Row | None) -> bool:
    """Take secrets from their old place, and overrides to the new one if there is any; False if only asked for."""
    found = approvals.policy_for(call, [place])
    if found is not None:
        approvals.request(call, *found, [_asked("delete", row) for row in moved])
        return False
    overrides = store.overrides_in(call.draft, folder)
    for row in moved:
        for own in overrides.get(row["key"], ()):
            if after is not None and store.find(call.draft, after, row["key"], own["userId"]) is None:
                store.insert(call, after, row["key"], own["userId"], **_carried(own))
        store.remove(call, folder, row, overrides)
    return True


def _carried(row: Row) -> dict[str, Any]:
    return {column: row[column] for column in CARRIED}


def _asked(operation: str, row: Row) -> dict[str, Any]:
    return {"op": operation, "secretKey": row["key"], "secretValue": row["value"], "secretComment": row["comment"]}
