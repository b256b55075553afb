"""Any blocking executor for the asyncio client, in threads. Nothing here knows HTTP or a library."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from returns.result import Failure

from infisical.drivers import Executor, Reply
from infisical.errors import InfisicalNetworkError
from infisical.request import HttpRequest
from infisical.wiring import check_executor

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor


class ThreadedExecutor:
    """A blocking executor made async: each request runs in a thread of a pool of its own, of `threads` at the most.

    asyncio's default pool is small, and the application's. A cancelled call leaves its thread to finish alone. `close`,
    or leaving it as a context manager, lets the threads go; the executor inside is its owner's to close.
    """

    def __init__(self, execute: Executor, threads: int = 64) -> None:
        check_executor(execute, blocking=True)
        self._execute, self._threads = execute, threads
        self._pool: ThreadPoolExecutor | None = None
        self._closed = False
        self._process = 0

    async def __call__(self, request: HttpRequest) -> Reply:
        if self._closed:
            message = f"{request.method}: this executor is closed"
            return Failure(InfisicalNetworkError(message, reason="protocol", sent=False))
        import asyncio
        import os
        from concurrent.futures import ThreadPoolExecutor

        if self._pool is None or self._process != os.getpid():  # threads do not live on in a forked child
            self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="infisical")
            self._process = os.getpid()
        until = time.monotonic() + request.timeout
        submitted = self._pool.submit(self._within, request, until)
        waiting = asyncio.wrap_future(submitted)
        try:
            done, _ = await asyncio.wait((waiting,), timeout=request.timeout)
        except asyncio.CancelledError:
            waiting.cancel()
            raise
        if not done and submitted.cancel():  # it was still in the queue
            return _late(request)
        return await waiting  # if it is late, the executor inside sees the same deadline pass

    def _within(self, request: HttpRequest, until: float) -> Reply:
        """Run it with the time that is left: waiting for a thread is a part of it."""
        left = until - time.monotonic()
        return self._execute(replace(request, timeout=left)) if left > 0 else _late(request)

    def close(self) -> None:
        """Let the threads go; requests under way end by their own deadlines, later ones are a `Failure`."""
        self._closed = True
        if self._pool is not None:
            self._pool.shutdown(wait=False)

    async def __aenter__(self) -> ThreadedExecutor:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()


def _late(request: HttpRequest) -> Reply:
    message = f"{request.method}: no thread was free in {request.timeout:g} s"
    return Failure(InfisicalNetworkError(message, reason="timeout", sent=False))
