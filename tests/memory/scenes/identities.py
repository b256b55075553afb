"""Scenes of machine identities."""

from __future__ import annotations

from functools import partial

from tests.memory.scenes import Scene
from tests.memory.world import World


def an_identity(world: World, name: str = "ci") -> str:
    """The id of one more identity, a member of the organization."""
    organization_id = world.given.organization_id
    return world.machine.identities.create(name=name, organization_id=organization_id, role="member").unwrap().id


def at_identity(call: str) -> Scene:
    return lambda world: partial(getattr(world.machine.identities, call), identity_id=an_identity(world))


SCENES: dict[str, Scene] = {
    "identities.create": lambda w: partial(
        w.machine.identities.create, name="ci", organization_id=w.given.organization_id
    ),
    "identities.update": lambda w: partial(w.machine.identities.update, identity_id=an_identity(w), name="cd"),
    "identities.delete": at_identity("delete"),
    "identities.get": at_identity("get"),
    "identities.list_project_memberships": lambda w: partial(
        w.machine.identities.list_project_memberships, identity_id=w.given.identity_id
    ),
    "identities.search": lambda w: partial(w.machine.identities.search, search={"name": {"$contains": "ex"}}),
    "organization_identities.list": lambda w: partial(
        w.machine.organization_identities.list, org_id=w.given.organization_id
    ),
}
