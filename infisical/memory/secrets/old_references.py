"""References as the server of October 2024 expands them: `${KEY}` and `${env.path.to.KEY}` in a value, blanks trimmed.

The expansion works on the whole text: a value replaces each occurrence of its reference. A reference into a folder
that does not exist is an accident. A reference to nothing stays. Imports and personal overrides are not looked up.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from typing import Final

from infisical.memory import tree
from infisical.memory.call import Call
from infisical.memory.domain.places import Place
from infisical.memory.refusals import forbidden, internal_error
from infisical.memory.secrets import store

PATTERN: Final = re.compile(r"\$\{([^}]+)\}")
DEPTH_LIMIT: Final = 10
"""The deepest value whose references are expanded; the value of the secret itself has depth 0."""
FOLLOWED_LIMIT: Final = 2_000
"""The most references that one request follows: each one is a pass over the text."""
WRITTEN_LIMIT: Final = 1 << 20
"""The most characters of an expanded value."""


def expand_text(call: Call, place: Place, value: str, may_read: Callable[[Place], bool]) -> str:
    """Return a value of a place with its references expanded; refuse one into a folder that the caller may not read."""
    text = value
    queue = deque([(value, place, 0)])
    while queue:
        part, place_of_part, depth = queue.pop()
        if depth > DEPTH_LIMIT:
            continue
        for reference in PATTERN.findall(part):
            call.reference_count += 1
            if call.reference_count > FOLLOWED_LIMIT:
                return text
            target, key = _locate(reference, place_of_part)
            value_of_target = _read_value(call, target, key, may_read)
            if PATTERN.search(value_of_target):
                queue.append((value_of_target, target, depth + 1))
            replaced = text.replace(f"${{{reference}}}", value_of_target) if value_of_target else text
            if len(replaced) > WRITTEN_LIMIT:
                return text
            text = replaced
    return text


def _locate(reference: str, place: Place) -> tuple[Place, str]:
    """Return the folder and the name of a secret that a reference in a value of this place names."""
    head, *parts = reference.strip().split(".")
    if not parts:
        return place, head
    return Place(place.project_id, head, tree.normalize_path("/".join(parts[:-1]))), parts[-1]


def _read_value(call: Call, place: Place, key: str, may_read: Callable[[Place], bool]) -> str:
    """Return the value of a secret, "" if the folder has none of that name."""
    if not may_read(place):
        raise forbidden(
            f"You are attempting to reference secret named {key} from environment {place.environment} "
            f"in path {place.path} which you do not have access to."
        )
    folder = tree.find_folder(call.draft, place.project_id, place.environment, place.path)
    if folder is None:
        raise internal_error()
    secret = store.find_secret(call.draft, folder, key)
    return "" if secret is None else str(secret["value"])
