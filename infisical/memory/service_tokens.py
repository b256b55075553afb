"""Service tokens: users create them for a project; a token is shown once. access.py decides what it permits."""

from __future__ import annotations

import hashlib
from typing import Any, Final

from infisical.memory import tables, tree
from infisical.memory.access import permit
from infisical.memory.call import Call, format_time, pick
from infisical.memory.domain.places import make_path_field
from infisical.memory.refusals import not_found
from infisical.memory.routing import JWT, Answer, route
from infisical.memory.state import Row
from infisical.memory.validation import array, choice, number, obj, string

TOKEN_PATH: Final = "/api/v2/service-token"
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
NEW_COLUMNS: Final = ("expiryNotificationSent",)
"""Columns that came after October 2024."""
PRIVATE_COLUMNS: Final = ("secretHash", "encryptedKey", "iv", "tag")
"""Columns that only the token itself can read."""
CREATOR_COLUMNS: Final = (
    "email",
    "firstName",
    "lastName",
    "authMethods",
    "mfaMethods",
    "devices",
    "createdAt",
    "updatedAt",
)
SCOPE_PATH_FIELD: Final = make_path_field().where(lambda path: len(path) <= 1024, "A scope has 1024 characters at most")
CREATE_BODY: Final = obj(
    name=string(),
    workspaceId=string(),
    scopes=array(obj(environment=string(), secretPath=SCOPE_PATH_FIELD), least=1, most=100),
    encryptedKey=string(),
    iv=string(),
    tag=string(),
    expiresIn=number().or_null(),
    permissions=array(choice("read", "write")),
)


def describe_token(call: Call, row: Row) -> dict[str, Any]:
    return pick(row, *COLUMNS, *(() if call.is_2024 else NEW_COLUMNS))


@route("GET", TOKEN_PATH, access=frozenset({"service_token"}))
def get_service_token(call: Call) -> Answer:
    row = call.draft.rows(tables.SERVICE_TOKENS)[call.actor.id]
    user = call.draft.get(tables.USERS, row["createdBy"])
    if user is None:
        raise not_found(f"Service token with ID {row['id']} has no associated creator")
    creator = {"id": user["id"], "_id": user["id"], "__v": 0, **pick(user, *CREATOR_COLUMNS)}
    return {
        **describe_token(call, row),
        **pick(row, *PRIVATE_COLUMNS),
        "workspace": row["projectId"],
        "_id": row["id"],
        "__v": 0,
        "user": creator,
    }


@route("POST", TOKEN_PATH, access=JWT, body=CREATE_BODY)
def create_service_token(call: Call) -> Answer:
    project_id, scopes = call.body["workspaceId"], call.body["scopes"]
    permit(call, project_id, "create", SUBJECT)
    permit(call, project_id, "create", "secrets")
    if any(tree.find_environment(call.draft, project_id, scope["environment"]) is None for scope in scopes):
        raise not_found("One or more selected environments not found")
    secret = call.draft.random_bytes(16).hex()
    lifetime = call.body["expiresIn"]
    row = call.new_row(
        **pick(call.body, "name", "scopes", "permissions", "encryptedKey", "iv", "tag"),
        projectId=project_id,
        createdBy=call.actor.id,
        secret=secret,
        secretHash=hashlib.sha256(secret.encode()).hexdigest(),
        lastUsed=None,
        expiresAt=format_time(call.now + lifetime) if lifetime else None,
        expiryNotificationSent=False,
    )
    call.draft.put(tables.SERVICE_TOKENS, row["id"], row)
    return {"serviceToken": f"st.{row['id']}.{secret}", "serviceTokenData": describe_token(call, row)}


@route("DELETE", f"{TOKEN_PATH}/{{serviceTokenId}}", access=JWT)
def delete_service_token(call: Call) -> Answer:
    token_id = call.path["serviceTokenId"]
    row = call.draft.get(tables.SERVICE_TOKENS, token_id)
    if row is None:
        raise not_found(f"Service token with ID '{token_id}' not found")
    permit(call, row["projectId"], "delete", SUBJECT)
    call.draft.drop(tables.SERVICE_TOKENS, token_id)
    return {"serviceTokenData": describe_token(call, row)}
