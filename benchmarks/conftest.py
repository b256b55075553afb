"""The server that the benchmarks talk to, and the ratios at the end."""

from __future__ import annotations

import compileall
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import quantiles
from typing import Any

import pytest

import infisical
from benchmarks.test_ratios import RATIOS


@pytest.fixture(scope="session")
def compiled_package() -> None:
    """Compile our modules, as pip does with every package that it installs."""
    compileall.compile_dir(Path(infisical.__file__).parent, quiet=1)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The base URL of a server in another process."""
    script = Path(__file__).with_name("server.py")
    with subprocess.Popen(
        [sys.executable, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        process.terminate()


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: Any) -> None:
    if not RATIOS:
        return
    terminalreporter.section("ratios of alternating runs: median, and the middle half")
    for name, against, ratios, limit in RATIOS:
        low, middle, high = quantiles(ratios, n=4)
        terminalreporter.write_line(
            f"{name:<26}{against:<16}{middle:>9.3g}  ({low:.3g} to {high:.3g}), limit {limit:.3g}"
        )
