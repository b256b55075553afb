"""The command `set`: values from standard input and files, never from arguments; all or nothing."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from infisical.cli import console
from infisical.executors import ScriptedExecutor
from infisical.memory import require_approval
from tests.cli.terminal import Run, Terminal, Typing
from tests.cli.test_export import LOGIN, secret
from tests.wire import answer


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        (b"s3cr3t", "s3cr3t"),
        (b"s3cr3t\n", "s3cr3t"),
        (b"s3cr3t\r\n", "s3cr3t"),
        (b"a\nb\n\n", "a\nb\n"),
        ("línea\n".encode(), "línea"),
        (b"", ""),
    ],
)
def test_a_value_comes_from_standard_input_without_one_final_newline(
    terminal: Terminal, typed: bytes, value: str
) -> None:
    assert terminal.run("set", "A", stdin=typed) == Run(0, "created A\n", "")
    assert terminal.secrets() == {"A": value}


def test_what_get_prints_is_what_set_reads(terminal: Terminal) -> None:
    terminal.memory.put({"A": "two\nlines\n"})

    assert terminal.run("set", "B", stdin=terminal.run("get", "A").out.encode()).code == 0
    assert terminal.secrets() == {"A": "two\nlines\n", "B": "two\nlines\n"}


def test_on_a_terminal_the_value_is_asked_for_without_an_echo(terminal: Terminal) -> None:
    terminal.typed = "s3cr3t"

    assert terminal.run("set", "A", stdin=Typing()) == Run(0, "created A\n", "")
    assert (terminal.prompts, terminal.secrets()) == (["value of A: "], {"A": "s3cr3t"})


def test_no_value_on_a_terminal_writes_nothing(terminal: Terminal) -> None:
    assert terminal.run("set", "A", stdin=Typing()) == Run(1, "", "no value\n")
    assert terminal.secrets() == {}


def test_an_existing_secret_gets_another_value_and_keeps_the_others(terminal: Terminal) -> None:
    memory = terminal.memory
    memory.secrets.create(
        secret_name="A",
        secret_value="old",
        secret_comment="why",
        project_id=memory.project_id,
        environment=memory.environment,
    ).unwrap()

    assert terminal.run("set", "A", stdin=b"new") == Run(0, "updated A\n", "")
    written = memory.secrets.get_by_name(
        secret_name="A", project_id=memory.project_id, environment=memory.environment
    ).unwrap()
    assert (written.secret_value, written.secret_comment) == ("new", "why")


def test_values_come_from_files_exactly(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x=@y\n")
    (tmp_path / "b").write_bytes(b"")

    assert terminal.run("set", f"A=@{tmp_path / 'a'}", f"batch=@{tmp_path / 'b'}", "C", stdin=b"c\n") == Run(
        0, "created A\ncreated batch\ncreated C\n", ""
    )
    assert terminal.secrets() == {"A": "x=@y\n", "batch": "", "C": "c"}


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["A=s3cr3t"], "A=VALUE is refused: ps and the history of the shell show arguments: give the value on"),
        (["s3cr3t-==x"], "NAME=VALUE is refused: ps and the history of the shell show arguments: give the value on"),
        (["A="], "A=VALUE is refused: "),
        (["A", "s3cr3t"], "only one value can come from standard input. If a word is a value: ps and"),
        (["A=@"], "the name of the file is missing: set NAME=@FILE"),
        (["=@f"], "a name is empty: set NAME"),
        (["A=@f", "A"], "a name is there twice"),
        (["a/b=@f"], "a name must not have : or / in it"),
        ([], "give either names or --file FILE"),
        (["A", "--file", "f"], "give either names or --file FILE"),
    ],
)
def test_a_value_in_an_argument_is_refused_with_the_remedy_and_not_repeated(
    terminal: Terminal, words: list[str], reason: str
) -> None:
    run = terminal.run("set", *words, stdin=b"x")

    assert (run.code, run.out) == (2, "")
    assert f"set: error: {reason}" in run.err
    assert "s3cr3t" not in run.err
    assert terminal.secrets() == {}


@pytest.mark.parametrize("file", ["a.env", ".env", "a.yaml", "a.yml", "a.json"])
def test_a_file_that_export_writes_is_read_again(terminal: Terminal, tmp_path: Path, file: str) -> None:
    values = {"A": "two\nlines 'q' \\", "B": "1", "NO": "$X", "D": ""}
    terminal.memory.put(values)
    suffix = Path(file).suffix.removeprefix(".").replace("yml", "yaml")
    (tmp_path / file).write_text(terminal.run("export", "--format", suffix.replace("env", "") or "dotenv").out)
    other = Terminal()
    other.memory.put({"B": "0"})

    assert other.run("set", "--file", str(tmp_path / file)) == Run(
        0, "created A\nupdated B\ncreated D\ncreated NO\n", ""
    )
    assert other.secrets() == values


@pytest.mark.parametrize(
    ("file", "text", "reason"),
    [
        ("a.json", '{"A": 5432}', "A is not a text: put its value in quotes"),
        ("a.json", '{"A": {"value": "s3cr3t"}}', "A is not a text: put its value in quotes"),
        ("a.json", '["s3cr3t"]', "a mapping of names to texts is needed"),
        ("a.json", '{"A": "x", "A": "y"}', "A is there twice: remove one of them"),
        ("a.json", '{"": "x"}', "a name is not a text: put it in quotes"),
        ("a.json", '{"a:b": "x"}', "a:b: a name must not have : or / in it"),
        ("a.json", "s3cr3t", "line 1, column 1: not JSON"),
        ("a.json", "[" * 100_000, "nested too deeply"),
        ("a.json", "{}", "there are no secrets in it"),
        ("a.yaml", "NO: x", "a name is not a text: put it in quotes"),
        ("a.yaml", "A: 1", "A is not a text: put its value in quotes"),
        (".env", "A=1\ns3cr3t", "line 2: not NAME=value"),
        (".env", "A=1\nA=2", "line 2: repeats the name of line 1: remove one of them"),
        (".env", "", "there are no secrets in it"),
        ("a.txt", "A=1", "unknown format: use a .yaml, .yml, .json or .env file"),
        ("a.env", b"A=\xff", "line 1: not UTF-8: save the file in UTF-8"),
    ],
)
def test_a_file_with_a_mistake_writes_nothing_and_shows_no_value(
    terminal: Terminal, tmp_path: Path, file: str, text: str | bytes, reason: str
) -> None:
    path = tmp_path / file
    path.write_bytes(text if isinstance(text, bytes) else text.encode())

    assert terminal.run("set", "--file", str(path)) == Run(1, "", f"{path}: {reason}\n")
    assert terminal.secrets() == {}


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["A=@/nowhere/f"], "cannot read /nowhere/f: No such file or directory"),
        (["--file", "/nowhere/f.env"], "cannot read /nowhere/f.env: No such file or directory"),
        (["A=@/"], "cannot read /: Is a directory"),
        (["A=@x\0y"], "cannot read the file: its name is invalid"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_line_on_stderr(terminal: Terminal, arguments: list[str], reason: str) -> None:
    assert terminal.run("set", *arguments) == Run(1, "", f"{reason}\n")


def test_files_and_standard_input_are_bounded(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console, "MAX_INPUT_BYTES", 2**20)
    path = tmp_path / "big.env"
    path.write_bytes(b"x" * (2**20 + 1))

    assert terminal.run("set", f"A=@{path}") == Run(1, "", f"{path} has more than 1 MiB\n")
    assert terminal.run("set", "--file", str(path)) == Run(1, "", f"{path} has more than 1 MiB\n")
    assert terminal.run("set", "A", stdin=path.read_bytes()) == Run(1, "", "standard input has more than 1 MiB\n")
    endless = Terminal().run("set", "A=@/dev/zero")
    assert endless == Run(1, "", "/dev/zero has more than 1 MiB\n")


def test_text_that_is_not_utf8_is_refused(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"s3cr3t\xff")

    assert terminal.run("set", f"A=@{tmp_path / 'a'}").err == f"{tmp_path / 'a'} is not UTF-8 text\n"
    assert terminal.run("set", "A", stdin=b"\xff").err == "standard input is not UTF-8 text\n"


class BrokenInput(io.BytesIO):
    def read(self, _: Any = None) -> bytes:
        raise OSError(5, "Input/output error")


def test_standard_input_that_cannot_be_read_is_a_line_on_stderr(terminal: Terminal) -> None:
    assert terminal.run("set", "A", stdin=BrokenInput()).err == "cannot read standard input: Input/output error\n"


def test_a_refused_batch_writes_nothing(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "a.env").write_text("A=1\nB=2\n")

    run = terminal.run("set", "--file", str(tmp_path / "a.env"), "--path", "/nowhere")

    assert (run.code, run.out, run.err.count("\n")) == (1, "", 1)
    assert run.err.startswith("NotFoundError: ")


def test_a_change_that_waits_for_approval_is_no_success(terminal: Terminal) -> None:
    memory = terminal.memory
    terminal.environ = {"INFISICAL_TOKEN": memory.memory.given.user_token}
    memory.memory.change(
        lambda state, now: require_approval(
            state, now=now, project_id=memory.project_id, environment=memory.environment
        )
    )

    run = terminal.run("set", "A", stdin=b"x")

    assert (run.code, run.out) == (1, "")
    assert run.err.startswith("nothing is changed yet: the change waits for the approval ")
    assert run.err.endswith(": A\n")
    assert terminal.secrets() == {}


def test_white_space_that_the_server_removes_is_named(terminal: Terminal) -> None:
    assert terminal.run("set", "A", stdin=b"  x \n\n") == Run(
        0, "created A\n", "A: the server removed white space around the value\n"
    )


def test_a_name_that_the_server_does_not_confirm_is_no_success() -> None:
    response = answer({"secrets": [secret("A", "x", version=1)]})
    terminal = Terminal(executor=ScriptedExecutor(LOGIN, response))

    run = terminal.run("set", "A=@/dev/null", "B", stdin=b"x")

    assert run == Run(1, "created A\n", "the server does not confirm B\n")
