"""A user's password (`/api/v2/password`). The answers are empty: there are no models here."""

from __future__ import annotations

from infisical import request as http
from infisical.access import Access
from infisical.decode import nothing
from infisical.group import Group, R, endpoint
from infisical.request import Request

PASSWORD = Access("password")
RESET = Access("password", "none", ())  # the reset token goes along, the session's credential never


class Password(Group[R]):
    """Resetting a password: with the token of an email, or with the old one."""

    @endpoint
    @staticmethod
    def reset(*, new_password: str, reset_token: str | None = None) -> Request[None]:
        """Set a new password with a reset token.

        `reset_token` is the token of the email; it is sent as Bearer, and servers need it. The client's own credential
        does not go along. The answer is empty.
        Expect `ValidationError`, `NotFoundError` (`route_missing` on servers of 2024).
        POST /api/v2/password/password-reset
        """
        headers = () if reset_token is None else (("Authorization", f"Bearer {reset_token}"),)
        body = {"newPassword": new_password}
        return http.post("/api/v2/password/password-reset", body=body, returns=nothing, access=RESET, headers=headers)

    @endpoint
    @staticmethod
    def reset_authenticated(*, old_password: str, new_password: str) -> Request[None]:
        """Change the password of the user who is logged in.

        It works without an organization in the token. The answer is empty.
        Expect `UnauthorizedError`, `NotFoundError` (`route_missing` on servers of 2024).
        POST /api/v2/password/user/password-reset
        """
        body = {"oldPassword": old_password, "newPassword": new_password}
        return http.post("/api/v2/password/user/password-reset", body=body, returns=nothing, access=PASSWORD)
