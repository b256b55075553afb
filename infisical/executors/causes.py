"""The exceptions inside an exception: libraries wrap one in another. Nothing here judges them."""

from __future__ import annotations


def list_causes(error: BaseException) -> list[BaseException]:
    """List an exception and those that it was made of, outermost first.

    A library keeps the inner exception as the cause, as an argument, or as an attribute (`reason`, `os_error`). The
    context is ignored: it may be an exception that the caller was handling.
    """
    causes: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, BaseException) and not any(one is known for known in causes):
            causes.append(one)
            waiting += [one.__cause__, getattr(one, "reason", None), getattr(one, "os_error", None), *one.args]
    return causes


def contains_any(causes: list[BaseException], *kinds: type[BaseException]) -> bool:
    """Whether one of these exceptions is of one of these kinds."""
    return any(isinstance(one, kinds) for one in causes)
