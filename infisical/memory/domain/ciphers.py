"""Ciphers: create keys, encrypt, decrypt, sign and verify, as functions on texts and bytes.

Functions import the package `cryptography` when they are called. Without it they refuse the request and name the extra
to install; the rest of the server works. Rows and routes do not belong here; X.509 is in pki/x509.py.
"""

from __future__ import annotations

import base64
import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar

from infisical.memory.refusals import Refusal, bad_request

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.hashes import HashAlgorithm

P = ParamSpec("P")
T = TypeVar("T")

MISSING_MESSAGE: Final = (
    "The server in memory needs the package 'cryptography' for this: pip install 'infisical-functional[memory]'"
)
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16

SYMMETRIC_ALGORITHMS: Final = {"aes-256-gcm": 32, "aes-128-gcm": 16}
"""The algorithms of encryption, with the length of their keys in bytes."""
MACS: Final = {"HMAC_SHA_256": 32, "HMAC_SHA_384": 48, "HMAC_SHA_512": 64}
CURVES: Final = {"ECC_NIST_P256": "SECP256R1", "ECC_NIST_P384": "SECP384R1", "ECC_NIST_P521": "SECP521R1"}
LATTICES: Final = {"ML_DSA_44": "MLDSA44", "ML_DSA_65": "MLDSA65", "ML_DSA_87": "MLDSA87"}
ASYMMETRIC_ALGORITHMS: Final = ("RSA_4096", *CURVES, *LATTICES)
"""The algorithms of signing keys."""

HASHES: Final = ("SHA_512", "SHA_384", "SHA_256")
RSA_SIGNATURES: Final = tuple(f"RSASSA_{scheme}_{digest}" for scheme in ("PSS", "PKCS1_V1_5") for digest in HASHES)
EC_SIGNATURES: Final = tuple(f"ECDSA_{digest}" for digest in HASHES)
SIGNATURES: Final = (*RSA_SIGNATURES, *EC_SIGNATURES, *LATTICES)


def require_cryptography(function: Callable[P, T]) -> Callable[P, T]:
    """Decorate a function to refuse the request if `cryptography` is not installed."""

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        except ImportError as error:
            if (error.name or "").partition(".")[0] != "cryptography":
                raise
            raise Refusal(501, "MissingDependency", MISSING_MESSAGE) from None

    return wrapper


def _build_ciphertext_refusal() -> Refusal:
    return Refusal(400, "CryptographyError", "The ciphertext is not this key's, or it was changed")


# ---- keys
def create_material(algorithm: str, draw: Callable[[int], bytes]) -> str:
    """Create a key: base64 of drawn bytes, or of a private key (PKCS #8, DER) that is always different."""
    length = SYMMETRIC_ALGORITHMS.get(algorithm) or MACS.get(algorithm)
    return base64.b64encode(draw(length) if length else _create_private_key(algorithm)).decode()


@require_cryptography
def _create_private_key(algorithm: str) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = generate_key((CURVES | LATTICES | {"RSA_4096": "4096"})[algorithm])
    return bytes(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))


