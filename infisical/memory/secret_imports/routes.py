"""The routes of secret imports, under the current paths and under the old ones, which say `workspaceId`.

Which secrets an import brings in is decided in imported_secrets.py.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from infisical.memory import tables, tree
from infisical.memory.access import permit
from infisical.memory.accidents import check_id
from infisical.memory.call import Call, pick
from infisical.memory.domain.places import (
    describe_environment,
    make_path_field,
    make_secret_path_field,
    require_id,
)
from infisical.memory.refusals import Refusal, bad_request, not_found
from infisical.memory.routing import JWT, READERS, Answer, Handler, Method, Route, route
from infisical.memory.secret_folders import drop_tree
from infisical.memory.secret_imports.imported_secrets import Source, list_readable, list_sources
from infisical.memory.secret_imports.store import add_import
from infisical.memory.secrets import views
from infisical.memory.secrets.store import list_shared, write_secret
from infisical.memory.state import Draft, Generation, Row
from infisical.memory.validation import Field, boolean, number, obj, string

Fields: TypeAlias = "dict[str, Field]"

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
IN_PROJECT: Final = {"projectId": string(), "environment": string(), "path": make_secret_path_field().optional("/")}
IN_WORKSPACE: Final = {"workspaceId": string(), "environment": string(), "path": make_path_field().optional("/")}
CREATE_FIELDS: Final = {
    "import": obj(environment=string(), path=make_secret_path_field()),
    "isReplication": boolean().optional(False),
}
IN_OLD_WORKSPACE: Final = {
    "workspaceId": string(),
    "environment": string(),
    "path": make_secret_path_field().optional("/"),
}
UPDATE_FIELDS: Final = {
    "import": obj(
        environment=string().optional(), path=make_secret_path_field().optional(), position=number().optional()
    )
}


# ---- requests and answers
def get_importing_folder(call: Call, fields: Any, action: str) -> tuple[str, Row]:
    """Return the project's id and the importing folder; refuse a caller without this permission for its imports."""
    project_id = permit_import(call, fields, action)
    return project_id, tree.get_folder(call, project_id, fields["environment"], fields["path"])


def permit_import(call: Call, fields: Any, action: str) -> str:
    project_id = str(fields["projectId"] if "projectId" in fields else fields["workspaceId"])
    permit(call, project_id, action, SUBJECT, environment=fields["environment"], path=fields["path"])
    return project_id


def get_source_environment(call: Call, project_id: str, slug: str) -> Row:
    environment = tree.find_environment(call.draft, project_id, slug)
    if environment is None and not call.is_2024:
        # the service passes its text as `error`, which nobody shows (secret-import-service.ts at 92fdfaaa)
        raise not_found("The requested entity is not found")
    if environment is None:
        raise not_found(f"Imported environment with slug '{slug}' in project with ID '{project_id}' not found")
    return environment


def find_environment(draft: Draft, folder_id: str, environment_id: str) -> Row | None:
    """Return an environment of a folder's project; None for a deleted one."""
    return draft.get(
        tables.environments(draft.rows(tables.FOLDER_PLACES)[folder_id]["projectId"]),
        environment_id,
    )


def describe_import(call: Call, row: Row) -> dict[str, Any]:
    environment = find_environment(call.draft, row["folderId"], row["importEnv"])
    assert environment is not None, "deleting an environment deletes its imports"
    return {**pick(row, *COLUMNS), "importEnv": pick(environment, "name", "slug", "id")}


def list_ordered(call: Call, folder: Row) -> list[Row]:
    """Return a folder's imports by their position, without those of deleted environments."""
    rows = call.draft.rows(tables.imports(folder["id"])).values()
    with_environment = [row for row in rows if find_environment(call.draft, folder["id"], row["importEnv"]) is not None]
    return sorted(with_environment, key=lambda row: float(row["position"]))


def require_import(call: Call, folder: Row, refusal: Refusal) -> Row:
    """Return the import that the path names, which must be in this folder."""
    import_id = call.path["secretImportId"]
    check_id(call, import_id, "Delete" if call.request.method == "DELETE" else "Find one")
    row = next((row for row in list_ordered(call, folder) if row["id"] == import_id), None)
    if row is None:
        raise refusal
    return row


def refuse_circle(call: Call, project_id: str, folder: Row, environment: Row, path: str) -> None:
    """Refuse an import of a folder that imports this one.

    A folder may import itself once, and another folder as often as it likes (secret-import-service.ts at 92fdfaaa).
    """
    imported_folder = tree.find_exact_folder(call.draft, environment["id"], path)
    if imported_folder is None:
        return
    path = tree.get_path(call.draft, folder)
    reverse = call.draft.find(tables.imports(imported_folder["id"]), importEnv=folder["envId"], importPath=path)
    if reverse is not None:
        raise bad_request("Cyclic import not allowed")


