"""Routing: finds the route of a method and a path; a route knows its handler, its callers and its fields.

The decorator `route` turns a handler into a route; GROUPS lists the modules that have routes. A static part of a path
precedes a parameter, as on the server. access.py decides who may call a route.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias
from urllib.parse import unquote

from infisical.memory.state import Generation
from infisical.memory.validation import Field

if TYPE_CHECKING:
    from infisical.memory.call import Call

AccessMode: TypeAlias = Literal["jwt", "identity_access_token", "service_token", "mfa"]
Method: TypeAlias = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]

JWT: Final[frozenset[AccessMode]] = frozenset({"jwt"})
MACHINES: Final[frozenset[AccessMode]] = frozenset({"jwt", "identity_access_token"})
"""Users and machine identities: most routes accept them."""
READERS: Final[frozenset[AccessMode]] = frozenset({"jwt", "identity_access_token", "service_token"})
"""Users, machine identities and service tokens: routes of secrets, folders and imports accept them."""
PUBLIC_ACCESS: Final[frozenset[AccessMode]] = frozenset()
"""No credential is needed; a credential that is sent must be valid all the same."""

MAX_PARAMETER_LENGTH: Final = 100
"""The framework's limit of one path parameter, decoded, in UTF-16 units; the server keeps it (app.ts, July 2026)."""
ALL_GENERATIONS: Final[frozenset[Generation]] = frozenset({"current", "2024-10"})


@dataclass(frozen=True, slots=True)
class PlainText:
    """A plain text answer."""

    text: str = field(repr=False)


Answer: TypeAlias = "Mapping[str, Any] | list[Any] | PlainText | None"
"""The answer of a handler: JSON, plain text, or None for an empty 200."""

Handler: TypeAlias = "Callable[[Call], Answer]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One route of one server generation or of both."""

    method: Method
    path: str
    handler: Handler
    access: frozenset[AccessMode]
    query: Field | None
    body: Field | None
    limit: str | None
    generations: frozenset[Generation]
    max_bytes: int


def route(
    method: Method,
    path: str,
    *,
    access: frozenset[AccessMode],
    query: Field | None = None,
    body: Field | None = None,
    limit: str | None = "",
    generation: Generation | None = None,
    max_bytes: int = 1 << 20,
) -> Callable[[Handler], Route]:
    """Turn a handler into a route.

    `access` names the callers. `limit` is the class of the rate limiter: by default `read` for GET, else `write`; None
    means no limit. `generation` restricts the route to one generation. `max_bytes` limits the body. Parts of the path
    in braces reach the handler decoded, as `call.path`.
    """
    if limit == "":
        limit = "read" if method == "GET" else "write"

    def decorate(handler: Handler) -> Route:
        return Route(
            method=method,
            path=path,
            handler=handler,
            access=access,
            query=query,
            body=body,
            limit=limit,
            generations=ALL_GENERATIONS if generation is None else frozenset({generation}),
            max_bytes=max_bytes,
        )

    return decorate


GROUPS: Final = (
    "admin",
    "app_connections",
    "dynamic_secrets",
    "identities",
    "identity_access_tokens",
    "identity_auth",
    "integration_auth",
    "kms",
    "mfa",
    "mfa_sessions",
    "org_admin",
    "organization_identities",
    "organizations",
    "password",
    "pki",
    "project_identities",
    "projects",
    "secret_folders",
    "secret_imports",
    "secret_sharing",
    "secret_syncs",
    "secret_tags",
    "secrets",
    "secrets_v3",
    "service_tokens",
    "status",
    "users",
    "webhooks",
)
"""The groups of endpoints: each is a module of this package, or a package whose modules hold its routes."""


@cache
def list_routes() -> tuple[Route, ...]:
    """Return the routes of every group."""
    return tuple(route for group in GROUPS for module in _import_modules(group) for route in _collect_routes(module))


def _import_modules(group: str) -> Iterator[ModuleType]:
    module = importlib.import_module(f"infisical.memory.{group}")
    yield module
    for inner in pkgutil.iter_modules(getattr(module, "__path__", ())):
        yield importlib.import_module(f"{module.__name__}.{inner.name}")


def _collect_routes(module: ModuleType) -> Iterator[Route]:
    """Yield the routes of a module: those with a handler, and its tuple `ROUTES` of routes that it builds from data."""
    yield from (member for member in vars(module).values() if isinstance(member, Route))
    yield from getattr(module, "ROUTES", ())


@dataclass(slots=True)
class _Node:
    """A part of a path with the parts that may follow it."""

    static: dict[str, _Node] = field(default_factory=dict)
    parameter: _Node | None = None
    route: Route | None = None

    def child(self, part: str) -> _Node:
        if part.startswith("{"):
            self.parameter = self.parameter or _Node()
            return self.parameter
        return self.static.setdefault(part, _Node())

    def find(self, parts: list[str]) -> Route | None:
        if not parts:
            return self.route
        following = self.static.get(parts[0])
        if following is not None:
            route = following.find(parts[1:])
            if route is not None:
                return route
        return self.parameter.find(parts[1:]) if self.parameter is not None and parts[0] else None


@cache
def _build_tree(generation: Generation, method: str) -> _Node:
    root = _Node()
    for one in list_routes():
        if one.method == method and generation in one.generations:
            node = root
            for part in one.path.strip("/").split("/"):
                node = node.child(part)
            if node.route is not None:
                raise ValueError(f"Two routes for {method} {one.path}: remove one")
            node.route = one
    return root


def match_route(generation: Generation, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """Return the route of a path and its decoded path parameters.

    Return None if there is no such route, and for a parameter longer than MAX_PARAMETER_LENGTH, as the framework does.
    """
    parts = path.strip("/").split("/") if path != "/" else []
    route = _build_tree(generation, method).find([unquote(part) if "%" in part else part for part in parts])
    if route is None:
        return None
    names = route.path.strip("/").split("/")
    values = {name[1:-1]: unquote(part) for name, part in zip(names, parts, strict=True) if name.startswith("{")}
    return None if any(_is_too_long(value) for value in values.values()) else (route, values)


def _is_too_long(value: str) -> bool:
    if len(value) * 2 <= MAX_PARAMETER_LENGTH:
        return False
    return len(value.encode("utf-16-le", "surrogatepass")) > 2 * MAX_PARAMETER_LENGTH
