"""The command `get`: the value of one secret."""

from __future__ import annotations

import argparse
from typing import Final

from returns.result import Failure

from infisical.cli.connect import add_settings, connect_to_place
from infisical.cli.console import Console
from infisical.cli.listing import refuse_hidden
from infisical.cli.parser import Command

DESCRIPTION: Final = """\
Print the value of a secret alone, and a newline. Imports are searched, and references are expanded.
"""


def get_secret(arguments: argparse.Namespace, console: Console) -> int:
    """Print the value of a secret."""
    from infisical.endpoints.secrets import is_hidden
    from infisical.errors import InfisicalError

    with connect_to_place(arguments, console) as connection:
        if isinstance(connection, Failure):
            return console.fail(connection.failure())
        answer = connection.client.secrets.get_by_name(
            secret_name=arguments.name,
            **connection.place,
            secret_path=connection.secret_path,
            include_imports=True,
            expand_secret_references=True,
        )
    if isinstance(answer, Failure):
        return console.fail(answer.failure())
    secret = answer.unwrap()
    if is_hidden(secret):
        return console.fail(refuse_hidden([secret.secret_key]).failure())
    if any("\ud800" <= char <= "\udfff" for char in secret.secret_value):
        return console.fail(InfisicalError(f"cannot print {secret.secret_key}: half a surrogate pair in the value"))
    console.write(secret.secret_value if arguments.no_newline else f"{secret.secret_value}\n")
    return 0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `get`."""
    parser.add_argument("name", metavar="NAME", help="name of the secret")
    parser.add_argument("-n", "--no-newline", action="store_true", help="print no newline after the value")
    add_settings(parser)


COMMAND: Final = Command(
    "get", "Print the value of a secret.", add_arguments, get_secret, "[options] NAME", DESCRIPTION
)
