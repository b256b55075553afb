"""JWTs of other issuers: parse them, and verify signature and times with public keys, as the server's library does.

A key is a JWK or a PEM text. Functions import `cryptography` when they are called, as in ciphers.py. Settings, rows and
refusals do not belong here.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

from infisical.memory.domain.ciphers import require_cryptography

RSA_ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
CURVES: Final = {"P-256": ("SECP256R1", "ES256"), "P-384": ("SECP384R1", "ES384"), "P-521": ("SECP521R1", "ES512")}
"""The curves of a JWK, with their name in `cryptography` and the only algorithm of each."""
FORM: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
PUBLIC_MEMBERS: Final = frozenset({"kty", "use", "alg", "kid", "key_ops", "crv", "x", "y", "n", "e", "x5c", "x5t"})
"""The members of a JWK that are kept: those of a private key are not among them."""


class InvalidTokenError(Exception):
    """A JWT that is not valid; the message is that of the server's library."""


@dataclass(frozen=True, slots=True)
class Token:
    """A JWT by its parts. Nothing of it is verified."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any] = field(repr=False)
    signed: bytes = field(repr=False)
    signature: bytes = field(repr=False)


def parse_token(text: str) -> Token | None:
    """Parse a JWT; None for any other text."""
    if not FORM.fullmatch(text):
        return None
    head, body, signature = text.split(".")
    try:
        header, claims = _read_json(head), _read_json(body)
        proof = _decode(signature)
    except (ValueError, RecursionError):
        return None
    if not isinstance(header, dict):
        return None
    return Token(header, claims if isinstance(claims, dict) else {}, f"{head}.{body}".encode(), proof)


def verify_token(token: Token, key: Mapping[str, Any] | str, now: float, issuer: str | None = None) -> None:
    """Check a JWT with a JWK or a PEM text; InvalidTokenError if the signature, a time or the issuer is wrong.

    `now` is in seconds since the epoch. The key decides which algorithms are possible.
    """
    if not token.signature:
        raise InvalidTokenError("jwt signature is required")
    if not _is_signed_by(token, key):
        raise InvalidTokenError("invalid signature")
    start, end, moment = token.claims.get("nbf"), token.claims.get("exp"), int(now)
    if start is not None and _check_time("nbf", start) > moment:
        raise InvalidTokenError("jwt not active")
    if end is not None and _check_time("exp", end) <= moment:
        raise InvalidTokenError("jwt expired")
    if issuer is not None and token.claims.get("iss") != issuer:
        raise InvalidTokenError(f"jwt issuer invalid. expected: {issuer}")


def select_signing_keys(key_set: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the JWKs that sign, as the server's library selects them."""
    return [key for key in key_set if key.get("use") in (None, "sig") and key.get("kty") in ("RSA", "EC", "OKP")]


def to_public_jwks(key_set: object) -> list[dict[str, Any]]:
    """Copy the public members of the JWKs in a JWK Set (`{"keys": [...]}`) or a list; ValueError for anything else."""
    keys = key_set.get("keys") if isinstance(key_set, Mapping) else key_set
    if not isinstance(keys, Sequence) or not all(isinstance(key, Mapping) and "kty" in key for key in keys):
        raise ValueError('keys must be a JWK Set, {"keys": [...]}, or a list of JWKs')
    copies: list[dict[str, Any]] = json.loads(
        json.dumps([{name: value for name, value in key.items() if name in PUBLIC_MEMBERS} for key in keys])
    )
    return copies


def is_pem(text: str) -> bool:
    """True if a text has a public key or a certificate in PEM, by its first line."""
    return re.match(r"\s*-----BEGIN (?:RSA PUBLIC KEY|PUBLIC KEY|CERTIFICATE)-----", text) is not None


# ---- parts
def _read_json(part: str) -> Any:
    return json.loads(_decode(part), parse_constant=_refuse_constant)


def _refuse_constant(_: str) -> NoReturn:
    raise ValueError("no JSON")


def _decode(part: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except binascii.Error:
        raise ValueError("no base64") from None


def _check_time(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InvalidTokenError(f"invalid {name} value")
    return value


# ---- signatures
@require_cryptography
def _is_signed_by(token: Token, key: Mapping[str, Any] | str) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, padding, utils

    public: Any = _load_key(key)
    algorithm = str(token.header.get("alg"))
    if algorithm not in _list_algorithms(public):
        raise InvalidTokenError("invalid algorithm")
    digest: hashes.HashAlgorithm = getattr(hashes, f"SHA{algorithm[2:]}")()
    try:
        if isinstance(public, ec.EllipticCurvePublicKey):
            size = (public.key_size + 7) // 8
            if len(token.signature) != 2 * size:
                return False
            first, second = (int.from_bytes(token.signature[at : at + size]) for at in (0, size))
            public.verify(utils.encode_dss_signature(first, second), token.signed, ec.ECDSA(digest))
        else:
            is_pss = algorithm.startswith("PS")
            scheme = padding.PSS(padding.MGF1(digest), digest.digest_size) if is_pss else padding.PKCS1v15()
            public.verify(token.signature, token.signed, scheme, digest)
    except InvalidSignature:
        return False
    return True


def _list_algorithms(public: object) -> tuple[str, ...]:
    """Return the algorithms of a public key; none for a kind of key that the server's library does not verify with."""
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    if isinstance(public, rsa.RSAPublicKey):
        return RSA_ALGORITHMS
    if isinstance(public, ec.EllipticCurvePublicKey):
        return tuple(algorithm for curve, algorithm in CURVES.values() if curve.lower() == public.curve.name)
    return ()


def _load_key(key: Mapping[str, Any] | str) -> object:
    """Load a public key; None for one that cannot be read."""
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        return _load_pem(key) if isinstance(key, str) else _load_jwk(key)
    except (ValueError, KeyError, TypeError, AttributeError, UnsupportedAlgorithm):
        return None


def _load_pem(text: str) -> object:
    from cryptography.hazmat.primitives.serialization import load_pem_public_key
    from cryptography.x509 import load_pem_x509_certificate

    content = text.strip().encode()
    if b"CERTIFICATE" in content.partition(b"\n")[0]:
        return load_pem_x509_certificate(content).public_key()
    return load_pem_public_key(content)


def _load_jwk(jwk: Mapping[str, Any]) -> object:
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    if jwk["kty"] == "RSA":
        return rsa.RSAPublicNumbers(_read_number(jwk["e"]), _read_number(jwk["n"])).public_key()
    if jwk["kty"] == "EC":
        curve = getattr(ec, CURVES[jwk["crv"]][0])()
        return ec.EllipticCurvePublicNumbers(_read_number(jwk["x"]), _read_number(jwk["y"]), curve).public_key()
    return None


def _read_number(text: str) -> int:
    return int.from_bytes(_decode(text))
