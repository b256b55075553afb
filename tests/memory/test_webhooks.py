"""Webhooks on the memory server."""

from __future__ import annotations

from typing import Any

import pytest

from infisical.endpoints.webhooks import Webhook, WebhookEnvironment, WebhookEvent
from infisical.memory import open_session
from tests.memory.world import World, refusal, without_id

PATH = "/api/v1/webhooks"
AT = "2026-09-21T14:13:20.000Z"
URL = "https://hooks.example.com/in?key=sesame"


def new(world: World, **more: Any) -> dict[str, Any]:
    return {"projectId": world.project_id, "environment": "dev", "webhookUrl": URL, **more}


def test_a_webhook_is_made_read_disabled_tried_and_deleted():
    world = World()
    hooks = world.person.webhooks

    made = hooks.create(
        project_id=world.project_id, environment="dev", webhook_url=URL, webhook_secret_key="s3cret"
    ).unwrap()
    (listed,) = hooks.list(project_id=world.project_id).unwrap().webhooks
    hook = made.webhook
    disabled = hooks.update(webhook_id=hook.id, is_disabled=True).unwrap()
    tried = hooks.test(webhook_id=hook.id).unwrap()
    deleted = hooks.delete(webhook_id=hook.id).unwrap()

    assert hook == Webhook(
        id=hook.id,
        type="general",
        project_id=world.project_id,
        env_id=hook.env_id,
        environment=WebhookEnvironment(id=hook.env_id or "", name="Development", slug="dev"),
        secret_path="/",
        is_disabled=False,
        created_at=AT,
        updated_at=AT,
    )
    assert (listed.id, listed.url) == (hook.id, URL)
    assert (disabled.webhook.is_disabled, disabled.message) == (True, "Successfully updated webhook")
    assert (tried.webhook.last_status, tried.webhook.last_run_error_message) == ("success", None)
    assert deleted.webhook == tried.webhook
    assert hooks.list(project_id=world.project_id).unwrap().webhooks == ()


def test_the_secret_key_is_never_given_back_and_the_url_in_the_list_only():
    world = World()

    made = world.ask("POST", PATH, new(world, webhookSecretKey="s3cret"))
    hook = f"{PATH}/{world.send('GET', PATH, query={'projectId': world.project_id})[1]['webhooks'][0]['id']}"
    listed = world.ask("GET", PATH, query={"projectId": world.project_id})
    others = [made, world.ask("POST", f"{hook}/test"), world.ask("PATCH", hook, {"isDisabled": True})]
    others.append(world.ask("DELETE", hook))

    assert [answer.status for answer in (listed, *others)] == [200] * 5
    assert [b"s3cret" in answer.body for answer in (listed, *others)] == [False] * 5
    assert [b"sesame" in answer.body for answer in (listed, *others)] == [True, False, False, False, False]


def test_a_change_that_says_nothing_is_refused_and_enabled_a_webhook_in_2024():
    world = World()
    hook = world.person.webhooks.create(project_id=world.project_id, environment="dev", webhook_url=URL).unwrap()
    world.person.webhooks.update(webhook_id=hook.webhook.id, is_disabled=True).unwrap()

    refused, _ = world.send("PATCH", f"{PATH}/{hook.webhook.id}", {})
    world.become("2024-10")
    status, answer = world.send("PATCH", f"{PATH}/{hook.webhook.id}", {})

    assert (refused, status, answer["webhook"]["isDisabled"]) == (422, 200, False)


def test_the_events_of_a_webhook_are_chosen_without_enabling_it():
    world = World()
    failed = (WebhookEvent(event_name="secrets.rotation-failed"),)
    hooks = world.person.webhooks
    made = hooks.create(project_id=world.project_id, environment="dev", webhook_url=URL, events_filter=failed).unwrap()
    hooks.update(webhook_id=made.webhook.id, is_disabled=True).unwrap()

    changed = hooks.update(webhook_id=made.webhook.id, events_filter=()).unwrap()

    assert made.webhook.events_filter == failed
    assert (changed.webhook.events_filter, changed.webhook.is_disabled) == ((), True)


