"""A live server: any executor on a socket, and `python -m infisical serve`, which puts an Infisical in memory there.

HTTP is waitress's (the extra `serve`), its translation wsgi.py's, the answers are the executor's. What stands here is
where to listen, when to stop, and what is said of it. Nothing in the library imports this.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import re
import shlex
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from returns.result import Failure

from infisical.drivers import Executor
from infisical.wsgi import application

if TYPE_CHECKING:
    from waitress.server import BaseWSGIServer

    from infisical.executors.memory import MemoryExecutor
    from infisical.memory import Document, Given

INSTALL: Final = "serving needs waitress: pip install 'infisical-functional[serve]'"
REACHABLE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # one cannot connect to "any address"
NO_FILES: Final = 1 << 40  # bytes; bodies hold secrets, and would go to temporary files beyond


class Server:
    """An executor on a listening socket; a context manager, which closes it.

    `host` is an address or a name (the first of its addresses is taken; `0.0.0.0` and `::` are all of them), `port` 0
    any free port: `url` says which. Connections are accepted from the beginning and answered while `run` runs; so many
    `threads` call the executor. ImportError without waitress (the extra `serve`), OSError if it cannot listen there.
    """

    def __init__(self, executor: Executor, *, host: str = "127.0.0.1", port: int = 0, threads: int = 32) -> None:
        try:
            from waitress.server import create_server
        except ImportError as missing:
            raise ImportError(INSTALL) from missing
        listener = _listening(host, port)
        self.url = _url(listener)
        """Where it is reached from this machine, without a slash at its end."""
        self._channels: dict[int, Any] = {}
        self._stopping = self._closed = False
        made = create_server(
            application(executor),
            self._channels,
            sockets=[listener],
            threads=threads,
            ident="",
            connection_limit=1000,
            log_socket_errors=False,  # clients come and go
            inbuf_overflow=NO_FILES,
            outbuf_overflow=NO_FILES,
            outbuf_high_watermark=NO_FILES,
        )
        self._server = cast("BaseWSGIServer", made)
        # It warns whenever more requests come at once than there are threads: they wait their turn, nothing is wrong.
        self._server.task_dispatcher.queue_logger = logging.Logger("infisical.serve", logging.CRITICAL)

    def run(self) -> None:
        """Answer until `stop` is called."""
        from waitress import wasyncore

        while not self._stopping:
            wasyncore.loop(timeout=1, use_poll=True, map=self._channels, count=1)

    def stop(self) -> None:
        """Let `run` return. It may be called by another thread, and by a signal handler: it takes no lock."""
        if not self._stopping:
            self._stopping = True
            self._server.pull_trigger()

    def close(self) -> None:
        """Wait for the requests under way, 5 seconds at most, and close every socket; after `run` has returned."""
        from waitress import wasyncore

        if not self._closed:
            self._stopping = self._closed = True
            self._server.task_dispatcher.shutdown()
            wasyncore.close_all(self._channels)

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextlib.contextmanager
def serving(executor: Executor, *, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve an executor in a thread for as long as the block lasts, and give the URL: a live server for tests.

    `with serving(MemoryExecutor()) as url:` listens on loopback, on any free port, and takes requests at once; every
    socket is closed afterwards. ImportError and OSError as from `Server`.
    """
    with Server(executor, host=host, port=port) as server:
        thread = threading.Thread(target=server.run, name="infisical-serve", daemon=True)
        thread.start()
        try:
            yield server.url
        finally:
            server.stop()
            thread.join()


def _listening(host: str, port: int) -> socket.socket:
    named = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    found = socket.getaddrinfo(named, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, _, _, _, address = found[0]
    both = family == socket.AF_INET6 and address[0] == "::" and socket.has_dualstack_ipv6()
    return socket.create_server(address, family=family, dualstack_ipv6=both)


def _url(listener: socket.socket) -> str:
    host: str = listener.getsockname()[0]
    port: int = listener.getsockname()[1]
    shown = REACHABLE.get(host, host)
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"


# ---- the command
def main(*, host: str = "127.0.0.1", port: int = 8080, data: Path | None = None) -> int:
    """Serve an Infisical in memory until SIGINT or SIGTERM; print what a client needs as `NAME=value` lines first.

    `data` is a document to begin with (memory/documents.py). The exit code is 0; 1, with a line on stderr, if the
    document cannot be read, the socket is not to be had, or waitress is missing.
    """
    try:
        return _serve(host, port, data)
    except KeyboardInterrupt:  # before the handlers were there, or once more while it closes
        return 0


def _serve(host: str, port: int, data: Path | None) -> int:
    document: Document | None = None
    if data is not None:
        from infisical.memory.documents import read_document

        read = read_document(data)
        if isinstance(read, Failure):
            return _refused(read.failure().message)
        document = read.unwrap()
    executor = model(document)
    try:
        server = Server(executor, host=host, port=port)
    except ImportError as missing:
        return _refused(str(missing))
    except (OSError, UnicodeError) as cause:
        return _refused(f"cannot listen on {host!r}, port {port}: {_why(cause)}")
    with server, _stopped_by_signals(server):
        print(told(server.url, executor.given), flush=True)
        server.run()
    return 0


def model(document: Document | None) -> MemoryExecutor:
    """Make the Infisical in memory that is served, with what the document says in it."""
    from infisical.executors.memory import MemoryExecutor

    if document is None:
        return MemoryExecutor()
    from infisical.memory.loading import started_from

    return MemoryExecutor(started_from(document, now=time.time()))


def told(url: str, given: Given) -> str:
    """Write what a client needs as lines for a shell's `source`, a `.env` file or `docker --env-file`."""
    variables = {
        "INFISICAL_API_URL": url,
        "INFISICAL_UNIVERSAL_AUTH_CLIENT_ID": given.client_id,
        "INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET": given.client_secret,
        "INFISICAL_PROJECT_ID": given.project_id,
        "INFISICAL_ENVIRONMENT": given.environment,
        "INFISICAL_ORGANIZATION_ID": given.organization_id,
    }
    return "\n".join(f"{name}={_quoted(value)}" for name, value in variables.items())


def _quoted(value: str) -> str:
    """A value bare where it may be: docker takes quotes for a part of it."""
    return value if re.fullmatch(r"[\w.:/@%+,=\[\]-]+", value, re.ASCII) else shlex.quote(value)


@contextlib.contextmanager
def _stopped_by_signals(server: Server) -> Iterator[None]:
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda *_: server.stop()) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _why(cause: OSError | UnicodeError) -> str:
    """What the system says, without the address that Python adds to it."""
    if isinstance(cause, UnicodeError):
        return "this is not the name of a host"
    if isinstance(cause, socket.gaierror) or cause.errno is None:
        return cause.strerror or type(cause).__name__
    hint = " (port 0 is any free one)" if cause.errno == errno.EADDRINUSE else ""
    return f"{os.strerror(cause.errno)}{hint}"


def _refused(message: str) -> int:
    print(message, file=sys.stderr)
    return 1
