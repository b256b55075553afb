"""Reading the body of a urllib3 response: within its limit, and within the deadline of the attempt."""

from __future__ import annotations

from functools import partial
from typing import Final

import urllib3

from infisical.executors.attempt import Attempt
from infisical.executors.body import BodyBuffer

CHUNK_SIZE: Final = 2**18
"""Bytes that are read at once. http.client would make room for a whole body before any of it has come."""
CODED_CHUNK_SIZE: Final = 2**14
"""Bytes that are read at once of a compressed body: a small piece of it may be too large already."""


def read_body(attempt: Attempt, response: urllib3.BaseHTTPResponse, limit: int) -> bytes:
    """Read a body of at most `limit` bytes, decompressed; the connection is closed if that fails."""
    try:
        length, is_coded = response.length_remaining, "content-encoding" in response.headers
        if length == 0 or (length is not None and length <= min(limit, CHUNK_SIZE) and not is_coded):
            return response.read(decode_content=False)
        buffer = BodyBuffer(response.headers.items(), limit)
        size = CODED_CHUNK_SIZE if is_coded else min(limit + 1, CHUNK_SIZE)
        read = partial(response.read, size, decode_content=False)
        return attempt.read_body(iter(read, b""), buffer)
    except BaseException:
        response.close()  # never back to the pool: the rest of the body is still to come
        response.release_conn()
        raise
