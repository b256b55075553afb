"""Tokens of the fake platforms: they have the form of a JWT, and a signature that nobody can verify."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any


def make_token(claims: Mapping[str, Any]) -> str:
    """Make a token with these claims."""
    header = {"alg": "RS256", "kid": "fake", "typ": "JWT"}
    return ".".join((_encode(header), _encode(claims), "ZmFrZS1zaWduYXR1cmU"))


def read_claims(token: str) -> dict[str, Any]:
    """Read the claims of a token, whatever signed it; ValueError for a text that is no JWT."""
    parts = token.split(".")
    if len(parts) != 3:
        raise ValueError("a JWT has three parts")
    claims = json.loads(base64.urlsafe_b64decode(f"{parts[1]}==="))
    if not isinstance(claims, dict):
        raise ValueError("the claims of a JWT are an object")
    return claims


def _encode(document: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=").decode()
