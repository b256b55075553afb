"""Machine identities as members of a project, and their roles there, for good or for a time."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from infisical.memory import seeding, tables
from infisical.memory.access import PROJECT_ROLES, get_project_roles, permit
from infisical.memory.call import Call, format_time, parse_time, pick
from infisical.memory.identities import store as identities
from infisical.memory.identities.routes import show_project_membership
from infisical.memory.refusals import Refusal, bad_request, not_found
from infisical.memory.routing import MACHINES, Answer, route
from infisical.memory.state import Row
from infisical.memory.validation import (
    Field,
    Issues,
    Path,
    array,
    choice,
    datetime_text,
    either,
    number_text,
    obj,
    string,
)

MEMBERS_PATH: Final = "/api/v1/projects/{projectId}/memberships/identities"
MEMBER_PATH: Final = "/api/v1/projects/{projectId}/memberships/identities/{identityId}"
UNITS: Final = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31557600}
LONG_UNITS: Final = {
    "milliseconds": "ms",
    "millisecond": "ms",
    "msecs": "ms",
    "msec": "ms",
    "seconds": "s",
    "second": "s",
    "secs": "s",
    "sec": "s",
    "minutes": "m",
    "minute": "m",
    "mins": "m",
    "min": "m",
    "hours": "h",
    "hour": "h",
    "hrs": "h",
    "hr": "h",
    "days": "d",
    "day": "d",
    "weeks": "w",
    "week": "w",
    "years": "y",
    "year": "y",
    "yrs": "y",
    "yr": "y",
}


def duration(text: str) -> float:
    """Read a duration (`1h`, `30 days`; milliseconds without a unit) as seconds; 0 if it is none."""
    found = re.fullmatch(r"(-?(?:\d+(?:\.\d+)?|\.\d+)) *([a-z]*)", text.strip().lower())
    if found is None:
        return 0
    unit = LONG_UNITS.get(found[2], found[2]) or "ms"
    return float(found[1]) * UNITS[unit] if unit in UNITS else 0


def literal(wanted: bool) -> Field:
    """Just this value."""

    def check(value: Any, path: Path, issues: Issues) -> Any:
        if value is not wanted:
            text = f"Invalid literal value, expected {str(wanted).lower()}"
            issue = {"code": "invalid_literal", "expected": wanted, "received": value}
            issues.append({**issue, "path": list(path), "message": text})
        return value

    return Field(check, expected="boolean")


ROLE: Final = either(
    obj(role=string(), isTemporary=literal(False).optional(False)),
    obj(
        role=string(),
        isTemporary=literal(True),
        temporaryMode=choice("relative"),
        temporaryRange=string().where(lambda text: duration(text) > 0, "Temporary range must be a positive number"),
        temporaryAccessStartTime=datetime_text(),
    ),
)
NEW: Final = obj(role=string(least=1).optional("no-access"), roles=array(ROLE, least=1).optional())
LIST: Final = obj(
    offset=number_text(least=0).optional(0),
    limit=number_text(least=1, most=1000).optional(),
    identityName=string().optional(""),
    roles=string().optional(""),
)
OLD_LIST: Final = obj(
    offset=number_text(least=0).optional(0),
    limit=number_text(least=1, most=20000).optional(100),
    orderBy=choice("name").optional("name"),
    orderDirection=choice("asc", "desc").optional("asc"),
    search=string().optional(""),
)


# ---- roles
def role_rows(call: Call, asked: Sequence[Mapping[str, Any]], project_id: str, doing: str) -> list[dict[str, Any]]:
    """Return the rows of the roles asked for; refuse those that are not there, or not the caller's to give."""
    if all(one["isTemporary"] for one in asked):
        raise bad_request("Identity must have at least one permanent role")
    if not PROJECT_ROLES.issuperset(one["role"] for one in asked):
        raise not_found("One or more custom roles not found")
    if any(one["role"] != "no-access" for one in asked) and "admin" not in get_project_roles(call, project_id):
        raise Refusal(
            403,
            "PermissionBoundaryError",
            f"Failed to {doing} identity project membership. Actor is missing permission grant-privileges on identity",
            details={"missingPermissions": [{"action": "grant-privileges", "subject": "identity"}]},
        )
    return [{**seeding.role_row(call, one["role"]), **_while(one)} for one in asked]


