"""Alerts on certificates: every request as a value, and every answer decoded."""

from __future__ import annotations

from dataclasses import replace

import pytest
from returns.result import Success

from infisical import Request
from infisical.access import Access
from infisical.decode import one
from infisical.encode import prepare
from infisical.endpoints.pki.alerts import (
    AlertCertificate,
    AlertCertificateList,
    AlertChannel,
    AlertFilter,
    AlertRun,
    PkiAlert,
    PkiAlertList,
    PkiAlerts,
)
from infisical.request import NULL
from tests.wire import answer

PKI = Access("pki")
ALERTS = "/api/v2/pki/alerts"
ALERT = "/api/v2/pki/alerts/{alertId}"
ALERT_ID = (("alertId", "a1"),)
ALERT_DECODER = one(PkiAlert, at="alert")
SHOP_FILTER = AlertFilter(field="common_name", operator="ends_with", value="shop.invalid")
MAIL = AlertChannel(channel_type="email", config={"recipients": ["ops@i.invalid"]})
SENT_MAIL = AlertChannel(channel_type="email", config={"recipients": ("ops@i.invalid",)})


def request(verb, path, returns, parts=ALERT_ID, body=None, query=()):
    return Request(verb, path, parts, query, body, returns, PKI)


REQUESTS = [
    (
        PkiAlerts.create(
            project_id="p",
            name="soon",
            event_type="expiration",
            alert_before="30d",
            filters=[SHOP_FILTER],
            channels=[MAIL],
            description="d",
            enabled=False,
            notification_config={"digest": True},
            application_id="app1",
        ),
        request(
            "POST",
            ALERTS,
            ALERT_DECODER,
            (),
            {
                "projectId": "p",
                "name": "soon",
                "eventType": "expiration",
                "alertBefore": "30d",
                "filters": (SHOP_FILTER,),
                "channels": (SENT_MAIL,),
                "description": "d",
                "enabled": False,
                "notificationConfig": {"digest": True},
                "applicationId": "app1",
            },
        ),
    ),
    (
        PkiAlerts.list(project_id="p", search="s", event_type="renewal", enabled=True, limit=10, offset=0),
        request(
            "GET",
            ALERTS,
            one(PkiAlertList),
            (),
            query=(
                ("projectId", "p"),
                ("search", "s"),
                ("eventType", "renewal"),
                ("enabled", True),
                ("limit", 10),
                ("offset", 0),
            ),
        ),
    ),
    (PkiAlerts.get(alert_id="a1"), request("GET", ALERT, ALERT_DECODER)),
    (
        PkiAlerts.update(
            alert_id="a1",
            name="later",
            description="",
            event_type="issuance",
            alert_before="1y",
            filters=[],
            enabled=False,
            channels=[MAIL],
        ),
        request(
            "PATCH",
            ALERT,
            ALERT_DECODER,
            body={
                "name": "later",
                "description": "",
                "eventType": "issuance",
                "alertBefore": "1y",
                "filters": (),
                "enabled": False,
                "channels": (SENT_MAIL,),
            },
        ),
    ),
    (PkiAlerts.delete(alert_id="a1"), request("DELETE", ALERT, ALERT_DECODER)),
    (
        PkiAlerts.list_certificates(alert_id="a1", limit=10, offset=0),
        request("GET", f"{ALERT}/certificates", one(AlertCertificateList), query=(("limit", 10), ("offset", 0))),
    ),
    (
        PkiAlerts.preview_certificates(project_id="p", filters=[SHOP_FILTER], alert_before="2w", limit=10, offset=0),
        replace(
            request(
                "POST",
                f"{ALERTS}/preview/certificates",
                one(AlertCertificateList),
                (),
                {"projectId": "p", "filters": (SHOP_FILTER,), "alertBefore": "2w", "limit": 10, "offset": 0},
            ),
            idempotent=True,
        ),
    ),
]


@pytest.mark.parametrize(("built", "expected"), REQUESTS, ids=[f"{r.method} {r.path}" for _, r in REQUESTS])
def test_an_endpoint_builds_this_request(built, expected):
    assert expected == built


