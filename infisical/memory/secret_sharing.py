"""Secret sharing: values that somebody else reads by a link, until they expire or were seen often enough.

Servers of 2024 have other paths, took a moment instead of a duration and answered the id alone; both ways work on the
same rows.
"""

from __future__ import annotations

import base64
import hmac
import re
from typing import Any, Final

from infisical.memory import tables
from infisical.memory.access import RESOURCE_MESSAGE, get_organization_role
from infisical.memory.call import Call, format_time, parse_time, pick
from infisical.memory.refusals import bad_request, forbidden, not_found, unauthorized
from infisical.memory.routing import JWT, MACHINES, PUBLIC_ACCESS, Answer, route
from infisical.memory.state import Row
from infisical.memory.validation import (
    array,
    choice,
    datetime_text,
    email,
    number,
    number_text,
    obj,
    string,
)

SHARED: Final = "shared_secrets"  # id -> what is shown of it, and secretValue, password
SHARING_PATH: Final = "/api/v1/shared-secrets"
SHARED_PATH: Final = "/api/v1/shared-secrets/{sharedSecretId}"
SHARING_PATH_BEFORE: Final = "/api/v1/secret-sharing"
SHARED_PATH_BEFORE: Final = "/api/v1/secret-sharing/{sharedSecretId}"
COLUMNS: Final = (
    "id",
    "expiresAt",
    "userId",
    "orgId",
    "createdAt",
    "updatedAt",
    "expiresAfterViews",
    "accessType",
    "name",
    "lastViewedAt",
    "type",
    "authorizedEmails",
)
INSIDE_ONLY: Final = "Organization does not allow sharing secrets to members outside of this organization"
MINUTE: Final = 60
DAY: Final = 86400
LEAST, MOST = 5 * MINUTE, 30 * DAY
UNITS: Final = {"s": 1, "m": MINUTE, "h": 3600, "d": DAY, "w": 7 * DAY}
DURATION: Final = re.compile(
    r"(\d+(?:\.\d+)?)\s*(s|m|h|d|w)(?:ec(?:ond)?s?|in(?:ute)?s?|(?:ou)?rs?|ays?|eeks?)?", re.IGNORECASE
)


def seconds_in(text: str) -> float:
    """Read a duration such as `30d` or `90 minutes`; 0 if it is none."""
    found = DURATION.fullmatch(text.strip())
    return 0 if found is None else float(found[1]) * UNITS[found[2].lower()]


VALUE: Final = string(trim=False, most=10_000)
ACCESS: Final = choice("anyone", "organization").optional("organization")
CREATE: Final = obj(
    secretValue=VALUE,
    name=string(most=50).optional(),
    password=string(trim=False).optional(),
    expiresIn=string()
    .where(lambda text: LEAST <= seconds_in(text) <= MOST, "Expiration time must be between 5 minutes and 30 days")
    .optional("30d"),
    maxViews=number(least=1, whole=True).optional(),
    accessType=ACCESS,
    authorizedEmails=array(email(), most=100).optional(),
)
CREATE_BEFORE: Final = obj(
    secretValue=VALUE,
    name=string(most=50).optional(),
    password=string(trim=False).optional(),
    expiresAt=datetime_text(),
    expiresAfterViews=number(least=1, whole=True).optional(),
    accessType=ACCESS,
)
PAGE: Final = obj(offset=number_text(least=0, most=100).optional(0), limit=number_text(least=1, most=100).optional(25))


def shown(call: Call, row: Row) -> Row:
    return pick(row, *COLUMNS, *(() if call.is_2024 else ("identityId",)))


def found(call: Call, identifier: str) -> Row:
    row = call.draft.get(SHARED, identifier)
    if row is None:
        raise not_found(f"Shared secret with ID '{identifier}' not found")
    return row


