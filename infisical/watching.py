"""Watching a request: asks again and again, and yields what has changed. It decides when to ask, and sends nothing.

The walk is one pure generator, which a blocking and an asyncio loop drive. An unchanged answer costs the server a 304.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from math import inf
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from returns.result import Failure, Success

from infisical.answer import Answer
from infisical.cached_response import remember_answers
from infisical.defects import wrap_exception
from infisical.drivers.blocking import drive
from infisical.drivers.deadline import Deadline
from infisical.encode import prepare
from infisical.errors import InfisicalError, RateLimitError, RequestError
from infisical.flow import Flow, Outcome
from infisical.options import check_seconds
from infisical.request import HttpRequest, Request
from infisical.response import Response
from infisical.session import Session
from infisical.wiring import is_async

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
MAX_UNSETTLED_ANSWERS: Final = 5
"""How many answers in a row may differ before one is yielded, although the next may differ again."""
SLICE_SECONDS: Final = 0.5
"""How often a wait with a given `sleep` looks at `stop`."""
MAX_WAIT_SECONDS: Final = SLICE_SECONDS if os.name == "nt" else threading.TIMEOUT_MAX
"""The longest wait for `stop` without a break: on Windows no Ctrl-C ends such a wait."""


def watch(
    client: InfisicalClient,
    request: Request[T],
    every: float = 30.0,
    *,
    stop: threading.Event | None = None,
    settle: float = 0.0,
) -> Iterator[Answer[T]]:
    """Yield the answer of a request, and then each answer that differs from the one before.

    It asks the server about `every` seconds, by the ETag of the last answer, and never answers from the client's cache,
    which it refreshes. A `Failure` is yielded once per outage, and the pauses grow to 5 minutes meanwhile; the answer
    after it is yielded even if it has not changed. `settle` is in seconds: when an answer differs, the walk asks again
    after that time, and yields the answer that comes twice. So changes in quick succession are one.

    Set `stop` in any thread to end the walk. It yields nothing more, and ends within a second; an HTTP request in
    flight ends first. The walk also ends after the failure of a request that cannot be encoded, and once the client is
    closed. ValueError if `every` or `settle` is not a number of seconds, `every` above 0.
    """
    if getattr(client, "_blocking", None) is not True:
        raise ValueError("watch takes an InfisicalClient; awatch takes the asyncio one")
    if stop is not None and (not callable(getattr(stop, "wait", None)) or is_async(stop.wait)):
        raise ValueError(f"stop must be a threading.Event, not {type(stop).__name__}")
    walk = _make_walk(client._pipeline, request, every, settle)
    return _watch(client, walk, threading.Event() if stop is None else stop)


def _watch(client: InfisicalClient, walk: _Walk[T], stop: threading.Event) -> Iterator[Answer[T]]:
    def wait(seconds: float) -> None:
        _wait(client._sleep, seconds, stop)

    while not stop.is_set():
        answer = _ask(client, walk, stop, wait)
        is_new = walk.is_new(answer)
        if stop.is_set():
            return
        if is_new:
            yield answer
        if walk.is_over or _is_closed(client):
            return
        wait(walk.choose_pause())


def _ask(client: InfisicalClient, walk: _Walk[T], stop: threading.Event, wait: Callable[[float], None]) -> Answer[T]:
    """Run a call as the client does; once `stop` is set, it waits for nothing and sends nothing more."""
    try:
        deadline = client._deadline()
        stoppable = _StoppableDeadline(deadline.at, deadline.clock, stop)
        return drive(walk.ask(), client._execute, client._flights, wait, stoppable)
    except Exception as cause:
        return Failure(wrap_exception(cause))


def _wait(sleep: Callable[[float], object], seconds: float, stop: threading.Event) -> None:
    if sleep is time.sleep:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not stop.wait(min(left, MAX_WAIT_SECONDS)):
            pass
        return
    while seconds > 0 and not stop.is_set():
        sleep(min(seconds, SLICE_SECONDS))
        seconds -= SLICE_SECONDS


@dataclass(frozen=True, slots=True)
class _StoppableDeadline(Deadline):
    """The deadline of a call, which has also passed once `stop` is set."""

    stop: threading.Event

    def left(self) -> float:
        """Return the seconds left; negative after the deadline."""
        return -inf if self.stop.is_set() else self.at - self.clock()


def awatch(
    client: AsyncInfisicalClient, request: Request[T], every: float = 30.0, *, settle: float = 0.0
) -> AsyncIterator[Answer[T]]:
    """Yield the answer of a request, and then each answer that differs from the one before, as `watch` does.

    It ends when its task is cancelled, or by `aclose()`. ValueError if `every` or `settle` is not a number of seconds,
    `every` above 0.
    """
    if getattr(client, "_blocking", None) is not False:
        raise ValueError("awatch takes an AsyncInfisicalClient; watch takes the blocking one")
    return _awatch(client, _make_walk(client._pipeline, request, every, settle))


def _is_closed(client: InfisicalClient | AsyncInfisicalClient) -> bool:
    return getattr(client._execute, "_is_closed", False) is True


async def _awatch(client: AsyncInfisicalClient, walk: _Walk[T]) -> AsyncIterator[Answer[T]]:
    sleep = client._sleep
    if sleep is None:
        import asyncio

        sleep = asyncio.sleep
    while True:
        answer = await client._drive(walk.ask())
        if walk.is_new(answer):
            yield answer
        if walk.is_over or _is_closed(client):
            return
        await sleep(walk.choose_pause())


def _make_walk(pipeline: Pipeline, request: Request[T], every: float, settle: float) -> _Walk[T]:
    return _Walk(pipeline, request, check_seconds("every", every), check_seconds("settle", settle, zero=True))


@dataclass(frozen=True, slots=True)
class _LastResponse:
    """The response to ask by: its ETag holds for its URL, and for who asked."""

    response: Response
    url: str
    session: Session

    def find_etag(self, request: HttpRequest, session: Session) -> str | None:
        """Return the ETag to send with a request.

        None if the request asks for something else, or as someone else, or has a condition of the application.
        """
        is_equal = request.method == "GET" and request.url == self.url and session is self.session
        if not is_equal or any(name.lower() == "if-none-match" for name, _ in request.headers):
            return None
        return self.response.header("etag")


class _Walk(Generic[T]):
    """What has been read so far, and when to ask again."""

    def __init__(self, pipeline: Pipeline, request: Request[T], every: float, settle: float) -> None:
        self._pipeline = pipeline.with_options(replace(pipeline.options, fresh=True))
        self._request, self._every, self._settle = request, every, min(settle, every)
        self._last_answer: Answer[T] | None = None
        self._yielded: Answer[T] | None = None
        self._last_response: _LastResponse | None = None
        self._failures = 0
        self._unsettled = 0
        """How many answers in a row differed from the one before, and were not yielded."""
        self.is_over = False
        """True if every further answer is the same failure."""

    def ask(self) -> Flow[Answer[T]]:
        """Ask the server; an unchanged answer is the object that the walk has."""
        return self._pipeline.call(self._request, self._send_conditionally)

    def _send_conditionally(self, request: HttpRequest) -> Flow[Outcome]:
        last, session = self._last_response, self._pipeline.store.session
        etag = None if last is None else last.find_etag(request, session)
        outcome = yield from self._pipeline.chain(
            request if etag is None else request.with_header("If-None-Match", etag)
        )
        if isinstance(outcome, Failure):
            return outcome
        response = outcome.unwrap()
        if response.status == 304 and last is not None and etag is not None:
            return Success(last.response)
        if response.status == 200:
            response = remember_answers(response)
            self._last_response = _LastResponse(response, request.url, session)
        return Success(response)

    def is_new(self, answer: Answer[T]) -> bool:
        """Note an answer; True if it is to be yielded. Failures in a row are one outage."""
        last, self._last_answer = self._last_answer, answer
        if isinstance(answer, Failure):
            self._failures, self._unsettled = self._failures + 1, 0
            self.is_over = self._is_final(answer.failure())
            is_new = not isinstance(last, Failure)
        elif last is None or isinstance(last, Failure):
            self._failures, is_new = 0, True
        elif self._settle and answer != last and self._unsettled < MAX_UNSETTLED_ANSWERS:
            self._unsettled += 1
            return False
        else:
            self._unsettled, is_new = 0, answer != self._yielded
        if is_new:
            self._yielded = answer
        return is_new

    def _is_final(self, error: InfisicalError) -> bool:
        """True for a request that cannot be encoded. That of a login is another matter: the next may succeed."""
        request: Any = self._request
        if not isinstance(error, RequestError):
            return False
        return not isinstance(request, Request) or isinstance(prepare(request, "", (), 0), Failure)

    def choose_pause(self) -> float:
        """Choose the seconds until the next request."""
        pause = self._settle if self._unsettled else self._every
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
