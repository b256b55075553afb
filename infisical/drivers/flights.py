"""Single flight: callers that need the same work at the same time share one run of it. Threads here, asyncio below.

Whoever starts the work leads its flight, the others follow. A leader may be interrupted at any instruction, also in a
`finally`: the next caller notices, and takes over. So nothing here relies on a lock that an interrupt may leave locked.
A flight that lasts too long is abandoned: the next caller starts another. What the work is, and what becomes of a late
result, is not known here.
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

from infisical.drivers.deadline import FOREVER, Deadline, is_exceeded, make_exceeded
from infisical.errors import AuthenticationError

if TYPE_CHECKING:
    import asyncio
    from types import FrameType

T = TypeVar("T")
LONGEST_FLIGHT: Final = 120.0
"""Seconds after which a flight is abandoned whose callers have no deadline."""
GLANCE: Final = 0.1
"""Seconds between two looks of a follower at its leader: whether it is still there, and within its deadline."""
NESTED: Final = "a login factory called the client that waits for its login: use another client in it"


# ---- threads
@dataclass(slots=True, eq=False)
class _Flight:
    leader: int
    """The leader's thread."""
    ends_at: float
    """When it is abandoned, by the clock: after the leader's deadline only code that hangs still runs."""
    frame: FrameType | None
    """The leader's frame. No interrupt can hide whether it still runs; None after a flight that ended as it should."""
    in_flight: threading.Lock
    """Locked until the end. It wakes followers up, who rely on `is_over` alone."""
    value: tuple[Any, ...] = ()
    """What the work returned, for followers; empty where they have to do it themselves."""

    def is_over(self) -> bool:
        """Whether nobody runs it any more."""
        frame = self.frame
        if frame is None:
            return True
        try:
            frame.clear()  # refused while the frame runs; without effect on anybody after that
        except RuntimeError:
            return False
        return True

    def is_overdue(self, now: float) -> bool:
        """Whether it has lasted so long that something in it must hang."""
        return now >= self.ends_at


@dataclass(slots=True)
class Flights:
    """The flights of one client, shared by its threads."""

    current: dict[Hashable, _Flight] = field(default_factory=dict)
    process: int = field(default_factory=os.getpid)
    removal: threading.Lock = field(default_factory=threading.Lock)

    def join(self, key: Hashable, run: Callable[[], T], deadline: Deadline = FOREVER) -> T:
        """Run the work, or wait for the thread that is running it.

        If that one crashes, exceeds its own deadline or lasts too long, a follower takes over.
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
                ends_at = now + LONGEST_FLIGHT if deadline.at == inf else deadline.at
                mine = _Flight(me, ends_at, sys._getframe(), threading.Lock())
                mine.in_flight.acquire()
                flight = self.current.setdefault(key, mine)  # in one instruction: there is no instant in between
                if flight is mine:
                    return self._lead(key, mine, run)
                mine.frame = None
            if flight.is_over() or (flight.leader != me and flight.is_overdue(now)):
                self._remove(key, flight)  # with its value, if it has one: it may be old
                continue
            if flight.leader == me:
                return cast("T", Failure(AuthenticationError(NESTED)))
            if left <= 0:
                return cast("T", make_exceeded())
            if flight.in_flight.acquire(timeout=min(left, GLANCE)):
                flight.in_flight.release()
            else:
                left -= GLANCE  # also where the clock is one that tests set
            if flight.value:
                return cast("T", flight.value[0])

    def _lead(self, key: Hashable, flight: _Flight, run: Callable[[], T]) -> T:
        try:
            value = run()
            if not is_exceeded(value):  # the leader's deadline is not that of its followers
                flight.value = (value,)
            return value
        finally:
            self._remove(key, flight)
            flight.frame = None
            flight.in_flight.release()

    def _remove(self, key: Hashable, flight: _Flight) -> None:
        """Remove this flight, and no other that has taken its place."""
        removal = self.removal
        locked = removal.acquire(timeout=GLANCE)
        if not locked:  # whoever locked it was interrupted
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
    """A task of its own, so that whoever started it may go."""

    task: asyncio.Task[Any]
    started: float
    patience: float = 0.0
    """The longest that one of its callers may wait, in seconds: the flight may last as long."""


AsyncFlights: TypeAlias = "dict[Hashable, _AsyncFlight]"


async def join_async(
    flights: AsyncFlights, key: Hashable, run: Callable[[], Coroutine[Any, Any, Any]], deadline: Deadline = FOREVER
) -> Any:
    """Run the work in a task, or wait for the one that runs. A caller may be cancelled without harm to the others.

    If the task is cancelled or lasts longer than its callers may wait, the next caller starts another.
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
            return Failure(AuthenticationError(NESTED))
        if flight is None or flight.task.done() or flight.task.get_loop() is not loop:
            flight = None
        elif now - flight.started >= flight.patience:
            flight.task.cancel()
            flight = None
        if flight is None:
            flight = flights[key] = _AsyncFlight(loop.create_task(run()), now)
            flight.task.add_done_callback(lambda task: _forget(flights, key, task))
        flight.patience = max(flight.patience, LONGEST_FLIGHT if left == inf else left)
        remaining = flight.patience - (now - flight.started)
        ended, _ = await asyncio.wait((flight.task,), timeout=min(left, remaining))
        if not ended:
            if left <= remaining:
                return make_exceeded()
            flight.patience = 0.0  # it is abandoned, also where the clock is one that tests set
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
        task.exception()  # looked at, so that asyncio does not complain if every caller has gone
