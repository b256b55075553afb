"""Webhooks: whom the server would call when secrets change. Nobody is called: a value in memory has no network."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

from infisical.memory import tables
from infisical.memory.access import permit
from infisical.memory.call import Call, pick
from infisical.memory.domain.places import environment_of, secret_path, slugged
from infisical.memory.refusals import bad_request, not_found
from infisical.memory.routing import JWT, MACHINES, Answer, route
from infisical.memory.state import Row
from infisical.memory.validation import Field, Issues, Path, array, boolean, build_issue, choice, obj, string

WEBHOOKS: Final = "/api/v1/webhooks"
WEBHOOK: Final = "/api/v1/webhooks/{webhookId}"
SUBJECT: Final = "webhooks"
ROWS: Final = "webhooks"  # id -> id, projectId, envId, secretPath, type, url, secretKey, isDisabled, lastStatus, ...
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
"""What is answered, since June 2026 with `eventsFilter`: neither the secret key nor, but in the list, the URL."""


def url() -> Field:
    """A URL with a scheme."""
    inner = string()

    def check(value: Any, path: Path, issues: Issues) -> Any:
        read = inner.check(value, path, issues)
        if isinstance(read, str) and not is_url(read):
            issues.append({"validation": "url", "code": "invalid_string", "message": "Invalid url", "path": list(path)})
        return read

    return Field(check)


def is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return bool(parts.scheme and (parts.hostname or parts.path)) and parts.port != 0 and " " not in text
    except ValueError:
        return False


def slack_where_slack(inner: Field) -> Field:
    """Refuse a webhook of type slack that does not go to slack."""

    def check(value: Any, path: Path, issues: Issues) -> Any:
        before = len(issues)
        read = inner.check(value, path, issues)
        if len(issues) == before and read["type"] == "slack" and "hooks.slack.com" not in read["webhookUrl"]:
            issues.append(build_issue("Incoming Webhook URL is invalid.", (*path, "webhookUrl")))
        return read

    return replace(inner, check=check)


EVENTS: Final = array(obj(eventName=choice("secrets.modified", "secrets.rotation-failed")))
NEW: Final = slack_where_slack(
    obj(
        type=choice("general", "slack", "microsoft-teams").optional("general"),
        projectId=string(),
        environment=string(),
        webhookUrl=url(),
        webhookSecretKey=string().optional(None),
        secretPath=secret_path().optional("/"),
        eventsFilter=EVENTS.optional(),
    )
)
CHANGE: Final = obj(isDisabled=boolean().optional(), eventsFilter=EVENTS.optional()).where(
    bool, "At least one of isDisabled and eventsFilter must be provided"
)
CHANGE_BEFORE: Final = obj(isDisabled=boolean().optional(False))  # an omitted one is false: that enables a webhook
FILTER: Final = obj(projectId=string(), environment=string().optional(""), secretPath=string().optional(""))


def is_local(host: str) -> bool:
    """Say whether a host is the server's own or in a private network, by its name alone."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_private or address.is_loopback or address.is_link_local


def environment_row(call: Call, row: Row) -> Row | None:
    """Return the environment of a webhook; with it a webhook goes."""
    return call.draft.get(tables.environments(row["projectId"]), row["envId"])


def shown(call: Call, row: Row) -> dict[str, Any]:
    environment = environment_row(call, row)
    assert environment is not None, "a webhook whose environment is gone is gone"
    events = {} if call.is_2024 else {"eventsFilter": row.get("eventsFilter", [])}
    return {**pick(row, *COLUMNS), **events, "environment": slugged(environment)}


def found(call: Call, action: str) -> Row:
    """Return the webhook that the path names; refuse who may not do this to webhooks."""
    wanted = call.path["webhookId"]
    row = call.draft.get(ROWS, wanted)
    if row is None or environment_row(call, row) is None:
        raise not_found(f"Webhook with ID '{wanted}' not found")
    permit(call, row["projectId"], action, SUBJECT)
    return row


def created(call: Call) -> Answer:
    project_id = permit(call, call.body["projectId"], "create", SUBJECT)["id"]
    environment = environment_of(call, project_id, call.body["environment"])
    if is_local(urlsplit(call.body["webhookUrl"]).hostname or ""):
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
    call.draft.put(ROWS, row["id"], row)
    return {"message": "Successfully created webhook", "webhook": shown(call, row)}


def updated(call: Call) -> Answer:
    row = found(call, "edit")
    written = call.draft.merge(ROWS, row["id"], **call.body, updatedAt=call.timestamp)
    return {"message": "Successfully updated webhook", "webhook": shown(call, written)}


def deleted(call: Call) -> Answer:
    row = found(call, "delete")
    call.draft.drop(ROWS, row["id"])
    return {"message": "Successfully deleted webhook", "webhook": shown(call, row)}


def tried(call: Call) -> Answer:
    """Answer as if whom it calls had answered well."""
    row = found(call, "read")
    written = call.draft.merge(
        ROWS, row["id"], lastStatus="success", lastRunErrorMessage=None, updatedAt=call.timestamp
    )
    return {"message": "Successfully tested webhook", "webhook": shown(call, written)}


def listed(call: Call) -> Answer:
    project_id = permit(call, call.query["projectId"], "read", SUBJECT)["id"]
    slug, path = call.query["environment"], call.query["secretPath"].rstrip("/") or call.query["secretPath"]
    rows = []
    for row in call.draft.where(ROWS, projectId=project_id):
        environment = environment_row(call, row)
        if environment is None or (slug and environment["slug"] != slug) or (path and row["secretPath"] != path):
            continue
        rows.append({**shown(call, row), "url": row["url"]})
    return {"message": "Successfully fetched webhook", "webhooks": rows}


# ---- the routes: before June 2026 they took users' tokens only
create_webhook = route("POST", WEBHOOKS, generation="current", access=MACHINES, body=NEW)(created)
create_webhook_before = route("POST", WEBHOOKS, generation="2024-10", access=JWT, body=NEW)(created)
update_webhook = route("PATCH", WEBHOOK, generation="current", access=MACHINES, body=CHANGE)(updated)
update_webhook_before = route("PATCH", WEBHOOK, generation="2024-10", access=JWT, body=CHANGE_BEFORE)(updated)
delete_webhook = route("DELETE", WEBHOOK, generation="current", access=MACHINES)(deleted)
delete_webhook_before = route("DELETE", WEBHOOK, generation="2024-10", access=JWT)(deleted)
try_webhook = route("POST", f"{WEBHOOK}/test", generation="current", access=MACHINES)(tried)
try_webhook_before = route("POST", f"{WEBHOOK}/test", generation="2024-10", access=JWT)(tried)
list_webhooks = route("GET", WEBHOOKS, generation="current", access=MACHINES, query=FILTER)(listed)
list_webhooks_before = route("GET", WEBHOOKS, generation="2024-10", access=JWT, query=FILTER)(listed)
