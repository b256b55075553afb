"""The rules of the retry middleware, stepped by hand: each bound at its value, below it and above it."""

from __future__ import annotations

from math import inf
from typing import Any

import pytest
from returns.result import Failure, Success

from infisical import DeadlineExceededError, HttpRequest, InfisicalError, InfisicalNetworkError, Response, Retry
from infisical.access import Access
from infisical.decode import nothing
from infisical.errors import with_cool_down
from infisical.flow import Send, Sleep, send
from infisical.middleware.retry import Budget, retry
from infisical.request import Request
from tests.wire import answer

READ, WRITE = HttpRequest("GET", "https://x/a"), HttpRequest("POST", "https://x/a")
ANSWER = Success(Response(200))


def make_failure(reason: Any = "reset", sent: bool = True) -> Failure[InfisicalError]:
    return Failure(InfisicalNetworkError("no", reason=reason, sent=sent))


def respond(status: int, **headers: str) -> Success[Response]:
    return Success(answer({}, status, **headers))


def step(
    request: HttpRequest,
    outcomes: list[Any],
    policy: Retry | None = None,
    budget: Budget | None = None,
    *,
    fraction: float = 1.0,
    idempotent: bool = False,
    has_time: bool = True,
) -> tuple[Any, list[float]]:
    """Run the middleware over these outcomes of its sends; return its own outcome, and the waits."""
    policy = policy or Retry()
    flow = retry(policy, budget or Budget(policy.budget), lambda: fraction, idempotent)(request, send)
    waits, replies, reply = [], iter(outcomes), None
    try:
        while True:
            effect = flow.send(reply)
            if isinstance(effect, Sleep):
                waits.append(effect.seconds)
                reply = has_time
            else:
                assert effect == Send(request)
                reply = next(replies)
    except StopIteration as end:
        return end.value, waits


def test_the_defaults_of_a_policy_are_the_documented_ones():
    assert Retry() == Retry(attempts=4, first=0.25, longest=30.0, budget=20.0, refund=0.2)
    assert repr(Retry()) == "Retry(attempts=4, first=0.25, longest=30.0, budget=20.0, refund=0.2)"


@pytest.mark.parametrize("attempts", [0, -1, True, False, 1.0, "1", None])
def test_attempts_are_a_whole_number_from_1(attempts):
    assert Retry(attempts=1).attempts == 1
    with pytest.raises(ValueError, match=f"attempts is a whole number of at least 1, not {attempts!r}"):
        Retry(attempts=attempts)


@pytest.mark.parametrize("name", ["first", "longest", "budget", "refund"])
@pytest.mark.parametrize("value", [-0.1, -1, inf, -inf, float("nan"), True, False, "1", None])
def test_other_settings_are_numbers_from_0(name, value):
    assert [getattr(Retry(**{name: number}), name) for number in (0, 0.0, 1, 2.5)] == [0, 0.0, 1, 2.5]
    with pytest.raises(ValueError, match=f"{name} is a number of at least 0, not {value!r}"):
        Retry(**{name: value})


# ---- how often, and how long
@pytest.mark.parametrize(("attempts", "waits"), [(1, []), (2, [0.25]), (3, [0.25, 0.5]), (4, [0.25, 0.5, 1.0])])
def test_a_call_is_sent_as_often_as_its_policy_has_attempts(attempts, waits):
    outcome, slept = step(READ, [make_failure()] * attempts, Retry(attempts=attempts))

    assert (outcome, outcome.failure().attempts, slept) == (make_failure(), attempts, waits)


def test_an_answer_of_a_later_attempt_has_its_number_and_that_of_the_first_is_the_same_object():
    first, _ = step(READ, [ANSWER])
    second, waits = step(READ, [respond(503), ANSWER])

    assert (first is ANSWER, second.unwrap().attempts, waits) == (True, 2, [0.25])


@pytest.mark.parametrize("fraction", [0.0, 0.5, 0.999])
def test_a_random_wait_is_a_part_of_a_doubling_limit(fraction):
    _, waits = step(READ, [make_failure()] * 6, Retry(attempts=6, first=1.0, longest=6.0), fraction=fraction)

    assert waits == [fraction * limit for limit in (1.0, 2.0, 4.0, 6.0, 6.0)]


@pytest.mark.parametrize(("seconds", "waits"), [("0", [0.0]), ("29", [29.0]), ("30", [30.0]), ("30.5", []), ("31", [])])
def test_the_wait_that_a_server_asks_for_has_a_limit(seconds, waits):
    reply = respond(503, **{"retry-after": seconds})
    outcome, slept = step(READ, [reply, ANSWER], fraction=0.5)

    assert (outcome == ANSWER if waits else outcome is reply, slept) == (True, waits)


