"""Interrupts at every instruction: whatever is raised where, no flight is orphaned, and the next call works.

A trace function raises at the n-th instruction of the modules under test, as Ctrl-C does, or the handler of an alarm:
for every n in an exhaustive run, for every seventh by default. One variant keeps the exception, and with it the frames
that it passed: a flight must not live as long.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import FrameType
from typing import Any

import pytest
from returns.result import Success

from infisical import AsyncInfisicalClient, HttpRequest, InfisicalClient, UniversalAuth, session
from infisical.drivers import asyncio as aio
from infisical.drivers import blocking, flights
from infisical.drivers.flights import Flights
from infisical.middleware import token
from tests.forms import mark_exhaustive
from tests.wire import answer

WHERE = {"project_id": "p", "environment": "dev"}
LISTED = answer({"secrets": []})
METHOD = UniversalAuth("id", "secret")
SINGLE_FLIGHT = {flights.__file__}
ON_THE_WAY = {flights.__file__, aio.__file__, blocking.__file__, session.__file__, token.__file__}


class Alarm(Exception):
    """What a handler of SIGALRM raises, as Celery's soft time limit does."""


@pytest.fixture(autouse=True)
def quick_glances(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flights, "LEADER_CHECK_SECONDS", 0.001)


def interrupted(number: int, kind: type[BaseException], modules: set[str], work: Callable[[], object]) -> Any:
    """Do the work, and raise at its n-th instruction in these modules; return what came out of it, None if nothing."""
    count = 0

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal count
        if frame.f_code.co_filename not in modules:
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            count += 1
            if count == number:
                raise kind
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    except (KeyboardInterrupt, Alarm) as cause:
        return cause
    finally:
        sys.settrace(before)
    return "survived" if count >= number else None


def instructions(kind: type[BaseException], modules: set[str], work: Callable[[], object], step: int) -> Iterator[Any]:
    """Interrupt the work at its first instruction, then again `step` instructions later, and so on to the last."""
    number = 1
    while (outcome := interrupted(number, kind, modules, work)) is not None:
        yield outcome
        number += step
    assert number > 20


each_step = pytest.mark.parametrize("step", [7, mark_exhaustive(1)])


@each_step
@pytest.mark.parametrize("kept", [False, True], ids=["", "exception kept"])
@pytest.mark.parametrize("kind", [KeyboardInterrupt, Alarm])
def test_an_interrupted_leader_leaves_no_flight_behind(kind, kept, step):
    shared, exceptions = Flights(), []
    with ThreadPoolExecutor(1) as pool:
        for outcome in instructions(kind, SINGLE_FLIGHT, lambda: shared.join("key", lambda: 1), step):
            if kept:
                exceptions.append(outcome)
            assert pool.submit(shared.join, "key", lambda: 2).result(30) == 2
            assert shared.join("key", lambda: 3) == 3
    assert shared.current == {}


@each_step
@pytest.mark.parametrize("kept", [False, True], ids=["", "exception kept"])
def test_a_follower_that_waits_for_an_interrupted_leader_takes_over(kept, step):
    shared, exceptions, followers = Flights(), [], []
    with ThreadPoolExecutor(2) as pool:

        def lead() -> None:
            shared.join("key", run)

        def run() -> int:
            followers[:] = [pool.submit(shared.join, "key", lambda: 2) for _ in range(2)]
            return 1

        for outcome in instructions(KeyboardInterrupt, SINGLE_FLIGHT, lead, step):
            if kept:
                exceptions.append(outcome)
            assert {follower.result(30) for follower in followers} <= {1, 2}
    assert shared.current == {}


@each_step
def test_an_interrupted_follower_harms_nobody(step):
    shared = Flights()
    with ThreadPoolExecutor(2) as pool:

        def follow() -> None:
            started, go_on = threading.Event(), threading.Event()

            def run() -> int:
                started.set()
                go_on.wait(30)
                return 1

            leader = pool.submit(shared.join, "key", run)
            started.wait(30)
            other = pool.submit(shared.join, "key", lambda: 2)
            timer = threading.Timer(0.002, go_on.set)
            timer.start()
            try:
                shared.join("key", lambda: 3)
            finally:
                go_on.set()
                sys.settrace(None)
                results.append((leader.result(30), other.result(30) in (1, 2)))
                timer.join()

        results: list[Any] = []
        for _ in instructions(KeyboardInterrupt, SINGLE_FLIGHT, follow, step):
            assert results.pop() == (1, True)
    assert shared.current == {}


class Server:
    """Answers everything; its tokens expire when it is told so."""

    def __init__(self) -> None:
        self.now = 0.0

    def execute(self, request: HttpRequest) -> Any:
        if request.url.endswith("/login"):
            return Success(answer({"accessToken": "T", "expiresIn": 60}))
        return Success(LISTED)

    async def aexecute(self, request: HttpRequest) -> Any:
        await asyncio.sleep(0)
        return self.execute(request)


@each_step
@pytest.mark.parametrize(("kind", "kept"), [(KeyboardInterrupt, True), (Alarm, False)])
def test_after_an_interrupted_renewal_the_next_call_of_any_thread_works(kind, kept, step):
    server, exceptions = Server(), []
    client = InfisicalClient(retry=None, executor=server.execute, clock=lambda: server.now)
    client.login(METHOD).unwrap()
    server.now += 60
    with ThreadPoolExecutor(1) as pool:
        for outcome in instructions(kind, ON_THE_WAY, lambda: client.secrets.list(**WHERE), step):
            if kept:
                exceptions.append(outcome)
            assert isinstance(pool.submit(client.secrets.list, **WHERE).result(30), Success)
            assert isinstance(client.secrets.list(**WHERE), Success)
            server.now += 60
    assert client._flights.current == {}


@each_step
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
def test_after_an_interrupted_renewal_the_next_task_works_and_so_does_the_next_event_loop(step):
    server, outcomes = Server(), []
    client = AsyncInfisicalClient(retry=None, executor=server.aexecute, clock=lambda: server.now)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(client.login(METHOD)).unwrap()
    server.now += 60

    def call() -> None:
        loop.run_until_complete(client.secrets.list(**WHERE))

    for outcome in instructions(KeyboardInterrupt, SINGLE_FLIGHT, call, step):
        outcomes.append(outcome)
        assert isinstance(loop.run_until_complete(client.secrets.list(**WHERE)), Success)
        server.now += 60
        assert isinstance(asyncio.run(client.secrets.list(**WHERE)), Success)
        server.now += 60
        for task in asyncio.all_tasks(loop):
            task.cancel()
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    assert client._flights == {}
