"""The httpx executors: they keep the contract, and take of a given client what they say, and nothing else."""

from __future__ import annotations

import asyncio
import gc
import importlib
import os
import sys
import threading
from contextlib import ExitStack

import httpx
import pytest
from returns.result import Success

from infisical import HttpRequest, InfisicalNetworkError, Response
from infisical.executors import AsyncHttpxExecutor, HttpxExecutor
from infisical.testing import faulty_server
from infisical.testing.executor_contract import NetworkExecutorContract
from infisical.testing.runner import ExecutorRunner
from tests.executors import authority, faulty
from tests.forms import shorten_contract

REQUEST = HttpRequest("GET", "https://h/a%2Fb?c=d", (("Accept", "application/json"), ("Authorization", "Bearer t")))
KINDS = {"blocking": (HttpxExecutor, httpx.Client), "asyncio": (AsyncHttpxExecutor, httpx.AsyncClient)}


# ---- the contract
CLIENT_SETTINGS = {
    "auth": ("somebody", "else"),
    "cookies": {"jid": "theirs"},
    "follow_redirects": True,
    "headers": {"Authorization": "Bearer theirs", "Cookie": "jid=theirs"},
    "params": {"theirs": "1"},
    "timeout": None,
}
"""What a client of an application's own may be like, and has no part in a call."""


class ExecutorOnAClient(HttpxExecutor):
    def __init__(self):
        self._application_client = httpx.Client(**CLIENT_SETTINGS)
        super().__init__(self._application_client)

    def close(self):
        super().close()
        self._application_client.close()


class AsyncExecutorOnAClient(AsyncHttpxExecutor):
    def __init__(self):
        self._application_client = httpx.AsyncClient(**CLIENT_SETTINGS)
        super().__init__(self._application_client)

    async def aclose(self):
        await super().aclose()
        await self._application_client.aclose()


@shorten_contract
@pytest.mark.enable_socket
class TestBlocking(NetworkExecutorContract):
    def make_executor(self):
        return HttpxExecutor()


@shorten_contract
@pytest.mark.enable_socket
class TestBlockingOnAGivenClient(NetworkExecutorContract):
    def make_executor(self):
        return ExecutorOnAClient()


@shorten_contract
@pytest.mark.enable_socket
class TestAsyncio(NetworkExecutorContract):
    def make_executor(self):
        return AsyncHttpxExecutor()


@shorten_contract
@pytest.mark.enable_socket
class TestAsyncioOnAGivenClient(NetworkExecutorContract):
    async def make_executor(self):
        return AsyncExecutorOnAClient()


# ---- both kinds, on transports that need no socket
class Both:
    """Makes executors of one kind, blocking or not, and closes them."""

    def __init__(self, kind: str, stack: ExitStack) -> None:
        self.executor, self.client = KINDS[kind]
        self._stack = stack

    def on(self, client=None) -> ExecutorRunner:
        running = ExecutorRunner(lambda: self.executor(client))
        self._stack.callback(running.leave)
        return running

    def hook(self, function):
        async def awaited(message):
            function(message)

        return awaited if self.client is httpx.AsyncClient else function


@pytest.fixture(params=KINDS)
def both(request):
    with ExitStack() as stack:
        yield Both(request.param, stack)


def make_failing_transport(error: Exception) -> httpx.MockTransport:
    def handle(message: httpx.Request) -> httpx.Response:
        raise error

    return httpx.MockTransport(handle)


def test_the_transport_hooks_and_headers_of_a_client_are_used_and_its_credentials_are_not(both):
    messages = []

    def handle(message: httpx.Request) -> httpx.Response:
        messages.append((message.method, str(message.url), message.headers.multi_items()))
        return httpx.Response(200, headers=[("X-A", "1"), ("X-A", "2")], content=b"{}")

    hooks = {"request": [both.hook(lambda message: message.headers.update({"X-Hook": "1"}))]}
    theirs = {"User-Agent": "app", "Authorization": "Bearer theirs", "X-App": "1", "Accept": "text/html"}
    client = both.client(transport=httpx.MockTransport(handle), event_hooks=hooks, headers=theirs)
    got = both.on(client)(REQUEST)

    expected = [
        ("host", "h"),
        ("accept-encoding", client.headers["Accept-Encoding"]),
        ("connection", "keep-alive"),
        ("user-agent", "app"),
        ("x-app", "1"),
        ("accept", "application/json"),
        ("authorization", "Bearer t"),
        ("x-hook", "1"),
    ]
    assert [(method, url, sorted(headers)) for method, url, headers in messages] == [
        ("GET", REQUEST.url, sorted(expected))
    ]
    assert got == Success(Response(200, (("X-A", "1"), ("X-A", "2"), ("Content-Length", "2")), b"{}"))


