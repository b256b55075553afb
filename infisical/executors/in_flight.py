"""The calls in flight of an async executor: each has a total deadline, and all end when the executor is closed.

asyncio only; nothing here knows HTTP or a library.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Final

CLOSING_SECONDS: Final = 1.0
"""Seconds that `end` waits for the calls to close their sockets: a hook of the application may delay one."""


class CallsInFlight:
    """The calls of one executor that wait for a response."""

    def __init__(self) -> None:
        self._deadlines: set[asyncio.Timeout] = set()
        self._is_empty = asyncio.Event()

    @contextlib.asynccontextmanager
    async def within(self, seconds: float) -> AsyncIterator[None]:
        """Run a call for at most so many seconds; TimeoutError after that, or when the calls are ended."""
        async with asyncio.timeout(seconds) as deadline:
            self._deadlines.add(deadline)
            try:
                yield
            finally:
                self._deadlines.discard(deadline)
                if not self._deadlines:
                    self._is_empty.set()

    async def end(self) -> None:
        """End every call now, and wait until their sockets are closed."""
        now = asyncio.get_running_loop().time()
        self._is_empty.clear()
        for deadline in self._deadlines:
            with contextlib.suppress(RuntimeError):  # it has expired already
                deadline.reschedule(now)
        if self._deadlines:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CLOSING_SECONDS):
                    await self._is_empty.wait()
