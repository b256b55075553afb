"""Scenes of status."""

from __future__ import annotations

from tests.memory.scenes import Scene

SCENES: dict[str, Scene] = {"status.get": lambda w: w.anyone.status.get}
