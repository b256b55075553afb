"""Webhooks: whom the server calls when secrets change (`/api/v1/webhooks`).

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

WEBHOOKS = Access("webhooks", server=IDENTITIES_AND_USERS)
WEBHOOK = "/api/v1/webhooks/{webhookId}"
EventName: TypeAlias = Literal["secrets.modified", "secrets.rotation-failed"] | str


@dataclass(frozen=True, kw_only=True, slots=True)
class WebhookEvent(Model):
    """A kind of event that a webhook is called for, read or to be written."""

    event_name: EventName


@dataclass(frozen=True, kw_only=True, slots=True)
class Webhook(Model):
    """A webhook. `last_status` and `last_run_error_message` are of its last call; its `url` comes with `list` only."""

    id: str
    type: str | None = None
    url: str | None = field(default=None, repr=False)  # whoever knows that of a slack channel may post there
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
    """A webhook as it is now, and what the server says of the call."""

    webhook: Webhook
    message: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class WebhookList(Model):
    """All webhooks that were asked for, and what the server says of the call."""

    webhooks: tuple[Webhook, ...]
    message: str | None = None


class Webhooks(Group[R]):
    """The webhooks of a project. Servers before June 2026 take users' tokens only, newer ones machine identities too:
    `auth_policy="server"` lets these through.
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
        """Create a webhook for an environment, or a folder of it.

        `type` is by default `general`; older servers do not know `microsoft-teams`. The URL for `slack` must have
        `hooks.slack.com` in it. `secret_path` is by default `/`. Servers since June 2026 call the webhook only for the
        events of `events_filter`, by default for all.
        Servers of 2024 want `workspaceId`, which this call does not send: they answer `ValidationError`.
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
        return http.post("/api/v1/webhooks", body=body, returns=one(WebhookResponse), access=WEBHOOKS)

    @endpoint
    @staticmethod
    def update(
        *,
        webhook_id: str,
        is_disabled: bool | None = None,
        events_filter: Sequence[WebhookEvent] | None = None,
    ) -> Request[WebhookResponse]:
        """Disable or enable a webhook, or choose the events that it is called for.

        Give `is_disabled` whenever you know it: where it is omitted, servers before June 2026 enable the webhook. Newer
        ones keep the state, and want at least one of the two; an empty `events_filter` means all events.
        Expect `ValidationError` (neither is given), `NotFoundError`, `ForbiddenError`.
        PATCH /api/v1/webhooks/{webhookId}
        """
        body = {"isDisabled": is_disabled, "eventsFilter": events_filter}
        return http.patch(WEBHOOK, {"webhookId": webhook_id}, body=body, returns=one(WebhookResponse), access=WEBHOOKS)

    @endpoint
    @staticmethod
    def delete(*, webhook_id: str) -> Request[WebhookResponse]:
        """Delete a webhook.

        Expect `NotFoundError`, `ForbiddenError`.
        DELETE /api/v1/webhooks/{webhookId}
        """
        return http.delete(WEBHOOK, {"webhookId": webhook_id}, returns=one(WebhookResponse), access=WEBHOOKS)

    @endpoint
    @staticmethod
    def list(
        *, project_id: str, environment: str | None = None, secret_path: str | None = None
    ) -> Request[WebhookList]:
        """List the webhooks of a project, or of an environment or folder of it: all of them, there are no pages.

        Servers of 2024 want `workspaceId`, which this call does not send: they answer `ValidationError`.
        Expect `ForbiddenError`.
        GET /api/v1/webhooks
        """
        query = {"projectId": project_id, "environment": environment, "secretPath": secret_path}
        return http.get("/api/v1/webhooks", query=query, returns=one(WebhookList), access=WEBHOOKS)

    @endpoint
    @staticmethod
    def test(*, webhook_id: str) -> Request[WebhookResponse]:
        """Have the server call a webhook, to see whether that works.

        Expect `NotFoundError`, `ForbiddenError`.
        POST /api/v1/webhooks/{webhookId}/test
        """
        path = "/api/v1/webhooks/{webhookId}/test"
        return http.post(path, {"webhookId": webhook_id}, returns=one(WebhookResponse), access=WEBHOOKS)
