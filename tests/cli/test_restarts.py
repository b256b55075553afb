"""The restarts of `run --watch`: when a child ends, what the next one gets, and signals meanwhile; real children."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infisical.cli import child, restarts
from infisical.cli.restarts import GRACE_SECONDS, MIN_RUN_SECONDS, PosixProcess, RestartPlan, run_restarting
from tests.cli.test_child import ENVIRON

Offer = Callable[[Mapping[str, str]], None]
PATIENCE = 60.0
DEFAULT_HANDLERS: dict[int, Any] = {
    signal.SIGINT: signal.default_int_handler,
    signal.SIGQUIT: signal.SIG_DFL,
    signal.SIGHUP: signal.SIG_DFL,
}


def wait_until(condition: Callable[[], Any]) -> None:
    """Wait for what another process or thread does."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.002)


class Watch:
    """Runs steps in a thread, each with the function that offers an environment."""

    def __init__(self, *steps: Callable[[Offer], object]) -> None:
        self.steps, self.messages = steps, list[str]()
        self.restarts: list[Sequence[str]] = []
        self.failures: list[BaseException] = []
        self.thread: threading.Thread | None = None

    def start(self, offer: Offer, /) -> None:
        self.thread = threading.Thread(target=self._run, args=(offer,))
        self.thread.start()

    def _run(self, offer: Offer) -> None:
        try:
            for step in self.steps:
                step(offer)
        except BaseException as cause:
            self.failures.append(cause)

    def stop(self) -> None:
        assert self.thread is not None
        self.thread.join(PATIENCE)
        assert self.failures == []

    def report(self, message: str, /) -> None:
        self.messages.append(message)

    def report_restart(self, names: Sequence[str], /) -> None:
        self.restarts.append(names)


class Stage:
    """A directory in which children leave lines, and steps that wait for them."""

    def __init__(self, path: Path) -> None:
        self.log, self.end = path / "log", path / "end"
        self.prefix = f"echo \"$A\" >> '{self.log}'; "
        self.until_end = f"n=0; until [ -e '{self.end}' ] || [ $n -gt 2000 ]; do n=$((n + 1)); sleep 0.01; done; "

    def lines(self) -> list[str]:
        return self.log.read_text().split() if self.log.exists() else []

    def expect(self, *lines: str) -> Callable[[Offer], None]:
        """Wait until the children have left these lines."""
        return lambda _: wait_until(lambda: self.lines() == list(lines))

    def finish(self, _: Offer) -> None:
        """Let the child end that waits for it."""
        self.end.touch()

    def run(self, script: str, watch: Watch) -> int:
        return run_restarting(["sh", "-c", self.prefix + script], with_value("1"), watch)


def with_value(value: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "A": value}


def offer_value(value: str) -> Callable[[Offer], None]:
    return lambda offer: offer(with_value(value))


def send(number: int) -> Callable[[Offer], None]:
    """Send a signal to the main thread, which receives all signals of a process with one thread."""
    return lambda _: signal.pthread_kill(threading.main_thread().ident or 0, number)


