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
from collections.abc import Callable, Mapping
from typing import Any, Final, Generic, TypeVar

from returns.result import Success

from infisical.errors import Reason
from infisical.executors.attempt import (
    CLOSED,
    ELSEWHERE,
    NOT_ASYNCIO,
    UNUSABLE_PROXY,
    Attempt,
    Veiled,
    causes,
    checked_client,
    current,
    holds,
    is_local_http,
)
from infisical.executors.decompress import BodyBuffer, too_large
from infisical.executors.in_flight import CallsInFlight
from infisical.executors.proxies import proxy_for
from infisical.request import HttpRequest
from infisical.response import Response
from infisical.transport import Reply

try:
    import httpcore
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
KNOWN: Final = (httpx.TransportError, httpx.DecodingError, OSError, EOFError)
"""What httpx and the streams below it raise for network trouble."""
UNUSABLE: Final = (ValueError, ImportError, httpx.InvalidURL)
"""What httpx raises for a proxy that it cannot use; ImportError for SOCKS where socksio is not installed."""
PROXIED: Final = (httpcore.HTTPProxy, httpcore.SOCKSProxy, httpcore.AsyncHTTPProxy, httpcore.AsyncSOCKSProxy)
READ: Final = "http11.receive_response_body.complete"
TO_H11: Final = ("_stream", "_httpcore_stream", "_stream", "_connection", "_h11_state")
SLICE: Final = 64 * 1024


class HttpxExecutor:
    """Send by an httpx.Client. Safe to share between threads.

    The transports (pools, proxies, TLS), event hooks and default headers of a given client are used, and it stays open.
    Its cookies, `auth`, `params`, `base_url` and default credentials (`Authorization`, `Cookie`) are not. Without one
    the executor makes its own; `close`, or leaving it as a context manager, closes that one. Calls after that, or after
    the given client was closed, are a `Failure`. ValueError for anything but an instance of httpx.Client.

    Without a client, the proxies of the environment (`HTTPS_PROXY`, `NO_PROXY` and so on) are read when a server is
    first called. http:// to this machine is never sent through a proxy, not even through that of a given client.

    `HttpRequest.max_response_bytes` bounds the body of the answer and the memory that it takes; None is no limit.

    The deadline covers TLS, sending, headers and body. It does not cover the system's name look-up, and of a host with
    several addresses each is tried for as long as is left. On a transport that is not httpcore's, and on a connection
    that other calls of the application opened to the same server, it is looked at between the chunks of a body only;
    each read is bounded by httpx's timeout there.
    """

    def __init__(self, client: httpx.Client | None = None) -> None:
        if client is not None:
            checked_client(client, httpx.Client, "HttpxExecutor", (httpx.AsyncClient, "AsyncHttpxExecutor"))
        self._given = client
        self._own = _OwnClients(_client, needed=client is None)
        self._closed = False

    def __call__(self, request: HttpRequest) -> Reply:
        attempt = Attempt(request)
        if self._closed or (self._given is not None and self._given.is_closed):
            return attempt.refused(CLOSED)
        try:
            client = self._own.without_cookies(self._given, request.url)
        except UNUSABLE:
            return attempt.refused(UNUSABLE_PROXY)
        watch = _Watch(attempt)
        around, current.attempt = current.attempt, attempt
        try:
            message = Veiled(_message(client, attempt, watch))
            attempt.sent = None
            answer = client.send(message.value, stream=True, auth=None, follow_redirects=False)
            watch.answer = answer
            with contextlib.closing(answer):
                headers = Veiled(_headers(answer))
                body = _buffer(request, answer, headers.value)
                return _reply(
                    answer,
                    headers.value,
                    answer.content if body is None else attempt.read(answer.iter_raw(), body),
                )
        except Exception as cause:
            return watch.failed(cause)
        finally:
            current.attempt = around

    def close(self) -> None:
        """Close the clients that the executor made; requests in flight on them may fail."""
        self._closed = True
        for client in self._own.taken():
            client.close()

    def __enter__(self) -> HttpxExecutor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncHttpxExecutor:
    """Send by an httpx.AsyncClient, under asyncio. The same terms as `HttpxExecutor`, with a total deadline throughout.

    It belongs to the event loop of its first call, as the connections do: a call from another loop is a `Failure`.
    `aclose` ends the calls in flight. ValueError for anything but an instance of httpx.AsyncClient.
    """

    def __init__(self, client: httpx.AsyncClient | None = None) -> None:
        if client is not None:
            checked_client(client, httpx.AsyncClient, "AsyncHttpxExecutor", (httpx.Client, "HttpxExecutor"))
        self._given = client
        self._own = _OwnClients(_async_client, needed=client is None)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._calls = CallsInFlight()
        self._closed = False

    async def __call__(self, request: HttpRequest) -> Reply:
        attempt = Attempt(request)
        if self._closed or (self._given is not None and self._given.is_closed):
            return attempt.refused(CLOSED)
        try:
            running = asyncio.get_running_loop()
        except RuntimeError:
            return attempt.refused(NOT_ASYNCIO)
        self._loop = self._loop or running
        if self._loop is not running:
            return attempt.refused(ELSEWHERE)
        try:
            client = self._own.without_cookies(self._given, request.url)
        except UNUSABLE:
            return attempt.refused(UNUSABLE_PROXY)
        watch = _AsyncWatch(attempt)
        try:
            async with self._calls.within(request.timeout):
                message = Veiled(_message(client, attempt, watch))
                attempt.sent = None
                answer = await client.send(message.value, stream=True, auth=None, follow_redirects=False)
                watch.answer = answer
                async with contextlib.aclosing(answer):
                    headers = Veiled(_headers(answer))
                    body = _buffer(request, answer, headers.value)
                    return _reply(
                        answer,
                        headers.value,
                        answer.content if body is None else await _read(attempt, answer, body),
                    )
        except Exception as cause:
            if self._closed and isinstance(cause, (*KNOWN, RuntimeError)):
                return attempt.cut_off()
            return watch.failed(cause)

    async def aclose(self) -> None:
        """End the calls in flight, and close the clients that the executor made."""
        self._closed = True
        if self._loop is not None and self._loop is asyncio.get_running_loop():
            await self._calls.end()
        for client in self._own.taken():
            await client.aclose()

    async def __aenter__(self) -> AsyncHttpxExecutor:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


