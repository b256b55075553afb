"""Who asks: auth modes, the policies that say which mode an endpoint takes, and credentials.

All values. Checking a call against a policy is middleware/auth_mode.py, holding a token is middleware/session.py; how
to get one, logins.py.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    from infisical.endpoints.identity_auth import LoginResponse
    from infisical.request import Request

AuthMode: TypeAlias = Literal["identity_access_token", "jwt", "api_key", "service_token"]
Modes: TypeAlias = tuple[AuthMode, ...]
EVERY: Final[Modes] = ("identity_access_token", "jwt", "api_key", "service_token")


# ---- what an endpoint takes
@dataclass(frozen=True, slots=True)
class Access:
    """Who may call an endpoint: its category, and where the documents or the server differ from the category's table.

    An empty `server` says that the server asks for no credential there: the policy of that name takes any, or none.
    `judges_session` is False where a refusal speaks of a token in the body, not of the session's: it renews nothing.
    """

    category: str
    need: Literal["required", "optional", "none"] = "required"
    documented: Modes | None = None
    server: Modes | None = None
    judges_session: bool = True


ANY: Final = Access("any", "optional", EVERY)
"""A hand-made request: whatever credential there is goes along."""
OPEN: Final = Access("open", "none", ())
"""A login: no credential, ever."""

IDENTITIES_AND_PEOPLE: Final[Modes] = ("identity_access_token", "jwt")
PEOPLE: Final[Modes] = ("jwt",)
WITH_SERVICE_TOKENS: Final[Modes] = ("identity_access_token", "jwt", "service_token")
DOCUMENTED: Final[Mapping[str, Modes]] = {
    **dict.fromkeys(("secrets", "secret_folders", "secret_imports"), WITH_SERVICE_TOKENS),
    **dict.fromkeys(
        (
            "projects",
            "organizations",
            "organization_identities",
            "identities",
            "identity_auth",
            "identity_access_tokens",
            "pki",
            "kms",
            "secret_tags",
            "app_connections",
            "secret_syncs",
            "integration_auth",
        ),
        IDENTITIES_AND_PEOPLE,
    ),
    **dict.fromkeys(
        (
            "admin",
            "org_admin",
            "secret_sharing",
            "webhooks",
            "users",
            "mfa",
            "mfa_sessions",
            "service_tokens",
            "password",
        ),
        PEOPLE,
    ),
}
"""The documents' table: category of an endpoint -> modes that it takes."""
Policy: TypeAlias = Callable[[Access], Modes]


def documented(access: Access) -> Modes:
    """Allow what the documents' table says, but for the exceptions that an endpoint names."""
    return DOCUMENTED.get(access.category, EVERY) if access.documented is None else access.documented


def server(access: Access) -> Modes:
    """Allow what a server of today takes; where it looks at no credential at all (`server=()`), any."""
    return documented(access) if access.server is None else access.server or EVERY


POLICIES: Final[Mapping[str, Policy]] = {"documented": documented, "server": server}


# ---- what may stand in a header, or be a secret at all
def sendable(what: str, value: str) -> str:
    """Return a credential that a header can carry; ValueError, which does not show it, if none can."""
    if not isinstance(value, str):
        raise ValueError(f"the {what} must be a string, not {type(value).__name__}")
    if not value:
        raise ValueError(f"the {what} is empty")
    if not is_visible_ascii(value):
        raise ValueError(f"the {what} has a space, a line break, a control or a non-ASCII character in it")
    return value


def is_visible_ascii(value: str) -> bool:
    """Whether a text is made of ASCII characters that can be seen, without spaces."""
    return value.isascii() and value.isprintable() and " " not in value


def without_controls(what: str, value: str) -> None:
    """Refuse (ValueError) a secret with a line break at its end, say: a file that was not stripped."""
    if not isinstance(value, str) or not value or any(char < " " or char == "\x7f" for char in value):
        raise ValueError(f"the {what} is empty, or has a line break or control character in it")


# ---- credentials: a token that is there already
class Credential(Protocol):
    """A token and the mode that it stands for."""

    @property
    def mode(self) -> AuthMode: ...
    @property
    def value(self) -> str: ...


@dataclass(frozen=True, slots=True)
class IdentityAccessToken:
    """The access token of a machine identity, from a login elsewhere or from token auth."""

    access_token: str = field(repr=False)

    def __post_init__(self) -> None:
        sendable("access token", self.access_token)

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
        sendable("token", self.token)

    @property
    def mode(self) -> AuthMode:
        return "jwt"

    @property
    def value(self) -> str:
        return self.token


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A user's API key, for hand-made requests to old servers: no endpoint of today takes one."""

    api_key: str = field(repr=False)

    def __post_init__(self) -> None:
        sendable("API key", self.api_key)

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
        sendable("service token", self.service_token)

    @property
    def mode(self) -> AuthMode:
        return "service_token"

    @property
    def value(self) -> str:
        return self.service_token


def header(mode: AuthMode, token: str) -> tuple[str, str]:
    """Make the header that carries a token of that mode."""
    return ("X-API-Key", token) if mode == "api_key" else ("Authorization", f"Bearer {token}")


# ---- login methods: how to get one
class LoginMethod(Protocol):
    """Builds a fresh login request each time it is asked."""

    def request(self) -> Request[LoginResponse]: ...


Login: TypeAlias = "LoginMethod | Callable[[], LoginMethod | LoginResponse]"
"""A login method, or a factory that is called for every login: to read a token file again, say.

A factory may also return a `LoginResponse`: a token that it got elsewhere, and its life in seconds.
"""
AsyncLogin: TypeAlias = "Login | Callable[[], Awaitable[LoginMethod | LoginResponse]]"
"""The same for the asyncio client, whose factories may be coroutine functions."""
