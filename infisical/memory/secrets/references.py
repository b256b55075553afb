"""References: `${KEY}`, `${env.KEY}` and `${env.path.to.KEY}` in values, found and put in; who refers to a secret.

A reference that names nothing, or an empty value, stays as it is written, and so does one that goes too deep or beyond
what one request may do. One that leads back to where it came from is put in once more as it is written, and not
followed. Personal overrides and imports are not looked at; but a secret that is imported is looked at from where it is
imported: `${KEY}` in its value is looked up there first, and where the secret lies if it is not there.
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
from infisical.memory.secrets import store
from infisical.memory.state import Row

PATTERN: Final = re.compile(r"\$\{([a-zA-Z0-9\-_.]+)\}")
DEEPEST: Final = 10
"""How many references one may follow another."""
MOST_FOLLOWED: Final = 20_000
"""References that one request follows in all; a service token's count once more for each of its scopes."""
MOST_WRITTEN: Final = 4 << 20
"""Characters that one request puts in for references in all."""

Lookup: TypeAlias = "tuple[Place, ...]"
"""Where `${KEY}` is looked up, first to last: the folders through which a secret is imported, then its own."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a reference names."""

    environment: str
    path: str
    key: str


def target_of(reference: str, place: Place) -> Target:
    """Return what a reference names for a value that lies in a place."""
    first, *others = reference.split(".")
    if not others:
        return Target(place.environment, place.path, first)
    return Target(first, tree.normalize_path("/".join(others[:-1])), others[-1])


def readable(call: Call, environment: str, path: str) -> bool:
    """Say whether a caller who may read secrets of a project may read them there: a service token has scopes."""
    if call.caller is None or call.actor.mode != "service_token":
        return True
    token = call.actor.row
    return "read" in token["permissions"] and any(
        access.matches_scope(one, environment, path) for one in token["scopes"]
    )


def expanded(call: Call, place: Place, secret: Row, lookup: Lookup = ()) -> str:
    """Return a secret's value with what it refers to put in; refuse who may not read that.

    `lookup` is for an imported secret; its last place is where the secret lies.
    """
    value = str(secret["value"])
    if PATTERN.search(value) is None:
        return value
    text = _put_in(call, lookup or (place,), Target(place.environment, place.path, secret["key"]), value)
    return _on_one_line(text) if secret["skipMultilineEncoding"] else text


def _put_in(call: Call, lookup: Lookup, origin: Target, value: str) -> str:
    def follow(text: str, here: Lookup, passed: frozenset[Target], depth: int) -> str:
        if depth > DEEPEST:
            return text
        parts, start = [], 0
        for match in PATTERN.finditer(text):
            if not _may_follow(call, match.group()):
                break
            parts += [text[start : match.start()], one(match, here, passed, depth)]
            start = match.end()
        return "".join((*parts, text[start:]))

    def one(match: re.Match[str], here: Lookup, passed: frozenset[Target], depth: int) -> str:
        target, found, there = _found(call, match.group(1), here, origin)
        call.inserted_length += len(found)
        if not found or call.inserted_length > MOST_WRITTEN:
            return match.group()
        return found if target in passed else follow(found, there, passed | {target}, depth + 1)

    return follow(value, lookup, frozenset({origin}), 0)


def _may_follow(call: Call, reference: str) -> bool:
    """Count a reference, and say whether this request may still follow it."""
    scopes = len(call.actor.row["scopes"]) if call.caller is not None and call.actor.mode == "service_token" else 0
    call.reference_count += 1 + scopes
    call.inserted_length += len(reference)
    return call.reference_count <= MOST_FOLLOWED and call.inserted_length <= MOST_WRITTEN


def _found(call: Call, reference: str, here: Lookup, origin: Target) -> tuple[Target, str, Lookup]:
    """Return what a reference names, its value (empty if there is none), and where that one's are looked up."""
    if "." in reference:
        target = target_of(reference, here[-1])
        there = (Place(here[-1].project_id, target.environment, target.path),)
        return target, _value(call, here[-1].project_id, target, origin), there
    for number, place in enumerate(here[:-1], 1):
        if readable(call, place.environment, place.path):
            target = target_of(reference, place)
            found = _value(call, place.project_id, target, origin)
            if found:
                return target, found, here[:number]
    target = target_of(reference, here[-1])
    return target, _value(call, here[-1].project_id, target, origin), here


def _value(call: Call, project_id: str, target: Target, origin: Target) -> str:
    """Return the value that a reference names, empty if there is none."""
    if not readable(call, target.environment, target.path):
        raise forbidden(
            f"You do not have permission to read secret {_told(target)}, which is referenced by secret {_told(origin)}."
        )
    folder = tree.find_folder(call.draft, project_id, target.environment, target.path)
    found = None if folder is None else store.find(call.draft, folder, target.key)
    return "" if found is None else str(found["value"])


def _told(target: Target) -> str:
    return f"'{target.key}' in environment '{target.environment}' at path '{target.path}'"


def _on_one_line(text: str) -> str:
    if "\n" not in text:
        return text
    lines = text.replace("\n", "\\n")
    return f'"{lines}"'


# ---- what a secret refers to
def tree_of(call: Call, place: Place, secret: Row) -> dict[str, Any]:
    """Return the tree of what a secret's value refers to; the secret itself is its root."""
    origin = Target(place.environment, place.path, secret["key"])

    def node(key: str, value: str, here: Place, passed: frozenset[Target], depth: int) -> dict[str, Any]:
        children = []
        for reference in PATTERN.findall(value) if depth <= DEEPEST else ():
            if not _may_follow(call, reference):
                break
            target = target_of(reference, here)
            found = _value(call, place.project_id, target, origin)
            call.inserted_length += len(found)
            there = Place(place.project_id, target.environment, target.path)
            deepest = DEEPEST + 1 if target in passed else depth + 1
            children.append(node(target.key, found, there, passed | {target}, deepest))
        return {
            "key": key,
            "value": value,
            "environment": here.environment,
            "secretPath": here.path,
            "children": children,
        }

    return node("root", str(secret["value"]), place, frozenset({origin}), 0)


# ---- what refers to a secret
def dependents_of(call: Call, place: Place, key: str) -> dict[str, Any]:
    """Return the tree of the secrets of a project that refer to one, and so on.

    A secret that stands in the tree already has no children the second time: the tree grows with the secrets, not with
    the ways between them.
    """
    referring: dict[Target, list[Target]] = {}
    for here, row in _everywhere(call, place.project_id):
        source = Target(here.environment, here.path, row["key"])
        for target in dict.fromkeys(target_of(one, here) for one in PATTERN.findall(row["value"])):
            referring.setdefault(target, []).append(source)
    seen: set[Target] = set()

    def node(target: Target, depth: int) -> dict[str, Any]:
        below = [] if target in seen or depth > DEEPEST else referring.get(target, [])
        seen.add(target)
        return {
            "key": target.key,
            "environment": target.environment,
            "secretPath": target.path,
            "children": [node(one, depth + 1) for one in below],
        }

    return node(Target(place.environment, place.path, key), 0)


def _everywhere(call: Call, project_id: str) -> Iterator[tuple[Place, Row]]:
    for environment in tree.list_environments(call.draft, project_id):
        for path, folder in tree.walk_folders(call.draft, tree.get_root(call.draft, environment["id"]), "/"):
            here = Place(project_id, environment["slug"], path)
            for row in store.shared_of(call.draft, folder):
                yield here, row
