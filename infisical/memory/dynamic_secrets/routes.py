"""Dynamic secrets of a folder and their leases, found by slugs and names.

Rows and how long they live are in dynamic_secrets.py, what providers take and make in providers.py.
"""

from __future__ import annotations

from typing import Any, Final

from infisical.memory import tree
from infisical.memory.access import permit
from infisical.memory.call import Call, format_time, parse_time, pick
from infisical.memory.domain.places import project_by_slug, secret_path
from infisical.memory.dynamic_secrets import providers, store
from infisical.memory.refusals import bad_request, not_found
from infisical.memory.routing import MACHINES, Answer, route
from infisical.memory.state import Row
from infisical.memory.validation import (
    Field,
    Issues,
    Path,
    anything,
    array,
    boolean,
    build_issue,
    obj,
    record,
    slug,
    string,
)

SECRETS: Final = "/api/v1/dynamic-secrets"
SECRET: Final = "/api/v1/dynamic-secrets/{name}"
LEASES: Final = "/api/v1/dynamic-secrets/leases"
LEASE: Final = "/api/v1/dynamic-secrets/leases/{leaseId}"

COLUMNS: Final = (
    "id",
    "name",
    "version",
    "type",
    "defaultTTL",
    "maxTTL",
    "folderId",
    "status",
    "statusDetails",
    "createdAt",
    "updatedAt",
)
LATER: Final = ("projectGatewayId", "gatewayId", "usernameTemplate", "gatewayV2Id", "metadata")
"""Columns that came after October 2024; `config` of a lease too."""
LEASE_COLUMNS: Final = (
    "id",
    "version",
    "externalEntityId",
    "expireAt",
    "status",
    "statusDetails",
    "dynamicSecretId",
    "createdAt",
    "updatedAt",
)
BEFORE: Final = {
    "create-root-credential": "create",
    "read-root-credential": "read",
    "edit-root-credential": "edit",
    "delete-root-credential": "delete",
}
"""What was asked of the subject `secrets` in October 2024, which knew no permissions for dynamic secrets."""


# ---- what requests may hold
def lasting() -> Field:
    """A duration from a minute to ten years."""
    inner = string(trim=False)

    def check(value: Any, path: Path, issues: Issues) -> Any:
        read = inner.check(value, path, issues)
        if isinstance(read, str):
            seconds = store.duration(read)
            if seconds is None:
                issues.append(build_issue("Invalid duration", path))
            elif seconds < 60:
                issues.append(build_issue("TTL must be a greater than 1min", path))
            elif seconds > 10 * store.UNITS["y"]:
                issues.append(build_issue("TTL must be less than 10 years", path))
        return read

    return Field(check)


def lower(inner: Field) -> Field:
    """A text that is read in lower case."""
    return Field(
        lambda value, path, issues: inner.check(
            value.strip().lower() if isinstance(value, str) else value, path, issues
        )
    )


def sound_template(text: str) -> bool:
    known = ("randomUsername", "unixTimestamp", "identity.name", "dynamicSecret.name", "dynamicSecret.type")
    placeholders = (part.partition("}}") for part in text.split("{{")[1:])
    return all(closed and name.strip() in known for name, closed, _ in placeholders)


FULL: Final = string(least=1, trim=False)
PLACE: Final = {"projectSlug": FULL, "environmentSlug": FULL, "path": secret_path().optional("/")}
TEMPLATE: Final = string(most=255, matches=r"[A-Za-z0-9_{}\[\].' |-]*", message="Invalid input").where(
    sound_template, "Invalid input"
)
METADATA: Final = array(obj(key=string(least=1), value=string().optional("")))
NEW: Final = obj(
    **PLACE,
    name=lower(slug(message="Name field can only contain lowercase letters, numbers, and hyphens")),
    provider=providers.provider(),
    defaultTTL=lasting(),
    maxTTL=lasting().or_null().optional(None),
    metadata=METADATA.optional(None),
    usernameTemplate=TEMPLATE.optional(None),
)
CHANGE: Final = obj(
    **PLACE,
    data=obj(
        inputs=record(anything()).or_null().optional(),
        defaultTTL=lasting().optional(),
        maxTTL=lasting().or_null().optional(),
        newName=string(trim=False).optional(),
        metadata=METADATA.optional(),
        usernameTemplate=TEMPLATE.or_null().optional(),
    ),
)
END: Final = obj(**PLACE, isForced=boolean().optional(False))
NEW_LEASE: Final = obj(
    **PLACE,
    dynamicSecretName=lower(string(least=1)),
    ttl=lasting().optional(None),
    config=anything().optional(None),
)
RENEWAL: Final = obj(**PLACE, ttl=lasting().optional(None))


# ---- what was asked, and what is answered
def place(call: Call, sent: Any, action: str) -> Row:
    """Return the folder that a request names; refuse who may not do this to dynamic secrets."""
    project = project_by_slug(call, sent["projectSlug"])
    permit_dynamic(call, project["id"], action)
    slug, path = sent["environmentSlug"], sent["path"]
    found = tree.find_folder(call.draft, project["id"], slug, path)
    if found is None:
        raise not_found(f"Folder with path '{path}' in environment '{slug}' not found")
    return found


