"""Any blocking executor for the asyncio client, in threads. Nothing here knows HTTP or a library.

The threads are daemons. With the standard library's own pool, the end of the process would wait for a call that hangs
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
from infisical.executors.attempt import CLOSED_MESSAGE, Wire, thread_state
from infisical.request import HttpRequest
from infisical.transport import Executor, Reply
from infisical.wiring import check_executor

if TYPE_CHECKING:
    import asyncio

GRACE_SECONDS: Final = 0.1
"""Seconds after the timeout in which the wrapped executor, whose deadline passes too, may still reply."""
IDLE_SECONDS: Final = 10.0
"""Seconds after which an idle thread ends."""
FRAMEWORK_MESSAGE: Final = (
    "this executor needs asyncio: run the call in an asyncio event loop, or under trio give the client an executor "
    "that is made for trio"
)


class ThreadedExecutor:
    """Make a blocking executor async: each request runs in a thread of a pool with at most `threads` threads.

    asyncio's default pool is small, and belongs to the application. Waiting for a thread counts towards the timeout. A
    call whose thread is late (a name look-up cannot be interrupted) is a `Failure` at its timeout. The thread goes on
    alone, and ends with the process at the latest. A cancelled call has its connection closed, if the wrapped executor
    is `Urllib3Executor` or `RequestsExecutor`, so that its thread is free at once.

    `close`, or leaving it as a context manager, does the same to all calls in flight; later ones are a `Failure`. The
    owner of the wrapped executor closes it. This one serves one event loop after another, and needs asyncio: under
    another framework a call is a `Failure`. ValueError for an executor that is async, and if `threads` is less than 1.
    """

    def __init__(self, execute: Executor, threads: int = 64) -> None:
        check_executor(execute, blocking=True)
        if threads < 1:
            raise ValueError("threads is at least 1")
        self._execute, self._max_threads = execute, threads
        self._pool: _ThreadPool | None = None
        self._is_closed = False

    async def __call__(self, request: HttpRequest) -> Reply:
        if self._is_closed:
            return _refuse(request, CLOSED_MESSAGE)
        import asyncio

        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return _refuse(request, FRAMEWORK_MESSAGE, defect=True)
        if self._pool is None or self._pool.process != os.getpid():  # a forked child has no threads
            self._pool = _ThreadPool(self._max_threads)
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
        """End the calls in flight and the threads; later calls are a `Failure`."""
        self._is_closed = True
        if self._pool is not None and self._pool.process == os.getpid():
            self._pool.close()

    async def __aenter__(self) -> ThreadedExecutor:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()


def _refuse(request: HttpRequest, message: str, *, defect: bool = False) -> Reply:
    error = InfisicalNetworkError(f"{request.method}: {message}", reason="protocol", sent=False)
    if defect:
        error.defect = True
    return Failure(error)


def _time_out(request: HttpRequest, message: str, *, sent: bool) -> Reply:
    return Failure(InfisicalNetworkError(f"{request.method}: {message}", reason="timeout", sent=sent))


class _Job:
    """A request for a thread. The first outcome counts: that of the thread, or that of closing the executor."""

    def __init__(self, execute: Executor, request: HttpRequest, loop: asyncio.AbstractEventLoop) -> None:
        self._execute, self._request, self._loop = execute, request, loop
        self._deadline = time.monotonic() + request.timeout
        self.wire = Wire()
        self.outcome: asyncio.Future[tuple[Reply, BaseException | None]] = loop.create_future()

    def run(self) -> None:
        """Run it with the time that waiting for a thread has left."""
        request = self._request
        reply = _time_out(request, f"no thread was free in {request.timeout:g} s", sent=False)
        error: BaseException | None = None
        time_left = self._deadline - time.monotonic()
        thread_state.wire = self.wire
        try:
            if time_left > 0:
                reply = self._execute(replace(request, timeout=time_left))
        except BaseException as raised:
            error = raised
        finally:
            thread_state.wire = None
            self.wire.release()
        self._report(reply, error)

    def end(self, *, has_begun: bool) -> None:
        """End its wait and report that at once: a thread in a name look-up cannot."""
        self.wire.cut()
        message = f"{self._request.method}: this executor was closed during the call"
        sent = has_begun and self.wire.sent is not False
        self._report(Failure(InfisicalNetworkError(message, reason="reset", sent=sent)))

    def _report(self, reply: Reply, error: BaseException | None = None) -> None:
        """Hand the outcome to the event loop, if a call still waits for it."""
        try:
            self._loop.call_soon_threadsafe(self._set, reply, error)
        except RuntimeError:  # the loop has ended meanwhile
            return

    def _set(self, reply: Reply, error: BaseException | None) -> None:
        if not self.outcome.done():
            self.outcome.set_result((reply, error))


class _ThreadPool:
    """Daemon threads, started when they are needed and ended when they are idle, and the jobs that wait for one."""

    def __init__(self, max_threads: int) -> None:
        self.process = os.getpid()
        self._max_threads = max_threads
        self._condition = threading.Condition(threading.Lock())
        self._waiting: OrderedDict[_Job, None] = OrderedDict()
        self._running: set[_Job] = set()
        self._thread_count = self._idle_count = self._last_number = 0
        self._is_closed = False

    def submit(self, job: _Job) -> None:
        """Have a thread run it: an idle one, a new one, or the first that becomes free."""
        with self._condition:
            self._waiting[job] = None
            if self._idle_count >= len(self._waiting):
                self._condition.notify()
                return
            if self._thread_count >= self._max_threads:
                return
            self._thread_count += 1
            name = f"infisical_{self._last_number}"
            self._last_number += 1
        try:
            threading.Thread(target=self._work, name=name, daemon=True).start()
        except BaseException:
            with self._condition:
                self._thread_count -= 1
                self._waiting.pop(job, None)  # no later thread may send what its caller knows to have failed
            raise

    def withdraw(self, job: _Job) -> bool:
        """Remove a waiting job; False if a thread has taken it already."""
        with self._condition:
            is_waiting = job in self._waiting
            self._waiting.pop(job, None)
            return is_waiting

    def close(self) -> None:
        """End the running jobs and drop the waiting ones."""
        with self._condition:
            self._is_closed = True
            running, waiting = tuple(self._running), tuple(self._waiting)
            self._waiting.clear()
            self._condition.notify_all()
        for job in running:
            job.end(has_begun=True)
        for job in waiting:
            job.end(has_begun=False)

    def _work(self) -> None:
        while (job := self._take_job()) is not None:
            try:
                job.run()
            finally:
                with self._condition:
                    self._running.discard(job)
            del job  # an idle thread holds no request

    def _take_job(self) -> _Job | None:
        """Wait for a job; None when the thread is no longer needed."""
        with self._condition:
            self._idle_count += 1
            try:
                self._condition.wait_for(self._is_awake, IDLE_SECONDS)
            finally:
                self._idle_count -= 1
            if not self._waiting:
                self._thread_count -= 1
                return None
            job, _ = self._waiting.popitem(last=False)
            self._running.add(job)
            return job

    def _is_awake(self) -> bool:
        return bool(self._waiting) or self._is_closed
