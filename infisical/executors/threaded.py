"""Any blocking executor for the asyncio client, in threads. Nothing here knows HTTP or a library.

The threads are daemons: the standard library's own pool would have the end of the process wait for a call that hangs
in a name look-up, which nothing can interrupt.
"""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from returns.result import Failure

from infisical.errors import InfisicalNetworkError
from infisical.executors.deadline import Wire, exchange
from infisical.request import HttpRequest
from infisical.transport import Executor, Reply
from infisical.wiring import check_executor

if TYPE_CHECKING:
    import asyncio

GRACE_SECONDS: Final = 0.1
"""Seconds after the timeout in which the executor inside, which sees it pass as well, may still answer."""
IDLE_SECONDS: Final = 10.0
"""Seconds after which a thread that has nothing to do ends."""
FRAMEWORK_MESSAGE: Final = (
    "this executor needs asyncio: run the call in an asyncio event loop, or under trio give the client an executor "
    "that is made for trio"
)


class ThreadedExecutor:
    """A blocking executor made async: each request runs in a thread of its own pool, which has at most `threads`.

    asyncio's default pool is small, and belongs to the application. Waiting for a thread is a part of the timeout. A
    call whose thread is late (a name look-up cannot be interrupted) is a `Failure` at its timeout; the thread goes on
    alone, and ends with the process at the latest. A cancelled call has its connection closed, where the executor
    inside is `Urllib3Executor`, so that its thread is free at once.

    `close`, or leaving it as a context manager, does the same to all calls in flight; later ones are a `Failure`. The
    executor inside is its owner's to close. It serves one event loop after another, and needs asyncio: under another
    framework a call is a `Failure`. ValueError for an executor that is async, and if `threads` is less than 1.
    """

    def __init__(self, execute: Executor, threads: int = 64) -> None:
        check_executor(execute, blocking=True)
        if threads < 1:
            raise ValueError("threads is at least 1")
        self._execute, self._threads = execute, threads
        self._pool: _Threads | None = None
        self._closed = False

    async def __call__(self, request: HttpRequest) -> Reply:
        if self._closed:
            return _refuse(request, "this executor is closed")
        import asyncio

        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return _refuse(request, FRAMEWORK_MESSAGE, defect=True)
        if self._pool is None or self._pool.process != os.getpid():  # threads do not live on in a forked child
            self._pool = _Threads(self._threads)
        pool = self._pool
        job = _Job(self._execute, request, loop)
        pool.submit(job)
        try:
            await asyncio.wait((job.outcome,), timeout=request.timeout)
            if not job.outcome.done():
                if pool.withdraw(job):
                    return _time_out(request, f"no thread was free in {request.timeout:g} s", sent=False)
                await asyncio.wait((job.outcome,), timeout=GRACE_SECONDS)
        except asyncio.CancelledError:
            pool.withdraw(job)
            job.wire.cut()
            raise
        if not job.outcome.done():
            job.wire.cut()
            return _time_out(request, f"no answer in {request.timeout:g} s", sent=job.wire.sent is not False)
        reply, error = job.outcome.result()
        if error is not None:
            raise error
        return reply

    def close(self) -> None:
        """End the calls in flight and let the threads go; later calls are a `Failure`."""
        self._closed = True
        if self._pool is not None and self._pool.process == os.getpid():
            self._pool.close()

    async def __aenter__(self) -> ThreadedExecutor:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()


def _refuse(request: HttpRequest, why: str, *, defect: bool = False) -> Reply:
    error = InfisicalNetworkError(f"{request.method}: {why}", reason="protocol", sent=False)
    if defect:
        error.defect = True
    return Failure(error)


def _time_out(request: HttpRequest, why: str, *, sent: bool) -> Reply:
    return Failure(InfisicalNetworkError(f"{request.method}: {why}", reason="timeout", sent=sent))


