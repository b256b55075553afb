"""The urllib3 executor against a real socket that behaves badly: the answer or the reason, and nothing else."""

from __future__ import annotations

import os
import select
import socket
import ssl
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import trustme
from returns.result import Success

from infisical import HttpRequest, IdentityAccessToken, InfisicalClient, InfisicalNetworkError, Response
from infisical.endpoints.secrets import SecretList
from infisical.executors import Urllib3Executor
from infisical.executors.attempt import Attempt
from infisical.executors.deadline import connect
from tests.executors.faulty import OK, Peer, serving, well
from tests.forms import mark_exhaustive

pytestmark = pytest.mark.enable_socket

WHERE = {"project_id": "p", "environment": "dev"}
EMPTY = Success(SecretList(secrets=()))


def get(url: str, timeout: float = 5.0) -> HttpRequest:
    return HttpRequest("GET", f"{url}/api/status", (("Accept", "application/json"),), None, timeout)


def test_an_answer_comes_back_as_a_plain_value():
    with serving(well) as server, Urllib3Executor() as execute:
        got = execute(get(server.url))

    expected = Response(200, (("Content-Type", "application/json"), ("Content-Length", "14")), b'{"secrets":[]}')
    assert got == Success(expected)


def test_what_is_sent_is_what_was_asked_and_nothing_of_the_environment(monkeypatch, tmp_path):
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login thief password stolen\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    body = '{"a":"é"}'.encode()
    headers = (("Authorization", "Bearer t"), ("Content-Type", "application/json"))
    with serving(well) as server, Urllib3Executor() as execute:
        execute(HttpRequest("DELETE", f"{server.url}/a%2Fb?c=d%20e", headers, body))
        [request] = server.seen

    head, _, sent_body = request.partition(b"\r\n\r\n")
    assert sorted(head.decode().split("\r\n")) == sorted(
        [
            "DELETE /a%2Fb?c=d%20e HTTP/1.1",
            f"Host: 127.0.0.1:{server.port}",
            "Accept-Encoding: identity",
            f"Content-Length: {len(body)}",
            "Authorization: Bearer t",
            "Content-Type: application/json",
        ]
        + [line for line in head.decode().split("\r\n") if line.startswith("User-Agent: python-urllib3")]
    )
    assert sent_body == body


def test_a_connection_is_kept_alive_and_used_again():
    with serving(well) as server, InfisicalClient(base_url=server.url, auth=IdentityAccessToken("t")) as client:
        answers = [client.secrets.list(**WHERE) for _ in range(5)]

        assert (answers, server.connections) == ([EMPTY] * 5, 1)


def test_a_connection_that_was_closed_meanwhile_is_replaced():
    closed = threading.Semaphore(0)

    def once(peer: Peer) -> None:
        peer.read()
        peer.say(OK)
        peer.sock.close()
        closed.release()

    with serving(once) as server, Urllib3Executor() as execute:
        got = []
        for _ in range(3):
            got.append(execute(get(server.url)).unwrap().status)
            closed.acquire(timeout=30)

        assert (got, server.connections) == ([200] * 3, 3)


