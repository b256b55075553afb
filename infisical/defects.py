"""Defects of plugged-in code as errors: exceptions it raised, and replies that break an executor's contract.

Plugged-in code is an executor, a login method or factory, a middleware, a policy or a decoder of the application.
No text of an exception is shown here, since it may hold anything.
"""

from __future__ import annotations

import logging
import os
import sys
from collections import deque
from collections.abc import Coroutine
from traceback import walk_tb
from typing import TYPE_CHECKING, Any, Final, TypeVar

from returns.result import Failure, Success

from infisical.errors import InfisicalError, InfisicalNetworkError
from infisical.transport import Reply

if TYPE_CHECKING:
    from types import FrameType

E = TypeVar("E", bound=InfisicalError)
LOGGER: Final = logging.getLogger("infisical")
STDLIB: Final = os.path.dirname(os.__file__)
NO_LOOP_HINT: Final = "the asyncio client needs asyncio, and no event loop of asyncio is running"
MAX_FRAMES: Final = 40
MAX_CAUSES: Final = 8


class AsyncFunctionError(TypeError):
    """A function of the application returned an awaitable to the blocking client."""

    def __init__(self) -> None:
        super().__init__("it is async, and this client is blocking: AsyncInfisicalClient takes it")


class StuckThreadsError(RuntimeError):
    """Too many threads of this process run functions that do not end."""

    def __init__(self) -> None:
        super().__init__("too many threads of this process wait for files that do not answer")


def describe_exception(cause: BaseException) -> str:
    """Name the type of an exception and the line that raised it, without its text.

    The line is the innermost one outside the standard library: a mistake is rarely in `open` itself.
    """
    if isinstance(cause, (AsyncFunctionError, StuckThreadsError)):
        return str(cause)
    places: list[tuple[str, int]] = []
    trace = cause.__traceback__
    while trace is not None:
        places.append((trace.tb_frame.f_code.co_filename, trace.tb_lineno))
        trace = trace.tb_next
    own = [place for place in places if not place[0].startswith(STDLIB) or "site-packages" in place[0]]
    file, line = (own or places or [("nowhere", 0)])[-1]
    place = f"{type(cause).__name__} was raised at {os.path.basename(file)}:{line}"
    is_loop_missing = isinstance(cause, RuntimeError) and str(cause) == "no running event loop"
    return f"{place}: {NO_LOOP_HINT}" if is_loop_missing else place


def wrap_exception(cause: Exception) -> InfisicalError:
    """Make the error for an exception of a middleware, a policy or a decoder."""
    return attach_cause(InfisicalError(describe_exception(cause)), cause)


def attach_cause(error: E, cause: BaseException) -> E:
    """Make an exception of plugged-in code the `__cause__` of an error, and return the error.

    This removes the tracebacks of the whole exception chain, since their frames hold the application's values: call
    `describe_exception` first. The chain ends before an exception that a caller of this library is handling.
    """
    log_frames(cause)
    callers = set()
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        callers.add(frame)
        frame = frame.f_back
    known: set[int] = set()
    waiting = [cause]
    while waiting:
        one = waiting.pop()
        if id(one) in known:
            continue
        known.add(id(one))
        trace = one.__context__ and one.__context__.__traceback__
        if trace and trace.tb_frame in callers:
            one.__context__ = None
        BaseException.with_traceback(one, None)
        grouped = one.exceptions if isinstance(one, BaseExceptionGroup) else ()
        waiting += [each for each in (one.__cause__, one.__context__, *grouped) if each is not None]
    error.__cause__ = cause
    return error


def log_frames(cause: BaseException) -> None:
    """Log the types and frames (file, line, function) of an exception and its chain as one DEBUG line.

    The texts of the exceptions are omitted. The line has at most 40 frames, the innermost, of at most 8 exceptions.
    """
    if not LOGGER.isEnabledFor(logging.DEBUG):
        return
    lines: list[str] = []
    known: set[int] = set()
    one: BaseException | None = cause
    while one is not None and id(one) not in known and len(lines) < MAX_CAUSES:
        known.add(id(one))
        frames = deque(walk_tb(one.__traceback__), MAX_FRAMES)
        places = [f"{frame.f_code.co_filename}:{line} in {frame.f_code.co_name}" for frame, line in frames]
        lines.append(f"{type(one).__qualname__} at {', '.join(places) or 'nowhere'}")
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    LOGGER.debug("raised by plugged-in code: %s", "; from ".join(lines))


# ---- executors that break their contract
def check_reply(reply: object) -> Any:
    """Return the reply of an executor, or the failure for a value that is no Result."""
    if isinstance(reply, (Success, Failure)):
        return reply
    if isinstance(reply, Coroutine):
        reply.close()
        return Failure(
            _make_defect(
                "the executor returned a coroutine: it is async and its client is blocking, or it lacks an await"
            )
        )
    return Failure(_make_defect(f"the executor returned {type(reply).__name__}, not a Result"))


def refuse_blocking(reply: object) -> Reply:
    """Make the failure for an executor of the asyncio client whose reply cannot be awaited."""
    name = type(reply).__name__
    return Failure(
        _make_defect(
            f"the executor is blocking: it returned {name}, and the asyncio client needs an async one "
            "(ThreadedExecutor(executor) makes one)"
        )
    )


def wrap_crash(cause: Exception) -> Reply:
    """Make the failure for an executor that raised."""
    return Failure(attach_cause(_make_defect(f"the executor is defective: {describe_exception(cause)}"), cause))


def _make_defect(message: str) -> InfisicalNetworkError:
    error = InfisicalNetworkError(message)
    error.defect = True
    return error
