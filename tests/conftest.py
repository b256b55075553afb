"""What holds for every test: two profiles of hypothesis, and what an exhaustive run adds.

Properties have no deadline, since a machine may be slow. A default run tries few examples of each; CI the same ones
each time. `pytest -m exhaustive` runs the cases that carry the marker, and every property again with many examples.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

FEW, MANY = 40, 200
"""Examples of a property in a default and in an exhaustive run; a test may ask for a share or a multiple of these."""

settings.register_profile("default", max_examples=FEW, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("exhaustive", settings.get_profile("default"), max_examples=MANY)


def is_exhaustive(config: pytest.Config) -> bool:
    return config.getoption("markexpr") == "exhaustive"


def pytest_configure(config: pytest.Config) -> None:
    """Load the profile before any test module asks for it."""
    name = "exhaustive" if is_exhaustive(config) else "default"
    settings.register_profile("chosen", settings.get_profile(name), derandomize="CI" in os.environ)
    settings.load_profile("chosen")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Count every property among the exhaustive tests, before pytest selects by the marker."""
    if is_exhaustive(config):
        for item in items:
            if item.get_closest_marker("hypothesis"):
                item.add_marker(pytest.mark.exhaustive)
