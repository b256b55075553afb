"""Faults around a scripted executor: what comes back, what reaches the executor inside, and in which order."""

from __future__ import annotations

import asyncio
import itertools
import pickle
from concurrent.futures import ThreadPoolExecutor

import pytest
from returns.result import Failure, Success

from infisical import (
    HttpRequest,
    IdentityAccessToken,
    InfisicalClient,
    InfisicalNetworkError,
    InternalServerError,
    RateLimitError,
    Response,
    UniversalAuth,
)
from infisical.executors import AsyncScriptedExecutor, ScriptedExecutor
from infisical.executors.faults import (
    AsyncFaultyExecutor,
    Broken,
    Delayed,
    Dropped,
    Expired,
    FaultyExecutor,
    Limited,
    Refused,
    Truncated,
    at_random,
)
from infisical.testing.executor_contract.cases import CREDENTIAL, VALUE, write
from tests.wire import answer

OK = answer({"secrets": []})
REQUEST = HttpRequest("GET", "https://someone:else@x.example/api/v4/secrets?a=b", (("Authorization", "Bearer t"),))
LOGIN = HttpRequest("POST", "https://x.example/api/v1/auth/universal-auth/login", (), b"{}")
WHERE = {"project_id": "p", "environment": "dev"}
JSON = ("content-type", "application/json; charset=utf-8")


def make_failure(message: str, reason: str, sent: bool = True) -> Failure:
    return Failure(InfisicalNetworkError(f"GET https://x.example: {message}", reason=reason, sent=sent))


LOST = make_failure("the connection was closed before the answer", "reset")
LATE = make_failure("no answer in 30 s", "timeout")
HALF = Response(200, OK.headers, OK.body[:5])
EXPIRED = Response(
    403,
    (JSON,),
    b'{"reqId":"req-fault","statusCode":403,'
    b'"message":"Your token has expired. Please re-authenticate.","error":"TokenError"}',
)
BROKEN = Response(
    503,
    (JSON,),
    b'{"reqId":"req-fault","statusCode":503,"message":"Something went wrong","error":"InternalServerError"}',
)
LIMITED = Response(
    429,
    (
        ("x-ratelimit-limit", "60"),
        ("x-ratelimit-remaining", "0"),
        ("x-ratelimit-reset", "7"),
        ("retry-after", "7"),
        JSON,
    ),
    b'{"reqId":"req-fault","statusCode":429,'
    b'"message":"Rate limit exceeded. Please try again in 7 seconds","error":"RateLimitExceeded"}',
)
# a fault; what comes back; how often the executor inside is called; how long it sleeps, in seconds
FAULTS = [
    (None, Success(OK), 1, []),
    (Refused(), make_failure("no connection", "refused", sent=False), 0, []),
    (Dropped("before"), LOST, 0, []),
    (Dropped("after"), LOST, 1, []),
    (Delayed(2), Success(OK), 1, [2]),
    (Delayed(30), LATE, 0, [30]),
    (Delayed(31), LATE, 0, [30]),
    (Limited(7), Success(LIMITED), 0, []),
    (Broken(), Success(BROKEN), 0, []),
    (Truncated(5), make_failure("the answer is incomplete", "protocol"), 1, []),
    (Truncated(5, noticed=False), Success(HALF), 1, []),
    (Truncated(len(OK.body)), Success(OK), 1, []),
    (Expired(), Success(EXPIRED), 0, []),
]
each_fault = pytest.mark.parametrize(("fault", "reply", "calls", "sleeps"), FAULTS, ids=[str(f) for f, *_ in FAULTS])


@each_fault
def test_a_fault_gives_its_reply_and_does_or_does_not_reach_the_executor_inside(fault, reply, calls, sleeps):
    slept: list[float] = []
    inner = ScriptedExecutor(OK)
    execute = FaultyExecutor(inner, [fault], sleep=slept.append)

    assert (execute(REQUEST), len(inner.sent), slept) == (reply, calls, sleeps)


