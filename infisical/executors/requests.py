"""Send by requests, through the adapters of an application's session if there is one.

A Session does more around its adapters: redirects, cookies, `.netrc`, auth, hooks. None of that happens here. The
adapters, and urllib3 below them, work as usual, with two exceptions. An adapter that retries is used without its
retries. A connection that is made for a request of ours looks, while it carries one, at the deadline before every step;
for the application's own calls it works as usual.
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
from infisical.executors.attempt import CLOSED_MESSAGE, Attempt, thread_state
from infisical.executors.body import BodyBuffer
from infisical.executors.causes import contains_any, list_causes
from infisical.executors.client_checks import check_client
from infisical.executors.deadline import TimedResponse, UnreachedError, connect
from infisical.executors.hidden_value import HiddenValue
from infisical.executors.proxies import find_proxy, is_local_http
from infisical.request import Headers, HttpRequest
from infisical.response import Response
from infisical.transport import Reply

try:
    import requests
    import requests.adapters
    import requests.utils
except ImportError as missing:
    raise ImportError("this executor needs requests: pip install 'infisical-functional[requests]'") from missing

CHUNK_SIZE: Final = 64 * 1024
NETWORK_ERRORS: Final = (OSError, EOFError, HTTPException, urllib3.exceptions.HTTPError, UnreachedError)
"""What requests (whose errors are OSErrors), urllib3 and http.client raise for network trouble."""
NO_RETRIES: Final = urllib3.Retry(0, read=False)
"""The value that requests itself uses for no retries."""


class RequestsExecutor:
    """Send by requests. Safe to share between threads.

    The executor uses the adapters (pools), proxies, TLS settings (`verify`, `cert`) and default headers of the session
    that you pass, and leaves it open. It ignores the session's cookies, `auth`, `.netrc`, `params`, hooks, retries and
    default credentials (`Authorization`, `Cookie`). Without a session it makes one; `close`, or leaving it as a context
    manager, closes that one, and later calls are a `Failure`. requests does not tell whether your own session was
    closed. ValueError for anything but an instance of requests.Session.

    A session that trusts the environment (`trust_env`) fills in what it does not set itself. That is the proxy
    (`HTTPS_PROXY`, `NO_PROXY` and so on) and, if its `verify` is True, the authorities (`REQUESTS_CA_BUNDLE`,
    `CURL_CA_BUNDLE`). http:// to this machine never goes through a proxy, not even through that of your session.

    `HttpRequest.max_response_bytes` bounds the body of the response and the memory that it takes; None is no limit.

    The deadline covers connecting, TLS, sending, headers and body, but not the system's name look-up. Some connections
    look at it only between the chunks of a body, and each read is bounded by the timeout. These are connections of an
    adapter that is not requests' own, those of a class that is not urllib3's own, and one that the application opened
    to the same server before the first call of this executor.
    """

    def __init__(self, session: requests.Session | None = None) -> None:
        if session is not None:
            check_client(session, requests.Session, "RequestsExecutor")
        self._owns_session = session is None
        self._session = _make_session() if session is None else session
        self._process = os.getpid()
        self._is_closed = False

    def __call__(self, request: HttpRequest) -> Reply:
        attempt = Attempt(request)
        if self._is_closed:
            return attempt.refuse(CLOSED_MESSAGE)
        if self._process != os.getpid() and self._owns_session:  # a forked child must not use its parent's connections
            self._process, self._session = os.getpid(), _make_session()
        try:
            with attempt:
                message = _make_message(self._session, attempt)
                settings = _make_settings(self._session, request.url)
                adapter: Any = self._session.get_adapter(request.url)
                if isinstance(adapter, requests.adapters.HTTPAdapter):
                    adapter = _copy_without_retries(adapter)
                    _bound_connections(adapter, message, settings.value)
                attempt.sent = None
                response = adapter.send(message, timeout=request.timeout, **settings.value)
                with contextlib.closing(response):
                    return _read_response(attempt, response)
        except Exception as cause:
            return _make_failure(attempt, cause)
        finally:
            attempt.wire.release()

    def close(self) -> None:
        """Close the session, if the executor made it; calls in flight may fail."""
        self._is_closed = True
        if self._owns_session:
            self._session.close()

    def __enter__(self) -> RequestsExecutor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


# ---- to requests and back
def _make_session() -> requests.Session:
    session = requests.Session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, requests.adapters.HTTPAdapter(pool_maxsize=64))
    return session


def _make_message(session: requests.Session, attempt: Attempt) -> requests.PreparedRequest:
    """Write a prepared request field by field: `prepare` would encode the URL again, and look for credentials."""
    request, message = attempt.request, requests.PreparedRequest()
    defaults = [(name, _decode(value)) for name, value in session.headers.items() if value is not None]
    headers: Any = urllib3.HTTPHeaderDict(attempt.merge_headers(defaults))
    if request.body is not None:
        headers["Content-Length"] = str(len(request.body))
    message.method, message.url, message.headers, message.body = request.method, request.url, headers, request.body
    return message


def _decode(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _copy_without_retries(adapter: requests.adapters.HTTPAdapter) -> requests.adapters.HTTPAdapter:
    """Copy an adapter so that the copy shares everything with it, its pools too, but sends once."""
    copy: Any = object.__new__(type(adapter))  # copy.copy would make pools for the copy
    vars(copy).update(vars(adapter), max_retries=NO_RETRIES)
    return copy  # type: ignore[no-any-return]


def _make_settings(session: requests.Session, url: str) -> HiddenValue[dict[str, Any]]:
    """Make the arguments of an adapter for proxies and TLS: the session's, or else those of the environment."""
    proxies: dict[str, str] = {}
    verify: Any = session.verify
    if not is_local_http(url):
        proxies = dict(session.proxies)
        if session.trust_env and requests.utils.select_proxy(url, proxies) is None:
            proxy = find_proxy(url, os.environ)
            if proxy is not None:
                proxies[url.partition(":")[0].lower()] = proxy
    if verify is True and session.trust_env:
        verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
    return HiddenValue({"stream": True, "verify": verify, "cert": session.cert, "proxies": proxies})


