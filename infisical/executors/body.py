"""The body of one response as it arrives: decompressed in small pieces, and never larger than its limit.

The content codings gzip and deflate are decoded here, with zlib alone. Other decoders cannot be bounded. Nothing here
reads a socket, knows an HTTP library or looks at a clock.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterable, Iterator
from typing import Final

ACCEPTED_CODINGS: Final = "gzip, deflate"
"""The Accept-Encoding of an executor that reads with a `BodyBuffer`."""
DECODABLE_CODINGS: Final = frozenset(["gzip", "x-gzip", "deflate"])
OTHER_CODINGS: Final = frozenset(
    ["br", "zstd", "compress", "x-compress", "dcb", "dcz", "bzip2", "xz", "exi", "pack200-gzip"]
)
"""Codings that change a body and are not decoded. Any other name is ignored, since some servers write `utf-8` here."""
MAX_CODINGS: Final = 5
"""How many content codings may be applied to one body."""
INPUT_SIZE: Final = 8 * 1024
"""Bytes that are decompressed at once. zlib makes at most about a thousand bytes of each."""
PIECE_SIZE: Final = 256 * 1024
"""Bytes that are produced at once."""
EXTRA_BYTES: Final = 1024
"""Bytes by which a compressed body may exceed twice the limit: headers and empty members add to a small body."""
GZIP_MARK: Final = b"\x1f\x8b"
"""The first bytes of each gzip member."""


class BodyError(Exception):
    """A body that is too large or cannot be decompressed. The message says which."""


def make_size_error(limit: int) -> BodyError:
    """Make the error of a body that is larger than its limit, in bytes."""
    return BodyError(f"the answer is larger than {limit} bytes (max_response_bytes)")


def select_codings(accept_encoding: str) -> str:
    """Select from an Accept-Encoding the codings that a `BodyBuffer` decodes; `identity` without any."""
    items = [item.strip() for item in accept_encoding.split(",")]
    acceptable = DECODABLE_CODINGS | {"identity"}
    selected = [item for item in items if item.partition(";")[0].strip().lower() in acceptable]
    return ", ".join(selected) or "identity"


class BodyBuffer:
    """Collect the body of one response, decompressed.

    `headers` are those of the response. `limit` is in bytes, after decompression; None for no limit. `empty` is True
    for a response that has no body whatever its headers say: to a HEAD, or with status 204 or 304. Methods raise
    `BodyError`.
    """

    __slots__ = ("_content", "_decoders", "_limit")

    def __init__(self, headers: Iterable[tuple[str, str]], limit: int | None, *, empty: bool = False) -> None:
        self._limit = limit
        self._content = io.BytesIO()
        self._decoders: list[_Decoder] = []
        if empty:
            return
        codings: list[str] = []
        length = ""
        for name, value in headers:
            lower = name.lower()
            if lower == "content-encoding":
                names = (coding.strip() for coding in value.lower().split(",", 2 * MAX_CODINGS))
                codings += [coding for coding in names if coding in DECODABLE_CODINGS or coding in OTHER_CODINGS]
            elif lower == "content-length":
                length = value.strip().lstrip("0")
        if codings:
            self._decoders = _make_decoders(codings, limit)
        elif limit is not None and length.isdecimal() and (len(length) > 18 or int(length) > limit):
            raise make_size_error(limit)

    def feed(self, data: bytes) -> Iterator[None]:
        """Add raw bytes of the body. Yields before each piece, so that the caller can look at its deadline."""
        if self._decoders:
            return self._decode(data, 0)
        self._add(data)
        return iter(())

    def finish(self) -> bytes:
        """Return the whole body; BodyError if a compressed one is cut short."""
        for decoder in self._decoders:
            decoder.finish()
        return self._content.getvalue()

    def _decode(self, data: bytes, stage: int) -> Iterator[None]:
        if stage == len(self._decoders):
            self._add(data)
            return
        for piece in self._decoders[stage].decode(data):
            yield
            yield from self._decode(piece, stage + 1)

    def _add(self, piece: bytes) -> None:
        self._content.write(piece)
        if self._limit is not None and self._content.tell() > self._limit:
            self._content = io.BytesIO()
            raise make_size_error(self._limit)


def _make_decoders(codings: list[str], limit: int | None) -> list[_Decoder]:
    """Make the decoders of these codings, the last applied first."""
    if len(codings) > MAX_CODINGS:
        raise BodyError(f"the answer has more than {MAX_CODINGS} content codings")
    for coding in codings:
        if coding in OTHER_CODINGS:
            raise BodyError(f"the answer is encoded as {coding}, which is not supported: gzip and deflate are")
    return [_Decoder(gzip=coding != "deflate", limit=limit) for coding in reversed(codings)]


class _Decoder:
    """One gzip or deflate stream. Gzip may have many members; other data after the end is ignored, as by browsers."""

    __slots__ = ("_gzip", "_head", "_inflate", "_input_left", "_is_over", "_limit", "_may_end")

    def __init__(self, *, gzip: bool, limit: int | None) -> None:
        self._gzip = gzip
        self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 16) if gzip else None
        self._head = b""
        self._may_end = True
        """Whether the stream may end here: it is empty so far, or has whole members only."""
        self._is_over = False
        """Whether further data is ignored."""
        self._limit = limit
        self._input_left = 0 if limit is None else 2 * limit + EXTRA_BYTES
        """How many more bytes may come: a stream that decompresses to nothing must end, too."""

    def decode(self, data: bytes) -> Iterator[bytes]:
        """Decompress, `PIECE_SIZE` bytes at a time."""
        self._input_left -= len(data)
        if self._limit is not None and self._input_left < 0:
            raise make_size_error(self._limit)
        try:
            for start in range(0, len(data), INPUT_SIZE):
                yield from self._decode(data[start : start + INPUT_SIZE])
        except zlib.error:
            raise BodyError("the answer cannot be decompressed") from None

    def finish(self) -> None:
        """Check that the stream is complete."""
        if not self._may_end or self._head:
            raise BodyError("the answer is cut short: its compressed body has no end")

    def _decode(self, data: bytes) -> Iterator[bytes]:
        inflate = self._inflate
        if inflate is None:  # servers call two formats deflate: one has a header of zlib, the other has none
            data, self._head = self._head + data, b""
            if len(data) < 2:
                self._head = data
                return
            has_header = data[0] & 0x0F == zlib.DEFLATED and int.from_bytes(data[:2]) % 31 == 0
            self._inflate = inflate = zlib.decompressobj(zlib.MAX_WBITS if has_header else -zlib.MAX_WBITS)
        while data and not self._is_over:
            if inflate.eof:
                data = data.lstrip(b"\0")  # padding
                if not (self._gzip and GZIP_MARK.startswith(data[:2])):
                    self._is_over = bool(data)
                    return
                if data:
                    self._inflate = inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)
                continue
            self._may_end = False
            is_full = True
            while is_full and not inflate.eof:
                piece = inflate.decompress(data, PIECE_SIZE)
                data = inflate.unconsumed_tail
                is_full = bool(data) or len(piece) == PIECE_SIZE
                yield piece
            if inflate.eof:
                self._may_end, data = True, inflate.unused_data
