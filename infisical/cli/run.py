"""The command `run`: the secrets of a place in the environment of a command.

child.py runs the command; with `--watch` place_watch.py looks for changes, and restarts.py restarts the command.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from returns.result import Failure

from infisical.cli.connect import Connection, add_settings, connect_to_place
from infisical.cli.console import Console, describe_failure, join_names
from infisical.cli.formats import find_value_mistake
from infisical.cli.listing import list_values, make_request, read_values
from infisical.cli.parser import TOOL_FAILURE, Command, parse_seconds

if TYPE_CHECKING:
    from infisical.answer import Answer
    from infisical.endpoints.secrets import SecretList

RESERVED_NAMES: Final = frozenset(
    {
        "EDITOR",
        "HOME",
        "MAIL",
        "PATH",
        "PS1",
        "PS2",
        "PWD",
        "SHELL",
        "TERM",
        "TERMINFO",
        "USER",
        "XAUTHORITY",
    }
)
RESERVED_PREFIXES: Final = ("XDG_", "LC_")
UNSPECIFIED_SECONDS: Final = 0.0
"""Those of a `--watch` without seconds."""
MAX_VARIABLE_BYTES: Final = 128 * 1024
"""The largest variable that Linux takes, with its name and the byte at its end; all of them together may be more."""
WATCH_SECONDS: Final = 10.0
"""How often `--watch` looks for a change, as Infisical's own command line does."""
DESCRIPTION: Final = """\
Run a command with the secrets of a place in its environment. Imports are merged, and references are expanded.

A secret replaces an existing variable; with --keep-existing the variable stays. The variables HOME, PATH, PWD, USER,
SHELL, TERM, TERMINFO, EDITOR, MAIL, PS1, PS2, XAUTHORITY, XDG_* and LC_* always stay. Standard error names what is
replaced or ignored, never a value. All other variables are passed on, INFISICAL_* too.

With --watch the command restarts when a change of the secrets changes its environment: SIGTERM, after 10 seconds
SIGKILL, and the command again. Changes in quick succession are one restart. A command that ends by itself ends the run.
The command keeps running while the server does not answer, and while an environment cannot carry the secrets. After
SIGTERM, SIGINT, SIGHUP or SIGQUIT it is not restarted any more.

The exit status is that of the command; 128 plus the number of the signal that ended it; 127 if there is no such
command, 126 if it cannot run, and 125 if the secrets cannot be read or the usage is wrong. SIGTERM, SIGINT, SIGHUP,
SIGQUIT, SIGUSR1 and SIGUSR2 are passed on to it.
"""


@dataclass(frozen=True, slots=True)
class MergedEnvironment:
    """The environment of the command, and the names without effect in it.

    `replaced` are variables that a secret replaced, `ignored` are secrets that a variable replaced, and `reserved` are
    secrets with a reserved name.
    """

    values: Mapping[str, str] = field(repr=False)
    replaced: tuple[str, ...]
    ignored: tuple[str, ...]
    reserved: tuple[str, ...]

    def list_notes(self) -> list[str]:
        """List the messages about the names without effect."""
        notes = {
            "variables replaced by secrets": self.replaced,
            "secrets ignored for existing variables": self.ignored,
            "secrets ignored for reserved names": self.reserved,
        }
        return [f"{note}: {', '.join(names)}" for note, names in notes.items() if names]


def merge_environment(
    environ: Mapping[str, str], secrets: Mapping[str, str], *, keep_existing: bool
) -> MergedEnvironment:
    """Merge secrets into an environment, in UTF-8 whatever the locale is. Equal values replace nothing."""
    reserved = tuple(sorted(name for name in secrets if is_reserved(name)))
    given = {name: os.fsdecode(value.encode()) for name, value in secrets.items() if not is_reserved(name)}
    clashes = tuple(sorted(name for name, value in given.items() if environ.get(name, value) != value))
    values = {**given, **environ} if keep_existing else {**environ, **given}
    return MergedEnvironment(values, () if keep_existing else clashes, clashes if keep_existing else (), reserved)


def is_reserved(name: str) -> bool:
    """True if no secret may replace the variable of that name."""
    return name in RESERVED_NAMES or name.startswith(RESERVED_PREFIXES)


