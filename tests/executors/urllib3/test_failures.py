"""Why an attempt failed, where urllib3 has wrapped the cause, or wrapped nothing."""

from __future__ import annotations

import ssl

import pytest
import urllib3

from infisical import HttpRequest, InfisicalNetworkError
from infisical.executors.attempt import Attempt
from infisical.executors.urllib3.failures import FailureSettings, make_error

SETTINGS = FailureSettings(connect_timeout=5.0, has_own_trust=False)


@pytest.mark.parametrize(
    ("cause", "reason", "message"),
    [
        (urllib3.exceptions.ProtocolError("canary", TimeoutError("canary")), "timeout", "no answer in 7 s"),
        (urllib3.exceptions.SSLError(TimeoutError("canary")), "timeout", "no answer in 7 s"),
        (
            urllib3.exceptions.ProtocolError("canary", urllib3.exceptions.SSLError(ConnectionResetError("canary"))),
            "reset",
            "the connection was closed before the answer",
        ),
        (urllib3.exceptions.ProtocolError("canary"), "protocol", "the answer is not HTTP, or is incomplete"),
    ],
)
def test_the_reason_is_that_of_the_innermost_cause(cause: Exception, reason: object, message: str):
    attempt = Attempt(HttpRequest("GET", "https://h/x", timeout=7.0))
    attempt.sent = True

    expected = InfisicalNetworkError(f"GET https://h: {message}", reason=reason, sent=True)
    assert make_error(attempt, cause, None, SETTINGS) == expected


def test_an_error_of_tls_without_a_cause_is_one_of_tls():
    attempt = Attempt(HttpRequest("GET", "https://h/x"))
    error = make_error(attempt, urllib3.exceptions.SSLError("canary"), None, SETTINGS)

    assert (error.reason, error.sent, "canary" in error.message) == ("tls", False, False)
    assert make_error(attempt, ssl.SSLError("canary"), None, SETTINGS).reason == "tls"
