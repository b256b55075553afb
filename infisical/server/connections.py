"""Connections: waitress's server with bounds on what clients may occupy: memory, connections, time.

Bodies stay in memory, since they hold secrets; so every body has a limit, and all of them together. A client that sends
nothing, or too slowly, gives way to one that does. What is answered lives in wsgi.py; serve.py imports this.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from typing import TYPE_CHECKING, Any, Final, cast

from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask, ThreadedTaskDispatcher
from waitress.utilities import BadRequest

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

IN_MEMORY: Final = 1 << 40
"""Bytes. Larger buffers would go to temporary files."""
MOST_CONNECTIONS: Final = 1000
SPARE_FILES: Final = 64
"""Files that the process needs for other things than connections."""
MOST_HEADER_BYTES: Final = 1 << 16
FRAMING_BYTES: Final = 1 << 16
"""From here on a quarter of a chunked body at most may be framing: a thousand small chunks cost as much as a body."""
MOST_BUFFERED_BYTES: Final = 64 << 20
"""Of all connections together: bodies that are not yet complete or wait for a thread, answers that are not yet sent."""
REQUEST_SECONDS: Final = 60
"""The time in which a request has to be complete after its first byte."""
IDLE_SECONDS: Final = 120
LINGER_SECONDS: Final = 5
"""How long the rest of a refused request is read and dropped: a reset connection would lose the answer."""


class Parser(HTTPRequestParser):
    """One request on its way in."""

    def __init__(self, adj: Adjustments) -> None:
        super().__init__(adj)
        self.since = time.monotonic()

    def received(self, data: bytes) -> int:
        consumed = super().received(data)
        received, body = self.body_bytes_received, self.body_rcv
        if self.chunked and body is not None and received > FRAMING_BYTES and 4 * len(body) < 3 * received:
            self.error, self.completed = BadRequest("The chunks of the body are too small"), True
        if self.error is not None:
            self.expect_continue = False  # a body that is refused is not asked for
        return consumed

    def parse_header(self, header_plus: bytes) -> None:
        try:
            super().parse_header(header_plus)
        except ValueError:  # a length of 5,000 digits, a target like `http://[`
            raise ParsingError("The request line or a header cannot be read") from None


class Refusal(ErrorTask):
    """The answer to a request that could not be read, written like the server's errors."""

    def execute(self) -> None:
        error = cast("Any", self.request).error
        written = {"statusCode": error.code, "error": error.reason.replace(" ", ""), "message": str(error.body)}
        body = json.dumps(written).encode()
        self.status = f"{error.code} {error.reason}"
        cast("Any", self.response_headers).append(("Content-Type", "application/json; charset=utf-8"))
        self.set_close_on_finish()
        self.content_length = len(body)
        cast("Channel", self.channel).lingers = True
        self.write(body)


class Channel(HTTPChannel):
    """One connection."""

    parser_class = Parser
    error_task_class = Refusal
    lingers = False
    """Whether the rest of a request is dropped before the connection is closed."""
    dropping_until: float | None = None
    requests_done = 0
    buffered = 0

    @property
    def listener(self) -> Listener:
        return cast("Listener", self.server)

    @property
    def is_waiting(self) -> bool:
        """True if no thread works for this connection."""
        return not self.requests

    @property
    def since(self) -> float:
        """When the request began that is not yet complete; otherwise when anything happened last."""
        return cast("Parser", self.request).since if self.request is not None else self.last_moved

    def __init__(self, *args: Any, **settings: Any) -> None:
        self.last_moved = time.monotonic()
        super().__init__(*args, **settings)

    def received(self, data: bytes) -> bool:
        self.last_moved = time.monotonic()
        understood = super().received(data)
        self.listener.account(self)
        return understood

    def service(self) -> None:
        super().service()
        self.requests_done += 1
        self.last_moved = time.monotonic()
        self.listener.account(self)

    def handle_write(self) -> None:
        if self.lingers and self.close_when_flushed and not self.will_close:
            flushing: Any = self
            flushing._flush_exception(flushing._flush_some)
            if not self.total_outbufs_len and not self.will_close:
                self._drop_the_rest()
        else:
            super().handle_write()
        self.listener.account(self)

    def _drop_the_rest(self) -> None:
        self.close_when_flushed = False
        self.dropping_until = time.monotonic() + LINGER_SECONDS
        try:
            cast("socket.socket", self.socket).shutdown(socket.SHUT_WR)
        except OSError:
            self.will_close = True

    def writable(self) -> bool:
        return bool(super().writable())

    def handle_read(self) -> None:
        if self.dropping_until is None:
            super().handle_read()
            return
        try:
            self.recv(self.adj.recv_bytes)  # which closes the connection at its end
        except OSError:
            self.will_close = True

    def del_channel(self, map: Any = None) -> None:
        super().del_channel(map)
        self.listener.release(self)


