"""Reading secrets: lists, one by name, one by id, for the routes of both generations. Nothing is written here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from infisical.memory import access, tables, tree
from infisical.memory.call import Call
from infisical.memory.domain.places import Place, get_environment, locate_folder, require_id
from infisical.memory.refusals import Refusal, forbidden, not_found
from infisical.memory.secret_imports import imported_secrets
from infisical.memory.secrets import references, store, views
from infisical.memory.secrets.lookup import LookupScope
from infisical.memory.state import Row

DEPTH_LIMIT: Final = 20
"""The most levels of folders in a recursive listing."""
EXPANSION_MESSAGE: Final = "Failed to expand one or more secret references"


def get_token_scope(call: Call) -> Place | None:
    """Return the place that a service token with a single scope reads, whichever place the request names."""
    if call.actor.mode != "service_token":
        return None
    scopes = call.actor.row["scopes"]
    if len(scopes) != 1 or any(letter in scopes[0]["secretPath"] for letter in "*?{}[]!("):
        return None
    return Place(call.actor.row["projectId"], scopes[0]["environment"], tree.normalize_path(scopes[0]["secretPath"]))


def permit_read(call: Call, place: Place, action: str = "read") -> None:
    if call.is_2024:
        access.get_project(call, place.project_id)  # the project's key is looked up before the membership
    access.permit(call, place.project_id, action, "secrets", environment=place.environment, path=place.path)


def get_user_id(call: Call) -> str | None:
    """Return the id of a calling user; None for callers that cannot have personal secrets."""
    return call.actor.id if call.actor.kind == "user" else None


# ---- lists
def list_secrets(call: Call, place: Place, query: Mapping[str, Any]) -> dict[str, Any]:
    """Return a listing. In 2024 that of a missing folder is empty; it has `imports` unless it is recursive.

    Queries of today's routes have `includePersonalOverrides`: then a personal secret replaces the shared one; without
    it personal ones are absent. Older queries list both. See getSecrets in secret-v2-bridge-service.ts at b6187fc3.
    """
    _permit_list(call, place)
    folders = _find_folders(call, place, recursive=query["recursive"])
    if not folders:
        if call.is_2024:
            has_imports = query["include_imports"] or not query["recursive"]
            return {"secrets": [], **({"imports": []} if has_imports else {})}
        raise not_found(
            f"Folder with path '{place.path}' in environment '{place.environment}' was not found. "
            "Please ensure the environment slug and secret path is correct.",
            "SecretPathNotFound",
        )
    hidden, expand, is_today = not query["viewSecretValue"], query["expandSecretReferences"], "includeImports" in query
    scope = LookupScope(imports=is_today, user_id=get_user_id(call) if query.get("includePersonalOverrides") else None)
    visible = [
        (folder_place, row, hidden and row["type"] == store.SHARED_TYPE)
        for folder_place, folder in folders
        if references.can_read(call, folder_place.environment, folder_place.path)
        for row in _list_rows(call, folder, query)
        if _matches_filters(call, place.project_id, row, query)
    ]
    # like the server, by ids: they are random, so that nobody depends on an order of names or times
    visible.sort(key=lambda item: str(item[1]["id"]))
    answer: dict[str, Any] = {
        "secrets": [
            views.describe_read(
                call,
                folder_place,
                row,
                hidden=is_masked,
                value=_expand_listed(call, folder_place, row, scope) if expand and not is_masked else None,
            )
            for folder_place, row, is_masked in visible
        ]
    }
    if query["includeImports" if is_today else "include_imports"]:
        # in listings the server expands references of imported secrets even without expandSecretReferences
        rows = [folder for _, folder in folders]
        answer["imports"] = imported_secrets.describe_imports(
            call, rows, expand=True, hidden=hidden, scope=scope, importing=None if call.is_2024 else place
        )
    elif not call.is_2024:
        answer["imports"] = []
    return answer


def _permit_list(call: Call, place: Place) -> None:
    """Refuse a caller who may not list a place; today a service token lists nothing outside of its scopes."""
    if call.is_2024:
        permit_read(call, place)
        return
    access.require_project_access(call, place.project_id, is_bot_lookup=True)
    access.permit(call, place.project_id, "describeSecret", "secrets")


def _list_rows(call: Call, folder: Row, query: Mapping[str, Any]) -> list[Row]:
    if "includePersonalOverrides" not in query:
        return store.list_visible(call.draft, folder, get_user_id(call))
    if not query["includePersonalOverrides"]:
        return store.list_shared(call.draft, folder)
    rows = store.list_visible(call.draft, folder, get_user_id(call))
    by_key: dict[str, Row] = {}
    for row in sorted(rows, key=lambda row: str(row["type"]), reverse=True):  # shared ones first
        by_key[row["key"]] = row
    return list(by_key.values())


def _find_folders(call: Call, place: Place, *, recursive: bool) -> list[tuple[Place, Row]]:
    if recursive and call.is_2024:
        get_environment(call, place.project_id, place.environment)
    elif recursive and tree.find_environment(call.draft, place.project_id, place.environment) is None:
        # recursivelyGetSecretPaths in secret-v2-bridge-fns.ts quotes the slug alone
        raise not_found(f"Environment with slug '{place.environment}' in project with ID {place.project_id} not found")
    folder = tree.find_folder(call.draft, place.project_id, place.environment, place.path)
    if folder is None:
        return []
    if not recursive:
        return [(place, folder)]
    return [
        (Place(place.project_id, place.environment, path), subfolder)
        for path, subfolder in tree.walk_folders(call.draft, folder, tree.normalize_path(place.path))
        if len(tree.split_path(path)) <= DEPTH_LIMIT and not subfolder["isReserved"]
    ]


def _matches_filters(call: Call, project_id: str, row: Row, query: Mapping[str, Any]) -> bool:
    plain = {(item["key"], item["value"]) for item in row["secretMetadata"] if not item["isEncrypted"]}
    if not plain.issuperset(query["metadataFilter"]):
        return False
    if not query["tagSlugs"]:
        return True
    tags = call.draft.rows(tables.tags(project_id))
    return any(tag_id in tags and tags[tag_id]["slug"] in query["tagSlugs"] for tag_id in row["tagIds"])


def _expand_listed(call: Call, place: Place, row: Row, scope: LookupScope) -> str:
    try:
        return references.expand_value(call, place, row, scope=scope)
    except Refusal as refused:
        if call.is_2024:
            raise
        raise Refusal(403, "ForbiddenError", EXPANSION_MESSAGE, details=[refused.message]) from None


# ---- one
def get_by_name(call: Call, place: Place, name: str, query: Mapping[str, Any]) -> dict[str, Any]:
    """Return a secret by its name, with imports also one that the folder imports.

    Today a missing folder is refused before a missing permission, and references are looked up in folders alone: see
    getSecretByName in secret-v2-bridge-service.ts at b6187fc3.
    """
    if call.is_2024:
        permit_read(call, place)
    else:
        access.require_project_access(call, place.project_id, is_bot_lookup=True)
    folder = tree.get_folder(call, place.project_id, place.environment, place.path, "GetSecretByName")
    if not call.is_2024:
        permit_read(call, place, "describeSecret")
    hidden = not query["viewSecretValue"]
    row = _find_named(call, folder, name, query)
    lookup_places: references.LookupPlaces = ()
    if row is None and query.get("includeImports", query.get("include_imports")):
        visible = imported_secrets.find_imported_secret(call, folder, name)
        if visible is not None and not imported_secrets.can_read(call, visible):
            raise forbidden(
                f"You do not have permission to view secret import value on secret with name '{name}'",
                "ForbiddenReadSecretError",
            )
        if visible is not None and call.is_2024:
            place, row, lookup_places = visible.place, visible.row, visible.lookup
        elif visible is not None and (row := _choose_imported(call, visible, query)) is not None:
            place = visible.lookup[1]  # the folder that the import names, whichever folder has the secret
    if row is None:
        raise not_found(f"Secret with name '{name}' not found")
    is_expanded = query["expandSecretReferences"] and not hidden
    text = references.expand_value(call, place, row, lookup_places) if is_expanded else None
    answer = views.describe_read(call, place, row, hidden=hidden, value=text)
    if not call.is_2024:
        return answer
    # in 2024 the answer has no path, and that for an imported secret no tags
    dropped = {"secretPath", "tags"} if lookup_places else {"secretPath"}
    return {key: value for key, value in answer.items() if key not in dropped}


def _choose_imported(call: Call, visible: imported_secrets.ImportedSecret, query: Mapping[str, Any]) -> Row | None:
    """Return an imported secret; a request for a personal one gets the caller's override of it, or None."""
    if query["type"] != store.PERSONAL_TYPE or call.actor.mode == "service_token":
        return visible.row
    folder = tree.find_folder_by_id(call.draft, visible.row["folderId"])
    return None if folder is None else store.find_secret(call.draft, folder, visible.row["key"], call.actor.id)


