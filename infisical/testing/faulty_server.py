"""A faulty HTTP server on loopback: it misbehaves on demand and records the requests that it reads.

The module has the sockets, the threads and the behaviors. `executor_contract` says how an executor must react. It uses
only the standard library.
"""

from __future__ import annotations

import contextlib
import io
import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from infisical.request import Headers

PAUSE: Final = 0.02
"""Seconds between two bytes of a slow response."""
LINGER_FORMAT: Final = "hh" if os.name == "nt" else "ii"


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """One complete request. `number` counts the requests that the server read, from 1."""

    number: int
    method: str
    target: str
    headers: Headers = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)

    def values(self, name: str) -> list[str]:
        """List the values of a header in order; the case of the name does not matter."""
        return [value for key, value in self.headers if key.lower() == name.lower()]


def format_response(status: int = 200, body: bytes = b"", headers: Headers = ()) -> bytes:
    """Format a complete response with its Content-Length."""
    return format_head(status, (*headers, ("Content-Length", str(len(body))))) + body


def format_head(status: int = 200, headers: Headers = ()) -> bytes:
    """Format a status line and headers, without a body."""
    lines = [f"HTTP/1.1 {status} Whatever", *(f"{name}: {value}" for name, value in headers), "", ""]
    return "\r\n".join(lines).encode("latin-1")


class Peer:
    """The server's side of one connection."""

    def __init__(self, sock: socket.socket, server: FaultyServer) -> None:
        self._sock, self._server = sock, server
        self._file: io.BufferedReader = sock.makefile("rb")
        self.closed = False

    def say(self, data: bytes) -> None:
        """Send bytes."""
        self._sock.sendall(data)

    def pauses(self) -> Iterator[None]:
        """Pause repeatedly, until the server stops or its patience ends."""
        until = time.monotonic() + self._server.patience
        while time.monotonic() < until and not self._server.stopping.wait(PAUSE):
            yield

    def reset(self) -> None:
        """Close with a TCP reset instead of a normal end."""
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(LINGER_FORMAT, 1, 0))
        self.close()

    def close(self) -> None:
        """Close at once."""
        self.closed = True
        self._file.close()
        self._sock.close()

    def shut(self) -> None:
        """Shut the socket down, which wakes a thread that reads from it."""
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)

    def read(self) -> ReceivedRequest | None:
        """Read one request; None if the client disconnects before it is complete."""
        if self._file.peek(1)[:1] == b"\x16":  # a TLS handshake
            self._file.read1()
            return ReceivedRequest(0, "TLS", "")
        start = self._file.readline().decode("latin-1").split(" ")
        headers: list[tuple[str, str]] = []
        while (line := self._file.readline()) not in (b"\r\n", b""):
            name, _, value = line.decode("latin-1").partition(":")
            headers.append((name, value.strip()))
        if len(start) != 3 or not line:
            return None
        request = ReceivedRequest(0, start[0], start[1], tuple(headers))
        is_chunked = request.values("transfer-encoding")
        body = self._read_chunks() if is_chunked else self._read_bytes(request.values("content-length"))
        if body is None:
            return None
        return ReceivedRequest(self._server.count(), start[0], start[1], tuple(headers), body)

    def _read_bytes(self, lengths: list[str]) -> bytes | None:
        length = int(lengths[0]) if lengths else 0
        body = self._file.read(length)
        return body if len(body) == length else None

    def _read_chunks(self) -> bytes | None:
        body = b""
        while line := self._file.readline():
            size = int(line.partition(b";")[0], 16)
            body += self._file.read(size)
            if not self._file.readline() or not size:
                return body
        return None


Behavior: TypeAlias = Callable[[Peer, ReceivedRequest], None]
"""How the server reacts to a request. The connection stays open unless the function closes it."""


