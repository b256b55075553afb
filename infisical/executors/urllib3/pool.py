"""Connections and their pools, made of urllib3's: one pool per origin, idle connections, and how long they stay idle.

route.py makes a connection, and attempt.py has its deadline. Nothing here judges a response.
"""

from __future__ import annotations

import queue
import re
from collections import deque
from collections.abc import Callable
from typing import Any, Final, TypeAlias

import urllib3
from urllib3.connection import HTTPConnection

from infisical.executors.attempt import get_attempt
from infisical.executors.deadline import TimedResponse
from infisical.executors.proxies import PORTS, format_authority
from infisical.executors.urllib3.route import Route

Clock: TypeAlias = Callable[[], float]
IDLE_SECONDS: Final = 50.0
"""Seconds that an idle connection is kept if the server names none: common gateways close theirs after 60."""
MAX_IDLE_SECONDS: Final = 300.0
"""Seconds at most, whatever the server says: firewalls forget connections that are silent for longer."""
MARGIN_SECONDS: Final = 1.0
"""Seconds by which an idle connection is closed before the server closes it: a request takes time to arrive."""
MAX_HEADER_LENGTH: Final = 256
"""How much of a `Keep-Alive` header is read."""


def read_keep_alive(keep_alive: str | None) -> float:
    """Return for how many seconds an idle connection can be used, according to a `Keep-Alive` header."""
    text = (keep_alive or "")[:MAX_HEADER_LENGTH]
    match = re.search(r"\btimeout\s*=\s*\"?([0-9]{1,9})", text, re.IGNORECASE | re.ASCII)
    if match is None:
        return IDLE_SECONDS
    seconds = float(match[1])
    return min(MAX_IDLE_SECONDS, max(seconds - MARGIN_SECONDS, seconds / 2))


class IdleConnections:
    """The idle connections of a pool. The most recent one is taken first, and expired ones are closed.

    It has no lock: a child forked while another thread holds a lock could never take it.
    """

    def __init__(self, maxsize: int, clock: Clock) -> None:
        self._maxsize, self._clock = maxsize, clock
        self._connections: deque[Connection] = deque()

    def get(self, block: bool = False, timeout: float | None = None) -> Connection:
        """Take a connection; queue.Empty without one."""
        now = self._clock()
        while True:
            try:
                connection = self._connections.pop()
            except IndexError:
                raise queue.Empty from None
            if now < connection.expires_at:
                return connection
            connection.close()

    def put(self, connection: Connection | None, block: bool = False) -> None:
        """Keep a connection; queue.Full if there are enough. urllib3 writes None for a connection yet to be made."""
        self._close_expired()
        if connection is None or connection.sock is None:
            return
        if connection.expires_at <= self._clock():  # the server keeps no idle connection
            connection.close()
            return
        if len(self._connections) >= self._maxsize:
            raise queue.Full
        self._connections.append(connection)

    def _close_expired(self) -> None:
        """Close expired connections; the first one has been idle longest."""
        now = self._clock()
        while self._connections and now >= self._connections[0].expires_at:
            try:
                oldest = self._connections.popleft()
            except IndexError:
                return
            if now < oldest.expires_at:  # another thread took the expired one, and this is the next
                self._connections.appendleft(oldest)
                return
            oldest.close()

    def qsize(self) -> int:
        """Count the connections."""
        return len(self._connections)


class Connection(HTTPConnection):
    """A connection made by a route. It looks at the deadline before each step, and notes whether anything was sent."""

    response_class = TimedResponse

    def __init__(self, *args: Any, route: Route, clock: Clock, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._route, self._clock = route, clock
        self.expires_at = 0.0
        """Until when it may wait for another request, by the clock of the pool."""

    def connect(self) -> None:
        """Open the connection by its route; DialError if that fails."""
        self.sock = self._route.open()

    def send(self, data: Any) -> None:
        """Send a part of a request, within the deadline."""
        if self.sock is None:
            self.connect()
        sock: Any = self.sock
        attempt = get_attempt()
        sock.settimeout(attempt.time_left())
        attempt.note_sending(sock)
        data = memoryview(data)  # a traceback with locals shows nothing of it while this waits
        super().send(data)

    def getresponse(self) -> Any:
        """Read the head of the response, and how long the server will keep the connection."""
        response = super().getresponse()
        self.expires_at = self._clock() + read_keep_alive(response.headers.get("keep-alive"))
        return response


class TlsConnection(Connection):
    """A connection to an https:// origin."""

    default_port = PORTS["https"]  # type: ignore[misc]


class ForwardedConnection(Connection):
    """A connection to a proxy that forwards requests: it gets the whole URL and the credentials for the proxy."""

    def putrequest(self, method: str, url: str, skip_host: bool = False, skip_accept_encoding: bool = False) -> None:
        """Write the first line of a request."""
        host, port, proxy = self._route.host, self._route.port, self._route.proxy
        authority = format_authority(host, port).removesuffix(f":{PORTS['http']}")
        super().putrequest(method, f"http://{authority}{url}", skip_host, skip_accept_encoding)
        if proxy is not None and proxy.authorization is not None:
            self.putheader("Proxy-Authorization", proxy.authorization)


class Pool(urllib3.HTTPConnectionPool):
    """The connections to one origin, all by the same route."""

    ConnectionCls: Any = Connection

    def __init__(self, route: Route, connections: int, clock: Clock) -> None:
        self.route = route
        self.QueueCls: Any = lambda maxsize: IdleConnections(maxsize, clock)
        host = f"[{route.host}]" if ":" in route.host else route.host
        super().__init__(host, route.port, maxsize=connections, route=route, clock=clock)

    # private parts of urllib3, which calls them before a request and after a response
    def _validate_conn(self, conn: Any) -> None:
        """Connect before the request is written, so that no frame that waits for it holds any of the request."""
        if conn.sock is None:
            conn.connect()

    def _put_conn(self, conn: Any) -> None:
        """Keep a connection, unless another thread has cut the call that used it."""
        if not get_attempt().wire.release() and conn is not None:
            conn.close()
        super()._put_conn(conn)


class TlsPool(Pool):
    """The connections to an https:// origin."""

    scheme = "https"
    ConnectionCls: Any = TlsConnection


class ForwardedPool(Pool):
    """The connections to a proxy that forwards the requests for an origin."""

    ConnectionCls: Any = ForwardedConnection
