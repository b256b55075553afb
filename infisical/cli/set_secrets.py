"""The command `set`: create or change secrets, with values from standard input or files, never from arguments."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from returns.result import Failure

from infisical.cli.connect import Connection, add_settings, connect_to_place
from infisical.cli.console import (
    Console,
    InputError,
    decode_input,
    join_names,
    read_file,
    strip_newline,
)
from infisical.cli.parser import Command, Parser

if TYPE_CHECKING:
    from infisical.endpoints.secrets import Secret

DESCRIPTION: Final = """\
Create secrets, or change the values of existing ones; everything else of an existing secret stays.

  set NAME          value from standard input: on a terminal without an echo, otherwise without one final newline
  set NAME=@FILE    value from a file, exactly
  set --file FILE   names and values from a .env, YAML or JSON file, as export writes them

All secrets of a command are written together or not at all. NAME=VALUE is refused: `ps` would show the value.
"""
USAGE: Final = "[options] NAME | NAME=@FILE ... | --file FILE"
REMEDY: Final = (
    "ps and the history of the shell show arguments: give the value on standard input (set NAME), or in a file "
    "(set NAME=@FILE)"
)


def set_secrets(arguments: argparse.Namespace, console: Console) -> int:
    """Create or change secrets."""
    parser: Parser = arguments.parser
    files = _parse_assignments(arguments, parser)
    try:
        values = _read_values(arguments, files, console)
    except InputError as cause:
        console.warn(str(cause))
        return 1
    if not values:
        console.warn(f"{arguments.file}: there are no secrets in it")
        return 1
    with connect_to_place(arguments, console) as connection:
        if isinstance(connection, Failure):
            return console.fail(connection.failure())
        return _write(connection, values, console)


def _parse_assignments(arguments: argparse.Namespace, parser: Parser) -> dict[str, str | None]:
    """Return the file of each name, None for standard input; a usage error shows no value."""
    files: dict[str, str | None] = {}
    for word in arguments.assignments:
        name, equals, value = word.partition("=")
        if not name:
            parser.error("a name is empty: set NAME")
        if equals and not value.startswith("@"):
            label = name if re.fullmatch(r"\w{1,80}", name) else "NAME"
            parser.error(f"{label}=VALUE is refused: {REMEDY}")
        if value == "@":
            parser.error("the name of the file is missing: set NAME=@FILE")
        if name in files:
            parser.error("a name is there twice")
        if set(name) & {":", "/"}:
            parser.error("a name must not have : or / in it")
        files[name] = value[1:] if equals else None
    if sum(path is None for path in files.values()) > 1:
        parser.error(f"only one value can come from standard input. If a word is a value: {REMEDY}")
    if bool(files) == (arguments.file is not None):
        parser.error("give either names or --file FILE")
    return files


def _read_values(arguments: argparse.Namespace, files: Mapping[str, str | None], console: Console) -> dict[str, str]:
    if arguments.file is not None:
        from infisical.cli.secret_files import read_secrets

        return read_secrets(arguments.file)
    return {
        name: _read_typed_value(name, console) if path is None else decode_input(read_file(path), path)
        for name, path in files.items()
    }


def _read_typed_value(name: str, console: Console) -> str:
    if console.stdin.isatty():
        try:
            return console.prompt(f"value of {name}: ")
        except EOFError:
            raise InputError("no value") from None
    return strip_newline(decode_input(console.read_input(), "standard input"))


def _write(connection: Connection, values: Mapping[str, str], console: Console) -> int:
    """Write all secrets in one request, and report each name."""
    from infisical.endpoints.secrets import SecretApproval, SecretChange

    answer = connection.client.secrets.batch_update(
        **connection.place,
        secret_path=connection.secret_path,
        secrets=[SecretChange(secret_key=name, secret_value=value) for name, value in values.items()],
        mode="upsert",
    )
    if isinstance(answer, Failure):
        return console.fail(answer.failure())
    written = answer.unwrap()
    if isinstance(written, SecretApproval):
        console.warn(f"nothing is changed yet: the change waits for the approval {written.id}: {join_names([*values])}")
        return 1
    secrets = {secret.secret_key: secret for secret in written}
    missing = [name for name in values if name not in secrets]
    console.write("".join(f"{_describe(secrets[name])} {name}\n" for name in values if name in secrets))
    for name, value in values.items():
        if name in secrets and _is_trimmed(secrets[name], value):
            console.warn(f"{name}: the server removed white space around the value")
    if missing:
        console.warn(f"the server does not confirm {join_names(missing)}")
        return 1
    return 0


def _describe(secret: Secret) -> str:
    return "created" if secret.version == 1 else "updated"


def _is_trimmed(secret: Secret, value: str) -> bool:
    return secret.secret_value != value and secret.secret_value.strip() == value.strip() != ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `set`."""
    parser.add_argument("assignments", nargs="*", metavar="NAME", help="a name, or NAME=@FILE")
    parser.add_argument("--file", metavar="FILE", help="file with names and values: .env, .yaml or .json")
    add_settings(parser)


COMMAND: Final = Command(
    "set", "Create secrets, or change their values.", add_arguments, set_secrets, USAGE, DESCRIPTION
)
