"""The walk: every row of the contract called through the typed client on the memory server, in both generations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from returns.result import Failure, Success

from infisical import NotFoundError
from infisical.memory.routing import list_routes
from tests.memory.scenes import all_scenes
from tests.memory.world import World

ROWS = json.loads((Path(__file__).parents[1] / "contract.json").read_text())["endpoints"]
SCENES = all_scenes()
RANDOM = ("pki.", "kms.sign", "kms.verify", "kms.get_p", "kms.list_signing")
"""Rows whose calls make asymmetric keys, which differ each time."""
EMPTY_FOR_MACHINES = [
    f"organizations.{name}"
    for name in ("list_memberships", "update_membership", "delete_membership", "bulk_delete_memberships")
]
"""Routes that let machine identities in and then answer them nothing, so that the contract names people only."""


def rows(*, where: Any = lambda row: True) -> Any:
    return pytest.mark.parametrize("row", [pytest.param(row, id=row["id"]) for row in ROWS if where(row)])


def routed(row: dict[str, Any], generation: str) -> bool:
    return row["status"] != "gone" if generation == "current" else row["on_2024_10_server"]


def test_every_row_has_a_scene_and_every_scene_a_row():
    assert {row["id"] for row in ROWS if row["id"] not in SCENES} == set()
    assert set(SCENES) - {row["id"] for row in ROWS} == set()


@rows(where=lambda row: row["id"] in SCENES)
@pytest.mark.parametrize("generation", ["current", "2024-10"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_valid_call_succeeds_where_the_generation_routes_it_and_gets_its_404_elsewhere(row, generation):
    world = World()
    call = SCENES[row["id"]](world)
    world.become(generation)

    got = call()

    if routed(row, generation):
        assert isinstance(got, Success), got
    else:
        assert isinstance(got, Failure), got
        assert isinstance(got.failure(), NotFoundError)
        assert got.failure().route_missing


@rows(where=lambda row: row["status"] != "gone" and not row["id"].startswith(RANDOM))
def test_equal_servers_answer_equal_calls_equally_and_stay_equal(row):
    one, other = World(), World()
    answers = [SCENES[row["id"]](world)() for world in (one, other)]

    assert answers[0] == answers[1]
    assert one.memory.state == other.memory.state


@rows(where=lambda row: row["status"] != "gone")
def test_a_route_takes_the_credentials_that_the_server_takes(row):
    taken = {
        frozenset(route.access)
        for route in list_routes()
        if (route.method, shape(route.path)) == (row["method"], shape(row["path"])) and "current" in route.generations
    }

    modes = {"jwt", "identity_access_token", "service_token"} & set(row["server_auth"])
    if row["id"] in EMPTY_FOR_MACHINES:
        modes |= {"identity_access_token"}
    expected = {"mfa"} if row["id"].startswith("mfa.") else modes
    assert taken == {frozenset(expected)}


def shape(path: str) -> str:
    return "/".join("{}" if part.startswith("{") else part for part in path.split("/"))
