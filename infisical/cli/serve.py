"""The command `serve`: its arguments. infisical/server/serve.py is the server itself."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from infisical.cli.console import Console
from infisical.cli.parser import Command, parse_port


def run_server(arguments: argparse.Namespace, _: Console) -> int:
    """Serve until interrupted; the server prints to the standard streams of the process."""
    from infisical.server.serve import main

    return main(host=arguments.host, port=arguments.port, data=arguments.data, allow_hosts=arguments.allow_host)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `serve`."""
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


COMMAND: Final = Command(
    "serve",
    "Serve an Infisical in memory over HTTP until interrupted. Print its URL and credentials first.",
    add_arguments,
    run_server,
)
