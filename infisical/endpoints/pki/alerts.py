"""Alerts: notifications about certificates, for example before they expire (`/api/v2/pki/alerts`).

Models first, then the endpoint functions. Servers of 2024 have none of these routes: expect `NotFoundError`
(`route_missing`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from infisical import request as http
from infisical.decode import one
from infisical.endpoints.pki.models import ACCESS
from infisical.group import Group, R, endpoint
from infisical.model import Model
from infisical.request import Request

ALERTS_PATH = "/api/v2/pki/alerts"
ALERT_PATH = "/api/v2/pki/alerts/{alertId}"
AlertEvent: TypeAlias = Literal["expiration", "renewal", "issuance", "revocation"] | str


@dataclass(frozen=True, kw_only=True, slots=True)
class AlertFilter(Model):
    """One condition on certificates, in requests and responses.

    `field` is `profile_name`, `common_name`, `san` or `include_cas`. `operator` is `equals`, `matches`, `contains`,
    `starts_with` or `ends_with`. `value` is a text, a list of texts or a boolean.
    """

    field: str
    operator: str
    value: Any = dataclasses.field(hash=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class AlertChannel(Model):
    """A channel for notifications, in requests and responses. `enabled` defaults to True; the server sets the dates.

    The keys of `config` depend on `channel_type`. `email`: `recipients` (1 to 10). `webhook`: `url` (https) and
    optionally `signingSecret`. `slack`: `webhookUrl` and optionally `channel` and `mentionUsers`. `pagerduty` (newer
    servers): `integrationKey`.
    """

    channel_type: str
    config: Mapping[str, Any] | None = dataclasses.field(default=None, repr=False, hash=False)
    id: str | None = None
    enabled: bool | None = None
    created_at: str | None = None
    updated_at: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class AlertRun(Model):
    """A run of an alert: its time, and `success`, or `failed` with an `error`."""

    timestamp: str | None = None
    status: str | None = None
    error: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PkiAlert(Model):
    """An alert. Only `list` fills `last_run`, and it omits `project_id`; `notification_config` has no fixed form.

    Newer servers may omit `project_id` and `alert_before` in any response.
    """

    id: str
    name: str | None = None
    description: str | None = None
    event_type: str | None = None
    alert_before: str | None = None
    filters: tuple[AlertFilter, ...] = ()
    enabled: bool | None = None
    project_id: str | None = None
    application_id: str | None = None
    notification_config: Any = dataclasses.field(default=None, hash=False)
    channels: tuple[AlertChannel, ...] = ()
    last_run: AlertRun | None = None
    created_at: str | None = None
    updated_at: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PkiAlertList(Model):
    """One page of alerts; `total` counts the alerts of all pages."""

    alerts: tuple[PkiAlert, ...]
    total: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class AlertCertificate(Model):
    """A certificate that matches an alert."""

    id: str
    serial_number: str | None = None
    common_name: str | None = None
    san: tuple[str, ...] = ()
    profile_name: str | None = None
    enrollment_type: str | None = None
    not_before: str | None = None
    not_after: str | None = None
    status: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class AlertCertificateList(Model):
    """One page of certificates; `total` counts the certificates of all pages."""

    certificates: tuple[AlertCertificate, ...]
    total: int | None = None


class PkiAlerts(Group[R]):
    """The alerts of a project."""

    @endpoint
    @staticmethod
    def create(
        *,
        project_id: str,
        name: str,
        event_type: AlertEvent,
        alert_before: str,
        filters: Sequence[AlertFilter],
        channels: Sequence[AlertChannel],
        description: str | None = None,
        enabled: bool | None = None,
        notification_config: Mapping[str, Any] | None = None,
        application_id: str | None = None,
    ) -> Request[PkiAlert]:
        """Create an alert; it is enabled unless `enabled` is False.

        `name` has at most 255 characters: lower-case letters and digits, with single hyphens between them.
        `alert_before` is a number of days, weeks, months or years: `30d`, `2w`, `6m`, `1y`. Pass 1 to 10 `channels`.
        `description` has at most 1000 characters. `notification_config` (in the server's form) and `application_id`
        were added in 2026; older servers ignore them.
        Expect `ValidationError`, `BadRequestError` (not a project of the certificate manager), `ForbiddenError`.
        POST /api/v2/pki/alerts
        """
        body = {
            "projectId": project_id,
            "name": name,
            "eventType": event_type,
            "alertBefore": alert_before,
            "filters": filters,
            "channels": channels,
            "description": description,
            "enabled": enabled,
            "notificationConfig": notification_config,
            "applicationId": application_id,
        }
        return http.post(ALERTS_PATH, body=body, returns=one(PkiAlert, at="alert"), access=ACCESS)

    @endpoint
    @staticmethod
    def list(
        *,
        project_id: str,
        search: str | None = None,
        event_type: AlertEvent | None = None,
        enabled: Literal[True] | None = None,
        limit: int | None = None,
        offset: int | None = None,
    ) -> Request[PkiAlertList]:
        """List the alerts of a project; returns one page. `enabled=True` selects the enabled alerts.

        There is no way to select the disabled alerts: servers read `enabled=false` as true, so this call omits False,
        as it omits None. `limit` is 1 to 100 (default 20); `offset` defaults to 0.
        Expect `ValidationError`, `BadRequestError` (not a project of the certificate manager), `ForbiddenError`.
        GET /api/v2/pki/alerts
        """
        query = {
            "projectId": project_id,
            "search": search,
            "eventType": event_type,
            "enabled": enabled or None,
            "limit": limit,
            "offset": offset,
        }
        return http.get(ALERTS_PATH, query=query, returns=one(PkiAlertList), access=ACCESS)

    @endpoint
    @staticmethod
    def get(*, alert_id: str) -> Request[PkiAlert]:
        """Get an alert by its id.

        Expect `NotFoundError`, `ForbiddenError`.
        GET /api/v2/pki/alerts/{alertId}
        """
        return http.get(ALERT_PATH, {"alertId": alert_id}, returns=one(PkiAlert, at="alert"), access=ACCESS)

    @endpoint
    @staticmethod
    def update(
        *,
        alert_id: str,
        name: str | None = None,
        description: str | None = None,
        event_type: AlertEvent | None = None,
        alert_before: str | None = None,
        filters: Sequence[AlertFilter] | None = None,
        enabled: bool | None = None,
        channels: Sequence[AlertChannel] | None = None,
    ) -> Request[PkiAlert]:
        """Change an alert; limits are as in `create`.

        If you omit `enabled`, the server enables the alert: pass False if it is to stay disabled. Give the `id` of
        channels that already exist.
        Expect `ValidationError`, `NotFoundError`, `ForbiddenError`.
        PATCH /api/v2/pki/alerts/{alertId}
        """
        body = {
            "name": name,
            "description": description,
            "eventType": event_type,
            "alertBefore": alert_before,
            "filters": filters,
            "enabled": enabled,
            "channels": channels,
        }
        return http.patch(
            ALERT_PATH, {"alertId": alert_id}, body=body, returns=one(PkiAlert, at="alert"), access=ACCESS
        )

    @endpoint
    @staticmethod
    def delete(*, alert_id: str) -> Request[PkiAlert]:
        """Delete an alert.

        Expect `NotFoundError`, `ForbiddenError`.
        DELETE /api/v2/pki/alerts/{alertId}
        """
        return http.delete(ALERT_PATH, {"alertId": alert_id}, returns=one(PkiAlert, at="alert"), access=ACCESS)

    @endpoint
    @staticmethod
    def list_certificates(
        *, alert_id: str, limit: int | None = None, offset: int | None = None
    ) -> Request[AlertCertificateList]:
        """List the certificates that match an alert; returns one page.

        `limit` is 1 to 100 (default 20); `offset` defaults to 0.
        Expect `NotFoundError`, `ForbiddenError`.
        GET /api/v2/pki/alerts/{alertId}/certificates
        """
        query = {"limit": limit, "offset": offset}
        path = f"{ALERT_PATH}/certificates"
        return http.get(path, {"alertId": alert_id}, query=query, returns=one(AlertCertificateList), access=ACCESS)

    @endpoint
    @staticmethod
    def preview_certificates(
        *,
        project_id: str,
        filters: Sequence[AlertFilter],
        alert_before: str,
        limit: int | None = None,
        offset: int | None = None,
    ) -> Request[AlertCertificateList]:
        """List the certificates that an alert would match, without creating it; returns one page.

        `alert_before` is as in `create`; `limit` is 1 to 100 (default 20); `offset` defaults to 0.
        Expect `ValidationError`, `BadRequestError` (not a project of the certificate manager), `ForbiddenError`.
        POST /api/v2/pki/alerts/preview/certificates
        """
        body = {
            "projectId": project_id,
            "filters": filters,
            "alertBefore": alert_before,
            "limit": limit,
            "offset": offset,
        }
        path = f"{ALERTS_PATH}/preview/certificates"
        return http.post(path, body=body, returns=one(AlertCertificateList), access=ACCESS, idempotent=True)
