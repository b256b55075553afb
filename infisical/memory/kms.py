"""KMS: the keys of a project, and encryption, decryption, signatures and verification with them (ciphers.py).

Texts and the order of refusals rest on cmek-service.ts at 4af40163 and cmek-router.ts (2026).
"""

from __future__ import annotations

import base64
import binascii
from typing import Any, Final

from infisical.memory.access import permit
from infisical.memory.accidents import refuse_empty_update
from infisical.memory.call import Call, pick
from infisical.memory.domain import ciphers
from infisical.memory.domain.parameters import read_path_uuid
from infisical.memory.refusals import Refusal, bad_request, forbidden, internal_error, not_found
from infisical.memory.routing import MACHINES, Answer, route
from infisical.memory.state import Row
from infisical.memory.validation import (
    SLUG_PATTERN,
    Field,
    Issues,
    Path,
    boolean,
    build_issue,
    choice,
    named_slug,
    number_text,
    obj,
    string,
)

KEYS_TABLE: Final = (
    "kms_keys"  # id -> id, name, description, projectId, orgId, keyUsage, encryptionAlgorithm, material, ...
)
KEYS_PATH: Final = "/api/v1/kms/keys"
KEY_PATH: Final = "/api/v1/kms/keys/{keyId}"

USAGES: Final = {
    "encrypt-decrypt": tuple(ciphers.SYMMETRIC_ALGORITHMS),
    "sign-verify": ciphers.ASYMMETRIC_ALGORITHMS,
    "generate-verify-mac": tuple(ciphers.MACS),
}
PURPOSES: Final = {"encrypt-decrypt": "encryption and decryption", "sign-verify": "signing and verification"}
ENCRYPTION_USAGE: Final = "encrypt-decrypt"
SIGNING_USAGE: Final = "sign-verify"

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

MAX_BYTES: Final = 1 << 20
MAX_BYTES_2024: Final = 4096
"""The limit of data for one encryption in October 2024."""


# ---- fields
def build_data_field(most: int, name: str = "data", *, may_be_empty: bool = True) -> Field:
    """Build a field of base64 with a limit of its decoded bytes; the handler gets the bytes.

    Whatever its name, issues call the field `name`: the server has one schema for all.
    """

    def check(value: Any, path: Path, issues: Issues) -> Any:
        count = len(issues)
        text = string().check(value, path, issues)
        if len(issues) > count:
            return value
        try:
            if not (text or may_be_empty):
                raise ValueError
            data = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            issues.append(build_issue(f"{name} must be base64 encoded", path))
            return value
        if len(data) > most:
            issues.append(build_issue(f"data cannot exceed {most} bytes", path))
        return data

    return Field(check)


def check_algorithm(field: Field) -> Field:
    """Return a field of a key with one more condition: its algorithm must fit its usage."""

    def check(value: Any, path: Path, issues: Issues) -> Any:
        count = len(issues)
        key = field.check(value, path, issues)
        if len(issues) > count:
            return key
        algorithm = key.get("algorithm") or key.get("encryptionAlgorithm")
        usage = key["keyUsage"]
        if algorithm not in USAGES[usage]:
            options = ", ".join(USAGES[usage])
            text = f"algorithm must be a valid {ALGORITHM_KINDS[usage]} algorithm. Valid options are: {options}"
            issues.append(build_issue(text, path))
        return key

    return Field(check, expected="object")


