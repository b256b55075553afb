"""The catalog: every endpoint by its name, `group.function`, found by walking the groups of `Api`.

A group is imported when a name leads to it. Nothing here sends anything: verb, path and modes come from a request that
the endpoint's own function builds with placeholders.
"""

from __future__ import annotations

import functools
import inspect
import types
import typing
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import cached_property
from typing import Any, Final

from infisical.access import get_documented_modes
from infisical.api import Api
from infisical.group import Group, endpoint
from infisical.model.names import list_fields
from infisical.redaction.names import get_value_secrecy, is_secret_field
from infisical.request import Null, Request

PLACEHOLDER_TEXT: Final = "placeholder"
SECRET_PARAMETERS: Final = frozenset({"code", "headers"})
"""Secret parameters whose names are not secret in JSON: a one-time code, the headers of a signed request."""
NO_RUN: Final[Any] = None
"""The catalog binds groups to nothing: it sends no request."""
PLAIN_HEADERS: Final = frozenset({"x-infisical-org"})


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of an endpoint: its name in Python, its type, and whether a call needs it."""

    name: str
    hint: Any
    is_required: bool

    @property
    def option(self) -> str:
        """The name of its command-line option."""
        return f"--{self.name.rstrip('_').replace('_', '-')}"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint: `name` is `group.function`, `build` its pure function."""

    name: str
    build: Callable[..., Request[Any]]

    @property
    def summary(self) -> str:
        """The first line of its description."""
        return inspect.cleandoc(self.build.__doc__ or "").partition("\n")[0]

    def list_parameters(self) -> tuple[Parameter, ...]:
        """List its parameters in their order."""
        return _list_parameters(self.build)

    def make_request(self, arguments: Mapping[str, Any]) -> Request[Any]:
        """Build a request from arguments by their names in Python."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # the description has it too
            return self.build(**arguments)

    def make_example(self, **arguments: Any) -> Request[Any]:
        """Build a request with these arguments, and placeholders for the other required parameters."""
        required = [one for one in self.list_parameters() if one.is_required]
        return self.make_request({**{one.name: make_placeholder(one.hint) for one in required}, **arguments})

    def list_modes(self) -> tuple[str, ...]:
        """List the auth modes that it takes, by the documents; nothing where it never carries a credential."""
        access = self.make_example().access
        return get_documented_modes(access) if access.need in ("required", "optional") else ()

    def is_secret(self, parameter: Parameter) -> bool:
        """True if the values of a parameter are secret: by its name here and on the wire, or by a field of its type."""
        if is_secret_field(parameter.name) or parameter.name in SECRET_PARAMETERS or has_secret_field(parameter.hint):
            return True
        one, other = (
            self.make_example(**{parameter.name: make_placeholder(parameter.hint, text)}) for text in ("one", "other")
        )
        headers = {name.lower() for name, _ in set(one.headers) ^ set(other.headers)}
        if headers - PLAIN_HEADERS:
            return True
        before, after = ({**dict(request.query), **(request.body or {})} for request in (one, other))
        names = [name for name, value in after.items() if before.get(name, MISSING) != value]
        return any(get_value_secrecy(name, isinstance(after[name], Mapping), 0) for name in names)


@functools.cache
def _list_parameters(build: Callable[..., Any]) -> tuple[Parameter, ...]:
    hints = typing.get_type_hints(build)
    return tuple(
        Parameter(name, hints[name], parameter.default is parameter.empty)
        for name, parameter in inspect.signature(build).parameters.items()
    )


# ---- names
def find_endpoint(name: str) -> Endpoint | None:
    """Find an endpoint by `group.function`; None if it does not exist."""
    *path, last = name.split(".")
    group = _find_group(path)
    member = inspect.getattr_static(group, last, None) if group is not None else None
    return Endpoint(name, member.build) if isinstance(member, endpoint) else None


def list_endpoints(prefix: str = "") -> tuple[Endpoint, ...]:
    """List the endpoints of a group and of the groups in it, or all; an empty list for a name that is not a group."""
    group = _find_group(prefix.split(".") if prefix else [])
    return () if group is None else tuple(_walk(group, prefix))


def _find_group(path: Sequence[str]) -> type[Group[Any]] | None:
    """Find the class of a group by the names that lead to it."""
    group: Any = Api(NO_RUN)
    for name in path:
        if not isinstance(inspect.getattr_static(type(group), name, None), cached_property):
            return None
        group = getattr(group, name)
    return type(group)


def _walk(group: type[Group[Any]], prefix: str) -> Iterator[Endpoint]:
    instance = group(NO_RUN)
    for name, member in sorted(vars(group).items()):
        path = f"{prefix}.{name}" if prefix else name
        if isinstance(member, endpoint):
            yield Endpoint(path, member.build)
        elif isinstance(member, cached_property):
            yield from _walk(type(getattr(instance, name)), path)


# ---- types
def list_kinds(hint: Any) -> tuple[Any, ...]:
    """List the members of a union; a type that is not a union alone."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return tuple(kind for member in typing.get_args(hint) for kind in list_kinds(member))
    return (hint,)


def is_sequence(kind: Any) -> bool:
    """True for the type of a list."""
    return typing.get_origin(kind) in (Sequence, tuple, list)


def is_mapping(kind: Any) -> bool:
    """True for the type of a mapping with any names."""
    return typing.get_origin(kind) is Mapping


def has_secret_field(hint: Any) -> bool:
    """True if a type contains a model with a secret field."""
    return any(
        (is_sequence(kind) and has_secret_field(typing.get_args(kind)[0]))
        or (is_dataclass(kind) and any(not f.repr or has_secret_field(h) for f, h in _list_hints(kind)))
        or (typing.is_typeddict(kind) and any(map(is_secret_field, typing.get_type_hints(kind))))
        for kind in list_kinds(hint)
    )


def _list_hints(model: Any) -> list[tuple[Any, Any]]:
    hints = typing.get_type_hints(model)
    return [(f, hints[f.name]) for f, _ in list_fields(model)]


def make_placeholder(hint: Any, text: str = PLACEHOLDER_TEXT) -> Any:
    """Make a value of a type."""
    kind = next(kind for kind in list_kinds(hint) if kind not in (type(None), Null))
    if is_sequence(kind):
        return (make_placeholder(typing.get_args(kind)[0], text),)
    if is_mapping(kind):
        return {text: text}
    if typing.is_typeddict(kind):
        return {name: make_placeholder(inner, text) for name, inner in typing.get_type_hints(kind).items()}
    if is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        required = [f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING]
        model: Any = kind
        return model(**{name: make_placeholder(hints[name], text) for name in required})
    if typing.get_origin(kind) is typing.Literal:
        first = typing.get_args(kind)[0]
        return first if not isinstance(first, str) or str not in list_kinds(hint) else text
    return {bool: True, int: 1, float: 1.0, bytes: text.encode()}.get(kind, text)
