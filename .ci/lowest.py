"""Print the lowest versions that pyproject.toml allows of the packages it names, and the tools of the tests with them.

    .venv-lowest/bin/pip install -q $(python3 .ci/lowest.py)

The tools have no lowest version: they are what the tests of executors, cassettes and models need.
"""

import re
import sys
import tomllib
from pathlib import Path

OTHERS = ("test", "benchmarks", "mutants", "pydantic")
"""Extras that are left alone: tools, and pydantic, which needs a newer typing-extensions than this package does."""
TOOLS = ("hypothesis", "pytest", "pytest-socket", "pytest-xdist", "trustme")

project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
extras = project["optional-dependencies"]
requirements = [
    *project["dependencies"],
    *(one for extra in extras if extra not in OTHERS for one in extras[extra]),
]
bounds = [
    re.fullmatch(r"([\w.-]+)>=([\w.]+)(?:,<[\w.]+)?", one)
    for one in requirements
    if not one.startswith(project["name"])
]
assert all(bounds), f"no lowest version in one of {requirements}"
sys.stdout.write("\n".join([*(f"{bound[1]}=={bound[2]}" for bound in bounds if bound), *TOOLS]))
