"""KMS: keys of a project, and encrypting, decrypting, signing and verifying with them, which ciphers.py does."""

from __future__ import annotations

import base64
import binascii
from typing import Any, Final

from infisical.memory.access import permit
from infisical.memory.call import Call, pick
from infisical.memory.domain import ciphers
from infisical.memory.domain.parameters import path_uuid
from infisical.memory.refusals import bad_request, forbidden, not_found
from infisical.memory.routing import MACHINES, Answer, route
from infisical.memory.state import Row
from infisical.memory.validation import (
    Field,
    Issues,
    Path,
    boolean,
    choice,
    custom,
    number_text,
    obj,
    slug,
    string,
)

KEYS: Final = "kms_keys"  # id -> id, name, description, projectId, orgId, keyUsage, encryptionAlgorithm, material, ...
KEYS_PATH: Final = "/api/v1/kms/keys"
KEY_PATH: Final = "/api/v1/kms/keys/{keyId}"

USAGES: Final = {
    "encrypt-decrypt": tuple(ciphers.SYMMETRIC),
    "sign-verify": ciphers.ASYMMETRIC,
    "generate-verify-mac": tuple(ciphers.MACS),
}
PURPOSES: Final = {"encrypt-decrypt": "encryption and decryption", "sign-verify": "signing and verification"}
ENCRYPTS: Final = "encrypt-decrypt"
SIGNS: Final = "sign-verify"

COLUMNS: Final = (
    "id",
    "description",
    "isDisabled",
    "orgId",
    "name",
    "createdAt",
    "updatedAt",
    "projectId",
    "keyUsage",
    "version",
    "encryptionAlgorithm",
)
COLUMNS_2024: Final = (
    "id",
    "description",
    "isDisabled",
    "isReserved",
    "orgId",
    "name",
    "createdAt",
    "updatedAt",
    "projectId",
    "slug",
)

MEBIBYTE: Final = 1 << 20
SMALL: Final = 4096
"""What a key of October 2024 took at once."""


# ---- what may be sent
def data(most: int) -> Field:
    """Base64 of so many bytes at most; the handler gets the bytes."""

    def check(value: Any, path: Path, issues: Issues) -> Any:
        before = len(issues)
        text = string().check(value, path, issues)
        if len(issues) > before:
            return value
        try:
            read = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            issues.append(custom(f"{path[-1]} must be base64 encoded", path))
            return value
        if len(read) > most:
            issues.append(custom(f"{path[-1]} must have at most {most} bytes", path))
        return read

    return Field(check)


def fits(key: Row) -> bool:
    algorithm = key.get("algorithm") or key.get("encryptionAlgorithm")
    return algorithm in USAGES.get(key.get("keyUsage", ENCRYPTS), ())


ALGORITHM: Final = choice(*(algorithm for algorithms in USAGES.values() for algorithm in algorithms))
DESCRIPTION: Final = string(most=500).optional()
KEY_2024: Final = obj(
    projectId=string(),
    name=slug(most=32),
    description=DESCRIPTION,
    encryptionAlgorithm=choice(*ciphers.SYMMETRIC).optional("aes-256-gcm"),
)
KEY: Final = obj(
    projectId=string(),
    name=slug(most=32),
    description=DESCRIPTION,
    keyUsage=choice(*USAGES).optional(ENCRYPTS),
    encryptionAlgorithm=ALGORITHM.optional("aes-256-gcm"),
    algorithm=ALGORITHM.optional(),
    isExportable=boolean().optional(True),
).where(fits, "The algorithm does not fit the key's usage")
CHANGES: Final = obj(name=slug(most=32).optional(), isDisabled=boolean().optional(), description=DESCRIPTION)
LISTED: Final = obj(
    projectId=string(),
    offset=number_text(least=0).optional(0),
    limit=number_text(least=1, most=100).optional(100),
    orderBy=choice("name").optional("name"),
    orderDirection=choice("asc", "desc").optional("asc"),
    search=string().optional(""),
)
SIGNED: Final = obj(signingAlgorithm=choice(*ciphers.SIGNING), data=data(MEBIBYTE), isDigest=boolean().optional(False))
VERIFIED: Final = obj(
    data=data(MEBIBYTE),
    signature=data(8192),
    signingAlgorithm=choice(*ciphers.SIGNING),
    isDigest=boolean().optional(False),
)


