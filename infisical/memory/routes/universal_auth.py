"""Universal auth: logins with client id and client secret, and what an identity's settings and secrets are."""

from __future__ import annotations

from typing import Final

from infisical.memory import seeding, tables, tokens
from infisical.memory.call import Call, pick, seconds_of
from infisical.memory.domain import lockouts
from infisical.memory.domain.login_settings import (
    COLUMNS,
    LOCKOUT,
    LoginMethod,
    addresses,
    changed_in_life,
    changed_lifetime,
    changed_lockout,
    everywhere,
    in_life,
    lifetime,
    lockout,
    settings,
    settings_routes,
)
from infisical.memory.refusals import Refused, not_found, unauthorized
from infisical.memory.routing import MACHINES, PUBLIC, Answer, route
from infisical.memory.seeding import UNIVERSAL_METHOD
from infisical.memory.state import Row
from infisical.memory.validation import number, obj, slug, string

LOGIN: Final = obj(
    clientId=string(),
    clientSecret=string(),
    organizationSlug=slug().optional(),
    subOrganizationName=slug().optional(),
)
WRONG: Final = "Invalid credentials"
NO_SETTINGS: Final = (404, "Failed to find universal auth for identity with ID {}")
NONE: Final = (400, "The identity does not have universal auth")
UNIVERSAL_AUTH: Final = LoginMethod(
    name=UNIVERSAL_METHOD,
    key="identityUniversalAuth",
    called="universal auth",
    columns=(*COLUMNS, "clientId", "clientSecretTrustedIps", "accessTokenPeriod", *LOCKOUT),
    before=(
        "id",
        "clientId",
        "accessTokenTTL",
        "accessTokenMaxTTL",
        "accessTokenNumUsesLimit",
        "clientSecretTrustedIps",
        "accessTokenTrustedIps",
        "createdAt",
        "updatedAt",
        "identityId",
    ),
    attach=in_life(
        obj(
            clientSecretTrustedIps=addresses().optional(everywhere()),
            accessTokenPeriod=number(whole=True, least=0).optional(0),
            **lockout(),
            **lifetime(),
        )
    ),
    update=changed_in_life(
        obj(
            clientSecretTrustedIps=addresses().optional(),
            accessTokenPeriod=number(whole=True, least=0, most=315360000).optional(),
            **changed_lockout(),
            **changed_lifetime(),
        )
    ),
    made=lambda call: {"clientId": call.draft.new_id()},
    no_update=NO_SETTINGS,
    no_get=NO_SETTINGS,
    no_revoke=NONE,
)
SECRET_COLUMNS: Final = (
    "id",
    "createdAt",
    "updatedAt",
    "description",
    "clientSecretPrefix",
    "clientSecretNumUses",
    "clientSecretNumUsesLimit",
    "clientSecretTTL",
    "identityUAId",
    "isClientSecretRevoked",
)
NEW_SECRET: Final = obj(
    description=string().optional(""),
    numUsesLimit=number(least=0).optional(0),
    ttl=number(least=0, most=315360000).optional(0),
)
IDENTITY_PATH: Final = "/api/v1/auth/universal-auth/identities/{identityId}"
SECRETS_PATH: Final = f"{IDENTITY_PATH}/client-secrets"
SECRET_PATH: Final = f"{SECRETS_PATH}/{{clientSecretId}}"

attach, update, get, revoke = settings_routes(UNIVERSAL_AUTH)


