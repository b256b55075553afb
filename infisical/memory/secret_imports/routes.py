"""Imports of a folder: made, changed, ordered, deleted; today's routes, and the older mount, which says `workspaceId`.

Which secrets come through an import is told by imported.py.
"""

from __future__ import annotations

from typing import Any, Final

from infisical.memory import tables, tree
from infisical.memory.access import permit
from infisical.memory.call import Call, pick
from infisical.memory.domain.places import secret_path, slugged
from infisical.memory.refusals import Refusal, bad_request, not_found
from infisical.memory.routing import JWT, READERS, Answer, route
from infisical.memory.secret_folders import drop_tree
from infisical.memory.secret_imports.imported_secrets import Source, readable_of, sources
from infisical.memory.secrets import views
from infisical.memory.secrets.store import shared_of, write_secret
from infisical.memory.seeding import new_import
from infisical.memory.state import Draft, Row
from infisical.memory.validation import boolean, number, obj, string

IMPORTS: Final = "/api/v2/secret-imports"
OLD_IMPORTS: Final = "/api/v1/secret-imports"
SUBJECT: Final = "secret-imports"
COLUMNS: Final = (
    "id",
    "version",
    "importPath",
    "position",
    "createdAt",
    "updatedAt",
    "folderId",
    "isReplication",
    "isReplicationSuccess",
    "replicationStatus",
    "lastReplicated",
    "isReserved",
)
IN_PROJECT: Final = {"projectId": string(), "environment": string(), "path": secret_path().optional("/")}
IN_WORKSPACE: Final = {"workspaceId": string(), "environment": string(), "path": secret_path().optional("/")}
MADE: Final = {
    "import": obj(environment=string(), path=secret_path()),
    "isReplication": boolean().optional(False),
}
CHANGED: Final = {
    "import": obj(environment=string().optional(), path=secret_path().optional(), position=number().optional())
}


# ---- what was asked, and what is answered
def place(call: Call, sent: Any, action: str) -> tuple[str, Row]:
    """Return the project's id and the folder that imports; refuse who may not do this to its imports."""
    project_id = str(sent["projectId"] if "projectId" in sent else sent["workspaceId"])
    permit(call, project_id, action, SUBJECT, environment=sent["environment"], path=sent["path"])
    return project_id, tree.get_folder(call, project_id, sent["environment"], sent["path"])


def source(call: Call, project_id: str, slug: str) -> Row:
    found = tree.find_environment(call.draft, project_id, slug)
    if found is None:
        raise not_found(f"Imported environment with slug '{slug}' in project with ID '{project_id}' not found")
    return found


def environment_by_id(draft: Draft, folder_id: str, environment_id: str) -> Row | None:
    """Return an environment of the project that a folder is in; None once it was deleted."""
    return draft.get(
        tables.environments(draft.rows(tables.FOLDER_PLACES)[folder_id]["projectId"]),
        environment_id,
    )


def shown(call: Call, row: Row) -> dict[str, Any]:
    environment = environment_by_id(call.draft, row["folderId"], row["importEnv"])
    assert environment is not None, "an import whose environment is gone is gone"
    return {**pick(row, *COLUMNS), "importEnv": pick(environment, "name", "slug", "id")}


def ordered(call: Call, folder: Row) -> list[Row]:
    """Return a folder's imports by their position; those of environments that were deleted went with them."""
    rows = call.draft.rows(tables.imports(folder["id"])).values()
    there = [row for row in rows if environment_by_id(call.draft, folder["id"], row["importEnv"]) is not None]
    return sorted(there, key=lambda row: float(row["position"]))


def in_folder(call: Call, folder: Row, refused: Refusal) -> Row:
    """Return the import that the path names if it is in this folder."""
    wanted = call.path["secretImportId"]
    found = next((row for row in ordered(call, folder) if row["id"] == wanted), None)
    if found is None:
        raise refused
    return found


def refuse_circle(call: Call, project_id: str, folder: Row, environment: Row, path: str) -> None:
    """Refuse an import of the folder itself, and of one that imports it."""
    imported = tree.find_folder_at(call.draft, environment["id"], path)
    if imported is None:
        return
    own = tree.get_path(call.draft, folder)
    back = call.draft.find(tables.imports(imported["id"]), importEnv=folder["envId"], importPath=own)
    if imported["id"] == folder["id"] or back is not None:
        raise bad_request("Cyclic import not allowed")


def refuse_twice(call: Call, folder: Row, environment: Row, path: str, but: str | None = None) -> None:
    found = call.draft.find(tables.imports(folder["id"]), importEnv=environment["id"], importPath=path)
    if found is not None and found["id"] != but:
        raise bad_request("Secret import already exists")


