"""MFA: the second factor of a login. Checks and locks are in second_factors.py."""

from __future__ import annotations

from typing import Any, Final

from infisical.memory import tokens
from infisical.memory.call import Call
from infisical.memory.domain import accounts, second_factors
from infisical.memory.domain.codes import send_code
from infisical.memory.domain.second_factors import keep_changes
from infisical.memory.refusals import Refusal, bad_request, internal_error
from infisical.memory.routing import AccessMode, Answer, route
from infisical.memory.state import Row
from infisical.memory.validation import choice, obj, string

MFA: Final[frozenset[AccessMode]] = frozenset({"mfa"})
METHOD: Final = choice(*second_factors.METHODS)


def get_login(call: Call) -> tuple[Row, str | None]:
    """Return the user of an unfinished login and the organization of its token, by default the user's first one."""
    token = (call.header("authorization") or "").partition(" ")[2]
    claims = tokens.read_claims(call.draft.state, token, call.now)
    if "passwordResetId" in claims:
        raise internal_error()
    user = call.actor.row
    organization = claims.get("organizationId")
    if organization is None:
        organization = next((row["id"] for row, _ in accounts.list_organizations(call, user["id"])), None)
    return user, organization


def complete_login(call: Call, user: Row, organization_id: str | None) -> dict[str, Any]:
    """Return the answer of a completed login: a session, and the keys of older accounts."""
    second_factors.forget_failures(call, user["id"])
    names = ("protectedKey", "protectedKeyIV", "protectedKeyTag", "publicKey", "encryptedPrivateKey", "iv", "tag")
    keys = {name: accounts.derive_old_key(user["id"], name) if call.is_2024 else None for name in names}
    token = tokens.open_session(call, user["id"], organization_id, ttl=accounts.SESSION_TTL)
    return {"encryptionVersion": 2 if call.is_2024 else 1, **keys, "token": token}


def check(call: Call, user: Row, method: str, code: str) -> None:
    """Refuse a wrong code or a locked account; both count as a failure."""
    try:
        second_factors.enforce_unlocked(call, user)
        if method == "recovery":
            second_factors.use_recovery_code(call, user["id"], code)
        else:
            second_factors.check_code(call, user["id"], method, code)
    except Refusal as refusal:
        if method == "recovery" and refusal.status == 404:
            raise bad_request(
                "No recovery codes are configured for this account. Please use another MFA method."
            ) from None
        second_factors.count_failure(call, user["id"])
        raise keep_changes(refusal) from None


@route("POST", "/api/v2/auth/mfa/send", access=MFA, limit="mfa")
def send(call: Call) -> Answer:
    user, _ = get_login(call)
    second_factors.enforce_unlocked(call, user)
    send_code(call, "email-mfa", user["id"])
    return {"message": "Successfully send new mfa code"}


@route("GET", "/api/v2/auth/mfa/check/totp", generation="current", access=MFA, limit="mfa")
def check_totp(call: Call) -> Answer:
    return {"isVerified": second_factors.has_totp(call, get_login(call)[0]["id"])}


@route("GET", "/api/v2/auth/mfa/check/webauthn", generation="current", access=MFA, limit="mfa")
def check_webauthn(call: Call) -> Answer:
    return {"hasPasskeys": second_factors.has_passkeys(call, get_login(call)[0]["id"])}


@route(
    "POST",
    "/api/v2/auth/mfa/verify",
    access=MFA,
    body=obj(mfaToken=string(), mfaMethod=METHOD.optional("email")),
    limit="mfa",
)
def verify(call: Call) -> Answer:
    user, organization_id = get_login(call)
    if not call.header("user-agent"):
        raise internal_error()
    check(call, user, "email" if call.is_2024 else call.body["mfaMethod"], call.body["mfaToken"])
    return complete_login(call, user, organization_id)


@route(
    "POST",
    "/api/v2/auth/mfa/verify/recovery-code",
    generation="current",
    access=MFA,
    body=obj(recoveryCode=string().where(lambda code: len(code) == 8, "Recovery code must be 8 characters")),
    limit="mfa",
)
def verify_recovery_code(call: Call) -> Answer:
    user, organization_id = get_login(call)
    if not call.header("user-agent"):
        raise internal_error()
    check(call, user, "recovery", call.body["recoveryCode"])
    return complete_login(call, user, organization_id)
