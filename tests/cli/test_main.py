"""The program: its commands, its settings, and what it does not import."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import infisical
from infisical import __main__, cli
from infisical.cli import COMMANDS, main
from infisical.cli.connect import FLAGS, add_settings, apply_flags
from infisical.cli.console import open_console
from infisical.cli.parser import Parser
from infisical.server.serve import serving
from infisical.settings import variables
from tests.cli.terminal import Run, Terminal
from tests.forms import mark_exhaustive

HEAVY = (
    "infisical.client",
    "infisical.api",
    "infisical.endpoints",
    "infisical.memory",
    "infisical.server",
    "infisical.settings",
    "infisical.sources",
    "infisical.executors",
    "infisical.redaction",
    "urllib3",
    "yaml",
    "dotenv",
    "asyncio",
    "subprocess",
)


def run_program(*arguments: str, environ: dict[str, str] | None = None, **options: Any) -> Any:
    root = str(Path(infisical.__file__).parents[1])
    return subprocess.run(
        [sys.executable, "-m", "infisical", *arguments],
        capture_output=True,
        check=False,
        timeout=60,
        env={**os.environ, "PYTHONPATH": root, **(environ or {})},
        **options,
    )


@pytest.mark.parametrize(
    "arguments",
    [mark_exhaustive(()), mark_exhaustive(("--help",)), mark_exhaustive(("set", "--help")), ("call", "--help")],
)
def test_help_imports_nothing_heavy(arguments: tuple[str, ...]) -> None:
    program = f"import sys; from infisical.cli import main\ntry: main({list(arguments)!r})\nexcept SystemExit: pass\n"
    program += "print('\\n'.join(sys.modules))"
    root = str(Path(infisical.__file__).parents[1])
    run = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": root},
    )
    imported = set(run.stdout.splitlines())

    assert [name for name in HEAVY if name in imported and not name.startswith("subprocess")] == []
    assert run.stderr == ""


def test_importing_the_package_imports_no_command_line() -> None:
    program = "import sys, infisical; print([name for name in sys.modules if name.startswith('infisical.cli')])"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert run.stdout == "[]\n"


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    printed = capsys.readouterr().out

    assert [command.name for command in COMMANDS] == [
        "run",
        "export",
        "get",
        "set",
        "endpoints",
        "call",
        "demo",
        "serve",
    ]
    assert [command.help for command in COMMANDS if command.help.split()[-1] not in printed] == []


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("s3cr3t",), "argument COMMAND: choose from run, export, get, set, endpoints, call, demo, serve"),
        (("--odd", "s3cr3t"), "argument COMMAND: choose from run, export"),
        (("--odd=s3cr3t",), "unknown option --odd"),
        (("-s3cr3t",), "unexpected arguments: 1"),
        (("--odd=s3cr3t", "endpoints"), "unknown option --odd"),
        (("get",), "the following arguments are required: NAME"),
        (("get", "A", "--timeout", "s3cr3t"), "argument --timeout: a number of seconds, more than 0, is needed"),
        (("get", "A", "--timeout", "0"), "argument --timeout: a number of seconds, more than 0, is needed"),
        (("get", "A", "--auth-policy", "s3cr3t"), "argument --auth-policy: choose from documented, server"),
        (("get", "A", "--proj", "s3cr3t"), "unknown option --proj; unexpected arguments: 1"),
    ],
)
def test_a_usage_error_is_2_and_repeats_no_argument(
    terminal: Terminal, arguments: tuple[str, ...], reason: str
) -> None:
    run = terminal.run(*arguments)

    assert (run.code, run.out) == (2, "")
    assert f"error: {reason}" in run.err
    assert "s3cr3t" not in run.err


@pytest.mark.parametrize("command", ["export", "get A", "set A"])
def test_a_missing_place_is_a_usage_error(command: str) -> None:
    terminal = Terminal(environ={"INFISICAL_PROJECT_ID": "", "INFISICAL_ENVIRONMENT": ""})
    run = terminal.run(*command.split())

    assert (run.code, run.out) == (2, "")
    assert run.err.endswith(
        "error: give --project-id (or INFISICAL_PROJECT_ID) and --environment (or INFISICAL_ENVIRONMENT)\n"
    )


def test_a_missing_environment_is_named_alone() -> None:
    run = Terminal(environ={"INFISICAL_ENVIRONMENT": ""}).run("export", "--timeout", "1.5", "--deadline", "9")

    assert (run.code, run.err.endswith("error: give --environment (or INFISICAL_ENVIRONMENT)\n")) == (2, True)


@pytest.mark.parametrize("command", ["export", "get A", "set A", "call secrets.list"])
def test_wrong_settings_are_a_failure(command: str) -> None:
    terminal = Terminal(environ={"INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET": ""})
    run = terminal.run(*command.split())

    assert (run.code, run.out, run.err.count("\n")) == (1, "", 1)
    assert run.err.startswith("AuthenticationError: ")


@pytest.mark.parametrize("command", ["export", "get A", "set A", "call secrets.list"])
def test_without_a_credential_nothing_is_sent(command: str) -> None:
    names = ("INFISICAL_UNIVERSAL_AUTH_CLIENT_ID", "INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET")
    run = Terminal(environ=dict.fromkeys(names, "")).run(*command.split())

    assert (run.code, run.out, run.err.count("\n")) == (1, "", 1)
    assert run.err.startswith("AuthenticationError: ")


@pytest.mark.parametrize(
    ("url", "options", "code", "reason"),
    [
        ("http://example.com", (), 1, "begins with http://"),
        ("http://example.com", ("--allow-http",), 0, ""),
        ("ftp://example.com", (), 1, "does not begin with https://"),
    ],
)
def test_the_domain_is_checked_as_a_client_checks_it(
    terminal: Terminal, url: str, options: tuple[str, ...], code: int, reason: str
) -> None:
    run = terminal.run("export", "--domain", url, *options)

    assert (run.code, reason in run.err) == (code, True)


def test_a_client_that_cannot_be_made_is_a_failure(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise ValueError("no such thing")

    monkeypatch.setattr("infisical.client.InfisicalClient.__init__", refuse)

    assert terminal.run("export") == Run(1, "", "InfisicalError: no such thing\n")


# ---- flags
def parse(*arguments: str) -> Any:
    parser = Parser(prog="p", console=open_console())
    add_settings(parser)
    return parser.parse_args(arguments)


@pytest.mark.parametrize("flag", FLAGS, ids=[flag.options[0] for flag in FLAGS])
def test_a_flag_replaces_every_variable_of_its_setting(flag: Any) -> None:
    names = (flag.name, *flag.others)
    environ = dict.fromkeys((*names, f"{flag.name}_FILE", "OTHER"), "old")

    for option in flag.options:
        assert apply_flags(environ, parse(option, "new")) == {flag.name: "new", "OTHER": "old"}
    assert apply_flags(environ, parse()) == environ


def test_there_is_a_flag_for_every_setting_but_credentials() -> None:
    text = Path(variables.__file__).read_text() + Path(variables.__file__).with_name("logins.py").read_text()

    assert [flag.name for flag in FLAGS if flag.name not in text] == []


def test_the_file_of_a_project_has_its_place(terminal: Terminal, tmp_path: Path) -> None:
    terminal.environ = {"INFISICAL_PROJECT_ID": "", "INFISICAL_ENVIRONMENT": ""}
    terminal.memory.put({"A": "1"})
    terminal.memory.put({"A": "2"}, environment="prod")
    file = tmp_path / ".infisical.json"
    file.write_text(
        f'{{"workspaceId": "{terminal.memory.project_id}", "defaultEnvironment": "dev", '
        '"gitBranchToEnvironmentMapping": {"main": "prod"}}'
    )

    assert terminal.run("get", "A", "--config", str(file)) == Run(0, "1\n", "")
    assert terminal.run("get", "A", "--config", str(file), "--branch", "main") == Run(0, "2\n", "")
    assert terminal.run("get", "A", "--config", str(file), "--env", "prod") == Run(0, "2\n", "")


# ---- the program
@pytest.mark.enable_socket
def test_the_program_works_on_what_serve_prints(terminal: Terminal) -> None:
    terminal.memory.put({"A": "línea"})
    with serving(terminal.memory.memory) as url:
        environ = {**terminal.settings(), "INFISICAL_API_URL": url}
        child = run_program("run", "--", "sh", "-c", 'echo "$A"; exit 9', environ={**environ, "A": "old"})
        written = run_program("set", "B", input=b"b\n", environ=environ)

    assert (child.returncode, child.stdout) == (9, "línea\n".encode())
    assert child.stderr == b"variables replaced by secrets: A\n"
    assert (written.returncode, written.stdout, written.stderr) == (0, b"created B\n", b"")
    assert terminal.secrets() == {"A": "línea", "B": "b"}


@pytest.mark.exhaustive
@pytest.mark.enable_socket
def test_the_program_reads_a_secret_of_what_serve_prints(terminal: Terminal) -> None:
    terminal.memory.put({"A": "línea"})
    with serving(terminal.memory.memory) as url:
        environ = {**terminal.settings(), "INFISICAL_API_URL": url}
        secret = run_program("get", "A", environ=environ)
        failed = run_program("get", "NOPE", environ=environ)

    assert (secret.returncode, secret.stdout, secret.stderr) == (0, "línea\n".encode(), b"")
    assert (failed.returncode, failed.stdout, failed.stderr.count(b"\n")) == (1, b"", 1)


@pytest.mark.parametrize(
    ("options", "code", "err"),
    [
        ({"stdout": "/dev/full"}, 1, b"cannot write to standard output: No space left on device\n"),
        ({"stdin": "closed", "stdout": "closed"}, 0, b""),
    ],
)
def test_odd_standard_streams_end_without_a_traceback(options: dict[str, str], code: int, err: bytes) -> None:
    redirect = ">/dev/full" if options["stdout"] == "/dev/full" else "<&- >&-"
    command = f'"$0" -m infisical endpoints status {redirect}'
    root = str(Path(infisical.__file__).parents[1])
    run = subprocess.run(
        ["sh", "-c", command, sys.executable],
        capture_output=True,
        check=False,
        timeout=60,
        env={**os.environ, "PYTHONPATH": root},
    )

    assert (run.returncode, run.stderr) == (code, err)


def test_a_closed_pipe_ends_a_command_without_a_traceback() -> None:
    root = str(Path(infisical.__file__).parents[1])
    run = subprocess.Popen(
        [sys.executable, "-m", "infisical", "endpoints"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": root},
    )
    assert run.stdout is not None
    run.stdout.close()
    assert run.stderr is not None
    assert (run.stderr.read(), run.wait(60)) == (b"", 1)
    run.stderr.close()


def test_a_closed_pipe_of_standard_error_without_a_standard_output_is_1(monkeypatch: pytest.MonkeyPatch) -> None:
    def write_to_closed_pipe() -> int:
        raise BrokenPipeError

    monkeypatch.setattr(cli, "main", write_to_closed_pipe)
    monkeypatch.setattr(sys, "stdout", None)

    assert cli.run_program() == 1


def test_an_interrupt_is_130(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: Any) -> Any:
        raise KeyboardInterrupt

    terminal.executor = interrupt

    assert terminal.run("get", "A") == Run(130, "", "")


def test_the_module_hands_over() -> None:
    assert (__main__.main, __main__.run_program) == (cli.main, cli.run_program)


def test_the_console_of_a_process_has_its_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getpass", lambda text: f"typed at {text}")
    monkeypatch.setattr("infisical.cli.child.run_child", lambda command, environ: len(command) + len(environ))
    console = open_console()

    assert (console.environ, console.prompt("x"), console.spawn(["a", "b"], {"A": "1"})) == (
        os.environ,
        "typed at x",
        3,
    )
    monkeypatch.setattr(sys, "stdin", None)
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    empty = open_console()
    empty.warn("gone")
    empty.write("gone")
    assert (empty.read_input(), isinstance(empty.stderr, io.StringIO)) == (b"", True)
