"""One attempt to send an HTTP request: its deadline, its connection, and the failure that it may end in.

Each call of an executor makes one attempt. `thread_state` has the attempt of a thread, for code that a library calls.
No library appears here, and nothing is sent.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any, Final, TypeAlias

from returns.result import Failure

from infisical.defects import attach_cause, describe_exception
from infisical.errors import InfisicalNetworkError, Reason
from infisical.executors.body import BodyBuffer, BodyError, select_codings
from infisical.request import HttpRequest
from infisical.transport import Reply

Socket: TypeAlias = Any
"""A socket.socket, an ssl.SSLSocket, or urllib3's transport for TLS inside TLS."""
CLOSED_MESSAGE: Final = "this executor is closed"
CLOSED_IN_FLIGHT_MESSAGE: Final = "this executor was closed before the answer"
OTHER_LOOP_MESSAGE: Final = "this executor belongs to another event loop: make one for each"
NO_ASYNCIO_MESSAGE: Final = "this executor needs asyncio, and no asyncio event loop is running here"
PROXY_MESSAGE: Final = "the proxy of the environment cannot be used: it must be http://host:port or https://host:port"
REASON_MESSAGES: Final[dict[Reason, str]] = {
    "dns": "the host has no address",
    "refused": "no connection",
    "reset": "the connection was closed before the answer",
    "tls": "TLS failed: the certificate is not trusted, or the handshake was interrupted",
    "protocol": "the answer is not HTTP, or is incomplete",
}
UNSENDABLE_MESSAGE: Final = "the request cannot be sent"
EXCLUDED_HEADERS: Final = frozenset(
    ["authorization", "cookie", "proxy-authorization", "host", "content-length", "content-type", "transfer-encoding"]
)
"""Headers that a request never inherits from the injected client: credentials, and those that describe a body."""


class Wire:
    """The connection that an attempt waits on. Another thread ends that wait with `cut`.

    There is no lock, so that an interrupted thread leaves nothing locked. Whoever takes the socket from the list owns
    it. A cut therefore never meets a connection that is back in its pool.
    """

    __slots__ = ("_sockets", "is_cut", "sent")

    def __init__(self) -> None:
        self._sockets: list[Socket] = []
        self.is_cut = False
        self.sent: bool | None = None
        """Whether any of the request may have left this process; None if that is unknown."""

    def hold(self, sock: Socket) -> None:
        """Note the socket that the attempt is about to wait on; ConnectionAbortedError if the wire is cut."""
        self._sockets = [sock]
        if self.is_cut:
            raise ConnectionAbortedError("the call was cancelled")

    def release(self) -> bool:
        """Forget the socket; False if another thread has cut it or is about to."""
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


class Attempt:
    """An HTTP request in flight. As a context manager it is the current attempt of its thread."""

    __slots__ = ("_deadline", "_outer", "request", "wire")

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self._deadline = time.monotonic() + request.timeout
        self._outer = thread_state.attempt
        # a hook may send a request during an attempt: that one gets a wire for itself
        self.wire = (thread_state.wire or Wire()) if self._outer is None else Wire()
        self.wire.sent = False

    def __enter__(self) -> Attempt:
        thread_state.attempt = self
        return self

    def __exit__(self, *_: object) -> None:
        thread_state.attempt = self._outer

    @property
    def sent(self) -> bool | None:
        """Whether any of the request may have left this process; None if that is unknown."""
        return self.wire.sent

    @sent.setter
    def sent(self, sent: bool | None) -> None:
        self.wire.sent = sent

    # ---- the deadline
    def time_left(self) -> float:
        """Return the seconds until the deadline; TimeoutError if it has passed."""
        seconds = self._deadline - time.monotonic()
        if seconds <= 0:
            raise TimeoutError("the deadline passed")
        return seconds

    def has_time_left(self) -> bool:
        """Whether the deadline is still to come."""
        return time.monotonic() < self._deadline

    @contextlib.contextmanager
    def limit_to(self, seconds: float) -> Iterator[None]:
        """Move the deadline of the block forward, so that the block takes at most so many seconds."""
        deadline = self._deadline
        self._deadline = min(deadline, time.monotonic() + seconds)
        try:
            yield
        finally:
            self._deadline = deadline

    # ---- the request and the response
    def note_sending(self, sock: Socket) -> None:
        """Note that some of the request may leave now, through this socket."""
        self.sent = True
        self.wire.hold(sock)

    def merge_headers(self, defaults: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """Return the headers of the request, after the default headers of a client that the request inherits.

        A default Accept-Encoding loses the codings that a `BodyBuffer` cannot decode.
        """
        excluded = EXCLUDED_HEADERS.union(name.lower() for name, _ in self.request.headers)
        inherited = [
            (name, select_codings(value) if name.lower() == "accept-encoding" else value)
            for name, value in defaults
            if name.lower() not in excluded
        ]
        return [*inherited, *self.request.headers]

    def read_body(self, chunks: Iterable[bytes], buffer: BodyBuffer) -> bytes:
        """Read a whole body; TimeoutError after the deadline, BodyError if the body is not acceptable."""
        for chunk in chunks:
            self.time_left()
            for _ in buffer.feed(chunk):
                self.time_left()
            del chunk  # a traceback with locals would show it during the wait for the next one
        return buffer.finish()

    # ---- failures
    def fail(self, reason: Reason, defect: Exception | None = None) -> Reply:
        """Make the Failure of an attempt without a response; an attempt that may have been sent counts as sent.

        `defect` is an exception that no library raises for network trouble: that of a hook or a signal handler, for
        example. It becomes the cause, without its frames. A ValueError before anything was sent does not, since
        libraries raise it for a request that cannot be written: it may hold a header.
        """
        if isinstance(defect, BodyError):
            return self._fail(str(defect), "protocol", True)
        if self.sent is False and (isinstance(defect, ValueError) or (defect is None and reason == "protocol")):
            return self.refuse(UNSENDABLE_MESSAGE)
        if defect is None:
            message = REASON_MESSAGES.get(reason, f"no answer in {self.request.timeout:g} s")
            return self._fail(message, reason, self.sent is not False)
        reply = self._fail(describe_exception(defect), "protocol", self.sent is not False)
        error = reply.failure()
        error.defect = True
        attach_cause(error, defect)
        return reply

    def fail_closed(self) -> Reply:
        """Make the Failure of an attempt whose executor was closed before the response."""
        return self._fail(CLOSED_IN_FLIGHT_MESSAGE, "reset", self.sent is not False)

    def refuse(self, message: str) -> Reply:
        """Make the Failure of an executor that does not send the request."""
        return self._fail(message, "protocol", False)

    def _fail(self, message: str, reason: Reason, sent: bool) -> Reply:
        scheme, _, remainder = self.request.url.partition("://")
        origin = f"{scheme}://{remainder.partition('/')[0].partition('?')[0].rpartition('@')[2]}"
        return Failure(InfisicalNetworkError(f"{self.request.method} {origin}: {message}", reason=reason, sent=sent))


class ThreadState(threading.local):
    """The attempt of a thread."""

    attempt: Attempt | None = None
    """The attempt that the thread makes; None outside of our calls."""
    wire: Wire | None = None
    """The wire for the next attempt, from whatever runs calls in threads."""


thread_state: Final = ThreadState()


def get_attempt() -> Attempt:
    """Return the attempt that this thread makes; RuntimeError outside of our calls."""
    if thread_state.attempt is None:
        raise RuntimeError("no executor of this thread is sending a request")
    return thread_state.attempt
