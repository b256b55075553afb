"""What a call returns, and how code that prefers exceptions opens it. No error is made here, and nothing is sent.

`Answer` is a union of the two final classes of returns, so that a `match` over it is exhaustive for type checkers.
"""

from __future__ import annotations

import copy
from typing import TypeAlias, TypeVar

from returns.result import Failure, Success

from infisical.errors import InfisicalError

T = TypeVar("T")
Answer: TypeAlias = Success[T] | Failure[InfisicalError]
"""The answer of a call: `Success` with its value, or `Failure` with the error. Calls return it and never raise."""


def or_raise(answer: Answer[T]) -> T:
    """Return the value of an answer, or raise its error.

    The error raised is a copy: same class, fields and `__cause__`. A failure that several threads share can so be
    raised by each of them. TypeError if the argument is not an answer: a coroutine that was not awaited, for example.
    """
    if isinstance(answer, Success):
        return answer.unwrap()
    if not isinstance(answer, Failure):
        raise TypeError(_not_an_answer(answer))
    error: object = answer.failure()
    if not isinstance(error, BaseException):
        raise TypeError(f"or_raise needs a Failure with an exception in it, not with {type(error).__name__}")
    raise copy.copy(error)


def _not_an_answer(value: object) -> str:
    if hasattr(value, "__await__"):
        return "or_raise needs an answer, not a coroutine: or_raise(await ...)"
    return f"or_raise needs an answer, not {type(value).__name__}"
