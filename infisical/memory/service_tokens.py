"""Service tokens: made by people for a project, shown once, deleted; what they open is said in access.py."""

from __future__ import annotations

import hashlib
from typing import Any, Final

from infisical.memory import tables, tree
from infisical.memory.access import permit
from infisical.memory.call import Call, format_time, pick
from infisical.memory.domain.places import secret_path
from infisical.memory.refusals import not_found
from infisical.memory.routing import JWT, Answer, route
from infisical.memory.state import Row
from infisical.memory.validation import array, choice, number, obj, string

SERVICE_TOKEN: Final = "/api/v2/service-token"
SUBJECT: Final = "service-tokens"
COLUMNS: Final = (
    "id",
    "name",
    "scopes",
    "permissions",
    "lastUsed",
    "expiresAt",
    "createdAt",
    "updatedAt",
    "createdBy",
    "projectId",
)
LATER: Final = ("expiryNotificationSent",)
"""Columns that came after October 2024."""
HIDDEN: Final = ("secretHash", "encryptedKey", "iv", "tag")
"""What only the token itself is told of itself."""
CREATOR: Final = ("email", "firstName", "lastName", "authMethods", "mfaMethods", "devices", "createdAt", "updatedAt")
SCOPE: Final = secret_path().where(lambda path: len(path) <= 1024, "A scope has 1024 characters at most")
NEW: Final = obj(
    name=string(),
    workspaceId=string(),
    scopes=array(obj(environment=string(), secretPath=SCOPE), least=1, most=100),
    encryptedKey=string(),
    iv=string(),
    tag=string(),
    expiresIn=number().or_null(),
    permissions=array(choice("read", "write")),
)


def shown(call: Call, row: Row) -> dict[str, Any]:
    return pick(row, *COLUMNS, *(() if call.is_2024 else LATER))


@route("GET", SERVICE_TOKEN, access=frozenset({"service_token"}))
def get_service_token(call: Call) -> Answer:
    row = call.draft.rows(tables.SERVICE_TOKENS)[call.actor.id]
    user = call.draft.get(tables.USERS, row["createdBy"])
    if user is None:
        raise not_found(f"Service token with ID {row['id']} has no associated creator")
    creator = {"id": user["id"], "_id": user["id"], "__v": 0, **pick(user, *CREATOR)}
    return {
        **shown(call, row),
        **pick(row, *HIDDEN),
        "workspace": row["projectId"],
        "_id": row["id"],
        "__v": 0,
        "user": creator,
    }


@route("POST", SERVICE_TOKEN, access=JWT, body=NEW)
def create_service_token(call: Call) -> Answer:
    project_id, scopes = call.body["workspaceId"], call.body["scopes"]
    permit(call, project_id, "create", SUBJECT)
    permit(call, project_id, "create", "secrets")
    if any(tree.find_environment(call.draft, project_id, scope["environment"]) is None for scope in scopes):
        raise not_found("One or more selected environments not found")
    secret = call.draft.random_bytes(16).hex()
    lives = call.body["expiresIn"]
    row = call.new_row(
        **pick(call.body, "name", "scopes", "permissions", "encryptedKey", "iv", "tag"),
        projectId=project_id,
        createdBy=call.actor.id,
        secret=secret,
        secretHash=hashlib.sha256(secret.encode()).hexdigest(),
        lastUsed=None,
        expiresAt=format_time(call.now + lives) if lives else None,
        expiryNotificationSent=False,
    )
    call.draft.put(tables.SERVICE_TOKENS, row["id"], row)
    return {"serviceToken": f"st.{row['id']}.{secret}", "serviceTokenData": shown(call, row)}


@route("DELETE", f"{SERVICE_TOKEN}/{{serviceTokenId}}", access=JWT)
def delete_service_token(call: Call) -> Answer:
    token_id = call.path["serviceTokenId"]
    row = call.draft.get(tables.SERVICE_TOKENS, token_id)
    if row is None:
        raise not_found(f"Service token with ID '{token_id}' not found")
    permit(call, row["projectId"], "delete", SUBJECT)
    call.draft.drop(tables.SERVICE_TOKENS, token_id)
    return {"serviceTokenData": shown(call, row)}
