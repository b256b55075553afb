"""A tape: the recording that a cassette executor plays and extends, and messages about unrecorded requests.

tape_file.py reads and writes the file, comparison.py finds a request, infisical.redaction decides what is secret.
Nothing is sent here. A request is redacted before it is compared, as it was before it was written, so that a recording
plays whatever the real secret is.
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
from infisical.executors.cassette.comparison import (
    MATCHERS,
    Parts,
    RecordedRequest,
    RecordedRequests,
    list_differences,
    split_parts,
)
from infisical.executors.cassette.etags import CONDITION_HEADERS, ETAG_HEADER, RandomTags
from infisical.executors.cassette.tape_file import Exchange, TapeError, TapeWriter, read_tape
from infisical.redaction import (
    SecretIndex,
    find_plain_credential,
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
"""Headers that describe a body as it was sent: a recorded body is decompressed and redacted."""
MAX_REQUESTS: Final = 5
"""How many recorded requests a message names."""
MAX_DIFFERENCES: Final = 5
"""How many differences it names."""
MAX_CHARACTERS: Final = 80
"""How many characters of a value or of a path it shows."""
RECORD_HINT: Final = "mode='once' and an inner executor"


class Value(NamedTuple):
    """A compared value for a message: masked."""

    text: str
    is_text: bool


class Tape:
    """A recording: its file, read when it is first needed, and how much of it was played. Safe under threads.

    ImportError without vcrpy (the extra `cassettes`), ValueError for an unknown mode or matcher.
    """

    def __init__(
        self,
        path: Path,
        mode: Mode,
        match_on: Sequence[str],
        *,
        allow_playback_repeats: bool = False,
        how_to_record: str = RECORD_HINT,
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
        """Reply from the recording; None if the request has to be recorded."""
        with self._lock:
            reply = self._play(request)
            return self._refuse_unrecorded(request) if reply is None and not self._records else reply

    def play_only(self, request: HttpRequest) -> Reply:
        """Reply from the recording, without a way to record."""
        with self._lock:
            reply = self._play(request)
            return self._refuse_unrecorded(request) if reply is None else reply

    def record(self, request: HttpRequest, response: Response) -> Reply:
        """Append an exchange, redacted, and write the file."""
        with self._lock:
            if self._writer is None:
                self._writer = TapeWriter(self._path, map(self._copy_with_random_tags, self._exchanges), self._extra)
            exchange = self._redact(request, response)
            try:
                self._writer.append(exchange)
            except OSError as cause:
                message = f"{self._path.name} cannot be written: {type(cause).__name__}; the request was answered"
                return Failure(InfisicalNetworkError(message, reason="unrecorded"))
        return Success(response)

    def _play(self, request: HttpRequest) -> Reply | None:
        try:
            self._load()
        except (TapeError, OSError) as cause:
            reason = str(cause) if isinstance(cause, TapeError) else type(cause).__name__
            remedy = f"restore the file, or delete it and record it again with {self._how_to_record}"
            return self._refuse(f"cannot be read as a cassette: {reason}; {remedy}")
        position = self._requests.take(self._split_request(request), self._repeats)
        return None if position is None else _make_reply(self._exchanges[position])

    def _load(self) -> None:
        if self._is_loaded:
            return
        requests = RecordedRequests()
        content = None if self._mode == "all" else read_tape(self._path)
        if content is not None:
            exchanges, extra = content
            for position, exchange in enumerate(exchanges):  # an older release may have redacted less
                exchange.uri, exchange.body = redact_url(exchange.uri), redact_body(exchange.body)
                requests.add(position, exchange.method, _get_path(exchange.uri), self._split_recorded(exchange))
            self._exists, self._exchanges, self._extra = True, exchanges, extra
            self._records = self._records and self._mode == "new_episodes"
            if any(exchange.has_server_etag() for exchange in exchanges):
                LOGGER.warning(
                    "%s holds ETags of a server, which let anyone test a guess of a redacted value: record it again",
                    self._path.name,
                )
        self._requests, self._is_loaded = requests, True

    def _copy_with_random_tags(self, exchange: Exchange) -> Exchange:
        """Copy an exchange of the file for the new file: the one that is played stays the same."""
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
        for values, index in copy.find_etags():
            self._tags.keep(values[index])
            values[index] = self._tags.replace(values[index])
        return copy

    def _redact(self, request: HttpRequest, response: Response) -> Exchange:
        """Make an exchange in which the secrets of this one and of earlier ones are masked everywhere."""
        self._secrets.add(find_secrets(request.headers, request.body))
        self._secrets.add(find_response_secrets(response.headers, response.body))
        self._secrets.add(find_plain_credential(request.headers, response.body))
        headers = {name: [value] for name, value in redact_request_headers(request.headers).items()}
        headers.update((n, [self._tags.replace(v)]) for n, v in request.headers if n.lower() in CONDITION_HEADERS)
        response_headers = {
            name: values
            for name, values in redact_headers(response.headers, self._secrets).items()
            if name.lower() not in BODY_HEADERS and name.lower() != ETAG_HEADER
        }
        for name, value in response.headers:
            if name.lower() == ETAG_HEADER:
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

    def _split_request(self, request: HttpRequest) -> Parts:
        content_type = next((value for name, value in request.headers if name.lower() == "content-type"), "")
        url, body = redact_url(request.url), redact_body(request.body)
        return split_parts(request.method, url, content_type, body, self._match_on)

    def _split_recorded(self, exchange: Exchange) -> Parts:
        content_type = exchange.get_header("content-type")
        return split_parts(exchange.method, exchange.uri, content_type, exchange.body, self._match_on)

    # ---- messages about an unrecorded request
    def _refuse_unrecorded(self, request: HttpRequest) -> Reply:
        if self._mode == "all":
            return self._refuse("plays nothing (mode='all'), and has no inner executor to record with")
        if not self._exists:
            return self._refuse(f"does not exist: record it first ({self._how_to_record})")
        self._secrets.add(find_secrets(request.headers, request.body))
        path = _get_path(redact_url(request.url))
        similar = self._requests.list_by_similarity(request.method, path)[:MAX_REQUESTS]
        names = ", ".join(f"{method} {self._mask(other)}" for method, other in similar) or "nothing"
        parts = self._split_request(request)
        nearest = self._requests.find_nearest(request.method, path, parts)
        clauses = [
            f"{request.method} {self._mask(path)} is not recorded, or was played already; near it: {names}",
            *([] if nearest is None else [self._describe_nearest(nearest, parts)]),
            f"to record it, delete the file and record it again with {self._how_to_record}",
        ]
        return self._refuse("; ".join(clauses), mark=":")

    def _describe_nearest(self, nearest: RecordedRequest, parts: Parts) -> str:
        places = list_differences(nearest.parts, parts)
        if not places:
            return "it was played already, and allow_playback_repeats=True plays it again"
        differences = [
            self._describe_difference(place, nearest.parts.get(place), parts.get(place))
            for place in places[:MAX_DIFFERENCES]
        ]
        more = f", and {len(places) - MAX_DIFFERENCES} more" if len(places) > MAX_DIFFERENCES else ""
        return f"{nearest.method} {self._mask(nearest.path)} differs in {', in '.join(differences)}{more}"

    def _describe_difference(self, place: str, recorded: str | None, requested: str | None) -> str:
        """Name a place and both values, masked, from a little before the first character in which they differ."""
        left, right = self._mask_value(recorded), self._mask_value(requested)
        if left == right:
            return f"{self._mask(place)}: in a redacted value"
        start = 0
        if left and right and max(len(left.text), len(right.text)) > MAX_CHARACTERS:
            start = max(0, _find_difference(left.text, right.text) - MAX_CHARACTERS // 4)
        return f"{self._mask(place)}: recorded {_format_value(left, start)}, requested {_format_value(right, start)}"

    def _mask_value(self, value: str | None) -> Value | None:
        if value is None:
            return None
        is_text = value.startswith("'")
        return Value(mask(value[1:-1] if is_text else value, self._secrets), is_text)

    def _mask(self, text: str) -> str:
        masked = mask(text, self._secrets)
        return _escape(masked if len(masked) <= MAX_CHARACTERS else masked[:MAX_CHARACTERS] + "…")

    def _refuse(self, message: str, *, mark: str = "") -> Reply:
        return Failure(InfisicalNetworkError(f"{self._path.name}{mark} {message}", reason="unrecorded", sent=False))


def _get_path(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:
        return url


def _find_difference(one: str, other: str) -> int:
    """Find the position of the first character in which two texts differ."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((position for position, (a, b) in pairs if a != b), min(len(one), len(other)))


def _format_value(value: Value | None, start: int) -> str:
    """Write a value for a message: a text in quotes, as Python writes it; a number, null or nothing without them."""
    if value is None:
        return "nothing"
    text, end = value.text, start + MAX_CHARACTERS
    excerpt = ("…" if start else "") + text[start:end] + ("…" if len(text) > end else "")
    return repr(excerpt) if value.is_text else _escape(excerpt)


def _escape(text: str) -> str:
    return text if text.isprintable() else repr(text)


def _make_reply(exchange: Exchange) -> Reply:
    headers = tuple((name, value) for name, values in exchange.response_headers.items() for value in values)
    return Success(Response(exchange.status, headers, exchange.response_body))
