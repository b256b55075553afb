"""The aiohttp executor: it keeps the contract, and takes of a given session what it says, and nothing else."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import sys
import threading
from contextlib import asynccontextmanager

import aiohttp
import pytest

from infisical import HttpRequest, InfisicalNetworkError
from infisical.executors import AiohttpExecutor
from infisical.executors.aiohttp import _get_loop, _get_session_proxy
from infisical.testing import faulty_server
from infisical.testing.executor_contract import NetworkExecutorContract
from infisical.testing.faulty_server import Peer, ReceivedRequest
from tests.executors import authority, faulty
from tests.forms import shorten_contract

OTHER_LOOP_MESSAGE = "this executor belongs to another event loop: make one for each"
SESSION_HEADERS = {"Authorization": "Bearer theirs", "Cookie": "jid=theirs"}


# ---- the contract
class ExecutorOnASession(AiohttpExecutor):
    """On a session that does all by itself that has no part in a call."""

    def __init__(self):
        self._application_session = aiohttp.ClientSession(
            auto_decompress=False,
            cookie_jar=aiohttp.CookieJar(unsafe=True),
            cookies={"jid": "theirs"},
            headers=SESSION_HEADERS,
            raise_for_status=True,
            timeout=aiohttp.ClientTimeout(total=1e-9),
            trust_env=True,
        )
        super().__init__(self._application_session)

    async def aclose(self):
        await super().aclose()
        await self._application_session.close()


@pytest.mark.enable_socket
class TestAiohttp(NetworkExecutorContract):
    def make_executor(self):
        return AiohttpExecutor()


@shorten_contract
@pytest.mark.enable_socket
class TestAiohttpOnAGivenSession(NetworkExecutorContract):
    async def make_executor(self):
        return ExecutorOnASession()


# ---- what is its own
pytestmark = pytest.mark.enable_socket  # asyncio's loops need a pair of them


def get(url: str, timeout: float = 30.0, method: str = "GET") -> HttpRequest:
    return HttpRequest(method, f"{url}/x", (("Authorization", "Bearer t"),), None, timeout)


@asynccontextmanager
async def serve_session(**settings):
    """An executor on a session of the application's, and that session."""
    async with aiohttp.ClientSession(**settings) as session, AiohttpExecutor(session) as execute:
        yield execute, session


def replies(*requests: HttpRequest, **settings) -> list:
    """Send these one after the other on a session with these settings."""

    async def main() -> list:
        async with serve_session(**{name: make() for name, make in settings.items()}) as (execute, _):
            return [await execute(request) for request in requests]

    return asyncio.run(main())


def test_the_headers_of_a_session_are_used_and_its_credentials_are_not():
    theirs = {"User-Agent": "app", "X-App": "1", "Accept": "text/html", **SESSION_HEADERS}
    request = HttpRequest("GET", "", (("Accept", "application/json"), ("X-Own", "1"), ("X-Own", "2")))
    with faulty_server.start_server(faulty_server.echo) as server:
        asked = HttpRequest(request.method, f"{server.url}/x", request.headers)
        replies(asked, headers=lambda: theirs, skip_auto_headers=lambda: ["Accept-Encoding"])
        [message] = server.requests

    assert sorted(message.headers) == [
        ("Accept", "application/json"),
        ("Host", server.url.removeprefix("http://")),
        ("User-Agent", "app"),
        ("X-App", "1"),
        ("X-Own", "1"),
        ("X-Own", "2"),
    ]


def test_the_tracing_of_a_given_session_goes_on():
    heard = []

    def tracing() -> list[aiohttp.TraceConfig]:
        async def ended(_session, context, params) -> None:
            heard.append((context.trace_request_ctx, params.method, str(params.url), params.response.status))

        config = aiohttp.TraceConfig()
        config.on_request_end.append(ended)
        return [config]

    with faulty_server.start_server(faulty_server.echo) as server:
        replies(get(server.url), trace_configs=tracing)

        assert heard == [(None, "GET", f"{server.url}/x", 200)]


def test_the_cookies_of_a_given_session_stay_as_they_are():
    with faulty_server.start_server(
        faulty_server.respond_with(faulty_server.format_response(headers=(("Set-Cookie", "jid=ours; Path=/"),)))
    ) as server:

        async def main() -> list[tuple[str, str]]:
            jar = aiohttp.CookieJar(unsafe=True)
            async with serve_session(cookie_jar=jar, cookies={"own": "1"}) as (execute, session):
                await execute(get(server.url))
                await execute(get(server.url))
                return [(cookie.key, cookie.value) for cookie in session.cookie_jar]

        cookies = asyncio.run(main())

    assert (cookies, [message.values("Cookie") for message in server.requests]) == ([("own", "1")], [[], []])


