"""Answers written by a test, in order, and a record of what was sent."""

from __future__ import annotations

from collections.abc import Iterator

from returns.result import Failure, Success

from infisical.errors import InfisicalNetworkError
from infisical.request import HttpRequest
from infisical.response import Response
from infisical.transport import Reply


class ScriptedExecutor:
    """Answer from a script, one entry a request: a `Response`, or an `InfisicalNetworkError` for no answer.

    `ScriptedExecutor(Response(200, body=b"{}"))` answers once; a request beyond the script is a `Failure` (`reason`
    `unrecorded`). What was sent stands in `sent`, in order.
    """

    def __init__(self, *script: Response | InfisicalNetworkError) -> None:
        self.sent: list[HttpRequest] = []
        self._script: Iterator[Response | InfisicalNetworkError] = iter(script)

    def __call__(self, request: HttpRequest) -> Reply:
        self.sent.append(request)
        answer = next(self._script, None)
        if answer is None:
            message = f"nothing scripted for request {len(self.sent)}: {request.method} {request.url.partition('?')[0]}"
            return Failure(InfisicalNetworkError(message, reason="unrecorded", sent=False))
        return Success(answer) if isinstance(answer, Response) else Failure(answer)


class AsyncScriptedExecutor:
    """The same for the asyncio client."""

    def __init__(self, *script: Response | InfisicalNetworkError) -> None:
        self._answer = ScriptedExecutor(*script)

    @property
    def sent(self) -> list[HttpRequest]:
        """What was sent, in order."""
        return self._answer.sent

    async def __call__(self, request: HttpRequest) -> Reply:
        return self._answer(request)