# ---- keys
def shown(call: Call, row: Row) -> Row:
    if call.before:
        return {**pick(row, *COLUMNS_2024), "slug": None}
    return {**pick(row, *COLUMNS), "algorithm": row["encryptionAlgorithm"]}


def found(call: Call, action: str) -> Row:
    """Return the key that the path names; refuse who may not do this with keys."""
    key_id = path_uuid(call, "keyId")
    row = call.draft.get(KEYS, key_id)
    if row is None:
        raise not_found(f"Key with ID {key_id} not found")
    permit(call, row["projectId"], action, "cmek")
    return row


def usable(call: Call, action: str, usage: str | None = None) -> Row:
    """Return a key to work with: one that is not disabled, and of this usage."""
    row = found(call, action)
    if row["isDisabled"]:
        raise bad_request("Key is disabled")
    if usage is not None and row["keyUsage"] != usage:
        raise bad_request(f"Key with ID '{row['id']}' is not intended for {PURPOSES[usage]}")
    return row


def named(call: Call, project_id: str, name: str) -> Row | None:
    return call.draft.find(KEYS, projectId=project_id, name=name)


def refuse_taken(call: Call, project_id: str, name: str, key_id: str | None = None) -> None:
    other = named(call, project_id, name)
    if other is not None and other["id"] != key_id:
        raise bad_request(f'A KMS key with the name "{name}" already exists in the project with ID "{project_id}"')


def created(call: Call) -> Answer:
    body = call.body
    project = permit(call, body["projectId"], "create", "cmek")
    refuse_taken(call, project["id"], body["name"])
    algorithm = body.get("algorithm") or body["encryptionAlgorithm"]
    row = call.new_row(
        name=body["name"],
        description=body.get("description"),
        isDisabled=False,
        isReserved=False,
        isExportable=body.get("isExportable", True),
        orgId=project["orgId"],
        projectId=project["id"],
        keyUsage=body.get("keyUsage", ENCRYPTS),
        encryptionAlgorithm=algorithm,
        version=1,
        material=ciphers.new_material(algorithm, call.draft.random_bytes),
    )
    return {"key": shown(call, call.draft.put(KEYS, row["id"], row))}


@route("POST", KEYS_PATH, only="current", auth=MACHINES, body=KEY)
def create_key(call: Call) -> Answer:
    return created(call)


@route("POST", KEYS_PATH, only="2024-10", auth=MACHINES, body=KEY_2024)
def create_key_2024(call: Call) -> Answer:
    return created(call)


@route("GET", KEYS_PATH, auth=MACHINES, query=LISTED)
def list_keys(call: Call) -> Answer:
    query = call.query
    project_id = permit(call, query["projectId"], "read", "cmek")["id"]
    rows = [row for row in call.draft.where(KEYS, projectId=project_id) if query["search"].lower() in row["name"]]
    rows.sort(key=lambda row: str(row["name"]), reverse=query["orderDirection"] == "desc")
    page = rows[int(query["offset"]) :][: int(query["limit"])]
    versioned = ("version", "encryptionAlgorithm")
    keys = [{**shown(call, row), **(pick(row, *versioned) if call.before else {})} for row in page]
    return {"keys": keys, "totalCount": len(rows)}


@route("GET", KEY_PATH, only="current", auth=MACHINES)
def get_key(call: Call) -> Answer:
    return {"key": shown(call, found(call, "read"))}


@route(
    "GET", "/api/v1/kms/keys/key-name/{keyName}", only="current", auth=MACHINES, query=obj(projectId=string(least=1))
)
def get_key_by_name(call: Call) -> Answer:
    project_id, name = call.query["projectId"], call.path["keyName"].strip().lower()
    permit(call, project_id, "read", "cmek")
    row = named(call, project_id, name)
    if row is None:
        raise not_found(f'Key with name "{name}" not found in the project with ID "{project_id}"')
    return {"key": shown(call, row)}


@route("PATCH", KEY_PATH, auth=MACHINES, body=CHANGES)
def update_key(call: Call) -> Answer:
    row = found(call, "edit")
    if "name" in call.body:
        refuse_taken(call, row["projectId"], call.body["name"], row["id"])
    return {"key": shown(call, call.draft.merge(KEYS, row["id"], **call.body, updatedAt=call.at))}


@route("DELETE", KEY_PATH, auth=MACHINES)
def delete_key(call: Call) -> Answer:
    row = found(call, "delete")
    call.draft.drop(KEYS, row["id"])
    return {"key": shown(call, row)}


