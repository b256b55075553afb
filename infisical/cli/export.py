"""The command `export`: the secrets of a place as a `.env` file, JSON, YAML or shell commands, by formats.py."""

from __future__ import annotations

import argparse
from typing import Final

from returns.result import Failure

from infisical.cli.connect import add_settings, connect_to_place
from infisical.cli.console import Console, join_names
from infisical.cli.formats import FORMATS, find_mistakes
from infisical.cli.listing import list_values
from infisical.cli.parser import Command

DESCRIPTION: Final = """\
Print the secrets of a place, with imports merged and references expanded. The output is complete or empty: a value that
the server hides, a value with a NUL character, or a name that is not a shell identifier is an error with the name.

  dotenv  a .env file; exact for python-dotenv with interpolate=False
  json    an object
  yaml    a mapping
  shell   commands for sh: eval "$(python -m infisical export --format shell)"
"""


def export_secrets(arguments: argparse.Namespace, console: Console) -> int:
    """Print the secrets of a place in a format."""
    from infisical.errors import InfisicalError

    with connect_to_place(arguments, console) as connection:
        if isinstance(connection, Failure):
            return console.fail(connection.failure())
        answer = list_values(connection)
    if isinstance(answer, Failure):
        return console.fail(answer.failure())
    values = answer.unwrap()
    mistakes = find_mistakes(values)
    if mistakes:
        reasons = "; ".join(f"{reason}: {join_names(names)}" for reason, names in mistakes.items())
        return console.fail(InfisicalError(f"cannot export: {reasons}"))
    console.write(FORMATS[arguments.format](values))
    return 0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `export`."""
    parser.add_argument("--format", choices=tuple(FORMATS), default="dotenv", help="format (default: dotenv)")
    add_settings(parser)


COMMAND: Final = Command(
    "export", "Print the secrets of a place in a format.", add_arguments, export_secrets, "[options]", DESCRIPTION
)
