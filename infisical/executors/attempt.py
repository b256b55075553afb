"""One attempt to send a request by somebody else's library: its deadline, what has left of it, what its failure says.

What the executors of such libraries have in common is here; no library is named, and nothing is sent.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from typing import Final

from returns.result import Failure

from infisical.drivers import Reply, raised
from infisical.errors import InfisicalNetworkError, Reason
from infisical.request import HttpRequest

CLOSED: Final = "this executor is closed"
ELSEWHERE: Final = "this executor belongs to another event loop: make one for each"
SAID: Final[dict[Reason, str]] = {
    "dns": "the host has no address",
    "refused": "no connection",
    "reset": "the connection was closed before the answer",
    "tls": "TLS failed: the certificate is not trusted, or the handshake broke off",
    "protocol": "the answer is not HTTP, or breaks off",
}
NOT_LENT: Final = frozenset(
    ["authorization", "cookie", "proxy-authorization", "host", "content-length", "content-type", "transfer-encoding"]
)
"""What a request never takes from the defaults of a client: who it comes from, and what describes a body."""


class Attempt:
    """A request on its way. `sent` is whether any of it may have left; None where nobody has told yet."""

    __slots__ = ("_until", "request", "sent")

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.sent: bool | None = False
        self._until = time.monotonic() + request.timeout

    def left(self) -> float:
        """Return the seconds left; TimeoutError if there are none."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline passed")
        return left

    def whole(self, chunks: Iterable[bytes]) -> bytes:
        """Join what comes of a body; TimeoutError as soon as something comes too late."""
        return b"".join(self._in_time(chunks))

    def _in_time(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self.left()
            yield chunk

    def headers(self, defaults: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """Write the headers of the request, after those that a client sends by default and that it may lend."""
        taken = NOT_LENT.union(name.lower() for name, _ in self.request.headers)
        return [*((name, value) for name, value in defaults if name.lower() not in taken), *self.request.headers]

    def failed(self, reason: Reason, defect: Exception | None = None) -> Reply:
        """Make the Failure of an attempt that brought no answer; whether it was sent counts as yes where nobody knows.

        `defect` is what no library raises for a network: it comes from a hook, or from a request that has no form.
        """
        said = SAID.get(reason, f"no answer in {self.request.timeout:g} s")
        if reason == "protocol" and self.sent is False:
            said = "the request cannot be sent"
        if reason == "protocol" and defect is not None:
            said = raised(defect)
        return self._failure(said, reason, self.sent is not False)

    def refused(self, why: str) -> Reply:
        """Make the Failure of an executor that does not even try."""
        return self._failure(why, "protocol", False)

    def _failure(self, said: str, reason: Reason, sent: bool) -> Reply:
        scheme, _, rest = self.request.url.partition("://")
        origin = f"{scheme}://{rest.partition('/')[0].partition('?')[0].rpartition('@')[2]}"
        return Failure(InfisicalNetworkError(f"{self.request.method} {origin}: {said}", reason=reason, sent=sent))


class Current(threading.local):
    """The attempt that a thread is in, for what a library calls back; None outside of our calls."""

    attempt: Attempt | None = None


current: Final = Current()


def causes(error: BaseException) -> list[BaseException]:
    """List an exception and those that it was made of, outermost first.

    Libraries wrap one exception in another: as its cause, its argument, or under a name of their own. The context is
    left alone: it may be whatever the caller was handling.
    """
    found: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, BaseException) and not any(one is known for known in found):
            found.append(one)
            waiting += [one.__cause__, getattr(one, "reason", None), getattr(one, "os_error", None), *one.args]
    return found


def holds(found: list[BaseException], *kinds: type[BaseException]) -> bool:
    """Tell whether one of these exceptions is of one of these kinds."""
    return any(isinstance(one, kinds) for one in found)
