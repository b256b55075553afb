"""Universal auth: logins with client id and client secret, settings and client secrets."""

from __future__ import annotations

from typing import Final

from infisical.memory import seeding, tables, tokens
from infisical.memory.call import Call, parse_time, pick
from infisical.memory.domain import lockouts
from infisical.memory.identities import store as identities
from infisical.memory.identity_auth.settings import (
    COLUMNS,
    LOCKOUT_COLUMNS,
    LoginMethod,
    build_addresses_field,
    build_lifetime_changes,
    build_lifetime_fields,
    build_lockout_changes,
    build_lockout_fields,
    build_old_lifetime_changes,
    build_old_lifetime_fields,
    build_settings_routes,
    check_lifetime,
    check_lifetime_change,
    get_settings,
    list_all_addresses,
)
from infisical.memory.refusals import Refusal, not_found, unauthorized
from infisical.memory.routing import MACHINES, PUBLIC_ACCESS, Answer, route
from infisical.memory.seeding import UNIVERSAL_METHOD
from infisical.memory.state import Row
from infisical.memory.validation import number, obj, slug, string

LOGIN_BODY: Final = obj(
    clientId=string(),
    clientSecret=string(),
    organizationSlug=slug().optional(),
    subOrganizationName=slug().optional(),
)
WRONG_MESSAGE: Final = "Invalid credentials"
NO_SETTINGS: Final = (404, "Failed to find universal auth for identity with ID {}")
NO_METHOD: Final = (400, "The identity does not have universal auth")
UNIVERSAL_AUTH: Final = LoginMethod(
    name=UNIVERSAL_METHOD,
    key="identityUniversalAuth",
    title="universal auth",
    columns=(*COLUMNS, "clientId", "clientSecretTrustedIps", "accessTokenPeriod", *LOCKOUT_COLUMNS),
    columns_2024=(
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
    attach=check_lifetime(
        obj(
            clientSecretTrustedIps=build_addresses_field().optional(list_all_addresses()),
            accessTokenPeriod=number(whole=True, least=0).optional(0),
            **build_lockout_fields(),
            **build_lifetime_fields(),
        )
    ),
    update=check_lifetime_change(
        obj(
            clientSecretTrustedIps=build_addresses_field().optional(),
            accessTokenPeriod=number(whole=True, least=0, most=315360000).optional(),
            **build_lockout_changes(),
            **build_lifetime_changes(),
        )
    ),
    extra_columns=lambda call: {"clientId": call.draft.new_id()},
    update_refusal=NO_SETTINGS,
    get_refusal=NO_SETTINGS,
    revoke_refusal=NO_METHOD,
    old_refusals={
        "PATCH": (400, "Failed to updated universal auth"),
        "GET": NO_METHOD,
        "POST": NO_METHOD,
        "DELETE": NO_METHOD,
    },
    range_name="service token",
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

ROUTES: Final = build_settings_routes(
    UNIVERSAL_AUTH,
    obj(clientSecretTrustedIps=build_addresses_field().optional(list_all_addresses()), **build_old_lifetime_fields()),
    obj(clientSecretTrustedIps=build_addresses_field().optional(), **build_old_lifetime_changes()),
)


# ---- logins
@route("POST", "/api/v1/auth/universal-auth/login", access=PUBLIC_ACCESS, body=LOGIN_BODY)
def login(call: Call) -> Answer:
    client_id, text = call.body["clientId"], call.body["clientSecret"]
    settings = call.draft.find(tables.auth_settings(UNIVERSAL_METHOD), clientId=client_id)
    if settings is None:
        raise (
            not_found("No identity with specified client ID was found") if call.is_2024 else unauthorized(WRONG_MESSAGE)
        )
    identity_id = settings["identityId"]
    tokens.require_trusted_address(settings["clientSecretTrustedIps"])
    lockouts.refuse_locked(call, identity_id, UNIVERSAL_METHOD, client_id)
    table = tables.client_secrets(identity_id)
    secret = call.draft.find(table, clientSecret=text, isClientSecretRevoked=False)
    if secret is None:
        lockouts.count_failure(call, settings, UNIVERSAL_METHOD, client_id)
        raise unauthorized(WRONG_MESSAGE, keep=True)
    lockouts.forget_failures(call, identity_id, UNIVERSAL_METHOD, client_id)
    if secret["clientSecretTTL"] and call.now > parse_time(secret["createdAt"]) + secret["clientSecretTTL"]:
        raise end_client_secret(call, identity_id, secret, "Access denied due to expired client secret")
    limit = secret["clientSecretNumUsesLimit"]
    if limit and secret["clientSecretNumUses"] >= limit:
        raise end_client_secret(call, identity_id, secret, "Access denied due to client secret usage limit reached")
    call.draft.merge(
        table,
        secret["id"],
        clientSecretNumUses=secret["clientSecretNumUses"] + 1,
        clientSecretLastUsedAt=call.timestamp,
        updatedAt=call.timestamp,
    )
    return tokens.issue(call, identity_id, UNIVERSAL_METHOD, settings, identityUAClientSecretId=secret["id"])


def end_client_secret(call: Call, identity_id: str, secret: Row, message: str) -> Refusal:
    """Revoke an unusable client secret and build the refusal of its login."""
    call.draft.merge(
        tables.client_secrets(identity_id), secret["id"], isClientSecretRevoked=True, updatedAt=call.timestamp
    )
    return unauthorized(message, keep=True)


@route("POST", f"{IDENTITY_PATH}/clear-lockouts", generation="current", access=MACHINES)
def clear_lockouts(call: Call) -> Answer:
    row = get_settings(call, UNIVERSAL_AUTH, "edit", NO_METHOD)
    return {"deleted": lockouts.clear(call, row["identityId"], UNIVERSAL_METHOD)}


# ---- client secrets
def show_client_secret(row: Row) -> Row:
    return pick(row, *SECRET_COLUMNS)


@route("POST", SECRETS_PATH, access=MACHINES, body=NEW_SECRET)
def create_client_secret(call: Call) -> Answer:
    identity_id = get_settings(call, UNIVERSAL_AUTH, "create", NO_METHOD)["identityId"]
    organization_id = call.draft.rows(tables.IDENTITIES)[identity_id]["orgId"]
    identities.require_grant(call, organization_id, "Failed to create client secret for identity.", "create-token")
    text, row = seeding.add_client_secret(
        call,
        identity_id,
        description=call.body["description"],
        uses=call.body["numUsesLimit"],
        ttl=call.body["ttl"],
    )
    return {"clientSecret": text, "clientSecretData": show_client_secret(row)}


@route("GET", SECRETS_PATH, access=MACHINES)
def list_client_secrets(call: Call) -> Answer:
    identity_id = get_settings(call, UNIVERSAL_AUTH, "read", NO_METHOD)["identityId"]
    rows = call.draft.where(tables.client_secrets(identity_id), isClientSecretRevoked=False)
    return {"clientSecretData": [show_client_secret(row) for row in rows]}


def load_client_secret(call: Call, action: str) -> tuple[str, Row]:
    """Return the identity id and the client secret of the path."""
    identity_id = str(get_settings(call, UNIVERSAL_AUTH, action, NO_METHOD)["identityId"])
    row = call.draft.get(tables.client_secrets(identity_id), call.path["clientSecretId"])
    if row is None:
        raise not_found(
            f"Failed to find identity with ID {identity_id}"
        )  # the server's own message for an unknown client secret
    return identity_id, row


@route("GET", SECRET_PATH, access=MACHINES)
def get_client_secret(call: Call) -> Answer:
    return {"clientSecretData": show_client_secret(load_client_secret(call, "read")[1])}


@route("POST", f"{SECRET_PATH}/revoke", access=MACHINES)
def revoke_client_secret(call: Call) -> Answer:
    identity_id, row = load_client_secret(call, "delete")
    table = tables.client_secrets(identity_id)
    # today the tokens of its logins end with it (revokeAllTokensForClientSecret at 0b118066)
    ended = {} if call.is_2024 else {"areTokensRevoked": True}
    revoked_row = call.draft.merge(table, row["id"], isClientSecretRevoked=True, updatedAt=call.timestamp, **ended)
    return {"clientSecretData": show_client_secret(revoked_row)}
