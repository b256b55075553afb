"""Secret syncs: folders whose secrets are copied to a destination, and the jobs that copy them.

A job completes between two calls: the call that starts it answers `pending`, the next one reads `succeeded`. Nothing
is written to a destination, and there is nothing to import.
"""

from __future__ import annotations

from typing import Any, Final

from infisical.memory import tree
from infisical.memory.access import permit
from infisical.memory.app_connections.store import CONNECTIONS, get_usable, make_missing_route
from infisical.memory.call import Call, pick
from infisical.memory.refusals import Refusal, bad_request, not_found
from infisical.memory.routing import MACHINES, Answer, route
from infisical.memory.secret_syncs.destinations import DESTINATIONS, Destination
from infisical.memory.state import Row
from infisical.memory.tables import SECRET_SYNCS
from infisical.memory.validation import Issues, anything, boolean, choice, flag_text, guid, obj, record, slug, string

SYNCS_PATH: Final = "/api/v1/secret-syncs"
DESTINATION_PATH: Final = f"{SYNCS_PATH}/{{destination}}"
SYNC_PATH: Final = f"{DESTINATION_PATH}/{{syncId}}"
JOBS: Final = {"sync": ("Sync", "Synced"), "import": ("Import", "Imported"), "remove": ("Remove", "Removed")}
"""A job's name -> the words in its columns: lastSyncJobId, lastSyncedAt, ..."""
OVERWRITE_BEHAVIOR: Final = "overwrite-destination"
BEHAVIORS: Final = (OVERWRITE_BEHAVIOR, "import-prioritize-source", "import-prioritize-destination")
FOLDER_MESSAGE: Final = (
    "Invalid source configuration: folder no longer exists. Please configure a valid source and try again."
)
KEY_SCHEMA: Final = string(most=255).where(
    lambda text: text.count("{{secretKey}}") == 1, "Key schema must include exactly one {{secretKey}} placeholder"
)
OPTIONS_FIELD: Final = obj(
    initialSyncBehavior=choice(*BEHAVIORS),
    keySchema=KEY_SCHEMA.optional(),
    disableSecretDeletion=boolean().optional(),
    recursive=boolean().optional(),
)
CONFIG_FIELD: Final = record(anything())
CREATE_BODY: Final = obj(
    name=slug(most=256),
    projectId=string(least=1),
    description=string(most=256).or_null().optional(),
    connectionId=guid(),
    environment=slug(),
    secretPath=string(least=1),
    isAutoSyncEnabled=boolean().optional(True),
    syncOptions=OPTIONS_FIELD,
    destinationConfig=CONFIG_FIELD,
)
UPDATE_BODY: Final = obj(
    name=slug(most=256).optional(),
    connectionId=guid().optional(),
    description=string(most=256).or_null().optional(),
    environment=slug().optional(),
    secretPath=string(least=1).optional(),
    isAutoSyncEnabled=boolean().optional(),
    syncOptions=OPTIONS_FIELD.optional(),
    destinationConfig=CONFIG_FIELD.optional(),
)
PROJECT_QUERY: Final = obj(projectId=string(least=1))
COLUMNS: Final = (
    "id",
    "name",
    "description",
    "destination",
    "isAutoSyncEnabled",
    "version",
    "folderId",
    "connectionId",
    "createdAt",
    "updatedAt",
    *(
        column
        for job, (start, end) in JOBS.items()
        for column in (f"{job}Status", f"last{start}JobId", f"last{start}Message", f"last{end}At")
    ),
    "projectId",
)


# ---- answers
def describe_sync(call: Call, row: Row) -> dict[str, Any]:
    """Return a sync as answers have it: with its current connection, environment and folder."""
    folder = tree.find_folder_by_id(call.draft, row["folderId"])
    environment: Row | None = None
    path = ""
    synced = row["lastSyncedAt"]
    if folder is not None:
        _, environment, path = tree.locate_folder(call.draft, folder)
        modified_at = folder["lastSecretModified"]
        if row["isAutoSyncEnabled"] and modified_at is not None and synced is not None:
            synced = max(synced, modified_at)  # a change of a secret starts a sync automatically
    return {
        **pick(row, *COLUMNS),
        "folderId": folder and row["folderId"],
        "lastSyncedAt": synced,
        "connection": pick(call.draft.rows(CONNECTIONS)[row["connectionId"]], "app", "name", "id"),
        "environment": environment and pick(environment, "slug", "name", "id"),
        "folder": folder and {"id": folder["id"], "path": path},
        **pick(row, "syncOptions", "destinationConfig"),
    }


