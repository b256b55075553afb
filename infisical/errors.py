"""The error family: values in a `Failure`, and exceptions by class, so that `unwrap()` shows them as its cause.

The library returns them and never raises them. They compare by value, survive pickling and show no secret.
Judging a response (`from_response`) lives here; deciding what to do about an error (renew, retry) does not.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Collection, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, TypeVar
from urllib.parse import urlsplit

from infisical.redaction import SecretIndex, masked, masked_value
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
    again_in: float | None = None
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


_NOT_COMPARED: Final = frozenset({"attempts", "again_in", "defect", "__notes__"})


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


BY_STATUS: Mapping[int, type[InfisicalApiError]] = {
    400: BadRequestError,
    401: UnauthorizedError,
    403: ForbiddenError,
    404: NotFoundError,
    422: ValidationError,
    429: RateLimitError,
}
OLDER_SERVERS: Mapping[str, str] = {
    "/api/v4/secrets": "client.secrets_v3 speaks to servers before v4",
    "/api/v2/folders": "servers that lack it have /api/v1/folders: run a Request of your own for it",
}
"""What serves instead, by the beginning of a template, where an older server lacks the route."""


def error_type(response: Response) -> str | None:
    """Read the `error` of the body, None where there is none."""
    return _text(_body(response).get("error"))


def error_message(response: Response) -> str | None:
    """Read the `message` of the body, None where there is none."""
    return _text(_body(response).get("message"))


def from_response(
    response: Response,
    method: str = "",
    template: str = "",
    secrets: Collection[str] = (),
    parts: Collection[tuple[str, str]] = (),
) -> InfisicalApiError:
    """Make the error for a response outside 200-299, whatever its body holds.

    `secrets` are those of the request: where the server echoes one of them, it is masked. `parts` are the names and
    values that fill the template.
    """
    index = SecretIndex(secrets)
    try:
        return _judged(response, _body(response), method, template, index, parts)
    except RecursionError:  # nested too deeply to be looked through
        return _judged(response, {}, method, template, index, parts)


def _judged(
    response: Response,
    body: Mapping[str, Any],
    method: str,
    template: str,
    secrets: SecretIndex,
    parts: Collection[tuple[str, str]],
) -> InfisicalApiError:
    kind = _text(body.get("error"))
    family = _family(response.status, kind)
    request_id = _text(body.get("reqId")) or response.header("x-request-id")
    message = _message(body.get("message")) or kind or _plain(response)
    error = family(
        masked(_with_reason(message, kind), secrets),
        status_code=response.status,
        error_type=kind and masked(kind, secrets),
        request_id=request_id and masked(request_id, secrets),
        details=masked_value(_details(body), secrets),
        method=method,
        template=template,
    )
    if response.attempts > 1:
        error.attempts = response.attempts
    if isinstance(error, RateLimitError):
        wait = retry_after(response, message)
        if wait is not None:  # else it is as the class has it, so that errors made by hand compare equal
            error.retry_after = wait
    elif isinstance(error, NotFoundError) and kind == "Not Found" and re.match(r"Route [A-Z]+:/", message):
        too_long = _too_long(parts)
        if too_long is not None:  # the server has the endpoint, and its router refuses the path
            return with_hint(error, too_long)
        error.route_missing = True
        return with_hint(error, _hint(template))
    return error


def with_hint(error: E, hint: str) -> E:
    """Copy an error with a hint behind its message."""
    told = copy.copy(error)
    told.message = f"{error.message} ({hint})"
    told.args = (told.message,)
    return told


def waiting(error: E, again_in: float | None) -> E:
    """Copy an error for a call that needed what failed; `again_in` is in how many seconds that is tried again."""
    shared = copy.copy(error)
    shared.again_in = again_in
    return shared


def unsent(error: E, again_in: float | None = None) -> E:
    """Copy it for a call that was never sent itself."""
    shared = waiting(error, again_in)
    shared.sent = False
    return shared


def retried(error: E, attempts: int) -> E:
    """Copy an error for a call that was tried so often."""
    last = copy.copy(error)
    last.attempts = attempts
    return last


def _family(status: int, kind: str | None) -> type[InfisicalApiError]:
    if kind == "ValidationFailure":
        return ValidationError
    return InternalServerError if status >= 500 else BY_STATUS.get(status, InfisicalApiError)


def _with_reason(message: str, kind: str | None) -> str:
    """The message, and the reason behind it where an older server puts that into `error` in place of a name."""
    if kind is None or " " not in kind.strip() or kind in message or _is_phrase(kind):
        return message
    return f"{message}: {kind}"


def _is_phrase(kind: str) -> bool:
    """Whether it is only the name of a status, as in `Not Found`."""
    from http import HTTPStatus  # needed after an error only

    return kind.strip().lower() in {status.phrase.lower() for status in HTTPStatus}


LONGEST_PART: Final = 100
"""UTF-16 units of one part of a path; for a longer one the server's router finds no route."""


