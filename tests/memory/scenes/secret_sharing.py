"""Scenes of secret sharing: what is sent fits the servers of both generations."""

from __future__ import annotations

from functools import partial

from infisical.memory.call import format_time
from tests.memory.scenes import Scene
from tests.memory.world import World


def shared(world: World) -> str:
    """A shared secret that whoever has the link may open."""
    made = world.person.secret_sharing.create(secret_value="s3cret", access_type="anyone")
    return made.unwrap().id


SCENES: dict[str, Scene] = {
    "secret_sharing.create": lambda w: partial(
        w.person.secret_sharing.create,
        secret_value="s3cret",
        expires_in="1h",
        max_views=2,
        expires_at=format_time(w.clock.now + 3600),
        expires_after_views=2,
        access_type="anyone",
    ),
    "secret_sharing.get": lambda w: partial(w.anyone.secret_sharing.get, shared_secret_id=shared(w)),
    "secret_sharing.delete": lambda w: partial(w.person.secret_sharing.delete, shared_secret_id=shared(w)),
    "secret_sharing.list": lambda w: w.person.secret_sharing.list,
    "secret_sharing.access": lambda w: partial(w.anyone.secret_sharing.access, shared_secret_id=shared(w)),
}
