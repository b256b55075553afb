"""The command `run --watch`: what restarts a command, and what is said meanwhile. test_restarts.py has the children."""

from __future__ import annotations

import io
import queue
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from returns.result import Failure

from infisical import InfisicalNetworkError
from infisical.cli import place_watch, restarts
from infisical.cli.place_watch import PlaceWatch
from infisical.cli.restarts import EnvironmentWatch
from infisical.endpoints.secrets.models import MASKS
from infisical.executors import ScriptedExecutor
from infisical.request import HttpRequest
from infisical.transport import Reply
from tests.cli.terminal import Run, Terminal
from tests.cli.test_export import LOGIN, secret
from tests.cli.test_restarts import Stage, Watch
from tests.wire import answer

PATIENCE = 60.0
# not transient, so that no call waits for a repetition
OUTAGE = InfisicalNetworkError("no connection", reason="tls", sent=False)
LOST = "cannot read the secrets, and the command keeps running: InfisicalNetworkError: no connection\n"
KEPT = "the command keeps running with the old secrets: "


def listing(*secrets: dict[str, Any]) -> Any:
    return answer({"secrets": list(secrets), "imports": []})


def restarted(*names: str) -> str:
    return f"the secrets have changed, restarting the command: {', '.join(names)}\n"


class Runner:
    """Takes the place of the child: notes each environment that is offered, until there were so many."""

    def __init__(self, count: int) -> None:
        self.count, self.environments = count, list[dict[str, str]]()

    def __call__(self, command: Sequence[str], environ: Mapping[str, str], watch: EnvironmentWatch, /) -> int:
        offers: queue.Queue[Mapping[str, str]] = queue.Queue()
        self.note(environ)
        watch.start(offers.put)
        try:
            for _ in range(self.count):
                self.note(offers.get(timeout=PATIENCE))
            return 7
        finally:
            watch.stop()

    def note(self, environ: Mapping[str, str]) -> None:
        self.environments.append({name: environ[name] for name in environ if not name.startswith("INFISICAL_")})


class Script:
    """Plays answers, and repeats the last one; the executor of a terminal."""

    def __init__(self, *answers: Any) -> None:
        self.play, self.last = ScriptedExecutor(LOGIN, *answers), len(answers)
        self.answers = answers

    def __call__(self, request: HttpRequest) -> Reply:
        if len(self.play.sent) <= self.last:
            return self.play(request)
        return ScriptedExecutor(self.answers[-1])(request)


def watch(count: int, *answers: Any, options: Sequence[str] = (), **environ: str) -> tuple[Run, Runner]:
    """Run until so many environments were offered."""
    runner = Runner(count)
    terminal = Terminal(executor=Script(*answers), spawn_watched=runner, environ={"A": "", **environ})
    return terminal.run("run", "--watch", "0.001", *options, "--", "program", "-x"), runner


def test_each_change_is_offered_with_the_environment() -> None:
    one, two = listing(secret("A", "1")), listing(secret("A", "2"), secret("B", "b"))

    run, runner = watch(1, one, one, two, two, OTHER="o")

    assert run == Run(7, "", "")
    assert runner.environments == [{"A": "1", "OTHER": "o"}, {"A": "2", "B": "b", "OTHER": "o"}]


def test_existing_variables_stay_and_each_note_comes_once() -> None:
    one, two = (
        listing(secret("X", "1"), secret("B", "1")),
        listing(secret("X", "2"), secret("B", "2"), secret("PS1", "p")),
    )

    run, runner = watch(1, one, two, two, options=["--keep-existing"], X="own")

    assert run.err == "secrets ignored for existing variables: X\nsecrets ignored for reserved names: PS1\n"
    assert runner.environments == [{"X": "own", "B": "1"}, {"X": "own", "B": "2"}]


def test_an_outage_is_one_line_and_its_end_another() -> None:
    one, two = listing(secret("A", "1")), listing(secret("A", "2"))

    run, runner = watch(1, one, OUTAGE, OUTAGE, OUTAGE, two)

    assert run == Run(7, "", f"{LOST}the secrets can be read again\n")
    assert runner.environments == [{"A": "1"}, {"A": "2"}]


