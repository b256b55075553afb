"""Alerts: who is told about certificates that expire, say (`/api/v2/pki/alerts`).

Models first, then the endpoint functions. Servers of 2024 do not have these routes: `NotFoundError` (`route_missing`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from infisical.decode import one
from infisical.endpoints.pki import PKI
from infisical.group import Group, R, endpoint
from infisical.model import Model
from infisical.request import Request, delete, get, patch, post

ALERTS = "/api/v2/pki/alerts"
ALERT = "/api/v2/pki/alerts/{alertId}"
AlertEvent: TypeAlias = Literal["expiration", "renewal", "issuance", "revocation"] | str


@dataclass(frozen=True, kw_only=True, slots=True)
class AlertFilter(Model):
    """One condition on certificates, read or to be written.

    `field` is `profile_name`, `common_name`, `san` or `include_cas`; `operator` is `equals`, `matches`, `contains`,
    `starts_with` or `ends_with`; `value` is a text, a list of texts or a boolean.
    """

    field: str
    operator: str
    value: Any = dataclasses.field(hash=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class AlertChannel(Model):
    """A way to tell, read or to be written; `enabled` is by default True, dates are the server's.

    `channel_type` decides what stands in `config`. `email`: `recipients` (1 to 10). `webhook`: `url` (https) and, if
    wanted, `signingSecret`. `slack`: `webhookUrl` and, if wanted, `channel` and `mentionUsers`. `pagerduty` (newer
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
    """When an alert ran, and how that went: `success`, or `failed` with an `error`."""

    timestamp: str | None = None
    status: str | None = None
    error: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PkiAlert(Model):
    """An alert. `last_run` comes with `list`, which omits `project_id`; `notification_config` has no fixed form.

    Newer servers may omit `project_id` and `alert_before` anywhere.
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
    """One page of alerts; `total` counts those of all pages."""

    alerts: tuple[PkiAlert, ...]
    total: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class AlertCertificate(Model):
    """A certificate that an alert speaks of."""

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
    """One page of certificates; `total` counts those of all pages."""

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

        `name` has at most 255 characters: small letters and digits, with single hyphens between them. `alert_before` is
        a number of days, weeks, months or years: `30d`, `2w`, `6m`, `1y`. `channels` are 1 to 10. `description` has at
        most 1000 characters. `notification_config` (as the server has it) and `application_id` came in 2026: older
        servers do not read them.
        Expect `ValidationError`, `BadRequestError` (no project of the certificate manager), `ForbiddenError`.
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
        return post(ALERTS, body=body, returns=one(PkiAlert, at="alert"), auth=PKI)

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
        """List the alerts of a project, one page; with `enabled=True` only those that are enabled.

        One cannot ask for the disabled ones: servers read `enabled=false` as true, so that False is left out here, as
        None is. `limit` is 1 to 100, by default 20; `offset` is by default 0.
        Expect `ValidationError`, `BadRequestError` (no project of the certificate manager), `ForbiddenError`.
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
        return get(ALERTS, query=query, returns=one(PkiAlertList), auth=PKI)

    @endpoint
    @staticmethod
    def get(*, alert_id: str) -> Request[PkiAlert]:
        """Read an alert.

        Expect `NotFoundError`, `ForbiddenError`.
        GET /api/v2/pki/alerts/{alertId}
        """
        return get(ALERT, {"alertId": alert_id}, returns=one(PkiAlert, at="alert"), auth=PKI)

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
        """Change an alert; limits as in `create`.

        The server's default for `enabled`, True, is that of this call too: give it for an alert that is to stay
        disabled. Channels that are there already are named by their `id`.
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
        return patch(ALERT, {"alertId": alert_id}, body=body, returns=one(PkiAlert, at="alert"), auth=PKI)

    @endpoint
    @staticmethod
    def delete(*, alert_id: str) -> Request[PkiAlert]:
        """Delete an alert.

        Expect `NotFoundError`, `ForbiddenError`.
        DELETE /api/v2/pki/alerts/{alertId}
        """
        return delete(ALERT, {"alertId": alert_id}, returns=one(PkiAlert, at="alert"), auth=PKI)

    @endpoint
    @staticmethod
    def list_certificates(
        *, alert_id: str, limit: int | None = None, offset: int | None = None
    ) -> Request[AlertCertificateList]:
        """List the certificates that an alert speaks of, one page.

        `limit` is 1 to 100, by default 20; `offset` is by default 0.
        Expect `NotFoundError`, `ForbiddenError`.
        GET /api/v2/pki/alerts/{alertId}/certificates
        """
        query = {"limit": limit, "offset": offset}
        path = f"{ALERT}/certificates"
        return get(path, {"alertId": alert_id}, query=query, returns=one(AlertCertificateList), auth=PKI)

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
        """List the certificates that an alert would speak of, one page; nothing is created.

        `alert_before` as in `create`; `limit` is 1 to 100, by default 20; `offset` is by default 0.
        Expect `ValidationError`, `BadRequestError` (no project of the certificate manager), `ForbiddenError`.
        POST /api/v2/pki/alerts/preview/certificates
        """
        body = {
            "projectId": project_id,
            "filters": filters,
            "alertBefore": alert_before,
            "limit": limit,
            "offset": offset,
        }
        path = f"{ALERTS}/preview/certificates"
        return post(path, body=body, returns=one(AlertCertificateList), auth=PKI, idempotent=True)