ALGORITHM_KINDS: Final = {
    "encrypt-decrypt": "symmetric encryption",
    "sign-verify": "asymmetric sign-verify",
    "generate-verify-mac": "MAC",
}
KEY_NAME: Final = named_slug("Name", most=32)
ALGORITHM: Final = choice(*(algorithm for algorithms in USAGES.values() for algorithm in algorithms))
DESCRIPTION: Final = string(most=500).optional()
NAME_2024: Final = string(
    least=1, most=32, lower=True, matches=f"(?:{SLUG_PATTERN})?", message="Name must be slug friendly"
)
KEY_BODY_2024: Final = obj(
    projectId=string(),
    name=NAME_2024,
    description=DESCRIPTION,
    encryptionAlgorithm=choice(*ciphers.SYMMETRIC_ALGORITHMS).optional("aes-256-gcm"),
)
KEY_BODY: Final = check_algorithm(
    obj(
        projectId=string(),
        name=KEY_NAME,
        description=DESCRIPTION,
        keyUsage=choice(*USAGES).optional(ENCRYPTION_USAGE),
        encryptionAlgorithm=ALGORITHM.optional("aes-256-gcm"),
        algorithm=ALGORITHM.optional(),
        isExportable=boolean().optional(True),
    )
)
CHANGES_BODY: Final = obj(name=KEY_NAME.optional(), isDisabled=boolean().optional(), description=DESCRIPTION)
CHANGES_BODY_2024: Final = obj(name=NAME_2024.optional(), isDisabled=boolean().optional(), description=DESCRIPTION)
LIST_QUERY: Final = obj(
    projectId=string(),
    offset=number_text(least=0).optional(0),
    limit=number_text(least=1, most=100).optional(100),
    orderBy=choice("name").optional("name"),
    orderDirection=choice("asc", "desc").optional("asc"),
    search=string().optional(""),
)
SIGN_BODY: Final = obj(
    signingAlgorithm=choice(*ciphers.SIGNATURES), data=build_data_field(MAX_BYTES), isDigest=boolean().optional(False)
)
VERIFY_BODY: Final = obj(
    data=build_data_field(MAX_BYTES),
    signature=build_data_field(8192),
    signingAlgorithm=choice(*ciphers.SIGNATURES),
    isDigest=boolean().optional(False),
)


# ---- keys
def show_key(call: Call, row: Row) -> Row:
    if call.is_2024:
        return {**pick(row, *COLUMNS_2024), "slug": None}
    return {**pick(row, *COLUMNS), "algorithm": row["encryptionAlgorithm"]}


def find_requested_key(call: Call, *, is_quoted: bool = True) -> Row:
    """Return the key of the path; changes and deletions refuse a missing one without quotes."""
    key_id = read_path_uuid(call, "keyId")
    row = call.draft.get(KEYS_TABLE, key_id)
    if row is None:
        raise not_found(f'Key with ID "{key_id}" not found' if is_quoted else f"Key with ID {key_id} not found")
    return row


def load_key(call: Call, action: str) -> Row:
    """Return the key of the path; refuse callers without permission for this action on keys."""
    row = find_requested_key(call, is_quoted=not (call.is_2024 or action in ("edit", "delete")))
    permit(call, row["projectId"], action, "cmek")
    return row


def load_usable_key(call: Call, action: str, usage: str | None = None) -> Row:
    """Return the key of the path; refuse a disabled key and a key of another usage."""
    if not call.is_2024 and find_requested_key(call)["isDisabled"]:  # before permissions
        raise bad_request("Key is disabled")
    row = load_key(call, action)
    if row["isDisabled"]:
        raise bad_request("Key is disabled")
    if usage is not None and row["keyUsage"] != usage:
        raise bad_request(f"Key with ID '{row['id']}' is not intended for {PURPOSES[usage]}")
    return row


def find_key(call: Call, project_id: str, name: str) -> Row | None:
    return call.draft.find(KEYS_TABLE, projectId=project_id, name=name)


def refuse_taken(call: Call, project_id: str, name: str, key_id: str | None = None) -> None:
    other = find_key(call, project_id, name)
    if other is not None and other["id"] != key_id:
        if call.is_2024:
            raise internal_error("Create" if key_id is None else "Update by id")  # only the database checks names
        raise bad_request(f'A KMS key with the name "{name}" already exists for the project with ID "{project_id}"')


def add_key(call: Call) -> Answer:
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
        keyUsage=body.get("keyUsage", ENCRYPTION_USAGE),
        encryptionAlgorithm=algorithm,
        version=1,
        material=ciphers.create_material(algorithm, call.draft.random_bytes),
    )
    return {"key": show_key(call, call.draft.put(KEYS_TABLE, row["id"], row))}


