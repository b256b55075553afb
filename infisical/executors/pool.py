"""The connections of the default transport, made of urllib3's: pools per origin, idle connections, and their ages.

How a connection is made is in `route`, and how it ends in time in `deadline`. Nothing here judges an answer.
"""

from __future__ import annotations

import queue
import re
from collections import deque
from collections.abc import Callable
from typing import Any, Final, TypeAlias

import urllib3
from urllib3.connection import HTTPConnection

from infisical.executors.deadline import TimedResponse, exchange
from infisical.executors.proxies import PORTS, authority
from infisical.executors.route import Route

Clock: TypeAlias = Callable[[], float]
IDLE_SECONDS: Final = 50.0
"""Seconds that an idle connection is kept where the server does not say: common gateways close theirs after 60."""
LONGEST_IDLE_SECONDS: Final = 300.0
"""Seconds at most, whatever the server says: firewalls forget connections that are silent for longer."""
MARGIN_SECONDS: Final = 1.0
"""Seconds before the server's own time that an idle connection is closed: a request takes time to get there."""
HEADER_LENGTH: Final = 256
"""How much of a `Keep-Alive` header is read."""


def read_keep_alive(keep_alive: str | None) -> float:
    """Return for how many seconds an idle connection can be used, given the server's `Keep-Alive` header."""
    said = re.search(r"\btimeout\s*=\s*\"?([0-9]{1,9})", (keep_alive or "")[:HEADER_LENGTH], re.IGNORECASE | re.ASCII)
    if said is None:
        return IDLE_SECONDS
    seconds = float(said[1])
    return min(LONGEST_IDLE_SECONDS, max(seconds - MARGIN_SECONDS, seconds / 2))


class IdleConnections:
    """The idle connections of a pool; the last one is taken first, and those that are too old are closed.

    No lock: after a fork nobody would be left to release it.
    """

    def __init__(self, maxsize: int, clock: Clock) -> None:
        self._room, self._clock = maxsize, clock
        self._waiting: deque[Connection] = deque()

    def get(self, block: bool = False, timeout: float | None = None) -> Connection:
        """Take one; queue.Empty if there is none."""
        now = self._clock()
        while True:
            try:
                connection = self._waiting.pop()
            except IndexError:
                raise queue.Empty from None
            if now < connection.good_until:
                return connection
            connection.close()

    def put(self, connection: Connection | None, block: bool = False) -> None:
        """Keep one; queue.Full if there are enough. None is what urllib3 writes for a connection to be made."""
        self._close_old()
        if connection is None or connection.sock is None:
            return
        if connection.good_until <= self._clock():  # the server keeps none
            connection.close()
            return
        if len(self._waiting) >= self._room:
            raise queue.Full
        self._waiting.append(connection)

    def _close_old(self) -> None:
        """Close those that nobody took in their time; the first one has waited longest."""
        now = self._clock()
        while self._waiting and now >= self._waiting[0].good_until:
            try:
                oldest = self._waiting.popleft()
            except IndexError:
                return
            if now < oldest.good_until:  # another thread was quicker, and this is the next one
                self._waiting.appendleft(oldest)
                return
            oldest.close()

    def qsize(self) -> int:
        """Count them."""
        return len(self._waiting)


class Connection(HTTPConnection):
    """A connection made by a route. It looks at the deadline before each step, and notes whether anything was sent."""

    response_class = TimedResponse

    def __init__(self, *args: Any, route: Route, clock: Clock, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._route, self._clock = route, clock
        self.good_until = 0.0
        """Until when it may wait for another request, by the clock of the pool."""

    def connect(self) -> None:
        """Open it by its route; DialError if that fails."""
        self.sock = self._route.open()

    def send(self, data: Any) -> None:
        """Send some of a request, in the time that is left."""
        if self.sock is None:
            self.connect()
        sock: Any = self.sock
        sock.settimeout(exchange.left())
        exchange.sending(sock)
        data = memoryview(data)  # a traceback may show local variables while this waits, and it shows nothing
        super().send(data)

    def getresponse(self) -> Any:
        """Read the head of the answer, and how long the server will keep the connection after it."""
        answer = super().getresponse()
        self.good_until = self._clock() + read_keep_alive(answer.headers.get("keep-alive"))
        return answer


class TlsConnection(Connection):
    """A connection to an origin that is https://."""

    default_port = PORTS["https"]  # type: ignore[misc]


class ForwardedConnection(Connection):
    """One to a proxy that is told the whole URL, and who we are."""

    def putrequest(self, method: str, url: str, skip_host: bool = False, skip_accept_encoding: bool = False) -> None:
        """Write the first line of a request."""
        host, port, proxy = self._route.host, self._route.port, self._route.proxy
        plain = authority(host, port).removesuffix(f":{PORTS['http']}")
        super().putrequest(method, f"http://{plain}{url}", skip_host, skip_accept_encoding)
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

    def _validate_conn(self, conn: Any) -> None:
        """Connect before the request is written, so that no frame that waits for it holds any of the request."""
        if conn.sock is None:
            conn.connect()

    def _put_conn(self, conn: Any) -> None:
        """Keep a connection, unless another thread has ended the call that used it."""
        if not exchange.wire.release() and conn is not None:
            conn.close()
        super()._put_conn(conn)


class TlsPool(Pool):
    """The connections to an origin that is https://."""

    scheme = "https"
    ConnectionCls: Any = TlsConnection


class ForwardedPool(Pool):
    """The connections to a proxy that is sent the requests for an origin."""

    ConnectionCls: Any = ForwardedConnection
