"""What a user plugs into a client, and the message where it cannot work: executors, logins, middleware, functions.

Only what can be seen without calling anything. No message shows a value: a token may be given in the wrong place.
The settings that are numbers and texts are in pipeline.py.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, Literal

CLIENT_LIBRARIES: Final = {
    "httpx": "HttpxExecutor(client), or AsyncHttpxExecutor(client) for an httpx.AsyncClient",
    "requests": "RequestsExecutor(session)",
    "aiohttp": "AiohttpExecutor(session)",
    "urllib3": "Urllib3Executor()",
}
"""The executor for an object of a client library, by the library's name."""
ASYNC_ONLY: Final = "AsyncInfisicalClient takes it"
CREDENTIALS: Final = "IdentityAccessToken, Jwt, ServiceToken, ApiKey"


def is_async(function: object) -> bool:
    """Whether calling it surely returns a coroutine: a coroutine function, or an object with an async `__call__`."""
    return _is_coroutine_function(function) or _is_coroutine_function(_called(function))


def _called(value: object) -> object:
    return next((vars(cls)["__call__"] for cls in type(value).__mro__ if "__call__" in vars(cls)), None)


def _is_coroutine_function(function: object) -> bool:
    return inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)


# ---- executors
def check_executor(executor: object, *, blocking: bool, what: str = "executor") -> None:
    """Refuse (ValueError) what cannot send for a client of that kind."""
    if isinstance(executor, type):
        raise ValueError(f"{what} is the class {executor.__name__}: give an instance, {executor.__name__}(...)")
    library = _library_of(executor)
    if library is not None and not callable(executor):
        raise ValueError(f"{what} is a client of {library}: wrap it, {CLIENT_LIBRARIES[library]}")
    if not callable(executor):
        raise ValueError(f"{what} must be a function from HttpRequest to a Result, not {_kind(executor)}")
    if blocking and is_async(executor):
        raise ValueError(f"{what} is async ({_name(executor)}), and a blocking one is needed: {ASYNC_ONLY}")
    if not blocking and _is_known_to_block(executor):
        raise ValueError(
            f"{what} is blocking ({_name(executor)}), and an async one is needed: its Async... counterpart, or "
            "ThreadedExecutor(executor)"
        )


def _library_of(value: object) -> str | None:
    roots = (cls.__module__.partition(".")[0] for cls in type(value).__mro__)
    return next((root for root in roots if root in CLIENT_LIBRARIES), None)


def _is_known_to_block(executor: object) -> bool:
    """Whether it is an executor of this library whose `__call__` is not async; of others nobody can know."""
    if is_async(executor):
        return False
    home = next((cls for cls in type(executor).__mro__ if "__call__" in vars(cls)), object)
    return home.__module__.startswith("infisical.executors.")


# ---- logins
def find_login_mistake(method: object, *, blocking: bool) -> str | None:
    """Say why something can be neither a login method nor a factory of one; None if it may be."""
    if isinstance(method, type):
        is_factory = callable(getattr(method, "request", None)) and not _needs_arguments(method)
        return None if is_factory else f"{method.__name__} is a class: give an instance, {method.__name__}(...)"
    if is_credential(method):
        return (
            f"{_kind(method)} is a credential and needs no login: give it as auth=, or to set_access_token or set_jwt"
        )
    request = getattr(method, "request", None)
    if not callable(request) and not callable(method):
        needed = "login takes UniversalAuth(...), another login method, or a factory of one"
        return f"{needed}: {_kind(method)} is not a login method"
    if blocking and (is_async(method) or is_async(request)):
        return f"the login factory is async ({_name(method)}) and this client is blocking: {ASYNC_ONLY}"
    return None


def check_login(what: str, method: object, *, blocking: bool) -> None:
    """Refuse (ValueError) what can be neither a login method nor a factory of one."""
    mistake = find_login_mistake(method, blocking=blocking)
    if mistake is not None:
        raise ValueError(f"{what}: {mistake}")


def check_auth(auth: object, *, blocking: bool) -> Literal["credential", "login"]:
    """Tell a credential from a login method or factory; ValueError for anything else."""
    if not isinstance(auth, type) and is_credential(auth):
        return "credential"
    if isinstance(auth, type) or callable(auth) or callable(getattr(auth, "request", None)):
        check_login("auth", auth, blocking=blocking)
        return "login"
    raise ValueError(
        f"auth must be a credential ({CREDENTIALS}), a login method (UniversalAuth, ...) or a factory of one, not "
        f"{_kind(auth)}: auth=IdentityAccessToken(token) holds a token"
    )


def is_credential(value: object) -> bool:
    """Whether it has what a `Credential` has: a mode and a value."""
    return all(hasattr(type(value), name) or hasattr(value, name) for name in ("mode", "value"))


def _needs_arguments(cls: type) -> bool:
    """Whether a class cannot be called as a factory is, without arguments."""
    try:
        inspect.signature(cls).bind()
    except TypeError:
        return True
    except ValueError:  # a class of C that tells nothing
        return False
    return False


# ---- middleware, and functions
def check_middleware(middleware: object) -> None:
    """Refuse (ValueError) what is not a sequence of generator functions."""
    if not isinstance(middleware, Sequence) or isinstance(middleware, (str, bytes)):
        raise ValueError(f"middleware must be a list of functions, not {_kind(middleware)}")
    for index, one in enumerate(middleware):
        if not callable(one):
            raise ValueError(f"middleware[{index}] must be a function of request and following, not {_kind(one)}")
        if is_async(one):
            raise ValueError(
                f"middleware[{index}] is async ({_name(one)}): write it as a generator that serves both clients, "
                "outcome = yield from following(request)"
            )


def check_function(what: str, function: object) -> None:
    """Refuse (ValueError) what is not a plain function: for clocks, policies, and the like."""
    if not callable(function):
        raise ValueError(f"{what} must be a function, not {_kind(function)}")
    if is_async(function):
        raise ValueError(f"{what} must be a plain function, and {_name(function)} is async")


def check_sleep(sleep: object, *, blocking: bool) -> None:
    """Refuse (ValueError) an async `sleep` in the blocking client, and a blocking one under asyncio."""
    if blocking:
        check_function("sleep", sleep)
    elif sleep is time.sleep or not callable(sleep):
        raise ValueError("sleep must be an async function, asyncio.sleep for example")


def _kind(value: object) -> str:
    return type(value).__name__


def _name(function: Callable[..., Any] | object) -> str:
    """A name for a message: that of a function or of an object's class, and no repr, which may hold anything."""
    name = getattr(function, "__name__", None)
    return name if isinstance(name, str) else _kind(function)
