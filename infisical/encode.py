"""Encoding: Request -> Result[HttpRequest, RequestError]. Path, query and JSON body; the mirror of decode.py.

The client encodes a call once, before the chain, so that every repetition sends the same bytes. A request that cannot
be encoded is a `Failure` before anything is sent.
"""

from __future__ import annotations

import base64
import functools
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, cast
from urllib.parse import quote

from returns.result import Failure, Result, Success

from infisical.errors import RequestError
from infisical.model import NULL, Model, list_fields
from infisical.request import Base64, Body, EndlessValue, Headers, HttpRequest, Request

JSON: Final = ("Content-Type", "application/json")
DEPTH_REASON: Final = "a value that is nested too deeply, or contains itself, cannot be written"
MAX_PLACE_DEPTH: Final = 32
"""Steps of a place in a message; a value that contains itself has no end."""
ENCODER: Final = json.JSONEncoder(separators=(",", ":"), allow_nan=False, ensure_ascii=False)
_write_json = ENCODER.encode


class _InvalidRequestError(Exception):
    """The reason why a request cannot be encoded. It never leaves this module, and shows no value."""


class _InvalidValueError(Exception):
    """The reason why a value cannot be encoded; the place of the value is still unknown."""


def prepare(
    request: Request[Any], base_url: str, headers: Headers, timeout: float, max_response_bytes: int | None = None
) -> Result[HttpRequest, RequestError]:
    """Encode a request: the parts of its path one by one, then its query and its JSON body."""
    try:
        url = base_url + _fill_path(request)
        if request.query:
            url = f"{url}?{_encode_query(request.query)}"
        if request.headers:
            headers = (*headers, *[_check_header(name, value) for name, value in request.headers])
        if request.body is None:
            return Success(HttpRequest(request.method, url, headers, None, timeout, max_response_bytes, request))
        body = _write_json(_to_object(request.body)).encode()
    except _InvalidRequestError as cause:
        return Failure(_make_error(request, str(cause)))
    except Exception as cause:  # of any value in the request
        return Failure(_make_error(request, _explain(request, cause)))
    return Success(HttpRequest(request.method, url, (*headers, JSON), body, timeout, max_response_bytes, request))


# ---- errors: the reason, and the place of the value
def _make_error(request: Request[Any], reason: str) -> RequestError:
    message = f"{request.method} {request.path}: {reason}"
    return RequestError(message.encode("utf-8", "backslashreplace").decode())  # a name may hold half a surrogate pair


def _explain(request: Request[Any], cause: Exception) -> str:
    """Name the reason for an exception, and the place of the value that raised it."""
    try:
        if not all(isinstance(name, str) for name, _ in request.query):
            return "a name in the query is not a string"
        return f"{_name_reason(cause)}{_find_place(request)}"
    except Exception:
        return type(cause).__name__


def _name_reason(cause: Exception) -> str:
    if isinstance(cause, _InvalidValueError):
        return str(cause)
    if isinstance(cause, UnicodeEncodeError):
        return "text with half a surrogate pair has no form in UTF-8"
    if isinstance(cause, RecursionError):
        return DEPTH_REASON
    return "a number is not finite, or too long" if isinstance(cause, ValueError) else type(cause).__name__


def _find_place(request: Request[Any]) -> str:
    """Find the value that cannot be encoded, by encoding each value of the request alone."""
    for name, value in request.query:
        if not _can_encode(_encode_pair, (name, value)):
            return f", at {name}"
    place, value = "", request.body
    for _ in range(MAX_PLACE_DEPTH):
        inner = next(((step, item) for step, item in _list_items(value) if not _can_encode(_encode_json, item)), None)
        if inner is None:
            break
        place, value = f"{place}{inner[0]}", inner[1]
    return f", at {place.removeprefix('.')}" if place else ""


def _encode_pair(pair: tuple[str, Any]) -> str:
    return _encode_query((pair,))


def _encode_json(value: Any) -> bytes:
    return _write_json(_to_json(value)).encode()


def _list_items(value: Any) -> Iterable[tuple[str, Any]]:
    if isinstance(value, Mapping):
        return [(f".{name}", item) for name, item in value.items()]
    if isinstance(value, (tuple, list)):
        return [(f"[{index}]", item) for index, item in enumerate(value)]
    if isinstance(value, Model):
        return [(f".{name}", getattr(value, f.name)) for f, name in list_fields(type(value))]
    return []


def _can_encode(encode: Callable[[Any], object], value: Any) -> bool:
    try:
        encode(value)
    except Exception:
        return False
    return True


