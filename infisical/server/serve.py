"""A live server: any executor on a socket, and `python -m infisical serve`, which puts an Infisical in memory there.

HTTP is waitress's (the extra `serve`), its bounds are in connections.py, its translation in wsgi.py; the executor
answers. This module says where to listen, for which hosts, when to stop, and prints it. Nothing in the library imports
it.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import re
import secrets
import shlex
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from returns.result import Failure

from infisical.server.hosts import ANY_HOST, THIS_MACHINE, hosts_of
from infisical.server.wsgi import MAX_BODY_BYTES, application
from infisical.transport import Executor

if TYPE_CHECKING:
    from infisical.executors.memory import MemoryExecutor
    from infisical.memory import Document, Given

INSTALL: Final = "serving needs waitress: pip install 'infisical-functional[serve]'"
REACHABLE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # one cannot connect to "any address"
EXPOSED: Final = """\
warning: {host!r} is no loopback address: whoever reaches this machine can send requests, and nothing is encrypted.
The credentials below are new at each start. Serve test data only.
"""


class Server:
    """An executor on a listening socket; a context manager, which closes it.

    `host` is an address or a name (the first of its addresses is taken; `0.0.0.0` and `::` are all of them), `port` 0
    any free port: `url` says which. Connections are accepted from the beginning and answered while `run` runs; so many
    `threads` call the executor.

    On a loopback address it answers only to this machine's names in `Host`, and to `allow_hosts`: a page of a foreign
    site must not reach it by a name of its own. On another address it answers to every host, or, where `allow_hosts`
    are given, only to them and to this machine's names. Other hosts get 421, a malformed `Host` 400.

    A body of more than `max_body_bytes` (4 MiB by default) gets 413, headers over 64 KiB get 431. All connections
    together buffer 64 MiB at most; of more than 1,000 of them those close that are idle.

    `listener` is a socket that listens already, instead of `host` and `port`. ImportError without waitress (the extra
    `serve`), OSError if it cannot listen there, ValueError for an entry of `allow_hosts` that is no host.
    """

    def __init__(
        self,
        executor: Executor,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        threads: int = 32,
        allow_hosts: Iterable[str] = (),
        max_body_bytes: int = MAX_BODY_BYTES,
        listener: socket.socket | None = None,
    ) -> None:
        extra = tuple(allow_hosts)
        hosts_of(extra)  # a wrong one is a ValueError before anything listens
        _needs_waitress()
        from infisical.server.connections import Listener

        listener = _listening(host, port) if listener is None else listener
        self.url = _url(listener)
        """Where it is reached from this machine, without a slash at its end."""
        self._channels: dict[int, Any] = {}
        self._stopping = self._closed = False
        allowed = (*THIS_MACHINE, *extra) if extra or _is_loopback(listener) else (ANY_HOST,)
        app = application(executor, allowed_hosts=allowed, max_body_bytes=max_body_bytes)
        self._server = Listener(app, listener, self._channels, threads=threads, max_body_bytes=max_body_bytes)
        # It warns whenever more requests come at once than there are threads: they wait their turn, nothing is wrong.
        self._server.task_dispatcher.queue_logger = logging.Logger("infisical.server.serve", logging.CRITICAL)

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
def serving(
    executor: Executor, *, host: str = "127.0.0.1", port: int = 0, allow_hosts: Iterable[str] = ()
) -> Iterator[str]:
    """Serve an executor in a thread for as long as the block lasts, and give the URL: a live server for tests.

    `with serving(MemoryExecutor()) as url:` listens on loopback, on any free port, and takes requests at once; every
    socket is closed afterwards. `allow_hosts` and errors are those of `Server`.
    """
    with Server(executor, host=host, port=port, allow_hosts=allow_hosts) as server:
        thread = threading.Thread(target=server.run, name="infisical-serve", daemon=True)
        thread.start()
        try:
            yield server.url
        finally:
            server.stop()
            thread.join()


def _needs_waitress() -> None:
    try:
        import waitress.server  # noqa: F401
    except ImportError as missing:
        raise ImportError(INSTALL) from missing


def _is_loopback(listener: socket.socket) -> bool:
    return ip_address(str(listener.getsockname()[0]).partition("%")[0]).is_loopback


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
def main(
    *, host: str = "127.0.0.1", port: int = 8080, data: Path | None = None, allow_hosts: Iterable[str] = ()
) -> int:
    """Serve an Infisical in memory until SIGINT or SIGTERM; print what a client needs as `NAME=value` lines first.

    `data` is a document to begin with (memory/documents.py); `allow_hosts` are hosts that it answers to besides this
    machine's own names (see `Server`). On an address that is not loopback, credentials and ids are new at each start,
    and stderr has a warning. The exit code is 0; 1, with a line on stderr, if the document cannot be read, an allowed
    host is none, the socket is not to be had, or waitress is missing.
    """
    try:
        return _serve(host, port, data, tuple(allow_hosts))
    except KeyboardInterrupt:  # before the handlers were there, or once more while it closes
        return 0


def _serve(host: str, port: int, data: Path | None, allow_hosts: tuple[str, ...]) -> int:
    document: Document | None = None
    if data is not None:
        from infisical.memory.documents import read_document

        read = read_document(data)
        if isinstance(read, Failure):
            return _refused(read.failure().message)
        document = read.unwrap()
    executor = model(document)
    try:
        hosts_of(allow_hosts)
        _needs_waitress()
        listener = _listening(host, port)
    except (ImportError, ValueError) as cause:
        if not isinstance(cause, UnicodeError):
            return _refused(str(cause))
        return _refused(f"cannot listen on {host!r}, port {port}: {_why(cause)}")
    except OSError as cause:
        return _refused(f"cannot listen on {host!r}, port {port}: {_why(cause)}")
    with contextlib.closing(listener):
        if not _is_loopback(listener):
            print(EXPOSED.format(host=host), end="", file=sys.stderr, flush=True)
            executor = model(document, seed=secrets.token_hex(32))
        server = Server(executor, listener=listener, allow_hosts=allow_hosts)
        with server, _stopped_by_signals(server):
            print(told(server.url, executor.given), flush=True)
            server.run()
    return 0


def model(document: Document | None, *, seed: int | str = 0) -> MemoryExecutor:
    """Make the Infisical in memory that is served, with what the document says in it.

    The seed decides about ids and credentials: who knows it can forge tokens.
    """
    from infisical.executors.memory import MemoryExecutor

    if document is None:
        return MemoryExecutor(seed=seed)
    from infisical.memory.loading import start_from

    return MemoryExecutor(start_from(document, now=time.time(), seed=seed))


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
