"""The asyncio driver: runs a flow with an async executor in the calling task. No HTTP and no decisions here."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from math import inf
from typing import Any, TypeVar, cast

from returns.result import Failure, Result, Success

from infisical.defects import check_reply, refuse_blocking, wrap_crash
from infisical.drivers.deadline import NO_DEADLINE, Deadline, make_exceeded
from infisical.drivers.flights import AsyncFlights, join_async
from infisical.flow import Call, Flow, Once, Send, Use
from infisical.transport import AsyncExecutor

T = TypeVar("T")


async def adrive(
    flow: Flow[T],
    execute: AsyncExecutor,
    flights: AsyncFlights,
    sleep: Callable[[float], Awaitable[object]] | None = None,
    deadline: Deadline = NO_DEADLINE,
) -> T:
    """Run a flow to its end under asyncio. A cancelled caller does not cancel a flight that other callers share."""

    def make_flight(once: Once) -> Callable[[], Coroutine[Any, Any, Any]]:
        return lambda: adrive(
            once.flow(), execute, flights, sleep
        )  # it has no deadline itself: each waiting call has one

    answer: Any = None
    while True:
        try:
            effect = flow.send(answer)
        except StopIteration as end:
            return cast("T", end.value)
        answer = None  # it may be a secret: a frame that waits shows none
        if isinstance(effect, Send):
            limited = deadline.within(effect.request)
            if limited is None:
                answer = make_exceeded()
                continue
            reply: Any = execute  # so that an exception of the executor is told from that of its reply
            try:
                reply = execute(limited)
                answer = check_reply(await reply)
                if limited is not effect.request:
                    answer = deadline.convert(answer)
            except Exception as cause:
                awaitable = reply is execute or hasattr(reply, "__await__")
                answer = wrap_crash(cause) if awaitable else refuse_blocking(reply)
        elif isinstance(effect, Once):
            answer = await join_async(flights, effect.key, make_flight(effect), deadline)
        elif isinstance(effect, Call):
            answer = await _call(effect, deadline)
        elif isinstance(effect, Use):
            answer = await adrive(effect.flow(), effect.transport.asyncio, flights, sleep, deadline)
        else:
            answer = effect.seconds < deadline.left()
            if answer:
                await _sleep(sleep, effect.seconds)


async def _sleep(sleep: Callable[[float], Awaitable[object]] | None, seconds: float) -> None:
    if sleep is None:
        import asyncio

        sleep = asyncio.sleep
    await sleep(seconds)


async def _call(effect: Call, deadline: Deadline) -> Result[Any, Exception]:
    import inspect

    left = deadline.left()
    if left <= 0:
        return make_exceeded()
    try:
        value = _run_in_thread(effect.function) if effect.blocks else effect.function()
        if not inspect.isawaitable(value):
            return Success(value)
        return Success(await value) if left == inf else await _await_within(value, left)
    except Exception as cause:
        return Failure(cause)


async def _run_in_thread(function: Callable[[], Any]) -> Any:
    """Run a function in a daemon thread: the end of the process does not wait for it, nor does a cancelled call."""
    import asyncio
    import inspect
    import threading

    loop = asyncio.get_running_loop()
    ended: asyncio.Future[Result[Any, BaseException]] = loop.create_future()

    def report(result: Result[Any, BaseException]) -> None:
        if not ended.done():
            ended.set_result(result)

    def run() -> None:
        try:
            result: Result[Any, BaseException] = Success(function())
        except BaseException as cause:
            result = Failure(cause)
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(report, result)

    threading.Thread(target=run, name="infisical_call", daemon=True).start()
    result = await ended
    if isinstance(result, Failure):
        raise result.failure()
    value = result.unwrap()
    return await value if inspect.isawaitable(value) else value


async def _await_within(value: Awaitable[Any], left: float) -> Result[Any, Exception]:
    """Await it in a separate task, so that the call ends in time even if it ignores a cancellation."""
    import asyncio

    try:
        task = asyncio.ensure_future(value, loop=asyncio.get_running_loop())
    except RuntimeError:
        if isinstance(value, Coroutine):
            value.close()
        raise
    task.add_done_callback(
        lambda done: done.cancelled() or done.exception()
    )  # retrieved, if it ends late: asyncio would complain
    try:
        ended, _ = await asyncio.wait((task,), timeout=left)
    finally:
        task.cancel()  # without effect on a task that has ended
    return Success(task.result()) if ended else make_exceeded()
