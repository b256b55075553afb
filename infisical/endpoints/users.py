"""The current user: profile, second factor, organizations, sessions, API keys (`/api/v2/users/me`).

Models first, then the endpoint functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from typing_extensions import deprecated

from infisical import request as http
from infisical.access import Access
from infisical.decode import many, nothing, one
from infisical.endpoints.mfa import MfaMethod
from infisical.endpoints.organizations import Organization
from infisical.group import Group, R, endpoint
from infisical.model import Model, describe_field
from infisical.request import Request

ACCESS = Access("users")
OPEN_ACCESS = Access("users", server=())
AuthMethod: TypeAlias = (
    Literal[
        "email",
        "google",
        "github",
        "gitlab",
        "okta-saml",
        "azure-saml",
        "jumpcloud-saml",
        "google-saml",
        "keycloak-saml",
        "ldap",
        "oidc",
    ]
    | str
)
NO_API_KEYS = "servers no longer have API keys; use a machine identity"


@dataclass(frozen=True, kw_only=True, slots=True)
class User(Model):
    """A user. Only `get_me` fills the keys, for older accounts; `devices` has the form that the server uses."""

    id: str
    username: str | None = None
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    is_email_verified: bool | None = None
    auth_methods: tuple[str, ...] = ()
    super_admin: bool | None = None
    is_accepted: bool | None = None
    is_ghost: bool | None = None
    is_mfa_enabled: bool | None = None
    mfa_methods: tuple[str, ...] = ()
    selected_mfa_method: str | None = None
    consecutive_failed_mfa_attempts: int | None = None
    consecutive_failed_password_attempts: int | None = None
    is_locked: bool | None = None
    temporary_lock_date_end: str | None = None
    is_github_verified: bool | None = field(default=None, metadata=describe_field("isGitHubVerified"))
    is_gitlab_verified: bool | None = field(default=None, metadata=describe_field("isGitLabVerified"))
    is_google_verified: bool | None = None
    devices: Any = field(default=None, hash=False)
    created_at: str | None = None
    updated_at: str | None = None
    user_id: str | None = None
    public_key: str | None = None
    client_public_key: str | None = None
    encryption_version: int | None = None
    server_private_key: str | None = field(default=None, repr=False)
    encrypted_private_key: str | None = field(default=None, repr=False)
    iv: str | None = field(default=None, repr=False)
    tag: str | None = field(default=None, repr=False)
    protected_key: str | None = field(default=None, repr=False)
    protected_key_iv: str | None = field(default=None, repr=False, metadata=describe_field("protectedKeyIV"))
    protected_key_tag: str | None = field(default=None, repr=False)
    salt: str | None = field(default=None, repr=False)
    verifier: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class UserSession(Model):
    """A session of the user: its origin and its last use."""

    id: str
    user_id: str | None = None
    org_id: str | None = None
    ip: str | None = None
    user_agent: str | None = None
    access_version: int | None = None
    refresh_version: int | None = None
    last_used: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class UserApiKey(Model):
    """The metadata of an API key, without the key itself."""

    id: str
    name: str | None = None
    user_id: str | None = None
    last_used: str | None = None
    expires_at: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CreatedApiKey(Model):
    """A new API key, returned only once, and its metadata."""

    api_key: str = field(repr=False)
    api_key_data: UserApiKey | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class EmailChangeResponse(Model):
    """Whether the server sent the code, and its message."""

    success: bool
    message: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RevokeSessionResponse(Model):
    """The server's confirmation."""

    message: str


