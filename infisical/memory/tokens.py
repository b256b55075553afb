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
from infisical.memory.call import Call, iso, seconds_of
from infisical.memory.refusals import Refused, token_refused, unauthorized
from infisical.memory.state import Draft, Row, State

MALFORMED: Final = (
    "The provided access token is malformed. Please use a valid token or generate a new one and try again."
)
EXPIRED: Final = "Your token has expired. Please re-authenticate."
CALLER: Final = ip_address("127.0.0.1")
"""Everybody calls from here: a value in memory has no network."""

MONTH: Final = 2592000


# ---- texts
def sign(state: State, claims: Mapping[str, Any]) -> str:
    """Write a JWT."""
    head, body = _part({"alg": "HS256", "typ": "JWT"}), _part(claims)
    return f"{head}.{body}.{_signature(state, f'{head}.{body}')}"


def read(state: State, text: str, now: float) -> Mapping[str, Any]:
    """Return the claims of a JWT; refuse one that is malformed, forged or expired."""
    try:
        head, body, signature = text.split(".")
        claims = json.loads(_unpadded(body))
        if json.loads(_unpadded(head)).get("alg") != "HS256":
            raise token_refused("invalid algorithm")
    except (ValueError, AttributeError, binascii.Error):
        raise token_refused(MALFORMED) from None
    if not isinstance(claims, dict):
        raise token_refused(MALFORMED)
    if not hmac.compare_digest(signature.encode(), _signature(state, f"{head}.{body}").encode()):
        raise token_refused("invalid signature")
    expires = claims.get("exp")
    if isinstance(expires, int | float) and now >= expires:
        raise token_refused(EXPIRED)
    return claims


def _part(value: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).rstrip(b"=").decode()


def _unpadded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _signature(state: State, text: str) -> str:
    key = hashlib.sha256(f"jwt:{state.settings.seed}".encode()).digest()
    return base64.urlsafe_b64encode(hmac.digest(key, text.encode(), "sha256")).rstrip(b"=").decode()


# ---- access tokens of machine identities
def issue(call: Call, identity_id: str, method: str, settings: Row, **columns: Any) -> dict[str, Any]:
    """Make an access token as a login does: put its row, and return the login's answer.

    The settings are those of the login method: accessTokenTTL and accessTokenMaxTTL in seconds (0: no end),
    accessTokenNumUsesLimit (0: no limit), accessTokenTrustedIps.
    """
    ttl, max_ttl = int(settings.get("accessTokenTTL", MONTH)), int(settings.get("accessTokenMaxTTL", MONTH))
    period = int(settings.get("accessTokenPeriod") or 0)
    row = call.new_row(
        identityId=identity_id,
        authMethod=method,
        name=columns.pop("name", None),
        accessTokenTTL=period or ttl,
        accessTokenMaxTTL=0 if period else max_ttl,
        accessTokenPeriod=period,
        accessTokenNumUses=0,
        accessTokenNumUsesLimit=int(settings.get("accessTokenNumUsesLimit", 0)),
        accessTokenLastUsedAt=None,
        accessTokenLastRenewedAt=None,
        isAccessTokenRevoked=False,
        trustedIps=settings.get("accessTokenTrustedIps", ()),
        **columns,
    )
    call.draft.put(tables.ACCESS_TOKENS, row["id"], row)
    return login_answer(call, row)


def login_answer(call: Call, row: Row) -> dict[str, Any]:
    """Return what a login or a renewal answers: a newly signed text for the token of this row."""
    ttl = row["accessTokenTTL"]
    claims: dict[str, Any] = {
        "identityId": row["identityId"],
        "identityAccessTokenId": row["id"],
        "authTokenType": "identityAccessToken",
        "iat": int(call.now),
        "jti": call.draft.new_id(),
    }
    if ttl:
        claims["exp"] = call.now + ttl
    return {
        "accessToken": sign(call.draft.state, claims),
        "expiresIn": ttl,
        "accessTokenMaxTTL": row["accessTokenMaxTTL"],
        "tokenType": "Bearer",
    }


