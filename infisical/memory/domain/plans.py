"""Plans: what a server with a community license refuses. `Settings.plan` is the license, enterprise by default."""

from __future__ import annotations

from infisical.memory.call import Call
from infisical.memory.refusals import bad_request


def refuse_in_community(call: Call, action: str, feature: str) -> None:
    """Refuse an action on a community server, in the server's words."""
    if call.draft.state.settings.plan == "community":
        raise bad_request(f"Failed to {action} due to plan restriction. Upgrade plan to {feature}.")