def test_a_list_may_be_of_one_environment_or_one_path():
    world = World()
    for environment, path in (("dev", "/"), ("dev", "/web"), ("prod", "/web")):
        world.send("POST", PATH, new(world, environment=environment, secretPath=path))

    def listed(**query: str) -> list[tuple[str, str]]:
        _, answer = world.send("GET", PATH, query={"projectId": world.project_id, **query})
        return [(hook["environment"]["slug"], hook["secretPath"]) for hook in answer["webhooks"]]

    assert listed() == [("dev", "/"), ("dev", "/web"), ("prod", "/web")]
    assert listed(environment="dev") == [("dev", "/"), ("dev", "/web")]
    assert listed(secretPath="/web/") == [("dev", "/web"), ("prod", "/web")]
    assert listed(environment="prod", secretPath="/") == []


def test_a_webhook_is_refused_in_the_words_of_the_server():
    world = World()
    nobody = "00000000-0000-4000-8000-000000000000"

    unknown = world.send("POST", f"{PATH}/{nobody}/test")
    no_environment = world.send("POST", PATH, new(world, environment="qa"))
    local = world.send("POST", PATH, new(world, webhookUrl="http://127.0.0.1:3000/"))
    no_url = world.send("POST", PATH, new(world, webhookUrl="hooks"))
    no_slack = world.send("POST", PATH, new(world, type="slack"))
    no_type = world.send("POST", PATH, new(world, type="fax"))

    assert without_id(unknown) == refusal(404, "NotFound", f"Webhook with ID '{nobody}' not found")
    assert without_id(no_environment) == refusal(
        404, "NotFound", f"Environment with slug 'qa' in project with ID '{world.project_id}' not found"
    )
    assert without_id(local) == refusal(400, "BadRequest", "Local IPs not allowed as URL")
    assert [(status, answer["message"][0]["message"]) for status, answer in (no_url, no_slack)] == [
        (422, "Invalid url"),
        (422, "Incoming Webhook URL is invalid."),
    ]
    assert (no_type[0], no_type[1]["message"][0]["path"]) == (422, ["type"])


def test_webhooks_are_for_machine_identities_too_but_not_in_2024():
    world = World()
    query, token = {"projectId": world.project_id}, world.token()

    today, _ = world.send("GET", PATH, query=query, token=token)
    world.become("2024-10")
    status, answer = world.send("GET", PATH, query=query, token=token)

    assert (today, status) == (200, 403)
    assert answer["message"] == "You are not allowed to access this resource"


@pytest.mark.parametrize(
    ("role", "writes", "reads"), [("member", 200, 200), ("viewer", 403, 200), ("no-access", 403, 403)]
)
def test_webhooks_are_read_by_viewers_and_written_by_members(role, writes, reads):
    world = World()
    tokens: list[str] = []

    def opened(state, now):
        state, token = open_session(state, now=now, email="other@example.com", project_role=role)
        tokens.append(token)
        return state

    world.memory.change(opened)

    assert world.send("POST", PATH, new(world), token=tokens[0])[0] == writes
    assert world.send("GET", PATH, query={"projectId": world.project_id}, token=tokens[0])[0] == reads


def test_a_webhook_goes_with_its_environment():
    world = World()
    hook = (
        world.person.webhooks.create(project_id=world.project_id, environment="dev", webhook_url=URL).unwrap().webhook
    )
    world.send("DELETE", f"/api/v1/projects/{world.project_id}/environments/{hook.env_id}")

    status, answer = world.send("GET", PATH, query={"projectId": world.project_id})
    tried = world.send("POST", f"{PATH}/{hook.id}/test")

    assert (status, answer["webhooks"], tried[0]) == (200, [], 404)
