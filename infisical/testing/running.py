"""An executor at work in a test, blocking or async: one way to call both, and to look at what came back.

No promise stands here (`executor_contract`), and nothing of servers. What an executor raises is an AssertionError.
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
Made: TypeAlias = AnyExecutor | Coroutine[Any, Any, AnyExecutor]


class Running:
    """An executor at work in one test: blocking, or in an event loop of the test's own. Called as an executor is."""

    def __init__(self, make: Callable[[], Made], asynchronous: bool | None = None) -> None:
        self._loop = asyncio.Runner()
        made = make()
        self._bare: Any = self._loop.run(made) if inspect.iscoroutine(made) else made
        recognised = any(inspect.iscoroutinefunction(f) for f in (self._bare, type(self._bare).__call__))
        self.asynchronous = recognised if asynchronous is None else asynchronous
        self._closed = False

    def __call__(self, request: HttpRequest) -> Reply:
        return self.at_once([request])[0]

    def at_once(self, requests: Sequence[HttpRequest]) -> list[Reply]:
        """Send all of these at the same time, by threads or tasks; answers in the order of the requests."""

        async def together() -> list[Any]:
            return await asyncio.gather(*[self._bare(request) for request in requests])

        try:
            if self.asynchronous:
                replies = self._loop.run(together())
            elif len(requests) == 1:
                replies = [self._bare(requests[0])]
            else:
                with ThreadPoolExecutor(len(requests)) as pool:
                    replies = list(pool.map(self._bare, requests))
        except Exception as cause:
            said = (
                f"an executor never raises: a Failure holds what went wrong. It raised {type(cause).__name__}: {cause}"
            )
            raise AssertionError(said) from cause
        for reply in replies:
            assert isinstance(reply, (Success, Failure)), f"an executor returns a Result, not {type(reply).__name__}"
        return replies

    def returned(self, request: HttpRequest) -> tuple[str, object]:
        """Call it once: the kind of thing that it returned, and what that was, awaited if it can be."""
        if not self.asynchronous:
            reply = self._bare(request)
            return type(reply).__name__, reply

        async def main() -> tuple[str, object]:
            given = self._bare(request)
            return type(given).__name__, await given

        return self._loop.run(main())

    def cancelled(self, request: HttpRequest, when: Callable[[], object]) -> object:
        """Cancel a call as soon as `when` returns, and tell what became of it: None for cancelled."""

        async def main() -> object:
            call = asyncio.ensure_future(self._bare(request))
            await asyncio.get_running_loop().run_in_executor(None, when)
            call.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                return await call
            return None

        return self._loop.run(main())

    def close(self) -> None:
        """Close the executor, if it can be closed and is not yet."""
        closing = getattr(self._bare, "aclose", None) or getattr(self._bare, "close", None)
        if closing is None or self._closed:
            return
        self._closed = True
        if self.asynchronous:
            self._loop.run(_awaited(closing))
        else:
            closing()

    def leave(self) -> None:
        """Close the executor and the loop."""
        self.close()
        self._loop.close()


async def _awaited(function: Callable[[], Any]) -> None:
    result = function()
    if inspect.isawaitable(result):
        await result


# ---- how the tests look at a reply
def expect(what: str, actual: object, expected: object) -> None:
    """Fail with a sentence unless the two are equal."""
    assert actual == expected, f"{what}: expected {expected!r}, got {actual!r}"


def answer_in(reply: Reply) -> Response:
    """Take the answer out of a reply, which has to be a Success."""
    assert isinstance(reply, Success), f"expected a Success with the answer, got the Failure {reply.failure()!r}"
    response: Any = reply.unwrap()
    assert isinstance(response, Response), f"a Success holds a Response, not {type(response).__name__}"
    return response


def error_in(reply: Reply) -> InfisicalNetworkError:
    """Take the error out of a reply, which has to be a Failure."""
    assert isinstance(reply, Failure), f"expected a Failure, since there was no whole answer; got {reply!r}"
    error: Any = reply.failure()
    assert isinstance(error, InfisicalNetworkError), f"a Failure holds an InfisicalNetworkError, not {error!r}"
    known = get_args(Reason)
    assert error.reason in known, f"the reason is one of {', '.join(known)}, not {error.reason!r}"
    return error
