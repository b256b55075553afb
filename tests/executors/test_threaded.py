"""A blocking executor in threads: it keeps the contract of an async one, and uses no threads but its own."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading

import pytest
from returns.result import Success

from infisical import HttpRequest, InfisicalNetworkError, Response
from infisical.executors import ScriptedExecutor, ThreadedExecutor, Urllib3Executor
from infisical.testing.executor_contract import ExecutorContract, NetworkExecutorContract

ASK = HttpRequest("GET", "https://h/x")


# ---- the contract
class Threads(ThreadedExecutor):
    """As the asyncio client has it: it closes the executor that it made as well."""

    def __init__(self):
        self._made = Urllib3Executor()
        super().__init__(self._made)

    def close(self):
        super().close()
        self._made.close()


@pytest.mark.enable_socket
class TestThreadedUrllib3(NetworkExecutorContract):
    def make_executor(self):
        return Threads()


class TestThreadedScript(ExecutorContract):
    def make_executor(self):
        return ThreadedExecutor(ScriptedExecutor(*[Response(200)] * self.at_once))


# ---- what is its own
def test_each_request_runs_in_a_thread_of_its_own_pool():
    seen = []

    def execute(request: HttpRequest):
        seen.append((request.method, request.url, request.timeout <= ASK.timeout, threading.current_thread().name))
        return Success(Response(204))

    async def main():
        async with ThreadedExecutor(execute, threads=1) as threaded:
            return [await threaded(ASK), await threaded(ASK)]

    assert asyncio.run(main()) == [Success(Response(204))] * 2
    assert seen == [("GET", "https://h/x", True, "infisical_0")] * 2


def test_as_many_requests_run_at_once_as_there_are_threads():
    together = threading.Barrier(8)

    def execute(_: HttpRequest):
        together.wait(30)  # nobody gets past it unless all eight are there
        return Success(Response(200))

    async def main():
        async with ThreadedExecutor(execute, threads=8) as threaded:
            return await asyncio.gather(*[threaded(ASK) for _ in range(8)])

    assert asyncio.run(main()) == [Success(Response(200))] * 8


def test_one_serves_one_event_loop_after_another():
    threaded = ThreadedExecutor(ScriptedExecutor(Response(200), Response(204)))
    statuses = [asyncio.run(threaded(ASK)).unwrap().status for _ in range(2)]
    threaded.close()

    assert statuses == [200, 204]


def test_a_closed_one_is_a_failure_and_the_executor_inside_stays_open():
    inner = ScriptedExecutor(Response(200))
    threaded = ThreadedExecutor(inner)
    threaded.close()
    told = asyncio.run(threaded(ASK)).failure()

    assert told == InfisicalNetworkError("GET: this executor is closed", reason="protocol", sent=False)
    assert inner(ASK) == Success(Response(200))


def test_waiting_for_a_thread_is_a_part_of_the_deadline():
    under_way, go_on = threading.Event(), threading.Event()

    def execute(request: HttpRequest):
        under_way.set()
        go_on.wait(30)
        return Success(Response(200))

    async def main():
        async with ThreadedExecutor(execute, threads=1) as threaded:
            first = asyncio.ensure_future(threaded(ASK))
            await asyncio.to_thread(under_way.wait, 30)
            second = await threaded(HttpRequest("GET", "https://h/x", timeout=0.05))
            go_on.set()
            return await first, second

    first, second = asyncio.run(main())
    expected = InfisicalNetworkError("GET: no thread was free in 0.05 s", reason="timeout", sent=False)
    assert (first, second.failure()) == (Success(Response(200)), expected)


@pytest.mark.parametrize(("then", "imported"), [("pass", "[]"), ("executors.ThreadedExecutor(print)", "['threaded']")])
def test_nothing_of_it_or_of_other_libraries_is_imported_before_it_is_asked_for(then, imported):
    names = ("asyncio", "concurrent.futures", "httpx", "aiohttp", "requests", "infisical.executors.threaded")
    code = f"""
import sys
from infisical import executors
{then}
print([name.rpartition(".")[2] for name in {names} if name in sys.modules])
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ran.stdout.strip() == imported