# ---- creating, updating, deleting
def create_import(call: Call) -> Answer:
    project_id = permit_import(call, call.body, "create")
    slug, path = call.body["import"]["environment"], call.body["import"]["path"]
    action = "read" if call.is_2024 else "describeSecret"
    permit(call, project_id, action, "secrets", environment=slug, path=path)
    _, folder = get_importing_folder(call, call.body, "create")
    environment = get_source_environment(call, project_id, slug)
    refuse_circle(call, project_id, folder, environment, path)
    at = 1 + max((row["position"] for row in list_ordered(call, folder)), default=0)
    row = add_import(call, folder, environment["id"], path, at, isReplication=call.body["isReplication"])
    if row["isReplication"]:
        add_import(call, folder, folder["envId"], make_replica_path(call, folder, row), at + 1, isReserved=True)
        row = replicate(call, project_id, folder, row)
    return {"message": "Successfully created secret import", "secretImport": describe_import(call, row)}


def update_import(call: Call) -> Answer:
    project_id, folder = get_importing_folder(call, call.body, "edit")
    row = require_import(call, folder, bad_request("Secret import not found"))
    change = call.body["import"]
    environment = find_environment(call.draft, folder["id"], row["importEnv"])
    if "environment" in change:
        if call.is_2024 and tree.find_environment(call.draft, project_id, change["environment"]) is None:
            raise not_found("The requested entity is not found")
        environment = get_source_environment(call, project_id, change["environment"])
    assert environment is not None, "require_import finds no import of a deleted environment"
    path = change.get("path", row["importPath"])
    refuse_circle(call, project_id, folder, environment, path)
    position = change.get("position") or row["position"]
    reserved = find_reserved(call, folder, row)
    shift_positions(call, folder, row, position, 1 if reserved is None else 2)
    table = tables.imports(folder["id"])
    if reserved is not None:
        call.draft.merge(table, reserved["id"], position=position + 1)
    columns = {"importEnv": environment["id"], "importPath": path, "position": position, "updatedAt": call.timestamp}
    updated_row = call.draft.merge(table, row["id"], **columns)
    return {"message": "Successfully updated secret import", "secretImport": describe_import(call, updated_row)}


def shift_positions(call: Call, folder: Row, import_row: Row, position: float | None, step: int) -> None:
    """Shift the imports between an import's old and new position; None as the new one means that it is deleted."""
    table, old = tables.imports(folder["id"]), import_row["position"]
    for row in list(call.draft.rows(table).values()):
        at = row["position"]
        if position is None or position > old:
            by = -step if at > old and (position is None or at <= position) else 0
        else:
            by = step if position <= at < old else 0
        if by:
            call.draft.merge(table, row["id"], position=at + by)


def delete_import(call: Call) -> Answer:
    _, folder = get_importing_folder(call, call.body, "delete")
    import_id = call.path["secretImportId"]
    row = require_import(call, folder, not_found(f"Secret import with folder ID '{import_id}' not found"))
    answer = describe_import(call, row)
    reserved, table = find_reserved(call, folder, row), tables.imports(folder["id"])
    call.draft.drop(table, row["id"])
    if reserved is not None:
        call.draft.drop(table, reserved["id"])
        replica = tree.find_folder_at(call.draft, folder["envId"], reserved["importPath"])
        if replica is not None:
            drop_tree(call, replica)
    shift_positions(call, folder, row, None, 1 if reserved is None else 2)
    return {"message": "Successfully deleted secret import", "secretImport": answer}


# ---- replications: the server copies the secrets to a reserved folder, and a reserved import brings them in
def make_replica_name(row: Row) -> str:
    return f"__reserve_replication_{row['id']}"


def make_replica_path(call: Call, folder: Row, row: Row) -> str:
    return tree.normalize_path(f"{tree.get_path(call.draft, folder)}/{make_replica_name(row)}")


def find_reserved(call: Call, folder: Row, row: Row) -> Row | None:
    if not row["isReplication"]:
        return None
    path = make_replica_path(call, folder, row)
    return call.draft.find(tables.imports(folder["id"]), isReserved=True, importPath=path)


def replicate(call: Call, project_id: str, folder: Row, row: Row) -> Row:
    """Replace the copied secrets with the current ones of the imported folder."""
    old_replica = tree.find_child(call.draft, folder, make_replica_name(row))
    if old_replica is not None:
        drop_tree(call, old_replica)
    new_folder = tree.create_folder(call, project_id, folder["envId"], make_replica_name(row), folder)
    replica = call.draft.merge(tables.folders(folder["envId"]), new_folder["id"], isReserved=True)
    imported_folder = tree.find_exact_folder(call.draft, row["importEnv"], row["importPath"])
    for secret in [] if imported_folder is None else list_shared(call.draft, imported_folder):
        write_secret(call, replica, secret["key"], secret["value"], comment=secret["comment"])
    columns = {"isReplicationSuccess": True, "replicationStatus": None, "lastReplicated": call.timestamp}
    return call.draft.merge(tables.imports(folder["id"]), row["id"], **columns)