@route("POST", KEYS_PATH, generation="current", access=MACHINES, body=KEY_BODY)
def create_key(call: Call) -> Answer:
    return add_key(call)


@route("POST", KEYS_PATH, generation="2024-10", access=MACHINES, body=KEY_BODY_2024)
def create_key_2024(call: Call) -> Answer:
    return add_key(call)


@route("GET", KEYS_PATH, access=MACHINES, query=LIST_QUERY)
def list_keys(call: Call) -> Answer:
    query = call.query
    project_id = permit(call, query["projectId"], "read", "cmek")["id"]
    rows = [row for row in call.draft.where(KEYS_TABLE, projectId=project_id) if query["search"].lower() in row["name"]]
    rows.sort(key=lambda row: str(row["name"]), reverse=query["orderDirection"] == "desc")
    page = rows[int(query["offset"]) :][: int(query["limit"])]
    version_columns = ("version", "encryptionAlgorithm")
    keys = [{**show_key(call, row), **(pick(row, *version_columns) if call.is_2024 else {})} for row in page]
    return {"keys": keys, "totalCount": len(rows)}


@route("GET", KEY_PATH, generation="current", access=MACHINES)
def get_key(call: Call) -> Answer:
    return {"key": show_key(call, load_key(call, "read"))}


@route(
    "GET",
    "/api/v1/kms/keys/key-name/{keyName}",
    generation="current",
    access=MACHINES,
    query=obj(projectId=string(least=1)),
)
def get_key_by_name(call: Call) -> Answer:
    issues: Issues = []
    project_id = call.query["projectId"]
    name = named_slug("Key name").read(call.path["keyName"], ("keyName",), issues)
    if issues:
        raise Refusal(422, "ValidationFailure", issues)
    row = find_key(call, project_id, name)
    if row is None:
        raise not_found(f'Key with name "{name}" not found for project with ID "{project_id}"')
    permit(call, project_id, "read", "cmek")
    return {"key": show_key(call, row)}


def change_key(call: Call) -> Answer:
    row = load_key(call, "edit")
    refuse_empty_update(call)
    if "name" in call.body:
        refuse_taken(call, row["projectId"], call.body["name"], row["id"])
    return {"key": show_key(call, call.draft.merge(KEYS_TABLE, row["id"], **call.body, updatedAt=call.timestamp))}


update_route = route("PATCH", KEY_PATH, generation="current", access=MACHINES, body=CHANGES_BODY)(change_key)
old_update_route = route("PATCH", KEY_PATH, generation="2024-10", access=MACHINES, body=CHANGES_BODY_2024)(change_key)


@route("DELETE", KEY_PATH, access=MACHINES)
def delete_key(call: Call) -> Answer:
    row = load_key(call, "delete")
    call.draft.drop(KEYS_TABLE, row["id"])
    return {"key": show_key(call, row)}


@route("GET", "/api/v1/kms/keys/{keyId}/public-key", generation="current", access=MACHINES)
def get_public_key(call: Call) -> Answer:
    return {"publicKey": ciphers.get_public_key(load_usable_key(call, "read", SIGNING_USAGE)["material"])}


@route("GET", "/api/v1/kms/keys/{keyId}/private-key", generation="current", access=MACHINES)
def get_private_key(call: Call) -> Answer:
    row = load_usable_key(call, "export-private-key")
    if not row["isExportable"]:
        raise forbidden(f"Key with ID '{row['id']}' is not exportable")
    return {"privateKey": row["material"]}


# ---- encryption
def encrypt_data(call: Call) -> Answer:
    row = load_usable_key(call, "encrypt", ENCRYPTION_USAGE)
    nonce = call.draft.random_bytes(ciphers.NONCE_BYTES)
    ciphertext = ciphers.encrypt(row["material"], row["version"], nonce, call.body["plaintext"])
    return {"ciphertext": base64.b64encode(ciphertext).decode()}


