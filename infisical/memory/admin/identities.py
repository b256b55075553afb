"""Machine identities of the instance: instance admins list them and revoke their admin access."""

from __future__ import annotations

from typing import Final

from infisical.memory import tables
from infisical.memory.admin.users import PAGE_FIELDS, page_rows
from infisical.memory.call import Call, pick
from infisical.memory.domain.instance import require_admin
from infisical.memory.refusals import bad_request, not_found
from infisical.memory.routing import MACHINES, Answer, route
from infisical.memory.validation import obj

IDENTITIES_PATH: Final = "/api/v1/admin/identity-management/identities"


@route("GET", IDENTITIES_PATH, generation="current", access=MACHINES, query=obj(PAGE_FIELDS))
def list_identities(call: Call) -> Answer:
    require_admin(call)
    identities, total = page_rows(call, list(call.draft.rows(tables.IDENTITIES).values()), ("name",), "name")
    return {
        "identities": [
            {**pick(row, "name", "id"), "isInstanceAdmin": bool(row.get("superAdmin"))} for row in identities
        ],
        "total": total,
    }


@route("DELETE", f"{IDENTITIES_PATH}/{{identityId}}/super-admin-access", generation="current", access=MACHINES)
def revoke_identity_super_admin(call: Call) -> Answer:
    require_admin(call)
    row = call.draft.get(tables.IDENTITIES, call.path["identityId"])
    if row is None:
        raise not_found("Identity not found", "Identity")
    if not row.get("superAdmin"):
        raise bad_request("Identity does not have super admin access", "Identity")
    call.draft.merge(tables.IDENTITIES, row["id"], superAdmin=False)
    return {"identity": pick(row, "name", "id")}
