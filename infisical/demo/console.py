"""The console: it makes calls, records their exchanges, and prints the call, the HTTP requests and the answer.

The redaction package hides the secrets. The scenarios are in modules of their names.
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


# ---- recording
@dataclass(frozen=True, slots=True)
class Exchange:
    """An HTTP request as the transport got it, and the reply."""

    request: HttpRequest
    reply: Reply


def record_exchanges(inner: Executor, exchanges: list[Exchange]) -> Executor:
    """Wrap an executor so that exchanges are recorded. Middleware would not see the token, which is attached last."""

    def execute(request: HttpRequest) -> Reply:
        reply = inner(request)
        exchanges.append(Exchange(request, reply))
        return reply

    return execute


# ---- calls
@dataclass(slots=True)
class Console:
    """A client whose calls are printed, with all exchanges and answers so far. `settings` go to the client."""

    executor: Executor
    base_url: str
    settings: dict[str, Any] = field(default_factory=dict)
    exchanges: list[Exchange] = field(default_factory=list)
    answers: list[Answer[Any]] = field(default_factory=list)
    client: InfisicalClient = field(init=False)

    def __post_init__(self) -> None:
        self.executor = record_exchanges(self.executor, self.exchanges)
        self.client = InfisicalClient(base_url=self.base_url, executor=self.executor, **self.settings)

    def call(self, name: str, function: Callable[P, Answer[T]], /, *args: P.args, **kwargs: P.kwargs) -> Answer[T]:
        """Make a call, and print it with its HTTP requests, their responses, and the decoded answer."""
        keywords = (
            f"{key}={MASK if to_camel_case(key).lower() in SECRET_FIELDS else _format_argument(value)}"
            for key, value in kwargs.items()
        )
        print_text("call", f"{name}({', '.join((*map(_format_argument, args), *keywords))})", lines=3)
        before = len(self.exchanges)
        answer = function(*args, **kwargs)
        self.answers.append(answer)
        for exchange in self.exchanges[before:]:
            print_exchange(exchange)
        if len(self.exchanges) == before:
            print_text("request", f"none: still {before} HTTP requests in all")
        match answer:
            case Success(value):
                print_text("answer", f"Success({value!r})", lines=2)
            case Failure(error):
                print_text("answer", f"Failure({error!r})", lines=3)
        return answer


Step: TypeAlias = "tuple[str, Callable[[Console], bool]]"
"""A title, and a function that makes calls and returns True if the step passed."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """The steps of a demo, and the console that they print to."""

    title: str
    console: Console
    steps: tuple[Step, ...]
    failure: str
    """What a failed step means: the end of a sentence that begins with `Step 3`."""


# ---- output
WIDTH: Final = 100
INDENT_WIDTH: Final = 11
HARD_SPACE: Final = "\N{NO-BREAK SPACE}"


def print_text(label: str, text: str, *, lines: int | None = None) -> None:
    """Print a label and a text, wrapped, and truncated after so many lines."""
    print_lines(label, _wrap(text, lines))


def print_lines(label: str, lines: Sequence[str]) -> None:
    for name, line in zip((label, *[""] * len(lines)), lines, strict=False):
        print(f"  {name:<{INDENT_WIDTH - 2}}{line.replace(HARD_SPACE, ' ')}")


def print_exchange(exchange: Exchange) -> None:
    request = exchange.request
    print_lines("request", _wrap_url(f"{request.method}{HARD_SPACE}{request.url}"))
    print_text("headers", _format_headers(request.headers))
    if request.body is not None:
        print_text("body", json.dumps(mask_value(json.loads(request.body))))
    match exchange.reply:
        case Success(response):
            left, limit = response.header("x-ratelimit-remaining"), response.header("x-ratelimit-limit")
            limits = "" if limit is None else f", x-ratelimit-remaining: {left} of {limit}"
            print_text("response", f"{response.status}, {len(response.body)} bytes{limits}")
        case Failure(error):
            print_text("response", f"none: {error.message}")


def _format_argument(value: object) -> str:
    """Format an argument as its repr, in which no line breaks inside a string."""
    return repr(value).replace(" ", HARD_SPACE) if isinstance(value, str) else repr(value)


def _wrap(text: str, lines: int | None = None) -> list[str]:
    return textwrap.wrap(text, WIDTH - INDENT_WIDTH, break_on_hyphens=False, max_lines=lines, placeholder=" ...")


def _wrap_url(url: str) -> list[str]:
    """Wrap a URL before the parts of its path and before its parameters."""
    return [line.replace(" ", "") for line in _wrap(re.sub(r"(?<=\w)(?=[/?&])", " ", url))]


def _format_headers(headers: Headers) -> str:
    """Format the names of headers, and a mask for each credential."""
    return ", ".join(f"{name}: {MASK}" if name.lower() in SECRET_HEADERS else name for name, _ in headers)
