"""`ExecutorRunner` calls a blocking or an asyncio executor in a test; `expect_*` check the replies.

`executor_contract` has the tests. An exception from an executor becomes an AssertionError here.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias, get_args

from returns.result import Failure, Success

from infisical.errors import InfisicalNetworkError, Reason
from infisical.request import HttpRequest
from infisical.response import Response
from infisical.transport import AsyncExecutor, Executor, Reply

AnyExecutor: TypeAlias = Executor | AsyncExecutor
NewExecutor: TypeAlias = AnyExecutor | Coroutine[Any, Any, AnyExecutor]


class ExecutorRunner:
    """Runs one executor in a test; an asyncio executor gets an event loop. Call it like a blocking executor."""

    def __init__(self, make: Callable[[], NewExecutor], asynchronous: bool | None = None) -> None:
        self._loop = asyncio.Runner()
        executor = make()
        self._bare: Any = self._loop.run(executor) if inspect.iscoroutine(executor) else executor
        is_coroutine = any(inspect.iscoroutinefunction(f) for f in (self._bare, type(self._bare).__call__))
        self.asynchronous = is_coroutine if asynchronous is None else asynchronous
        self._closed = False

    def __call__(self, request: HttpRequest) -> Reply:
        return self.at_once([request])[0]

    def at_once(self, requests: Sequence[HttpRequest]) -> list[Reply]:
        """Send these requests at the same time, in threads or tasks; return the replies in the same order."""

        async def gather() -> list[Any]:
            return await asyncio.gather(*[self._bare(request) for request in requests])

        try:
            if self.asynchronous:
                replies = self._loop.run(gather())
            elif len(requests) == 1:
                replies = [self._bare(requests[0])]
            else:
                with ThreadPoolExecutor(len(requests)) as pool:
                    replies = list(pool.map(self._bare, requests))
        except Exception as cause:
            raise AssertionError(
                f"an executor must return a Failure instead of raising; it raised {type(cause).__name__}: {cause}"
            ) from cause
        for reply in replies:
            kind = type(reply).__name__
            assert isinstance(reply, (Success, Failure)), f"an executor must return a Result, not {kind}"
        return replies

    def call_once(self, request: HttpRequest) -> tuple[str, object]:
        """Call the executor once; return the type name of its result, and the result itself, awaited if async."""
        if not self.asynchronous:
            reply = self._bare(request)
            return type(reply).__name__, reply

        async def main() -> tuple[str, object]:
            awaitable = self._bare(request)
            return type(awaitable).__name__, await awaitable

        return self._loop.run(main())

    def cancel(self, request: HttpRequest, when: Callable[[], object]) -> object:
        """Cancel a call as soon as `when` returns. Return its result, or None if it was cancelled."""

        async def main() -> object:
            call = asyncio.ensure_future(self._bare(request))
            await asyncio.get_running_loop().run_in_executor(None, when)
            call.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                return await call
            return None

        return self._loop.run(main())

    def close(self) -> None:
        """Close the executor, unless it is closed or has no `close`."""
        close = getattr(self._bare, "aclose", None) or getattr(self._bare, "close", None)
        if close is None or self._closed:
            return
        self._closed = True
        if self.asynchronous:
            self._loop.run(_call(close))
        else:
            close()

    def leave(self) -> None:
        """Close the executor and the loop."""
        self.close()
        self._loop.close()


async def _call(function: Callable[[], Any]) -> None:
    result = function()
    if inspect.isawaitable(result):
        await result


# ---- checks of replies
def expect(name: str, actual: object, expected: object) -> None:
    """Raise an AssertionError that says what differs, unless the values are equal."""
    assert actual == expected, f"{name}: expected {expected!r}, got {actual!r}"


def expect_bytes(name: str, actual: bytes, expected: bytes) -> None:
    """Raise an AssertionError without the bytes, unless they are equal."""
    assert actual == expected, f"{name}: {len(expected)} bytes were sent; {len(actual)} came, or different ones"


def expect_response(reply: Reply) -> Response:
    """Return the response of a reply, which must be a Success."""
    assert isinstance(reply, Success), f"expected a Success with a response, got the Failure {reply.failure()!r}"
    response: Any = reply.unwrap()
    assert isinstance(response, Response), f"a Success must hold a Response, not {type(response).__name__}"
    return response


def expect_error(reply: Reply) -> InfisicalNetworkError:
    """Return the error of a reply, which must be a Failure."""
    assert isinstance(reply, Failure), f"expected a Failure, since the response was incomplete; got {reply!r}"
    error: Any = reply.failure()
    assert isinstance(error, InfisicalNetworkError), f"a Failure must hold an InfisicalNetworkError, not {error!r}"
    reasons = get_args(Reason)
    assert error.reason in reasons, f"the reason must be one of {', '.join(reasons)}, not {error.reason!r}"
    return error
