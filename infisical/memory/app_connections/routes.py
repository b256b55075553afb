"""The routes of app connections, which the server uses to reach other services. Answers omit secret credentials."""

from __future__ import annotations

import json
from typing import Any, Final

from infisical.memory.access import permit, permit_organization
from infisical.memory.app_connections import store
from infisical.memory.app_connections.apps import APPS, App, format_method
from infisical.memory.app_connections.store import CONNECTIONS, SUBJECT, describe_connection, get_app
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
OPTION_FIELDS: Final = {
    "description": string(most=256).or_null().optional(),
    "isPlatformManagedCredentials": boolean().optional(),
    "gatewayId": guid().or_null().optional(),
}
CREATE_BODY: Final = obj(
    OPTION_FIELDS, name=slug(), method=string(), credentials=record(anything()), projectId=string().optional()
)
UPDATE_BODY: Final = obj(OPTION_FIELDS, name=slug().optional(), credentials=record(anything()).optional())
PROJECT_QUERY: Final = obj(projectId=string().optional())


# ---- requests
def read_credentials(app: App, method: str, credentials: Any) -> Any:
    """Return credentials as the app's method reads them; refuse invalid ones."""
    issues: Issues = []
    if method not in app.methods:
        expected = " | ".join(f"'{name}'" for name in app.methods)
        issues.append(
            {
                "code": "invalid_union_discriminator",
                "options": list(app.methods),
                "path": ["method"],
                "message": f"Invalid discriminator value. Expected {expected}",
            }
        )
        raise Refusal(422, "ValidationFailure", issues)
    fields = app.methods[method].make_field().read(credentials, ("credentials",), issues)
    if issues:
        raise Refusal(422, "ValidationFailure", issues)
    return fields


def check_options(call: Call, app: App) -> None:
    """Refuse options that the app does not support, and unknown gateways."""
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
        raise not_found(f"Gateway with ID {gateway} not found for org")  # no route of this server creates one


def hash_credentials(call: Call, credentials: Any) -> str:
    return instance.sign_text(call.draft, json.dumps(credentials, sort_keys=True))


def check_name(call: Call, name: str, excluded_id: str | None = None) -> None:
    other = call.draft.find(CONNECTIONS, orgId=call.organization_id, name=name)
    if other is not None and other["id"] != excluded_id:
        raise bad_request(f'An App Connection with the name "{name}" already exists')


def check_app(call: Call, row: Row, what: str) -> Row:
    if row["app"] != call.path["app"]:
        raise bad_request(f'App Connection with {what} is not for App "{call.path["app"]}"')
    return row


def get_named(call: Call, action: str) -> Row:
    """Return the connection that the path names by app and id."""
    get_app(call)
    identifier = call.path["connectionId"]
    issues: Issues = []
    guid().read(identifier, ("connectionId",), issues)
    if issues:
        raise Refusal(422, "ValidationFailure", issues)
    return check_app(call, store.get_connection(call, identifier, action), f"ID {identifier}")


def list_visible(call: Call) -> list[Row]:
    """Return the connections of the project that the query names, or else of the organization."""
    project_id = call.query.get("projectId")
    if project_id is not None:
        permit(call, project_id, "read", SUBJECT)
        return call.draft.where(CONNECTIONS, projectId=project_id)
    permit_organization(call, "read", SUBJECT)
    return call.draft.where(CONNECTIONS, orgId=call.organization_id)


# ---- all apps
@route("GET", CONNECTIONS_PATH, generation="current", access=MACHINES, query=PROJECT_QUERY)
def list_all_connections(call: Call) -> Answer:
    return {"appConnections": [describe_connection(call, row) for row in list_visible(call)]}


@route("GET", f"{CONNECTIONS_PATH}/options", generation="current", access=MACHINES)
def list_connection_options(call: Call) -> Answer:
    options = [{"name": app.name, "app": slug, "methods": list(app.methods)} for slug, app in APPS.items()]
    return {"appConnectionOptions": sorted(options, key=lambda option: str(option["name"]).lower())}


