"""`python -m infisical` and its demo: its output, the secrets that it hides, and that it needs no network."""

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
from infisical.demo import console, memory, recorded
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
"""The secrets in the recording, and in the requests of the demo."""


def interactions(path: Path) -> list[Any]:
    entries: list[Any] = yaml.safe_load(path.read_text(encoding="utf-8"))["interactions"]
    return entries


ARGUMENTS = {"memory": ("demo",), "recorded": ("demo", "--recorded")}


@pytest.fixture
def recorded_output(capsys: pytest.CaptureFixture[str]) -> str:
    """The output of the recorded demo, without a network: sockets are disabled here."""
    return run_demo(capsys, "recorded")


@pytest.fixture
def memory_output(capsys: pytest.CaptureFixture[str]) -> str:
    """The output of the demo on an Infisical in memory."""
    return run_demo(capsys, "memory")


OUTPUTS: dict[str, str] = {}
"""What each scenario has printed: it runs once for all tests of a process."""


def run_demo(capsys: pytest.CaptureFixture[str], scenario: str) -> str:
    if scenario not in OUTPUTS:
        assert main(ARGUMENTS[scenario]) == 0
        written = capsys.readouterr()
        assert written.err == ""
        OUTPUTS[scenario] = written.out
    return OUTPUTS[scenario]


def run_program(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False, timeout=60)


# ---- the recorded demo
def test_the_demo_prints_five_steps_without_a_network(recorded_output: str) -> None:
    titles = [line[:2] for line in recorded_output.splitlines() if line[:1].isdigit()]
    assert titles == ["1.", "2.", "3.", "4.", "5."]


@pytest.mark.parametrize(
    "line",
    [
        "call     client.login(UniversalAuth(",
        "client_id='4c0eb7cc-fa12-423e-85f7-f475f0e6f70c'))",
        'body     {"clientId": "4c0eb7cc-fa12-423e-85f7-f475f0e6f70c", "clientSecret": "[redacted]"}',
        "headers  Accept, User-Agent, Authorization: [redacted]",
        "response 200, 1002 bytes, x-ratelimit-remaining: 39 of 40",
        "HELLO = ********  (version 1, in /app)",
        'body     {"plaintext": "[redacted]"}',
        "answer.text == 'attack at dawn': True",
        "answer   Failure(ValidationError(message='name: Name must be slug friendly', status_code=401,",
        "error.message      'name: Name must be slug friendly'",
        "error.details[0]   {'code': 'custom', 'message': 'Name must be slug friendly'",
        "request  none: still 5 HTTP requests in all",
        "match    case Failure(AuthenticationError(sent=False) as error)",
        "error.allowed_modes  ('identity_access_token', 'jwt')",
    ],
)
def test_the_demo_prints_calls_requests_responses_and_answers(recorded_output: str, line: str) -> None:
    assert line in recorded_output


def test_six_calls_send_five_requests_to_the_recorded_server_only(recorded_output: str) -> None:
    sent = [line for line in recorded_output.splitlines() if line.startswith("  request ")]
    assert [line.split()[1] for line in sent] == ["POST", "GET", "POST", "POST", "POST", "none:"]
    assert all(line.split()[2].startswith(recorded.RECORDED_URL) for line in sent[:-1])


def test_the_last_lines_count_the_calls_and_name_the_readme(recorded_output: str) -> None:
    assert recorded_output.splitlines()[-2:] == [
        "Done: 6 calls, 5 HTTP requests, 2 failures as values, no exception.",
        "The README says more.",
    ]


@pytest.mark.parametrize("secret", SECRET)
def test_no_secret_is_in_the_output(recorded_output: str, secret: str) -> None:
    assert secret not in recorded_output.replace("\n           ", "")


@pytest.mark.parametrize(("scenario", "lines"), [("memory", 126), ("recorded", 90)])
def test_the_output_is_short_and_in_plain_ascii(capsys: pytest.CaptureFixture[str], scenario: str, lines: int) -> None:
    output = run_demo(capsys, scenario)
    assert output.isascii()
    assert "\x1b" not in output
    assert len(output.splitlines()) <= lines
    assert max(map(len, output.splitlines())) <= 100


# ---- the demo on an Infisical in memory
def test_the_demo_on_memory_prints_seven_steps(memory_output: str) -> None:
    titles = [line[:2] for line in memory_output.splitlines() if line[:1].isdigit()]
    assert titles == ["1.", "2.", "3.", "4.", "5.", "6.", "7."]
    assert memory_output.splitlines()[-2] == "Done: 11 calls, 11 HTTP requests, 2 failures as values, no exception."