class Users(Group[R]):
    """The current user. After a change, newer servers return fewer fields of the user than `get_me`."""

    @endpoint
    @staticmethod
    def send_email_verification_code(*, token: str) -> Request[None]:
        """Send the code that verifies an email address; the response is empty.

        `token` is the token of the sign-up or verification, not a username. Servers of 2024 require `username` instead,
        which this call does not send: they respond with `ValidationError`.
        POST /api/v2/users/me/emails/code
        """
        return http.post("/api/v2/users/me/emails/code", body={"token": token}, returns=nothing, access=OPEN_ACCESS)

    @endpoint
    @staticmethod
    @deprecated("servers no longer have this route", category=None)
    def verify_email_verification_code(*, username: str, code: str) -> Request[None]:
        """Submit the code of an email: documented, but servers have removed the route. The response is empty.

        Expect `NotFoundError` (`route_missing`).
        POST /api/v2/users/me/emails/verify
        """
        body = {"username": username, "code": code}
        return http.post("/api/v2/users/me/emails/verify", body=body, returns=nothing, access=ACCESS)

    @endpoint
    @staticmethod
    def update_mfa(
        *, selected_mfa_method: MfaMethod, is_mfa_enabled: bool | None = None, mfa_session_id: str | None = None
    ) -> Request[User]:
        """Select the second factor of the user.

        Current servers require a verified MFA session (see `mfa_sessions`) and ignore `is_mfa_enabled`. On older
        servers `is_mfa_enabled` turns MFA on and off.
        Expect `ValidationError`, `UnauthorizedError`.
        PATCH /api/v2/users/me/mfa
        """
        body = {
            "selectedMfaMethod": selected_mfa_method,
            "isMfaEnabled": is_mfa_enabled,
            "mfaSessionId": mfa_session_id,
        }
        return http.patch("/api/v2/users/me/mfa", body=body, returns=one(User, at="user"), access=ACCESS)

    @endpoint
    @staticmethod
    def update_name(*, first_name: str, last_name: str) -> Request[User]:
        """Change the user's first and last name.

        Expect `ValidationError`, `UnauthorizedError`.
        PATCH /api/v2/users/me/name
        """
        body = {"firstName": first_name, "lastName": last_name}
        return http.patch("/api/v2/users/me/name", body=body, returns=one(User, at="user"), access=ACCESS)

    @endpoint
    @staticmethod
    def update_auth_methods(*, auth_methods: Sequence[AuthMethod]) -> Request[User]:
        """Replace all login methods of the user; pass at least one.

        The user's token need not belong to an organization.
        Expect `ValidationError`, `UnauthorizedError`.
        PUT /api/v2/users/me/auth-methods
        """
        body = {"authMethods": auth_methods}
        return http.put("/api/v2/users/me/auth-methods", body=body, returns=one(User, at="user"), access=ACCESS)

    @endpoint
    @staticmethod
    def request_email_change_otp(*, new_email: str) -> Request[EmailChangeResponse]:
        """Send the code that `update_email` requires.

        Expect `ValidationError`, `RateLimitError` (2 per 40 s), `NotFoundError` (`route_missing` on servers of 2024).
        POST /api/v2/users/me/email-change/otp
        """
        body = {"newEmail": new_email}
        return http.post(
            "/api/v2/users/me/email-change/otp", body=body, returns=one(EmailChangeResponse), access=ACCESS
        )

    @endpoint
    @staticmethod
    def update_email(*, new_email: str, otp_code: str) -> Request[User]:
        """Change the email address, with the code (6 characters) from `request_email_change_otp`.

        The user's token need not belong to an organization. The newest servers require a POST to
        `/api/v2/users/me/email-change/verify-current` between the two calls.
        Expect `ValidationError`, `NotFoundError` (`route_missing` on servers of 2024).
        PATCH /api/v2/users/me/email
        """
        body = {"newEmail": new_email, "otpCode": otp_code}
        return http.patch("/api/v2/users/me/email", body=body, returns=one(User, at="user"), access=ACCESS)

    @endpoint
    @staticmethod
    def list_organizations() -> Request[tuple[Organization, ...]]:
        """List every organization of the user.

        GET /api/v2/users/me/organizations
        """
        returns = many(Organization, at="organizations")
        return http.get("/api/v2/users/me/organizations", returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    @deprecated(NO_API_KEYS, category=None)
    def list_api_keys() -> Request[tuple[UserApiKey, ...]]:
        """List the user's API keys: documented, but servers have removed the route.

        Expect `NotFoundError` (`route_missing`).
        GET /api/v2/users/me/api-keys
        """
        return http.get("/api/v2/users/me/api-keys", returns=many(UserApiKey), access=ACCESS)

    @endpoint
    @staticmethod
    @deprecated(NO_API_KEYS, category=None)
    def create_api_key(*, name: str, expires_in: int) -> Request[CreatedApiKey]:
        """Create an API key: documented, but servers have removed the route and refuse such keys.

        The key is returned only once. `expires_in` is in seconds.
        Expect `NotFoundError` (`route_missing`).
        POST /api/v2/users/me/api-keys
        """
        body = {"name": name, "expiresIn": expires_in}
        return http.post("/api/v2/users/me/api-keys", body=body, returns=one(CreatedApiKey), access=ACCESS)

    @endpoint
    @staticmethod
    @deprecated(NO_API_KEYS, category=None)
    def delete_api_key(api_key_data_id: str) -> Request[UserApiKey]:
        """Delete an API key by its id: documented, but servers have removed the route.

        Expect `NotFoundError` (`route_missing`, or no such key on older servers).
        DELETE /api/v2/users/me/api-keys/{apiKeyDataId}
        """
        path = "/api/v2/users/me/api-keys/{apiKeyDataId}"
        return http.delete(
            path, {"apiKeyDataId": api_key_data_id}, returns=one(UserApiKey, at="apiKeyData"), access=ACCESS
        )

    @endpoint
    @staticmethod
    def list_sessions() -> Request[tuple[UserSession, ...]]:
        """List every session of the user.

        GET /api/v2/users/me/sessions
        """
        return http.get("/api/v2/users/me/sessions", returns=many(UserSession), access=ACCESS)

    @endpoint
    @staticmethod
    def revoke_all_sessions() -> Request[RevokeSessionResponse]:
        """End every session of the user.

        DELETE /api/v2/users/me/sessions
        """
        return http.delete("/api/v2/users/me/sessions", returns=one(RevokeSessionResponse), access=ACCESS)

    @endpoint
    @staticmethod
    def revoke_session(session_id: str) -> Request[RevokeSessionResponse]:
        """End one session of the user.

        Expect `NotFoundError` (`route_missing` on servers of 2024).
        DELETE /api/v2/users/me/sessions/{sessionId}
        """
        path = "/api/v2/users/me/sessions/{sessionId}"
        return http.delete(path, {"sessionId": session_id}, returns=one(RevokeSessionResponse), access=ACCESS)

    @endpoint
    @staticmethod
    def get_me() -> Request[User]:
        """Get the profile of the user.

        Expect `UnauthorizedError`.
        GET /api/v2/users/me
        """
        return http.get("/api/v2/users/me", returns=one(User, at="user"), access=ACCESS)

    @endpoint
    @staticmethod
    def delete_me() -> Request[User]:
        """Delete the account of the current user.

        Expect `UnauthorizedError`.
        DELETE /api/v2/users/me
        """
        return http.delete("/api/v2/users/me", returns=one(User, at="user"), access=ACCESS)