@pytest.mark.parametrize(
    ("secrets", "reason"),
    [
        ([secret("A", "s3\0cr3t")], "cannot run the command with these secrets: a NUL character in the value: A"),
        (
            [secret("A", "x" * 131_070)],
            "cannot run the command with these secrets: more than 128 KiB, too much for a variable: A",
        ),
        (
            [secret("A", sorted(MASKS)[0], secretValueHidden=True)],
            "InfisicalError: the server hid the values of A: give the identity the right to read values",
        ),
        (
            [secret("A", "s3cr3t", secretPath="/x"), secret("A", "s3cr3t", secretPath="/y")],
            "InfisicalError: more than one secret is named A (in /x, /y): "
            "choose one folder by path=, or name them apart by key=",
        ),
    ],
)
def test_a_change_that_no_environment_can_carry_is_named_once_and_keeps_the_command(
    secrets: list[dict[str, Any]], reason: str
) -> None:
    one, three = listing(secret("A", "1")), listing(secret("A", "3"))
    bad = [listing(*secrets), listing(*[{**one, "secretComment": "c"} for one in secrets])]

    run, runner = watch(1, one, bad[0], bad[0], bad[1], bad[1], three)

    assert run == Run(7, "", f"{KEPT}{reason}\n")
    assert runner.environments == [{"A": "1"}, {"A": "3"}]
    assert watch(0, listing(*secrets))[0] == Run(125, "", f"{reason}\n")


def test_a_failure_at_the_start_is_125_and_nothing_runs() -> None:
    refused = answer({"reqId": "req-1", "statusCode": 403, "error": "PermissionDenied", "message": "no"}, 403)

    run, runner = watch(1, refused)

    assert (run, runner.environments) == (Run(125, "", "ForbiddenError: no (request id: req-1)\n"), [])


@pytest.mark.parametrize(
    ("options", "every"),
    [
        (["--watch"], 10.0),
        (["--watch", "30"], 30.0),
        (["--watch=0.5"], 0.5),
        (["--watch", "--watch-interval", "5"], 5.0),
        (["--watch-interval=5", "--watch"], 5.0),
    ],
)
def test_the_interval_is_that_of_the_official_command_line_or_given(
    monkeypatch: pytest.MonkeyPatch, options: list[str], every: float
) -> None:
    intervals: list[float] = []

    class Spy(PlaceWatch):
        def __init__(self, client: Any, request: Any, every: float, *others: Any) -> None:
            intervals.append(every)
            super().__init__(client, request, every, *others)

    monkeypatch.setattr(place_watch, "PlaceWatch", Spy)
    terminal = Terminal(spawn_watched=Runner(0))

    assert (terminal.run("run", *options, "--", "x"), intervals) == (Run(7, "", ""), [every])


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (
            ["--watch", "npm", "start"],
            "argument --watch: a number of seconds, more than 0, or nothing is needed; write -- before the command",
        ),
        (
            ["--watch=0", "--", "x"],
            "argument --watch: a number of seconds, more than 0, or nothing is needed; write -- before the command",
        ),
        (["--watch-interval", "5", "--", "x"], "--watch-interval needs --watch"),
        (
            ["--watch", "7", "--watch-interval", "5", "--", "x"],
            "give the seconds once: --watch SECONDS, or --watch --watch-interval SECONDS",
        ),
        (["--watch"], "give a command: run [options] -- COMMAND [ARGUMENT ...]"),
    ],
)
def test_a_usage_error_is_125(terminal: Terminal, options: list[str], reason: str) -> None:
    run = terminal.run("run", *options)

    assert (run.code, run.out, terminal.children) == (125, "", [])
    assert run.err.endswith(f"run: error: {reason}\n")


# ---- with a real command
def test_a_secret_that_changes_restarts_the_command_and_a_comment_does_not(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restarts, "MIN_RUN_SECONDS", 0.0)
    stage, memory = Stage(tmp_path), terminal.memory
    terminal.environ = {"PATH": "/usr/bin:/bin"}
    memory.put({"A": "1"})
    requests: list[str] = []

    def execute(request: HttpRequest) -> Reply:
        requests.append(request.url)
        return memory.memory(request)

    def comment(_: Any) -> None:
        place: Any = {"project_id": memory.project_id, "environment": memory.environment}
        memory.secrets.update(secret_name="A", secret_comment="c", **place).unwrap()
        before = len(requests)
        steps.wait_for(lambda: len(requests) > before + 4)

    steps = Steps(stage.expect("1"), comment, lambda _: memory.put({"A": "2"}), stage.expect("1", "2"), stage.finish)
    terminal.executor = execute
    with steps:
        run = terminal.run("run", "--watch", "0.01", "--", "sh", "-c", f"{stage.prefix} {stage.until_end} exit 3")

    assert run == Run(3, "", restarted("A"))