def start_job(call: Call, row: Row, job: str) -> dict[str, Any]:
    """Start a job of a sync: the answer says pending, the row succeeded."""
    verb, participle = JOBS[job]
    columns = {
        f"{job}Status": "succeeded",
        f"last{verb}JobId": call.draft.new_id(),
        f"last{participle}At": call.timestamp,
    }
    call.draft.merge(SECRET_SYNCS, row["id"], **columns, updatedAt=call.timestamp)
    return {**describe_sync(call, row), f"{job}Status": "pending"}


# ---- requests
def get_destination(call: Call) -> Destination:
    destination = DESTINATIONS.get(call.path["destination"])
    if destination is None:
        raise make_missing_route(call)
    return destination


def get_permitted(call: Call, action: str) -> Row:
    """Return the sync that the path names; refuse a caller without this permission for syncs."""
    destination, identifier = get_destination(call), call.path["syncId"]
    issues: Issues = []
    guid().read(identifier, ("syncId",), issues)
    if issues:
        raise Refusal(422, "ValidationFailure", issues)
    row = call.draft.get(SECRET_SYNCS, identifier)
    if row is None:
        raise not_found(f'Could not find {destination.name} Sync with ID "{identifier}"')
    permit(call, row["projectId"], action, "secret-syncs")
    return check_configured(call, row)


def check_configured(call: Call, row: Row) -> Row:
    if row["destination"] != call.path["destination"]:
        name = get_destination(call).name
        raise bad_request(f'Secret sync with ID "{row["id"]}" is not configured for {name}')
    return row


def get_with_source(call: Call, action: str) -> Row:
    """Return the sync that the path names; refuse one whose folder is missing."""
    row = get_permitted(call, action)
    if tree.find_folder_by_id(call.draft, row["folderId"]) is None:
        raise bad_request(FOLDER_MESSAGE)
    return row


def get_source(call: Call, project_id: str, environment: str, path: str) -> Row:
    folder = tree.find_folder(call.draft, project_id, environment, tree.normalize_path(path))
    if folder is None:
        raise bad_request(
            f'Could not find folder with path "{path}" in environment "{environment}"'
            f' for project with ID "{project_id}"'
        )
    return folder


def check_name(call: Call, project_id: str, name: str, excluded_id: str | None = None) -> None:
    other = call.draft.find(SECRET_SYNCS, projectId=project_id, name=name)
    if other is not None and other["id"] != excluded_id:
        raise bad_request(f'A Secret Sync with the name "{name}" already exists for the project with ID "{project_id}"')


def check_destination(call: Call, destination: Destination) -> None:
    """Refuse options and a config that the destination does not support."""
    issues: Issues = []
    behavior = call.body.get("syncOptions", {}).get("initialSyncBehavior", OVERWRITE_BEHAVIOR)
    if not destination.imports and behavior != OVERWRITE_BEHAVIOR:
        issues.append(
            {
                "received": behavior,
                "code": "invalid_literal",
                "expected": OVERWRITE_BEHAVIOR,
                "path": ["syncOptions", "initialSyncBehavior"],
                "message": f'Invalid literal value, expected "{OVERWRITE_BEHAVIOR}"',
            }
        )
    if "destinationConfig" in call.body:
        needed = obj({name: string(least=1) for name in destination.config})
        needed.read(call.body["destinationConfig"], ("destinationConfig",), issues)
    if issues:
        raise Refusal(422, "ValidationFailure", issues)


# ---- syncs
@route("GET", SYNCS_PATH, generation="current", access=MACHINES, query=PROJECT_QUERY)
def list_all_syncs(call: Call) -> Answer:
    project_id = permit(call, call.query["projectId"], "read", "secret-syncs")["id"]
    return {"secretSyncs": [describe_sync(call, row) for row in call.draft.where(SECRET_SYNCS, projectId=project_id)]}


@route("GET", f"{SYNCS_PATH}/options", generation="current", access=MACHINES)
def list_sync_options(call: Call) -> Answer:
    options = [
        {"name": one.name, "destination": slug, "connection": one.app, "canImportSecrets": one.imports}
        for slug, one in DESTINATIONS.items()
    ]
    return {"secretSyncOptions": sorted(options, key=lambda option: str(option["name"]).lower())}


@route("GET", DESTINATION_PATH, generation="current", access=MACHINES, query=PROJECT_QUERY)
def list_syncs(call: Call) -> Answer:
    get_destination(call)
    project_id = permit(call, call.query["projectId"], "read", "secret-syncs")["id"]
    rows = call.draft.where(SECRET_SYNCS, projectId=project_id, destination=call.path["destination"])
    return {"secretSyncs": [describe_sync(call, row) for row in rows]}


