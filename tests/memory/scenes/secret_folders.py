"""Scenes of folders."""

from __future__ import annotations

from functools import partial
from typing import Any

from infisical.endpoints.secret_folders import FolderChange
from tests.memory.scenes import Scene
from tests.memory.world import World


def dev(world: World) -> dict[str, Any]:
    return {"project_id": world.project_id, "environment": "dev"}


def made(world: World) -> str:
    return world.machine.secret_folders.create(**dev(world), name="app").unwrap().id


def batch(world: World):
    change = FolderChange(id=made(world), environment="dev", name="web")
    return partial(world.machine.secret_folders.update_batch, project_id=world.project_id, folders=[change])


SCENES: dict[str, Scene] = {
    "secret_folders.create": lambda w: partial(w.machine.secret_folders.create, **dev(w), name="app"),
    "secret_folders.update": lambda w: partial(
        w.machine.secret_folders.update, **dev(w), folder_id=made(w), name="web", description="what is served"
    ),
    "secret_folders.update_batch": batch,
    "secret_folders.delete": lambda w: partial(w.machine.secret_folders.delete, **dev(w), folder_id_or_name=made(w)),
    "secret_folders.list": lambda w: partial(w.machine.secret_folders.list, **dev(w), path="/", recursive=True),
    "secret_folders.get_by_id": lambda w: partial(w.machine.secret_folders.get_by_id, id=made(w)),
}
