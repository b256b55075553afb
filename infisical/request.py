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
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, is_dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, NoReturn, TypeAlias, TypeVar, cast
from urllib.parse import quote

from returns.result import Failure, Result, Success

from infisical.auth import ANY, Access
from infisical.decode import Decoder
from infisical.errors import RequestError
from infisical.model import NULL as NULL  # exported from here: it is said in requests
from infisical.model import Model, wire_names
from infisical.model import Null as Null
from infisical.redaction import MASK, is_secret_field, recorded_url

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
Method: TypeAlias = Literal["GET", "POST", "PATCH", "PUT", "DELETE"]
Headers: TypeAlias = tuple[tuple[str, str], ...]
Params: TypeAlias = Mapping[str, object]
EMPTY: Final[Mapping[str, Any]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Base64:
    """What a body carries as base64: bytes as they are, text as UTF-8."""

    data: bytes | str = field(repr=False)

    def __post_init__(self) -> None:
        if isinstance(self.data, (bytearray, memoryview)):  # what can be changed afterwards is copied
            object.__setattr__(self, "data", bytes(self.data))


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


@dataclass(frozen=True, slots=True, repr=False)
class Request(Generic[T_co]):
    """One call: what to ask for, who may ask, and how to read the answer. Its repr leaves body and headers out.

    `path` is a template, `parts` fill it; `query` and `body` hold Python values, written by `prepare`; `headers` is for
    what is neither of these nor the session's credential. `idempotent` says of a call that is no GET that it may be
    repeated without harm.
    """

    method: Method
    path: str
    parts: tuple[tuple[str, str], ...]
    query: tuple[tuple[str, Any], ...]
    body: Mapping[str, Any] | None
    returns: Decoder[T_co]
    auth: Access = ANY
    headers: Headers = ()
    idempotent: bool = False

    def __repr__(self) -> str:
        shown = tuple((name, MASK if is_secret_field(str(name)) else value) for name, value in self.query)
        where = f"method={self.method!r}, path={self.path!r}, parts={self.parts!r}"
        return f"Request({where}, query={shown!r}, returns={self.returns!r}, auth={self.auth!r})"


@dataclass(frozen=True, slots=True, repr=False)
class HttpRequest:
    """One HTTP request for an executor. `timeout` is the total, in seconds.

    `max_response_bytes` bounds the decompressed body of the answer (None: the executor's own limit). `about` is the
    request that it was made from, for middleware that needs its meaning; executors ignore it.
    """

    method: str
    url: str
    headers: Headers = ()
    body: bytes | None = None
    timeout: float = 30.0
    max_response_bytes: int | None = None
    about: Request[Any] | None = field(default=None, compare=False)

    def __repr__(self) -> str:
        return f"HttpRequest(method={self.method!r}, url={recorded_url(self.url)!r}, timeout={self.timeout!r})"

    @property
    def auth(self) -> Access:
        """Who may make this call."""
        return ANY if self.about is None else self.about.auth

    def with_header(self, name: str, value: str) -> HttpRequest:
        """Copy it with one more header."""
        headers = (*self.headers, (name, value))
        return HttpRequest(self.method, self.url, headers, self.body, self.timeout, self.max_response_bytes, self.about)


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
    idempotent: bool = False,
) -> Request[T]:
    """Describe a POST. It always carries a JSON body; what is None in it is left out, `NULL` is null."""
    written = _frozen(body)
    return Request("POST", path, tuple(parts.items()), _present(query), written, returns, auth, headers, idempotent)


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
    return tuple(
        [(name, value if type(value) is str else _copied(value)) for name, value in params.items() if value is not None]
    )


def _frozen(params: Mapping[Any, object]) -> Body:
    return Body({name: _copied(value) for name, value in params.items() if value is not None})


def _copied(value: object) -> Any:
    """A copy that nobody can change: sequences as tuples, mappings as `Body`, also in models."""
    if isinstance(value, str):
        return value
    try:
        return _deep_copied(value)
    except RecursionError:
        return _Endless()


class _Endless:
    """What stands for a value that holds itself, or nearly: nothing can write it, so that `prepare` refuses it."""


ENDLESS: Final = "a value that is nested too deeply, or holds itself, cannot be written"


def _deep_copied(value: object) -> Any:
    if isinstance(value, Mapping):
        given = cast("Mapping[Any, object]", value)
        return Body({name: _deep_copied(item) for name, item in given.items() if item is not None})
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray, memoryview)):
        return tuple([_deep_copied(item) for item in cast("Sequence[object]", value)])
    if isinstance(value, Model) and is_dataclass(value):
        held = [(f.name, getattr(value, f.name)) for f, _ in wire_names(type(value))]
        open_ = [(name, item) for name, item in held if isinstance(item, (Sequence, Mapping, Model))]
        copied = {name: _deep_copied(item) for name, item in open_ if not isinstance(item, str)}
        return replace(value, **copied) if copied else value
    return value


# ---- writing
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
        return [(f".{name}", getattr(value, f.name)) for f, name in wire_names(type(value))]
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
    if isinstance(value, _Endless):
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
        return _object({name: getattr(value, f.name) for f, name in wire_names(type(value))})
    if isinstance(value, Base64):
        return _base64(value.data)
    raise _no_form(value, "JSON")


def _base64(data: object) -> str:
    if isinstance(data, str):
        data = data.encode()
    if not isinstance(data, (bytes, bytearray, memoryview)):
        raise _CannotWriteError(f"bytes or text expected, not {type(data).__name__}")
    return base64.b64encode(data).decode()
