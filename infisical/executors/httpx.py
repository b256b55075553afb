"""Send by httpx, blocking or under asyncio, on a client of the application's if it gives one.

httpx's own timeouts start anew with every read, so that an answer that drips never ends. Under asyncio one deadline
lies over all of it. The blocking executor lays it on each connection: httpcore tells of a new one by its `trace`
extension, and every read and write there then looks at what is left of the attempt that its thread is in. The same
extension says whether anything of a request has left.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
from collections.abc import Mapping
from typing import Any, Final, TypeVar

from returns.result import Success

from infisical.drivers import Reply
from infisical.errors import Reason
from infisical.executors.attempt import CLOSED, ELSEWHERE, Attempt, causes, current, holds
from infisical.request import HttpRequest
from infisical.response import Response

try:
    import httpx
except ImportError as missing:
    raise ImportError("this executor needs httpx: pip install 'infisical-functional[httpx]'") from missing

C = TypeVar("C", httpx.Client, httpx.AsyncClient)
CONNECTED: Final = ("connect_tcp.complete", "connect_unix_socket.complete")
NEVER_SENT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
READ: Final = "http11.receive_response_body.complete"
TO_H11: Final = ("_stream", "_httpcore_stream", "_stream", "_connection", "_h11_state")
SLICE: Final = 64 * 1024


class HttpxExecutor:
    """Send by an httpx.Client. Safe to share between threads.

    A given client lends its transports (pools, proxies, TLS), event hooks and default headers, and stays open. Its
    cookies, `auth`, `params`, `base_url` and default credentials (`Authorization`, `Cookie`) have no part in it.
    Without one the executor makes its own; `close`, or leaving it as a context manager, closes that one. Calls after
    that, or after the given client was closed, are a `Failure`.

    The deadline covers TLS, sending, headers and body. It does not cover the system's name look-up, and of a host with
    several addresses each is tried for as long as is left. On a transport that is not httpcore's, and on a connection
    that other calls of the application opened to the same server, it is looked at between the chunks of a body only;
    each read is bounded by httpx's timeout there.
    """

    def __init__(self, client: httpx.Client | None = None) -> None:
        self._given = client is not None
        self._client = httpx.Client() if client is None else client
        self._process = os.getpid()
        self._closed = False

    def __call__(self, request: HttpRequest) -> Reply:
        attempt = Attempt(request)
        if self._closed or self._client.is_closed:
            return attempt.refused(CLOSED)
        if self._process != os.getpid() and not self._given:  # a forked child must not speak for its parent
            self._process, self._client = os.getpid(), httpx.Client()
        watch = _Watch(attempt)
        around, current.attempt = current.attempt, attempt
        try:
            message = _message(self._client, attempt, watch)
            attempt.sent = None
            sent = _without_cookies(self._client).send(message, stream=True, auth=None, follow_redirects=False)
            watch.answer = sent
            with contextlib.closing(sent) as answer:
                return _answer(answer, attempt.whole(answer.iter_bytes()))
        except Exception as cause:
            return watch.failed(cause)
        finally:
            current.attempt = around

    def close(self) -> None:
        """Close the client, if the executor made it; requests under way may fail."""
        self._closed = True
        if not self._given:
            self._client.close()

    def __enter__(self) -> HttpxExecutor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncHttpxExecutor:
    """Send by an httpx.AsyncClient, under asyncio. The same terms as `HttpxExecutor`, with a total deadline throughout.

    It belongs to the event loop of its first call, as the connections do: a call from another loop is a `Failure`.
    """

    def __init__(self, client: httpx.AsyncClient | None = None) -> None:
        self._given = client is not None
        self._client = httpx.AsyncClient() if client is None else client
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False

    async def __call__(self, request: HttpRequest) -> Reply:
        attempt = Attempt(request)
        if self._closed or self._client.is_closed:
            return attempt.refused(CLOSED)
        running = asyncio.get_running_loop()
        self._loop = self._loop or running
        if self._loop is not running:
            return attempt.refused(ELSEWHERE)
        watch = _AsyncWatch(attempt)
        try:
            async with asyncio.timeout(request.timeout):
                message = _message(self._client, attempt, watch)
                attempt.sent = None
                view = _without_cookies(self._client)
                sent = await view.send(message, stream=True, auth=None, follow_redirects=False)
                watch.answer = sent
                async with contextlib.aclosing(sent) as answer:
                    return _answer(answer, await answer.aread())
        except Exception as cause:
            return watch.failed(cause)

    async def aclose(self) -> None:
        """Close the client, if the executor made it; requests under way may fail."""
        self._closed = True
        if not self._given:
            await self._client.aclose()

    async def __aenter__(self) -> AsyncHttpxExecutor:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


# ---- to httpx and back
def _without_cookies(client: C) -> C:
    """A client for one call that shares all with the given one but the cookies: httpx keeps those of every answer.

    Of httpx's own class, whatever the given one is of: some close their transports when they are collected.
    """
    kind = httpx.Client if isinstance(client, httpx.Client) else httpx.AsyncClient
    view: Any = object.__new__(kind)
    vars(view).update(vars(client))
    view.cookies = httpx.Cookies()
    return view  # type: ignore[no-any-return]


def _message(client: httpx.Client | httpx.AsyncClient, attempt: Attempt, watch: object) -> httpx.Request:
    request = attempt.request
    raw = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in client.headers.raw]
    return httpx.Request(
        request.method,
        request.url,
        headers=attempt.headers(raw),
        content=request.body,
        extensions={"timeout": httpx.Timeout(attempt.left()).as_dict(), "trace": watch},
    )


def _answer(answer: httpx.Response, body: bytes) -> Reply:
    headers = tuple([(name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.headers.raw])
    return Success(Response(answer.status_code, headers, body))


# ---- what httpcore tells of an attempt
class _Watch:
    """The callback of the `trace` extension. A transport that is not httpcore's never calls it."""

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt
        self._handshake_failed = False
        self.answer: httpx.Response | None = None

    def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        self._note(event, info)
        if event.endswith(CONNECTED):
            _bound(info["return_value"])
        if event == READ and (stream := _with_excess(self.answer)) is not None:
            stream.close()

    def _note(self, event: str, info: Mapping[str, Any]) -> None:
        self._attempt.sent = self._attempt.sent or False
        if event.endswith("send_request_headers.started"):  # CONNECT is what a proxy is asked for, without the request
            self._attempt.sent = self._attempt.sent or info["request"].method != b"CONNECT"
        elif event.endswith("start_tls.failed"):
            self._handshake_failed = True

    def failed(self, cause: Exception) -> Reply:
        """Say why there is no answer."""
        found = causes(cause)
        if self._attempt.sent is None and isinstance(cause, NEVER_SENT):
            self._attempt.sent = False
        expected = isinstance(cause, (httpx.TransportError, httpx.DecodingError))
        return self._attempt.failed(self._reason(cause, found), None if expected else cause)

    def _reason(self, cause: Exception, found: list[BaseException]) -> Reason:
        if holds(found, socket.gaierror):
            return "dns"
        if holds(found, TimeoutError, httpx.TimeoutException):
            return "timeout"
        if self._handshake_failed or holds(found, ssl.SSLError):
            return "tls"
        if isinstance(cause, (httpx.ConnectError, httpx.ProxyError)):
            return "refused"
        if isinstance(cause, httpx.NetworkError) or holds(found, ConnectionError):
            return "reset"
        # an end before the answer has no class of its own
        return "reset" if isinstance(cause, httpx.ProtocolError) and "disconnected" in str(cause) else "protocol"


