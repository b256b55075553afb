"""Imported: what a folder's imports bring in, those of imported folders with it, as listings show it.

Reading only: making and ordering imports is told by their own routes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from infisical.memory import tables, tree
from infisical.memory.call import Call
from infisical.memory.domain import references, secret_views, secrets
from infisical.memory.domain.secret_views import Place
from infisical.memory.refusals import Refused
from infisical.memory.state import Row

DEEPEST: Final = 10
"""How far imports of imported folders are followed."""


@dataclass(slots=True)
class Source:
    """One import of a folder: what it names, and the secrets that come from there, each with where it lies."""

    place: Place
    folder: Row | None
    found: list[tuple[Place, Row]] = field(default_factory=list)


def imports_of(call: Call, folder: Row) -> list[Row]:
    """Return a folder's imports in their order, but for replications, whose secrets lie in the folder itself."""
    rows = call.draft.rows(tables.imports(folder["id"])).values()
    return sorted((row for row in rows if not row["isReplication"]), key=lambda row: int(row["position"]))


def sources(call: Call, folders: Sequence[Row]) -> list[Source]:
    """Return what some folders import, first to last; a folder is imported once, whichever way leads to it."""
    passed: set[tuple[str, str]] = set()
    first = [source for folder in folders for source in _new_ones(call, imports_of(call, folder), passed)]
    if all(source.folder is None for source in first):
        return []
    waiting: list[tuple[Source, Row, int]] = []

    def enter(source: Source, folder: Row, place: Place, depth: int) -> None:
        source.found += [(place, row) for row in secrets.shared_of(call.draft, folder)]
        waiting.append((source, folder, depth))

    for source in first:
        if source.folder is not None:
            enter(source, source.folder, source.place, 1)
    while waiting:
        source, folder, depth = waiting.pop()
        if depth > DEEPEST:
            continue
        for deeper in _new_ones(call, imports_of(call, folder), passed):
            if deeper.folder is not None:
                enter(source, deeper.folder, deeper.place, depth + 1)
    return first


def _new_ones(call: Call, imports: Iterable[Row], passed: set[tuple[str, str]]) -> Iterator[Source]:
    for row in imports:
        place = _place(call, row)
        if place is None or (place.environment, place.path) in passed:
            continue
        passed.add((place.environment, place.path))
        yield Source(place, tree.folder_at(call.draft, row["importEnv"], place.path))


def _place(call: Call, imported: Row) -> Place | None:
    project_id = call.draft.rows(tables.FOLDER_PLACES)[imported["folderId"]]["projectId"]
    environment = call.draft.get(tables.environments(project_id), imported["importEnv"])
    if environment is None:
        return None
    return Place(project_id, environment["slug"], tree.normal(imported["importPath"]))


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
                secret_views.imported(
                    call,
                    place,
                    {**row, "value": _value(call, source.place, row, expand=expand, hidden=hidden)},
                    secretValueHidden=hidden,
                    secretMetadata=secret_views.metadata_of(row),
                )
                for place, row in _allowed(call, source, nearest=expand)
            ],
        }
        for source in sources(call, folders)
    ]


def _allowed(call: Call, source: Source, *, nearest: bool) -> list[tuple[Place, Row]]:
    found = [one for one in source.found if references.readable(call, one[0].environment, one[0].path)]
    if not nearest:
        return found
    kept: dict[str, tuple[Place, Row]] = {}
    for one in found:
        kept.setdefault(one[1]["key"], one)
    return list(kept.values())


def _value(call: Call, place: Place, secret: Row, *, expand: bool, hidden: bool) -> str:
    if hidden:
        return secret_views.MASK
    if not expand:
        return str(secret["value"])
    try:
        return references.expanded(call, place, secret)
    except Refused:
        return str(secret["value"])  # an import whose references may not be read stays as it is written


def find_imported(call: Call, folder: Row, key: str) -> tuple[Place, Row] | None:
    """Return the secret that a folder's imports have under a name: the last import goes first."""
    for source in reversed(sources(call, [folder])):
        for _, row in source.found:
            if row["key"] == key:
                return source.place, row
    return None
