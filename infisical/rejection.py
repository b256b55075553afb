"""Rejections: a response outside 200-299 as an `InfisicalApiError`, and what such a response says.

The body is parsed once and the result stays with the response. What a refusal leads to (a login, a retry) is decided in
middleware/.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit

from infisical.errors import (
    BadRequestError,
    ForbiddenError,
    InfisicalApiError,
    InternalServerError,
    NotFoundError,
    RateLimitError,
    UnauthorizedError,
    ValidationError,
    with_hint,
)
from infisical.redaction import SecretIndex, find_secrets, mask, mask_value
from infisical.request import HttpRequest
from infisical.response import Response

ERROR_CLASSES: Final[Mapping[int, type[InfisicalApiError]]] = {
    400: BadRequestError,
    401: UnauthorizedError,
    403: ForbiddenError,
    404: NotFoundError,
    422: ValidationError,
    429: RateLimitError,
}
"""The class of an error by its status; a 5xx is an `InternalServerError`."""
ENDPOINT_REMEDIES: Final[Mapping[str, str]] = {
    "/api/v4/secrets": "client.secrets_v3 speaks to servers before v4",
    "/api/v2/folders": "servers that lack it have /api/v1/folders: run a hand-made Request for it",
}
"""The remedy where an older server lacks a route, by the beginning of its template."""
MAX_PART_LENGTH: Final = 100
"""UTF-16 units of one part of a path; for a longer part the server's router finds no route."""
UNITS: Final[Mapping[str, float]] = {"second": 1.0, "minute": 60.0, "hour": 3600.0}


@dataclass(frozen=True, slots=True)
class Rejection:
    """The body of a rejecting response, as far as it is an error of Infisical: each field None where it is absent.

    `message` is a text, or the list of issues of the server's validator.
    """

    error_type: str | None = None
    message: Any = None
    request_id: str | None = None
    details: Any = None


def parse_rejection(response: Response) -> Rejection:
    """Parse the body of a response, or return what an earlier call parsed; empty for a body that is no JSON object."""
    try:
        known: Rejection = response._rejection
    except AttributeError:
        known = _parse(response.body)
        object.__setattr__(response, "_rejection", known)
    return known


def _parse(body: bytes) -> Rejection:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return Rejection()
    if not isinstance(document, dict):
        return Rejection()
    get = document.get
    return Rejection(_as_text(get("error")), get("message"), _as_text(get("reqId")), get("details"))


def _as_text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def collect_secrets(request: HttpRequest) -> frozenset[str]:
    """Collect the secrets of a request: credentials in its headers, and secret fields of its body."""
    own = () if request.about is None else request.about.headers
    return find_secrets((*request.headers, *(("authorization", value) for _, value in own)), request.body)


# ---- the error of a response
def make_error(
    response: Response,
    method: str = "",
    template: str = "",
    secrets: Collection[str] = (),
    parts: Collection[tuple[str, str]] = (),
) -> InfisicalApiError:
    """Make the error for a response outside 200-299, whatever its body holds.

    `secrets` are those of the request: the error masks them where the server echoes them. `parts` are the names and
    values that fill the template.
    """
    index = SecretIndex(secrets)
    try:
        return _make_error(response, parse_rejection(response), method, template, index, parts)
    except RecursionError:  # the body is nested too deeply for a search
        return _make_error(response, Rejection(), method, template, index, parts)


def _make_error(
    response: Response,
    rejection: Rejection,
    method: str,
    template: str,
    secrets: SecretIndex,
    parts: Collection[tuple[str, str]],
) -> InfisicalApiError:
    kind = rejection.error_type
    request_id = rejection.request_id or response.header("x-request-id")
    message = _format_message(rejection.message) or kind or _describe(response)
    error = _choose_class(response.status, kind)(
        mask(_append_reason(message, kind), secrets),
        status_code=response.status,
        error_type=kind and mask(kind, secrets),
        request_id=request_id and mask(request_id, secrets),
        details=mask_value(_choose_details(rejection), secrets),
        method=method,
        template=template,
    )
    if response.attempts > 1:
        error.attempts = response.attempts
    if isinstance(error, RateLimitError):
        wait = get_retry_after(response, message)
        if wait is not None:  # else the default of the class, so that hand-made errors compare equal
            error.retry_after = wait
    elif isinstance(error, NotFoundError) and kind == "Not Found" and re.match(r"Route [A-Z]+:/", message):
        long_part = _find_long_part(parts)
        if long_part is not None:  # the server has the endpoint, and its router refuses the path
            return with_hint(error, long_part)
        error.route_missing = True
        return with_hint(error, _choose_remedy(template))
    return error


