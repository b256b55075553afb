"""An HTTP server on loopback that behaves as badly as it is told, and remembers what it read.

Here live its sockets and threads, and the ways to behave. What an executor has to make of them stands in
`executor_contract`. The standard library only, and no client.
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
"""Seconds between two bytes of an answer that drips."""
LINGER: Final = "hh" if os.name == "nt" else "ii"


@dataclass(frozen=True, slots=True)
class Message:
    """One request as it arrived whole. `number` counts all that the server read, from 1."""

    number: int
    method: str
    target: str
    headers: Headers = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)

    def values(self, name: str) -> list[str]:
        """List the values of a header, whatever its case, in order."""
        return [value for key, value in self.headers if key.lower() == name.lower()]


def http(status: int = 200, body: bytes = b"", headers: Headers = ()) -> bytes:
    """Write a whole answer, with its length."""
    return head(status, (*headers, ("Content-Length", str(len(body))))) + body


def head(status: int = 200, headers: Headers = ()) -> bytes:
    """Write a status line and headers only."""
    lines = [f"HTTP/1.1 {status} Whatever", *(f"{name}: {value}" for name, value in headers), "", ""]
    return "\r\n".join(lines).encode("latin-1")


class Peer:
    """One connection, as the server sees it."""

    def __init__(self, sock: socket.socket, server: FaultyServer) -> None:
        self._sock, self._server = sock, server
        self._file: io.BufferedReader = sock.makefile("rb")
        self.closed = False

    def say(self, data: bytes) -> None:
        """Send bytes."""
        self._sock.sendall(data)

    def pauses(self) -> Iterator[None]:
        """Pause again and again, until the server is told to stop or has no patience left."""
        until = time.monotonic() + self._server.patience
        while time.monotonic() < until and not self._server.stopping.wait(PAUSE):
            yield

    def reset(self) -> None:
        """Close so that the client hears of a reset, not of an end."""
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(LINGER, 1, 0))
        self.close()

    def close(self) -> None:
        """Close: at once, whatever was asked for."""
        self.closed = True
        self._file.close()
        self._sock.close()

    def shut(self) -> None:
        """Wake up whoever reads."""
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)

    def read(self) -> Message | None:
        """Read one message; None if the client has gone, or goes in the middle of it."""
        if self._file.peek(1)[:1] == b"\x16":  # a client of TLS, which says hello in its own way
            self._file.read1()
            return Message(0, "TLS", "")
        start = self._file.readline().decode("latin-1").split(" ")
        headers: list[tuple[str, str]] = []
        while (line := self._file.readline()) not in (b"\r\n", b""):
            name, _, value = line.decode("latin-1").partition(":")
            headers.append((name, value.strip()))
        if len(start) != 3 or not line:
            return None
        message = Message(0, start[0], start[1], tuple(headers))
        body = self._chunks() if message.values("transfer-encoding") else self._bytes(message.values("content-length"))
        if body is None:
            return None
        return Message(self._server.count(), start[0], start[1], tuple(headers), body)

    def _bytes(self, lengths: list[str]) -> bytes | None:
        length = int(lengths[0]) if lengths else 0
        body = self._file.read(length)
        return body if len(body) == length else None

    def _chunks(self) -> bytes | None:
        body = b""
        while line := self._file.readline():
            size = int(line.partition(b";")[0], 16)
            body += self._file.read(size)
            if not self._file.readline() or not size:
                return body
        return None


Answer: TypeAlias = Callable[[Peer, Message], None]
"""What the server does about a message; the connection stays open unless it closes it."""


class FaultyServer:
    """Answer each message by `answer`, each connection in a thread of its own.

    `seen` holds what was read; `arrived` and `ended` can be acquired once for each message read and each connection
    closed. `patience` is in seconds: who drips or is silent that long answers after all, so that no client waits for
    ever. `close` ends every connection and thread.
    """

    def __init__(self, answer: Answer, patience: float = 10.0) -> None:
        self.patience = patience
        self.seen: list[Message] = []
        self.arrived, self.ended = threading.Semaphore(0), threading.Semaphore(0)
        self.stopping = threading.Event()
        self._answer, self._lock, self._read = answer, threading.Lock(), 0
        self._open: dict[threading.Thread, Peer] = {}
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address: tuple[str, int] = self._listener.getsockname()
        self.url = f"http://127.0.0.1:{self.address[1]}"
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    def count(self) -> int:
        """Number one more message."""
        with self._lock:
            self._read += 1
            return self._read

    def close(self) -> None:
        """Close every connection, and wait for the threads."""
        self.stopping.set()
        with contextlib.suppress(OSError), socket.create_connection(self.address, timeout=5.0):
            pass  # so that the acceptor looks up
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
            with contextlib.suppress(OSError, ValueError):  # the client has gone, or speaks no HTTP
                while not peer.closed and (message := peer.read()) is not None:
                    self.seen.append(message)
                    self.arrived.release()
                    self._answer(peer, message)
        finally:
            peer.close()
            self.ended.release()


@contextlib.contextmanager
def serving(answer: Answer, patience: float = 10.0) -> Iterator[FaultyServer]:
    """Serve until the block is left."""
    server = FaultyServer(answer, patience)
    try:
        yield server
    finally:
        server.close()


# ---- ways to behave
def saying(*answers: bytes) -> Answer:
    """Say each of these in turn, one a message, and the last one ever after."""

    def answer(peer: Peer, message: Message) -> None:
        peer.say(answers[min(message.number, len(answers)) - 1])

    return answer


def once(bad: Answer) -> Answer:
    """Behave badly to the first message, and well afterwards."""

    def answer(peer: Peer, message: Message) -> None:
        if message.number == 1:
            bad(peer, message)
        else:
            peer.say(http())

    return answer


def saying_and_closing(data: bytes) -> Answer:
    """Say this and close the connection, whatever it said of its length."""

    def answer(peer: Peer, _: Message) -> None:
        peer.say(data)
        peer.close()

    return answer


def echo(peer: Peer, message: Message) -> None:
    """Answer with the target that was asked for."""
    peer.say(http(200, message.target.encode()))


def reset(peer: Peer, _: Message) -> None:
    """Break the connection without an answer."""
    peer.reset()


def close(peer: Peer, _: Message) -> None:
    """End the connection without an answer."""
    peer.close()


def keep_silent(peer: Peer, _: Message) -> None:
    """Say nothing, for a long time."""
    for _pause in peer.pauses():
        pass
    peer.say(http())


def drip_headers(peer: Peer, _: Message) -> None:
    """Never get to the end of the headers."""
    peer.say(b"HTTP/1.1 200 OK\r\nX-Drip: ")
    for _pause in peer.pauses():
        peer.say(b".")
    peer.say(b"\r\nContent-Length: 0\r\n\r\n")


def drip_body(peer: Peer, _: Message) -> None:
    """Never get to the end of the body."""
    peer.say(head(headers=(("Transfer-Encoding", "chunked"),)))
    for _pause in peer.pauses():
        peer.say(b"1\r\n.\r\n")
    peer.say(b"0\r\n\r\n")
