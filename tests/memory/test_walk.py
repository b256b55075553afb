"""The walk: every row of the contract called through the typed client on the memory server, in both generations.

A default run walks the current generation whole; of 2024-10 the rows that it routes differently, and every fifth.
"""

from __future__ import annotations

import json
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from returns.result import Failure, Success

from infisical import NotFoundError
from infisical.memory.routing import list_routes
from tests.forms import mark_exhaustive
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


SAMPLE = [row["id"] for row in ROWS[::5]]


def routed(row: dict[str, Any], generation: str) -> bool:
    return row["status"] != "gone" if generation == "current" else row["on_2024_10_server"]


def sampled_rows(*, where: Any = lambda row: True) -> Any:
    """These rows; every fifth in the short form."""
    chosen = [row for row in ROWS if where(row)]
    params = [(pytest.param if row["id"] in SAMPLE else mark_exhaustive)(row, id=row["id"]) for row in chosen]
    return pytest.mark.parametrize("row", params)


def rows_of_generations() -> Any:
    """Each row in both generations; in the short form, those of 2024-10 that differ, and every fifth."""
    params = []
    for row in ROWS:
        is_short = row["id"] in SAMPLE or routed(row, "2024-10") != routed(row, "current")
        params.append(pytest.param(row, "current", id=f"current-{row['id']}"))
        params.append((pytest.param if is_short else mark_exhaustive)(row, "2024-10", id=f"2024-10-{row['id']}"))
    return pytest.mark.parametrize(("row", "generation"), params)


UNREADABLE = {
    ("webhooks.create", "2024-10"): "workspaceId: Required",
    ("webhooks.list", "2024-10"): "workspaceId: Required",
    ("users.send_email_verification_code", "2024-10"): "username: Required",
}
"""Rows that a server of 2024 routes, but whose names it does not read; and its refusal."""


def test_every_row_has_a_scene_and_every_scene_a_row():
    assert {row["id"] for row in ROWS if row["id"] not in SCENES} == set()
    assert set(SCENES) - {row["id"] for row in ROWS} == set()


@rows_of_generations()
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_valid_call_succeeds_where_the_generation_routes_it_and_gets_its_404_elsewhere(row, generation):
    world = World()
    call = SCENES[row["id"]](world)
    world.become(generation)

    got = call()

    if (row["id"], generation) in UNREADABLE:
        assert isinstance(got, Failure)
        assert str(got.failure()) == UNREADABLE[row["id"], generation]
    elif routed(row, generation):
        assert isinstance(got, Success), got
    else:
        assert isinstance(got, Failure), got
        assert isinstance(got.failure(), NotFoundError)
        assert got.failure().route_missing


@sampled_rows(where=lambda row: row["status"] != "gone" and not row["id"].startswith(RANDOM))
def test_equal_servers_answer_equal_calls_equally_and_stay_equal(row):
    one, other = World(), World()
    answers = [SCENES[row["id"]](world)() for world in (one, other)]

    assert answers[0] == answers[1]
    assert one.memory.state == other.memory.state


@sampled_rows(where=lambda row: row["status"] != "gone")
def test_a_route_takes_the_credentials_that_the_server_takes(row):
    taken = credentials_of_routes()[row["method"], shape(row["path"])]

    modes = {"jwt", "identity_access_token", "service_token"} & set(row["server_auth"])
    if row["id"] in EMPTY_FOR_MACHINES:
        modes |= {"identity_access_token"}
    expected = {"mfa"} if row["id"].startswith("mfa.") else modes
    assert taken == {frozenset(expected)}


@cache
def credentials_of_routes() -> dict[tuple[str, str], set[frozenset[str]]]:
    """What the routes of today take, by method and shape of the path."""
    taken = defaultdict[tuple[str, str], set[frozenset[str]]](set)
    for route in list_routes():
        if "current" in route.generations:
            taken[route.method, shape(route.path)].add(frozenset(route.access))
    return taken


def shape(path: str) -> str:
    return "/".join("{}" if part.startswith("{") else part for part in path.split("/"))
