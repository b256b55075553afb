"""An Infisical on loopback that misbehaves by a script, message by message: its sockets, and the ways to misbehave.

What a client has to make of it stands in test_fault_table. How a message is read and an answer is written is
`infisical.testing.faulty_server`'s.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from infisical.testing.faulty_server import Peer, ReceivedRequest, format_head, format_response

Act: TypeAlias = "Callable[[FaultPeer, ReceivedRequest], None]"
LOGIN = "/api/v1/auth/universal-auth/login"
JSON = (("Content-Type", "application/json"),)
SECRET = {"id": "s1", "secretKey": "K", "secretValue": "v"}
PATIENCE = 20.0
"""Seconds after which whoever holds a connection lets go of it, so that a broken client fails instead of hanging."""


class FaultPeer(Peer):
    """A connection of this server's, which its acts can ask for the server."""

    def __init__(self, sock: socket.socket, server: FaultServer) -> None:
        super().__init__(sock, server)  # type: ignore[arg-type]
        self.server, self._socket = server, sock

    def knocks(self) -> bool:
        """Wait until there is something to be read, and leave it where it is; False if the client has gone."""
        return bool(self._socket.recv(1, socket.MSG_PEEK))

    def hold(self) -> None:
        """Say nothing more until the server stops, then close."""
        self.server.stopping.wait(PATIENCE)
        self.close()


class FaultServer:
    """Acts by its script, one act a message, the last one ever after until `heal`. Logins are answered well, always.

    `seen` holds what was read but logins, which are counted. A server that is not `listening` yet has its port, and
    refuses connections.
    """

    def __init__(self, *script: Act, listening: bool = True, elsewhere: str = "") -> None:
        self.elsewhere = elsewhere
        self.seen: list[ReceivedRequest] = []
        self.logins = 0
        self.stopping, self.let_go = threading.Event(), threading.Event()
        self.ended = threading.Semaphore(0)
        self._script, self._turn, self._read = script, 0, 0
        self._lock = threading.Lock()
        self._open: dict[threading.Thread, FaultPeer] = {}
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        if listening:
            self.listen()

    def listen(self) -> None:
        """Refuse no longer."""
        self._listener.listen(64)
        self._acceptor.start()

    def heal(self) -> None:
        """Answer everything well from now on."""
        with self._lock:
            self._script = (well,)

    def drop_kept(self) -> None:
        """Let the connections go that an act keeps for that, and wait until one has ended."""
        self.let_go.set()
        assert self.ended.acquire(timeout=PATIENCE), "no connection has ended"

    def count(self) -> int:
        """Number one more message."""
        with self._lock:
            self._read += 1
            return self._read

    def close(self) -> None:
        """Close every connection, and wait for the threads."""
        self.stopping.set()
        self.let_go.set()
        if self._acceptor.ident is not None:
            with contextlib.suppress(OSError), socket.create_connection(self._listener.getsockname(), timeout=5.0):
                pass  # so that the acceptor looks up
            self._acceptor.join()
        self._listener.close()
        for thread, peer in self._open.items():
            peer.shut()
            thread.join()

    def _is_next_unread(self) -> bool:
        """Whether it is the turn of the act that reads nothing; then it is over."""
        with self._lock:
            unread = self._now() is reset_unread
            self._turn += unread
            return unread

    def _now(self) -> Act:
        return self._script[min(self._turn, len(self._script) - 1)]

    def _accept(self) -> None:
        while True:
            sock, _ = self._listener.accept()
            if self.stopping.is_set():
                sock.close()
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            peer = FaultPeer(sock, self)
            thread = threading.Thread(target=self._serve, args=(peer,), daemon=True)
            self._open[thread] = peer
            thread.start()

    def _serve(self, peer: FaultPeer) -> None:
        try:
            with contextlib.suppress(OSError, ValueError):  # the client has gone
                while not peer.closed:
                    if peer.knocks() and self._is_next_unread():
                        peer.reset()
                    elif (message := peer.read()) is not None:
                        self._act(peer, message)
                    else:
                        break
        finally:
            peer.close()
            self.ended.release()

    def _act(self, peer: FaultPeer, message: ReceivedRequest) -> None:
        if message.target == LOGIN:
            self.logins += 1
            well(peer, message)
            return
        self.seen.append(message)
        with self._lock:
            act = self._now()
            self._turn += 1
        act(peer, message)


@contextlib.contextmanager
def misbehaving(*script: Act, **settings: Any) -> Iterator[FaultServer]:
    """Serve until the block is left."""
    server = FaultServer(*script, **settings)
    try:
        yield server
    finally:
        server.close()


# ---- what is right
def _right(message: ReceivedRequest) -> bytes:
    body: dict[str, Any] = {"secret": SECRET}
    if message.target == LOGIN:
        body = {"accessToken": "fresh", "expiresIn": 7200, "accessTokenMaxTTL": 7200, "tokenType": "Bearer"}
    elif message.target.endswith("/encrypt"):
        body = {"ciphertext": "YQ=="}
    elif message.method == "GET":
        body = {"secrets": [SECRET]}
    return json.dumps(body).encode()


