"""How much memory a response takes: no executor makes more of a compressed one than the request allows."""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import sys
import zlib

import httpx
import pytest
import requests
import urllib3
from requests.adapters import BaseAdapter
from returns.result import Success

from infisical import HttpRequest, InfisicalNetworkError, Response
from infisical.executors import HttpxExecutor, RequestsExecutor
from infisical.testing import faulty_server
from infisical.testing.runner import ExecutorRunner
from tests.executors.foreign import MAKERS, OWN
from tests.forms import shorten

MEBIBYTE = 2**20


# ---- the executors
def make_bomb(mebibytes: int) -> bytes:
    """So many MiB of zeros, gzipped: nobody should come to its end, so that its checksum is none."""
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    block = packer.compress(bytes(MEBIBYTE)) + packer.flush(zlib.Z_FULL_FLUSH)
    return gzip.compress(b"", mtime=0)[:10] + block * mebibytes + packer.flush() + bytes(8)


BOMB = make_bomb(600)
CODED_HEADERS = (("Content-Encoding", "gzip"), ("Content-Type", "application/json"))
TWICE_CODED_HEADERS = (("Content-Encoding", "gzip, gzip"),)
MEASURE_SCRIPT = """
import json, resource, sys
from infisical import HttpRequest
from infisical.testing.runner import ExecutorRunner
from tests.executors.foreign import MAKERS

running = ExecutorRunner(MAKERS[sys.argv[1]])
running(HttpRequest("GET", sys.argv[2] + "/small", max_response_bytes=2**20)).unwrap()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
error = running(HttpRequest("GET", sys.argv[2] + "/large", max_response_bytes=2**20)).failure()
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
running.leave()
print(json.dumps([error.message, error.reason, error.sent, grown // 1024]))
"""


@pytest.mark.enable_socket
@pytest.mark.parametrize("name", shorten(MAKERS, ("aiohttp",).__contains__, name=str))
def test_600_mib_in_600_kb_take_little_memory(name):
    small = faulty_server.format_response(200, gzip.compress(b"{}", mtime=0), CODED_HEADERS)
    with faulty_server.start_server(
        faulty_server.respond_with(small, faulty_server.format_response(200, BOMB, CODED_HEADERS))
    ) as server:
        command = [sys.executable, "-c", MEASURE_SCRIPT, name, server.url]
        run = subprocess.run(command, capture_output=True, text=True, timeout=60, env={**os.environ, "PYTHONPATH": "."})
        assert run.returncode == 0, run.stderr
        *outcome, grown = json.loads(run.stdout)

    assert outcome == [
        f"GET {server.url}: the answer is larger than 1048576 bytes (max_response_bytes)",
        "protocol",
        True,
    ]
    assert grown < 48  # MiB


@pytest.fixture(params=shorten(MAKERS, OWN.__contains__, name=str))
def execute(request):
    running = ExecutorRunner(MAKERS[request.param])
    yield running
    running.leave()


def get(url: str, limit: int | None, method: str = "GET", headers=()) -> HttpRequest:
    return HttpRequest(method, url, headers, None, 30.0, limit)


@pytest.mark.enable_socket
@pytest.mark.parametrize("framing", ["length", "chunks", "close"])
def test_a_limit_holds_for_a_plain_body_and_the_connection_of_a_larger_one_is_closed(execute, framing):
    def answer(size: int) -> bytes:
        if framing == "chunks":
            chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (size, bytes(size))
            return faulty_server.format_head(headers=(("Transfer-Encoding", "chunked"),)) + chunks
        if framing == "close":
            return faulty_server.format_head(headers=(("Connection", "close"),)) + bytes(size)
        return faulty_server.format_response(200, bytes(size))

    behave = faulty_server.respond_and_close if framing == "close" else faulty_server.respond_with
    for size, whole in ((200_000, True), (2_000_000, False)):
        with faulty_server.start_server(behave(answer(size))) as server:
            got = execute(get(f"{server.url}/x", 200_000))
            if whole:
                assert got.unwrap().body == bytes(size)
            else:
                said = f"GET {server.url}: the answer is larger than 200000 bytes (max_response_bytes)"
                assert got.failure() == InfisicalNetworkError(said, reason="protocol", sent=True)
                assert server.closures.acquire(timeout=30)  # closed by the client, unless the server has done so