def _choose_class(status: int, kind: str | None) -> type[InfisicalApiError]:
    if kind == "ValidationFailure":
        return ValidationError
    return InternalServerError if status >= 500 else ERROR_CLASSES.get(status, InfisicalApiError)


def _append_reason(message: str, kind: str | None) -> str:
    """Append the reason to the message, where an older server puts a sentence into `error` instead of a name."""
    if kind is None or " " not in kind.strip() or kind in message or _is_phrase(kind):
        return message
    return f"{message}: {kind}"


def _is_phrase(kind: str) -> bool:
    """True for the standard phrase of a status, such as `Not Found`."""
    from http import HTTPStatus  # needed after an error only

    return kind.strip().lower() in {status.phrase.lower() for status in HTTPStatus}


def _find_long_part(parts: Collection[tuple[str, str]]) -> str | None:
    for name, value in parts:
        length = len(str(value).encode("utf-16-le", "replace")) // 2
        if length > MAX_PART_LENGTH:
            return f"{name} has {length} characters: this server takes at most {MAX_PART_LENGTH} in a part of a path"
    return None


def _choose_remedy(template: str) -> str:
    for beginning, remedy in ENDPOINT_REMEDIES.items():
        if template.startswith(beginning):
            return f"this server does not have the endpoint; {remedy}"
    return "this server does not have the endpoint: it is older or newer than it, or base_url is not its root"


def _describe(response: Response) -> str:
    """Describe a response without an error message: HTML, an empty body, a redirect."""
    summary = f"the server answered {response.status}"
    location = response.header("location")
    if 300 <= response.status < 400 and location:
        return f"{summary}: a redirect to {_drop_query(location)}, not followed"
    kind = (response.header("content-type") or "").partition(";")[0].strip()
    if not response.body:
        return f"{summary} with an empty body"
    return f"{summary} with {kind}, not an error of Infisical's" if kind and kind != "application/json" else summary


def _drop_query(location: str) -> str:
    try:
        parts = urlsplit(location)
    except ValueError:
        return "somewhere else"
    host = parts.netloc.rpartition("@")[2]
    scheme = f"{parts.scheme}:" if parts.scheme else ""
    return f"{scheme}//{host}{parts.path}" if host else parts.path


def _format_message(message: object) -> str | None:
    if isinstance(message, list):
        return "; ".join(_format_issue(issue) for issue in message)
    return _as_text(message)


def _format_issue(issue: object) -> str:
    if not isinstance(issue, dict):
        return str(issue)
    path = issue.get("path")
    place = ".".join(str(part) for part in path) if isinstance(path, list) else ""
    text = issue.get("message") or issue.get("code") or "is not valid"
    return f"{place}: {text}" if place else str(text)


def _choose_details(rejection: Rejection) -> Any:
    """Return the details of the body, or the issues of the server's validator, which come as its message."""
    message = rejection.message
    return message if rejection.details is None and message and isinstance(message, list) else rejection.details


# ---- the wait that a response asks for
def get_retry_after(response: Response, message: str = "") -> float | None:
    """Return the seconds that the server asks to wait: by `Retry-After`, in its message, or by its rate limit."""
    header = (response.header("retry-after") or "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", header):
        return float(header)
    if (at := _parse_date(header)) and (now := _parse_date(response.header("date") or "")):
        return max(0.0, (at - now).total_seconds())
    if match := re.search(r"in (\d{1,9}) (second|minute|hour)s?\b", message):
        return float(match[1]) * UNITS[match[2]]
    reset = (response.header("x-ratelimit-reset") or "").strip()
    return float(reset) if re.fullmatch(r"\d{1,9}", reset) else None


def _parse_date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None
    return date if date.tzinfo is not None else None