def well(peer: FaultPeer, message: ReceivedRequest) -> None:
    """Answer."""
    peer.say(format_response(200, _right(message), JSON))


# ---- connections
def reset_unread(peer: FaultPeer, message: ReceivedRequest) -> None:
    """Reset the connection as soon as there is something to be read; the server knows this act, and never runs it."""
    raise AssertionError(f"{message} was read")


def reset(peer: FaultPeer, _: ReceivedRequest) -> None:
    """Reset the connection without an answer."""
    peer.reset()


def end(peer: FaultPeer, _: ReceivedRequest) -> None:
    """End the connection without an answer."""
    peer.close()


def well_then_end(peer: FaultPeer, message: ReceivedRequest) -> None:
    """Answer as if the connection stayed, and end it while it is idle."""
    well(peer, message)
    peer.server.let_go.wait(PATIENCE)
    peer.close()


def well_then_reset(peer: FaultPeer, message: ReceivedRequest) -> None:
    """Answer as if the connection stayed, and reset it while it is idle."""
    well(peer, message)
    peer.server.let_go.wait(PATIENCE)
    peer.reset()


# ---- stalls: the connection stays open, and nothing more comes
def stall(peer: FaultPeer, _: ReceivedRequest) -> None:
    """Say nothing."""
    peer.hold()


def stall_in_headers(peer: FaultPeer, _: ReceivedRequest) -> None:
    """Stop in the middle of a header."""
    peer.say(b"HTTP/1.1 200 OK\r\nContent-Type: applic")
    peer.hold()


def stall_in_body(peer: FaultPeer, message: ReceivedRequest) -> None:
    """Stop in the middle of the body."""
    whole = format_response(200, _right(message), JSON)
    peer.say(whole[:-5])
    peer.hold()


def length_too_long(peer: FaultPeer, message: ReceivedRequest) -> None:
    """Say the whole body, promise more, and wait."""
    body = _right(message)
    peer.say(format_head(200, (*JSON, ("Content-Length", str(len(body) + 1)))) + body)
    peer.hold()


# ---- answers that are none
def cut_body(peer: FaultPeer, message: ReceivedRequest) -> None:
    """End in the middle of the body."""
    peer.say(format_response(200, _right(message), JSON)[:-5])
    peer.close()


def cut_chunks(peer: FaultPeer, message: ReceivedRequest) -> None:
    """End after the first chunk, which happens to be all of the JSON."""
    body = _right(message)
    peer.say(
        format_head(200, (*JSON, ("Transfer-Encoding", "chunked"))) + f"{len(body):x}\r\n".encode() + body + b"\r\n"
    )
    peer.close()


def cut_headers(peer: FaultPeer, _: ReceivedRequest) -> None:
    """End in the middle of the headers."""
    peer.say(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")
    peer.close()


def length_too_short(peer: FaultPeer, message: ReceivedRequest) -> None:
    """Promise less than what comes, on a connection that stays."""
    body = _right(message)
    peer.say(format_head(200, (*JSON, ("Content-Length", str(len(body) - 5)))) + body)


def two_answers(peer: FaultPeer, message: ReceivedRequest) -> None:
    """Answer, and slip in an answer that nobody asked for: it is not the next call's."""
    forged = json.dumps({"secret": {**SECRET, "id": "forged"}, "secrets": [], "ciphertext": "forged"}).encode()
    peer.say(format_response(200, _right(message), JSON) + format_response(200, forged, JSON))


def garbage(peer: FaultPeer, _: ReceivedRequest) -> None:
    """Say what is no HTTP."""
    peer.say(b"\x00\x01 what is HTTP?\r\n\r\n")
    peer.close()


def huge_headers(peer: FaultPeer, message: ReceivedRequest) -> None:
    """Say a megabyte of headers before the answer."""
    many = tuple((f"X-{number}", "x" * 1000) for number in range(1000))
    peer.say(format_response(200, _right(message), (*JSON, *many)))


def huge_header(peer: FaultPeer, message: ReceivedRequest) -> None:
    """Say one header of a megabyte before the answer."""
    peer.say(format_response(200, _right(message), (*JSON, ("X-Huge", "x" * 2**20))))


# ---- answers that are refusals
def refusing(status: int, error: str = "", **headers: str) -> Act:
    """Refuse with a status; headers are named as in Python: `retry_after`."""
    body = json.dumps({"error": error, "message": "refused"}).encode()
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())

    def act(peer: FaultPeer, _: ReceivedRequest) -> None:
        peer.say(format_response(status, body, (*JSON, *named)))

    return act


def redirecting(status: int) -> Act:
    """Send the client to another origin."""

    def act(peer: FaultPeer, message: ReceivedRequest) -> None:
        peer.say(format_response(status, b"", (("Location", peer.server.elsewhere + message.target),)))

    return act
