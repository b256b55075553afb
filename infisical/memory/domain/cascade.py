"""Cascade: removes all rows that belong to a user, an organization or a project, as the server's database does.

A column (`orgId`, `projectId`, `userId`, `identityId`) names the owner of a row, or its table
(`("secrets", folder_id)`), or its key (`<user id>:KEY`). So this module needs to know no group.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from infisical.memory.state import Draft, Row

OWNER_COLUMNS: Final = ("orgId", "projectId", "userId", "identityId")


def remove(draft: Draft, ids: Iterable[str]) -> None:
    """Remove the rows with these ids and, recursively, all rows that they own.

    It reads the tables as they were before the request: call it before you write rows that must stay.
    """
    removed_ids = set(ids)
    count = -1
    while count != len(removed_ids):
        count = len(removed_ids)
        for name in list(draft.state.tables):
            owned = isinstance(name, tuple) and name[1] in removed_ids
            rows = draft.rows(name)
            keys = [key for key, row in rows.items() if owned or _is_owned(key, row, removed_ids)]
            removed_ids.update(str(rows[key]["id"]) for key in keys if "id" in rows[key])
            for key in keys:
                draft.drop(name, key)


def _is_owned(key: str, row: Row, removed_ids: set[str]) -> bool:
    return key.partition(":")[0] in removed_ids or any(
        _is_one_of(row.get(column), removed_ids) for column in OWNER_COLUMNS
    )


def _is_one_of(value: Any, removed_ids: set[str]) -> bool:
    return isinstance(value, str) and value in removed_ids
