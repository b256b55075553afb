"""Webhooks: whom the server calls when secrets change (`/api/v1/webhooks`); for users only.

Models first, then the endpoint functions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from infisical.auth import Access
from infisical.decode import one
from infisical.group import Group, R, endpoint
from infisical.model import Model
from infisical.request import Request, delete, get, patch, post

WEBHOOKS = Access("webhooks")
WEBHOOK = "/api/v1/webhooks/{webhookId}"


@dataclass(frozen=True, kw_only=True, slots=True)
class WebhookEnvironment(Model):
    """The environment that a webhook watches."""

    id: str
    name: str | None = None
    slug: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Webhook(Model):
    """A webhook. `last_status` and `last_run_error_message` are of its last call; its `url` comes with `list` only."""

    id: str
    type: str | None = None
    url: str | None = field(default=None, repr=False)  # whoever knows that of a slack channel may post there
    project_id: str | None = None
    env_id: str | None = None
    environment: WebhookEnvironment | None = None
    secret_path: str | None = None
    is_disabled: bool | None = None
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
    """The webhooks of a project."""

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
    ) -> Request[WebhookResponse]:
        """Create a webhook for an environment, or a folder of it.

        `type` is by default `general`; older servers do not know `microsoft-teams`. The URL for `slack` must have
        `hooks.slack.com` in it. `secret_path` is by default `/`.
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
        }
        return post("/api/v1/webhooks", body=body, returns=one(WebhookResponse), auth=WEBHOOKS)

    @endpoint
    @staticmethod
    def update(*, webhook_id: str, is_disabled: bool | None = None) -> Request[WebhookResponse]:
        """Disable or enable a webhook: without `is_disabled` it is enabled.

        Expect `NotFoundError`, `ForbiddenError`.
        PATCH /api/v1/webhooks/{webhookId}
        """
        body = {"isDisabled": is_disabled}
        return patch(WEBHOOK, {"webhookId": webhook_id}, body=body, returns=one(WebhookResponse), auth=WEBHOOKS)

    @endpoint
    @staticmethod
    def delete(*, webhook_id: str) -> Request[WebhookResponse]:
        """Delete a webhook.

        Expect `NotFoundError`, `ForbiddenError`.
        DELETE /api/v1/webhooks/{webhookId}
        """
        return delete(WEBHOOK, {"webhookId": webhook_id}, returns=one(WebhookResponse), auth=WEBHOOKS)

    @endpoint
    @staticmethod
    def list(
        *, project_id: str, environment: str | None = None, secret_path: str | None = None
    ) -> Request[WebhookList]:
        """List the webhooks of a project, or of an environment or folder of it: all of them, there are no pages.

        Expect `ForbiddenError`.
        GET /api/v1/webhooks
        """
        query = {"projectId": project_id, "environment": environment, "secretPath": secret_path}
        return get("/api/v1/webhooks", query=query, returns=one(WebhookList), auth=WEBHOOKS)

    @endpoint
    @staticmethod
    def test(*, webhook_id: str) -> Request[WebhookResponse]:
        """Have the server call a webhook, to see whether that works.

        Expect `NotFoundError`, `ForbiddenError`.
        POST /api/v1/webhooks/{webhookId}/test
        """
        path = "/api/v1/webhooks/{webhookId}/test"
        return post(path, {"webhookId": webhook_id}, returns=one(WebhookResponse), auth=WEBHOOKS)