def _too_long(parts: Collection[tuple[str, str]]) -> str | None:
    for name, value in parts:
        length = len(str(value).encode("utf-16-le", "replace")) // 2
        if length > LONGEST_PART:
            return f"{name} has {length} characters: this server takes at most {LONGEST_PART} in a part of a path"
    return None


def _hint(template: str) -> str:
    for beginning, instead in OLDER_SERVERS.items():
        if template.startswith(beginning):
            return f"this server does not have the endpoint; {instead}"
    return "this server does not have the endpoint: it is older or newer than it, or base_url is not its root"


def _body(response: Response) -> Mapping[str, Any]:
    try:
        body = json.loads(response.body)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _plain(response: Response) -> str:
    """What can be said of an answer that says nothing itself: HTML, nothing, a redirect."""
    said = f"the server answered {response.status}"
    location = response.header("location")
    if 300 <= response.status < 400 and location:
        return f"{said}: a redirect to {_without_query(location)}, not followed"
    kind = (response.header("content-type") or "").partition(";")[0].strip()
    if not response.body:
        return f"{said} with an empty body"
    return f"{said} with {kind}, not an error of Infisical's" if kind and kind != "application/json" else said


def _without_query(location: str) -> str:
    try:
        parts = urlsplit(location)
    except ValueError:
        return "somewhere else"
    host = parts.netloc.rpartition("@")[2]
    scheme = f"{parts.scheme}:" if parts.scheme else ""
    return f"{scheme}//{host}{parts.path}" if host else parts.path


def _message(message: object) -> str | None:
    """A text, or the list of issues of the server's validator."""
    if isinstance(message, list):
        return "; ".join(_issue(issue) for issue in message)
    return _text(message)


def _details(body: Mapping[str, Any]) -> Any:
    """The body's details; the issues of the server's validator stand in its message."""
    found = body.get("details")
    said = body.get("message")
    return said if found is None and said and isinstance(said, list) else found


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _issue(issue: object) -> str:
    if not isinstance(issue, dict):
        return str(issue)
    path = issue.get("path")
    where = ".".join(str(part) for part in path) if isinstance(path, list) else ""
    said = issue.get("message") or issue.get("code") or "is not valid"
    return f"{where}: {said}" if where else str(said)


UNITS: Mapping[str, float] = {"second": 1.0, "minute": 60.0, "hour": 3600.0}


def retry_after(response: Response, message: str = "") -> float | None:
    """Return in how many seconds to come again, from whichever of the server's ways of saying it comes first."""
    header = (response.header("retry-after") or "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", header):
        return float(header)
    if (at := _date(header)) and (now := _date(response.header("date") or "")):
        return max(0.0, (at - now).total_seconds())
    if said := re.search(r"in (\d{1,9}) (second|minute|hour)s?\b", message):
        return float(said[1]) * UNITS[said[2]]
    reset = (response.header("x-ratelimit-reset") or "").strip()
    return float(reset) if re.fullmatch(r"\d{1,9}", reset) else None


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None
    return date if date.tzinfo is not None else None
