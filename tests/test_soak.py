"""Many threads and many tasks against a live server that fails at random: nothing is unaccounted for, nothing grows.

The number of calls is bounded, not the time; waits are invented. What a client leaves behind is counted in threads,
sockets and bytes.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import logging
import os
import random
import threading
import time
import tracemalloc
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from returns.result import Success

from infisical import AsyncInfisicalClient, HttpRequest, InfisicalClient, Jwt, UniversalAuth
from infisical.executors import FaultyExecutor, MemoryExecutor
from infisical.executors.faults import Broken, Dropped, Expired, Fault, Limited, Refused, Truncated, at_random
from infisical.server.serve import serving
from tests.forms import mark_exhaustive

pytest.importorskip("waitress")
pytestmark = pytest.mark.enable_socket

SEED, SECRETS = 7, 16
STEPS = 2
"""Calls of a task."""
GROWTH = 2**17
"""Bytes by which a round of calls may grow a client, its transport and the server's sockets.

A leak grows them in every round; threads and connections are added in some rounds, until there are enough.
"""
ROUNDS = 4
FAULTS: dict[Fault, float] = {
    Refused(): 0.02,
    Dropped("before"): 0.02,
    Dropped("after"): 0.02,
    Limited(1): 0.03,
    Broken(503): 0.03,
    Broken(500): 0.02,
    Truncated(40): 0.02,
    Truncated(40, noticed=False): 0.02,
    Expired(): 0.02,
}
OFTEN = {"Success", "InternalServerError", "DecodeError"}
SELDOM = {"ForbiddenError", "RateLimitError"}
"""What comes only of several faults in a row: tokens refused again at once, limits until no attempt is left."""
DESCRIPTORS = Path("/proc/self/fd")


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    """Keep pytest from keeping a line for each call."""
    caplog.set_level(logging.CRITICAL, "infisical")


class Time:
    """The clock of this machine, and what has been slept since without waiting for it."""

    def __init__(self) -> None:
        self._slept, self._lock = 0.0, threading.Lock()

    def __call__(self) -> float:
        return time.monotonic() + self._slept

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self._slept += seconds

    async def asleep(self, seconds: float) -> None:
        self.sleep(seconds)
        await asyncio.sleep(0)


class World:
    """A server that fails once it is `unlucky`, and what was heard of it."""

    def __init__(self) -> None:
        self.memory, self.time, self.unlucky = MemoryExecutor(), Time(), False
        self._draw = at_random(SEED, FAULTS)
        given = self.memory.given
        self.where: dict[str, Any] = {"project_id": given.project_id, "environment": given.environment}
        self.login = UniversalAuth(given.client_id, given.client_secret)
        self.settings: dict[str, Any] = {"deadline": None, "timeout": 120.0, "clock": self.time}
        self.settings["random"] = random.Random(SEED).random
        direct = InfisicalClient(executor=self.memory, auth=Jwt(given.user_token))
        for number in range(SECRETS):
            direct.secrets.create(secret_name=f"KEY_{number}", secret_value="start", **self.where).unwrap()
        self._start = self.memory.state

    def plan(self, request: HttpRequest) -> Fault | None:
        return self._draw(request) if self.unlucky else None

    def traced(self) -> int:
        """Count the bytes in use, without what the server has learned since the beginning."""
        self.memory.change(lambda state, now: self._start)
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    @contextmanager
    def blocking(self) -> Iterator[InfisicalClient]:
        """Serve, and log a client in, before the faults begin."""
        with (
            serving(FaultyExecutor(self.memory, self.plan)) as url,
            InfisicalClient(base_url=url, sleep=self.time.sleep, **self.settings) as client,
        ):
            client.login(self.login).unwrap()
            self.unlucky = True
            yield client

    @asynccontextmanager
    async def asynchronous(self) -> AsyncIterator[AsyncInfisicalClient]:
        """The same for asyncio, with the transport that a client has by default."""
        with serving(FaultyExecutor(self.memory, self.plan)) as url:
            async with AsyncInfisicalClient(base_url=url, sleep=self.time.asleep, **self.settings) as client:
                (await client.login(self.login)).unwrap()
                self.unlucky = True
                yield client

    def ask(self, client: Any, number: int) -> Any:
        """Begin the call of that number: every second one reads, the others write."""
        name = f"KEY_{number % SECRETS}"
        if number % 2:
            return client.secrets.get_by_name(secret_name=name, **self.where)
        return client.secrets.update(secret_name=name, secret_value=f"{number}", **self.where)


def kind(answer: Any) -> str:
    return "Success" if isinstance(answer, Success) else type(answer.failure()).__name__


def sockets() -> int | None:
    """Count the open sockets of this process; None where the system does not tell."""
    if not DESCRIPTORS.is_dir():
        return None
    found = 0
    for one in DESCRIPTORS.iterdir():
        try:
            found += os.readlink(one).startswith("socket:")
        except FileNotFoundError:  # the directory itself, while it was read
            continue
    return found


@contextmanager
def leaving_nothing_behind() -> Iterator[None]:
    """Compare what there is before and after: threads that were told to end are waited for."""
    gc.collect()
    threads, opened = set(threading.enumerate()), sockets()
    yield
    for thread in set(threading.enumerate()) - threads:
        thread.join(30)
    assert set(threading.enumerate()) - threads == set()
    assert sockets() == opened


@contextmanager
def tracing() -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
    finally:
        tracemalloc.stop()


def by_threads(world: World, client: InfisicalClient, threads: int, calls: int) -> Counter[str]:
    """Make so many calls in each of so many threads, all through one client."""
    heard: list[Counter[str]] = []

    def work(first: int) -> None:
        heard.append(Counter(kind(world.ask(client, number)) for number in range(first, first + calls)))

    workers = [threading.Thread(target=work, args=(number * calls,), daemon=True) for number in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
    assert [worker for worker in workers if worker.is_alive()] == []
    return sum(heard, Counter())


async def by_tasks(world: World, client: AsyncInfisicalClient, tasks: int) -> Counter[str]:
    """Make STEPS calls in each of so many tasks at once."""

    async def work(first: int) -> list[str]:
        return [kind(await world.ask(client, number)) for number in range(first, first + STEPS)]

    async with asyncio.timeout(240):
        heard = await asyncio.gather(*[work(number * STEPS) for number in range(tasks)])
    return Counter(itertools.chain.from_iterable(heard))


def accounted_for(heard: Counter[str], calls: int) -> None:
    assert heard.total() == calls
    assert set(heard) - SELDOM == OFTEN
    assert heard["Success"] > calls / 2


@pytest.mark.parametrize(("threads", "calls"), [(8, 30), mark_exhaustive(32, 30)])
def test_many_threads_leave_nothing_behind_and_every_answer_is_accounted_for(threads, calls):
    with leaving_nothing_behind():
        world = World()
        with world.blocking() as client:
            heard = by_threads(world, client, threads, calls)
    accounted_for(heard, threads * calls)


@pytest.mark.parametrize("tasks", [60, mark_exhaustive(1000)])
def test_many_tasks_leave_nothing_behind_and_every_answer_is_accounted_for(tasks):
    async def main(world: World) -> Counter[str]:
        async with world.asynchronous() as client:
            return await by_tasks(world, client, tasks)

    with leaving_nothing_behind():
        heard = asyncio.run(main(World()))
    accounted_for(heard, tasks * STEPS)


@pytest.mark.parametrize("calls", [mark_exhaustive(30)])
def test_the_memory_of_a_blocking_client_does_not_grow_with_its_calls(calls):
    world = World()
    with tracing(), world.blocking() as client:
        sizes = []
        for _ in range(ROUNDS):
            by_threads(world, client, 4, calls)
            sizes.append(world.traced())

    assert min(later - earlier for earlier, later in itertools.pairwise(sizes)) < GROWTH


@pytest.mark.parametrize("tasks", [mark_exhaustive(100)])
def test_the_memory_of_an_asyncio_client_does_not_grow_with_its_calls(tasks):
    async def main(world: World) -> list[int]:
        sizes = []
        async with world.asynchronous() as client:
            for _ in range(ROUNDS):
                await by_tasks(world, client, tasks)
                sizes.append(world.traced())
        return sizes

    with tracing():
        sizes = asyncio.run(main(World()))

    assert min(later - earlier for earlier, later in itertools.pairwise(sizes)) < GROWTH
