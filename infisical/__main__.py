"""`python -m infisical`: the commands by name. What one does lives in its own module, imported when it is asked for."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from typing import Final

from infisical.version import __version__


def demo() -> int:
    """Play recorded answers of a real server through the client, and tell what happens; no network."""
    from infisical.demo import main

    return main()


COMMANDS: Final[tuple[Callable[[], int], ...]] = (demo,)
"""Named and described by their functions; what they return is the exit code."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that was named, or show which there are."""
    parser = argparse.ArgumentParser(prog="python -m infisical", description="Infisical for Python.")
    parser.add_argument("--version", action="version", version=f"infisical-functional {__version__}")
    named = parser.add_subparsers(title="commands", metavar="COMMAND")
    for command in COMMANDS:
        told = named.add_parser(command.__name__, help=command.__doc__, description=command.__doc__)
        told.set_defaults(run=command)
    run: Callable[[], int] | None = getattr(parser.parse_args(arguments), "run", None)
    if run is None:
        parser.print_help()
        return 0
    return run()


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
