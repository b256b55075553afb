"""How a source sends: directly, or by an executor that it was given. Which requests go where is in platform.py."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, Final, cast

from returns.result import Failure

from infisical.errors import InfisicalNetworkError
from infisical.request import HttpRequest
from infisical.transport import AsyncExecutor, Executor, Reply, Transport
from infisical.wiring import ASYNC_REMEDY, is_async

CONNECT_SECONDS: Final = 1.0
"""A metadata service is on the same machine or link: if it needs longer, the machine has no such service."""
MAX_RESPONSE_BYTES: Final = 2**20


def make_transport(executor: Executor | AsyncExecutor) -> Transport:
    """Make a transport of one executor: in a thread where a blocking one serves asyncio."""
    if is_async(executor):
        return Transport(_refuse_async, cast("AsyncExecutor", executor))
    blocking = cast("Executor", executor)

    async def execute(request: HttpRequest) -> Reply:
        from infisical.executors.threaded import ThreadedExecutor

        async with ThreadedExecutor(blocking, threads=1) as threaded:
            reply: Any = await threaded(request)
            # a function that is async without showing it returns a coroutine
            return cast("Reply", await reply if isinstance(reply, Coroutine) else reply)

    return Transport(blocking, execute)


def send_directly(request: HttpRequest) -> Reply:
    """Send a request without a proxy, over a new connection that takes at most 1 second to make."""
    from infisical.executors.urllib3 import Urllib3Executor

    with Urllib3Executor(
        proxy=None, connections=1, connect_timeout=CONNECT_SECONDS, max_response_bytes=MAX_RESPONSE_BYTES
    ) as execute:
        return execute(request)


def _refuse_async(request: HttpRequest) -> Reply:
    message = f"{request.method}: the executor of the source is async, and this client is blocking: {ASYNC_REMEDY}"
    error = InfisicalNetworkError(message, reason="protocol", sent=False)
    error.defect = True
    return Failure(error)


DIRECT_TRANSPORT: Final = make_transport(send_directly)
