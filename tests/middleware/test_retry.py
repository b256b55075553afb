"""The retry middleware: what is repeated, how long is waited, and when it stops. No test here sleeps."""

from __future__ import annotations

import asyncio
from math import inf
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from returns.result import Failure, Success

from infisical import (
    AsyncInfisicalClient,
    DeadlineExceededError,
    IdentityAccessToken,
    InfisicalClient,
    InfisicalNetworkError,
    Response,
    Retry,
    UniversalAuth,
)
from infisical.executors import AsyncScriptedExecutor, ScriptedExecutor
from infisical.middleware.retry import Budget
from tests.wire import answer

WHERE = {"project_id": "p", "environment": "dev"}
LISTED = answer({"secrets": []})
MADE = answer({"secret": {"id": "1", "secretKey": "K", "secretValue": "v"}})
SEALED = answer({"ciphertext": "AA=="})
STATUS = answer({"date": "2026-01-01T00:00:00Z", "message": "Ok"})
GRANTED = answer({"accessToken": "t", "expiresIn": 60})
REASONS = ("dns", "refused", "reset", "timeout", "protocol", "tls", "unrecorded")
SICK = (429, 502, 503, 504)


def failing(reason: Any) -> InfisicalNetworkError:
    return InfisicalNetworkError("no", reason=reason, sent=reason not in ("dns", "refused"))


def sick(status: int, **headers: str) -> Response:
    return answer({"message": "later", "error": "Later"}, status, **headers)


class Asked:
    """A client on a script, and how long it would have slept."""

    def __init__(self, *script: Response | InfisicalNetworkError, **settings: Any) -> None:
        self.slept: list[float] = []
        self.executor = ScriptedExecutor(*script)
        settings = {"auth": IdentityAccessToken("t"), "random": lambda: 1.0, "sleep": self.slept.append, **settings}
        self.client = InfisicalClient(executor=self.executor, **settings)

    def read(self, client: InfisicalClient | None = None) -> Any:
        return (client or self.client).secrets.list(**WHERE)

    def write(self, client: InfisicalClient | None = None) -> Any:
        return (client or self.client).secrets.create(secret_name="K", secret_value="v", **WHERE)

    @property
    def times(self) -> int:
        return len(self.executor.sent)


# ---- what is repeated
@pytest.mark.parametrize("trouble", [*map(failing, REASONS[:5]), *map(sick, SICK)], ids=str)
def test_a_read_is_repeated_and_the_answer_is_the_last_one(trouble):
    asked = Asked(trouble, trouble, LISTED)

    assert isinstance(asked.read(), Success)
    assert (asked.times, asked.slept) == (3, [0.25, 0.5])


@pytest.mark.parametrize(
    "trouble",
    [failing("tls"), failing("unrecorded"), answer({}, 500), answer({}, 400), answer({"error": "X"}, 403)],
    ids=str,
)
def test_what_would_fail_again_is_not_repeated(trouble):
    asked = Asked(trouble, LISTED)

    assert isinstance(asked.read(), Failure)
    assert (asked.times, asked.slept) == (1, [])


@pytest.mark.parametrize(
    ("trouble", "times"),
    [
        (failing("dns"), 2),
        (failing("refused"), 2),
        (sick(429), 2),
        (failing("reset"), 1),
        (failing("timeout"), 1),
        (failing("protocol"), 1),
        (sick(502), 1),
        (sick(503), 1),
        (sick(504), 1),
    ],
    ids=str,
)
def test_a_write_is_repeated_only_where_it_surely_was_not_done(trouble, times):
    asked = Asked(trouble, MADE)

    assert isinstance(asked.write(), Success) == (times == 2)
    assert asked.times == times


@pytest.mark.parametrize("trouble", [failing("reset"), sick(503)], ids=str)
def test_a_write_that_the_caller_calls_idempotent_is_repeated_as_a_read(trouble):
    asked = Asked(trouble, MADE)

    assert isinstance(asked.write(asked.client.with_options(idempotent=True)), Success)
    assert asked.times == 2


def test_a_post_that_only_reads_is_repeated():
    asked = Asked(failing("reset"), SEALED)

    assert asked.client.kms.encrypt(key_id="k", plaintext="x").unwrap().ciphertext == "AA=="


