"""The cookbook's blocks run, in order, as one program; its tests run as pytest runs them."""

from __future__ import annotations

import re
import sys
import types
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]
COOKBOOK = (Path(__file__).parent.parent / ".docs" / "cookbook.md").read_text()
BLOCKS = re.findall(r"^```python\n(.*?)^```", COOKBOOK, re.DOTALL | re.MULTILINE)


@pytest.fixture
def cookbook(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """The module that the blocks are: dataclasses look their module up."""
    module = types.ModuleType("cookbook")
    monkeypatch.setitem(sys.modules, "cookbook", module)
    return module


def test_every_recipe_runs(cookbook):
    for block in BLOCKS:
        exec(compile(block, "cookbook.md", "exec"), vars(cookbook))

    assert len(BLOCKS) >= 8


def test_the_tests_of_the_cookbook_pass_as_pytest_runs_them(pytester):
    [block] = [block for block in BLOCKS if "infisical_memory" in block]
    pytester.makepyfile("import asyncio\nfrom infisical import AsyncInfisicalClient, Place, or_raise\n" + block)

    assert pytester.runpytest_inprocess("-q").parseoutcomes() == {"passed": 3}
