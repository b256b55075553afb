"""Scenes of secret imports."""

from __future__ import annotations

from functools import partial
from typing import Any

from infisical.endpoints.secret_imports import ImportChange, ImportSource
from tests.memory.scenes import Scene
from tests.memory.world import World

STAGING = ImportSource(environment="staging", path="/")


def dev(world: World) -> dict[str, Any]:
    return {"project_id": world.project_id, "environment": "dev"}


def made(world: World, **how: Any) -> str:
    return world.machine.secret_imports.create(**dev(world), import_=STAGING, **how).unwrap().secret_import.id


SCENES: dict[str, Scene] = {
    "secret_imports.create": lambda w: partial(w.machine.secret_imports.create, **dev(w), import_=STAGING),
    "secret_imports.update": lambda w: partial(
        w.machine.secret_imports.update, **dev(w), secret_import_id=made(w), import_=ImportChange(environment="prod")
    ),
    "secret_imports.delete": lambda w: partial(w.machine.secret_imports.delete, **dev(w), secret_import_id=made(w)),
    "secret_imports.resync_replication": lambda w: partial(
        w.person.secret_imports.resync_replication, **dev(w), secret_import_id=made(w, is_replication=True)
    ),
    "secret_imports.list": lambda w: partial(w.machine.secret_imports.list, **dev(w)),
    "secret_imports.get": lambda w: partial(w.machine.secret_imports.get, secret_import_id=made(w)),
    "secret_imports.get_raw_secrets": lambda w: partial(w.machine.secret_imports.get_raw_secrets, **dev(w)),
}
