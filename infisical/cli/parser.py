"""The parser of arguments: argparse, with messages that never repeat an argument, since it may be a secret.

Nothing here knows a command; the commands fill parsers.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from infisical.cli.console import Console, escape_line

USAGE_ERROR = 2
TOOL_FAILURE = 125
"""The exit code of `run` if the tool itself fails, as `env` and `timeout` have it."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command. `run` returns the exit code; `add_arguments` fills the parser.

    With `takes_tail` the command gets the arguments after the first `--` as they are, as `tail`. `usage_code` is the
    exit code for a usage error.
    """

    name: str
    help: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace, Console], int]
    usage: str = "[options]"
    description: str = ""
    takes_tail: bool = False
    usage_code: int = USAGE_ERROR


class Parser(argparse.ArgumentParser):
    """A parser without abbreviations. A usage error is a message on the console's standard error, and SystemExit."""

    def __init__(self, *, console: Console, usage_code: int = USAGE_ERROR, **options: Any) -> None:
        super().__init__(**{"formatter_class": argparse.RawDescriptionHelpFormatter, "allow_abbrev": False, **options})
        self.console, self.usage_code = console, usage_code

    def error(self, message: str) -> NoReturn:
        """Report a usage error, and exit."""
        plain = re.sub(r"ignored explicit argument .*", "takes no value", message, flags=re.DOTALL)
        self.console.stderr.write(f"{self.format_usage()}{self.prog}: error: {escape_line(plain)}\n")
        self.console.stderr.flush()
        raise SystemExit(self.usage_code)

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            raise argparse.ArgumentError(action, f"choose from {', '.join(map(str, action.choices))}")

    def refuse_extras(self, extras: Sequence[str]) -> None:
        """Report arguments that nothing takes: options by name, the others by number."""
        if extras:
            names = [extra.partition("=")[0] for extra in extras]
            options = [name for name in names if re.fullmatch(r"--[a-z][a-z0-9_-]{0,60}", name)]
            others = len(extras) - len(options)
            named = [f"unknown option {option}" for option in options]
            self.error("; ".join([*named, *([f"unexpected arguments: {others}"] if others else [])]))


def parse_seconds(text: str) -> float:
    """Parse a number of seconds, more than 0."""
    if not re.fullmatch(r"\d{1,9}(\.\d{1,9})?", text, re.ASCII) or not float(text):
        raise argparse.ArgumentTypeError("a number of seconds, more than 0, is needed")
    return float(text)


def parse_port(text: str) -> int:
    """Parse the number of a port."""
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= 65535):
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return int(text)
