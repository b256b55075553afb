"""Webhooks: URLs that a server calls when secrets change. The server in memory calls none: it has no network."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

from infisical.memory import tables
from infisical.memory.access import permit
from infisical.memory.call import Call, pick
from infisical.memory.domain.places import (
    describe_environment,
    get_environment,
    get_project_id,
    make_path_field,
    make_secret_path_field,
)
from infisical.memory.refusals import bad_request, not_found
from infisical.memory.routing import JWT, MACHINES, Answer, route
from infisical.memory.state import Row
from infisical.memory.validation import Field, Issues, Path, array, boolean, build_issue, choice, obj, string

WEBHOOKS_PATH: Final = "/api/v1/webhooks"
WEBHOOK_PATH: Final = "/api/v1/webhooks/{webhookId}"
SUBJECT: Final = "webhooks"
WEBHOOK_ROWS: Final = "webhooks"  # id -> id, projectId, envId, secretPath, type, url, secretKey, isDisabled, ...
COLUMNS: Final = (
    "id",
    "secretPath",
    "lastStatus",
    "lastRunErrorMessage",
    "isDisabled",
    "createdAt",
    "updatedAt",
    "envId",
    "type",
    "projectId",
)
"""The columns of answers; since June 2026 also `eventsFilter`. Only lists have the URL, no answer has the key."""


def make_url_field() -> Field:
    """Make the field of a URL with a scheme."""
    field = string()

    def check(value: Any, path: Path, issues: Issues) -> Any:
        text = field.check(value, path, issues)
        if isinstance(text, str) and not is_url(text):
            issues.append({"validation": "url", "code": "invalid_string", "message": "Invalid url", "path": list(path)})
        return text

    return Field(check)


def is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return bool(parts.scheme and (parts.hostname or parts.path)) and parts.port != 0 and " " not in text
    except ValueError:
        return False


def add_slack_check(field: Field) -> Field:
    """Make a field that also refuses a webhook of type slack with another host than Slack's."""

    def check(value: Any, path: Path, issues: Issues) -> Any:
        issue_count = len(issues)
        fields = field.check(value, path, issues)
        if len(issues) == issue_count and fields["type"] == "slack" and "hooks.slack.com" not in fields["webhookUrl"]:
            issues.append(build_issue("Incoming Webhook URL is invalid.", (*path, "webhookUrl")))
        return fields

    return replace(field, check=check)


EVENTS: Final = array(obj(eventName=choice("secrets.modified", "secrets.rotation-failed")))
CREATE_FIELDS: Final = {
    "environment": string(),
    "webhookUrl": make_url_field(),
    "webhookSecretKey": string().optional(None),
}
CREATE_BODY: Final = add_slack_check(
    obj(
        type=choice("general", "slack", "microsoft-teams").optional("general"),
        projectId=string(),
        **CREATE_FIELDS,
        secretPath=make_path_field().optional("/"),
        eventsFilter=EVENTS.optional(),
    )
)
OLD_CREATE_BODY: Final = add_slack_check(
    obj(
        type=choice("general", "slack").optional("general"),
        workspaceId=string(),
        **CREATE_FIELDS,
        secretPath=make_secret_path_field().optional("/"),
    )
)
"""The body in October 2024: the project is `workspaceId`, and `projectId` is an unknown name."""
UPDATE_BODY: Final = obj(isDisabled=boolean().optional(), eventsFilter=EVENTS.optional()).where(
    bool, "At least one of isDisabled and eventsFilter must be provided"
)
OLD_UPDATE_BODY: Final = obj(isDisabled=boolean().optional(False))  # an omitted one is false: that enables a webhook
FILTER_FIELDS: Final = {"environment": string().optional(""), "secretPath": string().optional("")}
LIST_QUERY: Final = obj(projectId=string(), **FILTER_FIELDS)
OLD_LIST_QUERY: Final = obj(workspaceId=string(), **FILTER_FIELDS)


