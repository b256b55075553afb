"""Call: one validated request, its caller and the draft that its handler reads and writes.

A handler sees nothing else: no clock, no source of randomness and no state except the draft.
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
    """The caller of a request: a user, a machine identity or a service token, and the kind of its credential."""

    mode: Literal["jwt", "identity_access_token", "service_token", "mfa"]
    id: str
    """The id of the user, the machine identity or the service token."""
    organization_id: str | None
    token_id: str
    """The id of the session, the access token or the service token."""
    row: Row = field(repr=False)
    """The row of the user, the machine identity or the service token."""

    @property
    def kind(self) -> str:
        """The server's name for this kind of caller: `user`, `identity` or `service`."""
        return {"identity_access_token": "identity", "service_token": "service"}.get(self.mode, "user")


def format_time(seconds: float) -> str:
    """Format seconds since the epoch as the server does: ISO 8601 in UTC, with milliseconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_time(text: str) -> float:
    """Parse an ISO 8601 text into seconds since the epoch; a text without an offset is in UTC."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


@dataclass(slots=True)
class Call:
    """One request with its time, its caller and its draft."""

    draft: Draft
    request: HttpRequest
    now: float
    """Seconds since the epoch."""
    path: Mapping[str, str]
    query: Mapping[str, Any] = field(default_factory=dict, repr=False)
    body: Mapping[str, Any] = field(default_factory=dict, repr=False)
    caller: Actor | None = None
    raw_body: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """The body before validation, unknown names included; empty if the body is not an object."""
    reference_count: int = 0
    """How many references this request has followed; references.py limits them."""
    inserted_length: int = 0
    """How many characters this request has inserted in place of references."""

    @property
    def actor(self) -> Actor:
        """The caller; refuse a request without a credential, which only public routes let through."""
        if self.caller is None:
            raise unauthorized("Token missing")
        return self.caller

    @property
    def organization_id(self) -> str:
        """The id of the organization that the caller's credential is for; refuse a credential without one."""
        if self.actor.organization_id is None:
            raise unauthorized(
                "no organization found in request", f"{self.request.url} Unauthorized Access, no organization found"
            )
        return self.actor.organization_id

    @property
    def timestamp(self) -> str:
        """The time of this call in the format of rows."""
        return format_time(self.now)

    @property
    def is_2024(self) -> bool:
        """True on a server of October 2024."""
        return self.draft.state.settings.generation == "2024-10"

    def header(self, name: str) -> str | None:
        """Return the first header of this name, whatever its case."""
        return next((value for key, value in self.request.headers if key.lower() == name.lower()), None)

    def new_row(self, **columns: Any) -> dict[str, Any]:
        """Build a row: a new id, these columns, and the time of the call as createdAt and updatedAt."""
        return {"id": self.draft.new_id(), **columns, "createdAt": self.timestamp, "updatedAt": self.timestamp}


def pick(row: Row, *names: str) -> dict[str, Any]:
    """Return these columns of a row in this order, without those that the row lacks."""
    return {name: row[name] for name in names if name in row}
