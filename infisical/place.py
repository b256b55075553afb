"""Place: the two arguments that locate secrets, as one value for `**where`."""

from __future__ import annotations

from typing import TypedDict


class Place(TypedDict):
    """A project and one of its environments, by its slug: `where: Place = {...}`, `client.secrets.list(**where)`."""

    project_id: str
    environment: str
