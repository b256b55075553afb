"""Exceptions of cloud libraries: which say that a platform does not answer, and that nothing shows their text."""

from __future__ import annotations

from typing import Any

import pytest

from infisical import AuthenticationError, DeadlineExceededError, InfisicalNetworkError
from infisical.sources.library_errors import explain_exception


def make_exception(module: str, name: str, **fields: Any) -> Exception:
    error: Exception = type(name, (Exception,), {"__module__": module, **fields})("s3cret")
    return error


def make_botocore_exceptions() -> list[Exception]:
    from botocore import exceptions

    return [
        exceptions.EndpointConnectionError(endpoint_url="https://s3cret"),
        exceptions.ConnectTimeoutError(endpoint_url="https://s3cret"),
        exceptions.ReadTimeoutError(endpoint_url="https://s3cret"),
    ]


@pytest.mark.parametrize(
    "cause",
    [
        *make_botocore_exceptions(),
        ConnectionResetError("s3cret"),
        TimeoutError("s3cret"),
        make_exception("azure.core.exceptions", "ServiceRequestError"),
        make_exception("google.auth.exceptions", "RefreshError", retryable=True),
        make_exception("oci.exceptions", "ConnectTimeout"),
        make_exception("requests.exceptions", "Timeout"),
    ],
    ids=lambda cause: type(cause).__name__,
)
def test_a_platform_that_does_not_answer_a_library_is_a_network_error(cause):
    error = explain_exception("the library", cause)

    assert (type(error), error.transient, error.sent) == (InfisicalNetworkError, True, False)
    assert error.message.startswith(f"the library failed: {type(cause).__name__}")
    assert "s3cret" not in error.message


@pytest.mark.parametrize(
    "cause",
    [
        ValueError("s3cret"),
        make_exception("elsewhere", "ServiceRequestError"),
        make_exception("google.auth.exceptions", "RefreshError", retryable="yes"),
    ],
)
def test_any_other_exception_is_an_authentication_error(cause):
    error = explain_exception("the library", cause)

    assert (type(error), "s3cret" in error.message) == (AuthenticationError, False)


def test_the_deadline_of_a_call_is_no_fault_of_a_library():
    passed = DeadlineExceededError("the deadline of 1 s passed")

    assert explain_exception("the credential", passed) is passed
