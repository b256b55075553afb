"""The command line, `python -m infisical`: one command a file, and here the table of commands and the program.

console.py             the environment and the streams of a command
parser.py              argparse with messages that repeat no argument
connect.py             settings from environment and flags, a client, a place
run.py export.py get.py set_secrets.py endpoints.py call.py demo.py serve.py
                       the commands; each imports what it needs when it runs
child.py restarts.py place_watch.py
                       the process of `run`, and for `run --watch` its restarts and the changes that cause them
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Sequence
from typing import Any, Final

from infisical.cli import call, demo, endpoints, export, get, run, serve, set_secrets
from infisical.cli.console import Console, InputError, OutputError, open_console
from infisical.cli.parser import Command, Parser
from infisical.version import __version__

COMMANDS: Final[Sequence[Command]] = (
    run.COMMAND,
    export.COMMAND,
    get.COMMAND,
    set_secrets.COMMAND,
    endpoints.COMMAND,
    call.COMMAND,
    demo.COMMAND,
    serve.COMMAND,
)
INTERRUPT_STATUS: Final = 130


def main(arguments: Sequence[str] | None = None, console: Console | None = None) -> int:
    """Run a command and return its exit code. Without a command, print the help. SystemExit for a usage error."""
    console = open_console() if console is None else console
    words = list(sys.argv[1:] if arguments is None else arguments)
    tail: list[str] = []
    if "--" in words and any(command.takes_tail for command in COMMANDS if command.name == words[0]):
        index = words.index("--")
        words, tail = words[:index], words[index + 1 :]
    parser = make_parser(console)
    namespace, extras = parser.parse_known_args(words)
    getattr(namespace, "parser", parser).refuse_extras(extras)
    if "parser" not in namespace:
        parser.print_help()
        return 0
    namespace.tail = tail
    try:
        exit_code: int = namespace.run(namespace, console)
        return exit_code
    except (InputError, OutputError) as cause:
        console.warn(str(cause))
        return 1
    except KeyboardInterrupt:
        return INTERRUPT_STATUS


def make_parser(console: Console) -> Parser:
    """Make the parser of all commands."""
    parser = Parser(prog="python -m infisical", description="Infisical for Python.", console=console)
    parser.add_argument("--version", action="version", version=f"infisical-functional {__version__}")
    make_subparser: Any = functools.partial(Parser, console=console)
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", parser_class=make_subparser)
    for command in COMMANDS:
        subparser = subparsers.add_parser(
            command.name,
            help=command.help,
            usage=f"{parser.prog} {command.name} {command.usage}",
            description=command.description or command.help,
            usage_code=command.usage_code,
        )
        command.add_arguments(subparser)
        subparser.set_defaults(parser=subparser, run=command.run)
    return parser


def run_program() -> int:
    """Run `main` as a program. A closed pipe (`... | head`) ends it without a traceback."""
    try:
        code = main()
        if sys.stdout is not None:
            sys.stdout.flush()
        return code
    except BrokenPipeError:
        if sys.stdout is not None:  # otherwise the flush at exit fails again
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
