"""Executors: the only I/O. One transport a file, each imported when it is first asked for.

An executor is any callable `HttpRequest -> Result[Response, InfisicalNetworkError]`, or a coroutine function of it; it
never raises for network trouble. Nothing here knows endpoints, credentials or models.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from infisical.drivers import AsyncExecutor, Executor, InThreads
    from infisical.executors.cassette import AsyncCassetteExecutor, CassetteExecutor
    from infisical.executors.faults import AsyncFaultyExecutor, FaultyExecutor
    from infisical.executors.memory import AsyncMemoryExecutor, MemoryExecutor
    from infisical.executors.scripted import AsyncScriptedExecutor, ScriptedExecutor
    from infisical.executors.urllib3 import Urllib3Executor

__all__ = [
    "AsyncCassetteExecutor",
    "AsyncExecutor",
    "AsyncFaultyExecutor",
    "AsyncMemoryExecutor",
    "AsyncScriptedExecutor",
    "CassetteExecutor",
    "Executor",
    "FaultyExecutor",
    "InThreads",
    "MemoryExecutor",
    "ScriptedExecutor",
    "Urllib3Executor",
]
_HOMES = {
    "AsyncCassetteExecutor": "infisical.executors.cassette",
    "AsyncExecutor": "infisical.drivers",
    "AsyncFaultyExecutor": "infisical.executors.faults",
    "AsyncMemoryExecutor": "infisical.executors.memory",
    "AsyncScriptedExecutor": "infisical.executors.scripted",
    "CassetteExecutor": "infisical.executors.cassette",
    "Executor": "infisical.drivers",
    "FaultyExecutor": "infisical.executors.faults",
    "InThreads": "infisical.drivers",
    "MemoryExecutor": "infisical.executors.memory",
    "ScriptedExecutor": "infisical.executors.scripted",
    "Urllib3Executor": "infisical.executors.urllib3",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(home), name)


def __dir__() -> list[str]:
    return list(__all__)
