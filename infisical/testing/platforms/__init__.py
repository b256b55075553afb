"""Fake platforms for tests of logins: one file a platform. This file is the index: nothing is defined here.

Each is an executor (`sources.github_actions(..., executor=FakeGitHub())`); `infisical.server.serving(fake)` puts it on
a socket.

github.py      FakeGitHub
oidc.py        FakeOidcIssuer
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from infisical.testing.platforms.github import FakeGitHub
    from infisical.testing.platforms.oidc import FakeOidcIssuer

_HOME = {
    "FakeGitHub": "github",
    "FakeOidcIssuer": "oidc",
}

__all__ = ["FakeGitHub", "FakeOidcIssuer"]

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
