"""`python -m infisical demo`: the real client and its whole chain on a recording, told step by step.

It prints; what is secret, and how it is hidden, is said in redaction.py. Nothing in the library imports this.
"""

from __future__ import annotations

import json
import re
import sys
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar

from returns.result import Failure, Success

from infisical.auth import ServiceToken
from infisical.client import InfisicalClient
from infisical.drivers import Executor, Reply
from infisical.endpoints.kms import DecryptResponse, EncryptResponse
from infisical.errors import AuthenticationError, ValidationError
from infisical.executors.cassette import CassetteExecutor
from infisical.group import Answer
from infisical.logins import UniversalAuth
from infisical.redaction import MASK, SECRET_HEADERS, masked_value
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
    """The recording, a client on it, and what has passed so far."""

    executor: Executor
    notes: list[Exchange] = field(default_factory=list)
    answers: list[Answer[Any]] = field(default_factory=list)
    client: InfisicalClient = field(init=False)

    def __post_init__(self) -> None:
        self.executor = noting(self.executor, self.notes)
        self.client = InfisicalClient(base_url=RECORDED_AT, executor=self.executor)

    def ask(self, name: str, call: Callable[P, Answer[T]], /, *args: P.args, **kwargs: P.kwargs) -> Answer[T]:
        """Make a call, and tell what was asked, sent and answered, and what it was decoded to."""
        arguments = [*map(_shown, args), *(f"{parameter}={_shown(value)}" for parameter, value in kwargs.items())]
        tell("asked", f"{name}({', '.join(arguments)})")
        before = len(self.notes)
        answer = call(*args, **kwargs)
        self.answers.append(answer)
        for exchange in self.notes[before:]:
            tell_exchange(exchange)
        if len(self.notes) == before:
            tell("sent", f"nothing: it is still {before} messages")
        match answer:
            case Success(value):
                tell("decoded", f"Success({value!r})", lines=3)
            case Failure(error):
                tell("decoded" if error.sent else "answered", f"Failure({error!r})", lines=3)
        return answer


# ---- the steps: each says whether it went as recorded
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
            for secret in found.secrets:  # always as many stars: how long a value is need not be seen either
                tell("", f"{secret.secret_key} = ********  (version {secret.version}, in {secret.secret_path})")
            return True
        case _:
            return False


def encrypt_and_decrypt(stage: Stage) -> bool:
    kms = stage.client.kms

    def decrypt(made: EncryptResponse) -> Answer[DecryptResponse]:
        return stage.ask("client.kms.decrypt", kms.decrypt, key_id=KEY, ciphertext=made.ciphertext)

    match stage.ask("client.kms.encrypt", kms.encrypt, key_id=KEY, plaintext=WORDS).bind(decrypt):
        case Success(decrypted):
            holds: bool = decrypted.text == WORDS
            tell("", f"its .text == {WORDS!r} is {holds}: the round trip {'holds' if holds else 'does not hold'}")
            return holds
        case _:
            return False


def ask_what_the_server_refuses(stage: Stage) -> bool:
    before = len(stage.notes)
    match stage.ask("client.kms.create_key", stage.client.kms.create_key, project_id=PROJECT, name="Bad Name!"):
        case Failure(ValidationError() as error):
            tell("opened", "case Failure(ValidationError() as error): a 401, but not of the token: no new login")
            tell("", f"error.message      {error.message!r}")
            tell("", f"error.status_code  {error.status_code}, error.error_type {error.error_type!r}")
            tell("", f"error.details[0]   {error.details[0]!r}")
            return len(stage.notes) == before + 1
        case _:
            return False


def ask_what_the_client_refuses(stage: Stage) -> bool:
    token = ServiceToken("st.any.token")
    tell("given", f"other = InfisicalClient(auth={token!r}), on the same recording")
    other = InfisicalClient(base_url=RECORDED_AT, executor=stage.executor, auth=token)
    before = len(stage.notes)
    match stage.ask("other.kms.list_keys", other.kms.list_keys, project_id=PROJECT):
        case Failure(AuthenticationError(sent=False) as error):
            tell("opened", "case Failure(AuthenticationError(sent=False) as error): nothing has left this process")
            tell("", f"error.current_mode   {error.current_mode!r}")
            tell("", f"error.allowed_modes  {error.allowed_modes!r}")
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
    """Tell the steps; the exit code is 0 if all went as recorded."""
    try:
        stage = Stage(CassetteExecutor(RECORDING, mode="none"))
    except ImportError as missing:
        print(f"the demo plays a recording, and {missing}", file=sys.stderr)
        return 1
    print(f"infisical-functional {__version__}: the real client with its whole chain. What a real server answered is")
    print(f"played from {RECORDING.parent.name}/{RECORDING.name}: no server, no network. Secrets are masked.")
    for number, (title, step) in enumerate(STEPS, 1):
        print(f"\n{number}. {title}")
        if not step(stage):
            print(f"\nStep {number} did not go as recorded: the client or {RECORDING} has changed.")
            return 1
    calls, sent = len(stage.answers), len(stage.notes)
    failures = sum(isinstance(answer, Failure) for answer in stage.answers)
    print(
        f"\nSeen: {calls} calls, {sent} messages, {failures} failures as values, no exception; go on with the README."
    )
    return 0


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
        tell("body", json.dumps(masked_value(json.loads(request.body))))
    match exchange.reply:
        case Success(response):
            left, limit = response.header("x-ratelimit-remaining"), response.header("x-ratelimit-limit")
            tell("answered", f"{response.status}, {len(response.body)} bytes, x-ratelimit-remaining: {left} of {limit}")
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
