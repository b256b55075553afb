"""Tokens: access tokens of machine identities and JWTs of users: issued, renewed and revoked.

A token is a real JWT (HS256): a malformed, forged or expired text is refused before its row is read. The row then
tells whether the token is revoked or used up, and on servers of 2024 whether it is past its TTL. Today's rules rest on
identity-access-token-service.ts and -fns.ts at 0b118066 (2026). access.py decides who may call a route.
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
UNREADABLE_MESSAGE: Final = "invalid token"
"""Refuses a text of three parts that are no JSON, in the words of the server's library."""
EXPIRED_MESSAGE: Final = "Your token has expired. Please re-authenticate."
CALLER_ADDRESS: Final = ip_address("127.0.0.1")
"""The address of every caller: a server in memory has no network."""

MONTH_SECONDS: Final = 2592000
UNLIMITED_TTL: Final = 1000000000
"""The max TTL of periodic tokens, which can be renewed for ever."""
IDENTITY_TOKEN_TYPE: Final = "identityAccessToken"
MAX_AGE_SECONDS: Final = 7776000
"""The longest life of a token's text today (MAX_MACHINE_IDENTITY_TOKEN_AGE), also of a token without TTL."""


# ---- texts
def sign(state: State, claims: Mapping[str, Any]) -> str:
    """Sign claims as a JWT."""
    head, body = _encode_part({"alg": "HS256", "typ": "JWT"}), _encode_part(claims)
    return f"{head}.{body}.{_compute_signature(state, f'{head}.{body}')}"


def read_claims(state: State, text: str, now: float) -> Mapping[str, Any]:
    """Return the claims of a JWT; refuse a malformed, forged or expired one."""
    try:
        head, body, signature = text.split(".")
    except ValueError:
        raise token_refused(MALFORMED_MESSAGE) from None
    try:
        claims = json.loads(_decode_part(body))
        if json.loads(_decode_part(head)).get("alg") != "HS256":
            raise token_refused("invalid algorithm")
    except (ValueError, AttributeError, binascii.Error):
        raise token_refused(UNREADABLE_MESSAGE) from None
    if not isinstance(claims, dict):
        raise token_refused(UNREADABLE_MESSAGE)
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
    """Issue an access token as a login does: add its row and return the answer of the login.

    `settings` are those of the login method: accessTokenTTL and accessTokenMaxTTL in seconds (0: no end),
    accessTokenNumUsesLimit (0: no limit), accessTokenPeriod (0: not periodic).
    """
    return answer_login(call, create_token(call, identity_id, method, settings, **columns))


def create_token(call: Call, identity_id: str, method: str, settings: Row, **columns: Any) -> Row:
    """Add the row of an access token and record time and method of the login in the identity's membership."""
    sub_organization = call.body.get("organizationSlug") or call.body.get("subOrganizationName")
    if sub_organization is not None:  # organizations in memory have no sub-organizations
        raise not_found(f"Sub organization with name {sub_organization} not found")
    period = 0 if call.is_2024 else int(settings.get("accessTokenPeriod") or 0)
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
        login = {"lastLoginAuthMethod": method, "lastLoginTime": call.timestamp}
        call.draft.merge(tables.IDENTITY_MEMBERS, identity_id, **login)
    return call.draft.put(tables.ACCESS_TOKENS, str(row["id"]), row)


def answer_login(call: Call, row: Row, text: str | None = None, ttl: float | None = None) -> dict[str, Any]:
    """Return the answer of a login or a renewal: `text`, or by default a new text for the token of this row.

    `ttl` is the life in seconds that a renewal leaves to the token.
    """
    return {
        "accessToken": text or sign(call.draft.state, _build_claims(call, row)),
        "expiresIn": row["accessTokenTTL"] if ttl is None else ttl,
        "accessTokenMaxTTL": row["accessTokenMaxTTL"],
        "tokenType": "Bearer",
    }


def _build_claims(call: Call, row: Row) -> Mapping[str, Any]:
    """Build the claims of a token; it expires after its TTL, on servers of 2024 after its max TTL."""
    start, lifetime = int(call.now), row["accessTokenMaxTTL"] if call.is_2024 else compute_ttl(row, call.now)
    return {
        "identityId": row["identityId"],
        **({"clientSecretId": row["identityUAClientSecretId"]} if row["identityUAClientSecretId"] else {}),
        "identityAccessTokenId": row["id"],
        "authTokenType": IDENTITY_TOKEN_TYPE,
        "iat": start,
        "jti": call.draft.new_id(),
        **({"exp": start + lifetime} if lifetime else {}),
    }