@require_cryptography
def generate_key(kind: str) -> Any:
    """Generate a private key: of a curve (`SECP256R1`), of a lattice (`MLDSA44`), or RSA by its bits (`2048`)."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    if kind.isdecimal():
        return rsa.generate_private_key(65537, int(kind))
    if kind in CURVES.values():
        return ec.generate_private_key(getattr(ec, kind)())
    try:
        from cryptography.hazmat.primitives.asymmetric import mldsa

        return getattr(mldsa, f"{kind}PrivateKey").generate()
    except (ImportError, UnsupportedAlgorithm):
        raise bad_request(
            f"Keys of {kind} are not supported by the version of 'cryptography' that is installed"
        ) from None


@require_cryptography
def get_public_key(material: str) -> str:
    """Return the public half of a signing key: base64 of SubjectPublicKeyInfo, DER."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    public = _load_private_key(material).public_key()
    return base64.b64encode(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


def _load_private_key(material: str) -> Any:
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    # The check of an RSA key takes half a second, and this server generated the key itself.
    return load_der_private_key(base64.b64decode(material), None, unsafe_skip_rsa_key_validation=True)


# ---- encryption: the nonce, the output of AES-GCM, and the version of the key as authenticated suffix (`v01`)
@require_cryptography
def encrypt(material: str, version: int, nonce: bytes, plaintext: bytes) -> bytes:
    """Encrypt with a symmetric key."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    suffix = f"v{version:02d}".encode()
    return nonce + AESGCM(base64.b64decode(material)).encrypt(nonce, plaintext, suffix) + suffix


@require_cryptography
def decrypt(material: str, version: int, ciphertext: bytes) -> bytes:
    """Decrypt the output of `encrypt`; refuse any other text."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    suffix = f"v{version:02d}".encode()
    if not ciphertext.endswith(suffix) or len(ciphertext) < NONCE_BYTES + TAG_BYTES + len(suffix):
        raise _build_ciphertext_refusal()
    nonce, sealed = ciphertext[:NONCE_BYTES], ciphertext[NONCE_BYTES : -len(suffix)]
    try:
        return AESGCM(base64.b64decode(material)).decrypt(nonce, sealed, suffix)
    except InvalidTag:
        raise _build_ciphertext_refusal() from None


# ---- signatures
def list_signing_algorithms(algorithm: str) -> tuple[str, ...]:
    """Return the signing algorithms of keys of an algorithm."""
    if algorithm in LATTICES:
        return (algorithm,)
    return EC_SIGNATURES if algorithm in CURVES else RSA_SIGNATURES


@require_cryptography
def sign(algorithm: str, material: str, signing: str, data: bytes, is_digest: bool) -> bytes:
    """Sign data or its digest."""
    key = _load_private_key(material)
    if algorithm in LATTICES:
        return bytes(key.sign(_require_data(data, is_digest)))
    if is_digest and len(data) != _get_hash(signing).digest_size:
        raise bad_request(f"The digest is not one that {signing} signs: it has {len(data)} bytes")
    return bytes(key.sign(data, *_choose_scheme(signing, is_digest)))


@require_cryptography
def verify(algorithm: str, material: str, signing: str, data: bytes, signature: bytes, is_digest: bool) -> bool:
    """Return whether a signature of data, or of its digest, is valid for a key."""
    from cryptography.exceptions import InvalidSignature

    public = _load_private_key(material).public_key()
    try:
        if algorithm in LATTICES:
            public.verify(signature, _require_data(data, is_digest))
        elif is_digest and len(data) != _get_hash(signing).digest_size:
            return False
        else:
            public.verify(signature, data, *_choose_scheme(signing, is_digest))
    except InvalidSignature:
        return False
    return True


def _require_data(data: bytes, is_digest: bool) -> bytes:
    if is_digest:
        raise bad_request("ML-DSA signs data, not digests")
    return data


def _get_hash(signing: str) -> HashAlgorithm:
    from cryptography.hazmat.primitives import hashes

    algorithm: HashAlgorithm = getattr(hashes, signing[-7:].replace("_", ""))()
    return algorithm


def _choose_scheme(signing: str, is_digest: bool) -> tuple[Any, ...]:
    """Return the arguments that `cryptography` takes after the data to sign or verify."""
    from cryptography.hazmat.primitives.asymmetric import ec, padding, utils

    algorithm = _get_hash(signing)
    digest: Any = utils.Prehashed(algorithm) if is_digest else algorithm
    if signing in EC_SIGNATURES:
        return (ec.ECDSA(digest),)
    if signing.startswith("RSASSA_PSS"):
        return padding.PSS(padding.MGF1(algorithm), algorithm.digest_size), digest
    return padding.PKCS1v15(), digest
