"""The file of a tape: vcrpy's YAML format, read whole and written atomically. No modes and no matching here.

An exchange is serialized once, and the whole file is replaced after each one, so that a killed process loses no
complete exchange. vcrpy provides the serializer; its `Cassette` would serialize all exchanges each time.
"""

from __future__ import annotations

import os
import secrets
import stat
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from infisical.executors.cassette.etags import CONDITION_HEADERS, ETAG_HEADER, is_random

FIRST_LINE: Final = "# Recorded by infisical-functional. The file is complete if its last line is 'version: 1'."
LAST_LINE: Final = "version: 1\n"
TEMPORARY_NAME: Final = (".cassette-", ".tmp")
"""How the name of a temporary file begins and ends."""
STALE_SECONDS: Final = 3600.0
"""Age from which a temporary file is removed: no write takes so long, so the process that made it was killed."""


class TapeError(ValueError):
    """The file is not a cassette, or not a complete one; the message is the reason."""


@dataclass(slots=True)
class Exchange:
    """A recorded request and its response; bodies are bytes, headers have lists of values."""

    method: str
    uri: str
    body: bytes | None = field(repr=False)
    headers: dict[str, list[str]] = field(repr=False)
    status: int
    reason: str
    response_headers: dict[str, list[str]] = field(repr=False)
    response_body: bytes = field(repr=False)

    def get_header(self, name: str) -> str:
        """Return the first header of the request with that name, in any case, or an empty text."""
        return next((values[0] for key, values in self.headers.items() if key.lower() == name and values), "")

    def find_etags(self) -> Iterable[tuple[list[str], int]]:
        """Find the ETags of the exchange: for each, a list of header values and a position in it."""
        for headers, names in ((self.headers, CONDITION_HEADERS), (self.response_headers, (ETAG_HEADER,))):
            for name, values in headers.items():
                if name.lower() in names:
                    yield from ((values, index) for index in range(len(values)))

    def has_server_etag(self) -> bool:
        """Whether the response holds an ETag of a server."""
        return any(
            not is_random(value)
            for name, values in self.response_headers.items()
            if name.lower() == ETAG_HEADER
            for value in values
        )


def read_tape(path: Path) -> tuple[list[Exchange], dict[str, Any]] | None:
    """Read the exchanges of a tape, and the other fields of the file; None if there is no file.

    TapeError for a file that is empty, truncated, or not a cassette; OSError if it cannot be read.
    """
    from vcr.serializers import yamlserializer

    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except UnicodeDecodeError:
        raise TapeError("it is not UTF-8") from None
    if not text.strip():
        raise TapeError("it is empty")
    try:
        document = yamlserializer.deserialize(text)
    except Exception as cause:  # a malformed file may raise anything in the parser
        mark = getattr(cause, "problem_mark", None)
        line = "" if mark is None else f" at line {mark.line + 1}"
        raise TapeError(f"it is truncated, or not YAML{line} ({type(cause).__name__})") from None
    if not isinstance(document, dict) or not isinstance(document.get("interactions"), list):
        raise TapeError("it has no list of interactions")
    if text.startswith(FIRST_LINE) and document.get("version") is None:
        raise TapeError("it is truncated: its end is missing")
    exchanges = [_parse_exchange(number, one) for number, one in enumerate(document["interactions"], 1)]
    return exchanges, {name: value for name, value in document.items() if name not in ("interactions", "version")}


