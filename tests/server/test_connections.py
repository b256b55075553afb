"""The limits of a live server for foreign clients: hosts, bodies, connections and time. On loopback, over sockets."""

from __future__ import annotations

import contextlib
import errno
import http.client
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from returns.result import Success

from infisical import HttpRequest, Response
from infisical.__main__ import main
from infisical.executors import MemoryExecutor
from infisical.server.serve import Server, serving
from infisical.transport import Reply

pytest.importorskip("waitress")
from infisical.server import connections
from infisical.server.connections import Listener
from tests.forms import mark_exhaustive

pytestmark = pytest.mark.enable_socket
LOGIN = "/api/v1/auth/universal-auth/login"


def echo(request: HttpRequest) -> Reply:
    """Answer with the size of the body."""
    return Success(Response(200, (), str(len(request.body or b"")).encode()))


def get_port(url: str) -> int:
    return urlsplit(url).port or 0


def send(url: str, *parts: bytes) -> tuple[int, Any]:
    """Send bytes, even to a connection that closes; return the status and the body of the response."""
    with socket.create_connection(("127.0.0.1", get_port(url)), timeout=30) as sock:
        with contextlib.suppress(ConnectionError):
            for part in parts:
                sock.sendall(part)
        response = http.client.HTTPResponse(sock)
        response.begin()
        body = response.read()
        return response.status, json.loads(body) if body else None


def make_head(*lines: str, method: str = "GET", target: str = "/api/status", host: str = "localhost") -> bytes:
    return "\r\n".join([f"{method} {target} HTTP/1.1", f"Host: {host}", *lines, "", ""]).encode("latin-1")


# ---- hosts
@pytest.mark.parametrize(
    ("host", "status"),
    [
        *((host, 200) for host in ("localhost", "LOCALHOST:1", "127.0.0.1", "127.9.9.9:80", "[::1]:8080")),
        *((host, 421) for host in ("evil.example:8080", "127.0.0.1.evil.example", "0.0.0.0", "127.0.0.999")),
        *((host, 400) for host in ("[", "", "a b", "me@localhost", "localhost\r\nHost: localhost", "localhost:x")),
    ],
)
def test_on_loopback_only_the_names_of_loopback_are_answered(served_url: str, host: str, status: int):
    login = make_head("Content-Length: 2", "Content-Type: application/json", method="POST", target=LOGIN, host=host)

    assert send(served_url, make_head(host=host))[0] == status
    assert send(served_url, login + b"{}")[0] == (422 if status == 200 else status)


@pytest.fixture(scope="module")
def served_url() -> Iterator[str]:
    pytest_socket = pytest.importorskip("pytest_socket")
    pytest_socket.enable_socket()
    with serving(MemoryExecutor()) as url:
        yield url


def test_a_request_without_host_is_a_400(served_url: str):
    statuses = [send(served_url, f"GET /api/status HTTP/1.{minor}\r\n\r\n".encode())[0] for minor in (0, 1)]

    assert statuses == [400, 400]


def test_hosts_are_allowed_by_name():
    with serving(echo, allow_hosts=["Vault.test", "10.0.0.0/8"]) as url:
        hosts = ("vault.test:80", "10.1.1.1", "localhost", "other.test")
        got = [send(url, make_head(host=host))[0] for host in hosts]

    assert got == [200, 200, 200, 421]


def test_on_another_address_every_host_is_answered_unless_some_are_allowed():
    with serving(echo, host="0.0.0.0") as url:
        open_to_all = [send(url, make_head(host=host))[0] for host in ("vault.test", "localhost", "[")]
    with serving(echo, host="0.0.0.0", allow_hosts=["vault.test"]) as url:
        narrowed = [send(url, make_head(host=host))[0] for host in ("vault.test", "localhost", "other.test")]

    assert (open_to_all, narrowed) == ([200, 200, 400], [200, 200, 421])


def test_an_invalid_allowed_host_is_a_line_on_stderr(capsys: pytest.CaptureFixture[str]):
    code = main(["serve", "--port", "0", "--allow-host", "http://vault"])

    message = "'http://vault' is not a host name, IP address or network: write it without scheme and port\n"
    assert (code, *capsys.readouterr()) == (1, "", message)
    with pytest.raises(ValueError, match="'http://vault' is not a host name"):
        Server(echo, allow_hosts=["http://vault"])


