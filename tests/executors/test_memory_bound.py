"""How much memory an answer takes: no executor makes more of a compressed one than the request allows."""

from __future__ import annotations

import gzip
import io
import json
import os
import random
import subprocess
import sys
import zlib

import httpx
import pytest
import requests
import urllib3
from hypothesis import given, settings
from hypothesis import strategies as st
from requests.adapters import BaseAdapter
from returns.result import Success

from infisical import HttpRequest, InfisicalNetworkError, Response
from infisical.executors import HttpxExecutor, RequestsExecutor
from infisical.executors.body import INPUT_SIZE, PIECE_SIZE, BodyBuffer, BodyError, select_codings
from infisical.testing import faulty_server
from infisical.testing.runner import ExecutorRunner
from tests.executors.foreign import MAKERS, OWN
from tests.forms import shorten

MEBIBYTE = 2**20


# ---- the buffer, without a socket
def feed_all(data: bytes, coding: str, limit: int | None = None, step: int = INPUT_SIZE) -> bytes:
    """What a buffer makes of these bytes, which arrive `step` at a time."""
    buffer = BodyBuffer([("content-encoding", coding)], limit)
    for start in range(0, len(data), step):
        for _ in buffer.feed(data[start : start + step]):
            pass
    return buffer.finish()


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def members(data: bytes) -> bytes:
    """Gzip of three members, one of them empty, with padding after each."""
    half = len(data) // 2
    return b"".join(gzip.compress(part, mtime=0) + bytes(7) for part in (data[:half], b"", data[half:]))


PACKERS = {
    "gzip": ("gzip", gzip.compress),
    "gzip by its old name": ("x-gzip", gzip.compress),
    "members": ("gzip", members),
    "deflate": ("Deflate", zlib.compress),
    "raw deflate": ("deflate", raw_deflate),
    "stacked": ("deflate, identity,GZIP , gzip", lambda data: gzip.compress(gzip.compress(zlib.compress(data)))),
}
each_packer = pytest.mark.parametrize("packer", PACKERS)


@each_packer
@given(st.binary(max_size=300), st.integers(1, 40))
def test_a_body_comes_out_as_it_went_in_however_it_arrives(packer, data, step):
    coding, pack = PACKERS[packer]

    assert feed_all(pack(data), coding, len(data), step) == data


@each_packer
def test_a_body_of_many_pieces_comes_out_as_it_went_in(packer):
    coding, pack = PACKERS[packer]
    body = random.Random(1).randbytes(3 * INPUT_SIZE + 1) + bytes(3 * PIECE_SIZE + 1) + b"end"

    assert feed_all(pack(body), coding, len(body), 10**9) == body


@each_packer
@given(st.binary(min_size=1, max_size=100), st.data())
@settings(max_examples=30)
def test_a_compressed_body_that_is_cut_short_is_an_error(packer, data, chosen):
    coding, pack = PACKERS[packer]
    packed = pack(data).rstrip(b"\0") if packer == "members" else pack(data)
    end = chosen.draw(
        st.integers(len(packed) - 8, len(packed) - 1) if packer == "members" else st.integers(1, len(packed) - 1)
    )

    with pytest.raises(BodyError, match=r"cut short|cannot be decompressed"):
        feed_all(packed[:end], coding)


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
@pytest.mark.parametrize(
    "data", [b"no such thing", gzip.compress(b"x", mtime=0) + gzip.compress(b"y", mtime=0)[:9], b"\x1f\x8bxyz"]
)
def test_a_body_that_is_not_in_its_coding_is_an_error(coding, data):
    with pytest.raises(BodyError, match=r"cannot be decompressed|cut short"):
        feed_all(data, coding)


@each_packer
@given(st.binary(max_size=50), st.integers(1, 40))
def test_other_data_after_the_end_is_ignored(packer, data, step):
    coding, pack = PACKERS[packer]

    assert feed_all(pack(data) + b"more", coding, None, step) == data


@pytest.mark.parametrize("coding", ["", "identity", "none, UTF-8", ",", "eyJhbGciOiJIUzI1NiJ9"])
def test_names_that_are_no_codings_are_ignored(coding):
    assert feed_all(b"x", coding) == b"x"