# ---- logins
@route("POST", "/api/v1/auth/universal-auth/login", auth=PUBLIC, body=LOGIN)
def login(call: Call) -> Answer:
    client_id, text = call.body["clientId"], call.body["clientSecret"]
    found = call.draft.find(tables.auth_settings(UNIVERSAL_METHOD), clientId=client_id)
    if found is None:
        raise not_found("No identity with specified client ID was found") if call.before else unauthorized(WRONG)
    identity_id = found["identityId"]
    tokens.trust(found["clientSecretTrustedIps"])
    lockouts.refuse_locked(call, identity_id, UNIVERSAL_METHOD, client_id)
    table = tables.client_secrets(identity_id)
    secret = call.draft.find(table, clientSecret=text, isClientSecretRevoked=False)
    if secret is None:
        lockouts.failed(call, found, UNIVERSAL_METHOD, client_id)
        raise unauthorized(WRONG, keep=True)
    lockouts.succeeded(call, identity_id, UNIVERSAL_METHOD, client_id)
    if secret["clientSecretTTL"] and call.now > seconds_of(secret["createdAt"]) + secret["clientSecretTTL"]:
        raise ended(call, identity_id, secret, "Access denied due to expired client secret")
    limit = secret["clientSecretNumUsesLimit"]
    if limit and secret["clientSecretNumUses"] >= limit:
        raise ended(call, identity_id, secret, "Access denied due to client secret usage limit reached")
    call.draft.merge(
        table,
        secret["id"],
        clientSecretNumUses=secret["clientSecretNumUses"] + 1,
        clientSecretLastUsedAt=call.at,
        updatedAt=call.at,
    )
    return tokens.issue(call, identity_id, UNIVERSAL_METHOD, found, identityUAClientSecretId=secret["id"])


def ended(call: Call, identity_id: str, secret: Row, message: str) -> Refused:
    """Revoke a client secret that nobody can log in with anymore; return why."""
    call.draft.merge(tables.client_secrets(identity_id), secret["id"], isClientSecretRevoked=True, updatedAt=call.at)
    return unauthorized(message, keep=True)


@route("POST", f"{IDENTITY_PATH}/clear-lockouts", only="current", auth=MACHINES)
def clear_lockouts(call: Call) -> Answer:
    row = settings(call, UNIVERSAL_AUTH, "edit", NONE)
    return {"deleted": lockouts.clear(call, row["identityId"], UNIVERSAL_METHOD)}


# ---- client secrets
def shown(row: Row) -> Row:
    return pick(row, *SECRET_COLUMNS)


@route("POST", SECRETS_PATH, auth=MACHINES, body=NEW_SECRET)
def create_client_secret(call: Call) -> Answer:
    identity_id = settings(call, UNIVERSAL_AUTH, "create", NONE)["identityId"]
    text, row = seeding.add_client_secret(
        call,
        identity_id,
        description=call.body["description"],
        uses=call.body["numUsesLimit"],
        ttl=call.body["ttl"],
    )
    return {"clientSecret": text, "clientSecretData": shown(row)}


@route("GET", SECRETS_PATH, auth=MACHINES)
def list_client_secrets(call: Call) -> Answer:
    identity_id = settings(call, UNIVERSAL_AUTH, "read", NONE)["identityId"]
    rows = call.draft.where(tables.client_secrets(identity_id), isClientSecretRevoked=False)
    return {"clientSecretData": [shown(row) for row in rows]}


def named(call: Call, action: str) -> tuple[str, Row]:
    """Return the identity and the client secret that the path names."""
    identity_id = str(settings(call, UNIVERSAL_AUTH, action, NONE)["identityId"])
    row = call.draft.get(tables.client_secrets(identity_id), call.path["clientSecretId"])
    if row is None:
        raise not_found(f"Failed to find identity with ID {identity_id}")  # so says the server of a client secret
    return identity_id, row


@route("GET", SECRET_PATH, auth=MACHINES)
def get_client_secret(call: Call) -> Answer:
    return {"clientSecretData": shown(named(call, "read")[1])}


@route("POST", f"{SECRET_PATH}/revoke", auth=MACHINES)
def revoke_client_secret(call: Call) -> Answer:
    identity_id, row = named(call, "delete")
    table = tables.client_secrets(identity_id)
    changed = call.draft.merge(table, row["id"], isClientSecretRevoked=True, updatedAt=call.at)
    return {"clientSecretData": shown(changed)}