def test_a_call_ends_where_its_wait_does_not_fit_into_its_time():
    reply = make_failure()

    assert step(READ, [reply], has_time=False) == (reply, [0.25])


# ---- the budget
@pytest.mark.parametrize(
    ("left", "repeats", "remainder"), [(0.0, 0, 0.0), (0.9, 0, 0.9), (1.0, 1, 0.0), (1.9, 1, 0.9), (2.0, 2, 0.0)]
)
def test_each_repetition_takes_one_of_the_budget(left, repeats, remainder):
    budget = Budget(left)
    _, waits = step(READ, [make_failure()] * 3, Retry(attempts=3), budget)

    assert (len(waits), budget.left) == (repeats, pytest.approx(remainder))


@pytest.mark.parametrize(("left", "expected"), [(0.0, 0.5), (9.0, 9.5), (9.6, 10.0), (10.0, 10.0), (11.0, 11.0)])
def test_a_successful_call_gives_back_up_to_the_whole_budget(left, expected):
    budget = Budget(left)
    step(READ, [ANSWER], Retry(budget=10.0, refund=0.5), budget)

    assert budget.left == expected


def test_a_failed_call_gives_nothing_back_and_a_refused_one_does():
    failed, refused = Budget(5.0), Budget(5.0)
    step(READ, [make_failure("tls")], budget=failed)
    step(READ, [respond(404)], budget=refused)

    assert (failed.left, refused.left) == (5.0, 5.2)


# ---- what is repeated
STATUSES = (200, 400, 401, 403, 404, 422, 428, 429, 430, 500, 501, 502, 503, 504, 505)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("idempotent", [False, True])
def test_these_statuses_are_repeated_by_method(method, idempotent):
    is_read = idempotent or method in ("GET", "HEAD", "OPTIONS")
    request = HttpRequest(method, "https://x/a")
    repeated = {status for status in STATUSES if step(request, [respond(status), ANSWER], idempotent=idempotent)[1]}

    assert repeated == ({429, 502, 503, 504} if is_read else {429})


@pytest.mark.parametrize("reason", ["dns", "refused", "reset", "timeout", "protocol", "tls", "unrecorded"])
@pytest.mark.parametrize("sent", [False, True])
@pytest.mark.parametrize("request_", [READ, WRITE], ids=["read", "write"])
def test_a_transient_reason_is_repeated_if_the_request_was_not_sent_or_reads(reason, sent, request_):
    _, waits = step(request_, [make_failure(reason, sent), ANSWER])
    is_repeated = reason not in ("tls", "unrecorded") and (request_ is READ or not sent)

    assert waits == ([0.25] if is_repeated else [])


@pytest.mark.parametrize(
    ("need", "method", "status", "is_repeated"),
    [
        ("none", "POST", 429, False), ("none", "GET", 429, True), ("required", "POST", 429, True),
        ("none", "GET", 503, True), ("none", "POST", 503, False),
    ],
)  # fmt: skip
def test_a_login_is_not_repeated_after_a_429(need, method, status, is_repeated):
    about = Request(method, "/a", (), (), None, nothing, Access("any", need))
    request = HttpRequest(method, "https://x/a", about=about)

    assert step(request, [respond(status), ANSWER])[1] == ([0.25] if is_repeated else [])


def make_defect() -> InfisicalNetworkError:
    error = InfisicalNetworkError("raised", reason="reset", sent=False)
    error.defect = True
    return error


@pytest.mark.parametrize(
    ("error", "waits"),
    [
        (make_defect(), []), (InfisicalError("no"), []), (DeadlineExceededError("late", sent=False), []),
        (with_cool_down(InfisicalError("no"), inf), []), (with_cool_down(InfisicalError("no"), 7.0), [7.0]),
        (with_cool_down(InfisicalError("no"), 0.0), [0.0]), (with_cool_down(InfisicalError("no"), 30.0), [30.0]),
        (with_cool_down(InfisicalError("no"), 31.0), []), (with_cool_down(make_defect(), 7.0), []),
        (with_cool_down(InfisicalNetworkError("no", reason="tls"), 7.0), [7.0]),
    ],
)  # fmt: skip
def test_a_failed_login_is_waited_for_and_a_defect_or_a_deadline_is_not(error, waits):
    for request in (READ, WRITE):
        assert step(request, [Failure(error), ANSWER])[1] == waits


@pytest.mark.parametrize("idempotent", [False, True])
def test_a_write_that_declares_itself_idempotent_is_repeated_as_a_read(idempotent):
    about = Request("POST", "/a", (), (), None, nothing, idempotent=idempotent)
    request = HttpRequest("POST", "https://x/a", about=about)

    assert step(request, [make_failure(), ANSWER])[1] == ([0.25] if idempotent else [])