def test_what_is_sent_again_is_what_was_sent():
    asked = Asked(failing("refused"), sick(429), MADE)
    asked.write().unwrap()

    assert len(set(asked.executor.sent)) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_a_login_is_not_repeated_when_the_server_refuses_it(status):
    asked = Asked(sick(status, retry_after="1"), GRANTED, auth=None)

    assert isinstance(asked.client.login(UniversalAuth("id", "secret")), Failure)
    assert (asked.times, asked.slept) == (1, [])


def test_an_executor_that_is_defective_is_not_asked_again():
    calls = []
    client = InfisicalClient(auth=IdentityAccessToken("t"), executor=lambda request: calls.append(request) or 1 / 0)

    assert isinstance(client.secrets.list(**WHERE), Failure)
    assert len(calls) == 1


# ---- how long is waited
@pytest.mark.parametrize(
    ("headers", "waited"),
    [
        ({"retry_after": "7"}, 7.0),
        ({"retry_after": "0"}, 0.0),
        ({"x_ratelimit_reset": "9"}, 9.0),
        ({"retry_after": "3", "x_ratelimit_reset": "9"}, 3.0),
        ({"retry_after": "Wed, 21 Oct 2026 07:28:10 GMT", "date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 10.0),
        ({"retry_after": "Wed, 21 Oct 2026 07:28:00 GMT", "date": "Wed, 21 Oct 2026 07:28:10 GMT"}, 0.0),
        ({"retry_after": "nonsense"}, 0.25),
        ({}, 0.25),
    ],
)
@pytest.mark.parametrize("status", SICK)
def test_the_server_says_how_long_to_wait_else_chance_does(status, headers, waited):
    asked = Asked(sick(status, **headers), LISTED)

    assert isinstance(asked.read(), Success)
    assert asked.slept == [waited]


def test_a_wait_of_exactly_the_longest_is_waited_for():
    asked = Asked(sick(429, retry_after="30"), sick(503, retry_after="30"), LISTED)

    assert isinstance(asked.read(), Success)
    assert asked.slept == [30.0, 30.0]


@pytest.mark.parametrize("longest", [0.0, 0.25, 7.0])
def test_a_wait_of_exactly_the_longest_is_waited_for_whatever_it_is(longest):
    asked = Asked(sick(429, retry_after=f"{longest:g}"), LISTED, retry=Retry(longest=longest))

    assert isinstance(asked.read(), Success)
    assert asked.slept == [longest]


@pytest.mark.parametrize("credential", [IdentityAccessToken("t"), None], ids=["logged in", "not logged in"])
def test_a_read_that_takes_no_credential_is_repeated_after_a_429(credential):
    asked = Asked(sick(429, retry_after="2"), STATUS, auth=credential)

    assert isinstance(asked.client.status.get(), Success)
    assert (asked.times, asked.slept) == (2, [2.0])


def test_who_asks_for_too_long_a_wait_is_not_waited_for():
    asked = Asked(sick(429, retry_after="31"), LISTED)

    assert asked.read().failure().retry_after == 31
    assert (asked.times, asked.slept) == (1, [])


@given(st.floats(0, 1, exclude_max=True), st.integers(1, 9), st.floats(0, 9), st.floats(0, 9))
def test_a_wait_by_chance_is_a_part_of_a_limit_that_doubles(chance, attempts, first, longest):
    policy = Retry(attempts=attempts, first=first, longest=longest)
    asked = Asked(*[failing("reset")] * attempts, retry=policy, random=lambda: chance, deadline=None)
    asked.read()

    assert asked.slept == [chance * min(longest, first * 2**n) for n in range(attempts - 1)]


# ---- when it stops
def test_after_so_many_attempts_the_last_failure_stands_and_says_how_many_there_were():
    asked = Asked(*[failing("reset")] * 3, failing("timeout"))
    error = asked.read().failure()

    assert (error, error.attempts, asked.times) == (failing("timeout"), 4, 4)


def test_an_answer_says_at_which_attempt_it_came():
    seen = []

    def counting(request, following):
        outcome = yield from following(request)
        seen.append(outcome.unwrap().attempts)
        return outcome

    asked = Asked(sick(503), LISTED, LISTED, middleware=[counting])
    asked.read()
    asked.read()

    assert seen == [2, 1]


@pytest.mark.parametrize("policy", [None, Retry(attempts=1)])
def test_it_can_be_turned_off(policy):
    asked = Asked(failing("refused"), LISTED, retry=policy)

    assert isinstance(asked.read(), Failure)
    assert (asked.times, asked.slept) == (1, [])


def test_a_client_that_meets_a_sick_server_soon_asks_only_once():
    asked = Asked(*[sick(503)] * 60, retry=Retry(attempts=4, budget=5))
    times = []
    for _ in range(4):
        before = asked.times
        asked.read()
        times.append(asked.times - before)

    assert times == [4, 3, 1, 1]


def test_calls_that_go_well_give_the_right_to_repeat_back():
    asked = Asked(*[sick(503)] * 2, *[LISTED] * 5, sick(503), LISTED, retry=Retry(attempts=2, budget=1, refund=0.2))
    asked.read()
    for _ in range(5):
        asked.read()

    assert isinstance(asked.read(), Success)
    assert asked.times == 9


def test_copies_of_a_client_share_one_budget():
    asked = Asked(*[sick(503)] * 9, retry=Retry(attempts=2, budget=1))
    asked.read(asked.client.with_options(timeout=1))
    asked.read(asked.client.with_options(timeout=2))

    assert asked.times == 3


@given(st.lists(st.booleans()), st.integers(0, 5))
def test_a_budget_is_never_below_nothing_nor_above_what_it_was(steps, most):
    budget = Budget(float(most))
    for spend in steps:
        before = budget.left
        if spend:
            assert budget.spend() == (before >= 1)
        else:
            budget.refund(0.5, most)
        assert 0 <= budget.left <= most


@pytest.mark.parametrize(
    "wrong",
    [
        {"attempts": 0},
        {"attempts": 1.5},
        {"attempts": True},
        {"first": -1},
        {"longest": inf},
        {"budget": "1"},
        {"refund": float("nan")},
    ],
)
def test_a_policy_that_cannot_be_right_is_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Retry(**wrong)


# ---- a renewal that failed is waited for
def renewed(*script: Response | InfisicalNetworkError) -> tuple[Asked, list[float]]:
    """A client whose token has expired; its clock goes on as it sleeps."""
    now = [0.0]
    asked = Asked(GRANTED, *script, auth=None, clock=lambda: now[0])
    asked.client._sleep = lambda seconds: (asked.slept.append(seconds), now.__setitem__(0, now[0] + seconds))
    asked.client.login(UniversalAuth("id", "secret")).unwrap()
    now[0] += 61
    return asked, now


@pytest.mark.parametrize(
    ("trouble", "rest"), [(sick(503), 5.0), (sick(429, retry_after="8"), 8.0), (failing("timeout"), 5.0)], ids=str
)
def test_a_login_that_failed_by_chance_is_tried_again_when_it_has_rested(trouble, rest):
    asked, _ = renewed(trouble, GRANTED, MADE)

    assert isinstance(asked.write(), Success)
    assert (asked.slept, asked.times) == ([rest], 4)


def test_a_login_that_was_refused_is_not_tried_again():
    asked, _ = renewed(answer({"message": "Invalid credentials", "error": "UnauthorizedError"}, 401), GRANTED, MADE)

    assert asked.write().failure().status_code == 401
    assert (asked.slept, asked.times) == ([], 2)


# ---- the deadline
class Slow:
    """An executor that takes its time, by a clock of its own, as much as it is given and wants."""

    def __init__(self, takes: float, *replies: Any) -> None:
        self.now, self.takes, self.replies, self.given = 0.0, takes, list(replies), []

    def __call__(self, request: Any) -> Any:
        self.given.append(request.timeout)
        self.now += min(self.takes, request.timeout)
        if self.takes > request.timeout:
            return Failure(InfisicalNetworkError("no answer in time", reason="timeout"))
        reply = self.replies.pop(0)
        return Failure(reply) if isinstance(reply, Exception) else Success(reply)

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def client(self, **settings: Any) -> InfisicalClient:
        return InfisicalClient(executor=self, clock=lambda: self.now, sleep=self.sleep, random=lambda: 1.0, **settings)


def test_no_sequence_of_attempts_outlives_the_deadline():
    slow = Slow(4.0, *[failing("reset")] * 9)
    error = slow.client(auth=IdentityAccessToken("t"), deadline=10).secrets.list(**WHERE).failure()

    assert isinstance(error, DeadlineExceededError)
    assert error.timed_out
    assert slow.now == 10.0
    assert slow.given == [10.0, 5.75, 1.25]


def test_a_timeout_that_leaves_time_to_the_call_is_not_the_deadlines_and_is_tried_again():
    slow = Slow(1.0, failing("timeout"), LISTED)  # a timeout of connecting, say: the deadline is far
    answer = slow.client(auth=IdentityAccessToken("t"), deadline=10).secrets.list(**WHERE)

    assert isinstance(answer, Success)
    assert slow.given == [10.0, 8.75]


def test_a_message_gets_no_more_time_than_its_own_timeout():
    slow = Slow(1.0, LISTED)
    slow.client(auth=IdentityAccessToken("t"), deadline=100, timeout=7).secrets.list(**WHERE).unwrap()

    assert slow.given == [7.0]


def test_nobody_sleeps_past_the_deadline():
    slow = Slow(1.0, sick(429, retry_after="20"), LISTED)
    error = slow.client(auth=IdentityAccessToken("t"), deadline=10).secrets.list(**WHERE).failure()

    assert (error.status_code, slow.now) == (429, 1.0)


def test_a_renewal_counts_towards_the_deadline_of_its_call_and_says_nothing_to_the_next():
    slow = Slow(0.0, GRANTED, GRANTED, LISTED)
    client = slow.client(deadline=10)
    client.login(UniversalAuth("id", "secret")).unwrap()
    slow.now, slow.takes = 100.0, 60.0
    first = client.secrets.list(**WHERE).failure()
    ended, slow.takes = slow.now, 1.0
    second = client.secrets.list(**WHERE)

    assert isinstance(first, DeadlineExceededError)
    assert not first.sent
    assert ended == 110.0
    assert isinstance(second, Success)


def test_without_a_deadline_a_call_lasts_as_long_as_its_messages():
    slow = Slow(20.0, *[failing("reset")] * 4)
    error = slow.client(auth=IdentityAccessToken("t"), deadline=None).secrets.list(**WHERE).failure()

    assert (error.attempts, slow.given) == (4, [30.0] * 4)


def test_the_asyncio_client_repeats_waits_and_ends_alike():
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    async def calls() -> list[Any]:
        executor = AsyncScriptedExecutor(
            failing("reset"), sick(429, retry_after="2"), LISTED, sick(503, retry_after="99")
        )
        client = AsyncInfisicalClient(auth=IdentityAccessToken("t"), executor=executor, sleep=sleep, random=lambda: 1.0)
        return [await client.secrets.list(**WHERE) for _ in range(2)]

    first, second = asyncio.run(calls())
    assert isinstance(first, Success)
    assert second.failure().status_code == 503
    assert slept == [0.25, 2.0]


def test_tasks_that_wait_for_a_login_end_by_their_own_deadlines():
    async def calls() -> list[Any]:
        started, go_on = asyncio.Event(), asyncio.Event()

        async def executor(request: Any) -> Any:
            if request.url.endswith("/login") and started.is_set():
                await go_on.wait()
            return Success(GRANTED if request.url.endswith("/login") else LISTED)

        now = [0.0]
        client = AsyncInfisicalClient(executor=executor, clock=lambda: now[0])
        (await client.login(UniversalAuth("id", "secret"))).unwrap()
        now[0] += 100
        started.set()
        patient = asyncio.ensure_future(client.secrets.list(**WHERE))
        hasty = await client.with_options(deadline=1e-9).secrets.list(**WHERE)
        go_on.set()
        return [hasty, await patient]

    hasty, patient = asyncio.run(calls())
    assert isinstance(hasty.failure(), DeadlineExceededError)
    assert isinstance(patient, Success)
