"""Renaming: references that follow a secret to its new name or to its new folder, on today's server.

The server of 2024 rewrites nothing. Each rewritten secret gets a new version. The rules rest on
fnUpdateSecretLinkedReferences and fnUpdateMovedSecretReferences in secret-v2-bridge-fns.ts at b6187fc3 (2026).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from infisical.memory import tables, tree
from infisical.memory.call import Call
from infisical.memory.domain.places import Place
from infisical.memory.secrets import store
from infisical.memory.secrets.references import PATTERN, parse_reference
from infisical.memory.state import Row


def write_reference(place: Place, key: str) -> str:
    """Return the reference that names a secret from everywhere in its project: `dev.folder.KEY`."""
    return ".".join([place.environment, *tree.split_path(place.path), key])


def rename_references(call: Call, place: Place, folder: Row, secret: Row, old_key: str) -> None:
    """Rewrite the references to a secret that has just got another name; it does not rewrite its own value."""
    new_key = str(secret["key"])
    full_names = {write_reference(place, old_key): write_reference(place, new_key)}
    for source, row in list(_iterate_referring(call, place.project_id, old_key)):
        if row["id"] != secret["id"]:
            local_names = {old_key: new_key} if source["id"] == folder["id"] else {}
            _rewrite(call, source, row, {**full_names, **local_names})


def move_references(call: Call, source: Place, destination: Place, key: str, secret: Row) -> None:
    """Rewrite the references to a secret that has just moved, and those in its own value.

    A reference from the source's folder gets the full name; one from the destination's folder becomes local. In its
    own value a local reference to a secret that the destination lacks gets the full name of the source.
    """
    source_folder = _find(call, source)
    new_folder = _find(call, destination)
    old_name, new_name = write_reference(source, key), write_reference(destination, key)
    for folder, row in list(_iterate_referring(call, source.project_id, key)):
        if row["id"] == secret["id"]:
            continue
        if folder["id"] == new_folder["id"]:
            names = {old_name: key}
        elif folder["id"] == source_folder["id"]:
            names = {key: new_name, old_name: new_name}
        else:
            names = {old_name: new_name}
        _rewrite(call, folder, row, names)
    moved = store.find_secret(call.draft, new_folder, key)
    if moved is None:
        return
    keys = {row["key"] for row in call.draft.rows(tables.secrets(new_folder["id"])).values()}
    names = {}
    for reference in PATTERN.findall(moved["value"]):
        if "." not in reference and reference not in keys:
            names[reference] = write_reference(source, reference)
        elif "." in reference:
            target = parse_reference(reference, destination)
            if (target.environment, target.path) == (destination.environment, tree.normalize_path(destination.path)):
                names[write_reference(destination, target.key)] = target.key
    _rewrite(call, new_folder, moved, names)


def _find(call: Call, place: Place) -> Row:
    return tree.get_folder(call, place.project_id, place.environment, place.path)


def _iterate_referring(call: Call, project_id: str, key: str) -> Iterator[tuple[Row, Row]]:
    """Yield the secrets of a project, personal ones too, whose value has a reference that ends with a key."""
    for environment in tree.list_environments(call.draft, project_id):
        for _, folder in tree.walk_folders(call.draft, tree.get_root(call.draft, environment["id"]), "/"):
            for row in call.draft.rows(tables.secrets(folder["id"])).values():
                if f"{key}}}" in row["value"]:
                    yield folder, row


def _rewrite(call: Call, folder: Row, secret: Row, names: Mapping[str, str]) -> None:
    """Put new references in the place of old ones, and a new version if the value changes."""
    value = PATTERN.sub(lambda match: f"${{{names.get(match.group(1), match.group(1))}}}", secret["value"])
    if value != secret["value"]:
        store.revise_secret(call, folder, secret, value=value)
