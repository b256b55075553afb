"""The child of `run --watch`: ended and started again when its environment changes.

`RestartPlan` decides when, and does nothing itself. `PosixProcess` and `PopenProcess` are the process. Nothing here
reads secrets: an `EnvironmentWatch` offers environments from another thread, and the main thread does all the rest.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, Final, Literal, Protocol, TypeAlias

from infisical.cli.child import (
    FORWARDED_SIGNALS,
    KERNEL_CODE,
    POLL_SECONDS,
    is_ignored,
    is_sent_by_terminal,
    make_exit_status,
    report_failure,
    start_process,
)

Environment: TypeAlias = Mapping[str, str]
GRACE_SECONDS: Final = 10.0
"""How long a child may take to end after SIGTERM, before SIGKILL."""
MIN_RUN_SECONDS: Final = 5.0
"""How long a child runs at least, before a change ends it."""
SLICE_SECONDS: Final = 0.25
"""How often to look for a change where nothing interrupts the wait for the child."""
CHILD_SIGNALS: Final[frozenset[int]] = frozenset({*FORWARDED_SIGNALS, getattr(signal, "SIGCHLD", signal.SIGINT)})
END_SIGNALS: Final[frozenset[int]] = frozenset(
    getattr(signal, name) for name in ("SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM") if hasattr(signal, name)
)
"""Signals that are to end a child: after one of them it is not started again."""


class EnvironmentWatch(Protocol):
    """Watches for changes of an environment, in another thread."""

    def start(self, offer: Callable[[Environment], None], /) -> None:
        """Begin; every change of the environment is an `offer`."""
        ...

    def stop(self) -> None:
        """End: nothing is offered or reported any more."""
        ...

    def report(self, message: str, /) -> None:
        """Write a message to standard error."""
        ...

    def report_restart(self, names: Sequence[str], /) -> None:
        """Report that the command restarts, and the names of the variables that change."""
        ...


class RestartPlan:
    """Decides when a child ends, and with what environment the next one starts. Times are those of `clock`."""

    def __init__(self, environ: Environment, clock: Callable[[], float] = time.monotonic) -> None:
        self.environ = environ
        """That of the current child."""
        self._newest, self._unusable = environ, environ
        self._clock = clock
        self._started_at = clock()
        self._terminated_at: float | None = None
        self._is_killed = self._is_over = False

    def offer(self, environ: Environment) -> None:
        """Note the environment that a child is to have from now on. Any thread may call this."""
        self._newest = environ

    def end(self) -> None:
        """Start no other child: the current one is to end the run. Any thread or signal handler may call this."""
        self._is_over = True

    def choose_action(self) -> Literal["terminate", "kill"] | None:
        """Choose what to do to the child now."""
        if self._find_wait() > 0:
            return None
        if self._terminated_at is None:
            self._terminated_at = self._clock()
            return "terminate"
        self._is_killed = True
        return "kill"

    def find_pause(self) -> float:
        """Return the seconds until the next action, at most `POLL_SECONDS`."""
        return max(0.0, min(POLL_SECONDS, self._find_wait()))

    def find_changes(self) -> list[str]:
        """Find the names of the variables that change."""
        newest, current = self._newest, self.environ
        return sorted(name for name in newest.keys() | current.keys() if newest.get(name) != current.get(name))

    def start_next(self, start: Callable[[Environment], object]) -> OSError | None:
        """Start the next child. If it cannot start, start one as before, and return the reason."""
        newest, mistake = self._newest, None
        try:
            start(newest)
            self.environ = newest
        except OSError as cause:
            start(self.environ)
            self._unusable, mistake = newest, cause
        self._started_at, self._terminated_at, self._is_killed = self._clock(), None, False
        return mistake

    def is_restart(self) -> bool:
        """True if the child that has ended was to end for a change: another one starts."""
        return self._terminated_at is not None and not self._is_over

    def _find_wait(self) -> float:
        """Return the seconds until the next action; infinite if there is no action."""
        if self._is_over or self._is_killed:
            return float("inf")
        if self._terminated_at is not None:
            return self._terminated_at + GRACE_SECONDS - self._clock()
        if self._newest in (self.environ, self._unusable):
            return float("inf")
        return self._started_at + MIN_RUN_SECONDS - self._clock()


# ---- the process
class ChildProcess(Protocol):
    """A process that may be started again after its end."""

    def start(self, environ: Environment) -> None:
        """Start the command. OSError if that is not possible."""
        ...

    def poll(self) -> int | None:
        """Return the exit status; None while the process runs."""
        ...

    def wait(self, seconds: float) -> None:
        """Wait so long for its end, for a signal or for `wake`."""
        ...

    def terminate(self) -> None:
        """Ask the process to end."""
        ...

    def kill(self) -> None:
        """End the process."""
        ...

    def wake(self) -> None:
        """End a wait in the main thread, from another thread."""
        ...


class PosixProcess:
    """A process that gets the signals of this one. `open_posix_child` makes it."""

    def __init__(self, command: Sequence[str], mask: set[Any], end: Callable[[], None]) -> None:
        self._command, self._mask, self._end = command, mask, end
        self._end_signals = frozenset(number for number in END_SIGNALS if not is_ignored(number))
        self._thread = threading.get_ident()
        self._process: int | None = None

    def start(self, environ: Environment) -> None:
        """Start the command, with the signal mask from before."""
        self._process = start_process(self._command, environ, self._mask)

    def poll(self) -> int | None:
        """Return the exit status; None while the process runs."""
        if self._process is None:
            return None
        ended, status = os.waitpid(self._process, os.WNOHANG)
        if not ended:
            return None
        self._process = None
        return make_exit_status(status)

    def wait(self, seconds: float) -> None:
        """Wait for a signal, of the child's end too, and pass it on."""
        receive = getattr(signal, "sigtimedwait", None)
        if receive is None:
            _wait_for_handler(seconds)
            return
        info = receive(CHILD_SIGNALS, seconds)
        if info is not None:
            self._note_signal(info.si_signo, has_reached_child=info.si_code == KERNEL_CODE)

    def handle_signal(self, number: int, _: Any) -> None:
        """Pass a signal on that another thread received, or any where there is no `sigtimedwait`."""
        self._note_signal(number, has_reached_child=is_sent_by_terminal(number))

    def _note_signal(self, number: int, *, has_reached_child: bool) -> None:
        if number == signal.SIGCHLD:
            return
        if number in self._end_signals:
            self._end()
        if not has_reached_child:
            self._send(number)

    def terminate(self) -> None:
        """Send SIGTERM."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL."""
        self._send(signal.SIGKILL)

    def wake(self) -> None:
        """End a wait, from another thread: as the end of a child does."""
        signal.pthread_kill(self._thread, signal.SIGCHLD)

    def _send(self, number: int) -> None:
        if self._process is not None:
            os.kill(self._process, number)


