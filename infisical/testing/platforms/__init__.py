"""Fake platforms for tests of logins: one file a platform. This file is the index: nothing is defined here.

Each is an executor (`sources.aws(..., executor=FakeAmazon())`); `infisical.server.serving(fake)` puts it on a socket.

amazon.py      FakeAmazon
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from infisical.testing.platforms.amazon import FakeAmazon

_HOME = {
    "FakeAmazon": "amazon",
}

__all__ = ["FakeAmazon"]

if not TYPE_CHECKING:  # a type checker that sees it takes every name for there

    def __getattr__(name: str) -> Any:
        home = _HOME.get(name)
        if home is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        import importlib

        value = globals()[name] = getattr(importlib.import_module(f"{__name__}.{home}"), name)
        return value


def __dir__() -> list[str]:
    return sorted(__all__)
