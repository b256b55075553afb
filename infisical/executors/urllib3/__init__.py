"""The default transport: urllib3, keep-alive, one deadline for the whole attempt, no redirects.

`Urllib3Executor` is here: its settings, its pools, and one call. Connections are in pool.py, how one is made in
route.py, TLS in tls.py, reading a body in body.py, and what went wrong in failures.py.
"""

from __future__ import annotations

import functools
import math
import os
import ssl
import time
from collections.abc import Callable
from typing import Any, Final, Literal

import urllib3
from returns.result import Failure, Success
from urllib3.util import parse_url

from infisical.executors.attempt import CLOSED_MESSAGE, Attempt, Wire
from infisical.executors.proxies import PORTS, Proxy, find_proxy, is_this_machine
from infisical.executors.urllib3.body import read_body
from infisical.executors.urllib3.failures import FailureSettings, UnusableError, make_error, split_url
from infisical.executors.urllib3.pool import ForwardedPool, Pool, TlsPool
from infisical.executors.urllib3.route import Route
from infisical.executors.urllib3.tls import CertificateFiles, ClientCertificate, File, check_context, make_context
from infisical.request import HttpRequest
from infisical.response import Response
from infisical.transport import Reply

ENVIRONMENT: Final = "environment"
NO_RETRIES: Final = urllib3.Retry(False, redirect=False)
"""Send once, and follow no redirect."""
DEFAULT_MAX_BYTES: Final = 64 * 2**20