def compute_ttl(row: Row, now: float) -> int:
    """Return for how many seconds a text lives that is issued now: its TTL, or what is left of the max TTL if less."""
    ends = int(parse_time(row["createdAt"])) + row["accessTokenMaxTTL"] - int(now)
    budget = ends if row["accessTokenMaxTTL"] and not row["accessTokenPeriod"] else MAX_AGE_SECONDS
    return min(row["accessTokenTTL"] or MAX_AGE_SECONDS, budget, MAX_AGE_SECONDS)


def get_live_token(draft: Draft, claims: Mapping[str, Any], now: float) -> Row:
    """Return the row of an access token; refuse a revoked or used up one, and in 2024 an expired one."""
    is_2024 = draft.state.settings.generation == "2024-10"
    row = _get_token(draft, claims) if is_2024 else _get_unrevoked(draft, claims, "Failed to authorize")
    settings = draft.get(tables.auth_settings(row["authMethod"]), row["identityId"])
    if settings is not None:  # the current settings count, not those at the time of the login
        require_trusted_address(settings.get("accessTokenTrustedIps"))
    if not is_2024:
        if _is_used_up(row):
            raise unauthorized("Failed to authorize: token usage limit reached")
        return row
    if _is_used_up(row):
        raise _drop_token(draft, row, "Unable to renew because access token number of uses limit reached")
    since = parse_time(row["accessTokenLastRenewedAt"] or row["createdAt"])
    if row["accessTokenTTL"] and now > since + row["accessTokenTTL"]:
        raise _drop_token(draft, row, "Failed to renew MI access token due to TTL expiration")
    return row


def count_use(draft: Draft, row: Row, now: float) -> None:
    """Count one use of an access token."""
    draft.merge(
        tables.ACCESS_TOKENS,
        row["id"],
        accessTokenNumUses=row["accessTokenNumUses"] + 1,
        accessTokenLastUsedAt=format_time(now),
    )


def renew(call: Call, text: str) -> dict[str, Any]:
    """Renew an access token.

    Today's server answers a new text for the same token, which lives until the max TTL at most. Servers of 2024 answer
    the text that they got, and delete a token that would outlive its max TTL.
    """
    claims = read_claims(call.draft.state, text, call.now)
    if not call.is_2024:
        return _renew_today(call, claims)
    if claims.get("authTokenType") != IDENTITY_TOKEN_TYPE:
        raise bad_request("Only identity access tokens can be renewed")
    row = get_live_token(call.draft, claims, call.now)
    ends = parse_time(row["createdAt"]) + row["accessTokenMaxTTL"]
    if row["accessTokenMaxTTL"] and not row["accessTokenPeriod"]:
        if call.now > ends:
            raise _drop_token(call.draft, row, "Failed to renew MI access token due to Max TTL expiration")
        # `>=`, because a real server loses time before it compares: a TTL equal to the max TTL is never renewed
        if call.now + row["accessTokenTTL"] >= ends:
            raise _drop_token(call.draft, row, "Failed to renew MI access token past its Max TTL expiration")
    renewed_row = call.draft.merge(
        tables.ACCESS_TOKENS, row["id"], accessTokenLastRenewedAt=call.timestamp, updatedAt=call.timestamp
    )
    return answer_login(call, renewed_row, text)


def _renew_today(call: Call, claims: Mapping[str, Any]) -> dict[str, Any]:
    _require_identity_token(claims)
    row = _get_unrevoked(call.draft, claims, "Cannot renew")
    if _is_used_up(row):
        raise unauthorized("Cannot renew exhausted access token")
    ttl = compute_ttl(row, call.now)
    if ttl <= 0:
        raise unauthorized("Cannot renew: identity access token has reached its max TTL")
    renewed_row = call.draft.merge(
        tables.ACCESS_TOKENS, row["id"], accessTokenLastRenewedAt=call.timestamp, updatedAt=call.timestamp
    )
    return answer_login(call, renewed_row, ttl=ttl)


