"""Exceptions of code that is not the library's: what becomes a value, what is kept of it, and what is let through."""

from __future__ import annotations

import asyncio
import logging
import sys
import traceback
from typing import Any

import pytest
from returns.result import Success

from infisical import (
    AsyncInfisicalClient,
    AuthenticationError,
    IdentityAccessToken,
    InfisicalClient,
    InfisicalError,
    InfisicalNetworkError,
)
from infisical.defects import attach_cause
from tests.wire import answer

WHERE = {"project_id": "p", "environment": "dev"}
TEXT = "what-only-the-plug-in-knows"


class SoftTimeLimitExceeded(Exception):
    """Celery's."""


class Broken:
    """Raises wherever it is plugged in, an exception that another one caused, while it handled a third."""

    def __init__(self) -> None:
        self.calls, self.raised = 0, SoftTimeLimitExceeded(TEXT)

    def __call__(self, *_: object) -> Any:
        self.calls += 1
        secret = "in-a-local-variable"
        try:
            try:
                raise KeyError(secret)
            except KeyError:
                raise OSError(secret)  # noqa: B904
        except OSError as cause:
            raise self.raised from cause

    async def acall(self, *_: object) -> Any:
        return self()


def in_asyncio(**settings: Any) -> Any:
    async def main() -> Any:
        return await AsyncInfisicalClient(**settings).secrets.list(**WHERE)

    return asyncio.run(main())


def login_in_asyncio(method: Any) -> Any:
    async def main() -> Any:
        return await AsyncInfisicalClient(executor=Broken().acall).login(method)

    return asyncio.run(main())


def fine(_: object) -> Any:
    return Success(answer({"secrets": []}))


def login(method: Any) -> Any:
    return InfisicalClient(executor=fine).login(method)


class Method:
    def __init__(self, broken: Broken) -> None:
        self.request = broken


TOKEN = IdentityAccessToken("t")
PLUGGED_IN = {
    "executor": (InfisicalNetworkError, lambda it: InfisicalClient(auth=TOKEN, executor=it).secrets.list(**WHERE)),
    "async executor": (InfisicalNetworkError, lambda it: in_asyncio(auth=TOKEN, executor=it.acall)),
    "middleware": (
        InfisicalError,
        lambda it: InfisicalClient(auth=TOKEN, executor=fine, middleware=[it]).secrets.list(**WHERE),
    ),
    "middleware under asyncio": (
        InfisicalError,
        lambda it: in_asyncio(auth=TOKEN, executor=it.acall, middleware=[it]),
    ),
    "policy": (
        InfisicalError,
        lambda it: InfisicalClient(auth=TOKEN, executor=fine, auth_policy=it).secrets.list(**WHERE),
    ),
    "factory": (AuthenticationError, login),
    "async factory": (AuthenticationError, lambda it: login_in_asyncio(it.acall)),
    "login method": (AuthenticationError, lambda it: login(Method(it))),
}


@pytest.mark.parametrize(("kind", "ask"), PLUGGED_IN.values(), ids=PLUGGED_IN)
def test_an_exception_is_the_cause_of_the_failure_after_one_attempt(kind, ask, caplog):
    broken = Broken()
    with caplog.at_level(logging.DEBUG, "infisical"):
        error = ask(broken).failure()
    chain = [broken.raised, broken.raised.__cause__, broken.raised.__cause__.__context__]

    assert (type(error), error.__cause__ is broken.raised, broken.calls, error.attempts) == (kind, True, 1, 1)
    assert [type(one) for one in chain] == [SoftTimeLimitExceeded, OSError, KeyError]
    assert [one.__traceback__ for one in chain] == [None] * 3
    assert "SoftTimeLimitExceeded was raised at test_defects.py:" in error.message
    assert TEXT not in f"{error} {error!r} {caplog.text}"
    assert getattr(error, "defect", False) == (kind is InfisicalNetworkError)


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_what_is_no_exception_of_the_ordinary_kind_is_let_through(kind):
    def executor(_: object) -> Any:
        raise kind

    with pytest.raises(kind):
        InfisicalClient(auth=TOKEN, executor=executor).secrets.list(**WHERE)


def test_a_cancellation_is_let_through():
    async def executor(_: object) -> Any:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        in_asyncio(auth=TOKEN, executor=executor)


def test_what_the_caller_is_handling_keeps_its_traceback_and_is_no_part_of_the_chain():
    try:
        raise ValueError("the caller's own")
    except ValueError as handled:
        error = InfisicalClient(auth=TOKEN, executor=lambda _: {}["missing"]).secrets.list(**WHERE).failure()
        frames = traceback.extract_tb(handled.__traceback__)

    assert (type(error.__cause__), error.__cause__.__context__) == (KeyError, None)
    assert [frame.name for frame in frames] == [sys._getframe().f_code.co_name]


def test_what_the_caller_is_handling_keeps_its_traceback_under_asyncio_too():
    async def executor(_: object) -> Any:
        return {}["missing"]

    async def main() -> Any:
        try:
            raise ValueError("the caller's own")
        except ValueError as handled:
            client = AsyncInfisicalClient(auth=TOKEN, executor=executor)
            return (await client.secrets.list(**WHERE)).failure(), handled.__traceback__

    error, trace = asyncio.run(main())
    assert (type(error.__cause__), error.__cause__.__context__) == (KeyError, None)
    assert trace is not None


def test_the_exceptions_of_a_group_and_chains_that_are_circles_lose_their_tracebacks_too():
    def caught(cause: Exception) -> Exception:
        try:
            raise cause
        except Exception as done:
            return done

    first, second = caught(ValueError()), caught(ValueError())
    first.__context__, second.__context__ = second, first
    group = caught(ExceptionGroup("both", [first, ExceptionGroup("one", [second])]))
    error = InfisicalError("no")

    assert attach_cause(error, group) is error
    assert error.__cause__ is group
    assert [one.__traceback__ for one in (group, first, second)] == [None] * 3


def test_a_long_chain_costs_no_depth_of_the_stack():
    last = Exception("0")
    for number in range(10_000):
        following = Exception(str(number))
        following.__context__ = last
        last = following

    assert attach_cause(InfisicalError("no"), last).__cause__ is last
    while last.__context__ is not None:
        last.__context__, last = None, last.__context__
