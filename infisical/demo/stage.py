"""The stage: a client on a transport that takes notes, and how a play tells what was asked, sent and answered.

It prints; what is secret, and how it is hidden, is said in redaction.py. What is played stands in the plays.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, ParamSpec, TypeAlias, TypeVar

from returns.result import Failure, Success

from infisical.client import InfisicalClient
from infisical.group import Answer
from infisical.model.names import to_camel_case
from infisical.redaction import MASK, SECRET_FIELDS, SECRET_HEADERS, mask_value
from infisical.request import Headers, HttpRequest
from infisical.transport import Executor, Reply

P = ParamSpec("P")
T = TypeVar("T")


# ---- the executor that takes notes
@dataclass(frozen=True, slots=True)
class Exchange:
    """A message as it went to the transport, and the reply."""

    sent: HttpRequest
    reply: Reply


def noting(inner: Executor, notes: list[Exchange]) -> Executor:
    """Make an executor that notes what passes. A link would see less: the session attaches its token behind it."""

    def execute(request: HttpRequest) -> Reply:
        reply = inner(request)
        notes.append(Exchange(request, reply))
        return reply

    return execute


# ---- the stage
@dataclass(slots=True)
class Stage:
    """A transport, a client on it, and what has passed so far. More for the client: `settings`."""

    executor: Executor
    base_url: str
    settings: dict[str, Any] = field(default_factory=dict)
    notes: list[Exchange] = field(default_factory=list)
    answers: list[Answer[Any]] = field(default_factory=list)
    client: InfisicalClient = field(init=False)

    def __post_init__(self) -> None:
        self.executor = noting(self.executor, self.notes)
        self.client = InfisicalClient(base_url=self.base_url, executor=self.executor, **self.settings)

    def ask(self, name: str, call: Callable[P, Answer[T]], /, *args: P.args, **kwargs: P.kwargs) -> Answer[T]:
        """Make a call, and tell what was asked, sent and answered, and what it was decoded to."""
        named = (
            f"{key}={MASK if to_camel_case(key).lower() in SECRET_FIELDS else _shown(value)}"
            for key, value in kwargs.items()
        )
        tell("asked", f"{name}({', '.join((*map(_shown, args), *named))})", lines=3)
        before = len(self.notes)
        answer = call(*args, **kwargs)
        self.answers.append(answer)
        for exchange in self.notes[before:]:
            tell_exchange(exchange)
        if len(self.notes) == before:
            tell("sent", f"nothing: it is still {before} messages")
        match answer:
            case Success(value):
                tell("decoded", f"Success({value!r})", lines=2)
            case Failure(error):
                tell("decoded" if error.sent else "answered", f"Failure({error!r})", lines=3)
        return answer


Step: TypeAlias = "tuple[str, Callable[[Stage], bool]]"
"""A title, and what happens: whether it went as it should."""


@dataclass(frozen=True, slots=True)
class Play:
    """What is told: on which stage, in which steps."""

    about: str
    stage: Stage
    steps: tuple[Step, ...]
    expected: str
    """How a step should have gone, to end the sentence that tells that one did not."""


# ---- telling
WIDTH: Final = 100
INDENT: Final = 11
HARD_SPACE: Final = "\N{NO-BREAK SPACE}"


def tell(label: str, text: str, *, lines: int | None = None) -> None:
    """Print a text behind its label, wrapped, and cut after so many lines."""
    tell_lines(label, _wrapped(text, lines))


def tell_lines(label: str, lines: Sequence[str]) -> None:
    for name, line in zip((label, *[""] * len(lines)), lines, strict=False):
        print(f"  {name:<{INDENT - 2}}{line.replace(HARD_SPACE, ' ')}")


def tell_exchange(exchange: Exchange) -> None:
    request = exchange.sent
    tell_lines("sent", _url_lines(f"{request.method}{HARD_SPACE}{request.url}"))
    tell("headers", _names(request.headers))
    if request.body is not None:
        tell("body", json.dumps(mask_value(json.loads(request.body))))
    match exchange.reply:
        case Success(response):
            left, limit = response.header("x-ratelimit-remaining"), response.header("x-ratelimit-limit")
            limits = "" if limit is None else f", x-ratelimit-remaining: {left} of {limit}"
            tell("answered", f"{response.status}, {len(response.body)} bytes{limits}")
        case Failure(error):
            tell("answered", f"nothing: {error.message}")


def _shown(value: object) -> str:
    """The repr of an argument; a line does not break inside of a text."""
    return repr(value).replace(" ", HARD_SPACE) if isinstance(value, str) else repr(value)


def _wrapped(text: str, lines: int | None = None) -> list[str]:
    return textwrap.wrap(text, WIDTH - INDENT, break_on_hyphens=False, max_lines=lines, placeholder=" ...")


def _url_lines(url: str) -> list[str]:
    """A URL has no spaces to break at: it breaks before a part of its path or a parameter."""
    return [line.replace(" ", "") for line in _wrapped(re.sub(r"(?<=\w)(?=[/?&])", " ", url))]


def _names(headers: Headers) -> str:
    """The names of headers; of a credential, that it is there."""
    return ", ".join(f"{name}: {MASK}" if name.lower() in SECRET_HEADERS else name for name, _ in headers)
