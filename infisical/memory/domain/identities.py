"""Identities: machine identities as every group of routes needs them: found for a caller, by which methods they log in.

Also what goes with an identity when it is deleted. Routes of identities are in routes/identities.py.
"""

from __future__ import annotations

from typing import Any, Final

from infisical.memory import tables
from infisical.memory.access import permit_organization
from infisical.memory.call import Call
from infisical.memory.domain import lockouts
from infisical.memory.refusals import forbidden, not_found
from infisical.memory.seeding import UNIVERSAL_METHOD
from infisical.memory.state import Draft, Row

LOGIN_METHODS: Final = (
    UNIVERSAL_METHOD,
    "gcp-auth",
    "alicloud-auth",
    "aws-auth",
    "kubernetes-auth",
    "oci-auth",
    "oidc-auth",
    "azure-auth",
    "token-auth",
    "jwt-auth",
    "ldap-auth",
    "tls-cert-auth",
)
"""By their names in paths, in the order in which the server lists them."""
INSTANCE_ADMIN: Final = (
    "You are attempting to modify an instance admin identity. This requires elevated instance admin privileges"
)


def permitted(call: Call, identity_id: str, action: str, message: str = "Failed to find identity with ID {}") -> Row:
    """Return an identity of the caller's organization; refuse who may not do this to identities."""
    row = call.draft.get(tables.IDENTITIES, identity_id)
    if (
        row is None
        or row["orgId"] != call.organization_id
        or identity_id not in call.draft.rows(tables.IDENTITY_MEMBERS)
    ):
        raise not_found(message.format(identity_id))
    if action != "read" and row.get("superAdmin") and not call.actor.row.get("superAdmin"):
        raise forbidden(INSTANCE_ADMIN)
    permit_organization(call, action, "identity", row["orgId"])
    return row


def attached(draft: Draft, identity_id: str) -> list[str]:
    """Return the methods by which an identity can log in."""
    return [method for method in LOGIN_METHODS if identity_id in draft.rows(tables.auth_settings(method))]


def methods(call: Call, identity_id: str) -> dict[str, Any]:
    """Return the same as identities are shown: a list, on servers of 2024 the one method that there may be."""
    names = attached(call.draft, identity_id)
    return {"authMethod": names[0] if names else None} if call.before else {"authMethods": names}


def end_tokens(draft: Draft, identity_id: str, method: str | None = None) -> None:
    """Delete an identity's access tokens, all or those of one login method."""
    for row in draft.where(tables.ACCESS_TOKENS, identityId=identity_id):
        if method is None or row["authMethod"] == method:
            draft.drop(tables.ACCESS_TOKENS, row["id"])


def detach(call: Call, identity_id: str, method: str) -> Row | None:
    """Take a login method from an identity, with all that hangs on it; return its settings."""
    if method == UNIVERSAL_METHOD:
        call.draft.clear(tables.client_secrets(identity_id))
    lockouts.clear(call, identity_id, method)
    end_tokens(call.draft, identity_id, method)
    return call.draft.drop(tables.auth_settings(method), identity_id)


def delete(call: Call, identity_id: str) -> None:
    """Delete an identity: its login methods, its tokens, its memberships."""
    for method in attached(call.draft, identity_id):
        detach(call, identity_id, method)
    end_tokens(call.draft, identity_id)
    for project_id in call.draft.rows(tables.PROJECTS):
        call.draft.drop(tables.project_identities(project_id), identity_id)
    call.draft.drop(tables.IDENTITY_MEMBERS, identity_id)
    call.draft.drop(tables.IDENTITIES, identity_id)
