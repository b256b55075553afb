"""One deadline over an exchange, for what is made of urllib3: connecting, each send and each read look at it.

urllib3's own timeouts start anew with every read, so that an answer that drips never ends. Here each step is bounded by
what is left of the whole. Names are resolved by the system, which no deadline can interrupt. Nothing here knows TLS,
proxies or pools.
"""

from __future__ import annotations

import encodings.idna  # noqa: F401 (else the first look-up imports it, and a child forked meanwhile waits for ever)
import http.client
import io
import socket
import threading
import time
from collections.abc import Iterable
from typing import Any, TypeAlias

from infisical.errors import Reason

Socket: TypeAlias = Any
"""A socket.socket, an ssl.SSLSocket, or what urllib3 makes of TLS inside TLS."""
Option: TypeAlias = "tuple[int, int, int | bytes]"
PROMPT: tuple[Option, ...] = ((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),)


class Exchange(threading.local):
    """The exchange that a thread is in: until when it may last, and whether any of it has gone out."""

    deadline = 0.0
    sent = False

    def start(self, seconds: float) -> None:
        """Begin one that lasts so many seconds at most."""
        self.deadline, self.sent = time.monotonic() + seconds, False

    def left(self) -> float:
        """Return the seconds left; TimeoutError if there are none."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline passed")
        return left


exchange = Exchange()


class UnreachedError(Exception):
    """No connection to a host, and why. Not an OSError: urllib3 passes over some of those."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


def connected(host: str, port: int, options: Iterable[Option] = PROMPT) -> socket.socket:
    """Open a TCP connection to the first address that lets one in; UnreachedError if none does."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise UnreachedError("dns") from None
    reason: Reason = "refused"
    for index, (family, kind, proto, _, address) in enumerate(found):
        try:
            sock = socket.socket(family, kind, proto)
        except OSError:  # a family that this machine does not speak
            continue
        try:
            for option in options:
                sock.setsockopt(*option)
            sock.settimeout(exchange.left() / (len(found) - index))  # one dead address must not use it all up
            sock.connect(address)
            sock.settimeout(exchange.left())
        except OSError as cause:
            sock.close()
            reason = "timeout" if isinstance(cause, TimeoutError) else "refused"
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise UnreachedError(reason)


# ---- reading an answer
class TimedReader(io.RawIOBase):
    """What a socket gives, each read bounded by what is left of the exchange. `raw` keeps the socket open."""

    def __init__(self, raw: Any, sock: Socket) -> None:
        super().__init__()
        self._raw, self._sock = raw, sock
        self.ended = False
        """Whether the peer has closed its side."""

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read what there is, waiting for it until the deadline."""
        self._sock.settimeout(exchange.left())
        count: int = self._sock.recv_into(buffer)
        if not count:
            self.ended = True
        return count

    def close(self) -> None:
        """Let go of the socket."""
        if not self.closed:
            self._raw.close()
        super().close()


class _TimedFiles:
    """A socket to make such a reader of: all that http.client wants of it."""

    def __init__(self, sock: Socket) -> None:
        self._sock = sock

    def makefile(self, _: str) -> io.BufferedReader:
        return io.BufferedReader(TimedReader(self._sock.makefile("rb", buffering=0), self._sock))


class TimedResponse(http.client.HTTPResponse):
    """An answer that is read under the deadline; http.client's limits to its head (lines, their length) stay."""

    def __init__(self, sock: Socket, *args: Any, **settings: Any) -> None:
        files: Any = _TimedFiles(sock)
        super().__init__(files, *args, **settings)
        self._reader: Any = self.fp.raw

    def begin(self) -> None:
        """Read the head: http.client passes over 100 only, and takes the end of the connection for that of the head."""
        super().begin()
        while 102 <= self.status < 200:
            self.headers = self.msg = None  # type: ignore[assignment]
            super().begin()
        if self._reader.ended:
            raise http.client.IncompleteRead(b"")
