"""Scenes of tags."""

from __future__ import annotations

from functools import partial

from tests.memory.scenes import Scene
from tests.memory.world import World


def tagged(world: World) -> dict[str, str]:
    tag = world.machine.secret_tags.create(project_id=world.project_id, slug="blue", color="#00f").unwrap()
    return {"project_id": world.project_id, "tag_id": tag.id}


def by_slug(world: World):
    tagged(world)
    return partial(world.machine.secret_tags.get_by_slug, project_id=world.project_id, tag_slug="blue")


SCENES: dict[str, Scene] = {
    "secret_tags.list": lambda w: partial(w.machine.secret_tags.list, project_id=w.project_id),
    "secret_tags.create": lambda w: partial(
        w.machine.secret_tags.create, project_id=w.project_id, slug="blue", color="#00f"
    ),
    "secret_tags.get_by_id": lambda w: partial(w.machine.secret_tags.get_by_id, **tagged(w)),
    "secret_tags.get_by_slug": by_slug,
    "secret_tags.update": lambda w: partial(w.machine.secret_tags.update, **tagged(w), slug="red", color="#f00"),
    "secret_tags.delete": lambda w: partial(w.machine.secret_tags.delete, **tagged(w)),
}