@pytest.mark.enable_socket
@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (CODED_HEADERS, gzip.compress(b"{}" * 1000, mtime=0)[:-3]),
        (CODED_HEADERS, b"no such thing"),
        ((("Content-Encoding", "br"),), b"x" * 100),
        ((("Content-Encoding", ", ".join(["gzip"] * 6)),), b"x" * 100),
        (TWICE_CODED_HEADERS, gzip.compress(BOMB, mtime=0)),
    ],
    ids=["cut short", "not gzip", "not offered", "stacked", "a bomb in a gzip"],
)
def test_a_body_that_cannot_be_decoded_is_a_failure_and_the_next_call_works(execute, headers, body):
    with faulty_server.start_server(
        faulty_server.fail_once(faulty_server.respond_with(faulty_server.format_response(200, body, headers)))
    ) as server:
        error = execute(get(f"{server.url}/x", MEBIBYTE)).failure()

        assert (error.reason, error.sent, error.defect) == ("protocol", True, False)
        assert execute(get(f"{server.url}/x", MEBIBYTE)).unwrap().status == 200


@pytest.mark.enable_socket
@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("HEAD", 304), ("GET", 204), ("GET", 304)])
def test_an_answer_without_a_body_may_name_any_coding_and_length(execute, method, status):
    headers = (("Content-Encoding", "gzip"), *((("Content-Length", "1000000"),) if status != 204 else ()))
    with faulty_server.start_server(faulty_server.respond_with(faulty_server.format_head(status, headers))) as server:
        got = execute(get(f"{server.url}/x", 1000, method)).unwrap()

        assert (got.status, got.body) == (status, b"")


@pytest.mark.enable_socket
def test_without_a_limit_a_large_answer_is_whole(execute):
    packed = gzip.compress(bytes(4 * MEBIBYTE))
    with faulty_server.start_server(
        faulty_server.respond_with(faulty_server.format_response(200, packed, CODED_HEADERS))
    ) as server:
        assert execute(get(f"{server.url}/x", None)).unwrap().body == bytes(4 * MEBIBYTE)


@pytest.mark.enable_socket
def test_each_executor_offers_what_it_decodes_and_nothing_else(execute):
    with faulty_server.start_server(faulty_server.echo) as server:
        execute(get(f"{server.url}/x", None)).unwrap()
        execute(get(f"{server.url}/x", None, headers=(("Accept-Encoding", "identity"),))).unwrap()
        offered = [message.values("Accept-Encoding") for message in server.requests]

    assert offered in ([["gzip, deflate"], ["identity"]], [["identity"], ["identity"]])


# ---- answers that never were on a wire
@pytest.mark.parametrize(("limit", "fits"), [(None, True), (4, True), (3, False)])
def test_of_a_mock_transport_the_body_that_httpx_has_decoded_counts(limit, fits):
    packed = httpx.Response(200, headers=CODED_HEADERS, content=gzip.compress(b"body", mtime=0))
    client = httpx.Client(transport=httpx.MockTransport(lambda _: packed))
    got = HttpxExecutor(client)(get("https://h/x", limit))

    assert (
        got.map(lambda response: response.body) == Success(b"body") if fits else "larger than 3" in str(got.failure())
    )


class Mock(BaseAdapter):
    def __init__(self, answer: requests.Response) -> None:
        super().__init__()
        self.answer = answer

    def send(self, *_, **__):
        return self.answer

    def close(self):
        pass


def make_response(raw: object = None, content: bytes | None = None) -> requests.Response:
    answer = requests.Response()
    answer.status_code, answer.raw = 200, raw
    if content is not None:
        answer._content, answer._content_consumed = content, True
    return answer


@pytest.mark.parametrize(
    ("make", "headers"),
    [
        (lambda: make_response(content=b"body"), ()),
        (lambda: make_response(io.BytesIO(b"body")), ()),
        (
            lambda: make_response(
                urllib3.HTTPResponse(io.BytesIO(gzip.compress(b"body")), dict(CODED_HEADERS[:1]), preload_content=False)
            ),
            CODED_HEADERS[:1],
        ),
    ],
    ids=["content", "a file", "urllib3"],
)
@pytest.mark.parametrize("limit", [None, 4, 3])
def test_of_an_adapter_of_somebodys_the_body_is_read_as_requests_reads_it(make, headers, limit):
    session = requests.Session()
    session.mount("https://", Mock(make()))
    got = RequestsExecutor(session)(get("https://h/x", limit))

    if limit == 3:
        assert str(got.failure()) == "GET https://h: the answer is larger than 3 bytes (max_response_bytes)"
    else:
        assert got == Success(Response(200, headers, b"body"))
