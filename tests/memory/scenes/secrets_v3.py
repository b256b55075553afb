"""Scenes of secrets, the older way."""

from __future__ import annotations

from functools import partial
from typing import Any

from infisical.endpoints.secrets import NewSecret, SecretChange, SecretName
from tests.memory.scenes import Scene
from tests.memory.scenes.secrets import secret_id
from tests.memory.world import World


def where(world: World) -> dict[str, Any]:
    return {"workspace_id": world.project_id, "environment": "dev"}


def written(world: World) -> dict[str, Any]:
    """Write a secret; how to name it."""
    world.machine.secrets_v3.create(**where(world), secret_name="KEY", secret_value="value").unwrap()
    return {**where(world), "secret_name": "KEY"}


SCENES: dict[str, Scene] = {
    "secrets_v3.list": lambda w: partial(w.machine.secrets_v3.list, **where(w)),
    "secrets_v3.get_by_name": lambda w: partial(w.machine.secrets_v3.get_by_name, **written(w)),
    "secrets_v3.get_by_id": lambda w: partial(w.machine.secrets_v3.get_by_id, secret_id=secret_id(w)),
    "secrets_v3.create": lambda w: partial(
        w.machine.secrets_v3.create, **where(w), secret_name="KEY", secret_value="value"
    ),
    "secrets_v3.update": lambda w: partial(w.machine.secrets_v3.update, **written(w), secret_value="other"),
    "secrets_v3.delete": lambda w: partial(w.machine.secrets_v3.delete, **written(w)),
    "secrets_v3.batch_create": lambda w: partial(
        w.machine.secrets_v3.batch_create, **where(w), secrets=[NewSecret(secret_key="KEY", secret_value="value")]
    ),
    "secrets_v3.batch_update": lambda w: partial(
        w.machine.secrets_v3.batch_update,
        **where(w),
        secrets=[SecretChange(secret_key=written(w)["secret_name"], secret_value="other")],
    ),
    "secrets_v3.batch_delete": lambda w: partial(
        w.machine.secrets_v3.batch_delete, **where(w), secrets=[SecretName(secret_key=written(w)["secret_name"])]
    ),
}
