"""Login sources: where a platform keeps the credential of a login. This file is the index: nothing is defined here.

Each function returns what `client.login` and `auth=` take, and the client asks it again for every login. No module has
the name of a function: importing it would replace the function.

platform.py            what a source may touch: variables, files, the clock, HTTP
transports.py          how a source sends: directly, or by a given executor
amazon.py              aws; amazon_*.py: keys, signatures and services of AWS
service_account.py     kubernetes
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from infisical.sources.amazon import aws
    from infisical.sources.platform import Platform
    from infisical.sources.service_account import kubernetes

_HOME = {
    "Platform": "platform",
    "aws": "amazon",
    "kubernetes": "service_account",
}

__all__ = ["Platform", "aws", "kubernetes"]

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
