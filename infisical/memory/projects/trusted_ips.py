"""The addresses that a project trusts, as a list that users edit. The server in memory lets every address in."""

from __future__ import annotations

from ipaddress import ip_interface
from typing import Any, Final

from infisical.memory.access import permit
from infisical.memory.call import Call, pick
from infisical.memory.domain.plans import refuse_in_community
from infisical.memory.refusals import bad_request, not_found
from infisical.memory.routing import JWT, Answer, route
from infisical.memory.state import Row
from infisical.memory.validation import boolean, obj, string

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
ADDRESSES_PATH: Final = "/api/v1/projects/{projectId}/trusted-ips"
ADDRESS_PATH: Final = "/api/v1/projects/{projectId}/trusted-ips/{trustedIpId}"
COMMENT_FIELD: Final = string().optional("")


def get_table(project_id: str) -> tuple[str, str]:
    """Return the table of a project's trusted addresses: id -> id, ipAddress, type, prefix, isActive, comment, ..."""
    return ("trusted_ips", project_id)


def parse_address(text: str) -> dict[str, Any]:
    """Return an address or a CIDR block by its parts; refuse what is neither."""
    address, slash, prefix = text.partition("/")
    try:
        interface = ip_interface(text)
        if slash and not prefix.isdecimal():
            raise ValueError
    except ValueError:
        raise bad_request("The IP is not a valid IPv4, IPv6, or CIDR block") from None
    return {"ipAddress": address, "type": f"ipv{interface.version}", "prefix": int(prefix) if slash else None}


def _get_permitted(call: Call) -> Row:
    project_id = permit(call, call.path["projectId"], "create", "ip-allowlist")["id"]
    row = call.draft.get(get_table(project_id), call.path["trustedIpId"])
    if row is None:
        raise not_found(f"Trusted IP with ID '{call.path['trustedIpId']}' not found")
    return row


@route("GET", ADDRESSES_PATH, generation="current", access=JWT)
def list_trusted_ips(call: Call) -> Answer:
    project_id = permit(call, call.path["projectId"], "read", "ip-allowlist")["id"]
    return {"trustedIps": [pick(row, *ADDRESS_COLUMNS) for row in call.draft.rows(get_table(project_id)).values()]}


@route(
    "POST",
    ADDRESSES_PATH,
    generation="current",
    access=JWT,
    body=obj(ipAddress=string(), comment=COMMENT_FIELD, isActive=boolean()),
)
def create_trusted_ip(call: Call) -> Answer:
    project_id = permit(call, call.path["projectId"], "create", "ip-allowlist")["id"]
    refuse_in_community(call, "add IP access range", "add IP access range")
    row = call.new_row(
        **parse_address(call.body["ipAddress"]),
        isActive=call.body["isActive"],
        comment=call.body["comment"],
        projectId=project_id,
    )
    return {"trustedIp": pick(call.draft.put(get_table(project_id), row["id"], row), *ADDRESS_COLUMNS)}


@route("PATCH", ADDRESS_PATH, generation="current", access=JWT, body=obj(ipAddress=string(), comment=COMMENT_FIELD))
def update_trusted_ip(call: Call) -> Answer:
    row = _get_permitted(call)
    refuse_in_community(call, "update IP access range", "update IP access range")
    row = call.draft.merge(
        get_table(row["projectId"]),
        row["id"],
        **parse_address(call.body["ipAddress"]),
        comment=call.body["comment"],
        updatedAt=call.timestamp,
    )
    return {"trustedIp": pick(row, *ADDRESS_COLUMNS)}


@route("DELETE", ADDRESS_PATH, generation="current", access=JWT)
def delete_trusted_ip(call: Call) -> Answer:
    row = _get_permitted(call)
    refuse_in_community(call, "delete IP access range", "delete IP access range")
    call.draft.drop(get_table(row["projectId"]), row["id"])
    return {"trustedIp": pick(row, *ADDRESS_COLUMNS)}
