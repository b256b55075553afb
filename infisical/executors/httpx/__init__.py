"""Send by httpx, blocking or under asyncio, on a client of the application's if there is one.

httpx's own timeouts begin again with every read, so that a response that drips never ends. Under asyncio one deadline
covers all of it. The blocking executor bounds each connection instead: trace.py learns of a new one from httpcore's
`trace` extension. clients.py has the clients that an executor makes, and copies of the application's.
"""

from __future__ import annotations

import asyncio
import contextlib

from returns.result import Success

from infisical.executors.attempt import (
    CLOSED_MESSAGE,
    NO_ASYNCIO_MESSAGE,
    OTHER_LOOP_MESSAGE,
    PROXY_MESSAGE,
    Attempt,
)
from infisical.executors.body import BodyBuffer, make_size_error
from infisical.executors.client_checks import check_client
from infisical.executors.hidden_value import HiddenValue
from infisical.executors.in_flight import CallsInFlight
from infisical.request import Headers, HttpRequest
from infisical.response import Response
from infisical.transport import Reply

try:
    import httpx
except ImportError as missing:
    raise ImportError("this executor needs httpx: pip install 'infisical-functional[httpx]'") from missing

from infisical.executors.httpx.clients import PROXY_ERRORS, Clients, make_async_client, make_client
from infisical.executors.httpx.trace import NETWORK_ERRORS, AsyncTrace, Trace


class HttpxExecutor:
    """Send by an httpx.Client. Safe to share between threads.

    The executor uses the transports (pools, proxies, TLS), event hooks and default headers of the client that you pass,
    and leaves it open. It ignores the client's cookies, `auth`, `params`, `base_url` and default credentials
    (`Authorization`, `Cookie`). Without a client it makes its own; `close`, or leaving it as a context manager, closes
    those. Calls after that, or after your client was closed, are a `Failure`. ValueError for anything but an instance
    of httpx.Client.

    Without a client, the proxies of the environment (`HTTPS_PROXY`, `NO_PROXY` and so on) are read when a server is
    first called. http:// to this machine never goes through a proxy, not even through that of your client.

    `HttpRequest.max_response_bytes` bounds the body of the response and the memory that it takes; None is no limit.

    The deadline covers TLS, sending, headers and body. It does not cover the system's name look-up, and each of several
    addresses of a host is tried for as long as there is time. Some connections look at it only between the chunks of a
    body, and each read is bounded by httpx's timeout. These are connections of a transport that is not httpcore's, and
    one that other calls of the application opened to the same server.
    """

    def __init__(self, client: httpx.Client | None = None) -> None:
        if client is not None:
            check_client(client, httpx.Client, "HttpxExecutor", (httpx.AsyncClient, "AsyncHttpxExecutor"))
        self._client = client
        self._clients = Clients(make_client, is_needed=client is None)
        self._is_closed = False

    def __call__(self, request: HttpRequest) -> Reply:
        attempt = Attempt(request)
        if self._is_closed or (self._client is not None and self._client.is_closed):
            return attempt.refuse(CLOSED_MESSAGE)
        try:
            client = self._clients.copy_without_cookies(self._client, request.url)
        except PROXY_ERRORS:
            return attempt.refuse(PROXY_MESSAGE)
        trace = Trace(attempt)
        try:
            with attempt:
                message = HiddenValue(_make_message(client, attempt, trace))
                attempt.sent = None
                response = client.send(message.value, stream=True, auth=None, follow_redirects=False)
                trace.response = response
                with contextlib.closing(response):
                    headers = HiddenValue(_list_headers(response))
                    buffer = _make_buffer(request, response, headers.value)
                    body = response.content if buffer is None else attempt.read_body(response.iter_raw(), buffer)
                    return Success(Response(response.status_code, headers.value, body))
        except Exception as cause:
            return trace.make_failure(cause)

    def close(self) -> None:
        """Close the clients that the executor made; calls in flight on them may fail."""
        self._is_closed = True
        for client in self._clients.take_all():
            client.close()

    def __enter__(self) -> HttpxExecutor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncHttpxExecutor:
    """Send by an httpx.AsyncClient, under asyncio. Like `HttpxExecutor`, with a total deadline in every case.

    It belongs to the event loop of its first call, as the connections do: a call from another loop is a `Failure`.
    `aclose` ends the calls in flight. ValueError for anything but an instance of httpx.AsyncClient.
    """

    def __init__(self, client: httpx.AsyncClient | None = None) -> None:
        if client is not None:
            check_client(client, httpx.AsyncClient, "AsyncHttpxExecutor", (httpx.Client, "HttpxExecutor"))
        self._client = client
        self._clients = Clients(make_async_client, is_needed=client is None)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._calls = CallsInFlight()
        self._is_closed = False

    async def __call__(self, request: HttpRequest) -> Reply:
        attempt = Attempt(request)
        if self._is_closed or (self._client is not None and self._client.is_closed):
            return attempt.refuse(CLOSED_MESSAGE)
        try:
            running_loop = asyncio.get_running_loop()
        except RuntimeError:
            return attempt.refuse(NO_ASYNCIO_MESSAGE)
        self._loop = self._loop or running_loop
        if self._loop is not running_loop:
            return attempt.refuse(OTHER_LOOP_MESSAGE)
        try:
            client = self._clients.copy_without_cookies(self._client, request.url)
        except PROXY_ERRORS:
            return attempt.refuse(PROXY_MESSAGE)
        trace = AsyncTrace(attempt)
        try:
            async with self._calls.within(request.timeout):
                message = HiddenValue(_make_message(client, attempt, trace))
                attempt.sent = None
                response = await client.send(message.value, stream=True, auth=None, follow_redirects=False)
                trace.response = response
                async with contextlib.aclosing(response):
                    headers = HiddenValue(_list_headers(response))
                    buffer = _make_buffer(request, response, headers.value)
                    body = response.content if buffer is None else await _read_body(attempt, response, buffer)
                    return Success(Response(response.status_code, headers.value, body))
        except Exception as cause:
            if self._is_closed and isinstance(cause, (*NETWORK_ERRORS, RuntimeError)):
                return attempt.fail_closed()
            return trace.make_failure(cause)

    async def aclose(self) -> None:
        """End the calls in flight, and close the clients that the executor made."""
        self._is_closed = True
        if self._loop is not None and self._loop is asyncio.get_running_loop():
            await self._calls.end()
        for client in self._clients.take_all():
            await client.aclose()

    async def __aenter__(self) -> AsyncHttpxExecutor:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


