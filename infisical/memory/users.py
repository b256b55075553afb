"""The logged-in user: profile, login methods, organizations, sessions, e-mail address, and API keys of 2024.

Codes that a server would send by e-mail are in codes.py; passwords and MFA have other modules.
"""

from __future__ import annotations

from typing import Final

from infisical.memory import organizations, tables, tokens
from infisical.memory.call import Call, format_time, pick
from infisical.memory.domain import accounts, cascade, second_factors
from infisical.memory.domain.codes import send_code, take_code
from infisical.memory.domain.second_factors import keep_changes
from infisical.memory.refusals import bad_request, forbidden, internal_error, not_found
from infisical.memory.routing import JWT, PUBLIC_ACCESS, Answer, route
from infisical.memory.state import Row
from infisical.memory.validation import array, boolean, choice, email, number, obj, string

API_KEYS: Final = "api_keys"  # id -> id, name, lastUsed, expiresAt, createdAt, updatedAt, userId, secret

AUTH_METHODS: Final = (
    "email",
    "google",
    "github",
    "gitlab",
    "okta-saml",
    "azure-saml",
    "jumpcloud-saml",
    "google-saml",
    "keycloak-saml",
    "ldap",
    "oidc",
)
DEFAULTS: Final = {
    "consecutiveFailedPasswordAttempts": 0,
    "isGitHubVerified": None,
    "isGitLabVerified": None,
    "isGoogleVerified": None,
    **dict.fromkeys(
        ("encryptedPrivateKey", "iv", "tag", "salt", "protectedKey", "protectedKeyIV", "protectedKeyTag"), None
    ),
}
"""Columns with the same value in every user; only older accounts have the keys."""
SESSION_COLUMNS: Final = (
    "id",
    "ip",
    "userAgent",
    "refreshVersion",
    "accessVersion",
    "lastUsed",
    "createdAt",
    "updatedAt",
    "userId",
)
API_KEY_COLUMNS: Final = ("id", "name", "lastUsed", "expiresAt", "createdAt", "updatedAt", "userId")
CODE_FIELD: Final = string(least=6, most=6)
INVALID_MESSAGE: Final = "The request is invalid"


def get_current_user(call: Call) -> Row:
    """Return the logged-in user; refuse a login without an organization."""
    assert call.organization_id
    return call.actor.row


# ---- profile
@route("GET", "/api/v2/users/me", access=JWT)
def get_me(call: Call) -> Answer:
    user = get_current_user(call)
    if not call.is_2024:
        selection = {"selectedMfaMethod": user["selectedMfaMethod"]}
        return {"user": {**accounts.show_profile(call, {**user, "mfaMethods": None}), **selection, **DEFAULTS}}
    keys = {name: accounts.derive_old_key(user["id"], name) for name in accounts.OLD_KEYS}
    old_columns = {"clientPublicKey": None, "serverPrivateKey": None, "encryptionVersion": 2}
    return {"user": {**accounts.show_profile(call, user), **old_columns, **keys, "userId": user["id"]}}


@route("PATCH", "/api/v2/users/me/name", access=JWT, body=obj(firstName=string(), lastName=string()))
def update_name(call: Call) -> Answer:
    user = call.draft.merge(tables.USERS, get_current_user(call)["id"], **call.body, updatedAt=call.timestamp)
    return {"user": accounts.show_changed_user(call, user)}


@route("PUT", "/api/v2/users/me/auth-methods", access=JWT, body=obj(authMethods=array(choice(*AUTH_METHODS), least=1)))
def update_auth_methods(call: Call) -> Answer:
    user, methods = call.actor.row, call.body["authMethods"]
    if "ldap" in methods or "ldap" in user["authMethods"]:
        raise bad_request("LDAP auth method cannot be updated", "UpdateAuthMethods")
    if "email" in user["authMethods"] and "email" not in methods:
        accounts.save_password(call, user["id"], None)
    row = call.draft.merge(tables.USERS, user["id"], authMethods=methods, updatedAt=call.timestamp)
    return {"user": accounts.show_changed_user(call, row)}


@route("DELETE", "/api/v2/users/me", access=JWT)
def delete_me(call: Call) -> Answer:
    user = get_current_user(call)
    answer = accounts.show_changed_user(call, user)
    cascade.remove(call.draft, [user["id"]])
    return {"user": answer}


@route("GET", "/api/v2/users/me/organizations", access=JWT)
def list_organizations(call: Call) -> Answer:
    pairs = accounts.list_organizations(call, get_current_user(call)["id"])
    return {"organizations": [organizations.show_organization(call, row) for row, _ in pairs]}


