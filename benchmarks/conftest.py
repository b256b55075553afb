"""The server that the benchmarks talk to, and the table of ratios at the end."""

from __future__ import annotations

import compileall
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import infisical

BARS = [
    # group, ours, theirs, the bar: ours may take at most this much of theirs
    ("small GET", "ours", "urllib3", 1.4),
    ("small GET", "ours", "infisicalsdk", 0.45),
    ("decode 1,000 secrets", "ours", "json.loads", 2.2),
    ("decode 1,000 secrets", "ours", "infisicalsdk", 0.7),
    ("import to first answer", "ours", "infisicalsdk", 0.75),
]


@pytest.fixture(scope="session")
def installed() -> None:
    """Our modules compiled, as pip leaves those of every package that it installs."""
    compileall.compile_dir(Path(infisical.__file__).parent, quiet=1)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The base URL of a server in a process of its own."""
    script = Path(__file__).with_name("server.py")
    with subprocess.Popen(
        [sys.executable, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        process.terminate()


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: Any, config: Any) -> None:
    session = getattr(config, "_benchmarksession", None)
    timed = {(bench.group, bench.params["who"]): bench.stats for bench in session.benchmarks} if session else {}
    rows = [
        (group, ours, theirs, bar)
        for group, ours, theirs, bar in BARS
        if {(group, ours), (group, theirs)} <= set(timed)
    ]
    if not rows:
        return
    terminalreporter.section("ratios in this run")
    terminalreporter.write_line(f"{'what':<26}{'against':<16}{'of the medians':>16}{'of the minima':>16}{'bar':>8}")
    for group, ours, theirs, bar in rows:
        mine, other = timed[group, ours], timed[group, theirs]
        ratios = f"{mine.median / other.median:>16.2f}{mine.min / other.min:>16.2f}"
        terminalreporter.write_line(f"{group:<26}{theirs:<16}{ratios}{bar:>8.2f}")
