"""The server: `handle(state, request)` answers one request as an Infisical would, as a pure function.

The order of the steps is the real server's: route, credential, body, rate limit, validation, handler; then errors,
ETags and headers. The groups' modules hold the handlers. No I/O and no clock belong here.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from infisical.memory import access
from infisical.memory.accidents import refuse_malformed_id, refuse_null_characters
from infisical.memory.call import Call
from infisical.memory.refusals import Refusal, bad_request, internal_error
from infisical.memory.routing import PlainText, Route, match_route
from infisical.memory.state import Draft, State
from infisical.memory.validation import ABSENT_MARK, Issues
from infisical.request import HttpRequest
from infisical.response import Response

JSON_TYPE: Final = "application/json; charset=utf-8"
JSON_TYPES: Final = ("application/json", "application/scim+json")
FORM_TYPE: Final = "application/x-www-form-urlencoded"
MAX_FIELDS: Final = 10_000
"""The limit of fields in a query or a form."""
NO_ROUTE_ERROR: Final = "Not Found"
"""The framework's error for an unknown path; it has no request id. The server's own error is `NotFound`."""
WINDOW_SECONDS: Final = 60
RATE_TABLE: Final = "rate"  # the limiter's class -> since (seconds), count
DEFAULT_LIMITS: Final[Mapping[str, int]] = {
    "read": 60,
    "write": 200,
    "secrets": 60,
    "auth": 60,
    "publicEndpoint": 30,
    "inviteUser": 30,
    "mfa": 20,
    "identityCreation": 30,
    "projectCreation": 30,
    "secretSharing": 5,
    "invalidateCache": 2,
}
"""Calls per minute that hosted servers allow, for `rate_limits`."""


def handle(state: State, request: HttpRequest, *, now: float) -> tuple[State, Response]:
    """Answer a request: return the next state and the response.

    `now` is in seconds since the epoch. Equal arguments give equal results, except for asymmetric keys and signatures.
    """
    url = urlsplit(request.url)
    path = url.path or "/"
    if request.method == "OPTIONS":
        return state, Response(204, (("content-length", "0"),), b"")
    generation = state.settings.generation
    method = "GET" if request.method == "HEAD" else request.method
    match = match_route(generation, method, path)
    if match is None:
        target = f"{path}{url.query and '?'}{url.query}"
        body = {"message": f"Route {request.method}:{target} not found", "error": NO_ROUTE_ERROR, "statusCode": 404}
        return state, _render_json(request, 404, body, ())
    route, parameters = match
    headers: tuple[tuple[str, str], ...] = ()
    draft = Draft(state)
    try:
        caller = access.authenticate(draft, request, now)
        access.admit(route, caller, request)
        content = _parse_body(route, request)
        state = draft.finish()  # a use of a token counts even if the request fails later
        draft = Draft(state)
        if route.limit is not None and state.settings.rate_limits is not None:
            headers = _count_request(draft, state.settings.rate_limits, route.limit, now)
            state = draft.finish()
            draft = Draft(state)
        call = Call(draft, request, now, parameters, caller=caller)
        call.raw_body = content if isinstance(content, dict) else {}
        call.query, call.body = _validate(state, route, url.query, content)
        if call.is_2024:
            refuse_malformed_id(call, route.method, route.path)
            refuse_null_characters(call)
        answer = route.handler(call)
    except Refusal as refusal:
        if refusal.keep:
            state = draft.finish()
        return _render_refusal(state, request, refusal, headers)
    except (RecursionError, OverflowError):  # JSON nested too deeply; a date after the year 9999
        return _render_refusal(state, request, internal_error(), headers)
    state = draft.finish()
    if isinstance(answer, PlainText):
        return state, _render_response(request, 200, answer.text.encode(), headers, "text/plain; charset=utf-8")
    if answer is None:
        return state, Response(200, (*headers, ("content-length", "0")), b"")
    return state, _render_json(request, 200, answer, headers)


# ---- the request
def _parse_body(route: Route, request: HttpRequest) -> Any:
    """Parse a body: JSON, the fields of a form, or plain text; ABSENT_MARK if there is no body."""
    if request.method in ("GET", "HEAD"):
        return ABSENT_MARK
    kind = next((value for name, value in request.headers if name.lower() == "content-type"), "")
    kind = kind.partition(";")[0].strip().lower()
    if request.method == "DELETE" and (not request.body or not kind):
        return ABSENT_MARK  # the framework reads the body of a DELETE only if it has a content type
    if not request.body:
        if kind in JSON_TYPES:
            raise internal_error()  # the framework itself refuses an empty JSON body
        return {} if kind == FORM_TYPE else ABSENT_MARK
    if len(request.body) > route.max_bytes:
        raise internal_error()
    try:
        if kind in JSON_TYPES:
            return json.loads(request.body, parse_constant=_refuse_constant)
        if kind == FORM_TYPE:
            return _parse_pairs(request.body.decode("utf-8", "replace"))
        if kind == "text/plain":
            return request.body.decode("utf-8", "replace")
    except (ValueError, RecursionError):
        raise internal_error() from None
    raise internal_error()


def _refuse_constant(constant: str) -> None:
    """Refuse NaN and Infinity, which Python's parser accepts."""
    raise ValueError(constant)


