"""Scenes of secrets."""

from __future__ import annotations

from functools import partial
from typing import Any

from infisical.endpoints.secrets import NewSecret, SecretChange, SecretName
from tests.memory.scenes import Scene
from tests.memory.world import World


def where(world: World) -> dict[str, Any]:
    return {"project_id": world.project_id, "environment": "dev"}


def written(world: World) -> dict[str, Any]:
    """Write a secret; how to name it."""
    world.machine.secrets.create(**where(world), secret_name="KEY", secret_value="value").unwrap()
    return {**where(world), "secret_name": "KEY"}


def secret_id(world: World) -> str:
    return world.machine.secrets.get_by_name(**written(world)).unwrap().id


SCENES: dict[str, Scene] = {
    "secrets.get_access_list": lambda w: partial(w.person.secrets.get_access_list, **written(w)),
    "secrets.list": lambda w: partial(w.machine.secrets.list, **where(w)),
    "secrets.get_by_name": lambda w: partial(w.machine.secrets.get_by_name, **written(w)),
    "secrets.get_by_id": lambda w: partial(w.machine.secrets.get_by_id, secret_id=secret_id(w)),
    "secrets.create": lambda w: partial(
        w.machine.secrets.create, **where(w), secret_name="KEY", secret_value="value", secret_comment="a comment"
    ),
    "secrets.update": lambda w: partial(w.machine.secrets.update, **written(w), secret_value="other"),
    "secrets.delete": lambda w: partial(w.machine.secrets.delete, **written(w)),
    "secrets.batch_create": lambda w: partial(
        w.machine.secrets.batch_create, **where(w), secrets=[NewSecret(secret_key="KEY", secret_value="value")]
    ),
    "secrets.batch_update": lambda w: partial(
        w.machine.secrets.batch_update,
        **where(w),
        secrets=[SecretChange(secret_key=written(w)["secret_name"], secret_value="other")],
    ),
    "secrets.batch_delete": lambda w: partial(
        w.machine.secrets.batch_delete, **where(w), secrets=[SecretName(secret_key=written(w)["secret_name"])]
    ),
    "secrets.move": lambda w: partial(
        w.machine.secrets.move,
        project_id=w.project_id,
        source_environment="dev",
        destination_environment="prod",
        secret_ids=[secret_id(w)],
    ),
    "secrets.list_references": lambda w: partial(w.person.secrets.list_references, **written(w)),
    "secrets.get_reference_tree": lambda w: partial(w.person.secrets.get_reference_tree, **written(w)),
}
