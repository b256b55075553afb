"""Secret sharing: values that others read with a URL, until the lifetime or the number of views is used up.

Servers of 2024 have other paths, take a date instead of a duration and answer only the id. The rows are the same.
"""

from __future__ import annotations

import base64
import hmac
import re
from typing import Any, Final

from infisical.memory import tables
from infisical.memory.access import RESOURCE_MESSAGE, get_organization_role
from infisical.memory.accidents import is_uuid
from infisical.memory.call import Call, format_time, parse_time, pick
from infisical.memory.refusals import bad_request, forbidden, internal_error, not_found, unauthorized
from infisical.memory.routing import JWT, MACHINES, PUBLIC_ACCESS, Answer, route
from infisical.memory.state import Row
from infisical.memory.validation import (
    array,
    choice,
    email,
    number,
    number_text,
    obj,
    string,
)

SHARED_SECRETS: Final = "shared_secrets"  # id -> what answers show, with secretValue and password
SHARING_PATH: Final = "/api/v1/shared-secrets"
SECRET_PATH: Final = "/api/v1/shared-secrets/{sharedSecretId}"
OLD_SHARING_PATH: Final = "/api/v1/secret-sharing"
OLD_SECRET_PATH: Final = "/api/v1/secret-sharing/{sharedSecretId}"
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
OLD_COLUMNS: Final = (
    "expiresAt",
    "userId",
    "orgId",
    "createdAt",
    "updatedAt",
    "expiresAfterViews",
    "accessType",
    "name",
    "lastViewedAt",
)
OLD_EMPTY_COLUMNS: Final = {"encryptedValue": None, "iv": None, "tag": None, "hashedHex": None}
MEMBERS_ONLY_MESSAGE: Final = "Organization does not allow sharing secrets to members outside of this organization"
MINUTE: Final = 60
DAY: Final = 86400
SHORTEST_LIFETIME, LONGEST_LIFETIME = 5 * MINUTE, 30 * DAY
UNITS: Final = {"s": 1, "m": MINUTE, "h": 3600, "d": DAY, "w": 7 * DAY}
DURATION_PATTERN: Final = re.compile(
    r"(\d+(?:\.\d+)?)\s*(s|m|h|d|w)(?:ec(?:ond)?s?|in(?:ute)?s?|(?:ou)?rs?|ays?|eeks?)?", re.IGNORECASE
)


def parse_duration(text: str) -> float:
    """Parse a duration such as `30d` or `90 minutes` as seconds; 0 if it is invalid."""
    match = DURATION_PATTERN.fullmatch(text.strip())
    return 0 if match is None else float(match[1]) * UNITS[match[2].lower()]


VALUE_FIELD: Final = string(trim=False, most=10_000)
ACCESS_FIELD: Final = choice("anyone", "organization").optional("organization")
CREATE_BODY: Final = obj(
    secretValue=VALUE_FIELD,
    name=string(most=50).optional(),
    password=string(trim=False).optional(),
    expiresIn=string()
    .where(
        lambda text: SHORTEST_LIFETIME <= parse_duration(text) <= LONGEST_LIFETIME,
        "Expiration time must be between 5 minutes and 30 days",
    )
    .optional("30d"),
    maxViews=number(least=1, whole=True).optional(),
    accessType=ACCESS_FIELD,
    authorizedEmails=array(email(), most=100).optional(),
)
OLD_CREATE_BODY: Final = obj(
    secretValue=VALUE_FIELD,
    name=string(most=50).optional(),
    password=string(trim=False).optional(),
    expiresAt=string(),
    expiresAfterViews=number(least=1, whole=True).optional(),
    accessType=ACCESS_FIELD,
)
PAGE_QUERY: Final = obj(
    offset=number_text(least=0, most=100).optional(0), limit=number_text(least=1, most=100).optional(25)
)


def describe_secret(call: Call, row: Row) -> Row:
    return _describe_old_secret(row) if call.is_2024 else pick(row, *COLUMNS, "identityId")


def _describe_old_secret(row: Row) -> dict[str, Any]:
    """Return a row as October 2024 lists it: as it is stored, with the encrypted value and the password's hash."""
    return {
        **OLD_EMPTY_COLUMNS,
        **pick(row, *OLD_COLUMNS),
        "id": row["oldId"] or row["id"],
        "password": row["password"] and "hidden",
        "encryptedSecret": {"type": "Buffer", "data": [0]},
        "identifier": row["id"],
    }


