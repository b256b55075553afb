"""Approvals: requests for changes of secrets that a policy protects.

A change is tried first on a draft that is discarded: an invalid change is refused, not requested.
Only users need approval: machine identities and service tokens write directly, as on a real server.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from infisical.memory import access, tables, tree
from infisical.memory.call import Call, pick
from infisical.memory.domain.places import Place
from infisical.memory.state import Draft, Row

ANSWER_COLUMNS: Final = (
    "id",
    "policyId",
    "hasMerged",
    "status",
    "conflicts",
    "slug",
    "folderId",
    "bypassReason",
    "createdAt",
    "updatedAt",
    "isReplicated",
    "committerUserId",
    "statusChangedByUserId",
)
LETTERS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
SLUG_LENGTH: Final = 10


def make_changes(operation: str, items: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return changes as requests store them: `create`, `update` or `delete` with the fields of each secret."""
    return [{"op": operation, **item} for item in items]


def find_policy(call: Call, places: Iterable[Place]) -> tuple[Row, Place] | None:
    """Return the first policy that covers one of these places for the caller, and that place."""
    if call.actor.kind != "user":
        return None
    for place in places:
        environment = tree.find_environment(call.draft, place.project_id, place.environment)
        for policy in call.draft.rows(tables.approval_policies(place.project_id)).values():
            if environment is not None and policy["envId"] == environment["id"] and _is_covered(policy, place):
                return policy, place
    return None


def _is_covered(policy: Row, place: Place) -> bool:
    path = policy["secretPath"]
    if path is None:
        return True
    scope = {"environment": place.environment, "secretPath": path}
    subfolders = {**scope, "secretPath": f"{path.rstrip('/')}/**"}
    return any(access.matches_scope(pattern, place.environment, place.path) for pattern in (scope, subfolders))


def apply_or_request(
    call: Call,
    places: Sequence[Place],
    changes: Sequence[Mapping[str, Any]],
    apply: Callable[[Call], dict[str, Any]],
) -> dict[str, Any]:
    """Apply a change and return its answer; or, if a policy covers it, put a request and return that."""
    policy_and_place = find_policy(call, places)
    if policy_and_place is None:
        return apply(call)
    apply(replace(call, draft=Draft(call.draft.finish())))
    return {"approval": pick(put_request(call, *policy_and_place, changes), *ANSWER_COLUMNS)}


def put_request(call: Call, policy: Row, place: Place, changes: Sequence[Mapping[str, Any]]) -> Row:
    """Put a request that waits for approval."""
    row = call.new_row(
        policyId=policy["id"],
        hasMerged=False,
        status="open",
        conflicts=None,
        slug="".join(LETTERS[byte % len(LETTERS)] for byte in call.draft.random_bytes(SLUG_LENGTH)),
        folderId=tree.get_folder(call, place.project_id, place.environment, place.path)["id"],
        bypassReason=None,
        isReplicated=None,
        committerUserId=call.actor.id,
        statusChangedByUserId=None,
        changes=tuple(changes),
    )
    return call.draft.put(tables.approval_requests(place.project_id), row["id"], row)
