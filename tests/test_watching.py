"""Watching a request: what is yielded, how the server is asked, how long it waits, and how it ends."""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from typing import Any

import pytest
from returns.result import Failure, Success

from infisical import (
    AsyncInfisicalClient,
    Cache,
    IdentityAccessToken,
    InfisicalClient,
    InfisicalNetworkError,
    RequestError,
    Response,
    awatch,
    watch,
)
from infisical.endpoints.secrets import Secrets
from infisical.executors import AsyncScriptedExecutor, ScriptedExecutor
from tests.middleware.test_cache import Clock, listing
from tests.wire import answer

TOKEN = IdentityAccessToken("T1")
WHERE = {"project_id": "p", "environment": "dev"}
REQUEST = Secrets.list(**WHERE)
OUTAGE = InfisicalNetworkError("no connection", reason="refused", sent=False)
UNCHANGED = Response(304, (("etag", '"1"'),))


class Stage:
    """A client on a script, whose pauses are a list."""

    def __init__(self, *script: Response | InfisicalNetworkError, **settings: Any) -> None:
        self.executor, self.pauses = ScriptedExecutor(*script), list[float]()
        defaults: dict[str, Any] = {"retry": None, "random": lambda: 0.5, "sleep": self.sleep}
        self.client = InfisicalClient(auth=TOKEN, executor=self.executor, **{**defaults, **settings})

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)

    def watch(self, count: int, every: float = 30.0) -> list[str]:
        return [describe(one) for one in itertools.islice(watch(self.client, REQUEST, every), count)]


def describe(result: Any) -> str:
    if isinstance(result, Success):
        return str(result.unwrap().secrets[0].secret_value)
    return type(result.failure()).__name__


def test_the_first_answer_comes_and_then_each_changed_one():
    stage = Stage(listing("1"), listing("1"), listing("2"), listing("2"), listing("1"))

    assert stage.watch(3) == ["1", "2", "1"]


def test_an_unchanged_answer_costs_a_304_and_is_the_same_object():
    stage = Stage(listing("1", '"1"'), UNCHANGED, UNCHANGED, listing("2", '"2"'))

    assert stage.watch(2) == ["1", "2"]
    etags = [dict(request.headers).get("If-None-Match") for request in stage.executor.sent]
    assert etags == [None, '"1"', '"1"', '"1"']


def test_a_failure_comes_once_per_outage_and_the_answer_after_it_again():
    stage = Stage(OUTAGE, OUTAGE, listing("1"), OUTAGE, answer({}, 503), listing("1"), listing("1"), listing("2"))

    assert stage.watch(5) == [
        "InfisicalNetworkError",
        "1",
        "InfisicalNetworkError",
        "1",
        "2",
    ]


def test_a_pause_varies_by_a_tenth():
    for share, expected in ((0.0, 9.0), (0.5, 10.0), (0.99, 10.98)):
        stage = Stage(listing("1"), listing("2"), random=lambda share=share: share)
        stage.watch(2, every=10)
        assert sum(stage.pauses) == pytest.approx(expected)


def test_pauses_double_in_an_outage_up_to_five_minutes():
    stage = Stage(listing("1"), *[OUTAGE] * 6, listing("2"), listing("3"))
    at: list[float] = []
    stage.client._execute = lambda request: (at.append(sum(stage.pauses)), stage.executor(request))[1]
    stage.watch(4, every=30)

    assert [round(after - before) for before, after in itertools.pairwise(at)] == [30, 60, 120, 240, 300, 300, 300, 30]


def test_a_longer_interval_stays_in_an_outage():
    stage = Stage(OUTAGE, OUTAGE, listing("1"))
    stage.watch(2, every=1000)

    assert sum(stage.pauses) == pytest.approx(2000)


def test_a_rate_limit_is_waited_for():
    stage = Stage(answer({"message": "slow"}, 429, retry_after="100"), listing("1"))
    stage.watch(2, every=1)

    assert sum(stage.pauses) == pytest.approx(100)


def test_it_asks_past_a_fresh_entry():
    stage = Stage(listing("1"), listing("2"), cache=Cache(ttl=60))

    values = [describe(stage.client(REQUEST)), *stage.watch(1), describe(stage.client(REQUEST))]

    assert values == ["1", "2", "2"]


def test_what_it_reads_is_in_the_cache():
    clock = Clock()
    stage = Stage(listing("1", '"1"'), UNCHANGED, listing("2"), cache=Cache(ttl=60), clock=clock)
    walk = watch(stage.client, REQUEST, 30)

    first = next(walk)
    assert stage.client(REQUEST).unwrap() is first.unwrap()
    clock.now += 59
    second = next(walk)  # a 304, and then a change
    assert stage.client(REQUEST).unwrap() is second.unwrap()
    assert (describe(second), len(stage.executor.sent)) == ("2", 3)


def test_a_304_for_an_entry_that_was_dropped_fills_nothing():
    stage = Stage(listing("1", '"1"'), UNCHANGED, listing("2", '"2"'), cache=Cache(ttl=60))
    walk = watch(stage.client, REQUEST, 30)
    next(walk)
    stage.client.forget_cached()

    assert describe(next(walk)) == "2"
    assert stage.client.cache_info().revalidated == 0


