"""Send by aiohttp, on the connector of an application's session if there is one.

Each call makes a session for itself on the one connector, which has the pool, the resolver and TLS. That costs little,
and it is the public way to send without cookies and `.netrc`, and only once: aiohttp repeats an idempotent request if a
kept connection breaks, whether or not the server has read it.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import io
import os
import socket
import ssl
from typing import Any, Final

from returns.result import Success

from infisical.errors import Reason
from infisical.executors.attempt import (
    CLOSED_MESSAGE,
    NO_ASYNCIO_MESSAGE,
    OTHER_LOOP_MESSAGE,
    PROXY_MESSAGE,
    Attempt,
)
from infisical.executors.body import ACCEPTED_CODINGS, BodyBuffer
from infisical.executors.causes import contains_any, list_causes
from infisical.executors.client_checks import check_client
from infisical.executors.hidden_value import HiddenValue
from infisical.executors.in_flight import CallsInFlight
from infisical.executors.proxies import Proxy, find_proxy, is_local_http
from infisical.request import Headers, HttpRequest
from infisical.response import Response
from infisical.transport import Reply

try:
    import aiohttp
    import multidict
    import yarl
except ImportError as missing:
    raise ImportError("this executor needs aiohttp: pip install 'infisical-functional[aiohttp]'") from missing

MAX_BYTES: Final = 2**20
"""Size from which aiohttp warns of a body that is not a file."""
NETWORK_ERRORS: Final = (aiohttp.ClientError, OSError, EOFError)
"""What aiohttp and asyncio raise for network trouble."""


class AiohttpExecutor:
    """Send by aiohttp, under asyncio, with one deadline for everything.

    The executor uses the connector (pool, resolver, TLS), proxy, tracing and default headers of the session that you
    pass, and leaves it open. It ignores the session's cookies, `auth`, `.netrc`, timeouts, middlewares and default
    credentials (`Authorization`, `Cookie`). Without a session it makes a connector on its first call. ValueError for
    anything but an instance of aiohttp.ClientSession.

    `aclose`, or leaving it as a context manager, ends the calls in flight and closes that connector. Calls after that,
    or after your session was closed, are a `Failure`.

    The proxies of the environment (`HTTPS_PROXY`, `NO_PROXY` and so on) are read when a server is first called, unless
    your session does not trust them (`trust_env`). http:// to this machine never goes through a proxy.

    `HttpRequest.max_response_bytes` bounds the body of the response and the memory that it takes; None is no limit. The
    executor belongs to the event loop of its first call, or of your session: a call from another one is a `Failure`.
    """

    def __init__(self, session: aiohttp.ClientSession | None = None) -> None:
        if session is not None:
            check_client(session, aiohttp.ClientSession, "AiohttpExecutor")
        self._session = session
        self._connector: aiohttp.TCPConnector | None = None
        self._loop: asyncio.AbstractEventLoop | None = _get_loop(session)
        self._proxies: dict[str, HiddenValue[yarl.URL | None]] = {}
        self._calls = CallsInFlight()
        self._is_closed = False

    async def __call__(self, request: HttpRequest) -> Reply:
        attempt = Attempt(request)
        try:
            running_loop = asyncio.get_running_loop()
        except RuntimeError:
            return attempt.refuse(NO_ASYNCIO_MESSAGE)
        self._loop = self._loop or running_loop
        if self._is_closed or (self._session is not None and self._session.closed):
            return attempt.refuse(CLOSED_MESSAGE)
        if self._loop is not running_loop:
            return attempt.refuse(OTHER_LOOP_MESSAGE)
        try:
            proxy = self._get_proxy(request.url)
        except ValueError:
            return attempt.refuse(PROXY_MESSAGE)
        for _ in range(2):  # so that the loop notices which idle connections were closed meanwhile
            await asyncio.sleep(0)
        connection = _Connection(attempt)
        try:
            async with self._calls.within(request.timeout), self._make_session(connection) as session:
                return await self._exchange(session, attempt, proxy)
        except Exception as cause:
            is_network_error = isinstance(cause, NETWORK_ERRORS)
            if self._is_closed and (is_network_error or isinstance(cause, RuntimeError)):
                return attempt.fail_closed()
            return attempt.fail(_find_reason(cause), None if is_network_error else cause)
        finally:
            connection.abort()

    async def _exchange(
        self, session: aiohttp.ClientSession, attempt: Attempt, proxy: HiddenValue[yarl.URL | None]
    ) -> Reply:
        """Send a request and read its response; a traceback with locals shows nothing of either."""
        request = attempt.request
        response = HiddenValue(
            await session.request(
                request.method,
                yarl.URL(request.url, encoded=True),
                allow_redirects=False,
                data=_wrap_body(request),
                headers=self._make_headers(attempt),
                proxy=proxy.value,
            )
        )
        with contextlib.closing(response.value):
            headers = HiddenValue(_list_headers(response.value))
            is_empty = request.method == "HEAD" or response.value.status in (204, 304)
            buffer = BodyBuffer(headers.value, request.max_response_bytes, empty=is_empty)
            while not response.value.content.at_eof():
                for _ in buffer.feed(await response.value.content.readany()):
                    attempt.time_left()
                    await asyncio.sleep(0)
            return Success(Response(response.value.status, headers.value, buffer.finish()))

    def _make_headers(self, attempt: Attempt) -> multidict.CIMultiDict[str]:
        session = self._session
        if session is None:
            return multidict.CIMultiDict(attempt.merge_headers([("Accept-Encoding", ACCEPTED_CODINGS)]))
        defaults = list(session.headers.items())
        names = [*session.headers, *session.skip_auto_headers]
        if all(name.lower() != "accept-encoding" for name in names):
            defaults.append(("Accept-Encoding", ACCEPTED_CODINGS))
        return multidict.CIMultiDict(attempt.merge_headers(defaults))

    def _make_session(self, connection: _Connection) -> aiohttp.ClientSession:
        """Make a session for one call, on the shared connector."""
        session = self._session
        if session is None and self._connector is None:
            self._connector = aiohttp.TCPConnector()
        request_class: Any = functools.partial(_Request, connection)
        return aiohttp.ClientSession(
            connector=self._connector if session is None else session.connector,
            connector_owner=False,
            cookie_jar=_SingleAttempt(connection.attempt),
            request_class=request_class,
            auto_decompress=False,
            skip_auto_headers=["Content-Type", *(() if session is None else session.skip_auto_headers)],
            timeout=aiohttp.ClientTimeout(total=None),
            trace_configs=[*(() if session is None else session.trace_configs), _make_trace(connection.attempt)],
        )

    def _get_proxy(self, url: str) -> HiddenValue[yarl.URL | None]:
        """Return the proxy to an origin; ValueError if the environment names one that cannot be used."""
        origin = "/".join(url.split("/", 3)[:3])
        if origin not in self._proxies:
            self._proxies[origin] = HiddenValue(None if is_local_http(url) else self._find_proxy(url))
        return self._proxies[origin]

    def _find_proxy(self, url: str) -> yarl.URL | None:
        proxy = _get_session_proxy(self._session)
        if proxy is None and (self._session is None or self._session.trust_env):
            environment_proxy = find_proxy(url, os.environ)
            if environment_proxy is not None:
                Proxy.of(environment_proxy)  # ValueError for a proxy that aiohttp would accept and could not use
                return yarl.URL(environment_proxy)
        return proxy

    async def aclose(self) -> None:
        """End the calls in flight, and close the connector if the executor made it."""
        self._is_closed = True
        if self._loop is not None and self._loop is asyncio.get_running_loop():
            await self._calls.end()
        if self._connector is not None:
            await self._connector.close()

    async def __aenter__(self) -> AiohttpExecutor:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


# ---- private parts of a session, each with a fallback
def _get_loop(session: aiohttp.ClientSession | None) -> asyncio.AbstractEventLoop | None:
    """Return the event loop of a session. Without it the first call decides."""
    loop: asyncio.AbstractEventLoop | None = getattr(session, "_loop", None)
    return loop


def _get_session_proxy(session: aiohttp.ClientSession | None) -> yarl.URL | None:
    """Return the proxy of a session with its credentials (since aiohttp 3.11). Without it the environment decides."""
    proxy: Any = getattr(session, "_default_proxy", None)
    login: aiohttp.BasicAuth | None = getattr(session, "_default_proxy_auth", None)
    if proxy is None or login is None:
        return None if proxy is None else yarl.URL(proxy)
    return yarl.URL(proxy).with_user(login.login).with_password(login.password)


# ---- to aiohttp and back
def _wrap_body(request: HttpRequest) -> Any:
    body = request.body
    return body if body is None or len(body) < MAX_BYTES else io.BytesIO(body)


def _list_headers(response: aiohttp.ClientResponse) -> Headers:
    return tuple([(name.decode("latin-1"), value.decode("latin-1")) for name, value in response.raw_headers])


# ---- sending once, and noting whether anything was sent
class _RepeatedError(OSError):
    """aiohttp was about to repeat a request that was sent already."""


class _SingleAttempt(aiohttp.DummyCookieJar):
    """A jar without cookies. aiohttp asks it before each attempt, so that it can refuse to repeat a sent request."""

    def __init__(self, attempt: Attempt) -> None:
        super().__init__()
        self._attempt = attempt

    def filter_cookies(self, request_url: yarl.URL) -> Any:
        if self._attempt.sent:
            raise _RepeatedError
        return super().filter_cookies(request_url)


def _make_trace(attempt: Attempt) -> aiohttp.TraceConfig:
    """Make the trace that notes when the headers are about to be sent."""

    async def note_sending(*_: object) -> None:
        attempt.sent = True

    config = aiohttp.TraceConfig()
    config.on_request_headers_sent.append(note_sending)
    return config


class _Connection:
    """The connection of an attempt.

    aiohttp closes a broken connection only after everything written was sent, which may be never.
    """

    __slots__ = ("_lease", "_transport", "attempt")

    def __init__(self, attempt: Attempt) -> None:
        self.attempt = attempt
        self._lease: Any = None
        self._transport: asyncio.Transport | None = None

    def hold(self, lease: Any) -> None:
        """Remember the connection that the connector gave the attempt."""
        self._lease, self._transport = lease, lease.transport

    def abort(self) -> None:
        """Close its socket at once, unless it is back in the pool."""
        transport = self._transport
        if transport is not None and (transport.is_closing() or self._lease.transport is transport):
            transport.abort()


class _Request(aiohttp.ClientRequest):
    """A request that notes its connection."""

    def __init__(self, connection: _Connection, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._noted_connection = connection

    async def send(self, conn: Any) -> aiohttp.ClientResponse:
        self._noted_connection.hold(conn)
        return await super().send(conn)


# ---- failures
def _find_reason(cause: Exception) -> Reason:
    causes = list_causes(cause)
    if contains_any(causes, socket.gaierror):
        return "dns"
    if contains_any(causes, TimeoutError):
        return "timeout"
    if contains_any(causes, ssl.SSLError, ssl.CertificateError, aiohttp.ServerFingerprintMismatch):
        return "tls"
    if contains_any(causes, aiohttp.ClientConnectorError, aiohttp.ClientHttpProxyError):
        return "refused"
    if contains_any(causes, ConnectionError, aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, _RepeatedError):
        return "reset"
    return "protocol"
