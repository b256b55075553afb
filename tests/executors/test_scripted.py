"""The scripted executor: answers in order, and a record of what was sent."""

from __future__ import annotations

import asyncio

from returns.result import Failure, Success

from infisical import HttpRequest, InfisicalNetworkError, Response
from infisical.executors import AsyncScriptedExecutor, ScriptedExecutor

FIRST, SECOND = HttpRequest("GET", "https://x/a?b=c"), HttpRequest("POST", "https://x/b")
BEYOND = Failure(
    InfisicalNetworkError("nothing scripted for request 2: POST https://x/b", reason="unrecorded", sent=False)
)


def test_answers_come_in_order_and_then_there_are_none():
    execute = ScriptedExecutor(Response(204))

    assert (execute(FIRST), execute(SECOND)) == (Success(Response(204)), BEYOND)
    assert execute.sent == [FIRST, SECOND]


def test_a_network_error_in_the_script_is_a_failure():
    error = InfisicalNetworkError("gone", reason="reset")

    assert ScriptedExecutor(error)(FIRST) == Failure(error)


def test_the_same_under_asyncio():
    execute = AsyncScriptedExecutor(Response(204))

    async def main():
        return await execute(FIRST), await execute(SECOND)

    assert asyncio.run(main()) == (Success(Response(204)), BEYOND)
    assert execute.sent == [FIRST, SECOND]
