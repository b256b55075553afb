"""How a connection to an origin is made: directly or through a proxy, by TCP, CONNECT and TLS, within the deadline.

proxies.py chooses the proxy, and tls.py the authorities to trust. Nothing here knows requests or pools.
"""

from __future__ import annotations

import math
import ssl
from dataclasses import dataclass, field

from infisical.executors.attempt import Socket, get_attempt
from infisical.executors.deadline import TimedResponse, connect
from infisical.executors.proxies import Proxy, format_authority
from infisical.executors.urllib3.tls import start_tls


class DialError(Exception):
    """A failed connection to an origin: its cause, and the proxy that could not be used, if there was one."""

    def __init__(self, cause: Exception, proxy: Proxy | None) -> None:
        super().__init__(type(cause).__name__)
        self.cause = cause
        self.proxy = proxy


class TunnelError(Exception):
    """A proxy answered CONNECT with a status that is not a success."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass(frozen=True, slots=True)
class Route:
    """The way to an origin. `tls` is for an https:// origin, `proxy_tls` for an https:// proxy.

    `connect_timeout` is in seconds, for all of it: the look-up, TCP, CONNECT and TLS.
    """

    host: str
    port: int
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    proxy: Proxy | None = None
    proxy_tls: ssl.SSLContext | None = field(default=None, repr=False)
    connect_timeout: float = math.inf

    @property
    def is_forwarded(self) -> bool:
        """Whether the proxy gets the requests themselves, and no CONNECT."""
        return self.proxy is not None and self.tls is None

    def open(self) -> Socket:
        """Make a connection, ready for requests; DialError, and nothing else, if that fails."""
        with get_attempt().limit_to(self.connect_timeout):
            return self._open()

    def _open(self) -> Socket:
        sock: Socket = None
        if self.proxy is not None:
            target = None if self.is_forwarded else format_authority(self.host, self.port)
            sock = _dial_proxy(self.proxy, self.proxy_tls, target)
        try:
            sock = sock or connect(self.host, self.port)
            return sock if self.tls is None else _wrap_socket(sock, self.tls, self.host)
        except Exception as cause:
            raise DialError(cause, None) from None


def _dial_proxy(proxy: Proxy, tls: ssl.SSLContext | None, target: str | None) -> Socket:
    """Connect to a proxy, and through it to a target if there is one."""
    try:
        sock: Socket = connect(proxy.host, proxy.port)
        if tls is not None:
            sock = _wrap_socket(sock, tls, proxy.host)
        if target is not None:
            _open_tunnel(sock, proxy, target)
        return sock
    except Exception as cause:
        raise DialError(cause, proxy) from None


def _wrap_socket(sock: Socket, tls: ssl.SSLContext, host: str) -> Socket:
    """Start TLS on a socket, and close the socket if that fails."""
    try:
        return start_tls(sock, tls, host)
    except BaseException:
        sock.close()
        raise


def _write_connect(proxy: Proxy, target: str) -> bytes:
    lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
    if proxy.authorization is not None:
        lines.append(f"Proxy-Authorization: {proxy.authorization}")
    return "\r\n".join([*lines, "", ""]).encode("ascii")


def _open_tunnel(sock: Socket, proxy: Proxy, target: str) -> None:
    """Ask a proxy for a connection to a target; only the proxy gets its credentials."""
    try:
        sock.settimeout(get_attempt().time_left())
        sock.sendall(_write_connect(proxy, target))  # in no local variable: a traceback with locals would show it
        with TimedResponse(sock, method="CONNECT") as response:
            response.begin()
            if not 200 <= response.status < 300:
                raise TunnelError(response.status)
    except BaseException:
        sock.close()
        raise
