"""Exceptions of cloud libraries, and of functions that an application gives, as errors. No message shows their text.

platform.py has the errors of files, answers.py those of HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from infisical.defects import attach_cause, describe_exception
from infisical.errors import AuthenticationError, DeadlineExceededError, InfisicalError, InfisicalNetworkError

NETWORK_ERRORS: Final[Mapping[str, frozenset[str]]] = {
    "azure": frozenset({"ServiceRequestError", "ServiceResponseError"}),
    "botocore": frozenset({"ConnectionError", "HTTPClientError"}),
    "builtins": frozenset({"ConnectionError", "TimeoutError"}),
    "google": frozenset({"TransportError"}),
    "oci": frozenset({"ConnectTimeout", "RequestException"}),
    "requests": frozenset({"ConnectionError", "Timeout"}),
}
"""The exceptions of cloud libraries for a platform that does not answer, by the root of their module."""


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