# ---- path
def _fill_path(request: Request[Any]) -> str:
    names, form = _parse_template(request.path)
    pairs = request.parts
    if len(pairs) == 1 == len(names) and pairs[0][0] == names[0]:  # nearly always
        return form % _encode_part(*pairs[0])
    parts = dict(pairs)
    if len(parts) != len(names) or any(name not in parts for name in names):
        raise _InvalidRequestError(f"the path takes {', '.join(names) or 'no parts'}, not {', '.join(parts) or 'none'}")
    return form % tuple([_encode_part(name, parts[name]) for name in names])


@functools.lru_cache(maxsize=1024)
def _parse_template(path: str) -> tuple[tuple[str, ...], str]:
    """Return the names in a path template, and the template as a %-form; refuse a path that could lead elsewhere."""
    plain = re.sub(r"\{[^\W\d]\w*\}", "x", path)
    if not re.fullmatch(r"(/([\w.~!$&'()*+,;=:@-]|%[\da-fA-F]{2})+)+/?", plain, re.ASCII) or _has_dots(plain):
        raise _InvalidRequestError("a path is /like/{this}, from the root, without query, dotted or empty parts")
    return tuple(re.findall(r"\{(\w+)\}", path)), re.sub(r"\{\w+\}", "%s", path.replace("%", "%%"))


def _has_dots(path: str) -> bool:
    """True if a part of the path is `.` or `..`, percent-encoded or not."""
    return any(part.replace("%2e", ".").replace("%2E", ".") in (".", "..") for part in path.split("/"))


def _encode_part(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise _InvalidRequestError(f"{name} must be a string, not {type(value).__name__}")
    if value in ("", ".", ".."):
        raise _InvalidRequestError(f"{name} cannot be {value!r}")
    try:
        return _quote(value)
    except UnicodeEncodeError as cause:
        raise _InvalidRequestError(f"{name}: {_name_reason(cause)}") from None


def _quote(text: str) -> str:
    """Percent-encode a text. The first test serves ids and slugs, which nearly all are."""
    is_plain = text.isascii() and text.replace("-", "").replace("_", "").isalnum()
    return text if is_plain else quote(text, safe="")


# ---- query and headers
def _encode_query(query: tuple[tuple[str, Any], ...]) -> str:
    return "&".join([f"{_quote(name)}={_quote(_to_text(value))}" for name, value in query])


def _to_text(value: object) -> str:
    """Write a query value as the server reads it: booleans as true and false, lists as one text with commas."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return int.__repr__(value)  # an enum too is written as its number, as in JSON
    if isinstance(value, float) and math.isfinite(value):
        return float.__repr__(value)
    if isinstance(value, (tuple, list)):
        return ",".join([_to_text(item) for item in cast("Sequence[object]", value)])
    raise _refuse(value, "a query")


def _check_header(name: object, value: object) -> tuple[str, str]:
    if not isinstance(name, str) or not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name):
        raise _InvalidRequestError("invalid header name")
    if not isinstance(value, str) or not re.fullmatch(r"[ -~\t]*", value):
        raise _InvalidRequestError(f"the header {name} has a line break, a control or a non-ASCII character in it")
    return name, value


# ---- body
def _to_object(params: Mapping[Any, Any]) -> dict[str, Any]:
    if not all(isinstance(name, str) for name in params):
        raise _InvalidValueError("a name is not a string")
    return {name: _to_json(value) for name, value in params.items() if value is not None}


def _to_json(value: Any) -> Any:
    """Convert a body value to JSON's types; a model by its names on the wire, without the fields that are None."""
    if isinstance(value, (str, bool, int, float)):
        return value
    if value is NULL or value is None:
        return None
    if isinstance(value, Mapping):
        return _to_object(value)
    if isinstance(value, (tuple, list)):
        return [_to_json(item) for item in cast("Sequence[Any]", value)]
    if isinstance(value, Model):
        return _to_object({name: getattr(value, f.name) for f, name in list_fields(type(value))})
    if isinstance(value, Base64):
        return _to_base64(value.data)
    raise _refuse(value, "JSON")


def _to_base64(data: object) -> str:
    if isinstance(data, str):
        data = data.encode()
    if not isinstance(data, (bytes, bytearray, memoryview)):
        raise _InvalidRequestError(f"bytes or text expected, not {type(data).__name__}")
    return base64.b64encode(data).decode()


def _refuse(value: object, target: str) -> _InvalidValueError:
    """Make the exception for a value that the target has no form for."""
    if isinstance(value, EndlessValue):
        return _InvalidValueError(DEPTH_REASON)
    kind = "dict" if isinstance(value, Body) else type(value).__name__  # as the caller knows it
    return _InvalidValueError(f"{kind} has no form in {target}")