@pytest.mark.parametrize(
    "line",
    [
        "request  POST http://localhost:8080/api/v4/secrets/batch",
        '"secrets": [{"secretKey": "HOST", "secretValue": "[redacted]"}',
        "DATABASE_URL = ********  (version 1, in /api)",
        "the reference ${HOST} in DATABASE_URL is expanded: True",
        "version 1 has the earlier value: True",
        "answer.text == 'attack at dawn': True",
        "setup    31 days later: the access token has expired",
        "case Failure(NotFoundError() as error): the client logged in again, then got this 404",
        "request  none: still 11 HTTP requests in all",
    ],
)
def test_the_demo_on_memory_prints_writes_reads_and_renewal(memory_output: str, line: str) -> None:
    assert line in memory_output


def test_no_secret_of_the_memory_server_is_in_the_output(memory_output: str) -> None:
    given = MemoryExecutor().given
    plain = memory_output.replace("\n           ", "")
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


def test_a_step_on_memory_that_fails_ends_the_demo_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(memory, "NEW_SECRETS", memory.NEW_SECRETS[1:])
    assert main(["demo"]) == 1
    assert capsys.readouterr().out.splitlines()[-1].startswith("Step 3 did not pass")


# ---- the recording
def test_the_recording_of_the_demo_is_a_part_of_the_real_ones() -> None:
    real = [it for path in sorted(CASSETTES.glob("*.yaml")) for it in interactions(path)]
    replayed = interactions(recorded.RECORDING)
    assert len(replayed) == 5
    assert [it for it in replayed if it not in real] == []


def test_a_step_that_differs_from_the_recording_ends_the_demo_with_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "demo.yaml"
    other.write_text(
        recorded.RECORDING.read_text(encoding="utf-8").replace('"YXR0YWNrIGF0IGRhd24="}', '"aGk="}'), "utf-8"
    )
    monkeypatch.setattr(recorded, "RECORDING", other)
    assert main(["demo", "--recorded"]) == 1
    output = capsys.readouterr().out
    assert "answer.text == 'attack at dawn': False" in output
    assert output.splitlines()[-1].startswith("Step 3 differs from the recording")


@pytest.mark.parametrize("length", range(5))
def test_a_step_without_its_recorded_response_says_so_and_ends_the_demo(
    length: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cut = interactions(recorded.RECORDING)[:length]
    (tmp_path / "cut.yaml").write_text(yaml.safe_dump({"interactions": cut, "version": 1}), "utf-8")
    monkeypatch.setattr(recorded, "RECORDING", tmp_path / "cut.yaml")
    assert main(["demo", "--recorded"]) == 1
    output = capsys.readouterr().out
    assert "response none: cut.yaml: " in output
    assert output.splitlines()[-1].startswith(f"Step {(1, 2, 3, 3, 4)[length]} differs from the recording")


def test_a_missing_recording_ends_the_demo_with_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(recorded, "RECORDING", tmp_path / "none.yaml")
    assert main(["demo", "--recorded"]) == 1
    assert "Step 1 differs from the recording" in capsys.readouterr().out


def test_without_vcrpy_the_demo_says_what_to_install_and_ends_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "vcr", None)
    assert main(["demo", "--recorded"]) == 1
    written = capsys.readouterr()
    assert written.out == ""
    assert written.err.count("\n") == 1
    assert "pip install 'infisical-functional[cassettes]'" in written.err


# ---- the recording executor
@pytest.mark.parametrize("reply", [Success(Response(200)), Failure(InfisicalNetworkError("no answer"))])
def test_an_executor_that_records_changes_nothing(reply: Any) -> None:
    exchanges: list[console.Exchange] = []
    request = HttpRequest("GET", "https://infisical.example.com/api/status")
    assert console.record_exchanges(lambda _: reply, exchanges)(request) is reply
    assert exchanges == [console.Exchange(request, reply)]


# ---- the program
def test_the_program_prints_the_same_and_ends_with_0(recorded_output: str) -> None:
    run = run_program("-m", "infisical", "demo", "--recorded")
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout == recorded_output


def test_a_closed_pipe_gives_no_traceback() -> None:
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
    run = run_program("-m", "infisical", *arguments)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.startswith("usage: python -m infisical")
    assert "\n    demo " in run.stdout


def test_an_unknown_command_is_refused_with_2_and_the_names_of_the_commands() -> None:
    run = run_program("-m", "infisical", "dmeo")
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.startswith("usage: python -m infisical")
    assert "demo" in run.stderr.replace("dmeo", "")


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out == f"infisical-functional {__version__}\n"


def test_usage_and_version_do_not_load_the_client() -> None:
    run = run_program("-X", "importtime", "-m", "infisical", "--version")
    assert run.returncode == 0
    assert "infisical.version" in run.stderr
    assert "infisical.client" not in run.stderr
    assert "infisical.demo" not in run.stderr
