"""References: `${KEY}`, `${env.KEY}` and `${env.path.to.KEY}` in values, expanded; and the secrets that refer to one.

The text of a reference stays if it names nothing or an empty value, if it is nested too deeply, and if the request has
reached its limits. A circular reference is replaced once and not followed further. References skip personal overrides
and imports, except in listings of today's server: see lookup.py. There, and in 2024, `${KEY}` in the value of an
imported secret is looked up in the importing folder first, then in the secret's own folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from infisical.memory import access, tree
from infisical.memory.call import Call
from infisical.memory.domain.places import Place
from infisical.memory.refusals import forbidden
from infisical.memory.secrets import lookup, old_references, store
from infisical.memory.secrets.lookup import FOLDER_ONLY_SCOPE, FOLLOWED_LIMIT, LookupScope
from infisical.memory.state import Row

PATTERN: Final = re.compile(r"\$\{([a-zA-Z0-9\-_.]+)\}")
DEPTH_LIMIT: Final = 10
"""The most references that lead to a value one after another."""
WRITTEN_LIMIT: Final = 4 << 20
"""The most characters that one request writes for references."""

LookupPlaces: TypeAlias = "tuple[Place, ...]"
"""The folders to look up `${KEY}` in, first to last: those that import the secret, then the secret's own."""


@dataclass(frozen=True, slots=True)
class Target:
    """The secret that a reference names."""

    environment: str
    path: str
    key: str


def parse_reference(reference: str, place: Place) -> Target:
    """Return the secret that a reference names in a value of this place."""
    head, *parts = reference.split(".")
    if not parts:
        return Target(place.environment, place.path, head)
    return Target(head, tree.normalize_path("/".join(parts[:-1])), parts[-1])


def can_read(call: Call, environment: str, path: str) -> bool:
    """Return True if a caller with read permission for a project may read this folder: a service token has scopes."""
    if call.caller is None or call.actor.mode != "service_token":
        return True
    token = call.actor.row
    return "read" in token["permissions"] and any(
        access.matches_scope(scope, environment, path) for scope in token["scopes"]
    )


def expand_value(
    call: Call, place: Place, secret: Row, lookup_places: LookupPlaces = (), scope: LookupScope = FOLDER_ONLY_SCOPE
) -> str:
    """Return a secret's value with its references expanded; refuse a caller who may not read one of them.

    `lookup_places` is for an imported secret; its last place is the secret's own folder.
    """
    value = str(secret["value"])
    if call.is_2024:
        if old_references.PATTERN.search(value) is None:
            return value
        text = old_references.expand_text(
            call, place, value, lambda target: can_read(call, target.environment, target.path)
        )
        return _escape_newlines(text) if secret["skipMultilineEncoding"] else text
    if PATTERN.search(value) is None:
        return value
    places = lookup_places or (place,)
    own = place if call.is_2024 else places[0]
    text = _expand_text(call, places, Target(own.environment, own.path, secret["key"]), value, scope)
    return _escape_newlines(text) if secret["skipMultilineEncoding"] else text


def _expand_text(call: Call, first_places: LookupPlaces, origin: Target, value: str, scope: LookupScope) -> str:
    def expand(text: str, lookup_places: LookupPlaces, visited: frozenset[Target], depth: int) -> str:
        if depth > DEPTH_LIMIT:
            return text
        parts, end = [], 0
        for match in PATTERN.finditer(text):
            if not _may_follow(call, match.group()):
                break
            parts += [text[end : match.start()], replace_match(match, lookup_places, visited, depth)]
            end = match.end()
        return "".join((*parts, text[end:]))

    def replace_match(match: re.Match[str], lookup_places: LookupPlaces, visited: frozenset[Target], depth: int) -> str:
        if call.is_2024:
            target, value, places = _look_up(call, match.group(1), lookup_places, origin)
        else:
            target, value, places = _look_up_today(call, match.group(1), lookup_places, origin, first_places, scope)
        call.inserted_length += len(value)
        if not value or call.inserted_length > WRITTEN_LIMIT:
            return match.group()
        return value if target in visited else expand(value, places, visited | {target}, depth + 1)

    return expand(value, first_places, frozenset({origin}), 0)


def _may_follow(call: Call, reference: str) -> bool:
    """Count a reference; return True if the request is within its limits."""
    scopes = len(call.actor.row["scopes"]) if call.caller is not None and call.actor.mode == "service_token" else 0
    call.reference_count += 1 + scopes
    call.inserted_length += len(reference)
    return call.reference_count <= FOLLOWED_LIMIT and call.inserted_length <= WRITTEN_LIMIT