def test_a_given_session_is_not_closed():
    async def main() -> tuple:
        async with serve_session() as (execute, session):
            await execute.aclose()
            return session.closed, await execute(get("http://h"))

    closed, error = asyncio.run(main())
    expected = InfisicalNetworkError("GET http://h: this executor is closed", reason="protocol", sent=False)
    assert (closed, error.failure()) == (False, expected)


@pytest.mark.parametrize("kind", [KeyError, RuntimeError])
def test_what_tracing_of_a_given_session_raises_is_named_without_its_message(kind):
    def tracing() -> list[aiohttp.TraceConfig]:
        async def started(*_) -> None:
            raise kind("canary")

        config = aiohttp.TraceConfig()
        config.on_request_start.append(started)
        return [config]

    [error] = [reply.failure() for reply in replies(get("http://127.0.0.1:9"), trace_configs=tracing)]

    assert error.message.startswith(f"GET http://127.0.0.1:9: {kind.__name__} was raised at test_aiohttp.py:")
    assert (error.reason, error.defect, repr(error.__cause__)) == ("protocol", True, f"{kind.__name__}('canary')")
    assert error.__cause__.__traceback__ is None


@pytest.mark.parametrize(
    ("theirs", "offered"),
    [
        ({}, "gzip, deflate"),
        ({"Accept-Encoding": "br, gzip;q=0.5, *"}, "gzip;q=0.5"),
        ({"accept-encoding": "br"}, "identity"),
    ],
)
def test_only_codings_that_are_decoded_within_a_limit_are_offered(theirs, offered):
    with faulty_server.start_server(faulty_server.echo) as server:
        replies(get(server.url), headers=lambda: theirs)

        assert [message.values("Accept-Encoding") for message in server.requests] == [[offered]]


def test_a_given_session_that_was_closed_is_a_failure():
    async def main():
        async with serve_session() as (execute, session):
            await session.close()
            return await execute(get("http://h"))

    assert asyncio.run(main()).failure().message == "GET http://h: this executor is closed"


def test_connections_are_those_of_the_given_session():
    with faulty.serving(faulty.well) as server:

        async def main() -> None:
            async with serve_session() as (execute, session):
                (await execute(get(server.url))).unwrap()
                async with session.get(server.url) as answer:
                    await answer.read()

        asyncio.run(main())

        assert server.connections == 1


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "POST", "PATCH"])
def test_a_request_that_a_kept_alive_connection_swallowed_is_not_repeated(method):
    def answer(peer: Peer, message: ReceivedRequest) -> None:
        faulty_server.close(peer, message) if message.number == 2 else peer.say(faulty_server.format_response())

    with faulty_server.start_server(answer) as server:
        first, second = replies(get(server.url), get(server.url, method=method))

        assert first.unwrap().status == 200
        assert (second.failure().reason, second.failure().sent) == ("reset", True)
        assert len(server.requests) == 2


def test_a_large_body_arrives_without_a_warning():
    body = bytes(range(256)) * 2**13  # 2 MiB: from 1 MiB aiohttp warns of bytes
    with faulty_server.start_server(faulty_server.echo) as server:
        replies(HttpRequest("POST", f"{server.url}/x", (), body))
        [message] = server.requests

        assert message.body == body
        assert (message.values("Content-Type"), message.values("Content-Length")) == ([], [str(len(body))])


# ---- event loops
def test_it_belongs_to_the_loop_of_its_first_call():
    execute = AiohttpExecutor()

    async def first():
        async with execute:
            return await execute(get("http://127.0.0.1:1"))

    async def second():
        return await other(get("http://127.0.0.1:1"))

    assert asyncio.run(first()).failure().reason == "refused"
    other = AiohttpExecutor()
    with asyncio.Runner() as runner:
        runner.run(other(get("http://127.0.0.1:1")))
        error = run_in_another_thread(second)
        runner.run(other.aclose())
    assert error.failure() == InfisicalNetworkError(
        f"GET http://127.0.0.1:1: {OTHER_LOOP_MESSAGE}", reason="protocol", sent=False
    )


def test_one_that_was_never_called_can_be_closed_in_any_loop():
    execute = AiohttpExecutor()
    asyncio.run(execute.aclose())

    closed = InfisicalNetworkError("GET http://h: this executor is closed", reason="protocol", sent=False)
    assert asyncio.run(execute(get("http://h"))).failure() == closed


def test_on_a_given_session_it_belongs_to_the_loop_of_the_session():
    async def main():
        async with serve_session() as (execute, _):
            return await asyncio.to_thread(run_in_another_thread, lambda: execute(get("http://h")))

    assert asyncio.run(main()).failure().message == f"GET http://h: {OTHER_LOOP_MESSAGE}"


