"""A user's password (`/api/v2/password`). The responses are empty: there are no models here."""

from __future__ import annotations

from infisical import request as http
from infisical.access import Access
from infisical.decode import nothing
from infisical.group import Group, R, endpoint
from infisical.request import Request

ACCESS = Access("password")
RESET_ACCESS = Access("password", "none", ())  # the request carries the reset token instead of the session's credential


class Password(Group[R]):
    """Change a password: with a reset token from an email, or with the old password."""

    @endpoint
    @staticmethod
    def reset(*, new_password: str, reset_token: str | None = None) -> Request[None]:
        """Set a new password with a reset token; the response is empty.

        `reset_token` is the token from the email, sent as a Bearer token; servers require it. The client's credential
        is not sent.
        Expect `ValidationError`, `NotFoundError` (`route_missing` on servers of 2024).
        POST /api/v2/password/password-reset
        """
        headers = () if reset_token is None else (("Authorization", f"Bearer {reset_token}"),)
        body = {"newPassword": new_password}
        return http.post(
            "/api/v2/password/password-reset", body=body, returns=nothing, access=RESET_ACCESS, headers=headers
        )

    @endpoint
    @staticmethod
    def reset_authenticated(*, old_password: str, new_password: str) -> Request[None]:
        """Change the password of the current user; the response is empty.

        The user's token need not belong to an organization.
        Expect `UnauthorizedError`, `NotFoundError` (`route_missing` on servers of 2024).
        POST /api/v2/password/user/password-reset
        """
        body = {"oldPassword": old_password, "newPassword": new_password}
        return http.post("/api/v2/password/user/password-reset", body=body, returns=nothing, access=ACCESS)