# ---- the program
@pytest.fixture
def program() -> Iterator[Any]:
    """Start `python -m infisical serve` with these arguments; return the process and its printed settings."""
    runs: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> tuple[subprocess.Popen[str], dict[str, str]]:
        command = [sys.executable, "-m", "infisical", "serve", "--port", "0", *arguments]
        run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        runs.append(run)
        assert run.stdout is not None
        return run, dict(run.stdout.readline().rstrip("\n").split("=", 1) for _ in range(6))

    yield start
    for run in runs:
        with run:
            run.terminate()
            run.wait(60)


CREDENTIALS = ("INFISICAL_UNIVERSAL_AUTH_CLIENT_ID", "INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET")


@pytest.mark.parametrize("with_document", [mark_exhaustive(False), True])
def test_on_another_address_it_warns_and_its_credentials_are_new_at_each_start(
    program: Any, tmp_path: Path, with_document: bool
):
    (tmp_path / "seed.yaml").write_text("projects: [{name: a, id: the-id}]")
    more = ("--data", str(tmp_path / "seed.yaml")) if with_document else ()
    runs = [program("--host", "0.0.0.0", *more) for _ in range(2)]
    first, second = (variables for _, variables in runs)
    warnings = []
    for run, _ in runs:
        run.terminate()
        warnings.append(run.communicate(timeout=60)[1])

    assert [first[name] != second[name] for name in CREDENTIALS] == [True, True]
    assert warnings[0] == warnings[1]
    assert warnings[0].startswith("warning: '0.0.0.0' is not a loopback address: anyone who reaches this machine")


def test_the_program_takes_allowed_hosts(program: Any):
    _, variables = program("--allow-host", "vault.test", "--allow-host", "other.test")
    url = variables["INFISICAL_API_URL"]

    hosts = ("vault.test", "other.test", "localhost", "evil.test")
    assert [send(url, make_head(host=host))[0] for host in hosts] == [200, 200, 200, 421]


def read_peak(run: subprocess.Popen[str]) -> int:
    """Return the peak memory of a process, in MiB."""
    status = Path(f"/proc/{run.pid}/status")
    if not status.exists():
        pytest.skip("only Linux reports the peak memory of another process")
    return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) // 1024


