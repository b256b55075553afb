"""A TCP proxy on loopback which cuts connections: of each exchange it passes on all, a part, or nothing of the answer.

Where it cuts is the caller's to say, of a message and not of a moment, so that a run is cut at the same places each
time. It knows where an HTTP message ends (Content-Length), and nothing else of it. Threads and stdlib only.
"""

from __future__ import annotations

import contextlib
import random
import re
import socket
import struct
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

Place = Literal["request", "unanswered", "answer"]


class Message(NamedTuple):
    """What makes a request another one: nothing of its headers."""

    method: str
    target: str
    body: bytes


@dataclass(frozen=True)
class Cut:
    """Where a connection ends: in the `request` (the server never has all of it), `unanswered` (it has, and has done
    it), or in the `answer`.

    `share` (0 up to 1) of that message is passed on; of an answer at least a byte. With `reset` the client hears of it
    by a TCP reset, which may overtake what was passed on; else the connection is closed.
    """

    place: Place
    share: float = 0.0
    reset: bool = False


Plan = Callable[[Message, int], Cut | None]
"""What becomes of a message that is seen for the n-th time (the first is 0)."""


def seeded(seed: int, probability: float) -> Plan:
    """Cut with that probability, at a place that follows from the seed and the message."""

    def plan(message: Message, seen: int) -> Cut | None:
        draw = random.Random(f"{seed} {seen} {message}")
        if draw.random() >= probability:
            return None
        places: tuple[Place, ...] = ("request", "unanswered", "answer")
        return Cut(draw.choice(places), draw.random(), draw.random() < 0.5)

    return plan


class CuttingProxy:
    """Carry requests to one server over connections kept alive, until the plan says otherwise. `close` ends all.

    `cuts` are those of each message, in the order in which it came: None where nothing was cut.
    """

    def __init__(self, url: str, plan: Plan) -> None:
        self.cuts: dict[Message, list[Cut | None]] = defaultdict(list)
        self.connections = 0
        parts = urlsplit(url)
        self._behind = (parts.hostname or "", parts.port or 80)
        self._plan, self._lock = plan, threading.Lock()
        self._open: dict[threading.Thread, socket.socket] = {}
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._address = self._listener.getsockname()
        self.url = f"http://127.0.0.1:{self._address[1]}"
        self._closing = False
        self._acceptor = threading.Thread(target=self._accept, name="cutting-proxy", daemon=True)
        self._acceptor.start()

    def count(self) -> Counter[str]:
        """Count the exchanges by what became of them: `whole`, or the place of the cut."""
        return Counter("whole" if cut is None else cut.place for cuts in self.cuts.values() for cut in cuts)

    def close(self) -> None:
        """End every connection, and wait for the threads."""
        self._closing = True
        with contextlib.suppress(OSError):
            socket.create_connection(self._address).close()  # it wakes whoever accepts
        self._acceptor.join()
        self._listener.close()
        with self._lock:
            left = dict(self._open)
            for sock in left.values():
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
        for thread in left:
            thread.join()

    def _accept(self) -> None:
        while True:
            sock, _ = self._listener.accept()
            if self._closing:
                sock.close()
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(sock,), name="cutting-proxy", daemon=True)
            with self._lock:
                self._open[thread] = sock
            thread.start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), socket.create_connection(self._behind) as server:
            for sock in (client, server):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            asked, answered = messages(client), messages(server)
            for request in asked:
                cut = self._fate(request)
                if cut is not None and cut.place == "request":
                    server.sendall(request[: int(len(request) * cut.share)])
                    _end(client, cut)
                    break
                server.sendall(request)
                answer = next(answered, b"")
                if cut is not None:
                    if cut.place == "answer":
                        client.sendall(answer[: max(1, int(len(answer) * cut.share))])
                    _end(client, cut)
                    break
                client.sendall(answer)
        with self._lock:  # `close` must not find the number of a socket that is somebody else's by now
            client.close()
            self._open.pop(threading.current_thread(), None)

    def _fate(self, request: bytes) -> Cut | None:
        head, _, body = request.partition(b"\r\n\r\n")
        method, target, _ = head.partition(b"\r\n")[0].decode("latin-1").split(" ")
        message = Message(method, target, body)
        with self._lock:
            seen = self.cuts[message]
            cut = self._plan(message, len(seen))
            seen.append(cut)
        return cut


def _end(sock: socket.socket, cut: Cut) -> None:
    if cut.reset:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def messages(sock: socket.socket) -> Iterator[bytes]:
    """Read whole messages, head and body, until the peer ends; what it left unfinished is dropped."""
    data = b""
    while True:
        head, end, _ = data.partition(b"\r\n\r\n")
        length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
        size = len(head) + len(end) + (0 if length is None else int(length[1]))
        if end and len(data) >= size:
            yield data[:size]
            data = data[size:]
            continue
        more = sock.recv(65536)
        if not more:
            return
        data += more


@contextlib.contextmanager
def cutting(url: str, plan: Plan) -> Iterator[CuttingProxy]:
    """Run a proxy before the server at a URL, until the block is left."""
    proxy = CuttingProxy(url, plan)
    try:
        yield proxy
    finally:
        proxy.close()
