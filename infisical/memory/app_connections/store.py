"""Connections: rows of app connections, found and shown, for their own routes and for those of secret syncs."""

from __future__ import annotations

from typing import Any, Final

from infisical.memory import tables
from infisical.memory.access import permit, permit_organization
from infisical.memory.app_connections.apps import APPS, App
from infisical.memory.call import Call, pick
from infisical.memory.refusals import Refusal, bad_request, not_found
from infisical.memory.state import Row

CONNECTIONS: Final = "app_connections"  # id -> what is shown of it, and all credentials
SUBJECT: Final = "app-connections"
COLUMNS: Final = (
    "id",
    "name",
    "description",
    "app",
    "method",
    "orgId",
    "version",
    "createdAt",
    "updatedAt",
    "isPlatformManagedCredentials",
    "gatewayId",
    "gatewayPoolId",
    "isAutoRotationEnabled",
    "projectId",
    "credentialsHash",
)


def route_missing(call: Call) -> Refusal:
    """Refuse a path whose variable part the server has routes for, one by one, and this is none of them."""
    path = call.request.url.partition("://")[2].partition("?")[0]
    _, slash, rest = path.partition("/")
    return Refusal(404, "Not Found", f"Route {call.request.method}:{slash}{rest} not found")


def app_of(call: Call) -> App:
    """Return the app that the path names."""
    found = APPS.get(call.path["app"])
    if found is None:
        raise route_missing(call)
    return found


def shown(call: Call, row: Row) -> dict[str, Any]:
    """Return a connection as it is answered: without what is secret in its credentials."""
    project = None if row["projectId"] is None else call.draft.get(tables.PROJECTS, row["projectId"])
    return {
        **pick(row, *COLUMNS),
        "project": project and pick(project, "name", "id", "type", "slug"),
        "credentials": APPS[row["app"]].methods[row["method"]].shown(row["credentials"]),
    }


def allow(call: Call, row: Row, action: str) -> None:
    """Refuse who may not do this to a connection of an organization or of a project."""
    if row["projectId"] is None:
        permit_organization(call, action, SUBJECT, row["orgId"])
    else:
        permit(call, row["projectId"], action, SUBJECT)


def found(call: Call, identifier: str, action: str) -> Row:
    row = call.draft.get(CONNECTIONS, identifier)
    if row is None:
        raise not_found(f"Could not find App Connection with ID {identifier}")
    allow(call, row, action)
    return row


def usable(call: Call, identifier: str, app: str, project_id: str) -> Row:
    """Return a connection that a project may reach this app by."""
    row = found(call, identifier, "connect")
    if row["app"] != app:
        raise bad_request(
            f"{APPS[row['app']].name} Connection with ID {identifier} cannot be used to connect to {APPS[app].name}"
        )
    if row["projectId"] not in (None, project_id):
        raise bad_request(
            f'You cannot connect project App Connection with ID "{identifier}" from project with ID '
            f'"{row["projectId"]}" to project with ID "{project_id}"'
        )
    return row