def permit_dynamic(call: Call, project_id: str, action: str) -> None:
    if call.is_2024:
        permit(call, project_id, BEFORE[action], "secrets")
    else:
        permit(call, project_id, action, "dynamic-secrets")


def named(call: Call, folder: Row, name: str, path: str) -> Row:
    found = call.draft.find(store.dynamic_secrets(folder["id"]), name=name)
    if found is None:
        raise not_found(f"Dynamic secret with name '{name}' in folder '{path}' not found")
    return found


def refuse_taken(call: Call, folder: Row, name: str) -> None:
    if call.draft.find(store.dynamic_secrets(folder["id"]), name=name) is not None:
        raise bad_request("Provided dynamic secret already exists under the folder")


def shown(call: Call, row: Row) -> dict[str, Any]:
    later = () if call.is_2024 else LATER
    return {name: value for name, value in pick(row, *COLUMNS, *later).items() if name != "metadata" or value}


def with_inputs(call: Call, row: Row) -> dict[str, Any]:
    return {**shown(call, row), "inputs": row["inputs"]}


def shown_lease(call: Call, row: Row) -> dict[str, Any]:
    return pick(row, *LEASE_COLUMNS, *(() if call.is_2024 else ("config",)))


# ---- dynamic secrets
@route("POST", SECRETS, access=MACHINES, body=NEW)
def create_dynamic_secret(call: Call) -> Answer:
    folder = place(call, call.body, "create-root-credential")
    refuse_taken(call, folder, call.body["name"])
    provider = call.body["provider"]
    row = call.new_row(
        **pick(call.body, "name", "defaultTTL", "maxTTL", "metadata", "usernameTemplate"),
        version=1,
        type=provider["type"],
        inputs=provider["inputs"],
        folderId=folder["id"],
        status=None,
        statusDetails=None,
        projectGatewayId=None,
        gatewayId=None,
        gatewayV2Id=provider["inputs"].get("gatewayId"),
    )
    call.draft.put(store.dynamic_secrets(folder["id"]), row["id"], row)
    return {"dynamicSecret": with_inputs(call, row)}


@route("GET", SECRETS, access=MACHINES, query=obj(**PLACE))
def list_dynamic_secrets(call: Call) -> Answer:
    folder = place(call, call.query, "read-root-credential")
    listed = call.draft.rows(store.dynamic_secrets(folder["id"])).values()
    return {"dynamicSecrets": [shown(call, row) for row in listed]}


@route("GET", SECRET, access=MACHINES, query=obj(**PLACE))
def get_dynamic_secret(call: Call) -> Answer:
    folder = place(call, call.query, "read-root-credential")
    permit_dynamic(call, project_by_slug(call, call.query["projectSlug"])["id"], "edit-root-credential")
    return {"dynamicSecret": with_inputs(call, named(call, folder, call.path["name"], call.query["path"]))}


@route("PATCH", SECRET, access=MACHINES, body=CHANGE)
def update_dynamic_secret(call: Call) -> Answer:
    folder = place(call, call.body, "edit-root-credential")
    row, change = named(call, folder, call.path["name"].lower(), call.body["path"]), call.body["data"]
    columns = pick(change, "defaultTTL", "maxTTL", "metadata", "usernameTemplate")
    if change.get("newName"):
        refuse_taken(call, folder, change["newName"])
        columns["name"] = change["newName"]
    inputs = providers.checked_inputs(call, row["type"], {**row["inputs"], **(change.get("inputs") or {})})
    columns |= {"inputs": inputs, "status": None, "updatedAt": call.timestamp}
    if "gatewayId" in (change.get("inputs") or {}):
        columns["gatewayV2Id"] = inputs.get("gatewayId")
    written = call.draft.merge(store.dynamic_secrets(folder["id"]), row["id"], **columns)
    return {"dynamicSecret": with_inputs(call, written)}


@route("DELETE", SECRET, access=MACHINES, body=END)
def delete_dynamic_secret(call: Call) -> Answer:
    """One with leases is answered as being deleted; it is gone then, as its leases are."""
    folder = place(call, call.body, "delete-root-credential")
    row = named(call, folder, call.path["name"].lower(), call.body["path"])
    left = store.leases_of(call, row) and not call.body["isForced"]
    store.drop_dynamic_secret(call, row)
    return {"dynamicSecret": shown(call, {**row, "status": "Deleting"} if left else row)}


