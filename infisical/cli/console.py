"""The console of a command: environment, standard streams, executor. Everything that a command touches is in it.

Standard output gets one text, when all of it is known. Standard error gets one line for each message. Nothing here
knows a command.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, Final, Protocol, TextIO

if TYPE_CHECKING:
    from infisical.cli.restarts import EnvironmentWatch
    from infisical.errors import InfisicalError
    from infisical.transport import Executor

MAX_INPUT_BYTES: Final = 8 * 2**20
"""The largest standard input or file that a command reads; a server takes 1 MiB."""
MAX_NAMES: Final = 20
MAX_NAME_LENGTH: Final = 80


class Runner(Protocol):
    """Runs a command with an environment to its end, and returns its exit status."""

    def __call__(self, command: Sequence[str], environ: Mapping[str, str], /) -> int: ...


class RestartingRunner(Protocol):
    """Runs a command as a `Runner` does, and again for each change of its environment."""

    def __call__(self, command: Sequence[str], environ: Mapping[str, str], watch: EnvironmentWatch, /) -> int: ...


class InputError(Exception):
    """Standard input or a file cannot be read, for a reason that quotes nothing of it."""


class OutputError(Exception):
    """Standard output cannot be written: a full disk, for example. A closed pipe is a BrokenPipeError."""


def _run_child(command: Sequence[str], environ: Mapping[str, str], /) -> int:
    from infisical.cli.child import run_child

    return run_child(command, environ)


def _run_restarting(command: Sequence[str], environ: Mapping[str, str], watch: EnvironmentWatch, /) -> int:
    from infisical.cli.restarts import run_restarting

    return run_restarting(command, environ, watch)


@dataclass(frozen=True, slots=True)
class Console:
    """What a command reads and writes. `executor` sends its HTTP requests; None: the default of a client.

    `prompt` reads a line from the terminal without an echo. `spawn` runs the child process of `run`,
    `spawn_watched` that of `run --watch`.
    """

    environ: Mapping[str, str] = field(repr=False)
    stdin: BinaryIO
    stdout: BinaryIO
    stderr: TextIO
    prompt: Callable[[str], str]
    spawn: Runner
    executor: Executor | None = None
    spawn_watched: RestartingRunner = _run_restarting

    def write(self, text: str) -> None:
        """Write a text to standard output in UTF-8, and flush it. OutputError if that fails."""
        try:
            self.stdout.write(text.encode())
            self.stdout.flush()
        except BrokenPipeError:
            raise
        except OSError as cause:
            raise OutputError(f"cannot write to standard output: {cause.strerror}") from None

    def warn(self, message: str) -> None:
        """Write a message to standard error, as one line."""
        self.stderr.write(f"{escape_line(message)}\n")
        self.stderr.flush()

    def fail(self, error: InfisicalError) -> int:
        """Report a failure: class, message, request id. Return the exit code 1."""
        self.warn(describe_failure(error))
        return 1

    def read_input(self) -> bytes:
        """Read standard input to its end. InputError if it is larger than `MAX_INPUT_BYTES`, or cannot be read."""
        try:
            data = self.stdin.read(MAX_INPUT_BYTES + 1)
        except OSError as cause:
            raise InputError(f"cannot read standard input: {cause.strerror}") from None
        return _check_size(data, "standard input")


def open_console() -> Console:
    """Return the console of this process."""
    import os

    return Console(
        environ=os.environ,
        stdin=getattr(sys.stdin, "buffer", None) or io.BytesIO(),
        stdout=getattr(sys.stdout, "buffer", None) or io.BytesIO(),
        stderr=sys.stderr or io.StringIO(),
        prompt=_ask_terminal,
        spawn=_run_child,
    )


def _ask_terminal(text: str) -> str:
    from getpass import getpass

    return getpass(text)


# ---- files
def read_file(path: str) -> bytes:
    """Read a file. InputError if it is larger than `MAX_INPUT_BYTES`, or cannot be read."""
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_INPUT_BYTES + 1)
    except OSError as cause:
        raise InputError(f"cannot read {path}: {cause.strerror or type(cause).__name__}") from None
    except ValueError:
        raise InputError("cannot read the file: its name is invalid") from None
    return _check_size(data, path)


def _check_size(data: bytes, origin: str) -> bytes:
    if len(data) > MAX_INPUT_BYTES:
        raise InputError(f"{origin} has more than {MAX_INPUT_BYTES // 2**20} MiB")
    return data


def decode_input(data: bytes, origin: str) -> str:
    """Decode UTF-8 text exactly. InputError for anything else."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise InputError(f"{origin} is not UTF-8 text") from None


def strip_newline(text: str) -> str:
    """Remove one newline at the end: the one that `get`, `echo` and here-documents add."""
    if text.endswith("\r\n"):
        return text[:-2]
    return text.removesuffix("\n")


# ---- messages
def describe_failure(error: InfisicalError) -> str:
    """Describe a failure: class, message, request id."""
    request_id = getattr(error, "request_id", None)
    suffix = f" (request id: {request_id})" if request_id else ""
    return f"{type(error).__name__}: {error.message}{suffix}"


def escape_line(text: str) -> str:
    """Return a text as one printable line: newlines as spaces, other controls as escapes."""
    return "".join(
        char if char.isprintable() else " " if char in "\r\n\t" else char.encode("unicode-escape").decode()
        for char in text
    )


def join_names(names: Sequence[str]) -> str:
    """Join names for a message: the first ones, each shortened, and the number of the others."""
    words = [name if name.isprintable() and name else repr(name) for name in names[:MAX_NAMES]]
    words = [word if len(word) <= MAX_NAME_LENGTH else f"{word[:MAX_NAME_LENGTH]}..." for word in words]
    more = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
    return f"{', '.join(words)}{more}"