class _Job:
    """A request for a thread: the first that runs it tells the event loop how it went."""

    def __init__(self, execute: Executor, request: HttpRequest, loop: asyncio.AbstractEventLoop) -> None:
        self._execute, self._request, self._loop = execute, request, loop
        self._until = time.monotonic() + request.timeout
        self.wire = Wire()
        self.outcome: asyncio.Future[tuple[Reply, BaseException | None]] = loop.create_future()

    def run(self) -> None:
        """Run it with the time that is left: waiting for a thread is a part of it."""
        request = self._request
        reply = _time_out(request, f"no thread was free in {request.timeout:g} s", sent=False)
        raised: BaseException | None = None
        left = self._until - time.monotonic()
        exchange.given = self.wire
        try:
            if left > 0:
                reply = self._execute(replace(request, timeout=left))
        except BaseException as error:
            raised = error
        finally:
            exchange.given = None
            self.wire.release()
        self.tell(reply, raised)

    def tell(self, reply: Reply, error: BaseException | None = None) -> None:
        """Hand over how it went, if anybody still waits for it."""
        try:
            self._loop.call_soon_threadsafe(self._set, reply, error)
        except RuntimeError:  # the loop has ended meanwhile
            return

    def _set(self, reply: Reply, error: BaseException | None) -> None:
        if not self.outcome.done():
            self.outcome.set_result((reply, error))

    def end(self, *, begun: bool) -> None:
        """End its wait, and tell the caller at once: a thread that is in a name look-up cannot."""
        self.wire.cut()
        message = f"{self._request.method}: this executor was closed during the call"
        sent = begun and self.wire.sent is not False
        self.tell(Failure(InfisicalNetworkError(message, reason="reset", sent=sent)))


class _Threads:
    """Daemon threads, started when they are needed and ended when they are idle, and the jobs that wait for one."""

    def __init__(self, most: int) -> None:
        self.process = os.getpid()
        self._most = most
        self._changed = threading.Condition(threading.Lock())
        self._waiting: OrderedDict[_Job, None] = OrderedDict()
        self._running: set[_Job] = set()
        self._count = self._idle = self._started = 0
        self._closed = False

    def submit(self, job: _Job) -> None:
        """Have a thread run it: an idle one, a new one, or the first that is free again."""
        with self._changed:
            self._waiting[job] = None
            if self._idle >= len(self._waiting):
                self._changed.notify()
                return
            if self._count >= self._most:
                return
            self._count += 1
            name = f"infisical_{self._started}"
            self._started += 1
        try:
            threading.Thread(target=self._work, name=name, daemon=True).start()
        except BaseException:
            with self._changed:
                self._count -= 1
            raise

    def withdraw(self, job: _Job) -> bool:
        """Take a job back that no thread has taken yet; False if one has."""
        with self._changed:
            withdrawn = job in self._waiting
            self._waiting.pop(job, None)
            return withdrawn

    def close(self) -> None:
        """End the waits of what runs, and give up what has not begun."""
        with self._changed:
            self._closed = True
            running, waiting = tuple(self._running), tuple(self._waiting)
            self._waiting.clear()
            self._changed.notify_all()
        for job in running:
            job.end(begun=True)
        for job in waiting:
            job.end(begun=False)

    def _work(self) -> None:
        while (job := self._next()) is not None:
            try:
                job.run()
            finally:
                with self._changed:
                    self._running.discard(job)
            del job  # an idle thread holds no request

    def _next(self) -> _Job | None:
        """Wait for a job; None when the thread is no longer needed."""
        with self._changed:
            self._idle += 1
            try:
                self._changed.wait_for(self._is_called, IDLE_SECONDS)
            finally:
                self._idle -= 1
            if not self._waiting:
                self._count -= 1
                return None
            job, _ = self._waiting.popitem(last=False)
            self._running.add(job)
            return job

    def _is_called(self) -> bool:
        return bool(self._waiting) or self._closed
