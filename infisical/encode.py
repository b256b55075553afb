"""Encoding: Request -> Result[HttpRequest, RequestError]. Path, query and JSON body; the mirror of decode.py.

A call is encoded once, before the chain: whatever is sent again is sent as it was. A request that cannot be encoded is
a `Failure` before anything is sent.
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
from infisical.request import Base64, Body, Endless, Headers, HttpRequest, Request


def prepare(
    request: Request[Any], base_url: str, headers: Headers, timeout: float, max_response_bytes: int | None = None
) -> Result[HttpRequest, RequestError]:
    """Write a request for the wire: path parts encoded one by one, query and JSON body as text."""
    try:
        url = base_url + _path(request)
        if request.query:
            url = f"{url}?{_written(request.query)}"
        if request.headers:
            headers = (*headers, *[_header(name, value) for name, value in request.headers])
        if request.body is None:
            return Success(HttpRequest(request.method, url, headers, None, timeout, max_response_bytes, request))
        body = _encode(_object(request.body)).encode()
    except _CannotWriteError as cause:
        return Failure(_refusal(request, str(cause)))
    except Exception as cause:  # whatever stands in the request
        return Failure(_refusal(request, _explained(request, cause)))
    return Success(HttpRequest(request.method, url, (*headers, JSON), body, timeout, max_response_bytes, request))


ENDLESS: Final = "a value that is nested too deeply, or holds itself, cannot be written"
JSON: Final = ("Content-Type", "application/json")
_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False, ensure_ascii=False).encode


class _CannotWriteError(Exception):
    """Why a request cannot be written, and what of it; it never leaves this file, and never shows a value."""


class _NoFormError(Exception):
    """A value that cannot be written; where it stands is looked for afterwards."""


def _refusal(request: Request[Any], why: str) -> RequestError:
    message = f"{request.method} {request.path}: {why}"
    return RequestError(message.encode("utf-8", "backslashreplace").decode())  # whatever a name is made of


def _explained(request: Request[Any], cause: Exception) -> str:
    """Why a request cannot be written, and what of it, whatever was raised."""
    try:
        if not all(isinstance(name, str) for name, _ in request.query):
            return "a name in the query is not a string"
        return f"{_reason(cause)}{_place(request)}"
    except Exception:
        return type(cause).__name__


def _reason(cause: Exception) -> str:
    if isinstance(cause, _NoFormError):
        return str(cause)
    if isinstance(cause, UnicodeEncodeError):
        return "text with half a surrogate pair has no form in UTF-8"
    if isinstance(cause, RecursionError):
        return ENDLESS
    return "a number is not finite, or too long" if isinstance(cause, ValueError) else type(cause).__name__


def _place(request: Request[Any]) -> str:
    """Where the value stands that cannot be written: found by writing one after the other what stands beside it."""
    for name, value in request.query:
        if _fails(_parameter, (name, value)):
            return f", at {name}"
    place, value = "", request.body
    for _ in range(32):  # no deeper: it may hold itself
        found = next(((step, item) for step, item in _inside(value) if _fails(_json_text, item)), None)
        if found is None:
            break
        place, value = f"{place}{found[0]}", found[1]
    return f", at {place.removeprefix('.')}" if place else ""


def _parameter(pair: tuple[str, Any]) -> str:
    return _written((pair,))


def _json_text(value: Any) -> bytes:
    return _encode(_json(value)).encode()


def _inside(value: Any) -> Iterable[tuple[str, Any]]:
    if isinstance(value, Mapping):
        return [(f".{name}", item) for name, item in value.items()]
    if isinstance(value, (tuple, list)):
        return [(f"[{index}]", item) for index, item in enumerate(value)]
    if isinstance(value, Model):
        return [(f".{name}", getattr(value, f.name)) for f, name in list_fields(type(value))]
    return []


def _fails(write: Callable[[Any], object], value: Any) -> bool:
    try:
        write(value)
    except Exception:
        return True
    return False


def _path(request: Request[Any]) -> str:
    names, form = _template(request.path)
    given = request.parts
    if len(given) == 1 == len(names) and given[0][0] == names[0]:  # nearly always
        return form % _part(*given[0])
    parts = dict(given)
    if len(parts) != len(names) or any(name not in parts for name in names):
        raise _CannotWriteError(f"the path takes {', '.join(names) or 'no parts'}, not {', '.join(parts) or 'none'}")
    return form % tuple([_part(name, parts[name]) for name in names])


@functools.lru_cache(maxsize=1024)
def _template(path: str) -> tuple[tuple[str, ...], str]:
    """The names in a path template, and it as a %-form; a path that could lead elsewhere is refused."""
    plain = re.sub(r"\{[^\W\d]\w*\}", "x", path)
    if not re.fullmatch(r"(/([\w.~!$&'()*+,;=:@-]|%[\da-fA-F]{2})+)+/?", plain, re.ASCII) or _dotted(plain):
        raise _CannotWriteError("a path is /like/{this}, from the root, without query, dotted or empty parts")
    return tuple(re.findall(r"\{(\w+)\}", path)), re.sub(r"\{\w+\}", "%s", path.replace("%", "%%"))


def _dotted(path: str) -> bool:
    return any(part.replace("%2e", ".").replace("%2E", ".") in (".", "..") for part in path.split("/"))


def _part(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise _CannotWriteError(f"{name} must be a string, not {type(value).__name__}")
    if value in ("", ".", ".."):
        raise _CannotWriteError(f"{name} cannot be {value!r}")
    try:
        return _quoted(value)
    except UnicodeEncodeError as cause:
        raise _CannotWriteError(f"{name}: {_reason(cause)}") from None


def _quoted(text: str) -> str:
    """Percent-encode a text, all of it; most are ids and slugs, which have nothing to encode."""
    plain = text.isascii() and text.replace("-", "").replace("_", "").isalnum()
    return text if plain else quote(text, safe="")


def _written(query: tuple[tuple[str, Any], ...]) -> str:
    return "&".join([f"{_quoted(name)}={_quoted(_text(value))}" for name, value in query])


def _text(value: object) -> str:
    """A query value: booleans as true and false, lists as one text with commas."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return int.__repr__(value)  # of an enum too, as JSON has it
    if isinstance(value, float) and math.isfinite(value):
        return float.__repr__(value)
    if isinstance(value, (tuple, list)):
        return ",".join([_text(item) for item in cast("Sequence[object]", value)])
    raise _no_form(value, "a query")


