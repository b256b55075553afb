"""One login for all: threads and tasks on a token that is no longer good, and leaders that fall away.

No test waits for a time: a login is held back until everybody else has been seen to need it.
"""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from returns.result import Failure, Success

from infisical import AsyncInfisicalClient, HttpRequest, InfisicalClient, UniversalAuth
from infisical.drivers.asyncio import adrive
from infisical.drivers.blocking import drive
from infisical.drivers.flights import Flights, join_async
from infisical.flow import once, sleep
from infisical.request import Request
from tests.forms import mark_exhaustive
from tests.wire import answer

WHERE = {"project_id": "p", "environment": "dev"}
LISTED = answer({"secrets": []})
REFUSALS = {
    "401": answer({"error": "UnauthorizedError", "message": "No identity access token found"}, 401),
    "403": answer({"error": "TokenError", "message": "Your token has expired."}, 403),
}
FAILURES = {
    "wrong secret": answer({"error": "UnauthorizedError", "message": "Invalid credentials"}, 401),
    "unknown client": answer({"error": "NotFound", "message": "No identity with specified client ID was found"}, 404),
    "sick server": answer({"error": "InternalServerError", "message": "Something went wrong"}, 500),
}
THREADS, TASKS = 64, 500
FEW_THREADS, FEW_TASKS = 12, 50


def each_crowd(few: int, many: int, *, always_many: tuple[str, ...] = ()) -> Any:
    """Parametrize a test with each reason to renew and a number of callers: few by default, many in the whole form."""
    reasons = {"expired": None, **REFUSALS}
    short = {name: many if name in always_many else few for name in reasons}
    cases = [pytest.param(reasons[name], number, id=f"{name}-{number}") for name, number in short.items()]
    rest = [mark_exhaustive(reasons[name], many, id=f"{name}-{many}") for name in reasons if name not in always_many]
    return pytest.mark.parametrize(("refusal", "number"), [*cases, *rest])


class Server:
    """Takes only the newest token; counts the logins; answers a login when everybody has asked."""

    def __init__(self, refusal: Any = None, failure: Any = None) -> None:
        self.logins, self.refused, self.looks = 0, 0, 0
        self.refusal, self.failure = refusal, failure
        self.now, self.lock = 0.0, threading.Lock()

    def clock(self) -> float:
        with self.lock:
            self.looks += 1
        return self.now

    def everybody_is_here(self, number: int) -> bool:
        """On a refused token everybody was refused; on an expired one everybody has looked at the clock."""
        return self.refused >= number if self.refusal else self.looks >= number

    def answer(self, request: HttpRequest) -> Any:
        if request.url.endswith("/login"):
            if self.logins > 1 and self.failure is not None:
                return Success(self.failure)
            return Success(answer({"accessToken": f"T{self.logins}", "expiresIn": 7200}))
        if self.refusal is not None and ("Authorization", "Bearer T1") in request.headers:
            with self.lock:
                self.refused += 1
            return Success(self.refusal)
        return Success(LISTED)

    def begin(self) -> None:
        """The token stops being good."""
        self.looks = 0
        if self.refusal is None:
            self.now = 7200.0


def in_threads(server: Server, number: int) -> tuple[InfisicalClient, list[Any]]:
    ready = threading.Event()

    def execute(request: HttpRequest) -> Any:
        if request.url.endswith("/login"):
            server.logins += 1
            if server.logins > 1:
                ready.wait(30)
        got = server.answer(request)
        if server.everybody_is_here(number):
            ready.set()
        return got

    def clock() -> float:
        now = server.clock()
        if server.logins and server.everybody_is_here(number):
            ready.set()
        return now

    client = InfisicalClient(retry=None, executor=execute, clock=clock)
    client.login(UniversalAuth("id", "secret")).unwrap()
    server.begin()
    with ThreadPoolExecutor(number) as pool:
        return client, list(pool.map(lambda _: client.secrets.list(**WHERE), range(number)))


def in_tasks(server: Server, number: int, cancel_first: bool = False) -> list[Any]:
    async def main() -> list[Any]:
        ready = asyncio.Event()

        async def execute(request: HttpRequest) -> Any:
            if request.url.endswith("/login"):
                server.logins += 1
                if server.logins > 1:
                    await ready.wait()
            got = server.answer(request)
            await asyncio.sleep(0)
            if server.everybody_is_here(number):
                ready.set()
            return got

        def clock() -> float:
            now = server.clock()
            if server.logins and server.everybody_is_here(number):
                ready.set()
            return now

        client = AsyncInfisicalClient(retry=None, executor=execute, clock=clock)
        (await client.login(UniversalAuth("id", "secret"))).unwrap()
        server.begin()
        tasks = [asyncio.create_task(client.secrets.list(**WHERE)) for _ in range(number)]
        if cancel_first:
            while server.logins < 2:
                await asyncio.sleep(0)
            tasks[0].cancel()
        got = await asyncio.gather(*tasks, return_exceptions=True)
        if server.failure is not None:
            got += [await client.secrets.list(**WHERE) for _ in range(20)]
        return got

    return asyncio.run(main())


