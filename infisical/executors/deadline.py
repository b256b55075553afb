"""One deadline over an exchange, for what is made of urllib3: connecting, each send and each read look at it.

urllib3's own timeouts start anew with every read, so that an answer that drips never ends. Here each step is bounded by
what is left of the whole. Names are resolved by the system, which no deadline can interrupt. Other threads end a wait
by its `Wire`. Nothing here knows TLS, proxies or pools.
"""

from __future__ import annotations

import contextlib
import encodings.idna  # noqa: F401 (else the first look-up imports it, and a child forked meanwhile waits for ever)
import http.client
import io
import socket
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any, Final, TypeAlias

from infisical.errors import Reason

Socket: TypeAlias = Any
"""A socket.socket, an ssl.SSLSocket, or what urllib3 makes of TLS inside TLS."""
Option: TypeAlias = "tuple[int, int, int | bytes]"
PROMPT: tuple[Option, ...] = ((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),)


MOST_INTERIM_ANSWERS: Final = 100
"""How many answers of 1xx may precede the one that counts."""


class Wire:
    """The connection that an exchange waits on, for other threads: `cut` ends that wait.

    No lock: whoever takes the socket out of the list owns it, so that a cut never meets a connection that has gone back
    to its pool, and an interrupted thread leaves nothing locked.
    """

    __slots__ = ("_sockets", "is_cut", "sent")

    def __init__(self) -> None:
        self._sockets: list[Socket] = []
        self.is_cut = False
        self.sent: bool | None = None
        """Whether any of the request may have left; None where no executor has said."""

    def hold(self, sock: Socket) -> None:
        """Note the socket that the exchange is about to wait on; ConnectionAbortedError if the wire is cut."""
        self._sockets = [sock]
        if self.is_cut:
            raise ConnectionAbortedError("the call was cancelled")

    def release(self) -> bool:
        """Let go of the socket; False if another thread is cutting it, or has."""
        self._sockets.clear()
        return not self.is_cut

    def cut(self) -> None:
        """End the wait, from any thread: shut the socket down, now or as soon as there is one."""
        self.is_cut = True
        try:
            sock = self._sockets.pop()
        except IndexError:
            return
        while not isinstance(sock, socket.socket):  # TLS inside TLS
            sock = sock.socket
        with contextlib.suppress(OSError):  # it may be closed, or not connected yet
            socket.socket.shutdown(sock, socket.SHUT_RDWR)  # that of TLS would take the keys from the reading thread


class Exchange(threading.local):
    """The exchange that a thread is in: until when it may last, and whether any of it has gone out."""

    deadline = 0.0
    sent = False
    given: Wire | None = None
    """The wire of the call that this thread runs, from whatever runs calls in threads."""

    def __init__(self) -> None:
        self.wire = Wire()

    def start(self, seconds: float) -> None:
        """Begin one that lasts so many seconds at most."""
        self.deadline, self.sent = time.monotonic() + seconds, False
        self.wire = self.given or Wire()

    def left(self) -> float:
        """Return the seconds left; TimeoutError if there are none."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline passed")
        return left

    def is_in_time(self) -> bool:
        """Tell whether there is time left."""
        return time.monotonic() < self.deadline

    @contextlib.contextmanager
    def at_most(self, seconds: float) -> Iterator[None]:
        """Give the block no more than so many of the seconds that are left."""
        whole = self.deadline
        self.deadline = min(whole, time.monotonic() + seconds)
        try:
            yield
        finally:
            self.deadline = whole

    def sending(self, sock: Socket) -> None:
        """Note that some of the request may leave now, by this socket."""
        self.sent = self.wire.sent = True
        self.wire.hold(sock)


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
            exchange.wire.hold(sock)
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
    """An answer that is read under the deadline, and with bounds.

    http.client's own: a line of the head has at most 65,536 bytes, and a head at most 100 lines. These here: the number
    of answers of 1xx, and a chunk whose size is below zero, which http.client takes for one without an end.
    """

    def __init__(self, sock: Socket, *args: Any, **settings: Any) -> None:
        files: Any = _TimedFiles(sock)
        super().__init__(files, *args, **settings)
        self._reader: Any = self.fp.raw
        self._heads = 0

    def begin(self) -> None:
        """Read the head: http.client passes over 100 only, and takes the end of the connection for that of the head."""
        super().begin()
        while 102 <= self.status < 200:
            self.headers = self.msg = None  # type: ignore[assignment] # pyright: ignore[reportAttributeAccessIssue]
            super().begin()
        if self._reader.ended:
            raise http.client.IncompleteRead(b"")

    def _read_status(self) -> tuple[str, int, str]:
        self._heads += 1
        if self._heads > MOST_INTERIM_ANSWERS + 1:
            raise http.client.HTTPException(f"got more than {MOST_INTERIM_ANSWERS} interim answers")
        line: tuple[str, int, str] = super()._read_status()  # type: ignore[misc] # pyright: ignore[reportAttributeAccessIssue]
        return line

    def _read_next_chunk_size(self) -> int:
        size: int = super()._read_next_chunk_size()  # type: ignore[misc] # pyright: ignore[reportAttributeAccessIssue]
        if size < 0:
            raise ValueError("the size of a chunk is below zero")
        return size
