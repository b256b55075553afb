"""The check of a client that an application gives an executor: its message names what the executor takes."""

from __future__ import annotations

import inspect
from typing import Any, TypeVar

T = TypeVar("T")


def check_client(
    client: object, expected: type[T], executor: str, counterpart: tuple[type[Any], str] | None = None
) -> T:
    """Return the client of an application; ValueError that names the type expected and the type given.

    `counterpart` is the library's client of the other kind (blocking or async), and the executor that takes it.
    """
    if isinstance(client, expected):
        return client
    if isinstance(client, type):
        description = f"the class {_name_class(client)}"
        if issubclass(client, expected):
            raise ValueError(
                f"{executor} takes an instance of {_name_class(expected)}, not {description}: make an instance of it"
            )
    elif inspect.ismodule(client):
        description = f"the module {client.__name__}"
    else:
        description = f"an instance of {_name_class(type(client))}"
    hint = f" ({counterpart[1]} takes that)" if counterpart is not None and isinstance(client, counterpart[0]) else ""
    raise ValueError(f"{executor} takes an instance of {_name_class(expected)}, not {description}{hint}")


def _name_class(kind: type[Any]) -> str:
    if kind.__module__ == "builtins":
        return kind.__qualname__
    return f"{kind.__module__.partition('.')[0]}.{kind.__qualname__}"
