"""What answers show of a project, and the roles that every project has. Rows are in store.py."""

from __future__ import annotations

from typing import Any, Final

from infisical.memory import tree
from infisical.memory.call import Call, pick
from infisical.memory.state import Row

TYPES: Final = ("secret-manager", "cert-manager", "kms", "ssh", "secret-scanning", "pam", "ai")
COLUMNS: Final = (
    "id",
    "name",
    "description",
    "type",
    "defaultProduct",
    "slug",
    "autoCapitalization",
    "orgId",
    "createdAt",
    "updatedAt",
    "version",
    "upgradeStatus",
    "pitVersionLimit",
    "kmsCertificateKeyId",
    "auditLogsRetentionDays",
    "hasDeleteProtection",
    "secretSharing",
    "showSnapshotsLegacy",
    "secretDetectionIgnoreValues",
    "enforceEncryptedSecretManagerSecretMetadata",
)
BEFORE: Final = (
    "id",
    "name",
    "slug",
    "autoCapitalization",
    "orgId",
    "createdAt",
    "updatedAt",
    "version",
    "upgradeStatus",
    "pitVersionLimit",
    "kmsCertificateKeyId",
    "auditLogsRetentionDays",
)
"""What servers of October 2024 show."""
ROLES: Final = (
    ("Admin", "admin", "Full administrative access over a project", None),
    ("Member", "member", "Limited read/write role in a project", None),
    (
        "Cryptographic Operator",
        "cryptographic-operator",
        "Perform cryptographic operations, such as encryption and signing, in a project",
        "kms",
    ),
    ("Viewer", "viewer", "Only read role in a project", None),
    ("No Access", "no-access", "No access to any resources in the project", None),
)
"""The roles that every project has: name, slug, description, and the only type of project that has it."""


def shown(call: Call, row: Row) -> dict[str, Any]:
    """Return a project without its environments."""
    if call.is_2024:
        return pick(row, *BEFORE)
    known = {"enforceEncryptedSecretManagerSecretMetadata": False, **row}
    return {**pick(known, *COLUMNS), "secretDetectionIgnoreValues": row["secretDetectionIgnoreValues"] or []}


def whole(call: Call, row: Row) -> dict[str, Any]:
    """Return a project with its environments."""
    listed = tree.list_environments(call.draft, row["id"])
    environments = [pick(one, "name", "slug", "id") for one in listed]
    return {**shown(call, row), "_id": row["id"], "environments": environments}


def role_list(call: Call, row: Row) -> list[dict[str, Any]]:
    """Return the roles of a project, newly made as on the server: their ids are others each time."""
    return [
        call.new_row(name=name, description=description, slug=slug, projectId=row["id"])
        for name, slug, description, kind in ROLES
        if kind is None or kind == row["type"]
    ]