def resync_import(call: Call) -> Answer:
    project_id, folder = get_importing_folder(call, call.body, "edit")
    import_id = call.path["secretImportId"]
    row = require_import(call, folder, not_found(f"Secret import with ID '{import_id}' not found"))
    if not row["isReplication"]:
        raise bad_request("Import is not in replication mode")
    replicate(call, project_id, folder, row)
    return {"message": "replication started"}


# ---- reading
def list_imports(call: Call) -> Answer:
    _, folder = get_importing_folder(call, call.query, "read")
    return {
        "message": "Successfully fetched secret imports",
        "secretImports": [describe_import(call, row) for row in list_ordered(call, folder)],
    }


def get_import(call: Call) -> Answer:
    import_id = call.path["secretImportId"]
    require_id(import_id)
    for folder_id in call.draft.rows(tables.FOLDER_PLACES):
        row = call.draft.get(tables.imports(folder_id), import_id)
        folder = tree.find_folder_by_id(call.draft, folder_id)
        if row is None or folder is None:
            continue
        project_id, environment, path = tree.locate_folder(call.draft, folder)
        permit(call, project_id, "read", SUBJECT, environment=environment["slug"], path=path)
        if find_environment(call.draft, folder_id, row["importEnv"]) is None:
            break
        where = {"environment": describe_environment(environment), "projectId": project_id, "secretPath": path}
        return {"secretImport": {**describe_import(call, row), **where}}
    raise not_found(f"Secret import with ID '{import_id}' not found")


def list_imported_secrets(call: Call) -> Answer:
    """List the imported secrets by import. A missing folder imports nothing."""
    project_id, slug, path = call.query["projectId"], call.query["environment"], call.query["path"]
    permit(call, project_id, "read", SUBJECT, environment=slug, path=path)
    folder = tree.find_folder(call.draft, project_id, slug, path)
    sources = [] if folder is None else list_sources(call, [folder])
    return {"secrets": [describe_source(call, source) for source in sources]}


def describe_source(call: Call, source: Source) -> dict[str, Any]:
    place = source.place
    environment = tree.find_environment(call.draft, place.project_id, place.environment)
    assert environment is not None, "list_sources skips missing environments"
    return {
        "secretPath": place.path,
        "environment": place.environment,
        "environmentInfo": describe_environment(environment),
        **({} if source.folder is None else {"folderId": source.folder["id"]}),
        "secrets": [
            {**views.describe_secret(call, secret.place, secret.row), "workspace": ""}
            for secret in list_readable(call, source)
        ],
    }


# ---- the routes
CREATE_ROUTE = route(
    "POST", IMPORTS, generation="current", access=READERS, limit="secrets", body=obj({**IN_PROJECT, **CREATE_FIELDS})
)(create_import)
UPDATE_ROUTE = route(
    "PATCH",
    f"{IMPORTS}/{{secretImportId}}",
    generation="current",
    access=READERS,
    limit="secrets",
    body=obj({**IN_PROJECT, **UPDATE_FIELDS}),
)(update_import)
DELETE_ROUTE = route(
    "DELETE",
    f"{IMPORTS}/{{secretImportId}}",
    generation="current",
    access=READERS,
    limit="secrets",
    body=obj(IN_PROJECT),
)(delete_import)
RESYNC_ROUTE = route(
    "POST",
    f"{IMPORTS}/{{secretImportId}}/replication-resync",
    generation="current",
    access=JWT,
    limit="secrets",
    body=obj(IN_PROJECT),
)(resync_import)
LIST_ROUTE = route("GET", IMPORTS, generation="current", access=READERS, query=obj(IN_PROJECT))(list_imports)
GET_ROUTE = route("GET", f"{IMPORTS}/{{secretImportId}}", generation="current", access=READERS)(get_import)
SECRETS_ROUTE = route(
    "GET", f"{IMPORTS}/secrets", generation="current", access=READERS, limit="secrets", query=obj(IN_PROJECT)
)(list_imported_secrets)


# ---- the old paths
def make_old_routes(generation: Generation, place: Fields, creation: Fields, change: Fields) -> tuple[Route, ...]:
    """Make the routes of the old paths; their fields differ by generation."""
    item = f"{OLD_IMPORTS}/{{secretImportId}}"

    def make(method: Method, path: str, handler: Handler, body: Fields) -> Route:
        return route(method, path, generation=generation, access=READERS, limit="secrets", body=obj(body))(handler)

    return (
        make("POST", OLD_IMPORTS, create_import, {**place, **creation}),
        make("PATCH", item, update_import, {**place, **change}),
        make("DELETE", item, delete_import, place),
        route("GET", OLD_IMPORTS, generation=generation, access=READERS, query=obj(place))(list_imports),
    )


ROUTES: Final = (
    *make_old_routes("current", IN_WORKSPACE, CREATE_FIELDS, UPDATE_FIELDS),
    *make_old_routes("2024-10", IN_OLD_WORKSPACE, CREATE_FIELDS, UPDATE_FIELDS),
)
