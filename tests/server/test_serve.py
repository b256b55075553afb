"""A live server on a real socket: its requests and responses, its end, and the command that serves an Infisical."""

from __future__ import annotations

import contextlib
import errno
import http.client
import io
import logging
import os
import shlex
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from returns.result import Success

from infisical import HttpRequest, InfisicalClient, InfisicalNetworkError, Jwt, Response, UniversalAuth
from infisical.__main__ import main
from infisical.executors import ScriptedExecutor
from infisical.memory.documents import Document
from infisical.server import serve
from infisical.server.serve import Server, serving
from infisical.transport import Reply

JSON = ("Content-Type", "application/json")
IN_USE = f"{os.strerror(errno.EADDRINUSE)} (port 0 chooses a free one)"
pytest.importorskip("waitress")


def echo(request: HttpRequest) -> Reply:
    """Answer with method, path and body of the request."""
    path = request.url.removeprefix(f"http://{dict(request.headers)['Host']}")
    return Success(Response(200, (), f"{request.method} {path} ".encode() + (request.body or b"")))


def connect(url: str) -> http.client.HTTPConnection:
    """Open a connection that does not reconnect by itself."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    connection.connect()
    connection.auto_open = 0
    return connection


def send(connection: http.client.HTTPConnection, method: str, target: str, body: Any = None, **headers: str) -> bytes:
    connection.request(method, target, body, headers, encode_chunked="Transfer-Encoding" in headers)
    return connection.getresponse().read()


def is_refused(url: str) -> bool:
    parts = urlsplit(url)
    with socket.socket() as sock:
        sock.settimeout(60)
        return sock.connect_ex((parts.hostname, parts.port)) != 0


def has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


# ---- requests and responses
@pytest.mark.enable_socket
def test_a_client_speaks_to_an_executor_over_a_socket():
    body = b'{"secret": {"id": "1", "secretKey": "a/b", "secretValue": "v"}}'
    script = ScriptedExecutor(Response(200, (JSON,), body), InfisicalNetworkError("no", reason="reset"))
    with serving(script) as url, InfisicalClient(retry=None, base_url=url, auth=Jwt("t")) as client:
        secret = client.secrets.get_by_name(secret_name="a/b", project_id="p", environment="dev")
        error = client.secrets.get_by_name(secret_name="a/b", project_id="p", environment="dev").failure()

    assert url.startswith("http://127.0.0.1:")
    assert (secret.unwrap().secret_value, error.status_code, error.message) == ("v", 502, "no")
    assert [(sent.method, sent.url) for sent in script.sent] == [
        ("GET", f"{url}/api/v4/secrets/a%2Fb?projectId=p&environment=dev")
    ] * 2


@pytest.mark.enable_socket
def test_one_connection_takes_many_requests_of_every_kind(capfd: pytest.CaptureFixture[str]):
    with serving(echo) as url:
        connection = connect(url)
        got = [
            send(connection, "GET", "/a%2Fb/%C3%A9?c=d%20e"),
            send(connection, "POST", "/x", b"body"),
            send(connection, "HEAD", "/x"),
            send(connection, "PUT", "/x", iter([b"in", b"chunks"]), **{"Transfer-Encoding": "chunked"}),
            send(connection, "DELETE", "/x"),
            send(connection, "POST", "/big", b"x" * 2_000_000),
        ]
        connection.close()

    big = b"POST /big " + b"x" * 2_000_000
    assert got == [b"GET /a%2Fb/%C3%A9?c=d%20e ", b"POST /x body", b"", b"PUT /x inchunks", b"DELETE /x ", big]
    assert capfd.readouterr() == ("", "")


@pytest.mark.enable_socket
def test_an_answer_has_nothing_in_it_but_the_executors_and_a_date():
    headers = (JSON, ("Set-Cookie", "a"), ("Set-Cookie", "b"), ("Connection", "close"), ("ETag", '"1"'))
    with serving(lambda _: Success(Response(404, headers, b"{}"))) as url:
        connection = connect(url)
        connection.request("GET", "/")
        answer = connection.getresponse()
        got = (answer.status, answer.reason, [it for it in answer.getheaders() if it[0] != "Date"], answer.read())
        connection.close()

    expected = [("Content-Length", "2"), JSON, ("Etag", '"1"'), ("Set-Cookie", "a"), ("Set-Cookie", "b")]
    assert got == (404, "Not Found", expected, b"{}")


@pytest.mark.enable_socket
def test_more_callers_than_threads_wait_and_nothing_is_logged(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
):
    together = threading.Barrier(32, timeout=60)

    def slow(request: HttpRequest) -> Reply:
        together.wait()  # passes only if 32 calls run at the same time
        return echo(request)

    def ask(number: int) -> bytes:
        connection = connect(url)
        answer = send(connection, "GET", f"/{number}")
        connection.close()
        return answer

    with caplog.at_level(logging.DEBUG), serving(slow) as url, ThreadPoolExecutor(96) as pool:
        got = list(pool.map(ask, range(96)))

    assert got == [f"GET /{number} ".encode() for number in range(96)]
    assert (capfd.readouterr(), caplog.records) == (("", ""), [])


# ---- addresses
@pytest.mark.enable_socket
@pytest.mark.parametrize(
    ("host", "expected"), [("127.0.0.1", "127.0.0.1"), ("localhost", None), ("0.0.0.0", "127.0.0.1")]
)
def test_the_url_is_one_that_can_be_reached(host: str, expected: str | None):
    with serving(echo, host=host) as url:
        connection = connect(url)
        got = send(connection, "GET", "/x")
        connection.close()

    assert got == b"GET /x "
    assert urlsplit(url).hostname == (expected or urlsplit(url).hostname)
    assert urlsplit(url).hostname in ("127.0.0.1", "::1")


@pytest.mark.enable_socket
@pytest.mark.parametrize("host", ["::1", "[::1]", "::"])
def test_an_ipv6_address_is_in_brackets(host: str):
    if not has_ipv6():
        pytest.skip("this machine has no IPv6")
    with serving(echo, host=host) as url:
        connection = connect(url)
        got = send(connection, "GET", "/x")
        connection.close()

    assert (got, url) == (b"GET /x ", f"http://[::1]:{urlsplit(url).port}")


@pytest.mark.enable_socket
def test_all_addresses_of_ipv6_include_all_addresses_of_ipv4():
    if not (has_ipv6() and socket.has_dualstack_ipv6()):
        pytest.skip("this machine has no IPv6 sockets that also accept IPv4")
    with serving(echo, host="::") as url:
        connection = connect(url.replace("[::1]", "127.0.0.1"))
        got = send(connection, "GET", "/x")
        connection.close()

    assert got == b"GET /x "


@pytest.mark.enable_socket
def test_a_port_that_is_taken_is_an_error_and_is_free_afterwards():
    with serving(echo) as url:
        port = urlsplit(url).port or 0
        with pytest.raises(OSError, match="in use"), serving(echo, port=port):
            pass
    with serving(echo, port=port) as again:
        connection = connect(again)
        got = send(connection, "GET", "/x")
        connection.close()

    assert (got, again) == (b"GET /x ", url)


# ---- the end
@pytest.mark.enable_socket
def test_an_exception_in_the_block_closes_every_connection_too():
    with contextlib.suppress(ZeroDivisionError), serving(echo) as url:
        connection = connect(url)
        send(connection, "GET", "/x")
        raise ZeroDivisionError

    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        send(connection, "GET", "/x")
    connection.close()
    assert is_refused(url)


@pytest.mark.enable_socket
def test_a_request_in_flight_is_answered_before_the_end():
    entered, may_leave = threading.Event(), threading.Event()

    def slow(request: HttpRequest) -> Reply:
        entered.set()
        may_leave.wait(60)
        return echo(request)

    with Server(slow) as server, ThreadPoolExecutor(1) as pool:
        thread = threading.Thread(target=server.run)
        thread.start()
        connection = connect(server.url)
        answer = pool.submit(send, connection, "GET", "/x")
        entered.wait(60)
        server.stop()
        server.stop()
        thread.join(60)
        may_leave.set()
        server.close()

        assert answer.result(60) == b"GET /x "
        connection.close()


@pytest.mark.enable_socket
def test_a_server_that_never_ran_is_closed_too():
    with Server(echo) as server:
        accepted = is_refused(server.url)
    server.close()

    assert (accepted, is_refused(server.url)) == (False, True)


def test_without_waitress_serving_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "waitress.server", None)

    with (
        pytest.raises(ImportError, match=r"serving needs waitress: pip install 'infisical-functional\[serve\]'"),
        serving(echo),
    ):
        pass


# ---- the printed lines
@dataclass(frozen=True)
class Credentials:
    organization_id: str = "org"
    project_id: str = "b5b5b5b5-0000-4000-8000-000000000000"
    environment: str = "dev"
    client_id: str = "id"
    client_secret: str = "0a1b"


def test_the_lines_are_bare_where_they_can_be():
    assert serve.format_settings("http://[::1]:8080", Credentials()).splitlines() == [
        "INFISICAL_API_URL=http://[::1]:8080",
        "INFISICAL_UNIVERSAL_AUTH_CLIENT_ID=id",
        "INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET=0a1b",
        "INFISICAL_PROJECT_ID=b5b5b5b5-0000-4000-8000-000000000000",
        "INFISICAL_ENVIRONMENT=dev",
        "INFISICAL_ORGANIZATION_ID=org",
    ]


@pytest.mark.parametrize("value", ["a b", "$(touch x)", "`x`", "a;b", "~", "*", "#", '"', "", "é", "a\tb"])
def test_a_shell_and_dotenv_read_the_same_values(value: str):
    dotenv = pytest.importorskip("dotenv")
    lines = serve.format_settings(value, Credentials(client_secret=value))
    in_a_shell = dict(part.split("=", 1) for part in shlex.split(lines))
    in_dotenv = dotenv.dotenv_values(stream=io.StringIO(lines), interpolate=False)

    assert in_a_shell == {
        "INFISICAL_API_URL": value,
        "INFISICAL_UNIVERSAL_AUTH_CLIENT_ID": "id",
        "INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET": value,
        "INFISICAL_PROJECT_ID": "b5b5b5b5-0000-4000-8000-000000000000",
        "INFISICAL_ENVIRONMENT": "dev",
        "INFISICAL_ORGANIZATION_ID": "org",
    }
    assert in_dotenv == in_a_shell


# ---- the command
@pytest.fixture
def program() -> Iterator[Any]:
    """Start `python -m infisical serve` with these arguments; kill it after the test."""
    runs: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "infisical", "serve", *arguments]
        runs.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
        return runs[-1]

    yield start
    for run in runs:
        with run:
            run.kill()


def read_settings(run: subprocess.Popen[str]) -> dict[str, str]:
    assert run.stdout is not None
    return dict(run.stdout.readline().rstrip("\n").split("=", 1) for _ in range(6))


@pytest.mark.enable_socket
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_program_says_how_to_log_in_and_serves_until_it_is_interrupted(program: Any, number: signal.Signals):
    run = program("--port", "0")
    variables = read_settings(run)
    method = UniversalAuth(
        variables["INFISICAL_UNIVERSAL_AUTH_CLIENT_ID"], variables["INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET"]
    )
    with InfisicalClient(retry=None, base_url=variables["INFISICAL_API_URL"]) as client:
        login = client.login(method)
        run.send_signal(number)  # while a connection is open
        output, errors = run.communicate(timeout=60)

    assert (isinstance(login, Success), run.returncode, output, errors) == (True, 0, "", "")
    assert [name for name, value in variables.items() if not value] == []
    assert list(variables) == [line.partition("=")[0] for line in serve.format_settings("", Credentials()).splitlines()]
    assert is_refused(variables["INFISICAL_API_URL"])


@pytest.mark.enable_socket
def test_a_closed_pipe_ends_the_program_without_a_traceback(program: Any):
    run = program("--port", "0")
    run.stdout.close()

    assert (run.stderr.read(), run.wait(60)) == ("", 1)


@pytest.mark.enable_socket
def test_a_port_that_is_taken_is_a_line_on_stderr(capsys: pytest.CaptureFixture[str]):
    with serving(echo) as url:
        port = urlsplit(url).port
        code = main(["serve", "--port", str(port)])

    assert code == 1
    assert capsys.readouterr() == ("", f"cannot listen on '127.0.0.1', port {port}: {IN_USE}\n")


@pytest.mark.enable_socket
@pytest.mark.parametrize("host", ["", "a" * 64, "a b"])
def test_an_invalid_host_is_a_line_on_stderr(capsys: pytest.CaptureFixture[str], host: str):
    code = main(["serve", "--host", host, "--port", "0"])
    printed = capsys.readouterr()

    assert (code, printed.out, printed.err.count("\n")) == (1, "", 1)
    assert printed.err.startswith(f"cannot listen on {host!r}, port 0: ")


@pytest.mark.parametrize("port", ["-1", "65536", "http", "٣", "1.5"])
def test_an_invalid_port_is_refused_by_name(capsys: pytest.CaptureFixture[str], port: str):
    with pytest.raises(SystemExit) as end:
        main(["serve", f"--port={port}"])

    assert end.value.code == 2
    assert capsys.readouterr().err.endswith("error: argument --port: a port is a number from 0 to 65535\n")


def test_without_waitress_the_program_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setitem(sys.modules, "waitress.server", None)

    assert main(["serve"]) == 1
    assert capsys.readouterr() == ("", "serving needs waitress: pip install 'infisical-functional[serve]'\n")


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("none.yaml", None, "cannot read the file: No such file or directory"),
        ("a.txt", "s3cr3t", "unknown format: use a .yaml, .yml, .json or .env file"),
        ("a.json", '{"secrets": {"K": s3cr3t}}', "line 1, column 19: not JSON"),
        (".env", "K=v\ns3cr3t", "line 2: not NAME=value"),
    ],
)
def test_a_document_that_cannot_be_read_is_a_line_on_stderr_without_its_contents(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, text: str | None, why: str
):
    if text is not None:
        (tmp_path / name).write_text(text)

    assert main(["serve", "--data", str(tmp_path / name)]) == 1
    assert capsys.readouterr() == ("", f"{tmp_path / name}: {why}\n")


@pytest.mark.enable_socket
def test_the_contents_of_a_document_are_served(tmp_path: Path, program: Any):
    file = tmp_path / "seed.yaml"
    file.write_text("projects: [{name: a, id: the-id, environments: [eu], secrets: {eu: {/team: {K: v}}}}]")
    variables = read_settings(program("--port", "0", "--data", str(file)))
    method = UniversalAuth(
        variables["INFISICAL_UNIVERSAL_AUTH_CLIENT_ID"], variables["INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET"]
    )
    with InfisicalClient(retry=None, base_url=variables["INFISICAL_API_URL"]) as client:
        client.login(method).unwrap()
        folders = client.secret_folders.list(project_id="the-id", environment="eu", path="/").unwrap()

    assert (variables["INFISICAL_PROJECT_ID"], variables["INFISICAL_ENVIRONMENT"]) == ("the-id", "eu")
    assert [folder.name for folder in folders] == ["team"]


def test_an_interrupt_before_it_serves_is_no_error(monkeypatch: pytest.MonkeyPatch):
    def interrupt(_: Document | None) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(serve, "make_memory", interrupt)

    assert main(["serve", "--port", "0"]) == 0


def test_its_help_loads_neither_the_server_nor_the_client():
    command = [sys.executable, "-X", "importtime", "-m", "infisical", "serve", "--help"]
    run = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)

    assert [it for it in ("--host", "--port", "--data") if it not in run.stdout] == []
    assert [it for it in ("waitress", "infisical.server.serve", "infisical.drivers", "yaml") if it in run.stderr] == []
