"""Scenes of machine identities in projects."""

from __future__ import annotations

from functools import partial

from infisical.endpoints.project_identities import RoleAssignment
from tests.memory.scenes import Scene
from tests.memory.scenes.identities import an_identity
from tests.memory.world import World


def newcomer(world: World) -> dict[str, str]:
    return {"project_id": world.project_id, "identity_id": an_identity(world)}


def a_member(world: World, role: str = "viewer") -> dict[str, str]:
    where = newcomer(world)
    world.machine.project_identities.create(**where, roles=[RoleAssignment(role=role)]).unwrap()
    return where


SCENES: dict[str, Scene] = {
    "project_identities.create": lambda w: partial(
        w.machine.project_identities.create, **newcomer(w), roles=[RoleAssignment(role="viewer")]
    ),
    "project_identities.update": lambda w: partial(
        w.machine.project_identities.update, **a_member(w), roles=[RoleAssignment(role="member")]
    ),
    "project_identities.delete": lambda w: partial(w.machine.project_identities.delete, **a_member(w)),
    "project_identities.get": lambda w: partial(w.machine.project_identities.get, **a_member(w)),
    "project_identities.list": lambda w: partial(
        w.machine.project_identities.list, project_id=w.project_id, offset=0, limit=10
    ),
}
