"""Accidents: what the server of October 2024 answers with an error 500 where a refusal is due.

Each is one row of a table, or one rule. Today's server refuses these requests, and so they are looked up only for the
old generation. Nothing is changed here.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, Final

from infisical.memory.call import Call
from infisical.memory.refusals import internal_error

MALFORMED_IDS: Final[Mapping[tuple[str, str], tuple[str, str]]] = {
    ("GET", "/api/v1/folders/{id}"): ("id", "Find by id"),
    ("GET", "/api/v1/identities/{identityId}"): ("identityId", "FindByOrgId"),
    ("PATCH", "/api/v1/identities/{identityId}"): ("identityId", "FindOne"),
    ("DELETE", "/api/v1/identities/{identityId}"): ("identityId", "FindOne"),
    ("GET", "/api/v1/identities/{identityId}/identity-memberships"): ("identityId", "FindOne"),
    ("GET", "/api/v1/workspace/{projectId}"): ("projectId", "Failed to find project by id"),
    ("PATCH", "/api/v1/workspace/{projectId}"): ("projectId", "Failed to find project by id"),
    ("DELETE", "/api/v1/workspace/{projectId}"): ("projectId", "Failed to find project by id"),
    ("GET", "/api/v1/pki/ca/{caId}"): ("caId", "Find by id"),
    ("PATCH", "/api/v1/pki/ca/{caId}"): ("caId", "Find by id"),
    ("DELETE", "/api/v1/pki/ca/{caId}"): ("caId", "Find by id"),
    ("GET", "/api/v1/dynamic-secrets/leases/{leaseId}"): ("leaseId", "DynamicSecretLeaseFindById"),
    ("DELETE", "/api/v1/dynamic-secrets/leases/{leaseId}"): ("leaseId", "DynamicSecretLeaseFindById"),
    ("POST", "/api/v1/dynamic-secrets/leases/{leaseId}/renew"): ("leaseId", "DynamicSecretLeaseFindById"),
}
"""Routes that look up an id before anything else, which the database refuses unless it is a UUID.

A route -> the parameter of its path, and the error of the accident.
"""
IDENTITY_PREFIXES: Final = ("/api/v1/auth/universal-auth/", "/api/v1/auth/token-auth/")
"""The routes of login methods look up the identity in the same way."""


def is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def refuse_malformed_id(call: Call, method: str, path: str) -> None:
    """Refuse a malformed id in the path of a route of October 2024 that looks it up first."""
    if path.startswith(IDENTITY_PREFIXES) and "identityId" in call.path:
        name, error = "identityId", "FindOne"
    else:
        name, error = MALFORMED_IDS.get((method, path), ("", ""))
    if name and not is_uuid(call.path[name]):
        raise internal_error(error)


def refuse_null_characters(call: Call) -> None:
    """Refuse texts that the database cannot store."""
    body = call.request.body or b""
    if any("\0" in value for value in call.path.values()) or (b"\\u0000" in body and "\0" in _join_texts(call.body)):
        raise internal_error("Find one")


def _join_texts(value: Any) -> str:
    """Return the texts of a body, joined."""
    if isinstance(value, str):
        return value
    items = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    return " ".join(_join_texts(item) for item in items)


def check_id(call: Call, identifier: str, error: str) -> None:
    """Refuse a malformed id that the server of October 2024 looks up after other checks."""
    if call.is_2024 and not is_uuid(identifier):
        raise internal_error(error)


def refuse_empty_update(call: Call) -> None:
    """Refuse an update without a column: in October 2024 the database refuses it."""
    if call.is_2024 and not call.body:
        raise internal_error("Update by id")
