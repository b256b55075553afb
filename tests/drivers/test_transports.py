"""Flows with another transport, and functions that block, in both drivers: deadlines, cancellation, exceptions."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import threading
import weakref
from collections.abc import Callable
from typing import Any

import pytest
from returns.result import Failure, Success

from infisical import HttpRequest, Response
from infisical.drivers.asyncio import MAX_THREADS, THREAD_NAME, adrive
from infisical.drivers.blocking import drive
from infisical.drivers.deadline import Deadline
from infisical.drivers.flights import Flights
from infisical.errors import DeadlineExceededError, InfisicalNetworkError
from infisical.executors import AsyncScriptedExecutor, ScriptedExecutor
from infisical.flow import Flow, call, once, send, sleep, use
from infisical.transport import Transport

REQUEST = HttpRequest("GET", "https://x/a", timeout=10.0)
OURS, THEIRS = Response(200), Response(201)


def run_blocking(flow: Flow[Any], *script: Any, deadline: Deadline | None = None) -> Any:
    limit = {} if deadline is None else {"deadline": deadline}
    return drive(flow, ScriptedExecutor(*script), Flights(), lambda _: None, **limit)


def run_asyncio(flow: Flow[Any], *script: Any, deadline: Deadline | None = None) -> Any:
    limit = {} if deadline is None else {"deadline": deadline}
    return asyncio.run(adrive(flow, AsyncScriptedExecutor(*script), {}, lambda _: asyncio.sleep(0), **limit))


each_driver = pytest.mark.parametrize("run", [run_blocking, run_asyncio], ids=["blocking", "asyncio"])


def scripted(*script: Any) -> tuple[Transport, list[HttpRequest]]:
    """A transport for both drivers, and what it was sent."""
    executor = ScriptedExecutor(*script)

    async def execute(request: HttpRequest) -> Any:
        return executor(request)

    return Transport(executor, execute), executor.sent


# ---- another transport
@each_driver
def test_only_the_inner_flow_is_sent_by_the_other_transport(run):
    transport, sent = scripted(THEIRS)

    def flow() -> Flow[Any]:
        first = yield from send(REQUEST)
        second = yield from use(transport, lambda: send(REQUEST))
        third = yield from send(REQUEST)
        return [first, second, third]

    assert run(flow(), OURS, OURS) == [Success(OURS), Success(THEIRS), Success(OURS)]
    assert sent == [REQUEST]


@each_driver
def test_waits_functions_and_flights_work_in_it(run):
    transport, _ = scripted(THEIRS)

    def inner() -> Flow[Any]:
        slept = yield from sleep(0.0)
        called = yield from call(lambda: 1)
        shared = yield from once("key", lambda: send(REQUEST))
        return [slept, called, shared]

    assert run(use(transport, inner)) == [True, Success(1), Success(THEIRS)]


@each_driver
def test_its_requests_have_the_deadline_of_the_call(run):
    transport, sent = scripted(THEIRS)
    deadline = Deadline(3.0, lambda: 0.0)

    assert run(use(transport, lambda: send(REQUEST)), deadline=deadline) == Success(THEIRS)
    assert [request.timeout for request in sent] == [3.0]


@each_driver
def test_after_the_deadline_it_sends_nothing_and_waits_for_nothing(run):
    transport, sent = scripted(THEIRS)

    def inner() -> Flow[Any]:
        outcome = yield from send(REQUEST)
        slept = yield from sleep(1.0)
        called = yield from call(lambda: pytest.fail("called"), blocks=True)
        return [type(outcome.failure()), slept, type(called.failure())]

    assert run(use(transport, inner), deadline=Deadline(0.0, lambda: 0.0)) == [
        DeadlineExceededError,
        False,
        DeadlineExceededError,
    ]
    assert sent == []


@each_driver
def test_its_timeout_at_the_deadline_is_an_exceeded_deadline(run):
    transport, _ = scripted(InfisicalNetworkError("no answer in 3 s", reason="timeout"))
    now = [0.0]

    def clock() -> float:
        now[0] += 1.5
        return now[0]

    outcome = run(use(transport, lambda: send(REQUEST)), deadline=Deadline(3.0, clock))

    assert type(outcome.failure()) is DeadlineExceededError


@each_driver
def test_an_executor_that_raises_there_is_a_defect(run):
    def crash(request: HttpRequest) -> Any:
        raise ZeroDivisionError

    outcome = run(use(Transport(crash, crash), lambda: send(REQUEST)))

    assert outcome.failure().defect


@each_driver
def test_what_its_flow_raises_may_be_handled_around_it(run):
    transport, _ = scripted(THEIRS)

    def broken() -> Flow[Any]:
        yield from send(REQUEST)
        raise ZeroDivisionError

    def flow() -> Flow[Any]:
        try:
            yield from use(transport, broken)
        except ZeroDivisionError:
            return "handled"

    assert run(flow()) == "handled"
    with pytest.raises(ZeroDivisionError):
        run(use(transport, broken))


def test_an_exception_of_its_flow_is_freed_without_the_garbage_collector():
    class Marked(Exception):
        pass

    marks: list[weakref.ref[Marked]] = []

    def broken() -> Flow[Any]:
        yield from ()
        cause = Marked()
        marks.append(weakref.ref(cause))
        try:
            raise cause
        finally:
            del cause

    def flow() -> Flow[Any]:
        try:
            yield from use(scripted()[0], broken)
        except Marked:
            return None

    gc.disable()
    try:
        run_blocking(flow())
        assert [mark() for mark in marks] == [None]
    finally:
        gc.enable()


def test_a_cancelled_call_ends_a_request_of_the_other_transport():
    ended: list[str] = []

    async def hang(request: HttpRequest) -> Any:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cancelled")

    async def main() -> None:
        flow = use(Transport(len, hang), lambda: send(REQUEST))
        task = asyncio.create_task(adrive(flow, hang, {}))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert ended == ["cancelled"]


# ---- functions that block
@each_driver
@pytest.mark.parametrize("blocks", [False, True])
def test_a_function_returns_or_raises_into_a_result(run, blocks):
    cause = ZeroDivisionError()

    def crash() -> int:
        raise cause

    assert run(call(lambda: 1, blocks=blocks)) == Success(1)
    assert run(call(crash, blocks=blocks)) == Failure(cause)


def test_a_function_that_blocks_runs_in_a_daemon_thread_under_asyncio_and_in_the_caller_elsewhere():
    def look() -> tuple[str, bool]:
        thread = threading.current_thread()
        return thread.name, thread.daemon

    here = threading.current_thread()
    assert run_asyncio(call(look, blocks=True)) == Success((THREAD_NAME, True))
    assert run_asyncio(call(look)) == Success((here.name, here.daemon))
    assert run_blocking(call(look, blocks=True)) == Success((here.name, here.daemon))


def test_the_event_loop_runs_while_a_function_blocks():
    async def main() -> Any:
        released = threading.Event()
        task = asyncio.create_task(adrive(call(lambda: released.wait(30), blocks=True), len, {}))
        await asyncio.sleep(0)
        released.set()
        return await task

    assert asyncio.run(main()) == Success(True)


def test_a_function_in_a_thread_sees_the_context_of_its_caller():
    variable = contextvars.ContextVar("variable", default="outside")

    async def main() -> Any:
        variable.set("inside")
        return await adrive(call(variable.get, blocks=True), len, {})

    assert asyncio.run(main()) == Success("inside")


@pytest.mark.parametrize("blocks", [False, True])
def test_an_awaitable_of_a_function_is_awaited_in_the_event_loop(blocks):
    async def main() -> Any:
        loop = asyncio.get_running_loop()

        async def later() -> bool:
            return asyncio.get_running_loop() is loop

        return await adrive(call(later, blocks=blocks), len, {})

    assert asyncio.run(main()) == Success(True)


def hanging(end: Callable[[asyncio.Task[Any]], None], **limit: Any) -> tuple[Any, list[str]]:
    """What came of a call whose function hangs until the call has ended; and what its thread did then."""
    started, released, done = threading.Event(), threading.Event(), threading.Event()
    seen: list[str] = []

    def hang() -> None:
        started.set()
        released.wait(30)
        seen.append("ended")
        done.set()

    async def main() -> Any:
        task = asyncio.create_task(adrive(call(hang, blocks=True), len, {}, **limit))
        while not started.is_set():
            await asyncio.sleep(0)
        end(task)
        got = (await asyncio.gather(task, return_exceptions=True))[0]
        seen.append("call ended")
        released.set()
        while not done.is_set():
            await asyncio.sleep(0)
        await asyncio.sleep(0)  # its thread reports to a future that nobody awaits
        return got

    return asyncio.run(main()), seen


def test_a_cancelled_call_does_not_wait_for_its_function():
    got, seen = hanging(lambda task: task.cancel())

    assert (type(got), seen) == (asyncio.CancelledError, ["call ended", "ended"])


def test_a_call_ends_at_its_deadline_though_its_function_hangs():
    got, seen = hanging(lambda task: None, deadline=Deadline(0.05, iter([0.0, *[0.0] * 99]).__next__))

    assert (type(got.failure()), seen) == (DeadlineExceededError, ["call ended", "ended"])


def test_a_function_may_outlive_its_event_loop():
    started, released = threading.Event(), threading.Event()
    threads: list[threading.Thread] = []

    def hang() -> None:
        threads.append(threading.current_thread())
        started.set()
        released.wait(30)

    async def main() -> None:
        task = asyncio.create_task(adrive(call(hang, blocks=True), len, {}))
        while not started.is_set():
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait((task,))

    asyncio.run(main())
    released.set()
    threads[0].join(30)

    assert not threads[0].is_alive()


def test_functions_that_hang_do_not_pile_up_threads():
    released = threading.Event()

    async def main() -> Any:
        tasks = [
            asyncio.create_task(adrive(call(lambda: released.wait(30), blocks=True), len, {}))
            for _ in range(MAX_THREADS)
        ]
        await asyncio.sleep(0)
        refused = await adrive(call(lambda: 1, blocks=True), len, {})
        released.set()
        ended = await asyncio.gather(*tasks)
        while any(thread.name == THREAD_NAME for thread in threading.enumerate()):
            await asyncio.sleep(0)
        return refused, ended, await adrive(call(lambda: 1, blocks=True), len, {})

    refused, ended, later = asyncio.run(main())

    assert str(refused.failure()) == "too many threads of this process wait for files that do not answer"
    assert (ended, later) == ([Success(True)] * MAX_THREADS, Success(1))


def test_an_interrupt_of_a_function_in_a_thread_is_one_of_the_call():
    class Stop(BaseException):
        pass

    def stop() -> None:
        raise Stop

    async def main() -> Any:
        return await adrive(call(stop, blocks=True), len, {})

    with pytest.raises(Stop):
        asyncio.run(main())
