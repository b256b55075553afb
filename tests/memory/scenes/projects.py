"""Scenes of projects."""

from __future__ import annotations

from functools import partial

from tests.memory.scenes import Scene
from tests.memory.world import World


def environment(world: World) -> dict[str, str]:
    made = world.machine.projects.create_environment(project_id=world.project_id, name="Preview", slug="preview")
    return {"project_id": world.project_id, "environment_id": made.unwrap().id}


def trusted_ip(world: World) -> dict[str, str]:
    made = world.person.projects.create_trusted_ip(project_id=world.project_id, ip_address="10.0.0.0/8", is_active=True)
    return {"project_id": world.project_id, "trusted_ip_id": made.unwrap().id}


def here(name: str, /, **arguments: object) -> Scene:
    """A call on the project that a new server has."""
    return lambda world: partial(getattr(world.machine.projects, name), project_id=world.project_id, **arguments)


def get_environment(world: World):
    at = environment(world)
    return partial(world.machine.projects.get_environment, project_id=world.project_id, env_id=at["environment_id"])


SCENES: dict[str, Scene] = {
    "projects.create": lambda w: partial(w.machine.projects.create, project_name="Second", slug="second"),
    "projects.list": lambda w: partial(w.machine.projects.list, include_roles=True, type="secret-manager"),
    "projects.get": here("get"),
    "projects.get_by_slug": lambda w: partial(w.machine.projects.get_by_slug, slug=w.given.project_slug),
    "projects.update": here("update", name="renamed", auto_capitalization=True),
    "projects.delete": here("delete"),
    "projects.list_memberships": here("list_memberships"),
    "projects.list_environments": here("list_environments"),
    "projects.create_environment": here("create_environment", name="Preview", slug="preview"),
    "projects.get_environment": get_environment,
    "projects.update_environment": lambda w: partial(
        w.machine.projects.update_environment, **environment(w), name="Previews", position=1
    ),
    "projects.delete_environment": lambda w: partial(w.machine.projects.delete_environment, **environment(w)),
    "projects.list_roles": here("list_roles"),
    "projects.list_tags": here("list_tags"),
    "projects.list_trusted_ips": lambda w: partial(w.person.projects.list_trusted_ips, project_id=w.project_id),
    "projects.create_trusted_ip": lambda w: partial(
        w.person.projects.create_trusted_ip, project_id=w.project_id, ip_address="::1", is_active=False
    ),
    "projects.update_trusted_ip": lambda w: partial(
        w.person.projects.update_trusted_ip, **trusted_ip(w), ip_address="10.0.0.1"
    ),
    "projects.delete_trusted_ip": lambda w: partial(w.person.projects.delete_trusted_ip, **trusted_ip(w)),
}