def _find_named(call: Call, folder: Row, name: str, query: Mapping[str, Any]) -> Row | None:
    personal = query["type"] == store.PERSONAL_TYPE and call.actor.mode != "service_token"
    user_id = call.actor.id if personal else None
    row = store.find_secret(call.draft, folder, name, user_id)
    # the server of 2024 accepts a version, and answers with the latest one anyway
    if row is None or "version" not in query or call.is_2024:
        return row
    return store.find_version(call.draft, row, query["version"])


def get_by_id(call: Call, secret_id: str) -> dict[str, Any]:
    """Return a secret by its id."""
    require_id(secret_id, "FindOneWIthTags")
    row = store.find_by_id(call.draft, secret_id)
    folder = None if row is None else tree.find_folder_by_id(call.draft, row["folderId"])
    if row is None or folder is None:
        raise not_found(f"Secret with ID '{secret_id}' not found", "GetSecretById")
    place = locate_folder(call, folder)
    permit_read(call, place, "read" if call.is_2024 else "readValue")
    if row["type"] == store.PERSONAL_TYPE and row["userId"] != call.actor.id:
        raise forbidden("You are not allowed to access this secret", "GetSecretById")
    answer = views.describe_read(call, place, row, hidden=False)
    return {name: value for name, value in answer.items() if name != "secretValueHidden"}
