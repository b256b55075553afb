"""The second factor of a login: asking for a code, and giving it (`/api/v2/auth/mfa`).

Models first, then the endpoint functions. They are asked in the middle of a login, with the short-lived token that
the login, or the choice of an organization, answered with `isMfaEnabled`: `login_token`, or the client's own Jwt.
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

MFA = Access("mfa", judges_session=False)  # a new session would give a wrong code a second try, and that is counted
MFA_BY_LOGIN_TOKEN = Access("mfa", "none", ())  # the request carries the token itself: the session's stays at home
MfaMethod: TypeAlias = Literal["email", "totp", "webauthn"] | str


def carrying(login_token: str | None) -> tuple[Access, Headers]:
    """Choose what a request carries: the token that is given, else that of the session."""
    if login_token is None:
        return MFA, ()
    return MFA_BY_LOGIN_TOKEN, (("Authorization", f"Bearer {login_token}"),)


@dataclass(frozen=True, kw_only=True, slots=True)
class ResendMfaResponse(Model):
    """What the server says of it."""

    message: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TotpStatus(Model):
    """Whether the user has an authenticator that is verified."""

    is_verified: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class WebauthnStatus(Model):
    """Whether the user has passkeys."""

    has_passkeys: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class MfaLogin(Model):
    """A login that is complete: `token` is the user's, as `Jwt` takes it. The keys are those of older accounts."""

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

    `login_token` is the token that the first half of the login gave; with it nothing of the client's own credential
    goes along, and a client without one will do. Left out, the client's Jwt has to be that token.
    """

    @endpoint
    @staticmethod
    def resend_token(*, login_token: str | None = None) -> Request[ResendMfaResponse]:
        """Send the code once more.

        Expect `InternalServerError` (the token of a complete login), `RateLimitError` (20 in a minute).
        POST /api/v2/auth/mfa/send
        """
        auth, headers = carrying(login_token)
        return http.post("/api/v2/auth/mfa/send", returns=one(ResendMfaResponse), access=auth, headers=headers)

    @endpoint
    @staticmethod
    def check_totp(*, login_token: str | None = None) -> Request[TotpStatus]:
        """Ask whether the user has a verified authenticator.

        Expect `InternalServerError` (the token of a complete login), `NotFoundError` (`route_missing` on servers of
        2024).
        GET /api/v2/auth/mfa/check/totp
        """
        auth, headers = carrying(login_token)
        return http.get("/api/v2/auth/mfa/check/totp", returns=one(TotpStatus), access=auth, headers=headers)

    @endpoint
    @staticmethod
    def check_webauthn(*, login_token: str | None = None) -> Request[WebauthnStatus]:
        """Ask whether the user has passkeys.

        Errors as in `check_totp`.
        GET /api/v2/auth/mfa/check/webauthn
        """
        auth, headers = carrying(login_token)
        return http.get("/api/v2/auth/mfa/check/webauthn", returns=one(WebauthnStatus), access=auth, headers=headers)

    @endpoint
    @staticmethod
    def verify(
        *, mfa_token: str, mfa_method: MfaMethod | None = None, login_token: str | None = None
    ) -> Request[MfaLogin]:
        """Give the code, and get the user's token; `client.set_jwt` holds it.

        `mfa_token` is the code, not a token; `mfa_method` says where it is from, by default `email`.
        Expect `InternalServerError` (the token of a complete login), `RateLimitError` (20 in a minute).
        POST /api/v2/auth/mfa/verify
        """
        auth, headers = carrying(login_token)
        body = {"mfaToken": mfa_token, "mfaMethod": mfa_method}
        return http.post("/api/v2/auth/mfa/verify", body=body, returns=one(MfaLogin), access=auth, headers=headers)

    @endpoint
    @staticmethod
    def verify_recovery_code(*, recovery_code: str, login_token: str | None = None) -> Request[MfaLogin]:
        """Give a recovery code (8 characters) in place of the code, and get the user's token.

        Errors as in `verify`; `NotFoundError` (`route_missing`) on servers of 2024.
        POST /api/v2/auth/mfa/verify/recovery-code
        """
        auth, headers = carrying(login_token)
        body = {"recoveryCode": recovery_code}
        path = "/api/v2/auth/mfa/verify/recovery-code"
        return http.post(path, body=body, returns=one(MfaLogin), access=auth, headers=headers)
