"""Secret syncs: folders whose secrets are kept the same somewhere else, and the jobs that do so.

A job ends between two calls: what starts it answers `pending`, and whoever reads next finds it `succeeded`. Nothing is
written anywhere outside, and there is nothing to import.
"""

from __future__ import annotations

from typing import Any, Final

from infisical.memory import tree
from infisical.memory.access import permit
from infisical.memory.app_connections.store import CONNECTIONS, route_missing, usable
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
"""A job's name -> how its columns are named: lastSyncJobId, lastSyncedAt, ..."""
OVERWRITE: Final = "overwrite-destination"
BEHAVIORS: Final = (OVERWRITE, "import-prioritize-source", "import-prioritize-destination")
GONE: Final = "Invalid source configuration: folder no longer exists. Please configure a valid source and try again."
KEY_SCHEMA: Final = string(most=255).where(
    lambda text: text.count("{{secretKey}}") == 1, "Key schema must include exactly one {{secretKey}} placeholder"
)
SYNC_OPTIONS: Final = obj(
    initialSyncBehavior=choice(*BEHAVIORS),
    keySchema=KEY_SCHEMA.optional(),
    disableSecretDeletion=boolean().optional(),
    recursive=boolean().optional(),
)
CONFIG: Final = record(anything())
CREATE: Final = obj(
    name=slug(most=256),
    projectId=string(least=1),
    description=string(most=256).or_null().optional(),
    connectionId=guid(),
    environment=slug(),
    secretPath=string(least=1),
    isAutoSyncEnabled=boolean().optional(True),
    syncOptions=SYNC_OPTIONS,
    destinationConfig=CONFIG,
)
UPDATE: Final = obj(
    name=slug(most=256).optional(),
    connectionId=guid().optional(),
    description=string(most=256).or_null().optional(),
    environment=slug().optional(),
    secretPath=string(least=1).optional(),
    isAutoSyncEnabled=boolean().optional(),
    syncOptions=SYNC_OPTIONS.optional(),
    destinationConfig=CONFIG.optional(),
)
OF_PROJECT: Final = obj(projectId=string(least=1))
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


# ---- what is shown
def shown(call: Call, row: Row) -> dict[str, Any]:
    """Return a sync as it is answered: with its connection, environment and folder as they are now."""
    folder = tree.find_folder_by_id(call.draft, row["folderId"])
    environment: Row | None = None
    path = ""
    synced = row["lastSyncedAt"]
    if folder is not None:
        _, environment, path = tree.locate_folder(call.draft, folder)
        changed = folder["lastSecretModified"]
        if row["isAutoSyncEnabled"] and changed is not None and synced is not None:
            synced = max(synced, changed)  # a change of a secret starts a sync by itself
    return {
        **pick(row, *COLUMNS),
        "folderId": folder and row["folderId"],
        "lastSyncedAt": synced,
        "connection": pick(call.draft.rows(CONNECTIONS)[row["connectionId"]], "app", "name", "id"),
        "environment": environment and pick(environment, "slug", "name", "id"),
        "folder": folder and {"id": folder["id"], "path": path},
        **pick(row, "syncOptions", "destinationConfig"),
    }


def started(call: Call, row: Row, job: str) -> dict[str, Any]:
    """Start a job of a sync: answer that it is pending, and keep that it has succeeded."""
    start, end = JOBS[job]
    done = {f"{job}Status": "succeeded", f"last{start}JobId": call.draft.new_id(), f"last{end}At": call.timestamp}
    call.draft.merge(SECRET_SYNCS, row["id"], **done, updatedAt=call.timestamp)
    return {**shown(call, row), f"{job}Status": "pending"}


# ---- what is meant
def destination_of(call: Call) -> Destination:
    found = DESTINATIONS.get(call.path["destination"])
    if found is None:
        raise route_missing(call)
    return found


def found(call: Call, action: str) -> Row:
    """Return the sync that the path names; refuse who may not do this to syncs."""
    destination, identifier = destination_of(call), call.path["syncId"]
    issues: Issues = []
    guid().read(identifier, ("syncId",), issues)
    if issues:
        raise Refusal(422, "ValidationFailure", issues)
    row = call.draft.get(SECRET_SYNCS, identifier)
    if row is None:
        raise not_found(f'Could not find {destination.name} Sync with ID "{identifier}"')
    permit(call, row["projectId"], action, "secret-syncs")
    return configured(call, row)


def configured(call: Call, row: Row) -> Row:
    if row["destination"] != call.path["destination"]:
        name = destination_of(call).name
        raise bad_request(f'Secret sync with ID "{row["id"]}" is not configured for {name}')
    return row


def with_source(call: Call, action: str) -> Row:
    """The same, where there must be a folder to work with."""
    row = found(call, action)
    if tree.find_folder_by_id(call.draft, row["folderId"]) is None:
        raise bad_request(GONE)
    return row


def source(call: Call, project_id: str, environment: str, path: str) -> Row:
    folder = tree.find_folder(call.draft, project_id, environment, path)
    if folder is None:
        raise bad_request(
            f'Could not find folder with path "{path}" in environment "{environment}"'
            f' for project with ID "{project_id}"'
        )
    return folder


def unused(call: Call, project_id: str, name: str, but: str | None = None) -> None:
    other = call.draft.find(SECRET_SYNCS, projectId=project_id, name=name)
    if other is not None and other["id"] != but:
        raise bad_request(f'A Secret Sync with the name "{name}" already exists for the project with ID "{project_id}"')


