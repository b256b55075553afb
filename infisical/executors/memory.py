"""MemoryExecutor and AsyncMemoryExecutor: an Infisical in this process as a transport, for tests and for trying out.

Thin: one cell with a state, a lock around it, and the clock; what the server answers is in infisical/memory/.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from typing import TypeVar

from returns.result import Result, Success

from infisical.errors import InfisicalNetworkError
from infisical.memory import Generation, Given, State, handle, start
from infisical.request import HttpRequest
from infisical.response import Response

T = TypeVar("T")


class MemoryExecutor:
    """Run requests on an Infisical in memory, made anew or of a given state; any number of threads may share it.

    `clock` gives seconds since the epoch (time.time by default). Equal seeds, clocks and requests give equal answers,
    ids and tokens included; only asymmetric keys and randomized signatures differ. `generation` is the age of the
    server that it plays, "current" or "2024-10". `rate_limits` are calls in a minute by class (`read`, `write`,
    `secrets`, ...), none by default: `infisical.memory.DEFAULT_LIMITS` has those of hosted servers. With a state the
    last three are the state's own.
    """

    def __init__(
        self,
        state: State | None = None,
        *,
        clock: Callable[[], float] = time.time,
        seed: int | str = 0,
        generation: Generation = "current",
        rate_limits: Mapping[str, int] | None = None,
    ) -> None:
        self._own_lock = threading.Lock()
        self._process = os.getpid()
        self._clock = clock
        self._state = (
            start(now=clock(), seed=seed, generation=generation, rate_limits=rate_limits) if state is None else state
        )

    def __call__(self, request: HttpRequest) -> Result[Response, InfisicalNetworkError]:
        with self._lock:
            self._state, response = handle(self._state, request, now=self._clock())
        return Success(response)

    @property
    def _lock(self) -> threading.Lock:
        if self._process != os.getpid():  # a fork: whoever held the lock is in the parent
            self._process, self._own_lock = os.getpid(), threading.Lock()
        return self._own_lock

    @property
    def state(self) -> State:
        """The server as it is now: an immutable value, good to keep, to compare and to start another one from."""
        return self._state

    @property
    def given(self) -> Given:
        """What the server started with: ids of organization, project and identity, and the credentials to enter."""
        if self._state.given is None:
            raise ValueError("this server was started from a state that names no credentials")
        return self._state.given

    def change(self, function: Callable[[State, float], State]) -> State:
        """Put the state that a function makes of the present one and the time (seconds); no call comes between."""
        with self._lock:
            self._state = function(self._state, self._clock())
            return self._state


class AsyncMemoryExecutor:
    """The same server for an asyncio client; made of a MemoryExecutor, it shares that one's state."""

    def __init__(self, memory: MemoryExecutor | None = None) -> None:
        self.memory = MemoryExecutor() if memory is None else memory

    async def __call__(self, request: HttpRequest) -> Result[Response, InfisicalNetworkError]:
        return self.memory(request)
