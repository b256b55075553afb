"""The calls in flight of an async executor: each has a total deadline, and all end when the executor is closed.

asyncio only; nothing here knows HTTP or a library.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Final

GRACE: Final = 1.0
"""Seconds that `end` waits for the calls to close their sockets: a hook may hold one up."""


class CallsInFlight:
    """The calls of one executor that wait for an answer."""

    def __init__(self) -> None:
        self._deadlines: set[asyncio.Timeout] = set()
        self._none_left = asyncio.Event()

    @contextlib.asynccontextmanager
    async def within(self, seconds: float) -> AsyncIterator[None]:
        """Run a call for so many seconds at most; TimeoutError after that, or when the calls are ended."""
        async with asyncio.timeout(seconds) as deadline:
            self._deadlines.add(deadline)
            try:
                yield
            finally:
                self._deadlines.discard(deadline)
                if not self._deadlines:
                    self._none_left.set()

    async def end(self) -> None:
        """Let the deadline of every call pass now, and wait until their sockets are closed."""
        now = asyncio.get_running_loop().time()
        self._none_left.clear()
        for deadline in self._deadlines:
            with contextlib.suppress(RuntimeError):  # it is passing already
                deadline.reschedule(now)
        if self._deadlines:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(GRACE):
                    await self._none_left.wait()
