"""Scenes of secret syncs."""

from __future__ import annotations

from functools import partial
from typing import Any

from tests.memory.scenes import Scene
from tests.memory.scenes.app_connections import connected
from tests.memory.world import World

TO = "aws-parameter-store"


def wanted(world: World, **other: Any) -> dict[str, Any]:
    """What makes a sync of the root of dev."""
    return {
        "destination": TO,
        "name": "to-aws",
        "project_id": world.project_id,
        "connection_id": connected(world),
        "environment": "dev",
        "secret_path": "/",
        "sync_options": {"initialSyncBehavior": "overwrite-destination"},
        "destination_config": {"region": "eu-central-1", "path": "/app/"},
        **other,
    }


def synced(world: World, **other: Any) -> dict[str, str]:
    made = world.machine.secret_syncs.create(**wanted(world, **other)).unwrap()
    return {"destination": TO, "sync_id": made.id}


def by_name(world: World):
    synced(world)
    where = {"destination": TO, "sync_name": "to-aws", "project_id": world.project_id}
    return partial(world.machine.secret_syncs.get_by_name, **where)


SCENES: dict[str, Scene] = {
    "secret_syncs.create": lambda w: partial(w.machine.secret_syncs.create, **wanted(w)),
    "secret_syncs.update": lambda w: partial(w.machine.secret_syncs.update, **synced(w), description="changed"),
    "secret_syncs.delete": lambda w: partial(w.machine.secret_syncs.delete, **synced(w), remove_secrets=True),
    "secret_syncs.get": lambda w: partial(w.machine.secret_syncs.get, **synced(w)),
    "secret_syncs.list": lambda w: partial(w.machine.secret_syncs.list, destination=TO, project_id=w.project_id),
    "secret_syncs.trigger": lambda w: partial(w.machine.secret_syncs.trigger, **synced(w)),
    "secret_syncs.import_secrets": lambda w: partial(
        w.machine.secret_syncs.import_secrets, **synced(w), import_behavior="prioritize-source"
    ),
    "secret_syncs.remove_secrets": lambda w: partial(w.machine.secret_syncs.remove_secrets, **synced(w)),
    "secret_syncs.get_by_name": by_name,
}
