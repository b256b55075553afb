"""Refusal: the exception by which a handler ends a request; the server turns it into an error response.

It never leaves the memory server: handle() drops the draft of the request and renders the refusal. Callers of the
library get a response. The functions here are named like the HTTP statuses and errors of these refusals.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class Refusal(Exception):
    """A refused request: its status, and `error` and `message` of the body; `keep` keeps the changes of the handler."""

    def __init__(
        self,
        status: int,
        error: str,
        message: str | Sequence[Mapping[str, Any]],
        *,
        details: Any = None,
        keep: bool = False,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(status, error)
        self.status = status
        self.error = error
        self.message = message
        self.details = details
        self.keep = keep
        self.headers = headers


def bad_request(message: str, error: str = "BadRequest") -> Refusal:
    return Refusal(400, error, message)


def unauthorized(message: str, error: str = "UnauthorizedError", *, keep: bool = False) -> Refusal:
    return Refusal(401, error, message, keep=keep)


def forbidden(message: str, error: str = "ForbiddenError") -> Refusal:
    return Refusal(403, error, message)


def token_refused(message: str) -> Refusal:
    """Refuse a token by its text alone: it is expired, forged or malformed."""
    return Refusal(403, "TokenError", message)


def permission_denied(action: str, subject: str) -> Refusal:
    return Refusal(403, "PermissionDenied", f"You are not allowed to {action} on {subject}", details=[])


def boundary_refused(message: str, action: str) -> Refusal:
    """Refuse a caller who may not give out, or not touch, the privileges of an identity.

    The text is that of constructPermissionErrorMessage in permission-fns.ts (2026) for organizations with the newer
    privilege system.
    """
    return Refusal(
        403,
        "PermissionBoundaryError",
        f"{message}. Permission denied: {action} on identity. "
        "Check that the actor's role grants this permission and that all permission conditions are met.",
        details={"missingPermissions": [{"action": action, "subject": "identity"}]},
    )


def not_found(message: str, error: str = "NotFound") -> Refusal:
    return Refusal(404, error, message)


def internal_error(error: str = "InternalServerError") -> Refusal:
    return Refusal(500, error, "Something went wrong")
