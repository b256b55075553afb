"""Tokens: access tokens and user JWTs of a memory server, signed as texts and kept as rows, issued, renewed, ended.

A token is a real JWT (HS256), so that what is malformed, forged or past its exp is refused by its text alone; what its
row says (revoked, used up, past its TTL) comes after. Who may enter a route is access.py's.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from typing import Any, Final

from infisical.memory import tables
from infisical.memory.call import Call, format_time, parse_time
from infisical.memory.refusals import Refusal, bad_request, forbidden, not_found, token_refused, unauthorized
from infisical.memory.state import Draft, Row, State

MALFORMED_MESSAGE: Final = (
    "The provided access token is malformed. Please use a valid token or generate a new one and try again."
)
EXPIRED_MESSAGE: Final = "Your token has expired. Please re-authenticate."
CALLER_ADDRESS: Final = ip_address("127.0.0.1")
"""Everybody calls from here: a value in memory has no network."""

MONTH_SECONDS: Final = 2592000
UNLIMITED_TTL: Final = 1000000000
"""The max TTL of periodic tokens, which may be renewed without end."""
IDENTITY_TOKEN_TYPE: Final = "identityAccessToken"


# ---- texts
def sign(state: State, claims: Mapping[str, Any]) -> str:
    """Write a JWT."""
    head, body = _encode_part({"alg": "HS256", "typ": "JWT"}), _encode_part(claims)
    return f"{head}.{body}.{_compute_signature(state, f'{head}.{body}')}"


def read_claims(state: State, text: str, now: float) -> Mapping[str, Any]:
    """Return the claims of a JWT; refuse one that is malformed, forged or expired."""
    try:
        head, body, signature = text.split(".")
        claims = json.loads(_decode_part(body))
        if json.loads(_decode_part(head)).get("alg") != "HS256":
            raise token_refused("invalid algorithm")
    except (ValueError, AttributeError, binascii.Error):
        raise token_refused(MALFORMED_MESSAGE) from None
    if not isinstance(claims, dict):
        raise token_refused(MALFORMED_MESSAGE)
    if not hmac.compare_digest(signature.encode(), _compute_signature(state, f"{head}.{body}").encode()):
        raise token_refused("invalid signature")
    expires = claims.get("exp")
    if isinstance(expires, int | float) and now >= expires:
        raise token_refused(EXPIRED_MESSAGE)
    return claims


def _encode_part(value: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).rstrip(b"=").decode()


def _decode_part(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _compute_signature(state: State, text: str) -> str:
    key = hashlib.sha256(f"jwt:{state.settings.seed}".encode()).digest()
    return base64.urlsafe_b64encode(hmac.digest(key, text.encode(), "sha256")).rstrip(b"=").decode()


# ---- access tokens of machine identities
def issue(call: Call, identity_id: str, method: str, settings: Row, **columns: Any) -> dict[str, Any]:
    """Make an access token as a login does: put its row, and return the login's answer.

    The settings are those of the login method: accessTokenTTL and accessTokenMaxTTL in seconds (0: no end),
    accessTokenNumUsesLimit (0: no limit), accessTokenPeriod (0: none).
    """
    return answer_login(call, create_token(call, identity_id, method, settings, **columns))


def create_token(call: Call, identity_id: str, method: str, settings: Row, **columns: Any) -> Row:
    """Put the row of an access token; a login has happened, so the identity's membership says when and how."""
    below = call.body.get("organizationSlug") or call.body.get("subOrganizationName")
    if below is not None:  # no organization has another one below it here
        raise not_found(f"Sub organization with name {below} not found")
    period = 0 if call.before else int(settings.get("accessTokenPeriod") or 0)
    row = {
        **call.new_row(
            identityId=identity_id,
            authMethod=method,
            name=None,
            accessTokenTTL=period or int(settings.get("accessTokenTTL", MONTH_SECONDS)),
            accessTokenMaxTTL=UNLIMITED_TTL if period else int(settings.get("accessTokenMaxTTL", MONTH_SECONDS)),
            accessTokenPeriod=period,
            accessTokenNumUses=0,
            accessTokenNumUsesLimit=int(settings.get("accessTokenNumUsesLimit", 0)),
            accessTokenLastUsedAt=None,
            accessTokenLastRenewedAt=None,
            isAccessTokenRevoked=False,
            identityUAClientSecretId=None,
            subOrganizationId=None,
        ),
        **columns,
    }
    if identity_id in call.draft.rows(tables.IDENTITY_MEMBERS):
        login = {"lastLoginAuthMethod": method, "lastLoginTime": call.at}
        call.draft.merge(tables.IDENTITY_MEMBERS, identity_id, **login)
    return call.draft.put(tables.ACCESS_TOKENS, str(row["id"]), row)


def answer_login(call: Call, row: Row, text: str | None = None) -> dict[str, Any]:
    """Return what a login or a renewal answers: a newly signed text, unless one is given, for the token of this row."""
    return {
        "accessToken": text or sign(call.draft.state, _build_claims(call, row)),
        "expiresIn": row["accessTokenTTL"],
        "accessTokenMaxTTL": row["accessTokenMaxTTL"],
        "tokenType": "Bearer",
    }


