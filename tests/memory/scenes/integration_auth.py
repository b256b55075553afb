"""Scenes of integration auths."""

from __future__ import annotations

from functools import partial

from tests.memory.scenes import Scene
from tests.memory.world import World


def authorized(world: World) -> str:
    made = world.machine.integration_auth.create(
        workspace_id=world.project_id, integration="flyio", access_token="fly-token"
    )
    return made.unwrap().id


SCENES: dict[str, Scene] = {
    "integration_auth.create": lambda w: partial(
        w.machine.integration_auth.create, workspace_id=w.project_id, integration="flyio", access_token="fly-token"
    ),
    "integration_auth.get": lambda w: partial(w.machine.integration_auth.get, integration_auth_id=authorized(w)),
    "integration_auth.delete": lambda w: partial(w.machine.integration_auth.delete, integration_auth_id=authorized(w)),
    "integration_auth.list": lambda w: partial(w.machine.integration_auth.list, project_id=w.project_id),
}