# ---- leases
def leasing(call: Call, sent: Any, action: str) -> Row:
    """Return the folder that a request for leases names; the refusals of October 2024 are other ones."""
    project_slug, slug, path = sent["projectSlug"], sent["environmentSlug"], sent["path"]
    project = project_by_slug(call, project_slug)
    if call.is_2024:
        permit(call, project["id"], action, "secrets")
    else:
        permit(call, project["id"], "lease", "dynamic-secrets")
    found = tree.find_folder(call.draft, project["id"], slug, path)
    if found is None:
        if call.is_2024:
            raise bad_request("Folder not found")
        raise not_found(f"Folder with path '{path}' in environment with slug '{slug}' not found")
    store.drop_expired(call, found["id"])
    return found


def leased(call: Call, folder: Row, name: str, path: str) -> Row:
    found = call.draft.find(store.dynamic_secrets(folder["id"]), name=name)
    if found is None:
        if call.is_2024:
            raise bad_request("Dynamic secret not found")
        raise not_found(f"Dynamic secret with name '{name}' in folder with path '{path}' not found")
    return found


def lease_and_secret(call: Call, folder: Row) -> tuple[Row, Row]:
    """Return the lease that the path names if it is in this folder, and its dynamic secret."""
    lease = call.draft.get(store.leases(folder["id"]), call.path["leaseId"])
    if lease is None:
        if call.is_2024:
            raise bad_request("Dynamic secret lease not found")
        raise not_found(f"Dynamic secret lease with ID '{call.path['leaseId']}' not found")
    return lease, call.draft.rows(store.dynamic_secrets(folder["id"]))[lease["dynamicSecretId"]]


def end_of(since: float, secret: Row, ttl: str | None) -> float:
    return since + (store.duration(ttl or secret["defaultTTL"]) or 0.0)


def last_end(since: float, secret: Row) -> float:
    """Return when a lease ends at the latest."""
    return since + (store.duration(secret["maxTTL"]) or 0.0) if secret["maxTTL"] else float("inf")


def caller_name(call: Call) -> str:
    """Return what a username's template may call the caller: an identity's name, or an address without its domain."""
    row = call.actor.row
    return str(row["username"]).partition("@")[0] if call.actor.kind == "user" else str(row["name"])


@route("POST", LEASES, access=MACHINES, body=NEW_LEASE)
def create_lease(call: Call) -> Answer:
    folder = leasing(call, call.body, "read")
    secret = leased(call, folder, call.body["dynamicSecretName"], call.body["path"])
    if len(store.leases_of(call, secret)) >= store.MOST_LEASES:
        raise bad_request(f"Max lease limit reached. Limit: {store.MOST_LEASES}")
    expires = end_of(call.now, secret, call.body["ttl"])
    if expires > last_end(call.now, secret):
        raise bad_request("TTL cannot be larger than max TTL")
    made = providers.make(call, secret, expires, caller_name(call))
    row = call.new_row(
        version=1,
        externalEntityId=made.entity_id,
        expireAt=format_time(expires),
        status=None,
        statusDetails=None,
        dynamicSecretId=secret["id"],
        config=call.body["config"],
    )
    call.draft.put(store.leases(folder["id"]), row["id"], row)
    return {"lease": shown_lease(call, row), "dynamicSecret": shown(call, secret), "data": made.data}


@route("GET", f"{SECRET}/leases", access=MACHINES, query=obj(**PLACE))
def list_leases(call: Call) -> Answer:
    folder = leasing(call, call.query, "read")
    secret = leased(call, folder, call.path["name"], call.query["path"])
    return {"leases": [shown_lease(call, row) for row in store.leases_of(call, secret)]}


@route("GET", LEASE, access=MACHINES, query=obj(**PLACE))
def get_lease(call: Call) -> Answer:
    lease, secret = lease_and_secret(call, leasing(call, call.query, "read"))
    return {"lease": {**shown_lease(call, lease), "dynamicSecret": shown(call, secret)}}


@route("POST", f"{LEASE}/renew", access=MACHINES, body=RENEWAL)
def renew_lease(call: Call) -> Answer:
    """A lease lives on from when it would end, but not past its max TTL, counted from its beginning."""
    folder = leasing(call, call.body, "edit")
    lease, secret = lease_and_secret(call, folder)
    expires = end_of(parse_time(lease["expireAt"]), secret, call.body["ttl"])
    if expires > last_end(parse_time(lease["createdAt"]), secret):
        raise bad_request(
            "TTL cannot be larger than max ttl"
            if call.is_2024
            else "The requested renewal would exceed the maximum allowed lease duration. Please choose a shorter TTL"
        )
    if secret["type"] in providers.NOT_RENEWED:
        raise bad_request(providers.NOT_RENEWED[secret["type"]])
    written = call.draft.merge(
        store.leases(folder["id"]), lease["id"], expireAt=format_time(expires), updatedAt=call.timestamp
    )
    return {"lease": shown_lease(call, written)}


@route("DELETE", LEASE, access=MACHINES, body=END)
def delete_lease(call: Call) -> Answer:
    folder = leasing(call, call.body, "delete")
    lease, _ = lease_and_secret(call, folder)
    call.draft.drop(store.leases(folder["id"]), lease["id"])
    return {"lease": shown_lease(call, lease)}
