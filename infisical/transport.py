"""The ports of the transport: what an executor takes and returns. The executors themselves are executors/."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeAlias

from returns.result import Result

from infisical.errors import InfisicalNetworkError
from infisical.request import HttpRequest
from infisical.response import Response

Reply: TypeAlias = Result[Response, InfisicalNetworkError]
Executor: TypeAlias = Callable[[HttpRequest], Reply]
"""Sends one HTTP request within its timeout and returns the reply. It never raises for network trouble."""
AsyncExecutor: TypeAlias = Callable[[HttpRequest], Coroutine[Any, Any, Reply]]
"""The same as a coroutine function, for the asyncio client."""


@dataclass(frozen=True, slots=True)
class Transport:
    """One way to send, for both drivers."""

    blocking: Executor
    asyncio: AsyncExecutor
