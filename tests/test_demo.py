"""`python -m infisical` and its demo: what it tells, what it never shows, and that it needs no network."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from returns.result import Failure, Success

from infisical import HttpRequest, InfisicalNetworkError, Response, __version__
from infisical.__main__ import main
from infisical.demo import memory, recorded, stage
from infisical.executors import MemoryExecutor
from tests.wire import CASSETTES

SECRET = (
    "world",
    "línea",
    "line 2",
    "scrubbed",
    "scrubbed-client-secret",
    "scrubbed.access.token",
    "YXR0YWNrIGF0IGRhd24=",
    "st.any.token",
)
"""Whatever is secret in the recording, or in what the demo sends."""


def interactions(path: Path) -> list[Any]:
    found: list[Any] = yaml.safe_load(path.read_text(encoding="utf-8"))["interactions"]
    return found


PLAYS = {"memory": ("demo",), "recorded": ("demo", "--recorded")}


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> str:
    """The output of the recorded demo that went well, without a network: sockets are disabled here."""
    return output(capsys, "recorded")


@pytest.fixture
def told_on_memory(capsys: pytest.CaptureFixture[str]) -> str:
    """The output of the demo on a memory server."""
    return output(capsys, "memory")


def output(capsys: pytest.CaptureFixture[str], play: str) -> str:
    assert main(PLAYS[play]) == 0
    written = capsys.readouterr()
    assert written.err == ""
    return written.out


def told_as_a_program(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False, timeout=60)


# ---- what the demo tells
def test_the_demo_tells_five_steps_and_ends_well_without_a_network(told: str) -> None:
    titles = [line[:2] for line in told.splitlines() if line[:1].isdigit()]
    assert titles == ["1.", "2.", "3.", "4.", "5."]


@pytest.mark.parametrize(
    "line",
    [
        "asked    client.login(UniversalAuth(",
        "client_id='4c0eb7cc-fa12-423e-85f7-f475f0e6f70c'))",
        'body     {"clientId": "4c0eb7cc-fa12-423e-85f7-f475f0e6f70c", "clientSecret": "[redacted]"}',
        "headers  Accept, User-Agent, Authorization: [redacted]",
        "answered 200, 1002 bytes, x-ratelimit-remaining: 39 of 40",
        "HELLO = ********  (version 1, in /app)",
        'body     {"plaintext": "[redacted]"}',
        "its .text == 'attack at dawn' is True: the round trip holds",
        "decoded  Failure(ValidationError(message='name: Name must be slug friendly', status_code=401,",
        "error.message      'name: Name must be slug friendly'",
        "error.details[0]   {'code': 'custom', 'message': 'Name must be slug friendly'",
        "sent     nothing: it is still 5 messages",
        "opened   case Failure(AuthenticationError(sent=False) as error)",
        "error.allowed_modes  ('identity_access_token', 'jwt')",
    ],
)
def test_the_demo_tells_what_was_asked_sent_answered_and_decoded(told: str, line: str) -> None:
    assert line in told


def test_six_calls_send_five_messages_to_the_recorded_server_only(told: str) -> None:
    sent = [line for line in told.splitlines() if line.startswith("  sent ")]
    assert [line.split()[1] for line in sent] == ["POST", "GET", "POST", "POST", "POST", "nothing:"]
    assert all(line.split()[2].startswith(recorded.RECORDED_AT) for line in sent[:-1])


def test_the_last_line_says_what_was_seen_and_where_to_go_on(told: str) -> None:
    last = told.splitlines()[-1]
    assert last == "Seen: 6 calls, 5 messages, 2 failures as values, no exception; go on with the README."


@pytest.mark.parametrize("secret", SECRET)
def test_no_secret_stands_in_the_output(told: str, secret: str) -> None:
    assert secret not in told.replace("\n           ", "")


@pytest.mark.parametrize(("play", "lines"), [("memory", 126), ("recorded", 90)])
def test_the_output_is_short_and_in_plain_ascii(capsys: pytest.CaptureFixture[str], play: str, lines: int) -> None:
    told = output(capsys, play)
    assert told.isascii()
    assert "\x1b" not in told
    assert len(told.splitlines()) <= lines
    assert max(map(len, told.splitlines())) <= 100


# ---- the demo on a memory server
def test_it_tells_seven_steps_of_which_some_write(told_on_memory: str) -> None:
    titles = [line[:2] for line in told_on_memory.splitlines() if line[:1].isdigit()]
    assert titles == ["1.", "2.", "3.", "4.", "5.", "6.", "7."]
    assert told_on_memory.splitlines()[-1] == (
        "Seen: 11 calls, 11 messages, 2 failures as values, no exception; go on with the README."
    )


@pytest.mark.parametrize(
    "line",
    [
        "sent     POST http://localhost:8080/api/v4/secrets/batch",
        '"secrets": [{"secretKey": "HOST", "secretValue": "[redacted]"}',
        "DATABASE_URL = ********  (version 1, in /api)",
        "the reference ${HOST} in DATABASE_URL is expanded: True",
        "version 1 still has the value from before: True",
        "its .text == 'attack at dawn' is True: the round trip holds",
        "given    31 days have passed: the token of the login has expired",
        "case Failure(NotFoundError() as error): renewed on the way, and then an honest 404",
        "sent     nothing: it is still 11 messages",
    ],
)
def test_it_tells_what_was_written_read_and_renewed(told_on_memory: str, line: str) -> None:
    assert line in told_on_memory


def test_no_secret_of_the_memory_server_stands_in_the_output(told_on_memory: str) -> None:
    given = MemoryExecutor().given
    plain = told_on_memory.replace("\n           ", "")
    secrets = (
        "db.example",
        "new.example",
        "postgres://",
        given.client_secret,
        given.user_token,
        "YXR0YWNrIGF0IGRhd24=",
        "eyJ",
    )
    assert [secret for secret in secrets if secret in plain] == []


def test_without_cryptography_it_says_what_to_install_and_ends_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "cryptography", None)
    assert main(["demo"]) == 1
    written = capsys.readouterr()
    assert written.out == ""
    assert "pip install 'infisical-functional[memory]'" in written.err


def test_a_step_on_memory_that_does_not_go_as_it_should_ends_the_demo_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(memory, "NEW", memory.NEW[1:])
    assert main(["demo"]) == 1
    assert capsys.readouterr().out.splitlines()[-1].startswith("Step 3 did not go as it should")


# ---- the recording
def test_the_recording_of_the_demo_is_a_real_one_to_the_letter() -> None:
    real = [it for path in sorted(CASSETTES.glob("*.yaml")) for it in interactions(path)]
    played = interactions(recorded.RECORDING)
    assert len(played) == 5
    assert [it for it in played if it not in real] == []


def test_a_step_that_does_not_go_as_recorded_ends_the_demo_with_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "demo.yaml"
    other.write_text(
        recorded.RECORDING.read_text(encoding="utf-8").replace('"YXR0YWNrIGF0IGRhd24="}', '"aGk="}'), "utf-8"
    )
    monkeypatch.setattr(recorded, "RECORDING", other)
    assert main(["demo", "--recorded"]) == 1
    told = capsys.readouterr().out
    assert "is False: the round trip does not hold" in told
    assert told.splitlines()[-1].startswith("Step 3 did not go as recorded")


@pytest.mark.parametrize("played", range(5))
def test_without_its_recorded_answer_each_step_says_so_and_ends_the_demo(
    played: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cut = interactions(recorded.RECORDING)[:played]
    (tmp_path / "cut.yaml").write_text(yaml.safe_dump({"interactions": cut, "version": 1}), "utf-8")
    monkeypatch.setattr(recorded, "RECORDING", tmp_path / "cut.yaml")
    assert main(["demo", "--recorded"]) == 1
    told = capsys.readouterr().out
    assert "answered nothing: cut.yaml: " in told
    assert told.splitlines()[-1].startswith(f"Step {(1, 2, 3, 3, 4)[played]} did not go as recorded")


def test_a_missing_recording_ends_the_demo_with_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(recorded, "RECORDING", tmp_path / "none.yaml")
    assert main(["demo", "--recorded"]) == 1
    assert "Step 1 did not go as recorded" in capsys.readouterr().out


def test_without_vcrpy_the_demo_says_what_to_install_and_ends_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "vcr", None)
    assert main(["demo", "--recorded"]) == 1
    written = capsys.readouterr()
    assert written.out == ""
    assert written.err.count("\n") == 1
    assert "pip install 'infisical-functional[cassettes]'" in written.err


# ---- its parts
@pytest.mark.parametrize("reply", [Success(Response(200)), Failure(InfisicalNetworkError("no answer"))])
def test_the_executor_that_takes_notes_changes_nothing(reply: Any) -> None:
    notes: list[stage.Exchange] = []
    request = HttpRequest("GET", "https://infisical.example.com/api/status")
    assert stage.noting(lambda _: reply, notes)(request) is reply
    assert notes == [stage.Exchange(request, reply)]


# ---- the program
def test_the_program_tells_the_same_and_ends_with_0(told: str) -> None:
    run = told_as_a_program("-m", "infisical", "demo", "--recorded")
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout == told


def test_a_reader_who_has_seen_enough_gets_no_traceback() -> None:
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "infisical", "demo"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        run.stdout.close()
        assert run.stderr.read() == ""
        assert run.wait(60) == 1


@pytest.mark.parametrize("arguments", [(), ("--help",)])
def test_without_a_command_or_with_help_the_commands_are_listed(arguments: tuple[str, ...]) -> None:
    run = told_as_a_program("-m", "infisical", *arguments)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.startswith("usage: python -m infisical")
    assert "\n    demo " in run.stdout


def test_an_unknown_command_is_refused_with_2_and_the_names_of_those_there_are() -> None:
    run = told_as_a_program("-m", "infisical", "dmeo")
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.startswith("usage: python -m infisical")
    assert "demo" in run.stderr.replace("dmeo", "")


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out == f"infisical-functional {__version__}\n"


def test_usage_and_version_do_not_load_the_client() -> None:
    run = told_as_a_program("-X", "importtime", "-m", "infisical", "--version")
    assert run.returncode == 0
    assert "infisical.version" in run.stderr
    assert "infisical.client" not in run.stderr
    assert "infisical.demo" not in run.stderr
