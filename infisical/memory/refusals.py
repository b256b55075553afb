"""Refused: how a route of the memory server ends a request without an answer; handle() writes it as the server would.

An exception inside of the model only: it ends a handler wherever it stands, and its draft is thrown away with it.
Who calls the library never sees it: to them it is a response like any other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class Refusal(Exception):
    """A refusal: status, the body's `error` and `message`; `keep` has what the handler changed stay so."""

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
    """A token whose text alone tells that it is not good: expired, forged, malformed."""
    return Refusal(403, "TokenError", message)


def permission_denied(action: str, subject: str) -> Refusal:
    return Refusal(403, "PermissionDenied", f"You are not allowed to {action} on {subject}", details=[])


def not_found(message: str, error: str = "NotFound") -> Refusal:
    return Refusal(404, error, message)


def internal_error(error: str = "InternalServerError") -> Refusal:
    return Refusal(500, error, "Something went wrong")
