"""Send by aiohttp, on the connector of an application's session if it gives one.

Each call has a session of its own on the one connector, which is where the pool, the resolver and TLS are. That costs
little, and is the public way to go without cookies and `.netrc`, and to send once: aiohttp repeats an idempotent
request when a kept connection breaks under it, whether or not the server has read it.
"""

from __future__ import annotations

import asyncio
import io
import socket
import ssl
import urllib.request
from typing import Any, Final

from returns.result import Success

from infisical.drivers import Reply
from infisical.errors import Reason
from infisical.executors.attempt import CLOSED, ELSEWHERE, Attempt, causes, holds
from infisical.request import HttpRequest
from infisical.response import Response

try:
    import aiohttp
    import multidict
    import yarl
except ImportError as missing:
    raise ImportError("this executor needs aiohttp: pip install 'infisical-functional[aiohttp]'") from missing

LARGE: Final = 2**20
"""Bytes from which aiohttp warns of a body that is not a file."""


class AiohttpExecutor:
    """Send by aiohttp, under asyncio, with one deadline over everything.

    A given session lends its connector (pool, resolver, TLS), proxy, tracing and default headers, and stays open. Its
    cookies, `auth`, `.netrc`, timeouts, middlewares and default credentials (`Authorization`, `Cookie`) have no part in
    it. Without one the executor makes a connector on its first call; `aclose`, or leaving it as a context manager,
    closes that one. Calls after that, or after the given session was closed, are a `Failure`. The proxies of the
    environment are read when a server is first called, unless a given session does not trust them (`trust_env`).

    It belongs to the event loop of its first call, or of the given session: a call from another loop is a `Failure`.
    """

    def __init__(self, session: aiohttp.ClientSession | None = None) -> None:
        self._session = session
        self._own: aiohttp.TCPConnector | None = None
        self._loop: asyncio.AbstractEventLoop | None = getattr(session, "_loop", None)
        self._environment: dict[tuple[str, str], yarl.URL | None] = {}
        self._closed = False

    async def __call__(self, request: HttpRequest) -> Reply:
        attempt = Attempt(request)
        running = asyncio.get_running_loop()
        self._loop = self._loop or running
        if self._closed or (self._session is not None and self._session.closed):
            return attempt.refused(CLOSED)
        if self._loop is not running:
            return attempt.refused(ELSEWHERE)
        lender = self._session
        for _ in range(2):  # so that the loop notices which kept connections were closed meanwhile
            await asyncio.sleep(0)
        try:
            url = yarl.URL(request.url, encoded=True)
            headers = multidict.CIMultiDict(attempt.headers(() if lender is None else lender.headers.items()))
            options: Any = {"data": _body(request), "headers": headers, "proxy": self._proxy(url)}
            async with asyncio.timeout(request.timeout), self._view(attempt) as session:
                sent = session.request(request.method, url, allow_redirects=False, **options)
                async with sent as answer:
                    return _answer(answer, await answer.read())
        except Exception as cause:
            return attempt.failed(_reason(cause), None if isinstance(cause, aiohttp.ClientError) else cause)

    def _view(self, attempt: Attempt) -> aiohttp.ClientSession:
        """A session for one call, on the shared connector."""
        lender = self._session
        if lender is None and self._own is None:
            self._own = aiohttp.TCPConnector()
        return aiohttp.ClientSession(
            connector=self._own if lender is None else lender.connector,
            connector_owner=False,
            cookie_jar=_OneAttempt(attempt),
            skip_auto_headers=["Content-Type", *(() if lender is None else lender.skip_auto_headers)],
            timeout=aiohttp.ClientTimeout(total=None),
            trace_configs=[*(() if lender is None else lender.trace_configs), _told_by(attempt)],
        )

    def _proxy(self, url: yarl.URL) -> yarl.URL | None:
        """The proxy to an origin; the session's own can be read by no public name."""
        lender = self._session
        proxy: Any = getattr(lender, "_default_proxy", None)
        user: aiohttp.BasicAuth | None = getattr(lender, "_default_proxy_auth", None)
        if proxy is None and (lender is None or lender.trust_env):
            origin = (url.scheme, url.raw_authority)
            if origin not in self._environment:
                self._environment[origin] = _proxy_of_the_environment(url)
            return self._environment[origin]
        if proxy is None or user is None:
            return None if proxy is None else yarl.URL(proxy)
        return yarl.URL(proxy).with_user(user.login).with_password(user.password)

    async def aclose(self) -> None:
        """Close the connector, if the executor made it; requests under way may fail."""
        self._closed = True
        if self._own is not None:
            await self._own.close()

    async def __aenter__(self) -> AiohttpExecutor:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


def _proxy_of_the_environment(url: yarl.URL) -> yarl.URL | None:
    proxy = urllib.request.getproxies().get(url.scheme)
    return None if proxy is None or urllib.request.proxy_bypass(url.host or "") else yarl.URL(proxy)


def _body(request: HttpRequest) -> Any:
    body = request.body
    return body if body is None or len(body) < LARGE else io.BytesIO(body)


def _answer(answer: aiohttp.ClientResponse, body: bytes) -> Reply:
    headers = tuple([(name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.raw_headers])
    return Success(Response(answer.status, headers, body))


# ---- once, and knowing whether it has left
class _RepeatedError(Exception):
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
