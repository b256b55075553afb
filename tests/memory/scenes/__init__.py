"""Scenes: for each row of the contract, how to get a memory server to where the call is valid, and the call.

A module of this folder has `SCENES`: a row's id -> a function that prepares a World (by calls, on the current
generation) and returns the call itself, to be made on whatever generation is tried.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from typing import Any, TypeAlias

from tests.memory.world import World

Scene: TypeAlias = Callable[[World], Callable[[], Any]]


def all_scenes() -> dict[str, Scene]:
    found: dict[str, Scene] = {}
    for module in pkgutil.iter_modules(__path__):
        for name, scene in importlib.import_module(f"{__name__}.{module.name}").SCENES.items():
            assert name not in found, f"two scenes for {name}"
            found[name] = scene
    return found
