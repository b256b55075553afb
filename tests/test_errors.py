"""Errors as values: how they compare, copy, show and pickle, and whether they are transient."""

from __future__ import annotations

import copy
import pickle
import traceback
from typing import get_args

import pytest
from returns.primitives.exceptions import UnwrapFailedError
from returns.result import Failure

from infisical import (
    AuthenticationError,
    BadRequestError,
    DeadlineExceededError,
    DecodeError,
    ForbiddenError,
    InfisicalApiError,
    InfisicalError,
    InfisicalNetworkError,
    InternalServerError,
    Reason,
    RequestError,
    Response,
)
from infisical.errors import as_unsent, with_attempts, with_cool_down, with_hint
from infisical.rejection import make_error
from tests.test_rejection import COPIES, ELSEWHERE, sample
from tests.wire import answer

ERRORS: list[tuple[InfisicalError, str, bool]] = [
    (RequestError("m"), "RequestError(message='m', sent=False)", False),
    (InfisicalError("m"), "InfisicalError(message='m')", True),
    (AuthenticationError("m"), "AuthenticationError(message='m', sent=False)", False),
    (AuthenticationError("m", current_mode="jwt", allowed_modes=("jwt",)),
        "AuthenticationError(message='m', current_mode='jwt', allowed_modes=('jwt',), sent=False)", False),
    (InfisicalNetworkError("m"), "InfisicalNetworkError(message='m', reason='protocol')", True),
    (InfisicalNetworkError("m", reason="dns", sent=False),
        "InfisicalNetworkError(message='m', reason='dns', sent=False)", False),
    (DecodeError("m", path="a[0].b", response=Response(200, (("a", "s3cret"),), b"s3cret")),
        "DecodeError(message='m', path='a[0].b', response=Response(status=200))", True),
    (BadRequestError(
        "m", status_code=400, error_type="K", request_id="r", details={"a": 0}, method="GET", template="/x"),
        "BadRequestError(message='m', status_code=400, error_type='K', request_id='r', details={'a': 0}, method='GET', "
        "template='/x')", True),
    (make_error(answer({"message": "m", "details": False}, 429, retry_after="0")),
        "RateLimitError(message='m', status_code=429, details=False, retry_after=0.0)", True),
    (make_error(answer({"message": "Route GET:/x not found", "error": "Not Found"}, 404)),
        f"NotFoundError(message='Route GET:/x not found ({ELSEWHERE})', status_code=404, error_type='Not Found', "
        "route_missing=True)", True),
    (as_unsent(InternalServerError("m", status_code=500)),
        "InternalServerError(message='m', status_code=500, sent=False)", False),
]  # fmt: skip


@pytest.mark.parametrize(("error", "shown", "sent"), ERRORS)
def test_errors_are_values_that_say_whether_they_were_sent(error, shown, sent):
    for copied in COPIES:
        again = copied(error)

        assert (again, type(again), hash(again), vars(again)) == (error, type(error), hash(error), vars(error))
        assert again.args == (error.message,)
    assert (repr(error), str(error), error.sent) == (shown, error.message, sent)


def test_errors_that_differ_in_anything_are_not_equal():
    errors = [error for error, _, _ in ERRORS]

    assert all((one == other) is (i == j) for i, one in enumerate(errors) for j, other in enumerate(errors))
    assert InfisicalError("m") != "m"
    assert BadRequestError("m") != ForbiddenError("m")
    assert InfisicalApiError("m", details={"a": 1}) != InfisicalApiError("m", details={"a": 2})


@pytest.mark.parametrize("error", [error for error, _, _ in ERRORS], ids=lambda error: type(error).__name__)
def test_unwrapping_a_failure_raises_with_the_error_as_its_cause(error):
    with pytest.raises(UnwrapFailedError) as raised:
        Failure(error).unwrap()

    assert raised.value.__cause__ is error
    assert f"infisical.errors.{type(error).__name__}: {error.message}\n" in traceback.format_exception(raised.value)


def test_an_error_for_a_call_that_waited_is_a_copy_that_was_not_sent():
    error = make_error(sample("429_secrets_read"))
    shared = as_unsent(error)

    assert (error.sent, shared.sent, shared.retry_after, shared.message) == (True, False, 60.0, error.message)


def test_a_hint_stands_behind_the_message_of_a_copy():
    error = BadRequestError("m", status_code=400)

    assert with_hint(error, "do this") == BadRequestError("m (do this)", status_code=400)
    assert (error.message, str(with_hint(error, "do this"))) == ("m", "m (do this)")


@pytest.mark.parametrize(("reason", "timed_out"), [("timeout", True), ("dns", False), ("reset", False)])
def test_a_network_error_says_whether_it_timed_out(reason, timed_out):
    assert InfisicalNetworkError("m", reason=reason).timed_out is timed_out


NETWORK = {"dns": True, "refused": True, "reset": True, "timeout": True, "protocol": True, "tls": False,
           "unrecorded": False}  # fmt: skip


def test_every_reason_is_judged():
    assert set(NETWORK) == set(get_args(Reason))


@pytest.mark.parametrize(("reason", "transient"), NETWORK.items())
@pytest.mark.parametrize("sent", [True, False])
def test_network_failures_are_transient_by_their_reason_unless_the_executor_is_to_blame(reason, transient, sent):
    error = InfisicalNetworkError("m", reason=reason, sent=sent)
    defective = InfisicalNetworkError("m", reason=reason, sent=sent)
    defective.defect = True

    assert (error.transient, defective.transient) == (transient, False)


def test_statuses_are_transient_where_the_server_may_answer_the_next_time():
    transient = [status for status in range(100, 600) if make_error(Response(status, (), b"")).transient]

    assert transient == [429, 502, 503, 504]


def test_a_deadline_is_transient_and_everything_else_is_not():
    assert DeadlineExceededError("m").transient
    assert [error.transient for error in (InfisicalError("m"), RequestError("m"), AuthenticationError("m"))] == [
        False
    ] * 3
    assert not DecodeError("m").transient


@pytest.mark.parametrize(
    "copied", [copy.copy, lambda error: with_hint(error, "h"), lambda error: as_unsent(error, 1.0),
               lambda error: with_cool_down(error, 1.0), lambda error: with_attempts(error, 3)],
)  # fmt: skip
def test_a_copy_keeps_the_cause_and_no_traceback(copied):
    error, cause = InfisicalNetworkError("m", reason="dns", sent=False), KeyError("k")
    error.__cause__ = cause
    with pytest.raises(InfisicalNetworkError):
        raise error
    twin = copied(error)

    assert (twin is error, twin.__cause__, twin.__suppress_context__, twin.__traceback__) == (False, cause, True, None)
    assert not copied(InfisicalNetworkError("m")).__suppress_context__


def test_pickling_drops_the_cause():
    error = InfisicalError("m")
    error.__cause__ = KeyError("k")

    assert pickle.loads(pickle.dumps(error)) == error
    assert pickle.loads(pickle.dumps(error)).__cause__ is None
    assert copy.deepcopy(error).__cause__ is None


def test_what_is_said_of_how_a_call_went_on_is_no_part_of_what_errors_are_compared_by():
    one, other = InfisicalNetworkError("m"), InfisicalNetworkError("m")
    other.defect, other.attempts, other.cool_down = True, 4, 5.0

    assert one == other
    assert (hash(one), repr(one)) == (hash(other), repr(other))


def test_a_copy_has_notes_of_its_own():
    error = InfisicalError("m")
    error.add_note("first")
    twin = copy.copy(error)
    twin.add_note("second")

    assert (error.__notes__, twin.__notes__) == (["first"], ["first", "second"])
