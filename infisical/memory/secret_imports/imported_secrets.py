"""Imported: what a folder's imports bring in, those of imported folders with it, as listings show it.

Reading only: making and ordering imports is told by their own routes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from infisical.memory import tables, tree
from infisical.memory.call import Call
from infisical.memory.domain.places import Place, locate_folder
from infisical.memory.refusals import Refused
from infisical.memory.secrets import references, store, views
from infisical.memory.secrets.references import LookupPlaces
from infisical.memory.state import Row

DEPTH_LIMIT: Final = 10
"""How far imports of imported folders are followed."""


@dataclass(frozen=True, slots=True)
class ImportedSecret:
    """A secret that an import brings in."""

    row: Row
    lookup: LookupPlaces
    """The folder that imports it, those through which it comes, and the one in which it lies."""

    @property
    def place(self) -> Place:
        """Where it lies: whoever reads it has to be allowed to read there."""
        return self.lookup[-1]


@dataclass(slots=True)
class Source:
    """One import of a folder: what it names, and the secrets that come from there."""

    place: Place
    folder: Row | None
    found: list[ImportedSecret] = field(default_factory=list)


def list_imports(call: Call, folder: Row) -> list[Row]:
    """Return a folder's imports in their order, but for replications, whose secrets lie in the folder itself."""
    rows = call.draft.rows(tables.imports(folder["id"])).values()
    return sorted((row for row in rows if not row["isReplication"]), key=lambda row: int(row["position"]))


def list_sources(call: Call, folders: Sequence[Row]) -> list[Source]:
    """Return what some folders import, first to last; a folder is imported once, whichever way leads to it."""
    visited: set[tuple[str, str]] = set()
    first = [
        (folder, source)
        for folder in folders
        for source in _iterate_new_sources(call, list_imports(call, folder), visited)
    ]
    if all(source.folder is None for _, source in first):
        return []
    waiting: list[tuple[Source, Row, LookupPlaces]] = []

    def enter(source: Source, folder: Row, lookup: LookupPlaces) -> None:
        source.found += [ImportedSecret(row, lookup) for row in store.list_shared(call.draft, folder)]
        waiting.append((source, folder, lookup))

    for importing, source in first:
        if source.folder is not None:
            enter(source, source.folder, (locate_folder(call, importing), source.place))
    while waiting:
        source, folder, lookup = waiting.pop()
        if len(lookup) > DEPTH_LIMIT + 1:
            continue
        for deeper in _iterate_new_sources(call, list_imports(call, folder), visited):
            if deeper.folder is not None:
                enter(source, deeper.folder, (*lookup, deeper.place))
    return [source for _, source in first]


def _iterate_new_sources(call: Call, imports: Iterable[Row], visited: set[tuple[str, str]]) -> Iterator[Source]:
    for row in imports:
        place = _locate_source(call, row)
        if place is None or (place.environment, place.path) in visited:
            continue
        visited.add((place.environment, place.path))
        yield Source(place, tree.folder_at(call.draft, row["importEnv"], place.path))


def _locate_source(call: Call, imported: Row) -> Place | None:
    project_id = call.draft.rows(tables.FOLDER_PLACES)[imported["folderId"]]["projectId"]
    environment = call.draft.get(tables.environments(project_id), imported["importEnv"])
    if environment is None:
        return None
    return Place(project_id, environment["slug"], tree.normal(imported["importPath"]))


def describe_imports(call: Call, folders: Sequence[Row], *, expand: bool, hidden: bool) -> list[dict[str, Any]]:
    """Return the `imports` of a listing of some folders.

    With `expand` references are put in, and of several secrets of one name in one import the nearest stays.
    """
    return [
        {
            "secretPath": source.place.path,
            "environment": source.place.environment,
            **({} if source.folder is None else {"folderId": source.folder["id"]}),
            "secrets": [
                views.describe_imported(
                    call,
                    one.place,
                    {**one.row, "value": _choose_value(call, one, expand=expand, hidden=hidden)},
                    secretValueHidden=hidden,
                    secretMetadata=views.copy_metadata(one.row),
                )
                for one in list_readable(call, source, nearest=expand)
            ],
        }
        for source in list_sources(call, folders)
    ]


def can_read(call: Call, one: ImportedSecret) -> bool:
    """Say whether the caller may read an imported secret: in the folder in which it lies, whichever imports it."""
    return references.can_read(call, one.place.environment, one.place.path)


def list_readable(call: Call, source: Source, *, nearest: bool = False) -> list[ImportedSecret]:
    """Return what the caller may read of an import; with `nearest` only the first secret of each name."""
    places = {one.lookup: can_read(call, one) for one in {one.lookup: one for one in source.found}.values()}
    found = [one for one in source.found if places[one.lookup]]
    if not nearest:
        return found
    secrets: dict[str, ImportedSecret] = {}
    for one in found:
        secrets.setdefault(one.row["key"], one)
    return list(secrets.values())


def _choose_value(call: Call, one: ImportedSecret, *, expand: bool, hidden: bool) -> str:
    if hidden:
        return views.MASK
    if not expand:
        return str(one.row["value"])
    try:
        return references.expand_value(call, one.place, one.row, one.lookup)
    except Refused:
        return str(one.row["value"])  # an import whose references may not be read stays as it is written


def find_imported_secret(call: Call, folder: Row, key: str) -> ImportedSecret | None:
    """Return the secret that a folder's imports have under a name: the last import goes first."""
    for source in reversed(list_sources(call, [folder])):
        for one in source.found:
            if one.row["key"] == key:
                return one
    return None
