"""The executor behind a proxy: it reaches what it should, nobody else hears the credentials, and nothing hangs."""

from __future__ import annotations

import base64
import contextlib
import socket
import ssl

import pytest
import trustme

from infisical import HttpRequest, InfisicalNetworkError
from infisical.executors import Urllib3Executor
from infisical.executors.urllib3.tls_errors import UNKNOWN_AUTHORITY
from infisical.testing import faulty_server
from infisical.testing.executor_contract import NetworkExecutorContract
from infisical.testing.runner import expect, expect_error, expect_response
from tests.executors.faulty import Peer, serving, well
from tests.executors.relay import ESTABLISHED, fronting, proxying
from tests.forms import mark_exhaustive, shorten_contract

NAMES = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"]


@pytest.fixture(autouse=True)
def bare(monkeypatch):
    """No proxies of the machine that tests run on."""
    for name in [*NAMES, "REQUEST_METHOD"]:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def tls():
    """A server's context, and a client's that trusts it."""
    authority = trustme.CA()
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("127.0.0.1", "origin.example", "localhost").configure_cert(server)
    authority.configure_trust(client)
    return server, client


def get(url: str, timeout: float = 10.0) -> HttpRequest:
    return HttpRequest("GET", f"{url}/api/status?a=%2F", (("Authorization", "Bearer t"),), None, timeout)


def lines(head: bytes) -> list[str]:
    return [line for line in head.decode().split("\r\n") if line]


def error(message: str, reason, sent: bool = False) -> InfisicalNetworkError:
    return InfisicalNetworkError(message, reason=reason, sent=sent)


def credentials(proxy) -> str:
    return proxy.url.replace("://", "://u:p%40ss@")


@pytest.fixture
def origin(monkeypatch):
    """The URL of a server on loopback by a name of elsewhere, since no proxy is asked for loopback itself."""
    resolve = socket.getaddrinfo

    def known(host, *args, **named):
        return resolve("127.0.0.1" if host == "origin.example" else host, *args, **named)

    monkeypatch.setattr(socket, "getaddrinfo", known)
    return lambda url: url.replace("127.0.0.1", "origin.example")


LOGIN = f"Proxy-Authorization: Basic {base64.b64encode(b'u:p@ss').decode()}"


@pytest.mark.enable_socket
def test_a_proxy_gets_the_whole_url_of_a_plain_request(origin):
    with serving(well) as server, proxying(login="u:p@ss") as proxy:
        with Urllib3Executor(proxy=credentials(proxy)) as execute:
            got = [execute(get(origin(server.url))).unwrap().status for _ in range(2)]
        with Urllib3Executor(proxy=None) as execute:
            execute(get(origin(server.url)))

    start, *headers = lines(server.seen[2])
    expected = [f"GET {origin(server.url)}/api/status?a=%2F HTTP/1.1", *sorted([*headers, LOGIN])]
    assert (got, proxy.connections, server.connections) == ([200, 200], 1, 2)
    assert [[message[0], *sorted(message[1:])] for message in proxy.seen] == [expected] * 2
    assert [lines(message) for message in server.seen] == [[start, *headers]] * 3


@pytest.mark.enable_socket
@pytest.mark.parametrize("over_tls", [False, True], ids=["http", "https"])
def test_a_tls_request_goes_through_a_tunnel_and_only_connect_has_the_credentials(tls, over_tls):
    context, trusting = tls
    with serving(well, context) as server, proxying(context if over_tls else None, login="u:p@ss") as proxy:
        with Urllib3Executor(proxy=credentials(proxy), ssl_context=trusting) as execute:
            got = [execute(get(server.url)).unwrap().status for _ in range(2)]
        with Urllib3Executor(proxy=None, ssl_context=trusting) as execute:
            execute(get(server.url))

    host = f"127.0.0.1:{server.port}"
    assert (got, proxy.connections, server.connections) == ([200, 200], 1, 2)
    assert proxy.seen == [[f"CONNECT {host} HTTP/1.1", f"Host: {host}", LOGIN]]
    assert server.seen == [server.seen[2]] * 3
    assert b"Proxy-Authorization" not in server.seen[0]


