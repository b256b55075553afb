"""Webhooks: every request as a value, every answer decoded, and who may call."""

from __future__ import annotations

import pytest
from returns.result import Success

from infisical import AuthenticationError, IdentityAccessToken, InfisicalClient, Request
from infisical.access import IDENTITIES_AND_USERS, Access
from infisical.decode import one
from infisical.encode import prepare
from infisical.endpoints.projects import ProjectEnvironment
from infisical.endpoints.webhooks import Webhook, WebhookEvent, WebhookList, WebhookResponse, Webhooks
from infisical.executors import ScriptedExecutor
from tests.wire import answer

WEBHOOK = "/api/v1/webhooks/{webhookId}"
WEBHOOK_ID = (("webhookId", "w1"),)
WEBHOOK_DECODER = one(WebhookResponse)
MODIFIED_EVENT = WebhookEvent(event_name="secrets.modified")


def request(verb, path, parts=WEBHOOK_ID, returns=WEBHOOK_DECODER, body=None, query=()):
    return Request(verb, path, parts, query, body, returns, Access("webhooks", server=IDENTITIES_AND_USERS))


REQUESTS = [
    (
        Webhooks.create(
            project_id="p",
            environment="dev",
            webhook_url="https://a.invalid",
            type="general",
            webhook_secret_key="s",
            secret_path="/app",
            events_filter=[MODIFIED_EVENT],
        ),
        request(
            "POST",
            "/api/v1/webhooks",
            (),
            body={
                "projectId": "p",
                "environment": "dev",
                "webhookUrl": "https://a.invalid",
                "type": "general",
                "webhookSecretKey": "s",
                "secretPath": "/app",
                "eventsFilter": (MODIFIED_EVENT,),
            },
        ),
    ),
    (Webhooks.update(webhook_id="w1", is_disabled=True), request("PATCH", WEBHOOK, body={"isDisabled": True})),
    (Webhooks.update(webhook_id="w1", events_filter=()), request("PATCH", WEBHOOK, body={"eventsFilter": ()})),
    (Webhooks.delete(webhook_id="w1"), request("DELETE", WEBHOOK)),
    (
        Webhooks.list(project_id="p", environment="dev", secret_path="/app"),
        request(
            "GET",
            "/api/v1/webhooks",
            (),
            one(WebhookList),
            query=(("projectId", "p"), ("environment", "dev"), ("secretPath", "/app")),
        ),
    ),
    (Webhooks.test(webhook_id="w1"), request("POST", f"{WEBHOOK}/test", body={})),
]


@pytest.mark.parametrize(("built", "expected"), REQUESTS, ids=[f"{r.method} {r.path}" for _, r in REQUESTS])
def test_an_endpoint_builds_this_request(built, expected):
    assert expected == built


WEBHOOK_BODY = {
    "id": "w1",
    "secretPath": "/app",
    "lastStatus": "failed",
    "lastRunErrorMessage": "no answer",
    "isDisabled": False,
    "createdAt": "2026-01-01T00:00:00.000Z",
    "updatedAt": "2026-01-02T00:00:00.000Z",
    "envId": "e1",
    "type": "general",
    "projectId": "p",
    "environment": {"id": "e1", "name": "Development", "slug": "dev"},
}
WEBHOOK_FIELDS = {
    "id": "w1",
    "secret_path": "/app",
    "last_status": "failed",
    "last_run_error_message": "no answer",
    "is_disabled": False,
    "created_at": "2026-01-01T00:00:00.000Z",
    "updated_at": "2026-01-02T00:00:00.000Z",
    "env_id": "e1",
    "type": "general",
    "project_id": "p",
    "environment": ProjectEnvironment(id="e1", name="Development", slug="dev"),
}
ANSWERS = [
    (
        Webhooks.create(project_id="p", environment="dev", webhook_url="https://a.invalid"),
        {"message": "m", "webhook": WEBHOOK_BODY},
        WebhookResponse(message="m", webhook=Webhook(**WEBHOOK_FIELDS)),
    ),
    (Webhooks.test(webhook_id="w1"), {"webhook": {"id": "w1"}}, WebhookResponse(webhook=Webhook(id="w1"))),
    (
        Webhooks.list(project_id="p"),
        {"message": "m", "webhooks": [{**WEBHOOK_BODY, "url": "https://a.invalid"}, {"id": "w2", "lastStatus": None}]},
        WebhookList(message="m", webhooks=(Webhook(**WEBHOOK_FIELDS, url="https://a.invalid"), Webhook(id="w2"))),
    ),
]


@pytest.mark.parametrize(("request_", "body", "expected"), ANSWERS, ids=[f"{r.method} {r.path}" for r, _, _ in ANSWERS])
def test_an_answer_decodes_to_its_last_field(request_, body, expected):
    assert Success(expected) == request_.returns(answer(body))


@pytest.mark.parametrize(
    ("is_disabled", "expected"), [(True, b'{"isDisabled":true}'), (False, b'{"isDisabled":false}'), (None, b"{}")]
)
def test_an_update_sends_only_the_parameters_that_are_passed(is_disabled, expected):
    built = Webhooks.update(webhook_id="w1", is_disabled=is_disabled)

    assert prepare(built, "https://i.invalid", (), 30).unwrap().body == expected


def test_the_documented_policy_sends_nothing_for_a_machine_identity():
    server = ScriptedExecutor()
    client = InfisicalClient(base_url="https://i.invalid", auth=IdentityAccessToken("t"), executor=server)

    assert isinstance(client(Webhooks.list(project_id="p")).failure(), AuthenticationError)
    assert server.sent == []


def test_the_url_of_a_webhook_is_in_no_repr():
    assert "hooks.slack.com" not in repr(Webhook(id="w1", url="https://hooks.slack.com/services/x"))