@pytest.fixture(autouse=True)
def default_signals() -> Iterator[None]:
    """The handlers of a program in the foreground: a shell has those in its background ignore SIGINT and SIGQUIT."""
    before = {number: signal.signal(number, handler) for number, handler in DEFAULT_HANDLERS.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    monkeypatch.setattr(restarts, "MIN_RUN_SECONDS", 0.0)
    monkeypatch.setattr(restarts, "POLL_SECONDS", 0.05)  # another thread of a test run may receive SIGCHLD
    return Stage(tmp_path)


def test_a_change_restarts_the_command_with_its_environment(stage: Stage) -> None:
    watch = Watch(stage.expect("1"), offer_value("2"), stage.expect("1", "2"))

    assert stage.run('[ "$A" = 2 ] && exit 7; exec sleep 60', watch) == 7
    assert (watch.restarts, watch.messages) == ([["A"]], [])


def test_a_command_that_ends_well_on_sigterm_is_restarted_too(stage: Stage) -> None:
    watch = Watch(stage.expect("1"), offer_value("2"), stage.expect("1", "ended", "2"), stage.finish)
    script = f"trap \"echo ended >> '{stage.log}'; exit 0\" TERM; {stage.until_end} exit 3"

    assert stage.run(script, watch) == 3


def test_a_command_that_ignores_sigterm_is_killed_after_the_grace_period(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restarts, "GRACE_SECONDS", 0.05)
    watch = Watch(stage.expect("1"), offer_value("2"), stage.expect("1", "2"), stage.finish)
    stage.prefix = f"trap '' TERM; {stage.prefix}"

    assert stage.run(f"{stage.until_end} exit 4", watch) == 4
    assert watch.messages == ["the command still runs after 0.05 seconds: killing it"]


def test_an_equal_environment_restarts_nothing(stage: Stage) -> None:
    watch = Watch(stage.expect("1"), lambda offer: offer(dict(reversed(with_value("1").items()))), stage.finish)

    assert stage.run(f"{stage.until_end} exit 5", watch) == 5
    assert (stage.lines(), watch.restarts) == (["1"], [])


@pytest.mark.parametrize(("script", "status"), [("exit 0", 0), ("exit 9", 9), ("kill -KILL $$", 137)])
def test_a_command_that_ends_by_itself_ends_the_run(stage: Stage, script: str, status: int) -> None:
    assert stage.run(script, Watch()) == status


def test_after_a_signal_the_command_is_not_restarted(stage: Stage) -> None:
    watch = Watch(stage.expect("1"), send(signal.SIGTERM), stage.expect("1", "TERM"), offer_value("2"), stage.finish)
    stage.prefix = f"trap \"echo TERM >> '{stage.log}'\" TERM; {stage.prefix}"

    assert stage.run(f"{stage.until_end} exit 6", watch) == 6
    assert (stage.lines(), watch.restarts) == (["1", "TERM"], [])


def test_a_signal_during_the_grace_period_ends_the_run_with_the_old_command(stage: Stage) -> None:
    watch = Watch(
        stage.expect("1"),
        offer_value("2"),
        stage.expect("1", "TERM"),
        send(signal.SIGINT),
        stage.expect("1", "TERM", "INT"),
        stage.finish,
    )
    stage.prefix = "".join(f"trap \"echo {name} >> '{stage.log}'\" {name}; " for name in ("TERM", "INT")) + stage.prefix

    assert stage.run(f"{stage.until_end} exit 6", watch) == 6
    assert (stage.lines(), watch.restarts) == (["1", "TERM", "INT"], [["A"]])


def test_after_a_signal_for_the_commands_own_use_it_is_restarted(stage: Stage) -> None:
    watch = Watch(
        stage.expect("1"), send(signal.SIGUSR1), stage.expect("1", "USR1"), offer_value("2"),
        stage.expect("1", "USR1", "2"), stage.finish,
    )  # fmt: skip
    stage.prefix = f"trap \"echo USR1 >> '{stage.log}'\" USR1; {stage.prefix}"

    assert stage.run(f"{stage.until_end} exit 6", watch) == 6


def test_a_signal_that_another_thread_receives_is_passed_on_and_ends_the_watch(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restarts, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(child, "_is_foreground", lambda: False)
    done = threading.Event()
    thread = threading.Thread(target=done.wait, args=(PATIENCE,))
    thread.start()
    try:
        watch = Watch(stage.expect("1"), lambda _: os.kill(os.getpid(), signal.SIGHUP))
        assert stage.run("exec sleep 60", watch) == 128 + signal.SIGHUP
    finally:
        done.set()
        thread.join()


def test_the_handlers_and_the_mask_are_as_before(stage: Stage) -> None:
    numbers = sorted(restarts.CHILD_SIGNALS)

    def state() -> Any:
        return [signal.getsignal(number) for number in numbers], signal.pthread_sigmask(signal.SIG_BLOCK, ())

    before = state()
    watch = Watch(stage.expect("1"), offer_value("2"), stage.expect("1", "2"))
    stage.run('[ "$A" = 2 ] && exit 7; exec sleep 60', watch)
    assert state() == before
    run_restarting(["no-such-command-7"], {}, watch)
    assert state() == before


def test_each_command_has_the_mask_and_the_ignored_signals_of_any_child(
    stage: Stage, capfd: pytest.CaptureFixture[str]
) -> None:
    show = "grep -E 'Sig(Blk|Ign)' /proc/self/status"
    plain = subprocess.run(["sh", "-c", show], capture_output=True, text=True, check=True).stdout

    stage.prefix = f"{show}; {stage.prefix}"  # before the line that the watch waits for
    watch = Watch(stage.expect("1"), offer_value("2"), stage.expect("1", "2"))
    assert stage.run('[ "$A" = 2 ] && exit 7; exec sleep 60', watch) == 7

    def parse(text: str) -> list[int]:
        return [int(line.split()[1], 16) & 0x7FFFFFFF for line in text.splitlines()]

    assert parse(capfd.readouterr().out) == 2 * parse(plain)


# ---- what cannot start
def test_a_command_that_does_not_exist_is_127_and_nothing_is_watched(capfd: pytest.CaptureFixture[str]) -> None:
    watch = Watch()

    assert run_restarting(["no-such-command-7"], {}, watch) == 127
    assert capfd.readouterr().err == "no-such-command-7: No such file or directory\n"
    assert watch.thread is None


def test_an_environment_that_is_too_large_keeps_the_old_one(stage: Stage) -> None:
    huge = {f"V{number}": "x" * 100_000 for number in range(100)}
    watch = Watch(
        stage.expect("1"),
        lambda offer: offer({**with_value("2"), **huge}),
        stage.expect("1", "1"),
        offer_value("3"),
        stage.expect("1", "1", "3"),
        stage.finish,
    )

    assert stage.run(f"{stage.until_end} exit 3", watch) == 3
    assert watch.messages == ["the command keeps running with the old secrets: Argument list too long"]
    assert len(watch.restarts) == 2


def test_a_command_that_is_gone_at_a_restart_is_127(
    stage: Stage, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / "script"
    script.write_text(f"#!/bin/sh\n{stage.prefix} rm '{script}'; exec sleep 60\n")
    script.chmod(0o755)
    watch = Watch(stage.expect("1"), lambda _: wait_until(lambda: not script.exists()), offer_value("2"))

    assert run_restarting([str(script)], with_value("1"), watch) == 127
    assert capfd.readouterr().err == f"{script}: No such file or directory\n"


# ---- other systems
def test_without_sigtimedwait_handlers_and_offers_interrupt_the_wait(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(signal, "sigtimedwait")
    monkeypatch.setattr(child, "_is_foreground", lambda: False)
    watch = Watch(stage.expect("1"), offer_value("2"), stage.expect("1", "2"), send(signal.SIGINT))

    assert stage.run("exec sleep 60", watch) == 128 + signal.SIGINT
    assert watch.restarts == [["A"]]


def test_without_posix_a_change_restarts_the_command(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "posix_spawnp")
    monkeypatch.setattr(restarts, "GRACE_SECONDS", 0.05)
    watch = Watch(stage.expect("1"), offer_value("2"), stage.expect("1", "2"), stage.finish)
    stage.prefix = f"trap '' TERM; {stage.prefix}"

    assert stage.run(f"{stage.until_end} exit 4", watch) == 4
    assert run_restarting(["no-such-command-7"], {}, watch) == 127


def test_without_posix_ctrl_c_is_left_to_the_command_and_ends_the_watch(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "posix_spawnp")
    watch = Watch(stage.expect("1"), send(signal.SIGINT), stage.finish)

    assert stage.run(f"{stage.until_end} exit 4", watch) == 4
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


# ---- a process that does not run yet
def test_a_signal_without_a_process_is_for_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    ends: list[int] = []
    sent: list[tuple[int, int]] = []
    monkeypatch.setattr(child, "_is_foreground", lambda: True)
    monkeypatch.setattr(restarts, "start_process", lambda *_: 5)
    monkeypatch.setattr(os, "kill", lambda *call: sent.append(call))
    process = PosixProcess(["x"], set(), lambda: ends.append(1))

    process.handle_signal(signal.SIGTERM, None)
    process.handle_signal(signal.SIGINT, None)
    process.handle_signal(signal.SIGUSR1, None)

    assert (process.poll(), ends, sent) == (None, [1, 1], [])
    process.start({})
    assert sent == [(5, signal.SIGTERM), (5, signal.SIGUSR1)]


def test_an_ignored_signal_does_not_end_the_watch(stage: Stage) -> None:
    watch = Watch(stage.expect("1"), send(signal.SIGHUP), offer_value("2"), stage.expect("1", "2"), stage.finish)
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert stage.run(f"{stage.until_end} exit 4", watch) == 4
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_program_that_watches_ends_with_the_status_of_its_command() -> None:
    program = """
import os, sys
from infisical.cli.restarts import run_restarting
class Watch:
    def start(self, offer): offer({**os.environ, "A": "2"})
    def stop(self): pass
    def report(self, message): print(message)
    def report_restart(self, names): print(names)
from infisical.cli import restarts
restarts.MIN_RUN_SECONDS = 0
sys.exit(run_restarting(["sh", "-c", '[ "$A" = 2 ] && echo $A && exit 7; exec sleep 60'], os.environ, Watch()))
"""
    environ = {**ENVIRON, "A": "1"}
    done = subprocess.run([sys.executable, "-c", program], env=environ, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (7, "")
    assert done.stdout.split() == ["2", "['A']"] or done.stdout.split() == ["['A']", "2"]


# ---- the plan
class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_young_command_is_not_ended_and_changes_until_then_are_one() -> None:
    clock = Clock()
    plan = RestartPlan({"A": "1"}, clock)
    plan.offer({"A": "2"})
    assert (plan.choose_action(), plan.find_pause()) == (None, child.POLL_SECONDS)
    clock.now += MIN_RUN_SECONDS - 0.5
    plan.offer({"A": "3", "B": "b"})
    assert (plan.choose_action(), plan.find_pause()) == (None, 0.5)
    clock.now += 0.5

    assert (plan.choose_action(), plan.find_changes()) == ("terminate", ["A", "B"])
    started: list[Mapping[str, str]] = []
    assert plan.start_next(started.append) is None
    assert started == [{"A": "3", "B": "b"}]


def test_a_change_that_is_taken_back_restarts_nothing() -> None:
    clock = Clock()
    plan = RestartPlan({"A": "1"}, clock)
    plan.offer({"A": "2"})
    plan.offer({"A": "1"})
    clock.now += 2 * MIN_RUN_SECONDS

    assert (plan.choose_action(), plan.find_pause()) == (None, child.POLL_SECONDS)


def test_a_command_gets_one_sigterm_and_one_sigkill() -> None:
    clock = Clock()
    plan = RestartPlan({"A": "1"}, clock)
    plan.offer({"A": "2"})
    clock.now += MIN_RUN_SECONDS
    actions = [plan.choose_action(), plan.choose_action()]
    clock.now += GRACE_SECONDS
    actions += [plan.choose_action(), plan.choose_action()]

    assert (actions, plan.find_pause()) == (["terminate", None, "kill", None], child.POLL_SECONDS)


def test_an_environment_that_cannot_start_is_not_tried_again() -> None:
    clock = Clock()
    plan = RestartPlan({"A": "1"}, clock)
    plan.offer({"A": "2"})
    clock.now += MIN_RUN_SECONDS
    plan.choose_action()
    started: list[Mapping[str, str]] = []

    def start(environ: Mapping[str, str]) -> None:
        if environ == {"A": "2"}:
            raise OSError(errno.E2BIG, "too long")
        started.append(environ)

    mistake = plan.start_next(start)
    assert (mistake is not None and mistake.errno, started) == (errno.E2BIG, [{"A": "1"}])
    clock.now += 2 * MIN_RUN_SECONDS
    assert plan.choose_action() is None


STEPS = st.lists(st.one_of(st.sampled_from("abc"), st.floats(0.1, 6), st.just("died"), st.just("end")), max_size=30)


@given(STEPS)
def test_every_command_runs_for_a_while_and_a_steady_environment_is_started(steps: list[Any]) -> None:
    """The steps are offers, seconds, the end of a child that was asked for it, and a signal to this process."""
    clock, newest, is_over = Clock(), "a", False
    plan = RestartPlan({"A": "a"}, clock)
    started_at = clock.now

    def tick() -> None:
        nonlocal started_at
        action = plan.choose_action()
        if action == "terminate":
            assert not is_over
            assert clock.now - started_at >= MIN_RUN_SECONDS
            assert plan.environ != {"A": newest}

    for step in steps:
        if isinstance(step, float):
            clock.now += step
        elif step == "end":
            plan.end()
            is_over = True
        elif step != "died":
            newest = step
            plan.offer({"A": step})
        elif plan.is_restart():
            assert not is_over
            plan.start_next(lambda environ: None)
            started_at = clock.now
            assert plan.environ == {"A": newest}
        tick()
    clock.now += MIN_RUN_SECONDS
    tick()
    assert is_over or plan.is_restart() or plan.environ == {"A": newest}
