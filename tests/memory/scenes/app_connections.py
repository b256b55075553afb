"""Scenes of app connections."""

from __future__ import annotations

from functools import partial
from typing import Any

from tests.memory.scenes import Scene
from tests.memory.world import World

KEYS: dict[str, Any] = {
    "app": "aws",
    "method": "access-key",
    "credentials": {"accessKeyId": "AKIA0", "secretAccessKey": "s3cret"},
}


def connected(world: World, name: str = "main") -> str:
    """An app connection of the organization to AWS."""
    return world.machine.app_connections.create(**KEYS, name=name).unwrap().id


def one(world: World) -> dict[str, str]:
    return {"app": "aws", "connection_id": connected(world)}


def by_name(world: World):
    connected(world)
    return partial(world.machine.app_connections.get_by_name, app="aws", connection_name="main")


SCENES: dict[str, Scene] = {
    "app_connections.create": lambda w: partial(w.machine.app_connections.create, **KEYS, name="main"),
    "app_connections.update": lambda w: partial(w.machine.app_connections.update, **one(w), name="renamed"),
    "app_connections.delete": lambda w: partial(w.machine.app_connections.delete, **one(w)),
    "app_connections.get": lambda w: partial(w.machine.app_connections.get, **one(w)),
    "app_connections.list": lambda w: partial(w.machine.app_connections.list, app="aws"),
    "app_connections.get_by_name": by_name,
    "app_connections.check_availability": lambda w: partial(w.machine.app_connections.check_availability, app="aws"),
    "app_connections.list_all": lambda w: w.machine.app_connections.list_all,
}