# ---- clients
class _OwnClients(Generic[C]):
    """The clients that an executor makes itself: one for each proxy that the environment names, and one without.

    httpx reads the environment by rules of its own, when a client is made. `needed` is whether the application gave no
    client: then reading the authorities, which takes time, is no part of the first call.
    """

    def __init__(self, make: Callable[[str | None, ssl.SSLContext], C], *, needed: bool) -> None:
        self._make: Callable[[str | None, ssl.SSLContext], C] = make
        self._tls = httpx.create_ssl_context() if needed else None
        self._clients: dict[str | None, C] = {}
        self._proxies: dict[str, str | None] = {}
        self._process = os.getpid()

    def without_cookies(self, given: C | None, url: str) -> C:
        """Return a client for one call that shares all with the given one, or an own one, but the cookies.

        httpx keeps the cookies of every answer. The copy is of httpx's own class, whatever the given one is of: some
        close their transports when they are collected. Raises one of `UNUSABLE` if there is no client for a proxy.
        """
        client: Any = self._client(self._proxy(url)) if given is None else given
        view: Any = object.__new__(httpx.Client if isinstance(client, httpx.Client) else httpx.AsyncClient)
        vars(view).update(vars(client))
        view.cookies = httpx.Cookies()
        if given is not None and is_local_http(url):
            view._mounts = {pattern: mounted for pattern, mounted in client._mounts.items() if not _is_proxy(mounted)}
            if _is_proxy(client._transport):
                view._transport = self._client(None)._transport
        return view  # type: ignore[no-any-return]

    def _client(self, proxy: str | None) -> C:
        if self._process != os.getpid():  # a forked child must not speak for its parent
            self._process, self._clients = os.getpid(), {}
        client = self._clients.get(proxy)
        if client is None:
            self._tls = self._tls or httpx.create_ssl_context()
            client = self._clients.setdefault(proxy, self._make(proxy, self._tls))
        return client

    def _proxy(self, url: str) -> str | None:
        origin = "/".join(url.split("/", 3)[:3])
        if origin not in self._proxies:
            self._proxies[origin] = proxy_for(url, os.environ)
        return self._proxies[origin]

    def taken(self) -> list[C]:
        """Take all clients out, to be closed."""
        clients, self._clients = self._clients, {}
        return list(clients.values())


