"""Connections: waitress's server with limits on the memory, connections and time that clients can use.

Bodies hold secrets and therefore stay in memory. Each body has a limit, and all of them together have one. The server
closes idle and slow connections when it needs room for others. wsgi.py makes the responses; serve.py uses this module.
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

IN_MEMORY_BYTES: Final = 1 << 40
"""waitress writes larger buffers to temporary files, so this is more than any buffer has."""
MAX_CONNECTIONS: Final = 1000
SPARE_FILES: Final = 64
"""File descriptors that the process needs for other purposes than connections."""
MAX_HEADER_BYTES: Final = 1 << 16
FREE_FRAMING_BYTES: Final = 1 << 16
"""After so many bytes, framing may be at most a quarter of a chunked body: many small chunks are expensive to read."""
MAX_BUFFERED_BYTES: Final = 64 << 20
"""The limit for all connections together: incomplete bodies, bodies that wait for a thread, and unsent responses."""
REQUEST_SECONDS: Final = 60
"""A request must be complete within this time after its first byte."""
IDLE_SECONDS: Final = 120
LINGER_SECONDS: Final = 5
"""How long the server reads and drops the rest of a refused request: a reset would lose the response."""


class Parser(HTTPRequestParser):
    """The parser of one request."""

    def __init__(self, adj: Adjustments) -> None:
        super().__init__(adj)
        self.active_since = time.monotonic()

    def received(self, data: bytes) -> int:
        consumed = super().received(data)
        received, body = self.body_bytes_received, self.body_rcv
        if self.chunked and body is not None and received > FREE_FRAMING_BYTES and 4 * len(body) < 3 * received:
            self.error, self.completed = BadRequest("The chunks of the body are too small"), True
        if self.error is not None:
            self.expect_continue = False  # do not ask for a body that is refused
        return consumed

    def parse_header(self, header_plus: bytes) -> None:
        try:
            super().parse_header(header_plus)
        except ValueError:  # for example a length of 5,000 digits, or a target like `http://[`
            raise ParsingError("The request line or a header cannot be read") from None


class Refusal(ErrorTask):
    """The response to a request that cannot be read, in the form of Infisical's errors."""

    def execute(self) -> None:
        error = cast("Any", self.request).error
        fields = {"statusCode": error.code, "error": error.reason.replace(" ", ""), "message": str(error.body)}
        body = json.dumps(fields).encode()
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
    """True if the rest of a request is dropped before the connection is closed."""
    drop_deadline: float | None = None
    requests_done = 0
    buffered_bytes = 0

    @property
    def listener(self) -> Listener:
        return cast("Listener", self.server)

    @property
    def is_waiting(self) -> bool:
        """True if no thread works on a request of this connection."""
        return not self.requests

    @property
    def active_since(self) -> float:
        """When the incomplete request began; without one, when the connection was last active."""
        return cast("Parser", self.request).active_since if self.request is not None else self.last_active

    def __init__(self, *args: Any, **settings: Any) -> None:
        self.last_active = time.monotonic()
        super().__init__(*args, **settings)

    def received(self, data: bytes) -> bool:
        self.last_active = time.monotonic()
        understood = super().received(data)
        self.listener.track_buffers(self)
        return understood

    def service(self) -> None:
        super().service()
        self.requests_done += 1
        self.last_active = time.monotonic()
        self.listener.track_buffers(self)

    def handle_write(self) -> None:
        if self.lingers and self.close_when_flushed and not self.will_close:
            flushing: Any = self
            flushing._flush_exception(flushing._flush_some)
            if not self.total_outbufs_len and not self.will_close:
                self._start_dropping()
        else:
            super().handle_write()
        self.listener.track_buffers(self)

    def _start_dropping(self) -> None:
        self.close_when_flushed = False
        self.drop_deadline = time.monotonic() + LINGER_SECONDS
        try:
            cast("socket.socket", self.socket).shutdown(socket.SHUT_WR)
        except OSError:
            self.will_close = True

    def writable(self) -> bool:
        return bool(super().writable())

    def handle_read(self) -> None:
        if self.drop_deadline is None:
            super().handle_read()
            return
        try:
            self.recv(self.adj.recv_bytes)  # closes the connection at its end
        except OSError:
            self.will_close = True

    def del_channel(self, map: Any = None) -> None:
        super().del_channel(map)
        self.listener.release(self)


class Listener(TcpWSGIServer):
    """A listening socket and its connections. The caller runs a loop over `map`, which holds them all."""

    channel_class = Channel
    active_channels: dict[int, Channel]  # type: ignore[assignment]

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
        self._buffered_bytes = 0
        self.max_connections = _count_connections()
        self.max_buffered = max(MAX_BUFFERED_BYTES, 4 * max_body_bytes)
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
                connection_limit=self.max_connections + SPARE_FILES // 2,
                log_socket_errors=False,  # a client that disconnects is not an error
                max_request_header_size=MAX_HEADER_BYTES,
                max_request_body_size=max_body_bytes + 1,  # waitress refuses a body that reaches its limit
                inbuf_overflow=IN_MEMORY_BYTES,
                outbuf_overflow=IN_MEMORY_BYTES,
                outbuf_high_watermark=IN_MEMORY_BYTES,
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
        if len(channels) > self.max_connections:
            idle = [one for one in channels if one.is_waiting and not one.will_close]
            # connections without any request go first, then those that are idle for longest
            idle.sort(key=lambda one: (one.requests_done > 0, one.active_since))
            for one in idle[: len(channels) - self.max_connections]:
                one.will_close = True

    def maintenance(self, now: float) -> None:
        super().maintenance(now)  # type: ignore[arg-type]  # closes connections that are idle for long
        moment = time.monotonic()
        for one in list(self.active_channels.values()):
            late = one.request is not None and one.is_waiting and moment > one.active_since + REQUEST_SECONDS
            if late or (one.drop_deadline is not None and moment > one.drop_deadline):
                one.will_close = True

    # ---- memory
    def track_buffers(self, channel: Channel) -> None:
        """Record how much a connection buffers; if all buffer too much, close the slowest."""
        bodies = [one.body_rcv for one in (*channel.requests, channel.request) if one is not None]
        buffered_bytes = sum(len(body) for body in bodies if body is not None) + channel.total_outbufs_len
        with self._lock:
            if channel.connected:
                self._buffered_bytes += buffered_bytes - channel.buffered_bytes
                channel.buffered_bytes = buffered_bytes
            if self._buffered_bytes <= self.max_buffered:
                return
        self._make_room(channel)

    def release(self, channel: Channel) -> None:
        """Forget the buffers of a closed connection."""
        with self._lock:
            self._buffered_bytes -= channel.buffered_bytes
            channel.buffered_bytes = 0

    def _make_room(self, latest: Channel) -> None:
        holders = [one for one in list(self.active_channels.values()) if one.buffered_bytes and one.is_waiting]
        holders.sort(key=lambda one: one.active_since)
        excess = self._buffered_bytes - self.max_buffered
        for one in holders:
            if excess > 0 and one is not latest:
                excess -= one.buffered_bytes
                one.will_close = True
        if excess > 0 and latest.is_waiting and latest.request is not None:
            latest.will_close = True


def _count_connections() -> int:
    """Count the connections that fit into the file descriptors of this process."""
    try:
        import resource
    except ImportError:  # Windows
        return MAX_CONNECTIONS
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MAX_CONNECTIONS if files < 0 else max(1, min(MAX_CONNECTIONS, files - 2 * SPARE_FILES))