def drip_body(peer: Peer) -> None:
    peer.read()
    peer.say(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while True:
        peer.say(b"x")
        threading.Event().wait(0.02)


def drip_headers(peer: Peer) -> None:
    peer.read()
    peer.say(b"HTTP/1.1 200 OK\r\nX: ")
    while True:
        peer.say(b"x")
        threading.Event().wait(0.02)


def stall(peer: Peer) -> None:
    peer.sock.settimeout(20)  # for ever, but for a client that would wait as long
    peer.read()
    peer.sock.recv(1)


def close_before_reading(peer: Peer) -> None:
    select.select([peer.sock], [], [])  # not earlier: connecting would fail itself, now and then
    peer.reset()


def close_after_reading(peer: Peer) -> None:
    peer.read()


def reset_after_reading(peer: Peer) -> None:
    peer.read()
    peer.reset()


def garbage(peer: Peer) -> None:
    peer.read()
    peer.say(b"\x00\x01 what is HTTP?\r\n\r\n")


def truncated(peer: Peer) -> None:
    peer.read()
    peer.say(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")


def bad_chunks(peer: Peer) -> None:
    peer.read()
    peer.say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n")


def bad_gzip(peer: Peer) -> None:
    peer.read()
    peer.say(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope")


def many_headers(peer: Peer) -> None:
    peer.read()
    peer.say(b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(101)) + b"\r\n")


def long_header(peer: Peer) -> None:
    peer.read()
    peer.say(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 65536 + b"\r\nContent-Length: 0\r\n\r\n")


def long_status(peer: Peer) -> None:
    peer.read()
    peer.say(b"HTTP/1.1 200 " + b"y" * 65536 + b"\r\nContent-Length: 0\r\n\r\n")


def two_lengths(peer: Peer) -> None:
    peer.read()
    peer.say(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}")


FAULTS = [
    (drip_body, "timeout"),
    (drip_headers, "timeout"),
    (stall, "timeout"),
    (close_before_reading, "reset"),
    (close_after_reading, "reset"),
    (reset_after_reading, "reset"),
    (garbage, "protocol"),
    (truncated, "protocol"),
    (bad_chunks, "protocol"),
    (bad_gzip, "protocol"),
    (many_headers, "protocol"),
    (long_header, "protocol"),
    (long_status, "protocol"),
    (two_lengths, "protocol"),
]


FAULTS_OF_WRITES = (stall, reset_after_reading, garbage)
"""One of each reason."""


@pytest.mark.parametrize(
    ("behave", "reason", "verb"),
    [
        (pytest.param if verb == "GET" or behave in FAULTS_OF_WRITES else mark_exhaustive)(
            behave, reason, verb, id=f"{verb}-{behave.__name__}"
        )
        for verb in ("GET", "POST")
        for behave, reason in FAULTS
    ],
)
def test_a_fault_is_a_failure_with_its_reason_and_is_not_repeated(behave, reason, verb):
    timeout = 0.25 if reason == "timeout" else 10.0
    with serving(behave) as server, Urllib3Executor() as execute:
        body = None if verb == "GET" else b"{}"
        error = execute(HttpRequest(verb, f"{server.url}/x", (), body, timeout)).failure()

        assert (type(error), error.reason, error.sent) == (InfisicalNetworkError, reason, True)
        assert len(server.seen) <= 1


def test_after_a_fault_the_next_call_works():
    calls = []

    def first_garbage(peer: Peer) -> None:
        calls.append(None)
        garbage(peer) if len(calls) == 1 else well(peer)

    with serving(first_garbage) as server, Urllib3Executor() as execute:
        first, second = execute(get(server.url)), execute(get(server.url))

    assert (first.failure().reason, second.unwrap().status) == ("protocol", 200)


def test_a_refused_connection_was_never_sent():
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    error = Urllib3Executor()(get(f"http://127.0.0.1:{port}")).failure()

    expected = InfisicalNetworkError(f"GET http://127.0.0.1:{port}: no connection", reason="refused", sent=False)
    assert error == expected


def test_a_host_without_an_address_was_never_sent(monkeypatch):
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    error = Urllib3Executor()(get("http://nowhere.invalid")).failure()

    assert (error.reason, error.sent) == ("dns", False)


def test_a_dead_address_does_not_use_up_the_time_of_the_next(monkeypatch):
    """A listener whose backlog is full lets nobody in: what a black hole looks like on loopback."""
    with socket.socket() as hole, serving(well) as server:
        hole.bind(("127.0.0.1", 0))
        hole.listen(0)
        full = [socket.socket() for _ in range(4)]
        for sock in full:
            sock.setblocking(False)
            sock.connect_ex(hole.getsockname())
        addresses = [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", address)
            for address in (hole.getsockname(), ("127.0.0.1", server.port))
        ]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: addresses)
        with Urllib3Executor() as execute:
            got = execute(get("http://two.invalid", timeout=2.0))
        for sock in full:
            sock.close()

    assert got.unwrap().status == 200


def test_a_connection_has_all_of_the_time_that_is_left(monkeypatch):
    with serving(well) as server:
        addresses = socket.getaddrinfo("127.0.0.1", server.port, type=socket.SOCK_STREAM)
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: addresses * 100)
        with Attempt(get(server.url, 100_000)), connect("origin.example", server.port) as sock:
            assert sock.gettimeout() > 50_000  # and not the hundredth that each address had


def test_the_credentials_in_a_url_are_neither_sent_nor_shown():
    with serving(well) as server, Urllib3Executor() as execute:
        got = execute(get(server.url.replace("//", "//u:hunter2@"))).unwrap().status
    error = execute(get(server.url.replace("//", "//u:hunter2@"))).failure()

    assert (got, b"hunter2" in server.seen[0], b"Authorization" in server.seen[0]) == (200, False, False)
    assert error.message == f"GET {server.url}: this executor is closed"


def test_a_url_of_another_kind_is_a_failure():
    with Urllib3Executor() as execute:
        errors = [execute(get(url)).failure() for url in ("ftp://host", "host", "http://", "")]

    said = "not a URL that begins with http:// or https:// and a host"
    assert [(error.message.partition(": ")[2], error.reason, error.sent) for error in errors] == [
        (said, "protocol", False)
    ] * 4


def test_a_redirect_is_not_followed():
    with serving(well) as elsewhere:

        def redirect(peer: Peer) -> None:
            peer.read()
            peer.say(f"HTTP/1.1 302 Found\r\nLocation: {elsewhere.url}/x?token=1\r\nContent-Length: 0\r\n\r\n".encode())

        with serving(redirect) as server, InfisicalClient(base_url=server.url, auth=IdentityAccessToken("t")) as client:
            error = client.secrets.list(**WHERE).failure()

        assert (elsewhere.seen, error.status_code) == ([], 302)
        assert error.message == f"the server answered 302: a redirect to {elsewhere.url}/x, not followed"


def test_a_closed_executor_says_so():
    execute = Urllib3Executor()
    execute.close()
    error = execute(get("http://127.0.0.1:1")).failure()

    assert error.message == "GET http://127.0.0.1:1: this executor is closed"
    assert error.sent is False


