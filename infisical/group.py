"""@endpoint and Group: one definition, three readings (pure on the class, blocking or awaitable on an instance)."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, Generic, ParamSpec, Protocol, TypeAlias, TypeVar, overload

from returns.result import Result

from infisical.errors import InfisicalError
from infisical.request import Request

P = ParamSpec("P")
T = TypeVar("T")
Answer: TypeAlias = Result[T, InfisicalError]


class Run(Protocol):
    """Whatever runs a request at once: a client, or a fake."""

    def __call__(self, request: Request[T], /) -> Answer[T]: ...


class AsyncRun(Protocol):
    """Whatever runs a request when awaited."""

    def __call__(self, request: Request[T], /) -> Coroutine[Any, Any, Answer[T]]: ...


R = TypeVar("R", bound=Callable[..., Any], covariant=True)


class Group(Generic[R]):
    """Endpoints bound to something that runs requests: `Secrets(run)`."""

    def __init__(self, run: R) -> None:
        self._run = run


class endpoint(Generic[P, T]):  # noqa: N801 - a decorator
    """`Secrets.list` is the pure function; `client.secrets.list` runs what it builds."""

    def __init__(self, build: Callable[P, Request[T]]) -> None:
        self.build: Callable[P, Request[T]] = getattr(build, "__func__", build)
        self.__doc__ = build.__doc__

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self.name = name

    @overload
    def __get__(self, group: None, owner: type[Any]) -> Callable[P, Request[T]]: ...
    @overload
    def __get__(self, group: Group[Run], owner: type[Any]) -> Callable[P, Answer[T]]: ...
    @overload
    def __get__(self, group: Group[AsyncRun], owner: type[Any]) -> Callable[P, Coroutine[Any, Any, Answer[T]]]: ...
    def __get__(self, group: Any, owner: type[Any]) -> Callable[P, Any]:
        build = self.build
        if group is None:
            return build
        run = group._run

        @wraps(build)
        def bound(*args: P.args, **kwargs: P.kwargs) -> Any:
            return run(build(*args, **kwargs))

        group.__dict__[self.name] = bound  # the next look finds it there
        return bound
