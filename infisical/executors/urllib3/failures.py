"""Why an attempt of urllib3 gave no response: from an exception to the error that callers get. Nothing is sent here."""

from __future__ import annotations

import http.client
import os
import ssl
from dataclasses import dataclass
from typing import Final

import urllib3.exceptions

from infisical.defects import attach_cause, describe_exception
from infisical.errors import InfisicalNetworkError, Reason
from infisical.executors.attempt import REASON_MESSAGES, Attempt
from infisical.executors.body import BodyError
from infisical.executors.deadline import UnreachedError
from infisical.executors.proxies import Proxy
from infisical.executors.urllib3.route import DialError, TunnelError
from infisical.executors.urllib3.tls import describe_missing_trust
from infisical.executors.urllib3.tls_errors import UNTRUSTED_CODES, explain

CUT_MESSAGE: Final = "the call was ended: it was cancelled, or this executor closed"
HEAD_MESSAGE: Final = (
    "the head of the answer is too large: more than 100 lines, one over 65,536 bytes, or too many of 1xx"
)
BAD_GATEWAY_STATUSES: Final = (502, 503, 504)
"""How a proxy answers CONNECT if it did not reach the host."""


class UnusableError(Exception):
    """There is no pool for an origin; the message says why."""


NETWORK_ERRORS: Final = (
    *(urllib3.exceptions.HTTPError, OSError, http.client.HTTPException, UnicodeError, UnreachedError, TunnelError),
    *(UnusableError, BodyError),
)
"""Exceptions that an attempt may end in."""


@dataclass(frozen=True, slots=True)
class FailureSettings:
    """The settings of the executor that a message depends on."""

    connect_timeout: float
    has_own_trust: bool
    """Whether the application chose the authorities to trust."""


def make_error(
    attempt: Attempt, cause: Exception, proxy: Proxy | None, settings: FailureSettings
) -> InfisicalNetworkError:
    """Make the error of an attempt. `proxy` is the one of the route, if the attempt got that far."""
    scheme, mark, host = split_url(attempt.request.url)[0].partition("://")
    place = f"{attempt.request.method} {scheme}{mark}{host.rpartition('@')[2]}"
    sent = attempt.sent is not False
    inner = cause.cause if isinstance(cause, DialError) else cause
    if attempt.wire.is_cut:
        reason: Reason = "reset"
        message = CUT_MESSAGE
    elif _is_network_trouble(inner):
        reason = _find_reason(inner)
        message = _describe(attempt, inner, reason, settings)
    else:
        error = InfisicalNetworkError(f"{place}: {describe_exception(inner)}", reason="protocol", sent=sent)
        error.defect = True
        return attach_cause(error, inner)
    if isinstance(cause, DialError) and cause.proxy is not None:
        message = f"the proxy {cause.proxy}: {message}"
    elif proxy is not None:
        message = f"{message} (through the proxy {proxy})"
    return InfisicalNetworkError(f"{place}: {message}", reason=reason, sent=sent)


def split_url(url: str) -> tuple[str, str]:
    """Split a URL into its origin (scheme, host and port) and its target (path and query)."""
    start = url.find("/", 8)  # after the scheme
    return (url, "/") if start < 0 else (url[:start], url[start:])


def _is_network_trouble(cause: BaseException) -> bool:
    """Whether the network raises that exception. Any other came from another part of the program."""
    if isinstance(cause, NETWORK_ERRORS):
        return True
    trace = cause.__traceback__  # a ValueError of http.client holds the value of a header: it must not be the cause
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    file = None if trace is None else trace.tb_frame.f_code.co_filename
    return isinstance(cause, ValueError) and file == http.client.__file__


def _find_reason(cause: BaseException) -> Reason:
    """Find why an attempt failed. urllib3 wraps one exception in another."""
    if isinstance(cause, UnreachedError):
        return cause.reason
    if isinstance(cause, TunnelError):
        return "refused" if cause.status in BAD_GATEWAY_STATUSES else "protocol"
    if isinstance(cause, (TimeoutError, urllib3.exceptions.TimeoutError)):
        return "timeout"
    inner = _unwrap(cause)
    if isinstance(inner, (ssl.SSLError, urllib3.exceptions.SSLError)):
        return "tls"
    if isinstance(inner, (TimeoutError, urllib3.exceptions.TimeoutError)):
        return "timeout"
    if isinstance(inner, ConnectionError):  # http.client's RemoteDisconnected is one, too
        return "reset"
    return "protocol"


def _unwrap(cause: BaseException) -> BaseException:
    """Return the exception that urllib3 has wrapped."""
    while isinstance(cause, (urllib3.exceptions.ProtocolError, urllib3.exceptions.SSLError)):
        inner = next((arg for arg in cause.args if isinstance(arg, BaseException)), None)
        if inner is None:
            break
        cause = inner
    return cause


def _describe(attempt: Attempt, cause: BaseException, reason: Reason, settings: FailureSettings) -> str:
    """Say what happened, and the remedy if there is one."""
    if isinstance(cause, (UnusableError, BodyError)):
        return str(cause)
    if isinstance(cause, TunnelError):
        return f"it answered {cause.status} to CONNECT"
    if reason == "timeout":
        if attempt.sent is False and attempt.has_time_left():
            return f"no connection in {settings.connect_timeout:g} s (connect_timeout)"
        return f"no answer in {attempt.request.timeout:g} s"
    inner = _unwrap(cause)
    if reason == "tls":
        is_untrusted = not settings.has_own_trust and getattr(inner, "verify_code", 0) in UNTRUSTED_CODES
        return explain(inner) + (describe_missing_trust(os.environ) if is_untrusted else "")
    if isinstance(cause, ValueError) and attempt.sent is False:
        return "the request cannot be sent: a header or the URL has a character that HTTP does not allow"
    if isinstance(inner, http.client.HTTPException) and _is_head_too_large(inner):
        return HEAD_MESSAGE
    return REASON_MESSAGES.get(reason, type(cause).__name__)


def _is_head_too_large(cause: BaseException) -> bool:
    return isinstance(cause, http.client.LineTooLong) or str(cause).startswith("got more than ")
