"""Rows of machine identities for several groups: look-ups with a check of the caller, login methods, deletion."""

from __future__ import annotations

from typing import Any, Final

from infisical.memory import tables
from infisical.memory.access import get_organization_role, permit_organization
from infisical.memory.call import Call
from infisical.memory.domain import lockouts
from infisical.memory.refusals import boundary_refused, forbidden, not_found
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
"""Names of the login methods in paths, in the order of the server's lists."""
INSTANCE_ADMIN_MESSAGE: Final = (
    "You are attempting to modify an instance admin identity. This requires elevated instance admin privileges"
)


def get_identity(call: Call, identity_id: str, action: str, message: str = "Failed to find identity with ID {}") -> Row:
    """Return an identity of the caller's organization; refuse callers without permission for this action."""
    return permit_identity(call, find_identity(call, identity_id, message), action)


def find_identity(call: Call, identity_id: str, message: str = "Failed to find identity with ID {}") -> Row:
    """Return an identity of the caller's organization, whatever the caller may do with it."""
    row = call.draft.get(tables.IDENTITIES, identity_id)
    if (
        row is None
        or row["orgId"] != call.organization_id
        or identity_id not in call.draft.rows(tables.IDENTITY_MEMBERS)
    ):
        raise not_found(message.format(identity_id))
    return row


def permit_identity(call: Call, row: Row, action: str) -> Row:
    """Return an identity; refuse callers without permission for this action on it."""
    if action != "read" and row.get("superAdmin") and not call.actor.row.get("superAdmin"):
        raise forbidden(INSTANCE_ADMIN_MESSAGE)
    permit_organization(call, action, "identity", row["orgId"])
    if action != "read":
        _require_rank(call, row, action)
    return row


def require_grant(call: Call, organization_id: str, message: str, action: str = "grant-privileges") -> None:
    """Refuse a caller who may change identities, but not give them a role or a credential."""
    if not call.is_2024 and get_organization_role(call, organization_id) != "admin":
        raise boundary_refused(message, action)


def _require_rank(call: Call, identity: Row, action: str) -> None:
    """Refuse members who touch an identity with more privileges (identity-update-boundary.test.ts at 2a58a2d7).

    The server compares privileges in organizations with the older privilege system only; here in all.
    """
    if call.is_2024 or get_organization_role(call, identity["orgId"]) == "admin":
        return
    if call.draft.rows(tables.IDENTITY_MEMBERS)[identity["id"]]["role"] == "admin":
        raise boundary_refused(f"Failed to {'delete' if action == 'delete' else 'update'} identity", action)


def list_methods(draft: Draft, identity_id: str) -> list[str]:
    """Return the names of an identity's login methods."""
    return [method for method in LOGIN_METHODS if identity_id in draft.rows(tables.auth_settings(method))]


def show_methods(call: Call, identity_id: str) -> dict[str, Any]:
    """Return the login methods in the form of answers: a list; on servers of 2024 a single method or null."""
    names = list_methods(call.draft, identity_id)
    return {"authMethod": names[0] if names else None} if call.is_2024 else {"authMethods": names}


def end_tokens(draft: Draft, identity_id: str, method: str | None = None) -> None:
    """Delete the access tokens of an identity, all of them or those of one login method."""
    for row in draft.where(tables.ACCESS_TOKENS, identityId=identity_id):
        if method is None or row["authMethod"] == method:
            draft.drop(tables.ACCESS_TOKENS, row["id"])


def detach_method(call: Call, identity_id: str, method: str) -> Row | None:
    """Remove a login method of an identity with its client secrets, lockouts and tokens; return its settings."""
    if method == UNIVERSAL_METHOD:
        call.draft.clear(tables.client_secrets(identity_id))
    lockouts.clear(call, identity_id, method)
    end_tokens(call.draft, identity_id, method)
    return call.draft.drop(tables.auth_settings(method), identity_id)


def delete_identity(call: Call, identity_id: str) -> None:
    """Delete an identity with its login methods, tokens and memberships."""
    for method in list_methods(call.draft, identity_id):
        detach_method(call, identity_id, method)
    end_tokens(call.draft, identity_id)
    for project_id in call.draft.rows(tables.PROJECTS):
        call.draft.drop(tables.project_identities(project_id), identity_id)
    call.draft.drop(tables.IDENTITY_MEMBERS, identity_id)
    call.draft.drop(tables.IDENTITIES, identity_id)
