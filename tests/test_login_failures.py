"""Logins that fail: how long no other one starts, and lifetimes that are none."""

from __future__ import annotations

import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from returns.result import Failure, Success

from infisical import (
    AsyncInfisicalClient,
    DecodeError,
    HttpRequest,
    InfisicalClient,
    InfisicalNetworkError,
    LoginResponse,
    RateLimitError,
    RequestError,
    Response,
    UniversalAuth,
)
from infisical.decode import one
from infisical.executors import ScriptedExecutor
from infisical.login import hold_login
from infisical.request import post
from tests.forms import mark_exhaustive
from tests.wire import answer

WHERE = {"project_id": "p", "environment": "dev"}
LISTED = answer({"secrets": []})
METHOD = UniversalAuth("id", "secret")


def granted(token: str, expires_in: Any = 60) -> Response:
    return answer({"accessToken": token, "expiresIn": expires_in})


# ---- cool-downs
@pytest.mark.parametrize(
    ("headers", "cool_down"),
    [
        ({}, 5.0),
        ({"retry_after": "0"}, 1.0),
        ({"retry_after": "60"}, 60.0),
        ({"retry_after": "300"}, 300.0),
        ({"retry_after": "301"}, 300.0),
        ({"retry_after": "604800"}, 300.0),
        ({"retry_after": "999999999"}, 300.0),
        ({"x_ratelimit_reset": "86400"}, 300.0),
        ({"retry_after": "Wed, 21 Oct 2026 07:28:00 GMT", "date": "Wed, 21 Oct 2026 07:27:00 GMT"}, 60.0),
        ({"retry_after": "Wed, 21 Oct 2099 07:28:00 GMT", "date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 300.0),
    ],
)
@pytest.mark.parametrize("pending", [False, True], ids=["renewal", "first login"])
@pytest.mark.parametrize("method", [METHOD, lambda: METHOD], ids=["method", "factory"])
def test_after_a_429_the_next_login_waits_as_long_as_the_server_asks_within_bounds(pending, method, headers, cool_down):
    now = [0.0]
    limited = answer({"message": "Rate limit exceeded", "error": "RateLimitExceeded"}, 429, **headers)
    first = [] if pending else [granted("T1")]
    executor = ScriptedExecutor(*first, limited, granted("T2"), LISTED)
    client = InfisicalClient(retry=None, executor=executor, clock=lambda: now[0])
    if pending:
        hold_login(client._pipeline, method)
    else:
        client.login(method).unwrap()
    now[0] = 60.0
    answers = [client.secrets.list(**WHERE)]
    now[0] += cool_down - 0.1
    answers += [client.secrets.list(**WHERE) for _ in range(5)]
    now[0] += 0.1
    last = client.secrets.list(**WHERE)

    assert {type(one.failure()) for one in answers} == {RateLimitError}
    assert isinstance(last, Success)
    assert len(executor.sent) == len(first) + 3


def test_an_exception_that_cuts_a_login_off_is_remembered_only_if_it_repeats():
    now, logins = [0.0], []

    def execute(request: HttpRequest) -> Any:
        if not request.url.endswith("/login"):
            return Success(LISTED)
        logins.append(request)
        if len(logins) in (2, 4, 5):
            raise SoftTimeLimitExceeded
        return Success(granted("T"))

    client = InfisicalClient(executor=execute, clock=lambda: now[0], sleep=lambda _: pytest.fail("no retry"))
    client.login(METHOD).unwrap()
    now[0] = 60.0
    first = [type(client.secrets.list(**WHERE)) for _ in range(2)]
    now[0] = 120.0
    errors = [client.secrets.list(**WHERE).failure() for _ in range(9)]
    during = len(logins)
    now[0] = 125.0

    assert first == [Failure, Success]
    assert {(type(error), error.sent) for error in errors} == {(InfisicalNetworkError, False)}
    assert (during, type(client.secrets.list(**WHERE))) == (5, Success)


def test_a_login_that_cannot_be_written_is_remembered_only_if_it_repeats():
    builds: list[int] = []

    class Unwritable:
        """A method whose request has a value that JSON has no form for, the first times."""

        def request(self) -> Any:
            builds.append(len(builds))
            return post("/api/v1/auth/login", body={"proof": object()}, returns=one(LoginResponse))

    now = [0.0]
    client = InfisicalClient(retry=None, executor=ScriptedExecutor(), clock=lambda: now[0])
    hold_login(client._pipeline, Unwritable())
    errors = [client.secrets.list(**WHERE).failure() for _ in range(9)]
    during = len(builds)
    now[0] = 5.0

    assert {type(error) for error in errors} == {RequestError}
    assert (during, type(client.secrets.list(**WHERE)), len(builds)) == (2, Failure, 3)


class SoftTimeLimitExceeded(Exception):
    """Celery's."""


# ---- lifetimes
NOT_A_LIFETIME = [
    "60",
    "",
    "NaN",
    True,
    False,
    -1,
    -0.5,
    -(10**400),
    10**10 + 1,
    10**400,
    float("nan"),
    float("inf"),
    float("-inf"),
    1e300,
    [60],
    {"seconds": 60},
]


def body(expires_in: Any) -> Response:
    return answer(b'{"accessToken": "T2", "expiresIn": %s}' % json.dumps(expires_in).encode())


def path_of(by: str, expires_in: Any) -> str:
    """Where the fault is: an answer with NaN or Infinity in it is no JSON at all."""
    return "" if by == "server" and json.dumps(expires_in).strip("-") in ("NaN", "Infinity") else "expiresIn"


def made(expires_in: Any) -> LoginResponse:
    return LoginResponse(access_token="T2", expires_in=expires_in)


WAYS = [(False, "server"), (False, "factory"), (True, "server"), (True, "factory")]


@pytest.mark.parametrize(
    ("pending", "by", "expires_in"),
    [
        (pytest.param if number % len(WAYS) == way else mark_exhaustive)(
            *(pending, by, expires_in), id=f"{'first login' if pending else 'renewal'}-{by}-{str(expires_in)[:20]}"
        )
        for way, (pending, by) in enumerate(WAYS)
        for number, expires_in in enumerate(NOT_A_LIFETIME)
    ],
)
def test_a_lifetime_that_is_none_fails_the_login_which_32_threads_share_and_later_calls_do_not_repeat(
    pending, by, expires_in
):
    now, logins, everybody = [0.0], [], threading.Barrier(32)

    def execute(request: HttpRequest) -> Any:
        if not request.url.endswith("/login"):
            return Success(LISTED)
        logins.append(request)
        return Success(granted("T1") if len(logins) == 1 and not pending else body(expires_in))

    def factory() -> LoginResponse:
        logins.append(None)
        return LoginResponse(access_token="T1", expires_in=60) if len(logins) == 1 and not pending else made(expires_in)

    def call(_: int) -> Any:
        everybody.wait(30)
        return client.secrets.list(**WHERE)

    client = InfisicalClient(retry=None, executor=execute, clock=lambda: now[0])
    method: Any = METHOD if by == "server" else factory
    if pending:
        hold_login(client._pipeline, method)
    else:
        client.login(method).unwrap()
    before, now[0] = len(logins), 60.0
    with ThreadPoolExecutor(32) as pool:
        errors = [one.failure() for one in pool.map(call, range(32))]
    now[0] += 4.9
    errors += [client.secrets.list(**WHERE).failure() for _ in range(5)]
    during = len(logins) - before
    now[0] += 0.1
    errors.append(client.secrets.list(**WHERE).failure())

    assert {(type(error), error.path, error.sent) for error in errors} == {
        (DecodeError, path_of(by, expires_in), False)
    }
    assert (during, len(logins) - before) == (1, 2)


@pytest.mark.parametrize("expires_in", [10**400, float("nan"), "60", -1], ids=lambda value: str(value)[:20])
@pytest.mark.parametrize("by", ["server", "factory"])
def test_tasks_share_a_login_with_such_a_lifetime_too(by, expires_in):
    logins = []

    async def execute(request: HttpRequest) -> Any:
        await asyncio.sleep(0)
        logins.append(request)
        return Success(body(expires_in))

    async def factory() -> LoginResponse:
        await asyncio.sleep(0)
        logins.append(None)
        return made(expires_in)

    async def main() -> list[Any]:
        client = AsyncInfisicalClient(retry=None, executor=execute, clock=lambda: 0.0)
        hold_login(client._pipeline, METHOD if by == "server" else factory)
        together = await asyncio.gather(*(client.secrets.list(**WHERE) for _ in range(32)))
        return [*together, await client.secrets.list(**WHERE)]

    errors = [one.failure() for one in asyncio.run(main())]
    assert {(type(error), error.path) for error in errors} == {(DecodeError, path_of(by, expires_in))}
    assert len(logins) == 1


@pytest.mark.parametrize("expires_in", [*NOT_A_LIFETIME, None], ids=lambda value: str(value)[:20])
def test_an_explicit_login_with_such_a_lifetime_is_a_failure_and_changes_nothing(expires_in):
    client = InfisicalClient(retry=None, executor=ScriptedExecutor())
    error = client.login(lambda: made(expires_in)).failure()

    assert error == DecodeError("expiresIn must be a number of seconds from 0 to 10**10", path="expiresIn")
    assert not client.is_authenticated


@pytest.mark.parametrize("expires_in", NOT_A_LIFETIME, ids=lambda value: str(value)[:20])
@pytest.mark.parametrize("setter", ["set_access_token", "set_jwt"])
def test_a_token_is_not_set_by_hand_with_such_a_lifetime(setter, expires_in):
    client = InfisicalClient(retry=None, executor=ScriptedExecutor())
    with pytest.raises(ValueError, match="expires_in must be a number of seconds from 0 to 10") as refusal:
        getattr(client, setter)("T-O-K-E-N", expires_in=expires_in)

    assert "T-O-K-E-N" not in str(refusal.value)
    assert not client.is_authenticated


def test_a_number_that_python_reads_as_infinite_is_not_a_lifetime():
    executor = ScriptedExecutor(answer(b'{"accessToken": "T", "expiresIn": 1e400}'))
    error = InfisicalClient(retry=None, executor=executor).login(METHOD).failure()

    assert (type(error), error.path) == (DecodeError, "expiresIn")


@given(st.integers(0, 10**10) | st.floats(0, 1e10))
def test_every_number_from_0_to_10_to_the_10_is_a_lifetime(expires_in):
    client = InfisicalClient(retry=None, executor=ScriptedExecutor())

    assert isinstance(client.login(lambda: made(expires_in)), Success)
    client.set_access_token("T", expires_in=expires_in)


# ---- sessions of users that ended
ENDED = answer({"reqId": "req-1", "statusCode": 404, "message": "Session not found", "error": "NotFound"}, 404)


def as_a_user(*script: Any) -> tuple[InfisicalClient, ScriptedExecutor]:
    executor = ScriptedExecutor(*script)
    client = InfisicalClient(retry=None, executor=executor)
    client.set_jwt("U1", renew=lambda: LoginResponse(access_token="U2", expires_in=60))
    return client, executor


def tokens(executor: ScriptedExecutor) -> list[str]:
    return [dict(request.headers)["Authorization"].removeprefix("Bearer ") for request in executor.sent]


def test_the_session_of_a_user_that_ended_is_renewed_as_after_a_401():
    client, executor = as_a_user(ENDED, LISTED)

    assert isinstance(client.secrets.list(**WHERE), Success)
    assert (tokens(executor), client.auth_mode) == (["U1", "U2"], "jwt")


@pytest.mark.parametrize(
    "refusal",
    [
        answer({"message": "Project not found", "error": "NotFound"}, 404),
        answer({"message": "Session not found", "error": "BadRequest"}, 400),
        answer({"message": ["Session not found"]}, 404),
        answer(b"Session not found", 404),
    ],
)
def test_no_other_404_renews_the_token_of_a_user(refusal):
    client, executor = as_a_user(refusal)

    assert isinstance(client.secrets.list(**WHERE), Failure)
    assert tokens(executor) == ["U1"]


def test_such_a_404_renews_no_token_of_an_identity():
    executor = ScriptedExecutor(granted("T1"), ENDED)
    client = InfisicalClient(retry=None, executor=executor)
    client.login(METHOD).unwrap()

    assert client.secrets.list(**WHERE).failure().status_code == 404
    assert len(executor.sent) == 2


def test_a_failed_renewal_after_a_refusal_says_that_the_call_was_sent():
    refused = answer({"error": "UnauthorizedError", "message": "no"}, 401)
    nobody = InfisicalNetworkError("nobody there", reason="refused", sent=False)
    executor = ScriptedExecutor(granted("T1"), refused, nobody)
    client = InfisicalClient(retry=None, executor=executor)
    client.login(METHOD).unwrap()

    assert client.secrets.list(**WHERE).failure() == InfisicalNetworkError("nobody there", reason="refused", sent=True)
