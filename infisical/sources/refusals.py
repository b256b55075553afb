"""What a platform or a cloud library says instead of a credential, as errors. No message shows a body of theirs.

Nothing here sends a request. platform.py has the errors of files.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from returns.result import Failure, Success

from infisical.answer import Answer
from infisical.credentials import is_visible_ascii
from infisical.defects import attach_cause, describe_exception
from infisical.errors import AuthenticationError, DeadlineExceededError, InfisicalError, InfisicalNetworkError
from infisical.response import Response
from infisical.sources.platform import RETRYABLE_STATUSES
from infisical.sources.transports import MAX_RESPONSE_BYTES

NETWORK_ERRORS: Final[Mapping[str, frozenset[str]]] = {
    "azure": frozenset({"ServiceRequestError", "ServiceResponseError"}),
    "builtins": frozenset({"ConnectionError", "TimeoutError"}),
    "google": frozenset({"TransportError"}),
    "oci": frozenset({"ConnectTimeout", "RequestException"}),
    "requests": frozenset({"ConnectionError", "Timeout"}),
}
"""The exceptions of cloud libraries for a platform that does not answer, by the root of their module."""


def check_text(name: str, value: object) -> None:
    """Raise ValueError for an argument of a source that is no text, is empty, or has a control character."""
    if not isinstance(value, str):
        raise ValueError(f"{name} must be a text, not {type(value).__name__}")
    if not value or not value.isprintable():
        raise ValueError(f"{name} is empty, or has a line break or control character in it")


def reject(platform: str, response: Response, *, code: str | None = None, remedy: str = "") -> InfisicalError:
    """Make the error for an answer without a credential: an `AuthenticationError` that names platform and status.

    An overloaded or failing platform is an `InfisicalNetworkError`, since the same login may succeed later. `code` is a
    documented error code, and `remedy` says what to change.
    """
    name = f" {code}" if code else ""
    message = f"{platform} answered with {response.status}{name}{f': {remedy}' if remedy else ''}"
    if response.status in RETRYABLE_STATUSES or response.status >= 500:
        return InfisicalNetworkError(message, reason="protocol", sent=False)
    return AuthenticationError(message)


def check_token(platform: str, token: object) -> Answer[str]:
    """Return a token that a platform gave; a failure for any other value, and for what no token consists of."""
    if isinstance(token, str) and token and is_visible_ascii(token):
        return Success(token)
    message = f"{platform} answered without a token: a captive portal or another service may have answered"
    return Failure(AuthenticationError(message))


def parse_object(response: Response) -> dict[str, Any] | None:
    """Parse the JSON object of an answer; None for any other body, or one of more than 1 MiB."""
    if len(response.body) > MAX_RESPONSE_BYTES:
        return None
    try:
        document = json.loads(response.body)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def explain_exception(what: str, cause: Exception) -> InfisicalError:
    """Make the error for an exception of a cloud library: its type and place, and not its text.

    A platform that did not answer the library is an `InfisicalNetworkError`.
    """
    if isinstance(cause, DeadlineExceededError):
        return cause  # the deadline of the call, not an exception of the library
    message = f"{what} failed: {describe_exception(cause)}"
    if _is_unreachable(cause):
        return attach_cause(InfisicalNetworkError(message, reason="protocol", sent=False), cause)
    return attach_cause(AuthenticationError(message), cause)


def _is_unreachable(cause: Exception) -> bool:
    names = ((cls.__module__.partition(".")[0], cls.__name__) for cls in type(cause).__mro__)
    is_known = any(name in NETWORK_ERRORS.get(root, ()) for root, name in names)
    return is_known or getattr(cause, "retryable", False) is True  # google-auth's exceptions say so themselves
