"""A live server for any executor, and `python -m infisical serve`, which serves an Infisical in memory.

waitress speaks HTTP (the extra `serve`), connections.py limits the connections, wsgi.py translates requests, and the
executor answers them. This module opens the socket, chooses the allowed hosts, stops the server, and prints its
settings. Only users and the command line import it.
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

from infisical.server.hosts import ANY_HOST, THIS_MACHINE, parse_hosts
from infisical.server.wsgi import MAX_BODY_BYTES, application
from infisical.transport import Executor

if TYPE_CHECKING:
    from infisical.executors.memory import MemoryExecutor
    from infisical.memory import Document, Given

INSTALL_HINT: Final = "serving needs waitress: pip install 'infisical-functional[serve]'"
REACHABLE_ADDRESSES: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # a client cannot connect to "any address"
EXPOSURE_WARNING: Final = """\
warning: {host!r} is not a loopback address: anyone who reaches this machine can send requests. Nothing is encrypted.
The credentials below are new at each start. Serve test data only.
"""


class Server:
    """Serve an executor on a socket; a context manager that closes the socket.

    `host` is an address or a name: the first address of a name is used, `0.0.0.0` and `::` mean all addresses. Port 0
    chooses a free port, and `url` has it. The socket accepts connections at once; `run` answers them, with `threads`
    threads that call the executor.

    On a loopback address the server accepts only the `Host` names of loopback and `allow_hosts`, so that a foreign web
    page cannot reach it through DNS rebinding. On another address it accepts every host, or, with `allow_hosts`, only
    these and the names of loopback. Other hosts get 421, a malformed `Host` gets 400.

    A body of more than `max_body_bytes` (4 MiB by default) gets 413, headers over 64 KiB get 431. All connections
    together buffer at most 64 MiB. Above 1,000 connections, idle ones are closed.

    `listener` is a listening socket, used instead of `host` and `port`. Raises ImportError without waitress (the extra
    `serve`), OSError if the address is not available, ValueError for an entry of `allow_hosts` that is not a host.
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
        parse_hosts(extra)  # raises ValueError before the socket is opened
        _require_waitress()
        from infisical.server.connections import Listener

        listener = _open_listener(host, port) if listener is None else listener
        self.url = _format_url(listener)
        """The URL of the server on this machine, without a slash at the end."""
        self._channels: dict[int, Any] = {}
        self._stopping = self._closed = False
        allowed = (*THIS_MACHINE, *extra) if extra or _is_loopback(listener) else (ANY_HOST,)
        app = application(executor, allowed_hosts=allowed, max_body_bytes=max_body_bytes)
        self._server = Listener(app, listener, self._channels, threads=threads, max_body_bytes=max_body_bytes)
        # waitress warns when requests wait for a thread, which is normal here.
        self._server.task_dispatcher.queue_logger = logging.Logger("infisical.server.serve", logging.CRITICAL)

    def run(self) -> None:
        """Answer requests until `stop` is called."""
        from waitress import wasyncore

        while not self._stopping:
            wasyncore.loop(timeout=1, use_poll=True, map=self._channels, count=1)

    def stop(self) -> None:
        """Let `run` return. Other threads and signal handlers may call this: it takes no lock."""
        if not self._stopping:
            self._stopping = True
            self._server.pull_trigger()

    def close(self) -> None:
        """Wait up to 5 seconds for requests in flight, then close every socket. Call it after `run` has returned."""
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
    """Serve an executor in a thread while the block runs; yield the URL. A live server for tests.

    `with serving(MemoryExecutor()) as url:` listens on a free port of loopback. Requests are answered at once, and
    every socket is closed at the end of the block. Arguments and errors are those of `Server`.
    """
    with Server(executor, host=host, port=port, allow_hosts=allow_hosts) as server:
        thread = threading.Thread(target=server.run, name="infisical-serve", daemon=True)
        thread.start()
        try:
            yield server.url
        finally:
            server.stop()
            thread.join()


def _require_waitress() -> None:
    try:
        import waitress.server  # noqa: F401
    except ImportError as missing:
        raise ImportError(INSTALL_HINT) from missing


def _is_loopback(listener: socket.socket) -> bool:
    return ip_address(str(listener.getsockname()[0]).partition("%")[0]).is_loopback


