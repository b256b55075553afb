"""A value whose repr is hidden, for local variables of frames that wait."""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")


class HiddenValue(Generic[T]):
    """Hold a value in a local variable so that a traceback with locals does not show it."""

    __slots__ = ("value",)

    def __init__(self, value: T) -> None:
        self.value = value
