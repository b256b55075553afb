"""What httpcore reports about an attempt: new connections, what was sent, and the reason of a failure.

A blocking connection that is reported here looks at the deadline of the current attempt from then on. One private path
of httpx and httpcore is used, and only here (`H11_PATH`). Without it a connection with excess data is used again.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Mapping
from typing import Any, Final

import httpx

from infisical.errors import Reason
from infisical.executors.attempt import Attempt, thread_state
from infisical.executors.causes import contains_any, list_causes
from infisical.executors.hidden_value import HiddenValue
from infisical.transport import Reply

CONNECTED_EVENTS: Final = ("connect_tcp.complete", "connect_unix_socket.complete")
BODY_EVENT: Final = "http11.receive_response_body.complete"
UNSENT_ERRORS: Final = (
    *(httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout),
    *(httpx.ProxyError, httpx.UnsupportedProtocol),
)
"""What httpx raises before it sends anything."""
NETWORK_ERRORS: Final = (httpx.TransportError, httpx.DecodingError, OSError, EOFError)
"""What httpx and the streams below it raise for network trouble."""
H11_PATH: Final = ("_stream", "_httpcore_stream", "_stream", "_connection", "_h11_state")
"""The attributes that lead from the stream of a response to the state of h11."""
SLICE_SIZE: Final = 64 * 1024
"""Bytes that are written at once."""


class Trace:
    """The callback of httpcore's `trace` extension. A transport that is not httpcore's never calls it."""

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt
        self._has_failed_handshake = False
        self.response: httpx.Response | None = None

    def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        self._note(event, info)
        if event.endswith(CONNECTED_EVENTS):
            bound_stream(info["return_value"])
        if event == BODY_EVENT and (stream := find_stream_with_excess(self.response)) is not None:
            stream.close()

    def _note(self, event: str, info: Mapping[str, Any]) -> None:
        self._attempt.sent = self._attempt.sent or False
        if event.endswith("send_request_headers.started"):  # a proxy gets CONNECT without anything of the request
            self._attempt.sent = self._attempt.sent or info["request"].method != b"CONNECT"
        elif event.endswith("start_tls.failed"):
            self._has_failed_handshake = True

    def make_failure(self, cause: Exception) -> Reply:
        """Make the Failure of an attempt that ended in an exception."""
        causes = list_causes(cause)
        if self._attempt.sent is None and isinstance(cause, UNSENT_ERRORS):
            self._attempt.sent = False
        defect = None if isinstance(cause, NETWORK_ERRORS) else cause
        return self._attempt.fail(self._find_reason(cause, causes), defect)

    def _find_reason(self, cause: Exception, causes: list[BaseException]) -> Reason:
        if contains_any(causes, socket.gaierror):
            return "dns"
        if contains_any(causes, TimeoutError, httpx.TimeoutException):
            return "timeout"
        if self._has_failed_handshake or contains_any(causes, ssl.SSLError):
            return "tls"
        if isinstance(cause, (httpx.ConnectError, httpx.ProxyError)):
            return "refused"
        if isinstance(cause, httpx.NetworkError) or contains_any(causes, ConnectionError):
            return "reset"
        # httpx has no class for a connection that ended before the response
        return "reset" if isinstance(cause, httpx.ProtocolError) and "disconnected" in str(cause) else "protocol"


class AsyncTrace(Trace):
    """The same as a coroutine function. It closes what httpcore leaves open when a handshake is cancelled."""

    _stream: Any = None

    async def __call__(  # type: ignore[override] # pyright: ignore[reportIncompatibleMethodOverride]
        self, event: str, info: Mapping[str, Any]
    ) -> None:
        self._note(event, info)
        if event.endswith(CONNECTED_EVENTS):
            self._stream = info["return_value"]
        elif self._has_failed_handshake and self._stream is not None:
            with contextlib.suppress(Exception):
                await self._stream.aclose()
        if event == BODY_EVENT and (stream := find_stream_with_excess(self.response)) is not None:
            await stream.aclose()


def find_stream_with_excess(response: httpx.Response | None) -> Any:
    """Return the connection of a response that more data followed; None if there is no such data.

    httpcore would give that data to the next request, and no public name leads to it. A closed connection counts as
    expired, so that nobody takes it from the pool.
    """
    state: Any = response and response.stream
    for name in H11_PATH:
        state = getattr(state, name, None)
    excess = getattr(state, "trailing_data", (b"", False))[0]
    return None if response is None or not excess else response.extensions.get("network_stream")


def bound_stream(stream: Any) -> None:
    """Make every read and write on a connection look at the deadline; outside of attempts httpx's timeout holds."""
    read, write, start_tls = stream.read, stream.write, stream.start_tls

    def bound_read(max_bytes: int, timeout: float | None = None) -> bytes:
        data: bytes = read(max_bytes, timeout=_choose_timeout(timeout))
        return data

    def bound_write(buffer: bytes, timeout: float | None = None) -> None:
        hidden = HiddenValue(buffer)
        del buffer
        for start in range(0, len(hidden.value), SLICE_SIZE):
            write(hidden.value[start : start + SLICE_SIZE], timeout=_choose_timeout(timeout))

    def bound_start_tls(ssl_context: Any, server_hostname: Any = None, timeout: float | None = None) -> Any:
        tls_stream = start_tls(ssl_context, server_hostname, timeout=_choose_timeout(timeout))
        bound_stream(tls_stream)
        return tls_stream

    with contextlib.suppress(AttributeError):  # a stream of the application's may not allow it
        stream.read, stream.write, stream.start_tls = bound_read, bound_write, bound_start_tls


def _choose_timeout(timeout: float | None) -> float | None:
    return timeout if thread_state.attempt is None else thread_state.attempt.time_left()
