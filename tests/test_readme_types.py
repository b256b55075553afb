"""The Python blocks of the README and of the cookbook, each joined to one program, pass both checkers, strict."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import infisical

pytestmark = pytest.mark.exhaustive  # the checkers take half a minute
ROOT = Path(infisical.__file__).parent.parent
DOCUMENTS = {"README": ROOT / "README.md", "cookbook": ROOT / ".docs" / "cookbook.md"}
EXCEPTIONS = {
    r'Skipping analyzing "(django\.conf|celery)": .*\[import-untyped\]': "Django and Celery have no types",
    r'Stub file not found for "(django\.conf|celery)"': "the same",
    r'Type of "(configure|conf|task)" is partially unknown': "the same: what the blocks call of Django and Celery",
    r'Untyped decorator makes function "(versions|count_secrets)" untyped': "the same: Celery's decorator",
    r'Cannot access attribute "delay" for class "FunctionType"': "the same: what Celery's decorator returns",
    r"Untyped function decorator obscures type of function": "the same: Celery's decorator with arguments",
    r'Type of "retry" is unknown': "the same: Celery's task as `self`",
    r'Type of "bind" is partially unknown': "pyright has no plugin for returns, and the recipe says so",
}
"""What the checkers may say, each with the reason."""


@pytest.fixture(scope="module", params=DOCUMENTS.values(), ids=DOCUMENTS)
def program(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("blocks")
    blocks = re.findall(r"^```python\n(.*?)^```", request.param.read_text(), re.DOTALL | re.MULTILINE)
    (folder / "readme.py").write_text("\n".join(blocks))
    settings = {"include": ["readme.py"], "typeCheckingMode": "strict", "pythonVersion": "3.11"}
    (folder / "pyrightconfig.json").write_text(json.dumps({**settings, "extraPaths": [str(ROOT)]}))
    return folder / "readme.py"


def checked(program: Path, *command: str) -> str:
    """What a checker prints, run in the folder of the program with this package on its path."""
    environment = {**os.environ, "MYPYPATH": str(ROOT), "PYTHONPATH": str(ROOT)}
    run = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=program.parent,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return run.stdout + run.stderr


def unexpected(output: str) -> list[str]:
    lines = [line for line in output.splitlines() if "error:" in line or "error -" in line or " - error" in line]
    return [line for line in lines if not any(re.search(pattern, line) for pattern in EXCEPTIONS)]


def test_the_blocks_pass_mypy_strict(program):
    cache = ROOT / ".mypy_cache" / "readme"
    output = checked(program, "mypy", "--strict", "--config-file=", f"--cache-dir={cache}", "readme.py")

    assert (unexpected(output), "readme.py" in output, "Traceback" in output) == ([], True, False)


def test_the_blocks_pass_pyright_strict(program):
    output = checked(program, "pyright", "-p", ".", "--pythonpath", sys.executable)

    assert (unexpected(output), "errors" in output, "Traceback" in output) == ([], True, False)


def test_a_misspelt_name_in_a_block_would_be_seen(program):
    wrong = program.with_name("wrong.py")
    wrong.write_text(program.read_text() + "\nclient.secrets.get_by_name(secret_nam='K', **where)\n")
    cache = ROOT / ".mypy_cache" / "readme"
    output = checked(wrong, "mypy", "--strict", "--config-file=", f"--cache-dir={cache}", "wrong.py")

    assert len(unexpected(output)) >= 1