class Listener(TcpWSGIServer):
    """A listening socket and its connections. They are in `map`, which a loop of the caller serves."""

    channel_class = Channel
    active_channels: dict[int, Channel]  # type: ignore[assignment] # pyright: ignore[reportIncompatibleVariableOverride]

    def __init__(
        self,
        application: WSGIApplication,
        listening: socket.socket,
        map: dict[int, Any],
        *,
        threads: int,
        max_body_bytes: int,
    ) -> None:
        self._lock = threading.Lock()
        self._buffered = 0
        self.most_connections = _most_connections()
        self.most_buffered = max(MOST_BUFFERED_BYTES, 4 * max_body_bytes)
        dispatcher = ThreadedTaskDispatcher()
        dispatcher.set_thread_count(threads)
        super().__init__(
            application,
            map,
            True,
            listening,
            dispatcher=dispatcher,
            adj=Adjustments(
                ident="",
                connection_limit=self.most_connections + SPARE_FILES // 2,
                log_socket_errors=False,  # clients come and go
                max_request_header_size=MOST_HEADER_BYTES,
                max_request_body_size=max_body_bytes + 1,  # waitress refuses what reaches its limit
                inbuf_overflow=IN_MEMORY,
                outbuf_overflow=IN_MEMORY,
                outbuf_high_watermark=IN_MEMORY,
                channel_timeout=IDLE_SECONDS,
                cleanup_interval=1,
                sockets=[listening],
            ),
            bind_socket=False,
            sockinfo=(listening.family, listening.type, listening.proto, listening.getsockname()),
        )

    # ---- connections
    def handle_accept(self) -> None:
        super().handle_accept()
        channels = list(self.active_channels.values())
        if len(channels) > self.most_connections:
            idle = [one for one in channels if one.is_waiting and not one.will_close]
            # those that never asked for anything go first, then those that are kept open longest for nothing
            idle.sort(key=lambda one: (one.requests_done > 0, one.since))
            for one in idle[: len(channels) - self.most_connections]:
                one.will_close = True

    def maintenance(self, now: float) -> None:
        super().maintenance(now)  # type: ignore[arg-type]  # closes what has been idle for long # pyright: ignore[reportArgumentType]
        moment = time.monotonic()
        for one in list(self.active_channels.values()):
            late = one.request is not None and one.is_waiting and moment > one.since + REQUEST_SECONDS
            if late or (one.dropping_until is not None and moment > one.dropping_until):
                one.will_close = True

    # ---- memory
    def account(self, channel: Channel) -> None:
        """Note what a connection buffers; where it is too much in all, close those that take longest."""
        bodies = [one.body_rcv for one in (*channel.requests, channel.request) if one is not None]
        buffered = sum(len(body) for body in bodies if body is not None) + channel.total_outbufs_len
        with self._lock:
            if channel.connected:
                self._buffered += buffered - channel.buffered
                channel.buffered = buffered
            if self._buffered <= self.most_buffered:
                return
        self._make_room(channel)

    def release(self, channel: Channel) -> None:
        """Forget what a closed connection buffered."""
        with self._lock:
            self._buffered -= channel.buffered
            channel.buffered = 0

    def _make_room(self, latest: Channel) -> None:
        holders = [one for one in list(self.active_channels.values()) if one.buffered and one.is_waiting]
        holders.sort(key=lambda one: one.since)
        excess = self._buffered - self.most_buffered
        for one in holders:
            if excess > 0 and one is not latest:
                excess -= one.buffered
                one.will_close = True
        if excess > 0 and latest.is_waiting and latest.request is not None:
            latest.will_close = True


def _most_connections() -> int:
    """Return how many connections fit into the files that this process may open."""
    try:
        import resource
    except ImportError:  # Windows
        return MOST_CONNECTIONS
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST_CONNECTIONS if files < 0 else max(1, min(MOST_CONNECTIONS, files - 2 * SPARE_FILES))