def decrypt_data(call: Call) -> Answer:
    row = load_usable_key(call, "decrypt", ENCRYPTION_USAGE)
    try:
        plaintext = ciphers.decrypt(row["material"], row["version"], call.body["ciphertext"])
    except Refusal:
        if call.is_2024:
            raise internal_error() from None
        raise
    return {"plaintext": base64.b64encode(plaintext).decode()}


ENCRYPT_PATH: Final = "/api/v1/kms/keys/{keyId}/encrypt"
DECRYPT_PATH: Final = "/api/v1/kms/keys/{keyId}/decrypt"
ENCRYPT_BODY, ENCRYPT_BODY_2024 = (
    obj(plaintext=build_data_field(MAX_BYTES)),
    obj(plaintext=build_data_field(MAX_BYTES_2024, "plaintext", may_be_empty=False)),
)
DECRYPT_BODY, DECRYPT_BODY_2024 = (
    obj(ciphertext=build_data_field(MAX_BYTES + 1024)),
    obj(ciphertext=build_data_field(MAX_BYTES_2024, "plaintext", may_be_empty=False)),
)


@route("POST", ENCRYPT_PATH, generation="current", access=MACHINES, body=ENCRYPT_BODY, max_bytes=2 * MAX_BYTES)
def encrypt(call: Call) -> Answer:
    return encrypt_data(call)


@route("POST", ENCRYPT_PATH, generation="2024-10", access=MACHINES, body=ENCRYPT_BODY_2024)
def encrypt_2024(call: Call) -> Answer:
    return encrypt_data(call)


@route("POST", DECRYPT_PATH, generation="current", access=MACHINES, body=DECRYPT_BODY, max_bytes=2 * MAX_BYTES)
def decrypt(call: Call) -> Answer:
    return decrypt_data(call)


@route("POST", DECRYPT_PATH, generation="2024-10", access=MACHINES, body=DECRYPT_BODY_2024)
def decrypt_2024(call: Call) -> Answer:
    return decrypt_data(call)


# ---- signatures
@route("GET", "/api/v1/kms/keys/{keyId}/signing-algorithms", generation="current", access=MACHINES)
def list_signing_algorithms(call: Call) -> Answer:
    row = load_usable_key(call, "read")
    if row["keyUsage"] != SIGNING_USAGE:
        raise bad_request(f"Key with ID '{row['id']}' is not intended for signing")
    return {"signingAlgorithms": list(ciphers.list_signing_algorithms(row["encryptionAlgorithm"]))}


def load_signing_key(call: Call, action: str) -> tuple[Row, str]:
    """Return the requested key and signing algorithm; refuse an algorithm that the key does not support."""
    row, algorithm = load_usable_key(call, action, SIGNING_USAGE), call.body["signingAlgorithm"]
    if algorithm not in ciphers.list_signing_algorithms(row["encryptionAlgorithm"]):
        raise bad_request(f"A key of {row['encryptionAlgorithm']} cannot be used with {algorithm}")
    return row, algorithm


@route(
    "POST",
    "/api/v1/kms/keys/{keyId}/sign",
    generation="current",
    access=MACHINES,
    body=SIGN_BODY,
    max_bytes=2 * MAX_BYTES,
)
def sign(call: Call) -> Answer:
    row, algorithm = load_signing_key(call, "sign")
    signature = ciphers.sign(
        row["encryptionAlgorithm"], row["material"], algorithm, call.body["data"], call.body["isDigest"]
    )
    return {"signature": base64.b64encode(signature).decode(), "keyId": row["id"], "signingAlgorithm": algorithm}


@route(
    "POST",
    "/api/v1/kms/keys/{keyId}/verify",
    generation="current",
    access=MACHINES,
    body=VERIFY_BODY,
    max_bytes=2 * MAX_BYTES,
)
def verify(call: Call) -> Answer:
    row, algorithm = load_signing_key(call, "verify")
    body = call.body
    valid = ciphers.verify(
        row["encryptionAlgorithm"], row["material"], algorithm, body["data"], body["signature"], body["isDigest"]
    )
    return {"signatureValid": valid, "keyId": row["id"], "signingAlgorithm": algorithm}