@each_crowd(FEW_THREADS, THREADS, always_many=("expired",))
def test_64_threads_on_a_token_that_is_no_longer_good_make_one_login(refusal, number):
    server = Server(refusal)
    _, got = in_threads(server, number)

    assert [isinstance(each, Success) for each in got] == [True] * number
    assert server.logins - 1 == 1


@pytest.mark.parametrize("cancel_first", [False, True], ids=["", "first cancelled"])
@each_crowd(FEW_TASKS, TASKS, always_many=("expired",))
def test_500_tasks_on_a_token_that_is_no_longer_good_make_one_login(refusal, number, cancel_first):
    server = Server(refusal)
    got = in_tasks(server, number, cancel_first=cancel_first)

    if cancel_first:
        assert isinstance(got.pop(0), asyncio.CancelledError)
    assert [isinstance(each, Success) for each in got] == [True] * (number - cancel_first)
    assert server.logins - 1 == 1


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
@each_crowd(FEW_THREADS, THREADS)
def test_a_failing_login_fails_all_threads_that_shared_it_once_and_20_later_calls_do_not_repeat_it(
    refusal, number, failure
):
    server = Server(refusal, failure)
    client, got = in_threads(server, number)
    got += [client.secrets.list(**WHERE) for _ in range(20)]

    assert {each.failure().status_code for each in got} == {failure.status}
    assert server.logins - 1 == 1


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
@each_crowd(FEW_TASKS, TASKS)
def test_a_failing_login_fails_all_tasks_that_shared_it_once_and_20_later_calls_do_not_repeat_it(
    refusal, number, failure
):
    server = Server(refusal, failure)
    got = in_tasks(server, number)

    assert {each.failure().status_code for each in got} == {failure.status}
    assert len(got) == number + 20
    assert server.logins - 1 == 1


def test_a_late_refusal_of_an_old_token_starts_no_login():
    """One thread is refused, renews and goes on; another was refused for the same token and hears of it only now."""
    server = Server(REFUSALS["401"])
    held_back, first_done = threading.Event(), threading.Event()

    def execute(request: HttpRequest) -> Any:
        if request.url.endswith("/login"):
            server.logins += 1
        got = server.answer(request)
        if "late" in request.url and got.unwrap().status == 401:
            held_back.set()
            first_done.wait(30)
        return got

    client = InfisicalClient(retry=None, executor=execute)
    client.login(UniversalAuth("id", "secret")).unwrap()
    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(client.secrets.list, project_id="late", environment="dev")
        held_back.wait(30)
        early = client.secrets.list(**WHERE)
        first_done.set()

    assert (isinstance(early, Success), isinstance(late.result(), Success)) == (True, True)
    assert server.logins - 1 == 1


def test_a_thread_that_looked_before_a_flight_landed_and_asks_after_it_starts_no_login():
    server, looked, landed = Server(), threading.Event(), threading.Event()
    late_thread: list[int] = []

    def clock() -> float:
        if threading.get_ident() in late_thread and not looked.is_set():
            looked.set()  # it finds the token expired, and then is slow
            landed.wait(30)
        return server.now

    def execute(request: HttpRequest) -> Any:
        server.logins += request.url.endswith("/login")
        return server.answer(request)

    def late() -> Any:
        late_thread.append(threading.get_ident())
        return client.secrets.list(**WHERE)

    client = InfisicalClient(retry=None, executor=execute, clock=clock)
    client.login(UniversalAuth("id", "secret")).unwrap()
    server.begin()
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(late)
        looked.wait(30)
        quick = client.secrets.list(**WHERE)
        landed.set()

    assert (isinstance(quick, Success), isinstance(slow.result(), Success)) == (True, True)
    assert server.logins - 1 == 1


# ---- leaders that fall away
def test_if_the_leader_of_a_flight_is_interrupted_a_follower_takes_over():
    flights, started, crash = Flights(), threading.Event(), threading.Event()

    def interrupted() -> int:
        started.set()
        crash.wait(30)
        raise KeyboardInterrupt

    def lead() -> None:
        with pytest.raises(KeyboardInterrupt):
            flights.join("key", interrupted)

    with ThreadPoolExecutor(2) as pool:
        leader = pool.submit(lead)
        started.wait(30)
        follower = pool.submit(flights.join, "key", lambda: 1)
        crash.set()

        assert (leader.result(30), follower.result(30)) == (None, 1)
    assert flights.current == {}


