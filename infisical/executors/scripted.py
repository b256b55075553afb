"""Responses written by a test, in order, and a record of the requests."""

from __future__ import annotations

from collections.abc import Iterator

from returns.result import Failure, Success

from infisical.errors import InfisicalNetworkError
from infisical.request import HttpRequest
from infisical.response import Response
from infisical.transport import Reply


class ScriptedExecutor:
    """Reply from a script, one entry for each request: a `Response`, or an `InfisicalNetworkError` for a failure.

    `ScriptedExecutor(Response(200, body=b"{}"))` replies once; a request beyond the script is a `Failure` (`reason`
    `unrecorded`). `sent` lists the requests, in order.
    """

    def __init__(self, *script: Response | InfisicalNetworkError) -> None:
        self.sent: list[HttpRequest] = []
        self._script: Iterator[Response | InfisicalNetworkError] = iter(script)

    def __call__(self, request: HttpRequest) -> Reply:
        self.sent.append(request)
        entry = next(self._script, None)
        if entry is None:
            message = f"nothing scripted for request {len(self.sent)}: {request.method} {request.url.partition('?')[0]}"
            return Failure(InfisicalNetworkError(message, reason="unrecorded", sent=False))
        return Success(entry) if isinstance(entry, Response) else Failure(entry)


class AsyncScriptedExecutor:
    """A `ScriptedExecutor` for the asyncio client."""

    def __init__(self, *script: Response | InfisicalNetworkError) -> None:
        self._execute = ScriptedExecutor(*script)

    @property
    def sent(self) -> list[HttpRequest]:
        """The requests, in order."""
        return self._execute.sent

    async def __call__(self, request: HttpRequest) -> Reply:
        return self._execute(request)