@route("POST", DESTINATION_PATH, generation="current", access=MACHINES, body=CREATE_BODY)
def create_sync(call: Call) -> Answer:
    destination, body = get_destination(call), call.body
    check_destination(call, destination)
    project_id = permit(call, body["projectId"], "create", "secret-syncs")["id"]
    folder = get_source(call, project_id, body["environment"], body["secretPath"])
    get_usable(call, body["connectionId"], destination.app, project_id)
    check_name(call, project_id, body["name"])
    jobs = {column: None for column in COLUMNS if column.startswith("last") or column.endswith("Status")}
    row = call.new_row(
        **jobs,
        **pick(body, "name", "connectionId", "isAutoSyncEnabled", "syncOptions", "destinationConfig"),
        description=body.get("description"),
        destination=call.path["destination"],
        version=1,
        folderId=folder["id"],
        projectId=project_id,
    )
    call.draft.put(SECRET_SYNCS, row["id"], row)
    return {"secretSync": start_job(call, row, "sync") if row["isAutoSyncEnabled"] else describe_sync(call, row)}


@route("GET", SYNC_PATH, generation="current", access=MACHINES)
def get_sync(call: Call) -> Answer:
    return {"secretSync": describe_sync(call, get_permitted(call, "read"))}


@route("GET", f"{DESTINATION_PATH}/sync-name/{{syncName}}", generation="current", access=MACHINES, query=PROJECT_QUERY)
def get_sync_by_name(call: Call) -> Answer:
    destination = get_destination(call)
    project_id = permit(call, call.query["projectId"], "read", "secret-syncs")["id"]
    row = call.draft.find(SECRET_SYNCS, projectId=project_id, name=call.path["syncName"])
    if row is None:
        raise not_found(f'Could not find {destination.name} Sync with name "{call.path["syncName"]}"')
    return {"secretSync": describe_sync(call, check_configured(call, row))}


@route("PATCH", SYNC_PATH, generation="current", access=MACHINES, body=UPDATE_BODY)
def update_sync(call: Call) -> Answer:
    row, body = get_permitted(call, "edit"), call.body
    destination = get_destination(call)
    check_destination(call, destination)
    columns = {name: value for name, value in body.items() if name not in ("environment", "secretPath")}
    if "connectionId" in body:
        get_usable(call, body["connectionId"], destination.app, row["projectId"])
    if "name" in body:
        check_name(call, row["projectId"], body["name"], excluded_id=row["id"])
    if "environment" in body or "secretPath" in body:
        sync = describe_sync(call, row)
        environment = body.get("environment") or (sync["environment"] or {}).get("slug")
        path = body.get("secretPath") or (sync["folder"] or {}).get("path")
        if not environment or not path:
            raise bad_request("Must specify both source environment and secret path")
        columns["folderId"] = get_source(call, row["projectId"], environment, path)["id"]
    row = call.draft.merge(SECRET_SYNCS, row["id"], **columns, updatedAt=call.timestamp)
    is_due = row["isAutoSyncEnabled"] and tree.find_folder_by_id(call.draft, row["folderId"]) is not None
    return {"secretSync": start_job(call, row, "sync") if is_due else describe_sync(call, row)}


@route("DELETE", SYNC_PATH, generation="current", access=MACHINES, query=obj(removeSecrets=flag_text()))
def delete_sync(call: Call) -> Answer:
    if call.query["removeSecrets"]:
        row = get_with_source(call, "delete")
        answer = {**describe_sync(call, row), "removeStatus": "pending"}
    else:
        row = get_permitted(call, "delete")
        answer = describe_sync(call, row)
    call.draft.drop(SECRET_SYNCS, row["id"])
    return {"secretSync": answer}


# ---- jobs
@route("POST", f"{SYNC_PATH}/sync-secrets", generation="current", access=MACHINES)
def sync_secrets(call: Call) -> Answer:
    return {"secretSync": start_job(call, get_with_source(call, "sync-secrets"), "sync")}


@route(
    "POST",
    f"{SYNC_PATH}/import-secrets",
    generation="current",
    access=MACHINES,
    query=obj(importBehavior=choice("prioritize-source", "prioritize-destination")),
)
def import_secrets(call: Call) -> Answer:
    destination = get_destination(call)
    if not destination.imports:
        raise bad_request(f"{destination.name} does not support importing secrets.")
    return {"secretSync": start_job(call, get_with_source(call, "import-secrets"), "import")}


@route("POST", f"{SYNC_PATH}/remove-secrets", generation="current", access=MACHINES)
def remove_secrets(call: Call) -> Answer:
    return {"secretSync": start_job(call, get_with_source(call, "remove-secrets"), "remove")}
