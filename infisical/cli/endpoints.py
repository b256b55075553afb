"""The command `endpoints`: a table of what `call` can call. catalog.py finds the endpoints."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from typing import Final

from infisical.cli.console import Console
from infisical.cli.parser import Command

DESCRIPTION: Final = """\
List endpoints: name, verb, path, auth modes by the documents, and description. With GROUP only those of one group, for
example secrets or identity_auth.universal.
"""


def list_all(arguments: argparse.Namespace, console: Console) -> int:
    """Print a table of endpoints."""
    from infisical.cli.catalog import list_endpoints

    endpoints = list_endpoints(arguments.group or "")
    if not endpoints:
        arguments.parser.error("there is no such group: `endpoints` without GROUP lists all")
    rows = []
    for one in endpoints:
        request = one.make_example()
        rows.append((one.name, request.method, request.path, ",".join(one.list_modes()) or "none", one.summary))
    names = ("endpoint", "method", "path", "modes", "description")
    console.write(
        f"{json.dumps([dict(zip(names, row, strict=True)) for row in rows], indent=2)}\n"
        if arguments.json
        else format_table(rows)
    )
    return 0


def format_table(rows: Sequence[tuple[str, ...]]) -> str:
    """Format rows with aligned columns, two spaces apart; the last column is not padded."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)][:-1]
    return "".join(
        "  ".join([*(text.ljust(width) for text, width in zip(row, widths, strict=False)), row[-1]]) + "\n"
        for row in rows
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `endpoints`."""
    parser.add_argument("group", nargs="?", metavar="GROUP", help="a group, by its name")
    parser.add_argument("--json", action="store_true", help="print a JSON list of objects")


COMMAND: Final = Command(
    "endpoints", "List the endpoints that `call` can call.", add_arguments, list_all, "[options] [GROUP]", DESCRIPTION
)
