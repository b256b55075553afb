"""Scenes of access tokens."""

from __future__ import annotations

from functools import partial
from typing import Any

from tests.memory.scenes import Scene
from tests.memory.scenes.identity_auth_universal import with_universal
from tests.memory.world import World


def credentials(world: World, **settings: Any) -> dict[str, str]:
    """Client id and client secret of an identity whose universal auth is set so."""
    universal = world.machine.identity_auth.universal
    identity_id = with_universal(world, **settings)
    made = universal.create_client_secret(identity_id=identity_id).unwrap()
    return {
        "client_id": str(universal.get(identity_id=identity_id).unwrap().client_id),
        "client_secret": made.client_secret,
    }


def a_token(world: World, **settings: Any) -> str:
    """The text of an access token, of ten minutes that can be an hour if nothing else is said."""
    settings = {"access_token_ttl": 600, "access_token_max_ttl": 3600, **settings}
    login = world.anyone.identity_auth.universal.login(**credentials(world, **settings))
    return login.unwrap().access_token


SCENES: dict[str, Scene] = {
    "identity_access_tokens.renew": lambda w: partial(w.machine.identity_access_tokens.renew, access_token=a_token(w)),
    "identity_access_tokens.revoke": lambda w: partial(
        w.machine.identity_access_tokens.revoke, access_token=a_token(w)
    ),
}
