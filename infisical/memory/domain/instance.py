"""The instance: a server's own settings, who runs it, and the state of one that nobody has set up yet.

One row of settings; a server that `seeding.start` made has none and is as the defaults say. The routes that read and
change them are in routes/admin_*.py.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

from infisical.memory import access, tables
from infisical.memory.call import Call, format_time
from infisical.memory.state import Draft, Generation, Row, Settings, State

SERVER_CONFIG: Final = "server_config"  # "config" -> the settings of the instance, and of the apps that it speaks with
CACHE_TABLE: Final = "cache"  # "clearing" -> until: seconds since the epoch
CONFIG: Final = "config"
CONFIG_ID: Final = "00000000-0000-0000-0000-000000000000"
STRATEGIES: Final = ("SOFTWARE", "HSM")


# ---- states
def start_uninitialized(*, now: float, seed: int | str = 0, generation: Generation = "current") -> State:
    """Make a server that nobody has set up: without organization, users or identities; `bootstrap` makes the first.

    Equal arguments make equal servers. It has no `given`: what may enter is in the answer of bootstrap.
    """
    draft = Draft(State(Settings(seed=seed, generation=generation)))
    draft.put(
        SERVER_CONFIG, CONFIG, {"initialized": False, "createdAt": format_time(now), "updatedAt": format_time(now)}
    )
    return draft.finish()


def make_instance_admin(state: State, identity_id: str) -> State:
    """Return a server that a machine identity may run, as bootstrap's may; no route grants it."""
    draft = Draft(state)
    draft.merge(tables.IDENTITIES, identity_id, superAdmin=True)
    return draft.finish()


# ---- who runs it
def require_admin(call: Call) -> None:
    """Refuse who does not run the instance, and people who have not chosen an organization yet."""
    _ = call.organization_id  # refuses who has none
    access.require_super_admin(call)


def get_instance_id(draft: Draft) -> str:
    """Return the id that this instance goes by: the same at every time, without a draw."""
    return Draft(State(Settings(seed=f"instance:{draft.state.settings.seed}"))).new_id()


def list_admin_identities(draft: Draft) -> list[str]:
    return [row["id"] for row in draft.rows(tables.IDENTITIES).values() if row.get("superAdmin")]


# ---- settings
def get_config(call: Call) -> dict[str, Any]:
    """Return all settings of the instance: what was changed, over the defaults."""
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
    """Put some settings; the others stay."""
    before = call.draft.get(SERVER_CONFIG, CONFIG) or {"createdAt": _get_setup_time(call)}
    call.draft.put(SERVER_CONFIG, CONFIG, {**before, **columns, "updatedAt": call.at})


def get_default_organization(call: Call) -> Row | None:
    """Return the organization that people log in to where they do not say, if one is set."""
    found = get_config(call)["defaultAuthOrgId"]
    return None if found is None else call.draft.get(tables.ORGANIZATIONS, found)


def sign_text(draft: Draft, text: str) -> str:
    """Sign a text as this instance."""
    return hashlib.sha256(f"signature:{draft.state.settings.seed}:{text}".encode()).hexdigest()


def _get_setup_time(call: Call) -> str:
    """Return when the instance was set up: with its first person."""
    first = next(iter(call.draft.rows(tables.USERS).values()), None)
    return call.at if first is None else str(first["createdAt"])
