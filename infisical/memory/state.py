"""State: all data of a server in memory as one immutable value; and Draft: the changes of one request.

Nothing changes a state. A request works on a draft, which copies a table at its first write. The draft then becomes
the next state, or is dropped as a whole. Ids, nonces and serial numbers derive from the seed and a counter, so that
equal states give equal answers. No clock, no I/O and no HTTP belong here.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, TypeAlias

Generation: TypeAlias = Literal["current", "2024-10"]

Plan: TypeAlias = Literal["community", "enterprise"]
"""The license of a server: `community` refuses trusted addresses and dynamic secrets."""

Row: TypeAlias = Mapping[str, Any]
"""One row by the server's column names (camelCase). Nothing changes it in place."""

Table: TypeAlias = Mapping[str, Row]

Name: TypeAlias = "str | tuple[str, str]"
"""The name of a table, or of the part of a table that one owner has: `("secrets", folder_id)`."""

EMPTY_TABLE: Final[Mapping[Any, Any]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The configuration of a server in memory."""

    generation: Generation = "current"
    seed: int | str = 0
    site_url: str = "http://localhost:8080"
    rate_limits: Mapping[str, int] | None = None
    """Calls per minute by the class of the limiter (`read`, `write`, `secrets`, ...); None: no limits."""
    plan: Plan = "enterprise"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a new server starts with: one organization, one project, and the credentials of two callers."""

    organization_id: str
    project_id: str
    project_slug: str
    environment: str
    identity_id: str
    """A machine identity with universal auth; it is an admin of the organization and of the project."""
    client_id: str
    client_secret: str = field(repr=False)
    user_id: str
    """A user who is an admin of the organization, of the project and of the instance."""
    user_token: str = field(repr=False)
    """A JWT of that user, for endpoints that refuse machine identities; it does not expire."""


@dataclass(frozen=True, slots=True)
class State:
    """A server in memory as a value."""

    settings: Settings
    given: Given | None = None
    tables: Mapping[Name, Table] = field(default_factory=dict, repr=False)
    draws: int = 0

    def rows(self, name: Name) -> Table:
        """Return a table; a table without rows is empty, not missing."""
        return self.tables.get(name, EMPTY_TABLE)

    def of_generation(self, generation: Generation) -> State:
        """Return this server's data under another generation of the server software."""
        return replace(self, settings=replace(self.settings, generation=generation))

    def with_plan(self, plan: Plan) -> State:
        """Return this server's data under another license."""
        return replace(self, settings=replace(self.settings, plan=plan))


class Draft:
    """The changes of one request: it reads its own writes and leaves the initial state unchanged."""

    __slots__ = ("_changes", "_draws", "state")

    def __init__(self, state: State) -> None:
        self.state = state
        self._changes: dict[Name, dict[str, Row]] = {}
        self._draws = state.draws

    def rows(self, name: Name) -> Table:
        """Return a table; a table without rows is empty, not missing."""
        table = self._changes.get(name)
        return table if table is not None else self.state.tables.get(name, EMPTY_TABLE)

    def get(self, name: Name, key: str) -> Row | None:
        return self.rows(name).get(key)

    def find(self, table: Name, /, **equal: Any) -> Row | None:
        """Return the first row whose columns equal these."""
        return next(iter(self.where(table, **equal)), None)

    def where(self, table: Name, /, **equal: Any) -> list[Row]:
        """Return the rows whose columns equal these, oldest first."""
        conditions = equal.items()
        return [row for row in self.rows(table).values() if all(row.get(key) == value for key, value in conditions)]

    def put(self, name: Name, key: str, row: Row) -> Row:
        """Add a row, or replace the row of this key."""
        self._open_table(name)[key] = row
        return row

    def merge(self, table: Name, key: str, /, **columns: Any) -> Row:
        """Change some columns of an existing row."""
        return self.put(table, key, {**self.rows(table)[key], **columns})

    def drop(self, name: Name, key: str) -> Row | None:
        """Remove a row and return it; None if there is no such row."""
        return self._open_table(name).pop(key, None) if key in self.rows(name) else None

    def clear(self, name: Name) -> None:
        """Remove all rows of a table."""
        self._changes[name] = {}

    def random_bytes(self, count: int) -> bytes:
        """Draw pseudorandom bytes; equal states draw equal bytes."""
        self._draws += 1
        return hashlib.shake_256(f"{self.state.settings.seed}:{self._draws}".encode()).digest(count)

    def new_id(self) -> str:
        """Draw a UUID."""
        return str(uuid.UUID(bytes=self.random_bytes(16), version=4))

    def finish(self) -> State:
        """Return the state after these changes."""
        if not self._changes and self._draws == self.state.draws:
            return self.state
        tables = dict(self.state.tables)
        for name, table in self._changes.items():
            if table:
                tables[name] = table
            else:  # an empty table is dropped, so that servers with equal data compare equal
                tables.pop(name, None)
        return replace(self.state, tables=tables, draws=self._draws)

    def _open_table(self, name: Name) -> dict[str, Row]:
        table = self._changes.get(name)
        if table is None:
            table = self._changes[name] = dict(self.state.tables.get(name, EMPTY_TABLE))
        return table