# ---- to httpx and back
def _make_message(client: httpx.Client | httpx.AsyncClient, attempt: Attempt, trace: Trace) -> httpx.Request:
    request = attempt.request
    defaults = HiddenValue(_decode(client.headers))
    return httpx.Request(
        request.method,
        request.url,
        headers=attempt.merge_headers(defaults.value),
        content=request.body,
        extensions={"timeout": httpx.Timeout(attempt.time_left()).as_dict(), "trace": trace},
    )


def _list_headers(response: httpx.Response) -> Headers:
    return _decode(response.headers)


def _decode(headers: httpx.Headers) -> Headers:
    return tuple([(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers.raw])


def _make_buffer(request: HttpRequest, response: httpx.Response, headers: Headers) -> BodyBuffer | None:
    """Make the buffer for a body; None if the response has the whole body already, as a mock transport's has."""
    limit = request.max_response_bytes
    if response.is_stream_consumed:
        if limit is not None and len(response.content) > limit:
            raise make_size_error(limit)
        return None
    return BodyBuffer(headers, limit, empty=request.method == "HEAD" or response.status_code in (204, 304))


async def _read_body(attempt: Attempt, response: httpx.Response, buffer: BodyBuffer) -> bytes:
    async for chunk in response.aiter_raw():
        for _ in buffer.feed(chunk):
            attempt.time_left()
            await asyncio.sleep(0)
        del chunk  # a traceback with locals would show it during the wait for the next one
    return buffer.finish()
