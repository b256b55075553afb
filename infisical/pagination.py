"""Pagination: walks an endpoint that takes offset and limit, lazily, one answer a page.

The walk is one pure generator, which a blocking and an asyncio loop drive. It counts rows and sends nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, Final, TypeVar

from returns.result import Failure, Success

from infisical.answer import Answer
from infisical.errors import InfisicalError, RequestError
from infisical.request import Body, Request

T = TypeVar("T")
COUNT_FIELDS: Final = ("total_count", "total", "count")
OFFSET_CAPS: Final[Mapping[str, int]] = {
    "/api/v1/auth/token-auth/identities/{identityId}/tokens": 100,
    "/api/v1/shared-secrets": 100,
    "/api/v1/secret-sharing": 100,
}
"""The largest offset that the server takes, for endpoints with such a limit."""


def pages(
    run: Callable[[Request[T]], Answer[T]], request: Request[T], *, size: int | None = None
) -> Iterator[Answer[T]]:
    """Walk the pages of a request, from its offset on; `run` is a client, or any function that runs requests.

    `size` is the limit of each page; None: the request's own, or the server's default. The walk ends at the server's
    total, or at an empty page where the server names no total; shorter pages do not end it. It ends early with the
    first `Failure`: an error of the call, or a `RequestError` if the server takes no larger offset, repeats a page, or
    if `request` is no request. A server whose order is not stable may repeat rows and lose others.
    """
    walk = _walk(request, size)
    page: Any = None
    while True:
        try:
            step = walk.send(page)
        except StopIteration as end:
            if end.value is not None:
                yield end.value
            return
        answer = run(step)
        yield answer
        if isinstance(answer, Failure):
            return
        page = answer.unwrap()


async def apages(
    run: Callable[[Request[T]], Coroutine[Any, Any, Answer[T]]], request: Request[T], *, size: int | None = None
) -> AsyncIterator[Answer[T]]:
    """Walk the pages of a request under asyncio, as `pages` does."""
    walk = _walk(request, size)
    page: Any = None
    while True:
        try:
            step = walk.send(page)
        except StopIteration as end:
            if end.value is not None:
                yield end.value
            return
        answer = await run(step)
        yield answer
        if isinstance(answer, Failure):
            return
        page = answer.unwrap()


def _walk(request: Request[T], size: int | None) -> Generator[Request[T], T, Failure[InfisicalError] | None]:
    """Yield the request of each page, and take the page; return the failure that ends the walk early."""
    if not isinstance(request, Request):
        needed = "pages needs a request, as Kms.list_keys(...) on the class builds it"
        return Failure(RequestError(f"{needed}, not {_describe(request)}"))
    endpoint = f"{request.method} {request.path}"
    offset = _get_parameter(request, "offset") or 0
    limit = _get_parameter(request, "limit") if size is None else size
    if not (isinstance(offset, int) and (limit is None or (isinstance(limit, int) and limit > 0))):
        return Failure(RequestError(f"{endpoint}: offset and limit are whole numbers, the limit from 1"))
    before: T | None = None
    while True:
        page = yield _set_offset(request, offset, limit)
        count, total = _count_rows(page), _find_total(page)
        if count is None:
            return Failure(RequestError(f"{endpoint} does not answer with a list"))
        offset += count
        if count == 0 or (total is not None and offset >= total):
            return None
        if page == before:
            return Failure(RequestError(f"{endpoint} does not page: it answers the same again"))
        cap = OFFSET_CAPS.get(request.path)
        if cap is not None and offset > cap:
            return Failure(RequestError(f"{endpoint} takes offsets up to {cap}: there may be more"))
        before = page


def _describe(value: object) -> str:
    if isinstance(value, (Success, Failure)):
        return "the answer of an earlier call"
    return "a coroutine" if isinstance(value, Coroutine) else f"{type(value).__name__}"


def _get_parameter(request: Request[Any], name: str) -> Any:
    return (request.body or {}).get(name) if _has_body_parameters(request) else dict(request.query).get(name)


def _set_offset(request: Request[T], offset: int, limit: int | None) -> Request[T]:
    parameters = {"offset": offset} if limit is None else {"offset": offset, "limit": limit}
    if _has_body_parameters(request):
        return replace(request, body=Body({**(request.body or {}), **parameters}))
    return replace(request, query=tuple({**dict(request.query), **parameters}.items()))


def _has_body_parameters(request: Request[Any]) -> bool:
    return request.method != "GET"


def _count_rows(page: object) -> int | None:
    """Count the rows of a page: the items of a tuple, or of the first list of a model."""
    if isinstance(page, tuple):
        return len(page)
    if not is_dataclass(page):
        return None
    values = (getattr(page, f.name) for f in fields(page))
    return next((len(value) for value in values if isinstance(value, tuple)), None)


def _find_total(page: object) -> int | None:
    totals = (getattr(page, name, None) for name in COUNT_FIELDS if not isinstance(page, tuple))
    return next((total for total in totals if isinstance(total, int)), None)
