"""Send by requests, through the adapters of an application's session if it gives one.

What a Session does around its adapters is left out: redirects, cookies, `.netrc`, auth, hooks. The adapters, and
urllib3 below them, are used as they are but for two things. One that retries is used without its retries. And a
connection that is made for a request of ours looks, while it carries one, at the one deadline before every step; to the
application's own calls it is as ever.
"""

from __future__ import annotations

import contextlib
import functools
import os
import socket
import ssl
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, Final

import urllib3
from returns.result import Success
from urllib3.connection import HTTPConnection

from infisical.errors import Reason
from infisical.executors.attempt import (
    CLOSED,
    Attempt,
    Veiled,
    causes,
    checked_client,
    current,
    holds,
    is_local_http,
)
from infisical.executors.deadline import TimedResponse, UnreachedError, connected, exchange
from infisical.executors.decompress import BodyBuffer
from infisical.executors.proxies import proxy_for
from infisical.request import HttpRequest
from infisical.response import Response
from infisical.transport import Reply

try:
    import requests
    import requests.adapters
    import requests.utils
except ImportError as missing:
    raise ImportError("this executor needs requests: pip install 'infisical-functional[requests]'") from missing

CHUNK: Final = 64 * 1024
KNOWN: Final = (OSError, EOFError, HTTPException, urllib3.exceptions.HTTPError, UnreachedError)
"""What requests (whose errors are OSErrors), urllib3 and http.client raise for network trouble."""
ONCE: Final = urllib3.Retry(0, read=False)
"""What requests itself takes for no retries."""


class RequestsExecutor:
    """Send by requests. Safe to share between threads.

    The adapters (pools), proxies, TLS settings (`verify`, `cert`) and default headers of a given session are used, and
    it stays open. Its cookies, `auth`, `.netrc`, `params`, hooks, retries and default credentials (`Authorization`,
    `Cookie`) are not. Without one the executor makes its own; `close`, or leaving it as a context manager, closes that
    one. Calls after that are a `Failure`; that a given session was closed nobody can see, and requests goes on.
    ValueError for anything but an instance of requests.Session.

    A session that trusts the environment (`trust_env`) fills in what it does not set itself: the proxy
    (`HTTPS_PROXY`, `NO_PROXY` and so on) and, where its `verify` is True, the authorities (`REQUESTS_CA_BUNDLE`,
    `CURL_CA_BUNDLE`). http:// to this machine is never sent through a proxy, not even through that of a given session.

    `HttpRequest.max_response_bytes` bounds the body of the answer and the memory that it takes; None is no limit.

    The deadline covers connecting, TLS, sending, headers and body, but not the system's name look-up. On an adapter
    that is not requests' own, on connections of a class that is not urllib3's own, and on one that the application
    opened to the same server before the first call of this executor, it is looked at between the chunks of a body only;
    each read is bounded by the timeout there.
    """

    def __init__(self, session: requests.Session | None = None) -> None:
        if session is not None:
            checked_client(session, requests.Session, "RequestsExecutor")
        self._given = session is not None
        self._session = _session() if session is None else session
        self._process = os.getpid()
        self._closed = False

    def __call__(self, request: HttpRequest) -> Reply:
        attempt = Attempt(request)
        if self._closed:
            return attempt.refused(CLOSED)
        if self._process != os.getpid() and not self._given:  # a forked child must not speak for its parent
            self._process, self._session = os.getpid(), _session()
        around, current.attempt = current.attempt, attempt
        try:
            exchange.start(request.timeout)
            message = _message(self._session, attempt)
            settings = _settings(self._session, request.url)
            adapter: Any = self._session.get_adapter(request.url)
            if isinstance(adapter, requests.adapters.HTTPAdapter):
                adapter = _without_retries(adapter)
                _bound(adapter, message, settings.value)
            attempt.sent = None
            answer = adapter.send(message, timeout=request.timeout, **settings.value)
            with contextlib.closing(answer):
                return _answer(attempt, answer)
        except Exception as cause:
            return _failed(attempt, cause)
        finally:
            current.attempt = around

    def close(self) -> None:
        """Close the session, if the executor made it; requests under way may fail."""
        self._closed = True
        if not self._given:
            self._session.close()

    def __enter__(self) -> RequestsExecutor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


# ---- to requests and back
def _session() -> requests.Session:
    session = requests.Session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, requests.adapters.HTTPAdapter(pool_maxsize=64))
    return session


def _message(session: requests.Session, attempt: Attempt) -> requests.PreparedRequest:
    """Write a prepared request field by field: `prepare` would encode the URL anew, and look for credentials."""
    request, message = attempt.request, requests.PreparedRequest()
    defaults = [(name, _text(value)) for name, value in session.headers.items() if value is not None]
    headers: Any = urllib3.HTTPHeaderDict(attempt.headers(defaults))
    if request.body is not None:
        headers["Content-Length"] = str(len(request.body))
    message.method, message.url, message.headers, message.body = request.method, request.url, headers, request.body
    return message


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _without_retries(adapter: requests.adapters.HTTPAdapter) -> requests.adapters.HTTPAdapter:
    """An adapter that shares all with the given one, its pools too, but sends once."""
    view: Any = object.__new__(type(adapter))  # copy.copy would make pools of its own
    vars(view).update(vars(adapter), max_retries=ONCE)
    return view  # type: ignore[no-any-return]