def test_a_304_makes_the_entry_young_again():
    clock = Clock()
    stage = Stage(listing("1", '"1"'), UNCHANGED, listing("2"), cache=Cache(ttl=60), clock=clock)

    def sleep(_: float) -> None:
        if len(stage.executor.sent) == 2:  # 60 slices of half a second
            clock.now += 0.9
            values.append(describe(stage.client(REQUEST)))

    values: list[str] = []
    stage.client._sleep = sleep
    stage.watch(2, every=30)

    assert set(values) == {"1"}
    assert len(stage.executor.sent) == 3


def test_a_request_that_cannot_be_written_ends_the_walk():
    stage = Stage()
    broken = Secrets.get_by_name(secret_name="..", **WHERE)

    assert [describe(one) for one in watch(stage.client, broken)] == ["RequestError"]
    assert [type(one.failure()) for one in watch(stage.client, "x")] == [RequestError]  # type: ignore[arg-type]


@pytest.mark.parametrize("every", [0, -1, True, "30", float("nan")])
def test_an_interval_that_cannot_be_right_is_refused_at_once(every):
    with pytest.raises(ValueError, match=r"^every must be "):
        watch(Stage().client, REQUEST, every)
    with pytest.raises(ValueError, match=r"^every must be "):
        awatch(AsyncInfisicalClient(executor=AsyncScriptedExecutor()), REQUEST, every)


def test_each_watch_takes_its_own_kind_of_client():
    with pytest.raises(ValueError, match=r"^watch takes an InfisicalClient; awatch takes the asyncio one$"):
        watch(AsyncInfisicalClient(executor=AsyncScriptedExecutor()), REQUEST)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"^awatch takes an AsyncInfisicalClient; watch takes the blocking one$"):
        awatch(Stage().client, REQUEST)  # type: ignore[arg-type]


# ---- the end
def test_a_set_stop_ends_it_before_it_asks():
    stop = threading.Event()
    stop.set()

    assert list(watch(Stage().client, REQUEST, stop=stop)) == []


def test_stop_ends_a_wait_of_the_clients_sleep_within_a_second():
    stop, stage = threading.Event(), Stage(listing("1"))

    def sleep(seconds: float) -> None:
        stage.pauses.append(seconds)
        stop.set()

    stage.client._sleep = sleep

    assert [describe(one) for one in watch(stage.client, REQUEST, 300, stop=stop)] == ["1"]
    assert sum(stage.pauses) <= 1


def test_stop_ends_a_real_wait_at_once():
    stop, ended = threading.Event(), threading.Event()
    client = Stage(listing("1"), sleep=time.sleep).client

    def work() -> None:
        for _ in watch(client, REQUEST, 3600, stop=stop):
            stop.set()
        ended.set()

    threading.Thread(target=work, daemon=True).start()

    assert ended.wait(30)


def test_a_closed_walk_ends():
    walk = watch(Stage(listing("1")).client, REQUEST)
    next(walk)
    walk.close()

    assert list(walk) == []


def make_async_client(*script: Response | InfisicalNetworkError, **settings: Any) -> Any:
    async def sleep(_: float) -> None:
        await asyncio.sleep(0)

    defaults: dict[str, Any] = {"auth": TOKEN, "retry": None, "sleep": sleep}
    return AsyncInfisicalClient(executor=AsyncScriptedExecutor(*script), **{**defaults, **settings})


def test_tasks_watch_alike():
    async def main() -> list[str]:
        client = make_async_client(listing("1", '"1"'), UNCHANGED, OUTAGE, OUTAGE, listing("2"))
        values: list[str] = []
        async for one in awatch(client, REQUEST):
            values.append(describe(one))
            if len(values) == 3:
                break
        return values

    assert asyncio.run(main()) == ["1", "InfisicalNetworkError", "2"]


def test_a_task_that_watches_ends_by_cancellation_while_it_waits():
    async def main() -> list[str]:
        values: list[str] = []
        has_answer = asyncio.Event()

        async def work() -> None:
            async for one in awatch(make_async_client(listing("1"), sleep=None), REQUEST, 3600):
                values.append(describe(one))
                has_answer.set()

        task = asyncio.create_task(work())
        await has_answer.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()
        return values

    assert asyncio.run(main()) == ["1"]


def test_an_async_walk_ends_by_aclose_and_by_a_broken_request():
    async def main() -> list[str]:
        walk: Any = awatch(make_async_client(listing("1")), REQUEST)
        values = [describe(await anext(walk))]
        await walk.aclose()
        values += [describe(one) async for one in walk]
        broken = Secrets.get_by_name(secret_name="..", **WHERE)
        return values + [describe(one) async for one in awatch(make_async_client(), broken)]

    assert asyncio.run(main()) == ["1", "RequestError"]


def test_a_failure_is_a_value():
    result = next(watch(Stage(OUTAGE).client, REQUEST))

    assert isinstance(result, Failure)