@contextmanager
def open_posix_child(command: Sequence[str], environ: Environment, end: Callable[[], None]) -> Iterator[PosixProcess]:
    """Start a command; `end` is called for a signal that is to end it. Signals are blocked, so that none is lost."""
    with ExitStack() as stack:
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, CHILD_SIGNALS)
        stack.callback(signal.pthread_sigmask, signal.SIG_SETMASK, mask)
        child = PosixProcess(command, mask, end)
        child.start(environ)
        for number in CHILD_SIGNALS:
            if number == signal.SIGCHLD or not is_ignored(number):
                stack.callback(signal.signal, number, signal.signal(number, child.handle_signal))
        yield child


def _wait_for_handler(seconds: float) -> None:
    """Wait until a handler has run, where there is no `sigtimedwait`: on macOS."""
    reader, writer = os.pipe()
    with ExitStack() as stack:
        stack.callback(os.close, reader)
        stack.callback(os.close, writer)
        os.set_blocking(writer, False)
        stack.callback(signal.set_wakeup_fd, signal.set_wakeup_fd(writer, warn_on_full_buffer=False))
        stack.callback(signal.pthread_sigmask, signal.SIG_BLOCK, CHILD_SIGNALS)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, CHILD_SIGNALS)
        select.select([reader], [], [], seconds)


class PopenProcess:
    """A process on a system without POSIX signals."""

    def __init__(self, command: Sequence[str], environ: Environment) -> None:
        self._command = list(command)
        self.start(environ)

    def start(self, environ: Environment) -> None:
        """Start the command."""
        self._process = subprocess.Popen(self._command, env=dict(environ))

    def poll(self) -> int | None:
        """Return the exit status; None while the process runs."""
        return self._process.poll()

    def wait(self, seconds: float) -> None:
        """Wait for the end of the process; nothing interrupts it, so that it is short."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(min(seconds, SLICE_SECONDS))

    def terminate(self) -> None:
        """End the process: Windows has no SIGTERM."""
        self._process.terminate()

    def kill(self) -> None:
        """End the process."""
        self._process.kill()

    def wake(self) -> None:
        """Do nothing: no wait is long."""


@contextmanager
def open_popen_child(command: Sequence[str], environ: Environment, end: Callable[[], None]) -> Iterator[PopenProcess]:
    """Start a command; `end` is called for Ctrl-C, which the console sends to both processes."""
    previous = signal.signal(signal.SIGINT, lambda *_: end())
    try:
        yield PopenProcess(command, environ)
    finally:
        signal.signal(signal.SIGINT, previous)


# ---- both
def run_restarting(command: Sequence[str], environ: Environment, watch: EnvironmentWatch, /) -> int:
    """Run a command as `run_child` does, and restart it with each environment that the watch offers.

    SIGTERM ends the child, and SIGKILL if it takes more than `GRACE_SECONDS`. A child that ends by itself ends the run.
    Call this in the main thread.
    """
    plan = RestartPlan(environ)
    open_child: Any = open_posix_child if hasattr(os, "posix_spawnp") else open_popen_child
    try:
        with open_child(command, environ, plan.end) as child:

            def offer(environ: Environment) -> None:
                plan.offer(environ)
                child.wake()

            watch.start(offer)
            try:
                return _run_to_end(child, plan, watch)
            finally:
                watch.stop()
    except OSError as cause:
        return report_failure(command, cause)


def _run_to_end(child: ChildProcess, plan: RestartPlan, watch: EnvironmentWatch) -> int:
    """Return the exit status of the last child."""
    while True:
        status = child.poll()
        if status is None:
            _take_action(child, plan, watch)
            child.wait(plan.find_pause())
        elif plan.is_restart():
            mistake = plan.start_next(child.start)
            if mistake is not None:
                watch.report(f"the command keeps running with the old secrets: {mistake.strerror or 'it cannot start'}")
        else:
            return status


def _take_action(child: ChildProcess, plan: RestartPlan, watch: EnvironmentWatch) -> None:
    action = plan.choose_action()
    if action == "terminate":
        watch.report_restart(plan.find_changes())
        child.terminate()
    elif action == "kill":
        watch.report(f"the command still runs after {GRACE_SECONDS:g} seconds: killing it")
        child.kill()
