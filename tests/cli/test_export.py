"""The command `export`: complete output, or none."""

from __future__ import annotations

import errno
import io
import json
from typing import Any

import pytest

from infisical.endpoints.secrets.models import MASKS
from infisical.executors import ScriptedExecutor
from tests.cli.terminal import Run, Terminal
from tests.wire import answer

LOGIN = answer({"accessToken": "t", "expiresIn": 0, "accessTokenMaxTTL": 0, "tokenType": "Bearer"})


def secret(name: str, value: str, **fields: Any) -> dict[str, Any]:
    return {"id": name, "secretKey": name, "secretValue": value, **fields}


def scripted(*secrets: dict[str, Any]) -> Terminal:
    return Terminal(executor=ScriptedExecutor(LOGIN, answer({"secrets": list(secrets), "imports": []})))


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ((), "A='x y'\nB=1\n"),
        (("--format", "json"), '{\n  "A": "x y",\n  "B": "1"\n}\n'),
        (("--format=yaml",), '"A": "x y"\n"B": "1"\n'),
        (("--format", "shell"), "export A='x y'\nexport B=1\n"),
    ],
)
def test_the_secrets_of_a_place_are_printed_in_a_format(terminal: Terminal, options: Any, text: str) -> None:
    terminal.memory.put({"A": "x y", "B": "1"})

    assert terminal.run("export", *options) == Run(0, text, "")


@pytest.mark.parametrize(("name", "text"), [("dotenv", ""), ("json", "{}\n"), ("yaml", "{}\n"), ("shell", "")])
def test_a_place_without_secrets_is_an_empty_document(terminal: Terminal, name: str, text: str) -> None:
    assert terminal.run("export", "--format", name) == Run(0, text, "")


def test_imports_are_merged_and_references_are_expanded(terminal: Terminal) -> None:
    memory = terminal.memory
    memory.put({"SHARED": "s", "OWN": "imported"}, path="/shared")
    memory.put({"OWN": "own", "URL": "http://${OWN}"})
    memory.secret_imports.create(
        project_id=memory.project_id,
        environment=memory.environment,
        import_={"environment": memory.environment, "path": "/shared"},  # type: ignore[arg-type]
    ).unwrap()

    run = terminal.run("export", "--format", "json")

    assert json.loads(run.out) == {"OWN": "own", "URL": "http://own", "SHARED": "s"}


def test_the_folder_and_the_environment_are_settings(terminal: Terminal) -> None:
    terminal.memory.put({"A": "1"}, path="/app", environment="prod")

    assert terminal.run("export", "--path", "/app", "--env", "prod") == Run(0, "A=1\n", "")


def test_hidden_values_are_refused_by_name() -> None:
    (text,) = MASKS
    run = scripted(secret("A", "1"), secret("B", text, secretValueHidden=True), secret("C", text)).run("export")

    assert run == Run(
        1, "", "InfisicalError: the server hid the values of B, C: give the identity the right to read values\n"
    )


@pytest.mark.parametrize("name", ["dotenv", "json", "yaml", "shell"])
def test_what_a_shell_cannot_hold_is_refused_by_name_and_nothing_is_printed(name: str) -> None:
    terminal = scripted(secret("A", "1"), secret("my-key", "v4lue"), secret("B\n", "v4lue"), secret("C", "v4\0lue"))

    assert terminal.run("export", "--format", name) == Run(
        1,
        "",
        "InfisicalError: cannot export: not a shell identifier: 'B\\n', my-key; a NUL character in the value: C\n",
    )


def test_many_names_are_cut_in_a_message() -> None:
    run = scripted(*[secret(f"a-{number}" + "x" * 200, "v") for number in range(30)], secret("", "v")).run("export")

    assert (run.code, run.err.count("..."), run.err.endswith(" and 11 more\n")) == (1, 19, True)


def test_a_failure_is_one_line_with_class_message_and_request_id() -> None:
    refused = answer({"reqId": "req-1", "statusCode": 403, "error": "PermissionDenied", "message": "no\nway"}, 403)
    terminal = Terminal(executor=ScriptedExecutor(LOGIN, refused))

    assert terminal.run("export") == Run(1, "", "ForbiddenError: no way (request id: req-1)\n")


@pytest.mark.parametrize("format_name", ["xml", "s3cr3t"])
def test_an_unknown_format_is_a_usage_error(terminal: Terminal, format_name: str) -> None:
    run = terminal.run("export", "--format", format_name)

    assert (run.code, run.out) == (2, "")
    assert run.err.endswith("error: argument --format: choose from dotenv, json, yaml, shell\n")


class FullDisk(io.BytesIO):
    def write(self, _: Any) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_output_that_cannot_be_written_is_a_line_on_stderr(terminal: Terminal) -> None:
    assert terminal.run("export", stdout=FullDisk()) == Run(
        1, "", "cannot write to standard output: No space left on device\n"
    )


class ClosedPipe(io.BytesIO):
    def write(self, _: Any) -> int:
        raise BrokenPipeError


def test_a_closed_pipe_is_left_to_the_program(terminal: Terminal) -> None:
    with pytest.raises(BrokenPipeError):
        terminal.run("export", stdout=ClosedPipe())
