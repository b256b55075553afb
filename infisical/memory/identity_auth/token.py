"""Token auth: settings, and access tokens that callers create, rename, list and revoke."""

from __future__ import annotations

from typing import Final

from infisical.memory import tables, tokens
from infisical.memory.call import Call, pick
from infisical.memory.identities import store as identities
from infisical.memory.identity_auth.settings import (
    LoginMethod,
    build_lifetime_changes,
    build_lifetime_fields,
    build_old_lifetime_changes,
    build_old_lifetime_fields,
    build_settings_routes,
    check_lifetime,
    check_lifetime_change,
    get_settings,
)
from infisical.memory.refusals import bad_request, not_found
from infisical.memory.routing import MACHINES, Answer, route
from infisical.memory.state import Row
from infisical.memory.validation import number_text, obj, slug, string

NO_METHOD: Final = "The identity does not have Token Auth"
TOKEN_AUTH: Final = LoginMethod(
    name="token-auth",
    key="identityTokenAuth",
    title="Token Auth",
    attach=check_lifetime(obj(**build_lifetime_fields())),
    update=check_lifetime_change(obj(**build_lifetime_changes())),
    update_refusal=(400, "The identity does not have token auth"),
    get_refusal=(404, "Token Auth configuration not found for identity"),
    revoke_refusal=(400, NO_METHOD),
    old_refusals={"GET": (400, "The identity does not have Token Auth attached")},
)
COLUMNS: Final = (
    "id",
    "accessTokenTTL",
    "accessTokenMaxTTL",
    "accessTokenNumUses",
    "accessTokenNumUsesLimit",
    "accessTokenLastUsedAt",
    "accessTokenLastRenewedAt",
    "isAccessTokenRevoked",
    "identityUAClientSecretId",
    "identityId",
    "createdAt",
    "updatedAt",
    "name",
    "authMethod",
    "accessTokenPeriod",
    "subOrganizationId",
)
NEW_COLUMNS: Final = ("authMethod", "accessTokenPeriod", "subOrganizationId")
"""Columns that came after October 2024."""
TOKENS_PATH: Final = "/api/v1/auth/token-auth/identities/{identityId}/tokens"
TOKEN_PATH: Final = "/api/v1/auth/token-auth/tokens/{tokenId}"
PAGE_QUERY: Final = obj(
    offset=number_text(least=0, most=100).optional(0),
    limit=number_text(least=1, most=100).optional(20),
)

ROUTES: Final = build_settings_routes(
    TOKEN_AUTH, obj(**build_old_lifetime_fields()), obj(**build_old_lifetime_changes())
)


def show_token(call: Call, row: Row) -> Row:
    return pick(row, *(name for name in COLUMNS if not (call.is_2024 and name in NEW_COLUMNS)))


@route(
    "POST",
    TOKENS_PATH,
    access=MACHINES,
    body=obj(name=string().optional(), organizationSlug=slug().optional(), subOrganizationName=slug().optional()),
)
def create_token(call: Call) -> Answer:
    settings = get_settings(call, TOKEN_AUTH, "edit", (400, NO_METHOD))
    organization_id = call.draft.rows(tables.IDENTITIES)[settings["identityId"]]["orgId"]
    identities.require_grant(call, organization_id, "Failed to create token for identity.", "create-token")
    row = tokens.create_token(call, settings["identityId"], TOKEN_AUTH.name, settings, name=call.body.get("name"))
    return {**tokens.answer_login(call, row), "tokenData": show_token(call, row)}


@route("GET", TOKENS_PATH, access=MACHINES, query=PAGE_QUERY)
def list_tokens(call: Call) -> Answer:
    settings = get_settings(call, TOKEN_AUTH, "read", (400, NO_METHOD))
    rows = call.draft.where(tables.ACCESS_TOKENS, identityId=settings["identityId"], authMethod=TOKEN_AUTH.name)[::-1]
    latest = sorted(rows, key=lambda row: str(row["updatedAt"]), reverse=True)
    start = call.query["offset"]
    return {"tokens": [show_token(call, row) for row in latest[start : start + call.query["limit"]]]}


def load_token(call: Call, action: str) -> Row:
    """Return the token of the path; refuse callers without permission for this action on its identity."""
    row = call.draft.get(tables.ACCESS_TOKENS, call.path["tokenId"])
    if row is None or row["authMethod"] != TOKEN_AUTH.name:
        raise not_found(f"Token with ID {call.path['tokenId']} not found")
    identities.get_identity(call, row["identityId"], action)
    if TOKEN_AUTH.name not in identities.list_methods(call.draft, row["identityId"]):
        raise bad_request(NO_METHOD)
    return row


@route("GET", TOKEN_PATH, generation="current", access=MACHINES)
def get_token(call: Call) -> Answer:
    return {"token": show_token(call, load_token(call, "read"))}


@route("PATCH", TOKEN_PATH, access=MACHINES, body=obj(name=string().optional()))
def update_token(call: Call) -> Answer:
    row = load_token(call, "edit")
    return {
        "token": show_token(
            call, call.draft.merge(tables.ACCESS_TOKENS, row["id"], **call.body, updatedAt=call.timestamp)
        )
    }


@route("POST", f"{TOKEN_PATH}/revoke", access=MACHINES)
def revoke_token(call: Call) -> Answer:
    row = call.draft.get(tables.ACCESS_TOKENS, call.path["tokenId"])
    if row is None or row["isAccessTokenRevoked"]:
        raise not_found(f"Token with ID {call.path['tokenId']} not found or already revoked")
    row = load_token(call, "edit")
    call.draft.merge(tables.ACCESS_TOKENS, row["id"], isAccessTokenRevoked=True, updatedAt=call.timestamp)
    return {"message": "Successfully revoked access token"}
