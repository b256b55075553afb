"""Executors: the only I/O. Each transport has a module or a package, imported on first use.

An executor is any callable `HttpRequest -> Result[Response, InfisicalNetworkError]`, or such a coroutine function; it
never raises for network trouble. Nothing here knows endpoints, credentials or models.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from infisical.executors.aiohttp import AiohttpExecutor
    from infisical.executors.cassette import AsyncCassetteExecutor, CassetteExecutor
    from infisical.executors.faults import AsyncFaultyExecutor, FaultyExecutor
    from infisical.executors.httpx import AsyncHttpxExecutor, HttpxExecutor
    from infisical.executors.memory import AsyncMemoryExecutor, MemoryExecutor
    from infisical.executors.requests import RequestsExecutor
    from infisical.executors.scripted import AsyncScriptedExecutor, ScriptedExecutor
    from infisical.executors.threaded import ThreadedExecutor
    from infisical.executors.urllib3 import Urllib3Executor
    from infisical.transport import AsyncExecutor, Executor

__all__ = [
    "AiohttpExecutor",
    "AsyncCassetteExecutor",
    "AsyncExecutor",
    "AsyncFaultyExecutor",
    "AsyncHttpxExecutor",
    "AsyncMemoryExecutor",
    "AsyncScriptedExecutor",
    "CassetteExecutor",
    "Executor",
    "FaultyExecutor",
    "HttpxExecutor",
    "MemoryExecutor",
    "RequestsExecutor",
    "ScriptedExecutor",
    "ThreadedExecutor",
    "Urllib3Executor",
]
_HOMES = {
    "AiohttpExecutor": "infisical.executors.aiohttp",
    "AsyncCassetteExecutor": "infisical.executors.cassette",
    "AsyncExecutor": "infisical.transport",
    "AsyncFaultyExecutor": "infisical.executors.faults",
    "AsyncHttpxExecutor": "infisical.executors.httpx",
    "AsyncMemoryExecutor": "infisical.executors.memory",
    "AsyncScriptedExecutor": "infisical.executors.scripted",
    "CassetteExecutor": "infisical.executors.cassette",
    "Executor": "infisical.transport",
    "FaultyExecutor": "infisical.executors.faults",
    "HttpxExecutor": "infisical.executors.httpx",
    "MemoryExecutor": "infisical.executors.memory",
    "RequestsExecutor": "infisical.executors.requests",
    "ScriptedExecutor": "infisical.executors.scripted",
    "ThreadedExecutor": "infisical.executors.threaded",
    "Urllib3Executor": "infisical.executors.urllib3",
}


if not TYPE_CHECKING:  # a type checker would accept any name with it

    def __getattr__(name: str) -> Any:
        home = _HOMES.get(name)
        if home is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        import importlib

        return getattr(importlib.import_module(home), name)


def __dir__() -> list[str]:
    return list(__all__)
