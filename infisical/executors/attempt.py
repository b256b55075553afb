"""One attempt to send a request by somebody else's library: its deadline, whether it was sent, its failure.

What the executors of such libraries have in common is here; no library is named, and nothing is sent.
"""

from __future__ import annotations

import inspect
import threading
import time
from collections.abc import Iterable
from typing import Any, Final, Generic, TypeVar
from urllib.parse import urlsplit

from returns.result import Failure

from infisical.defects import describe_exception
from infisical.errors import InfisicalNetworkError, Reason
from infisical.executors.decompress import BodyBuffer, BodyError, decodable
from infisical.executors.proxies import is_this_machine
from infisical.request import HttpRequest
from infisical.transport import Reply

T = TypeVar("T")

CLOSED: Final = "this executor is closed"
CLOSED_IN_FLIGHT: Final = "this executor was closed before the answer"
ELSEWHERE: Final = "this executor belongs to another event loop: make one for each"
NOT_ASYNCIO: Final = "this executor needs asyncio, and no asyncio event loop is running here (trio's is another)"
UNUSABLE_PROXY: Final = (
    "the proxy of the environment cannot be used: it has to be http://host:port or https://host:port"
)
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
"""Headers that a request never inherits from the injected client: credentials, and those that describe a body."""


class Veiled(Generic[T]):
    """Hold a value in a local variable of a frame that waits, so that a traceback with locals does not show it."""

    __slots__ = ("value",)

    def __init__(self, value: T) -> None:
        self.value = value


class Attempt:
    """A request in flight. `sent` is whether any of it may have left this process; None where that is unknown."""

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

    def read(self, chunks: Iterable[bytes], body: BodyBuffer) -> bytes:
        """Read a whole body; TimeoutError as soon as something comes too late, BodyError if it is not acceptable."""
        for chunk in chunks:
            self.left()
            for _ in body.take(chunk):
                self.left()
            del chunk  # it would be shown by a traceback of the wait for the next one
        return body.whole()

    def headers(self, defaults: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """Return the headers of the request, after the default headers of a client that a request inherits.

        A default Accept-Encoding loses the codings that cannot be decompressed within a limit.
        """
        taken = NOT_LENT.union(name.lower() for name, _ in self.request.headers)
        inherited = [
            (name, decodable(value) if name.lower() == "accept-encoding" else value)
            for name, value in defaults
            if name.lower() not in taken
        ]
        return [*inherited, *self.request.headers]

    def failed(self, reason: Reason, defect: Exception | None = None) -> Reply:
        """Return the Failure of an attempt without an answer; an attempt that may have been sent counts as sent.

        `defect` is an exception that no library raises for network trouble: a hook's, or one that a signal handler
        raised. It becomes the cause, without its frames. A ValueError before anything was sent is none: libraries
        raise it for a request that cannot be written, and it may hold a header.
        """
        if isinstance(defect, BodyError):
            return self._failure(str(defect), "protocol", True)
        if isinstance(defect, ValueError) and self.sent is False:
            return self._failure("the request cannot be sent", "protocol", False)
        if defect is not None:
            reply = self._failure(describe_exception(defect), "protocol", self.sent is not False)
            error: Any = reply.failure()
            error.defect, error.__cause__ = True, without_frames(defect)
            return reply
        said = SAID.get(reason, f"no answer in {self.request.timeout:g} s")
        if reason == "protocol" and self.sent is False:
            said = "the request cannot be sent"
        return self._failure(said, reason, self.sent is not False)

    def cut_off(self) -> Reply:
        """Return the Failure of an attempt whose executor was closed meanwhile."""
        return self._failure(CLOSED_IN_FLIGHT, "reset", self.sent is not False)

    def refused(self, why: str) -> Reply:
        """Return the Failure of an executor that does not even try."""
        return self._failure(why, "protocol", False)

    def _failure(self, said: str, reason: Reason, sent: bool) -> Reply:
        scheme, _, rest = self.request.url.partition("://")
        origin = f"{scheme}://{rest.partition('/')[0].partition('?')[0].rpartition('@')[2]}"
        return Failure(InfisicalNetworkError(f"{self.request.method} {origin}: {said}", reason=reason, sent=sent))


class Current(threading.local):
    """The attempt that a thread is in, for what a library calls back; None outside of our calls."""

    attempt: Attempt | None = None


current: Final = Current()


def is_local_http(url: str) -> bool:
    """Tell whether a URL is http:// to this machine: what is sent there never goes through a proxy."""
    try:
        parts = urlsplit(url)
        return parts.scheme == "http" and is_this_machine(parts.hostname or "")
    except ValueError:
        return False


def without_frames(error: BaseException) -> BaseException:
    """Remove the tracebacks of an exception and of its whole chain: their frames hold what was sent."""
    known: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in known:
            continue
        known.add(id(one))
        one.__traceback__ = None
        waiting += [one.__cause__, one.__context__, *getattr(one, "exceptions", ())]
    return error


def checked_client(given: object, wanted: type[T], executor: str, other: tuple[type[Any], str] | None = None) -> T:
    """Return a client that an executor was given; ValueError that names what it takes and what it was given.

    `other` is the library's client of the other colour, and the executor that takes it.
    """
    if isinstance(given, wanted):
        return given
    if isinstance(given, type):
        said = f"the class {_name(given)}: make an instance of it"
        if issubclass(given, wanted):
            raise ValueError(f"{executor} takes an instance of {_name(wanted)}, not {said}")
        said = f"the class {_name(given)}"
    elif inspect.ismodule(given):
        said = f"the module {given.__name__}"
    else:
        said = f"an instance of {_name(type(given))}"
    hint = f" ({other[1]} takes that)" if other is not None and isinstance(given, other[0]) else ""
    raise ValueError(f"{executor} takes an instance of {_name(wanted)}, not {said}{hint}")


def _name(kind: type[Any]) -> str:
    return (
        kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__.split('.')[0]}.{kind.__qualname__}"
    )


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
