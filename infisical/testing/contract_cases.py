"""What the contract of executors tries: the requests that it sends, and the ways in which a server gives no answer.

Values and their makers only; what an executor has to make of them stands in `executor_contract`.
"""

from __future__ import annotations

import functools
import gzip
import zlib
from dataclasses import dataclass
from typing import Final

import pytest

from infisical.errors import Reason
from infisical.request import Headers, HttpRequest
from infisical.testing import faulty_server as server
from infisical.testing.faulty_server import Answer


# ---- what goes wrong on a wire
@dataclass(frozen=True, slots=True)
class Trouble:
    """A way of the server's to give no whole answer, and the reasons that an executor may give for it."""

    name: str
    answer: Answer
    reasons: frozenset[Reason]


def _trouble(name: str, answer: Answer, *reasons: Reason) -> Trouble:
    return Trouble(name, answer, frozenset(reasons))


CUT: Final = server.head(headers=(("Content-Length", "100"),)) + b'{"secrets": ['
CUT_CHUNK: Final = server.head(headers=(("Transfer-Encoding", "chunked"),)) + b'd\r\n{"secrets": [\r\n'
TROUBLES: Final = (
    _trouble("reset", server.reset, "reset"),
    _trouble("closed", server.close, "reset", "protocol"),
    _trouble("silence", server.keep_silent, "timeout"),
    _trouble("dripping headers", server.drip_headers, "timeout"),
    _trouble("dripping body", server.drip_body, "timeout"),
    _trouble("body cut short", server.saying_and_closing(CUT), "protocol", "reset"),
    _trouble("chunks cut short", server.saying_and_closing(CUT_CHUNK), "protocol", "reset"),
    _trouble("no HTTP", server.saying_and_closing(b"\x00\x01 what is HTTP?\r\n\r\n"), "protocol", "reset"),
)
each_trouble = pytest.mark.parametrize("trouble", TROUBLES, ids=[trouble.name for trouble in TROUBLES])
UNDRIPPING: Final = [trouble for trouble in TROUBLES if not trouble.name.startswith("dripping")]
each_quick_trouble = pytest.mark.parametrize("trouble", UNDRIPPING, ids=[trouble.name for trouble in UNDRIPPING])
each_redirect = pytest.mark.parametrize("status", [301, 302, 303, 307, 308])

CREDENTIAL: Final = "canary-credential"
VALUE: Final = "canary-value"
GIVEN: Final[Headers] = (("Accept", "application/json"), ("Authorization", f"Bearer {CREDENTIAL}"), ("X-Own", VALUE))
WRITTEN: Final[Headers] = (*GIVEN, ("Content-Type", "application/json"))
PROXIES: Final = ("http_proxy", "https_proxy", "all_proxy")
EVERY_BYTE: Final = bytes(range(256)) * 1024
MEBIBYTE: Final = 2**20
LIMIT: Final = MEBIBYTE
"""The `max_response_bytes` of the requests below, in bytes."""
MOST_MEMORY: Final = 24 * MEBIBYTE
"""How much memory (bytes) an executor may take for an answer that is larger than that."""
UNPACKED: Final = 64 * MEBIBYTE


def read(url: str, timeout: float = 30.0) -> HttpRequest:
    """Make a GET with a credential."""
    return HttpRequest("GET", url, GIVEN, None, timeout)


def write(url: str, timeout: float = 30.0) -> HttpRequest:
    """Make a POST with a credential and a value."""
    return HttpRequest("POST", url, WRITTEN, b'{"secretValue":"%s"}' % VALUE.encode(), timeout)


def limited(url: str) -> HttpRequest:
    """Make a GET whose answer may have `LIMIT` bytes."""
    return HttpRequest("GET", f"{url}/x", GIVEN, None, 30.0, LIMIT)


@functools.cache
def packed_zeros(coding: str) -> bytes:
    """Compress `UNPACKED` zeros, piece by piece."""
    gzipped = coding != "deflate"
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16 if gzipped else zlib.MAX_WBITS)
    pieces = [packer.compress(bytes(MEBIBYTE)) for _ in range(UNPACKED // MEBIBYTE)] if coding != "identity" else []
    packed = b"".join([*pieces, packer.flush()])
    return gzip.compress(packed) if coding == "gzip, gzip" else packed
