"""Sockets under the deadline of an attempt, for executors made of urllib3: connecting, sending and reading.

urllib3's own timeouts begin again with every read, so that a response that drips never ends. Here each step is bounded
by the time that the attempt has left. The system resolves names, and no deadline can interrupt that. Nothing here knows
TLS, proxies or pools.
"""

from __future__ import annotations

import encodings.idna  # noqa: F401 (else the first look-up imports it, and a child forked meanwhile waits for ever)
import http.client
import io
import socket
from collections.abc import Iterable
from typing import Any, Final, TypeAlias

from infisical.errors import Reason
from infisical.executors.attempt import Attempt, Socket, get_attempt

SocketOption: TypeAlias = "tuple[int, int, int | bytes]"
SOCKET_OPTIONS: Final[tuple[SocketOption, ...]] = ((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),)
MAX_INTERIM_RESPONSES: Final = 100
"""How many responses of status 1xx may precede the final one."""


class UnreachedError(Exception):
    """A failed connection, and why it failed. It is not an OSError, since urllib3 ignores some of those."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


def connect(host: str, port: int, options: Iterable[SocketOption] = SOCKET_OPTIONS) -> socket.socket:
    """Open a TCP connection to the first address that accepts one; UnreachedError if none does."""
    attempt = get_attempt()
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise UnreachedError("dns") from None
    reason: Reason = "refused"
    for index, (family, kind, proto, _, address) in enumerate(addresses):
        try:
            sock = socket.socket(family, kind, proto)
        except OSError:  # a family that this machine does not support
            continue
        try:
            for option in options:
                sock.setsockopt(*option)
            attempt.wire.hold(sock)
            sock.settimeout(attempt.time_left() / (len(addresses) - index))  # a dead address must not use all of it
            sock.connect(address)
            sock.settimeout(attempt.time_left())
        except OSError as cause:
            sock.close()
            reason = "timeout" if isinstance(cause, TimeoutError) else "refused"
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise UnreachedError(reason)


# ---- reading a response
class TimedReader(io.RawIOBase):
    """Read from a socket, each time within the deadline. `raw` keeps the socket open until the reader is closed."""

    def __init__(self, attempt: Attempt, raw: Any, sock: Socket) -> None:
        super().__init__()
        self._attempt, self._raw, self._sock = attempt, raw, sock
        self.is_at_end = False
        """Whether the peer has closed its side."""

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read what has arrived, or wait for it until the deadline."""
        self._sock.settimeout(self._attempt.time_left())
        count: int = self._sock.recv_into(buffer)
        if not count:
            self.is_at_end = True
        return count

    def close(self) -> None:
        """Let go of the socket. A later cut must not meet it: the connection may be back in its pool."""
        if not self.closed:
            self._attempt.wire.release()
            self._raw.close()
        super().close()


class _ReaderFactory:
    """Replaces the socket of an http.client response, which only makes a file of it."""

    def __init__(self, sock: Socket) -> None:
        self._sock = sock

    def makefile(self, _: str) -> io.BufferedReader:
        return io.BufferedReader(TimedReader(get_attempt(), self._sock.makefile("rb", buffering=0), self._sock))


class TimedResponse(http.client.HTTPResponse):
    """A response that is read within the deadline, and within bounds.

    http.client itself bounds a line of the head (65,536 bytes) and the number of lines (100). This class also bounds
    the number of 1xx responses, and refuses a negative chunk size, which http.client takes for an endless chunk.
    """

    def __init__(self, sock: Socket, *args: Any, **settings: Any) -> None:
        factory: Any = _ReaderFactory(sock)
        super().__init__(factory, *args, **settings)
        self._reader: Any = self.fp.raw
        self._head_count = 0

    def begin(self) -> None:
        """Read the head. http.client skips status 100 only, and mistakes a closed connection for the end of a head."""
        super().begin()
        untyped: Any = self  # http.client begins a head only where `headers` is None, which its types forbid
        while 102 <= self.status < 200:
            untyped.headers = untyped.msg = None
            super().begin()
        if self._reader.is_at_end:
            raise http.client.IncompleteRead(b"")

    # private parts of http.client, which calls them for each head and chunk
    def _read_status(self) -> tuple[str, int, str]:
        self._head_count += 1
        if self._head_count > MAX_INTERIM_RESPONSES + 1:
            raise http.client.HTTPException(f"got more than {MAX_INTERIM_RESPONSES} interim responses")
        parent: Any = super()
        line: tuple[str, int, str] = parent._read_status()
        return line

    def _read_next_chunk_size(self) -> int:
        parent: Any = super()
        size: int = parent._read_next_chunk_size()
        if size < 0:
            raise ValueError("the size of a chunk is below zero")
        return size