def get_secret(call: Call, identifier: str) -> Row:
    """Return a shared secret by the id of its link; in October 2024 also by the id of its row."""
    row = call.draft.get(SHARED_SECRETS, identifier)
    if row is None and call.is_2024:
        row = call.draft.find(SHARED_SECRETS, oldId=identifier)
    if row is None:
        raise not_found(f"Shared secret with ID '{identifier}' not found")
    return row


def add_secret(call: Call, expires_at: float, views: int | None) -> Row:
    organization_id, body = call.organization_id, call.body
    get_organization_role(call, organization_id)
    check_policy(call, expires_at - call.now, views)
    identifier = base64.urlsafe_b64encode(call.draft.random_bytes(32)).rstrip(b"=").decode()
    is_user = call.actor.kind == "user"
    row = {
        **call.new_row(
            expiresAt=format_time(expires_at),
            userId=call.actor.id if is_user else None,
            identityId=None if is_user else call.actor.id,
            orgId=organization_id,
            expiresAfterViews=views,
            accessType=body["accessType"],
            name=body.get("name"),
            lastViewedAt=None,
            type="share",
            authorizedEmails=body.get("authorizedEmails") or None,
            secretValue=body["secretValue"],
            password=body.get("password") or None,
            oldId=call.draft.new_id() if call.is_2024 else None,
        ),
        "id": identifier,
    }
    return call.draft.put(SHARED_SECRETS, identifier, row)


def check_policy(call: Call, lifetime: float, views: int | None) -> None:
    """Refuse what the organization does not allow: other readers, a longer lifetime, more views."""
    organization = call.draft.rows(tables.ORGANIZATIONS)[call.organization_id]
    outside = organization.get("allowSecretSharingOutsideOrganization") is not False
    if not outside and call.body["accessType"] == "anyone":
        raise bad_request(MEMBERS_ONLY_MESSAGE)
    if not outside or call.body["accessType"] == "organization":
        members = call.draft.where(tables.ORG_MEMBERS, orgId=organization["id"])
        emails = {call.draft.rows(tables.USERS)[member["userId"]]["email"] for member in members}
        if not emails.issuperset(call.body.get("authorizedEmails") or ()):
            raise bad_request(MEMBERS_ONLY_MESSAGE)
    longest, most = organization.get("maxSharedSecretLifetime"), organization.get("maxSharedSecretViewLimit")
    if longest is not None and lifetime > longest:
        raise bad_request("Secret lifetime exceeds organization limit")
    if most is not None and (views is None or views > most):
        raise bad_request("Secret max views parameter exceeds organization limit")


# ---- routes for those who share
@route("POST", SHARING_PATH, generation="current", access=MACHINES, body=CREATE_BODY, limit="secretSharing")
def create_secret(call: Call) -> Answer:
    row = add_secret(call, call.now + parse_duration(call.body["expiresIn"]), call.body.get("maxViews"))
    url = f"{call.draft.state.settings.site_url}/shared/secret/{row['id']}"
    return {**describe_secret(call, row), "sharedSecretLink": url}


@route("POST", OLD_SHARING_PATH, generation="2024-10", access=JWT, body=OLD_CREATE_BODY, limit="secretSharing")
def create_old_secret(call: Call) -> Answer:
    try:
        expires_at = parse_time(call.body["expiresAt"])
    except (ValueError, OverflowError):
        raise internal_error("Create") from None  # the server compares an invalid date, and the database refuses it
    if expires_at < call.now:
        raise bad_request("Expiration date cannot be in the past")
    if expires_at - call.now > LONGEST_LIFETIME:
        raise bad_request("Expiration date cannot be more than 30 days")
    if expires_at - call.now < SHORTEST_LIFETIME:
        raise bad_request("Expiration time cannot be less than 5 mins")
    return {"id": add_secret(call, expires_at, call.body.get("expiresAfterViews"))["id"]}


def list_secrets(call: Call) -> Answer:
    organization_id = call.organization_id
    get_organization_role(call, organization_id)
    column = "userId" if call.actor.kind == "user" else "identityId"
    rows = call.draft.where(SHARED_SECRETS, orgId=organization_id, **{column: call.actor.id})[::-1]
    start = int(call.query["offset"])
    page = rows[start : start + int(call.query["limit"])]
    return {"secrets": [describe_secret(call, row) for row in page], "totalCount": len(rows)}


def delete_secret(call: Call) -> Answer:
    get_organization_role(call, call.organization_id)
    row = get_secret(call, call.path["sharedSecretId"])
    if call.actor.id not in (row["userId"], row["identityId"]) or row["orgId"] != call.organization_id:
        raise forbidden("User does not have permission to delete shared secret")
    call.draft.drop(SHARED_SECRETS, row["id"])
    return describe_secret(call, row)


