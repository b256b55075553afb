"""Logins that hang: whoever waits for one ends in time, and nobody joins it for ever.

What has to pass here passes on a clock that the test sets, or within milliseconds.
"""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from returns.result import Failure, Success

from infisical import (
    AsyncInfisicalClient,
    DeadlineExceededError,
    HttpRequest,
    InfisicalClient,
    InfisicalNetworkError,
    LoginResponse,
    UniversalAuth,
)
from infisical.drivers import flights
from infisical.drivers.deadline import Deadline, make_exceeded
from infisical.drivers.flights import MAX_FLIGHT_SECONDS, Flights
from infisical.login import hold_login
from tests.wire import answer

WHERE = {"project_id": "p", "environment": "dev"}
LISTED = answer({"secrets": []})


# ---- asyncio
class Factory:
    """A login factory that hangs while it is told to; each token is a new one, and lives for a minute."""

    def __init__(self, stubborn: bool = False) -> None:
        self.hangs, self.stubborn = False, stubborn
        self.calls, self.cancelled = 0, 0
        self.go_on: asyncio.Event | None = None

    async def __call__(self) -> LoginResponse:
        self.calls += 1
        number = self.calls
        while self.hangs:
            try:
                self.go_on = self.go_on or asyncio.Event()
                await self.go_on.wait()
            except asyncio.CancelledError:
                self.cancelled += 1
                if not self.stubborn:
                    raise
        return LoginResponse(access_token=f"T{number}", expires_in=60)

    def end(self) -> None:
        self.hangs = False
        if self.go_on is not None:
            self.go_on.set()


def tokens(sent: list[HttpRequest]) -> list[str]:
    return [dict(request.headers)["Authorization"].removeprefix("Bearer ") for request in sent]


def in_asyncio(factory: Factory, **settings: Any) -> tuple[AsyncInfisicalClient, list[HttpRequest], list[float]]:
    now, sent = [0.0], []

    async def execute(request: HttpRequest) -> Any:
        sent.append(request)
        return Success(LISTED)

    client = AsyncInfisicalClient(retry=None, executor=execute, clock=lambda: now[0], **settings)
    return client, sent, now


@pytest.mark.parametrize("stubborn", [False, True], ids=["", "ignores its cancellation"])
def test_a_login_whose_factory_hangs_ends_at_the_deadline_and_a_later_login_works(stubborn):
    async def main() -> Any:
        factory = Factory(stubborn)
        client, _, _ = in_asyncio(factory, deadline=0.01)
        factory.hangs = True
        first = await client.login(factory)
        factory.end()
        second = await client.login(Factory())
        return first.failure(), second, await client.secrets.list(**WHERE), factory

    error, login, got, factory = asyncio.run(main())
    assert error == DeadlineExceededError("the deadline of the call has passed", sent=False)
    assert (type(login), type(got), factory.calls, factory.cancelled) == (Success, Success, 1, 1)


def test_a_call_that_is_cancelled_takes_its_factory_with_it():
    async def main() -> int:
        factory = Factory()
        client, _, _ = in_asyncio(factory, deadline=60)
        factory.hangs = True
        task = asyncio.create_task(client.login(factory))
        while factory.go_on is None:
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait((task,))
        await asyncio.sleep(0)
        return factory.cancelled

    assert asyncio.run(main()) == 1


@pytest.mark.parametrize("pending", [False, True], ids=["renewal", "first login"])
def test_a_renewal_that_hangs_is_abandoned_after_the_deadline_of_its_callers(pending):
    async def main() -> Any:
        factory = Factory()
        client, _, now = in_asyncio(factory, deadline=0.01)
        if pending:
            hold_login(client._pipeline, factory)
        else:
            (await client.login(factory)).unwrap()
        now[0] += 60
        factory.hangs = True
        late = await asyncio.gather(*(client.secrets.list(**WHERE) for _ in range(5)))
        calls = factory.calls
        factory.hangs = False
        now[0] += 0.01
        got = await asyncio.gather(*(client.secrets.list(**WHERE) for _ in range(5)))
        return late, calls, got, factory

    late, calls, got, factory = asyncio.run(main())
    assert [type(one.failure()) for one in late] == [DeadlineExceededError] * 5
    assert {one.failure().sent for one in late} == {False}
    assert [type(one) for one in got] == [Success] * 5
    assert (factory.calls - calls, factory.cancelled) == (1, 1)


