"""What a source may touch: environment variables, files, the clock and HTTP. No source does I/O itself.

`Platform` has the functions, and its flows turn results into answers. The modules of the platforms know which
variable, file or service holds a credential.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

from returns.result import Failure, Success

from infisical.answer import Answer
from infisical.defects import attach_cause, describe_exception
from infisical.errors import AuthenticationError, DeadlineExceededError, InfisicalError, InfisicalNetworkError
from infisical.flow import Flow, Outcome, call, send, sleep, use
from infisical.login import LoginMethod
from infisical.request import HttpRequest
from infisical.response import Response
from infisical.sources.transports import DIRECT_TRANSPORT, make_transport
from infisical.transport import AsyncExecutor, Executor

MAX_FILE_BYTES: Final = 2**20
METADATA_SECONDS: Final = 5.0
"""The timeout of one request to a metadata service, in which connecting takes at most one second."""
INTERNET_SECONDS: Final = 10.0
"""The timeout of one request to any other host."""
RETRY_DELAYS: Final = (0.2, 0.6)
"""Seconds before the second and the third attempt."""
RETRYABLE_STATUSES: Final = frozenset({408, 429, 500, 502, 503, 504})


def read_text(path: str) -> str:
    """Read a text file of at most 1 MiB; OSError or ValueError if that is not possible."""
    with open(os.path.expanduser(path), "rb") as file:
        content = file.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise ValueError("the file is larger than 1 MiB")
    return content.decode()


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
        """Copy it with another executor; None changes nothing."""
        return self if executor is None else replace(self, executor=executor)

    def get_variable(self, name: str) -> str | None:
        """Return the value of an environment variable; None if it is not set or empty."""
        return self.environ.get(name) or None

    def read_file(self, path: str, what: str) -> Flow[Answer[str]]:
        """Read a file that holds a credential, and strip the white space around its text.

        A missing, unreadable or empty file is an `AuthenticationError` that names it (`what` and path).
        """
        result = yield from call(lambda: self.read(path), blocks=True)
        if isinstance(result, Failure):
            return Failure(_explain_unreadable(path, what, result.failure()))
        text = result.unwrap().strip()
        return Success(text) if text else Failure(AuthenticationError(f"the {what} is empty: {path}"))

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


def make_login(make: Callable[[], LoginMethod]) -> Answer[LoginMethod]:
    """Make a login method; a value that a header cannot carry is a failure."""
    try:
        return Success(make())
    except ValueError as cause:
        return Failure(AuthenticationError(str(cause)))


def _repeat(request: HttpRequest) -> Flow[Answer[Response]]:
    for delay in RETRY_DELAYS:
        outcome = yield from send(request)
        if not _is_retryable(outcome) or not (yield from sleep(delay)):
            return Failure(outcome.failure()) if isinstance(outcome, Failure) else Success(outcome.unwrap())
    outcome = yield from send(request)
    return Failure(outcome.failure()) if isinstance(outcome, Failure) else Success(outcome.unwrap())


def _is_retryable(outcome: Outcome) -> bool:
    if isinstance(outcome, Failure):
        error = outcome.failure()
        is_deadline = isinstance(error, DeadlineExceededError)
        return isinstance(error, InfisicalNetworkError) and not error.defect and not is_deadline
    return outcome.unwrap().status in RETRYABLE_STATUSES


def _explain_unreadable(path: str, what: str, cause: Exception) -> InfisicalError:
    if isinstance(cause, DeadlineExceededError):
        return cause
    if isinstance(cause, FileNotFoundError):
        return AuthenticationError(f"there is no {what} at {path}")
    return attach_cause(AuthenticationError(f"the {what} at {path} cannot be read: {describe_exception(cause)}"), cause)
