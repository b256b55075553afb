"""The kind of a token that an environment variable holds: a service token, a user's token or an identity's.

Nothing is verified here: the server does that. A token of another kind is an identity's.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any, Final

from returns.result import Success

from infisical.answer import Answer
from infisical.credentials import Credential, IdentityAccessToken, Jwt, ServiceToken
from infisical.settings.variables import SERVICE_TOKEN, refuse

MAX_PAYLOAD_LENGTH: Final = 2**16
"""Characters of a token's payload that are decoded; a longer payload is not."""


def make_credential(name: str, origin: str, token: str) -> Answer[Credential]:
    """Make the credential of a token; a failure that names its `origin` if no header can carry the token."""
    try:
        return Success(_make_credential(name, token))
    except ValueError as cause:
        return refuse(f"{origin}: {cause}")


def _make_credential(name: str, token: str) -> Credential:
    if token.startswith("st.") or name == SERVICE_TOKEN:
        return ServiceToken(token)
    if decode_payload(token).get("authTokenType") == "accessToken":
        return Jwt(token)
    return IdentityAccessToken(token)


def decode_payload(token: str) -> dict[str, Any]:
    """Decode the claims of a JWT without verifying it; an empty dict for any other token."""
    parts = token.split(".", 3)
    if len(parts) != 3 or len(parts[1]) > MAX_PAYLOAD_LENGTH:
        return {}
    encoded = parts[1].rstrip("=")
    try:
        document = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
        claims = json.loads(document)
    except (binascii.Error, ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}
