"""Machine identities as members of a project, with permanent and temporary roles."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from infisical.memory import seeding, tables
from infisical.memory.access import PROJECT_ROLES, get_project_roles, permit
from infisical.memory.call import Call, format_time, parse_time, pick
from infisical.memory.domain import custom_roles
from infisical.memory.identities import store as identities
from infisical.memory.identities.routes import show_project_membership
from infisical.memory.refusals import bad_request, boundary_refused, internal_error, not_found
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


def parse_duration(text: str) -> float:
    """Parse a duration (`1h`, `30 days`; milliseconds without a unit) as seconds; 0 if it is invalid."""
    match = re.fullmatch(r"(-?(?:\d+(?:\.\d+)?|\.\d+)) *([a-z]*)", text.strip().lower())
    if match is None:
        return 0
    unit = LONG_UNITS.get(match[2], match[2]) or "ms"
    return float(match[1]) * UNITS[unit] if unit in UNITS else 0


def make_literal_field(expected: bool) -> Field:
    """Make the field of exactly this value."""

    def check(value: Any, path: Path, issues: Issues) -> Any:
        if value is not expected:
            text = f"Invalid literal value, expected {str(expected).lower()}"
            issue = {"code": "invalid_literal", "expected": expected, "received": value}
            issues.append({**issue, "path": list(path), "message": text})
        return value

    return Field(check, expected="boolean")


ROLE_FIELD: Final = either(
    obj(role=string(), isTemporary=make_literal_field(False).optional(False)),
    obj(
        role=string(),
        isTemporary=make_literal_field(True),
        temporaryMode=choice("relative"),
        temporaryRange=string().where(
            lambda text: parse_duration(text) > 0, "Temporary range must be a positive number"
        ),
        temporaryAccessStartTime=datetime_text(),
    ),
)
CREATE_BODY: Final = obj(role=string(least=1).optional("no-access"), roles=array(ROLE_FIELD, least=1).optional())
LIST_QUERY: Final = obj(
    offset=number_text(least=0).optional(0),
    limit=number_text(least=1, most=1000).optional(),
    identityName=string().optional(""),
    roles=string().optional(""),
)
OLD_LIST_QUERY: Final = obj(
    offset=number_text(least=0).optional(0),
    limit=number_text(least=1, most=20000).optional(100),
    orderBy=choice("name").optional("name"),
    orderDirection=choice("asc", "desc").optional("asc"),
    search=string().optional(""),
)


# ---- roles
def check_permanence(roles: Sequence[Mapping[str, Any]]) -> None:
    if all(role["isTemporary"] for role in roles):
        raise bad_request("Identity must have at least one permanent role")


def require_grant(call: Call, roles: Sequence[Mapping[str, Any]], project_id: str, doing: str) -> None:
    """Refuse a caller who may not grant roles; everyone with access may grant `no-access`."""
    if any(role["role"] != "no-access" for role in roles) and "admin" not in get_project_roles(call, project_id):
        raise boundary_refused(f"Failed to {doing} identity project membership", "grant-privileges")


def make_role_rows(call: Call, roles: Sequence[Mapping[str, Any]], project_id: str) -> list[dict[str, Any]]:
    """Make the rows of requested roles; refuse unknown ones."""
    custom = {role["role"]: custom_roles.find_role(call.draft, project_id, role["role"]) for role in roles}
    if any(row is None and slug not in PROJECT_ROLES for slug, row in custom.items()):
        raise not_found("One or more custom roles not found")
    return [make_role_row(call, role, custom[role["role"]]) for role in roles]


def make_role_row(call: Call, role: Mapping[str, Any], custom: Row | None) -> dict[str, Any]:
    """Make the row of a requested role; `custom` is the role of the project that it names."""
    columns = {} if custom is None else custom_roles.make_columns(custom)
    return {**seeding.make_role(call, role["role"]), **columns, **make_period(role)}


def make_period(role: Mapping[str, Any]) -> dict[str, Any]:
    """Make the columns of a temporary role's period."""
    if not role["isTemporary"]:
        return {}
    start = parse_time(role["temporaryAccessStartTime"])
    return {
        "isTemporary": True,
        "temporaryMode": role["temporaryMode"],
        "temporaryRange": role["temporaryRange"],
        "temporaryAccessStartTime": format_time(start),
        "temporaryAccessEndTime": format_time(start + parse_duration(role["temporaryRange"])),
    }


# ---- one
def describe_membership(row: Row) -> Row:
    return pick(row, "id", "projectId", "identityId", "createdAt", "updatedAt")


def require_identity(call: Call) -> None:
    """Fail as the server does on a missing identity: it reads a column of nothing (at 08019ebd, 2026)."""
    if call.path["identityId"] not in call.draft.rows(tables.IDENTITIES):
        raise internal_error()


