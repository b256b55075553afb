"""`python -m infisical`: the commands and their arguments. Each imports the module that does the work on use."""

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
    """A command, which the docstring of `run` describes. `run` returns the exit code."""

    name: str
    run: Callable[[argparse.Namespace], int]
    add_arguments: Callable[[argparse.ArgumentParser], None]


def run_demo(arguments: argparse.Namespace) -> int:
    """Run the client on an Infisical in memory, step by step, without a network."""
    from infisical.demo import main

    return main(recorded=arguments.recorded)


def add_demo_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--recorded", action="store_true", help="replay responses of a real server of 2024 instead")


def run_serve(arguments: argparse.Namespace) -> int:
    """Serve an Infisical in memory over HTTP until interrupted, and print how to log in to it."""
    from infisical.server.serve import main

    return main(host=arguments.host, port=arguments.port, data=arguments.data, allow_hosts=arguments.allow_host)


def add_serve_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--host", default="127.0.0.1", help="the address to listen on (default: 127.0.0.1, this machine only)"
    )
    parser.add_argument("--port", type=_parse_port, default=8080, help="0 for any free one (default: 8080)")
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="answer this Host too (repeatable; default on this machine: localhost, 127.0.0.0/8 and [::1])",
    )
    parser.add_argument("--data", type=Path, metavar="FILE", help="the content: a .yaml, .json or .env file")


def _parse_port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return int(text)


COMMANDS: Final = (
    Command("demo", run_demo, add_demo_arguments),
    Command("serve", run_serve, add_serve_arguments),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the named command, or list the commands."""
    parser = argparse.ArgumentParser(prog="python -m infisical", description="Infisical for Python.")
    parser.add_argument("--version", action="version", version=f"infisical-functional {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for command in COMMANDS:
        description = command.run.__doc__
        subparser = commands.add_parser(command.name, help=description, description=description)
        command.add_arguments(subparser)
        subparser.set_defaults(run=command.run)
    namespace = parser.parse_args(arguments)
    run: Callable[[argparse.Namespace], int] | None = getattr(namespace, "run", None)
    if run is None:
        parser.print_help()
        return 0
    return run(namespace)


def _run_program() -> int:
    """Run as a program, without a traceback if the reader of a pipe closes it: `... | head`."""
    try:
        code = main()
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else the flush at exit fails again
        return 1


if __name__ == "__main__":
    sys.exit(_run_program())