def _settings(session: requests.Session, url: str) -> Veiled[dict[str, Any]]:
    """Return what an adapter is told of proxies and TLS: the session's own, and else that of the environment."""
    proxies: dict[str, str] = {}
    verify: Any = session.verify
    if not is_local_http(url):
        proxies = dict(session.proxies)
        if session.trust_env and requests.utils.select_proxy(url, proxies) is None:
            named = proxy_for(url, os.environ)
            if named is not None:
                proxies[url.partition(":")[0].lower()] = named
    if verify is True and session.trust_env:
        verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
    return Veiled({"stream": True, "verify": verify, "cert": session.cert, "proxies": proxies})


def _answer(attempt: Attempt, answer: requests.Response) -> Reply:
    headers = Veiled(_headers(answer))
    is_raw = hasattr(answer.raw, "stream") and not getattr(answer, "_content_consumed", False)
    body = BodyBuffer(
        headers.value if is_raw else (),  # an adapter of somebody's may give a body that is decoded already
        attempt.request.max_response_bytes,
        empty=attempt.request.method == "HEAD" or answer.status_code in (204, 304),
    )
    chunks = answer.raw.stream(CHUNK, decode_content=False) if is_raw else answer.iter_content(CHUNK)
    return Success(Response(answer.status_code, headers.value, attempt.read(chunks, body)))


def _headers(answer: requests.Response) -> tuple[tuple[str, str], ...]:
    """Return the headers as urllib3 has them, as often as they came: requests has each name once."""
    headers: Any = getattr(answer.raw, "headers", answer.headers)
    return tuple(headers.items())


# ---- one deadline over an attempt
class _Bounded(HTTPConnection if TYPE_CHECKING else object):  # type: ignore[misc]
    """What makes a connection look at the deadline, and note whether anything has left, while it carries ours."""

    if not TYPE_CHECKING:

        @property
        def response_class(self):
            return super().response_class if current.attempt is None else TimedResponse

    def connect(self) -> None:
        """Connect, and ask a proxy for a tunnel if there is one: nothing of the request leaves by that."""
        try:
            super().connect()
        finally:
            if current.attempt is not None:
                current.attempt.sent = False

    def _new_conn(self) -> socket.socket:
        plain: Any = super()._new_conn
        if current.attempt is None or self.source_address or plain.__func__ is not HTTPConnection._new_conn:
            sock: socket.socket = plain()  # from an address of their own, or by SOCKS
            return sock
        options: Any = self.socket_options or ()
        return connected(self._dns_host.strip("[]"), self.port, options)

    def send(self, data: Any) -> None:
        if current.attempt is not None:
            if self.sock is None:
                self.connect()
            sock: Any = self.sock
            sock.settimeout(exchange.left())
            current.attempt.sent = True
        veiled = Veiled(data)
        del data
        super().send(veiled.value)


@functools.lru_cache(maxsize=64)
def _bounded(kind: type[HTTPConnection]) -> type[HTTPConnection]:
    return type(kind.__name__, (_Bounded, kind), {})


def _bound(adapter: requests.adapters.HTTPAdapter, message: requests.PreparedRequest, settings: Any) -> None:
    """Have the connections that the adapter opens to this server look at the deadline, from now on."""
    verify, proxies, cert = settings["verify"], settings["proxies"], settings["cert"]
    find: Any = getattr(adapter, "get_connection_with_tls_context", None)  # since requests 2.32
    pool: Any = find(message, verify, proxies, cert) if find else adapter.get_connection(message.url or "", proxies)
    kind = pool.ConnectionCls
    if kind.__module__.startswith("urllib3."):  # and not one of ours already, or of a tool that records
        pool.ConnectionCls = _bounded(kind)


# ---- what went wrong
def _failed(attempt: Attempt, cause: Exception) -> Reply:
    found = causes(cause)
    unreached = (requests.exceptions.ConnectTimeout, requests.exceptions.ProxyError)
    if attempt.sent is None and holds(found, *unreached, urllib3.exceptions.NewConnectionError):
        attempt.sent = False
    return attempt.failed(_reason(found), None if isinstance(cause, KNOWN) else cause)


def _reason(found: list[BaseException]) -> Reason:
    """Why there is no answer. urllib3 counts refused connections as timeouts."""
    unreached = next((one for one in found if isinstance(one, UnreachedError)), None)
    if unreached is not None:
        return unreached.reason
    if holds(found, socket.gaierror, urllib3.exceptions.NameResolutionError):
        return "dns"
    if holds(found, urllib3.exceptions.NewConnectionError):
        return "refused"
    if holds(found, TimeoutError, urllib3.exceptions.TimeoutError, requests.exceptions.Timeout):
        return "timeout"
    if holds(found, ssl.SSLError, urllib3.exceptions.SSLError):
        return "tls"
    if holds(found, requests.exceptions.ProxyError):
        return "refused"
    return "reset" if holds(found, ConnectionError) else "protocol"
