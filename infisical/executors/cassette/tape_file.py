"""The file of a tape: vcrpy's YAML format, read whole and written atomically. No modes and no matching here.

An exchange is serialized once, and the file is replaced whole after each one, so that a process that is killed leaves
every exchange that was complete. vcrpy provides the serializer; its `Cassette` would serialize all exchanges each time.
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

from infisical.executors.cassette.etags import CONDITIONS, ETAG, is_random

OPENING: Final = "# Recorded by infisical-functional. The file is complete if its last line is 'version: 1'."
CLOSING: Final = "version: 1\n"
TEMPORARY: Final = (".cassette-", ".tmp")
LEFT_BEHIND: Final = 3600.0  # seconds: no write takes so long, the process that made the file was killed


class UnreadableTape(ValueError):
    """The file is no cassette, or not a complete one; its text is the reason."""


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

    def header(self, name: str) -> str:
        """Return the first header of the request with that name, whatever its case, or an empty text."""
        return next((values[0] for key, values in self.headers.items() if key.lower() == name and values), "")

    def tags(self) -> Iterable[tuple[list[str], int]]:
        """List where the exchange holds ETags: a list of values, and a position in it."""
        for headers, names in ((self.headers, CONDITIONS), (self.response_headers, (ETAG,))):
            for name, values in headers.items():
                if name.lower() in names:
                    yield from ((values, index) for index in range(len(values)))

    def has_real_etag(self) -> bool:
        """Say whether the response holds an ETag of a server."""
        return any(
            not is_random(value)
            for name, values in self.response_headers.items()
            if name.lower() == ETAG
            for value in values
        )


def read(path: Path) -> tuple[list[Exchange], dict[str, Any]] | None:
    """Read the exchanges of a tape, and what else the file says; None if there is no file.

    UnreadableTape for a file that is empty, truncated, or no cassette; OSError as the system has it.
    """
    from vcr.serializers import yamlserializer

    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except UnicodeDecodeError:
        raise UnreadableTape("it is not UTF-8") from None
    if not text.strip():
        raise UnreadableTape("it is empty")
    try:
        document = yamlserializer.deserialize(text)
    except Exception as cause:  # whatever a malformed file makes of the parser
        mark = getattr(cause, "problem_mark", None)
        line = "" if mark is None else f" at line {mark.line + 1}"
        raise UnreadableTape(f"it is truncated, or not YAML{line} ({type(cause).__name__})") from None
    if not isinstance(document, dict) or not isinstance(document.get("interactions"), list):
        raise UnreadableTape("it has no list of interactions")
    if text.startswith(OPENING) and document.get("version") is None:
        raise UnreadableTape("it is truncated: its end is missing")
    exchanges = [_exchange(number, one) for number, one in enumerate(document["interactions"], 1)]
    return exchanges, {name: value for name, value in document.items() if name not in ("interactions", "version")}


class TapeWriter:
    """Write a tape's file: whole after each exchange, and each exchange serialized once."""

    def __init__(self, path: Path, exchanges: Iterable[Exchange] = (), extra: Mapping[str, Any] | None = None) -> None:
        self._path = path
        self._written = bytearray(f"{OPENING}\ninteractions:\n".encode())
        self._closing = (_yaml(dict(extra)) if extra else b"") + CLOSING.encode()
        self._is_first = True
        for exchange in exchanges:
            self._written += _yaml([_interaction(exchange)])

    def append(self, exchange: Exchange) -> None:
        """Append an exchange and replace the file; OSError if that is impossible."""
        self._written += _yaml([_interaction(exchange)])
        path = os.path.realpath(self._path)
        folder = os.path.dirname(path)
        if self._is_first:
            os.makedirs(folder, exist_ok=True)
            _remove_left_behind(folder)
            self._is_first = False
        _replace(path, folder, self._written, self._closing)


def _replace(path: str, folder: str, *parts: bytes | bytearray) -> None:
    temporary = os.path.join(folder, secrets.token_hex(8).join(TEMPORARY))
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


def _remove_left_behind(folder: str) -> None:
    """Remove temporary files of processes that were killed while they wrote."""
    first, last = TEMPORARY
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(first) and entry.name.endswith(last):
                with suppress(OSError):
                    if time.time() - entry.stat(follow_symlinks=False).st_mtime > LEFT_BEHIND:
                        os.unlink(entry.path)


def _yaml(value: object) -> bytes:
    from vcr.serializers import yamlserializer

    text: str = yamlserializer.serialize(value)
    return text.encode()


def _interaction(exchange: Exchange) -> dict[str, Any]:
    request = {
        "method": _safe(exchange.method),
        "uri": _safe(exchange.uri),
        "body": None if exchange.body is None else _safe(exchange.body),
        "headers": _safe_headers(exchange.headers),
    }
    response = {
        "status": {"code": exchange.status, "message": _safe(exchange.reason)},
        "headers": _safe_headers(exchange.response_headers),
        "body": {"string": _safe(exchange.response_body)},
    }
    return {"request": request, "response": response}


def _safe_headers(headers: Mapping[str, list[str]]) -> dict[str | bytes, list[str | bytes]]:
    return {_safe(name): [_safe(value) for value in values] for name, values in headers.items()}


def _safe(value: str | bytes) -> str | bytes:
    """Choose the form in which YAML keeps each byte: text where it is UTF-8, else binary."""
    written = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
    try:
        return written.decode()
    except UnicodeDecodeError:
        return written


def _exchange(number: int, interaction: Any) -> Exchange:
    try:
        request, response = interaction["request"], interaction["response"]
        return Exchange(
            method=_text(request["method"]),
            uri=_text(request["uri"]),
            body=_bytes(request.get("body")),
            headers=_headers(request.get("headers")),
            status=int(response["status"]["code"]),
            reason=_text(response["status"].get("message") or ""),
            response_headers=_headers(response["headers"]),
            response_body=_bytes(response["body"]["string"]) or b"",
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        message = f"interaction {number} lacks a part of its request, or its response's status, headers or body"
        raise UnreadableTape(message) from None


def _headers(value: Any) -> dict[str, list[str]]:
    return {
        _text(name): [_text(one) for one in (values if isinstance(values, (list, tuple)) else [values])]
        for name, values in (value or {}).items()
    }


def _text(value: Any) -> str:
    if isinstance(value, (dict, list)):
        raise TypeError("a text is expected")
    return value.decode("utf-8", "surrogatepass") if isinstance(value, bytes) else str(value)


def _bytes(value: Any) -> bytes | None:
    """Read a body as one of vcrpy's releases may have written it."""
    if value is None or isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    if isinstance(value, (dict, list, int, float)):
        raise TypeError("a body is text or bytes")
    content = value.read() if hasattr(value, "read") else b"".join(_bytes(piece) or b"" for piece in value)
    return _bytes(content)
