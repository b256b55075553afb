"""A tape: what a cassette executor plays and records, and its messages about unrecorded requests. No sending here.

tape_file.py reads and writes the file, comparison.py finds a request, redaction.py decides what is secret. A request is
redacted before it is compared, as it was before it was written, so that a recording plays whatever the real secret is.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, TypeAlias
from urllib.parse import urlsplit

from returns.result import Failure, Success

from infisical.errors import InfisicalNetworkError
from infisical.executors.cassette.comparison import MATCHERS, Parts, Recorded, RecordedRequests, differences, parts_of
from infisical.executors.cassette.etags import CONDITIONS, ETAG, RandomTags
from infisical.executors.cassette.tape_file import Exchange, TapeWriter, UnreadableTape, read
from infisical.redaction import (
    SecretIndex,
    find_response_secrets,
    find_secrets,
    mask,
    redact_body,
    redact_headers,
    redact_request_headers,
    redact_url,
)
from infisical.request import HttpRequest
from infisical.response import Response
from infisical.transport import Reply

Mode: TypeAlias = Literal["none", "once", "new_episodes", "all"]
MODES: Final = ("none", "once", "new_episodes", "all")
LOGGER: Final = logging.getLogger("infisical")
BODY_HEADERS: Final = frozenset({"content-length", "content-encoding", "transfer-encoding"})
"""Headers of the body as it was sent: a recorded body is decompressed and redacted."""
NEAR: Final = 5  # recorded requests that a message names
DIFFERENCES: Final = 5  # differences that it names
SHOWN: Final = 80  # characters of a value or of a path
HOW_TO_RECORD: Final = "mode='once' and an inner executor"


class Value(NamedTuple):
    """A compared value as a message may have it: masked."""

    text: str
    is_text: bool


class Tape:
    """A recording: its file, read when it is first needed, and what of it was played. Safe under threads.

    ImportError without vcrpy (the extra `cassettes`), ValueError for an unknown mode or matcher.
    """

    def __init__(
        self,
        path: Path,
        mode: Mode,
        match_on: Sequence[str],
        *,
        allow_playback_repeats: bool = False,
        how_to_record: str = HOW_TO_RECORD,
    ) -> None:
        if mode not in MODES:
            raise ValueError(f"mode is one of {', '.join(MODES)}, not {mode!r}")
        try:
            import vcr  # noqa: F401
        except ImportError as missing:
            raise ImportError("cassettes need vcrpy: pip install 'infisical-functional[cassettes]'") from missing
        unknown = [name for name in match_on if name not in MATCHERS]
        if unknown:
            raise ValueError(f"match_on takes {', '.join(MATCHERS)}, not {', '.join(unknown)}")
        self._path, self._mode, self._match_on = path, mode, tuple(match_on)
        self._repeats, self._how_to_record = allow_playback_repeats, how_to_record
        self._records = mode != "none"
        self._lock = threading.Lock()
        self._secrets = SecretIndex()
        self._tags = RandomTags()
        self._exchanges: list[Exchange] = []
        self._requests = RecordedRequests()
        self._is_loaded = self._exists = False
        self._extra: dict[str, Any] = {}
        self._writer: TapeWriter | None = None

    def play(self, request: HttpRequest) -> Reply | None:
        """Answer from the recording; None if the request is to be recorded."""
        with self._lock:
            answer = self._played(request)
            return self._unrecorded(request) if answer is None and not self._records else answer

    def answer(self, request: HttpRequest) -> Reply:
        """Answer from the recording, where nothing can be recorded."""
        with self._lock:
            answer = self._played(request)
            return self._unrecorded(request) if answer is None else answer

    def record(self, request: HttpRequest, response: Response) -> Reply:
        """Append an exchange, redacted, and write the file."""
        with self._lock:
            if self._writer is None:
                self._writer = TapeWriter(self._path, map(self._with_random_tags, self._exchanges), self._extra)
            exchange = self._redacted(request, response)
            try:
                self._writer.append(exchange)
            except OSError as cause:
                message = f"{self._path.name} cannot be written: {type(cause).__name__}; the request was answered"
                return Failure(InfisicalNetworkError(message, reason="unrecorded"))
        return Success(response)

    def _played(self, request: HttpRequest) -> Reply | None:
        try:
            self._load()
        except (UnreadableTape, OSError) as cause:
            reason = str(cause) if isinstance(cause, UnreadableTape) else type(cause).__name__
            remedy = f"restore the file, or delete it and record it again with {self._how_to_record}"
            return self._failure(f"cannot be read as a cassette: {reason}; {remedy}")
        position = self._requests.take(self._parts(request), self._repeats)
        return None if position is None else _response(self._exchanges[position])

    def _load(self) -> None:
        if self._is_loaded:
            return
        requests = RecordedRequests()
        content = None if self._mode == "all" else read(self._path)
        if content is not None:
            exchanges, extra = content
            for position, exchange in enumerate(exchanges):  # an older recording may hold what is redacted today
                exchange.uri, exchange.body = redact_url(exchange.uri), redact_body(exchange.body)
                requests.add(position, exchange.method, _path(exchange.uri), self._recorded_parts(exchange))
            self._exists, self._exchanges, self._extra = True, exchanges, extra
            self._records = self._records and self._mode == "new_episodes"
            if any(exchange.has_real_etag() for exchange in exchanges):
                LOGGER.warning(
                    "%s holds ETags of a server, which let anyone test a guess of a redacted value: record it again",
                    self._path.name,
                )
        self._requests, self._is_loaded = requests, True

    def _with_random_tags(self, exchange: Exchange) -> Exchange:
        """Copy an exchange of the file for the new one: the played one stays as it is."""
        copy = Exchange(
            exchange.method,
            exchange.uri,
            exchange.body,
            {name: list(values) for name, values in exchange.headers.items()},
            exchange.status,
            exchange.reason,
            {name: list(values) for name, values in exchange.response_headers.items()},
            exchange.response_body,
        )
        for values, index in copy.tags():
            self._tags.keep(values[index])
            values[index] = self._tags.replace(values[index])
        return copy

    def _redacted(self, request: HttpRequest, response: Response) -> Exchange:
        """Write an exchange with what it, and those before it, show to be secret masked wherever it appears."""
        self._secrets.add(find_secrets(request.headers, request.body))
        self._secrets.add(find_response_secrets(response.headers, response.body))
        headers = {name: [value] for name, value in redact_request_headers(request.headers).items()}
        headers.update((n, [self._tags.replace(v)]) for n, v in request.headers if n.lower() in CONDITIONS)
        response_headers = {
            name: values
            for name, values in redact_headers(response.headers, self._secrets).items()
            if name.lower() not in BODY_HEADERS and name.lower() != ETAG
        }
        for name, value in response.headers:
            if name.lower() == ETAG:
                response_headers.setdefault(name, []).append(self._tags.replace(value))
        return Exchange(
            method=request.method,
            uri=redact_url(request.url, self._secrets),
            body=redact_body(request.body, self._secrets),
            headers=headers,
            status=response.status,
            reason="",
            response_headers=response_headers,
            response_body=redact_body(response.body, self._secrets) or b"",
        )

    def _parts(self, request: HttpRequest) -> Parts:
        content_type = next((value for name, value in request.headers if name.lower() == "content-type"), "")
        url, body = redact_url(request.url), redact_body(request.body)
        return parts_of(request.method, url, content_type, body, self._match_on)

    def _recorded_parts(self, exchange: Exchange) -> Parts:
        content_type = exchange.header("content-type")
        return parts_of(exchange.method, exchange.uri, content_type, exchange.body, self._match_on)

    # ---- messages about an unrecorded request
    def _unrecorded(self, request: HttpRequest) -> Reply:
        if self._mode == "all":
            return self._failure("is to be recorded (mode='all' plays nothing), and there is no inner executor")
        if not self._exists:
            return self._failure(f"does not exist: record it first ({self._how_to_record})")
        self._secrets.add(find_secrets(request.headers, request.body))
        path = _path(redact_url(request.url))
        near = self._requests.listing(request.method, path)[:NEAR]
        listed = ", ".join(f"{method} {self._masked(known)}" for method, known in near) or "nothing"
        parts = self._parts(request)
        nearest = self._requests.nearest(request.method, path, parts)
        sentences = [
            f"{request.method} {self._masked(path)} is not recorded, or was played already; near it: {listed}",
            *([] if nearest is None else [self._compared(nearest, parts)]),
            f"to record it, delete the file and record it again with {self._how_to_record}",
        ]
        return self._failure("; ".join(sentences), mark=":")

    def _compared(self, nearest: Recorded, parts: Parts) -> str:
        places = differences(nearest.parts, parts)
        if not places:
            return "it was played already, and allow_playback_repeats=True plays it again"
        shown = [self._difference(place, nearest.parts.get(place), parts.get(place)) for place in places[:DIFFERENCES]]
        more = f", and {len(places) - DIFFERENCES} more" if len(places) > DIFFERENCES else ""
        return f"{nearest.method} {self._masked(nearest.path)} differs in {', in '.join(shown)}{more}"

    def _difference(self, place: str, recorded: str | None, requested: str | None) -> str:
        """Name a place and both values, masked, from a little before the first character in which they differ."""
        ours, theirs = self._value(recorded), self._value(requested)
        if ours == theirs:
            return f"{self._masked(place)}: in what is redacted"
        start = 0
        if ours and theirs and max(len(ours.text), len(theirs.text)) > SHOWN:
            start = max(0, _first_difference(ours.text, theirs.text) - SHOWN // 4)
        return f"{self._masked(place)}: recorded {_shown(ours, start)}, requested {_shown(theirs, start)}"

    def _value(self, value: str | None) -> Value | None:
        if value is None:
            return None
        is_text = value.startswith("'")
        return Value(mask(value[1:-1] if is_text else value, self._secrets), is_text)

    def _masked(self, text: str) -> str:
        shown = mask(text, self._secrets)
        return _printable(shown if len(shown) <= SHOWN else shown[:SHOWN] + "…")

    def _failure(self, message: str, *, mark: str = "") -> Reply:
        return Failure(InfisicalNetworkError(f"{self._path.name}{mark} {message}", reason="unrecorded", sent=False))


def _path(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:
        return url


def _first_difference(one: str, other: str) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _shown(value: Value | None, start: int) -> str:
    """Write a value in a message: a text in quotes, as Python has it; a number, null or nothing bare."""
    if value is None:
        return "nothing"
    text = value.text
    cut = ("…" if start else "") + text[start : start + SHOWN] + ("…" if len(text) > start + SHOWN else "")
    return repr(cut) if value.is_text else _printable(cut)


def _printable(text: str) -> str:
    return text if text.isprintable() else repr(text)


def _response(exchange: Exchange) -> Reply:
    headers = tuple((name, value) for name, values in exchange.response_headers.items() for value in values)
    return Success(Response(exchange.status, headers, exchange.response_body))
