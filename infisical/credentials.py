"""Credentials: the four kinds of token that a client can start with, and what a header can carry of them.

Values only. login_methods.py has the ways to get a token; session.py holds the one that a client has.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from infisical.access import AuthMode


def check_sendable(what: str, value: str) -> str:
    """Return a credential that a header can carry; ValueError, which does not show it, for any other value."""
    if not isinstance(value, str):
        raise ValueError(f"the {what} must be a string, not {type(value).__name__}")
    if not value:
        raise ValueError(f"the {what} is empty")
    if not is_visible_ascii(value):
        raise ValueError(f"the {what} has a space, a line break, a control or a non-ASCII character in it")
    return value


def is_visible_ascii(value: str) -> bool:
    """True if a text consists of visible ASCII characters, without spaces."""
    return value.isascii() and value.isprintable() and " " not in value


def refuse_controls(what: str, value: str) -> None:
    """Raise ValueError for a secret with a control character: a line break at the end of a file, for example."""
    if not isinstance(value, str) or not value or any(char < " " or char == "\x7f" for char in value):
        raise ValueError(f"the {what} is empty, or has a line break or control character in it")


class Credential(Protocol):
    """A token and its auth mode."""

    @property
    def mode(self) -> AuthMode: ...
    @property
    def value(self) -> str: ...


@dataclass(frozen=True, slots=True)
class IdentityAccessToken:
    """The access token of a machine identity, from an earlier login or from token auth."""

    access_token: str = field(repr=False)

    def __post_init__(self) -> None:
        check_sendable("access token", self.access_token)

    @property
    def mode(self) -> AuthMode:
        return "identity_access_token"

    @property
    def value(self) -> str:
        return self.access_token


@dataclass(frozen=True, slots=True)
class Jwt:
    """The token of a user."""

    token: str = field(repr=False)

    def __post_init__(self) -> None:
        check_sendable("token", self.token)

    @property
    def mode(self) -> AuthMode:
        return "jwt"

    @property
    def value(self) -> str:
        return self.token


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A user's API key, for hand-made requests to old servers: no current endpoint takes one."""

    api_key: str = field(repr=False)

    def __post_init__(self) -> None:
        check_sendable("API key", self.api_key)

    @property
    def mode(self) -> AuthMode:
        return "api_key"

    @property
    def value(self) -> str:
        return self.api_key


@dataclass(frozen=True, slots=True)
class ServiceToken:
    """A service token (`st.…`); deprecated by Infisical in favour of machine identities."""

    service_token: str = field(repr=False)

    def __post_init__(self) -> None:
        check_sendable("service token", self.service_token)

    @property
    def mode(self) -> AuthMode:
        return "service_token"

    @property
    def value(self) -> str:
        return self.service_token


def make_header(mode: AuthMode, token: str) -> tuple[str, str]:
    """Make the header that carries a token of that mode."""
    return ("X-API-Key", token) if mode == "api_key" else ("Authorization", f"Bearer {token}")
