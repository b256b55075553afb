"""Imports: they point one way, type-only and lazy ones included; and what the package exports is what it names."""

from __future__ import annotations

import ast
import functools
import importlib
import pkgutil
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import infisical
from tests.forms import mark_exhaustive

ROOT = Path(infisical.__file__).parent
FILES = {
    ".".join(("infisical", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__"): path
    for path in sorted(ROOT.rglob("*.py"))
}


def imports_of(name: str, path: Path) -> Iterator[tuple[str, bool]]:
    """The modules of this package that a module imports anywhere in its text, and whether within a function."""
    nodes = deque[tuple[ast.AST, bool]]([(ast.parse(path.read_text()), False)])
    while nodes:
        node, is_lazy = nodes.popleft()
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} has a relative import"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield (inner if inner in FILES else node.module or ""), is_lazy
        elif isinstance(node, ast.Import):
            yield from ((alias.name, is_lazy) for alias in node.names)
        elif not isinstance(node, ast.expr):
            is_lazy = is_lazy or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            nodes += ((inner, is_lazy) for inner in ast.iter_child_nodes(node))


@functools.cache
def make_graph() -> Mapping[str, Mapping[str, bool]]:
    """Read every module once, and only where a test asks for it."""
    return {
        name: {imported: lazy for imported, lazy in imports_of(name, path) if imported in FILES}
        for name, path in FILES.items()
    }


def circles(graph: Mapping[str, Mapping[str, bool]]) -> list[list[str]]:
    """Every set of modules that import each other, by Tarjan's algorithm."""
    numbers: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    components = []

    def visit(name: str) -> None:
        numbers[name] = lowest[name] = len(numbers)
        stack.append(name)
        for imported in graph[name]:
            if imported not in numbers:
                visit(imported)
                lowest[name] = min(lowest[name], lowest[imported])
            elif imported in stack:
                lowest[name] = min(lowest[name], numbers[imported])
        if lowest[name] == numbers[name]:
            component = stack[stack.index(name) :]
            del stack[stack.index(name) :]
            if len(component) > 1 or name in graph[name]:
                components.append(sorted(component))

    for name in graph:
        if name not in numbers:
            visit(name)
    return components


def test_no_modules_import_each_other():
    assert circles(make_graph()) == []


def test_a_circle_would_be_seen():
    assert circles({"a": {"b": False}, "b": {"c": True}, "c": {"a": False}, "d": {"a": False}, "e": {"e": True}}) == [
        ["a", "b", "c"],
        ["e"],
    ]


# ---- layers of the core, lowest first: a module imports only from layers below its own, or from its own
LAYERS = (
    ("version", "response", "access", "place", "wiring", "redaction", "model"),
    ("errors", "credentials"),
    ("answer", "decode"),
    ("request",),
    ("encode", "flow", "transport", "rejection", "server_paths", "pagination", "group"),
    ("defects", "session"),
    ("cache", "cached_response"),
    ("drivers", "middleware"),
    ("options",),
    ("call",),
    ("login",),
    ("endpoints",),
    ("login_methods", "api"),
    ("sources",),
    ("settings",),
    ("client",),
    ("watching",),
)
RANKS = {name: rank for rank, names in enumerate(LAYERS) for name in names}
OUTSIDE = {"infisical", "cli", "demo", "document_files", "executors", "integrations", "memory", "server", "testing"}
OUTSIDE |= {"__main__"}
"""The index, which names everything, and what is no part of the core."""
LAZY = {
    ("infisical.client", "infisical.executors.urllib3"): "the default transport",
    ("infisical.client", "infisical.executors.threaded"): "the default transport under asyncio",
    ("infisical.sources.google_transport", "infisical.executors.urllib3"): "the transport of google-auth credentials",
    ("infisical.sources.microsoft", "infisical.executors.proxies"): "which hosts are loopback, for http:// only",
    ("infisical.sources.transports", "infisical.executors.urllib3"): "the transport to metadata services",
    ("infisical.sources.transports", "infisical.executors.threaded"): "the same under asyncio",
    ("infisical.sources.github", "infisical.executors.proxies"): "which hosts are loopback, for http:// only",
    ("infisical.options", "infisical.executors.proxies"): "which hosts are loopback, for http:// only",
    ("infisical.login", "infisical.endpoints.identity_auth"): "the model of a login's answer: not imported for a token",
}
"""Imports within a function that point upwards, each with the reason."""
GROUPS_KNOW = {"access", "decode", "endpoints", "errors", "group", "model", "request", "response", "answer"}
EXECUTORS_KNOW = {"defects", "errors", "executors", "memory", "redaction", "request", "response", "transport"}
EXECUTORS_KNOW |= {"wiring", "version"}


def part(module: str) -> str:
    return module.split(".")[1] if "." in module else module


def test_every_part_of_the_core_has_a_layer():
    assert {part(module) for module in make_graph()} == RANKS.keys() | OUTSIDE


def test_imports_of_the_core_point_one_way():
    upwards = [
        (name, imported)
        for name, imports in make_graph().items()
        for imported, lazy in imports.items()
        if part(name) not in OUTSIDE
        and (part(imported) in OUTSIDE or RANKS[part(imported)] > RANKS[part(name)])
        and not ((name, imported) in LAZY and (lazy or imported.startswith("infisical.endpoints.")))
    ]

    assert upwards == []


def test_every_exception_is_needed():
    assert [pair for pair in LAZY if pair[1] not in make_graph()[pair[0]]] == []


@pytest.mark.parametrize(("folder", "known"), [("endpoints", GROUPS_KNOW), ("executors", EXECUTORS_KNOW)])
def test_groups_know_only_group_and_executors_only_their_ports(folder, known):
    foreign = [
        (name, imported)
        for name, imports in make_graph().items()
        for imported in imports
        if part(name) == folder and part(imported) not in known
    ]

    assert foreign == []


# ---- what is exported
PACKAGES = ["infisical", "infisical.executors", "infisical.middleware", "infisical.server", "infisical.sources"]
PACKAGES += ["infisical.testing.platforms"]
OPTIONAL = ("infisical.recordings",)
SUBMODULES = [
    module.name
    for module in pkgutil.walk_packages([str(ROOT)], "infisical.")
    if not module.name.endswith("__main__") and not module.name.startswith(OPTIONAL)
]


@pytest.mark.parametrize("package", PACKAGES)
def test_no_module_has_the_name_of_what_its_package_exports(package):
    exported = importlib.import_module(package).__all__
    modules = {name.rpartition(".")[2] for name in FILES if name.rpartition(".")[0] == package}

    assert modules & set(exported) == (set(infisical._MODULES) if package == "infisical" else set())


def test_each_name_of_the_index_is_the_object_of_its_home():
    objects = {name: getattr(importlib.import_module(home), name) for name, home in infisical._HOME.items()}
    objects["__version__"] = importlib.import_module("infisical.version").__version__
    objects |= {name: importlib.import_module(f"infisical.{name}") for name in infisical._MODULES}

    assert {name: getattr(infisical, name) is objects[name] for name in infisical.__all__} == dict.fromkeys(
        infisical.__all__, True
    )


PROGRAM = """
import importlib, sys
names = sys.argv[1].split(",")
for name in names:
    importlib.import_module(name)
import infisical
modules = {name for name in infisical.__all__ if type(getattr(infisical, name)).__name__ == "module"}
wrong = [name for name in infisical.__all__ if name not in modules and getattr(infisical, name) is not (
    importlib.import_module(infisical._HOME.get(name, "infisical.version")).__dict__[name])]
print(wrong, sorted(modules))
"""


@pytest.mark.parametrize("order", [mark_exhaustive("forwards"), "backwards"])
def test_importing_every_module_in_either_order_changes_no_exported_name(order):
    names = SUBMODULES if order == "forwards" else SUBMODULES[::-1]
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM, ",".join(names)], capture_output=True, text=True, check=False
    )

    assert (run.stdout, run.stderr) == (f"[] {list(infisical._MODULES)}\n", "")