def run_in_another_thread(function):
    """Run a coroutine function in a loop of another thread."""
    results = []
    thread = threading.Thread(target=lambda: results.append(asyncio.run(function())))
    thread.start()
    thread.join()
    return results[0]


# ---- proxies and TLS
proxied = pytest.mark.skipif(
    "proxy" not in inspect.signature(aiohttp.ClientSession).parameters,
    reason="a session has a proxy since aiohttp 3.11",
)


@proxied
def test_the_proxy_of_a_given_session_is_used():
    with faulty_server.start_server(faulty_server.echo) as proxy:
        [got] = replies(get("http://nowhere.invalid"), proxy=lambda: proxy.url)

    assert got.unwrap().body == b"http://nowhere.invalid/x"


@proxied
@pytest.mark.filterwarnings("ignore:.*proxy_auth.*:DeprecationWarning", "ignore:.*BasicAuth.*:DeprecationWarning")
def test_the_proxy_of_a_given_session_gets_the_credentials_for_it():
    with faulty_server.start_server(faulty_server.echo) as proxy:
        replies(
            get("http://nowhere.invalid"),
            proxy=lambda: proxy.url,
            proxy_auth=lambda: aiohttp.BasicAuth("user", "pa:ss"),
        )

    assert [message.values("Proxy-Authorization") for message in proxy.requests] == [["Basic dXNlcjpwYTpzcw=="]]


@pytest.mark.parametrize(("settings", "used"), [(None, True), ({"trust_env": True}, True), ({}, False)])
def test_the_proxies_of_the_environment_are_used_unless_the_session_does_not_trust_them(monkeypatch, settings, used):
    with faulty_server.start_server(faulty_server.echo) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "")

        async def main():
            if settings is None:
                async with AiohttpExecutor() as execute:
                    return await execute(get("http://nowhere.invalid"))
            async with serve_session(**settings) as (execute, _):
                return await execute(get("http://nowhere.invalid"))

        asyncio.run(main())

        assert [message.target for message in proxy.requests] == (["http://nowhere.invalid/x"] if used else [])


@proxied
def test_what_a_proxy_refuses_was_never_sent_and_the_proxy_sees_no_credential():
    with faulty_server.start_server(faulty_server.respond_with(faulty_server.format_response(403))) as proxy:
        [error] = replies(get("https://nowhere.invalid"), proxy=lambda: proxy.url)

    assert (error.failure().reason, error.failure().sent) == ("refused", False)
    assert [(m.method, m.target, m.values("Authorization")) for m in proxy.requests] == [
        ("CONNECT", "nowhere.invalid:443", [])
    ]


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    return authority.issue(tmp_path_factory.mktemp("tls"))


def test_the_tls_settings_of_a_given_session_are_used(tls):
    with faulty.serving(faulty.well, tls.server) as server:
        [got] = replies(get(server.url), connector=lambda: aiohttp.TCPConnector(ssl=tls.client))

    assert got.unwrap().status == 200


def test_a_certificate_that_nobody_vouches_for_is_refused_before_anything_is_sent(tls):
    with faulty.serving(faulty.well, tls.server) as server:
        [error] = replies(get(server.url))

        assert (error.failure().reason, error.failure().sent, server.seen) == ("tls", False, [])


def test_a_handshake_that_never_comes_meets_the_deadline():
    with faulty.serving(lambda peer: peer.sock.recv(1) and peer.sock.recv(100_000) and peer.sock.recv(1)) as server:
        first = get("https://127.0.0.1:1")  # aiohttp before 3.11 reads the authorities in its first call, in its time
        [_, error] = replies(first, get(server.url.replace("http:", "https:"), timeout=0.25))

    assert (error.failure().reason, error.failure().sent) == ("timeout", False)


# ---- what it needs
def test_without_aiohttp_the_import_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "aiohttp", None)
    monkeypatch.delitem(sys.modules, "infisical.executors.aiohttp")

    with pytest.raises(ImportError, match=r"pip install 'infisical-functional\[aiohttp\]'"):
        importlib.import_module("infisical.executors").AiohttpExecutor  # noqa: B018


@proxied
def test_the_private_parts_of_a_session_exist():
    async def look():
        async with aiohttp.ClientSession(proxy="http://proxy:3128") as session:
            assert {"_loop", "_default_proxy", "_default_proxy_auth"} <= vars(session).keys()
            return _get_loop(session) is asyncio.get_running_loop(), str(_get_session_proxy(session))

    assert asyncio.run(look()) == (True, "http://proxy:3128")
    assert (_get_loop(None), _get_session_proxy(None)) == (None, None)
