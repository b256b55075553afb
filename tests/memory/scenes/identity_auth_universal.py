"""Scenes of universal auth."""

from __future__ import annotations

from functools import partial
from typing import Any

from tests.memory.scenes import Scene
from tests.memory.scenes.identities import an_identity
from tests.memory.world import World


def with_universal(world: World, **settings: Any) -> str:
    """The id of an identity with universal auth."""
    identity_id = an_identity(world)
    world.machine.identity_auth.universal.attach(identity_id=identity_id, **settings).unwrap()
    return identity_id


def with_secret(world: World) -> dict[str, str]:
    identity_id = with_universal(world)
    made = world.machine.identity_auth.universal.create_client_secret(identity_id=identity_id).unwrap()
    return {"identity_id": identity_id, "client_secret_id": made.client_secret_data.id}


def at(call: str) -> Scene:
    return lambda world: partial(
        getattr(world.machine.identity_auth.universal, call), identity_id=with_universal(world)
    )


def at_secret(call: str) -> Scene:
    return lambda world: partial(getattr(world.machine.identity_auth.universal, call), **with_secret(world))


SCENES: dict[str, Scene] = {
    "identity_auth.universal.login": lambda w: partial(
        w.anyone.identity_auth.universal.login, client_id=w.given.client_id, client_secret=w.given.client_secret
    ),
    "identity_auth.universal.attach": lambda w: partial(
        w.machine.identity_auth.universal.attach, identity_id=an_identity(w), access_token_ttl=600
    ),
    "identity_auth.universal.update": lambda w: partial(
        w.machine.identity_auth.universal.update, identity_id=with_universal(w), access_token_ttl=600
    ),
    "identity_auth.universal.get": at("get"),
    "identity_auth.universal.revoke": at("revoke"),
    "identity_auth.universal.create_client_secret": at("create_client_secret"),
    "identity_auth.universal.list_client_secrets": at("list_client_secrets"),
    "identity_auth.universal.get_client_secret": at_secret("get_client_secret"),
    "identity_auth.universal.revoke_client_secret": at_secret("revoke_client_secret"),
    "identity_auth.universal.clear_lockouts": at("clear_lockouts"),
}
