"""The body of a response, decompressed piece by piece, in a buffer that is fed without a socket."""

from __future__ import annotations

import gzip
import random
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infisical.executors.body import INPUT_SIZE, PIECE_SIZE, BodyBuffer, BodyError, select_codings

MEBIBYTE = 2**20


def feed_all(data: bytes, coding: str, limit: int | None = None, step: int = INPUT_SIZE) -> bytes:
    """What a buffer makes of these bytes, which arrive `step` at a time."""
    buffer = BodyBuffer([("content-encoding", coding)], limit)
    for start in range(0, len(data), step):
        for _ in buffer.feed(data[start : start + step]):
            pass
    return buffer.finish()


def compress_raw(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def compress_members(data: bytes) -> bytes:
    """Gzip of three members, one of them empty, with padding after each."""
    half = len(data) // 2
    return b"".join(gzip.compress(part, mtime=0) + bytes(7) for part in (data[:half], b"", data[half:]))


CODINGS = {
    "gzip": ("gzip", gzip.compress),
    "gzip by its old name": ("x-gzip", gzip.compress),
    "members": ("gzip", compress_members),
    "deflate": ("Deflate", zlib.compress),
    "raw deflate": ("deflate", compress_raw),
    "stacked": ("deflate, identity,GZIP , gzip", lambda data: gzip.compress(gzip.compress(zlib.compress(data)))),
}
each_packer = pytest.mark.parametrize("packer", CODINGS)


@each_packer
@given(st.binary(max_size=300), st.integers(1, 40))
def test_a_body_comes_out_as_it_went_in_however_it_arrives(packer, data, step):
    coding, pack = CODINGS[packer]

    assert feed_all(pack(data), coding, len(data), step) == data


@each_packer
def test_a_body_of_many_pieces_comes_out_as_it_went_in(packer):
    coding, pack = CODINGS[packer]
    body = random.Random(1).randbytes(3 * INPUT_SIZE + 1) + bytes(3 * PIECE_SIZE + 1) + b"end"

    assert feed_all(pack(body), coding, len(body), 10**9) == body


@each_packer
@given(st.binary(min_size=1, max_size=100), st.data())
@settings(max_examples=30)
def test_a_compressed_body_that_is_cut_short_is_an_error(packer, data, chosen):
    coding, pack = CODINGS[packer]
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
    coding, pack = CODINGS[packer]

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
    with pytest.raises(BodyError) as raised:
        feed_all(b"", coding)

    assert str(raised.value) == said


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
    coding, pack = CODINGS[packer]

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
    ("offered", "selected"),
    [
        ("gzip, deflate", "gzip, deflate"),
        ("br;q=1.0, GZIP;q=0.5, zstd, *;q=0.1", "GZIP;q=0.5"),
        ("br", "identity"),
        ("", "identity"),
        ("identity", "identity"),
    ],
)
def test_only_codings_that_can_be_decoded_within_a_limit_are_offered(offered, selected):
    assert select_codings(offered) == selected