def new_shared(call: Call, expires_at: float, views: int | None) -> Row:
    organization_id, body = call.organization_id, call.body
    get_organization_role(call, organization_id)
    within_policy(call, expires_at - call.now, views)
    identifier = base64.urlsafe_b64encode(call.draft.random_bytes(32)).rstrip(b"=").decode()
    by_person = call.actor.kind == "user"
    row = {
        **call.new_row(
            expiresAt=format_time(expires_at),
            userId=call.actor.id if by_person else None,
            identityId=None if by_person else call.actor.id,
            orgId=organization_id,
            expiresAfterViews=views,
            accessType=body["accessType"],
            name=body.get("name"),
            lastViewedAt=None,
            type="share",
            authorizedEmails=body.get("authorizedEmails") or None,
            secretValue=body["secretValue"],
            password=body.get("password") or None,
        ),
        "id": identifier,
    }
    return call.draft.put(SHARED, identifier, row)


def within_policy(call: Call, lifetime: float, views: int | None) -> None:
    """Refuse what the organization does not share: to others, for longer, or for more views than it says."""
    organization = call.draft.rows(tables.ORGANIZATIONS)[call.organization_id]
    outside = organization.get("allowSecretSharingOutsideOrganization") is not False
    if not outside and call.body["accessType"] == "anyone":
        raise bad_request(INSIDE_ONLY)
    if not outside or call.body["accessType"] == "organization":
        members = call.draft.where(tables.ORG_MEMBERS, orgId=organization["id"])
        known = {call.draft.rows(tables.USERS)[member["userId"]]["email"] for member in members}
        if not known.issuperset(call.body.get("authorizedEmails") or ()):
            raise bad_request(INSIDE_ONLY)
    longest, most = organization.get("maxSharedSecretLifetime"), organization.get("maxSharedSecretViewLimit")
    if longest is not None and lifetime > longest:
        raise bad_request("Secret lifetime exceeds organization limit")
    if most is not None and (views is None or views > most):
        raise bad_request("Secret max views parameter exceeds organization limit")


# ---- those who share
@route("POST", SHARING_PATH, generation="current", access=MACHINES, body=CREATE, limit="secretSharing")
def create_shared(call: Call) -> Answer:
    row = new_shared(call, call.now + seconds_in(call.body["expiresIn"]), call.body.get("maxViews"))
    link = f"{call.draft.state.settings.site_url}/shared/secret/{row['id']}"
    return {**shown(call, row), "sharedSecretLink": link}


@route("POST", SHARING_PATH_BEFORE, generation="2024-10", access=JWT, body=CREATE_BEFORE, limit="secretSharing")
def create_shared_before(call: Call) -> Answer:
    expires_at = parse_time(call.body["expiresAt"])
    if expires_at < call.now:
        raise bad_request("Expiration date cannot be in the past")
    if expires_at - call.now > MOST:
        raise bad_request("Expiration date cannot be more than 30 days")
    if expires_at - call.now < LEAST:
        raise bad_request("Expiration time cannot be less than 5 mins")
    return {"id": new_shared(call, expires_at, call.body.get("expiresAfterViews"))["id"]}


def listed(call: Call) -> Answer:
    organization_id = call.organization_id
    get_organization_role(call, organization_id)
    column = "userId" if call.actor.kind == "user" else "identityId"
    rows = call.draft.where(SHARED, orgId=organization_id, **{column: call.actor.id})[::-1]
    start = int(call.query["offset"])
    asked = rows[start : start + int(call.query["limit"])]
    return {"secrets": [shown(call, row) for row in asked], "totalCount": len(rows)}


def deleted(call: Call) -> Answer:
    get_organization_role(call, call.organization_id)
    row = found(call, call.path["sharedSecretId"])
    if call.actor.id not in (row["userId"], row["identityId"]) or row["orgId"] != call.organization_id:
        raise forbidden("User does not have permission to delete shared secret")
    call.draft.drop(SHARED, row["id"])
    return shown(call, row)


list_shared = route("GET", SHARING_PATH, generation="current", access=MACHINES, query=PAGE)(listed)
list_shared_before = route("GET", SHARING_PATH_BEFORE, generation="2024-10", access=JWT, query=PAGE)(listed)
delete_shared = route("DELETE", SHARED_PATH, generation="current", access=MACHINES)(deleted)
delete_shared_before = route("DELETE", SHARED_PATH_BEFORE, generation="2024-10", access=JWT)(deleted)


