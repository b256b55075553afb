"""Key management: keys that stay on the server, and operations with them (`/api/v1/kms/keys`).

Models first, then the endpoint functions. Callers pass and get bytes or text; base64 is handled here.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from infisical import request as http
from infisical.access import Access
from infisical.decode import one
from infisical.group import Group, R, endpoint
from infisical.model import Model, describe_field
from infisical.request import Base64, Request

ACCESS = Access("kms")
KeyUsage: TypeAlias = Literal["encrypt-decrypt", "sign-verify", "generate-verify-mac", "key-agreement"] | str
Algorithm: TypeAlias = (
    Literal[
        "aes-256-gcm",
        "aes-128-gcm",
        "RSA_4096",
        "ECC_NIST_P256",
        "ECC_NIST_P384",
        "ECC_NIST_P521",
        "ECC_NIST_ED25519",
        "ML_DSA_44",
        "ML_DSA_65",
        "ML_DSA_87",
    ]
    | str
)
SigningAlgorithm: TypeAlias = (
    Literal[
        "RSASSA_PSS_SHA_512",
        "RSASSA_PSS_SHA_384",
        "RSASSA_PSS_SHA_256",
        "RSASSA_PKCS1_V1_5_SHA_512",
        "RSASSA_PKCS1_V1_5_SHA_384",
        "RSASSA_PKCS1_V1_5_SHA_256",
        "ECDSA_SHA_512",
        "ECDSA_SHA_384",
        "ECDSA_SHA_256",
        "ED25519_SHA_512",
        "ED25519_PH_SHA_512",
        "ML_DSA_44",
        "ML_DSA_65",
        "ML_DSA_87",
    ]
    | str
)


def check_base64(value: str) -> str | None:
    """Check that a text is padded base64: return None, or the expected format."""
    try:
        base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return "base64"
    return None


@dataclass(frozen=True, kw_only=True, slots=True)
class KmsKey(Model):
    """A key, without its material. Newer servers call `encryption_algorithm` `algorithm`.

    `kmip_metadata` has no fixed form.
    """

    id: str
    name: str | None = None
    description: str | None = None
    project_id: str | None = None
    org_id: str | None = None
    key_usage: str | None = None
    encryption_algorithm: str | None = None
    algorithm: str | None = None
    version: int | None = None
    is_disabled: bool | None = None
    is_exportable: bool | None = None
    kmip_metadata: Any = field(default=None, hash=False)
    created_at: str | None = None
    updated_at: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class KmsKeyList(Model):
    """One page of keys; `total_count` counts the keys of all pages."""

    keys: tuple[KmsKey, ...]
    total_count: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class EncryptResponse(Model):
    """The encrypted data: pass `ciphertext` (base64) to `decrypt`."""

    ciphertext: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DecryptResponse(Model):
    """The decrypted data: `plaintext` is base64, `data` bytes and `text` a string."""

    plaintext: str = field(repr=False, metadata=describe_field(check=check_base64))

    @property
    def data(self) -> bytes:
        """The decrypted bytes."""
        return base64.b64decode(self.plaintext)

    @property
    def text(self) -> str:
        """The decrypted text; raises UnicodeDecodeError (a ValueError) if the bytes are not UTF-8."""
        return self.data.decode()


@dataclass(frozen=True, kw_only=True, slots=True)
class PublicKeyResponse(Model):
    """The public key, as base64 of DER."""

    public_key: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PrivateKeyResponse(Model):
    """The private key, or the key material of a symmetric key, in the server's form."""

    private_key: str = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class SigningAlgorithms(Model):
    """The signing algorithms of a key."""

    signing_algorithms: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class SignResponse(Model):
    """A signature: `signature` is base64, for `verify`; `data` is its bytes."""

    signature: str = field(metadata=describe_field(check=check_base64))
    key_id: str | None = None
    signing_algorithm: str | None = None

    @property
    def data(self) -> bytes:
        """The bytes of the signature."""
        return base64.b64decode(self.signature)


@dataclass(frozen=True, kw_only=True, slots=True)
class VerifyResponse(Model):
    """Whether the signature is valid for the data and the key."""

    signature_valid: bool
    key_id: str | None = None
    signing_algorithm: str | None = None