def is_local(host: str) -> bool:
    """Return True if a host's name or address is local or private. Nothing is resolved."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_private or address.is_loopback or address.is_link_local


def find_environment(call: Call, row: Row) -> Row | None:
    """Return the environment of a webhook; None for a deleted one."""
    return call.draft.get(tables.environments(row["projectId"]), row["envId"])


def describe_webhook(call: Call, row: Row) -> dict[str, Any]:
    environment = find_environment(call, row)
    assert environment is not None, "deleting an environment deletes its webhooks"
    events = {} if call.is_2024 else {"eventsFilter": row.get("eventsFilter", [])}
    return {**pick(row, *COLUMNS), **events, "environment": describe_environment(environment)}


def get_permitted(call: Call, action: str) -> Row:
    """Return the webhook that the path names; refuse a caller without this permission for webhooks."""
    webhook_id = call.path["webhookId"]
    row = call.draft.get(WEBHOOK_ROWS, webhook_id)
    if row is None or find_environment(call, row) is None:
        raise not_found(f"Webhook with ID '{webhook_id}' not found")
    permit(call, row["projectId"], action, SUBJECT)
    return row


def create_webhook(call: Call) -> Answer:
    project_id = permit(call, get_project_id(call.body), "create", SUBJECT)["id"]
    environment = get_environment(call, project_id, call.body["environment"])
    if not call.is_2024 and is_local(urlsplit(call.body["webhookUrl"]).hostname or ""):
        raise bad_request("Local IPs not allowed as URL")
    row = call.new_row(
        secretPath=call.body["secretPath"],
        url=call.body["webhookUrl"],
        secretKey=call.body["webhookSecretKey"],
        lastStatus=None,
        lastRunErrorMessage=None,
        isDisabled=False,
        eventsFilter=call.body.get("eventsFilter", []),
        envId=environment["id"],
        type=call.body["type"],
        projectId=project_id,
    )
    call.draft.put(WEBHOOK_ROWS, row["id"], row)
    return {"message": "Successfully created webhook", "webhook": describe_webhook(call, row)}


def update_webhook(call: Call) -> Answer:
    row = get_permitted(call, "edit")
    row = call.draft.merge(WEBHOOK_ROWS, row["id"], **call.body, updatedAt=call.timestamp)
    return {"message": "Successfully updated webhook", "webhook": describe_webhook(call, row)}


def delete_webhook(call: Call) -> Answer:
    row = get_permitted(call, "delete")
    call.draft.drop(WEBHOOK_ROWS, row["id"])
    return {"message": "Successfully deleted webhook", "webhook": describe_webhook(call, row)}


def test_webhook(call: Call) -> Answer:
    """Answer as if the URL had answered with success."""
    row = get_permitted(call, "read")
    row = call.draft.merge(
        WEBHOOK_ROWS, row["id"], lastStatus="success", lastRunErrorMessage=None, updatedAt=call.timestamp
    )
    return {"message": "Successfully tested webhook", "webhook": describe_webhook(call, row)}


def list_webhooks(call: Call) -> Answer:
    project_id = permit(call, get_project_id(call.query), "read", SUBJECT)["id"]
    slug, path = call.query["environment"], call.query["secretPath"].rstrip("/") or call.query["secretPath"]
    rows = []
    for row in call.draft.where(WEBHOOK_ROWS, projectId=project_id):
        environment = find_environment(call, row)
        if environment is None or (slug and environment["slug"] != slug) or (path and row["secretPath"] != path):
            continue
        rows.append({**describe_webhook(call, row), "url": row["url"]})
    return {"message": "Successfully fetched webhook", "webhooks": rows}


# ---- the routes: before June 2026 they accepted only users' tokens
create_route = route("POST", WEBHOOKS_PATH, generation="current", access=MACHINES, body=CREATE_BODY)(create_webhook)
old_create_route = route("POST", WEBHOOKS_PATH, generation="2024-10", access=JWT, body=OLD_CREATE_BODY)(create_webhook)
update_route = route("PATCH", WEBHOOK_PATH, generation="current", access=MACHINES, body=UPDATE_BODY)(update_webhook)
old_update_route = route("PATCH", WEBHOOK_PATH, generation="2024-10", access=JWT, body=OLD_UPDATE_BODY)(update_webhook)
delete_route = route("DELETE", WEBHOOK_PATH, generation="current", access=MACHINES)(delete_webhook)
old_delete_route = route("DELETE", WEBHOOK_PATH, generation="2024-10", access=JWT)(delete_webhook)
test_route = route("POST", f"{WEBHOOK_PATH}/test", generation="current", access=MACHINES)(test_webhook)
old_test_route = route("POST", f"{WEBHOOK_PATH}/test", generation="2024-10", access=JWT)(test_webhook)
list_route = route("GET", WEBHOOKS_PATH, generation="current", access=MACHINES, query=LIST_QUERY)(list_webhooks)
old_list_route = route("GET", WEBHOOKS_PATH, generation="2024-10", access=JWT, query=OLD_LIST_QUERY)(list_webhooks)
