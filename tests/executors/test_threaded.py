"""A blocking executor in threads: it keeps the contract of an async one, and uses no threads but its own."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from dataclasses import replace
from types import SimpleNamespace

import pytest
from returns.result import Success

from infisical import AsyncInfisicalClient, HttpRequest, IdentityAccessToken, InfisicalNetworkError, Response
from infisical.executors import RequestsExecutor, ScriptedExecutor, ThreadedExecutor, Urllib3Executor
from infisical.testing.executor_contract import ExecutorContract, NetworkExecutorContract
from tests.executors.faulty import OK, Peer, serving
from tests.forms import mark_exhaustive, shorten_contract

REQUEST = HttpRequest("GET", "https://h/x")


# ---- the contract
class Threads(ThreadedExecutor):
    """As the asyncio client has it: it closes the executor that it made as well."""

    def __init__(self, threads=64):
        self._made = Urllib3Executor()
        super().__init__(self._made, threads)

    def close(self):
        super().close()
        self._made.close()


@shorten_contract
@pytest.mark.enable_socket
class TestThreadedUrllib3(NetworkExecutorContract):
    def make_executor(self):
        return Threads()


class TestThreadedScript(ExecutorContract):
    def make_executor(self):
        return ThreadedExecutor(ScriptedExecutor(*[Response(200)] * self.at_once))


# ---- what is its own
def test_each_request_runs_in_a_thread_of_its_own_pool():
    calls = []

    def execute(request: HttpRequest):
        calls.append((request.method, request.url, request.timeout <= REQUEST.timeout, threading.current_thread().name))
        return Success(Response(204))

    async def main():
        async with ThreadedExecutor(execute, threads=1) as threaded:
            return [await threaded(REQUEST), await threaded(REQUEST)]

    assert asyncio.run(main()) == [Success(Response(204))] * 2
    assert calls == [("GET", "https://h/x", True, "infisical_0")] * 2


def test_as_many_requests_run_at_once_as_there_are_threads():
    together = threading.Barrier(8)

    def execute(_: HttpRequest):
        together.wait(30)  # nobody gets past it unless all eight are there
        return Success(Response(200))

    async def main():
        async with ThreadedExecutor(execute, threads=8) as threaded:
            return await asyncio.gather(*[threaded(REQUEST) for _ in range(8)])

    assert asyncio.run(main()) == [Success(Response(200))] * 8


def test_one_serves_one_event_loop_after_another():
    threaded = ThreadedExecutor(ScriptedExecutor(Response(200), Response(204)))
    statuses = [asyncio.run(threaded(REQUEST)).unwrap().status for _ in range(2)]
    threaded.close()

    assert statuses == [200, 204]


def test_a_closed_one_is_a_failure_and_the_executor_inside_stays_open():
    inner = ScriptedExecutor(Response(200))
    threaded = ThreadedExecutor(inner)
    threaded.close()
    error = asyncio.run(threaded(REQUEST)).failure()

    assert error == InfisicalNetworkError("GET: this executor is closed", reason="protocol", sent=False)
    assert inner(REQUEST) == Success(Response(200))


def test_waiting_for_a_thread_is_a_part_of_the_deadline():
    under_way, go_on = threading.Event(), threading.Event()

    def execute(request: HttpRequest):
        under_way.set()
        go_on.wait(30)
        return Success(Response(200))

    async def main():
        async with ThreadedExecutor(execute, threads=1) as threaded:
            first = asyncio.ensure_future(threaded(REQUEST))
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


# ---- a call never outlives its time, or its caller
LOOK_UP_SCRIPT = """
import asyncio, socket, sys, threading, time
from infisical import AsyncInfisicalClient, HttpRequest, IdentityAccessToken

looked_up = threading.Event()

def hang(*_, **__):
    looked_up.set()
    threading.Event().wait(60)

if sys.argv[1] == "hang":
    socket.getaddrinfo = hang

async def main():
    client = AsyncInfisicalClient(base_url=sys.argv[2], auth=IdentityAccessToken("t"), deadline=float(sys.argv[3]))
    call = client.secrets.list(project_id="p", environment="dev")
    if sys.argv[4] == "cancel":
        task = asyncio.ensure_future(call)
        await asyncio.sleep(0.2)
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            print("cancelled")
    elif sys.argv[4] == "close":
        task = asyncio.ensure_future(call)
        await asyncio.sleep(0.2)
        await client.aclose()
        print(type((await task).failure()).__name__)
    else:
        error = (await call).failure()
        print(type(error).__name__, error.sent)
    await client.aclose()

