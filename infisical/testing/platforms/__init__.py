"""Fake platforms for tests of logins: one file a platform. This file is the index: nothing is defined here.

Each is an executor (`sources.aws(..., executor=FakeAmazon())`); `infisical.server.serving(fake)` puts it on a socket.

amazon.py      FakeAmazon
fake.py        what all have in common
github.py      FakeGitHub
google.py      FakeGoogle
microsoft.py   FakeAzure
oidc.py        FakeOidcIssuer
oracle.py      FakeOracle
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from infisical.testing.platforms.amazon import FakeAmazon
    from infisical.testing.platforms.github import FakeGitHub
    from infisical.testing.platforms.google import FakeGoogle
    from infisical.testing.platforms.microsoft import FakeAzure
    from infisical.testing.platforms.oidc import FakeOidcIssuer
    from infisical.testing.platforms.oracle import FakeOracle

_HOME = {
    "FakeAmazon": "amazon",
    "FakeAzure": "microsoft",
    "FakeGitHub": "github",
    "FakeGoogle": "google",
    "FakeOidcIssuer": "oidc",
    "FakeOracle": "oracle",
}

__all__ = ["FakeAmazon", "FakeAzure", "FakeGitHub", "FakeGoogle", "FakeOidcIssuer", "FakeOracle"]

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
