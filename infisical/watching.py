"""Watching a request: asks again and again, and yields what has changed. It decides when to ask, and sends nothing.

The walk is one pure generator, which a blocking and an asyncio loop drive. An unchanged answer costs the server a 304.
"""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from returns.result import Failure, Success

from infisical.answer import Answer
from infisical.cached_response import remember_answers
from infisical.errors import RateLimitError, RequestError
from infisical.flow import Flow, Outcome
from infisical.options import check_seconds
from infisical.request import HttpRequest, Request
from infisical.response import Response

if TYPE_CHECKING:
    from infisical.call import Pipeline
    from infisical.client import AsyncInfisicalClient, InfisicalClient

T = TypeVar("T")
LONGEST_SECONDS: Final = 300.0
"""The longest pause in an outage, unless `every` is longer."""
JITTER: Final = 0.1
"""A pause is shorter or longer by up to this part of it, so that many watchers do not ask at the same time."""
MAX_EXPONENT: Final = 10
"""The pause doubles with each failure, up to so often."""
SLICE_SECONDS: Final = 0.5
"""How often a wait with a given `sleep` looks at `stop`."""


def watch(
    client: InfisicalClient, request: Request[T], every: float = 30.0, *, stop: threading.Event | None = None
) -> Iterator[Answer[T]]:
    """Yield the answer of a request, and then each answer that differs from the one before.

    It asks the server about `every` seconds, by the ETag of the last answer, and never answers from the client's cache,
    which it refreshes. A `Failure` is yielded once per outage, while which the pauses grow to 5 minutes; the answer
    after it is yielded even if it has not changed. The walk ends within a second after `stop` is set, once a request
    in flight has ended. ValueError if `every` is not a number of seconds above 0.
    """
    if not client._blocking:
        raise ValueError("watch takes an InfisicalClient; awatch takes the asyncio one")
    walk = _Walk(client._pipeline, request, check_seconds("every", every))
    return _watch(client, walk, threading.Event() if stop is None else stop)


def _watch(client: InfisicalClient, walk: _Walk[T], stop: threading.Event) -> Iterator[Answer[T]]:
    while not stop.is_set():
        answer = client._drive(walk.ask())
        if walk.is_new(answer):
            yield answer
        if walk.is_over:
            return
        _wait(client._sleep, walk.choose_pause(), stop)


def _wait(sleep: Callable[[float], object], seconds: float, stop: threading.Event) -> None:
    if sleep is time.sleep:
        stop.wait(seconds)
        return
    while seconds > 0 and not stop.is_set():
        sleep(min(seconds, SLICE_SECONDS))
        seconds -= SLICE_SECONDS


def awatch(client: AsyncInfisicalClient, request: Request[T], every: float = 30.0) -> AsyncIterator[Answer[T]]:
    """Yield the answer of a request, and then each answer that differs from the one before, as `watch` does.

    It ends when its task is cancelled, or by `aclose()`. ValueError if `every` is not a number of seconds above 0.
    """
    if client._blocking:
        raise ValueError("awatch takes an AsyncInfisicalClient; watch takes the blocking one")
    return _awatch(client, _Walk(client._pipeline, request, check_seconds("every", every)))


async def _awatch(client: AsyncInfisicalClient, walk: _Walk[T]) -> AsyncIterator[Answer[T]]:
    sleep = client._sleep
    if sleep is None:
        import asyncio

        sleep = asyncio.sleep
    while True:
        answer = await client._drive(walk.ask())
        if walk.is_new(answer):
            yield answer
        if walk.is_over:
            return
        await sleep(walk.choose_pause())


class _Walk(Generic[T]):
    """What has been read so far, and when to ask again."""

    def __init__(self, pipeline: Pipeline, request: Request[T], every: float) -> None:
        self._pipeline = pipeline.with_options(replace(pipeline.options, fresh=True))
        self._request, self._every = request, every
        self._last_answer: Answer[T] | None = None
        self._last_response: Response | None = None
        self._failures = 0
        self.is_over = False
        """True if every further answer would be the same failure."""

    def ask(self) -> Flow[Answer[T]]:
        """Ask the server; an unchanged answer is the object that the walk has."""
        return self._pipeline.call(self._request, self._send_conditionally)

    def _send_conditionally(self, request: HttpRequest) -> Flow[Outcome]:
        last = self._last_response
        etag = None if last is None else last.header("etag")
        asked = request if etag is None else request.with_header("If-None-Match", etag)
        outcome = yield from self._pipeline.chain(asked)
        if isinstance(outcome, Failure):
            return outcome
        response = outcome.unwrap()
        if response.status == 304 and last is not None:
            return Success(last)
        if response.status == 200:
            response = self._last_response = remember_answers(response)
        return Success(response)

    def is_new(self, answer: Answer[T]) -> bool:
        """Note an answer; True if it differs from the one before. Failures in a row are one outage."""
        last, self._last_answer = self._last_answer, answer
        if isinstance(answer, Failure):
            self._failures += 1
            self.is_over = isinstance(answer.failure(), RequestError)
            return not isinstance(last, Failure)
        self._failures = 0
        return last is None or answer != last

    def choose_pause(self) -> float:
        """Choose the seconds until the next request."""
        pause = self._every
        if self._failures:
            longest = max(self._every, LONGEST_SECONDS)
            pause = min(longest, self._every * 2 ** min(self._failures, MAX_EXPONENT))
            pause = min(longest, max(pause, self._find_wait()))
        return pause * (1 - JITTER + 2 * JITTER * self._pipeline.settings.random())

    def _find_wait(self) -> float:
        """Return the seconds that the server asks to wait, 0 if it does not."""
        last = self._last_answer
        error = last.failure() if isinstance(last, Failure) else None
        return (error.retry_after or 0.0) if isinstance(error, RateLimitError) else 0.0