def test_a_command_runs_while_the_server_is_away_and_a_signal_ends_the_run(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restarts, "MIN_RUN_SECONDS", 0.0)
    stage, memory, is_away = Stage(tmp_path), terminal.memory, threading.Event()
    terminal.environ = {"PATH": "/usr/bin:/bin"}
    memory.put({"A": "1"})
    failures: list[str] = []

    def execute(request: HttpRequest) -> Reply:
        if not is_away.is_set():
            return memory.memory(request)
        failures.append(request.url)
        return Failure(OUTAGE)

    steps = Steps(
        stage.expect("1"),
        lambda _: is_away.set(),
        lambda _: steps.wait_for(lambda: len(failures) >= 4),
        lambda _: memory.put({"A": "2"}),
        lambda _: is_away.clear(),
        stage.expect("1", "2"),
        lambda _: signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM),
    )
    terminal.executor = execute
    with steps:
        run = terminal.run("run", "--watch", "0.01", "--", "sh", "-c", f"{stage.prefix} exec sleep 60")

    assert run == Run(143, "", f"{LOST}the secrets can be read again\n{restarted('A')}")


class Steps(Watch):
    """Runs steps in a thread of a block, while the main thread runs a command."""

    def __enter__(self) -> None:
        self.start(lambda _: None)

    def __exit__(self, *_: object) -> None:
        self.stop()

    def wait_for(self, condition: Callable[[], Any]) -> None:
        from tests.cli.test_restarts import wait_until

        wait_until(condition)


# ---- the thread
def make_watch(*answers: Any, report: Callable[[str], None]) -> PlaceWatch:
    from infisical import IdentityAccessToken, InfisicalClient
    from infisical.endpoints.secrets import Secrets

    client = InfisicalClient(auth=IdentityAccessToken("t"), executor=ScriptedExecutor(*answers), retry=None)
    request = Secrets.list(project_id="p", environment="dev")

    def make(listing: Any) -> tuple[Mapping[str, str] | None, list[str]]:
        if listing.secrets[0].secret_value == "broken":
            raise ZeroDivisionError
        return {"A": listing.secrets[0].secret_value}, []

    return PlaceWatch(client, request, 0.001, make, report)


def test_a_thread_that_fails_says_so_and_the_command_keeps_running() -> None:
    messages: queue.Queue[str] = queue.Queue()
    watch = make_watch(*[listing(secret("A", value)) for value in ("1", "broken", "broken")], report=messages.put)

    assert watch.read_first() == {"A": "1"}
    watch.start(lambda _: None)

    expected = "the secrets are no longer watched, and the command keeps running: ZeroDivisionError"
    assert messages.get(timeout=PATIENCE) == expected
    watch.stop()


def test_after_the_end_nothing_is_reported_or_offered() -> None:
    messages: list[str] = []
    offers: list[Any] = []
    sent, proceed = threading.Event(), threading.Event()
    watch = make_watch(listing(secret("A", "1")), report=messages.append)
    assert watch.read_first() == {"A": "1"}

    def walk() -> Any:
        sent.set()
        proceed.wait(PATIENCE)
        yield answer_of("2")

    def answer_of(value: str) -> Any:
        from infisical.endpoints.secrets import Secrets

        return Secrets.list(project_id="p", environment="d").returns(listing(secret("A", value)))

    watch._walk = walk()
    watch.start(offers.append)
    assert sent.wait(PATIENCE)
    watch.stop()
    proceed.set()
    assert watch._thread is not None
    watch._thread.join(PATIENCE)
    watch.report("late")

    assert (offers, messages) == ([], [])


def test_a_closed_standard_error_ends_nothing() -> None:
    stderr = io.StringIO()
    stderr.close()
    watch = make_watch(listing(secret("A", "1")), report=lambda message: print(message, file=stderr))

    watch.report("x")
    watch.stop()
