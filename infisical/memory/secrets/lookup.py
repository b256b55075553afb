"""Lookup: the secret that a reference names in a folder on today's server: a personal one, or one of its imports.

The server of 2024 and the route of one secret look into the folder alone; references.py decides which places to ask.
"""

from __future__ import annotations

from dataclasses import dataclass

from infisical.memory import tables, tree
from infisical.memory.call import Call
from infisical.memory.domain.places import Place
from infisical.memory.secrets import store
from infisical.memory.state import Row

FOLLOWED_LIMIT = 20_000
"""The most references and folders that one request follows. For a service token each counts once more per scope."""


@dataclass(frozen=True, slots=True)
class LookupScope:
    """What references in values see beyond the shared secrets of a folder."""

    imports: bool = False
    """Whether imports count: in listings of today's server (createFetchFolderSecretsWithImports at b6187fc3)."""
    user_id: str | None = None
    """The user whose personal secrets replace shared ones; None if none do (expandSecretReferencesFactory)."""


FOLDER_ONLY_SCOPE = LookupScope()


def find_secret(call: Call, place: Place, key: str, scope: LookupScope) -> Row | None:
    """Return the secret that a name has in a folder; with `scope.imports` the last import takes precedence.

    A folder that several imports reach is visited once. Visited folders count as followed references.
    """
    folder = tree.find_folder(call.draft, place.project_id, place.environment, place.path)
    stack, visited = [] if folder is None else [folder], set[str]()
    while stack:
        folder = stack.pop()
        if folder["id"] in visited:
            continue
        visited.add(folder["id"])
        call.reference_count += len(visited) > 1
        if call.reference_count > FOLLOWED_LIMIT:
            return None
        secret = None
        if scope.user_id is not None:
            secret = store.find_secret(call.draft, folder, key, scope.user_id)
        secret = secret or store.find_secret(call.draft, folder, key)
        if secret is not None:
            return secret
        if scope.imports:
            stack += list_imported_folders(call, folder)
    return None


def list_imported_folders(call: Call, folder: Row) -> list[Row]:
    """Return the folders that a folder imports directly, in the order of its imports."""
    imports = [row for row in call.draft.rows(tables.imports(folder["id"])).values() if not row["isReserved"]]
    environments = call.draft.rows(tables.environments(_get_project_id(call, folder)))
    folders = [
        tree.find_exact_folder(call.draft, row["importEnv"], row["importPath"])
        for row in sorted(imports, key=lambda row: float(row["position"]))
        if row["importEnv"] in environments
    ]
    return [one for one in folders if one is not None]


def _get_project_id(call: Call, folder: Row) -> str:
    return str(call.draft.rows(tables.FOLDER_PLACES)[folder["id"]]["projectId"])
