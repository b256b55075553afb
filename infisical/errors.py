"""The error family: values in a `Failure`, and exceptions by class, so that `unwrap()` shows them as its cause.

The library returns them and never raises them. They compare by value, survive pickling and show no secret.
Judging a response (`from_response`) lives here; deciding what to do about an error (renew, retry) does not.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, TypeVar

from infisical.response import Response

if TYPE_CHECKING:
    from typing import Self

E = TypeVar("E", bound="InfisicalError")
Reason: TypeAlias = Literal["dns", "refused", "tls", "timeout", "reset", "protocol", "unrecorded"]
TRANSIENT_REASONS: Final = frozenset({"dns", "refused", "reset", "timeout", "protocol"})
"""Reasons of network failures that may be gone the next time; a certificate that is not trusted stays so."""
TRANSIENT_STATUSES: Final = frozenset({429, 502, 503, 504})
"""Statuses of a server, or a gateway before it, that may answer the next time."""


class InfisicalError(Exception):
    """Whatever can go wrong with a call.

    `message` says what. `sent` is False only where the call itself surely never left this process: then it may be
    repeated whatever it does. `attempts` is how often it was tried.
    """

    attempts: int = 1
    cool_down: float | None = None
    """Where a login failed that the call needed: seconds until the next one is tried (inf: none is)."""

    def __init__(self, message: str, *, sent: bool = True) -> None:
        super().__init__(message)
        self.message = message
        self.sent = sent

    @property
    def transient(self) -> bool:
        """Whether the same call may succeed later.

        True for network failures other than `tls` and `unrecorded`, for a deadline that passed, and for the statuses
        429 and 502 to 504. False for everything else, and wherever an executor broke its contract.
        """
        return False

    def __copy__(self) -> Self:
        """Copy it with its `__cause__`, and without the traceback of an earlier raise."""
        twin = type(self).__new__(type(self), *self.args)
        twin.__dict__.update(self.__dict__)
        if "__notes__" in twin.__dict__:
            twin.__dict__["__notes__"] = list(twin.__dict__["__notes__"])
        if self.__cause__ is not None:
            twin.__cause__ = self.__cause__
        return twin

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and _compared(self) == _compared(other)

    def __hash__(self) -> int:
        return hash((type(self), self.message))

    def __repr__(self) -> str:
        given = {name: value for name, value in _compared(self).items() if (name, value) != ("status_code", 0)}
        shown = {name: value for name, value in given.items() if name != "sent" and value not in (None, "", ())}
        if not self.sent:
            shown["sent"] = False
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in shown.items())})"


def _compared(error: object) -> dict[str, Any]:
    """What an error says of the failure, without what it says of how the call went on."""
    return {name: value for name, value in vars(error).items() if name not in _NOT_COMPARED}


_NOT_COMPARED: Final = frozenset({"attempts", "cool_down", "defect", "__notes__"})


class RequestError(InfisicalError):
    """The request cannot be written: a path part is empty or dotted, a value has no form in JSON. Nothing was sent."""

    def __init__(self, message: str) -> None:
        super().__init__(message, sent=False)


class AuthenticationError(InfisicalError):
    """There is no credential, or one of a kind that this endpoint does not take. Nothing was sent.

    `current_mode` is the mode of the client (None: not logged in), `allowed_modes` what the endpoint takes.
    """

    def __init__(self, message: str, *, current_mode: str | None = None, allowed_modes: tuple[str, ...] = ()) -> None:
        super().__init__(message, sent=False)
        self.current_mode = current_mode
        self.allowed_modes = allowed_modes


class InfisicalNetworkError(InfisicalError):
    """No answer. `reason` says why; `unrecorded` is a recording's or a script's own: it knows no answer."""

    defect: bool = False
    """Whether the executor is to blame, which did what none may: raised, or returned something else than a Result."""

    def __init__(self, message: str, *, reason: Reason = "protocol", sent: bool = True) -> None:
        super().__init__(message, sent=sent)
        self.reason: Reason = reason

    @property
    def timed_out(self) -> bool:
        """Whether the deadline passed."""
        return self.reason == "timeout"

    @property
    def transient(self) -> bool:
        return self.reason in TRANSIENT_REASONS and not self.defect


class DeadlineExceededError(InfisicalNetworkError):
    """The call took longer than its deadline, with all its retries, logins and waits. `reason` is `timeout`."""

    def __init__(self, message: str, *, reason: Reason = "timeout", sent: bool = True) -> None:
        super().__init__(message, reason=reason, sent=sent)

    @property
    def transient(self) -> bool:
        return not self.defect


class DecodeError(InfisicalError):
    """An answer that is not what the endpoint promises.

    `path` says where in it (`secrets[3].version`, by the names on the wire), `response` is what came.
    """

    def __init__(self, message: str, *, path: str = "", response: Response | None = None) -> None:
        super().__init__(message)
        self.path = path
        self.response = response


class InfisicalApiError(InfisicalError):
    """The server answered, and not with success.

    `status_code`; `error_type` is the body's `error`; `request_id` the body's `reqId`, else the `x-request-id` header;
    `details` the body's; `method` and `template` name the endpoint that was called.
    """

    def __init__(
        self,
        message: str,
        *,
        status_code: int = 0,
        error_type: str | None = None,
        request_id: str | None = None,
        details: Any = None,
        method: str = "",
        template: str = "",
    ) -> None:
        super().__init__(message)
        self.status_code = status_code
        self.error_type = error_type
        self.request_id = request_id
        self.details = details
        self.method = method
        self.template = template

    @property
    def transient(self) -> bool:
        return self.status_code in TRANSIENT_STATUSES


class BadRequestError(InfisicalApiError):
    """400."""


class UnauthorizedError(InfisicalApiError):
    """401: no credential, or one that is no longer good."""


class ForbiddenError(InfisicalApiError):
    """403. `error_type` is `PermissionDenied` for a missing right, `TokenError` for a token that is not good."""


class NotFoundError(InfisicalApiError):
    """404. `route_missing` tells a server that does not know the endpoint from an object that is not there."""

    route_missing: bool = False


class ValidationError(InfisicalApiError):
    """422, or 401 with `ValidationFailure` on older servers. The message lists the issues as `path: message`."""


class RateLimitError(InfisicalApiError):
    """429. `retry_after` is in seconds, None where the server does not say."""

    retry_after: float | None = None


class InternalServerError(InfisicalApiError):
    """5xx."""


# ---- copies of an error with other metadata
def with_hint(error: E, hint: str) -> E:
    """Copy an error with a hint behind its message."""
    told = copy.copy(error)
    told.message = f"{error.message} ({hint})"
    told.args = (told.message,)
    return told


def with_cool_down(error: E, cool_down: float | None) -> E:
    """Copy an error for a call that needed what failed; `cool_down` is in how many seconds that is tried again."""
    shared = copy.copy(error)
    shared.cool_down = cool_down
    return shared


def as_unsent(error: E, cool_down: float | None = None) -> E:
    """Copy it for a call that was never sent itself."""
    shared = with_cool_down(error, cool_down)
    shared.sent = False
    return shared


def with_attempts(error: E, attempts: int) -> E:
    """Copy an error for a call that was tried so often."""
    last = copy.copy(error)
    last.attempts = attempts
    return last