@each_fault
def test_the_same_under_asyncio(fault, reply, calls, sleeps):
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    inner = AsyncScriptedExecutor(OK)
    execute = AsyncFaultyExecutor(inner, [fault], sleep=sleep)

    assert (asyncio.run(execute(REQUEST)), len(inner.sent), slept) == (reply, calls, sleeps)


def test_a_delayed_request_has_less_time():
    inner = ScriptedExecutor(OK)
    FaultyExecutor(inner, [Delayed(20)], sleep=lambda _: None)(REQUEST)

    assert inner.sent == [HttpRequest(REQUEST.method, REQUEST.url, REQUEST.headers, None, 10.0)]


def test_faults_come_in_order_and_then_there_are_none():
    execute = FaultyExecutor(ScriptedExecutor(OK, OK, OK), [None, Refused(), Broken()])
    replies = [execute(REQUEST) for _ in range(5)]

    assert replies == [
        Success(OK),
        make_failure("no connection", "refused", sent=False),
        Success(BROKEN),
        *[Success(OK)] * 2,
    ]


def test_a_plan_without_an_end_is_read_as_far_as_it_is_needed():
    execute = FaultyExecutor(ScriptedExecutor(OK, OK), itertools.cycle([None, Dropped()]))

    assert [execute(REQUEST) for _ in range(4)] == [Success(OK), LOST] * 2


def test_a_plan_may_be_a_function_of_the_message():
    execute = FaultyExecutor(ScriptedExecutor(OK), lambda request: Dropped() if request.method == "GET" else None)

    assert [execute(LOGIN), execute(REQUEST)] == [Success(OK), LOST]


def test_an_expired_token_waits_for_a_message_that_has_one():
    inner = ScriptedExecutor(OK, OK)
    execute = FaultyExecutor(inner, [Expired(), Dropped()])

    assert [execute(r) for r in (LOGIN, LOGIN, REQUEST, REQUEST)] == [Success(OK), Success(OK), Success(EXPIRED), LOST]
    assert inner.sent == [LOGIN, LOGIN]


def test_a_function_that_plans_an_expired_token_for_a_message_without_one_disturbs_nothing():
    execute = FaultyExecutor(ScriptedExecutor(OK), lambda _: Expired())

    assert [execute(LOGIN), execute(REQUEST)] == [Success(OK), Success(EXPIRED)]


@pytest.mark.parametrize("fault", [Dropped("after"), Truncated(0)])
def test_where_there_was_no_answer_none_is_lost(fault):
    refused = InfisicalNetworkError("no connection", reason="refused", sent=False)

    assert FaultyExecutor(ScriptedExecutor(refused), [fault])(REQUEST) == Failure(refused)


@pytest.mark.parametrize("url", ["", "nonsense", "http://[", "http://x?a=b"])
def test_no_url_makes_it_raise(url):
    assert isinstance(FaultyExecutor(ScriptedExecutor(), [Dropped()])(HttpRequest("GET", url)), Failure)


def test_nothing_that_was_sent_stands_in_an_error():
    faults = [fault for fault, *_ in FAULTS]
    execute = FaultyExecutor(ScriptedExecutor(*[OK] * len(faults)), faults, sleep=lambda _: None)
    replies = [execute(write("https://someone:else@x.example/x")) for _ in faults]
    text = "".join(f"{reply.failure()!r}{reply.failure()}" for reply in replies if isinstance(reply, Failure))

    assert [secret for secret in (CREDENTIAL, VALUE, "else") if secret in text] == []


# ---- plans with a seed
SOME = {Dropped("after"): 0.2, Broken(500): 0.3}


def test_a_seed_plans_the_same_each_time_and_another_seed_something_else():
    def planned(seed: int) -> list:
        plan = at_random(seed, SOME)
        return [plan(REQUEST) for _ in range(1000)]

    assert planned(1) == planned(1) != planned(2)
    assert set(planned(1)) == {None, *SOME}


