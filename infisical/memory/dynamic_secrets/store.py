"""The rows of dynamic secrets and of their leases, by folder, and the durations of leases.

providers.py makes the credentials, routes.py reads requests.
"""

from __future__ import annotations

import re
from typing import Final

from infisical.memory.call import Call, parse_time
from infisical.memory.state import Row

LEASE_LIMIT: Final = 10_000
"""The most leases of one dynamic secret."""
UNITS: Final = {
    **dict.fromkeys(("milliseconds", "millisecond", "msecs", "msec", "ms"), 0.001),
    **dict.fromkeys(("seconds", "second", "secs", "sec", "s"), 1.0),
    **dict.fromkeys(("minutes", "minute", "mins", "min", "m"), 60.0),
    **dict.fromkeys(("hours", "hour", "hrs", "hr", "h"), 3600.0),
    **dict.fromkeys(("days", "day", "d"), 86400.0),
    **dict.fromkeys(("weeks", "week", "w"), 604800.0),
    **dict.fromkeys(("years", "year", "yrs", "yr", "y"), 31557600.0),
}
"""Unit -> seconds; a year has 365.25 days."""


def get_secrets_table(folder_id: str) -> tuple[str, str]:
    """Return the table of a folder's dynamic secrets: id -> id, name, type, inputs, defaultTTL, maxTTL, ..."""
    return ("dynamic_secrets", folder_id)


def get_leases_table(folder_id: str) -> tuple[str, str]:
    """Return the table of the leases in a folder: id -> id, dynamicSecretId, externalEntityId, expireAt, ..."""
    return ("dynamic_secret_leases", folder_id)


def parse_duration(text: str) -> float | None:
    """Parse a duration such as `1h`, `30m` or `1.5 days` as seconds; milliseconds without a unit, None if invalid."""
    match = re.fullmatch(r"(-?(?:\d+(?:\.\d+)?|\.\d+)) *([a-z]*)", text.strip().lower())
    unit = UNITS.get(match[2] or "ms") if match is not None else None
    return None if match is None or unit is None else float(match[1]) * unit


def drop_expired(call: Call, folder_id: str) -> None:
    """Remove the expired leases of a folder. On a server a queue does this."""
    table = get_leases_table(folder_id)
    for lease in list(call.draft.rows(table).values()):
        if call.now >= parse_time(lease["expireAt"]):
            call.draft.drop(table, lease["id"])


def list_leases(call: Call, secret: Row) -> list[Row]:
    """Return the leases of a dynamic secret that live, oldest first."""
    drop_expired(call, secret["folderId"])
    return call.draft.where(get_leases_table(secret["folderId"]), dynamicSecretId=secret["id"])


def drop_secret(call: Call, secret: Row) -> None:
    """Remove a dynamic secret and its leases."""
    folder_id = secret["folderId"]
    for lease in call.draft.where(get_leases_table(folder_id), dynamicSecretId=secret["id"]):
        call.draft.drop(get_leases_table(folder_id), lease["id"])
    call.draft.drop(get_secrets_table(folder_id), secret["id"])


def drop_dynamic_secrets(call: Call, folder_id: str) -> None:
    """Remove all dynamic secrets of a folder and their leases."""
    call.draft.clear(get_leases_table(folder_id))
    call.draft.clear(get_secrets_table(folder_id))