def find_mistakes(secrets: Mapping[str, str]) -> dict[str, list[str]]:
    """Find the names that no environment can carry, by the reason; no reason shows a value."""
    mistakes: dict[str, list[str]] = {}
    for name, value in secrets.items():
        reason = find_value_mistake(value)
        if not name or "=" in name or find_value_mistake(name) is not None:
            reason = "not a name for a variable"
        if reason is None and sys.platform == "linux" and len(f"{name}={value}".encode()) >= MAX_VARIABLE_BYTES:
            reason = f"more than {MAX_VARIABLE_BYTES // 1024} KiB, too much for a variable"
        if reason is not None:
            mistakes.setdefault(reason, []).append(name)
    return mistakes


def make_environment(
    environ: Mapping[str, str], answer: Answer[dict[str, str]], *, keep_existing: bool
) -> MergedEnvironment | str:
    """Make the environment of the command; a message if the secrets cannot be read or carried by an environment."""
    if isinstance(answer, Failure):
        return describe_failure(answer.failure())
    mistakes = find_mistakes(answer.unwrap())
    if mistakes:
        reasons = "; ".join(f"{reason}: {join_names(names)}" for reason, names in mistakes.items())
        return f"cannot run the command with these secrets: {reasons}"
    return merge_environment(environ, answer.unwrap(), keep_existing=keep_existing)


def run_command(arguments: argparse.Namespace, console: Console) -> int:
    """Run a command with the secrets of a place in its environment."""
    command = [*arguments.command, *arguments.tail]
    if not command:
        arguments.parser.error("give a command: run [options] -- COMMAND [ARGUMENT ...]")
    interval = _choose_interval(arguments)
    environ = dict(console.environ)
    with connect_to_place(arguments, console) as connection:
        if isinstance(connection, Failure):
            console.fail(connection.failure())
            return TOOL_FAILURE
        if interval is not None:
            return _run_watching(command, arguments, console, connection, interval)
        answer = list_values(connection)
    merged = make_environment(environ, answer, keep_existing=arguments.keep_existing)
    if isinstance(merged, str):
        console.warn(merged)
        return TOOL_FAILURE
    for note in merged.list_notes():
        console.warn(note)
    return console.spawn(command, merged.values)


def _choose_interval(arguments: argparse.Namespace) -> float | None:
    """Return the seconds between two looks at the secrets; None if they are not watched."""
    watch, interval = arguments.watch, arguments.watch_interval
    if interval is None:
        return WATCH_SECONDS if watch == UNSPECIFIED_SECONDS else watch
    if watch is None:
        arguments.parser.error("--watch-interval needs --watch")
    if watch != UNSPECIFIED_SECONDS:
        arguments.parser.error("give the seconds once: --watch SECONDS, or --watch --watch-interval SECONDS")
    return float(interval)


def _run_watching(
    command: list[str], arguments: argparse.Namespace, console: Console, connection: Connection, interval: float
) -> int:
    """Run a command, and restart it when its environment changes."""
    from infisical.cli.place_watch import PlaceWatch

    environ = dict(console.environ)

    def make(listing: SecretList) -> tuple[Mapping[str, str] | None, list[str]]:
        merged = make_environment(environ, read_values(listing), keep_existing=arguments.keep_existing)
        return (None, [merged]) if isinstance(merged, str) else (merged.values, merged.list_notes())

    watch = PlaceWatch(connection.client, make_request(connection), interval, make, console.warn)
    values = watch.read_first()
    return TOOL_FAILURE if values is None else console.spawn_watched(command, values, watch)


def parse_interval(text: str) -> float:
    """Parse the seconds of `--watch`, which may be omitted."""
    try:
        return parse_seconds(text)
    except argparse.ArgumentTypeError:
        needed = "a number of seconds, more than 0, or nothing is needed; write -- before the command"
        raise argparse.ArgumentTypeError(needed) from None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="-- command", help="command and its arguments")
    parser.add_argument(
        "--keep-existing", action="store_true", help="keep existing variables that have the name of a secret"
    )
    parser.add_argument(
        "--watch",
        nargs="?",
        const=UNSPECIFIED_SECONDS,
        type=parse_interval,
        metavar="SECONDS",
        help=f"restart the command when the secrets change; look about every SECONDS (default: {WATCH_SECONDS:g})",
    )
    parser.add_argument("--watch-interval", type=parse_seconds, metavar="SECONDS", help="the SECONDS of --watch")
    add_settings(parser)


COMMAND: Final = Command(
    "run",
    "Run a command with the secrets of a place in its environment.",
    add_arguments,
    run_command,
    "[options] -- COMMAND [ARGUMENT ...]",
    DESCRIPTION,
    takes_tail=True,
    usage_code=TOOL_FAILURE,
)
