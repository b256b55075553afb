"""Webhooks: URLs that the server calls when secrets change (`/api/v1/webhooks`).

Models first, then the endpoint functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from infisical import request as http
from infisical.access import IDENTITIES_AND_USERS, Access
from infisical.decode import one
from infisical.endpoints.projects import ProjectEnvironment
from infisical.group import Group, R, endpoint
from infisical.model import Model
from infisical.request import Request

ACCESS = Access("webhooks", server=IDENTITIES_AND_USERS)
WEBHOOK_PATH = "/api/v1/webhooks/{webhookId}"
EventName: TypeAlias = Literal["secrets.modified", "secrets.rotation-failed"] | str


@dataclass(frozen=True, kw_only=True, slots=True)
class WebhookEvent(Model):
    """An event that triggers a webhook, in requests and responses."""

    event_name: EventName


@dataclass(frozen=True, kw_only=True, slots=True)
class Webhook(Model):
    """A webhook. `last_status` and `last_run_error_message` describe its last call; only `list` fills `url`."""

    id: str
    type: str | None = None
    url: str | None = field(default=None, repr=False)  # anyone with the URL of a Slack channel can post to it
    project_id: str | None = None
    env_id: str | None = None
    environment: ProjectEnvironment | None = None
    secret_path: str | None = None
    is_disabled: bool | None = None
    events_filter: tuple[WebhookEvent, ...] = ()
    last_status: str | None = None
    last_run_error_message: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class WebhookResponse(Model):
    """A webhook in its current state, and the server's message."""

    webhook: Webhook
    message: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class WebhookList(Model):
    """The webhooks of a project, and the server's message."""

    webhooks: tuple[Webhook, ...]
    message: str | None = None


class Webhooks(Group[R]):
    """The webhooks of a project.

    Servers before June 2026 accept users' tokens only. Newer servers accept machine identities too:
    `auth_policy="server"` permits these.
    """

    @endpoint
    @staticmethod
    def create(
        *,
        project_id: str,
        environment: str,
        webhook_url: str,
        type: Literal["general", "slack", "microsoft-teams"] | str | None = None,
        webhook_secret_key: str | None = None,
        secret_path: str | None = None,
        events_filter: Sequence[WebhookEvent] | None = None,
    ) -> Request[WebhookResponse]:
        """Create a webhook for an environment, or for one of its folders.

        `type` defaults to `general`; older servers do not know `microsoft-teams`. The URL for `slack` must contain
        `hooks.slack.com`. `secret_path` defaults to `/`. Servers since June 2026 call the webhook only for the events
        in `events_filter`, by default for all. Servers of 2024 require `workspaceId`, which this call does not send:
        they respond with `ValidationError`.
        Expect `ValidationError`, `NotFoundError`, `ForbiddenError`.
        POST /api/v1/webhooks
        """
        body = {
            "projectId": project_id,
            "environment": environment,
            "webhookUrl": webhook_url,
            "type": type,
            "webhookSecretKey": webhook_secret_key,
            "secretPath": secret_path,
            "eventsFilter": events_filter,
        }
        return http.post("/api/v1/webhooks", body=body, returns=one(WebhookResponse), access=ACCESS)

    @endpoint
    @staticmethod
    def update(
        *,
        webhook_id: str,
        is_disabled: bool | None = None,
        events_filter: Sequence[WebhookEvent] | None = None,
    ) -> Request[WebhookResponse]:
        """Disable or enable a webhook, or select the events that trigger it.

        Always pass `is_disabled` if you know the state: if you omit it, servers before June 2026 enable the webhook.
        Newer servers keep the state and require at least one of the two parameters. An empty `events_filter` means all
        events.
        Expect `ValidationError` (both are omitted), `NotFoundError`, `ForbiddenError`.
        PATCH /api/v1/webhooks/{webhookId}
        """
        body = {"isDisabled": is_disabled, "eventsFilter": events_filter}
        return http.patch(
            WEBHOOK_PATH, {"webhookId": webhook_id}, body=body, returns=one(WebhookResponse), access=ACCESS
        )

    @endpoint
    @staticmethod
    def delete(*, webhook_id: str) -> Request[WebhookResponse]:
        """Delete a webhook.

        Expect `NotFoundError`, `ForbiddenError`.
        DELETE /api/v1/webhooks/{webhookId}
        """
        return http.delete(WEBHOOK_PATH, {"webhookId": webhook_id}, returns=one(WebhookResponse), access=ACCESS)

    @endpoint
    @staticmethod
    def list(
        *, project_id: str, environment: str | None = None, secret_path: str | None = None
    ) -> Request[WebhookList]:
        """List every webhook of a project, or of one environment or folder, without paging.

        Servers of 2024 require `workspaceId`, which this call does not send: they respond with `ValidationError`.
        Expect `ForbiddenError`.
        GET /api/v1/webhooks
        """
        query = {"projectId": project_id, "environment": environment, "secretPath": secret_path}
        return http.get("/api/v1/webhooks", query=query, returns=one(WebhookList), access=ACCESS)

    @endpoint
    @staticmethod
    def test(*, webhook_id: str) -> Request[WebhookResponse]:
        """Make the server call a webhook, to test it.

        Expect `NotFoundError`, `ForbiddenError`.
        POST /api/v1/webhooks/{webhookId}/test
        """
        path = "/api/v1/webhooks/{webhookId}/test"
        return http.post(path, {"webhookId": webhook_id}, returns=one(WebhookResponse), access=ACCESS)
