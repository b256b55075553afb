"""The child of `run`: real processes, their status, and the signals that pass through."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from infisical.cli import child
from infisical.cli.child import run_child
from tests.forms import mark_exhaustive

PROGRAM = """
import os, sys
from infisical.cli.child import run_child
sys.exit(run_child(sys.argv[1:], os.environ))
"""
READY = "print('ready', flush=True)"
SHOW_SIGNALS = f"""
import os, signal, sys, threading
signals = {{signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2}}
signal.pthread_sigmask(signal.SIG_BLOCK, signals)
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0))).start()
{READY}
while True:
    os.write(1, (signal.Signals(signal.sigwait(signals)).name + '\\n').encode())
"""
"""A child that prints each signal that it gets, until its standard input ends. It has no handlers: one of Python's may
wait until a read ends that began just before it."""
ENVIRON = {**os.environ, "PYTHONPATH": str(Path(child.__file__).parents[2])}


@pytest.fixture
def started() -> Iterator[Any]:
    """Starts programs that run a child, and kills them at the end."""
    processes: list[subprocess.Popen[bytes]] = []

    def start(*command: str, **options: Any) -> subprocess.Popen[bytes]:
        settings: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "env": ENVIRON, **options}
        processes.append(subprocess.Popen([sys.executable, "-c", PROGRAM, *command], **settings))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(
    ("script", "status"), [("exit 0", 0), ("exit 7", 7), ("exit 255", 255), ("kill -TERM $$", 143), ("kill -9 $$", 137)]
)
def test_the_status_of_a_child_is_its_exit_code_or_128_and_its_signal(script: str, status: int) -> None:
    assert run_child(["sh", "-c", script], os.environ) == status


def test_the_handlers_and_the_mask_are_as_before() -> None:
    numbers = (*child.FORWARDED_SIGNALS, signal.SIGCHLD)
    before = [signal.getsignal(number) for number in numbers], signal.pthread_sigmask(signal.SIG_BLOCK, ())

    run_child(["true"], os.environ)

    assert ([signal.getsignal(number) for number in numbers], signal.pthread_sigmask(signal.SIG_BLOCK, ())) == before


@pytest.mark.parametrize(
    ("command", "status", "reason"),
    [
        ("no-such-command-7", 127, "No such file or directory"),
        ("", 127, "No such file or directory"),
        ("/no/such/path", 127, "No such file or directory"),
        ("/", 126, "Permission denied"),
        ("/dev/null", 126, "Permission denied"),
        ("/dev/null/x", 126, "Not a directory"),
    ],
)
def test_a_command_that_cannot_run_is_126_or_127(
    capfd: pytest.CaptureFixture[str], command: str, status: int, reason: str
) -> None:
    assert run_child([command, "s3cr3t"], {"PATH": "/usr/bin:/bin"}) == status
    assert capfd.readouterr() == ("", f"{command}: {reason}\n")


def test_a_script_without_a_first_line_runs_in_the_shell_as_with_env(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / "script"
    script.write_text('echo "$1 $A"; exit 3\n')
    script.chmod(0o755)

    assert run_child([str(script), "x"], {"A": "a"}) == 3
    assert capfd.readouterr() == ("x a\n", "")


def test_the_environment_is_exact(capfd: pytest.CaptureFixture[str]) -> None:
    assert run_child(["/usr/bin/env"], {"A": "two\nlines", "my-key": "é"}) == 0
    assert capfd.readouterr().out == "A=two\nlines\nmy-key=é\n"


def test_the_child_has_the_mask_and_the_ignored_signals_of_any_child(capfd: pytest.CaptureFixture[str]) -> None:
    command = ["grep", "-E", "Sig(Blk|Ign)", "/proc/self/status"]
    plain = subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert run_child(command, os.environ) == 0
    assert parse_signals(capfd.readouterr().out) == parse_signals(plain)


def parse_signals(text: str) -> list[int]:
    """The masks of a process without the two signals that the C library keeps for itself."""
    return [int(line.split()[1], 16) & 0x7FFFFFFF for line in text.splitlines()]


@pytest.mark.parametrize(
    "name", ["SIGINT", "SIGTERM", *map(mark_exhaustive, ["SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"])]
)
def test_a_signal_is_passed_on(started: Any, name: str) -> None:
    process = started(sys.executable, "-c", SHOW_SIGNALS, start_new_session=True)
    assert process.stdout.readline() == b"ready\n"

    process.send_signal(getattr(signal, name))

    assert process.stdout.readline() == f"{name}\n".encode()
    out, _ = process.communicate(timeout=60)
    assert (out, process.returncode) == (b"", 0)


@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGHUP, 129), mark_exhaustive(signal.SIGTERM, 143), mark_exhaustive(signal.SIGINT, 130)],
)
def test_a_child_that_a_passed_signal_ends_is_128_and_its_number(
    started: Any, number: signal.Signals, status: int
) -> None:
    process = started("sh", "-c", "echo ready; exec sleep 60")
    assert process.stdout.readline() == b"ready\n"

    process.send_signal(number)

    assert process.wait(60) == status


def test_the_child_is_in_the_process_group(started: Any) -> None:
    process = started("sh", "-c", "echo $$; exec sleep 60", start_new_session=True)
    number = int(process.stdout.readline())

    assert os.getpgid(number) == process.pid
    os.killpg(process.pid, signal.SIGKILL)


def test_an_interrupt_from_the_terminal_reaches_the_child_once() -> None:
    pid, terminal = pty.fork()
    if pid == 0:  # pragma: no cover
        os.execve(sys.executable, [sys.executable, "-c", PROGRAM, sys.executable, "-c", SHOW_SIGNALS], ENVIRON)
    try:
        assert read_until(terminal, b"ready") == b"ready"
        os.write(terminal, b"\x03")
        assert read_until(terminal, b"SIGINT").count(b"SIGINT") == 1
        os.write(terminal, b"\x1c")  # every signal before it has arrived
        assert b"SIGINT" not in read_until(terminal, b"SIGQUIT").replace(b"^\\", b"")
        os.write(terminal, b"\x04")
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    finally:
        os.close(terminal)


def read_until(terminal: int, end: bytes) -> bytes:
    """Read from a terminal up to a word, without the line breaks before it; fail if a minute brings nothing."""
    data = b""
    while not data.endswith(end):
        assert select.select([terminal], [], [], 60)[0], data
        data += os.read(terminal, 1)
    return data.lstrip(b"\r\n")


def test_only_signals_that_another_process_sends_are_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    received = [
        SimpleNamespace(si_signo=signal.SIGINT, si_code=child.KERNEL_CODE),
        SimpleNamespace(si_signo=signal.SIGINT, si_code=0),
        None,
        SimpleNamespace(si_signo=signal.SIGCHLD, si_code=1),
    ]
    states = iter([(0, 0)] * len(received) + [(5, 0x700)])
    sent: list[tuple[int, int]] = []
    infos = iter(received)
    monkeypatch.setattr(signal, "sigtimedwait", lambda *_: next(infos))
    monkeypatch.setattr(os, "waitpid", lambda *_: next(states))
    monkeypatch.setattr(os, "kill", lambda *call: sent.append(call))

    assert (child._wait(5, frozenset()), sent) == (0x700, [(5, signal.SIGINT)])


# ---- other systems
def test_without_sigtimedwait_the_handlers_pass_signals_on(started: Any) -> None:
    program = PROGRAM.replace("sys.exit(", "import signal; del signal.sigtimedwait\nsys.exit(")
    process = subprocess.Popen(
        [sys.executable, "-c", program, sys.executable, "-c", SHOW_SIGNALS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=ENVIRON,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    process.send_signal(signal.SIGTERM)
    assert process.stdout.readline() == b"SIGTERM\n"
    process.communicate(timeout=60)
    assert process.returncode == 0


def test_without_posix_a_child_runs_and_an_interrupt_is_left_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "posix_spawnp")

    assert run_child(["sh", "-c", "kill -INT $PPID; exit 7"], os.environ) == 7
    assert run_child(["no-such-command-7"], os.environ) == 127


def test_a_signal_that_another_thread_receives_is_passed_on_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(child, "_is_foreground", lambda: False)
    done = threading.Event()

    def receive() -> None:
        done.wait(60)

    thread = threading.Thread(target=receive)
    thread.start()
    try:
        script = f"kill -USR1 {os.getpid()}; exec sleep 60"
        assert run_child(["sh", "-c", script], os.environ) == 128 + signal.SIGUSR1
    finally:
        done.set()
        thread.join()


@pytest.mark.parametrize(("foreground", "sent"), [(True, [signal.SIGTERM]), (False, [signal.SIGINT, signal.SIGTERM])])
def test_a_handler_leaves_the_signals_of_its_terminal_alone(
    monkeypatch: pytest.MonkeyPatch, foreground: bool, sent: list[int]
) -> None:
    numbers: list[int] = []
    monkeypatch.setattr(child, "_is_foreground", lambda: foreground)
    monkeypatch.setattr(os, "kill", lambda _, number: numbers.append(number))

    for number in (signal.SIGINT, signal.SIGTERM):
        child._make_handler(1)(number, None)

    assert numbers == sent


def test_without_a_terminal_nothing_is_in_its_foreground(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "ctermid", lambda: "/nowhere")
    assert not child._is_foreground()
    monkeypatch.setattr(os, "ctermid", lambda: "/dev/null")
    assert not child._is_foreground()
    monkeypatch.setattr(os, "tcgetpgrp", lambda _: os.getpgrp())
    assert child._is_foreground()
