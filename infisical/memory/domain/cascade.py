"""Cascade: taking away what a user, an organization or a project owned, as the server's database does it by itself.

Rows name their owner in a column (`orgId`, `projectId`, `userId`, `identityId`), by the table that they are in
(`("secrets", folder_id)`) or by their key (`<user id>:KEY`), so that no group has to be known here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from infisical.memory.state import Draft, Row

OWNER_COLUMNS: Final = ("orgId", "projectId", "userId", "identityId")


def remove(draft: Draft, ids: Iterable[str]) -> None:
    """Take the rows with these ids away, all that belongs to them, all that belongs to that, and so on.

    It looks through the tables that the request began with: call it before writing what should stay.
    """
    gone = set(ids)
    before = -1
    while before != len(gone):
        before = len(gone)
        for name in list(draft.state.tables):
            owned = isinstance(name, tuple) and name[1] in gone
            rows = draft.rows(name)
            lost = [key for key, row in rows.items() if owned or _is_owned(key, row, gone)]
            gone.update(str(rows[key]["id"]) for key in lost if "id" in rows[key])
            for key in lost:
                draft.drop(name, key)


def _is_owned(key: str, row: Row, gone: set[str]) -> bool:
    return key.partition(":")[0] in gone or any(_is_one_of(row.get(column), gone) for column in OWNER_COLUMNS)


def _is_one_of(value: Any, gone: set[str]) -> bool:
    return isinstance(value, str) and value in gone
