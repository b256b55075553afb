"""An immutable description of one call, and how it is written for the wire. No sending, no credentials here.

`Request[T]` is what an endpoint function returns: meaning, with Python values as they were given. `HttpRequest` is what
an executor sends: text and bytes. `prepare` goes from one to the other, once per call, before the chain: whatever is
sent again is sent as it was, and whatever cannot be written is a `Failure` before anything is sent.
"""

from __future__ import annotations

import base64
import functools
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, NoReturn, TypeAlias, TypeVar, cast
from urllib.parse import quote

from returns.result import Failure, Result, Success

from infisical.auth import ANY, Access
from infisical.decode import Decoder
from infisical.errors import RequestError
from infisical.model import Model, wire_names

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
Method: TypeAlias = Literal["GET", "POST", "PATCH", "PUT", "DELETE"]
Headers: TypeAlias = tuple[tuple[str, str], ...]
Params: TypeAlias = Mapping[str, object]
EMPTY: Final[Mapping[str, Any]] = MappingProxyType({})


class Null:
    """The type of `NULL`."""

    _only: Null | None = None

    def __new__(cls) -> Null:
        cls._only = cls._only or super().__new__(cls)
        return cls._only

    def __repr__(self) -> str:
        return "NULL"

    def __bool__(self) -> bool:
        return False

    def __reduce__(self) -> str:
        return "NULL"

    def __copy__(self) -> Null:
        return self

    def __deepcopy__(self, _: object) -> Null:
        return self


NULL: Final = Null()
"""JSON null, where the server tells it from absent. `None` leaves a parameter out."""


@dataclass(frozen=True, slots=True)
class Base64:
    """What a body carries as base64: bytes as they are, text as UTF-8."""

    data: bytes | str = field(repr=False)


