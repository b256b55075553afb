"""Machine identities of an organization: a page of them with their roles."""

from __future__ import annotations

from typing import Final

from infisical.memory.access import permit_organization
from infisical.memory.call import Call
from infisical.memory.identities.memberships import ORDER_FIELDS, page_memberships, show_membership
from infisical.memory.routing import MACHINES, Answer, route
from infisical.memory.validation import number_text, obj, string

LIST_QUERY: Final = obj(
    **ORDER_FIELDS,
    offset=number_text(least=0).optional(0),
    limit=number_text(least=1, most=20000).optional(100),
    search=string().optional(""),
)


@route("GET", "/api/v2/organizations/{orgId}/identity-memberships", access=MACHINES, query=LIST_QUERY)
def list_organization_identities(call: Call) -> Answer:
    permit_organization(call, "read", "identity", call.path["orgId"])
    term = call.query["search"].lower()
    members, total = page_memberships(call, call.path["orgId"], call.query, lambda name, role: term in name.lower())
    return {
        "identityMemberships": [show_membership(call, member, "name", "id", "orgId") for member in members],
        "totalCount": total,
    }
