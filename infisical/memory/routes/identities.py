"""Machine identities of an organization: made, changed, found, listed, deleted. How they log in is told elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from infisical.memory import seeding, tables
from infisical.memory.access import ORGANIZATION_ROLES, permit_organization
from infisical.memory.call import Call, pick
from infisical.memory.domain import identities, lockouts
from infisical.memory.refusals import bad_request, not_found
from infisical.memory.routing import MACHINES, Answer, route
from infisical.memory.state import Row
from infisical.memory.validation import array, boolean, choice, either, number, number_text, obj, string

IDENTITIES_PATH: Final = "/api/v1/identities"
IDENTITY_PATH: Final = "/api/v1/identities/{identityId}"
UNKNOWN: Final = "Failed to find identity with id {}"
METADATA: Final = array(obj(key=string(least=1), value=string(least=1)))
NEW: Final = obj(
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

PATTERN: Final = "Invalid pattern: only alphanumeric characters, - are allowed."
TEXT: Final = string(most=255, matches=r"[A-Za-z0-9 _/-]*", message=PATTERN)
NAME: Final = either(
    TEXT,
    obj({"$eq": TEXT.optional(), "$contains": TEXT.optional(), "$in": array(TEXT, most=500).optional()}),
)
ROLE: Final = either(TEXT, obj({"$eq": TEXT.optional(), "$in": array(TEXT, most=500).optional()}))
FILTERS: Final = {"name": NAME.optional(), "role": ROLE.optional()}
ORDER: Final = {
    "orderBy": choice("name", "role").optional("name"),
    "orderDirection": choice("asc", "desc").optional("asc"),
}
SEARCH: Final = obj(
    **ORDER,
    limit=number(most=100).optional(50),
    offset=number().optional(0),
    search=obj({**FILTERS, "$or": array(obj(**FILTERS), most=20).optional()}),
)
LIST: Final = obj(
    **ORDER,
    offset=number_text(least=0).optional(0),
    limit=number_text(least=1, most=20000).optional(100),
    search=string().optional(""),
)
MEMBERSHIP: Final = ("id", "role", "roleId", "orgId", "createdAt", "updatedAt", "identityId")


# ---- as they are shown
def shown(call: Call, row: Row) -> dict[str, Any]:
    if call.before:
        return {
            **pick(row, "id", "name"),
            **identities.methods(call, row["id"]),
            **pick(row, "createdAt", "updatedAt"),
        }
    return {
        **pick(row, "id", "name"),
        "authMethod": None,
        **pick(row, "createdAt", "updatedAt", "hasDeleteProtection", "orgId"),
        "projectId": None,
    }


def membership(call: Call, member: Row, *inner: str, metadata: bool = False, **more: Any) -> dict[str, Any]:
    """Return an identity as a member of its organization: `inner` are columns of the identity within."""
    row = call.draft.rows(tables.IDENTITIES)[member["identityId"]]
    login = {"lastLoginAuthMethod": None, "lastLoginTime": None, **pick(member, "lastLoginAuthMethod", "lastLoginTime")}
    return {
        **pick(member, *MEMBERSHIP),
        **({} if call.before else login),
        **({"metadata": row["metadata"]} if metadata else {}),
        "identity": {
            **pick(row, *(("name", "id") if call.before else inner)),
            **identities.methods(call, row["id"]),
            **({} if call.before else more),
        },
    }


def with_ids(call: Call, metadata: list[Mapping[str, str]]) -> list[dict[str, str]]:
    return [{"id": call.draft.new_id(), **pair} for pair in metadata]


def known_role(role: str, organization_id: str) -> str:
    if role not in ORGANIZATION_ROLES:
        raise not_found(f"Specified role was not found in the organization with ID '{organization_id}'")
    return role


# ---- one
@route("POST", IDENTITIES_PATH, auth=MACHINES, body=NEW)
def create_identity(call: Call) -> Answer:
    organization_id = call.body["organizationId"]
    permit_organization(call, "create", "identity", organization_id)
    row = seeding.add_identity(
        call,
        organization_id,
        call.body["name"],
        known_role(call.body["role"], organization_id),
        has_delete_protection=call.body["hasDeleteProtection"],
        metadata=call.body["metadata"],
    )
    if call.before:
        return {"identity": shown(call, row)}
    return {"identity": {**shown(call, row), "authMethods": [], "metadata": row["metadata"]}}


@route("PATCH", IDENTITY_PATH, auth=MACHINES, body=CHANGES)
def update_identity(call: Call) -> Answer:
    row = identities.permitted(call, call.path["identityId"], "edit", UNKNOWN)
    changed: dict[str, Any] = dict(call.body)
    role = changed.pop("role", None)
    if role is not None:
        known_role(role, row["orgId"])
        call.draft.merge(tables.IDENTITY_MEMBERS, row["id"], role=role, updatedAt=call.at)
    if "metadata" in changed:
        changed["metadata"] = with_ids(call, changed["metadata"])
    row = call.draft.merge(tables.IDENTITIES, row["id"], **changed, updatedAt=call.at)
    return {"identity": {**shown(call, row), **({} if call.before else pick(row, "metadata"))}}


@route("DELETE", IDENTITY_PATH, auth=MACHINES)
def delete_identity(call: Call) -> Answer:
    row = identities.permitted(call, call.path["identityId"], "delete", UNKNOWN)
    if row["hasDeleteProtection"]:
        raise bad_request("Identity has delete protection")
    answer = {"identity": shown(call, row)}
    identities.delete(call, row["id"])
    return answer


@route("GET", IDENTITY_PATH, auth=MACHINES)
def get_identity(call: Call) -> Answer:
    row = identities.permitted(call, call.path["identityId"], "read", UNKNOWN)
    member = call.draft.rows(tables.IDENTITY_MEMBERS)[row["id"]]
    columns = ("name", "id", "hasDeleteProtection", "orgId")
    locked = lockouts.locked(call, row["id"])
    return {"identity": membership(call, member, *columns, metadata=True, activeLockoutAuthMethods=locked)}


@route("GET", f"{IDENTITY_PATH}/identity-memberships", auth=MACHINES)
def list_project_memberships(call: Call) -> Answer:
    row = identities.permitted(call, call.path["identityId"], "read", UNKNOWN)
    return {
        "identityMemberships": [
            in_project(call, member, project, *(() if call.before else ("hasDeleteProtection",)))
            for project in call.draft.where(tables.PROJECTS, orgId=row["orgId"])
            if (member := call.draft.get(tables.project_identities(project["id"]), row["id"])) is not None
        ]
    }


def in_project(call: Call, member: Row, project: Row, *inner: str) -> dict[str, Any]:
    """Return an identity as a member of a project, as the older routes show it."""
    row = call.draft.rows(tables.IDENTITIES)[member["identityId"]]
    return {
        **pick(member, "id", "identityId", "createdAt", "updatedAt", "roles"),
        "identity": {**pick(row, "name", "id", *inner), **identities.methods(call, row["id"])},
        "project": pick(project, "name", "id", *(() if call.before else ("type",))),
    }


# ---- many
@route("POST", f"{IDENTITIES_PATH}/search", only="current", auth=MACHINES, body=SEARCH)
def search_identities(call: Call) -> Answer:
    permit_organization(call, "read", "identity")
    wanted = call.body["search"]
    choices = wanted.get("$or")

    def fits(name: str, role: str) -> bool:
        return _fits(wanted, name, role) and (choices is None or any(_fits(one, name, role) for one in choices))

    found, total = page(call, call.organization_id, call.body, fits)
    columns = ("name", "id", "hasDeleteProtection", "orgId")
    return {"identities": [membership(call, member, *columns) for member in found], "totalCount": total}


@route("GET", "/api/v2/organizations/{orgId}/identity-memberships", auth=MACHINES, query=LIST)
def list_organization_identities(call: Call) -> Answer:
    permit_organization(call, "read", "identity", call.path["orgId"])
    part = call.query["search"].lower()
    found, total = page(call, call.path["orgId"], call.query, lambda name, role: part in name.lower())
    return {
        "identityMemberships": [membership(call, member, "name", "id", "orgId") for member in found],
        "totalCount": total,
    }


def page(
    call: Call, organization_id: str, asked: Mapping[str, Any], fits: Callable[[str, str], bool]
) -> tuple[list[Row], int]:
    """Return one page of an organization's memberships whose name and role fit, and how many fit at all."""
    names = {row["id"]: str(row["name"]) for row in call.draft.where(tables.IDENTITIES, orgId=organization_id)}
    found = [
        member
        for member in call.draft.where(tables.IDENTITY_MEMBERS, orgId=organization_id)
        if fits(names[member["identityId"]], str(member["role"]))
    ]
    found.sort(
        key=lambda member: names[member["identityId"]].lower() if asked["orderBy"] == "name" else str(member["role"]),
        reverse=asked["orderDirection"] == "desc",
    )
    start = int(min(max(0, asked["offset"]), len(found)))  # a search may ask for any number, 1e400 too
    return found[start : start + int(max(0, asked["limit"]))], len(found)


def _fits(wanted: Mapping[str, Any], name: str, role: str) -> bool:
    return all(
        _matches(wanted[column], value) for column, value in (("name", name), ("role", role)) if column in wanted
    )


def _matches(wanted: str | Mapping[str, Any], value: str) -> bool:
    if isinstance(wanted, str):
        return value == wanted
    return (
        ("$eq" not in wanted or value == wanted["$eq"])
        and ("$contains" not in wanted or wanted["$contains"].lower() in value.lower())
        and ("$in" not in wanted or value in wanted["$in"])
    )
