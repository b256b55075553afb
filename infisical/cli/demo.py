"""The command `demo`: its arguments. The package infisical.demo is the demo itself."""

from __future__ import annotations

import argparse
from typing import Final

from infisical.cli.console import Console
from infisical.cli.parser import Command


def run_demo(arguments: argparse.Namespace, _: Console) -> int:
    """Run the demo; it prints to the standard output of the process."""
    from infisical.demo import main

    return main(recorded=arguments.recorded)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `demo`."""
    parser.add_argument(
        "--recorded", action="store_true", help="replay the responses of a real server from 2024 instead"
    )


COMMAND: Final = Command(
    "demo",
    "Run the client against an Infisical in memory, and print each step. Needs no network.",
    add_arguments,
    run_demo,
)
