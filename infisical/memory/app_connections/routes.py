"""App connections: how the server reaches other services. Their credentials are kept, and never answered in full."""

from __future__ import annotations

import json
from typing import Any, Final

from infisical.memory.access import permit, permit_organization
from infisical.memory.app_connections import store
from infisical.memory.app_connections.apps import APPS, App, title
from infisical.memory.app_connections.store import CONNECTIONS, SUBJECT, app_of, shown
from infisical.memory.call import Call, pick
from infisical.memory.domain import instance
from infisical.memory.refusals import Refusal, bad_request, not_found
from infisical.memory.routing import MACHINES, Answer, route
from infisical.memory.state import Row
from infisical.memory.tables import SECRET_SYNCS
from infisical.memory.validation import Issues, anything, boolean, build_issue, guid, obj, record, slug, string

CONNECTIONS_PATH: Final = "/api/v1/app-connections"
APP_PATH: Final = f"{CONNECTIONS_PATH}/{{app}}"
CONNECTION_PATH: Final = f"{APP_PATH}/{{connectionId}}"
OPTIONS: Final = {
    "description": string(most=256).or_null().optional(),
    "isPlatformManagedCredentials": boolean().optional(),
    "gatewayId": guid().or_null().optional(),
}
CREATE: Final = obj(
    OPTIONS, name=slug(), method=string(), credentials=record(anything()), projectId=string().optional()
)
UPDATE: Final = obj(OPTIONS, name=slug().optional(), credentials=record(anything()).optional())
OF_PROJECT: Final = obj(projectId=string().optional())


# ---- what may be sent
def credentials_of(app: App, method: str, given: Any) -> Any:
    """Return credentials as the app's method reads them; refuse what it cannot."""
    issues: Issues = []
    if method not in app.methods:
        expected = " | ".join(f"'{one}'" for one in app.methods)
        issues.append(
            {
                "code": "invalid_union_discriminator",
                "options": list(app.methods),
                "path": ["method"],
                "message": f"Invalid discriminator value. Expected {expected}",
            }
        )
        raise Refusal(422, "ValidationFailure", issues)
    read = app.methods[method].field().read(given, ("credentials",), issues)
    if issues:
        raise Refusal(422, "ValidationFailure", issues)
    return read


def check_options(call: Call, app: App) -> None:
    """Refuse what not every app can do, where this one cannot, and gateways that are not there."""
    issues: Issues = []
    if call.body.get("isPlatformManagedCredentials") and not app.managed:
        text = f"Platform managed credentials are not supported for {app.name} Connections"
        issues.append(build_issue(text, ("isPlatformManagedCredentials",)))
    gateway = call.body.get("gatewayId")
    if gateway is not None and not app.gateways:
        issues.append(build_issue(f"Gateways are not supported for {app.name} Connections", ("gatewayId",)))
    if issues:
        raise Refusal(422, "ValidationFailure", issues)
    if gateway is not None:
        raise not_found(f"Gateway with ID {gateway} not found for org")  # no route of this server makes one


def digest(call: Call, credentials: Any) -> str:
    return instance.sign_text(call.draft, json.dumps(credentials, sort_keys=True))


def unused(call: Call, name: str, but: str | None = None) -> None:
    other = call.draft.find(CONNECTIONS, orgId=call.organization_id, name=name)
    if other is not None and other["id"] != but:
        raise bad_request(f'An App Connection with the name "{name}" already exists')


def of_app(call: Call, row: Row, what: str) -> Row:
    if row["app"] != call.path["app"]:
        raise bad_request(f'App Connection with {what} is not for App "{call.path["app"]}"')
    return row


def named_by_path(call: Call, action: str) -> Row:
    """Return the connection that the path names by app and id."""
    app_of(call)
    identifier = call.path["connectionId"]
    issues: Issues = []
    guid().read(identifier, ("connectionId",), issues)
    if issues:
        raise Refusal(422, "ValidationFailure", issues)
    return of_app(call, store.found(call, identifier, action), f"ID {identifier}")


def visible(call: Call) -> list[Row]:
    """Return the connections of the project that the query names, or else of the organization."""
    project_id = call.query.get("projectId")
    if project_id is not None:
        permit(call, project_id, "read", SUBJECT)
        return call.draft.where(CONNECTIONS, projectId=project_id)
    permit_organization(call, "read", SUBJECT)
    return call.draft.where(CONNECTIONS, orgId=call.organization_id)


# ---- all apps
@route("GET", CONNECTIONS_PATH, generation="current", access=MACHINES, query=OF_PROJECT)
def list_all_connections(call: Call) -> Answer:
    return {"appConnections": [shown(call, row) for row in visible(call)]}


