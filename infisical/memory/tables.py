"""Tables: the names of the tables that several groups of routes read.

A table holds one kind of row. Each owner has a part of some tables: a function, named like the table, returns the name
of the part from the owner's id. A table of a single group is named in the module of that group. Rows hold the server's
columns by the server's names; secrets are in plain text.
"""

from __future__ import annotations

from typing import Final

# ---- callers and organizations
ORGANIZATIONS: Final = "organizations"  # id -> id, name, slug, customerId, createdAt, updatedAt, ...
USERS: Final = "users"  # id -> id, username, email, firstName, lastName, superAdmin, isAccepted, createdAt, ...
SESSIONS: Final = "sessions"  # id -> id, userId, ip, userAgent, lastUsed, createdAt, updatedAt: a JWT names its session
ORG_MEMBERS: Final = "org_members"  # id -> id, userId, orgId, role, roleId, status, inviteEmail, isActive, ...
IDENTITIES: Final = "identities"  # id -> id, name, orgId, hasDeleteProtection, metadata [{id, key, value}], ...
IDENTITY_MEMBERS: Final = "identity_members"  # identity id -> id, identityId, orgId, role, roleId, createdAt, ...
ACCESS_TOKENS: Final = "access_tokens"  # id -> see tokens.create_token
SERVICE_TOKENS: Final = "service_tokens"  # id -> id, name, scopes [{environment, secretPath}], permissions, secret, ...

DECLARED_KEYS: Final = "declared_keys"  # URL without a slash at its end -> keys: the JWKs that a test declared for it

# ---- projects and their content
PROJECTS: Final = "projects"  # id -> id, name, slug, orgId, type, autoCapitalization, createdAt, updatedAt, ...
FOLDER_PLACES: Final = "folder_places"  # folder id -> projectId, envId: the place of a folder
SECRET_SYNCS: Final = "secret_syncs"  # id -> what answers show, without connection, environment and folder
SECRET_PLACES: Final = "secret_places"  # secret id -> folderId, slot: the place of a secret


def auth_settings(method: str) -> tuple[str, str]:
    """Name the table of a login method's settings (`universal-auth`, `aws-auth`, ...), by identity id."""
    return ("auth_settings", method)


def declared_logins(method: str) -> tuple[str, str]:
    """Name the table of credentials that a test declared valid: id -> identityId, fields (a part of the body)."""
    return ("declared_logins", method)


def client_secrets(identity_id: str) -> tuple[str, str]:
    """Name the table of an identity's client secrets, by id."""
    return ("client_secrets", identity_id)


def environments(project_id: str) -> tuple[str, str]:
    """Name the table of a project's environments: id -> id, name, slug, position, projectId, createdAt, ..."""
    return ("environments", project_id)


def project_identities(project_id: str) -> tuple[str, str]:
    """Name the table of a project's machine identities: identity id -> id, identityId, projectId, roles, ..."""
    return ("project_identities", project_id)


def project_users(project_id: str) -> tuple[str, str]:
    """Name the table of a project's users: user id -> id, userId, projectId, roles [{id, role, ...}], ..."""
    return ("project_users", project_id)


def folders(environment_id: str) -> tuple[str, str]:
    """Name the table of an environment's folders: id -> id, name, version, envId, parentId, isReserved, ..."""
    return ("folders", environment_id)


def secrets(folder_id: str) -> tuple[str, str]:
    """Name the table of a folder's secrets, by slot: `shared:KEY`, or `<user id>:KEY` for a personal override."""
    return ("secrets", folder_id)


def secret_versions(secret_id: str) -> tuple[str, str]:
    """Name the table of a secret's versions: number as text -> the secret's row in that version."""
    return ("secret_versions", secret_id)


def imports(folder_id: str) -> tuple[str, str]:
    """Name the table of a folder's imports: id -> id, version, folderId, importEnv, importPath, position, ..."""
    return ("imports", folder_id)


def tags(project_id: str) -> tuple[str, str]:
    """Name the table of a project's tags: id -> id, slug, name, color, projectId, createdAt, updatedAt, ..."""
    return ("tags", project_id)


def approval_policies(project_id: str) -> tuple[str, str]:
    """Name the table of a project's approval policies: id -> id, name, envId, secretPath (None: any), ..."""
    return ("approval_policies", project_id)


def approval_requests(project_id: str) -> tuple[str, str]:
    """Name the table of a project's approval requests: id -> the answered row and the requested changes."""
    return ("approval_requests", project_id)
