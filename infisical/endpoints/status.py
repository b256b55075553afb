"""The public status of a server (`/api/status`)."""

from __future__ import annotations

from dataclasses import dataclass

from infisical import request as http
from infisical.access import Access
from infisical.decode import one
from infisical.group import Group, R, endpoint
from infisical.model import Model
from infisical.request import Request

ACCESS = Access("status", need="none", documented=())


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerStatus(Model):
    """The configuration that a server publishes.

    `invite_only_signup` is true where sign-up is allowed, despite its name.
    """

    date: str
    message: str | None = None
    email_configured: bool | None = None
    invite_only_signup: bool | None = None
    redis_configured: bool | None = None
    secret_scanning_configured: bool | None = None
    saml_default_org_slug: str | None = None
    audit_log_storage_disabled: bool | None = None


class Status(Group[R]):
    """The public status of a server: whether it is up, and its configuration."""

    @endpoint
    @staticmethod
    def get() -> Request[ServerStatus]:
        """Get the status of a server; the request carries no credential.

        `message` is `Ok`; `date` is the server's time. The path has no version.
        GET /api/status
        """
        return http.get("/api/status", returns=one(ServerStatus), access=ACCESS)
