"""MemoryExecutor and AsyncMemoryExecutor: an Infisical in this process as a transport, for tests and experiments.

An executor has a state, a lock and a clock; the server itself is in infisical/memory/.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from typing import TypeVar

from returns.result import Result, Success

from infisical.errors import InfisicalNetworkError
from infisical.memory import Generation, Given, Plan, State, handle, start
from infisical.request import HttpRequest
from infisical.response import Response

T = TypeVar("T")


class MemoryExecutor:
    """Run requests on an Infisical in memory: a new one, or that of `state`. Threads may share an executor.

    `clock` returns seconds since the epoch (default: time.time). Equal seeds, clocks and requests give equal answers,
    ids and tokens included; only asymmetric keys and randomized signatures differ. `generation` selects the version of
    the server: "current" or "2024-10". `plan` is its license: "enterprise", or "community", which refuses trusted
    addresses and dynamic secrets with 400 and "plan restriction".

    `rate_limits` are calls per minute by class (`read`, `write`, `secrets`, ...); the default is no limits, and
    `infisical.memory.DEFAULT_LIMITS` has those of hosted servers. A `state` has its own seed, generation, plan and
    limits: the arguments are ignored.
    """

    def __init__(
        self,
        state: State | None = None,
        *,
        clock: Callable[[], float] = time.time,
        seed: int | str = 0,
        generation: Generation = "current",
        rate_limits: Mapping[str, int] | None = None,
        plan: Plan = "enterprise",
    ) -> None:
        self._lock_of_process = threading.Lock()
        self._process = os.getpid()
        self._clock = clock
        if state is None:
            state = start(now=clock(), seed=seed, generation=generation, rate_limits=rate_limits, plan=plan)
        self._state = state

    def __call__(self, request: HttpRequest) -> Result[Response, InfisicalNetworkError]:
        with self._lock:
            self._state, response = handle(self._state, request, now=self._clock())
        return Success(response)

    @property
    def _lock(self) -> threading.Lock:
        if self._process != os.getpid():  # after a fork, the owner of the lock exists only in the parent
            self._process, self._lock_of_process = os.getpid(), threading.Lock()
        return self._lock_of_process

    @property
    def state(self) -> State:
        """The current state: an immutable value to store, to compare, or to start another executor from."""
        return self._state

    @property
    def given(self) -> Given:
        """What the server started with: ids of its organization, project and identity, and credentials.

        Raise ValueError if the state names no credentials.
        """
        if self._state.given is None:
            raise ValueError("this server was started from a state that names no credentials")
        return self._state.given

    def change(self, function: Callable[[State, float], State]) -> State:
        """Replace the state by `function(state, now)`, with no call in between; return the new state."""
        with self._lock:
            self._state = function(self._state, self._clock())
            return self._state


class AsyncMemoryExecutor:
    """The same server for an asyncio client; it shares the state of the MemoryExecutor that it wraps."""

    def __init__(self, memory: MemoryExecutor | None = None) -> None:
        self.memory = MemoryExecutor() if memory is None else memory

    async def __call__(self, request: HttpRequest) -> Result[Response, InfisicalNetworkError]:
        return self.memory(request)
