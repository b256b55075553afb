"""Watching a request: changes in quick succession, and how a walk ends."""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from returns.result import Failure, Success

from infisical import (
    AsyncInfisicalClient,
    InfisicalClient,
    InfisicalNetworkError,
    Response,
    Retry,
    awatch,
    watch,
    watching,
)
from infisical.endpoints.secrets import Secrets
from infisical.executors import AsyncScriptedExecutor
from tests.middleware.test_cache import Clock, listing
from tests.test_watching import OUTAGE, REQUEST, TOKEN, UNCHANGED, WHERE, Stage, describe
from tests.wire import answer


# ---- settling
def test_changes_in_quick_succession_are_one():
    stage = Stage(*map(listing, ["1", "2", "3", "4", "4", "4", "5", "5"]))
    at: list[float] = []
    stage.client._execute = lambda request: (at.append(sum(stage.pauses)), stage.executor(request))[1]

    values = [describe(one) for one in itertools.islice(watch(stage.client, REQUEST, 30, settle=2), 3)]

    assert values == ["1", "4", "5"]
    assert [round(after - before) for before, after in itertools.pairwise(at)] == [30, 2, 2, 2, 30, 30, 2]


def test_a_change_that_is_taken_back_while_it_settles_is_none():
    stage = Stage(*map(listing, ["1", "2", "1", "1", "3", "3"]))

    assert [describe(one) for one in itertools.islice(watch(stage.client, REQUEST, settle=1), 2)] == ["1", "3"]


def test_what_never_settles_is_yielded_now_and_then():
    stage = Stage(*map(listing, "0123456789abcdef"))

    assert [describe(one) for one in itertools.islice(watch(stage.client, REQUEST, settle=1), 3)] == ["0", "6", "c"]


def test_a_failure_while_it_settles_is_yielded_at_once_and_so_is_the_answer_after_it():
    stage = Stage(listing("1"), listing("2"), OUTAGE, listing("2"), listing("3"), listing("3"))

    values = [describe(one) for one in itertools.islice(watch(stage.client, REQUEST, settle=1), 4)]

    assert values == ["1", "InfisicalNetworkError", "2", "3"]


def test_it_settles_no_later_than_it_asks():
    stage = Stage(*map(listing, "1223"))
    walk = watch(stage.client, REQUEST, 3, settle=60)

    assert [describe(next(walk)), describe(next(walk))] == ["1", "2"]
    assert sum(stage.pauses) == pytest.approx(6)


@given(st.text("12", min_size=1, max_size=12))
def test_without_settling_each_change_comes_and_with_it_no_answer_comes_twice_in_a_row(values):
    def walk(settle: float) -> list[str]:
        stage = Stage(*map(listing, values), OUTAGE)
        walk = watch(stage.client, REQUEST, settle=settle)
        return [describe(one) for one in itertools.takewhile(lambda one: isinstance(one, Success), walk)]

    assert walk(0) == [value for value, _ in itertools.groupby(values)]
    settled = walk(1)
    assert settled == [value for value, _ in itertools.groupby(settled)]
    assert settled[0] == values[0]
    assert values[-2:] not in ("11", "22") or settled[-1] == values[-1]


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


def test_a_stop_during_a_request_ends_it_without_another_answer():
    stop, stage = threading.Event(), Stage(listing("1"))
    stage.client._execute = lambda request: (stop.set(), stage.executor(request))[1]

    assert list(watch(stage.client, REQUEST, stop=stop)) == []


def test_stop_ends_the_wait_before_a_repetition_and_nothing_is_sent_after_it():
    stop = threading.Event()
    busy = answer({"message": "busy"}, 503, retry_after="20")
    stage = Stage(busy, listing("1"), retry=Retry(attempts=5))

    def sleep(seconds: float) -> None:
        stage.pauses.append(seconds)
        stop.set()

    stage.client._sleep = sleep

    assert list(watch(stage.client, REQUEST, stop=stop)) == []
    assert (len(stage.executor.sent), sum(stage.pauses)) == (1, 0.5)


