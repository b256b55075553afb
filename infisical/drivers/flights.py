"""Single flight: callers that need the same work at the same time share one run of it, in threads or under asyncio.

The caller that starts the work leads its flight, the others follow. An interrupt may hit the leader at any instruction,
even in a `finally`: the next caller notices, and takes over. So nothing here relies on a lock that an interrupt may
leave locked. A flight that lasts too long is abandoned: the next caller starts another. Nothing here knows the work.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar, cast

from returns.result import Failure

from infisical.drivers.deadline import NO_DEADLINE, Deadline, is_exceeded, make_exceeded
from infisical.errors import AuthenticationError

if TYPE_CHECKING:
    import asyncio
    from types import FrameType

T = TypeVar("T")
MAX_FLIGHT_SECONDS: Final = 120.0
"""The limit of a flight whose callers have no deadline."""
LEADER_CHECK_SECONDS: Final = 0.1
"""The time between two checks of a follower whether its leader still runs, within its deadline."""
NESTED_REASON: Final = "a login factory called the client that waits for its login: use another client in it"


# ---- threads
@dataclass(slots=True, eq=False)
class _Flight:
    leader: int
    """The thread of the leader."""
    ends_at: float
    """The time of its abandonment, by the clock: code that runs after its leader's deadline hangs."""
    frame: FrameType | None
    """The frame of the leader, which shows whether it still runs; None after a flight that completed."""
    in_flight: threading.Lock
    """Locked until the end. It only wakes the followers up: they rely on `is_over`."""
    value: tuple[Any, ...] = ()
    """The result of the work, for followers; empty if they have to do the work themselves."""

    def is_over(self) -> bool:
        """True if its leader no longer runs."""
        frame = self.frame
        if frame is None:
            return True
        try:
            frame.clear()  # raises while the frame runs; without effect later
        except RuntimeError:
            return False
        return True

    def is_overdue(self, now: float) -> bool:
        """True if it has lasted so long that it must hang."""
        return now >= self.ends_at


@dataclass(slots=True)
class Flights:
    """The flights of one client, shared by its threads."""

    current: dict[Hashable, _Flight] = field(default_factory=dict)
    process: int = field(default_factory=os.getpid)
    removal: threading.Lock = field(default_factory=threading.Lock)

    def join(self, key: Hashable, run: Callable[[], T], deadline: Deadline = NO_DEADLINE) -> T:
        """Run the work, or wait for the thread that already runs it.

        If that thread crashes, exceeds its deadline or takes too long, a follower takes over.
        """
        if self.process != os.getpid():  # after a fork the leaders are in the parent
            self.removal, self.current = threading.Lock(), {}
            self.process = os.getpid()
        me, left = threading.get_ident(), inf
        while True:
            now = deadline.clock()
            left = min(left, deadline.at - now)
            flight = self.current.get(key)
            if flight is None:
                ends_at = now + MAX_FLIGHT_SECONDS if deadline.at == inf else deadline.at
                mine = _Flight(me, ends_at, sys._getframe(), threading.Lock())
                mine.in_flight.acquire()
                flight = self.current.setdefault(key, mine)  # in one instruction, which no interrupt divides
                if flight is mine:
                    return self._lead(key, mine, run)
                mine.frame = None
            if flight.is_over() or (flight.leader != me and flight.is_overdue(now)):
                self._remove(key, flight)  # with its value, which may be old
                continue
            if flight.leader == me:
                return cast("T", Failure(AuthenticationError(NESTED_REASON)))
            if left <= 0:
                return cast("T", make_exceeded())
            if flight.in_flight.acquire(timeout=min(left, LEADER_CHECK_SECONDS)):
                flight.in_flight.release()
            else:
                left -= LEADER_CHECK_SECONDS  # the clock may be a fake one of a test
            if flight.value:
                return cast("T", flight.value[0])

    def _lead(self, key: Hashable, flight: _Flight, run: Callable[[], T]) -> T:
        try:
            value = run()
            if not is_exceeded(value):  # its followers have other deadlines
                flight.value = (value,)
            return value
        finally:
            self._remove(key, flight)
            flight.frame = None
            flight.in_flight.release()

    def _remove(self, key: Hashable, flight: _Flight) -> None:
        """Remove this flight, but no other in its place."""
        removal = self.removal
        locked = removal.acquire(timeout=LEADER_CHECK_SECONDS)
        if not locked:  # an interrupt hit the thread that locked it
            self.removal = threading.Lock()
        try:
            if self.current.get(key) is flight:
                self.current.pop(key, None)
        finally:
            if locked:
                removal.release()


# ---- asyncio
@dataclass(slots=True, eq=False)
class _AsyncFlight:
    """A separate task, so that the caller that started it may be cancelled."""

    task: asyncio.Task[Any]
    started: float
    patience: float = 0.0
    """The longest wait of its callers, in seconds: the flight may last as long."""


AsyncFlights: TypeAlias = "dict[Hashable, _AsyncFlight]"


async def join_async(
    flights: AsyncFlights, key: Hashable, run: Callable[[], Coroutine[Any, Any, Any]], deadline: Deadline = NO_DEADLINE
) -> Any:
    """Run the work in a task, or wait for the task that runs it. Cancelling one caller does not harm the others.

    If the task is cancelled, or lasts longer than its callers may wait, the next caller starts another.
    """
    import asyncio

    me, loop, left = asyncio.current_task(), asyncio.get_running_loop(), inf
    while True:
        now = deadline.clock()
        left = min(left, deadline.at - now)
        if left <= 0:
            return make_exceeded()
        flight = flights.get(key)
        if flight is not None and flight.task is me:
            return Failure(AuthenticationError(NESTED_REASON))
        if flight is None or flight.task.done() or flight.task.get_loop() is not loop:
            flight = None
        elif now - flight.started >= flight.patience:
            flight.task.cancel()
            flight = None
        if flight is None:
            flight = flights[key] = _AsyncFlight(loop.create_task(run()), now)
            flight.task.add_done_callback(lambda task: _forget(flights, key, task))
        flight.patience = max(flight.patience, MAX_FLIGHT_SECONDS if left == inf else left)
        remaining = flight.patience - (now - flight.started)
        ended, _ = await asyncio.wait((flight.task,), timeout=min(left, remaining))
        if not ended:
            if left <= remaining:
                return make_exceeded()
            flight.patience = 0.0  # abandoned; the clock may be a fake one of a test
            left -= remaining
        elif not flight.task.cancelled():
            cause = flight.task.exception()
            if cause is None or isinstance(cause, Exception):
                return flight.task.result()


def _forget(flights: AsyncFlights, key: Hashable, task: asyncio.Task[Any]) -> None:
    flight = flights.get(key)
    if flight is not None and flight.task is task:
        del flights[key]
    if not task.cancelled():
        task.exception()  # retrieved: asyncio would complain if every caller was cancelled
