"""The answer of a call, and `or_raise` for code that prefers exceptions. Nothing here makes an error or sends anything.

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

    It raises a copy of the error (same class, fields and `__cause__`), since threads may share a failure. TypeError if
    the argument is not an answer: a coroutine that was not awaited, for example.
    """
    if isinstance(answer, Success):
        return answer.unwrap()
    if not isinstance(answer, Failure):
        raise TypeError(_describe_mistake(answer))
    error: object = answer.failure()
    if not isinstance(error, BaseException):
        raise TypeError(f"or_raise needs a Failure with an exception in it, not with {type(error).__name__}")
    raise copy.copy(error)


def _describe_mistake(value: object) -> str:
    if hasattr(value, "__await__"):
        return "or_raise needs an answer, not a coroutine: or_raise(await ...)"
    return f"or_raise needs an answer, not {type(value).__name__}"