def test_if_a_flight_is_cancelled_itself_a_follower_starts_another():
    async def main() -> Any:
        flights: dict[Any, Any] = {}
        runs = []

        def flight() -> Any:
            runs.append(None)
            yield from sleep(0 if len(runs) > 1 else 3600)
            return len(runs)

        follower = asyncio.create_task(adrive(once("key", flight), None, flights))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        flights["key"].task.cancel()
        return await follower, flights

    assert asyncio.run(main()) == (2, {})


def test_a_client_that_outlives_its_event_loop_does_not_wait_for_a_flight_of_the_old_one():
    server = Server()
    stuck = True

    async def execute(request: HttpRequest) -> Any:
        if request.url.endswith("/login"):
            server.logins += 1
            if server.logins == 2 and stuck:
                await asyncio.Event().wait()
        return server.answer(request)

    client = AsyncInfisicalClient(retry=None, executor=execute, clock=server.clock)
    left_behind: list[Any] = []

    async def first() -> None:
        (await client.login(UniversalAuth("id", "secret"))).unwrap()
        server.begin()
        left_behind.append(asyncio.ensure_future(client.secrets.list(**WHERE)))
        while server.logins < 2:
            await asyncio.sleep(0)

    abandoned = asyncio.new_event_loop()
    abandoned.run_until_complete(first())
    got = asyncio.run(client.secrets.list(**WHERE))
    for task in asyncio.all_tasks(abandoned):
        task.cancel()
    abandoned.run_until_complete(asyncio.sleep(0))
    abandoned.close()

    assert isinstance(got, Success)


def test_both_drivers_play_the_same_effects():
    def flow() -> Any:
        yield from sleep(0)
        shared = yield from once("key", inner)
        return shared + 1

    def inner() -> Any:
        yield from sleep(0)
        return 1

    naps: list[float] = []

    assert drive(flow(), None, Flights(), naps.append) == 2  # type: ignore[arg-type]
    assert asyncio.run(adrive(flow(), None, {})) == 2  # type: ignore[arg-type]
    assert naps == [0, 0]


def test_an_async_factory_is_awaited_by_the_asyncio_client_and_refused_by_the_blocking_one():
    async def factory() -> UniversalAuth:
        await asyncio.sleep(0)
        return UniversalAuth("id", "secret")

    async def execute(_: HttpRequest) -> Any:
        return Success(answer({"accessToken": "T"}))

    awaited = asyncio.run(AsyncInfisicalClient(retry=None, executor=execute).login(factory))
    refused = InfisicalClient(retry=None, executor=lambda _: Failure(AssertionError())).login(factory)  # type: ignore[arg-type, return-value]

    assert isinstance(awaited, Success)
    assert refused.failure().message.startswith("the login factory is async (factory) and this client is blocking: ")


def test_any_request_runs_under_both_clients():
    request: Request[Any] = InfisicalClient().secrets.list.__wrapped__(**WHERE)

    async def execute(_: HttpRequest) -> Any:
        return Success(LISTED)

    async def main() -> Any:
        client = AsyncInfisicalClient(retry=None, executor=execute)
        client.set_jwt("t")
        return await client(request)

    blocking = InfisicalClient(retry=None, executor=lambda _: Success(LISTED))
    blocking.set_jwt("t")

    assert blocking(request) == asyncio.run(main())


def test_if_a_flight_ends_by_an_interrupt_of_its_own_task_the_caller_starts_another():
    class Stop(BaseException):
        """As a framework's, that is no Exception."""

    async def main() -> Any:
        flights: dict[Any, Any] = {}
        runs: list[None] = []

        async def run() -> int:
            runs.append(None)
            if len(runs) == 1:
                raise Stop
            return len(runs)

        return await join_async(flights, "key", run), flights

    assert asyncio.run(main()) == (2, {})


# ---- threads that meet at one instruction
def test_a_flight_that_completed_after_a_thread_looked_for_it_is_not_shared():
    flights = Flights()
    flights.current["key"] = flights.join("key", lambda: flights.current["key"])

    assert flights.join("key", lambda: 2) == 2
    assert flights.current == {}


def test_of_two_threads_that_find_no_flight_one_leads_and_the_other_follows():
    class Racing(dict[Any, Any]):
        """The flights as a thread sees them that looked just before another one began to lead."""

        looks = 0

        def get(self, key: Any, default: Any = None) -> Any:
            self.looks += 1
            return super().get(key, default) if self.looks > 1 else None

        def setdefault(self, key: Any, default: Any = None) -> Any:
            flight = super().setdefault(key, default)
            go_on.set()
            return flight

    flights, started, go_on = Flights(), threading.Event(), threading.Event()

    def lead() -> int:
        started.set()
        go_on.wait(30)
        return 1

    with ThreadPoolExecutor(1) as pool:
        leader = pool.submit(flights.join, "key", lead)
        started.wait(30)
        flights.current = Racing(flights.current)

        assert (flights.join("key", lambda: 2), leader.result(30)) == (1, 1)
    assert flights.current == {}