@pytest.mark.parametrize(
    ("coding", "said"),
    [
        ("br", "the answer is encoded as br, which is not supported: gzip and deflate are"),
        ("gzip, ZSTD", "the answer is encoded as zstd, which is not supported: gzip and deflate are"),
        (", ".join(["gzip"] * 6), "the answer has more than 5 content codings"),
    ],
)
def test_codings_that_are_not_supported_or_too_many_are_errors(coding, said):
    with pytest.raises(BodyError) as told:
        feed_all(b"", coding)

    assert str(told.value) == said


@pytest.mark.parametrize(
    ("coding", "data"),
    [("gzip", gzip.compress(b"", mtime=0) * 1000), ("deflate", b"\x78\x9c" + b"\0\0\0\xff\xff" * 4000)],
    ids=["empty members", "empty blocks"],
)
def test_a_compressed_body_that_never_becomes_anything_is_too_large_after_a_while(coding, data):
    with pytest.raises(BodyError, match="the answer is larger than 100 bytes"):
        feed_all(data, coding, 100)


def test_of_repeated_headers_all_codings_count():
    buffer = BodyBuffer([("Content-Encoding", "gzip"), ("content-encoding", "deflate")], None)
    list(buffer.feed(zlib.compress(gzip.compress(b"x", mtime=0))))

    assert buffer.finish() == b"x"


@each_packer
@pytest.mark.parametrize("limit", [0, 1, 1000, PIECE_SIZE, PIECE_SIZE + 1])
def test_a_body_as_large_as_its_limit_is_whole_and_one_byte_more_is_an_error(packer, limit):
    coding, pack = PACKERS[packer]

    assert feed_all(pack(bytes(limit)), coding, limit) == bytes(limit)
    with pytest.raises(BodyError, match=f"the answer is larger than {limit} bytes"):
        feed_all(pack(bytes(limit + 1)), coding, limit)


@pytest.mark.parametrize("length", ["11", "0011", "9" * 30, "9" * 10_000])
def test_a_length_above_the_limit_is_an_error_before_anything_is_read(length):
    with pytest.raises(BodyError, match="the answer is larger than 10 bytes"):
        BodyBuffer([("Content-Length", length)], 10)
    for headers in ([("Content-Length", length)], [("Content-Length", length), ("Content-Encoding", "br")]):
        assert BodyBuffer(headers, 10, empty=True).finish() == b""


@pytest.mark.parametrize("length", ["10", "00000000000000000000010", "", "-1", "x", "²"])
def test_a_length_within_the_limit_or_none_at_all_is_read(length):
    assert BodyBuffer([("Content-Length", length)], 10).finish() == b""


def test_a_buffer_pauses_before_each_piece_so_that_its_caller_sees_the_deadline():
    buffer = BodyBuffer([("Content-Encoding", "gzip")], None)

    assert len(list(buffer.feed(gzip.compress(bytes(8 * PIECE_SIZE))))) >= 8


@pytest.mark.parametrize(
    ("offered", "kept"),
    [
        ("gzip, deflate", "gzip, deflate"),
        ("br;q=1.0, GZIP;q=0.5, zstd, *;q=0.1", "GZIP;q=0.5"),
        ("br", "identity"),
        ("", "identity"),
        ("identity", "identity"),
    ],
)
def test_only_codings_that_can_be_decoded_within_a_limit_are_offered(offered, kept):
    assert select_codings(offered) == kept


# ---- the executors
def bomb(mebibytes: int) -> bytes:
    """So many MiB of zeros, gzipped: nobody should come to its end, so that its checksum is none."""
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    block = packer.compress(bytes(MEBIBYTE)) + packer.flush(zlib.Z_FULL_FLUSH)
    return gzip.compress(b"", mtime=0)[:10] + block * mebibytes + packer.flush() + bytes(8)


