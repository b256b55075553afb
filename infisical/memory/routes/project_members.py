"""Members of a project, and the addresses that it trusts: what of a project says who comes from where.

Only people: machine identities of a project have routes of their own.
"""

from __future__ import annotations

from ipaddress import ip_interface
from typing import Any, Final

from infisical.memory.access import permit
from infisical.memory.call import Call, pick
from infisical.memory.domain import accounts as people
from infisical.memory.domain import projects
from infisical.memory.refusals import bad_request, forbidden, not_found
from infisical.memory.routing import JWT, MACHINES, Answer, route
from infisical.memory.state import Row
from infisical.memory.validation import boolean, obj, string

TODAY: Final = ("id", "userId", "projectId", "createdAt")
BEFORE: Final = ("id", "userId", "projectId")
ADDRESS_COLUMNS: Final = (
    "id",
    "ipAddress",
    "type",
    "prefix",
    "isActive",
    "comment",
    "createdAt",
    "updatedAt",
    "projectId",
)


# ---- members
def _members(call: Call) -> Answer:
    row = permit(call, call.path["projectId"], "read", "member")
    if row["type"] == "cert-manager" and not call.before:
        raise forbidden("Certificate Manager projects are not served here. Use /api/v1/cert-manager/access/* instead.")
    shown = ("email", "firstName", "lastName", "id", *(() if call.before else ("username",)), "publicKey")
    return {
        "memberships": [
            {
                **pick(member, *(BEFORE if call.before else TODAY)),
                "user": people.small(call, user, *shown),
                "roles": list(member["roles"]),
            }
            for member, user in projects.members_of(call, [row["id"]])
        ]
    }


list_memberships = route("GET", "/api/v1/projects/{projectId}/memberships", only="current", auth=MACHINES)(_members)
list_workspace_memberships = route("GET", "/api/v1/workspace/{projectId}/memberships", auth=MACHINES)(_members)


# ---- trusted addresses
ADDRESSES: Final = "/api/v1/projects/{projectId}/trusted-ips"
ADDRESS: Final = "/api/v1/projects/{projectId}/trusted-ips/{trustedIpId}"
COMMENT: Final = string().optional("")


def trusted_ips(project_id: str) -> tuple[str, str]:
    """Return the table of a project's trusted addresses: id -> id, ipAddress, type, prefix, isActive, comment, ..."""
    return ("trusted_ips", project_id)


def parts_of(text: str) -> dict[str, Any]:
    """Return an address or a CIDR block by its parts; refuse what is neither."""
    address, slash, prefix = text.partition("/")
    try:
        read = ip_interface(text)
        if slash and not prefix.isdecimal():
            raise ValueError
    except ValueError:
        raise bad_request("The IP is not a valid IPv4, IPv6, or CIDR block") from None
    return {"ipAddress": address, "type": f"ipv{read.version}", "prefix": int(prefix) if slash else None}


def _found(call: Call) -> Row:
    project_id = permit(call, call.path["projectId"], "create", "ip-allowlist")["id"]
    row = call.draft.get(trusted_ips(project_id), call.path["trustedIpId"])
    if row is None:
        raise not_found(f"Trusted IP with ID '{call.path['trustedIpId']}' not found")
    return row


@route("GET", ADDRESSES, only="current", auth=JWT)
def list_trusted_ips(call: Call) -> Answer:
    project_id = permit(call, call.path["projectId"], "read", "ip-allowlist")["id"]
    return {"trustedIps": [pick(row, *ADDRESS_COLUMNS) for row in call.draft.rows(trusted_ips(project_id)).values()]}


@route("POST", ADDRESSES, only="current", auth=JWT, body=obj(ipAddress=string(), comment=COMMENT, isActive=boolean()))
def create_trusted_ip(call: Call) -> Answer:
    project_id = permit(call, call.path["projectId"], "create", "ip-allowlist")["id"]
    row = call.new_row(
        **parts_of(call.body["ipAddress"]),
        isActive=call.body["isActive"],
        comment=call.body["comment"],
        projectId=project_id,
    )
    return {"trustedIp": pick(call.draft.put(trusted_ips(project_id), row["id"], row), *ADDRESS_COLUMNS)}


@route("PATCH", ADDRESS, only="current", auth=JWT, body=obj(ipAddress=string(), comment=COMMENT))
def update_trusted_ip(call: Call) -> Answer:
    row = _found(call)
    changed = call.draft.merge(
        trusted_ips(row["projectId"]),
        row["id"],
        **parts_of(call.body["ipAddress"]),
        comment=call.body["comment"],
        updatedAt=call.at,
    )
    return {"trustedIp": pick(changed, *ADDRESS_COLUMNS)}


@route("DELETE", ADDRESS, only="current", auth=JWT)
def delete_trusted_ip(call: Call) -> Answer:
    row = _found(call)
    call.draft.drop(trusted_ips(row["projectId"]), row["id"])
    return {"trustedIp": pick(row, *ADDRESS_COLUMNS)}
