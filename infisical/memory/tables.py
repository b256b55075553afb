"""Tables: the names under which a memory server keeps its rows, for what more than one group of routes reads.

One name, one kind of row; a table that is split by owner is a function of the owner's id. What only one group knows is
named in that group's own module. A row holds the server's columns, in the server's names; secrets lie in plain text.
"""

from __future__ import annotations

from typing import Final

# ---- who there is
ORGANIZATIONS: Final = "organizations"  # id -> id, name, slug, customerId, createdAt, updatedAt, ...
USERS: Final = "users"  # id -> id, username, email, firstName, lastName, superAdmin, isAccepted, createdAt, ...
SESSIONS: Final = "sessions"  # id -> id, userId, ip, userAgent, lastUsed, createdAt, updatedAt: a JWT names its session
ORG_MEMBERS: Final = "org_members"  # id -> id, userId, orgId, role, roleId, status, inviteEmail, isActive, ...
IDENTITIES: Final = "identities"  # id -> id, name, orgId, hasDeleteProtection, metadata [{id, key, value}], ...
IDENTITY_MEMBERS: Final = "identity_members"  # identity id -> id, identityId, orgId, role, roleId, createdAt, ...
ACCESS_TOKENS: Final = "access_tokens"  # id -> see tokens.new_token
SERVICE_TOKENS: Final = "service_tokens"  # id -> id, name, scopes [{environment, secretPath}], permissions, secret, ...

# ---- what there is
PROJECTS: Final = "projects"  # id -> id, name, slug, orgId, type, autoCapitalization, createdAt, updatedAt, ...
FOLDER_PLACES: Final = "folder_places"  # folder id -> projectId, envId: where a folder known by its id lies
SECRET_SYNCS: Final = "secret_syncs"  # id -> what answers show, without connection, environment and folder
SECRET_PLACES: Final = "secret_places"  # secret id -> folderId, slot: where a secret known by its id lies


def auth_settings(method: str) -> tuple[str, str]:
    """Return the table of one login method's settings (`universal-auth`, `aws-auth`, ...), by identity id."""
    return ("auth_settings", method)


def declared_logins(method: str) -> tuple[str, str]:
    """Return the table of credentials that a test declared valid: id -> identityId, fields (a part of the body)."""
    return ("declared_logins", method)


def client_secrets(identity_id: str) -> tuple[str, str]:
    """Return the table of an identity's client secrets, by id."""
    return ("client_secrets", identity_id)


def environments(project_id: str) -> tuple[str, str]:
    """Return the table of a project's environments: id -> id, name, slug, position, projectId, createdAt, ..."""
    return ("environments", project_id)


def project_identities(project_id: str) -> tuple[str, str]:
    """Return the table of a project's machine identities: identity id -> id, identityId, projectId, roles, ..."""
    return ("project_identities", project_id)


def project_users(project_id: str) -> tuple[str, str]:
    """Return the table of a project's people: user id -> id, userId, projectId, roles [{id, role, ...}], ..."""
    return ("project_users", project_id)


def folders(environment_id: str) -> tuple[str, str]:
    """Return the table of an environment's folders: id -> id, name, version, envId, parentId, isReserved, ..."""
    return ("folders", environment_id)


def secrets(folder_id: str) -> tuple[str, str]:
    """Return the table of a folder's secrets, by slot: `shared:KEY`, or `<user id>:KEY` for a personal override."""
    return ("secrets", folder_id)


def secret_versions(secret_id: str) -> tuple[str, str]:
    """Return the table of a secret's versions: number as text -> the secret's row as it was then."""
    return ("secret_versions", secret_id)


def imports(folder_id: str) -> tuple[str, str]:
    """Return the table of a folder's imports: id -> id, version, folderId, importEnv, importPath, position, ..."""
    return ("imports", folder_id)


def tags(project_id: str) -> tuple[str, str]:
    """Return the table of a project's tags: id -> id, slug, name, color, projectId, createdAt, updatedAt, ..."""
    return ("tags", project_id)


def approval_policies(project_id: str) -> tuple[str, str]:
    """Return the table of a project's approval policies: id -> id, name, envId, secretPath (None: any), ..."""
    return ("approval_policies", project_id)


def approval_requests(project_id: str) -> tuple[str, str]:
    """Return the table of a project's approval requests: id -> the row as answered, and the changes asked for."""
    return ("approval_requests", project_id)
