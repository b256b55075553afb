"""Scenes of webhooks."""

from __future__ import annotations

from functools import partial
from typing import Any

from tests.memory.scenes import Scene
from tests.memory.world import World


def new(world: World) -> dict[str, Any]:
    return {"project_id": world.project_id, "environment": "dev", "webhook_url": "https://hooks.example.com/in"}


def made(world: World) -> dict[str, str]:
    return {"webhook_id": world.person.webhooks.create(**new(world)).unwrap().webhook.id}


SCENES: dict[str, Scene] = {
    "webhooks.create": lambda w: partial(w.person.webhooks.create, **new(w)),
    "webhooks.update": lambda w: partial(w.person.webhooks.update, **made(w), is_disabled=True),
    "webhooks.delete": lambda w: partial(w.person.webhooks.delete, **made(w)),
    "webhooks.list": lambda w: partial(w.person.webhooks.list, project_id=w.project_id),
    "webhooks.test": lambda w: partial(w.person.webhooks.test, **made(w)),
}