# ---- the second factor
@route(
    "PATCH",
    "/api/v2/users/me/mfa",
    generation="current",
    access=JWT,
    body=obj(selectedMfaMethod=choice(*second_factors.METHODS), mfaSessionId=string().optional(None)),
)
def select_mfa_method(call: Call) -> Answer:
    user, method = get_current_user(call), call.body["selectedMfaMethod"]
    message = "MFA verification is required to change your preferred two-factor method"
    second_factors.require_mfa(call, "mfa-management", call.body["mfaSessionId"], message)
    if method == "totp" and not second_factors.has_totp(call, user["id"]):
        raise bad_request("TOTP is not configured for this account")
    if method == "webauthn" and not second_factors.has_passkeys(call, user["id"]):
        raise bad_request("No passkeys are configured for this account")
    row = call.draft.merge(tables.USERS, user["id"], selectedMfaMethod=method, updatedAt=call.timestamp)
    return {"user": accounts.show_changed_user(call, row)}


@route("PATCH", "/api/v2/users/me/mfa", generation="2024-10", access=JWT, body=obj(isMfaEnabled=boolean()))
def toggle_mfa(call: Call) -> Answer:
    enabled = call.body["isMfaEnabled"]
    methods = ["email"] if enabled else []
    row = call.draft.merge(
        tables.USERS, get_current_user(call)["id"], isMfaEnabled=enabled, mfaMethods=methods, updatedAt=call.timestamp
    )
    return {"user": accounts.show_changed_user(call, row)}


# ---- sessions
@route("GET", "/api/v2/users/me/sessions", access=JWT)
def list_sessions(call: Call) -> Answer:
    sessions = call.draft.where(tables.SESSIONS, userId=get_current_user(call)["id"])
    return [pick({"accessVersion": 1, **row}, *SESSION_COLUMNS) for row in sessions]


@route("DELETE", "/api/v2/users/me/sessions", access=JWT)
def revoke_all_sessions(call: Call) -> Answer:
    accounts.end_sessions(call, get_current_user(call)["id"])
    return {"message": "Successfully revoked all sessions"}


@route("DELETE", "/api/v2/users/me/sessions/{sessionId}", generation="current", access=JWT)
def revoke_session(call: Call) -> Answer:
    session = call.draft.get(tables.SESSIONS, call.path["sessionId"])
    if session is not None and session["userId"] == get_current_user(call)["id"]:
        call.draft.drop(tables.SESSIONS, session["id"])
    return {"message": "Successfully revoked session"}  # the server answers this for unknown sessions too


# ---- a change of the e-mail address: one code to the old address, then one to the new address
def _require_changeable_email(call: Call, error: str) -> Row:
    user = call.actor.row
    if "ldap" in user["authMethods"]:
        raise bad_request("Cannot update email for LDAP users", error)
    if any(row["scimEnabled"] for row, _ in accounts.list_organizations(call, user["id"])):
        raise bad_request(
            "Email changes are disabled because SCIM is enabled for one or more of your organizations", error
        )
    return user


@route(
    "POST",
    "/api/v2/users/me/email-change/otp",
    generation="current",
    access=JWT,
    body=obj(newEmail=email()),
    limit="smtp",
)
def request_email_change(call: Call) -> Answer:
    user, address = _require_changeable_email(call, "RequestEmailChangeOTP"), call.body["newEmail"]
    if accounts.find_user(call, address) is None:  # the answer does not tell whether the address is taken
        send_code(call, "email-change-current", user["id"], address)
    return {"success": True, "message": "Verification code sent to current email address"}


@route(
    "POST",
    "/api/v2/users/me/email-change/verify-current",
    generation="current",
    access=JWT,
    body=obj(otpCode=CODE_FIELD),
    limit="smtp",
)
def verify_current_email(call: Call) -> Answer:
    user = _require_changeable_email(call, "VerifyCurrentEmailOTP")
    code_row = take_code(call, "email-change-current", user["id"], call.body["otpCode"])
    if code_row is None:
        raise keep_changes(bad_request("Invalid verification code", "VerifyCurrentEmailOTP"))
    if accounts.find_user(call, code_row["payload"]) is not None:
        raise bad_request("Email is no longer available", "VerifyCurrentEmailOTP")
    send_code(call, "email-change", user["id"], code_row["payload"])
    return {"success": True, "newEmail": code_row["payload"]}


@route(
    "PATCH", "/api/v2/users/me/email", generation="current", access=JWT, body=obj(newEmail=email(), otpCode=CODE_FIELD)
)
def update_email(call: Call) -> Answer:
    user, address = _require_changeable_email(call, "UpdateUserEmail"), call.body["newEmail"]
    code_row = take_code(call, "email-change", user["id"], call.body["otpCode"])
    if code_row is None or code_row["payload"] != address:
        raise keep_changes(bad_request("Invalid verification code", "UpdateUserEmail"))
    if accounts.find_user(call, address) is not None:
        raise bad_request("Email is no longer available", "UpdateUserEmail")
    methods = user["authMethods"]
    row = call.draft.merge(
        tables.USERS,
        user["id"],
        email=address,
        username=address,
        authMethods=methods if "email" in methods else [*methods, "email"],
        updatedAt=call.timestamp,
    )
    accounts.end_sessions(call, user["id"])
    return {"user": accounts.show_changed_user(call, row)}


