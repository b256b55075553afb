"""The child process of `run`: started with an environment, waited for, its status and the signals passed on.

The child stays in the process group of this process, so that job control, a terminal and whoever stops the group reach
it. A signal that the terminal sends reaches the child by itself, and is not sent to it a second time.
"""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

RUN_FAILURE: Final = 126
MISSING_STATUS: Final = 127
SIGNAL_BASE: Final = 128
"""The exit status of a child that a signal ended is this plus the signal's number."""
FORWARDED_SIGNALS: Final = tuple(
    getattr(signal, name)
    for name in ("SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGUSR1", "SIGUSR2")
    if hasattr(signal, name)
)
TERMINAL_SIGNALS: Final = frozenset(
    getattr(signal, name) for name in ("SIGHUP", "SIGINT", "SIGQUIT") if hasattr(signal, name)
)
PYTHON_SIGNALS: Final = tuple(getattr(signal, name) for name in ("SIGPIPE", "SIGXFSZ") if hasattr(signal, name))
KERNEL_CODE: Final = 0x80
"""The `si_code` of a signal that the kernel sends by itself, for a terminal."""
SHELL_PATH: Final = "/bin/sh"
POLL_SECONDS: Final = 1.0
"""How often to look at the child if a signal goes to another thread of this process."""


def run_child(command: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run a command to its end, and return its exit status.

    128 plus the number of the signal that ended it, 127 if there is no such command, 126 if it cannot run. These two
    come with a message on standard error. Call this in the main thread.
    """
    try:
        if not hasattr(os, "posix_spawnp"):
            return _run_without_signals(command, environ)
        return _run(command, environ)
    except OSError as cause:
        return report_failure(command, cause)


def report_failure(command: Sequence[str], cause: OSError) -> int:
    """Write why a command could not start to standard error, and return the exit status for that."""
    sys.stderr.write(f"{command[0]}: {cause.strerror or type(cause).__name__}\n")
    return MISSING_STATUS if cause.errno == errno.ENOENT else RUN_FAILURE


def _run_without_signals(command: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run a command on a system without POSIX signals: the console sends Ctrl-C to both processes."""
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        return subprocess.run(list(command), env=dict(environ), check=False).returncode
    finally:
        signal.signal(signal.SIGINT, previous)


def _run(command: Sequence[str], environ: Mapping[str, str]) -> int:
    """Start the child while signals are blocked, so that none is lost, and wait for it."""
    signals = frozenset({*FORWARDED_SIGNALS, signal.SIGCHLD})
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    handlers: dict[int, Any] = {}
    try:
        child = start_process(command, environ, before)
        forward = _make_handler(child)
        # for a signal that another thread receives; a handler also keeps SIGCHLD from being discarded
        handlers = {number: signal.signal(number, forward) for number in FORWARDED_SIGNALS if not is_ignored(number)}
        handlers[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
        status = _wait(child, signals)
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return make_exit_status(status)


def make_exit_status(status: int) -> int:
    """Turn a wait status into an exit status: 128 plus the number of the signal that ended the child."""
    code = os.waitstatus_to_exitcode(status)
    return SIGNAL_BASE - code if code < 0 else code


def start_process(command: Sequence[str], environ: Mapping[str, str], mask: set[Any]) -> int:
    """Start a command with its own signal mask; a script without a first line `#!` runs in `sh`, as with `env`."""
    if not command[0]:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    settings: dict[str, Any] = {"setsigmask": mask, "setsigdef": PYTHON_SIGNALS}
    try:
        return os.posix_spawnp(command[0], list(command), dict(environ), **settings)
    except OSError as cause:
        script = shutil.which(command[0]) if cause.errno == errno.ENOEXEC else None
        if script is None:
            raise
    return os.posix_spawn(SHELL_PATH, [SHELL_PATH, script, *command[1:]], dict(environ), **settings)


def is_ignored(number: int) -> bool:
    """True if this process ignores a signal, as its child does then."""
    return signal.getsignal(number) in (signal.SIG_IGN, None)


def _make_handler(child: int) -> Callable[[int, Any], None]:
    def forward(number: int, _: Any) -> None:
        if not is_sent_by_terminal(number):
            os.kill(child, number)

    return forward


def is_sent_by_terminal(number: int) -> bool:
    """True if the terminal seems to have sent a signal, and so to the child too."""
    return number in TERMINAL_SIGNALS and _is_foreground()


def _is_foreground() -> bool:
    """True if the terminal sends its signals to the group of this process, and so to the child."""
    try:
        terminal = os.open(os.ctermid(), os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)


def _wait(child: int, signals: frozenset[int]) -> int:
    """Wait for the child, and pass signals on meanwhile; return its wait status."""
    receive = getattr(signal, "sigtimedwait", None)
    if receive is None:  # macOS: the handlers pass them on
        signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)
        return os.waitpid(child, 0)[1]
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status
        info = receive(signals, POLL_SECONDS)
        if info is not None and info.si_signo != signal.SIGCHLD and info.si_code != KERNEL_CODE:
            os.kill(child, info.si_signo)