class TapeWriter:
    """Write the file of a tape: the whole file after each exchange, with each exchange serialized once."""

    def __init__(self, path: Path, exchanges: Iterable[Exchange] = (), extra: Mapping[str, Any] | None = None) -> None:
        self._path = path
        self._text = bytearray(f"{FIRST_LINE}\ninteractions:\n".encode())
        self._end = (_dump_yaml(dict(extra)) if extra else b"") + LAST_LINE.encode()
        self._is_first = True
        for exchange in exchanges:
            self._text += _dump_yaml([_format_exchange(exchange)])

    def append(self, exchange: Exchange) -> None:
        """Append an exchange and replace the file; OSError if that is impossible."""
        self._text += _dump_yaml([_format_exchange(exchange)])
        path = os.path.realpath(self._path)
        folder = os.path.dirname(path)
        if self._is_first:
            os.makedirs(folder, exist_ok=True)
            _remove_stale_files(folder)
            self._is_first = False
        _replace(path, folder, self._text, self._end)


def _replace(path: str, folder: str, *parts: bytes | bytearray) -> None:
    temporary = os.path.join(folder, secrets.token_hex(8).join(TEMPORARY_NAME))
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(temporary, flags, 0o666)  # less the user's umask, as for any new file
    try:
        with open(descriptor, "wb") as file:
            for part in parts:
                file.write(part)
        with suppress(FileNotFoundError):
            os.chmod(temporary, stat.S_IMODE(os.stat(path).st_mode))
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def _remove_stale_files(folder: str) -> None:
    """Remove temporary files of processes that were killed while they wrote."""
    first, last = TEMPORARY_NAME
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(first) and entry.name.endswith(last):
                with suppress(OSError):
                    if time.time() - entry.stat(follow_symlinks=False).st_mtime > STALE_SECONDS:
                        os.unlink(entry.path)


def _dump_yaml(value: object) -> bytes:
    from vcr.serializers import yamlserializer

    text: str = yamlserializer.serialize(value)
    return text.encode()


def _format_exchange(exchange: Exchange) -> dict[str, Any]:
    request = {
        "method": _encode(exchange.method),
        "uri": _encode(exchange.uri),
        "body": None if exchange.body is None else _encode(exchange.body),
        "headers": _encode_headers(exchange.headers),
    }
    response = {
        "status": {"code": exchange.status, "message": _encode(exchange.reason)},
        "headers": _encode_headers(exchange.response_headers),
        "body": {"string": _encode(exchange.response_body)},
    }
    return {"request": request, "response": response}


def _encode_headers(headers: Mapping[str, list[str]]) -> dict[str | bytes, list[str | bytes]]:
    return {_encode(name): [_encode(value) for value in values] for name, values in headers.items()}


def _encode(value: str | bytes) -> str | bytes:
    """Choose the type with which YAML keeps each byte: text if it is UTF-8, else binary."""
    content = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content


def _parse_exchange(number: int, interaction: Any) -> Exchange:
    try:
        request, response = interaction["request"], interaction["response"]
        return Exchange(
            method=_parse_text(request["method"]),
            uri=_parse_text(request["uri"]),
            body=_parse_body(request.get("body")),
            headers=_parse_headers(request.get("headers")),
            status=int(response["status"]["code"]),
            reason=_parse_text(response["status"].get("message") or ""),
            response_headers=_parse_headers(response["headers"]),
            response_body=_parse_body(response["body"]["string"]) or b"",
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        message = f"interaction {number} lacks a part of its request, or its response's status, headers or body"
        raise TapeError(message) from None


def _parse_headers(value: Any) -> dict[str, list[str]]:
    return {
        _parse_text(name): [_parse_text(one) for one in (values if isinstance(values, (list, tuple)) else [values])]
        for name, values in (value or {}).items()
    }


def _parse_text(value: Any) -> str:
    if isinstance(value, (dict, list)):
        raise TypeError("a text is expected")
    return value.decode("utf-8", "surrogatepass") if isinstance(value, bytes) else str(value)


def _parse_body(value: Any) -> bytes | None:
    """Read a body of any type that a release of vcrpy has written."""
    if value is None or isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    if isinstance(value, (dict, list, int, float)):
        raise TypeError("a body is text or bytes")
    content = value.read() if hasattr(value, "read") else b"".join(_parse_body(piece) or b"" for piece in value)
    return _parse_body(content)
