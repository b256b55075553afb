"""The cases of the contract: the requests that it sends, and the faults of the server.

Values and the functions that make them. The other modules of the package have the tests.
"""

from __future__ import annotations

import functools
import gzip
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

import pytest

from infisical.errors import Reason
from infisical.request import Headers, HttpRequest
from infisical.testing import faulty_server as server
from infisical.testing.faulty_server import Behavior, FaultyServer

ServerFactory: TypeAlias = Callable[[Behavior], FaultyServer]
"""The type of the fixture `serve`: it starts a server with a behavior."""


# ---- faults of the server
@dataclass(frozen=True, slots=True)
class Fault:
    """A fault that prevents a complete response, and the reasons that an executor may give for it."""

    name: str
    behavior: Behavior
    reasons: frozenset[Reason]


def _make_fault(name: str, behavior: Behavior, *reasons: Reason) -> Fault:
    return Fault(name, behavior, frozenset(reasons))


TRUNCATED_RESPONSE: Final = server.format_head(headers=(("Content-Length", "100"),)) + b'{"secrets": ['
TRUNCATED_CHUNKS: Final = server.format_head(headers=(("Transfer-Encoding", "chunked"),)) + b'd\r\n{"secrets": [\r\n'
FAULTS: Final = (
    _make_fault("reset", server.reset, "reset"),
    _make_fault("closed", server.close, "reset", "protocol"),
    _make_fault("silence", server.keep_silent, "timeout"),
    _make_fault("dripping headers", server.drip_headers, "timeout"),
    _make_fault("dripping body", server.drip_body, "timeout"),
    _make_fault("body cut short", server.respond_and_close(TRUNCATED_RESPONSE), "protocol", "reset"),
    _make_fault("chunks cut short", server.respond_and_close(TRUNCATED_CHUNKS), "protocol", "reset"),
    _make_fault("no HTTP", server.respond_and_close(b"\x00\x01 what is HTTP?\r\n\r\n"), "protocol", "reset"),
)
each_fault = pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
QUICK_FAULTS: Final = [fault for fault in FAULTS if not fault.name.startswith("dripping")]
each_quick_fault = pytest.mark.parametrize("fault", QUICK_FAULTS, ids=[fault.name for fault in QUICK_FAULTS])
each_redirect = pytest.mark.parametrize("status", [301, 302, 303, 307, 308])

CREDENTIAL: Final = "canary-credential"
VALUE: Final = "canary-value"
READ_HEADERS: Final[Headers] = (
    ("Accept", "application/json"),
    ("Authorization", f"Bearer {CREDENTIAL}"),
    ("X-Own", VALUE),
)
WRITE_HEADERS: Final[Headers] = (*READ_HEADERS, ("Content-Type", "application/json"))
PROXY_VARIABLES: Final = ("http_proxy", "https_proxy", "all_proxy")
EVERY_BYTE: Final = bytes(range(256)) * 1024
MEBIBYTE_SIZE: Final = 2**20
LIMIT: Final = MEBIBYTE_SIZE
"""The `max_response_bytes` of read_limited requests, in bytes."""
MAX_MEMORY: Final = 24 * MEBIBYTE_SIZE
"""The memory, in bytes, that an executor may use for a response above the limit."""
UNPACKED_SIZE: Final = 64 * MEBIBYTE_SIZE


def read(url: str, timeout: float = 30.0) -> HttpRequest:
    """Make a GET with a credential."""
    return HttpRequest("GET", url, READ_HEADERS, None, timeout)


def write(url: str, timeout: float = 30.0) -> HttpRequest:
    """Make a POST with a credential and a value."""
    return HttpRequest("POST", url, WRITE_HEADERS, b'{"secretValue":"%s"}' % VALUE.encode(), timeout)


def read_limited(url: str) -> HttpRequest:
    """Make a GET whose response may have at most `LIMIT` bytes."""
    return HttpRequest("GET", f"{url}/x", READ_HEADERS, None, 30.0, LIMIT)


@functools.cache
def compress_zeros(coding: str) -> bytes:
    """Compress `UNPACKED_SIZE` zeros. One compressed MiB is repeated, which takes less time."""
    count = UNPACKED_SIZE // MEBIBYTE_SIZE
    block, packer = bytes(MEBIBYTE_SIZE), zlib.compressobj(wbits=-zlib.MAX_WBITS)
    packed = (packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)) * count + packer.flush()
    crc, adler = 0, 1
    for _ in range(count):
        crc, adler = zlib.crc32(block, crc), zlib.adler32(block, adler)
    if coding == "deflate":
        return zlib.compress(b"")[:2] + packed + adler.to_bytes(4, "big")
    trailer = crc.to_bytes(4, "little") + UNPACKED_SIZE.to_bytes(4, "little")
    packed = gzip.compress(b"", mtime=0)[:10] + packed + trailer
    return gzip.compress(packed) if coding == "gzip, gzip" else packed
