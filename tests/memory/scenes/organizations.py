"""Scenes of organizations."""

from __future__ import annotations

from functools import partial

from infisical.memory import open_session
from infisical.memory.domain.accounts import use_old_privileges
from tests.memory.scenes import Scene
from tests.memory.steps import after
from tests.memory.world import World


def colleague(world: World) -> dict[str, str]:
    """One more member of the organization: where that membership is."""
    after(world, open_session, email="eve@example.com")
    listed = world.person.organizations.list_memberships(org_id=world.given.organization_id).unwrap()
    return {"org_id": world.given.organization_id, "membership_id": listed[-1].id}


def bulk(world: World):
    at = colleague(world)
    return partial(
        world.person.organizations.bulk_delete_memberships,
        org_id=at["org_id"],
        membership_ids=[at["membership_id"]],
    )


def upgrade(world: World):
    world.memory.change(lambda state, now: use_old_privileges(state, now=now))
    return world.person.organizations.upgrade_privilege_system


def here(name: str) -> Scene:
    return lambda world: partial(getattr(world.person.organizations, name), org_id=world.given.organization_id)


SCENES: dict[str, Scene] = {
    "organizations.list": lambda w: w.person.organizations.list,
    "organizations.list_memberships": here("list_memberships"),
    "organizations.list_projects": here("list_projects"),
    "organizations.get_membership": lambda w: partial(w.machine.organizations.get_membership, **colleague(w)),
    "organizations.update_membership": lambda w: partial(
        w.person.organizations.update_membership, **colleague(w), role="admin"
    ),
    "organizations.delete_membership": lambda w: partial(w.person.organizations.delete_membership, **colleague(w)),
    "organizations.bulk_delete_memberships": bulk,
    "organizations.list_project_memberships_by_org_membership": lambda w: partial(
        w.machine.organizations.list_project_memberships_by_org_membership, **colleague(w)
    ),
    "organizations.create": lambda w: partial(w.person.organizations.create, name="Another One"),
    "organizations.delete": here("delete"),
    "organizations.upgrade_privilege_system": upgrade,
}