def test_many_threads_share_one_executor():
    with serving(well) as server, Urllib3Executor() as execute, ThreadPoolExecutor(16) as pool:
        got = list(pool.map(lambda _: execute(get(server.url)).unwrap().status, range(200)))

        assert (got, server.connections <= 16) == ([200] * 200, True)


# ---- across a fork
FORK_SCRIPT = """
import os, sys
from infisical import HttpRequest
from infisical.executors import Urllib3Executor

request = HttpRequest("GET", sys.argv[1] + "/x", (), None, 30.0)
execute = Urllib3Executor()

def call():
    return execute(request).map(lambda answer: answer.status).value_or(0)

"""
TURN_SCRIPT = """
calls = [call()]
child = os.fork()
if child == 0:
    sys.exit(call() + call() != 400)  # and what runs at the end of a process
calls += [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), call()]
print(calls)
"""
LOAD_SCRIPT = """
import signal, threading, time

stop, failed = threading.Event(), []

def load():
    while not stop.is_set():
        if call() != 200:
            failed.append(1)

threads = [threading.Thread(target=load) for _ in range(4)]
for thread in threads:
    thread.start()
children = []
for _ in range(20):
    child = os.fork()
    if child == 0:
        signal.alarm(30)
        status = call()
        execute.close()
        os._exit(status != 200)
    children.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
stop.set()
for thread in threads:
    thread.join()
print(children, failed)
"""


def run_forked(script: str, url: str) -> str:
    """What a process prints that forks."""
    given = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", FORK_SCRIPT + script, url]
    done = subprocess.run(given, capture_output=True, text=True, timeout=120, check=False)
    assert done.stderr == ""
    return done.stdout.strip()


LOCK_SCRIPT = """
import signal, threading

call()
[pool] = execute._pools.values()
lock = getattr(pool.pool, "mutex", threading.Lock())
lock.acquire()  # as another thread may hold it, which a child does not have
child = os.fork()
if child == 0:
    signal.alarm(30)
    sys.exit(call() != 200)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")


@needs_fork
def test_parent_and_child_of_a_fork_have_each_their_own_connection():
    with serving(well) as server:
        printed = run_forked(TURN_SCRIPT, server.url)

        assert (printed, server.connections, len(server.seen)) == ("[200, 0, 200]", 2, 4)


@needs_fork
def test_a_child_waits_for_no_lock_of_its_parents():
    with serving(well) as server:
        assert run_forked(LOCK_SCRIPT, server.url) == "0"


@needs_fork
def test_children_that_are_forked_in_the_middle_of_calls_work_and_so_does_the_parent():
    with serving(well) as server:
        assert run_forked(LOAD_SCRIPT, server.url) == f"{[0] * 20} []"


@needs_fork
def test_a_child_that_closes_its_copy_ends_no_call_of_its_parent():
    script = """
import threading
calls = []
thread = threading.Thread(target=lambda: calls.append(call()))
thread.start()
while not execute._wires or not next(iter(execute._wires)).sent:
    threading.Event().wait(0.001)
child = os.fork()
if child == 0:
    execute.close()
    os._exit(0)
os.waitpid(child, 0)
print("closed", flush=True)
sys.stdin.readline()
thread.join()
print(calls)
"""
    go_on = threading.Event()

    def waiting(peer: Peer) -> None:
        peer.read()
        go_on.wait(30)
        peer.say(OK)

    with serving(waiting) as server:
        given = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", FORK_SCRIPT + script, server.url]
        with subprocess.Popen(given, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
            assert parent.stdout.readline() == "closed\n"
            go_on.set()
            printed, _ = parent.communicate("\n", timeout=60)

    assert printed == "[200]\n"


@pytest.fixture(scope="module")
def tls():
    """An authority of the tests' own: a server's context with its certificate, and a client's that trusts it."""
    authority = trustme.CA()
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("127.0.0.1").configure_cert(server)
    authority.configure_trust(client)
    return server, client


def test_a_context_of_the_application_is_used(tls):
    context, trusting = tls
    with serving(well, context) as server, Urllib3Executor(ssl_context=trusting) as execute:
        got = [execute(get(server.url)).unwrap().status for _ in range(2)]

        assert (got, server.connections) == ([200, 200], 1)


def test_a_certificate_that_nobody_vouches_for_is_refused_before_anything_is_sent(tls):
    with serving(well, tls[0]) as server, Urllib3Executor() as execute:
        error = execute(get(server.url)).failure()

        assert (error.reason, error.sent, server.seen) == ("tls", False, [])


def test_a_tls_server_that_drips_meets_the_deadline_too(tls):
    context, trusting = tls
    with serving(drip_body, context) as server, Urllib3Executor(ssl_context=trusting) as execute:
        error = execute(get(server.url, timeout=0.5)).failure()

        assert (error.reason, error.sent) == ("timeout", True)


def test_a_handshake_that_never_comes_meets_the_deadline():
    with serving(stall) as server, Urllib3Executor() as execute:
        error = execute(get(server.url.replace("http:", "https:"), timeout=0.25)).failure()

        assert (error.reason, error.sent) == ("timeout", False)
