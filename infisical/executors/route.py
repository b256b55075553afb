"""How a connection to an origin is made: straight or through a proxy, by TCP, CONNECT and TLS, under the deadline.

Which proxy and whom to trust is decided elsewhere (proxies, tls); nothing here knows requests or pools.
"""

from __future__ import annotations

import math
import ssl
from dataclasses import dataclass, field

from infisical.executors.deadline import Socket, TimedResponse, connected, exchange
from infisical.executors.proxies import Proxy, authority
from infisical.executors.tls import secured


class DialError(Exception):
    """No connection to an origin: what happened, and at which proxy, if it was at one."""

    def __init__(self, cause: Exception, proxy: Proxy | None) -> None:
        super().__init__(type(cause).__name__)
        self.cause = cause
        self.proxy = proxy


class TunnelError(Exception):
    """A proxy answered CONNECT with something else than success."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass(frozen=True, slots=True)
class Route:
    """The way to an origin. `tls` is for the origin, None for http://; `proxy_tls` for a proxy that is https://.

    `connect_timeout` is in seconds, for all of it: the look-up, TCP, CONNECT and TLS.
    """

    host: str
    port: int
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    proxy: Proxy | None = None
    proxy_tls: ssl.SSLContext | None = field(default=None, repr=False)
    connect_timeout: float = math.inf

    @property
    def forwards(self) -> bool:
        """Whether the proxy is sent the requests themselves, and no CONNECT."""
        return self.proxy is not None and self.tls is None

    def open(self) -> Socket:
        """Make a connection, ready for requests; DialError, and nothing else, if it fails."""
        with exchange.at_most(self.connect_timeout):
            return self._open()

    def _open(self) -> Socket:
        sock: Socket = None
        if self.proxy is not None:
            sock = _dialled(self.proxy, self.proxy_tls, None if self.forwards else authority(self.host, self.port))
        try:
            sock = sock or connected(self.host, self.port)
            return sock if self.tls is None else _owned(sock, self.tls, self.host)
        except Exception as cause:
            raise DialError(cause, None) from None


def _dialled(proxy: Proxy, tls: ssl.SSLContext | None, target: str | None) -> Socket:
    """Connect to a proxy, and through it to a target if there is one."""
    try:
        sock: Socket = connected(proxy.host, proxy.port)
        if tls is not None:
            sock = _owned(sock, tls, proxy.host)
        if target is not None:
            _tunnel(sock, proxy, target)
        return sock
    except Exception as cause:
        raise DialError(cause, proxy) from None


def _owned(sock: Socket, tls: ssl.SSLContext, host: str) -> Socket:
    try:
        return secured(sock, tls, host)
    except BaseException:
        sock.close()
        raise


def _connect(proxy: Proxy, target: str) -> bytes:
    lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
    if proxy.authorization is not None:
        lines.append(f"Proxy-Authorization: {proxy.authorization}")
    return "\r\n".join([*lines, "", ""]).encode("ascii")


def _tunnel(sock: Socket, proxy: Proxy, target: str) -> None:
    """Ask a proxy for a connection to a target; its credentials go here and nowhere else."""
    try:
        sock.settimeout(exchange.left())
        sock.sendall(_connect(proxy, target))  # and in no local variable: a traceback may show those
        with TimedResponse(sock, method="CONNECT") as answer:
            answer.begin()
            if not 200 <= answer.status < 300:
                raise TunnelError(answer.status)
    except BaseException:
        sock.close()
        raise