def test_bodies_of_hundreds_of_megabytes_are_refused_and_not_stored(program: Any):
    run, variables = program()
    url, megabyte = variables["INFISICAL_API_URL"], b"x" * 1_000_000
    answers: list[int] = []

    def send_body(length: str, part: bytes) -> None:
        answers.append(send(url, make_head(length, method="POST", target=LOGIN), *(part for _ in range(200)))[0])

    chunk = b"f4240\r\n" + megabyte + b"\r\n"
    for length, part in (("Content-Length: 200000000", megabyte), ("Transfer-Encoding: chunked", chunk)):
        threads = [threading.Thread(target=send_body, args=(length, part)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert answers == [413] * 4
    assert read_peak(run) < 120


def test_many_bodies_that_never_end_are_bounded_together(program: Any):
    run, variables = program()
    url = variables["INFISICAL_API_URL"]
    with contextlib.ExitStack() as stack:
        for _ in range(60):
            sock = stack.enter_context(socket.create_connection(("127.0.0.1", get_port(url)), timeout=30))
            with contextlib.suppress(ConnectionError):
                sock.sendall(make_head("Content-Length: 4000000", method="POST") + b"x" * 3_900_000)
        got = send(url, make_head())[0]

    assert got == 200
    assert read_peak(run) < 180


@pytest.mark.parametrize("limit", [50, mark_exhaustive(connections.MAX_CONNECTIONS)])
def test_a_thousand_silent_connections_do_not_block_others(program: Any, monkeypatch: pytest.MonkeyPatch, limit: int):
    with contextlib.ExitStack() as stack:
        if limit == connections.MAX_CONNECTIONS:
            url = program()[1]["INFISICAL_API_URL"]
        else:
            monkeypatch.setattr(connections, "MAX_CONNECTIONS", limit)
            url = stack.enter_context(serving(echo))
        active = http.client.HTTPConnection("127.0.0.1", get_port(url), timeout=30)
        stack.callback(active.close)
        active.request("GET", "/api/status")
        first = active.getresponse()
        first.read()
        idle = socket.create_connection(("127.0.0.1", get_port(url)), timeout=30)
        stack.enter_context(idle)
        for number in range(limit + limit // 10):
            sock = stack.enter_context(socket.create_connection(("127.0.0.1", get_port(url)), timeout=30))
            sock.sendall(b"" if number % 2 else b"GET / HTTP/1.1\r\nX: ")
        another = send(url, make_head())[0]
        active.auto_open = 0
        active.request("GET", "/api/status")
        again = active.getresponse().status
        closed = idle.recv(1)

    assert (first.status, another, again, closed) == (200, 200, 200, b"")


# ---- requests that cannot be read
@pytest.mark.parametrize(
    ("request_bytes", "status", "error"),
    [
        (make_head("X: " + "a" * 70_000), 431, "RequestHeaderFieldsTooLarge"),
        (make_head("Content-Length: " + "9" * 5000, method="POST"), 400, "BadRequest"),
        (make_head("Content-Length: 9999999", method="POST"), 413, "RequestEntityTooLarge"),
        (make_head("Content-Length: 9999999", "Expect: 100-continue", method="POST"), 413, "RequestEntityTooLarge"),
        (make_head(target="http://["), 400, "BadRequest"),
        (make_head("a b"), 400, "BadRequest"),
        (make_head("Transfer-Encoding: chunked", method="POST") + b"1\r\nx\r\n" * 20_000, 400, "BadRequest"),
        (make_head("Transfer-Encoding: chunked", method="POST") + b"f" * 70_000, 400, "BadRequest"),
        (make_head("Transfer-Encoding: chunked", method="POST") + b"xyz\r\n", 400, "BadRequest"),
    ],
)
def test_a_request_that_cannot_be_read_is_refused_like_infisical_does(
    served_url: str, request_bytes: bytes, status: int, error: str
):
    got, body = send(served_url, request_bytes)

    assert (got, body["statusCode"], body["error"], sorted(body)) == (
        *(status, status, error),
        ["error", "message", "statusCode"],
    )


@pytest.mark.parametrize("length", ["Content-Length: 100", "Transfer-Encoding: chunked"])
def test_a_body_of_just_the_limit_is_taken(length: str):
    body = b"x" * 100 if "100" in length else b"64\r\n" + b"x" * 100 + b"\r\n0\r\n\r\n"
    with Server(echo, max_body_bytes=100 if "100" in length else 111) as server:
        thread = threading.Thread(target=server.run)
        thread.start()
        got = send(server.url, make_head(length, method="POST") + body)
        server.stop()
        thread.join()

    assert got == (200, 100)


# ---- time, on an injected clock
@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Listener, dict[int, Any], list[float]]]:
    """A listening socket whose loop the test runs itself, its channels, and the seconds added to the time."""
    later = [0.0]
    now = time.monotonic
    monkeypatch.setattr(connections.time, "monotonic", lambda: now() + later[0])
    channels: dict[int, Any] = {}
    sock = socket.create_server(("127.0.0.1", 0))
    server = Listener(lambda environ, start: [], sock, channels, threads=1, max_body_bytes=1000)
    yield server, channels, later
    server.task_dispatcher.shutdown()
    from waitress import wasyncore

    wasyncore.close_all(channels)


def run_loop(channels: dict[int, Any], times: int = 8) -> None:
    from waitress import wasyncore

    for _ in range(times):
        wasyncore.loop(timeout=0.01, use_poll=True, map=channels, count=1)


def test_a_request_that_drips_is_closed_after_a_minute(listener: Any):
    server, channels, later = listener
    with socket.create_connection(server.socket.getsockname(), timeout=30) as sock:
        open_after = []
        for seconds in (0, 30, 50, 61):
            later[0] = seconds
            sock.sendall(b"X")
            run_loop(channels)
            server.maintenance(time.time())
            run_loop(channels)
            open_after.append(len(server.active_channels))

    assert open_after == [1, 1, 1, 0]


def test_the_remainder_of_a_refused_request_is_dropped_for_five_seconds(listener: Any):
    server, channels, later = listener
    with socket.create_connection(server.socket.getsockname(), timeout=30) as sock:
        sock.sendall(make_head("Content-Length: 5000"))
        open_after = []
        for seconds in (0, 4, 6):
            later[0] = seconds
            with contextlib.suppress(ConnectionError):
                sock.sendall(b"x" * 1000)
            run_loop(channels)
            server.maintenance(time.time())
            run_loop(channels)
            open_after.append(len(server.active_channels))
        answer = sock.recv(12)

    assert (open_after, answer) == ([1, 1, 0], b"HTTP/1.1 413")


class PatchedSocket:
    """The socket of a connection, one of whose methods is another one."""

    def __init__(self, sock: socket.socket, name: str, method: Callable[..., Any]) -> None:
        self._sock, self._name, self._method = sock, name, method

    def __getattr__(self, name: str) -> Any:
        return self._method if name == self._name else getattr(self._sock, name)


@pytest.mark.parametrize("broken", ["shutdown", "recv"])
def test_a_refused_connection_that_breaks_while_its_remainder_is_dropped_is_closed(listener: Any, broken: str):
    def fail(*_: object) -> None:
        raise OSError(errno.EIO, "broken")

    server, channels, _ = listener
    with socket.create_connection(server.socket.getsockname(), timeout=30) as sock:
        run_loop(channels)
        [channel] = server.active_channels.values()
        channel.socket = PatchedSocket(channel.socket, broken, fail)
        if broken == "recv":
            channel._start_dropping()
        sock.sendall(make_head("Content-Length: 5000"))
        run_loop(channels)

    assert list(server.active_channels) == []


def test_a_refusal_is_sent_as_soon_as_the_client_takes_it(listener: Any):
    def send_nothing(_: bytes) -> int:
        raise BlockingIOError(errno.EWOULDBLOCK, "the client does not read")

    server, channels, _ = listener
    with socket.create_connection(server.socket.getsockname(), timeout=30) as sock:
        run_loop(channels)
        [channel] = server.active_channels.values()
        original, channel.socket = channel.socket, PatchedSocket(channel.socket, "send", send_nothing)
        sock.sendall(make_head("Content-Length: 5000"))
        run_loop(channels)
        before = channel.drop_deadline
        channel.socket = original
        run_loop(channels)
        answer = sock.recv(12)

    assert (before, channel.drop_deadline is not None, answer) == (None, True, b"HTTP/1.1 413")


# ---- limits
def test_a_connection_that_buffers_more_than_all_may_is_closed(listener: Any):
    server, channels, _ = listener
    server.max_buffered = 500
    with socket.create_connection(server.socket.getsockname(), timeout=30) as sock:
        open_after = []
        for size in (0, 500, 1):
            sock.sendall(b"x" * size or make_head("Content-Length: 1000", method="POST"))
            run_loop(channels)
            open_after.append(len(server.active_channels))

    assert open_after == [1, 1, 0]


def test_the_slowest_connection_makes_room_for_a_newer_one(listener: Any):
    server, channels, _ = listener
    server.max_buffered = 700
    socks = [socket.create_connection(server.socket.getsockname(), timeout=30) for _ in range(3)]
    with contextlib.ExitStack() as stack:
        for sock in socks:
            stack.enter_context(sock)
            sock.sendall(make_head("Content-Length: 1000", method="POST"))
            run_loop(channels)
            sock.sendall(b"x" * 300)
            run_loop(channels)
        still_open = {channel.addr[1] for channel in server.active_channels.values()}
        ports = [sock.getsockname()[1] for sock in socks]

    assert still_open == set(ports[1:])


def test_a_system_without_file_limits_has_the_default_number_of_connections(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "resource", None)

    assert connections._count_connections() == connections.MAX_CONNECTIONS
