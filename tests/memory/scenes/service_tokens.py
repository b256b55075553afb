"""Scenes of service tokens."""

from __future__ import annotations

from functools import partial
from typing import Any

from infisical import NULL, ServiceToken
from infisical.endpoints.service_tokens import ServiceTokenScope
from tests.memory.scenes import Scene
from tests.memory.world import World


def new(world: World) -> dict[str, Any]:
    return {
        "name": "deploy",
        "workspace_id": world.project_id,
        "scopes": [ServiceTokenScope(environment="dev", secret_path="/**")],
        "encrypted_key": "",
        "iv": "",
        "tag": "",
        "expires_in": NULL,
        "permissions": ["read", "write"],
    }


def itself(world: World):
    made = world.person.service_tokens.create(**new(world)).unwrap()
    return world.client(ServiceToken(made.service_token)).service_tokens.get


def delete(world: World):
    made = world.person.service_tokens.create(**new(world)).unwrap().service_token_data
    assert made is not None
    return partial(world.person.service_tokens.delete, made.id)


SCENES: dict[str, Scene] = {
    "service_tokens.get": itself,
    "service_tokens.create": lambda w: partial(w.person.service_tokens.create, **new(w)),
    "service_tokens.delete": delete,
}