class Urllib3Executor:
    """Send by urllib3. Safe to share between threads, and across a fork; a pool of kept-alive connections per origin.

    It follows no redirect and reads no `.netrc`.

    `ca_file` (PEM) replaces the system's authorities, which are those of `SSL_CERT_FILE` and `SSL_CERT_DIR` if these
    are set. TLS is 1.2 or later. `client_certificate` is a PEM file of certificate and key, or `(certificate, key)`, or
    `(certificate, key, password)`. `ssl_context` replaces all of that, also for an https:// proxy. A context that
    verifies no certificate or no host name needs `allow_unverified=True`.

    `proxy` is `http://user:password@host:port` (or https://) for every request, or None for no proxy. By default the
    environment decides when an origin is first called: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`. Requests
    over http:// to this machine (`localhost`, loopback addresses) never go to a proxy.

    `connect_timeout` (seconds, 5.0 by default) is for making a connection, within the timeout of the request. It covers
    the look-up of the name, TCP to each address in turn, the tunnel of a proxy, and TLS. A look-up cannot be
    interrupted: one that is too slow is noticed when it ends. (The asyncio client does not wait for it.)

    `connections` is how many idle connections a pool keeps (64). An idle connection is closed before the server closes
    it: the server's `Keep-Alive: timeout=` says when, else it is 50 seconds. `max_response_bytes` limits a response,
    decompressed (64 MiB by default); a request may set a smaller limit. `clock` is for tests.

    ValueError for options that contradict each other or cannot be used, OSError for a file that cannot be read. `close`
    (or leaving it as a context manager) closes all connections: calls in flight end as a `Failure`, and so do later
    ones.
    """

    def __init__(
        self,
        *,
        ssl_context: ssl.SSLContext | None = None,
        ca_file: File | None = None,
        client_certificate: CertificateFiles | None = None,
        allow_unverified: bool = False,
        proxy: str | Literal["environment"] | None = ENVIRONMENT,
        connections: int = 64,
        max_response_bytes: int = DEFAULT_MAX_BYTES,
        connect_timeout: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if connections < 1 or max_response_bytes < 1:
            raise ValueError("connections and max_response_bytes are at least 1")
        is_number = isinstance(connect_timeout, (int, float)) and not isinstance(connect_timeout, bool)
        if not is_number or not 0 < connect_timeout < math.inf:
            raise ValueError("connect_timeout is a number of seconds above 0")
        self._tls = self._proxy_tls = None
        if ssl_context is not None:
            if ca_file is not None or client_certificate is not None:
                raise ValueError("an ssl_context has its own ca_file and client_certificate: load them into it")
            self._tls = self._proxy_tls = check_context(ssl_context, allow_unverified=allow_unverified)
        elif client_certificate is not None:
            self._tls = make_context(ca_file, ClientCertificate.of(client_certificate))
            self._proxy_tls = make_context(ca_file)  # a proxy must not see the client's certificate
        elif ca_file is not None:
            self._tls = self._proxy_tls = make_context(ca_file)
        self._reads_environment = proxy == ENVIRONMENT
        self._proxy = None if proxy is None or self._reads_environment else Proxy.of(proxy)
        self._connections, self._max_bytes = connections, max_response_bytes
        self._connect_timeout, self._clock = connect_timeout, clock
        self._failure_settings = FailureSettings(connect_timeout, ssl_context is not None or ca_file is not None)
        self._pools: dict[str, Pool] = {}
        self._wires: set[Wire] = set()
        """The wires of the calls in flight."""
        self._process = os.getpid()
        self._is_closed = False

    def __call__(self, request: HttpRequest) -> Reply:
        if self._process != os.getpid():
            self._start_in_child()
        attempt = Attempt(request)
        origin, target = split_url(request.url)
        wire, wires = attempt.wire, self._wires
        wires.add(wire)
        try:
            with attempt:
                response = self._get_pool(origin).urlopen(
                    request.method,
                    target,
                    request.body,
                    _make_headers(request),
                    NO_RETRIES,
                    redirect=False,
                    timeout=_make_timeout(request.timeout),
                    preload_content=False,
                )
                body = read_body(attempt, response, self._choose_limit(request))
                return Success(Response(response.status, tuple(response.headers.items()), body))
        except Exception as cause:
            pool = self._pools.get(origin)
            proxy = None if pool is None else pool.route.proxy
            return Failure(make_error(attempt, cause, proxy, self._failure_settings))
        finally:
            wire.release()
            wires.discard(wire)

    def _choose_limit(self, request: HttpRequest) -> int:
        limit = request.max_response_bytes
        return self._max_bytes if limit is None or limit > self._max_bytes else limit

    # ---- pools
    def _get_pool(self, origin: str) -> Pool:
        return self._pools.get(origin) or self._make_pool(origin)

    def _start_in_child(self) -> None:
        """Start again in a forked child, which must neither use nor end its parent's connections."""
        self._pools, self._wires = {}, set()  # before the process: a thread that sees it must see its pools
        self._process = os.getpid()

    def _make_pool(self, origin: str) -> Pool:
        if self._is_closed:
            raise UnusableError(CLOSED_MESSAGE)
        url = parse_url(origin)
        if url.host is None or url.scheme is None or url.scheme not in PORTS:
            raise UnusableError("not a URL that begins with http:// or https:// and a host")
        is_local = url.scheme == "http" and is_this_machine(url.host)
        proxy = None if is_local else self._find_proxy(origin)
        route = Route(
            url.host.strip("[]"),
            url.port or PORTS[url.scheme],
            self._get_context() if url.scheme == "https" else None,
            proxy,
            self._get_proxy_context() if proxy is not None and proxy.scheme == "https" else None,
            self._connect_timeout,
        )
        kind = ForwardedPool if route.is_forwarded else Pool if route.tls is None else TlsPool
        return self._pools.setdefault(origin, kind(route, self._connections, self._clock))

    def _get_context(self) -> ssl.SSLContext:
        """Return the context for origins. The default one is made on first use: it reads the authorities."""
        if self._tls is None:
            self._tls = make_context()
        return self._tls

    def _get_proxy_context(self) -> ssl.SSLContext:
        if self._proxy_tls is None:
            self._proxy_tls = self._get_context()
        return self._proxy_tls

    def _find_proxy(self, origin: str) -> Proxy | None:
        if not self._reads_environment:
            return self._proxy
        url = find_proxy(origin, os.environ)
        try:
            return None if url is None else Proxy.of(url)
        except ValueError as cause:
            raise UnusableError(f"the proxy of the environment cannot be used: {cause}") from None

    def close(self) -> None:
        """Close every connection; calls in flight end as a `Failure`."""
        self._is_closed = True
        pools, self._pools = self._pools, {}
        for pool in pools.values():
            pool.close()
        if self._process == os.getpid():  # else they are the parent's
            for wire in tuple(self._wires):
                wire.cut()

    def __enter__(self) -> Urllib3Executor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _make_headers(request: HttpRequest) -> Any:
    """Make a dict of the headers, which is fast; repeated names need urllib3's own dict, which keeps all values."""
    headers = dict(request.headers)
    return headers if len(headers) == len(request.headers) else urllib3.HTTPHeaderDict(request.headers)


@functools.lru_cache(maxsize=64)
def _make_timeout(seconds: float) -> urllib3.Timeout:
    return urllib3.Timeout(total=seconds)
