"""Answers: what `or_raise` returns and raises."""

from __future__ import annotations

import traceback

import pytest
from returns.result import Failure, Success

from infisical import Answer, InfisicalError, InfisicalNetworkError, NotFoundError, RateLimitError, or_raise


@pytest.mark.parametrize("value", ["v", "", 0, None, (), False])
def test_a_success_gives_its_value(value):
    assert or_raise(Success(value)) is value


def limited() -> RateLimitError:
    error = RateLimitError("slow down", status_code=429, request_id="r", details={"a": [1]})
    error.retry_after, error.attempts, error.cool_down = 7.0, 3, 5.0
    return error


def a_defect() -> InfisicalNetworkError:
    error = InfisicalNetworkError("m")
    error.defect = True
    return error


@pytest.mark.parametrize("error", [InfisicalError("m"), NotFoundError("m", status_code=404), limited(), a_defect()])
@pytest.mark.parametrize("cause", [None, KeyError("k")])
def test_a_failure_raises_a_copy_with_every_field_and_the_cause(error, cause):
    error.__cause__ = cause
    with pytest.raises(InfisicalError) as raised:
        or_raise(Failure(error))

    assert raised.value is not error
    assert (type(raised.value), vars(raised.value), raised.value.args) == (type(error), vars(error), error.args)
    assert raised.value.__cause__ is cause
    assert (str(raised.value), repr(raised.value)) == (error.message, repr(error))


def test_a_failure_that_is_raised_often_grows_no_traceback_and_keeps_its_own_notes():
    answer: Answer[str] = Failure(InfisicalError("m"))
    lengths = []
    for _ in range(3):
        with pytest.raises(InfisicalError) as raised:
            or_raise(answer)
        raised.value.add_note("seen")
        lengths.append(len(traceback.extract_tb(raised.value.__traceback__)))

    assert lengths == [lengths[0]] * 3
    assert (answer.failure().__traceback__, vars(answer.failure()).get("__notes__")) == (None, None)


def test_a_note_is_no_part_of_what_an_error_is_compared_by_or_shows():
    noted = InfisicalError("m")
    noted.add_note("in test_x")

    assert noted == InfisicalError("m")
    assert repr(noted) == repr(InfisicalError("m"))


async def never_awaited() -> None:
    pass


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("v", "or_raise needs an answer, not str"),
        (None, "or_raise needs an answer, not NoneType"),
        (Failure("text"), "or_raise needs a Failure with an exception in it, not with str"),
    ],
)
def test_what_is_no_answer_is_a_type_error(wrong, message):
    with pytest.raises(TypeError) as raised:
        or_raise(wrong)

    assert str(raised.value) == message


def test_a_forgotten_await_is_named():
    coroutine = never_awaited()
    with pytest.raises(TypeError, match="await"):
        or_raise(coroutine)
    coroutine.close()
