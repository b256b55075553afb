"""Approvals: requests for changes of secrets that a policy protects.

A change is tried first on a draft that is discarded: an invalid change is refused, not requested.
Users need approval, and today machine identities unless the policy lets them bypass; service tokens write directly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from infisical.memory import patterns, tables, tree
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
    for place in places:
        environment = tree.find_environment(call.draft, place.project_id, place.environment)
        policies = [] if environment is None else _list_policies(call, place.project_id, environment)
        policy = resolve_policy(policies, place.path)
        if policy is not None and _is_applicable(call, policy):
            return policy, place
    return None


def _list_policies(call: Call, project_id: str, environment: Row) -> list[Row]:
    return call.draft.where(tables.approval_policies(project_id), envId=environment["id"])


def resolve_policy(policies: Iterable[Row], path: str) -> Row | None:
    """Return the policy for a path: one with this very path, then a pattern, then one without a path, the oldest.

    A policy for a folder does not cover its subfolders (resolvePolicyForPath in secret-approval-policy-fns.ts).
    """
    covering = [one for one in policies if not one["secretPath"] or patterns.matches_glob(one["secretPath"], path)]
    return min(covering, key=lambda one: (-_compute_rank(one), one["createdAt"], one["id"]), default=None)


def _compute_rank(policy: Row) -> int:
    path = policy["secretPath"]
    return 0 if not path else 1 if any(letter in path for letter in "*?{}[]!(") else 2


def _is_applicable(call: Call, policy: Row) -> bool:
    """Return True if a caller needs approval (shouldApplyPolicy in secret-approval-policy-fns.ts)."""
    if call.actor.kind == "user":
        return True
    return call.actor.kind == "identity" and not call.is_2024 and not policy.get("bypassForMachineIdentities")


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
    columns = ANSWER_COLUMNS if call.is_2024 else (*ANSWER_COLUMNS, "committerIdentityId")
    return {"approval": pick(put_request(call, *policy_and_place, changes), *columns)}


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
        committerUserId=call.actor.id if call.actor.kind == "user" else None,
        committerIdentityId=call.actor.id if call.actor.kind == "identity" else None,
        statusChangedByUserId=None,
        changes=tuple(changes),
    )
    return call.draft.put(tables.approval_requests(place.project_id), row["id"], row)
