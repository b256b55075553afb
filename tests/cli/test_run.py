"""The command `run`: the environment of the child, and what is said about it. test_child.py starts real children."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infisical.cli.run import is_reserved, merge_environment
from infisical.executors import ScriptedExecutor
from tests.cli.terminal import Run, Terminal
from tests.cli.test_export import LOGIN, scripted, secret
from tests.wire import answer


def child_environment(terminal: Terminal) -> dict[str, str]:
    ((_, environ),) = terminal.children
    return {name: value for name, value in environ.items() if not name.startswith("INFISICAL_")}


def test_secrets_replace_variables_and_the_names_are_on_stderr(terminal: Terminal) -> None:
    terminal.environ = {"A": "existing", "B": "same", "OTHER": "o"}
    terminal.memory.put({"A": "s3cr3t", "B": "same", "C": "c"})

    run = terminal.run("run", "--", "program", "--flag", "--", "x")

    assert run == Run(0, "", "variables replaced by secrets: A\n")
    assert terminal.children[0][0] == ["program", "--flag", "--", "x"]
    assert child_environment(terminal) == {"A": "s3cr3t", "B": "same", "C": "c", "OTHER": "o"}


def test_existing_variables_stay_on_demand(terminal: Terminal) -> None:
    terminal.environ = {"A": "existing"}
    terminal.memory.put({"A": "s3cr3t", "C": "c"})

    run = terminal.run("run", "--keep-existing", "--", "program")

    assert run == Run(0, "", "secrets ignored for existing variables: A\n")
    assert child_environment(terminal) == {"A": "existing", "C": "c"}


@pytest.mark.parametrize("options", [(), ("--keep-existing",)])
def test_reserved_names_are_never_replaced_nor_added(terminal: Terminal, options: tuple[str, ...]) -> None:
    terminal.environ = {"PATH": "/bin"}
    names = ["EDITOR", "HOME", "LC_ALL", "MAIL", "PATH", "PS1", "PS2", "PWD", "SHELL", "TERM", "TERMINFO", "USER"]
    names += ["XAUTHORITY", "XDG_CONFIG_HOME"]
    terminal.memory.put({**dict.fromkeys(names, "s3cr3t"), "PATHS": "p", "LC": "l"})

    run = terminal.run("run", *options, "--", "program")

    assert run == Run(0, "", f"secrets ignored for reserved names: {', '.join(names)}\n")
    assert child_environment(terminal) == {"PATH": "/bin", "PATHS": "p", "LC": "l"}


@given(
    st.dictionaries(st.sampled_from("ABC") | st.just("PATH"), st.text("01")),
    st.dictionaries(st.sampled_from("ABC") | st.just("PATH"), st.text("01")),
    st.booleans(),
)
def test_every_variable_is_one_of_both_and_every_loss_is_named(
    environ: dict[str, str], secrets: dict[str, str], keep: bool
) -> None:
    merged = merge_environment(environ, secrets, keep_existing=keep)

    assert merged.values.keys() == environ.keys() | {name for name in secrets if not is_reserved(name)}
    lost = {name for name in secrets if name in merged.values and merged.values[name] != secrets[name]}
    lost |= {name for name in secrets if name not in merged.values}
    lost |= {name for name in environ if merged.values[name] != environ[name]}
    assert lost <= {*merged.replaced, *merged.ignored, *merged.reserved}


def test_the_status_of_the_child_is_the_exit_code(terminal: Terminal) -> None:
    terminal.status = 77

    assert terminal.run("run", "--", "program").code == 77


def test_a_command_needs_no_dashes(terminal: Terminal) -> None:
    assert terminal.run("run", "--project-id", terminal.memory.project_id, "program", "-x", "--", "y").code == 0
    assert terminal.children[0][0] == ["program", "-x", "y"]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((), "give a command: run [options] -- COMMAND [ARGUMENT ...]"),
        (("--",), "give a command: run [options] -- COMMAND [ARGUMENT ...]"),
        (("--odd=s3cr3t", "--", "x"), "unknown option --odd"),
        (("--keep-existing=s3cr3t", "--", "x"), "argument --keep-existing: takes no value"),
    ],
)
def test_a_usage_error_is_125(terminal: Terminal, arguments: tuple[str, ...], reason: str) -> None:
    run = terminal.run("run", *arguments)

    assert (run.code, run.out, terminal.children) == (125, "", [])
    assert run.err.endswith(f"run: error: {reason}\n")


def test_a_missing_place_is_125(terminal: Terminal) -> None:
    terminal.environ = {"INFISICAL_PROJECT_ID": ""}

    run = terminal.run("run", "--", "x")

    assert (run.code, terminal.children) == (125, [])
    assert run.err.endswith("run: error: give --project-id (or INFISICAL_PROJECT_ID)\n")


def test_wrong_settings_are_125(terminal: Terminal) -> None:
    terminal.environ = {"INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET": ""}

    run = terminal.run("run", "--", "x")

    assert (run.code, terminal.children) == (125, [])
    assert run.err.startswith("AuthenticationError: ")
    assert "INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET" in run.err


def test_a_failure_is_125_and_nothing_runs() -> None:
    refused = answer({"reqId": "req-1", "statusCode": 403, "error": "PermissionDenied", "message": "no"}, 403)
    terminal = Terminal(executor=ScriptedExecutor(LOGIN, refused))

    assert terminal.run("run", "--", "x") == Run(125, "", "ForbiddenError: no (request id: req-1)\n")
    assert terminal.children == []


@pytest.mark.parametrize(
    ("secrets", "reason"),
    [
        ([secret("A", "s3\0cr3t")], "a NUL character in the value: A"),
        ([secret("A", "\udcff")], "half a surrogate pair in the value: A"),
        ([secret("A=B", "s3cr3t"), secret("", "s3cr3t")], "not a name for a variable: '', A=B"),
        ([secret("A\0B", "s3cr3t")], "not a name for a variable: 'A\\x00B'"),
    ],
)
def test_what_no_environment_can_hold_is_refused_by_name(secrets: Any, reason: str) -> None:
    terminal = scripted(*secrets)

    assert terminal.run("run", "--", "x") == Run(125, "", f"cannot run the command with these secrets: {reason}\n")
    assert terminal.children == []


def test_names_that_are_no_shell_identifiers_are_passed_on() -> None:
    terminal = scripted(secret("my-key.x", "v"))

    assert terminal.run("run", "--", "x").code == 0
    assert child_environment(terminal) == {"my-key.x": "v"}
