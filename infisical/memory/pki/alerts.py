"""Alerts on certificates: their rules and channels, and the certificates that match them now. Nothing is sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from infisical.memory.access import permit
from infisical.memory.call import Call, parse_time, pick
from infisical.memory.domain.parameters import read_path_uuid
from infisical.memory.pki import authorities
from infisical.memory.pki.fields import DAY_SECONDS, split_names
from infisical.memory.pki.issuance import PROFILES
from infisical.memory.refusals import bad_request, not_found
from infisical.memory.routing import MACHINES, Answer, route
from infisical.memory.state import Row
from infisical.memory.validation import (
    Field,
    array,
    boolean,
    choice,
    either,
    email,
    guid,
    number,
    number_text,
    obj,
    string,
)

ALERTS_TABLE: Final = "pki_alerts"  # id -> id, projectId, name, eventType, alertBefore, filters, enabled, channels, ...
SUBJECT: Final = "pki-alerts"
ALERTS_PATH: Final = "/api/v2/pki/alerts"
ALERT_PATH: Final = "/api/v2/pki/alerts/{alertId}"
HEAD_COLUMNS: Final = ("id", "name", "description", "eventType", "alertBefore", "filters", "enabled")
TAIL_COLUMNS: Final = ("channels", "createdAt", "updatedAt")
UNIT_SECONDS: Final = {"d": DAY_SECONDS, "w": 7 * DAY_SECONDS, "m": 30 * DAY_SECONDS, "y": 365 * DAY_SECONDS}
EVENTS: Final = ("expiration", "renewal", "issuance", "revocation")


# ---- fields
def has_fitting_value(rule: Row) -> bool:
    """Return whether the value of a filter fits its field and operator."""
    value = rule["value"]
    if rule["field"] == "include_cas":
        return isinstance(value, bool)
    return isinstance(value, str) or (isinstance(value, list) and rule["operator"] in ("matches", "contains"))


def build_url_field(scheme: str) -> Field:
    return string().where(lambda text: re.match(scheme + r"://[^\s/]+", text) is not None, "Invalid url")


CONFIGS: Final[Mapping[str, Field]] = {
    "email": obj(recipients=array(email(), least=1, most=10)),
    "webhook": obj(url=build_url_field("https"), signingSecret=string().or_null().optional()),
    "slack": obj(
        webhookUrl=build_url_field("https?"), channel=string().optional(), mentionUsers=array(string()).optional()
    ),
}
MARKER_FIELDS: Final = {"email": "recipients", "webhook": "url", "slack": "webhookUrl"}
FILTERS: Final = array(
    obj(
        field=choice("profile_name", "common_name", "san", "include_cas"),
        operator=choice("equals", "matches", "contains", "starts_with", "ends_with"),
        value=either(string(), array(string()), boolean()),
    ).where(has_fitting_value, "The value does not fit the field and the operator")
)
CHANNELS: Final = array(
    obj(
        id=guid().optional(),
        channelType=choice(*CONFIGS),
        config=either(*CONFIGS.values()),
        enabled=boolean().optional(True),
    ).where(lambda one: MARKER_FIELDS[one["channelType"]] in one["config"], "The config does not fit the channelType"),
    least=1,
    most=10,
)
NAME: Final = string(
    least=1,
    most=255,
    matches=r"[a-z0-9]+(-[a-z0-9]+)*",
    message="Must be a valid name (lowercase, numbers, hyphens only)",
)
LEAD_TIME: Final = string(most=32, matches=r"[0-9]+[dwmy]", message="Must be in format like '30d', '1w', '3m', '1y'")
DESCRIPTION: Final = string(most=1000).optional()
NEW_ALERT: Final = obj(
    projectId=guid(),
    name=NAME,
    description=DESCRIPTION,
    eventType=choice(*EVENTS),
    alertBefore=LEAD_TIME,
    filters=FILTERS,
    enabled=boolean().optional(True),
    channels=CHANNELS,
)
CHANGES_BODY: Final = obj(
    name=NAME.optional(),
    description=DESCRIPTION,
    eventType=choice(*EVENTS).optional(),
    alertBefore=LEAD_TIME.optional(),
    filters=FILTERS.optional(),
    enabled=boolean().optional(True),
    channels=CHANNELS.optional(),
)
PAGE_FIELDS: Final = {"limit": number_text(least=1, most=100).optional(20), "offset": number_text(least=0).optional(0)}
LIST_QUERY: Final = obj(
    projectId=guid(),
    search=string().optional(""),
    eventType=choice(*EVENTS).optional(),
    enabled=Field(
        lambda value, path, issues: bool(value)
    ).optional(),  # the server coerces the text: even "false" is true
    **PAGE_FIELDS,
)
PREVIEW_BODY: Final = obj(
    projectId=guid(),
    filters=FILTERS,
    alertBefore=LEAD_TIME,
    limit=number(least=1, most=100, whole=True).optional(20),
    offset=number(least=0, whole=True).optional(0),
)


def parse_lead_time(alert_before: str) -> float:
    """Parse the lead time of an alert into seconds; refuse a number out of range."""
    amount = int(alert_before[:-1])
    if not 0 < amount <= 9999:
        raise bad_request("Invalid alertBefore: the number must be between 1 and 9999")
    return amount * UNIT_SECONDS[alert_before[-1]]


def select_page(call: Call, rows: Sequence[Row]) -> Sequence[Row]:
    fields = call.query or call.body
    return rows[int(fields["offset"]) :][: int(fields["limit"])]


# ---- alerts
def show_alert(row: Row) -> Row:
    return pick(row, *HEAD_COLUMNS, "projectId", *TAIL_COLUMNS)


def build_channels(call: Call, channels: Iterable[Row], old_channels: Iterable[Row] = ()) -> list[Row]:
    """Build rows of channels; a channel with the id of an old channel replaces it."""
    old_by_id = {row["id"]: row for row in old_channels}
    rows: list[Row] = []
    for channel in channels:
        columns = pick(channel, "channelType", "config", "enabled")
        old_channel = old_by_id.pop(channel.get("id", ""), None)
        rows.append(
            call.new_row(**columns) if old_channel is None else {**old_channel, **columns, "updatedAt": call.timestamp}
        )
    return rows


def load_alert(call: Call, action: str) -> Row:
    """Return the alert of the path; refuse callers without permission for this action."""
    alert_id = read_path_uuid(call, "alertId")
    row = call.draft.get(ALERTS_TABLE, alert_id)
    if row is None:
        raise not_found(f"Alert with ID '{alert_id}' not found")
    permit(call, row["projectId"], action, SUBJECT)
    return row


@route("POST", ALERTS_PATH, generation="current", access=MACHINES, body=NEW_ALERT)
def create_alert(call: Call) -> Answer:
    body = call.body
    authorities.get_manager_project(call, body["projectId"], "create", SUBJECT)
    parse_lead_time(body["alertBefore"])
    channels = build_channels(call, body["channels"])
    row = call.new_row(**{**body, "description": body.get("description"), "channels": channels})
    return {"alert": show_alert(call.draft.put(ALERTS_TABLE, row["id"], row))}


@route("GET", ALERTS_PATH, generation="current", access=MACHINES, query=LIST_QUERY)
def list_alerts(call: Call) -> Answer:
    query = call.query
    authorities.get_manager_project(call, query["projectId"], "read", SUBJECT)
    equal = {name: query[name] for name in ("projectId", "eventType", "enabled") if name in query}
    rows = [row for row in call.draft.where(ALERTS_TABLE, **equal) if query["search"].lower() in row["name"]]
    newest = rows[::-1]
    alerts = [{**pick(row, *HEAD_COLUMNS, *TAIL_COLUMNS), "lastRun": None} for row in select_page(call, newest)]
    return {"alerts": alerts, "total": len(rows)}


@route("GET", ALERT_PATH, generation="current", access=MACHINES)
def get_alert(call: Call) -> Answer:
    return {"alert": show_alert(load_alert(call, "read"))}


@route("PATCH", ALERT_PATH, generation="current", access=MACHINES, body=CHANGES_BODY)
def update_alert(call: Call) -> Answer:
    row, changes = load_alert(call, "edit"), dict(call.body)
    if "alertBefore" in changes:
        parse_lead_time(changes["alertBefore"])
    if "channels" in changes:
        changes["channels"] = build_channels(call, changes["channels"], row["channels"])
    return {"alert": show_alert(call.draft.merge(ALERTS_TABLE, row["id"], **changes, updatedAt=call.timestamp))}


@route("DELETE", ALERT_PATH, generation="current", access=MACHINES)
def delete_alert(call: Call) -> Answer:
    row = load_alert(call, "delete")
    call.draft.drop(ALERTS_TABLE, row["id"])
    return {"alert": show_alert(row)}


# ---- matching certificates
COMPARE_FUNCTIONS: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "contains": lambda text, value: value in text,
    "starts_with": str.startswith,
    "ends_with": str.endswith,
}


def matches_rule(rule: Row, texts: Sequence[str]) -> bool:
    """Return whether one of the texts matches a filter; only `equals` and lists are case-sensitive."""
    operator, value = rule["operator"], rule["value"]
    if operator == "equals":
        return value in texts
    if operator == "matches" and isinstance(value, list):
        return any(text in value for text in texts)
    compare = COMPARE_FUNCTIONS["contains" if operator == "matches" else operator]
    values = value if isinstance(value, list) else [value]
    return any(compare(text.lower(), one.lower()) for text in texts for one in values)


def matches_rules(call: Call, row: Row, rules: Sequence[Row]) -> bool:
    profile = call.draft.get(PROFILES, row["profileId"] or "")
    texts = {
        "common_name": [row["commonName"]],
        "san": split_names(row["altNames"]),
        "profile_name": [] if profile is None else [profile["slug"]],
    }
    return all(matches_rule(rule, texts[rule["field"]]) for rule in rules if rule["field"] in texts)


def show_certificate(call: Call, row: Row) -> dict[str, Any]:
    profile = call.draft.get(PROFILES, row["profileId"] or "")
    return {
        **pick(row, "id", "serialNumber", "commonName"),
        "san": split_names(row["altNames"]),
        "profileName": None if profile is None else profile["slug"],
        "enrollmentType": "unknown" if profile is None else "profile",
        **pick(row, "notBefore", "notAfter", "status"),
    }


def show_authority(row: Row) -> dict[str, Any]:
    return {
        **pick(row, "id", "serialNumber", "commonName"),
        "san": [],
        "profileName": None,
        "enrollmentType": "ca",
        **pick(row, "notBefore", "notAfter"),
        "status": "active",
    }


def answer_certificates(call: Call, project_id: str, rules: Sequence[Row], lead_time: float | None) -> Answer:
    """Answer the matching authorities, then the matching active certificates, both by their end.

    With `lead_time` in seconds, authorities must end within this time; certificates may end at any time.
    """
    matches = [
        row
        for row in call.draft.where(authorities.CERTIFICATES, projectId=project_id, status="active")
        if parse_time(row["notAfter"]) > call.now and matches_rules(call, row, rules)
    ]
    answers = [show_certificate(call, row) for row in sorted(matches, key=lambda row: parse_time(row["notAfter"]))]
    if any(rule["field"] == "include_cas" and rule["value"] is True for rule in rules):
        name_rules = [rule for rule in rules if rule["field"] == "common_name"]
        authority_rows = [
            row
            for row in call.draft.where(authorities.AUTHORITIES, projectId=project_id)
            if row["notAfter"] is not None
            and (lead_time is None or call.now < parse_time(row["notAfter"]) <= call.now + lead_time)
            and all(matches_rule(rule, [row["commonName"]]) for rule in name_rules)
        ]
        authority_rows.sort(key=lambda row: parse_time(row["notAfter"]))
        answers = [*map(show_authority, authority_rows), *answers]
    return {"certificates": list(select_page(call, answers)), "total": len(answers)}


@route(
    "GET", "/api/v2/pki/alerts/{alertId}/certificates", generation="current", access=MACHINES, query=obj(**PAGE_FIELDS)
)
def list_certificates(call: Call) -> Answer:
    row = load_alert(call, "read")
    return answer_certificates(call, row["projectId"], row["filters"], None)


@route("POST", "/api/v2/pki/alerts/preview/certificates", generation="current", access=MACHINES, body=PREVIEW_BODY)
def preview_certificates(call: Call) -> Answer:
    project = authorities.get_manager_project(call, call.body["projectId"], "read", SUBJECT)
    return answer_certificates(call, project["id"], call.body["filters"], parse_lead_time(call.body["alertBefore"]))
