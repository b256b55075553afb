"""A login method that is held without a token: who logs in, when, and what becomes of a login that fails."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from returns.result import Failure, Success

from infisical import (
    AsyncInfisicalClient,
    AuthenticationError,
    HttpRequest,
    InfisicalClient,
    LoginResponse,
    UnauthorizedError,
    UniversalAuth,
)
from infisical.executors import ScriptedExecutor
from infisical.login import hold_login
from infisical.request import get
from tests.wire import answer

WHERE = {"project_id": "p", "environment": "dev"}
LISTED = answer({"secrets": []})
GRANTED = answer({"accessToken": "T1", "expiresIn": 7200})
WRONG_SECRET = answer({"message": "Invalid credentials", "error": "UnauthorizedError"}, 401)
METHOD = UniversalAuth("id", "secret")


def pending(*script: Any, method: Any = METHOD) -> tuple[InfisicalClient, ScriptedExecutor, list[float]]:
    now = [0.0]
    executor = ScriptedExecutor(*script)
    client = InfisicalClient(retry=None, executor=executor, clock=lambda: now[0])
    hold_login(client._pipeline, method)
    return client, executor, now


def summary(requests: list[HttpRequest]) -> list[str]:
    return [
        "login" if request.url.endswith("/login") else dict(request.headers).get("Authorization", "nothing")
        for request in requests
    ]


def test_the_first_call_logs_in_and_the_second_does_not():
    client, executor, _ = pending(GRANTED, LISTED, LISTED)
    answers = [client.secrets.list(**WHERE), client.secrets.list(**WHERE)]

    assert [type(one) for one in answers] == [Success, Success]
    assert summary(executor.sent) == ["login", "Bearer T1", "Bearer T1"]


def test_a_call_that_needs_no_credential_does_not_log_in():
    client, executor, _ = pending(answer({"message": "Ok", "date": "2026-01-01T00:00:00Z"}))
    client.status.get()

    assert summary(executor.sent) == ["nothing"]


def test_a_request_made_by_hand_is_sent_with_a_credential():
    client, executor, _ = pending(GRANTED, LISTED)
    client(get("/api/v9/new", returns=lambda response: Success(response.status)))

    assert summary(executor.sent) == ["login", "Bearer T1"]


@pytest.mark.parametrize("method", [METHOD, lambda: METHOD], ids=["method", "factory"])
def test_a_mode_that_the_endpoint_does_not_take_is_refused_before_the_login(method):
    client, executor, _ = pending(method=method)
    error = client.webhooks.list(project_id="p").failure()

    assert isinstance(error, AuthenticationError)
    assert (error.current_mode, error.allowed_modes, executor.sent) == ("identity_access_token", ("jwt",), [])


def test_a_token_that_expires_is_renewed_by_the_same_method():
    client, executor, now = pending(GRANTED, LISTED, answer({"accessToken": "T2", "expiresIn": 7200}), LISTED)
    client.secrets.list(**WHERE)
    now[0] = 7180.0
    client.secrets.list(**WHERE)

    assert summary(executor.sent) == ["login", "Bearer T1", "login", "Bearer T2"]


def test_a_factory_may_bring_a_token_of_its_own():
    client, executor, _ = pending(LISTED, method=lambda: LoginResponse(access_token="T7", expires_in=60))
    client.secrets.list(**WHERE)

    assert summary(executor.sent) == ["Bearer T7"]


def test_a_refused_first_login_is_not_repeated_until_there_is_another():
    client, executor, now = pending(WRONG_SECRET, GRANTED, LISTED)
    errors = [client.secrets.list(**WHERE).failure() for _ in range(20)]
    now[0] = 1e9
    errors.append(client.secrets.list(**WHERE).failure())
    client.login(METHOD).unwrap()

    assert {(type(error), error.sent) for error in errors} == {(UnauthorizedError, False)}
    assert isinstance(client.secrets.list(**WHERE), Success)
    assert summary(executor.sent) == ["login", "login", "Bearer T1"]


def test_a_first_login_that_failed_for_a_transient_reason_cools_down():
    client, executor, now = pending(answer({}, 503), GRANTED, LISTED)
    kinds = []
    for now[0] in (0.0, 4.9, 5.0):
        kinds.append(type(client.secrets.list(**WHERE)))

    assert kinds == [Failure, Failure, Success]
    assert summary(executor.sent) == ["login", "login", "Bearer T1"]


def test_a_logout_ends_it_until_the_next_login():
    client, executor, _ = pending(GRANTED, LISTED)
    client.logout()
    error = client.secrets.list(**WHERE).failure()
    client.login(METHOD).unwrap()

    assert (type(error), error.sent, client.auth_mode) == (AuthenticationError, False, "identity_access_token")
    assert isinstance(client.secrets.list(**WHERE), Success)
    assert summary(executor.sent) == ["login", "Bearer T1"]


def test_a_logout_during_the_first_login_wins():
    requests: list[HttpRequest] = []

    def execute(request: HttpRequest) -> Any:
        requests.append(request)
        client.logout()
        return Success(GRANTED)

    client = InfisicalClient(retry=None, executor=execute)
    hold_login(client._pipeline, METHOD)

    assert isinstance(client.secrets.list(**WHERE).failure(), AuthenticationError)
    assert (summary(requests), client.is_authenticated) == (["login"], False)


def test_64_threads_make_one_first_login():
    everybody, logins = threading.Barrier(64), []

    def execute(request: HttpRequest) -> Any:
        if request.url.endswith("/login"):
            logins.append(request)
            return Success(GRANTED)
        return Success(LISTED)

    def call(_: int) -> Any:
        everybody.wait(30)
        return client.secrets.list(**WHERE)

    client = InfisicalClient(retry=None, executor=execute)
    hold_login(client._pipeline, METHOD)
    with ThreadPoolExecutor(64) as pool:
        answers = list(pool.map(call, range(64)))

    assert [type(one) for one in answers] == [Success] * 64
    assert len(logins) == 1


def test_500_tasks_make_one_first_login():
    logins = []

    async def execute(request: HttpRequest) -> Any:
        await asyncio.sleep(0)
        if request.url.endswith("/login"):
            logins.append(request)
            return Success(GRANTED)
        return Success(LISTED)

    async def main() -> list[Any]:
        client = AsyncInfisicalClient(retry=None, executor=execute)
        hold_login(client._pipeline, METHOD)
        return await asyncio.gather(*(client.secrets.list(**WHERE) for _ in range(500)))

    assert [type(one) for one in asyncio.run(main())] == [Success] * 500
    assert len(logins) == 1
