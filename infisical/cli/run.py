"""The command `run`: the secrets of a place in the environment of a command. child.py runs the command."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from returns.result import Failure

from infisical.cli.connect import add_settings, connect_to_place
from infisical.cli.console import Console, join_names
from infisical.cli.formats import find_value_mistake
from infisical.cli.listing import list_values
from infisical.cli.parser import TOOL_FAILURE, Command

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
DESCRIPTION: Final = """\
Run a command with the secrets of a place in its environment. Imports are merged, and references are expanded.

A secret replaces an existing variable; with --keep-existing the variable stays. The variables HOME, PATH, PWD, USER,
SHELL, TERM, TERMINFO, EDITOR, MAIL, PS1, PS2, XAUTHORITY, XDG_* and LC_* always stay. Standard error names what is
replaced or ignored, never a value. All other variables are passed on, INFISICAL_* too.

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
        if reason is not None:
            mistakes.setdefault(reason, []).append(name)
    return mistakes


def run_command(arguments: argparse.Namespace, console: Console) -> int:
    """Run a command with the secrets of a place in its environment."""
    command = [*arguments.command, *arguments.tail]
    if not command:
        arguments.parser.error("give a command: run [options] -- COMMAND [ARGUMENT ...]")
    with connect_to_place(arguments, console) as connection:
        if isinstance(connection, Failure):
            console.fail(connection.failure())
            return TOOL_FAILURE
        answer = list_values(connection)
    if isinstance(answer, Failure):
        console.fail(answer.failure())
        return TOOL_FAILURE
    mistakes = find_mistakes(answer.unwrap())
    if mistakes:
        reasons = "; ".join(f"{reason}: {join_names(names)}" for reason, names in mistakes.items())
        console.warn(f"cannot run the command with these secrets: {reasons}")
        return TOOL_FAILURE
    merged = merge_environment(console.environ, answer.unwrap(), keep_existing=arguments.keep_existing)
    notes = {
        "variables replaced by secrets": merged.replaced,
        "secrets ignored for existing variables": merged.ignored,
        "secrets ignored for reserved names": merged.reserved,
    }
    for note, names in notes.items():
        if names:
            console.warn(f"{note}: {', '.join(names)}")
    return console.spawn(command, merged.values)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="-- command", help="command and its arguments")
    parser.add_argument(
        "--keep-existing", action="store_true", help="keep existing variables that have the name of a secret"
    )
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