list_route = route("GET", SHARING_PATH, generation="current", access=MACHINES, query=PAGE_QUERY)(list_secrets)
old_list_route = route("GET", OLD_SHARING_PATH, generation="2024-10", access=JWT, query=PAGE_QUERY)(list_secrets)
delete_route = route("DELETE", SECRET_PATH, generation="current", access=MACHINES)(delete_secret)
old_delete_route = route("DELETE", OLD_SECRET_PATH, generation="2024-10", access=JWT)(delete_secret)


# ---- routes for those who have the URL
def get_readable(call: Call, identifier: str) -> Row:
    """Return a shared secret that this caller may read now."""
    row, caller = get_secret(call, identifier), call.caller
    if row["accessType"] == "organization":
        if caller is None or caller.organization_id is None:
            raise (forbidden if call.is_2024 else unauthorized)(RESOURCE_MESSAGE)
        if caller.organization_id != row["orgId"]:
            raise forbidden(RESOURCE_MESSAGE)
    if call.now > parse_time(row["expiresAt"]):
        raise forbidden("Access denied: Secret has expired by lifetime")
    if row["expiresAfterViews"] == 0:
        if call.is_2024 and row["accessType"] == "organization":
            raise internal_error()
        raise forbidden("Access denied: Secret has expired by view count")
    if row["authorizedEmails"] and not is_authorized(call, row):
        raise unauthorized("Email not authorized to view secret")
    return row


def is_authorized(call: Call, row: Row) -> bool:
    """Return True if the caller shared the secret, or is one of its authorized readers."""
    caller = call.caller
    if caller is None:
        return False
    return caller.id in (row["userId"], row["identityId"]) or caller.row.get("email") in (row["authorizedEmails"] or ())


def count_view(call: Call, row: Row) -> Row:
    """Count a view; return the new row."""
    remaining_views = row["expiresAfterViews"]
    columns: dict[str, Any] = {} if remaining_views is None else {"expiresAfterViews": remaining_views - 1}
    return call.draft.merge(SHARED_SECRETS, row["id"], **columns, lastViewedAt=call.timestamp, updatedAt=call.timestamp)


def describe_organization(call: Call, row: Row) -> dict[str, Any]:
    """Return the name of the organization if only its members may read."""
    if row["accessType"] != "organization":
        return {}
    return {"orgName": call.draft.rows(tables.ORGANIZATIONS)[row["orgId"]]["name"]}


def is_password_right(row: Row, password: str | None) -> bool:
    return row["password"] is None or hmac.compare_digest(row["password"].encode(), (password or "").encode())


@route("GET", SECRET_PATH, generation="current", access=PUBLIC_ACCESS)
def get_shared_secret(call: Call) -> Answer:
    row = get_readable(call, call.path["sharedSecretId"])
    answer = {name: value for name, value in describe_secret(call, row).items() if name != "authorizedEmails"}
    return {
        **answer,
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
def read_secret(call: Call) -> Answer:
    row = get_readable(call, call.path["id"])
    if not is_authorized(call, row) and not is_password_right(row, call.body.get("password")):
        raise unauthorized("Invalid credentials")
    viewed = count_view(call, row)
    return {**describe_secret(call, viewed), **describe_organization(call, row), "secretValue": row["secretValue"]}


@route(
    "POST",
    f"{OLD_SHARING_PATH}/public/{{id}}",
    generation="2024-10",
    access=PUBLIC_ACCESS,
    body=obj(hashedHex=string().optional(), password=string(trim=False).optional()),
    limit="publicEndpoint",
)
def read_old_secret(call: Call) -> Answer:
    if is_uuid(call.path["id"]) and "hashedHex" not in call.body:
        raise internal_error("Find one")  # a share from before July 2024 is looked up with its hash
    row, password = get_readable(call, call.path["id"]), call.body.get("password")
    is_protected = row["password"] is not None
    if is_protected and not password:
        return {"isPasswordProtected": True}
    if not is_password_right(row, password):
        raise unauthorized("Invalid credentials")
    count_view(call, row)
    return {
        "isPasswordProtected": is_protected,
        "secret": {
            "encryptedValue": None,
            "iv": None,
            "tag": None,
            **pick(row, "expiresAt", "expiresAfterViews", "accessType"),
            **describe_organization(call, row),
            "secretValue": row["secretValue"],
        },
    }
