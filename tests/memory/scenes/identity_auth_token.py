"""Scenes of token auth."""

from __future__ import annotations

from functools import partial

from tests.memory.scenes import Scene
from tests.memory.scenes.identities import an_identity
from tests.memory.world import World


def with_token_auth(world: World) -> str:
    """The id of an identity with token auth."""
    identity_id = an_identity(world)
    world.machine.identity_auth.token.attach(identity_id=identity_id).unwrap()
    return identity_id


def a_token(world: World) -> str:
    """The id of a token."""
    made = world.machine.identity_auth.token.create_token(identity_id=with_token_auth(world), name="deploy")
    return made.unwrap().token_data.id


def at(call: str) -> Scene:
    return lambda world: partial(getattr(world.machine.identity_auth.token, call), identity_id=with_token_auth(world))


def at_token(call: str, **fields: str) -> Scene:
    return lambda world: partial(getattr(world.machine.identity_auth.token, call), token_id=a_token(world), **fields)


SCENES: dict[str, Scene] = {
    "identity_auth.token.login": lambda w: partial(w.anyone.identity_auth.token.login, identity_id=w.given.identity_id),
    "identity_auth.token.attach": lambda w: partial(w.machine.identity_auth.token.attach, identity_id=an_identity(w)),
    "identity_auth.token.update": lambda w: partial(
        w.machine.identity_auth.token.update, identity_id=with_token_auth(w), access_token_ttl=600
    ),
    "identity_auth.token.get": at("get"),
    "identity_auth.token.revoke": at("revoke"),
    "identity_auth.token.create_token": at("create_token"),
    "identity_auth.token.list_tokens": at("list_tokens"),
    "identity_auth.token.get_token": at_token("get_token"),
    "identity_auth.token.update_token": at_token("update_token", name="other"),
    "identity_auth.token.revoke_token": at_token("revoke_token"),
}