def _no_form(value: object, where: str) -> _NoFormError:
    if isinstance(value, Endless):
        return _NoFormError(ENDLESS)
    kind = "dict" if isinstance(value, Body) else type(value).__name__  # as the caller knows it
    return _NoFormError(f"{kind} has no form in {where}")


def _header(name: object, value: object) -> tuple[str, str]:
    if not isinstance(name, str) or not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name):
        raise _CannotWriteError("a header has a name that is none")
    if not isinstance(value, str) or not re.fullmatch(r"[ -~\t]*", value):
        raise _CannotWriteError(f"the header {name} has a line break, a control or a non-ASCII character in it")
    return name, value


def _object(params: Mapping[Any, Any]) -> dict[str, Any]:
    if not all(isinstance(name, str) for name in params):
        raise _NoFormError("a name is not a string")
    return {name: _json(value) for name, value in params.items() if value is not None}


def _json(value: Any) -> Any:
    """A body value as JSON has it; a model by its names on the wire, without what it leaves out."""
    if isinstance(value, (str, bool, int, float)):
        return value
    if value is NULL or value is None:
        return None
    if isinstance(value, Mapping):
        return _object(value)
    if isinstance(value, (tuple, list)):
        return [_json(item) for item in cast("Sequence[Any]", value)]
    if isinstance(value, Model):
        return _object({name: getattr(value, f.name) for f, name in list_fields(type(value))})
    if isinstance(value, Base64):
        return _base64(value.data)
    raise _no_form(value, "JSON")


def _base64(data: object) -> str:
    if isinstance(data, str):
        data = data.encode()
    if not isinstance(data, (bytes, bytearray, memoryview)):
        raise _CannotWriteError(f"bytes or text expected, not {type(data).__name__}")
    return base64.b64encode(data).decode()