def _client(proxy: str | None, tls: ssl.SSLContext) -> httpx.Client:
    return httpx.Client(transport=httpx.HTTPTransport(verify=tls, proxy=proxy))


def _async_client(proxy: str | None, tls: ssl.SSLContext) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(verify=tls, proxy=proxy))


def _is_proxy(transport: object) -> bool:
    """Tell whether a transport of httpx's own sends through a proxy."""
    return isinstance(getattr(transport, "_pool", None), PROXIED)


# ---- to httpx and back
def _message(client: httpx.Client | httpx.AsyncClient, attempt: Attempt, watch: object) -> httpx.Request:
    request = attempt.request
    raw = Veiled([(name.decode("latin-1"), value.decode("latin-1")) for name, value in client.headers.raw])
    return httpx.Request(
        request.method,
        request.url,
        headers=attempt.headers(raw.value),
        content=request.body,
        extensions={"timeout": httpx.Timeout(attempt.left()).as_dict(), "trace": watch},
    )


def _headers(answer: httpx.Response) -> tuple[tuple[str, str], ...]:
    return tuple([(name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.headers.raw])


def _buffer(request: HttpRequest, answer: httpx.Response, headers: tuple[tuple[str, str], ...]) -> BodyBuffer | None:
    """Return what collects the body; None if the answer has all of it already, as those of mock transports have."""
    most = request.max_response_bytes
    if answer.is_stream_consumed:
        if most is not None and len(answer.content) > most:
            raise too_large(most)
        return None
    return BodyBuffer(headers, most, empty=request.method == "HEAD" or answer.status_code in (204, 304))


async def _read(attempt: Attempt, answer: httpx.Response, body: BodyBuffer) -> bytes:
    async for chunk in answer.aiter_raw():
        for _ in body.take(chunk):
            attempt.left()
            await asyncio.sleep(0)
        del chunk  # it would be shown by a traceback of the wait for the next one
    return body.whole()


def _reply(answer: httpx.Response, headers: tuple[tuple[str, str], ...], body: bytes) -> Reply:
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
        return self._attempt.failed(self._reason(cause, found), None if isinstance(cause, KNOWN) else cause)

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

    async def __call__(self, event: str, info: Mapping[str, Any]) -> None:  # type: ignore[override] # pyright: ignore[reportIncompatibleMethodOverride]
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
        veiled = Veiled(buffer)
        del buffer
        for start in range(0, len(veiled.value), SLICE):
            write(veiled.value[start : start + SLICE], timeout=_left(timeout))

    def bounded_start_tls(ssl_context: Any, server_hostname: Any = None, timeout: float | None = None) -> Any:
        secured = start_tls(ssl_context, server_hostname, timeout=_left(timeout))
        _bound(secured)
        return secured

    with contextlib.suppress(AttributeError):  # a stream of somebody's that cannot be changed
        stream.read, stream.write, stream.start_tls = bounded_read, bounded_write, bounded_start_tls


def _left(timeout: float | None) -> float | None:
    return timeout if current.attempt is None else current.attempt.left()