def test_without_deadlines_a_renewal_that_hangs_is_abandoned_by_the_next_call_and_everybody_gets_its_token():
    async def main() -> Any:
        factory = Factory()
        client, sent, now = in_asyncio(factory, deadline=None)
        (await client.login(factory)).unwrap()
        now[0] += 60
        factory.hangs = True
        waiting = asyncio.create_task(client.secrets.list(**WHERE))
        while factory.calls < 2:
            await asyncio.sleep(0)
        now[0] += MAX_FLIGHT_SECONDS - 0.1
        joining = asyncio.create_task(client.secrets.list(**WHERE))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        joined, factory.hangs = factory.calls, False
        now[0] += 0.1
        next_call = await client.secrets.list(**WHERE)
        return [await waiting, await joining, next_call], joined, factory, sent

    got, joined, factory, sent = asyncio.run(main())
    assert [type(one) for one in got] == [Success] * 3
    assert (joined, factory.calls, factory.cancelled, tokens(sent)) == (2, 3, 1, ["T3"] * 3)


def test_without_a_deadline_a_call_that_waits_long_enough_takes_over_itself(monkeypatch):
    async def main() -> Any:
        factory = Factory()
        client, sent, now = in_asyncio(factory, deadline=None)
        (await client.login(factory)).unwrap()
        now[0] += 60
        factory.hangs = True
        waiting = asyncio.create_task(client.secrets.list(**WHERE))
        while factory.calls < 2:
            await asyncio.sleep(0)
        factory.hangs = False
        return await waiting, tokens(sent)

    monkeypatch.setattr(flights, "MAX_FLIGHT_SECONDS", 0.01)
    got, sent = asyncio.run(main())
    assert (type(got), sent) == (Success, ["T3"])


def test_a_patient_call_keeps_the_flight_of_a_hasty_one_in_flight():
    async def main() -> Any:
        factory = Factory()
        client, _, now = in_asyncio(factory, deadline=60)
        (await client.login(factory)).unwrap()
        now[0] += 60
        factory.hangs = True
        hasty = asyncio.create_task(client.with_options(deadline=0.01).secrets.list(**WHERE))
        patient = asyncio.create_task(client.secrets.list(**WHERE))
        late = await hasty
        now[0] += 1
        another = asyncio.create_task(client.secrets.list(**WHERE))
        await asyncio.sleep(0)
        factory.end()
        return late, await patient, await another, factory

    late, patient, another, factory = asyncio.run(main())
    assert isinstance(late.failure(), DeadlineExceededError)
    assert (type(patient), type(another), factory.calls, factory.cancelled) == (Success, Success, 2, 0)


def test_a_call_without_a_deadline_that_is_cancelled_does_not_cancel_the_login_that_others_wait_for():
    async def main() -> Any:
        factory = Factory()
        client, _, now = in_asyncio(factory, deadline=None)
        (await client.login(factory)).unwrap()
        now[0] += 60
        factory.hangs = True
        tasks = [asyncio.create_task(client.secrets.list(**WHERE)) for _ in range(2)]
        while factory.go_on is None:
            await asyncio.sleep(0)
        tasks[0].cancel()
        await asyncio.wait(tasks[:1])
        factory.end()
        return await tasks[1], factory

    got, factory = asyncio.run(main())
    assert (type(got), factory.calls, factory.cancelled) == (Success, 2, 0)


# ---- threads
class Blocking:
    """A client whose second login hangs in its factory until it is let go; the clock is a list with one number."""

    def __init__(self, **settings: Any) -> None:
        self.now, self.calls, self.sent = [0.0], 0, []
        self.hanging, self.go_on = threading.Event(), threading.Event()
        self.late: Any = LoginResponse(access_token="T2", expires_in=60)
        self.client = InfisicalClient(retry=None, executor=self.execute, clock=lambda: self.now[0], **settings)
        self.client.login(self.factory).unwrap()
        self.now[0] += 60

    def execute(self, request: HttpRequest) -> Any:
        self.sent.append(request)
        return Success(LISTED)

    def factory(self) -> LoginResponse:
        self.calls += 1
        number = self.calls
        if number == 2:
            self.hanging.set()
            self.go_on.wait(30)
            if isinstance(self.late, Exception):
                raise self.late
            return self.late
        return LoginResponse(access_token=f"T{number}", expires_in=60)


@pytest.mark.parametrize(("deadline", "bound"), [(10.0, 10.0), (None, MAX_FLIGHT_SECONDS)])
@pytest.mark.parametrize("late", [LoginResponse(access_token="T2", expires_in=60), OSError("late")], ids=["", "fails"])
def test_a_leader_that_hangs_is_succeeded_after_its_time_and_its_late_result_is_ignored(deadline, bound, late):
    blocking = Blocking(deadline=deadline)
    blocking.late = late
    with ThreadPoolExecutor(1) as pool:
        leader = pool.submit(blocking.client.secrets.list, **WHERE)
        blocking.hanging.wait(30)
        blocking.now[0] += bound
        first = blocking.client.secrets.list(**WHERE)
        blocking.go_on.set()
        leader.result(30)
    second = blocking.client.secrets.list(**WHERE)

    assert (type(first), type(second)) == (Success, Success)
    assert (tokens(blocking.sent)[0], tokens(blocking.sent)[-1], blocking.calls) == ("T3", "T3", 3)
    assert blocking.client._flights.current == {}