def test_stop_ends_a_real_wait_before_a_repetition_at_once():
    stop, ended, waits = threading.Event(), threading.Event(), threading.Event()
    busy = answer({"message": "busy"}, 503, retry_after="20")
    stage = Stage(busy, retry=Retry(attempts=5), sleep=time.sleep)
    stage.client._execute = lambda request: (waits.set(), stage.executor(request))[1]

    def work() -> None:
        assert list(watch(stage.client, REQUEST, stop=stop)) == []
        ended.set()

    threading.Thread(target=work, daemon=True).start()
    assert waits.wait(30)
    stop.set()

    assert ended.wait(30)


@pytest.mark.parametrize("longest", [0.001, threading.TIMEOUT_MAX])
def test_a_real_wait_takes_its_time_in_slices_or_not(monkeypatch, longest):
    monkeypatch.setattr(watching, "MAX_WAIT_SECONDS", longest)
    client = Stage(listing("1"), listing("2"), sleep=time.sleep).client

    before = time.monotonic()
    values = [describe(one) for one in itertools.islice(watch(client, REQUEST, 0.01), 2)]

    assert values == ["1", "2"]
    assert time.monotonic() - before >= 0.009


def test_an_interval_of_any_length_is_waited_for():
    stop, client = threading.Event(), Stage(listing("1"), sleep=time.sleep).client
    walk = watch(client, REQUEST, 1e300, stop=stop)
    next(walk)
    timer = threading.Timer(0.01, stop.set)
    timer.start()

    assert list(walk) == []
    timer.join()


def test_an_exception_of_a_plugged_in_function_is_a_failure():
    def clock() -> float:
        raise ZeroDivisionError

    stage = Stage(clock=Clock())
    object.__setattr__(stage.client._pipeline.settings, "clock", clock)

    assert describe(next(watch(stage.client, REQUEST))) == "InfisicalError"


def test_an_interrupt_ends_the_walk_and_reaches_the_caller():
    def sleep(_: float) -> None:
        raise KeyboardInterrupt

    walk = watch(Stage(listing("1"), sleep=sleep).client, REQUEST)
    next(walk)

    with pytest.raises(KeyboardInterrupt):
        next(walk)
    assert list(walk) == []


def test_a_closed_client_ends_the_walk():
    client = InfisicalClient(auth=TOKEN, retry=None, base_url="https://localhost")
    client.close()

    assert [describe(one) for one in watch(client, REQUEST)] == ["InfisicalNetworkError"]
    assert [describe(one) for one in watch(client.with_options(timeout=1), REQUEST)] == ["InfisicalNetworkError"]


def test_a_closed_async_client_ends_the_walk():
    async def main() -> list[str]:
        client = AsyncInfisicalClient(auth=TOKEN, retry=None, base_url="https://localhost")
        await client.aclose()
        return [describe(one) async for one in awatch(client, REQUEST)]

    assert asyncio.run(main()) == ["InfisicalNetworkError"]


def test_a_walk_that_another_thread_runs_is_ended_by_stop_and_not_by_close():
    stop, waits = threading.Event(), threading.Event()
    stage = Stage(listing("1"), sleep=time.sleep)
    stage.client._execute = lambda request: (waits.set(), stage.executor(request))[1]
    walk: Any = watch(stage.client, REQUEST, 3600, stop=stop)
    values: list[str] = []
    thread = threading.Thread(target=lambda: values.extend(map(describe, walk)))
    thread.start()
    assert waits.wait(30)

    try:
        with pytest.raises(ValueError, match="already executing"):
            walk.close()
    finally:
        stop.set()
        thread.join(30)
    assert not thread.is_alive()
    walk.close()


@pytest.mark.parametrize("wrong", [asyncio.Event(), "stop", 1])
def test_a_stop_that_is_no_event_of_threads_is_refused_at_once(wrong):
    with pytest.raises(ValueError, match=rf"^stop must be a threading.Event, not {type(wrong).__name__}$"):
        watch(Stage().client, REQUEST, stop=wrong)


@pytest.mark.parametrize("settle", [-1, True, "1", float("inf")])
def test_a_settle_that_cannot_be_right_is_refused_at_once(settle):
    with pytest.raises(ValueError, match=r"^settle must be "):
        watch(Stage().client, REQUEST, settle=settle)
    with pytest.raises(ValueError, match=r"^settle must be "):
        awatch(AsyncInfisicalClient(executor=AsyncScriptedExecutor()), REQUEST, settle=settle)


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
