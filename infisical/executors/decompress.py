"""The body of one response as it arrives: decompressed in small pieces, and never larger than its limit.

Here are the content codings gzip and deflate, by zlib alone, and what may be offered to a server. Nothing here reads a
socket, knows an HTTP library or looks at a clock.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator
from typing import Final

OFFERED: Final = "gzip, deflate"
"""The Accept-Encoding of an executor that reads by a `BodyBuffer`."""
OFFERABLE: Final = frozenset(["gzip", "x-gzip", "deflate", "identity"])
NO_CODING: Final = frozenset(["identity", "none", "utf-8", "utf8"])
"""What some servers write where they apply no coding."""
MAX_CODINGS: Final = 5
"""How many content codings may be applied to one body."""
INPUT: Final = 8 * 1024
"""Bytes that are decompressed at once. zlib makes at most about a thousand bytes of each."""
PIECE: Final = 256 * 1024
"""Bytes that are produced at once."""


GZIP: Final = b"\x1f\x8b"
"""How each member of gzip begins."""


class BodyError(Exception):
    """A body that is not read to its end: it is too large, or cannot be decompressed. The message says which."""


def too_large(limit: int) -> BodyError:
    """Make the error of a body that is larger than its limit, in bytes."""
    return BodyError(f"the answer is larger than {limit} bytes (max_response_bytes)")


def decodable(accept_encoding: str) -> str:
    """Keep of an Accept-Encoding the codings that a `BodyBuffer` decodes; `identity` if there is none."""
    items = [item.strip() for item in accept_encoding.split(",")]
    kept = [item for item in items if item.partition(";")[0].strip().lower() in OFFERABLE]
    return ", ".join(kept) or "identity"


class BodyBuffer:
    """Collect the body of one response, decompressed.

    `headers` are those of the response. `limit` is in bytes, after decompression; None for no limit. `empty` is True
    for a response that has no body whatever its headers say: to a HEAD, or with status 204 or 304. Methods raise
    `BodyError`.
    """

    __slots__ = ("_decoders", "_limit", "_pieces", "_size")

    def __init__(self, headers: Iterable[tuple[str, str]], limit: int | None, *, empty: bool = False) -> None:
        self._limit, self._size = limit, 0
        self._pieces: list[bytes] = []
        self._decoders: list[_Inflater] = []
        if empty:
            return
        codings: list[str] = []
        length = ""
        for name, value in headers:
            lower = name.lower()
            if lower == "content-encoding":
                codings += [coding for item in value.split(",") if (coding := item.strip().lower())]
            elif lower == "content-length":
                length = value.strip().lstrip("0")
        codings = [coding for coding in codings if coding not in NO_CODING]
        if codings:
            self._decoders = _decoders(codings)
        elif limit is not None and length.isdecimal() and (len(length) > 18 or int(length) > limit):
            raise too_large(limit)

    def take(self, data: bytes) -> Iterator[None]:
        """Add raw bytes of the body. Yields before each piece, so that the caller can look at its deadline."""
        if self._decoders:
            return self._decoded(data, 0)
        self._add(data)
        return iter(())

    def whole(self) -> bytes:
        """Return the whole body; BodyError if a compressed one is cut short."""
        for decoder in self._decoders:
            decoder.finish()
        return b"".join(self._pieces)

    def _decoded(self, data: bytes, stage: int) -> Iterator[None]:
        if stage == len(self._decoders):
            self._add(data)
            return
        for piece in self._decoders[stage].pieces(data):
            yield
            yield from self._decoded(piece, stage + 1)

    def _add(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._limit is not None and self._size > self._limit:
            self._pieces.clear()
            raise too_large(self._limit)
        if piece:
            self._pieces.append(piece)


def _decoders(codings: list[str]) -> list[_Inflater]:
    """Make the decoders of these codings, the last applied first."""
    if len(codings) > MAX_CODINGS:
        raise BodyError(f"the answer has more than {MAX_CODINGS} content codings")
    for coding in codings:
        if coding not in OFFERABLE:
            name = repr(coding) if re.fullmatch(r"[a-z0-9-]{1,12}", coding) else "one"
            raise BodyError(f"the answer has a content coding that was not offered: {name}")
    return [_Inflater(gzip=coding != "deflate") for coding in reversed(codings)]


class _Inflater:
    """One gzip or deflate stream. Gzip may have many members; other data after the end is ignored, as by browsers."""

    __slots__ = ("_gzip", "_head", "_inflate", "_is_over", "_may_end")

    def __init__(self, *, gzip: bool) -> None:
        self._gzip = gzip
        self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 16) if gzip else None
        self._head = b""
        self._may_end = True
        """Whether the stream may end here: nothing has come, or whole members."""
        self._is_over = False
        """Whether whatever still comes is ignored."""

    def pieces(self, data: bytes) -> Iterator[bytes]:
        """Decompress, `PIECE` bytes at a time."""
        try:
            for start in range(0, len(data), INPUT):
                yield from self._pieces(data[start : start + INPUT])
        except zlib.error:
            raise BodyError("the answer cannot be decompressed") from None

    def finish(self) -> None:
        """Check that the stream is whole."""
        if not self._may_end or self._head:
            raise BodyError("the answer is cut short: its compressed body has no end")

    def _pieces(self, data: bytes) -> Iterator[bytes]:
        inflate = self._inflate
        if inflate is None:  # two formats are called deflate: with a header of zlib, and without
            data, self._head = self._head + data, b""
            if len(data) < 2:
                self._head = data
                return
            with_header = data[0] & 0x0F == zlib.DEFLATED and int.from_bytes(data[:2]) % 31 == 0
            self._inflate = inflate = zlib.decompressobj(zlib.MAX_WBITS if with_header else -zlib.MAX_WBITS)
        while data and not self._is_over:
            if inflate.eof:
                data = data.lstrip(b"\0")  # padding
                if not (self._gzip and GZIP.startswith(data[:2])):
                    self._is_over = bool(data)
                    return
                if data:
                    self._inflate = inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)
                continue
            self._may_end = False
            is_full = True
            while is_full and not inflate.eof:
                piece = inflate.decompress(data, PIECE)
                data = inflate.unconsumed_tail
                is_full = bool(data) or len(piece) == PIECE
                yield piece
            if inflate.eof:
                self._may_end, data = True, inflate.unused_data
