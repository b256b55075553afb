"""Pages: walk an endpoint that answers by offset and limit, one `Result` a page, lazily.

The walk itself is one pure generator, played by a blocking and by an asyncio loop. It knows how pages are counted; it
sends nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, Final, TypeAlias, TypeVar

from returns.result import Failure, Success

from infisical.answer import Answer
from infisical.errors import InfisicalError, RequestError
from infisical.request import Body, Request

T = TypeVar("T")
Step: TypeAlias = "Request[T] | Failure[InfisicalError]"
COUNTS: Final = ("total_count", "total", "count")
OFFSET_CAPS: Final[Mapping[str, int]] = {
    "/api/v1/auth/token-auth/identities/{identityId}/tokens": 100,
    "/api/v1/shared-secrets": 100,
    "/api/v1/secret-sharing": 100,
}
"""The largest offset that the server takes, where it takes no more."""


def pages(
    run: Callable[[Request[T]], Answer[T]], request: Request[T], *, size: int | None = None
) -> Iterator[Answer[T]]:
    """Walk the pages of a request, from its own offset on; `run` is a client, or anything that runs requests.

    `size` is the limit of each page, by default the request's own, or the server's. A server may send shorter pages:
    the walk goes on until the total is reached, where the server gives one, or until an empty page. Ends with the last
    page, or with the first `Failure`: the server's, or a `RequestError` where it takes no larger offset, answers the
    same page again, or where `request` is none. A server whose order is not stable can repeat rows, and lose others.
    """
    walk = _walk(request, size)
    step = next(walk)
    while not isinstance(step, Failure):
        got = run(step)
        yield got
        if isinstance(got, Failure):
            return
        try:
            step = walk.send(got.unwrap())
        except StopIteration:
            return
    yield step


async def apages(
    run: Callable[[Request[T]], Coroutine[Any, Any, Answer[T]]], request: Request[T], *, size: int | None = None
) -> AsyncIterator[Answer[T]]:
    """Walk the pages of a request under asyncio, as `pages` does."""
    walk = _walk(request, size)
    step = next(walk)
    while not isinstance(step, Failure):
        got = await run(step)
        yield got
        if isinstance(got, Failure):
            return
        try:
            step = walk.send(got.unwrap())
        except StopIteration:
            return
    yield step


def _walk(request: Request[T], size: int | None) -> Generator[Any, T, None]:
    if not isinstance(request, Request):
        wanted = "pages wants a request, as Kms.list_keys(...) on the class builds it"
        yield Failure(RequestError(f"{wanted}, not {_described(request)}"))
        return
    where = f"{request.method} {request.path}"
    offset = _given(request, "offset") or 0
    limit = _given(request, "limit") if size is None else size
    if not (isinstance(offset, int) and (limit is None or (isinstance(limit, int) and limit > 0))):
        yield Failure(RequestError(f"{where}: offset and limit are whole numbers, the limit from 1"))
        return
    before: T | None = None
    while True:
        page = yield _at(request, offset, limit)
        count, total = _length(page), _total(page)
        if count is None:
            yield Failure(RequestError(f"{where} does not answer with a list"))
            return
        offset += count
        if count == 0 or (total is not None and offset >= total):
            return
        if page == before:
            yield Failure(RequestError(f"{where} does not page: it answers the same again"))
            return
        cap = OFFSET_CAPS.get(request.path)
        if cap is not None and offset > cap:
            yield Failure(RequestError(f"{where} takes offsets up to {cap}: there may be more"))
            return
        before = page


def _described(value: object) -> str:
    if isinstance(value, (Success, Failure)):
        return "the answer of a call that was made already"
    return "a coroutine" if isinstance(value, Coroutine) else f"{type(value).__name__}"


def _given(request: Request[Any], name: str) -> Any:
    return (request.body or {}).get(name) if _in_body(request) else dict(request.query).get(name)


def _at(request: Request[T], offset: int, limit: int | None) -> Request[T]:
    asked = {"offset": offset} if limit is None else {"offset": offset, "limit": limit}
    if _in_body(request):
        return replace(request, body=Body({**(request.body or {}), **asked}))
    return replace(request, query=tuple({**dict(request.query), **asked}.items()))


def _in_body(request: Request[Any]) -> bool:
    return request.method != "GET"


def _length(page: object) -> int | None:
    """How many there are on a page: a tuple's own, or that of a model's first list."""
    if isinstance(page, tuple):
        return len(page)
    if not is_dataclass(page):
        return None
    values = (getattr(page, f.name) for f in fields(page))
    return next((len(value) for value in values if isinstance(value, tuple)), None)


def _total(page: object) -> int | None:
    found = (getattr(page, name, None) for name in COUNTS if not isinstance(page, tuple))
    return next((total for total in found if isinstance(total, int)), None)
