"""The second factor of a login: request a code, and submit it (`/api/v2/auth/mfa`).

Models first, then the endpoint functions. Call them in the middle of a login. They need the short-lived token that came
with `isMfaEnabled`, from the login or from the selection of an organization. Pass it as `login_token`, or make it the
client's Jwt.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from infisical import request as http
from infisical.access import Access
from infisical.decode import one
from infisical.group import Group, R, endpoint
from infisical.model import Model, describe_field
from infisical.request import Headers, Request

SESSION_ACCESS = Access("mfa", judges_session=False)  # renewing would retry a wrong code, and servers count tries
LOGIN_TOKEN_ACCESS = Access("mfa", "none", ())  # the request carries the login token, not the session's
MfaMethod: TypeAlias = Literal["email", "totp", "webauthn"] | str


def choose_credential(login_token: str | None) -> tuple[Access, Headers]:
    """Choose the access and headers of a request: the login token if passed, otherwise the session's credential."""
    if login_token is None:
        return SESSION_ACCESS, ()
    return LOGIN_TOKEN_ACCESS, (("Authorization", f"Bearer {login_token}"),)


@dataclass(frozen=True, kw_only=True, slots=True)
class ResendMfaResponse(Model):
    """The server's confirmation."""

    message: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TotpStatus(Model):
    """Whether the user has a verified authenticator."""

    is_verified: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class WebauthnStatus(Model):
    """Whether the user has passkeys."""

    has_passkeys: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class MfaLogin(Model):
    """A completed login: `token` is the user's token, for `Jwt`. The keys belong to older accounts."""

    token: str = field(repr=False)
    encryption_version: int | None = None
    public_key: str | None = None
    encrypted_private_key: str | None = field(default=None, repr=False)
    iv: str | None = field(default=None, repr=False)
    tag: str | None = field(default=None, repr=False)
    protected_key: str | None = field(default=None, repr=False)
    protected_key_iv: str | None = field(default=None, repr=False, metadata=describe_field("protectedKeyIV"))
    protected_key_tag: str | None = field(default=None, repr=False)


class Mfa(Group[R]):
    """The second factor of a user's login.

    `login_token` is the token from the first half of the login. If you pass it, the client's credential is not sent,
    and the client needs none. If you omit it, the client's Jwt must be that token.
    """

    @endpoint
    @staticmethod
    def resend_token(*, login_token: str | None = None) -> Request[ResendMfaResponse]:
        """Send the code again.

        Expect `InternalServerError` (the token of a completed login), `RateLimitError` (20 per minute).
        POST /api/v2/auth/mfa/send
        """
        access, headers = choose_credential(login_token)
        return http.post("/api/v2/auth/mfa/send", returns=one(ResendMfaResponse), access=access, headers=headers)

    @endpoint
    @staticmethod
    def check_totp(*, login_token: str | None = None) -> Request[TotpStatus]:
        """Check whether the user has a verified authenticator.

        Expect `InternalServerError` (the token of a completed login), `NotFoundError` (`route_missing` on servers of
        2024).
        GET /api/v2/auth/mfa/check/totp
        """
        access, headers = choose_credential(login_token)
        return http.get("/api/v2/auth/mfa/check/totp", returns=one(TotpStatus), access=access, headers=headers)

    @endpoint
    @staticmethod
    def check_webauthn(*, login_token: str | None = None) -> Request[WebauthnStatus]:
        """Check whether the user has passkeys.

        Errors are as in `check_totp`.
        GET /api/v2/auth/mfa/check/webauthn
        """
        access, headers = choose_credential(login_token)
        return http.get("/api/v2/auth/mfa/check/webauthn", returns=one(WebauthnStatus), access=access, headers=headers)

    @endpoint
    @staticmethod
    def verify(
        *, mfa_token: str, mfa_method: MfaMethod | None = None, login_token: str | None = None
    ) -> Request[MfaLogin]:
        """Submit the code, and get the user's token, for `client.set_jwt`.

        `mfa_token` is the code, not a token. `mfa_method` is the source of the code, by default `email`.
        Expect `InternalServerError` (the token of a completed login), `RateLimitError` (20 per minute).
        POST /api/v2/auth/mfa/verify
        """
        access, headers = choose_credential(login_token)
        body = {"mfaToken": mfa_token, "mfaMethod": mfa_method}
        return http.post("/api/v2/auth/mfa/verify", body=body, returns=one(MfaLogin), access=access, headers=headers)

    @endpoint
    @staticmethod
    def verify_recovery_code(*, recovery_code: str, login_token: str | None = None) -> Request[MfaLogin]:
        """Submit a recovery code (8 characters) instead of the code, and get the user's token.

        Errors are as in `verify`, and `NotFoundError` (`route_missing`) on servers of 2024.
        POST /api/v2/auth/mfa/verify/recovery-code
        """
        access, headers = choose_credential(login_token)
        body = {"recoveryCode": recovery_code}
        path = "/api/v2/auth/mfa/verify/recovery-code"
        return http.post(path, body=body, returns=one(MfaLogin), access=access, headers=headers)
