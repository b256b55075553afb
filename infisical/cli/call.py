"""The command `call`: any endpoint by its name, with its parameters as options, and the answer as JSON.

catalog.py finds the endpoint, values.py reads the arguments, output.py masks the answer.
"""

from __future__ import annotations

import argparse
import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from returns.result import Failure

from infisical.cli.connect import Connection, add_settings, connect
from infisical.cli.console import Console, InputError, read_file
from infisical.cli.parser import Command, Parser

if TYPE_CHECKING:
    from infisical.cli.catalog import Endpoint, Parameter

PLACE_NAMES: Final = ("project_id", "environment")
DESCRIPTION: Final = """\
Call an endpoint, and print its answer as JSON. `endpoints` lists them; `call GROUP.FUNCTION --help` lists parameters.

Each parameter is an option: --secret-name NAME. A boolean is true or false; lists and objects are JSON, with the names
of fields in Python or on the wire. A list of texts may also be one option for each item. @FILE reads a value from a
file, - reads it from standard input (a text without one final newline), and @@ begins a text that begins with @.
A parameter that is secret is refused as an argument, since `ps` would show it: give it as @FILE or -.

Where an endpoint takes a project and an environment, the settings fill in these and the folder if they are omitted.
Options with the name of a parameter are parameters; settings of that name come before GROUP.FUNCTION.

Secrets in the output are masked: those of models, and what has a secret name. --reveal shows them.
"""


def call_endpoint(arguments: argparse.Namespace, console: Console) -> int:
    """Call an endpoint and print its answer."""
    from infisical.cli.catalog import find_endpoint
    from infisical.cli.output import format_answer

    parser: Parser = arguments.parser
    endpoint = find_endpoint(arguments.function)
    if endpoint is None:
        parser.error("there is no such endpoint: `endpoints` lists all")
    parameters = endpoint.list_parameters()
    inner = _make_parser(endpoint, parameters, parser)
    options, extras = inner.parse_known_args(arguments.parameters, arguments)
    inner.refuse_extras(extras)
    options.parser = inner
    try:
        values = _read_values(endpoint, parameters, options, console)
    except InputError as cause:
        console.warn(str(cause))
        return 1
    with connect(options, console) as connection:
        if isinstance(connection, Failure):
            return console.fail(connection.failure())
        values = {**_fill_place(connection, parameters, values), **values}
        missing = [one.option for one in parameters if one.is_required and one.name not in values]
        if missing:
            inner.error(f"these options are required: {', '.join(missing)}")
        answer = connection.client(endpoint.make_request(values))
    if isinstance(answer, Failure):
        return console.fail(answer.failure())
    console.write(format_answer(answer.unwrap(), reveal=options.reveal))
    return 0


def _make_parser(endpoint: Endpoint, parameters: tuple[Parameter, ...], outer: Parser) -> Parser:
    """Make the parser of the options of an endpoint, and of the settings with other names."""
    from infisical.cli.values import describe_hint

    parser = Parser(
        prog=f"{outer.prog} {endpoint.name}",
        description=inspect.cleandoc(endpoint.build.__doc__ or ""),
        usage=f"{outer.prog} {endpoint.name} [options]",
        console=outer.console,
    )
    group = parser.add_argument_group("parameters")
    for one in parameters:
        need = "; required" if one.is_required else ""
        secret = "; secret: only @FILE or -" if endpoint.is_secret(one) else ""
        shape: dict[str, Any] = {"nargs": "?", "const": "true"} if _is_boolean(one) else {}
        group.add_argument(
            one.option,
            dest=f"parameter_{one.name}",
            action="append",
            default=argparse.SUPPRESS,
            metavar="VALUE",
            help=f"{describe_hint(one.hint)}{need}{secret}".replace("%", "%%"),
            **shape,
        )
    parser.add_argument(
        "--null", action="append", default=[], metavar="NAME", help="send null for this parameter (repeatable)"
    )
    parser.add_argument("--reveal", action="store_true", default=argparse.SUPPRESS, help="show secrets in the output")
    add_settings(parser, frozenset(one.option for one in parameters))
    return parser


def _is_boolean(parameter: Parameter) -> bool:
    from infisical.cli.catalog import list_kinds

    return bool in list_kinds(parameter.hint)


def _read_values(
    endpoint: Endpoint, parameters: tuple[Parameter, ...], options: argparse.Namespace, console: Console
) -> dict[str, Any]:
    """Read the values of all parameters that are given; a usage error for a wrong one."""
    from infisical.cli.catalog import list_kinds
    from infisical.cli.values import Readers, ValueMistake, read_value
    from infisical.request import NULL, Null

    parser: Parser = options.parser
    given = {one: getattr(options, f"parameter_{one.name}", None) for one in parameters}
    words = [word for group in given.values() for word in group or ()]
    if words.count("-") > 1:
        parser.error("only one value can come from standard input")
    readers = Readers(read_file, console.read_input)
    nulls = {name.removeprefix("--").replace("-", "_") for name in options.null}
    values: dict[str, Any] = {}
    for one, group in given.items():
        is_null = one.name.rstrip("_") in nulls
        nulls.discard(one.name.rstrip("_"))
        if is_null and (group is not None or Null not in list_kinds(one.hint)):
            parser.error(f"argument --null: {one.option} {'is there twice' if group else 'cannot be null'}")
        if is_null:
            values[one.name] = NULL
        elif group is not None:
            try:
                values[one.name] = read_value(group, one.hint, endpoint.is_secret(one), readers)
            except ValueMistake as cause:
                parser.error(f"argument {one.option}: {cause}")
    if nulls:
        parser.error("argument --null: there is no such parameter")
    return values


def _fill_place(connection: Connection, parameters: tuple[Parameter, ...], values: Mapping[str, Any]) -> dict[str, str]:
    """Return the place of the settings, for an endpoint that takes a project and an environment."""
    names = {one.name for one in parameters}
    if not names.issuperset(PLACE_NAMES):
        return {}
    place = {
        "project_id": connection.project_id,
        "environment": connection.environment,
        "secret_path": connection.secret_path,
    }
    return {name: value for name, value in place.items() if value and name in names - values.keys()}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `call`."""
    parser.add_argument("function", metavar="GROUP.FUNCTION", help="an endpoint, for example secrets.get_by_name")
    parser.add_argument("parameters", nargs=argparse.REMAINDER, metavar="--name value", help="its parameters")
    parser.add_argument("--reveal", action="store_true", help="show secrets in the output")
    add_settings(parser)


COMMAND: Final = Command(
    "call",
    "Call an endpoint, and print its answer as JSON.",
    add_arguments,
    call_endpoint,
    "[settings] GROUP.FUNCTION [--parameter VALUE ...]",
    DESCRIPTION,
)
