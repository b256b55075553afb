"""`python -m infisical`: the commands by name. What one does lives in its own module, imported when it is asked for."""

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
    """A command: named and described by the function that runs it, which returns the exit code.

    `arguments` adds the command's own arguments to its parser.
    """

    run: Callable[[argparse.Namespace], int]
    arguments: Callable[[argparse.ArgumentParser], None] = lambda _: None


def demo(given: argparse.Namespace) -> int:
    """Run the client on an Infisical in memory, step by step, and tell what happens; no network."""
    from infisical.demo import main

    return main(recorded=given.recorded)


def demo_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--recorded", action="store_true", help="play what a real server answered in 2024 instead")


def serve(given: argparse.Namespace) -> int:
    """Serve an Infisical in memory over HTTP until interrupted, and say how to log in to it."""
    from infisical.server.serve import main

    return main(host=given.host, port=given.port, data=given.data, allow_hosts=given.allow_host)


def serve_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="where to listen (default: 127.0.0.1, this machine only)")
    parser.add_argument("--port", type=_port, default=8080, help="0 for any free one (default: 8080)")
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="answer to this Host too (repeatable; default: on this machine only localhost, 127.0.0.0/8 and [::1])",
    )
    parser.add_argument("--data", type=Path, metavar="FILE", help="what is in it: .yaml, .json or .env")


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return int(text)


COMMANDS: Final = (Command(demo, demo_arguments), Command(serve, serve_arguments))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that was named, or show which there are."""
    parser = argparse.ArgumentParser(prog="python -m infisical", description="Infisical for Python.")
    parser.add_argument("--version", action="version", version=f"infisical-functional {__version__}")
    named = parser.add_subparsers(title="commands", metavar="COMMAND")
    for command in COMMANDS:
        about = command.run.__doc__
        told = named.add_parser(command.run.__name__, help=about, description=about)
        command.arguments(told)
        told.set_defaults(run=command.run)
    given = parser.parse_args(arguments)
    run: Callable[[argparse.Namespace], int] | None = getattr(given, "run", None)
    if run is None:
        parser.print_help()
        return 0
    return run(given)


def _into_a_pipe() -> int:
    """Run as a program, whose reader may have seen enough: `... | head` is no error worth a traceback."""
    try:
        code = main()
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the flush at exit fails once more
        return 1


if __name__ == "__main__":
    sys.exit(_into_a_pipe())