def _validate(state: State, route: Route, query: str, content: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Validate query and body by the fields of the route; refuse them if there are issues."""
    issues: Issues = []
    checked_query: Any = {}
    if route.query is not None:
        checked_query = route.query.read(_parse_query(query), (), issues)
    checked_body: Any = {}
    if route.body is not None and not issues:
        checked_body = route.body.read(None if content is ABSENT_MARK else content, (), issues)
    if issues:
        raise Refusal(401 if state.settings.generation == "2024-10" else 422, "ValidationFailure", issues)
    return checked_query, checked_body


def _parse_pairs(text: str) -> dict[str, Any]:
    """Parse a query or a form into a dict; a repeated name gets a list of values, as in the server's parser.

    Raise ValueError if there are more than MAX_FIELDS fields.
    """
    pairs: dict[str, list[str]] = {}
    for name, value in parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS):
        pairs.setdefault(name, []).append(value)
    return {name: values if len(values) > 1 else values[0] for name, values in pairs.items()}


def _parse_query(text: str) -> dict[str, Any]:
    try:
        return _parse_pairs(text)
    except ValueError:
        raise bad_request(f"The query has more than {MAX_FIELDS} fields") from None


# ---- the rate limiter
def _count_request(draft: Draft, limits: Any, kind: str, now: float) -> tuple[tuple[str, str], ...]:
    limit = limits.get(kind)
    if limit is None:
        return ()
    row = draft.get(RATE_TABLE, kind)
    since, count = (row["since"], row["count"]) if row is not None and now < row["since"] + WINDOW_SECONDS else (now, 0)
    draft.put(RATE_TABLE, kind, {"since": since, "count": count + 1})
    seconds_left = max(1, -int(-(since + WINDOW_SECONDS - now) // 1))
    headers = (
        ("x-ratelimit-limit", str(limit)),
        ("x-ratelimit-remaining", str(max(0, limit - count - 1))),
        ("x-ratelimit-reset", str(seconds_left)),
    )
    if count < limit:
        return headers
    wait = "1 minute" if seconds_left == WINDOW_SECONDS else f"{seconds_left} second{'' if seconds_left == 1 else 's'}"
    raise Refusal(
        429,
        "RateLimitExceeded",
        f"Rate limit exceeded. Please try again in {wait}",
        keep=True,
        headers=(*headers, ("retry-after", str(seconds_left))),
    )


# ---- the response
def _render_refusal(
    state: State, request: HttpRequest, refusal: Refusal, headers: tuple[tuple[str, str], ...]
) -> tuple[State, Response]:
    body: dict[str, Any] = {"statusCode": refusal.status, "message": refusal.message, "error": refusal.error}
    if state.settings.generation != "2024-10" and refusal.error != NO_ROUTE_ERROR:
        draft = Draft(state)
        body = {"reqId": f"req-{draft.random_bytes(7).hex()}", **body}
        state = draft.finish()
        if refusal.details is not None:
            body["details"] = refusal.details
    if refusal.error == "Missing bearer token":
        body = {"error": refusal.error}
    return state, _render_json(request, refusal.status, body, headers + refusal.headers)


def _render_json(request: HttpRequest, status: int, body: Any, headers: tuple[tuple[str, str], ...]) -> Response:
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    content = text.encode("utf-8", "backslashreplace")  # an unpaired surrogate becomes a JSON escape
    return _render_response(request, status, content, headers, JSON_TYPE)


def _render_response(
    request: HttpRequest, status: int, body: bytes, headers: tuple[tuple[str, str], ...], kind: str
) -> Response:
    """Return a response with its ETag, or 304 without a body if the caller already has this version."""
    tag = f'"{base64.b64encode(hashlib.sha1(body, usedforsecurity=False).digest()).decode()}"'
    known_tag = next((value for name, value in request.headers if name.lower() == "if-none-match"), None)
    if (
        known_tag is not None
        and request.method in ("GET", "HEAD")
        and status == 200
        and tag in (known_tag, known_tag[2:])
    ):
        status, body = 304, b""
    all_headers = (*headers, ("content-type", kind), ("etag", tag), ("content-length", str(len(body))))
    return Response(status, all_headers, b"" if request.method == "HEAD" else body)