asyncio.run(main())
"""


def stall(peer: Peer) -> None:
    peer.sock.settimeout(60)
    peer.read()
    peer.sock.recv(1)


@pytest.mark.enable_socket
@pytest.mark.parametrize(
    ("fault", "scheme", "deadline", "end", "printed"),
    [
        ("hang", "http:", "0.5", "wait", "DeadlineExceededError False"),
        ("silence", "http:", "60", "close", "InfisicalNetworkError"),
        ("silence", "https:", "60", "cancel", "cancelled"),
        mark_exhaustive("hang", "http:", "60", "cancel", "cancelled"),
        mark_exhaustive("hang", "http:", "60", "close", "InfisicalNetworkError"),
        mark_exhaustive("silence", "http:", "0.5", "wait", "DeadlineExceededError True"),
        mark_exhaustive("silence", "http:", "60", "cancel", "cancelled"),
    ],
)
def test_the_process_ends_whatever_a_call_still_waits_for(fault, scheme, deadline, end, printed):
    with serving(stall) as server:
        url = server.url.replace("http:", scheme)
        given = [sys.executable, "-W", "error", "-c", LOOK_UP_SCRIPT, fault, url, deadline, end]
        ran = subprocess.run(given, capture_output=True, text=True, timeout=20, check=False)

    assert (ran.stdout.strip(), ran.stderr, ran.returncode) == (printed, "", 0)


def test_a_call_is_back_in_time_though_its_thread_is_not():
    go_on = threading.Event()

    def hang(_: HttpRequest):
        go_on.wait(30)
        return Success(Response(200))

    async def main():
        async with ThreadedExecutor(hang, threads=2) as threaded:
            return await threaded(HttpRequest("GET", "https://h/x", timeout=0.05))

    try:
        error = asyncio.run(main()).failure()
    finally:
        go_on.set()
    assert error == InfisicalNetworkError("GET: no answer in 0.05 s", reason="timeout", sent=True)


@pytest.mark.enable_socket
@pytest.mark.parametrize("make", [Urllib3Executor, RequestsExecutor])
@pytest.mark.parametrize("is_warm", [False, True])
def test_the_thread_of_a_cancelled_call_is_free_at_once(make, is_warm):
    """With one thread, the second call has none unless the first gives it back."""

    def behave(peer: Peer) -> None:
        while request := peer.read():
            if b"/silence" in request:
                peer.sock.settimeout(60)
                peer.sock.recv(1)
                return
            peer.say(OK)

    async def main(url: str):
        with make() as execute:
            async with ThreadedExecutor(execute, 1) as threaded:
                return await run(threaded, url)

    async def run(threaded: ThreadedExecutor, url: str):
        if is_warm:  # the call is then sent on an idle connection
            await threaded(HttpRequest("GET", f"{url}/x", timeout=30.0))
        first = asyncio.ensure_future(threaded(HttpRequest("GET", f"{url}/silence", timeout=60.0)))
        while not any(b"/silence" in request for request in server.seen):
            await asyncio.sleep(0.001)
        first.cancel()
        second = await threaded(HttpRequest("GET", f"{url}/x", timeout=30.0))
        return first.cancelled(), second.unwrap().status

    with serving(behave) as server:
        assert asyncio.run(main(server.url)) == (True, 200)


def test_closing_ends_the_calls_that_wait_for_a_thread_at_once():
    begun, go_on = threading.Event(), threading.Event()

    def hang(_: HttpRequest):
        begun.set()
        go_on.wait(30)
        return Success(Response(200))

    async def main():
        threaded = ThreadedExecutor(hang, threads=1)
        calls = [asyncio.ensure_future(threaded(REQUEST)) for _ in range(3)]
        await asyncio.to_thread(begun.wait, 30)
        threaded.close()
        return [(await call).failure() for call in calls]

    try:
        errors = asyncio.run(main())
    finally:
        go_on.set()
    said = "GET: this executor was closed during the call"
    assert errors == [InfisicalNetworkError(said, reason="reset", sent=sent) for sent in (True, False, False)]


def test_calls_that_gave_up_waiting_for_a_thread_leave_nothing_behind():
    begun, go_on = threading.Event(), threading.Event()

    def hang(_: HttpRequest):
        begun.set()
        go_on.wait(30)
        return Success(Response(200))

    async def main():
        async with ThreadedExecutor(hang, threads=1) as threaded:
            first = asyncio.ensure_future(threaded(REQUEST))
            await asyncio.to_thread(begun.wait, 30)
            late = [threaded(HttpRequest("GET", "https://h/x", timeout=0.01)) for _ in range(50)]
            calls = [asyncio.ensure_future(threaded(REQUEST)) for _ in range(50)]
            await asyncio.gather(*late)
            for call in calls:
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)
            waiting = len(threaded._pool._waiting)
            go_on.set()
            return waiting, await first

    assert asyncio.run(main()) == (0, Success(Response(200)))


def test_an_exception_of_the_executor_inside_comes_out_of_the_call():
    mine = KeyError("x")

    def fail(_: HttpRequest):
        raise mine

    async def main():
        async with ThreadedExecutor(fail) as threaded:
            await threaded(REQUEST)

    with pytest.raises(KeyError) as raised:
        asyncio.run(main())
    assert raised.value is mine


def test_a_call_for_which_no_thread_can_start_raises_and_is_never_sent(monkeypatch):
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    inner = ScriptedExecutor(*[Response(200)] * 2)

    async def main():
        async with ThreadedExecutor(inner, threads=1) as threaded:
            with monkeypatch.context() as patch:
                patch.setattr(threading.Thread, "start", refuse)
                with pytest.raises(RuntimeError, match="can't start new thread"):
                    await threaded(replace(REQUEST, url="https://h/failed"))
            return await threaded(REQUEST)

    assert asyncio.run(main()) == Success(Response(200))
    assert [request.url for request in inner.sent] == [REQUEST.url]


def test_a_thread_sends_no_request_that_it_took_after_the_timeout(monkeypatch):
    times = iter([0.0, REQUEST.timeout])
    monkeypatch.setattr("infisical.executors.threaded.time", SimpleNamespace(monotonic=lambda: next(times)))
    inner = ScriptedExecutor(Response(200))

    async def main():
        async with ThreadedExecutor(inner) as threaded:
            return await threaded(REQUEST)

    expected = InfisicalNetworkError("GET: no thread was free in 30 s", reason="timeout", sent=False)
    assert (asyncio.run(main()).failure(), inner.sent) == (expected, [])


def test_threads_that_are_idle_end_and_new_ones_take_over(monkeypatch):
    monkeypatch.setattr("infisical.executors.threaded.IDLE_SECONDS", 0.001)
    names = []

    def execute(_: HttpRequest):
        names.append(threading.current_thread())
        return Success(Response(200))

    async def main():
        async with ThreadedExecutor(execute, threads=1) as threaded:
            for _ in range(2):
                await threaded(REQUEST)
                await asyncio.to_thread(names[-1].join, 30)
            return threaded._pool._thread_count

    assert asyncio.run(main()) == 0
    assert [(thread.name, thread.daemon, thread.is_alive()) for thread in names] == [
        ("infisical_0", True, False),
        ("infisical_1", True, False),
    ]


def test_without_asyncio_a_call_is_a_failure_that_says_so():
    """As under trio: it steps a coroutine, and no loop of asyncio runs."""
    call = ThreadedExecutor(ScriptedExecutor(Response(200)))(REQUEST)
    with pytest.raises(StopIteration) as stopped:
        call.send(None)
    error = stopped.value.value.failure()

    said = "GET: this executor needs asyncio: run the call in an asyncio event loop, or under trio give the client an "
    assert error == InfisicalNetworkError(f"{said}executor that is made for trio", reason="protocol", sent=False)
    assert error.defect


def test_the_asyncio_client_says_so_too():
    client = AsyncInfisicalClient(auth=IdentityAccessToken("t"))
    with pytest.raises(StopIteration) as stopped:
        client.secrets.list(project_id="p", environment="dev").send(None)

    assert "asyncio" in stopped.value.value.failure().message


def test_no_thread_is_no_number_of_threads():
    with pytest.raises(ValueError, match="threads is at least 1"):
        ThreadedExecutor(print, threads=0)
