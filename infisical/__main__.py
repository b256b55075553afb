"""`python -m infisical`: the table of commands and their arguments. Each command imports its module when it runs."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infisical.version import __version__


@dataclass(frozen=True, slots=True)
class Command:
    """A command. `run` returns the exit code, and its docstring is the help text; `add_arguments` fills the parser."""

    name: str
    run: Callable[[argparse.Namespace], int]
    add_arguments: Callable[[argparse.ArgumentParser], None]


def run_demo(arguments: argparse.Namespace) -> int:
    """Run the client against an Infisical in memory, and print each step. Needs no network."""
    from infisical.demo import main

    return main(recorded=arguments.recorded)


def add_demo_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--recorded", action="store_true", help="replay the responses of a real server from 2024 instead"
    )


def run_server(arguments: argparse.Namespace) -> int:
    """Serve an Infisical in memory over HTTP until interrupted. Print its URL and credentials first."""
    from infisical.server.serve import main

    return main(host=arguments.host, port=arguments.port, data=arguments.data, allow_hosts=arguments.allow_host)


def add_server_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1, this machine only)"
    )
    parser.add_argument(
        "--port", type=parse_port, default=8080, help="port to listen on; 0 chooses a free one (default: 8080)"
    )
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="also accept requests for this host or network (repeatable; by default, a server on loopback accepts only "
        "localhost, 127.0.0.0/8 and [::1])",
    )
    parser.add_argument(
        "--data", type=Path, metavar="FILE", help="file with the initial contents: .yaml, .json or .env"
    )


def parse_port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return int(text)


COMMANDS: Final = (
    Command("demo", run_demo, add_demo_arguments),
    Command("serve", run_server, add_server_arguments),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code. Without a command, print the help."""
    parser = argparse.ArgumentParser(prog="python -m infisical", description="Infisical for Python.")
    parser.add_argument("--version", action="version", version=f"infisical-functional {__version__}")
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND")
    for command in COMMANDS:
        description = command.run.__doc__
        subparser = subparsers.add_parser(command.name, help=description, description=description)
        command.add_arguments(subparser)
        subparser.set_defaults(run=command.run)
    namespace = parser.parse_args(arguments)
    run: Callable[[argparse.Namespace], int] | None = getattr(namespace, "run", None)
    if run is None:
        parser.print_help()
        return 0
    return run(namespace)


def run_program() -> int:
    """Run `main` as a program. A closed pipe (`... | head`) ends it without a traceback."""
    try:
        code = main()
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # otherwise the flush at exit fails again
        return 1


if __name__ == "__main__":
    sys.exit(run_program())