# ---- making, changing, deleting
def create_import(call: Call) -> Answer:
    project_id, folder = place(call, call.body, "create")
    slug, path = call.body["import"]["environment"], call.body["import"]["path"]
    permit(call, project_id, "read", "secrets", environment=slug, path=path)
    environment = source(call, project_id, slug)
    refuse_circle(call, project_id, folder, environment, path)
    refuse_twice(call, folder, environment, path)
    at = 1 + max((row["position"] for row in ordered(call, folder)), default=0)
    made = new_import(call, folder, environment["id"], path, at, isReplication=call.body["isReplication"])
    if made["isReplication"]:
        new_import(call, folder, folder["envId"], replica_path(call, folder, made), at + 1, isReserved=True)
        made = replicate(call, project_id, folder, made)
    return {"message": "Successfully created secret import", "secretImport": shown(call, made)}


def update_import(call: Call) -> Answer:
    project_id, folder = place(call, call.body, "edit")
    row = in_folder(call, folder, bad_request("Secret import not found"))
    change = call.body["import"]
    environment = environment_by_id(call.draft, folder["id"], row["importEnv"])
    if "environment" in change:
        environment = source(call, project_id, change["environment"])
    assert environment is not None, "an import whose environment is gone is not found"
    path = change.get("path", row["importPath"])
    refuse_circle(call, project_id, folder, environment, path)
    refuse_twice(call, folder, environment, path, row["id"])
    position = change.get("position") or row["position"]
    reserved = reserved_of(call, folder, row)
    make_way(call, folder, row, position, 1 if reserved is None else 2)
    table = tables.imports(folder["id"])
    if reserved is not None:
        call.draft.merge(table, reserved["id"], position=position + 1)
    columns = {"importEnv": environment["id"], "importPath": path, "position": position, "updatedAt": call.timestamp}
    written = call.draft.merge(table, row["id"], **columns)
    return {"message": "Successfully updated secret import", "secretImport": shown(call, written)}


def make_way(call: Call, folder: Row, moved: Row, position: float | None, step: int) -> None:
    """Move the imports between an import's old and its new position; None: it goes away altogether."""
    table, old = tables.imports(folder["id"]), moved["position"]
    for row in list(call.draft.rows(table).values()):
        at = row["position"]
        if position is None or position > old:
            by = -step if at > old and (position is None or at <= position) else 0
        else:
            by = step if position <= at < old else 0
        if by:
            call.draft.merge(table, row["id"], position=at + by)


def delete_import(call: Call) -> Answer:
    _, folder = place(call, call.body, "delete")
    wanted = call.path["secretImportId"]
    row = in_folder(call, folder, not_found(f"Secret import with folder ID '{wanted}' not found"))
    answer = shown(call, row)
    reserved, table = reserved_of(call, folder, row), tables.imports(folder["id"])
    call.draft.drop(table, row["id"])
    if reserved is not None:
        call.draft.drop(table, reserved["id"])
        replica = tree.find_folder_at(call.draft, folder["envId"], reserved["importPath"])
        if replica is not None:
            drop_tree(call, replica)
    make_way(call, folder, row, None, 1 if reserved is None else 2)
    return {"message": "Successfully deleted secret import", "secretImport": answer}


# ---- replications: secrets copied to a reserved folder, which a reserved import brings in
def replica_name(row: Row) -> str:
    return f"__reserve_replication_{row['id']}"


def replica_path(call: Call, folder: Row, row: Row) -> str:
    return tree.normalize_path(f"{tree.get_path(call.draft, folder)}/{replica_name(row)}")


def reserved_of(call: Call, folder: Row, row: Row) -> Row | None:
    if not row["isReplication"]:
        return None
    path = replica_path(call, folder, row)
    return call.draft.find(tables.imports(folder["id"]), isReserved=True, importPath=path)


def replicate(call: Call, project_id: str, folder: Row, row: Row) -> Row:
    """Copy the secrets that an import names as they are now, in the place of those that were copied before."""
    before = tree.find_child(call.draft, folder, replica_name(row))
    if before is not None:
        drop_tree(call, before)
    made = tree.create_folder(call, project_id, folder["envId"], replica_name(row), folder)
    replica = call.draft.merge(tables.folders(folder["envId"]), made["id"], isReserved=True)
    imported = tree.find_folder_at(call.draft, row["importEnv"], row["importPath"])
    for secret in [] if imported is None else shared_of(call.draft, imported):
        write_secret(call, replica, secret["key"], secret["value"], comment=secret["comment"])
    columns = {"isReplicationSuccess": True, "replicationStatus": None, "lastReplicated": call.timestamp}
    return call.draft.merge(tables.imports(folder["id"]), row["id"], **columns)