def check_destination(call: Call, destination: Destination) -> None:
    """Refuse options and a config that this destination cannot have."""
    issues: Issues = []
    behavior = call.body.get("syncOptions", {}).get("initialSyncBehavior", OVERWRITE)
    if not destination.imports and behavior != OVERWRITE:
        issues.append(
            {
                "received": behavior,
                "code": "invalid_literal",
                "expected": OVERWRITE,
                "path": ["syncOptions", "initialSyncBehavior"],
                "message": f'Invalid literal value, expected "{OVERWRITE}"',
            }
        )
    if "destinationConfig" in call.body:
        needed = obj({name: string(least=1) for name in destination.config})
        needed.read(call.body["destinationConfig"], ("destinationConfig",), issues)
    if issues:
        raise Refusal(422, "ValidationFailure", issues)


# ---- syncs
@route("GET", SYNCS_PATH, generation="current", access=MACHINES, query=OF_PROJECT)
def list_all_syncs(call: Call) -> Answer:
    project_id = permit(call, call.query["projectId"], "read", "secret-syncs")["id"]
    return {"secretSyncs": [shown(call, row) for row in call.draft.where(SECRET_SYNCS, projectId=project_id)]}


@route("GET", f"{SYNCS_PATH}/options", generation="current", access=MACHINES)
def list_sync_options(call: Call) -> Answer:
    options = [
        {"name": one.name, "destination": slug, "connection": one.app, "canImportSecrets": one.imports}
        for slug, one in DESTINATIONS.items()
    ]
    return {"secretSyncOptions": sorted(options, key=lambda option: str(option["name"]).lower())}


@route("GET", DESTINATION_PATH, generation="current", access=MACHINES, query=OF_PROJECT)
def list_syncs(call: Call) -> Answer:
    destination_of(call)
    project_id = permit(call, call.query["projectId"], "read", "secret-syncs")["id"]
    rows = call.draft.where(SECRET_SYNCS, projectId=project_id, destination=call.path["destination"])
    return {"secretSyncs": [shown(call, row) for row in rows]}


@route("POST", DESTINATION_PATH, generation="current", access=MACHINES, body=CREATE)
def create_sync(call: Call) -> Answer:
    destination, body = destination_of(call), call.body
    check_destination(call, destination)
    project_id = permit(call, body["projectId"], "create", "secret-syncs")["id"]
    folder = source(call, project_id, body["environment"], body["secretPath"])
    usable(call, body["connectionId"], destination.app, project_id)
    unused(call, project_id, body["name"])
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
    return {"secretSync": started(call, row, "sync") if row["isAutoSyncEnabled"] else shown(call, row)}


@route("GET", SYNC_PATH, generation="current", access=MACHINES)
def get_sync(call: Call) -> Answer:
    return {"secretSync": shown(call, found(call, "read"))}


@route("GET", f"{DESTINATION_PATH}/sync-name/{{syncName}}", generation="current", access=MACHINES, query=OF_PROJECT)
def get_sync_by_name(call: Call) -> Answer:
    destination = destination_of(call)
    project_id = permit(call, call.query["projectId"], "read", "secret-syncs")["id"]
    row = call.draft.find(SECRET_SYNCS, projectId=project_id, name=call.path["syncName"])
    if row is None:
        raise not_found(f'Could not find {destination.name} Sync with name "{call.path["syncName"]}"')
    return {"secretSync": shown(call, configured(call, row))}


@route("PATCH", SYNC_PATH, generation="current", access=MACHINES, body=UPDATE)
def update_sync(call: Call) -> Answer:
    row, body = found(call, "edit"), call.body
    destination = destination_of(call)
    check_destination(call, destination)
    columns = {name: value for name, value in body.items() if name not in ("environment", "secretPath")}
    if "connectionId" in body:
        usable(call, body["connectionId"], destination.app, row["projectId"])
    if "name" in body:
        unused(call, row["projectId"], body["name"], but=row["id"])
    if "environment" in body or "secretPath" in body:
        before = shown(call, row)
        environment = body.get("environment") or (before["environment"] or {}).get("slug")
        path = body.get("secretPath") or (before["folder"] or {}).get("path")
        if not environment or not path:
            raise bad_request("Must specify both source environment and secret path")
        columns["folderId"] = source(call, row["projectId"], environment, path)["id"]
    row = call.draft.merge(SECRET_SYNCS, row["id"], **columns, updatedAt=call.timestamp)
    is_due = row["isAutoSyncEnabled"] and tree.find_folder_by_id(call.draft, row["folderId"]) is not None
    return {"secretSync": started(call, row, "sync") if is_due else shown(call, row)}


@route("DELETE", SYNC_PATH, generation="current", access=MACHINES, query=obj(removeSecrets=flag_text()))
def delete_sync(call: Call) -> Answer:
    if call.query["removeSecrets"]:
        row = with_source(call, "delete")
        answer = {**shown(call, row), "removeStatus": "pending"}
    else:
        row = found(call, "delete")
        answer = shown(call, row)
    call.draft.drop(SECRET_SYNCS, row["id"])
    return {"secretSync": answer}


# ---- jobs
@route("POST", f"{SYNC_PATH}/sync-secrets", generation="current", access=MACHINES)
def sync_secrets(call: Call) -> Answer:
    return {"secretSync": started(call, with_source(call, "sync-secrets"), "sync")}


@route(
    "POST",
    f"{SYNC_PATH}/import-secrets",
    generation="current",
    access=MACHINES,
    query=obj(importBehavior=choice("prioritize-source", "prioritize-destination")),
)
def import_secrets(call: Call) -> Answer:
    destination = destination_of(call)
    if not destination.imports:
        raise bad_request(f"{destination.name} does not support importing secrets.")
    return {"secretSync": started(call, with_source(call, "import-secrets"), "import")}


@route("POST", f"{SYNC_PATH}/remove-secrets", generation="current", access=MACHINES)
def remove_secrets(call: Call) -> Answer:
    return {"secretSync": started(call, with_source(call, "remove-secrets"), "remove")}
