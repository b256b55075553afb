"""Service tokens (`st.…`), deprecated by Infisical in favour of machine identities (`/api/v2/service-token`).

Models first, then the endpoint functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from infisical import request as http
from infisical.access import Access
from infisical.decode import one
from infisical.group import Group, R, endpoint
from infisical.model import Model
from infisical.request import Null, Request

ACCESS = Access("service_tokens")
CURRENT_TOKEN_ACCESS = Access("service_tokens", documented=("jwt", "service_token"), server=("service_token",))


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceTokenScope(Model):
    """A scope of a service token, in requests and responses: an environment (its slug) and a folder."""

    environment: str
    secret_path: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceTokenData(Model):
    """The metadata of a service token, without the token itself."""

    id: str
    name: str | None = None
    project_id: str | None = None
    scopes: tuple[ServiceTokenScope, ...] = ()
    permissions: tuple[str, ...] = ()
    created_by: str | None = None
    last_used: str | None = None
    expires_at: str | None = None
    expiry_notification_sent: bool | None = None
    created_at: str | None = None
    updated_at: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CreatedServiceToken(Model):
    """A new service token, returned only once, and its metadata."""

    service_token: str = field(repr=False)
    service_token_data: ServiceTokenData | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceTokenUser(Model):
    """The user who created a service token. `devices` has the form that the server uses."""

    id: str
    username: str | None = None
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    auth_methods: tuple[str, ...] = ()
    mfa_methods: tuple[str, ...] = ()
    devices: Any = field(default=None, hash=False)
    created_at: str | None = None
    updated_at: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CurrentServiceToken(Model):
    """The service token of the client, and the user who created it. `workspace` is also the project's id."""

    id: str
    name: str | None = None
    project_id: str | None = None
    workspace: str | None = None
    scopes: tuple[ServiceTokenScope, ...] = ()
    permissions: tuple[str, ...] = ()
    created_by: str | None = None
    user: ServiceTokenUser | None = None
    last_used: str | None = None
    expires_at: str | None = None
    expiry_notification_sent: bool | None = None
    secret_hash: str | None = field(default=None, repr=False)
    encrypted_key: str | None = field(default=None, repr=False)
    iv: str | None = field(default=None, repr=False)
    tag: str | None = field(default=None, repr=False)
    created_at: str | None = None
    updated_at: str | None = None


class ServiceTokens(Group[R]):
    """Service tokens of a project."""

    @endpoint
    @staticmethod
    def get() -> Request[CurrentServiceToken]:
        """Get the metadata of the client's service token.

        Expect `ForbiddenError` (a user's token), `UnauthorizedError`.
        GET /api/v2/service-token
        """
        return http.get("/api/v2/service-token", returns=one(CurrentServiceToken), access=CURRENT_TOKEN_ACCESS)

    @endpoint
    @staticmethod
    def create(
        *,
        name: str,
        workspace_id: str,
        scopes: Sequence[ServiceTokenScope],
        encrypted_key: str,
        iv: str,
        tag: str,
        expires_in: int | Null,
        permissions: Sequence[Literal["read", "write"] | str],
    ) -> Request[CreatedServiceToken]:
        """Create a service token, which is returned only once.

        `workspace_id` is the project's id. `scopes` has at least one scope. `expires_in` is in seconds; `NULL` means no
        expiry. `encrypted_key`, `iv` and `tag` are obsolete but required: pass empty strings.
        Expect `ValidationError`, `ForbiddenError`, `NotFoundError`.
        POST /api/v2/service-token
        """
        body = {
            "name": name,
            "workspaceId": workspace_id,
            "scopes": scopes,
            "encryptedKey": encrypted_key,
            "iv": iv,
            "tag": tag,
            "expiresIn": expires_in,
            "permissions": permissions,
        }
        return http.post("/api/v2/service-token", body=body, returns=one(CreatedServiceToken), access=ACCESS)

    @endpoint
    @staticmethod
    def delete(service_token_id: str) -> Request[ServiceTokenData]:
        """Delete a service token by its id.

        Expect `NotFoundError`, `ForbiddenError`.
        DELETE /api/v2/service-token/{serviceTokenId}
        """
        path = "/api/v2/service-token/{serviceTokenId}"
        returns = one(ServiceTokenData, at="serviceTokenData")
        return http.delete(path, {"serviceTokenId": service_token_id}, returns=returns, access=ACCESS)
