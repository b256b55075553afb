"""Steps: what the functions from one state to the next give a test besides the state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from infisical.memory import State
from tests.memory.world import World


def after(world: World, step: Callable[..., tuple[State, Any]], /, **how: Any) -> Any:
    """Take a step on the world's server, at the time of its clock, and return what it gave."""
    given: list[Any] = []

    def change(state: State, now: float) -> State:
        state, one = step(state, now=now, **how)
        given.append(one)
        return state

    world.memory.change(change)
    return given[0]
