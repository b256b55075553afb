"""The command `get`: a value alone."""

from __future__ import annotations

import pytest

from infisical.executors import ScriptedExecutor
from tests.cli.terminal import Run, Terminal
from tests.cli.test_export import LOGIN, secret
from tests.wire import answer


@pytest.mark.parametrize(("options", "end"), [((), "\n"), (("-n",), ""), (("--no-newline",), "")])
def test_the_value_is_printed_alone(terminal: Terminal, options: tuple[str, ...], end: str) -> None:
    terminal.memory.put({"A": "línea $1 'x'\n"})

    assert terminal.run("get", "A", *options) == Run(0, f"línea $1 'x'\n{end}", "")


def test_imports_are_searched_and_references_expanded(terminal: Terminal) -> None:
    memory = terminal.memory
    memory.put({"B": "b", "A": "${B}"}, path="/shared")
    memory.secret_imports.create(
        project_id=memory.project_id,
        environment=memory.environment,
        import_={"environment": memory.environment, "path": "/shared"},  # type: ignore[arg-type]
    ).unwrap()

    assert terminal.run("get", "A") == Run(0, "b\n", "")


def test_a_missing_secret_is_a_failure(terminal: Terminal) -> None:
    run = terminal.run("get", "A")

    assert (run.code, run.out) == (1, "")
    assert run.err.startswith("NotFoundError: Secret with name 'A' not found (request id: req-")


def test_a_hidden_value_is_refused_by_name() -> None:
    response = answer({"secret": secret("A", "<hidden-by-infisical>", secretValueHidden=True)})

    assert Terminal(executor=ScriptedExecutor(LOGIN, response)).run("get", "A") == Run(
        1, "", "InfisicalError: the server hid the values of A: give the identity the right to read values\n"
    )


def test_half_a_surrogate_pair_is_refused_by_name() -> None:
    response = answer({"secret": secret("A", "\ud800")})

    assert Terminal(executor=ScriptedExecutor(LOGIN, response)).run("get", "A") == Run(
        1, "", "InfisicalError: cannot print A: half a surrogate pair in the value\n"
    )


def test_more_arguments_are_a_usage_error_that_does_not_repeat_them(terminal: Terminal) -> None:
    run = terminal.run("get", "A", "s3cr3t", "-s3cr3t", "--odd=s3cr3t")

    assert (run.code, run.out) == (2, "")
    assert run.err.endswith("get: error: unknown option --odd; unexpected arguments: 2\n")
    assert "s3cr3t" not in run.err
