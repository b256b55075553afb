"""`python -m infisical demo`: the real client and its whole chain on a recording, told step by step.

It prints; what secrets look like and how they are hidden is redaction.py's. Nothing here is part of the library, and
nothing in the library imports it.
"""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar

from returns.result import Failure, Success

from infisical.auth import ServiceToken, UniversalAuth
from infisical.client import InfisicalClient
from infisical.drivers import Executor, Reply
from infisical.errors import AuthenticationError, ValidationError
from infisical.executors.cassette import CassetteExecutor
from infisical.group import Answer
from infisical.redaction import MASK, SECRET_HEADERS, masked, masked_value
from infisical.request import Headers, HttpRequest
from infisical.version import __version__

P = ParamSpec("P")
T = TypeVar("T")

RECORDING: Final = Path(__file__).parent / "recordings" / "demo.yaml"
# What the recording was made with: only requests that it knows are answered.
RECORDED_AT: Final = "https://infisical.example.com"
CLIENT_ID: Final = "4c0eb7cc-fa12-423e-85f7-f475f0e6f70c"
CLIENT_SECRET: Final = "scrubbed-client-secret"
PROJECT: Final = "13149087-66d8-45dd-af69-b4cd92a52979"
KEY: Final = "1ad69bfd-500a-4c13-b4e1-7e0ed2ba457c"

WORDS: Final = "attack at dawn"
STARS: Final = "*" * 8  # always as many: the length of a secret is nobody's business either
WIDTH: Final = 100
LABEL: Final = 11
LINES: Final = 3  # of a value's repr


# ---- the executor that takes notes
@dataclass(frozen=True, slots=True)
class Exchange:
    """A message as it went to the transport, and the reply."""

    sent: HttpRequest
    reply: Reply


def noting(inner: Executor, notes: list[Exchange]) -> Executor:
    """Make an executor that notes what passes. A link would see less: the credential is attached behind the links."""

    def execute(request: HttpRequest) -> Reply:
        reply = inner(request)
        notes.append(Exchange(request, reply))
        return reply

    return execute


# ---- the stage
@dataclass(slots=True)
class Stage:
    """The recording, what has passed so far, and a client that holds the session."""

    executor: Executor
    notes: list[Exchange] = field(default_factory=list)
    calls: int = 0
    client: InfisicalClient = field(init=False)

    def __post_init__(self) -> None:
        self.executor = noting(self.executor, self.notes)
        self.client = InfisicalClient(base_url=RECORDED_AT, executor=self.executor)

    def ask(self, name: str, call: Callable[P, Answer[T]], /, *args: P.args, **kwargs: P.kwargs) -> Answer[T]:
        """Make a call, and tell what was asked, sent, answered and made of it."""
        arguments = [*(repr(value) for value in args), *(f"{name}={value!r}" for name, value in kwargs.items())]
        tell("asked", f"{name}({', '.join(arguments)})")
        before = len(self.notes)
        answer = call(*args, **kwargs)
        self.calls += 1
        for exchange in self.notes[before:]:
            tell_exchange(exchange)
        if len(self.notes) == before:
            tell("sent", f"nothing: it is still {before} messages")
        match answer:
            case Success(value):
                tell("result", f"Success({value!r})", lines=LINES)
            case Failure(error):
                tell("result", f"Failure({error!r})", lines=LINES)
        return answer


# ---- the steps: each says whether it went as it should
def log_in(stage: Stage) -> bool:
    answer = stage.ask("client.login", stage.client.login, UniversalAuth(CLIENT_ID, CLIENT_SECRET))
    return isinstance(answer, Success)


def list_secrets(stage: Stage) -> bool:
    answer = stage.ask(
        "client.secrets_v3.list",
        stage.client.secrets_v3.list,
        workspace_id=PROJECT,
        environment="dev",
        secret_path="/",
        recursive=True,
        include_imports=True,
    )
    match answer:
        case Success(found):
            for secret in found.secrets:
                tell("", f"{secret.secret_key} = {STARS}  (version {secret.version}, in {secret.secret_path})")
            return True
        case _:
            return False


def encrypt_and_decrypt(stage: Stage) -> bool:
    kms = stage.client.kms
    answer = stage.ask("client.kms.encrypt", kms.encrypt, key_id=KEY, plaintext=WORDS).bind(
        lambda made: stage.ask("client.kms.decrypt", kms.decrypt, key_id=KEY, ciphertext=made.ciphertext)
    )
    match answer:
        case Success(decrypted):
            holds = decrypted.text == WORDS
            tell("", f".text == {WORDS!r} is {holds}: the round trip {'holds' if holds else 'does not hold'}")
            return holds
        case _:
            return False


