"""Options of single calls: copies of a client that share its session, its transport and its flights."""

from __future__ import annotations

import pytest
from returns.result import Success

from infisical import AsyncInfisicalClient, InfisicalClient, InfisicalNetworkError, Jwt
from infisical.executors import AsyncScriptedExecutor, ScriptedExecutor
from infisical.testing.memory import MemoryClient
from tests.wire import answer

WHERE = {"project_id": "p", "environment": "dev"}
LISTED = answer({"secrets": []})


def test_a_copy_sends_with_its_own_timeout_and_the_client_with_its_own():
    executor = ScriptedExecutor(LISTED, LISTED, LISTED)
    client = InfisicalClient(executor=executor, auth=Jwt("t"), timeout=7)
    client.secrets.list(**WHERE).unwrap()
    client.with_options(timeout=3).secrets.list(**WHERE).unwrap()
    client.secrets.list(**WHERE).unwrap()

    assert [sent.timeout for sent in executor.sent] == [7.0, 3.0, 7.0]


def test_a_login_with_the_one_is_a_login_with_the_other():
    client = MemoryClient()
    copy = client.with_options(timeout=1)
    client.logout()
    copy.login(client.credentials).unwrap()

    assert client.is_authenticated
    assert type(copy) is MemoryClient
    assert copy.memory is client.memory


def test_a_copy_of_a_copy_keeps_what_is_not_said_anew():
    client = InfisicalClient(executor=ScriptedExecutor()).with_options(timeout=1, idempotent=True, deadline=5)
    options = client.with_options(timeout=2)._pipeline.options

    assert (options.timeout, options.deadline, options.idempotent, options.retry is not None) == (2, 5, True, True)


def test_closing_a_copy_closes_nothing():
    client = InfisicalClient(auth=Jwt("t"))
    with client.with_options(timeout=1):
        pass

    assert client._owned._is_closed is False
    client.close()


def test_the_asyncio_client_makes_copies_too():
    import asyncio

    executor = AsyncScriptedExecutor(LISTED)

    async def call() -> None:
        client = AsyncInfisicalClient(executor=executor, auth=Jwt("t"))
        (await client.with_options(timeout=3).secrets.list(**WHERE)).unwrap()

    asyncio.run(call())
    assert [sent.timeout for sent in executor.sent] == [3.0]


@pytest.mark.parametrize(
    "wrong",
    [{"timeout": 0}, {"deadline": -1}, {"deadline": float("inf")}, {"max_response_bytes": 0}, {"retry": 3}],
)
def test_what_cannot_be_right_is_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        InfisicalClient(executor=ScriptedExecutor()).with_options(**wrong)
    with pytest.raises(ValueError, match=next(iter(wrong))):
        InfisicalClient(executor=ScriptedExecutor(), **wrong)


@pytest.mark.parametrize("status", [200, 404])
def test_an_answer_that_is_too_long_is_a_failure_whatever_the_executor(status):
    client = InfisicalClient(executor=ScriptedExecutor(answer(b"[" + b" " * 9, status)), auth=Jwt("t"), retry=None)
    got = client.with_options(max_response_bytes=9).secrets.list(**WHERE)

    assert got.failure() == InfisicalNetworkError("the answer has more than 9 bytes", reason="protocol")


@pytest.mark.parametrize("status", [200, 404])
def test_an_answer_of_exactly_the_limit_is_read(status):
    whole = answer({"secrets": [], "message": "m"}, status)
    client = InfisicalClient(executor=ScriptedExecutor(whole), auth=Jwt("t"), max_response_bytes=len(whole.body))
    got = client.secrets.list(**WHERE)

    assert isinstance(got, Success) if status == 200 else got.failure().message == "m"


@pytest.mark.parametrize("status", [200, 400])
def test_an_answer_that_is_nested_too_deeply_is_a_failure(status):
    deep = b'{"secrets": ' + b"[" * 200_000 + b"]" * 200_000 + b"}"
    client = InfisicalClient(executor=ScriptedExecutor(answer(deep, status)), auth=Jwt("t"))

    assert client.secrets.list(**WHERE).failure().sent
