"""Shared secrets: values that others read by a URL (`/api/v1/shared-secrets`, formerly `/secret-sharing`).

Models first, then the endpoint functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from infisical import request as http
from infisical.access import ALL_MODES, IDENTITIES_AND_USERS, Access
from infisical.decode import one
from infisical.group import Group, R, endpoint
from infisical.model import Model
from infisical.request import Request

LIST_PATH = "/api/v1/shared-secrets"
FORMER_LIST_PATHS = ("/api/v1/secret-sharing",)
PATH = "/api/v1/shared-secrets/{sharedSecretId}"
FORMER_PATHS = ("/api/v1/secret-sharing/{sharedSecretId}",)
ACCESS = Access("secret_sharing", server=IDENTITIES_AND_USERS)
OPTIONAL_ACCESS = Access("secret_sharing", "optional", server=ALL_MODES)
PUBLIC_ACCESS = Access("secret_sharing", "none", ())
AccessType: TypeAlias = Literal["anyone", "organization"] | str


@dataclass(frozen=True, kw_only=True, slots=True)
class SharedSecret(Model):
    """The metadata of a shared secret, without its value. `authorized_emails` has no fixed form."""

    id: str
    name: str | None = None
    type: str | None = None
    access_type: str | None = None
    expires_at: str | None = None
    expires_after_views: int | None = None
    last_viewed_at: str | None = None
    authorized_emails: Any = field(default=None, hash=False)
    user_id: str | None = None
    identity_id: str | None = None
    org_id: str | None = None
    shared_secret_link: str | None = field(default=None, repr=False)
    is_password_protected: bool | None = None
    is_authorized_user: bool | None = None
    encrypted_value: str | None = field(default=None, repr=False)
    iv: str | None = None
    tag: str | None = None
    hashed_hex: str | None = field(default=None, repr=False)
    created_at: str | None = None
    updated_at: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SharedSecretList(Model):
    """One page of shared secrets; `total_count` counts the secrets of all pages."""

    secrets: tuple[SharedSecret, ...]
    total_count: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenedSecret(Model):
    """A shared secret with its value. `authorized_emails` has no fixed form."""

    id: str
    secret_value: str | None = field(default=None, repr=False)
    org_name: str | None = None
    name: str | None = None
    type: str | None = None
    access_type: str | None = None
    expires_at: str | None = None
    expires_after_views: int | None = None
    last_viewed_at: str | None = None
    authorized_emails: Any = field(default=None, hash=False)
    user_id: str | None = None
    identity_id: str | None = None
    org_id: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


class SecretSharing(Group[R]):
    """Share values by URL, and manage the shared secrets. Newer servers also let machine identities share.

    Servers before about March 2026 have `/api/v1/secret-sharing` instead: the client falls back to it automatically.
    """

    @endpoint
    @staticmethod
    def create(
        *,
        secret_value: str,
        name: str | None = None,
        password: str | None = None,
        expires_in: str | None = None,
        max_views: int | None = None,
        access_type: AccessType | None = None,
        authorized_emails: Sequence[str] | None = None,
        expires_at: str | None = None,
        expires_after_views: int | None = None,
        encrypted_value: str | None = None,
        iv: str | None = None,
        tag: str | None = None,
        hashed_hex: str | None = None,
    ) -> Request[SharedSecret]:
        """Share a value; the response has its URL.

        A value has at most 10,000 characters, a name 50. `expires_in` is a duration such as `1h`, from `5m` to `30d`
        (the default). By default only members of the organization may read it, any number of times. `authorized_emails`
        has at most 100 addresses.
        Older servers use `expires_at` (ISO 8601) and `expires_after_views` instead of `expires_in` and `max_views`, and
        return only the id. The oldest require that the caller encrypts the value: `encrypted_value`, `iv`, `tag` and
        `hashed_hex`. A server silently ignores parameters that it does not know.
        Expect `BadRequestError` (the organization does not allow sharing with others), `ValidationError`,
        `RateLimitError` (5 per minute).
        POST /api/v1/shared-secrets
        """
        body = {
            "secretValue": secret_value,
            "name": name,
            "password": password,
            "expiresIn": expires_in,
            "maxViews": max_views,
            "accessType": access_type,
            "authorizedEmails": authorized_emails,
            "expiresAt": expires_at,
            "expiresAfterViews": expires_after_views,
            "encryptedValue": encrypted_value,
            "iv": iv,
            "tag": tag,
            "hashedHex": hashed_hex,
        }
        return http.post(LIST_PATH, body=body, returns=one(SharedSecret), access=ACCESS, formerly=FORMER_LIST_PATHS)

    @endpoint
    @staticmethod
    def get(*, shared_secret_id: str, hashed_hex: str | None = None) -> Request[SharedSecret]:
        """Get the metadata of a shared secret, without its value; `access` returns the value.

        `is_authorized_user` is true if the caller need not give the password. The request carries the client's
        credential, if there is one. Without one the server refuses secrets that only the organization may read. Only
        old servers require `hashed_hex`.
        Expect `NotFoundError` (`route_missing` on servers before 2026), `UnauthorizedError`, `ForbiddenError`.
        GET /api/v1/shared-secrets/{sharedSecretId}
        """
        parts, query = {"sharedSecretId": shared_secret_id}, {"hashedHex": hashed_hex}
        returns = one(SharedSecret)
        return http.get(PATH, parts, query=query, returns=returns, access=OPTIONAL_ACCESS, formerly=FORMER_PATHS)

    @endpoint
    @staticmethod
    def delete(*, shared_secret_id: str) -> Request[SharedSecret]:
        """Delete a shared secret; its URL stops working.

        Expect `NotFoundError`, `ForbiddenError`.
        DELETE /api/v1/shared-secrets/{sharedSecretId}
        """
        parts = {"sharedSecretId": shared_secret_id}
        return http.delete(PATH, parts, returns=one(SharedSecret), access=ACCESS, formerly=FORMER_PATHS)

    @endpoint
    @staticmethod
    def list(*, offset: int | None = None, limit: int | None = None) -> Request[SharedSecretList]:
        """List the caller's shared secrets in the organization, newest first; returns one page.

        `limit` is 1 to 100 (default 25); `offset` is 0 to 100 (default 0).
        GET /api/v1/shared-secrets
        """
        query = {"offset": offset, "limit": limit}
        return http.get(
            LIST_PATH, query=query, returns=one(SharedSecretList), access=ACCESS, formerly=FORMER_LIST_PATHS
        )

    @endpoint
    @staticmethod
    def access(*, shared_secret_id: str, password: str | None = None) -> Request[OpenedSecret]:
        """Read the value of a shared secret as anyone with the URL does; this counts as a view.

        The request carries no credential: the server refuses secrets that only the organization may read.
        Expect `UnauthorizedError`, `ForbiddenError` (expired), `NotFoundError` (`route_missing` on servers before
        2026).
        POST /api/v1/shared-secrets/{id}/access
        """
        return http.post(
            "/api/v1/shared-secrets/{id}/access",
            {"id": shared_secret_id},
            body={"password": password},
            returns=one(OpenedSecret),
            access=PUBLIC_ACCESS,
            formerly=("/api/v1/secret-sharing/{id}/access",),
        )
