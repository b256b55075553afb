"""Relays between a client and a server: a proxy, and TLS for a server without it. Threads and stdlib only."""

from __future__ import annotations

import base64
import contextlib
import select
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

Address = tuple[str, int]
ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"


class Relay:
    """Take connections on loopback, each in a thread of its own, over TLS if there is a context."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.connections = 0
        self._context = context
        self._open: list[tuple[threading.Thread, socket.socket]] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address: Address = self._listener.getsockname()
        self.url = f"{'http' if context is None else 'https'}://127.0.0.1:{self.address[1]}"
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    def serve(self, client: socket.socket) -> None:
        raise NotImplementedError

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._run, args=(sock,), daemon=True)
            self._open.append((thread, sock))
            thread.start()

    def _run(self, sock: socket.socket) -> None:
        with contextlib.ExitStack() as stack:
            stack.enter_context(sock)
            stack.enter_context(contextlib.suppress(OSError, ValueError))
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._context is None:
                self.serve(sock)
                return
            with sock.dup() as own, self._context.wrap_socket(own, server_side=True) as wrapped:
                self.serve(wrapped)

    def close(self) -> None:
        """End every connection, and wait for the threads."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._acceptor.join()
        self._listener.close()
        for thread, sock in self._open:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            thread.join()


def pump(client: socket.socket, server: socket.socket, rewrite: Callable[[bytes], bytes] = bytes) -> None:
    """Carry bytes both ways until one side ends; a reset of the server's reaches the client as one.

    `rewrite` makes of what the client said what the server is told.
    """
    while True:
        waiting = isinstance(client, ssl.SSLSocket) and client.pending()
        readable = [client] if waiting else select.select([client, server], [], [])[0]
        if client in readable:
            data = client.recv(65536)
            if not data:
                return
            server.sendall(rewrite(data))
        if server in readable:
            try:
                data = server.recv(65536)
            except ConnectionResetError:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return
            if not data:
                return
            client.sendall(data)


class TlsFront(Relay):
    """TLS before a server at an address."""

    def __init__(self, address: Address, context: ssl.SSLContext) -> None:
        self._behind = address
        super().__init__(context)

    def serve(self, client: socket.socket) -> None:
        with socket.create_connection(self._behind) as server:
            pump(client, server)


class ProxyServer(Relay):
    """An HTTP proxy: CONNECT, and requests that name a whole URL.

    `seen` holds the heads of what it was asked, each a list of lines; `login` is the `user:password` that it wants to
    hear; `answer` is what it says to CONNECT in place of making a tunnel.
    """

    def __init__(
        self, context: ssl.SSLContext | None = None, *, login: str | None = None, answer: bytes | None = None
    ) -> None:
        self.seen: list[list[str]] = []
        self._login, self._answer = login, answer
        super().__init__(context)

    def serve(self, client: socket.socket) -> None:
        data = b""
        while b"\r\n\r\n" not in data:
            more = client.recv(65536)
            if not more:
                return
            data += more
        method, target, _ = data.partition(b"\r\n")[0].decode().split(" ")
        if method == "CONNECT":
            self._tunnel(client, target, self._look(data.removesuffix(b"\r\n\r\n")))
            return
        rewriting = _Rewriting(self._look)
        origin = urlsplit(target)
        try:
            first = rewriting(data)
        except PermissionError:
            client.sendall(b"HTTP/1.1 407 Who is there\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return
        with self._reach(client, origin.hostname or "", origin.port or 80) as server:
            server.sendall(first)
            pump(client, server, rewriting)

    def _tunnel(self, client: socket.socket, target: str, known: bool) -> None:
        if not known:
            client.sendall(b"HTTP/1.1 407 Who is there\r\nContent-Length: 0\r\n\r\n")
            return
        if self._answer is not None:
            client.sendall(self._answer)
            while client.recv(65536):
                pass
            return
        host, _, port = target.rpartition(":")
        with self._reach(client, host.strip("[]"), int(port)) as server:
            client.sendall(ESTABLISHED)
            pump(client, server)

    @contextlib.contextmanager
    def _reach(self, client: socket.socket, host: str, port: int) -> Iterator[socket.socket]:
        try:
            server = socket.create_connection((host, port))
        except OSError:
            client.sendall(b"HTTP/1.1 502 Nobody there\r\nContent-Length: 0\r\n\r\n")
            raise
        with server:
            yield server

    def _look(self, head: bytes) -> bool:
        """Note what was asked, and tell whether the proxy knows who asks."""
        lines = head.decode("latin-1").split("\r\n")
        self.seen.append(lines)
        if self._login is None:
            return True
        return f"Proxy-Authorization: Basic {base64.b64encode(self._login.encode()).decode()}" in lines


class _Rewriting:
    """Turn requests that name a whole URL into those that name a path, and keep the proxy's credentials back."""

    def __init__(self, look: Callable[[bytes], bool]) -> None:
        self._look, self._rest, self._body = look, b"", 0

    def __call__(self, data: bytes) -> bytes:
        output, self._rest = b"", self._rest + data
        while self._rest:
            body, self._rest = self._rest[: self._body], self._rest[self._body :]
            output, self._body = output + body, self._body - len(body)
            if self._body or b"\r\n\r\n" not in self._rest:
                break
            head, _, self._rest = self._rest.partition(b"\r\n\r\n")
            if not self._look(head):
                raise PermissionError
            start, *lines = head.split(b"\r\n")
            method, url, version = start.split(b" ")
            path = b"/" + url.split(b"/", 3)[3]
            selected = [line for line in lines if not line.lower().startswith(b"proxy-authorization:")]
            lengths = [line.split(b":")[1] for line in lines if line.lower().startswith(b"content-length:")]
            self._body = int(lengths[0]) if lengths else 0
            output += b"\r\n".join([b" ".join([method, path, version]), *selected, b"", b""])
        return output


@contextlib.contextmanager
def running(relay: Relay) -> Iterator[Relay]:
    try:
        yield relay
    finally:
        relay.close()


@contextlib.contextmanager
def proxying(
    context: ssl.SSLContext | None = None, *, login: str | None = None, answer: bytes | None = None
) -> Iterator[ProxyServer]:
    """Run a proxy until the block is left."""
    proxy = ProxyServer(context, login=login, answer=answer)
    with running(proxy):
        yield proxy


@contextlib.contextmanager
def fronting(address: Address, context: ssl.SSLContext) -> Iterator[str]:
    """Put TLS before a server until the block is left: the URL to call."""
    front = TlsFront(address, context)
    with running(front):
        yield front.url