@route("GET", "/api/v1/kms/keys/{keyId}/public-key", only="current", auth=MACHINES)
def get_public_key(call: Call) -> Answer:
    return {"publicKey": ciphers.public_key(usable(call, "read", SIGNS)["material"])}


@route("GET", "/api/v1/kms/keys/{keyId}/private-key", only="current", auth=MACHINES)
def get_private_key(call: Call) -> Answer:
    row = usable(call, "export-private-key")
    if not row["isExportable"]:
        raise forbidden(f"Key with ID '{row['id']}' is not exportable")
    return {"privateKey": row["material"]}


# ---- encrypting
def encrypted(call: Call) -> Answer:
    row = usable(call, "encrypt", ENCRYPTS)
    nonce = call.draft.random_bytes(ciphers.NONCE_BYTES)
    sealed = ciphers.encrypt(row["material"], row["version"], nonce, call.body["plaintext"])
    return {"ciphertext": base64.b64encode(sealed).decode()}


def decrypted(call: Call) -> Answer:
    row = usable(call, "decrypt", ENCRYPTS)
    opened = ciphers.decrypt(row["material"], row["version"], call.body["ciphertext"])
    return {"plaintext": base64.b64encode(opened).decode()}


ENCRYPT_PATH: Final = "/api/v1/kms/keys/{keyId}/encrypt"
DECRYPT_PATH: Final = "/api/v1/kms/keys/{keyId}/decrypt"
PLAIN, PLAIN_2024 = obj(plaintext=data(MEBIBYTE)), obj(plaintext=data(SMALL))
SEALED, SEALED_2024 = obj(ciphertext=data(MEBIBYTE + 1024)), obj(ciphertext=data(SMALL))


@route("POST", ENCRYPT_PATH, only="current", auth=MACHINES, body=PLAIN, most_bytes=2 * MEBIBYTE)
def encrypt(call: Call) -> Answer:
    return encrypted(call)


@route("POST", ENCRYPT_PATH, only="2024-10", auth=MACHINES, body=PLAIN_2024)
def encrypt_2024(call: Call) -> Answer:
    return encrypted(call)


@route("POST", DECRYPT_PATH, only="current", auth=MACHINES, body=SEALED, most_bytes=2 * MEBIBYTE)
def decrypt(call: Call) -> Answer:
    return decrypted(call)


@route("POST", DECRYPT_PATH, only="2024-10", auth=MACHINES, body=SEALED_2024)
def decrypt_2024(call: Call) -> Answer:
    return decrypted(call)


# ---- signing
@route("GET", "/api/v1/kms/keys/{keyId}/signing-algorithms", only="current", auth=MACHINES)
def list_signing_algorithms(call: Call) -> Answer:
    row = usable(call, "read", SIGNS)
    return {"signingAlgorithms": list(ciphers.signing_algorithms(row["encryptionAlgorithm"]))}


def signing(call: Call, action: str) -> tuple[Row, str]:
    """Return the key and the signing algorithm that are asked for; refuse what does not go together."""
    row, asked = usable(call, action, SIGNS), call.body["signingAlgorithm"]
    if asked not in ciphers.signing_algorithms(row["encryptionAlgorithm"]):
        raise bad_request(f"A key of {row['encryptionAlgorithm']} cannot be used with {asked}")
    return row, asked


@route(
    "POST",
    "/api/v1/kms/keys/{keyId}/sign",
    only="current",
    auth=MACHINES,
    body=SIGNED,
    most_bytes=2 * MEBIBYTE,
)
def sign(call: Call) -> Answer:
    row, asked = signing(call, "sign")
    made = ciphers.sign(row["encryptionAlgorithm"], row["material"], asked, call.body["data"], call.body["isDigest"])
    return {"signature": base64.b64encode(made).decode(), "keyId": row["id"], "signingAlgorithm": asked}


@route(
    "POST",
    "/api/v1/kms/keys/{keyId}/verify",
    only="current",
    auth=MACHINES,
    body=VERIFIED,
    most_bytes=2 * MEBIBYTE,
)
def verify(call: Call) -> Answer:
    row, asked = signing(call, "verify")
    body = call.body
    valid = ciphers.verify(
        row["encryptionAlgorithm"], row["material"], asked, body["data"], body["signature"], body["isDigest"]
    )
    return {"signatureValid": valid, "keyId": row["id"], "signingAlgorithm": asked}
