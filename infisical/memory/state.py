"""State: everything that a server in memory knows, as one immutable value; and Draft, one request's changes to it.

A state is never changed: a request works on a draft, whose tables are copied when they are first written, and the draft
becomes the next state, or is thrown away whole. Ids, nonces and serials are drawn from the seed and from how many were
drawn before, so that equal states give equal answers. No clock, no I/O, nothing of HTTP.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, TypeAlias

Generation: TypeAlias = Literal["current", "2024-10"]

Row: TypeAlias = Mapping[str, Any]
"""One row, in the server's own names (camelCase). Never changed in place."""

Table: TypeAlias = Mapping[str, Row]

Name: TypeAlias = "str | tuple[str, str]"
"""A table, or the part of a table that belongs to one owner: `("secrets", folder_id)`."""

EMPTY_TABLE: Final[Mapping[Any, Any]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a server in memory was set up."""

    generation: Generation = "current"
    seed: int | str = 0
    site_url: str = "http://localhost:8080"
    rate_limits: Mapping[str, int] | None = None
    """Calls in a minute by the limiter's class (`read`, `write`, `secrets`, ...); None as on self-hosted servers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a new server starts with: one organization, one project, and who may enter."""

    organization_id: str
    project_id: str
    project_slug: str
    environment: str
    identity_id: str
    """A machine identity: admin of the organization and of the project, with universal auth."""
    client_id: str
    client_secret: str = field(repr=False)
    user_id: str
    """A person: admin of the organization, of the project and of the instance."""
    user_token: str = field(repr=False)
    """A JWT of that person, for what machine identities may not call; it does not expire."""


@dataclass(frozen=True, slots=True)
class State:
    """A server in memory, as a value."""

    settings: Settings
    given: Given | None = None
    tables: Mapping[Name, Table] = field(default_factory=dict, repr=False)
    drawn: int = 0

    def rows(self, name: Name) -> Table:
        """Return a table, empty if nothing was ever put there."""
        return self.tables.get(name, EMPTY_TABLE)

    def of_generation(self, generation: Generation) -> State:
        """Return this server as another generation of the software would run it on the same data."""
        return replace(self, settings=replace(self.settings, generation=generation))


class Draft:
    """The changes of one request: reads what it wrote, and leaves the state that it began with as it was."""

    __slots__ = ("_changed", "_drawn", "state")

    def __init__(self, state: State) -> None:
        self.state = state
        self._changed: dict[Name, dict[str, Row]] = {}
        self._drawn = state.drawn

    def rows(self, name: Name) -> Table:
        """Return a table, empty if nothing was ever put there."""
        changed = self._changed.get(name)
        return changed if changed is not None else self.state.tables.get(name, EMPTY_TABLE)

    def get(self, name: Name, key: str) -> Row | None:
        return self.rows(name).get(key)

    def find(self, table: Name, /, **equal: Any) -> Row | None:
        """Return the first row whose columns are equal to these."""
        return next(iter(self.where(table, **equal)), None)

    def where(self, table: Name, /, **equal: Any) -> list[Row]:
        """Return the rows whose columns are equal to these, oldest first."""
        wanted = equal.items()
        return [row for row in self.rows(table).values() if all(row.get(key) == value for key, value in wanted)]

    def put(self, name: Name, key: str, row: Row) -> Row:
        """Add a row, or put it in the place of the one before."""
        self._writable(name)[key] = row
        return row

    def merge(self, table: Name, key: str, /, **columns: Any) -> Row:
        """Put some columns of a row that is there; the others stay."""
        return self.put(table, key, {**self.rows(table)[key], **columns})

    def drop(self, name: Name, key: str) -> Row | None:
        """Take a row away and return it."""
        return self._writable(name).pop(key, None) if key in self.rows(name) else None

    def clear(self, name: Name) -> None:
        """Take all rows of a table away."""
        self._changed[name] = {}

    def random_bytes(self, count: int) -> bytes:
        """Draw bytes: the same ones in the same state."""
        self._drawn += 1
        return hashlib.shake_256(f"{self.state.settings.seed}:{self._drawn}".encode()).digest(count)

    def new_id(self) -> str:
        """Draw a UUID."""
        return str(uuid.UUID(bytes=self.random_bytes(16), version=4))

    def finish(self) -> State:
        """Return the state after these changes."""
        if not self._changed and self._drawn == self.state.drawn:
            return self.state
        tables = dict(self.state.tables)
        for name, table in self._changed.items():
            if table:
                tables[name] = table
            else:  # a table without rows is no table: equal servers are equal values
                tables.pop(name, None)
        return replace(self.state, tables=tables, drawn=self._drawn)

    def _writable(self, name: Name) -> dict[str, Row]:
        changed = self._changed.get(name)
        if changed is None:
            changed = self._changed[name] = dict(self.state.tables.get(name, EMPTY_TABLE))
        return changed
