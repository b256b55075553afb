"""Find the recorded request that answers a request, and name how two requests differ. No file and no redaction here.

A request is compared by its parts: a part is a place (`query environment`, `body secrets[0].secretKey`) and a value.
Values on a tape may be redacted: the mask in one of them matches any text. Requests are looked up by their parts, so
that the cost of playing a tape grows with its length. Only an unrecorded request is compared with all recorded ones.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qsl, urlsplit

from infisical.redaction import RECORDED_MASK

MATCHERS: Final = ("method", "scheme", "host", "port", "path", "query", "body")
PORTS: Final = {"http": "80", "https": "443"}
PLAIN_NAME: Final = re.compile(r"[\w-]+")
MAX_DEPTH: Final = 64
"""A body that is nested more deeply is compared as text."""
Parts: TypeAlias = dict[str, str]
"""Place -> value. A text has quotes around it, so that '1' differs from 1."""
Shape: TypeAlias = tuple[tuple[str, int, int], ...]
"""Places, and how many characters at the start and at the end of their values are not redacted."""
WHOLE_LENGTH: Final = -1
"""Replaces the first length in a shape if the whole value is not redacted."""


class JsonObject(list[tuple[str, Any]]):
    """A JSON object with its members in order, repeated names included."""


class JsonNumber(str):
    """A number in the notation of the JSON text: no digit is lost, and no number is too large."""

    __slots__ = ()


def split_parts(method: str, url: str, content_type: str, body: bytes | None, match_on: Sequence[str]) -> Parts:
    """Split a request into the parts that are compared."""
    try:
        split = urlsplit(url)
        scheme, host, path, query = split.scheme, split.hostname or "", split.path or "/", split.query
        port = str(split.port or PORTS.get(scheme, ""))
    except ValueError:  # the port or the address is malformed
        scheme, host, port, path, query = "", "", "", url, ""
    if RECORDED_MASK in scheme + host:
        port = RECORDED_MASK
    values = {"method": method, "scheme": scheme, "host": host, "port": port, "path": path}
    parts = {name: _quote(value) for name, value in values.items() if name in match_on}
    if "query" in match_on:
        parts.update(_read_form("query", query))
    if "body" in match_on:
        parts.update(_read_body(body or b"", content_type))
    return parts


@dataclass(slots=True)
class RecordedRequest:
    """Equal requests of a tape: their parts, and the positions of their responses, in order."""

    method: str
    path: str
    parts: Parts
    answers: list[int] = field(default_factory=list)
    play_count: int = 0

    @property
    def is_exhausted(self) -> bool:
        """Whether every response was played."""
        return self.play_count >= len(self.answers)

    @property
    def next_answer(self) -> int:
        """The position of the next response, or of the last one if all were played."""
        return self.answers[min(self.play_count, len(self.answers) - 1)]


class RecordedRequests:
    """The requests of a tape, and how many of their responses were played."""

    def __init__(self) -> None:
        self._by_parts: dict[frozenset[tuple[str, str]], RecordedRequest] = {}
        # number of parts -> shape of a redacted request -> its texts that are not redacted -> requests
        self._redacted: dict[int, dict[Shape, dict[tuple[str, ...], list[RecordedRequest]]]] = {}

    def add(self, answer: int, method: str, path: str, parts: Parts) -> None:
        """Append a request with the position of its response."""
        key = frozenset(parts.items())
        recorded = self._by_parts.get(key)
        if recorded is None:
            recorded = self._by_parts[key] = RecordedRequest(method, path, parts)
            if any(RECORDED_MASK in place or RECORDED_MASK in value for place, value in parts.items()):
                shape = _describe_shape(parts)
                by_texts = self._redacted.setdefault(len(parts), {}).setdefault(shape, {})
                by_texts.setdefault(_select_texts(shape, parts), []).append(recorded)
        recorded.answers.append(answer)

    def take(self, parts: Parts, repeat: bool) -> int | None:
        """Mark the next response to a request as played and return its position; None if every response was played.

        With `repeat`, the last response is taken again after all were played.
        """
        recorded = self._by_parts.get(frozenset(parts.items()))
        if recorded is None or recorded.is_exhausted:
            others = [one for one in self._find_matches(parts) if not one.is_exhausted or (repeat and recorded is None)]
            recorded = min(others, key=lambda one: (one.is_exhausted, one.next_answer), default=recorded)
        if recorded is None or (recorded.is_exhausted and not repeat):
            return None
        position = recorded.next_answer
        recorded.play_count += 1
        return position

    def list_by_similarity(self, method: str, path: str) -> list[tuple[str, str]]:
        """List methods and paths of the recorded requests, the most similar ones first."""
        recorded = {(one.method, one.path) for one in self._by_parts.values()}
        return sorted(recorded, key=lambda one: (-_compute_similarity(one, (method, path)), one))

    def find_nearest(self, method: str, path: str, parts: Parts) -> RecordedRequest | None:
        """Find the most similar recorded request: by path and method, then by the number of differences.

        Of several, it is the first one with a response that was not played yet.
        """
        scores = [(_compute_similarity((one.method, one.path), (method, path)), one) for one in self._by_parts.values()]
        best = max((score for score, _ in scores), default=0)
        candidates = [one for score, one in scores if score == best]
        return min(
            candidates, key=lambda one: (len(list_differences(one.parts, parts)), one.is_exhausted), default=None
        )

    def _find_matches(self, parts: Parts) -> Iterator[RecordedRequest]:
        """Find the redacted requests that match; others are looked up by their parts."""
        for shape, by_texts in self._redacted.get(len(parts), {}).items():
            if all(place in parts for place, _, _ in shape):
                for recorded in by_texts.get(_select_texts(shape, parts), ()):
                    if not list_differences(recorded.parts, parts):
                        yield recorded


def _describe_shape(parts: Parts) -> Shape:
    """Describe which text a redacted request fixes: all of a value, or the text before and after the mask."""
    shape: list[tuple[str, int, int]] = []
    for place, value in sorted(parts.items()):
        if RECORDED_MASK not in value and RECORDED_MASK not in place:
            shape.append((place, WHOLE_LENGTH, 0))
        elif RECORDED_MASK not in place:
            before, after = value.find(RECORDED_MASK), len(value) - value.rfind(RECORDED_MASK) - len(RECORDED_MASK)
            shape.append((place, before, after) if value != _quote(RECORDED_MASK) else (place, 0, 0))
    return tuple(shape)


def _select_texts(shape: Shape, parts: Parts) -> tuple[str, ...]:
    """Select the texts of a request that a shape fixes."""
    texts: list[str] = []
    for place, before, after in shape:
        value = parts[place]
        texts += (value,) if before == WHOLE_LENGTH else (value[:before], value[len(value) - after :])
    return tuple(texts)


def list_differences(recorded: Parts, requested: Parts) -> list[str]:
    """List the places at which a request differs from a recorded one, in order."""
    renamed = [place for place in recorded if RECORDED_MASK in place and place not in requested]
    differing = [
        place
        for place, value in recorded.items()
        if place not in renamed and not (place in requested and _matches(value, requested[place]))
    ]
    extra = [place for place in requested if place not in recorded]
    return differing + extra[len(renamed) :]


def _matches(recorded: str, requested: str) -> bool:
    """Whether two values match: the mask in the recorded one matches any text. There is no backtracking."""
    if recorded == requested or recorded == _quote(RECORDED_MASK):
        return True
    if RECORDED_MASK not in recorded:
        return False
    first, *middle, last = recorded.split(RECORDED_MASK)
    if not requested.startswith(first):
        return False
    position = len(first)
    for piece in middle:
        position = requested.find(piece, position)
        if position < 0:
            return False
        position += len(piece)
    return requested.endswith(last) and len(requested) - len(last) >= position


def _compute_similarity(one: tuple[str, str], other: tuple[str, str]) -> int:
    """Compute how similar two requests are: by equal segments of the path, from the left, and by the method."""
    left, right = one[1].split("/"), other[1].split("/")
    pairs = enumerate(zip(left, right, strict=False))
    equal_count = next((index for index, (a, b) in pairs if a != b), min(len(left), len(right)))
    return 2 * equal_count + (one[0] == other[0])


def _quote(value: str) -> str:
    return f"'{value}'"


def _read_form(where: str, text: str) -> Iterator[tuple[str, str]]:
    """Read a query or a form; the values of a repeated name are sorted."""
    by_name: dict[str, list[str]] = {}
    for name, value in parse_qsl(text, keep_blank_values=True, errors="surrogateescape"):
        by_name.setdefault(name, []).append(value)
    for name, values in by_name.items():
        for index, value in enumerate(sorted(values)):
            yield f"{where} {_format_name(name)}" + (f"[{index}]" if index else ""), _quote(value)


def _read_body(body: bytes, content_type: str) -> Parts:
    """Read JSON of any content type, or a form; anything else is one text. An empty body is an empty object."""
    text = body.decode("utf-8", "surrogateescape")
    if text.lstrip()[:1] in ("{", "["):
        try:
            return _read_json(text)
        except (ValueError, RecursionError):
            return {"body": _quote(text)}
    if "x-www-form-urlencoded" in content_type.lower():
        return dict(_read_form("body", text))
    return {"body": _quote(text)} if text else {}


def _read_json(text: str) -> Parts:
    value = json.loads(
        text, object_pairs_hook=JsonObject, parse_int=JsonNumber, parse_float=JsonNumber, parse_constant=JsonNumber
    )
    parts: Parts = {}
    waiting: list[tuple[str, Any, int]] = [("", value, 0)] if value != [] or not isinstance(value, JsonObject) else []
    while waiting:
        place, value, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise ValueError("nested too deeply")
        if isinstance(value, list) and value:
            children = _list_members(place, value) if isinstance(value, JsonObject) else _list_elements(place, value)
            waiting.extend(reversed([(where, child, depth + 1) for where, child in children]))
        else:
            parts[f"body {place}" if place else "body"] = _format_leaf(value)
    return parts


def _list_members(place: str, value: JsonObject) -> Iterator[tuple[str, Any]]:
    counts: dict[str, int] = {}
    for name, member in value:
        counts[name] = counts.get(name, 0) + 1
        number = f"#{counts[name]}" if counts[name] > 1 else ""
        key = _format_name(name)
        dot = "." if place and not key.startswith("[") else ""
        yield f"{place}{dot}{key}{number}", member


def _list_elements(place: str, value: list[Any]) -> Iterator[tuple[str, Any]]:
    return ((f"{place}[{index}]", element) for index, element in enumerate(value))


def _format_leaf(value: Any) -> str:
    if isinstance(value, JsonNumber):
        return str(value)
    if isinstance(value, str):
        return _quote(value)
    return "{}" if isinstance(value, JsonObject) else json.dumps(value)


def _format_name(name: str) -> str:
    """Write a name so that different places have different texts."""
    return name if PLAIN_NAME.fullmatch(name) else f"[{json.dumps(name)}]"
