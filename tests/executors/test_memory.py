"""MemoryExecutor as a transport: what it holds, how its state is changed, and what faults do to calls on it."""

from __future__ import annotations

import asyncio
import threading

import pytest

from infisical import (
    AsyncInfisicalClient,
    InfisicalClient,
    InfisicalNetworkError,
    InternalServerError,
    NotFoundError,
    RateLimitError,
    UniversalAuth,
)
from infisical.executors import AsyncMemoryExecutor, FaultyExecutor, MemoryExecutor
from infisical.executors.faults import Broken, Dropped, Expired, Limited, Refused, Truncated
from infisical.memory import put_secrets, start, start_uninitialized
from infisical.request import HttpRequest


def logged_in(memory: MemoryExecutor, *faults: object) -> tuple[InfisicalClient, list[HttpRequest], dict[str, str]]:
    """A client on a memory server behind faults, which begin after its login; what reached the server; and where."""
    seen: list[HttpRequest] = []

    def noted(request: HttpRequest):
        seen.append(request)
        return memory(request)

    given = memory.given
    client = InfisicalClient(executor=FaultyExecutor(noted, [None, *faults]), retry=None)
    client.login(UniversalAuth(given.client_id, given.client_secret)).unwrap()
    seen.clear()
    return client, seen, {"project_id": given.project_id, "environment": "dev"}


def paths(seen: list[HttpRequest]) -> list[str]:
    return [f"{one.method} {one.url.partition('/api/')[2].partition('?')[0]}" for one in seen]


# ---- what it holds
def test_a_state_is_changed_between_calls_and_the_one_before_stays_what_it_was():
    memory = MemoryExecutor(clock=lambda: 0.0)
    before = memory.state
    after = memory.change(lambda state, now: put_secrets(state, {"K": "v"}, now=now))

    assert before == start(now=0.0)
    assert memory.state is after
    assert after != before


def test_a_server_that_nobody_has_set_up_has_no_credentials_to_give():
    with pytest.raises(ValueError, match="names no credentials"):
        _ = MemoryExecutor(start_uninitialized(now=0.0)).given


def test_no_repr_of_it_shows_a_secret():
    memory = MemoryExecutor()
    memory.change(lambda state, now: put_secrets(state, {"K": "s3cr3t-value"}, now=now))
    shown = repr(memory.state) + repr(memory.given) + repr(memory)

    assert [
        secret for secret in ("s3cr3t-value", memory.given.client_secret, memory.given.user_token) if secret in shown
    ] == []


def test_threads_and_tasks_share_one_server():
    memory = MemoryExecutor()
    client, _, where = logged_in(memory)
    login = UniversalAuth(memory.given.client_id, memory.given.client_secret)

    async def write(count: int) -> None:
        beside = AsyncInfisicalClient(executor=AsyncMemoryExecutor(memory))
        (await beside.login(login)).unwrap()
        made = (beside.secrets.create(secret_name=f"TASK_{n}", secret_value="", **where) for n in range(count))
        for got in await asyncio.gather(*made):
            got.unwrap()

    def write_too() -> None:
        for number in range(20):
            client.secrets.create(secret_name=f"THREAD_{number}", secret_value="", **where).unwrap()

    thread = threading.Thread(target=write_too)
    thread.start()
    asyncio.run(write(20))
    thread.join()

    assert len(client.secrets.list(**where).unwrap().secrets) == 40


# ---- faults on demand
def test_a_token_that_expires_mid_run_is_renewed_once_and_the_call_goes_on():
    client, seen, where = logged_in(MemoryExecutor(), None, Expired())
    first = client.secrets.create(secret_name="A", secret_value="1", **where)
    second = client.secrets.create(secret_name="B", secret_value="2", **where)

    assert (first.unwrap().version, second.unwrap().version) == (1, 1)
    assert paths(seen) == ["POST v4/secrets/A", "POST v1/auth/universal-auth/login", "POST v4/secrets/B"]


@pytest.mark.parametrize(
    ("fault", "kind", "sent", "written"),
    [
        (Refused(), InfisicalNetworkError, False, False),
        (Dropped("before"), InfisicalNetworkError, True, False),
        (Dropped("after"), InfisicalNetworkError, True, True),
        (Truncated(keep=5), InfisicalNetworkError, True, True),
        (Limited(retry_after=3), RateLimitError, True, False),
        (Broken(503), InternalServerError, True, False),
    ],
)
def test_a_write_that_meets_a_fault_says_what_is_known_and_the_server_shows_what_is_true(fault, kind, sent, written):
    client, _, where = logged_in(MemoryExecutor(), fault)
    error = client.secrets.create(secret_name="K", secret_value="1", **where).failure()
    after = client.secrets.get_by_name(secret_name="K", **where)

    assert type(error) is kind
    assert error.sent == sent
    if written:
        assert after.unwrap().secret_value == "1"
    else:
        assert isinstance(after.failure(), NotFoundError)