def test_a_follower_without_a_deadline_takes_over_from_a_leader_that_hangs(monkeypatch):
    monkeypatch.setattr(flights, "LEADER_CHECK_SECONDS", 0.001)
    blocking = Blocking(deadline=None)
    with ThreadPoolExecutor(2) as pool:
        leader = pool.submit(blocking.client.with_options(deadline=10).secrets.list, **WHERE)
        blocking.hanging.wait(30)
        follower = pool.submit(blocking.client.secrets.list, **WHERE)
        blocking.now[0] += 10
        got = follower.result(30)
        blocking.go_on.set()
        leader.result(30)

    assert (type(got), tokens(blocking.sent)[0]) == (Success, "T3")


def test_a_leader_that_was_succeeded_does_not_end_the_flight_of_its_successor():
    now, shared = [0.0], Flights()
    started, go_on = [threading.Event() for _ in range(2)], [threading.Event() for _ in range(2)]

    def lead(number: int) -> int:
        def run() -> int:
            started[number].set()
            go_on[number].wait(30)
            return number

        return shared.join("key", run, Deadline(10.0 * (number + 1), lambda: now[0]))

    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(lead, 0)
        started[0].wait(30)
        now[0] = 10.0
        second = pool.submit(lead, 1)
        started[1].wait(30)
        go_on[0].set()
        first.result(30)
        flight = shared.current["key"]
        go_on[1].set()

    assert (first.result(), second.result(), flight.value, shared.current) == (0, 1, (1,), {})


def test_a_follower_ends_by_its_own_deadline_where_the_leader_hangs():
    blocking = Blocking(deadline=60)
    with ThreadPoolExecutor(1) as pool:
        leader = pool.submit(blocking.client.secrets.list, **WHERE)
        blocking.hanging.wait(30)
        error = blocking.client.with_options(deadline=0.01).secrets.list(**WHERE).failure()
        blocking.go_on.set()

    assert error == DeadlineExceededError("the deadline of the call has passed", sent=False)
    assert (type(leader.result()), blocking.calls) == (Success, 2)


def test_a_follower_does_not_share_that_the_deadline_of_the_leader_has_passed():
    shared, started, go_on = Flights(), threading.Event(), threading.Event()

    def run() -> Any:
        started.set()
        go_on.wait(30)
        return make_exceeded()

    with ThreadPoolExecutor(2) as pool:
        leader = pool.submit(shared.join, "key", run, Deadline(10.0, lambda: 0.0))
        started.wait(30)
        follower = pool.submit(shared.join, "key", lambda: Success(1), Deadline(60.0, lambda: 0.0))
        go_on.set()

        assert (leader.result(30), follower.result(30)) == (make_exceeded(), Success(1))


def test_a_renewal_that_the_deadline_of_one_call_cuts_off_is_not_remembered_as_failed():
    now = [0.0]
    granted = answer({"accessToken": "T", "expiresIn": 60})

    def execute(request: HttpRequest) -> Any:
        if request.timeout < 5:
            now[0] += request.timeout
            return Failure(InfisicalNetworkError("no answer in time", reason="timeout"))
        return Success(granted if request.url.endswith("/login") else LISTED)

    client = InfisicalClient(retry=None, executor=execute, clock=lambda: now[0])
    client.login(UniversalAuth("id", "secret")).unwrap()
    now[0] += 60
    late = client.with_options(deadline=1).secrets.list(**WHERE)
    got = client.secrets.list(**WHERE)

    assert isinstance(late.failure(), DeadlineExceededError)
    assert isinstance(got, Success)


def test_a_factory_is_not_asked_after_the_deadline():
    now = [0.0]

    def factory() -> LoginResponse:
        calls.append(now[0])
        return LoginResponse(access_token="T", expires_in=0)

    def slow(request: Any, following: Any) -> Any:
        now[0] += 10
        return (yield from following(request))

    calls: list[float] = []
    client = InfisicalClient(executor=lambda _: Success(LISTED), clock=lambda: now[0], deadline=5, middleware=[slow])
    hold_login(client._pipeline, factory)

    assert isinstance(client.secrets.list(**WHERE).failure(), DeadlineExceededError)
    assert calls == []
