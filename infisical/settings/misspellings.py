"""Misspelled names of environment variables: each is an error that suggests the name that the library reads.

A misspelled variable has no effect otherwise, and its credential would be missing or another one. Names of other
programs are left alone: those of Infisical's command line, and those that Kubernetes sets for a service.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from infisical.settings.variables import KNOWN_VARIABLES

MAX_EDIT_COUNT: Final = 2
FOREIGN_NAMES: Final = re.compile(
    r"INFISICAL_(?:PORT.*|SERVICE_PORT.*|SERVICE_HOST"
    r"|ADMIN_EMAIL|ADMIN_PASSWORD|ADMIN_ORGANIZATION|TELEMETRY_ENABLED|CUSTOM_HEADERS|DISABLE_UPDATE_CHECK"
    r"|VAULT_FILE_PASSPHRASE|(?:RETRY|AGENT_PROXY|PAM|RELAY|GATEWAY)_.*"
    # a service named `infisical-NAME`
    r"|\w+_SERVICE_HOST|\w+_SERVICE_PORT(?:_\w+)?|\w+_PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?)",
    re.DOTALL,
)
"""Variables of other programs. Only names of at most `MAX_LENGTH` characters are compared with it."""
PAIRS: Final = ("IN", "FI", "SI", "CA", "L_")
"""The first ten characters of each name. Two edits damage at most four of these pairs: a swap may damage two."""
MIN_LENGTH: Final = min(map(len, KNOWN_VARIABLES)) - MAX_EDIT_COUNT
MAX_LENGTH: Final = max(map(len, KNOWN_VARIABLES)) + MAX_EDIT_COUNT
MAX_MISTAKES: Final = 5


def find_misspellings(environ: Mapping[str, str]) -> str | None:
    """Describe the names that are one or two edits away from a known one, or differ in case; None without any."""
    mistakes = []
    for name in environ:
        if not isinstance(name, str) or not MIN_LENGTH <= len(name) <= MAX_LENGTH or name in KNOWN_VARIABLES:
            continue
        suggestions = list_suggestions(name)
        if suggestions and environ[name]:
            mistakes.append(f"{_format_name(name)} is not a known variable: rename it to {' or '.join(suggestions)}")
    more = len(mistakes) - MAX_MISTAKES
    return "; ".join([*mistakes[:MAX_MISTAKES], *([f"and {more} more"] if more > 0 else [])]) or None


def list_suggestions(name: str) -> tuple[str, ...]:
    """Return the known names that are nearest to another name, at most two edits away; none for a foreign name.

    An edit inserts, removes or replaces a character, or swaps two neighbors. Upper and lower case are the same.
    """
    upper = name.upper()
    if not any(pair in upper[: 10 + MAX_EDIT_COUNT] for pair in PAIRS) or FOREIGN_NAMES.fullmatch(upper):
        return ()
    nearest = tuple(known for known in KNOWN_VARIABLES if is_near(upper, known, MAX_EDIT_COUNT))
    for limit in range(MAX_EDIT_COUNT):
        nearest = tuple(known for known in nearest if is_near(upper, known, limit)) or nearest
    return nearest


def is_near(left: str, right: str, limit: int) -> bool:
    """True if at most `limit` edits lead from one name to the other. The cost grows with 4 to the power of `limit`."""
    if left == right:
        return True
    if limit == 0 or abs(len(left) - len(right)) > limit:
        return False
    start, end = 0, min(len(left), len(right))
    while start < end and left[start] == right[start]:
        start += 1
    left, right = left[start:], right[start:]
    return (
        is_near(left[1:], right[1:], limit - 1)
        or is_near(left[1:], right, limit - 1)
        or is_near(left, right[1:], limit - 1)
        or (left[:2] == right[1::-1] and is_near(left[2:], right[2:], limit - 1))
    )


def _format_name(name: str) -> str:
    return name if re.fullmatch(r"[\w.-]+", name, re.ASCII) else ascii(name)
