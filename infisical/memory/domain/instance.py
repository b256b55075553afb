"""The instance: the settings of a server, its admins, and the state of a server before its setup.

The settings are one row; a server from `seeding.start` has no such row and uses the defaults. The routes that read and
change them are in admin/.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

from infisical.memory import access, tables
from infisical.memory.call import Call, format_time
from infisical.memory.state import Draft, Generation, Row, Settings, State

SERVER_CONFIG: Final = "server_config"  # "config" -> the settings of the instance and of the apps that it uses
CACHE_TABLE: Final = "cache"  # "clearing" -> until: seconds since the epoch
CONFIG: Final = "config"
CONFIG_ID: Final = "00000000-0000-0000-0000-000000000000"
STRATEGIES: Final = ("SOFTWARE", "HSM")


# ---- states
def start_uninitialized(*, now: float, seed: int | str = 0, generation: Generation = "current") -> State:
    """Start a server before its setup: it has no organization, users or identities until `bootstrap` creates them.

    `now` is in seconds since the epoch; equal arguments start equal servers. The state has no `given`: the answer of
    `bootstrap` has the credentials.
    """
    draft = Draft(State(Settings(seed=seed, generation=generation)))
    draft.put(
        SERVER_CONFIG, CONFIG, {"initialized": False, "createdAt": format_time(now), "updatedAt": format_time(now)}
    )
    return draft.finish()


def make_instance_admin(state: State, identity_id: str) -> State:
    """Return a state in which a machine identity is an instance admin; no route grants this."""
    draft = Draft(state)
    draft.merge(tables.IDENTITIES, identity_id, superAdmin=True)
    return draft.finish()


# ---- admins
def require_admin(call: Call) -> None:
    """Refuse callers who are not instance admins, and users without a chosen organization."""
    _ = call.organization_id  # raises a refusal without an organization
    access.require_super_admin(call)


def get_instance_id(draft: Draft) -> str:
    """Return the id of this instance; it never changes and draws nothing from the state."""
    return Draft(State(Settings(seed=f"instance:{draft.state.settings.seed}"))).new_id()


def list_admin_identities(draft: Draft) -> list[str]:
    return [row["id"] for row in draft.rows(tables.IDENTITIES).values() if row.get("superAdmin")]


# ---- settings
def get_config(call: Call) -> dict[str, Any]:
    """Return all settings of the instance: the defaults, updated by the changes."""
    return {
        "id": CONFIG_ID,
        "initialized": True,
        "allowSignUp": True,
        "allowedSignUpDomain": None,
        "instanceId": get_instance_id(call.draft),
        "trustSamlEmails": False,
        "trustLdapEmails": False,
        "trustOidcEmails": False,
        "defaultAuthOrgId": None,
        "enabledLoginMethods": None,
        "authConsentContent": None,
        "pageFrameContent": None,
        "encryptionStrategy": STRATEGIES[0],
        "envOverrides": {},
        "createdAt": _get_setup_time(call),
        "updatedAt": _get_setup_time(call),
        **(call.draft.get(SERVER_CONFIG, CONFIG) or {}),
    }


def configure(call: Call, **columns: Any) -> None:
    """Change some settings."""
    settings = call.draft.get(SERVER_CONFIG, CONFIG) or {"createdAt": _get_setup_time(call)}
    call.draft.put(SERVER_CONFIG, CONFIG, {**settings, **columns, "updatedAt": call.timestamp})


def get_default_organization(call: Call) -> Row | None:
    """Return the organization of logins that name none, if the settings have one."""
    organization_id = get_config(call)["defaultAuthOrgId"]
    return None if organization_id is None else call.draft.get(tables.ORGANIZATIONS, organization_id)


def sign_text(draft: Draft, text: str) -> str:
    """Return this instance's signature of a text."""
    return hashlib.sha256(f"signature:{draft.state.settings.seed}:{text}".encode()).hexdigest()


def _get_setup_time(call: Call) -> str:
    """Return the time of the setup, which created the first user."""
    first = next(iter(call.draft.rows(tables.USERS).values()), None)
    return call.timestamp if first is None else str(first["createdAt"])