def get_member(call: Call) -> Row:
    """Return the membership that the path names; refuse if it does not exist."""
    row = call.draft.get(tables.project_identities(call.path["projectId"]), call.path["identityId"])
    if row is None:
        raise bad_request("Identity doesn't have membership")
    return row


@route("POST", MEMBER_PATH, generation="current", access=MACHINES, body=CREATE_BODY)
def create_membership(call: Call) -> Answer:
    asked = call.body.get("roles") or [{"role": call.body["role"], "isTemporary": False}]
    check_permanence(asked)
    project = permit(call, call.path["projectId"], "create", "identity")
    identity = call.draft.get(tables.IDENTITIES, call.path["identityId"])
    if identity is None or identity["orgId"] != project["orgId"]:
        raise bad_request(f"Identity {call.path['identityId']} is missing organization membership")
    require_grant(call, asked, project["id"], "create")
    roles = make_role_rows(call, asked, project["id"])
    table = tables.project_identities(project["id"])
    if call.draft.get(table, identity["id"]) is not None:
        raise bad_request("Identity is already a member")
    row = call.new_row(identityId=identity["id"], projectId=project["id"], roles=roles)
    return {"identityMembership": describe_membership(call.draft.put(table, identity["id"], row))}


@route("PATCH", MEMBER_PATH, generation="current", access=MACHINES, body=obj(roles=array(ROLE_FIELD, least=1)))
def update_membership(call: Call) -> Answer:
    project = permit(call, call.path["projectId"], "edit", "identity")
    require_identity(call)
    require_grant(call, call.body["roles"], project["id"], "update")
    check_permanence(call.body["roles"])
    row = get_member(call)
    roles = make_role_rows(call, call.body["roles"], project["id"])
    table = tables.project_identities(project["id"])
    membership = call.draft.merge(table, row["identityId"], roles=roles, updatedAt=call.timestamp)
    return {"identityMembership": describe_membership(membership)}


@route("DELETE", MEMBER_PATH, generation="current", access=MACHINES)
def delete_membership(call: Call) -> Answer:
    project = permit(call, call.path["projectId"], "delete", "identity")
    require_identity(call)
    row = get_member(call)
    if row["identityId"] == call.actor.id:
        raise bad_request("You can't delete your own membership")
    call.draft.drop(tables.project_identities(project["id"]), row["identityId"])
    return {"identityMembership": describe_membership(row)}


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
            "lastLoginAuthMethod": None,  # the server stores it only in the membership of the organization
            "lastLoginTime": None,
            "identity": {
                **describe_identity(identity),
                **identities.show_methods(call, identity["id"]),
                "metadata": identity["metadata"],
            },
        }
    }


def describe_identity(identity: Row) -> dict[str, Any]:
    return {**pick(identity, "name", "id", "orgId"), "projectId": None}


# ---- many
@route("GET", MEMBERS_PATH, generation="current", access=MACHINES, query=LIST_QUERY)
def list_memberships(call: Call) -> Answer:
    project = permit(call, call.path["projectId"], "read", "identity")
    roles = {slug.strip() for slug in call.query["roles"].split(",") if slug.strip()}
    pairs = [
        (row, identity)
        for row, identity in list_members(call, project["id"], call.query["identityName"])
        if not roles or roles & {role["role"] for role in row["roles"]}
    ]
    start = call.query["offset"]
    page = pairs[start : start + call.query.get("limit", len(pairs))]
    return {
        "identityMemberships": [
            {**pick(row, "id", "createdAt", "updatedAt", "roles"), "identity": describe_identity(identity)}
            for row, identity in page
        ],
        "totalCount": len(pairs),
    }


@route("GET", "/api/v2/workspace/{projectId}/identity-memberships", access=MACHINES, query=OLD_LIST_QUERY)
def list_workspace_memberships(call: Call) -> Answer:
    project = permit(call, call.path["projectId"], "read", "identity")
    pairs = list_members(call, project["id"], call.query["search"])
    start = call.query["offset"]
    return {
        "identityMemberships": [
            show_project_membership(call, row, project) for row, _ in pairs[start : start + call.query["limit"]]
        ],
        "totalCount": len(pairs),
    }


def list_members(call: Call, project_id: str, part: str) -> list[tuple[Row, Row]]:
    """Return the memberships and identities of a project whose names contain a text, oldest first."""
    identities_by_id = call.draft.rows(tables.IDENTITIES)
    pairs = (
        (row, identities_by_id[row["identityId"]])
        for row in call.draft.rows(tables.project_identities(project_id)).values()
    )
    return [(row, identity) for row, identity in pairs if part.lower() in identity["name"].lower()]