def live(draft: Draft, claims: Mapping[str, Any], now: float) -> Row:
    """Return the row of an access token; refuse one that was revoked, used up or has outlived its TTL."""
    row = draft.get(tables.ACCESS_TOKENS, str(claims.get("identityAccessTokenId")))
    if row is None:
        raise unauthorized("No identity access token found")
    if row["isAccessTokenRevoked"]:
        raise unauthorized("Failed to authorize revoked access token, access token is revoked")
    limit = row["accessTokenNumUsesLimit"]
    if limit and row["accessTokenNumUses"] >= limit:
        draft.drop(tables.ACCESS_TOKENS, row["id"])
        raise unauthorized("Unable to renew because access token number of uses limit reached", keep=True)
    since = seconds_of(row["accessTokenLastRenewedAt"] or row["createdAt"])
    if row["accessTokenTTL"] and now > since + row["accessTokenTTL"]:
        draft.drop(tables.ACCESS_TOKENS, row["id"])
        raise unauthorized("Failed to renew MI access token due to TTL expiration", keep=True)
    trust(row["trustedIps"])
    return row


def used(draft: Draft, row: Row, now: float) -> None:
    """Count a use of an access token."""
    draft.merge(
        tables.ACCESS_TOKENS,
        row["id"],
        accessTokenNumUses=row["accessTokenNumUses"] + 1,
        accessTokenLastUsedAt=iso(now),
    )


def renew(call: Call, text: str) -> dict[str, Any]:
    """Renew an access token: a new text for the same token; one past its max TTL is deleted."""
    row = live(call.draft, _of_identity(call, text), call.now)
    created, max_ttl = seconds_of(row["createdAt"]), row["accessTokenMaxTTL"]
    if max_ttl and call.now + row["accessTokenTTL"] > created + max_ttl:
        call.draft.drop(tables.ACCESS_TOKENS, row["id"])
        raise unauthorized("Failed to renew MI access token past its Max TTL expiration", keep=True)
    renewed = call.draft.merge(tables.ACCESS_TOKENS, row["id"], accessTokenLastRenewedAt=call.at, updatedAt=call.at)
    return login_answer(call, renewed)


def revoke(call: Call, text: str) -> None:
    """End an access token."""
    row = call.draft.get(tables.ACCESS_TOKENS, str(_of_identity(call, text).get("identityAccessTokenId")))
    if row is None:
        raise unauthorized("No identity access token found")
    call.draft.drop(tables.ACCESS_TOKENS, row["id"])


def _of_identity(call: Call, text: str) -> Mapping[str, Any]:
    claims = read(call.draft.state, text, call.now)
    if claims.get("authTokenType") != "identityAccessToken":
        raise Refused(400, "BadRequest", "Only identity access tokens can be renewed or revoked")
    return claims


# ---- JWTs of people
def user_token(call: Call, user_id: str, organization_id: str | None, *, lives: int | None = None) -> str:
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


def mfa_token(call: Call, user_id: str) -> str:
    """Return the short-lived token that the mfa routes take."""
    claims = {"authTokenType": "mfaToken", "userId": user_id, "iat": int(call.now), "exp": call.now + 300}
    return sign(call.draft.state, claims)


def trust(trusted: Any) -> None:
    """Refuse a caller outside of the trusted addresses; an empty list trusts all."""
    if not trusted or any(_within(one["ipAddress"], one.get("prefix")) for one in trusted):
        return
    raise Refused(403, "ForbiddenError", "You are not allowed to access this resource due to IP restrictions")


def _within(address: str, prefix: int | None) -> bool:
    network = ip_network(address if prefix is None or "/" in address else f"{address}/{prefix}", strict=False)
    return network.version == CALLER.version and CALLER in network
