"""What holds for every test: two profiles of hypothesis, and what an exhaustive run adds.

Properties have no deadline, since a machine may be slow. A default run tries few examples of each; CI the same ones
each time. `pytest -m exhaustive` runs the cases that carry the marker, and every property again with many examples.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator

import pytest
import trustme
from hypothesis import HealthCheck, is_hypothesis_test, settings

from tests.forms import FEW, MANY, mark_contracts

settings.register_profile("default", max_examples=FEW, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("exhaustive", settings.get_profile("default"), max_examples=MANY)


def is_exhaustive(config: pytest.Config) -> bool:
    return config.getoption("markexpr") == "exhaustive"


def pytest_configure(config: pytest.Config) -> None:
    """Load the profile before any test module asks for it."""
    name = "exhaustive" if is_exhaustive(config) else "default"
    settings.register_profile("chosen", settings.get_profile(name), derandomize="CI" in os.environ)
    settings.load_profile("chosen")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Collect the tests without the garbage collector: hardly anything that collecting makes is garbage."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_xdist_auto_num_workers() -> int:
    """Run one process more than there are processors: tests that wait leave one idle."""
    return (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1) + 1


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the tests of short forms, before pytest selects by the marker; every property is exhaustive too."""
    mark_contracts(items)
    if is_exhaustive(config):
        for item in items:
            if is_hypothesis_test(getattr(item, "obj", None)):  # hypothesis marks its tests after this hook
                item.add_marker(pytest.mark.exhaustive)


def pytest_collection_finish() -> None:
    """Spare the garbage collector what collecting the tests has left: it would look through it in every cycle."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def few_authorities(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Trust one certificate authority instead of all of this machine: reading them takes longer than most tests."""
    file = tmp_path_factory.mktemp("authorities") / "one.pem"
    trustme.CA().cert_pem.write_to_path(str(file))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(file))
        yield