BOMB = bomb(600)
CODED = (("Content-Encoding", "gzip"), ("Content-Type", "application/json"))
TWICE = (("Content-Encoding", "gzip, gzip"),)
MEASURE = """
import json, resource, sys
from infisical import HttpRequest
from infisical.testing.runner import ExecutorRunner
from tests.executors.foreign import MAKERS, OWN
from tests.forms import shorten

running = ExecutorRunner(MAKERS[sys.argv[1]])
running(HttpRequest("GET", sys.argv[2] + "/small", max_response_bytes=2**20)).unwrap()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
error = running(HttpRequest("GET", sys.argv[2] + "/large", max_response_bytes=2**20)).failure()
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
running.leave()
print(json.dumps([error.message, error.reason, error.sent, grown // 1024]))
"""


@pytest.mark.enable_socket
@pytest.mark.parametrize("name", shorten(MAKERS, OWN.__contains__, name=str))
def test_600_mib_in_600_kb_take_little_memory(name):
    small = faulty_server.http(200, gzip.compress(b"{}", mtime=0), CODED)
    with faulty_server.serving(faulty_server.saying(small, faulty_server.http(200, BOMB, CODED))) as server:
        command = [sys.executable, "-c", MEASURE, name, server.url]
        run = subprocess.run(command, capture_output=True, text=True, timeout=60, env={**os.environ, "PYTHONPATH": "."})
        assert run.returncode == 0, run.stderr
        *told, grown = json.loads(run.stdout)

    assert told == [f"GET {server.url}: the answer is larger than 1048576 bytes (max_response_bytes)", "protocol", True]
    assert grown < 48  # MiB


@pytest.fixture(params=MAKERS)
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
        (CODED, gzip.compress(b"{}" * 1000, mtime=0)[:-3]),
        (CODED, b"no such thing"),
        ((("Content-Encoding", "br"),), b"x" * 100),
        ((("Content-Encoding", ", ".join(["gzip"] * 6)),), b"x" * 100),
        (TWICE, gzip.compress(BOMB, mtime=0)),
    ],
    ids=["cut short", "not gzip", "not offered", "stacked", "a bomb in a gzip"],
)
def test_a_body_that_cannot_be_decoded_is_a_failure_and_the_next_call_works(execute, headers, body):
    with faulty_server.start_server(
        faulty_server.fail_once(faulty_server.respond_with(faulty_server.format_response(200, body, headers)))
    ) as server:
        told = execute(get(f"{server.url}/x", MEBIBYTE)).failure()

        assert (told.reason, told.sent, told.defect) == ("protocol", True, False)
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
    with faulty_server.start_server(
        faulty_server.respond_with(faulty_server.format_response(200, gzip.compress(bytes(4 * MEBIBYTE)), CODED))
    ) as server:
        assert execute(get(f"{server.url}/x", None)).unwrap().body == bytes(4 * MEBIBYTE)


@pytest.mark.enable_socket
def test_each_executor_offers_what_it_decodes_and_nothing_else(execute):
    with faulty_server.start_server(faulty_server.echo) as server:
        execute(get(f"{server.url}/x", None)).unwrap()
        execute(get(f"{server.url}/x", None, headers=(("Accept-Encoding", "identity"),))).unwrap()
        offered = [seen.values("Accept-Encoding") for seen in server.requests]

    assert offered in ([["gzip, deflate"], ["identity"]], [["identity"], ["identity"]])


# ---- answers that never were on a wire
@pytest.mark.parametrize(("limit", "fits"), [(None, True), (4, True), (3, False)])
def test_of_a_mock_transport_the_body_that_httpx_has_decoded_counts(limit, fits):
    packed = httpx.Response(200, headers=CODED, content=gzip.compress(b"body", mtime=0))
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


def answered(raw: object = None, content: bytes | None = None) -> requests.Response:
    answer = requests.Response()
    answer.status_code, answer.raw = 200, raw
    if content is not None:
        answer._content, answer._content_consumed = content, True
    return answer


@pytest.mark.parametrize(
    ("make", "headers"),
    [
        (lambda: answered(content=b"body"), ()),
        (lambda: answered(io.BytesIO(b"body")), ()),
        (
            lambda: answered(
                urllib3.HTTPResponse(io.BytesIO(gzip.compress(b"body")), dict(CODED[:1]), preload_content=False)
            ),
            CODED[:1],
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
