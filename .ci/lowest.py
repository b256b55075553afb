"""Print the lowest version that pyproject.toml allows of every package it names, but for the tools of the tests."""

import re
import sys
import tomllib
from pathlib import Path

project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
extras = project["optional-dependencies"]
named = [
    *project["dependencies"],
    *(one for extra in extras if extra not in ("test", "benchmarks") for one in extras[extra]),
]
lowest = [
    re.fullmatch(r"([\w.-]+)>=([\w.]+)(?:,<[\w.]+)?", one) for one in named if not one.startswith(project["name"])
]
assert all(lowest), f"no lowest version in one of {named}"
sys.stdout.write("\n".join(f"{found[1]}=={found[2]}" for found in lowest if found))