def _open_listener(host: str, port: int) -> socket.socket:
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    addresses = socket.getaddrinfo(bare, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, _, _, _, address = addresses[0]
    has_both = family == socket.AF_INET6 and address[0] == "::" and socket.has_dualstack_ipv6()
    return socket.create_server(address, family=family, dualstack_ipv6=has_both)


def _format_url(listener: socket.socket) -> str:
    host: str = listener.getsockname()[0]
    port: int = listener.getsockname()[1]
    reachable = REACHABLE_ADDRESSES.get(host, host)
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"


# ---- the command
def main(
    *, host: str = "127.0.0.1", port: int = 8080, data: Path | None = None, allow_hosts: Iterable[str] = ()
) -> int:
    """Serve an Infisical in memory until SIGINT or SIGTERM; first print the settings of a client as `NAME=value` lines.

    `data` is a document with the initial contents (memory/documents.py). `allow_hosts` are hosts that it also answers
    to (see `Server`). On an address that is not loopback, credentials and ids are new at each start, and a warning
    goes to stderr. The exit code is 0. It is 1, with one line on stderr, if the document cannot be read, an allowed
    host is invalid, the address is not available, or waitress is missing.
    """
    try:
        return _serve(host, port, data, tuple(allow_hosts))
    except KeyboardInterrupt:  # before the handlers are installed, or a second time during the close
        return 0


def _serve(host: str, port: int, data: Path | None, allow_hosts: tuple[str, ...]) -> int:
    document: Document | None = None
    if data is not None:
        from infisical.memory.documents import read_document

        answer = read_document(data)
        if isinstance(answer, Failure):
            return _report(answer.failure().message)
        document = answer.unwrap()
    executor = make_memory(document)
    try:
        parse_hosts(allow_hosts)
        _require_waitress()
        listener = _open_listener(host, port)
    except (ImportError, ValueError) as cause:
        if not isinstance(cause, UnicodeError):
            return _report(str(cause))
        return _report(f"cannot listen on {host!r}, port {port}: {_explain(cause)}")
    except OSError as cause:
        return _report(f"cannot listen on {host!r}, port {port}: {_explain(cause)}")
    with contextlib.closing(listener):
        if not _is_loopback(listener):
            print(EXPOSURE_WARNING.format(host=host), end="", file=sys.stderr, flush=True)
            executor = make_memory(document, seed=secrets.token_hex(32))
        server = Server(executor, listener=listener, allow_hosts=allow_hosts)
        with server, _stop_on_signals(server):
            print(format_settings(server.url, executor.given), flush=True)
            server.run()
    return 0


def make_memory(document: Document | None, *, seed: int | str = 0) -> MemoryExecutor:
    """Make the Infisical in memory, with the contents of the document.

    Ids and credentials follow from the seed: anyone who knows it can forge tokens.
    """
    from infisical.executors.memory import MemoryExecutor

    if document is None:
        return MemoryExecutor(seed=seed)
    from infisical.memory.loading import start_from

    return MemoryExecutor(start_from(document, now=time.time(), seed=seed))


def format_settings(url: str, given: Given) -> str:
    """Format the settings of a client as lines for a shell's `source`, a `.env` file or `docker --env-file`."""
    variables = {
        "INFISICAL_API_URL": url,
        "INFISICAL_UNIVERSAL_AUTH_CLIENT_ID": given.client_id,
        "INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET": given.client_secret,
        "INFISICAL_PROJECT_ID": given.project_id,
        "INFISICAL_ENVIRONMENT": given.environment,
        "INFISICAL_ORGANIZATION_ID": given.organization_id,
    }
    return "\n".join(f"{name}={_quote(value)}" for name, value in variables.items())


def _quote(value: str) -> str:
    """Quote a value only if necessary: docker reads quotes as a part of the value."""
    return value if re.fullmatch(r"[\w.:/@%+,=\[\]-]+", value, re.ASCII) else shlex.quote(value)


@contextlib.contextmanager
def _stop_on_signals(server: Server) -> Iterator[None]:
    numbers = (signal.SIGINT, signal.SIGTERM)
    previous = {number: signal.signal(number, lambda *_: server.stop()) for number in numbers}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _explain(cause: OSError | UnicodeError) -> str:
    """Describe an error as the system does, without the address that Python adds."""
    if isinstance(cause, UnicodeError):
        return "this is not a host name"
    if isinstance(cause, socket.gaierror) or cause.errno is None:
        return cause.strerror or type(cause).__name__
    hint = " (port 0 chooses a free one)" if cause.errno == errno.EADDRINUSE else ""
    return f"{os.strerror(cause.errno)}{hint}"


def _report(message: str) -> int:
    print(message, file=sys.stderr)
    return 1
