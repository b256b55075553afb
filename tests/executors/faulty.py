"""A server on loopback that does what a test tells it, and remembers what it read."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator

OK = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n{"secrets":[]}'


class Peer:
    """One connection, as the server sees it."""

    def __init__(self, sock: socket.socket, requests: list[bytes]) -> None:
        self.sock, self._seen, self._rest = sock, requests, b""
        self.last = b""
        """The request that was read last."""

    def read(self) -> bytes:
        """One request, head and body; nothing if the client has gone."""
        while b"\r\n\r\n" not in self._rest:
            chunk = self.sock.recv(65536)
            if not chunk:
                return b""
            self._rest += chunk
        head, _, remainder = self._rest.partition(b"\r\n\r\n")
        lengths = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
        length = int(lengths[0].split(b":")[1]) if lengths else 0
        while len(remainder) < length:
            remainder += self.sock.recv(65536)
        self._rest = remainder[length:]
        request = head + b"\r\n\r\n" + remainder[:length]
        self._seen.append(request)
        self.last = request
        return request

    def say(self, data: bytes) -> None:
        self.sock.sendall(data)

    def reset(self) -> None:
        """Close so that the client hears of a reset, not of an end."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


class FaultyServer:
    """Answers each connection by `behave`; `seen` holds the requests read, `connections` counts."""

    def __init__(self, behave: Callable[[Peer], None], context: ssl.SSLContext | None = None) -> None:
        self.seen: list[bytes] = []
        self.connections = 0
        self._behave, self._context = behave, context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"{'http' if context is None else 'https'}://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), sock:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._context is None:
                self._behave(Peer(sock, self.seen))
                return
            with self._context.wrap_socket(sock, server_side=True) as wrapped:
                self._behave(Peer(wrapped, self.seen))

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@contextlib.contextmanager
def serving(behave: Callable[[Peer], None], context: ssl.SSLContext | None = None) -> Iterator[FaultyServer]:
    server = FaultyServer(behave, context)
    try:
        yield server
    finally:
        server.close()


def well(peer: Peer) -> None:
    """Answer every request on a kept-alive connection."""
    while peer.read():
        peer.say(OK)
