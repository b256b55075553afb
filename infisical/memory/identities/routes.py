"""Machine identities: their creation, changes, deletion and search; their login methods are in identity_auth/."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from infisical.memory import seeding, tables
from infisical.memory.access import ORGANIZATION_ROLES, permit_organization
from infisical.memory.call import Call, pick
from infisical.memory.domain import lockouts
from infisical.memory.identities import store as identities
from infisical.memory.identities.memberships import ORDER_FIELDS, page_memberships, show_membership
from infisical.memory.refusals import bad_request, not_found
from infisical.memory.routing import MACHINES, Answer, route
from infisical.memory.state import Row
from infisical.memory.validation import array, boolean, either, number, obj, string

IDENTITIES_PATH: Final = "/api/v1/identities"
IDENTITY_PATH: Final = "/api/v1/identities/{identityId}"
UNKNOWN_MESSAGE: Final = "Failed to find identity with id {}"
METADATA: Final = array(obj(key=string(least=1), value=string(least=1)))
NEW_IDENTITY: Final = obj(
    name=string(),
    organizationId=string(),
    role=string(least=1).optional("no-access"),
    hasDeleteProtection=boolean().optional(False),
    metadata=METADATA.optional([]),
)
CHANGES: Final = obj(
    name=string().optional(),
    role=string(least=1).optional(),
    hasDeleteProtection=boolean().optional(),
    metadata=METADATA.optional(),
)

PATTERN_MESSAGE: Final = "Invalid pattern: only alphanumeric characters, - are allowed."
TEXT: Final = string(most=255, matches=r"[A-Za-z0-9 _/-]*", message=PATTERN_MESSAGE)
NAME: Final = either(
    TEXT,
    obj({"$eq": TEXT.optional(), "$contains": TEXT.optional(), "$in": array(TEXT, most=500).optional()}),
)
ROLE: Final = either(TEXT, obj({"$eq": TEXT.optional(), "$in": array(TEXT, most=500).optional()}))
FILTERS: Final = {"name": NAME.optional(), "role": ROLE.optional()}
SEARCH: Final = obj(
    **ORDER_FIELDS,
    limit=number(most=100).optional(50),
    offset=number().optional(0),
    search=obj({**FILTERS, "$or": array(obj(**FILTERS), most=20).optional()}),
)


# ---- answers
def show_identity(call: Call, row: Row) -> dict[str, Any]:
    if call.is_2024:
        return {
            **pick(row, "id", "name"),
            **identities.show_methods(call, row["id"]),
            **pick(row, "createdAt", "updatedAt"),
        }
    return {
        **pick(row, "id", "name"),
        "authMethod": None,
        **pick(row, "createdAt", "updatedAt", "hasDeleteProtection", "orgId"),
        "projectId": None,
    }


def add_ids(call: Call, metadata: list[Mapping[str, str]]) -> list[dict[str, str]]:
    return [{"id": call.draft.new_id(), **pair} for pair in metadata]


def check_role(call: Call, role: str, organization_id: str) -> str:
    if role not in ORGANIZATION_ROLES:
        name = f" '{role}'" if call.is_2024 else ""
        raise not_found(f"Specified role{name} was not found in the organization with ID '{organization_id}'")
    return role


# ---- one
@route("POST", IDENTITIES_PATH, access=MACHINES, body=NEW_IDENTITY)
def create_identity(call: Call) -> Answer:
    organization_id = call.body["organizationId"]
    permit_organization(call, "create", "identity", organization_id)
    role = check_role(call, call.body["role"], organization_id)
    if role != "no-access":
        identities.require_grant(call, organization_id, "Failed to create identity")
    row = seeding.add_identity(
        call,
        organization_id,
        call.body["name"],
        role,
        has_delete_protection=call.body["hasDeleteProtection"],
        metadata=call.body["metadata"],
    )
    if call.is_2024:
        return {"identity": show_identity(call, row)}
    return {"identity": {**show_identity(call, row), "authMethods": [], "metadata": row["metadata"]}}


@route("PATCH", IDENTITY_PATH, access=MACHINES, body=CHANGES)
def update_identity(call: Call) -> Answer:
    row = identities.get_identity(call, call.path["identityId"], "edit", UNKNOWN_MESSAGE)
    changes: dict[str, Any] = dict(call.body)
    role = changes.pop("role", None)
    if role is not None:
        check_role(call, role, row["orgId"])
        identities.require_grant(call, row["orgId"], "Failed to update identity")
        call.draft.merge(tables.IDENTITY_MEMBERS, row["id"], role=role, updatedAt=call.timestamp)
    if "metadata" in changes:
        changes["metadata"] = add_ids(call, changes["metadata"])
    row = call.draft.merge(tables.IDENTITIES, row["id"], **changes, updatedAt=call.timestamp)
    return {"identity": {**show_identity(call, row), **({} if call.is_2024 else pick(row, "metadata"))}}


@route("DELETE", IDENTITY_PATH, access=MACHINES)
def delete_identity(call: Call) -> Answer:
    row = identities.get_identity(call, call.path["identityId"], "delete", UNKNOWN_MESSAGE)
    if row["hasDeleteProtection"]:
        raise bad_request("Identity has delete protection")
    answer = {"identity": show_identity(call, row)}
    identities.delete_identity(call, row["id"])
    return answer


@route("GET", IDENTITIES_PATH, access=MACHINES, query=obj(orgId=string()))
def list_identities(call: Call) -> Answer:
    organization_id = call.query["orgId"]
    permit_organization(call, "read", "identity", organization_id)
    members = call.draft.where(tables.IDENTITY_MEMBERS, orgId=organization_id)
    columns = ("name", "id", "hasDeleteProtection", "orgId")
    return {"identities": [show_membership(call, one, *columns) for one in members], "totalCount": len(members)}


@route("GET", IDENTITY_PATH, access=MACHINES)
def get_identity(call: Call) -> Answer:
    row = identities.get_identity(call, call.path["identityId"], "read", UNKNOWN_MESSAGE)
    member = call.draft.rows(tables.IDENTITY_MEMBERS)[row["id"]]
    columns = ("name", "id", "hasDeleteProtection", "orgId")
    locked_methods = lockouts.list_locked_methods(call, row["id"])
    return {"identity": show_membership(call, member, *columns, metadata=True, activeLockoutAuthMethods=locked_methods)}


@route("GET", f"{IDENTITY_PATH}/identity-memberships", access=MACHINES)
def list_project_memberships(call: Call) -> Answer:
    row = identities.get_identity(call, call.path["identityId"], "read", UNKNOWN_MESSAGE)
    return {
        "identityMemberships": [
            show_project_membership(call, member, project, *(() if call.is_2024 else ("hasDeleteProtection",)))
            for project in call.draft.where(tables.PROJECTS, orgId=row["orgId"])
            if (member := call.draft.get(tables.project_identities(project["id"]), row["id"])) is not None
        ]
    }


def show_project_membership(call: Call, member: Row, project: Row, *identity_columns: str) -> dict[str, Any]:
    """Return an identity as a member of a project, in the form of older routes."""
    row = call.draft.rows(tables.IDENTITIES)[member["identityId"]]
    return {
        **pick(member, "id", "identityId", "createdAt", "updatedAt", "roles"),
        "identity": {**pick(row, "name", "id", *identity_columns), **identities.show_methods(call, row["id"])},
        "project": pick(project, "name", "id", *(() if call.is_2024 else ("type",))),
    }


# ---- many
@route("POST", f"{IDENTITIES_PATH}/search", generation="current", access=MACHINES, body=SEARCH)
def search_identities(call: Call) -> Answer:
    permit_organization(call, "read", "identity")
    filters = call.body["search"]
    alternatives = filters.get("$or")

    def is_match(name: str, role: str) -> bool:
        return _matches_all(filters, name, role) and (
            alternatives is None or any(_matches_all(one, name, role) for one in alternatives)
        )

    members, total = page_memberships(call, call.organization_id, call.body, is_match)
    columns = ("name", "id", "hasDeleteProtection", "orgId")
    return {"identities": [show_membership(call, member, *columns) for member in members], "totalCount": total}


def _matches_all(filters: Mapping[str, Any], name: str, role: str) -> bool:
    return all(
        _matches(filters[column], value) for column, value in (("name", name), ("role", role)) if column in filters
    )


def _matches(condition: str | Mapping[str, Any], value: str) -> bool:
    if isinstance(condition, str):
        return value == condition
    return (
        ("$eq" not in condition or value == condition["$eq"])
        and ("$contains" not in condition or condition["$contains"].lower() in value.lower())
        and ("$in" not in condition or value in condition["$in"])
    )