@pytest.mark.enable_socket
def test_a_plain_request_reaches_a_proxy_over_tls(tls, origin):
    context, trusting = tls
    with (
        serving(well) as server,
        proxying(context) as proxy,
        Urllib3Executor(proxy=proxy.url, ssl_context=trusting) as execute,
    ):
        got = [execute(get(origin(server.url))).unwrap().body for _ in range(2)]

    assert (got, proxy.connections, [message[0] for message in proxy.seen]) == (
        [b'{"secrets":[]}'] * 2,
        1,
        [f"GET {origin(server.url)}/api/status?a=%2F HTTP/1.1"] * 2,
    )


@pytest.mark.enable_socket
def test_a_proxy_gets_the_name_of_the_host_and_resolves_it(tls, monkeypatch):
    context, trusting = tls
    resolve, asked = socket.getaddrinfo, []

    def known(host, *args, **named):
        asked.append(host)
        return resolve("127.0.0.1" if host == "origin.example" else host, *args, **named)

    with (
        serving(well, context) as server,
        proxying() as proxy,
        Urllib3Executor(proxy=proxy.url, ssl_context=trusting) as execute,
    ):
        monkeypatch.setattr(socket, "getaddrinfo", known)
        got = execute(get(f"https://origin.example:{server.port}"))

    assert (got.unwrap().status, asked) == (200, ["127.0.0.1", "origin.example"])  # the second look-up is the proxy's
    assert proxy.seen[0][0] == f"CONNECT origin.example:{server.port} HTTP/1.1"


@pytest.mark.enable_socket
@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://origin.example", "origin.example:443"),
        ("https://Origin.Example:8443", "origin.example:8443"),
        ("https://[fd00::1]", "[fd00::1]:443"),
        ("https://u:hunter2@origin.example", "origin.example:443"),
    ],
)
def test_a_tunnel_is_asked_for_by_host_and_port(url, target):
    with proxying(answer=b"HTTP/1.1 502 Bad\r\n\r\n") as proxy, Urllib3Executor(proxy=proxy.url) as execute:
        execute(get(url))

    assert proxy.seen == [[f"CONNECT {target} HTTP/1.1", f"Host: {target}"]]


@pytest.mark.enable_socket
def test_the_environment_is_read_when_an_origin_is_first_called(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "second.example")
    with serving(well) as server, proxying() as proxy, Urllib3Executor() as execute:
        monkeypatch.setenv("http_proxy", proxy.url)
        local = execute(get(server.url))
        resolve = socket.getaddrinfo
        monkeypatch.setattr(socket, "getaddrinfo", lambda host, *args, **named: resolve("127.0.0.1", *args, **named))
        first = execute(get(f"http://first.example:{server.port}"))
        second = execute(get(f"http://second.example:{server.port}"))
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
        again = execute(get(f"http://first.example:{server.port}"))

    assert [reply.unwrap().status for reply in (local, first, second, again)] == [200] * 4
    assert [message[0].split("/")[2] for message in proxy.seen] == [f"first.example:{server.port}"] * 2


@pytest.mark.enable_socket
@pytest.mark.parametrize("proxy", [None, "http://127.0.0.1:1"])
def test_a_proxy_that_is_given_or_none_leaves_the_environment_unread(monkeypatch, origin, proxy):
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1")
    monkeypatch.setenv("NO_PROXY", "*")
    with serving(well) as server, Urllib3Executor(proxy=proxy) as execute:
        got = execute(get(origin(server.url)))

    refused = error(f"GET {origin(server.url)}: the proxy 127.0.0.1:1: no connection", "refused")
    assert (got.unwrap().status if proxy is None else got.failure()) == (200 if proxy is None else refused)