def _look_up(
    call: Call, reference: str, lookup_places: LookupPlaces, origin: Target
) -> tuple[Target, str, LookupPlaces]:
    """Return the secret that a reference names, its value (or ""), and the folders to look up its references in."""
    if "." in reference:
        target = parse_reference(reference, lookup_places[-1])
        places = (Place(lookup_places[-1].project_id, target.environment, target.path),)
        return target, _read_value(call, lookup_places[-1].project_id, target, origin), places
    for number, place in enumerate(lookup_places[:-1], 1):
        if can_read(call, place.environment, place.path):
            target = parse_reference(reference, place)
            value = _read_value(call, place.project_id, target, origin)
            if value:
                return target, value, lookup_places[:number]
    target = parse_reference(reference, lookup_places[-1])
    return target, _read_value(call, lookup_places[-1].project_id, target, origin), lookup_places


def _look_up_today(
    call: Call, reference: str, places: LookupPlaces, origin: Target, first_places: LookupPlaces, scope: LookupScope
) -> tuple[Target, str, LookupPlaces]:
    """Return the same on today's server (createRelativeImportExpander in secret-v2-bridge-fns.ts at b6187fc3).

    `first_places` are those of the secret that is read: a reference that names the first of them means all of them.
    """
    target = parse_reference(reference, places[0])
    if "." in reference:
        place = Place(places[0].project_id, target.environment, target.path)
        places = first_places if place == first_places[0] else (place,)
    for place in places:
        secret = lookup.find_secret(call, place, target.key, scope)
        if secret is not None:
            _require_readable(call, Target(place.environment, place.path, target.key), origin)
            return target, str(secret["value"]), places
    # a missing key of an importing folder stays as it is (secret-import-reference.spec.ts at 4bf998fa)
    if len(places) == 1:
        _require_readable(call, target, origin)
    return target, "", places


def _require_readable(call: Call, target: Target, origin: Target) -> None:
    if not can_read(call, target.environment, target.path):
        raise forbidden(
            f"You do not have permission to read secret {_describe_target(target)}, "
            f"which is referenced by secret {_describe_target(origin)}."
        )


def _read_value(call: Call, project_id: str, target: Target, origin: Target) -> str:
    """Return the value of a secret, "" if there is no such secret."""
    _require_readable(call, target, origin)
    folder = tree.find_folder(call.draft, project_id, target.environment, target.path)
    secret = None if folder is None else store.find_secret(call.draft, folder, target.key)
    return "" if secret is None else str(secret["value"])


def _describe_target(target: Target) -> str:
    return f"'{target.key}' in environment '{target.environment}' at path '{target.path}'"


def _escape_newlines(text: str) -> str:
    if "\n" not in text:
        return text
    lines = text.replace("\n", "\\n")
    return f'"{lines}"'


# ---- the secrets that a secret refers to
def build_tree(call: Call, place: Place, secret: Row) -> dict[str, Any]:
    """Return the tree of a secret's references; the secret itself is the root."""
    origin = Target(place.environment, place.path, secret["key"])

    def build_node(
        key: str, value: str, place_of_value: Place, visited: frozenset[Target], depth: int
    ) -> dict[str, Any]:
        children = []
        for reference in PATTERN.findall(value) if depth <= DEPTH_LIMIT else ():
            if not _may_follow(call, reference):
                break
            target = parse_reference(reference, place_of_value)
            child_value = _read_value(call, place.project_id, target, origin)
            call.inserted_length += len(child_value)
            places = Place(place.project_id, target.environment, target.path)
            child_depth = DEPTH_LIMIT + 1 if target in visited else depth + 1
            children.append(build_node(target.key, child_value, places, visited | {target}, child_depth))
        return {
            "key": key,
            "value": value,
            "environment": place_of_value.environment,
            "secretPath": place_of_value.path,
            "children": children,
        }

    return build_node("root", str(secret["value"]), place, frozenset({origin}), 0)


# ---- the secrets that refer to a secret
def build_dependents(call: Call, place: Place, key: str) -> dict[str, Any]:
    """Return the tree of the secrets of a project that refer to one, directly and through others.

    A secret has children once: the tree grows with the number of secrets, not of the paths between them.
    """
    referring: dict[Target, list[Target]] = {}
    for folder_place, row in _iterate_secrets(call, place.project_id):
        source = Target(folder_place.environment, folder_place.path, row["key"])
        for target in dict.fromkeys(parse_reference(one, folder_place) for one in PATTERN.findall(row["value"])):
            referring.setdefault(target, []).append(source)
    visited: set[Target] = set()

    def build_node(target: Target, depth: int) -> dict[str, Any]:
        sources = [] if target in visited or depth > DEPTH_LIMIT else referring.get(target, [])
        visited.add(target)
        return {
            "key": target.key,
            "environment": target.environment,
            "secretPath": target.path,
            "children": [build_node(one, depth + 1) for one in sources],
        }

    return build_node(Target(place.environment, place.path, key), 0)


def _iterate_secrets(call: Call, project_id: str) -> Iterator[tuple[Place, Row]]:
    for environment in tree.list_environments(call.draft, project_id):
        for path, folder in tree.walk_folders(call.draft, tree.get_root(call.draft, environment["id"]), "/"):
            place = Place(project_id, environment["slug"], path)
            for row in store.list_shared(call.draft, folder):
                yield place, row
