"""How much the urllib3 executor reads of an answer, and keeps of connections: what is larger is a Failure."""

from __future__ import annotations

import gzip
import os
import threading
import tracemalloc
import zlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from infisical import HttpRequest, InfisicalNetworkError
from infisical.executors import Urllib3Executor
from tests.executors.faulty import OK, Peer, serving

pytestmark = pytest.mark.enable_socket


def get(url: str) -> HttpRequest:
    return HttpRequest("GET", f"{url}/api/status", (), None, 30.0)


LIMIT = 100_000
PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
UNTIL_CLOSED = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
CODED = b"HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\nContent-Length: %d\r\n\r\n"


def framed(framing: str, body: bytes) -> bytes:
    """An answer with that body, framed or coded one way."""
    if framing == "length":
        return PLAIN % len(body) + body
    if framing == "chunks":
        size = 999
        pieces = [body[n : n + size] for n in range(0, len(body), size)]
        return CHUNKED + b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    if framing == "close":
        return UNTIL_CLOSED + body
    raw = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    packed = {
        "gzip": lambda: gzip.compress(body),
        "deflate": lambda: zlib.compress(body),
        "raw deflate": lambda: raw.compress(body) + raw.flush(),
        "gzip, gzip": lambda: gzip.compress(gzip.compress(body)),
    }[framing]()
    return CODED % (framing.removeprefix("raw ").encode(), len(packed)) + packed


def saying(data: bytes):
    """Answer each request with that; a connection that is to be closed after it is."""

    def behave(peer: Peer) -> None:
        while peer.read():
            peer.say(data)
            if data.startswith(UNTIL_CLOSED):
                return

    return behave


def too_large(url: str, limit: int = LIMIT) -> InfisicalNetworkError:
    said = f"GET {url}: the answer is larger than {limit} bytes (max_response_bytes)"
    return InfisicalNetworkError(said, reason="protocol", sent=True)


each_framing = pytest.mark.parametrize(
    "framing", ["length", "chunks", "close", "gzip", "deflate", "raw deflate", "gzip, gzip"]
)


@each_framing
def test_an_answer_as_large_as_it_may_be_comes_back_whole(framing):
    body = os.urandom(LIMIT // 2) + bytes(LIMIT // 2)
    with serving(saying(framed(framing, body))) as server, Urllib3Executor(max_response_bytes=LIMIT) as execute:
        got = [execute(get(server.url)).unwrap().body for _ in range(2)]

        assert (got == [body] * 2, server.connections) == (True, 2 if framing == "close" else 1)


@each_framing
def test_a_larger_one_is_a_failure_and_its_connection_is_not_used_again(framing):
    body = bytes(LIMIT) + os.urandom(LIMIT // 2)  # too large before all of it has come, however it is coded
    with serving(saying(framed(framing, body))) as server, Urllib3Executor(max_response_bytes=LIMIT) as execute:
        got = [execute(get(server.url)).failure() for _ in range(2)]

        assert (got, server.connections) == ([too_large(server.url)] * 2, 2)


def test_one_that_says_so_is_not_waited_for():
    def behave(peer: Peer) -> None:
        peer.read()
        peer.say(PLAIN % 10**30)
        peer.sock.recv(1)

    with serving(behave) as server, Urllib3Executor() as execute:
        assert execute(get(server.url)).failure() == too_large(server.url, 64 * 2**20)


def test_one_that_never_ends_is_read_no_further():
    def behave(peer: Peer) -> None:
        peer.read()
        peer.say(CHUNKED)
        while True:
            peer.say(b"2000\r\n" + bytes(0x2000) + b"\r\n")

    with serving(behave) as server, Urllib3Executor(max_response_bytes=LIMIT) as execute:
        assert execute(get(server.url)).failure() == too_large(server.url)


def test_an_answer_without_a_body_may_tell_any_length():
    with (
        serving(saying(b"HTTP/1.1 304 Same\r\nContent-Length: 1000000\r\n\r\n")) as server,
        Urllib3Executor(max_response_bytes=LIMIT) as execute,
    ):
        got = [execute(get(server.url)).unwrap().status for _ in range(2)]

        assert (got, server.connections) == ([304, 304], 1)


def test_a_small_answer_that_unpacks_to_a_huge_one_is_not_unpacked():
    with serving(saying(framed("gzip", bytes(2**27)))) as server, Urllib3Executor() as execute:
        tracemalloc.start()
        try:
            error = execute(get(server.url)).failure()
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert error == too_large(server.url, 64 * 2**20)
    assert peak < 1.5 * 64 * 2**20  # as much as there may be of it, and not all that there is, 128 MiB


def test_after_one_that_was_too_large_the_next_call_works():
    answers = [framed("gzip", bytes(LIMIT + 1)), OK]

    def behave(peer: Peer) -> None:
        while peer.read():
            peer.say(answers.pop(0))

    with serving(behave) as server, Urllib3Executor(max_response_bytes=LIMIT) as execute:
        first, second = execute(get(server.url)), execute(get(server.url))

    assert (first.failure(), second.unwrap().status) == (too_large(server.url), 200)


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