def test_the_cookies_of_a_given_client_stay_as_they_are(both):
    cookies = []

    def handle(message: httpx.Request) -> httpx.Response:
        cookies.append(message.headers.get("Cookie"))
        return httpx.Response(200, headers={"Set-Cookie": "jid=ours; Path=/"})

    client = both.client(transport=httpx.MockTransport(handle), cookies={"own": "1"})
    execute = both.on(client)
    execute(REQUEST)
    execute(REQUEST)

    assert (cookies, dict(client.cookies)) == ([None, None], {"own": "1"})


def test_a_given_client_is_not_closed(both):
    client = both.client(transport=httpx.MockTransport(lambda _: httpx.Response(200)))
    execute = both.on(client)
    execute(REQUEST)
    execute.close()

    expected = InfisicalNetworkError("GET https://h: this executor is closed", reason="protocol", sent=False)
    assert (client.is_closed, execute(REQUEST).failure()) == (False, expected)


def test_a_given_client_that_was_closed_is_a_failure():
    client = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200)))
    client.close()

    assert HttpxExecutor(client)(REQUEST).failure().message == "GET https://h: this executor is closed"


def test_a_client_that_closes_itself_when_it_is_collected_lives_on():
    class Careful(httpx.Client):
        def __del__(self) -> None:
            self.close()

    class Transport(httpx.MockTransport):
        closed = False

        def close(self) -> None:
            self.closed = True

    transport = Transport(lambda _: httpx.Response(200))
    client = Careful(transport=transport)
    HttpxExecutor(client)(REQUEST)
    gc.collect()

    assert (transport.closed, client.is_closed) == (False, False)


REASONS = [
    (httpx.ConnectError("canary"), "refused", False),
    (httpx.ConnectTimeout("canary"), "timeout", False),
    (httpx.PoolTimeout("canary"), "timeout", False),
    (httpx.UnsupportedProtocol("canary"), "protocol", False),
    (httpx.ReadTimeout("canary"), "timeout", True),
    (httpx.ReadError("canary"), "reset", True),
    (httpx.RemoteProtocolError("Server disconnected without sending a response."), "reset", True),
    (httpx.RemoteProtocolError("canary"), "protocol", True),
    (httpx.DecodingError("canary"), "protocol", True),
    (ConnectionResetError("canary"), "reset", True),
]


@pytest.mark.parametrize(("cause", "reason", "sent"), REASONS, ids=[repr(cause) for cause, _, _ in REASONS])
def test_of_a_transport_that_tells_nothing_the_kind_of_error_says_whether_it_was_sent(both, cause, reason, sent):
    error = both.on(both.client(transport=make_failing_transport(cause)))(REQUEST).failure()

    assert (error.reason, error.sent, "canary" in repr(error)) == (reason, sent, False)


def test_what_a_hook_raises_is_named_without_its_message(both):
    def hook(message: object) -> None:
        raise LookupError("canary")

    client = both.client(transport=make_failing_transport(AssertionError()), event_hooks={"request": [both.hook(hook)]})
    error = both.on(client)(REQUEST).failure()

    line = hook.__code__.co_firstlineno + 1
    expected = f"GET https://h: LookupError was raised at test_httpx.py:{line}"
    assert error == InfisicalNetworkError(expected, reason="protocol", sent=True)
    assert (error.defect, repr(error.__cause__), error.__cause__.__traceback__) == (True, "LookupError('canary')", None)


def test_a_request_that_has_no_form_is_not_sent(both):
    request = HttpRequest("GET", "https://h/x", (("X-A", "é"),))
    error = both.on(both.client(transport=make_failing_transport(AssertionError())))(request).failure()

    assert (error.reason, error.sent, error.defect) == ("protocol", False, False)
    assert (error.message, error.__cause__) == ("GET https://h: the request cannot be sent", None)


def test_an_asyncio_executor_belongs_to_the_loop_of_its_first_call():
    client = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(200)))
    execute = AsyncHttpxExecutor(client)
    first, second = asyncio.run(execute(REQUEST)), asyncio.run(execute(REQUEST))

    message = "GET https://h: this executor belongs to another event loop: make one for each"
    assert first.unwrap().status == 200
    assert second.failure() == InfisicalNetworkError(message, reason="protocol", sent=False)


def test_an_asyncio_executor_is_a_context_manager_that_closes_it_whether_it_was_called_or_not():
    async def main() -> AsyncHttpxExecutor:
        async with AsyncHttpxExecutor() as execute:
            return execute

    closed = InfisicalNetworkError("GET https://h: this executor is closed", reason="protocol", sent=False)
    assert asyncio.run(asyncio.run(main())(REQUEST)).failure() == closed


@pytest.mark.parametrize("name", ["HttpxExecutor", "AsyncHttpxExecutor"])
def test_without_httpx_the_import_says_what_to_install(monkeypatch, name):
    monkeypatch.setitem(sys.modules, "httpx", None)
    monkeypatch.delitem(sys.modules, "infisical.executors.httpx")

    with pytest.raises(ImportError, match=r"pip install 'infisical-functional\[httpx\]'"):
        getattr(importlib.import_module("infisical.executors"), name)