class Kms(Group[R]):
    """Keys of a project: encrypt, decrypt, sign and verify with them."""

    @endpoint
    @staticmethod
    def create_key(
        *,
        project_id: str,
        name: str,
        description: str | None = None,
        key_usage: KeyUsage | None = None,
        encryption_algorithm: Algorithm | None = None,
        algorithm: Algorithm | None = None,
        is_exportable: bool | None = None,
    ) -> Request[KmsKey]:
        """Create a key.

        `name` is a slug of 1 to 32 characters; `description` has at most 500. By default the server creates an
        exportable `encrypt-decrypt` key with aes-256-gcm. The algorithm must fit the usage: symmetric to encrypt,
        asymmetric to sign. `algorithm` is the newer name of `encryption_algorithm`: it is sent under both names, so
        that servers of any age read it.
        Expect `ValidationError`, `BadRequestError` (the name is taken), `ForbiddenError`.
        POST /api/v1/kms/keys
        """
        body = {
            "projectId": project_id,
            "name": name,
            "description": description,
            "keyUsage": key_usage,
            "encryptionAlgorithm": algorithm if encryption_algorithm is None else encryption_algorithm,
            "algorithm": algorithm,
            "isExportable": is_exportable,
        }
        return http.post("/api/v1/kms/keys", body=body, returns=one(KmsKey, at="key"), access=ACCESS)

    @endpoint
    @staticmethod
    def update_key(
        *, key_id: str, name: str | None = None, description: str | None = None, is_disabled: bool | None = None
    ) -> Request[KmsKey]:
        """Rename, describe or disable a key; omitted parameters keep their value.

        Limits are as in `create_key`.
        Expect `NotFoundError`, `ForbiddenError`.
        PATCH /api/v1/kms/keys/{keyId}
        """
        body = {"name": name, "description": description, "isDisabled": is_disabled}
        return http.patch(
            "/api/v1/kms/keys/{keyId}", {"keyId": key_id}, body=body, returns=one(KmsKey, at="key"), access=ACCESS
        )

    @endpoint
    @staticmethod
    def delete_key(*, key_id: str) -> Request[KmsKey]:
        """Delete a key; data that it encrypted can no longer be decrypted.

        Expect `NotFoundError`, `ForbiddenError`.
        DELETE /api/v1/kms/keys/{keyId}
        """
        return http.delete("/api/v1/kms/keys/{keyId}", {"keyId": key_id}, returns=one(KmsKey, at="key"), access=ACCESS)

    @endpoint
    @staticmethod
    def get_key(*, key_id: str) -> Request[KmsKey]:
        """Get a key's metadata.

        Expect `NotFoundError` (`route_missing` on servers of 2024).
        GET /api/v1/kms/keys/{keyId}
        """
        return http.get("/api/v1/kms/keys/{keyId}", {"keyId": key_id}, returns=one(KmsKey, at="key"), access=ACCESS)

    @endpoint
    @staticmethod
    def get_key_by_name(*, key_name: str, project_id: str) -> Request[KmsKey]:
        """Get the metadata of a project's key by its name.

        Expect `NotFoundError` (`route_missing` on servers of 2024).
        GET /api/v1/kms/keys/key-name/{keyName}
        """
        query = {"projectId": project_id}
        path = "/api/v1/kms/keys/key-name/{keyName}"
        return http.get(path, {"keyName": key_name}, query=query, returns=one(KmsKey, at="key"), access=ACCESS)

    @endpoint
    @staticmethod
    def list_keys(
        *,
        project_id: str,
        offset: int | None = None,
        limit: int | None = None,
        order_by: Literal["name"] | str | None = None,
        order_direction: Literal["asc", "desc"] | str | None = None,
        search: str | None = None,
    ) -> Request[KmsKeyList]:
        """List the keys of a project; returns one page.

        `limit` is 1 to 100 (default 100); `offset` defaults to 0.
        GET /api/v1/kms/keys
        """
        query = {
            "projectId": project_id,
            "offset": offset,
            "limit": limit,
            "orderBy": order_by,
            "orderDirection": order_direction,
            "search": search,
        }
        return http.get("/api/v1/kms/keys", query=query, returns=one(KmsKeyList), access=ACCESS)

    @endpoint
    @staticmethod
    def encrypt(*, key_id: str, plaintext: bytes | str) -> Request[EncryptResponse]:
        """Encrypt bytes, or text as UTF-8.

        The data has at most 1 MiB, or 4096 bytes on servers before 2026. Do not encode it: this call does the base64.
        Expect `NotFoundError`, `BadRequestError` (a disabled key, or a key for signing).
        POST /api/v1/kms/keys/{keyId}/encrypt
        """
        body = {"plaintext": Base64(plaintext)}
        path = "/api/v1/kms/keys/{keyId}/encrypt"
        return http.post(
            path, {"keyId": key_id}, body=body, returns=one(EncryptResponse), access=ACCESS, idempotent=True
        )

    @endpoint
    @staticmethod
    def decrypt(*, key_id: str, ciphertext: str) -> Request[DecryptResponse]:
        """Decrypt the `ciphertext` (base64) of `encrypt`.

        Expect `NotFoundError`, `BadRequestError` (a disabled key, or the ciphertext of another key; servers of 2024
        respond to the latter with `InternalServerError`).
        POST /api/v1/kms/keys/{keyId}/decrypt
        """
        body = {"ciphertext": ciphertext}
        path = "/api/v1/kms/keys/{keyId}/decrypt"
        return http.post(
            path, {"keyId": key_id}, body=body, returns=one(DecryptResponse), access=ACCESS, idempotent=True
        )

    @endpoint
    @staticmethod
    def get_public_key(*, key_id: str) -> Request[PublicKeyResponse]:
        """Get the public key of a signing key.

        Expect `NotFoundError`, `BadRequestError` (a symmetric key).
        GET /api/v1/kms/keys/{keyId}/public-key
        """
        path = "/api/v1/kms/keys/{keyId}/public-key"
        return http.get(path, {"keyId": key_id}, returns=one(PublicKeyResponse), access=ACCESS)

    @endpoint
    @staticmethod
    def get_private_key(*, key_id: str) -> Request[PrivateKeyResponse]:
        """Get the key material of an exportable key.

        Expect `NotFoundError`, `ForbiddenError`.
        GET /api/v1/kms/keys/{keyId}/private-key
        """
        path = "/api/v1/kms/keys/{keyId}/private-key"
        return http.get(path, {"keyId": key_id}, returns=one(PrivateKeyResponse), access=ACCESS)

    @endpoint
    @staticmethod
    def list_signing_algorithms(*, key_id: str) -> Request[SigningAlgorithms]:
        """List the algorithms that a key can sign with.

        Expect `NotFoundError`, `BadRequestError` (a key for encryption).
        GET /api/v1/kms/keys/{keyId}/signing-algorithms
        """
        path = "/api/v1/kms/keys/{keyId}/signing-algorithms"
        return http.get(path, {"keyId": key_id}, returns=one(SigningAlgorithms), access=ACCESS)

    @endpoint
    @staticmethod
    def sign(
        *, key_id: str, signing_algorithm: SigningAlgorithm, data: bytes | str, is_digest: bool | None = None
    ) -> Request[SignResponse]:
        """Sign bytes, or text as UTF-8; limits are as in `encrypt`.

        Pass `is_digest=True` if `data` is already a digest.
        Expect `NotFoundError`, `BadRequestError` (a disabled key, or a key for encryption).
        POST /api/v1/kms/keys/{keyId}/sign
        """
        body = {"signingAlgorithm": signing_algorithm, "data": Base64(data), "isDigest": is_digest}
        path = "/api/v1/kms/keys/{keyId}/sign"
        return http.post(path, {"keyId": key_id}, body=body, returns=one(SignResponse), access=ACCESS, idempotent=True)

    @endpoint
    @staticmethod
    def verify(
        *,
        key_id: str,
        data: bytes | str,
        signature: str,
        signing_algorithm: SigningAlgorithm,
        is_digest: bool | None = None,
    ) -> Request[VerifyResponse]:
        """Verify a signature (base64, from `sign`) over `data`; an invalid one is a response, not an error.

        Expect `NotFoundError`, `BadRequestError` (a key for encryption).
        POST /api/v1/kms/keys/{keyId}/verify
        """
        body = {
            "data": Base64(data),
            "signature": signature,
            "signingAlgorithm": signing_algorithm,
            "isDigest": is_digest,
        }
        path = "/api/v1/kms/keys/{keyId}/verify"
        return http.post(
            path, {"keyId": key_id}, body=body, returns=one(VerifyResponse), access=ACCESS, idempotent=True
        )