class Body(dict[str, Any]):
    """A JSON object that cannot be changed: a dict in all but that."""

    __slots__ = ()

    def _fixed(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("the body of a Request cannot be changed; dataclasses.replace makes another Request")

    if not TYPE_CHECKING:
        __setitem__ = __delitem__ = __ior__ = clear = pop = popitem = setdefault = update = _fixed

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[Any, ...]:
        return Body, (dict(self),)


@dataclass(frozen=True, slots=True)
class Request(Generic[T_co]):
    """One call: what to ask for, who may ask, and how to read the answer. Its repr leaves body and headers out.

    `path` is a template, `parts` fill it; `query` and `body` hold Python values, written by `prepare`; `headers` is for
    what is neither of these nor the session's credential.
    """

    method: Method
    path: str
    parts: tuple[tuple[str, str], ...]
    query: tuple[tuple[str, Any], ...]
    body: Mapping[str, Any] | None = field(repr=False)
    returns: Decoder[T_co]
    auth: Access = ANY
    headers: Headers = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One message for an executor. `timeout` is the total, in seconds.

    `about` is the request that it was made from, for links that need its meaning; executors ignore it.
    """

    method: str
    url: str
    headers: Headers = field(default=(), repr=False)
    body: bytes | None = field(default=None, repr=False)
    timeout: float = 30.0
    about: Request[Any] | None = field(default=None, repr=False, compare=False)

    @property
    def auth(self) -> Access:
        """Who may make this call."""
        return ANY if self.about is None else self.about.auth

    def with_header(self, name: str, value: str) -> HttpRequest:
        """Copy it with one more header."""
        return HttpRequest(self.method, self.url, (*self.headers, (name, value)), self.body, self.timeout, self.about)


# ---- building: total, nothing here can fail
def get(
    path: str,
    parts: Mapping[str, str] = EMPTY,
    *,
    query: Params = EMPTY,
    returns: Decoder[T],
    auth: Access = ANY,
    headers: Headers = (),
) -> Request[T]:
    """Describe a GET. What is None in `query` is left out."""
    return Request("GET", path, tuple(parts.items()), _present(query), None, returns, auth, headers)


def post(
    path: str,
    parts: Mapping[str, str] = EMPTY,
    *,
    query: Params = EMPTY,
    body: Params = EMPTY,
    returns: Decoder[T],
    auth: Access = ANY,
    headers: Headers = (),
) -> Request[T]:
    """Describe a POST. It always carries a JSON body; what is None in it is left out, `NULL` is null."""
    return Request("POST", path, tuple(parts.items()), _present(query), _frozen(body), returns, auth, headers)


def patch(
    path: str,
    parts: Mapping[str, str] = EMPTY,
    *,
    query: Params = EMPTY,
    body: Params = EMPTY,
    returns: Decoder[T],
    auth: Access = ANY,
    headers: Headers = (),
) -> Request[T]:
    """Describe a PATCH; its body as in `post`."""
    return Request("PATCH", path, tuple(parts.items()), _present(query), _frozen(body), returns, auth, headers)


def put(
    path: str,
    parts: Mapping[str, str] = EMPTY,
    *,
    query: Params = EMPTY,
    body: Params = EMPTY,
    returns: Decoder[T],
    auth: Access = ANY,
    headers: Headers = (),
) -> Request[T]:
    """Describe a PUT; its body as in `post`."""
    return Request("PUT", path, tuple(parts.items()), _present(query), _frozen(body), returns, auth, headers)


def delete(
    path: str,
    parts: Mapping[str, str] = EMPTY,
    *,
    query: Params = EMPTY,
    body: Params | None = None,
    returns: Decoder[T],
    auth: Access = ANY,
    headers: Headers = (),
) -> Request[T]:
    """Describe a DELETE: with a JSON body only if one is given."""
    written = None if body is None else _frozen(body)
    return Request("DELETE", path, tuple(parts.items()), _present(query), written, returns, auth, headers)


def _present(params: Params) -> tuple[tuple[str, Any], ...]:
    return tuple([(name, _copied(value)) for name, value in params.items() if value is not None])


def _frozen(params: Mapping[Any, object]) -> Body:
    return Body({name: _copied(value) for name, value in params.items() if value is not None})


def _copied(value: object) -> Any:
    """A copy that nobody can change: sequences as tuples, mappings as `Body`; models are frozen already."""
    if isinstance(value, str):
        return value
    try:
        return _deep_copied(value)
    except RecursionError:
        return _Endless()


class _Endless:
    """What stands for a value that holds itself, or nearly: nothing can write it, so that `prepare` refuses it."""


def _deep_copied(value: object) -> Any:
    if isinstance(value, Mapping):
        given = cast("Mapping[Any, object]", value)
        return Body({name: _deep_copied(item) for name, item in given.items() if item is not None})
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray)):
        return tuple([_deep_copied(item) for item in cast("Sequence[object]", value)])
    return value


# ---- writing
def prepare(
    request: Request[Any], base_url: str, headers: Headers, timeout: float
) -> Result[HttpRequest, RequestError]:
    """Write a request for the wire: path parts encoded one by one, query and JSON body as text."""
    try:
        url = base_url + _path(request)
        if request.query:
            url = f"{url}?{_written(request.query)}"
        if request.headers:
            headers = (*headers, *((name, _header(value)) for name, value in request.headers))
        if request.body is None:
            return Success(HttpRequest(request.method, url, headers, None, timeout, request))
        body = _encode(_object(request.body)).encode()
    except _CannotWriteError as cause:
        return Failure(RequestError(f"{request.method} {request.path}: {cause}"))
    except (TypeError, ValueError, RecursionError) as cause:
        return Failure(RequestError(f"{request.method} {request.path} cannot be written: {type(cause).__name__}"))
    return Success(HttpRequest(request.method, url, (*headers, JSON), body, timeout, request))


JSON: Final = ("Content-Type", "application/json")
_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False, ensure_ascii=False).encode


class _CannotWriteError(Exception):
    """Why a request cannot be written; it never leaves this file, and never shows a value."""


def _path(request: Request[Any]) -> str:
    names, template = _template(request.path)
    if not names and not request.parts:
        return template
    parts = dict(request.parts)
    if len(parts) != len(names) or any(name not in parts for name in names):
        raise _CannotWriteError(f"the path takes {', '.join(names) or 'no parts'}, not {', '.join(parts) or 'none'}")
    return template.format_map({name: _part(name, parts[name]) for name in names})


@functools.lru_cache(maxsize=1024)
def _template(path: str) -> tuple[tuple[str, ...], str]:
    """The names in a path template; a path that could lead elsewhere is refused."""
    plain = re.sub(r"\{\w+\}", "x", path)
    if not re.fullmatch(r"(/[\w.~!$&'()*+,;=:@%-]+)+/?", plain, re.ASCII) or _dotted(plain):
        raise _CannotWriteError("a path is /like/{this}, from the root, without query, dotted or empty parts")
    return tuple(re.findall(r"\{(\w+)\}", path)), path


def _dotted(path: str) -> bool:
    return any(part.replace("%2e", ".").replace("%2E", ".") in (".", "..") for part in path.split("/"))


def _part(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise _CannotWriteError(f"{name} must be a string, not {type(value).__name__}")
    if value in ("", ".", ".."):
        raise _CannotWriteError(f"{name} cannot be {value!r}")
    return quote(value, safe="")


def _written(query: tuple[tuple[str, Any], ...]) -> str:
    return "&".join(
        [
            f"{name if name.isidentifier() and name.isascii() else quote(name, safe='')}={quote(_text(value), safe='')}"
            for name, value in query
        ]
    )


def _text(value: object) -> str:
    """A query value: booleans as true and false, lists as one text with commas."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return str(value)
    if isinstance(value, tuple):
        return ",".join([_text(item) for item in cast("tuple[object, ...]", value)])
    raise _CannotWriteError(f"{type(value).__name__} has no form in a query")


def _header(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[ -~\t]*", value):
        raise _CannotWriteError("a header value has a line break, a control or a non-ASCII character in it")
    return value


def _object(params: Mapping[Any, Any]) -> dict[str, Any]:
    if not all(isinstance(name, str) for name in params):
        raise _CannotWriteError("a name in the body is not a string")
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
        return _object({name: getattr(value, f.name) for f, name in wire_names(type(value))})
    if isinstance(value, Base64):
        return _base64(value.data)
    raise _CannotWriteError(f"{type(value).__name__} has no form in JSON")


def _base64(data: object) -> str:
    if isinstance(data, str):
        data = data.encode()
    if not isinstance(data, (bytes, bytearray, memoryview)):
        raise _CannotWriteError(f"bytes or text expected, not {type(data).__name__}")
    return base64.b64encode(data).decode()
