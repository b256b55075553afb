"""The server: `handle(state, request)`, one request answered as an Infisical would, as a function of values.

The order is the server's own: the route, the credential, the body, the rate limit, validation, the handler; then
errors, ETags and headers. What a route answers is in routes/; no I/O, no clock.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from infisical.memory import access
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
"""Of a query or a form."""
NO_ROUTE_ERROR: Final = "Not Found"
"""The framework's error for a path that it does not know, which bears no id; the server's own is `NotFound`."""
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
"""Calls in a minute, as hosted servers allow them; for `rate_limits`."""


def handle(state: State, request: HttpRequest, *, now: float) -> tuple[State, Response]:
    """Answer a request: the next state and the response; equal arguments give equal results. `now` is in seconds."""
    url = urlsplit(request.url)
    path = url.path or "/"
    if request.method == "OPTIONS":
        return state, Response(204, (("content-length", "0"),), b"")
    generation = state.settings.generation
    method = "GET" if request.method == "HEAD" else request.method
    found = match_route(generation, method, path)
    if found is None:
        missing = {"message": f"Route {request.method}:{path} not found", "error": NO_ROUTE_ERROR, "statusCode": 404}
        return state, _render_json(request, 404, missing, ())
    route, parameters = found
    headers: tuple[tuple[str, str], ...] = ()
    draft = Draft(state)
    try:
        caller = access.authenticate(draft, request, now)
        access.admit(route, caller, request)
        content = _parse_body(route, request)
        state = draft.finish()  # a use of a token counts, whatever becomes of the request
        draft = Draft(state)
        if route.limit is not None and state.settings.rate_limits is not None:
            headers = _count_request(draft, state.settings.rate_limits, route.limit, now)
            state = draft.finish()
            draft = Draft(state)
        call = Call(draft, request, now, parameters, caller=caller)
        call.sent = content if isinstance(content, dict) else {}
        call.query, call.body = _validate(state, route, url.query, content)
        answer = route.handler(call)
    except Refusal as refused:
        if refused.keep:
            state = draft.finish()
        return _render_refusal(state, request, refused, headers)
    except (RecursionError, OverflowError):  # JSON nested too deeply; a date after the year 9999
        return _render_refusal(state, request, internal_error(), headers)
    state = draft.finish()
    if isinstance(answer, PlainText):
        return state, _render_response(request, 200, answer.text.encode(), headers, "text/plain; charset=utf-8")
    if answer is None:
        return state, Response(200, (*headers, ("content-length", "0")), b"")
    return state, _render_json(request, 200, answer, headers)


# ---- what was sent
def _parse_body(route: Route, request: HttpRequest) -> Any:
    """Return what a body says, ABSENT if there is none: JSON, a form's fields, or text as it is."""
    if request.method in ("GET", "HEAD"):
        return ABSENT_MARK
    kind = next((value for name, value in request.headers if name.lower() == "content-type"), "")
    kind = kind.partition(";")[0].strip().lower()
    if request.method == "DELETE" and (not request.body or not kind):
        return ABSENT_MARK  # the framework reads the body of a DELETE only if both are there
    if not request.body:
        if kind in JSON_TYPES:
            raise internal_error()  # the framework's own refusal of an empty JSON body
        return {} if kind == FORM_TYPE else ABSENT_MARK
    if len(request.body) > route.most_bytes:
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
    """Refuse NaN and Infinity, which Python would read."""
    raise ValueError(constant)


def _validate(state: State, route: Route, query: str, content: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return query and body as the route's fields read them; refuse what they cannot."""
    issues: Issues = []
    read_query: Any = {}
    if route.query is not None:
        read_query = route.query.read(_parse_query(query), (), issues)
    read_body: Any = {}
    if route.body is not None and not issues:
        read_body = route.body.read(None if content is ABSENT_MARK else content, (), issues)
    if issues:
        raise Refusal(401 if state.settings.generation == "2024-10" else 422, "ValidationFailure", issues)
    return read_query, read_body


def _parse_pairs(text: str) -> dict[str, Any]:
    """Return a query or a form by its names; a repeated name becomes a list, as the server's parser has it.

    ValueError if it has more than MOST_FIELDS.
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
    left = max(1, -int(-(since + WINDOW_SECONDS - now) // 1))
    headers = (
        ("x-ratelimit-limit", str(limit)),
        ("x-ratelimit-remaining", str(max(0, limit - count - 1))),
        ("x-ratelimit-reset", str(left)),
    )
    if count < limit:
        return headers
    wait = "1 minute" if left == WINDOW_SECONDS else f"{left} second{'' if left == 1 else 's'}"
    raise Refusal(
        429,
        "RateLimitExceeded",
        f"Rate limit exceeded. Please try again in {wait}",
        keep=True,
        headers=(*headers, ("retry-after", str(left))),
    )


# ---- what is answered
def _render_refusal(
    state: State, request: HttpRequest, refused: Refusal, headers: tuple[tuple[str, str], ...]
) -> tuple[State, Response]:
    body: dict[str, Any] = {"statusCode": refused.status, "message": refused.message, "error": refused.error}
    if state.settings.generation != "2024-10" and refused.error != NO_ROUTE_ERROR:
        draft = Draft(state)
        body = {"reqId": f"req-{draft.random_bytes(7).hex()}", **body}
        state = draft.finish()
        if refused.details is not None:
            body["details"] = refused.details
    if refused.error == "Missing bearer token":
        body = {"error": refused.error}
    return state, _render_json(request, refused.status, body, headers + refused.headers)


def _render_json(request: HttpRequest, status: int, body: Any, headers: tuple[tuple[str, str], ...]) -> Response:
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    body_bytes = text.encode("utf-8", "backslashreplace")  # half a surrogate pair is written as JSON escapes it
    return _render_response(request, status, body_bytes, headers, JSON_TYPE)


def _render_response(
    request: HttpRequest, status: int, body: bytes, headers: tuple[tuple[str, str], ...], kind: str
) -> Response:
    """Return a response with its ETag; 304 without a body where the caller has just that."""
    tag = f'"{base64.b64encode(hashlib.sha1(body, usedforsecurity=False).digest()).decode()}"'
    known = next((value for name, value in request.headers if name.lower() == "if-none-match"), None)
    if known is not None and request.method in ("GET", "HEAD") and status == 200 and tag in (known, known[2:]):
        status, body = 304, b""
    written = (*headers, ("content-type", kind), ("etag", tag), ("content-length", str(len(body))))
    return Response(status, written, b"" if request.method == "HEAD" else body)
