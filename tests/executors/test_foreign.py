"""What the executors on somebody else's library have in common: wiring, proxies, defects, frames, and being closed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable

import aiohttp
import httpx
import pytest
import requests
from returns.result import Failure

import infisical
from infisical import HttpRequest, InfisicalNetworkError
from infisical.executors import (
    AiohttpExecutor,
    AsyncHttpxExecutor,
    HttpxExecutor,
    RequestsExecutor,
    Urllib3Executor,
    in_flight,
)
from infisical.executors.attempt import Attempt
from infisical.testing import faulty_server
from infisical.testing.runner import ExecutorRunner
from tests.executors import faulty
from tests.executors.foreign import MAKERS, OWN, AiohttpOnASession, AsyncHttpxOnAClient, HttpxOnAClient
from tests.forms import mark_exhaustive, shorten

PACKAGE = os.path.dirname(infisical.__file__)
CANARY = "canary-token"
BLOCKING = ["httpx", "requests", "httpx on a client", "requests on a session"]
ASYNCIO = ["async httpx", "aiohttp", "async httpx on a client", "aiohttp on a session"]
BODY = b'{"secretValue":"canary-token"}'


def get(url: str, timeout: float = 30.0) -> HttpRequest:
    return HttpRequest("GET", f"{url}/x", (("Authorization", "Bearer t"),), None, timeout)


class Holding:
    """Holds its first connection, whose request it leaves without an answer, or with half of one; serves others well.

    `arrived` is set when that request is there, and `closed` when the client has closed that connection.
    """

    def __init__(self, half: bytes | None = b"", then: Callable[[], object] = lambda: None) -> None:
        self.arrived, self.closed, self.released = threading.Event(), threading.Event(), threading.Event()
        self._half, self._then = half, then

    def __call__(self, peer: faulty.Peer) -> None:
        if self.arrived.is_set():
            faulty.well(peer)
            return
        if self._half is None:  # the request is not even read
            self.arrived.set()
            self.released.wait(30)
            return
        peer.read()
        peer.say(self._half)
        self.arrived.set()
        self._then()
        peer.sock.settimeout(0.05)
        with contextlib.suppress(OSError):  # a reset is an end as well
            while not self.released.is_set():
                with contextlib.suppress(TimeoutError):
                    if not peer.sock.recv(1):
                        break
        self.closed.set()


HALF = (
    faulty_server.format_head(headers=(("X-Echo", "Bearer canary-token"), ("Content-Length", "1000"))) + b"canary-token"
)
each_wait = pytest.mark.parametrize("half", [b"", HALF, None], ids=["no answer", "half an answer", "not read"])
each_half = pytest.mark.parametrize("half", [b"", HALF], ids=["no answer", "half an answer"])


@pytest.fixture
def start():
    """Make executors, closed afterwards."""
    started = []

    def starting(make) -> ExecutorRunner:
        started.append(ExecutorRunner(make))
        return started[-1]

    yield starting
    for running in started:
        running.leave()


@pytest.fixture(params=MAKERS)
def execute(request, start):
    return start(MAKERS[request.param])


# ---- wiring
WRONG = [
    (HttpxExecutor, httpx.AsyncClient, "instance of httpx.Client, not an instance of httpx.AsyncClient (AsyncHttpxEx"),
    (AsyncHttpxExecutor, httpx.Client, "instance of httpx.AsyncClient, not an instance of httpx.Client (HttpxExecutor"),
    (HttpxExecutor, lambda: httpx.Client, "instance of httpx.Client, not the class httpx.Client: make an instance of"),
    (HttpxExecutor, lambda: httpx.AsyncClient, "instance of httpx.Client, not the class httpx.AsyncClient"),
    (AsyncHttpxExecutor, lambda: httpx.AsyncClient, "not the class httpx.AsyncClient: make an instance of it"),
    (HttpxExecutor, lambda: httpx, "instance of httpx.Client, not the module httpx"),
    (HttpxExecutor, lambda: "canary", "instance of httpx.Client, not an instance of str"),
    (HttpxExecutor, requests.Session, "instance of httpx.Client, not an instance of requests.Session"),
    (RequestsExecutor, lambda: requests, "instance of requests.Session, not the module requests"),
    (RequestsExecutor, lambda: requests.Session, "not the class requests.Session: make an instance of it"),
    (RequestsExecutor, httpx.Client, "instance of requests.Session, not an instance of httpx.Client"),
    (AiohttpExecutor, lambda: aiohttp.ClientSession, "not the class aiohttp.ClientSession: make an instance of it"),
    (AiohttpExecutor, lambda: aiohttp, "instance of aiohttp.ClientSession, not the module aiohttp"),
    (AiohttpExecutor, requests.Session, "instance of aiohttp.ClientSession, not an instance of requests.Session"),
    (AiohttpExecutor, lambda: 0, "instance of aiohttp.ClientSession, not an instance of int"),
]


@pytest.mark.parametrize(("executor", "give", "said"), WRONG, ids=[said for _, _, said in WRONG])
def test_an_executor_takes_an_instance_of_its_own_librarys_client_and_says_so(executor, give, said):
    with pytest.raises(ValueError, match="takes an instance of") as error:
        executor(give())

    assert str(error.value).startswith(f"{executor.__name__} takes an ")
    assert said in str(error.value)
    assert "canary" not in str(error.value)


@pytest.mark.parametrize("executor", [AsyncHttpxExecutor, AiohttpExecutor])
def test_an_async_executor_without_a_loop_of_asyncio_says_that_it_needs_one(executor):
    call = executor()(get("http://h"))
    with pytest.raises(StopIteration) as end:  # as trio would step it
        call.send(None)

    said = "GET http://h: this executor needs asyncio, and no asyncio event loop is running here"
    assert end.value.value.failure() == InfisicalNetworkError(said, reason="protocol", sent=False)


# ---- proxies
NAMED = [
    # no_proxy, URL, whether the proxy is used
    ("", "http://a.example", True),
    ("*", "http://a.example", False),
    (" * ", "https://a.example", False),
    ("a.example", "http://a.example", False),
    ("a.example", "http://b.a.example", False),
    (".a.example", "http://a.example", False),
    (".a.example", "http://b.a.example", False),
    ("*.a.example", "http://b.a.example", False),
    ("a.example", "http://xa.example", True),
    ("A.Example", "http://a.eXample", False),
    ("x, a.example ,y", "http://a.example", False),
    ("x y a.example", "https://a.example", False),
    ("a.example:80", "http://a.example", False),
    ("a.example:8080", "http://a.example", True),
    ("a.example:8080", "http://a.example:8080", False),
    ("a.example:443", "https://a.example", False),
    ("10.1.2.3", "http://10.1.2.3", False),
    ("10.0.0.0/8", "http://10.1.2.3", False),
    ("10.0.0.0/8", "http://11.1.2.3", True),
    ("10.0.0.0/8", "http://a.example", True),
    ("fd00::1", "http://[fd00::1]", False),
    ("[fd00::1]", "http://[fd00:0::1]", False),
    ("fd00::/8", "http://[fd00::1]", False),
    ("fd00::/8", "http://[fe00::1]", True),
    ("", "http://127.0.0.1", False),
    ("", "http://LOCALHOST", False),
    ("", "http://[::1]", False),
    ("", "http://127.255.0.1:8080", False),
    ("", "https://localhost", False),
    ("", "http://localhost.example", True),
]
PROXY = ("127.0.0.1", 9)


@pytest.mark.enable_socket
@pytest.mark.parametrize("name", ["urllib3", *OWN])
def test_all_executors_read_no_proxy_alike(name, start, monkeypatch):
    dialled = []

    def connect(_sock: socket.socket, address: tuple) -> None:
        dialled.append("proxy" if address[:2] == PROXY else "direct")
        raise ConnectionRefusedError

    def looked_up(host, port, *_, **__):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host if host == PROXY[0] else "192.0.2.1", port))]

    executors = [start({"urllib3": Urllib3Executor, **OWN}[name]) for _ in NAMED]
    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.delenv("http_proxy", raising=False)
    monkeypatch.setenv("HTTP_PROXY", f"http://{PROXY[0]}:{PROXY[1]}")
    monkeypatch.setenv("https_proxy", f"http://{PROXY[0]}:{PROXY[1]}")
    monkeypatch.delenv("no_proxy", raising=False)
    results = []
    for execute, (rules, url, _) in zip(executors, NAMED, strict=True):
        monkeypatch.setenv("NO_PROXY", rules)
        dialled.clear()
        assert execute(get(url)).failure().sent is False
        results.append((rules, url, set(dialled) == {"proxy"}))

    assert results == NAMED


@pytest.mark.enable_socket
@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("host", ["127.0.0.1", mark_exhaustive("localhost")])
def test_http_to_this_machine_passes_the_proxies_of_the_environment(name, host, start, monkeypatch):
    with (
        faulty_server.start_server(faulty_server.echo) as proxy,
        faulty_server.start_server(faulty_server.echo) as server,
    ):
        for variable in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(variable, proxy.url)
        monkeypatch.setenv("no_proxy", "")
        execute = start(MAKERS[name])
        got = execute(get(server.url.replace("127.0.0.1", host)))

        assert (got.unwrap().body, proxy.requests) == (b"/x", [])


def on_a_requests_session(proxy: str) -> RequestsExecutor:
    session = requests.Session()
    session.proxies = {"http": proxy, "all": proxy}
    return RequestsExecutor(session)


async def on_aiohttp(proxy: str) -> AiohttpExecutor:
    return AiohttpOnASession(proxy=proxy)


GIVEN_PROXIES = {
    "httpx": lambda proxy: HttpxOnAClient(proxy=proxy),
    "httpx transport": lambda proxy: HttpxOnAClient(transport=httpx.HTTPTransport(proxy=proxy)),
    "httpx mount": lambda proxy: HttpxOnAClient(mounts={"http://": httpx.HTTPTransport(proxy=proxy)}),
    "async httpx": lambda proxy: AsyncHttpxOnAClient(proxy=proxy),
    "async httpx transport": lambda proxy: AsyncHttpxOnAClient(transport=httpx.AsyncHTTPTransport(proxy=proxy)),
    "requests": on_a_requests_session,
    "aiohttp": on_aiohttp,
}


@pytest.mark.enable_socket
@pytest.mark.parametrize("name", GIVEN_PROXIES)
def test_http_to_this_machine_passes_even_a_proxy_that_the_application_gave(name, start):
    if name == "aiohttp" and tuple(map(int, aiohttp.__version__.split(".")[:2])) < (3, 11):
        pytest.skip("a session of aiohttp has a proxy since 3.11")
    with (
        faulty_server.start_server(faulty_server.echo) as proxy,
        faulty_server.start_server(faulty_server.echo) as server,
    ):
        execute = start(lambda: GIVEN_PROXIES[name](proxy.url))
        got = [execute(get(url)).unwrap().body for url in (server.url, "http://nowhere.invalid", server.url)]
        targets = [message.target for message in proxy.requests]

    assert (got, targets) == ([b"/x", b"http://nowhere.invalid/x", b"/x"], ["http://nowhere.invalid/x"])


@pytest.mark.parametrize("proxy", ["gopher://canary:canary@h", "http://canary:canary@h:port", "socks9://canary"])
@pytest.mark.parametrize("name", OWN)
@pytest.mark.enable_socket
def test_a_proxy_of_the_environment_that_cannot_be_used_is_a_failure_that_shows_nothing_of_it(
    name, proxy, start, monkeypatch
):
    monkeypatch.setenv("https_proxy", proxy)
    monkeypatch.setenv("no_proxy", "")
    error = start(OWN[name])(get("https://nowhere.invalid")).failure()

    assert (error.reason, error.sent, error.defect, "canary" in repr(error)) == ("protocol", False, False, False)


# ---- an exception that is no network trouble
class SoftTimeLimitExceeded(Exception):
    """As Celery raises it by a signal handler, wherever the program happens to be."""


@pytest.mark.parametrize("kind", [KeyError, SoftTimeLimitExceeded, RuntimeError])
def test_a_defect_is_the_cause_of_its_error_without_the_frames_of_its_chain(kind):
    def make_chain() -> Exception:
        try:
            try:
                raise ConnectionError("inner")
            except ConnectionError as inner:
                raise kind(CANARY) from inner
        except kind as outer:
            return outer

    cause = make_chain()
    attempt = Attempt(get("http://h"))
    attempt.sent = None
    error = attempt.fail("reset", cause).failure()

    assert error.__cause__ is cause
    assert (error.reason, error.sent, error.defect) == ("protocol", True, True)
    assert (cause.__traceback__, cause.__cause__.__traceback__) == (None, None)
    assert CANARY not in str(error) + repr(error)


def strike(handler, half: bytes, execute: ExecutorRunner):
    """What becomes of a call that a signal meets while it waits; the next one has to work, on another connection."""

    def handle(*_: object) -> None:
        raise handler

    before = signal.signal(signal.SIGUSR1, handle)
    try:
        holding = Holding(half, lambda: signal.pthread_kill(threading.main_thread().ident, signal.SIGUSR1))
        with faulty.serving(holding) as server:
            try:
                outcome = execute._bare(get(server.url))
            except KeyboardInterrupt as interrupt:
                outcome = interrupt
            assert execute(get(server.url)).unwrap().status == 200
            assert holding.closed.wait(30)
    finally:
        signal.signal(signal.SIGUSR1, before)
    return outcome


@pytest.mark.enable_socket
@pytest.mark.parametrize("raised", [SoftTimeLimitExceeded, mark_exhaustive(KeyError)])
@pytest.mark.parametrize("name", shorten(BLOCKING, OWN.__contains__, name=str))
@each_half
def test_an_exception_of_a_signal_handler_is_no_network_trouble(name, raised, half, start):
    error = strike(raised(CANARY), half, start(MAKERS[name]))

    assert isinstance(error, Failure)
    error = error.failure()
    assert (type(error.__cause__), error.reason, error.sent, error.defect) == (raised, "protocol", True, True)
    assert CANARY not in str(error) + repr(error)


@pytest.mark.enable_socket
@pytest.mark.parametrize("name", shorten(BLOCKING, OWN.__contains__, name=str))
@each_half
def test_an_interrupt_is_raised_and_its_connection_is_closed(name, half, start):
    assert isinstance(strike(KeyboardInterrupt(), half, start(MAKERS[name])), KeyboardInterrupt)


# ---- frames
def format_frames(frames) -> str:
    """What a traceback with locals shows of the frames of this library."""
    own = [frame for frame in frames if frame.f_code.co_filename.startswith(PACKAGE) and "testing" not in str(frame)]
    assert own
    return "\n".join(
        f"{frame.f_code.co_qualname} {name} = {value!r}" for frame in own for name, value in frame.f_locals.items()
    )


def make_secret_request(url: str, large: bool) -> HttpRequest:
    """A request with a secret in each of its parts."""
    headers = (("Authorization", f"Bearer {CANARY}"), ("X-API-Key", CANARY), ("X-Own", CANARY))
    return HttpRequest("POST", f"{url}/x?secretValue={CANARY}", headers, BODY * (2**20 if large else 1), 30.0, 2**20)


def wait_until_settled(look) -> object:
    """Look until two looks agree, and a thread or a task has come to wait."""
    until = time.monotonic() + 10
    views = [look()]
    while time.monotonic() < until and (len(views) < 20 or len(set(map(str, views[-20:]))) > 1):
        time.sleep(0.01)
        views.append(look())
    return views[-1]


@pytest.mark.enable_socket
@pytest.mark.parametrize("name", shorten(BLOCKING, OWN.__contains__, name=str))
@each_wait
def test_no_local_of_a_thread_that_waits_shows_what_was_sent_or_came(name, half, start):
    execute = start(MAKERS[name])._bare
    request = []
    with faulty.serving(holding := Holding(half)) as server:
        request.append(make_secret_request(server.url, half is None))
        thread = threading.Thread(target=lambda: execute(request.pop()), daemon=True)
        thread.start()
        assert holding.arrived.wait(30)

        def frames():
            return [frame for frame, _ in traceback.walk_stack(sys._current_frames()[thread.ident])]

        wait_until_settled(lambda: [(id(frame), frame.f_lasti) for frame in frames()])
        text = format_frames(frames())
        holding.released.set()
        thread.join(30)

    assert CANARY not in text, text[-5000:]


@pytest.mark.enable_socket
@pytest.mark.parametrize("name", shorten(ASYNCIO, OWN.__contains__, name=str))
@each_wait
def test_no_local_of_a_task_that_waits_or_is_cancelled_shows_what_was_sent_or_came(name, half, start):
    running = start(MAKERS[name])

    async def main(url: str) -> str:
        task = asyncio.create_task(running._bare(make_secret_request(url, half is None)))
        await asyncio.to_thread(holding.arrived.wait)
        for _ in range(10):
            await asyncio.sleep(0.01)
        coroutine, frames = task.get_coro(), []
        while getattr(coroutine, "cr_frame", None) is not None:
            frames.append(coroutine.cr_frame)
            coroutine = coroutine.cr_await
        waiting = format_frames(frames)
        task.cancel()
        try:
            await task
        except asyncio.CancelledError as cancelled:
            return waiting + format_frames([frame for frame, _ in traceback.walk_tb(cancelled.__traceback__)])
        raise AssertionError("it was not cancelled")

    with faulty.serving(holding := Holding(half)) as server:
        text = running._loop.run(main(server.url))
        holding.released.set()

    assert CANARY not in text, text[-5000:]


# ---- closing
@pytest.mark.enable_socket
@pytest.mark.parametrize("name", shorten(ASYNCIO, OWN.__contains__, name=str))
@each_half
def test_closing_an_async_executor_ends_the_calls_in_flight_and_their_sockets(name, half, start, monkeypatch):
    monkeypatch.setattr(in_flight, "CLOSING_SECONDS", 3600.0)  # no call is waited for, but each is ended
    running = start(MAKERS[name])

    async def main(url: str) -> InfisicalNetworkError:
        task = asyncio.create_task(running._bare(get(url)))
        await asyncio.to_thread(holding.arrived.wait)
        await asyncio.wait_for(running._bare.aclose(), 10)
        assert await asyncio.to_thread(holding.closed.wait, 5)
        return (await task).failure()

    with faulty.serving(holding := Holding(half)) as server:
        error = running._loop.run(main(server.url))

    said = f"GET {server.url}: this executor was closed before the answer"
    assert error == InfisicalNetworkError(said, reason="reset", sent=True)


@pytest.mark.enable_socket
@pytest.mark.parametrize("name", shorten(MAKERS, OWN.__contains__, name=str))
def test_a_connection_that_is_given_up_is_closed_at_once_though_the_server_reads_nothing(name, start):
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    execute = start(MAKERS[name])
    accepted = []
    thread = threading.Thread(target=lambda: accepted.append(listener.accept()[0]), daemon=True)
    thread.start()
    error = execute(HttpRequest("POST", f"{url}/x", (), bytes(2**25), 0.5)).failure()
    thread.join(10)
    size = 0
    accepted[0].settimeout(5)
    with accepted[0], listener:  # what the kernel took is there, and then the end, or a reset
        try:
            while data := accepted[0].recv(2**20):
                size += len(data)
        except ConnectionResetError:
            pass

    assert (error.reason, error.sent) == ("timeout", True)
    assert size < 2**25
