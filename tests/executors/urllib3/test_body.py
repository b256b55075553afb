"""How much the urllib3 executor reads of an answer, and keeps of connections: what is larger is a Failure."""

from __future__ import annotations

import contextlib
import gzip
import os
import subprocess
import sys
import threading
import tracemalloc
import zlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from returns.result import Success

from infisical import HttpRequest, InfisicalClient, InfisicalNetworkError, Jwt
from infisical.endpoints.secrets import SecretList
from infisical.executors import Urllib3Executor
from tests.executors.faulty import OK, Peer, serving

pytestmark = pytest.mark.enable_socket


def get(url: str) -> HttpRequest:
    return HttpRequest("GET", f"{url}/api/status", (), None, 30.0)


LIMIT = 100_000
LENGTH_HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"
CHUNKED_HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
CLOSING_HEAD = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
CODED_HEAD = b"HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\nContent-Length: %d\r\n\r\n"


def frame(framing: str, body: bytes) -> bytes:
    """An answer with that body, framed or coded one way."""
    if framing == "length":
        return LENGTH_HEAD % len(body) + body
    if framing == "chunks":
        size = 999
        pieces = [body[n : n + size] for n in range(0, len(body), size)]
        return CHUNKED_HEAD + b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    if framing == "close":
        return CLOSING_HEAD + body
    raw = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    packed = {
        "gzip": lambda: gzip.compress(body),
        "deflate": lambda: zlib.compress(body),
        "raw deflate": lambda: raw.compress(body) + raw.flush(),
        "gzip, gzip": lambda: gzip.compress(gzip.compress(body)),
    }[framing]()
    return CODED_HEAD % (framing.removeprefix("raw ").encode(), len(packed)) + packed


def answer_with(data: bytes):
    """Answer each request with that; a connection that is to be closed after it is."""

    def behave(peer: Peer) -> None:
        while peer.read():
            peer.say(data)
            if data.startswith(CLOSING_HEAD):
                return

    return behave


def make_size_error(url: str, limit: int = LIMIT) -> InfisicalNetworkError:
    said = f"GET {url}: the answer is larger than {limit} bytes (max_response_bytes)"
    return InfisicalNetworkError(said, reason="protocol", sent=True)


each_framing = pytest.mark.parametrize(
    "framing", ["length", "chunks", "close", "gzip", "deflate", "raw deflate", "gzip, gzip"]
)


