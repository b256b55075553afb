"""Checks of what a user plugs into a client: executors, logins, middleware, functions.

The checks call nothing, and no message shows a value: it may be a token in the wrong place. options.py checks the
settings that are numbers and texts.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, Literal

LIBRARY_REMEDIES: Final = {
    "httpx": "HttpxExecutor(client), or AsyncHttpxExecutor(client) for an httpx.AsyncClient",
    "requests": "RequestsExecutor(session)",
    "aiohttp": "AiohttpExecutor(session)",
    "urllib3": "Urllib3Executor()",
}
"""The executor for an object of a client library, by the library's name."""
ASYNC_REMEDY: Final = "AsyncInfisicalClient takes it"
GENERATOR_REMEDY: Final = "write it as a generator that serves both clients"
CREDENTIALS: Final = "IdentityAccessToken, Jwt, ServiceToken, ApiKey"


def is_async(function: object) -> bool:
    """True if a call surely returns a coroutine: of a coroutine function, or an object with an async `__call__`."""
    return _is_coroutine_function(function) or _is_coroutine_function(_get_call(function))


def _get_call(value: object) -> object:
    return next((vars(cls)["__call__"] for cls in type(value).__mro__ if "__call__" in vars(cls)), None)


def _is_coroutine_function(function: object) -> bool:
    return inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)


# ---- executors
def check_executor(executor: object, *, blocking: bool, what: str = "executor") -> None:
    """Raise ValueError for an executor that cannot send for a client of that kind."""
    if isinstance(executor, type):
        raise ValueError(f"{what} is the class {executor.__name__}: give an instance, {executor.__name__}(...)")
    library = _find_library(executor)
    if library is not None and not callable(executor):
        raise ValueError(f"{what} is a client of {library}: wrap it, {LIBRARY_REMEDIES[library]}")
    if not callable(executor):
        raise ValueError(f"{what} must be a function from HttpRequest to a Result, not {_name_type(executor)}")
    if blocking and is_async(executor):
        raise ValueError(f"{what} is async ({_get_name(executor)}), and a blocking one is needed: {ASYNC_REMEDY}")
    if not blocking and _is_known_to_block(executor):
        raise ValueError(
            f"{what} is blocking ({_get_name(executor)}), and an async one is needed: its Async... counterpart, or "
            "ThreadedExecutor(executor)"
        )


def check_any_executor(executor: object) -> None:
    """Raise ValueError for a value that is neither a blocking nor an async executor."""
    check_executor(executor, blocking=not is_async(executor))


def _find_library(value: object) -> str | None:
    roots = (cls.__module__.partition(".")[0] for cls in type(value).__mro__)
    return next((root for root in roots if root in LIBRARY_REMEDIES), None)


def _is_known_to_block(executor: object) -> bool:
    """True for an executor of this library whose `__call__` is not async; nothing is known about other executors."""
    if is_async(executor):
        return False
    home = next((cls for cls in type(executor).__mro__ if "__call__" in vars(cls)), object)
    return home.__module__.startswith("infisical.executors.")


# ---- logins
def find_login_mistake(method: object, *, blocking: bool) -> str | None:
    """Describe why a value is neither a login method nor a factory of one; None if it may be one."""
    if isinstance(method, type):
        is_factory = _has_login(method) and not _needs_arguments(method)
        return None if is_factory else f"{method.__name__} is a class: give an instance, {method.__name__}(...)"
    if is_credential(method):
        return (
            f"{_name_type(method)} is a credential and needs no login: "
            "give it as auth=, or to set_access_token or set_jwt"
        )
    request, find_login = getattr(method, "request", None), getattr(method, "find_login", None)
    if callable(find_login):
        is_flow = not is_async(find_login)
        return None if is_flow else f"the find_login of {_name_type(method)} is async: {GENERATOR_REMEDY}"
    if not callable(request) and not callable(method):
        needed = "login takes UniversalAuth(...), another login method, a source, or a factory of one"
        return f"{needed}: {_name_type(method)} is not a login method"
    if blocking and (is_async(method) or is_async(request)):
        return f"the login factory is async ({_get_name(method)}) and this client is blocking: {ASYNC_REMEDY}"
    return None


def check_login(what: str, method: object, *, blocking: bool) -> None:
    """Raise ValueError for a value that is neither a login method nor a factory of one."""
    mistake = find_login_mistake(method, blocking=blocking)
    if mistake is not None:
        raise ValueError(f"{what}: {mistake}")


def check_auth(auth: object, *, blocking: bool) -> Literal["credential", "login"]:
    """Distinguish a credential from a login method or factory; ValueError for any other value."""
    if not isinstance(auth, type) and is_credential(auth):
        return "credential"
    if isinstance(auth, type) or callable(auth) or _has_login(auth):
        check_login("auth", auth, blocking=blocking)
        return "login"
    raise ValueError(
        f"auth must be a credential ({CREDENTIALS}), a login method (UniversalAuth, ...), a source or a factory, not "
        f"{_name_type(auth)}: auth=IdentityAccessToken(token) holds a token"
    )


def _has_login(value: object) -> bool:
    """True if it has the attributes of a login method or of a source."""
    return any(callable(getattr(value, name, None)) for name in ("request", "find_login"))


def is_credential(value: object) -> bool:
    """True if it has the attributes of a `Credential`: a mode and a value."""
    return all(hasattr(type(value), name) or hasattr(value, name) for name in ("mode", "value"))


def _needs_arguments(cls: type) -> bool:
    """True if a class cannot be called as a factory is called: without arguments."""
    try:
        inspect.signature(cls).bind()
    except TypeError:
        return True
    except ValueError:  # a class of C without a signature
        return False
    return False


# ---- middleware, and functions
def check_middleware(middleware: object) -> None:
    """Raise ValueError for a value that is no sequence of generator functions."""
    if not isinstance(middleware, Sequence) or isinstance(middleware, (str, bytes)):
        raise ValueError(f"middleware must be a list of functions, not {_name_type(middleware)}")
    for index, one in enumerate(middleware):
        if not callable(one):
            raise ValueError(f"middleware[{index}] must be a function of request and following, not {_name_type(one)}")
        if is_async(one):
            raise ValueError(
                f"middleware[{index}] is async ({_get_name(one)}): {GENERATOR_REMEDY}, "
                "outcome = yield from following(request)"
            )


def check_function(what: str, function: object) -> None:
    """Raise ValueError for a value that is no plain function: clocks and policies are."""
    if not callable(function):
        raise ValueError(f"{what} must be a function, not {_name_type(function)}")
    if is_async(function):
        raise ValueError(f"{what} must be a plain function, and {_get_name(function)} is async")


def check_sleep(sleep: object, *, blocking: bool) -> None:
    """Raise ValueError for an async `sleep` in the blocking client, and for a blocking one under asyncio."""
    if blocking:
        check_function("sleep", sleep)
    elif sleep is time.sleep or not callable(sleep):
        raise ValueError("sleep must be an async function, asyncio.sleep for example")


def _name_type(value: object) -> str:
    return type(value).__name__


def _get_name(function: Callable[..., Any] | object) -> str:
    """Name a function, or the class of another object: a repr may hold anything."""
    name = getattr(function, "__name__", None)
    return name if isinstance(name, str) else _name_type(function)
