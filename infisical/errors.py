"""The error family: values in a `Failure`, and exception classes, so that `unwrap()` shows them as its cause.

The library returns errors and never raises them. They compare by value, survive pickling and show no secret.
rejection.py makes the error of a response; middleware/ decides what an error leads to (a login, a retry).
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
"""Reasons of network failures that a retry may overcome; an untrusted certificate stays untrusted."""
TRANSIENT_STATUSES: Final = frozenset({429, 502, 503, 504})
"""Statuses of a server, or of a gateway before it, that may succeed later."""


class InfisicalError(Exception):
    """The failure of a call.

    `message` describes it. `sent` is False only if the call itself surely never left this process: repeating it then
    does no harm. `attempts` counts how often the call was sent.
    """

    attempts: int = 1
    cool_down: float | None = None
    """Seconds until the next login attempt after a failed one; infinite if there will be none, None without a login."""

    def __init__(self, message: str, *, sent: bool = True) -> None:
        super().__init__(message)
        self.message = message
        self.sent = sent

    @property
    def transient(self) -> bool:
        """True if the same call may succeed later.

        True for network failures other than `tls` and `unrecorded`, for a deadline that passed, and for the statuses
        429 and 502 to 504. False for everything else, and wherever an executor broke its contract.
        """
        return False

    def __copy__(self) -> Self:
        """Copy the error with its `__cause__`, and without the traceback of an earlier raise."""
        twin = type(self).__new__(type(self), *self.args)
        twin.__dict__.update(self.__dict__)
        if "__notes__" in twin.__dict__:
            twin.__dict__["__notes__"] = list(twin.__dict__["__notes__"])
        if self.__cause__ is not None:
            twin.__cause__ = self.__cause__
        return twin

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and _select_fields(self) == _select_fields(other)

    def __hash__(self) -> int:
        return hash((type(self), self.message))

    def __repr__(self) -> str:
        fields = {name: value for name, value in _select_fields(self).items() if (name, value) != ("status_code", 0)}
        fields = {name: value for name, value in fields.items() if name != "sent" and value not in (None, "", ())}
        if not self.sent:
            fields["sent"] = False
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in fields.items())})"


def _select_fields(error: object) -> dict[str, Any]:
    """Return the fields that describe the failure itself, without those of the call around it."""
    return {name: value for name, value in vars(error).items() if name not in CALL_FIELDS}


CALL_FIELDS: Final = frozenset({"attempts", "cool_down", "defect", "__notes__"})


class RequestError(InfisicalError):
    """The request cannot be encoded: a path part is empty or dotted, a value has no form in JSON. Nothing was sent."""

    def __init__(self, message: str) -> None:
        super().__init__(message, sent=False)


class AuthenticationError(InfisicalError):
    """The client has no credential, or one of a mode that this endpoint does not take. Nothing was sent.

    `current_mode` is the mode of the client (None: not logged in), `allowed_modes` has the modes of the endpoint.
    """

    def __init__(self, message: str, *, current_mode: str | None = None, allowed_modes: tuple[str, ...] = ()) -> None:
        super().__init__(message, sent=False)
        self.current_mode = current_mode
        self.allowed_modes = allowed_modes


class InfisicalNetworkError(InfisicalError):
    """No response arrived. `reason` is the cause; `unrecorded` means that a cassette or a script has no response."""

    defect: bool = False
    """True if the executor broke its contract: it raised, or returned no Result."""

    def __init__(self, message: str, *, reason: Reason = "protocol", sent: bool = True) -> None:
        super().__init__(message, sent=sent)
        self.reason: Reason = reason

    @property
    def timed_out(self) -> bool:
        """True if the reason is `timeout`."""
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
    """The response does not have the form that the endpoint documents.

    `path` is the place of the mistake, by names on the wire: `secrets[3].version`. `response` is the whole response.
    """

    def __init__(self, message: str, *, path: str = "", response: Response | None = None) -> None:
        super().__init__(message)
        self.path = path
        self.response = response


class InfisicalApiError(InfisicalError):
    """The server answered with an error.

    `error_type` is the body's `error`, `details` the body's `details`, and `request_id` the body's `reqId` or else the
    `x-request-id` header. `method` and `template` name the endpoint of the call.
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
    """401: no credential, or one that is not valid, or not any more."""


class ForbiddenError(InfisicalApiError):
    """403. `error_type` is `PermissionDenied` for a missing right, `TokenError` for an invalid token."""


class NotFoundError(InfisicalApiError):
    """404. `route_missing` is True if the server lacks the endpoint, and False if it lacks the object."""

    route_missing: bool = False


class ValidationError(InfisicalApiError):
    """422, or 401 with `ValidationFailure` on older servers. The message lists the issues as `path: message`."""


class RateLimitError(InfisicalApiError):
    """429. `retry_after` is in seconds; None if the server does not name a wait."""

    retry_after: float | None = None


class InternalServerError(InfisicalApiError):
    """5xx."""


# ---- copies of an error with other metadata
def with_hint(error: E, hint: str) -> E:
    """Copy an error with a hint after its message."""
    twin = copy.copy(error)
    twin.message = f"{error.message} ({hint})"
    twin.args = (twin.message,)
    return twin


def with_cool_down(error: E, cool_down: float | None) -> E:
    """Copy the error of a failed login for a call that needed it; `cool_down` is in seconds."""
    twin = copy.copy(error)
    twin.cool_down = cool_down
    return twin


def as_unsent(error: E, cool_down: float | None = None) -> E:
    """Copy the error of a failed login for a call that was not sent; `cool_down` is in seconds."""
    twin = with_cool_down(error, cool_down)
    twin.sent = False
    return twin


def with_attempts(error: E, attempts: int) -> E:
    """Copy an error with the number of attempts of its call."""
    twin = copy.copy(error)
    twin.attempts = attempts
    return twin
