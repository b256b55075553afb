"""Requests as values, and the functions that build them: `get`, `post` and so on. Nothing here can fail.

`Request[T]` is what an endpoint function returns: the meaning of a call, in Python values. `HttpRequest` is what an
executor sends: text and bytes. encode.py makes the second from the first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, is_dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, NoReturn, TypeAlias, TypeVar, cast

from infisical.access import ANY_ACCESS, Access
from infisical.decode import Decoder
from infisical.model import NULL as NULL  # exported from here: requests are where it is used
from infisical.model import Model, list_fields
from infisical.model import Null as Null
from infisical.redaction import MASK, is_secret_field, redact_url

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
Method: TypeAlias = Literal["GET", "POST", "PATCH", "PUT", "DELETE"]
Headers: TypeAlias = tuple[tuple[str, str], ...]
Params: TypeAlias = Mapping[str, object]
NO_PARAMS: Final[Mapping[str, Any]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Base64:
    """A value that a body has as base64: bytes as they are, text as UTF-8."""

    data: bytes | str = field(repr=False)

    def __post_init__(self) -> None:
        if isinstance(self.data, (bytearray, memoryview)):  # the caller could change them later
            object.__setattr__(self, "data", bytes(self.data))


class Body(dict[str, Any]):
    """A JSON object that nobody can change; in everything else a dict."""

    __slots__ = ()

    def _refuse_change(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("the body of a Request cannot be changed; dataclasses.replace makes another Request")

    if not TYPE_CHECKING:
        __setitem__ = __delitem__ = __ior__ = clear = pop = popitem = setdefault = update = _refuse_change

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[Any, ...]:
        return Body, (dict(self),)


@dataclass(frozen=True, slots=True, repr=False)
class Request(Generic[T_co]):
    """One call: its meaning, who may call, and how to decode the answer. Its repr omits body and headers.

    `path` is a template that `parts` fill; `query` and `body` hold Python values. `headers` is for values that belong
    in neither and are not the session's credential. `idempotent` declares that repeating a call other than a GET does
    no harm. `formerly` has the templates of older servers, with the same part names: the client tries them in order
    after the server answered that it has no such route, and only then.
    """

    method: Method
    path: str
    parts: tuple[tuple[str, str], ...]
    query: tuple[tuple[str, Any], ...]
    body: Mapping[str, Any] | None
    returns: Decoder[T_co]
    access: Access = ANY_ACCESS
    headers: Headers = ()
    idempotent: bool = False
    formerly: tuple[str, ...] = ()

    def __repr__(self) -> str:
        query = tuple((name, MASK if is_secret_field(str(name)) else value) for name, value in self.query)
        endpoint = f"method={self.method!r}, path={self.path!r}, parts={self.parts!r}"
        return f"Request({endpoint}, query={query!r}, returns={self.returns!r}, access={self.access!r})"


@dataclass(frozen=True, slots=True, repr=False)
class HttpRequest:
    """One HTTP request for an executor. `timeout` is the total, in seconds.

    `max_response_bytes` bounds the decompressed body of the response (None: the executor's own limit). `about` is the
    request that it encodes, for middleware that needs its meaning; executors ignore it.
    """

    method: str
    url: str
    headers: Headers = ()
    body: bytes | None = None
    timeout: float = 30.0
    max_response_bytes: int | None = None
    about: Request[Any] | None = field(default=None, compare=False)

    def __repr__(self) -> str:
        return f"HttpRequest(method={self.method!r}, url={redact_url(self.url)!r}, timeout={self.timeout!r})"

    @property
    def access(self) -> Access:
        """Who may make this call."""
        return ANY_ACCESS if self.about is None else self.about.access

    def with_header(self, name: str, value: str) -> HttpRequest:
        """Copy it with one more header."""
        headers = (*self.headers, (name, value))
        return HttpRequest(self.method, self.url, headers, self.body, self.timeout, self.max_response_bytes, self.about)


# ---- building
def get(
    path: str,
    parts: Mapping[str, str] = NO_PARAMS,
    *,
    query: Params = NO_PARAMS,
    returns: Decoder[T],
    access: Access = ANY_ACCESS,
    headers: Headers = (),
    formerly: tuple[str, ...] = (),
) -> Request[T]:
    """Build a GET. Parameters of `query` that are None are omitted."""
    part_pairs = tuple(parts.items())
    return Request("GET", path, part_pairs, _list_present(query), None, returns, access, headers, False, formerly)


def post(
    path: str,
    parts: Mapping[str, str] = NO_PARAMS,
    *,
    query: Params = NO_PARAMS,
    body: Params = NO_PARAMS,
    returns: Decoder[T],
    access: Access = ANY_ACCESS,
    headers: Headers = (),
    idempotent: bool = False,
    formerly: tuple[str, ...] = (),
) -> Request[T]:
    """Build a POST. It always has a JSON body: values that are None are omitted, and `NULL` is written as null."""
    part_pairs, content = tuple(parts.items()), _freeze_body(body)
    return Request(
        "POST", path, part_pairs, _list_present(query), content, returns, access, headers, idempotent, formerly
    )


def patch(
    path: str,
    parts: Mapping[str, str] = NO_PARAMS,
    *,
    query: Params = NO_PARAMS,
    body: Params = NO_PARAMS,
    returns: Decoder[T],
    access: Access = ANY_ACCESS,
    headers: Headers = (),
    formerly: tuple[str, ...] = (),
) -> Request[T]:
    """Build a PATCH, with a body as in `post`."""
    part_pairs, content = tuple(parts.items()), _freeze_body(body)
    return Request("PATCH", path, part_pairs, _list_present(query), content, returns, access, headers, False, formerly)


def put(
    path: str,
    parts: Mapping[str, str] = NO_PARAMS,
    *,
    query: Params = NO_PARAMS,
    body: Params = NO_PARAMS,
    returns: Decoder[T],
    access: Access = ANY_ACCESS,
    headers: Headers = (),
    formerly: tuple[str, ...] = (),
) -> Request[T]:
    """Build a PUT, with a body as in `post`."""
    part_pairs, content = tuple(parts.items()), _freeze_body(body)
    return Request("PUT", path, part_pairs, _list_present(query), content, returns, access, headers, False, formerly)


def delete(
    path: str,
    parts: Mapping[str, str] = NO_PARAMS,
    *,
    query: Params = NO_PARAMS,
    body: Params | None = None,
    returns: Decoder[T],
    access: Access = ANY_ACCESS,
    headers: Headers = (),
    formerly: tuple[str, ...] = (),
) -> Request[T]:
    """Build a DELETE, with a JSON body if `body` is not None."""
    part_pairs, content = tuple(parts.items()), None if body is None else _freeze_body(body)
    return Request("DELETE", path, part_pairs, _list_present(query), content, returns, access, headers, False, formerly)


def _list_present(params: Params) -> tuple[tuple[str, Any], ...]:
    return tuple(
        [(name, value if type(value) is str else _copy(value)) for name, value in params.items() if value is not None]
    )


def _freeze_body(params: Mapping[Any, object]) -> Body:
    return Body({name: _copy(value) for name, value in params.items() if value is not None})


def _copy(value: object) -> Any:
    """Copy a value so that nobody can change it: sequences as tuples, mappings as `Body`, in models too."""
    if isinstance(value, str):
        return value
    try:
        return _copy_deeply(value)
    except RecursionError:
        return EndlessValue()


class EndlessValue:
    """Replaces a value that contains itself, or is nested too deeply: `prepare` refuses it."""


def _copy_deeply(value: object) -> Any:
    if isinstance(value, Mapping):
        items = cast("Mapping[Any, object]", value).items()
        return Body({name: _copy_deeply(item) for name, item in items if item is not None})
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray, memoryview)):
        return tuple([_copy_deeply(item) for item in cast("Sequence[object]", value)])
    if isinstance(value, Model) and is_dataclass(value):
        items = [(f.name, getattr(value, f.name)) for f, _ in list_fields(type(value))]
        mutable = [(name, item) for name, item in items if isinstance(item, (Sequence, Mapping, Model))]
        copies = {name: _copy_deeply(item) for name, item in mutable if not isinstance(item, str)}
        return replace(value, **copies) if copies else value
    return value
