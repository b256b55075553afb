"""Find the recorded request that answers a request, and name how two requests differ. No file and no redaction here.

A request is compared by its parts: a part is a place (`query environment`, `body secrets[0].secretKey`) and a value.
Values on a tape may be redacted: the mask in one of them matches any text. Requests are looked up by their parts, so
that the cost of playing a tape grows with its length; only an unrecorded request is compared with all recorded ones.
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
DEEPEST: Final = 64  # a body that is nested more deeply is compared as text
Parts: TypeAlias = dict[str, str]
"""Place -> value. A text has quotes around it, so that '1' differs from 1."""
Shape: TypeAlias = tuple[tuple[str, int, int], ...]
"""Places, and how many characters at the start and at the end of their values are not redacted."""
WHOLE: Final = -1


class Object(list[tuple[str, Any]]):
    """A JSON object with its members in order, and with those whose name appears twice."""


class Literal(str):
    """A number as the JSON text has it: no digit is lost, none too large."""

    __slots__ = ()


def parts_of(method: str, url: str, content_type: str, body: bytes | None, match_on: Sequence[str]) -> Parts:
    """Take a request apart into what is compared."""
    try:
        split = urlsplit(url)
        scheme, host, path, query = split.scheme, split.hostname or "", split.path or "/", split.query
        port = str(split.port or PORTS.get(scheme, ""))
    except ValueError:  # no port or address that can be read
        scheme, host, port, path, query = "", "", "", url, ""
    if RECORDED_MASK in scheme + host:
        port = RECORDED_MASK
    named = {"method": method, "scheme": scheme, "host": host, "port": port, "path": path}
    parts = {name: _text(value) for name, value in named.items() if name in match_on}
    if "query" in match_on:
        parts.update(_form("query", query))
    if "body" in match_on:
        parts.update(_body(body or b"", content_type))
    return parts


@dataclass(slots=True)
class Recorded:
    """Equal requests of a tape: their parts, and the positions of their answers, in order."""

    method: str
    path: str
    parts: Parts
    answers: list[int] = field(default_factory=list)
    played: int = 0

    @property
    def is_exhausted(self) -> bool:
        return self.played >= len(self.answers)


class RecordedRequests:
    """The requests of a tape, and which of their answers were played."""

    def __init__(self) -> None:
        self._all: dict[frozenset[tuple[str, str]], Recorded] = {}
        self._redacted: dict[int, dict[Shape, dict[tuple[str, ...], list[Recorded]]]] = {}
        # number of parts -> what a redacted request fixes -> its texts there -> requests

    def add(self, answer: int, method: str, path: str, parts: Parts) -> None:
        """Append a request whose answer is the one at that position."""
        key = frozenset(parts.items())
        recorded = self._all.get(key)
        if recorded is None:
            recorded = self._all[key] = Recorded(method, path, parts)
            if any(RECORDED_MASK in place or RECORDED_MASK in value for place, value in parts.items()):
                shape = _shape(parts)
                alike = self._redacted.setdefault(len(parts), {}).setdefault(shape, {})
                alike.setdefault(_fixed(shape, parts), []).append(recorded)
        recorded.answers.append(answer)

    def take(self, parts: Parts, repeat: bool) -> int | None:
        """Mark the next answer to a request as played, and return its position; None if there is none.

        With `repeat`, the last answer is taken again when all were played.
        """
        recorded = self._all.get(frozenset(parts.items()))
        if recorded is None or recorded.is_exhausted:
            others = [one for one in self._matching(parts) if not one.is_exhausted or (repeat and recorded is None)]
            recorded = min(others, key=_next_answer, default=recorded)
        if recorded is None or (recorded.is_exhausted and not repeat):
            return None
        position = recorded.answers[min(recorded.played, len(recorded.answers) - 1)]
        recorded.played += 1
        return position

    def listing(self, method: str, path: str) -> list[tuple[str, str]]:
        """List methods and paths of the recorded requests, those like the given ones first."""
        known = {(one.method, one.path) for one in self._all.values()}
        return sorted(known, key=lambda one: (-_alike(one, (method, path)), one))

    def nearest(self, method: str, path: str, parts: Parts) -> Recorded | None:
        """Find the recorded request that is most like another: by path and method, then by the number of differences.

        Of several, it is the first one whose answers were not played yet.
        """
        alike = [(_alike((one.method, one.path), (method, path)), one) for one in self._all.values()]
        best = max((score for score, _ in alike), default=0)
        candidates = [one for score, one in alike if score == best]
        return min(candidates, key=lambda one: (len(differences(one.parts, parts)), one.is_exhausted), default=None)

    def _matching(self, parts: Parts) -> Iterator[Recorded]:
        """Find recorded requests with redacted parts that match: those without are found by their key."""
        for shape, by_texts in self._redacted.get(len(parts), {}).items():
            if all(place in parts for place, _, _ in shape):
                for recorded in by_texts.get(_fixed(shape, parts), ()):
                    if not differences(recorded.parts, parts):
                        yield recorded


def _shape(parts: Parts) -> Shape:
    """Describe which text a redacted request fixes: all of a value, or what is before and after the mask."""
    fixed: list[tuple[str, int, int]] = []
    for place, value in sorted(parts.items()):
        if RECORDED_MASK not in value and RECORDED_MASK not in place:
            fixed.append((place, WHOLE, 0))
        elif RECORDED_MASK not in place:
            before, after = value.find(RECORDED_MASK), len(value) - value.rfind(RECORDED_MASK) - len(RECORDED_MASK)
            fixed.append((place, before, after) if value != _text(RECORDED_MASK) else (place, 0, 0))
    return tuple(fixed)


def _fixed(shape: Shape, parts: Parts) -> tuple[str, ...]:
    texts: list[str] = []
    for place, before, after in shape:
        value = parts[place]
        texts += (value,) if before == WHOLE else (value[:before], value[len(value) - after :])
    return tuple(texts)


def differences(recorded: Parts, requested: Parts) -> list[str]:
    """Name the places at which a request differs from a recorded one, in order."""
    renamed = [place for place in recorded if RECORDED_MASK in place and place not in requested]
    differing = [
        place
        for place, value in recorded.items()
        if place not in renamed and not (place in requested and _matches(value, requested[place]))
    ]
    extra = [place for place in requested if place not in recorded]
    return differing + extra[len(renamed) :]


def _next_answer(recorded: Recorded) -> tuple[bool, int]:
    return recorded.is_exhausted, recorded.answers[min(recorded.played, len(recorded.answers) - 1)]


def _matches(recorded: str, requested: str) -> bool:
    """Compare two values; the mask in the recorded one matches any text. No backtracking: pieces are found in order."""
    if recorded == requested or recorded == _text(RECORDED_MASK):
        return True
    if RECORDED_MASK not in recorded:
        return False
    first, *middle, last = recorded.split(RECORDED_MASK)
    if not requested.startswith(first):
        return False
    at = len(first)
    for piece in middle:
        at = requested.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    return requested.endswith(last) and len(requested) - len(last) >= at


def _alike(one: tuple[str, str], other: tuple[str, str]) -> int:
    """Say how much two requests are alike: by equal parts of the path, from the left, and by the method."""
    left, right = one[1].split("/"), other[1].split("/")
    same = next((i for i, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))
    return 2 * same + (one[0] == other[0])


def _text(value: str) -> str:
    return f"'{value}'"


def _form(where: str, text: str) -> Iterator[tuple[str, str]]:
    """Read a query or a form; a name that appears more than once has its values in order."""
    by_name: dict[str, list[str]] = {}
    for name, value in parse_qsl(text, keep_blank_values=True, errors="surrogateescape"):
        by_name.setdefault(name, []).append(value)
    for name, values in by_name.items():
        for index, value in enumerate(sorted(values)):
            yield f"{where} {_named(name)}" + (f"[{index}]" if index else ""), _text(value)


def _body(body: bytes, content_type: str) -> Parts:
    """Read JSON, whatever its type is called, or a form; anything else is one text. No body is an empty object."""
    text = body.decode("utf-8", "surrogateescape")
    if text.lstrip()[:1] in ("{", "["):
        try:
            return _json(text)
        except (ValueError, RecursionError):
            return {"body": _text(text)}
    if "x-www-form-urlencoded" in content_type.lower():
        return dict(_form("body", text))
    return {"body": _text(text)} if text else {}


def _json(text: str) -> Parts:
    value = json.loads(text, object_pairs_hook=Object, parse_int=Literal, parse_float=Literal, parse_constant=Literal)
    parts: Parts = {}
    waiting: list[tuple[str, Any, int]] = [("", value, 0)] if value != [] or not isinstance(value, Object) else []
    while waiting:
        place, value, depth = waiting.pop()
        if depth > DEEPEST:
            raise ValueError("nested too deeply")
        if isinstance(value, list) and value:
            inner = _members(place, value) if isinstance(value, Object) else _elements(place, value)
            waiting.extend(reversed([(where, item, depth + 1) for where, item in inner]))
        else:
            parts[f"body {place}" if place else "body"] = _leaf(value)
    return parts


def _members(place: str, value: Object) -> Iterator[tuple[str, Any]]:
    times: dict[str, int] = {}
    for name, item in value:
        times[name] = times.get(name, 0) + 1
        again = f"#{times[name]}" if times[name] > 1 else ""
        shown = _named(name)
        dot = "." if place and not shown.startswith("[") else ""
        yield f"{place}{dot}{shown}{again}", item


def _elements(place: str, value: list[Any]) -> Iterator[tuple[str, Any]]:
    return ((f"{place}[{index}]", item) for index, item in enumerate(value))


def _leaf(value: Any) -> str:
    if isinstance(value, Literal):
        return str(value)
    if isinstance(value, str):
        return _text(value)
    return "{}" if isinstance(value, Object) else json.dumps(value)


def _named(name: str) -> str:
    """Write a name so that no two places are written alike."""
    return name if PLAIN_NAME.fullmatch(name) else f"[{json.dumps(name)}]"