# ---- those who have the link
def readable(call: Call, identifier: str) -> Row:
    """Return a shared secret that this caller may know of now."""
    row, caller = found(call, identifier), call.caller
    if row["accessType"] == "organization":
        if caller is None or caller.organization_id is None:
            raise unauthorized(RESOURCE_MESSAGE)
        if caller.organization_id != row["orgId"]:
            raise forbidden(RESOURCE_MESSAGE)
    if call.now > parse_time(row["expiresAt"]):
        raise forbidden("Access denied: Secret has expired by lifetime")
    if row["expiresAfterViews"] == 0:
        raise forbidden("Access denied: Secret has expired by view count")
    if row["authorizedEmails"] and not is_authorized(call, row):
        raise unauthorized("Email not authorized to view secret")
    return row


def is_authorized(call: Call, row: Row) -> bool:
    """Say whether the caller is who shared it, or one of those whom it was shared with by name."""
    caller = call.caller
    if caller is None:
        return False
    return caller.id in (row["userId"], row["identityId"]) or caller.row.get("email") in (row["authorizedEmails"] or ())


def viewed(call: Call, row: Row) -> Row:
    """Count a view; return the row with what it keeps."""
    left = row["expiresAfterViews"]
    columns: dict[str, Any] = {} if left is None else {"expiresAfterViews": left - 1}
    return call.draft.merge(SHARED, row["id"], **columns, lastViewedAt=call.timestamp, updatedAt=call.timestamp)


def organization_name(call: Call, row: Row) -> dict[str, Any]:
    """Return the name of the organization, where only that one may read."""
    if row["accessType"] != "organization":
        return {}
    return {"orgName": call.draft.rows(tables.ORGANIZATIONS)[row["orgId"]]["name"]}


def opens(row: Row, password: str | None) -> bool:
    return row["password"] is None or hmac.compare_digest(row["password"].encode(), (password or "").encode())


@route("GET", SHARED_PATH, generation="current", access=PUBLIC_ACCESS)
def get_shared(call: Call) -> Answer:
    row = readable(call, call.path["sharedSecretId"])
    told = {name: value for name, value in shown(call, row).items() if name != "authorizedEmails"}
    return {
        **told,
        "isPasswordProtected": row["password"] is not None,
        "isAuthorizedUser": is_authorized(call, row),
    }


@route(
    "POST",
    f"{SHARING_PATH}/{{id}}/access",
    generation="current",
    access=PUBLIC_ACCESS,
    body=obj(password=string(trim=False).optional()),
    limit="publicEndpoint",
)
def access_shared(call: Call) -> Answer:
    row = readable(call, call.path["id"])
    if not is_authorized(call, row) and not opens(row, call.body.get("password")):
        raise unauthorized("Invalid credentials")
    seen = viewed(call, row)
    return {**shown(call, seen), **organization_name(call, row), "secretValue": row["secretValue"]}


@route(
    "POST",
    f"{SHARING_PATH_BEFORE}/public/{{id}}",
    generation="2024-10",
    access=PUBLIC_ACCESS,
    body=obj(hashedHex=string().optional(), password=string(trim=False).optional()),
    limit="publicEndpoint",
)
def access_shared_before(call: Call) -> Answer:
    row, password = readable(call, call.path["id"]), call.body.get("password")
    is_protected = row["password"] is not None
    if is_protected and not password:
        return {"isPasswordProtected": True}
    if not opens(row, password):
        raise unauthorized("Invalid credentials")
    viewed(call, row)
    return {
        "isPasswordProtected": is_protected,
        "secret": {
            "encryptedValue": None,
            "iv": None,
            "tag": None,
            **pick(row, "expiresAt", "expiresAfterViews", "accessType"),
            **organization_name(call, row),
            "secretValue": row["secretValue"],
        },
    }
