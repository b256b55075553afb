"""Send by aiohttp, on the connector of an application's session if it gives one.

Each call has a session of its own on the one connector, which is where the pool, the resolver and TLS are. That costs
little, and is the public way to go without cookies and `.netrc`, and to send once: aiohttp repeats an idempotent
request when a kept connection breaks under it, whether or not the server has read it.
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
    CLOSED,
    ELSEWHERE,
    NOT_ASYNCIO,
    UNUSABLE_PROXY,
    Attempt,
    Veiled,
    causes,
    checked_client,
    holds,
    is_local_http,
)
from infisical.executors.decompress import OFFERED, BodyBuffer
from infisical.executors.in_flight import CallsInFlight
from infisical.executors.proxies import Proxy, proxy_for
from infisical.request import HttpRequest
from infisical.response import Response
from infisical.transport import Reply

try:
    import aiohttp
    import multidict
    import yarl
except ImportError as missing:
    raise ImportError("this executor needs aiohttp: pip install 'infisical-functional[aiohttp]'") from missing

LARGE: Final = 2**20
"""Bytes from which aiohttp warns of a body that is not a file."""
KNOWN: Final = (aiohttp.ClientError, OSError, EOFError)
"""What aiohttp and asyncio raise for network trouble."""


class AiohttpExecutor:
    """Send by aiohttp, under asyncio, with one deadline over everything.

    The connector (pool, resolver, TLS), proxy, tracing and default headers of a given session are used, and it stays
    open. Its cookies, `auth`, `.netrc`, timeouts, middlewares and default credentials (`Authorization`, `Cookie`) are
    not. Without one the executor makes a connector on its first call. ValueError for anything but an instance of
    aiohttp.ClientSession.

    `aclose`, or leaving it as a context manager, ends the calls in flight and closes that connector. Calls after that,
    or after the given session was closed, are a `Failure`.

    The proxies of the environment (`HTTPS_PROXY`, `NO_PROXY` and so on) are read when a server is first called, unless
    a given session does not trust them (`trust_env`). http:// to this machine is never sent through a proxy.

    `HttpRequest.max_response_bytes` bounds the body of the answer and the memory that it takes; None is no limit. The
    executor belongs to the event loop of its first call, or of the given session: a call from another is a `Failure`.
    """

    def __init__(self, session: aiohttp.ClientSession | None = None) -> None:
        if session is not None:
            checked_client(session, aiohttp.ClientSession, "AiohttpExecutor")
        self._session = session
        self._own: aiohttp.TCPConnector | None = None
        self._loop: asyncio.AbstractEventLoop | None = getattr(session, "_loop", None)
        self._proxies: dict[str, Veiled[yarl.URL | None]] = {}
        self._calls = CallsInFlight()
        self._closed = False

    async def __call__(self, request: HttpRequest) -> Reply:
        attempt = Attempt(request)
        try:
            running = asyncio.get_running_loop()
        except RuntimeError:
            return attempt.refused(NOT_ASYNCIO)
        self._loop = self._loop or running
        if self._closed or (self._session is not None and self._session.closed):
            return attempt.refused(CLOSED)
        if self._loop is not running:
            return attempt.refused(ELSEWHERE)
        try:
            proxy = self._proxy(request.url)
        except ValueError:
            return attempt.refused(UNUSABLE_PROXY)
        for _ in range(2):  # so that the loop notices which idle connections were closed meanwhile
            await asyncio.sleep(0)
        connection = _Connection(attempt)
        try:
            async with self._calls.within(request.timeout), self._view(connection) as session:
                return await self._exchange(session, attempt, proxy)
        except Exception as cause:
            if self._closed and isinstance(cause, (*KNOWN, RuntimeError)):
                return attempt.cut_off()
            return attempt.failed(_reason(cause), None if isinstance(cause, KNOWN) else cause)
        finally:
            connection.abort()

    async def _exchange(
        self, session: aiohttp.ClientSession, attempt: Attempt, proxy: Veiled[yarl.URL | None]
    ) -> Reply:
        """Send a request and read its answer, with nothing of either in a local variable that would be shown."""
        request = attempt.request
        answer = Veiled(
            await session.request(
                request.method,
                yarl.URL(request.url, encoded=True),
                allow_redirects=False,
                data=_body(request),
                headers=self._headers(attempt),
                proxy=proxy.value,
            )
        )
        with contextlib.closing(answer.value):
            headers = Veiled(_headers(answer.value))
            empty = request.method == "HEAD" or answer.value.status in (204, 304)
            body = BodyBuffer(headers.value, request.max_response_bytes, empty=empty)
            while not answer.value.content.at_eof():
                for _ in body.take(await answer.value.content.readany()):
                    attempt.left()
                    await asyncio.sleep(0)
            return Success(Response(answer.value.status, headers.value, body.whole()))

    def _headers(self, attempt: Attempt) -> multidict.CIMultiDict[str]:
        lender = self._session
        if lender is None:
            return multidict.CIMultiDict(attempt.headers([("Accept-Encoding", OFFERED)]))
        defaults = list(lender.headers.items())
        taken = [*lender.headers, *lender.skip_auto_headers]
        if all(name.lower() != "accept-encoding" for name in taken):
            defaults.append(("Accept-Encoding", OFFERED))
        return multidict.CIMultiDict(attempt.headers(defaults))

    def _view(self, connection: _Connection) -> aiohttp.ClientSession:
        """Make a session for one call, on the shared connector."""
        lender = self._session
        if lender is None and self._own is None:
            self._own = aiohttp.TCPConnector()
        request_class: Any = functools.partial(_Request, connection)
        return aiohttp.ClientSession(
            connector=self._own if lender is None else lender.connector,
            connector_owner=False,
            cookie_jar=_OneAttempt(connection.attempt),
            request_class=request_class,
            auto_decompress=False,
            skip_auto_headers=["Content-Type", *(() if lender is None else lender.skip_auto_headers)],
            timeout=aiohttp.ClientTimeout(total=None),
            trace_configs=[*(() if lender is None else lender.trace_configs), _told_by(connection.attempt)],
        )

    def _proxy(self, url: str) -> Veiled[yarl.URL | None]:
        """Find the proxy to an origin; ValueError if the environment names one that cannot be used."""
        origin = "/".join(url.split("/", 3)[:3])
        if origin not in self._proxies:
            self._proxies[origin] = Veiled(None if is_local_http(url) else self._proxy_elsewhere(url))
        return self._proxies[origin]

    def _proxy_elsewhere(self, url: str) -> yarl.URL | None:
        lender = self._session
        proxy: Any = getattr(lender, "_default_proxy", None)  # it has no public name, and exists since aiohttp 3.11
        user: aiohttp.BasicAuth | None = getattr(lender, "_default_proxy_auth", None)
        if proxy is None and (lender is None or lender.trust_env):
            named = proxy_for(url, os.environ)
            if named is None:
                return None
            Proxy.of(named)  # ValueError for what aiohttp takes for a proxy and cannot use
            return yarl.URL(named)
        if proxy is None or user is None:
            return None if proxy is None else yarl.URL(proxy)
        return yarl.URL(proxy).with_user(user.login).with_password(user.password)

    async def aclose(self) -> None:
        """End the calls in flight, and close the connector if the executor made it."""
        self._closed = True
        if self._loop is not None and self._loop is asyncio.get_running_loop():
            await self._calls.end()
        if self._own is not None:
            await self._own.close()

    async def __aenter__(self) -> AiohttpExecutor:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


def _body(request: HttpRequest) -> Any:
    body = request.body
    return body if body is None or len(body) < LARGE else io.BytesIO(body)


def _headers(answer: aiohttp.ClientResponse) -> tuple[tuple[str, str], ...]:
    return tuple([(name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.raw_headers])


# ---- once, and knowing whether it has left
class _RepeatedError(OSError):
    """aiohttp was about to send again what has left already."""


class _OneAttempt(aiohttp.DummyCookieJar):
    """No cookies; and, since it is asked for them before each attempt, nothing that has left goes out again."""

    def __init__(self, attempt: Attempt) -> None:
        super().__init__()
        self._attempt = attempt

    def filter_cookies(self, request_url: yarl.URL) -> Any:
        if self._attempt.sent:
            raise _RepeatedError
        return super().filter_cookies(request_url)


def _told_by(attempt: Attempt) -> aiohttp.TraceConfig:
    """What aiohttp tells of an attempt: that the headers are about to leave."""

    async def leaving(*_: object) -> None:
        attempt.sent = True

    config = aiohttp.TraceConfig()
    config.on_request_headers_sent.append(leaving)
    return config


class _Connection:
    """The connection that an attempt is sent on.

    aiohttp closes one that broke off when all that was written has left, which may be never.
    """

    __slots__ = ("_lease", "_transport", "attempt")

    def __init__(self, attempt: Attempt) -> None:
        self.attempt = attempt
        self._lease: Any = None
        self._transport: asyncio.Transport | None = None

    def hold(self, lease: Any) -> None:
        """Remember the connection, as the connector gave it to the attempt."""
        self._lease, self._transport = lease, lease.transport

    def abort(self) -> None:
        """Close its socket at once, unless it went back to the pool in good order."""
        transport = self._transport
        if transport is not None and (transport.is_closing() or self._lease.transport is transport):
            transport.abort()


class _Request(aiohttp.ClientRequest):
    """A request that tells on which connection it is sent."""

    def __init__(self, connection: _Connection, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._told = connection

    async def send(self, conn: Any) -> aiohttp.ClientResponse:
        self._told.hold(conn)
        return await super().send(conn)


# ---- what went wrong
def _reason(cause: Exception) -> Reason:
    found = causes(cause)
    if holds(found, socket.gaierror):
        return "dns"
    if holds(found, TimeoutError):
        return "timeout"
    if holds(found, ssl.SSLError, ssl.CertificateError, aiohttp.ServerFingerprintMismatch):
        return "tls"
    if holds(found, aiohttp.ClientConnectorError, aiohttp.ClientHttpProxyError):
        return "refused"
    if holds(found, ConnectionError, aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, _RepeatedError):
        return "reset"
    return "protocol"