@route("GET", f"{CONNECTIONS_PATH}/options", generation="current", access=MACHINES)
def list_connection_options(call: Call) -> Answer:
    options = [{"name": app.name, "app": slug, "methods": list(app.methods)} for slug, app in APPS.items()]
    return {"appConnectionOptions": sorted(options, key=lambda option: str(option["name"]).lower())}


# ---- one app
@route("GET", APP_PATH, generation="current", access=MACHINES, query=OF_PROJECT)
def list_connections(call: Call) -> Answer:
    app_of(call)
    return {"appConnections": [shown(call, row) for row in visible(call) if row["app"] == call.path["app"]]}


@route("GET", f"{APP_PATH}/available", generation="current", access=MACHINES, query=OF_PROJECT)
def list_available_connections(call: Call) -> Answer:
    app_of(call)
    permit_organization(call, "connect", SUBJECT)
    rows = call.draft.where(CONNECTIONS, orgId=call.organization_id, projectId=None, app=call.path["app"])
    project_id = call.query.get("projectId")
    if project_id is not None:
        permit(call, project_id, "connect", SUBJECT)
        rows += call.draft.where(CONNECTIONS, projectId=project_id, app=call.path["app"])
    rows.sort(key=lambda row: str(row["name"]).lower())
    return {"appConnections": [pick(row, "app", "name", "id", "projectId", "orgId") for row in rows]}


@route("POST", APP_PATH, generation="current", access=MACHINES, body=CREATE)
def create_connection(call: Call) -> Answer:
    app, body = app_of(call), call.body
    credentials = credentials_of(app, body["method"], body["credentials"])
    check_options(call, app)
    project_id = body.get("projectId")
    store.allow(call, {"projectId": project_id, "orgId": call.organization_id}, "create")
    unused(call, body["name"])
    row = call.new_row(
        name=body["name"],
        description=body.get("description"),
        app=call.path["app"],
        method=body["method"],
        orgId=call.organization_id,
        version=1,
        isPlatformManagedCredentials=body.get("isPlatformManagedCredentials", False),
        gatewayId=None,
        gatewayPoolId=None,
        isAutoRotationEnabled=False,
        projectId=project_id,
        credentialsHash=digest(call, credentials),
        credentials=credentials,
    )
    return {"appConnection": shown(call, call.draft.put(CONNECTIONS, row["id"], row))}


# ---- one connection
@route("GET", CONNECTION_PATH, generation="current", access=MACHINES)
def get_connection(call: Call) -> Answer:
    return {"appConnection": shown(call, named_by_path(call, "read"))}


@route("GET", f"{APP_PATH}/connection-name/{{connectionName}}", generation="current", access=MACHINES, query=OF_PROJECT)
def get_connection_by_name(call: Call) -> Answer:
    app_of(call)
    name = call.path["connectionName"]
    row = call.draft.find(CONNECTIONS, orgId=call.organization_id, name=name, **call.query)
    if row is None:
        raise not_found(f"Could not find App Connection with name {name}")
    store.allow(call, row, "read")
    return {"appConnection": shown(call, of_app(call, row, f"name {name}"))}


@route("PATCH", CONNECTION_PATH, generation="current", access=MACHINES, body=UPDATE)
def update_connection(call: Call) -> Answer:
    row, app = named_by_path(call, "edit"), app_of(call)
    check_options(call, app)
    columns = dict(call.body)
    credentials = columns.get("credentials")
    managed = columns.get("isPlatformManagedCredentials")
    if row["isPlatformManagedCredentials"] and (managed is False or credentials is not None):
        raise bad_request("Cannot update credentials or management status for platform managed connections")
    if managed and not row["isPlatformManagedCredentials"] and credentials is None:
        raise bad_request("Credentials required to transition to platform managed credentials")
    if credentials is not None:
        issues: Issues = []
        read = app.methods[row["method"]].field().read(credentials, ("credentials",), issues)
        if issues:
            raise bad_request(f"Invalid credential format for {app.name} Connection with method {title(row['method'])}")
        columns.update(credentials=read, credentialsHash=digest(call, read))
    if "name" in columns:
        unused(call, columns["name"], but=row["id"])
    return {"appConnection": shown(call, call.draft.merge(CONNECTIONS, row["id"], **columns, updatedAt=call.timestamp))}


@route("DELETE", CONNECTION_PATH, generation="current", access=MACHINES)
def delete_connection(call: Call) -> Answer:
    row = named_by_path(call, "delete")
    if call.draft.find(SECRET_SYNCS, connectionId=row["id"]) is not None:
        raise bad_request(
            "Cannot delete App Connection with existing connections. Remove all existing connections and try again."
        )
    call.draft.drop(CONNECTIONS, row["id"])
    return {"appConnection": shown(call, row)}
