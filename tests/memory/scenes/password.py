"""Scenes of passwords."""

from __future__ import annotations

from functools import partial

from infisical.memory.domain.accounts import INITIAL_PASSWORD, open_password_reset
from tests.memory.scenes import Scene
from tests.memory.steps import after

SCENES: dict[str, Scene] = {
    "password.reset": lambda w: partial(
        w.anyone.password.reset, new_password="another one", reset_token=after(w, open_password_reset)
    ),
    "password.reset_authenticated": lambda w: partial(
        w.person.password.reset_authenticated, old_password=INITIAL_PASSWORD, new_password="another one"
    ),
}