class _AsyncWatch(_Watch):
    """The same as a coroutine function. It closes what httpcore leaves open when a handshake is cancelled."""

    _stream: Any = None

    async def __call__(self, event: str, info: Mapping[str, Any]) -> None:  # type: ignore[override]
        self._note(event, info)
        if event.endswith(CONNECTED):
            self._stream = info["return_value"]
        elif self._handshake_failed and self._stream is not None:
            with contextlib.suppress(Exception):
                await self._stream.aclose()
        if event == READ and (stream := _with_excess(self.answer)) is not None:
            await stream.aclose()


def _with_excess(answer: httpx.Response | None) -> Any:
    """The connection of an answer after which more has come, which httpcore would give to the next request; else None.

    What h11 has read too much can be had by no public name. A closed connection counts as expired, so that nobody
    takes it from the pool.
    """
    inner: Any = answer and answer.stream
    for name in TO_H11:
        inner = getattr(inner, name, None)
    excess = getattr(inner, "trailing_data", (b"", False))[0]
    return None if answer is None or not excess else answer.extensions.get("network_stream")


# ---- one deadline over a blocking attempt
def _bound(stream: Any) -> None:
    """Let every read and write on a connection look at the deadline, and at httpx's timeout where there is none."""
    read, write, start_tls = stream.read, stream.write, stream.start_tls

    def bounded_read(max_bytes: int, timeout: float | None = None) -> bytes:
        data: bytes = read(max_bytes, timeout=_left(timeout))
        return data

    def bounded_write(buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), SLICE):
            write(buffer[start : start + SLICE], timeout=_left(timeout))

    def bounded_start_tls(ssl_context: Any, server_hostname: Any = None, timeout: float | None = None) -> Any:
        secured = start_tls(ssl_context, server_hostname, timeout=_left(timeout))
        _bound(secured)
        return secured

    with contextlib.suppress(AttributeError):  # a stream of somebody's that cannot be changed
        stream.read, stream.write, stream.start_tls = bounded_read, bounded_write, bounded_start_tls


def _left(timeout: float | None) -> float | None:
    return timeout if current.attempt is None else current.attempt.left()