def ask_what_the_server_refuses(stage: Stage) -> bool:
    answer = stage.ask("client.kms.create_key", stage.client.kms.create_key, project_id=PROJECT, name="Bad Name!")
    match answer:
        case Failure(ValidationError() as error):
            tell("opened", "case Failure(ValidationError() as error): a 401, but the token is good: no login again")
            tell("", f"error.message      {error.message!r}")
            tell("", f"error.status_code  {error.status_code}, error.error_type {error.error_type!r}")
            tell("", f"error.details      {error.details!r}: this server says all in the message")
            return True
        case _:
            return False


def ask_what_the_client_refuses(stage: Stage) -> bool:
    other = InfisicalClient(base_url=RECORDED_AT, executor=stage.executor, auth=ServiceToken("st.any.token"))
    before = len(stage.notes)
    answer = stage.ask("other.kms.list_keys", other.kms.list_keys, project_id=PROJECT)
    match answer:
        case Failure(AuthenticationError(sent=False) as error):
            tell(
                "opened",
                f"case Failure(AuthenticationError(sent=False) as error): {error.current_mode} is the wrong kind",
            )
            return len(stage.notes) == before
        case _:
            return False


STEPS: Final[tuple[tuple[str, Callable[[Stage], bool]], ...]] = (
    ("Log in as a machine identity", log_in),
    ("List secrets: no repr shows a value", list_secrets),
    ("Encrypt and decrypt with a key that stays on the server", encrypt_and_decrypt),
    ("A call that the server refuses: a value, not an exception", ask_what_the_server_refuses),
    ("A call that the client refuses: a service token at the KMS", ask_what_the_client_refuses),
)


def main() -> int:
    """Tell the steps; the exit code is 0 if all went as they should."""
    try:
        stage = Stage(CassetteExecutor(RECORDING, mode="none"))
    except ImportError as missing:
        print(f"the demo plays a recording, and {missing}", file=sys.stderr)
        return 1
    print(
        f"infisical-functional {__version__}: the real client and chain; the answers of a real server are played from"
    )
    print(f"{RECORDING.parent.name}/{RECORDING.name} by CassetteExecutor. No server, no network; secrets are masked.")
    for number, (title, step) in enumerate(STEPS, 1):
        print(f"\n{number}. {title}")
        if not step(stage):
            print(f"\nStep {number} did not go as recorded: the client or {RECORDING} has changed.")
            return 1
    sent = len(stage.notes)
    print(f"\nSeen: {stage.calls} calls, {sent} messages, 2 failures as values, no exception; go on with the README.")
    return 0


# ---- telling
def tell(label: str, text: str, *, lines: int | None = None) -> None:
    """Print a text behind its label, wrapped, and cut after so many lines."""
    wrapped = textwrap.wrap(text, WIDTH - LABEL, break_on_hyphens=False, max_lines=lines, placeholder=" ...")
    for name, line in zip((label, *[""] * len(wrapped)), wrapped, strict=False):
        print(f"  {name:<{LABEL - 2}}{line}")


def tell_exchange(exchange: Exchange) -> None:
    request = exchange.sent
    url, _, query = request.url.partition("?")
    tell("sent", f"{request.method} {url}")
    for line in _query_lines(query):
        tell("", line)
    tell("headers", _shown(request.headers))
    if request.body is not None:
        tell("body", json.dumps(masked_value(json.loads(request.body))))
    match exchange.reply:
        case Success(response):
            left, limit = response.header("x-ratelimit-remaining"), response.header("x-ratelimit-limit")
            tell("answered", f"{response.status}, {len(response.body)} bytes, x-ratelimit-remaining: {left} of {limit}")
        case Failure(error):
            tell("answered", f"nothing: {error.message}")


def _query_lines(query: str) -> Iterator[str]:
    """A query in lines that break before its parameters."""
    spaced = f"?{query}".replace("&", " &") if query else ""
    for line in textwrap.wrap(spaced, WIDTH - LABEL, break_on_hyphens=False):
        yield line.replace(" &", "&")


def _shown(headers: Headers) -> str:
    """The names; a credential is there, and hidden."""
    return ", ".join(f"{name}: {MASK}" if name.lower() in SECRET_HEADERS else name for name, _ in headers)