def test_a_proxy_of_the_environment_that_cannot_be_used_is_a_failure(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "socks5://u:hunter2@proxy")
    with Urllib3Executor() as execute:
        failure = execute(get("https://a.example")).failure()

    said = "a socks5 proxy is not supported: HTTP proxies are, as http:// or https://"
    assert failure == error(f"GET https://a.example: the proxy of the environment cannot be used: {said}", "protocol")


# ---- what goes wrong with one
def silence(peer: Peer) -> None:
    peer.sock.recv(65536)
    peer.sock.recv(65536)


def drip(peer: Peer) -> None:
    peer.sock.recv(65536)
    peer.say(b"HTTP/1.1 200 OK\r\nX: ")
    peer.sock.settimeout(0.02)
    while True:
        peer.say(b"x")
        with contextlib.suppress(TimeoutError):
            peer.sock.recv(1)


def hang_up(peer: Peer) -> None:
    peer.sock.recv(65536)


def saying(data: bytes):
    def behave(peer: Peer) -> None:
        peer.sock.recv(65536)
        peer.say(data)

    return behave


TLS = f"TLS failed: {UNKNOWN_AUTHORITY}"
LONG = "the head of the answer is too large: more than 100 lines, one over 65,536 bytes, or too many of 1xx"
NO_HTTP = "the answer is not HTTP, or is incomplete"
TUNNEL_TROUBLES = {
    "407": (saying(b"HTTP/1.1 407 Who\r\n\r\n"), "it answered 407 to CONNECT", "protocol"),
    "403": (saying(b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"), "it answered 403 to CONNECT", "protocol"),
    "502": (saying(b"HTTP/1.0 502 Bad\r\n\r\n"), "it answered 502 to CONNECT", "refused"),
    "503": (saying(b"HTTP/1.1 503 Bad\r\n\r\n"), "it answered 503 to CONNECT", "refused"),
    "504": (saying(b"HTTP/1.1 504 Bad\r\n\r\n"), "it answered 504 to CONNECT", "refused"),
    "redirect": (saying(b"HTTP/1.1 302 F\r\nLocation: http://x\r\n\r\n"), "it answered 302 to CONNECT", "protocol"),
    "garbage": (saying(b"what is HTTP?\r\n\r\n"), NO_HTTP, "protocol"),
    "many headers": (saying(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n"), LONG, "protocol"),
    "a long line": (saying(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 2**17 + b"\r\n\r\n"), LONG, "protocol"),
    "cut": (saying(b"HTTP/1.1 200 OK\r\nX: "), NO_HTTP, "protocol"),
    "hung up": (hang_up, "the connection was closed before the answer", "reset"),
    "silence": (silence, "no answer in 0.25 s", "timeout"),
    "dripping": (drip, "no answer in 0.25 s", "timeout"),
}


@pytest.mark.enable_socket
@pytest.mark.parametrize(("behave", "said", "reason"), TUNNEL_TROUBLES.values(), ids=TUNNEL_TROUBLES)
def test_a_tunnel_that_comes_to_nothing_is_a_failure_and_the_request_never_left(behave, said, reason):
    with serving(behave) as proxy, Urllib3Executor(proxy=credentials(proxy)) as execute:
        failure = execute(get("https://origin.example", 0.25 if reason == "timeout" else 10.0)).failure()

    assert failure == error(f"GET https://origin.example: the proxy 127.0.0.1:{proxy.port}: {said}", reason)


@pytest.mark.enable_socket
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_lets_nobody_in_is_named_and_the_request_never_left(scheme):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        with Urllib3Executor(proxy=f"http://u:hunter2@127.0.0.1:{port}") as execute:
            failure = execute(get(f"{scheme}://origin.example")).failure()

    assert failure == error(f"GET {scheme}://origin.example: the proxy 127.0.0.1:{port}: no connection", "refused")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_without_an_address_is_named_and_the_request_never_left(scheme, monkeypatch):
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with Urllib3Executor(proxy="http://u:hunter2@proxy.invalid:3128") as execute:
        failure = execute(get(f"{scheme}://origin.example")).failure()

    said = f"GET {scheme}://origin.example: the proxy proxy.invalid:3128: the host has no address"
    assert failure == error(said, "dns")


@pytest.mark.enable_socket
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_whose_certificate_nobody_vouches_for_hears_nothing(scheme, tls):
    with proxying(tls[0]) as proxy, Urllib3Executor(proxy=credentials(proxy)) as execute:
        failure = execute(get(f"{scheme}://origin.example")).failure()

    said = f"GET {scheme}://origin.example: the proxy 127.0.0.1:{proxy.address[1]}: {TLS}"
    assert (failure, proxy.seen) == (error(said, "tls"), [])


@pytest.mark.enable_socket
def test_an_origin_whose_certificate_nobody_vouches_for_hears_nothing_through_a_tunnel(tls):
    with serving(well, tls[0]) as server, proxying() as proxy, Urllib3Executor(proxy=proxy.url) as execute:
        failure = execute(get(server.url)).failure()

    said = f"GET {server.url}: {TLS} (through the proxy 127.0.0.1:{proxy.address[1]})"
    assert (failure, server.seen) == (error(said, "tls"), [])


@pytest.mark.enable_socket
@pytest.mark.parametrize("over_tls", [False, mark_exhaustive(True)], ids=["http", "https"])
def test_a_handshake_through_a_tunnel_that_never_comes_meets_the_deadline(tls, over_tls):
    context, trusting = tls
    with (
        proxying(context if over_tls else None, answer=ESTABLISHED) as proxy,
        Urllib3Executor(proxy=proxy.url, ssl_context=trusting) as execute,
    ):
        failure = execute(get("https://origin.example", 0.5)).failure()

    said = f"GET https://origin.example: no answer in 0.5 s (through the proxy 127.0.0.1:{proxy.address[1]})"
    assert failure == error(said, "timeout")


def drip_handshake(peer: Peer) -> None:
    """Make a tunnel, and in it never get to the end of one record of a handshake; or not before two seconds."""
    peer.sock.recv(65536)
    peer.say(ESTABLISHED)
    peer.sock.recv(65536)
    peer.say(b"\x16\x03\x03\x40\x00\x02")
    peer.sock.settimeout(0.02)
    for _ in range(100):
        peer.say(b"\x00")
        with contextlib.suppress(TimeoutError, ssl.SSLWantReadError):
            peer.sock.recv(1)


@pytest.mark.enable_socket
@pytest.mark.parametrize("over_tls", [mark_exhaustive(False), True], ids=["http", "https"])
def test_a_handshake_that_drips_through_a_tunnel_meets_the_deadline(tls, over_tls):
    context, trusting = tls
    with (
        serving(drip_handshake, context if over_tls else None) as proxy,
        Urllib3Executor(proxy=proxy.url, ssl_context=trusting) as execute,
    ):
        failure = execute(get("https://origin.example", 0.5)).failure()

    said = f"GET https://origin.example: no answer in 0.5 s (through the proxy 127.0.0.1:{proxy.port})"
    assert failure == error(said, "timeout")


def drip_body(peer: Peer) -> None:
    peer.read()
    peer.say(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    peer.sock.settimeout(0.02)
    while True:
        peer.say(b"x")
        with contextlib.suppress(TimeoutError, ssl.SSLWantReadError):
            peer.sock.recv(1)


@pytest.mark.enable_socket
@pytest.mark.parametrize("over_tls", [mark_exhaustive(False), True], ids=["http", "https"])
def test_an_origin_that_drips_through_a_tunnel_meets_the_deadline(tls, over_tls):
    context, trusting = tls
    with (
        serving(drip_body, context) as server,
        proxying(context if over_tls else None) as proxy,
        Urllib3Executor(proxy=proxy.url, ssl_context=trusting) as execute,
    ):
        failure = execute(get(server.url, 0.5)).failure()

    said = f"GET {server.url}: no answer in 0.5 s (through the proxy 127.0.0.1:{proxy.address[1]})"
    assert failure == error(said, "timeout", sent=True)


@pytest.mark.enable_socket
def test_after_a_tunnel_was_refused_the_next_call_asks_again(tls):
    context, trusting = tls
    with (
        serving(well, context) as server,
        proxying(login="u:p@ss") as proxy,
        Urllib3Executor(proxy=proxy.url, ssl_context=trusting) as execute,
    ):
        failure = [execute(get(server.url)).failure() for _ in range(2)]

    said = f"GET {server.url}: the proxy 127.0.0.1:{proxy.address[1]}: it answered 407 to CONNECT"
    assert (failure, len(proxy.seen)) == ([error(said, "protocol")] * 2, 2)


# ---- the whole contract, through proxies
class Proxied(NetworkExecutorContract):
    """The contract through a proxy: `context` is that of the proxy, if it is https://."""

    timeout = 0.5

    @pytest.fixture(autouse=True)
    def through_a_proxy(self, tls):
        with proxying(self.context(tls), login="u:p@ss") as self.proxy:
            self.trusting = tls[1]
            yield

    def context(self, tls):
        return None

    def make_executor(self):
        return Urllib3Executor(proxy=credentials(self.proxy), ssl_context=self.trusting)

    @pytest.fixture
    def serve(self, origin):
        with contextlib.ExitStack() as stack:

            def start(answer):
                served = stack.enter_context(faulty_server.start_server(answer, self.patience))
                served.url = origin(served.url)
                return served

            yield start

    def test_a_refused_connection_means_not_sent(self, execute, origin):
        """Where nobody listens is the proxy's to say: a plain request is answered by it."""
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            url = f"http://origin.example:{unused.getsockname()[1]}"
            expect("the proxy's answer", expect_response(execute(get(url))).status, 502)
            failure = expect_error(execute(get(url.replace("http:", "https:"))))
        expect("reason and sent", (failure.reason, failure.sent), ("refused", False))


class Tunnelled(Proxied):
    """The same to servers with TLS, so that every request goes through a tunnel."""

    @pytest.fixture
    def serve(self, tls):
        with contextlib.ExitStack() as stack:

            def start(answer):
                served = stack.enter_context(faulty_server.start_server(answer, self.patience))
                served.plain, served.url = served.url, stack.enter_context(fronting(served.address, tls[0]))
                return served

            yield start

    def test_a_server_without_tls_gets_no_plain_request(self, execute, serve):
        served = serve(faulty_server.respond_with(faulty_server.format_response(400)))
        failure = expect_error(execute(get(served.plain.replace("http:", "https:"))))
        expect("reason and sent", (failure.reason, failure.sent), ("tls", False))
        expect("what arrived", {message.method for message in served.requests} - {"TLS"}, set())


@shorten_contract
@pytest.mark.enable_socket
class TestThroughAProxy(Proxied):
    pass


@shorten_contract
@pytest.mark.enable_socket
class TestThroughATunnel(Tunnelled):
    pass


@shorten_contract
@pytest.mark.enable_socket
class TestThroughATunnelInsideTls(Tunnelled):
    def context(self, tls):
        return tls[0]


# ---- this machine
@pytest.mark.enable_socket
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "127.1", "localhost."])
@pytest.mark.parametrize("given", [True, False], ids=["given", "of the environment"])
def test_no_proxy_hears_of_a_plain_request_to_this_machine(monkeypatch, host, given):
    with serving(well) as server, proxying() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        resolve = socket.getaddrinfo
        monkeypatch.setattr(socket, "getaddrinfo", lambda _, *args, **named: resolve("127.0.0.1", *args, **named))
        with Urllib3Executor(proxy=proxy.url) if given else Urllib3Executor() as execute:
            got = execute(get(f"http://{host}:{server.port}"))

    assert (got.unwrap().status, proxy.seen, proxy.connections) == (200, [], 0)
