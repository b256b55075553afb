"""OIDC and JWT logins: which keys verify a token, and which of its claims the settings are bound to.

Keys are those of the settings, or those that the state declares for a URL of the settings (`declare_keys`). jwts.py
verifies signatures. The order of the checks and the words of the refusals are the server's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from infisical.memory import tables
from infisical.memory.call import Call
from infisical.memory.identity_auth.jwts import (
    InvalidTokenError,
    Token,
    is_pem,
    parse_token,
    select_signing_keys,
    verify_token,
)
from infisical.memory.patterns import matches_text_glob
from infisical.memory.refusals import Refusal, forbidden, internal_error, unauthorized
from infisical.memory.state import Row

MAX_KEYS: Final = 10
"""The most keys that are tried for a token without a key id."""


def verify_oidc(call: Call, settings: Row, _: Sequence[Row]) -> bool:
    """Verify an OIDC login; False if the state declares no keys for the discovery URL."""
    key_set = _find_keys(call, settings.get("oidcDiscoveryUrl"))
    if key_set is None:
        return False
    token = _parse(call)
    _verify_with_provider(token, key_set, settings.get("boundIssuer"), call.now)
    claims = token.claims
    subject = settings.get("boundSubject")
    if subject and not _matches(claims.get("sub"), subject):
        raise forbidden("Access denied: OIDC subject not allowed.")
    audiences = settings.get("boundAudiences")
    if audiences and not _matches_any(claims.get("aud"), audiences):
        raise unauthorized("Access denied: OIDC audience not allowed.")
    _check_claims(claims, settings.get("boundClaims"), lambda name: "Access denied: OIDC claim not allowed.")
    for name in (settings.get("claimMetadataMapping") or {}).values():
        if not _get_claim(claims, name):
            raise _build_missing_refusal(name)
    return True


def verify_jwt(call: Call, settings: Row, _: Sequence[Row]) -> bool:
    """Verify a JWT login; False if there are no keys: none declared for the JWKS URL, or no PEM in the settings."""
    if settings.get("configurationType") == "jwks":
        key_set = _find_keys(call, settings.get("jwksUrl"))
        if key_set is None:
            return False
        token = _parse(call)
        _verify_with_key_set(token, key_set, call.now)
    else:
        texts = settings.get("publicKeys") or ()
        if not any(is_pem(text) for text in texts):
            return False
        token = _parse(call)
        _verify_with_any(token, texts, call.now)
    claims = token.claims
    issuer, subject, audiences = (settings.get(name) for name in ("boundIssuer", "boundSubject", "boundAudiences"))
    if issuer and claims.get("iss") != issuer:
        raise forbidden("Access denied: issuer mismatch")
    if subject and not claims.get("sub"):
        raise unauthorized("Access denied: token has no subject field")
    if subject and not _matches(claims.get("sub"), subject, crosses_slashes=True):
        raise forbidden("Access denied: subject not allowed")
    if audiences and not claims.get("aud"):
        raise unauthorized("Access denied: token has no audience field")
    if audiences and not _matches_any(claims.get("aud"), audiences, crosses_slashes=True):
        raise unauthorized("Access denied: token audience not allowed")
    _check_claims(
        claims,
        settings.get("boundClaims"),
        lambda name: f"Access denied: claim mismatch for field {name}",
        crosses_slashes=True,
    )
    return True


def _find_keys(call: Call, url: object) -> Sequence[Mapping[str, Any]] | None:
    row = call.draft.get(tables.DECLARED_KEYS, str(url).rstrip("/"))
    return None if row is None else row["keys"]


def _parse(call: Call) -> Token:
    token = parse_token(call.body["jwt"])
    if token is None:
        raise unauthorized("Invalid JWT")
    return token


# ---- keys
def _verify_with_provider(token: Token, key_set: Sequence[Mapping[str, Any]], issuer: str | None, now: float) -> None:
    """Verify a token with the key of its id, or, if it names none, with every key."""
    keys, key_id = select_signing_keys(key_set), token.header.get("kid")
    if key_id:
        key = _find_key(keys, key_id)
        if key is None:
            raise unauthorized(
                f"Access denied: Unable to verify JWT signature. The signing key '{key_id}' was not found in the OIDC "
                "provider's JWKS endpoint. This may indicate an invalid token or misconfigured OIDC provider."
            )
        _verify_with(token, key, now, issuer)
        return
    if not keys:
        raise unauthorized(
            "Access denied: Failed to retrieve signing keys from OIDC provider: The JWKS endpoint did not contain any "
            "signing keys"
        )
    if len(keys) > MAX_KEYS:
        raise unauthorized(
            f"Access denied: OIDC provider has {len(keys)} signing keys. Tokens must include 'kid' header when "
            f"provider has more than {MAX_KEYS} keys."
        )
    mistakes = _list_mistakes(token, keys, now, issuer)
    if len(mistakes) == len(keys):
        raise unauthorized(
            f"Access denied: Unable to verify JWT signature with any available signing key. {mistakes[-1]}"
        )


def _verify_with_key_set(token: Token, key_set: Sequence[Mapping[str, Any]], now: float) -> None:
    """Verify a token with the key of its id, or with the only key; any other token ends in an error of the server."""
    keys, key_id = select_signing_keys(key_set), token.header.get("kid")
    key = _find_key(keys, key_id) if key_id is not None else keys[0] if len(keys) == 1 else None
    if key is None:
        raise internal_error()
    _verify_with(token, key, now)


def _verify_with_any(token: Token, texts: Sequence[str], now: float) -> None:
    mistakes = _list_mistakes(token, texts, now)
    if len(mistakes) == len(texts):
        raise unauthorized(f"Access denied: JWT verification failed with all keys. Errors - {'; '.join(mistakes)}")


def _find_key(keys: Sequence[Mapping[str, Any]], key_id: object) -> Mapping[str, Any] | None:
    return next((key for key in keys if key.get("kid") == key_id), None)


def _verify_with(token: Token, key: Mapping[str, Any], now: float, issuer: str | None = None) -> None:
    try:
        verify_token(token, key, now, issuer)
    except InvalidTokenError as mistake:
        raise unauthorized(f"Access denied: {mistake}") from None


def _list_mistakes(
    token: Token, keys: Sequence[Mapping[str, Any] | str], now: float, issuer: str | None = None
) -> list[str]:
    """Return why each key does not verify the token; a key that does has no mistake in the list."""
    mistakes = []
    for key in keys:
        try:
            verify_token(token, key, now, issuer)
        except InvalidTokenError as mistake:
            mistakes.append(str(mistake))
    return mistakes


# ---- claims
def _check_claims(
    claims: Mapping[str, Any],
    bound: Mapping[str, str] | None,
    describe: Callable[[str], str],
    *,
    crosses_slashes: bool = False,
) -> None:
    for name, policies in (bound or {}).items():
        value = _get_claim(claims, name)
        if not value and value != []:
            raise _build_missing_refusal(name)
        if not _matches_any(value, policies, crosses_slashes=crosses_slashes):
            raise unauthorized(describe(name))


def _build_missing_refusal(name: str) -> Refusal:
    return unauthorized(f"Access denied: token has no {name} field")


def _get_claim(claims: Mapping[str, Any], path: str) -> Any:
    """Return the claim of a dotted path; None for one that is missing, null or an object."""
    value: Any = claims
    for name in path.split("."):
        if not isinstance(value, dict) or name not in value:
            return None
        value = value[name]
    is_list = isinstance(value, list) and all(isinstance(item, str) for item in value)
    return value if is_list or isinstance(value, (str, int, float)) else None


def _matches_any(value: Any, policies: str, *, crosses_slashes: bool = False) -> bool:
    """True if a claim, or one item of a list, matches one of the comma-separated policies."""
    return any(_matches(value, policy, crosses_slashes=crosses_slashes) for policy in policies.split(", "))


def _matches(value: Any, policy: str, *, crosses_slashes: bool = False) -> bool:
    if isinstance(value, bool):
        return value == (policy == "true")
    if isinstance(value, (int, float)):
        number = re.match(r"\s*([+-]?[0-9]{1,300})", policy)
        return number is not None and value == int(number[1])
    if isinstance(value, list):
        return any(isinstance(item, str) and _matches(item, policy, crosses_slashes=crosses_slashes) for item in value)
    return isinstance(value, str) and (
        value == policy or matches_text_glob(policy, value, crosses_slashes=crosses_slashes)
    )