ALERT_BODY = {
    "id": "a1",
    "name": "soon",
    "description": None,
    "eventType": "expiration",
    "alertBefore": "30d",
    "filters": [
        {"field": "common_name", "operator": "ends_with", "value": "shop.invalid"},
        {"field": "san", "operator": "matches", "value": ["a", "b"]},
        {"field": "include_cas", "operator": "equals", "value": True},
    ],
    "enabled": True,
    "projectId": "p",
    "channels": [
        {
            "id": "ch1",
            "channelType": "slack",
            "config": {"webhookUrl": "https://hooks.invalid/x", "mentionUsers": ["u"]},
            "enabled": True,
            "createdAt": "2026-01-01T00:00:00.000Z",
            "updatedAt": "2026-01-02T00:00:00.000Z",
        }
    ],
    "createdAt": "2026-01-01T00:00:00.000Z",
    "updatedAt": "2026-01-02T00:00:00.000Z",
    "lastRun": {"timestamp": "2026-01-03T00:00:00.000Z", "status": "failed", "error": "no answer"},
}
FULL_ALERT = PkiAlert(
    id="a1",
    name="soon",
    event_type="expiration",
    alert_before="30d",
    filters=(
        SHOP_FILTER,
        AlertFilter(field="san", operator="matches", value=["a", "b"]),
        AlertFilter(field="include_cas", operator="equals", value=True),
    ),
    enabled=True,
    project_id="p",
    channels=(
        AlertChannel(
            id="ch1",
            channel_type="slack",
            config={"webhookUrl": "https://hooks.invalid/x", "mentionUsers": ["u"]},
            enabled=True,
            created_at="2026-01-01T00:00:00.000Z",
            updated_at="2026-01-02T00:00:00.000Z",
        ),
    ),
    created_at="2026-01-01T00:00:00.000Z",
    updated_at="2026-01-02T00:00:00.000Z",
    last_run=AlertRun(timestamp="2026-01-03T00:00:00.000Z", status="failed", error="no answer"),
)
ANSWERS = [
    (PkiAlerts.get(alert_id="a1"), {"alert": ALERT_BODY}, FULL_ALERT),
    (
        PkiAlerts.list(project_id="p"),
        {"alerts": [ALERT_BODY, {"id": "a2", "lastRun": None}], "total": 7},
        PkiAlertList(alerts=(FULL_ALERT, PkiAlert(id="a2")), total=7),
    ),
    (
        PkiAlerts.list_certificates(alert_id="a1"),
        {
            "certificates": [
                {
                    "id": "x1",
                    "serialNumber": "01",
                    "commonName": "a.invalid",
                    "san": ["a.invalid", "b.invalid"],
                    "profileName": None,
                    "enrollmentType": "profile",
                    "notBefore": "2026-01-01T00:00:00.000Z",
                    "notAfter": "2026-02-01T00:00:00.000Z",
                    "status": "active",
                }
            ],
            "total": 1,
        },
        AlertCertificateList(
            certificates=(
                AlertCertificate(
                    id="x1",
                    serial_number="01",
                    common_name="a.invalid",
                    san=("a.invalid", "b.invalid"),
                    enrollment_type="profile",
                    not_before="2026-01-01T00:00:00.000Z",
                    not_after="2026-02-01T00:00:00.000Z",
                    status="active",
                ),
            ),
            total=1,
        ),
    ),
]


@pytest.mark.parametrize(("request_", "body", "expected"), ANSWERS, ids=[f"{r.method} {r.path}" for r, _, _ in ANSWERS])
def test_an_answer_decodes_to_its_last_field(request_, body, expected):
    assert Success(expected) == request_.returns(answer(body))


@pytest.mark.parametrize(("enabled", "expected"), [(True, "&enabled=true"), (False, ""), (None, "")])
def test_a_list_never_requests_disabled_alerts_because_servers_read_false_as_true(enabled, expected):
    sent = prepare(PkiAlerts.list(project_id="p", enabled=enabled), "https://i.invalid", (), 30).unwrap()

    assert sent.url == f"https://i.invalid/api/v2/pki/alerts?projectId=p{expected}"


def test_filters_and_channels_are_written_by_the_names_of_the_server():
    filters = [AlertFilter(field="san", operator="equals", value=["a", "b"])]
    hook = AlertChannel(
        channel_type="webhook", config={"url": "https://a.invalid", "signingSecret": NULL}, id="ch1", enabled=False
    )
    built = PkiAlerts.update(alert_id="a1", filters=filters, channels=[hook])
    filters.clear()

    assert prepare(built, "https://i.invalid", (), 30).unwrap().body == (
        b'{"filters":[{"field":"san","operator":"equals","value":["a","b"]}],"channels":[{"channelType":"webhook",'
        b'"config":{"url":"https://a.invalid","signingSecret":null},"id":"ch1","enabled":false}]}'
    )


def test_the_config_of_a_channel_is_in_no_repr_because_it_may_have_a_secret():
    hook = AlertChannel(channel_type="webhook", config={"url": "https://a.invalid", "signingSecret": "hush"})

    assert "hush" not in repr(hook)
    assert "hush" not in repr(PkiAlert(id="a1", channels=(hook,)))