def test_faults_come_about_as_often_as_they_are_probable():
    plan = at_random(1, SOME)
    faults = [plan(REQUEST) for _ in range(10_000)]
    shares = {fault: round(faults.count(fault) / 10_000, 1) for fault in (None, *SOME)}

    assert shares == {None: 0.5, **SOME}


def test_a_probability_of_1_is_always_and_of_0_never():
    plan = at_random(1, {Refused(): 0.0, Limited(): 1.0})

    assert {plan(REQUEST) for _ in range(1000)} == {Limited()}


@pytest.mark.parametrize("probabilities", [{Refused(): 1.5}, {Refused(): -0.1}, {Refused(): float("nan")}])
def test_what_is_no_probability_is_refused(probabilities):
    with pytest.raises(ValueError, match="at least 0, and at most 1 together"):
        at_random(1, probabilities)


# ---- threads
@pytest.mark.parametrize("plan", [[Refused()] * 100, at_random(1, {Refused(): 1.0})], ids=["sequence", "seed"])
def test_threads_share_a_plan_and_no_fault_is_lost(plan):
    execute = FaultyExecutor(ScriptedExecutor(), plan)
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: execute(REQUEST), range(100)))

    assert replies == [make_failure("no connection", "refused", sent=False)] * 100


# ---- a plan that is defective
def test_what_a_plan_raises_passes():
    with pytest.raises(ZeroDivisionError):
        FaultyExecutor(ScriptedExecutor(), lambda _: 1 // 0)(REQUEST)


def test_after_a_sequence_that_raises_nothing_is_disturbed():
    execute = FaultyExecutor(ScriptedExecutor(OK), (1 // 0 for _ in range(2)))
    with pytest.raises(ZeroDivisionError):
        execute(REQUEST)

    assert execute(REQUEST) == Success(OK)


def test_a_plan_that_gives_something_else_is_a_type_error():
    with pytest.raises(TypeError, match="a plan gives faults and None, not 'reset'"):
        FaultyExecutor(ScriptedExecutor(), ["reset"])(REQUEST)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Dropped("during"), "dropped before or after, not 'during'"),
        (lambda: Delayed(-1), "seconds is at least 0, not -1"),
        (lambda: Delayed(float("nan")), "seconds is at least 0, not nan"),
        (lambda: Limited(-1), "retry_after is at least 0, not -1"),
        (lambda: Broken(404), "500 to 599, not 404"),
        (lambda: Truncated(-1), "keep is at least 0, not -1"),
    ],
)
def test_a_fault_that_means_nothing_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_faults_are_values():
    faults = [fault for fault, *_ in FAULTS]

    assert pickle.loads(pickle.dumps(faults)) == faults
    assert len(set(faults)) == len(faults)


# ---- under a client
def test_a_client_reads_the_servers_answers_in_them():
    executor = FaultyExecutor(ScriptedExecutor(), [Limited(1), Broken(500)])
    client = InfisicalClient(retry=None, executor=executor, auth=IdentityAccessToken("t"))
    limited, broken = client.secrets.list(**WHERE).failure(), client.secrets.list(**WHERE).failure()

    assert (type(limited), limited.retry_after, limited.request_id) == (RateLimitError, 1.0, "req-fault")
    assert limited.message == "Rate limit exceeded. Please try again in 1 second"
    assert (type(broken), broken.error_type) == (InternalServerError, "InternalServerError")


def test_a_client_whose_token_expired_logs_in_again_and_repeats_the_call():
    tokens = [answer({"accessToken": token, "expiresIn": 3600}) for token in ("first", "second")]
    inner = ScriptedExecutor(*tokens, OK)
    client = InfisicalClient(executor=FaultyExecutor(inner, [Expired()]))
    client.login(UniversalAuth("id", "secret")).unwrap()
    client.secrets.list(**WHERE).unwrap()

    assert [dict(request.headers).get("Authorization") for request in inner.sent] == [None, None, "Bearer second"]