# ---- one app
@route("GET", APP_PATH, generation="current", access=MACHINES, query=PROJECT_QUERY)
def list_connections(call: Call) -> Answer:
    get_app(call)
    return {
        "appConnections": [
            describe_connection(call, row) for row in list_visible(call) if row["app"] == call.path["app"]
        ]
    }


@route("GET", f"{APP_PATH}/available", generation="current", access=MACHINES, query=PROJECT_QUERY)
def list_available_connections(call: Call) -> Answer:
    get_app(call)
    permit_organization(call, "connect", SUBJECT)
    rows = call.draft.where(CONNECTIONS, orgId=call.organization_id, projectId=None, app=call.path["app"])
    project_id = call.query.get("projectId")
    if project_id is not None:
        permit(call, project_id, "connect", SUBJECT)
        rows += call.draft.where(CONNECTIONS, projectId=project_id, app=call.path["app"])
    rows.sort(key=lambda row: str(row["name"]).lower())
    return {"appConnections": [pick(row, "app", "name", "id", "projectId", "orgId") for row in rows]}


@route("POST", APP_PATH, generation="current", access=MACHINES, body=CREATE_BODY)
def create_connection(call: Call) -> Answer:
    app, body = get_app(call), call.body
    credentials = read_credentials(app, body["method"], body["credentials"])
    check_options(call, app)
    project_id = body.get("projectId")
    store.permit_connection(call, {"projectId": project_id, "orgId": call.organization_id}, "create")
    check_name(call, body["name"])
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
        credentialsHash=hash_credentials(call, credentials),
        credentials=credentials,
    )
    return {"appConnection": describe_connection(call, call.draft.put(CONNECTIONS, row["id"], row))}


# ---- one connection
@route("GET", CONNECTION_PATH, generation="current", access=MACHINES)
def get_connection(call: Call) -> Answer:
    return {"appConnection": describe_connection(call, get_named(call, "read"))}


@route(
    "GET", f"{APP_PATH}/connection-name/{{connectionName}}", generation="current", access=MACHINES, query=PROJECT_QUERY
)
def get_connection_by_name(call: Call) -> Answer:
    get_app(call)
    name = call.path["connectionName"]
    row = call.draft.find(CONNECTIONS, orgId=call.organization_id, name=name, **call.query)
    if row is None:
        raise not_found(f"Could not find App Connection with name {name}")
    store.permit_connection(call, row, "read")
    return {"appConnection": describe_connection(call, check_app(call, row, f"name {name}"))}


@route("PATCH", CONNECTION_PATH, generation="current", access=MACHINES, body=UPDATE_BODY)
def update_connection(call: Call) -> Answer:
    row, app = get_named(call, "edit"), get_app(call)
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
        fields = app.methods[row["method"]].make_field().read(credentials, ("credentials",), issues)
        if issues:
            raise bad_request(
                f"Invalid credential format for {app.name} Connection with method {format_method(row['method'])}"
            )
        columns.update(credentials=fields, credentialsHash=hash_credentials(call, fields))
    if "name" in columns:
        check_name(call, columns["name"], excluded_id=row["id"])
    return {
        "appConnection": describe_connection(
            call, call.draft.merge(CONNECTIONS, row["id"], **columns, updatedAt=call.timestamp)
        )
    }


@route("DELETE", CONNECTION_PATH, generation="current", access=MACHINES)
def delete_connection(call: Call) -> Answer:
    row = get_named(call, "delete")
    if call.draft.find(SECRET_SYNCS, connectionId=row["id"]) is not None:
        raise bad_request(
            "Cannot delete App Connection with existing connections. Remove all existing connections and try again."
        )
    call.draft.drop(CONNECTIONS, row["id"])
    return {"appConnection": describe_connection(call, row)}