class FaultyServer:
    """Pass each request to `behavior`, with one thread for each connection.

    `requests` lists the requests. The semaphores `arrivals` and `closures` are released once for each request and for
    each closed connection. `patience` is in seconds: a slow or silent response ends after it, so that no client waits
    forever. `close` ends every connection and thread.
    """

    def __init__(self, behavior: Behavior, patience: float = 10.0) -> None:
        self.patience = patience
        self.requests: list[ReceivedRequest] = []
        self.arrivals, self.closures = threading.Semaphore(0), threading.Semaphore(0)
        self.stopping = threading.Event()
        self._behavior, self._lock, self._count = behavior, threading.Lock(), 0
        self._open: dict[threading.Thread, Peer] = {}
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address: tuple[str, int] = self._listener.getsockname()
        self.url = f"http://127.0.0.1:{self.address[1]}"
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    def count(self) -> int:
        """Return the number of the next request."""
        with self._lock:
            self._count += 1
            return self._count

    def close(self) -> None:
        """Close every connection and wait for the threads."""
        self.stopping.set()
        with contextlib.suppress(OSError), socket.create_connection(self.address, timeout=5.0):
            pass  # wakes the acceptor
        self._acceptor.join()
        self._listener.close()
        for thread, peer in self._open.items():
            peer.shut()
            thread.join()

    def _accept(self) -> None:
        while True:
            sock, _ = self._listener.accept()
            if self.stopping.is_set():
                sock.close()
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            peer = Peer(sock, self)
            thread = threading.Thread(target=self._serve, args=(peer,), daemon=True)
            self._open[thread] = peer
            thread.start()

    def _serve(self, peer: Peer) -> None:
        try:
            with contextlib.suppress(OSError, ValueError):  # the client disconnected, or does not speak HTTP
                while not peer.closed and (request := peer.read()) is not None:
                    self.requests.append(request)
                    self.arrivals.release()
                    self._behavior(peer, request)
        finally:
            peer.close()
            self.closures.release()


@contextlib.contextmanager
def start_server(behavior: Behavior, patience: float = 10.0) -> Iterator[FaultyServer]:
    """Run a server until the end of the block."""
    server = FaultyServer(behavior, patience)
    try:
        yield server
    finally:
        server.close()


# ---- behaviors
def respond_with(*responses: bytes) -> Behavior:
    """Respond to each request with the next of these, and with the last one from then on."""

    def answer(peer: Peer, request: ReceivedRequest) -> None:
        peer.say(responses[min(request.number, len(responses)) - 1])

    return answer


def fail_once(behavior: Behavior) -> Behavior:
    """Misbehave for the first request only."""

    def answer(peer: Peer, request: ReceivedRequest) -> None:
        if request.number == 1:
            behavior(peer, request)
        else:
            peer.say(format_response())

    return answer


def respond_and_close(data: bytes) -> Behavior:
    """Send these bytes and close the connection, whatever length they declare."""

    def answer(peer: Peer, _: ReceivedRequest) -> None:
        peer.say(data)
        peer.close()

    return answer


def echo(peer: Peer, request: ReceivedRequest) -> None:
    """Respond with the request target."""
    peer.say(format_response(200, request.target.encode()))


def reset(peer: Peer, _: ReceivedRequest) -> None:
    """Reset the connection without a response."""
    peer.reset()


def close(peer: Peer, _: ReceivedRequest) -> None:
    """Close the connection without a response."""
    peer.close()


def keep_silent(peer: Peer, _: ReceivedRequest) -> None:
    """Send nothing until the patience ends."""
    for _pause in peer.pauses():
        pass
    peer.say(format_response())


def drip_headers(peer: Peer, _: ReceivedRequest) -> None:
    """Send the headers slowly, until the patience ends."""
    peer.say(b"HTTP/1.1 200 OK\r\nX-Drip: ")
    for _pause in peer.pauses():
        peer.say(b".")
    peer.say(b"\r\nContent-Length: 0\r\n\r\n")


def drip_body(peer: Peer, _: ReceivedRequest) -> None:
    """Send the body slowly, until the patience ends."""
    peer.say(format_head(headers=(("Transfer-Encoding", "chunked"),)))
    for _pause in peer.pauses():
        peer.say(b"1\r\n.\r\n")
    peer.say(b"0\r\n\r\n")
