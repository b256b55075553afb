"""The body of an answer, read and decompressed in pieces, and no more of it than is allowed. Nothing of connections.

The transport asks for no content encoding. Gzip and deflate are read nevertheless, since some gateways apply them
unasked, and a user may ask for them by a header. Nothing else is: not every decoder can be bounded.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from typing import Any, Final, TypeAlias

import urllib3

from infisical.executors.deadline import exchange

Reader: TypeAlias = Callable[[int], bytes]
"""Read at most so many bytes; none only at the end."""
MEBIBYTE: Final = 2**20
PIECE_SIZE: Final = 2**14
"""How many bytes are decompressed at once."""
MOST_ENCODINGS: Final = 5
READ_ENCODINGS: Final = ("gzip", "x-gzip", "deflate")
OTHER_ENCODINGS: Final = ("br", "zstd", "compress", "x-compress", "dcb", "dcz", "bzip2", "xz", "exi", "pack200-gzip")
GZIP_MARK: Final = b"\x1f\x8b"


class TooLargeError(Exception):
    """An answer is larger than it may be."""


class EncodingError(Exception):
    """An answer has a content encoding that is not read, or too many; the text says which of them."""


class BrokenOffError(Exception):
    """A compressed body is damaged, or ends too early."""


def read_body(answer: urllib3.BaseHTTPResponse, most: int) -> bytes:
    """Read a body of at most so many bytes, decompressed; the connection of an answer that fails is closed."""
    try:
        return _read_body(answer, most)
    except BaseException:
        answer.close()  # and never kept: the rest of the body is still to come
        answer.release_conn()
        raise


def _read_body(answer: urllib3.BaseHTTPResponse, most: int) -> bytes:
    length = answer.length_remaining
    encodings = answer.headers.get("content-encoding")
    if encodings is not None and length != 0:
        return _read_decompressed(answer, encodings, most)
    if length is None:
        return _read_whole(_make_reader(answer), MEBIBYTE, most)
    if length > most:
        raise TooLargeError
    if length > MEBIBYTE:  # http.client would make room for all of it before any of it is there
        return _read_whole(_make_reader(answer), MEBIBYTE, most)
    return answer.read(decode_content=False)


def _make_reader(answer: urllib3.BaseHTTPResponse) -> Reader:
    return lambda size: answer.read(size, decode_content=False)


def _read_decompressed(answer: urllib3.BaseHTTPResponse, encodings: str, most: int) -> bytes:
    names = [name.strip() for name in encodings.lower().split(",", 2 * MOST_ENCODINGS)]
    names = [name for name in names if name not in ("", "identity")]
    if len(names) > MOST_ENCODINGS:
        raise EncodingError(f"the answer has more than {MOST_ENCODINGS} content encodings")
    unread = next((name for name in names if name in OTHER_ENCODINGS), None)
    if unread is not None:
        raise EncodingError(f"the answer is encoded as {unread}, which is not read (gzip and deflate are)")
    known = [
        name for name in names if name in READ_ENCODINGS
    ]  # what has no such name changes nothing: some write utf-8 here
    read = _make_reader(answer)
    for name in reversed(known):
        read = _InflatingReader(read, name != "deflate", 2 * most + 1024).read
    return _read_whole(read, PIECE_SIZE if known else MEBIBYTE, most)


def _read_whole(read: Reader, size: int, most: int) -> bytes:
    """Join what is read. No local variable holds any of it: a traceback may show those while this waits."""
    whole = io.BytesIO()
    room = most + 1
    while count := whole.write(read(min(size, room))):
        room -= count
        if room <= 0:
            raise TooLargeError
        exchange.left()
    return whole.getvalue()


class _InflatingReader:
    """The content of a compressed source; looks at the deadline in each step, however little comes out of it."""

    def __init__(self, read: Reader, gzip: bool, most: int) -> None:
        self._source, self._gzip, self._room = read, gzip, most
        self._rest = b""
        self._stream: Any = None

    def read(self, size: int) -> bytes:
        while True:
            exchange.left()
            if not self._rest:
                self._rest = self._source(PIECE_SIZE)
                self._room -= len(self._rest)
                if self._room < 0:
                    raise TooLargeError
            try:
                if not self._rest:
                    return self._last()
                if self._stream is None:
                    self._stream = zlib.decompressobj(self._format())
                elif self._stream.eof:
                    self._next_member()
                    continue
                data: bytes = self._stream.decompress(self._rest, size)
            except zlib.error:
                raise BrokenOffError from None
            self._rest = self._stream.unconsumed_tail or self._stream.unused_data
            if data:
                return data

    def _format(self) -> int:
        """Tell zlib what comes: servers mean two different formats by deflate."""
        if self._gzip:
            return 16 + zlib.MAX_WBITS
        return zlib.MAX_WBITS if self._rest[0] & 0x8F == zlib.DEFLATED else -zlib.MAX_WBITS

    def _next_member(self) -> None:
        """Begin the next member of a gzip file; other data behind the end is passed over."""
        if self._gzip and GZIP_MARK.startswith(self._rest[:2]):
            self._stream = zlib.decompressobj(16 + zlib.MAX_WBITS)
        else:
            self._rest = b""

    def _last(self) -> bytes:
        if self._stream is None:  # compressed, and empty
            return b""
        data: bytes = self._stream.flush()
        if not data and not self._stream.eof:
            raise BrokenOffError
        return data
