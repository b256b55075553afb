"""Views: projects as answers have them, and the roles that every project has. Rows are in store.py."""

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
OLD_COLUMNS: Final = (
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
"""The columns of answers in October 2024."""
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
"""The roles of every project: name, slug, description, and the type of project that has it (None: all)."""


def describe_project(call: Call, row: Row) -> dict[str, Any]:
    """Return a project without its environments."""
    if call.is_2024:
        return pick(row, *OLD_COLUMNS)
    columns = {"enforceEncryptedSecretManagerSecretMetadata": False, **row}
    return {**pick(columns, *COLUMNS), "secretDetectionIgnoreValues": row["secretDetectionIgnoreValues"] or []}


def describe_with_environments(call: Call, row: Row) -> dict[str, Any]:
    """Return a project with its environments."""
    rows = tree.list_environments(call.draft, row["id"])
    environments = [pick(one, "name", "slug", "id") for one in rows]
    return {**describe_project(call, row), "_id": row["id"], "environments": environments}


def make_roles(call: Call, row: Row) -> list[dict[str, Any]]:
    """Make the roles of a project. As on the server, their ids are new each time."""
    return [
        call.new_row(name=name, description=description, slug=slug, projectId=row["id"])
        for name, slug, description, kind in ROLES
        if kind is None or kind == row["type"]
    ]
