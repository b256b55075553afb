"""The package as a whole: what it exports, how its files are kept, and that the contract, groups and client agree."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from functools import cached_property
from pathlib import Path

import pytest

import infisical
import infisical.executors
from infisical import InfisicalClient
from infisical.executors import ScriptedExecutor
from infisical.group import Group, endpoint

ROOT = Path(infisical.__file__).parent
MODULES = sorted(m.name for m in pkgutil.walk_packages([str(ROOT)], "infisical.") if not m.name.endswith("__main__"))
GROUPS = [
    (module, name)
    for module in MODULES
    if module.startswith("infisical.endpoints.")
    for name, found in vars(importlib.import_module(module)).items()
    if inspect.isclass(found) and issubclass(found, Group) and found.__module__ == module
]


@pytest.mark.parametrize("package", [infisical, infisical.executors])
def test_every_exported_name_is_there_once(package):
    assert len(package.__all__) == len(set(package.__all__))
    assert [name for name in package.__all__ if not hasattr(package, name)] == []
    assert set(package.__all__) <= set(dir(package))


@pytest.mark.parametrize("name", ["settings", "sources"])
def test_a_submodule_of_the_index_is_imported_when_it_is_first_used(name, monkeypatch):
    module = importlib.import_module(f"infisical.{name}")
    monkeypatch.delattr(infisical, name)

    assert getattr(infisical, name) is module


@pytest.mark.parametrize("package", [infisical, infisical.executors])
def test_a_name_that_is_not_there_is_an_attribute_error(package):
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        package.nonsense  # noqa: B018


@pytest.mark.parametrize("module", MODULES)
def test_every_module_opens_with_what_lives_in_it_and_has_at_most_500_lines(module):
    found = importlib.import_module(module)

    assert found.__doc__
    assert len(Path(found.__file__ or "").read_text().splitlines()) <= 500


def test_every_public_name_has_a_docstring():
    named = [getattr(infisical, name) for name in infisical.__all__ if name != "__version__"]
    undocumented = [
        f"{found.__qualname__}.{name}" if name else found.__qualname__
        for found in named
        if inspect.isclass(found)
        for name, member in [("", found), *vars(found).items()]
        if not name.startswith("_")
        and (inspect.isfunction(member) or inspect.isclass(member) or isinstance(member, property))
        and not inspect.getdoc(member)
        and name not in ("request", "mode", "value", "add_note", "with_traceback")
    ]

    assert undocumented == []


def endpoints() -> list[tuple[str, str, endpoint]]:
    return [
        (group, name, member)
        for module, group in GROUPS
        for name, member in vars(getattr(importlib.import_module(module), group)).items()
        if isinstance(member, endpoint)
    ]


def test_every_endpoint_says_what_it_does_in_one_line_and_names_its_verb_and_path():
    documented = re.compile(r"[A-Z].*[.;:]\n(.*\n)*(GET|POST|PATCH|PUT|DELETE) /api/\S+")
    wrong = [
        f"{group}.{name}"
        for group, name, member in endpoints()
        if not documented.fullmatch(inspect.cleandoc(member.__doc__ or ""))
    ]

    assert wrong == []


def test_every_endpoint_takes_keywords_only_but_for_three_that_take_one_string():
    kinds = {
        f"{group}.{name}": [parameter.kind for parameter in inspect.signature(member.build).parameters.values()]
        for group, name, member in endpoints()
    }
    positional = {name: found for name, found in kinds.items() if set(found) - {inspect.Parameter.KEYWORD_ONLY}}

    documented_with_one_string = ("ServiceTokens.delete", "Users.delete_api_key", "Users.revoke_session")
    assert positional == {name: [inspect.Parameter.POSITIONAL_OR_KEYWORD] for name in documented_with_one_string}


def test_every_group_is_named_once_in_the_client():
    client = InfisicalClient(executor=ScriptedExecutor())
    reached = []

    def walk(found: object) -> None:
        for name in sorted(n for n in dir(type(found)) if not n.startswith("_")):
            if isinstance(inspect.getattr_static(type(found), name), cached_property):
                group = getattr(found, name)
                reached.append((type(group).__module__, type(group).__name__))
                walk(group)

    walk(client)

    assert sorted(reached) == sorted(GROUPS)


def test_nothing_in_the_core_reads_a_clock_sleeps_or_opens_anything():
    core = ["access", "call", "credentials", "decode", "encode", "errors", "flow", "group", "login", "rejection"]
    core += ["redaction/__init__", "request", "response", "server_paths", "session", "transport"]
    core += [f"model/{name}" for name in ("__init__", "marshmallow", "names", "reader")]
    core += [f"middleware/{name}" for name in ("auth_mode", "log", "retry", "token", "tracing")]
    core += [f"memory/{name}" for name in ("access", "routing", "seeding", "server", "state", "tokens", "validation")]
    effects = re.compile(
        r"\btime\.(sleep|monotonic|time)\(|\bopen\(|\bsocket\b|\brandom\.\w|\bimport (threading|asyncio|random)\b"
    )

    assert {name: effects.findall((ROOT / f"{name}.py").read_text()) for name in core} == {name: [] for name in core}
