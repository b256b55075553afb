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
    repeated without harm. `formerly` holds the templates of older servers, with the same part names: they are tried
    in order where the server answers that it has no such route, and only then.
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
        shown = tuple((name, MASK if is_secret_field(str(name)) else value) for name, value in self.query)
        where = f"method={self.method!r}, path={self.path!r}, parts={self.parts!r}"
        return f"Request({where}, query={shown!r}, returns={self.returns!r}, access={self.access!r})"


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
        return f"HttpRequest(method={self.method!r}, url={redact_url(self.url)!r}, timeout={self.timeout!r})"

    @property
    def access(self) -> Access:
        """Who may make this call."""
        return ANY_ACCESS if self.about is None else self.about.access

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
    access: Access = ANY_ACCESS,
    headers: Headers = (),
    formerly: tuple[str, ...] = (),
) -> Request[T]:
    """Describe a GET. What is None in `query` is left out."""
    filled = tuple(parts.items())
    return Request("GET", path, filled, _present(query), None, returns, access, headers, False, formerly)


def post(
    path: str,
    parts: Mapping[str, str] = EMPTY,
    *,
    query: Params = EMPTY,
    body: Params = EMPTY,
    returns: Decoder[T],
    access: Access = ANY_ACCESS,
    headers: Headers = (),
    idempotent: bool = False,
    formerly: tuple[str, ...] = (),
) -> Request[T]:
    """Describe a POST. It always carries a JSON body; what is None in it is left out, `NULL` is null."""
    filled, written = tuple(parts.items()), _frozen(body)
    return Request("POST", path, filled, _present(query), written, returns, access, headers, idempotent, formerly)


def patch(
    path: str,
    parts: Mapping[str, str] = EMPTY,
    *,
    query: Params = EMPTY,
    body: Params = EMPTY,
    returns: Decoder[T],
    access: Access = ANY_ACCESS,
    headers: Headers = (),
    formerly: tuple[str, ...] = (),
) -> Request[T]:
    """Describe a PATCH; its body as in `post`."""
    filled, written = tuple(parts.items()), _frozen(body)
    return Request("PATCH", path, filled, _present(query), written, returns, access, headers, False, formerly)


def put(
    path: str,
    parts: Mapping[str, str] = EMPTY,
    *,
    query: Params = EMPTY,
    body: Params = EMPTY,
    returns: Decoder[T],
    access: Access = ANY_ACCESS,
    headers: Headers = (),
    formerly: tuple[str, ...] = (),
) -> Request[T]:
    """Describe a PUT; its body as in `post`."""
    filled, written = tuple(parts.items()), _frozen(body)
    return Request("PUT", path, filled, _present(query), written, returns, access, headers, False, formerly)


def delete(
    path: str,
    parts: Mapping[str, str] = EMPTY,
    *,
    query: Params = EMPTY,
    body: Params | None = None,
    returns: Decoder[T],
    access: Access = ANY_ACCESS,
    headers: Headers = (),
    formerly: tuple[str, ...] = (),
) -> Request[T]:
    """Describe a DELETE: with a JSON body only if one is given."""
    filled, written = tuple(parts.items()), None if body is None else _frozen(body)
    return Request("DELETE", path, filled, _present(query), written, returns, access, headers, False, formerly)


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
        return Endless()


class Endless:
    """What stands for a value that holds itself, or nearly: nothing can write it, so that `prepare` refuses it."""


def _deep_copied(value: object) -> Any:
    if isinstance(value, Mapping):
        given = cast("Mapping[Any, object]", value)
        return Body({name: _deep_copied(item) for name, item in given.items() if item is not None})
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray, memoryview)):
        return tuple([_deep_copied(item) for item in cast("Sequence[object]", value)])
    if isinstance(value, Model) and is_dataclass(value):
        held = [(f.name, getattr(value, f.name)) for f, _ in list_fields(type(value))]
        open_ = [(name, item) for name, item in held if isinstance(item, (Sequence, Mapping, Model))]
        copied = {name: _deep_copied(item) for name, item in open_ if not isinstance(item, str)}
        return replace(value, **copied) if copied else value
    return value