# ---- on sockets
def get(url: str, timeout: float = 30.0) -> HttpRequest:
    return HttpRequest("GET", f"{url}/x", (("Authorization", "Bearer t"),), None, timeout)


@pytest.mark.enable_socket
def test_the_proxy_of_a_given_client_is_used(both):
    with faulty_server.start_server(faulty_server.echo) as proxy:
        execute = both.on(client := both.client(proxy=proxy.url))
        got = execute(get("http://nowhere.invalid"))
        leave(execute, client)

    assert got.unwrap().body == b"http://nowhere.invalid/x"


@pytest.mark.enable_socket
def test_what_a_proxy_refuses_was_never_sent_and_the_proxy_sees_no_credential(both):
    with faulty_server.start_server(faulty_server.respond_with(faulty_server.format_response(403))) as proxy:
        execute = both.on(client := both.client(proxy=proxy.url))
        error = execute(get("https://nowhere.invalid")).failure()
        leave(execute, client)

    assert (error.reason, error.sent) == ("refused", False)
    assert [(m.method, m.target, m.values("Authorization")) for m in proxy.requests] == [
        ("CONNECT", "nowhere.invalid:443", [])
    ]


@pytest.mark.enable_socket
def test_the_tls_settings_of_a_given_client_are_used(both, tls):
    with faulty.serving(faulty.well, tls.server) as server:
        execute = both.on(client := both.client(verify=tls.client))
        got = execute(get(server.url))
        leave(execute, client)

    assert got.unwrap().status == 200


@pytest.mark.enable_socket
def test_a_certificate_that_nobody_vouches_for_is_refused_before_anything_is_sent(both, tls):
    with faulty.serving(faulty.well, tls.server) as server:
        error = both.on()(get(server.url)).failure()

        assert (error.reason, error.sent, server.seen) == ("tls", False, [])


@pytest.mark.enable_socket
def test_an_answer_that_drips_over_tls_meets_the_deadline(both, tls):
    def drip(peer: faulty.Peer) -> None:
        peer.read()
        peer.say(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while True:
            peer.say(b"x")
            threading.Event().wait(0.02)

    with faulty.serving(drip, tls.server) as server:
        execute = both.on(client := both.client(verify=tls.client))
        error = execute(get(server.url, timeout=0.5)).failure()
        leave(execute, client)

    assert (error.reason, error.sent) == ("timeout", True)


@pytest.mark.enable_socket
def test_a_handshake_that_never_comes_meets_the_deadline(both):
    with faulty.serving(lambda peer: peer.sock.recv(1) and peer.sock.recv(100_000) and peer.sock.recv(1)) as server:
        error = both.on()(get(server.url.replace("http:", "https:"), timeout=0.25)).failure()

    assert (error.reason, error.sent) == ("timeout", False)


@pytest.mark.enable_socket
def test_a_server_that_does_not_read_meets_the_deadline(both):
    done = threading.Event()
    with faulty.serving(lambda peer: done.wait(30)) as server:
        error = both.on()(HttpRequest("POST", f"{server.url}/x", (), bytes(2**26), 0.5)).failure()
        done.set()

    assert (error.reason, error.sent) == ("timeout", True)


@pytest.mark.enable_socket
def test_the_application_may_go_on_with_a_connection_of_ours_and_has_its_own_timeouts_there():
    with faulty.serving(faulty.well) as server, httpx.Client() as client, HttpxExecutor(client) as execute:
        got = execute(get(server.url, timeout=5.0)).unwrap().status, client.get(server.url).status_code

        assert (got, server.connections) == ((200, 200), 1)


@pytest.mark.enable_socket
def test_reading_the_authorities_is_no_part_of_the_first_call(both, monkeypatch):
    execute = both.on()
    monkeypatch.setattr(httpx, "create_ssl_context", None)
    with faulty.serving(faulty.well) as server:
        assert execute(get(server.url)).unwrap().status == 200


@pytest.mark.enable_socket
def test_a_forked_child_does_not_speak_on_its_parents_connections():
    with faulty.serving(faulty.well) as server, HttpxExecutor() as execute:
        execute(get(server.url))
        parents = list(execute._clients._clients.values())
        execute._clients._process = os.getpid() - 1  # as it looks to a child
        execute(get(server.url))
        for client in parents:
            client.close()

        assert server.connections == 2


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    return authority.issue(tmp_path_factory.mktemp("tls"))


def leave(execute: ExecutorRunner, client: httpx.Client | httpx.AsyncClient) -> None:
    """Close a client in the loop that it was used in."""
    if isinstance(client, httpx.Client):
        client.close()
    else:
        execute._loop.run(client.aclose())