def _read_response(attempt: Attempt, response: requests.Response) -> Reply:
    headers = HiddenValue(_list_headers(response))
    # an adapter of the application's may give a body that is decoded already: `_content_consumed` is private
    is_raw = hasattr(response.raw, "stream") and not getattr(response, "_content_consumed", False)
    buffer = BodyBuffer(
        headers.value if is_raw else (),
        attempt.request.max_response_bytes,
        empty=attempt.request.method == "HEAD" or response.status_code in (204, 304),
    )
    chunks = response.raw.stream(CHUNK_SIZE, decode_content=False) if is_raw else response.iter_content(CHUNK_SIZE)
    return Success(Response(response.status_code, headers.value, attempt.read_body(chunks, buffer)))


def _list_headers(response: requests.Response) -> Headers:
    """List the headers as urllib3 has them: requests keeps a repeated header only once."""
    headers: Any = getattr(response.raw, "headers", response.headers)
    return tuple(headers.items())


# ---- one deadline for an attempt
class _BoundConnection(HTTPConnection if TYPE_CHECKING else object):  # type: ignore[misc]
    """A mix-in for a connection: during an attempt it looks at the deadline, and notes whether anything was sent."""

    if not TYPE_CHECKING:

        @property
        def response_class(self):
            return super().response_class if thread_state.attempt is None else TimedResponse

    def connect(self) -> None:
        """Connect, and ask a proxy for a tunnel if there is one: nothing of the request is sent by that."""
        try:
            super().connect()
        finally:
            if thread_state.attempt is not None:
                thread_state.attempt.sent = False

    def _new_conn(self) -> socket.socket:  # a private part of urllib3: without it the deadline begins after TCP
        new_connection: Any = super()._new_conn
        is_plain = new_connection.__func__ is getattr(HTTPConnection, "_new_conn", None)
        if thread_state.attempt is None or self.source_address or not is_plain:
            sock: socket.socket = new_connection()  # from an address of the application's choice, or by SOCKS
            return sock
        options: Any = self.socket_options or ()
        return connect(self._dns_host.strip("[]"), self.port, options)

    def send(self, data: Any) -> None:
        if thread_state.attempt is not None:
            if self.sock is None:
                self.connect()
            sock: Any = self.sock
            sock.settimeout(thread_state.attempt.time_left())
            thread_state.attempt.note_sending(sock)
        hidden = HiddenValue(data)
        del data
        super().send(hidden.value)


@functools.lru_cache(maxsize=64)
def _make_bound(kind: type[HTTPConnection]) -> type[HTTPConnection]:
    return type(kind.__name__, (_BoundConnection, kind), {})


def _bound_connections(
    adapter: requests.adapters.HTTPAdapter, message: requests.PreparedRequest, settings: Any
) -> None:
    """Make the connections that the adapter opens to this server look at the deadline, from now on."""
    verify, proxies, cert = settings["verify"], settings["proxies"], settings["cert"]
    pool: Any = adapter.get_connection_with_tls_context(message, verify, proxies, cert)
    kind = pool.ConnectionCls
    if kind.__module__.startswith("urllib3."):  # neither bound already, nor of a tool that records
        pool.ConnectionCls = _make_bound(kind)


# ---- failures
def _make_failure(attempt: Attempt, cause: Exception) -> Reply:
    causes = list_causes(cause)
    unreached = (requests.exceptions.ConnectTimeout, requests.exceptions.ProxyError)
    if attempt.sent is None and contains_any(causes, *unreached, urllib3.exceptions.NewConnectionError):
        attempt.sent = False
    return attempt.fail(_find_reason(causes), None if isinstance(cause, NETWORK_ERRORS) else cause)


def _find_reason(causes: list[BaseException]) -> Reason:
    """Find why there is no response. urllib3 counts refused connections as timeouts."""
    unreached = next((one for one in causes if isinstance(one, UnreachedError)), None)
    if unreached is not None:
        return unreached.reason
    if contains_any(causes, socket.gaierror, urllib3.exceptions.NameResolutionError):
        return "dns"
    if contains_any(causes, urllib3.exceptions.NewConnectionError):
        return "refused"
    if contains_any(causes, TimeoutError, urllib3.exceptions.TimeoutError, requests.exceptions.Timeout):
        return "timeout"
    if contains_any(causes, ssl.SSLError, urllib3.exceptions.SSLError):
        return "tls"
    if contains_any(causes, requests.exceptions.ProxyError):
        return "refused"
    return "reset" if contains_any(causes, ConnectionError) else "protocol"
