"""Dynamic secrets: their rows and those of their leases, by folder, and how long both live.

What a provider takes and makes is in providers.py; what requests may say, in routes/dynamic_secrets.py.
"""

from __future__ import annotations

import re
from typing import Final

from infisical.memory.call import Call, parse_time
from infisical.memory.state import Row

MOST_LEASES: Final = 10_000
"""Of one dynamic secret."""
UNITS: Final = {
    **dict.fromkeys(("milliseconds", "millisecond", "msecs", "msec", "ms"), 0.001),
    **dict.fromkeys(("seconds", "second", "secs", "sec", "s"), 1.0),
    **dict.fromkeys(("minutes", "minute", "mins", "min", "m"), 60.0),
    **dict.fromkeys(("hours", "hour", "hrs", "hr", "h"), 3600.0),
    **dict.fromkeys(("days", "day", "d"), 86400.0),
    **dict.fromkeys(("weeks", "week", "w"), 604800.0),
    **dict.fromkeys(("years", "year", "yrs", "yr", "y"), 31557600.0),
}
"""Seconds; a year has 365 days and a quarter."""


def dynamic_secrets(folder_id: str) -> tuple[str, str]:
    """Return the table of a folder's dynamic secrets: id -> id, name, type, inputs, defaultTTL, maxTTL, ..."""
    return ("dynamic_secrets", folder_id)


def leases(folder_id: str) -> tuple[str, str]:
    """Return the table of the leases in a folder: id -> id, dynamicSecretId, externalEntityId, expireAt, ..."""
    return ("dynamic_secret_leases", folder_id)


def duration(text: str) -> float | None:
    """Return the seconds of a duration such as `1h`, `30m` or `1.5 days`, None if it is none; bare, milliseconds."""
    found = re.fullmatch(r"(-?(?:\d+(?:\.\d+)?|\.\d+)) *([a-z]*)", text.strip().lower())
    unit = UNITS.get(found[2] or "ms") if found is not None else None
    return None if found is None or unit is None else float(found[1]) * unit


def drop_expired(call: Call, folder_id: str) -> None:
    """Take away the leases of a folder whose time has come, as the server's queue does on its own."""
    table = leases(folder_id)
    for lease in list(call.draft.rows(table).values()):
        if call.now >= parse_time(lease["expireAt"]):
            call.draft.drop(table, lease["id"])


def leases_of(call: Call, secret: Row) -> list[Row]:
    """Return the leases of a dynamic secret that live, oldest first."""
    drop_expired(call, secret["folderId"])
    return call.draft.where(leases(secret["folderId"]), dynamicSecretId=secret["id"])


def drop_dynamic_secret(call: Call, secret: Row) -> None:
    """Take a dynamic secret away, and its leases."""
    folder_id = secret["folderId"]
    for lease in call.draft.where(leases(folder_id), dynamicSecretId=secret["id"]):
        call.draft.drop(leases(folder_id), lease["id"])
    call.draft.drop(dynamic_secrets(folder_id), secret["id"])


def drop_dynamic_secrets(call: Call, folder_id: str) -> None:
    """Take away all dynamic secrets of a folder, and their leases."""
    call.draft.clear(leases(folder_id))
    call.draft.clear(dynamic_secrets(folder_id))
