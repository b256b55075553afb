"""Secret reading: lists of secrets, one by its name, one by its id, for the routes of both ages. Nothing is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from infisical.memory import access, tables, tree
from infisical.memory.call import Call
from infisical.memory.domain.places import Place, environment_of, place_of
from infisical.memory.refusals import Refusal, forbidden, not_found
from infisical.memory.secret_imports import imported_secrets
from infisical.memory.secrets import references, store, views
from infisical.memory.state import Row

DEEPEST: Final = 20
"""How many folders down a recursive listing goes."""
NOT_EXPANDED: Final = "Failed to expand one or more secret references"


def own_scope(call: Call) -> Place | None:
    """Return the one place that a service token with a single scope reads, whatever is asked for."""
    if call.actor.mode != "service_token":
        return None
    scopes = call.actor.row["scopes"]
    if len(scopes) != 1 or any(letter in scopes[0]["secretPath"] for letter in "*?{}[]!("):
        return None
    return Place(call.actor.row["projectId"], scopes[0]["environment"], tree.normalize_path(scopes[0]["secretPath"]))


def may_read(call: Call, place: Place) -> None:
    access.permit(call, place.project_id, "read", "secrets", environment=place.environment, path=place.path)


def caller_id(call: Call) -> str | None:
    """Return the person who calls: who may have secrets of their own."""
    return call.actor.id if call.actor.kind == "user" else None


# ---- lists
def listing(call: Call, place: Place, query: Mapping[str, Any]) -> dict[str, Any]:
    """Return a listing; of a folder that is not there, in 2024, an empty one."""
    may_read(call, place)
    folders = _folders(call, place, recursive=query["recursive"])
    if not folders:
        if call.is_2024:
            return {"secrets": [], "imports": []}
        tree.get_folder(call, place.project_id, place.environment, place.path, "SecretPathNotFound")
    hidden, expand = not query["viewSecretValue"], query["expandSecretReferences"]
    found = [
        (here, row, hidden and row["type"] == store.SHARED)
        for here, folder in folders
        if references.readable(call, here.environment, here.path)
        for row in store.seen_by(call.draft, folder, caller_id(call))
        if _fits(call, place.project_id, row, query)
    ]
    # the server orders by ids, which are random: nobody can build on an order of names or of time
    found.sort(key=lambda one: str(one[1]["id"]))
    answer: dict[str, Any] = {
        "secrets": [
            views.read(
                call, here, row, hidden=masked, value=_listed_value(call, here, row) if expand and not masked else None
            )
            for here, row, masked in found
        ]
    }
    if query["include_imports"] or query["includeImports"]:
        # in listings the server puts references of imported secrets in even where it was not asked to
        rows = [folder for _, folder in folders]
        answer["imports"] = imported_secrets.imports_shown(call, rows, expand=True, hidden=hidden)
    return answer


def _folders(call: Call, place: Place, *, recursive: bool) -> list[tuple[Place, Row]]:
    if recursive:
        environment_of(call, place.project_id, place.environment)
    folder = tree.find_folder(call.draft, place.project_id, place.environment, place.path)
    if folder is None:
        return []
    if not recursive:
        return [(place, folder)]
    return [
        (Place(place.project_id, place.environment, path), below)
        for path, below in tree.walk_folders(call.draft, folder, place.path)
        if len(tree.split_path(path)) <= DEEPEST and not below["isReserved"]
    ]


def _fits(call: Call, project_id: str, row: Row, query: Mapping[str, Any]) -> bool:
    plain = {(one["key"], one["value"]) for one in row["secretMetadata"] if not one["isEncrypted"]}
    if not plain.issuperset(query["metadataFilter"]):
        return False
    if not query["tagSlugs"]:
        return True
    known = call.draft.rows(tables.tags(project_id))
    return any(tag_id in known and known[tag_id]["slug"] in query["tagSlugs"] for tag_id in row["tagIds"])


def _listed_value(call: Call, place: Place, row: Row) -> str:
    try:
        return references.expanded(call, place, row)
    except Refusal as refused:
        raise Refusal(403, "ForbiddenError", NOT_EXPANDED, details=[refused.message]) from None


# ---- one
def by_name(call: Call, place: Place, name: str, query: Mapping[str, Any]) -> dict[str, Any]:
    """Return a secret by its name, or what the folder's imports have under it if they are asked as well."""
    may_read(call, place)
    folder = tree.get_folder(call, place.project_id, place.environment, place.path, "GetSecretByName")
    hidden = not query["viewSecretValue"]
    row = _named(call, folder, name, query)
    lookup: references.Lookup = ()
    if row is None and (query["include_imports"] or query["includeImports"]):
        found = imported_secrets.find_imported(call, folder, name)
        if found is not None and not imported_secrets.readable(call, found):
            raise forbidden(
                f"You do not have permission to view secret import value on secret with name '{name}'",
                "ForbiddenReadSecretError",
            )
        if found is not None:
            place, row, lookup = found.place, found.row, found.lookup
    if row is None:
        raise not_found(f"Secret with name '{name}' not found")
    text = references.expanded(call, place, row, lookup) if query["expandSecretReferences"] and not hidden else None
    return _without_path(call, views.read(call, place, row, hidden=hidden, value=text))


def _named(call: Call, folder: Row, name: str, query: Mapping[str, Any]) -> Row | None:
    personal = query["type"] == store.PERSONAL and call.actor.mode != "service_token"
    user_id = call.actor.id if personal else None
    row = store.find(call.draft, folder, name, user_id)
    # the server of 2024 takes a version, and answers with the newest one all the same
    if row is None or "version" not in query or call.is_2024:
        return row
    return store.version_of(call.draft, row, query["version"])


def _without_path(call: Call, secret: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in secret.items() if not (call.is_2024 and name == "secretPath")}


def by_id(call: Call, secret_id: str) -> dict[str, Any]:
    """Return a secret by its id."""
    row = store.by_id(call.draft, secret_id)
    folder = None if row is None else tree.find_folder_by_id(call.draft, row["folderId"])
    if row is None or folder is None:
        raise not_found(f"Secret with ID '{secret_id}' not found", "GetSecretById")
    place = place_of(call, folder)
    may_read(call, place)
    if row["type"] == store.PERSONAL and row["userId"] != call.actor.id:
        raise forbidden("You are not allowed to access this secret", "GetSecretById")
    answer = views.read(call, place, row, hidden=False)
    return {name: value for name, value in answer.items() if name != "secretValueHidden"}
