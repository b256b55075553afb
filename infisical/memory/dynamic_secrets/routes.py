"""The routes of dynamic secrets and of their leases.

The rows are in store.py, the inputs and credentials of providers in providers.py.
"""

from __future__ import annotations

from typing import Any, Final

from infisical.memory import tree
from infisical.memory.access import permit
from infisical.memory.call import Call, format_time, parse_time, pick
from infisical.memory.domain.places import get_project_by_slug, make_path_field, make_secret_path_field
from infisical.memory.domain.plans import refuse_in_community
from infisical.memory.dynamic_secrets import providers, store
from infisical.memory.refusals import bad_request, not_found
from infisical.memory.routing import MACHINES, Answer, route
from infisical.memory.state import Row
from infisical.memory.validation import (
    SLUG_PATTERN,
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

SECRETS_PATH: Final = "/api/v1/dynamic-secrets"
SECRET_PATH: Final = "/api/v1/dynamic-secrets/{name}"
LEASES_PATH: Final = "/api/v1/dynamic-secrets/leases"
LEASE_PATH: Final = "/api/v1/dynamic-secrets/leases/{leaseId}"

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
NEW_COLUMNS: Final = ("projectGatewayId", "gatewayId", "usernameTemplate", "gatewayV2Id", "metadata")
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
OLD_ACTIONS: Final = {
    "create-root-credential": "create",
    "read-root-credential": "read",
    "edit-root-credential": "edit",
    "delete-root-credential": "delete",
}
"""The actions on `secrets` that October 2024 checks: it has no permissions for dynamic secrets."""


# ---- the fields of requests
def make_ttl_field(longest: float = 10 * store.UNITS["y"], longest_name: str = "10 years") -> Field:
    """Make the field of a duration from one minute to the longest one, in seconds."""
    field = string(trim=False)

    def check(value: Any, path: Path, issues: Issues) -> Any:
        text = field.check(value, path, issues)
        if isinstance(text, str):
            seconds = store.parse_duration(text)
            if seconds is None:
                issues.append(build_issue("Invalid duration", path))
            elif seconds < 60:
                issues.append(build_issue("TTL must be a greater than 1min", path))
            elif seconds > longest:
                issues.append(build_issue(f"TTL must be less than {longest_name}", path))
        return text

    return Field(check)


def make_lower_case_field(field: Field) -> Field:
    """Make a field that reads text in lower case."""
    return Field(
        lambda value, path, issues: field.check(
            value.strip().lower() if isinstance(value, str) else value, path, issues
        )
    )


def is_template(text: str) -> bool:
    names = ("randomUsername", "unixTimestamp", "identity.name", "dynamicSecret.name", "dynamicSecret.type")
    placeholders = (part.partition("}}") for part in text.split("{{")[1:])
    return all(closed and name.strip() in names for name, closed, _ in placeholders)


TEXT_FIELD: Final = string(least=1, trim=False)
PLACE_FIELDS: Final = {
    "projectSlug": TEXT_FIELD,
    "environmentSlug": TEXT_FIELD,
    "path": make_path_field().optional("/"),
}
TEMPLATE_FIELD: Final = string(most=255, matches=r"[A-Za-z0-9_{}\[\].' |-]*", message="Invalid input").where(
    is_template, "Invalid input"
)
METADATA_FIELD: Final = array(obj(key=string(least=1), value=string().optional("")))
CREATE_BODY: Final = obj(
    **PLACE_FIELDS,
    name=make_lower_case_field(slug(message="Name field can only contain lowercase letters, numbers, and hyphens")),
    provider=providers.make_provider_field(),
    defaultTTL=make_ttl_field(),
    maxTTL=make_ttl_field().or_null().optional(None),
    metadata=METADATA_FIELD.optional(None),
    usernameTemplate=TEMPLATE_FIELD.optional(None),
)
OLD_TTL_FIELD: Final = make_ttl_field(store.UNITS["d"], "a day")
OLD_PLACE_FIELDS: Final = {**PLACE_FIELDS, "path": make_secret_path_field().optional("/")}
OLD_CREATE_BODY: Final = obj(
    projectSlug=TEXT_FIELD,
    provider=providers.make_provider_field(old=True),
    defaultTTL=OLD_TTL_FIELD,
    maxTTL=OLD_TTL_FIELD.or_null().optional(None),
    path=OLD_PLACE_FIELDS["path"],
    environmentSlug=TEXT_FIELD,
    name=string(least=1, lower=True, matches=f"(?:{SLUG_PATTERN})?", message="Slug must be a valid"),
)
OLD_UPDATE_BODY: Final = obj(
    **OLD_PLACE_FIELDS,
    data=obj(
        inputs=anything().optional(),
        defaultTTL=OLD_TTL_FIELD.optional(),
        maxTTL=OLD_TTL_FIELD.or_null().optional(),
        newName=string(trim=False).optional(),
    ),
)
"""The bodies of October 2024: no TTL above a day, no metadata and no templates."""
UPDATE_BODY: Final = obj(
    **PLACE_FIELDS,
    data=obj(
        inputs=record(anything()).or_null().optional(),
        defaultTTL=make_ttl_field().optional(),
        maxTTL=make_ttl_field().or_null().optional(),
        newName=string(trim=False).optional(),
        metadata=METADATA_FIELD.optional(),
        usernameTemplate=TEMPLATE_FIELD.or_null().optional(),
    ),
)
DELETE_BODY: Final = obj(**PLACE_FIELDS, isForced=boolean().optional(False))
CREATE_LEASE_BODY: Final = obj(
    **PLACE_FIELDS,
    dynamicSecretName=make_lower_case_field(string(least=1)),
    ttl=make_ttl_field().optional(None),
    config=anything().optional(None),
)
OLD_CREATE_LEASE_BODY: Final = obj(
    dynamicSecretName=make_lower_case_field(string(least=1)),
    ttl=OLD_TTL_FIELD.optional(None),
    **OLD_PLACE_FIELDS,
)
RENEW_LEASE_BODY: Final = obj(**PLACE_FIELDS, ttl=make_ttl_field().optional(None))


# ---- requests and answers
def get_folder(call: Call, fields: Any, action: str, *planned: str) -> Row:
    """Return the folder that a request names; refuse a caller without this permission for dynamic secrets.

    `planned` names the action and the feature of the refusal on a community server.
    """
    project = get_project_by_slug(call, fields["projectSlug"])
    permit_dynamic(call, project["id"], action)
    if planned:
        refuse_in_community(call, *planned)
    slug, path = fields["environmentSlug"], fields["path"]
    folder = tree.find_folder(call.draft, project["id"], slug, path)
    if folder is None:
        raise not_found(f"Folder with path '{path}' in environment '{slug}' not found")
    return folder


def permit_dynamic(call: Call, project_id: str, action: str) -> None:
    if call.is_2024:
        permit(call, project_id, OLD_ACTIONS[action], "secrets")
    else:
        permit(call, project_id, action, "dynamic-secrets")


def get_secret(call: Call, folder: Row, name: str, path: str) -> Row:
    secret = call.draft.find(store.get_secrets_table(folder["id"]), name=name)
    if secret is None:
        quote = "" if call.is_2024 else "'"
        raise not_found(f"Dynamic secret with name '{name}{quote} in folder '{path}' not found")
    return secret


def refuse_taken(call: Call, folder: Row, name: str) -> None:
    if call.draft.find(store.get_secrets_table(folder["id"]), name=name) is not None:
        exists = "exist" if call.is_2024 else "exists"
        raise bad_request(f"Provided dynamic secret already {exists} under the folder")


def describe_secret(call: Call, row: Row) -> dict[str, Any]:
    later = () if call.is_2024 else NEW_COLUMNS
    return {name: value for name, value in pick(row, *COLUMNS, *later).items() if name != "metadata" or value}


def describe_written(call: Call, row: Row) -> dict[str, Any]:
    """Return a dynamic secret as creating and updating answer it: since 2025 with its inputs."""
    return describe_secret(call, row) if call.is_2024 else describe_with_inputs(call, row)


def refuse_local_host(call: Call, inputs: Any) -> None:
    """Refuse a database on the server's own host, by its usual names, as October 2024 does."""
    if call.is_2024 and isinstance(inputs, dict) and inputs.get("host") in ("localhost", "127.0.0.1"):
        raise bad_request("Invalid db host")


def describe_with_inputs(call: Call, row: Row) -> dict[str, Any]:
    return {**describe_secret(call, row), "inputs": row["inputs"]}


def describe_lease(call: Call, row: Row) -> dict[str, Any]:
    return pick(row, *LEASE_COLUMNS, *(() if call.is_2024 else ("config",)))


# ---- dynamic secrets
def create_dynamic_secret(call: Call) -> Answer:
    folder = get_folder(call, call.body, "create-root-credential", "create dynamic secret", "create dynamic secret")
    refuse_taken(call, folder, call.body["name"])
    provider = call.body["provider"]
    refuse_local_host(call, provider["inputs"])
    row = call.new_row(
        **pick(call.body, "name", "defaultTTL", "maxTTL"),
        metadata=call.body.get("metadata"),
        usernameTemplate=call.body.get("usernameTemplate"),
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
    call.draft.put(store.get_secrets_table(folder["id"]), row["id"], row)
    return {"dynamicSecret": describe_written(call, row)}


create_route = route("POST", SECRETS_PATH, generation="current", access=MACHINES, body=CREATE_BODY)(
    create_dynamic_secret
)
old_create_route = route("POST", SECRETS_PATH, generation="2024-10", access=MACHINES, body=OLD_CREATE_BODY)(
    create_dynamic_secret
)


@route("GET", SECRETS_PATH, access=MACHINES, query=obj(**PLACE_FIELDS))
def list_dynamic_secrets(call: Call) -> Answer:
    folder = get_folder(call, call.query, "read-root-credential")
    rows = call.draft.rows(store.get_secrets_table(folder["id"])).values()
    return {"dynamicSecrets": [describe_secret(call, row) for row in rows]}


@route("GET", SECRET_PATH, access=MACHINES, query=obj(**PLACE_FIELDS))
def get_dynamic_secret(call: Call) -> Answer:
    folder = get_folder(call, call.query, "read-root-credential")
    permit_dynamic(call, get_project_by_slug(call, call.query["projectSlug"])["id"], "edit-root-credential")
    return {
        "dynamicSecret": describe_with_inputs(call, get_secret(call, folder, call.path["name"], call.query["path"]))
    }


def update_dynamic_secret(call: Call) -> Answer:
    folder = get_folder(call, call.body, "edit-root-credential", "update dynamic secret", "update dynamic secret")
    row, change = get_secret(call, folder, call.path["name"].lower(), call.body["path"]), call.body["data"]
    columns = pick(change, "defaultTTL", "maxTTL", "metadata", "usernameTemplate")
    if change.get("newName"):
        refuse_taken(call, folder, change["newName"])
        columns["name"] = change["newName"]
    refuse_local_host(call, change.get("inputs"))
    inputs = providers.check_inputs(call, row["type"], {**row["inputs"], **(change.get("inputs") or {})})
    columns |= {"inputs": inputs, "status": None, "updatedAt": call.timestamp}
    if "gatewayId" in (change.get("inputs") or {}):
        columns["gatewayV2Id"] = inputs.get("gatewayId")
    row = call.draft.merge(store.get_secrets_table(folder["id"]), row["id"], **columns)
    return {"dynamicSecret": describe_written(call, row)}


update_route = route("PATCH", SECRET_PATH, generation="current", access=MACHINES, body=UPDATE_BODY)(
    update_dynamic_secret
)
old_update_route = route("PATCH", SECRET_PATH, generation="2024-10", access=MACHINES, body=OLD_UPDATE_BODY)(
    update_dynamic_secret
)


@route("DELETE", SECRET_PATH, access=MACHINES, body=DELETE_BODY)
def delete_dynamic_secret(call: Call) -> Answer:
    """Delete a dynamic secret. The answer for one with leases says Deleting, though all are deleted already."""
    folder = get_folder(call, call.body, "delete-root-credential")
    row = get_secret(call, folder, call.path["name"].lower(), call.body["path"])
    has_leases = store.list_leases(call, row) and not call.body["isForced"]
    store.drop_secret(call, row)
    return {"dynamicSecret": describe_secret(call, {**row, "status": "Deleting"} if has_leases else row)}


# ---- leases
def get_lease_folder(call: Call, fields: Any, action: str, *planned: str) -> Row:
    """Return the folder that a request for leases names; `planned` is that of `get_folder`."""
    project_slug, slug, path = fields["projectSlug"], fields["environmentSlug"], fields["path"]
    project = get_project_by_slug(call, project_slug)
    if call.is_2024:
        permit(call, project["id"], action, "secrets")
    else:
        permit(call, project["id"], "lease", "dynamic-secrets")
    if planned:
        refuse_in_community(call, *planned)
    folder = tree.find_folder(call.draft, project["id"], slug, path)
    if folder is None:
        raise not_found(f"Folder with path '{path}' in environment with slug '{slug}' not found")
    store.drop_expired(call, folder["id"])
    return folder


def get_leased_secret(call: Call, folder: Row, name: str, path: str) -> Row:
    secret = call.draft.find(store.get_secrets_table(folder["id"]), name=name)
    if secret is None:
        raise not_found(f"Dynamic secret with name '{name}' in folder with path '{path}' not found")
    return secret


def get_lease_and_secret(call: Call, folder: Row) -> tuple[Row, Row]:
    """Return the lease that the path names, which must be in this folder, and its dynamic secret."""
    lease = call.draft.get(store.get_leases_table(folder["id"]), call.path["leaseId"])
    if lease is None:
        raise not_found(f"Dynamic secret lease with ID '{call.path['leaseId']}' not found")
    return lease, call.draft.rows(store.get_secrets_table(folder["id"]))[lease["dynamicSecretId"]]


def compute_expiry(since: float, secret: Row, ttl: str | None) -> float:
    return since + (store.parse_duration(ttl or secret["defaultTTL"]) or 0.0)


def compute_maximum_expiry(since: float, secret: Row) -> float:
    """Compute when a lease ends at the latest, in seconds since the epoch."""
    return since + (store.parse_duration(secret["maxTTL"]) or 0.0) if secret["maxTTL"] else float("inf")


def get_caller_name(call: Call) -> str:
    """Return the caller's name for username templates: an identity's name, or a user's email without the domain."""
    row = call.actor.row
    return str(row["username"]).partition("@")[0] if call.actor.kind == "user" else str(row["name"])


def create_lease(call: Call) -> Answer:
    folder = get_lease_folder(call, call.body, "read", "create lease", "create dynamic secret lease")
    secret = get_leased_secret(call, folder, call.body["dynamicSecretName"], call.body["path"])
    if len(store.list_leases(call, secret)) >= store.LEASE_LIMIT:
        raise bad_request(f"Max lease limit reached. Limit: {store.LEASE_LIMIT}")
    expires = compute_expiry(call.now, secret, call.body["ttl"])
    if expires > compute_maximum_expiry(call.now, secret):
        raise bad_request("TTL cannot be larger than max TTL")
    credentials = providers.make_credentials(call, secret, expires, get_caller_name(call))
    row = call.new_row(
        version=1,
        externalEntityId=credentials.entity_id,
        expireAt=format_time(expires),
        status=None,
        statusDetails=None,
        dynamicSecretId=secret["id"],
        config=call.body.get("config"),
    )
    call.draft.put(store.get_leases_table(folder["id"]), row["id"], row)
    return {
        "lease": describe_lease(call, row),
        "dynamicSecret": describe_secret(call, secret),
        "data": credentials.data,
    }


create_lease_route = route("POST", LEASES_PATH, generation="current", access=MACHINES, body=CREATE_LEASE_BODY)(
    create_lease
)
old_create_lease_route = route("POST", LEASES_PATH, generation="2024-10", access=MACHINES, body=OLD_CREATE_LEASE_BODY)(
    create_lease
)


@route("GET", f"{SECRET_PATH}/leases", access=MACHINES, query=obj(**PLACE_FIELDS))
def list_leases(call: Call) -> Answer:
    folder = get_lease_folder(call, call.query, "read")
    secret = get_leased_secret(call, folder, call.path["name"], call.query["path"])
    return {"leases": [describe_lease(call, row) for row in store.list_leases(call, secret)]}


@route("GET", LEASE_PATH, access=MACHINES, query=obj(**PLACE_FIELDS))
def get_lease(call: Call) -> Answer:
    lease, secret = get_lease_and_secret(call, get_lease_folder(call, call.query, "read"))
    return {"lease": {**describe_lease(call, lease), "dynamicSecret": describe_secret(call, secret)}}


def renew_lease(call: Call) -> Answer:
    """Extend a lease from its expiry, at most to its max TTL from its creation."""
    folder = get_lease_folder(call, call.body, "edit", "renew lease", "renew dynamic secret lease")
    lease, secret = get_lease_and_secret(call, folder)
    expires = compute_expiry(parse_time(lease["expireAt"]), secret, call.body["ttl"])
    if expires > compute_maximum_expiry(parse_time(lease["createdAt"]), secret):
        raise bad_request(
            "TTL cannot be larger than max ttl"
            if call.is_2024
            else "The requested renewal would exceed the maximum allowed lease duration. Please choose a shorter TTL"
        )
    if secret["type"] in providers.RENEWAL_MESSAGES:
        raise bad_request(providers.RENEWAL_MESSAGES[secret["type"]])
    row = call.draft.merge(
        store.get_leases_table(folder["id"]), lease["id"], expireAt=format_time(expires), updatedAt=call.timestamp
    )
    return {"lease": describe_lease(call, row)}


renew_route = route("POST", f"{LEASE_PATH}/renew", generation="current", access=MACHINES, body=RENEW_LEASE_BODY)(
    renew_lease
)
old_renew_route = route(
    "POST",
    f"{LEASE_PATH}/renew",
    generation="2024-10",
    access=MACHINES,
    body=obj(**OLD_PLACE_FIELDS, ttl=OLD_TTL_FIELD.optional(None)),
)(renew_lease)


@route("DELETE", LEASE_PATH, access=MACHINES, body=DELETE_BODY)
def delete_lease(call: Call) -> Answer:
    folder = get_lease_folder(call, call.body, "delete")
    lease, _ = get_lease_and_secret(call, folder)
    call.draft.drop(store.get_leases_table(folder["id"]), lease["id"])
    return {"lease": describe_lease(call, lease)}