def _while(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns that say when a role holds."""
    if not asked["isTemporary"]:
        return {}
    start = parse_time(asked["temporaryAccessStartTime"])
    return {
        "isTemporary": True,
        "temporaryMode": asked["temporaryMode"],
        "temporaryRange": asked["temporaryRange"],
        "temporaryAccessStartTime": format_time(start),
        "temporaryAccessEndTime": format_time(start + duration(asked["temporaryRange"])),
    }


# ---- one
def written(row: Row) -> Row:
    return pick(row, "id", "projectId", "identityId", "createdAt", "updatedAt")


def member(call: Call) -> Row:
    """Return the membership that the path names; refuse where there is none."""
    row = call.draft.get(tables.project_identities(call.path["projectId"]), call.path["identityId"])
    if row is None:
        raise bad_request("Identity doesn't have membership")
    return row


@route("POST", MEMBER_PATH, generation="current", access=MACHINES, body=NEW)
def create_membership(call: Call) -> Answer:
    project = permit(call, call.path["projectId"], "create", "identity")
    identity = call.draft.get(tables.IDENTITIES, call.path["identityId"])
    if identity is None or identity["orgId"] != project["orgId"]:
        raise bad_request(f"Identity {call.path['identityId']} is missing organization membership")
    asked = call.body.get("roles") or [{"role": call.body["role"], "isTemporary": False}]
    roles = role_rows(call, asked, project["id"], "create")
    table = tables.project_identities(project["id"])
    if call.draft.get(table, identity["id"]) is not None:
        raise bad_request("Identity is already a member")
    row = call.new_row(identityId=identity["id"], projectId=project["id"], roles=roles)
    return {"identityMembership": written(call.draft.put(table, identity["id"], row))}


@route("PATCH", MEMBER_PATH, generation="current", access=MACHINES, body=obj(roles=array(ROLE, least=1)))
def update_membership(call: Call) -> Answer:
    project = permit(call, call.path["projectId"], "edit", "identity")
    row = member(call)
    roles = role_rows(call, call.body["roles"], project["id"], "update")
    table = tables.project_identities(project["id"])
    changed = call.draft.merge(table, row["identityId"], roles=roles, updatedAt=call.timestamp)
    return {"identityMembership": written(changed)}


@route("DELETE", MEMBER_PATH, generation="current", access=MACHINES)
def delete_membership(call: Call) -> Answer:
    project = permit(call, call.path["projectId"], "delete", "identity")
    row = member(call)
    if row["identityId"] == call.actor.id:
        raise bad_request("You can't delete your own membership")
    call.draft.drop(tables.project_identities(project["id"]), row["identityId"])
    return {"identityMembership": written(row)}


@route("GET", MEMBER_PATH, generation="current", access=MACHINES)
def get_membership(call: Call) -> Answer:
    project = permit(call, call.path["projectId"], "read", "identity")
    row = call.draft.get(tables.project_identities(project["id"]), call.path["identityId"])
    if row is None:
        raise not_found("Identity membership not found")
    identity = call.draft.rows(tables.IDENTITIES)[row["identityId"]]
    return {
        "identityMembership": {
            **pick(row, "id", "createdAt", "updatedAt", "roles"),
            "lastLoginAuthMethod": None,  # the server keeps it in the membership of the organization only
            "lastLoginTime": None,
            "identity": {
                **inner(identity),
                **identities.show_methods(call, identity["id"]),
                "metadata": identity["metadata"],
            },
        }
    }


def inner(identity: Row) -> dict[str, Any]:
    return {**pick(identity, "name", "id", "orgId"), "projectId": None}


# ---- many
@route("GET", MEMBERS_PATH, generation="current", access=MACHINES, query=LIST)
def list_memberships(call: Call) -> Answer:
    project = permit(call, call.path["projectId"], "read", "identity")
    roles = {slug.strip() for slug in call.query["roles"].split(",") if slug.strip()}
    found = [
        (row, identity)
        for row, identity in members(call, project["id"], call.query["identityName"])
        if not roles or roles & {role["role"] for role in row["roles"]}
    ]
    start = call.query["offset"]
    shown = found[start : start + call.query.get("limit", len(found))]
    return {
        "identityMemberships": [
            {**pick(row, "id", "createdAt", "updatedAt", "roles"), "identity": inner(identity)}
            for row, identity in shown
        ],
        "totalCount": len(found),
    }


@route("GET", "/api/v2/workspace/{projectId}/identity-memberships", access=MACHINES, query=OLD_LIST)
def list_workspace_memberships(call: Call) -> Answer:
    project = permit(call, call.path["projectId"], "read", "identity")
    found = members(call, project["id"], call.query["search"])
    start = call.query["offset"]
    return {
        "identityMemberships": [
            show_project_membership(call, row, project) for row, _ in found[start : start + call.query["limit"]]
        ],
        "totalCount": len(found),
    }


def members(call: Call, project_id: str, part: str) -> list[tuple[Row, Row]]:
    """Return memberships and identities of a project whose names hold this part, the oldest first."""
    known = call.draft.rows(tables.IDENTITIES)
    pairs = ((row, known[row["identityId"]]) for row in call.draft.rows(tables.project_identities(project_id)).values())
    return [(row, identity) for row, identity in pairs if part.lower() in identity["name"].lower()]