def revoke(call: Call, text: str) -> None:
    """Revoke an access token. Today one that is revoked already is revoked again."""
    claims = read_claims(call.draft.state, text, call.now)
    token_id = str(claims.get("identityAccessTokenId"))
    if not call.is_2024:
        _require_identity_token(claims)
    elif claims.get("authTokenType") != IDENTITY_TOKEN_TYPE:
        raise unauthorized("Only identity access tokens can be revoked")
    row = _get_token(call.draft, claims) if call.is_2024 else call.draft.get(tables.ACCESS_TOKENS, token_id)
    if row is None:
        return  # its login method or its identity was removed, and the token with it
    call.draft.merge(tables.ACCESS_TOKENS, row["id"], isAccessTokenRevoked=True, updatedAt=call.timestamp)


def _get_token(draft: Draft, claims: Mapping[str, Any]) -> Row:
    """Return the row of a token; refuse an unknown or revoked one."""
    row = draft.get(tables.ACCESS_TOKENS, str(claims.get("identityAccessTokenId")))
    if row is None or row["isAccessTokenRevoked"]:
        raise unauthorized("No identity access token found")
    return row


def _require_identity_token(claims: Mapping[str, Any]) -> None:
    if claims.get("authTokenType") != IDENTITY_TOKEN_TYPE:
        raise bad_request("Token is not an identity access token")


def _is_used_up(row: Row) -> bool:
    return bool(row["accessTokenNumUsesLimit"] and row["accessTokenNumUses"] >= row["accessTokenNumUsesLimit"])


def _get_unrevoked(draft: Draft, claims: Mapping[str, Any], prefix: str) -> Row:
    """Return the row of a token; refuse a revoked one with the reason (revocationDenyReasonToMessage)."""
    row = draft.get(tables.ACCESS_TOKENS, str(claims.get("identityAccessTokenId")))
    if row is None:
        exists = str(claims.get("identityId")) in draft.rows(tables.IDENTITIES)
        raise unauthorized(f"{prefix}: {'auth method has' if exists else 'identity tokens have'} been revoked")
    if row["isAccessTokenRevoked"]:
        raise unauthorized(f"{prefix}: token has been revoked")
    secret_id = row["identityUAClientSecretId"]
    secret = draft.get(tables.client_secrets(row["identityId"]), secret_id) if secret_id else None
    if secret is not None and secret.get("areTokensRevoked"):
        raise unauthorized(f"{prefix}: client secret has been revoked")
    return row


def _drop_token(draft: Draft, row: Row, message: str) -> Refusal:
    """Delete an access token and build the refusal; the deletion survives the refused request."""
    draft.drop(tables.ACCESS_TOKENS, row["id"])
    return unauthorized(message, keep=True)


# ---- JWTs of users
def open_session(call: Call, user_id: str, organization_id: str | None, *, ttl: int | None = None) -> str:
    """Open a session of a user and return its JWT, which expires after `ttl` seconds; None: never."""
    row = call.new_row(userId=user_id, ip="127.0.0.1", userAgent="infisical", lastUsed=call.timestamp, refreshVersion=1)
    call.draft.put(tables.SESSIONS, row["id"], row)
    return sign(
        call.draft.state,
        {
            "authTokenType": "accessToken",
            "userId": user_id,
            "tokenVersionId": row["id"],
            "organizationId": organization_id,
            "iat": int(call.now),
            **({"exp": call.now + ttl} if ttl else {}),
        },
    )


def sign_mfa_token(call: Call, user_id: str) -> str:
    """Sign the short-lived token that the MFA routes accept."""
    claims = {"authTokenType": "mfaToken", "userId": user_id, "iat": int(call.now), "exp": call.now + 300}
    return sign(call.draft.state, claims)


def require_trusted_address(addresses: Any) -> None:
    """Refuse a caller outside the trusted addresses; an empty list trusts all addresses."""
    if not addresses or any(_is_within(one["ipAddress"], one.get("prefix")) for one in addresses):
        return
    raise forbidden("You are not allowed to access this resource from the current IP address")


def _is_within(address: str, prefix: int | None) -> bool:
    network = ip_network(address if prefix is None or "/" in address else f"{address}/{prefix}", strict=False)
    return network.version == CALLER_ADDRESS.version and CALLER_ADDRESS in network
