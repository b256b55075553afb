"""The rows of app connections, for their own routes and for those of secret syncs."""

from __future__ import annotations

from typing import Any, Final

from infisical.memory import tables
from infisical.memory.access import permit, permit_organization
from infisical.memory.app_connections.apps import APPS, App
from infisical.memory.call import Call, pick
from infisical.memory.refusals import Refusal, bad_request, not_found
from infisical.memory.state import Row

CONNECTIONS: Final = "app_connections"  # id -> the columns of answers, and all credentials
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


def make_missing_route(call: Call) -> Refusal:
    """Make the refusal of an unknown app or destination: the server has one route for each, and none for this."""
    address = call.request.url.partition("://")[2].partition("?")[0]
    _, slash, path = address.partition("/")
    return Refusal(404, "Not Found", f"Route {call.request.method}:{slash}{path} not found")


def get_app(call: Call) -> App:
    """Return the app that the path names."""
    app = APPS.get(call.path["app"])
    if app is None:
        raise make_missing_route(call)
    return app


def describe_connection(call: Call, row: Row) -> dict[str, Any]:
    """Return a connection as answers have it: with the public part of its credentials."""
    project = None if row["projectId"] is None else call.draft.get(tables.PROJECTS, row["projectId"])
    return {
        **pick(row, *COLUMNS),
        "project": project and pick(project, "name", "id", "type", "slug"),
        "credentials": APPS[row["app"]].methods[row["method"]].select_public(row["credentials"]),
    }


def permit_connection(call: Call, row: Row, action: str) -> None:
    """Refuse a caller without this permission for a connection of an organization or project."""
    if row["projectId"] is None:
        permit_organization(call, action, SUBJECT, row["orgId"])
    else:
        permit(call, row["projectId"], action, SUBJECT)


def get_connection(call: Call, identifier: str, action: str) -> Row:
    row = call.draft.get(CONNECTIONS, identifier)
    if row is None:
        raise not_found(f"Could not find App Connection with ID {identifier}")
    permit_connection(call, row, action)
    return row


def get_usable(call: Call, identifier: str, app: str, project_id: str) -> Row:
    """Return a connection that a project may use for this app."""
    row = get_connection(call, identifier, "connect")
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