def resync(call: Call) -> Answer:
    project_id, folder = place(call, call.body, "edit")
    wanted = call.path["secretImportId"]
    row = in_folder(call, folder, not_found(f"Secret import with ID '{wanted}' not found"))
    if not row["isReplication"]:
        raise bad_request("Import is not in replication mode")
    replicate(call, project_id, folder, row)
    return {"message": "replication started"}


# ---- reading
def list_imports(call: Call) -> Answer:
    _, folder = place(call, call.query, "read")
    return {
        "message": "Successfully fetched secret imports",
        "secretImports": [shown(call, row) for row in ordered(call, folder)],
    }


def get_import(call: Call) -> Answer:
    wanted = call.path["secretImportId"]
    for folder_id in call.draft.rows(tables.FOLDER_PLACES):
        row = call.draft.get(tables.imports(folder_id), wanted)
        folder = tree.find_folder_by_id(call.draft, folder_id)
        if row is None or folder is None:
            continue
        project_id, environment, path = tree.locate_folder(call.draft, folder)
        permit(call, project_id, "read", SUBJECT, environment=environment["slug"], path=path)
        if environment_by_id(call.draft, folder_id, row["importEnv"]) is None:
            break
        where = {"environment": slugged(environment), "projectId": project_id, "secretPath": path}
        return {"secretImport": {**shown(call, row), **where}}
    raise not_found(f"Secret import with ID '{wanted}' not found")


def list_imported_secrets(call: Call) -> Answer:
    """A folder that is not there imports nothing."""
    project_id, slug, path = call.query["projectId"], call.query["environment"], call.query["path"]
    permit(call, project_id, "read", SUBJECT, environment=slug, path=path)
    folder = tree.find_folder(call.draft, project_id, slug, path)
    groups = [] if folder is None else sources(call, [folder])
    return {"secrets": [imported_group(call, group) for group in groups]}


def imported_group(call: Call, group: Source) -> dict[str, Any]:
    place = group.place
    environment = tree.find_environment(call.draft, place.project_id, place.environment)
    assert environment is not None, "only environments that are there are imported"
    return {
        "secretPath": place.path,
        "environment": place.environment,
        "environmentInfo": slugged(environment),
        **({} if group.folder is None else {"folderId": group.folder["id"]}),
        "secrets": [{**views.shown(call, one.place, one.row), "workspace": ""} for one in readable_of(call, group)],
    }


# ---- the routes
CREATE = route(
    "POST", IMPORTS, generation="current", access=READERS, limit="secrets", body=obj({**IN_PROJECT, **MADE})
)(create_import)
UPDATE = route(
    "PATCH",
    f"{IMPORTS}/{{secretImportId}}",
    generation="current",
    access=READERS,
    limit="secrets",
    body=obj({**IN_PROJECT, **CHANGED}),
)(update_import)
DELETE = route(
    "DELETE",
    f"{IMPORTS}/{{secretImportId}}",
    generation="current",
    access=READERS,
    limit="secrets",
    body=obj(IN_PROJECT),
)(delete_import)
RESYNC = route(
    "POST",
    f"{IMPORTS}/{{secretImportId}}/replication-resync",
    generation="current",
    access=JWT,
    limit="secrets",
    body=obj(IN_PROJECT),
)(resync)
LIST = route("GET", IMPORTS, generation="current", access=READERS, query=obj(IN_PROJECT))(list_imports)
GET = route("GET", f"{IMPORTS}/{{secretImportId}}", generation="current", access=READERS)(get_import)
SECRETS = route(
    "GET", f"{IMPORTS}/secrets", generation="current", access=READERS, limit="secrets", query=obj(IN_PROJECT)
)(list_imported_secrets)

# ---- the older mount
OLD_CREATE = route("POST", OLD_IMPORTS, access=READERS, limit="secrets", body=obj({**IN_WORKSPACE, **MADE}))(
    create_import
)
OLD_UPDATE = route(
    "PATCH",
    f"{OLD_IMPORTS}/{{secretImportId}}",
    access=READERS,
    limit="secrets",
    body=obj({**IN_WORKSPACE, **CHANGED}),
)(update_import)
OLD_DELETE = route(
    "DELETE", f"{OLD_IMPORTS}/{{secretImportId}}", access=READERS, limit="secrets", body=obj(IN_WORKSPACE)
)(delete_import)
OLD_LIST = route("GET", OLD_IMPORTS, access=READERS, query=obj(IN_WORKSPACE))(list_imports)
