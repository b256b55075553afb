"""Imported secrets: the secrets that a folder's imports bring in, directly and through imported folders.

Nothing is written here: routes.py creates and orders imports.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from infisical.memory import tables, tree
from infisical.memory.call import Call
from infisical.memory.domain.places import Place, locate_folder
from infisical.memory.refusals import Refusal
from infisical.memory.secrets import references, store, views
from infisical.memory.secrets.lookup import FOLDER_ONLY_SCOPE, LookupScope
from infisical.memory.secrets.references import LookupPlaces
from infisical.memory.state import Row

DEPTH_LIMIT: Final = 10
"""The most imports that lead to a secret one after another."""


@dataclass(frozen=True, slots=True)
class ImportedSecret:
    """A secret that an import brings in."""

    row: Row
    lookup: LookupPlaces
    """The importing folder, the folders between, and the folder that contains the secret."""

    @property
    def place(self) -> Place:
        """The folder that contains the secret: a reader needs permission for it."""
        return self.lookup[-1]


@dataclass(slots=True)
class Source:
    """One import of a folder: the imported folder and the secrets that come from it."""

    place: Place
    folder: Row | None
    secrets: list[ImportedSecret] = field(default_factory=list)


def list_imports(call: Call, folder: Row) -> list[Row]:
    """Return a folder's imports in order, without replications: their secrets are in a reserved folder."""
    rows = call.draft.rows(tables.imports(folder["id"])).values()
    return sorted((row for row in rows if not row["isReplication"]), key=lambda row: int(row["position"]))


def list_sources(call: Call, folders: Sequence[Row]) -> list[Source]:
    """Return the imports of some folders, first to last. A folder that several imports reach is imported once."""
    visited: set[tuple[str, str]] = set()
    direct = [
        (folder, source)
        for folder in folders
        for source in _iterate_new_sources(call, list_imports(call, folder), visited)
    ]
    if all(source.folder is None for _, source in direct):
        return []
    queue: list[tuple[Source, Row, LookupPlaces]] = []

    def enter(source: Source, folder: Row, lookup: LookupPlaces) -> None:
        source.secrets += [ImportedSecret(row, lookup) for row in store.list_shared(call.draft, folder)]
        queue.append((source, folder, lookup))

    for importing, source in direct:
        if source.folder is not None:
            enter(source, source.folder, (locate_folder(call, importing), source.place))
    while queue:
        source, folder, lookup = queue.pop()
        if len(lookup) > DEPTH_LIMIT + 1:
            continue
        for deeper in _iterate_new_sources(call, list_imports(call, folder), visited):
            if deeper.folder is not None:
                enter(source, deeper.folder, (*lookup, deeper.place))
    return [source for _, source in direct]


def _iterate_new_sources(call: Call, imports: Iterable[Row], visited: set[tuple[str, str]]) -> Iterator[Source]:
    for row in imports:
        place = _locate_source(call, row)
        if place is None or (place.environment, place.path) in visited:
            continue
        visited.add((place.environment, place.path))
        yield Source(place, tree.find_exact_folder(call.draft, row["importEnv"], place.path))


def _locate_source(call: Call, import_row: Row) -> Place | None:
    project_id = call.draft.rows(tables.FOLDER_PLACES)[import_row["folderId"]]["projectId"]
    environment = call.draft.get(tables.environments(project_id), import_row["importEnv"])
    if environment is None:
        return None
    return Place(project_id, environment["slug"], import_row["importPath"])


def describe_imports(
    call: Call,
    folders: Sequence[Row],
    *,
    expand: bool,
    hidden: bool,
    scope: LookupScope = FOLDER_ONLY_SCOPE,
    importing: Place | None = None,
) -> list[dict[str, Any]]:
    """Return the `imports` of a listing of some folders.

    `expand` expands references, and keeps only the nearest secret of each name in an import. Today's server looks up
    references in the listed place, `importing`, and then in the folder that the import names.
    """
    return [
        {
            "secretPath": source.place.path,
            "environment": source.place.environment,
            **({} if source.folder is None else {"folderId": source.folder["id"]}),
            "secrets": [
                views.describe_imported(
                    call,
                    secret.place,
                    {
                        **secret.row,
                        "value": views.MASK
                        if hidden
                        else _expand_value(
                            call, secret, secret.lookup if importing is None else (importing, source.place), scope
                        )
                        if expand
                        else secret.row["value"],
                    },
                    secretValueHidden=hidden,
                    secretMetadata=views.copy_metadata(secret.row),
                )
                for secret in list_readable(call, source, nearest=expand)
            ],
        }
        for source in list_sources(call, folders)
    ]


def can_read(call: Call, secret: ImportedSecret) -> bool:
    """Return True if the caller may read the folder that contains the secret, whichever folder imports it."""
    return references.can_read(call, secret.place.environment, secret.place.path)


def list_readable(call: Call, source: Source, *, nearest: bool = False) -> list[ImportedSecret]:
    """Return the secrets of an import that the caller may read; with `nearest` only the first of each name."""
    lookups = {one.lookup: can_read(call, one) for one in {one.lookup: one for one in source.secrets}.values()}
    secrets = [one for one in source.secrets if lookups[one.lookup]]
    if not nearest:
        return secrets
    by_key: dict[str, ImportedSecret] = {}
    for secret in secrets:
        by_key.setdefault(secret.row["key"], secret)
    return list(by_key.values())


def _expand_value(call: Call, secret: ImportedSecret, lookup: LookupPlaces, scope: LookupScope) -> str:
    try:
        return references.expand_value(call, secret.place, secret.row, lookup, scope)
    except Refusal:
        return str(secret.row["value"])  # the server keeps the text of references that the caller may not read


def find_imported_secret(call: Call, folder: Row, key: str) -> ImportedSecret | None:
    """Return the secret that a folder's imports have under a name; the last import takes precedence."""
    for source in reversed(list_sources(call, [folder])):
        for secret in source.secrets:
            if secret.row["key"] == key:
                return secret
    return None