# ---- verification of an e-mail address
@route(
    "POST",
    "/api/v2/users/me/emails/code",
    generation="current",
    access=PUBLIC_ACCESS,
    body=obj(token=string()),
    limit="smtp",
)
def send_verification_code(call: Call) -> Answer:
    claims = tokens.read_claims(call.draft.state, call.body["token"], call.now)
    if claims.get("authTokenType") != "signupToken":
        raise bad_request(INVALID_MESSAGE, "Invalid auth token type")
    return _send_code(call, call.draft.get(tables.USERS, str(claims.get("userId"))))


@route(
    "POST",
    "/api/v2/users/me/emails/code",
    generation="2024-10",
    access=PUBLIC_ACCESS,
    body=obj(username=string()),
    limit="smtp",
)
def send_verification_code_before(call: Call) -> Answer:
    user = _find_unverified(call, "send")
    send_code(call, "email-verification", user["id"])
    return {}


def _find_unverified(call: Call, action: str) -> Row:
    """Return the user that a request of October 2024 names; refuse an unknown one, and a verified address."""
    user = accounts.find_user(call, call.body["username"])
    if user is None:
        raise not_found("The requested entity is not found", f"User with username '{call.body['username']}' not found")
    if user["isEmailVerified"]:
        error = f"Failed to {action} email verification code due to email already verified"
        raise bad_request("The request is invalid", error)
    return user


def _send_code(call: Call, user: Row | None) -> Answer:
    if user is None:
        raise bad_request("Invalid token")
    if user["isEmailVerified"]:
        raise bad_request(INVALID_MESSAGE, "Invalid token")
    send_code(call, "email-verification", user["id"])
    return {}


@route(
    "POST",
    "/api/v2/users/me/emails/verify",
    generation="2024-10",
    access=PUBLIC_ACCESS,
    body=obj(username=string(), code=string()),
    limit="smtp",
)
def verify_email(call: Call) -> Answer:
    user = _find_unverified(call, "verify")
    if take_code(call, "email-verification", user["id"], call.body["code"]) is None:
        raise keep_changes(internal_error())
    call.draft.merge(tables.USERS, user["id"], isEmailVerified=True, updatedAt=call.timestamp)
    return {}


# ---- the organization of a session
@route(
    "POST",
    "/api/v3/auth/select-organization",
    access=JWT,
    body=obj(organizationId=string(), userAgent=string().optional(None)),
)
def select_organization(call: Call) -> Answer:
    """Open a session for an organization of the user; the contract does not list this route."""
    user, organization_id = get_current_user(call), call.body["organizationId"]
    if call.draft.find(tables.ORG_MEMBERS, userId=user["id"], orgId=organization_id) is None:
        raise forbidden(f"User does not have access to the organization with ID '{organization_id}'")
    token = tokens.open_session(call, user["id"], organization_id, ttl=accounts.SESSION_TTL)
    return {"token": token, "isMfaEnabled": False}


# ---- API keys, which current servers have removed
@route("GET", "/api/v2/users/me/api-keys", generation="2024-10", access=JWT)
def list_api_keys(call: Call) -> Answer:
    return [pick(row, *API_KEY_COLUMNS) for row in call.draft.where(API_KEYS, userId=get_current_user(call)["id"])]


@route(
    "POST",
    "/api/v2/users/me/api-keys",
    generation="2024-10",
    access=JWT,
    body=obj(name=string(), expiresIn=number()),
)
def create_api_key(call: Call) -> Answer:
    secret = call.draft.random_bytes(16).hex()
    row = call.new_row(
        name=call.body["name"],
        lastUsed=call.timestamp,
        expiresAt=format_time(call.now + call.body["expiresIn"]),
        userId=get_current_user(call)["id"],
        secret=secret,
    )
    call.draft.put(API_KEYS, row["id"], row)
    return {"apiKey": f"ak.{row['id']}.{secret}", "apiKeyData": pick(row, *API_KEY_COLUMNS)}


@route("DELETE", "/api/v2/users/me/api-keys/{apiKeyDataId}", generation="2024-10", access=JWT)
def delete_api_key(call: Call) -> Answer:
    row = call.draft.get(API_KEYS, call.path["apiKeyDataId"])
    if row is None or row["userId"] != get_current_user(call)["id"]:
        raise not_found(f"API key with ID '{call.path['apiKeyDataId']}' not found")
    call.draft.drop(API_KEYS, row["id"])
    return {"apiKeyData": pick(row, *API_KEY_COLUMNS)}
