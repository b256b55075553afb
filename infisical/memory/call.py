"""Call: one request as a handler of the memory server sees it: validated, its caller known, with a draft to write to.

A handler gets nothing else: no clock, no randomness, no state but the draft's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from infisical.memory.refusals import unauthorized
from infisical.memory.state import Draft, Row
from infisical.request import HttpRequest


@dataclass(frozen=True, slots=True)
class Actor:
    """Who calls: by which kind of credential, and as whom."""

    mode: Literal["jwt", "identity_access_token", "service_token", "mfa"]
    id: str
    """Of the user, the machine identity or the service token."""
    organization_id: str | None
    token_id: str
    """Of the session, the access token or the service token."""
    row: Row = field(repr=False)
    """Of the user, the machine identity or the service token."""

    @property
    def kind(self) -> str:
        """What the server calls it: `user`, `identity` or `service`."""
        return {"identity_access_token": "identity", "service_token": "service"}.get(self.mode, "user")


def format_time(seconds: float) -> str:
    """Write seconds since the epoch as the server does: ISO 8601 in UTC, with milliseconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_time(text: str) -> float:
    """Read an ISO 8601 text as seconds since the epoch; UTC where it does not say."""
    read = datetime.fromisoformat(text)
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()


@dataclass(slots=True)
class Call:
    """One request: what it asks, who asks, when; and the draft that its handler reads and writes."""

    draft: Draft
    request: HttpRequest
    now: float
    """Seconds since the epoch."""
    path: Mapping[str, str]
    query: Mapping[str, Any] = field(default_factory=dict, repr=False)
    body: Mapping[str, Any] = field(default_factory=dict, repr=False)
    caller: Actor | None = None
    sent: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """The body before validation, with names that the route does not know; empty if it is no object."""
    followed: int = 0
    """References that this request has followed so far: references.py has their limit."""
    written: int = 0
    """Characters that this request has put in for references so far."""

    @property
    def actor(self) -> Actor:
        """Who calls; on a route that is open to all, only where a credential is there."""
        if self.caller is None:
            raise unauthorized("Token missing")
        return self.caller

    @property
    def organization_id(self) -> str:
        """The organization that the caller's credential belongs to."""
        if self.actor.organization_id is None:
            raise unauthorized(
                "no organization found in request", f"{self.request.url} Unauthorized Access, no organization found"
            )
        return self.actor.organization_id

    @property
    def at(self) -> str:
        """The time of this call, as rows hold it."""
        return format_time(self.now)

    @property
    def before(self) -> bool:
        """True on the generation of October 2024."""
        return self.draft.state.settings.generation == "2024-10"

    def header(self, name: str) -> str | None:
        """Return a header of the request, whatever its case; the first if it is there more than once."""
        return next((value for key, value in self.request.headers if key.lower() == name.lower()), None)

    def new_row(self, **columns: Any) -> dict[str, Any]:
        """Return the start of a row: a new id, these columns, and this time as createdAt and updatedAt."""
        return {"id": self.draft.new_id(), **columns, "createdAt": self.at, "updatedAt": self.at}


def pick(row: Row, *names: str) -> dict[str, Any]:
    """Return some columns of a row, in this order; those that it does not have stay out."""
    return {name: row[name] for name in names if name in row}