def _build_claims(call: Call, row: Row) -> Mapping[str, Any]:
    """Return what a token's text says; its end is that of the TTL, on servers of 2024 that of the max TTL."""
    since, lives = int(call.now), row["accessTokenMaxTTL"] if call.before else row["accessTokenTTL"]
    return {
        "identityId": row["identityId"],
        **({"clientSecretId": row["identityUAClientSecretId"]} if row["identityUAClientSecretId"] else {}),
        "identityAccessTokenId": row["id"],
        "authTokenType": IDENTITY_TOKEN_TYPE,
        "iat": since,
        "jti": call.draft.new_id(),
        **({"exp": since + lives} if lives else {}),
    }


def get_live_token(draft: Draft, claims: Mapping[str, Any], now: float) -> Row:
    """Return the row of an access token; refuse one that was revoked, used up or has outlived its TTL."""
    row = _get_token(draft, claims)
    settings = draft.get(tables.auth_settings(row["authMethod"]), row["identityId"])
    if settings is not None:  # as they are now: a token does not keep the addresses of its login
        require_trusted_address(settings.get("accessTokenTrustedIps"))
    limit = row["accessTokenNumUsesLimit"]
    if limit and row["accessTokenNumUses"] >= limit:
        raise _drop_token(draft, row, "Unable to renew because access token number of uses limit reached")
    since = parse_time(row["accessTokenLastRenewedAt"] or row["createdAt"])
    if row["accessTokenTTL"] and now > since + row["accessTokenTTL"]:
        raise _drop_token(draft, row, "Failed to renew MI access token due to TTL expiration")
    return row


def count_use(draft: Draft, row: Row, now: float) -> None:
    """Count a use of an access token."""
    draft.merge(
        tables.ACCESS_TOKENS,
        row["id"],
        accessTokenNumUses=row["accessTokenNumUses"] + 1,
        accessTokenLastUsedAt=format_time(now),
    )


def renew(call: Call, text: str) -> dict[str, Any]:
    """Renew an access token; one that would go past its max TTL is deleted.

    Servers of today answer a new text for the same token, those of 2024 the text that they were given.
    """
    claims = read_claims(call.draft.state, text, call.now)
    if claims.get("authTokenType") != IDENTITY_TOKEN_TYPE:
        raise bad_request("Only identity access tokens can be renewed")
    row = get_live_token(call.draft, claims, call.now)
    ends = parse_time(row["createdAt"]) + row["accessTokenMaxTTL"]
    if row["accessTokenMaxTTL"] and not row["accessTokenPeriod"]:
        if call.now > ends:
            raise _drop_token(call.draft, row, "Failed to renew MI access token due to Max TTL expiration")
        # equal is too late: time goes on while a server works, and a TTL that is the max TTL is never renewed
        if call.now + row["accessTokenTTL"] >= ends:
            raise _drop_token(call.draft, row, "Failed to renew MI access token past its Max TTL expiration")
    renewed = call.draft.merge(tables.ACCESS_TOKENS, row["id"], accessTokenLastRenewedAt=call.at, updatedAt=call.at)
    return answer_login(call, renewed, text if call.before else None)


def revoke(call: Call, text: str) -> None:
    """End an access token."""
    claims = read_claims(call.draft.state, text, call.now)
    if claims.get("authTokenType") != IDENTITY_TOKEN_TYPE:
        raise unauthorized("Only identity access tokens can be revoked")
    row = _get_token(call.draft, claims)
    call.draft.merge(tables.ACCESS_TOKENS, row["id"], isAccessTokenRevoked=True, updatedAt=call.at)


def _get_token(draft: Draft, claims: Mapping[str, Any]) -> Row:
    """Return the row that a token names; one that was revoked is as good as none."""
    row = draft.get(tables.ACCESS_TOKENS, str(claims.get("identityAccessTokenId")))
    if row is None or row["isAccessTokenRevoked"]:
        raise unauthorized("No identity access token found")
    return row


def _drop_token(draft: Draft, row: Row, message: str) -> Refusal:
    """Delete an access token and return why; that it is gone stays so though the request is refused."""
    draft.drop(tables.ACCESS_TOKENS, row["id"])
    return unauthorized(message, keep=True)


# ---- JWTs of people
def open_session(call: Call, user_id: str, organization_id: str | None, *, lives: int | None = None) -> str:
    """Open a session for a person and return its JWT; `lives` is in seconds, None has no end."""
    row = call.new_row(userId=user_id, ip="127.0.0.1", userAgent="infisical", lastUsed=call.at, refreshVersion=1)
    call.draft.put(tables.SESSIONS, row["id"], row)
    return sign(
        call.draft.state,
        {
            "authTokenType": "accessToken",
            "userId": user_id,
            "tokenVersionId": row["id"],
            "organizationId": organization_id,
            "iat": int(call.now),
            **({"exp": call.now + lives} if lives else {}),
        },
    )


def sign_mfa_token(call: Call, user_id: str) -> str:
    """Return the short-lived token that the mfa routes take."""
    claims = {"authTokenType": "mfaToken", "userId": user_id, "iat": int(call.now), "exp": call.now + 300}
    return sign(call.draft.state, claims)


def require_trusted_address(trusted: Any) -> None:
    """Refuse a caller outside of the trusted addresses; an empty list trusts all."""
    if not trusted or any(_is_within(one["ipAddress"], one.get("prefix")) for one in trusted):
        return
    raise forbidden("You are not allowed to access this resource from the current IP address")


def _is_within(address: str, prefix: int | None) -> bool:
    network = ip_network(address if prefix is None or "/" in address else f"{address}/{prefix}", strict=False)
    return network.version == CALLER_ADDRESS.version and CALLER_ADDRESS in network
