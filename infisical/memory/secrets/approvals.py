"""Approvals: changes of secrets that a policy wants approved, kept as a request instead of being made.

What a change would do is tried first, on a draft that is thrown away: one that could not be made is not asked for.
Only people are asked: machine identities and service tokens write straight through, as on a real server.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from infisical.memory import access, tables, tree
from infisical.memory.call import Call, pick
from infisical.memory.domain.places import Place
from infisical.memory.state import Draft, Row

SHOWN: Final = (
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


def asked(operation: str, items: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return changes as a request keeps them: `create`, `update` or `delete`, and what was sent for each secret."""
    return [{"op": operation, **item} for item in items]


def policy_for(call: Call, places: Iterable[Place]) -> tuple[Row, Place] | None:
    """Return the first policy that covers one of some places for who calls, and that place."""
    if call.actor.kind != "user":
        return None
    for place in places:
        environment = tree.find_environment(call.draft, place.project_id, place.environment)
        for policy in call.draft.rows(tables.approval_policies(place.project_id)).values():
            if environment is not None and policy["envId"] == environment["id"] and _covers(policy, place):
                return policy, place
    return None


def _covers(policy: Row, place: Place) -> bool:
    path = policy["secretPath"]
    if path is None:
        return True
    scope = {"environment": place.environment, "secretPath": path}
    under = {**scope, "secretPath": f"{path.rstrip('/')}/**"}
    return any(access.matches_scope(one, place.environment, place.path) for one in (scope, under))


def made_or_asked(
    call: Call,
    places: Sequence[Place],
    changes: Sequence[Mapping[str, Any]],
    make: Callable[[Call], dict[str, Any]],
) -> dict[str, Any]:
    """Make a change and return its answer; or, where a policy covers it, keep it as a request and return that."""
    found = policy_for(call, places)
    if found is None:
        return make(call)
    make(replace(call, draft=Draft(call.draft.finish())))
    return {"approval": pick(request(call, *found, changes), *SHOWN)}


def request(call: Call, policy: Row, place: Place, changes: Sequence[Mapping[str, Any]]) -> Row:
    """Keep changes as a request that waits for approval."""
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
