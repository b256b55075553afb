"""Access: who may call an endpoint. The auth modes, and the policies that list the modes an endpoint takes.

Values and pure functions. middleware/auth_mode.py checks a call; credentials.py has the credentials themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

AuthMode: TypeAlias = Literal["identity_access_token", "jwt", "api_key", "service_token"]
Modes: TypeAlias = tuple[AuthMode, ...]
ALL_MODES: Final[Modes] = ("identity_access_token", "jwt", "api_key", "service_token")


@dataclass(frozen=True, slots=True)
class Access:
    """Who may call an endpoint: its category, and the modes where the endpoint differs from the category's table.

    `documented` and `server` override the table for the policy of that name. An empty `server` means that the server
    checks no credential there: its policy then allows every mode, and none at all. `judges_session` is False where a
    refusal judges a token of the body instead of the session's token: such a refusal renews nothing.
    """

    category: str
    need: Literal["required", "optional", "none"] = "required"
    documented: Modes | None = None
    server: Modes | None = None
    judges_session: bool = True


ANY_ACCESS: Final = Access("any", "optional", ALL_MODES)
"""Of a hand-made request: the client sends whatever credential it has."""
OPEN_ACCESS: Final = Access("open", "none", ())
"""Of a login: the client sends no credential."""

USERS: Final[Modes] = ("jwt",)
IDENTITIES_AND_USERS: Final[Modes] = ("identity_access_token", "jwt")
WITH_SERVICE_TOKENS: Final[Modes] = ("identity_access_token", "jwt", "service_token")
DOCUMENTED_MODES: Final[Mapping[str, Modes]] = {
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
        IDENTITIES_AND_USERS,
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
        USERS,
    ),
}
"""The documented table: from the category of an endpoint to the modes that it takes."""
Policy: TypeAlias = Callable[[Access], Modes]


def get_documented_modes(access: Access) -> Modes:
    """Return the modes of the documented table, or those that the endpoint's documentation names itself."""
    return DOCUMENTED_MODES.get(access.category, ALL_MODES) if access.documented is None else access.documented


def get_server_modes(access: Access) -> Modes:
    """Return the modes that a current server takes; all modes where it checks no credential (`server=()`)."""
    return get_documented_modes(access) if access.server is None else access.server or ALL_MODES


POLICIES: Final[Mapping[str, Policy]] = {"documented": get_documented_modes, "server": get_server_modes}