@each_framing
def test_a_response_as_large_as_the_limit_is_whole(framing):
    body = os.urandom(LIMIT // 2) + bytes(LIMIT // 2)
    with serving(answer_with(frame(framing, body))) as server, Urllib3Executor(max_response_bytes=LIMIT) as execute:
        got = [execute(get(server.url)).unwrap().body for _ in range(2)]

        assert (got == [body] * 2, server.connections) == (True, 2 if framing == "close" else 1)


@each_framing
def test_a_larger_response_is_a_failure_and_its_connection_is_not_used_again(framing):
    body = bytes(LIMIT) + os.urandom(LIMIT // 2)  # too large before all of it has come, however it is coded
    with serving(answer_with(frame(framing, body))) as server, Urllib3Executor(max_response_bytes=LIMIT) as execute:
        got = [execute(get(server.url)).failure() for _ in range(2)]

        assert (got, server.connections) == ([make_size_error(server.url)] * 2, 2)


def test_a_response_with_too_large_a_length_is_not_read():
    def behave(peer: Peer) -> None:
        peer.read()
        peer.say(LENGTH_HEAD % 10**30)
        peer.sock.recv(1)

    with serving(behave) as server, Urllib3Executor() as execute:
        assert execute(get(server.url)).failure() == make_size_error(server.url, 64 * 2**20)


def test_an_endless_response_is_read_up_to_the_limit():
    def behave(peer: Peer) -> None:
        peer.read()
        peer.say(CHUNKED_HEAD)
        while True:
            peer.say(b"2000\r\n" + bytes(0x2000) + b"\r\n")

    with serving(behave) as server, Urllib3Executor(max_response_bytes=LIMIT) as execute:
        assert execute(get(server.url)).failure() == make_size_error(server.url)


def test_an_answer_without_a_body_may_tell_any_length():
    with (
        serving(answer_with(b"HTTP/1.1 304 Same\r\nContent-Length: 1000000\r\n\r\n")) as server,
        Urllib3Executor(max_response_bytes=LIMIT) as execute,
    ):
        got = [execute(get(server.url)).unwrap().status for _ in range(2)]

        assert (got, server.connections) == ([304, 304], 1)


def test_a_small_answer_that_unpacks_to_a_huge_one_is_not_unpacked():
    bomb = pack_zeros(128)
    with serving(answer_with(CODED_HEAD % (b"gzip", len(bomb)) + bomb)) as server, Urllib3Executor() as execute:
        tracemalloc.start()
        try:
            error = execute(get(server.url)).failure()
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert error == make_size_error(server.url, 64 * 2**20)
    assert peak < 1.5 * 64 * 2**20  # as much as there may be of it, and not all that there is, 128 MiB


def test_the_call_after_a_response_that_was_too_large_works():
    answers = [frame("gzip", bytes(LIMIT + 1)), OK]

    def behave(peer: Peer) -> None:
        while peer.read():
            peer.say(answers.pop(0))

    with serving(behave) as server, Urllib3Executor(max_response_bytes=LIMIT) as execute:
        first, second = execute(get(server.url)), execute(get(server.url))

    assert (first.failure(), second.unwrap().status) == (make_size_error(server.url), 200)


def test_a_copy_of_a_client_may_take_larger_answers_than_the_client():
    body = b'{"secrets": [], "more": "%s"}' % (b"x" * LIMIT)
    with (
        serving(answer_with(frame("length", body))) as server,
        InfisicalClient(base_url=server.url, auth=Jwt("t"), max_response_bytes=LIMIT, retry=None) as client,
    ):
        larger = client.with_options(max_response_bytes=2 * LIMIT)

        assert larger.secrets.list(project_id="p", environment="dev") == Success(SecretList(secrets=()))
        assert client.secrets.list(project_id="p", environment="dev").failure() == InfisicalNetworkError(
            f"GET {server.url}: the answer is larger than {LIMIT} bytes (max_response_bytes)"
        )


@pytest.mark.parametrize("given", [{"max_response_bytes": 0}, {"max_response_bytes": -1}, {"connections": 0}])
def test_a_limit_that_leaves_nothing_is_refused(given):
    with pytest.raises(ValueError, match="connections and max_response_bytes are at least 1"):
        Urllib3Executor(**given)


def test_no_more_idle_connections_are_kept_than_asked_for():
    together = threading.Barrier(4)

    def behave(peer: Peer) -> None:
        while peer.read():
            together.wait(30)
            peer.say(OK)

    with serving(behave) as server, Urllib3Executor(connections=2) as execute, ThreadPoolExecutor(4) as pool:
        for _ in range(2):
            list(pool.map(lambda _: execute(get(server.url)).unwrap(), range(4)))

        assert server.connections == 6  # two of the first four were kept


# ---- whoever sets the limit, and whatever is sent
def pack_zeros(mebibytes: int) -> bytes:
    """What so many MiB of zeros are in gzip: one compressed MiB over and over, which is quicker."""
    packing = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    block = packing.compress(bytes(2**20)) + packing.flush(zlib.Z_FULL_FLUSH)
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + block * mebibytes + b"\x03\0" + bytes(8)


GROWTH_SCRIPT = """
import resource, sys
from infisical import HttpRequest
from infisical.executors import Urllib3Executor

peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
execute = Urllib3Executor(max_response_bytes=2**20)
execute(HttpRequest("GET", sys.argv[1]))
before = peak()
for n in range(int(sys.argv[2])):
    print(execute(HttpRequest("GET", f"{sys.argv[1]}/{n}")).failure().reason)
print(peak() - before)
"""


def test_no_small_response_makes_the_process_grow():
    bomb = pack_zeros(600)
    empty = gzip.compress(b"", mtime=0) * 150_000
    packed = {
        b"gzip": bomb,
        b"x-gzip": bomb,
        b"deflate": bomb[10:-8],
        b"gzip, gzip": gzip.compress(bomb),
        b"deflate, gzip": gzip.compress(bomb[10:-8]),
        b"gzip, identity": empty,
        b"gzip, gzip,": gzip.compress(empty),
        b"gzip" + b", gzip" * 5: bomb,
        b"br": bomb,
        b"zstd": bomb,
    }
    answers = [OK, *(CODED_HEAD % (coding, len(body)) + body for coding, body in packed.items())]
    answers.append(LENGTH_HEAD % 10**15 + bytes(2**20))
    answers.append(CHUNKED_HEAD + b"-1\r\n" + bytes(2**27))
    answers.append(CHUNKED_HEAD + b"f" * 60_000 + b"\r\n" + bytes(2**27))

    def behave(peer: Peer) -> None:
        peer.read()
        peer.say(answers[0] if b"GET / " in peer.last else answers[int(peer.last.split(b" ")[1][1:]) + 1])

    with serving(behave) as server:
        given = [sys.executable, "-c", GROWTH_SCRIPT, server.url, str(len(answers) - 1)]
        ran = subprocess.run(given, capture_output=True, text=True, timeout=120, check=False)

    *reasons, growth = ran.stdout.split()
    assert (ran.stderr, reasons) == ("", ["protocol"] * (len(answers) - 1))
    assert int(growth) < 64


@each_framing
@pytest.mark.parametrize(("own", "asked"), [(LIMIT, None), (LIMIT, 2 * LIMIT), (2 * LIMIT, LIMIT)])
def test_the_smaller_limit_of_the_executor_and_the_request_holds(framing, own, asked):
    bodies = [bytes(LIMIT), bytes(LIMIT + 1)]
    answers = [frame(framing, body) for body in bodies]

    def behave(peer: Peer) -> None:
        while peer.read():
            peer.say(answers.pop(0))
            if framing == "close":
                return

    with serving(behave) as server, Urllib3Executor(max_response_bytes=own) as execute:
        request = HttpRequest("GET", f"{server.url}/api/status", (), None, 30.0, asked)
        first, second = execute(request), execute(request)

    assert (first.unwrap().body, second.failure()) == (bodies[0], make_size_error(server.url))


@pytest.mark.parametrize("coding", ["gzip", "deflate", "raw deflate", "gzip, gzip"])
def test_a_body_that_compression_makes_larger_counts_as_what_it_is(coding):
    body = bytes(range(256))
    with serving(answer_with(frame(coding, body))) as server, Urllib3Executor(max_response_bytes=len(body)) as execute:
        assert execute(get(server.url)).unwrap().body == body


@each_framing
def test_the_connection_of_an_answer_that_was_too_large_is_closed_and_never_used_again(framing):
    answers = [
        frame(framing, bytes(LIMIT) + os.urandom(LIMIT)),
        OK,
    ]  # some of it is still to come, however it is coded
    closed = threading.Semaphore(0)

    def behave(peer: Peer) -> None:
        while peer.read():
            peer.say(answers.pop(0))
            if len(answers) == 1:
                peer.sock.settimeout(30)
                with contextlib.suppress(ConnectionError):
                    assert peer.sock.recv(1) == b""  # no other request comes by this connection
                closed.release()
                return

    with serving(behave) as server, Urllib3Executor(max_response_bytes=LIMIT) as execute:
        first = execute(get(server.url)).failure()
        assert closed.acquire(timeout=30)
        second = execute(get(server.url)).unwrap()

        assert (first, second.body, server.connections) == (make_size_error(server.url), b'{"secrets":[]}', 2)


@pytest.mark.parametrize(
    ("coding", "body", "said"),
    [
        ("br", b"x", "the answer is encoded as br, which is not supported: gzip and deflate are"),
        ("gzip, zstd", b"x", "the answer is encoded as zstd, which is not supported: gzip and deflate are"),
        (", ".join(["gzip"] * 6), b"x", "the answer has more than 5 content codings"),
        (",".join(["gzip"] * 9000), b"x", "the answer has more than 5 content codings"),
        ("gzip", gzip.compress(bytes(99), mtime=0)[:-9], "the answer is cut short: its compressed body has no end"),
        ("gzip", b"xy", "the answer cannot be decompressed"),
        ("deflate", zlib.compress(bytes(99))[:-5], "the answer is cut short: its compressed body has no end"),
    ],
)
def test_an_encoding_that_cannot_be_undone_is_a_failure(coding, body, said):
    answer = CODED_HEAD % (coding.encode(), len(body)) + body
    with serving(answer_with(answer)) as server, Urllib3Executor() as execute:
        error = execute(get(server.url)).failure()

    assert error == InfisicalNetworkError(f"GET {server.url}: {said}", reason="protocol", sent=True)


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("utf-8", b"plain"),
        ("identity", b"plain"),
        ("GZIP", gzip.compress(b"plain", mtime=0)),
        ("gzip", gzip.compress(b"pl", mtime=0) + gzip.compress(b"ain", mtime=0)),
        ("gzip", gzip.compress(b"plain", mtime=0) + bytes(99)),
        ("deflate", zlib.compress(b"plain") + b"garbage"),
        ("gzip", b""),
    ],
)
def test_odd_encodings_are_read_where_they_can_be(coding, body):
    answer = CODED_HEAD % (coding.encode(), len(body)) + body
    with serving(answer_with(answer)) as server, Urllib3Executor() as execute:
        got = [execute(get(server.url)).unwrap().body for _ in range(2)]

        assert (got, server.connections) == ([b"plain" if body else b""] * 2, 1)


@pytest.mark.parametrize("status", [100, 102, 103])
@pytest.mark.parametrize(("count", "good"), [(100, True), (101, False)])
def test_interim_answers_are_passed_over_up_to_a_number_of_them(status, count, good):
    interim = f"HTTP/1.1 {status} On\r\nX: y\r\n\r\n".encode()
    with serving(answer_with(interim * count + OK)) as server, Urllib3Executor() as execute:
        reply = execute(get(server.url))

    said = "the head of the answer is too large: more than 100 lines, one over 65,536 bytes, or too many of 1xx"
    expected = InfisicalNetworkError(f"GET {server.url}: {said}", reason="protocol", sent=True)
    assert (reply.unwrap().body if good else reply.failure()) == (b'{"secrets":[]}' if good else expected)
