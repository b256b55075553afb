"""Imported: what a folder's imports bring in, those of imported folders with it, as listings show it.

Reading only: making and ordering imports is told by their own routes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from infisical.memory import tables, tree
from infisical.memory.call import Call
from infisical.memory.domain.places import Place, place_of
from infisical.memory.refusals import Refusal
from infisical.memory.secrets import references, store, views
from infisical.memory.secrets.references import Lookup
from infisical.memory.state import Row

DEEPEST: Final = 10
"""How far imports of imported folders are followed."""


@dataclass(frozen=True, slots=True)
class Imported:
    """A secret that an import brings in."""

    row: Row
    lookup: Lookup
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
    found: list[Imported] = field(default_factory=list)


def imports_of(call: Call, folder: Row) -> list[Row]:
    """Return a folder's imports in their order, but for replications, whose secrets lie in the folder itself."""
    rows = call.draft.rows(tables.imports(folder["id"])).values()
    return sorted((row for row in rows if not row["isReplication"]), key=lambda row: int(row["position"]))


def sources(call: Call, folders: Sequence[Row]) -> list[Source]:
    """Return what some folders import, first to last; a folder is imported once, whichever way leads to it."""
    passed: set[tuple[str, str]] = set()
    first = [(folder, source) for folder in folders for source in _new_ones(call, imports_of(call, folder), passed)]
    if all(source.folder is None for _, source in first):
        return []
    waiting: list[tuple[Source, Row, Lookup]] = []

    def enter(source: Source, folder: Row, lookup: Lookup) -> None:
        source.found += [Imported(row, lookup) for row in store.shared_of(call.draft, folder)]
        waiting.append((source, folder, lookup))

    for importing, source in first:
        if source.folder is not None:
            enter(source, source.folder, (place_of(call, importing), source.place))
    while waiting:
        source, folder, lookup = waiting.pop()
        if len(lookup) > DEEPEST + 1:
            continue
        for deeper in _new_ones(call, imports_of(call, folder), passed):
            if deeper.folder is not None:
                enter(source, deeper.folder, (*lookup, deeper.place))
    return [source for _, source in first]


def _new_ones(call: Call, imports: Iterable[Row], passed: set[tuple[str, str]]) -> Iterator[Source]:
    for row in imports:
        place = _place(call, row)
        if place is None or (place.environment, place.path) in passed:
            continue
        passed.add((place.environment, place.path))
        yield Source(place, tree.find_folder_at(call.draft, row["importEnv"], place.path))


def _place(call: Call, imported: Row) -> Place | None:
    project_id = call.draft.rows(tables.FOLDER_PLACES)[imported["folderId"]]["projectId"]
    environment = call.draft.get(tables.environments(project_id), imported["importEnv"])
    if environment is None:
        return None
    return Place(project_id, environment["slug"], tree.normalize_path(imported["importPath"]))


def imports_shown(call: Call, folders: Sequence[Row], *, expand: bool, hidden: bool) -> list[dict[str, Any]]:
    """Return the `imports` of a listing of some folders.

    With `expand` references are put in, and of several secrets of one name in one import the nearest stays.
    """
    return [
        {
            "secretPath": source.place.path,
            "environment": source.place.environment,
            **({} if source.folder is None else {"folderId": source.folder["id"]}),
            "secrets": [
                views.imported(
                    call,
                    one.place,
                    {**one.row, "value": _value(call, one, expand=expand, hidden=hidden)},
                    secretValueHidden=hidden,
                    secretMetadata=views.metadata_of(one.row),
                )
                for one in readable_of(call, source, nearest=expand)
            ],
        }
        for source in sources(call, folders)
    ]


def readable(call: Call, one: Imported) -> bool:
    """Say whether the caller may read an imported secret: in the folder in which it lies, whichever imports it."""
    return references.readable(call, one.place.environment, one.place.path)


def readable_of(call: Call, source: Source, *, nearest: bool = False) -> list[Imported]:
    """Return what the caller may read of an import; with `nearest` only the first secret of each name."""
    places = {one.lookup: readable(call, one) for one in {one.lookup: one for one in source.found}.values()}
    found = [one for one in source.found if places[one.lookup]]
    if not nearest:
        return found
    kept: dict[str, Imported] = {}
    for one in found:
        kept.setdefault(one.row["key"], one)
    return list(kept.values())


def _value(call: Call, one: Imported, *, expand: bool, hidden: bool) -> str:
    if hidden:
        return views.MASK
    if not expand:
        return str(one.row["value"])
    try:
        return references.expanded(call, one.place, one.row, one.lookup)
    except Refusal:
        return str(one.row["value"])  # an import whose references may not be read stays as it is written


def find_imported(call: Call, folder: Row, key: str) -> Imported | None:
    """Return the secret that a folder's imports have under a name: the last import goes first."""
    for source in reversed(sources(call, [folder])):
        for one in source.found:
            if one.row["key"] == key:
                return one
    return None
