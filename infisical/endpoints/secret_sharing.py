"""Shared secrets: values that somebody else reads by a link (`/api/v1/shared-secrets`, formerly `/secret-sharing`).

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

ALL = "/api/v1/shared-secrets"
ALL_FORMERLY = ("/api/v1/secret-sharing",)
PATH = "/api/v1/shared-secrets/{sharedSecretId}"
FORMERLY = ("/api/v1/secret-sharing/{sharedSecretId}",)
SHARING = Access("secret_sharing", server=IDENTITIES_AND_USERS)
FOR_ANYONE = Access("secret_sharing", "optional", server=ALL_MODES)
WITHOUT_CREDENTIAL = Access("secret_sharing", "none", ())
AccessType: TypeAlias = Literal["anyone", "organization"] | str


@dataclass(frozen=True, kw_only=True, slots=True)
class SharedSecret(Model):
    """What is known of a shared secret, without its value. `authorized_emails` has no fixed form."""

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
    """One page of shared secrets; `total_count` counts those of all pages."""

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
    """Sharing values by links, and what was shared. Newer servers let machine identities share too.

    Servers before about March 2026 have `/api/v1/secret-sharing` instead: the client falls back to it by itself.
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
        """Share a value; the answer has the link.

        A value has at most 10,000 characters, a name 50; `expires_in` is a duration such as `1h`, from `5m` to `30d`,
        which is the default. By default only the organization may read it, as often as it likes; `authorized_emails`
        are at most 100.
        Older servers take `expires_at` (ISO 8601) and `expires_after_views` instead of `expires_in` and `max_views`,
        and answer the id alone; the oldest take what the caller has encrypted: `encrypted_value`, `iv`, `tag` and
        `hashed_hex`. A server ignores what it does not know, and does not say so.
        Expect `BadRequestError` (the organization does not share with others), `ValidationError`, `RateLimitError` (5 a
        minute).
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
        return http.post(ALL, body=body, returns=one(SharedSecret), access=SHARING, formerly=ALL_FORMERLY)

    @endpoint
    @staticmethod
    def get(*, shared_secret_id: str, hashed_hex: str | None = None) -> Request[SharedSecret]:
        """Read what is known of a shared secret, not its value: `access` gives that.

        `is_authorized_user` says whether the caller need not give the password. The call goes with the client's
        credential if there is one; without one, what the organization alone may read is refused.
        Only old servers want `hashed_hex`.
        Expect `NotFoundError` (`route_missing` on servers before 2026), `UnauthorizedError`, `ForbiddenError`.
        GET /api/v1/shared-secrets/{sharedSecretId}
        """
        parts, query = {"sharedSecretId": shared_secret_id}, {"hashedHex": hashed_hex}
        returns = one(SharedSecret)
        return http.get(PATH, parts, query=query, returns=returns, access=FOR_ANYONE, formerly=FORMERLY)

    @endpoint
    @staticmethod
    def delete(*, shared_secret_id: str) -> Request[SharedSecret]:
        """Delete a shared secret; its link leads nowhere from then on.

        Expect `NotFoundError`, `ForbiddenError`.
        DELETE /api/v1/shared-secrets/{sharedSecretId}
        """
        parts = {"sharedSecretId": shared_secret_id}
        return http.delete(PATH, parts, returns=one(SharedSecret), access=SHARING, formerly=FORMERLY)

    @endpoint
    @staticmethod
    def list(*, offset: int | None = None, limit: int | None = None) -> Request[SharedSecretList]:
        """List what the caller shared in the organization, the newest first, one page.

        `limit` is 1 to 100, by default 25; `offset` is 0, the default, to 100.
        GET /api/v1/shared-secrets
        """
        query = {"offset": offset, "limit": limit}
        return http.get(ALL, query=query, returns=one(SharedSecretList), access=SHARING, formerly=ALL_FORMERLY)

    @endpoint
    @staticmethod
    def access(*, shared_secret_id: str, password: str | None = None) -> Request[OpenedSecret]:
        """Open a shared secret and read its value, as whoever has the link does; it counts as a view.

        Goes without a credential: what the organization alone may read is refused.
        Expect `UnauthorizedError`, `ForbiddenError` (expired), `NotFoundError` (`route_missing` on servers before
        2026).
        POST /api/v1/shared-secrets/{id}/access
        """
        return http.post(
            "/api/v1/shared-secrets/{id}/access",
            {"id": shared_secret_id},
            body={"password": password},
            returns=one(OpenedSecret),
            access=WITHOUT_CREDENTIAL,
            formerly=("/api/v1/secret-sharing/{id}/access",),
        )
