"""The groups of the memory server: those of the library's endpoints, and each of them has routes."""

from __future__ import annotations

import pkgutil

import pytest

from infisical import endpoints
from infisical.memory import routing
from infisical.memory.routing import GROUPS, list_routes


def test_the_memory_has_the_groups_of_the_endpoints():
    assert sorted(GROUPS) == sorted(module.name for module in pkgutil.iter_modules(endpoints.__path__))


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_has_routes(group):
    prefix = f"infisical.memory.{group}"

    modules = {route.handler.__module__ for route in list_routes()}

    assert any(module == prefix or module.startswith(f"{prefix}.") for module in modules)


def test_a_module_of_a_group_lists_each_of_its_routes_once():
    routes = list_routes()

    assert len({(route.method, route.path, route.generations) for route in routes}) == len(routes)


def test_two_routes_of_a_path_are_an_error(monkeypatch):
    route = list_routes()[0]
    monkeypatch.setattr(routing, "list_routes", lambda: (route, route))

    with pytest.raises(ValueError, match=r"Two routes for .*: remove one"):
        routing._build_tree.__wrapped__(next(iter(route.generations)), route.method)
