"""Decoders: Response -> Result[T, DecodeError]. The mirror of encode.py; models are read by model/reader.py."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass
from typing import Any, Final, Generic, NoReturn, Protocol, TypeAlias, TypeVar, cast

from returns.result import Failure, Result, Success

from infisical.errors import DecodeError
from infisical.model import Model
from infisical.model.reader import Mismatch, Reader, get_reader, make_list_reader, read_mapping
from infisical.response import Response

T = TypeVar("T")
A = TypeVar("A")
A_co = TypeVar("A_co", covariant=True)
B = TypeVar("B")
M = TypeVar("M", bound=Model)
Decoder: TypeAlias = Callable[[Response], Result[T, DecodeError]]


# ---- decoders: frozen values, so that equal requests compare equal
@dataclass(frozen=True, slots=True)
class one(Generic[M]):
    """Decode one object: the field `at` of the response, or all of it."""

    model: type[M]
    at: str = ""

    def read(self, body: Any) -> M:
        return cast("M", _read_at(body, self.at, get_reader(self.model)))

    def __call__(self, response: Response) -> Result[M, DecodeError]:
        return _decode(response, self.read)


@dataclass(frozen=True, slots=True)
class many(Generic[M]):
    """Decode a list of objects as a tuple: the field `at` of the response, or all of it."""

    model: type[M]
    at: str = ""

    def read(self, body: Any) -> tuple[M, ...]:
        return cast("tuple[M, ...]", _read_at(body, self.at, make_list_reader(get_reader(self.model))))

    def __call__(self, response: Response) -> Result[tuple[M, ...], DecodeError]:
        return _decode(response, self.read)


@dataclass(frozen=True, slots=True)
class by_name(Generic[M]):
    """Decode an object whose fields are objects: a mapping from name to object."""

    model: type[M]

    def read(self, body: Any) -> Mapping[str, M]:
        return read_mapping(get_reader(self.model), body)

    def __call__(self, response: Response) -> Result[Mapping[str, M], DecodeError]:
        return _decode(response, self.read)


class FieldDecoder(Protocol[A_co]):
    """A decoder of one field of the response."""

    @property
    def at(self) -> str: ...
    def read(self, body: Any) -> A_co: ...


@dataclass(frozen=True, slots=True)
class either(Generic[A, B]):
    """Decode with the second decoder if the response has its field, else with the first."""

    first: FieldDecoder[A]
    second: FieldDecoder[B]

    def read(self, body: Any) -> A | B:
        has_second = type(body) is dict and body.get(self.second.at) is not None
        return self.second.read(body) if has_second else self.first.read(body)

    def __call__(self, response: Response) -> Result[A | B, DecodeError]:
        return _decode(response, self.read)


def text(response: Response) -> Result[str, DecodeError]:
    """Decode plain text (UTF-8)."""
    try:
        return Success(response.body.decode())
    except UnicodeDecodeError:
        return Failure(DecodeError("the answer is not UTF-8 text", response=response))


@dataclass(frozen=True, slots=True)
class text_in(Generic[M]):
    """Decode secret text into the one field of a model, since the repr of a str would show it."""

    model: type[M]
    name: str

    def __call__(self, response: Response) -> Result[M, DecodeError]:
        return text(response).map(lambda content: self.model(**{self.name: content}))


def nothing(_: Response) -> Result[None, DecodeError]:
    """Ignore the body of the response and return None."""
    return Success(None)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)  # NaN and Infinity: Python's json takes them, JSON does not


DEPTH_REASON: Final = "the answer is nested too deeply"
JSON_DECODER: Final = json.JSONDecoder(parse_constant=_refuse_constant)
_parse_json = JSON_DECODER.decode


def _decode(response: Response, read: Callable[[Any], T]) -> Result[T, DecodeError]:
    try:
        body = _parse_json(str(response.body, "utf-8"))
    except ValueError:
        return Failure(DecodeError(_describe_body(response), response=response))
    except RecursionError:
        return Failure(DecodeError(DEPTH_REASON, response=response))
    try:
        return Success(read(body))
    except Mismatch as wrong:
        return Failure(DecodeError(str(wrong), path=wrong.path, response=response))
    except RecursionError:
        return Failure(DecodeError(DEPTH_REASON, response=response))


def _describe_body(response: Response) -> str:
    if not response.body:
        return "the answer is empty"
    kind = (response.header("content-type") or "").partition(";")[0].strip()
    return f"the answer is not JSON{f' but {kind}' if kind and kind != 'application/json' else ''}"


def _read_at(body: Any, at: str, read: Reader) -> Any:
    if not at:
        return read(body)
    if type(body) is not dict:
        raise Mismatch("an object", body)
    try:
        return read(body.get(at, MISSING))
    except Mismatch as wrong:
        raise wrong.inside(at) from None
