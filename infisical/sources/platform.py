"""What a source may touch: environment variables, files, the clock and HTTP. No source does I/O itself.

`Platform` has the functions, and its flows turn results into answers. The modules of the platforms know which
variable, file or service holds a credential.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

from returns.result import Failure, Success

from infisical.answer import Answer
from infisical.defects import AsyncFunctionError, attach_cause, describe_exception, log_frames
from infisical.errors import AuthenticationError, DeadlineExceededError, InfisicalError, InfisicalNetworkError
from infisical.flow import Flow, Outcome, call, send, sleep, use
from infisical.login import LoginMethod
from infisical.redaction import mask
from infisical.request import HttpRequest
from infisical.response import Response
from infisical.sources.transports import DIRECT_TRANSPORT, MAX_RESPONSE_BYTES, make_transport
from infisical.transport import AsyncExecutor, Executor
from infisical.wiring import check_any_executor

MAX_FILE_BYTES: Final = 2**20
METADATA_SECONDS: Final = 5.0
"""The timeout of one request to a metadata service, in which connecting takes at most one second."""
INTERNET_SECONDS: Final = 10.0
"""The timeout of one request to any other host."""
RETRY_DELAYS: Final = (0.2, 0.6)
"""Seconds before the second and the third attempt."""
RETRYABLE_STATUSES: Final = frozenset({408, 429, 500, 502, 503, 504})


class UnreadableFileError(ValueError):
    """A file that holds no credential; the message shows neither its path nor its content."""


def read_text(path: str) -> str:
    """Read a regular file of at most 1 MiB as UTF-8; OSError or ValueError, without any content, if it is not one.

    `~` is the home directory. A pipe or a device is refused at once: it could block, or be read only once.
    """
    with open(os.path.expanduser(path), "rb", opener=_open_at_once) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise UnreadableFileError("it is not a regular file")
        content = file.read(MAX_FILE_BYTES + 1)
    reason = "it is larger than 1 MiB"
    if len(content) <= MAX_FILE_BYTES:
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError:  # it holds the content: neither cause nor context of an error
            reason = "it is not UTF-8 text"
    del content  # a traceback with locals must not show it
    raise UnreadableFileError(reason)


def _open_at_once(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0))


def read_clock() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Platform:
    """The machine as a source sees it; each part can be replaced.

    `environ` are the environment variables, `read` returns the text of a file, `clock` the time (aware, in any zone).
    `executor` sends all requests of a source. By default the client's executor sends those to hosts of the internet,
    and requests to metadata services and loopback agents are sent directly, without a proxy.
    """

    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False, hash=False)
    read: Callable[[str], str] = field(default=read_text, repr=False)
    clock: Callable[[], datetime] = field(default=read_clock, repr=False)
    executor: Executor | AsyncExecutor | None = field(default=None, repr=False)

    def with_executor(self, executor: Executor | AsyncExecutor | None) -> Platform:
        """Copy it with another executor; None changes nothing. ValueError for a value that is no executor."""
        if executor is None:
            return self
        check_any_executor(executor)
        return replace(self, executor=executor)

    def get_variable(self, name: str) -> str | None:
        """Return the value of an environment variable; None if it is not set or empty."""
        return self.environ.get(name) or None

    def require_variable(self, name: str, what: str) -> Answer[str]:
        """Return the value of an environment variable that holds a credential, without white space around it.

        A variable that is not set, or is empty, is an `AuthenticationError` that names it and what it should hold.
        """
        value = self.environ.get(name)
        text = (value or "").strip()
        if text:
            return Success(text)
        reason = "is not set" if value is None else "is empty"
        return Failure(AuthenticationError(f"there is no {what}: the environment variable {name} {reason}"))

    def read_file(self, path: str, what: str) -> Flow[Answer[str]]:
        """Read a file that holds a credential, and strip the white space around its text.

        A missing, unreadable or empty file is an `AuthenticationError` that names it (`what` and path).
        """
        result = yield from call(lambda: self.read(path), blocks=True)
        if isinstance(result, Failure):
            return Failure(_explain_unreadable(path, what, result.failure()))
        content: object = result.unwrap()
        if not isinstance(content, str):
            kind = type(content).__name__
            return Failure(AuthenticationError(f"the function that reads the {what} returned {kind}, not text"))
        text = content.strip()
        return Success(text) if text else Failure(AuthenticationError(f"the {what} is empty: {mask(path)}"))

    def fetch(self, request: HttpRequest) -> Flow[Answer[Response]]:
        """Send a request to a host of the internet, at most three times, and return the last response.

        The request must do no harm if it is repeated.
        """
        if self.executor is None:
            return (yield from _repeat(request))
        return (yield from use(make_transport(self.executor), lambda: _repeat(request)))

    def fetch_directly(self, request: HttpRequest) -> Flow[Answer[Response]]:
        """Send a request to a metadata service or a loopback agent, as `fetch` does, but without a proxy."""
        transport = DIRECT_TRANSPORT if self.executor is None else make_transport(self.executor)
        return (yield from use(transport, lambda: _repeat(request)))


THIS_MACHINE: Final = Platform()


def make_login(make: Callable[[], LoginMethod], origin: str = "") -> Answer[LoginMethod]:
    """Make a login method; a value that it refuses is a failure. `origin` describes where the credential is from."""
    try:
        return Success(make())
    except ValueError as cause:
        return Failure(AuthenticationError(f"{origin}: {cause}" if origin else str(cause)))


def _repeat(request: HttpRequest) -> Flow[Answer[Response]]:
    for delay in RETRY_DELAYS:
        outcome = yield from send(request)
        if not _is_retryable(outcome) or not (yield from sleep(delay)):
            return _limit(outcome, request)
    return _limit((yield from send(request)), request)


def _limit(outcome: Outcome, request: HttpRequest) -> Answer[Response]:
    """Return the response; a failure for one that is too large, which a given executor may let through."""
    if isinstance(outcome, Failure):
        return Failure(outcome.failure())
    response, limit = outcome.unwrap(), request.max_response_bytes or MAX_RESPONSE_BYTES
    if len(response.body) > limit:
        message = f"{request.method}: the platform answered with more than {limit} bytes"
        return Failure(InfisicalNetworkError(message, reason="protocol"))
    return Success(response)


def _is_retryable(outcome: Outcome) -> bool:
    if isinstance(outcome, Failure):
        error = outcome.failure()
        is_deadline = isinstance(error, DeadlineExceededError)
        return isinstance(error, InfisicalNetworkError) and not error.defect and not is_deadline
    return outcome.unwrap().status in RETRYABLE_STATUSES


def _explain_unreadable(path: str, what: str, cause: Exception) -> InfisicalError:
    """Make the error for a file. Only an OSError is its cause: any other exception may hold the content."""
    if isinstance(cause, DeadlineExceededError):
        return cause
    if isinstance(cause, AsyncFunctionError):
        return AuthenticationError(f"the function that reads the {what} cannot be used: {cause}")
    place = mask(path)
    if isinstance(cause, FileNotFoundError):
        return AuthenticationError(f"there is no {what} at {place}")
    if isinstance(cause, OSError) and cause.errno is not None:
        error = AuthenticationError(f"the {what} at {place} cannot be read: {os.strerror(cause.errno)}")
        return attach_cause(error, cause)
    reason = str(cause) if isinstance(cause, UnreadableFileError) else describe_exception(cause)
    log_frames(cause)
    return AuthenticationError(f"the {what} at {place} cannot be read: {reason}")
