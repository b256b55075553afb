"""The KMS group: every request as a value, every answer decoded, and the recorded life of a key."""

from __future__ import annotations

import pytest
from returns.result import Success

from infisical import DecodeError, Request, RequestError
from infisical.access import Access
from infisical.decode import one
from infisical.endpoints.kms import (
    DecryptResponse,
    EncryptResponse,
    Kms,
    KmsKey,
    KmsKeyList,
    PrivateKeyResponse,
    PublicKeyResponse,
    SigningAlgorithms,
    SignResponse,
    VerifyResponse,
)
from infisical.request import Base64
from tests.wire import PROJECT, answer, replaying

KMS = Access("kms")
KEY = one(KmsKey, at="key")
KEY_ID = (("keyId", "k1"),)
KEY_PATH = "/api/v1/kms/keys/{keyId}"

REQUESTS = [
    (
        Kms.create_key(
            project_id="p",
            name="n",
            description="d",
            key_usage="sign-verify",
            encryption_algorithm="RSA_4096",
            algorithm="RSA_4096",
            is_exportable=False,
        ),
        Request(
            "POST",
            "/api/v1/kms/keys",
            (),
            (),
            {
                "projectId": "p",
                "name": "n",
                "description": "d",
                "keyUsage": "sign-verify",
                "encryptionAlgorithm": "RSA_4096",
                "algorithm": "RSA_4096",
                "isExportable": False,
            },
            KEY,
            KMS,
        ),
    ),
    (
        Kms.update_key(key_id="k1", name="n", description="", is_disabled=True),
        Request("PATCH", KEY_PATH, KEY_ID, (), {"name": "n", "description": "", "isDisabled": True}, KEY, KMS),
    ),
    (Kms.delete_key(key_id="k1"), Request("DELETE", KEY_PATH, KEY_ID, (), None, KEY, KMS)),
    (Kms.get_key(key_id="k1"), Request("GET", KEY_PATH, KEY_ID, (), None, KEY, KMS)),
    (
        Kms.get_key_by_name(key_name="n", project_id="p"),
        Request(
            "GET", "/api/v1/kms/keys/key-name/{keyName}", (("keyName", "n"),), (("projectId", "p"),), None, KEY, KMS
        ),
    ),
    (
        Kms.list_keys(project_id="p", offset=0, limit=10, order_by="name", order_direction="desc", search="s"),
        Request(
            "GET",
            "/api/v1/kms/keys",
            (),
            (
                ("projectId", "p"),
                ("offset", 0),
                ("limit", 10),
                ("orderBy", "name"),
                ("orderDirection", "desc"),
                ("search", "s"),
            ),
            None,
            one(KmsKeyList),
            KMS,
        ),
    ),
    (
        Kms.encrypt(key_id="k1", plaintext=b"\x00"),
        Request(
            "POST",
            f"{KEY_PATH}/encrypt",
            KEY_ID,
            (),
            {"plaintext": Base64(b"\x00")},
            one(EncryptResponse),
            KMS,
            idempotent=True,
        ),
    ),
    (
        Kms.decrypt(key_id="k1", ciphertext="AA=="),
        Request(
            "POST",
            f"{KEY_PATH}/decrypt",
            KEY_ID,
            (),
            {"ciphertext": "AA=="},
            one(DecryptResponse),
            KMS,
            idempotent=True,
        ),
    ),
    (
        Kms.get_public_key(key_id="k1"),
        Request("GET", f"{KEY_PATH}/public-key", KEY_ID, (), None, one(PublicKeyResponse), KMS),
    ),
    (
        Kms.get_private_key(key_id="k1"),
        Request("GET", f"{KEY_PATH}/private-key", KEY_ID, (), None, one(PrivateKeyResponse), KMS),
    ),
    (
        Kms.list_signing_algorithms(key_id="k1"),
        Request("GET", f"{KEY_PATH}/signing-algorithms", KEY_ID, (), None, one(SigningAlgorithms), KMS),
    ),
    (
        Kms.sign(key_id="k1", signing_algorithm="ECDSA_SHA_256", data="text", is_digest=False),
        Request(
            "POST",
            f"{KEY_PATH}/sign",
            KEY_ID,
            (),
            {"signingAlgorithm": "ECDSA_SHA_256", "data": Base64("text"), "isDigest": False},
            one(SignResponse),
            KMS,
            idempotent=True,
        ),
    ),
    (
        Kms.verify(key_id="k1", data=b"data", signature="AA==", signing_algorithm="ECDSA_SHA_256", is_digest=True),
        Request(
            "POST",
            f"{KEY_PATH}/verify",
            KEY_ID,
            (),
            {"data": Base64(b"data"), "signature": "AA==", "signingAlgorithm": "ECDSA_SHA_256", "isDigest": True},
            one(VerifyResponse),
            KMS,
            idempotent=True,
        ),
    ),
]


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"algorithm": "RSA_4096"}, {"algorithm": "RSA_4096", "encryptionAlgorithm": "RSA_4096"}),
        ({"encryption_algorithm": "RSA_4096"}, {"encryptionAlgorithm": "RSA_4096"}),
    ],
    ids=["the newer name", "the documented name"],
)
def test_the_algorithm_of_a_new_key_is_sent_under_the_names_of_all_servers(given, sent):
    assert Kms.create_key(project_id="p", name="n", **given).body == {"projectId": "p", "name": "n", **sent}


@pytest.mark.parametrize(("built", "expected"), REQUESTS, ids=[f"{r.method} {r.path}" for _, r in REQUESTS])
def test_an_endpoint_builds_this_request(built, expected):
    assert expected == built


ANSWERS = [
    (
        Kms.get_key(key_id="k1"),
        {
            "key": {
                "id": "k1",
                "name": "n",
                "description": None,
                "isDisabled": False,
                "orgId": "o",
                "projectId": "p",
                "keyUsage": "encrypt-decrypt",
                "version": 1,
                "encryptionAlgorithm": "aes-256-gcm",
                "algorithm": "aes-256-gcm",
                "isExportable": True,
                "createdAt": "2026-01-01T00:00:00.000Z",
                "updatedAt": "2026-01-02T00:00:00.000Z",
            }
        },
        KmsKey(
            id="k1",
            name="n",
            is_disabled=False,
            org_id="o",
            project_id="p",
            key_usage="encrypt-decrypt",
            version=1,
            encryption_algorithm="aes-256-gcm",
            algorithm="aes-256-gcm",
            is_exportable=True,
            created_at="2026-01-01T00:00:00.000Z",
            updated_at="2026-01-02T00:00:00.000Z",
        ),
    ),
    (
        Kms.list_keys(project_id="p"),
        {"keys": [{"id": "k1"}], "totalCount": 1},
        KmsKeyList(keys=(KmsKey(id="k1"),), total_count=1),
    ),
    (Kms.encrypt(key_id="k1", plaintext="t"), {"ciphertext": "AA=="}, EncryptResponse(ciphertext="AA==")),
    (Kms.decrypt(key_id="k1", ciphertext="AA=="), {"plaintext": "dA=="}, DecryptResponse(plaintext="dA==")),
    (Kms.get_public_key(key_id="k1"), {"publicKey": "MIIB"}, PublicKeyResponse(public_key="MIIB")),
    (Kms.get_private_key(key_id="k1"), {"privateKey": "MIIE"}, PrivateKeyResponse(private_key="MIIE")),
    (
        Kms.list_signing_algorithms(key_id="k1"),
        {"signingAlgorithms": ["ECDSA_SHA_256"]},
        SigningAlgorithms(signing_algorithms=("ECDSA_SHA_256",)),
    ),
    (
        Kms.sign(key_id="k1", signing_algorithm="ECDSA_SHA_256", data="t"),
        {"signature": "AA==", "keyId": "k1", "signingAlgorithm": "ECDSA_SHA_256"},
        SignResponse(signature="AA==", key_id="k1", signing_algorithm="ECDSA_SHA_256"),
    ),
    (
        Kms.verify(key_id="k1", data="t", signature="AA==", signing_algorithm="ECDSA_SHA_256"),
        {"signatureValid": False, "keyId": "k1", "signingAlgorithm": "ECDSA_SHA_256"},
        VerifyResponse(signature_valid=False, key_id="k1", signing_algorithm="ECDSA_SHA_256"),
    ),
]


@pytest.mark.parametrize(("request_", "body", "expected"), ANSWERS, ids=[f"{r.method} {r.path}" for r, _, _ in ANSWERS])
def test_an_answer_decodes_to_its_last_field(request_, body, expected):
    assert Success(expected) == request_.returns(answer(body))


def test_decrypted_data_is_available_as_bytes_and_as_text():
    decrypted = DecryptResponse(plaintext="bMOtbmVh")

    assert (decrypted.data, decrypted.text) == ("línea".encode(), "línea")


def test_a_plaintext_that_is_not_base64_is_a_decode_error_not_an_exception_later():
    error = one(DecryptResponse)(answer({"plaintext": "not base64!"})).failure()

    assert isinstance(error, DecodeError)
    assert (error.path, error.message) == ("plaintext", "expected base64, found a string at plaintext")


def test_a_plaintext_that_is_neither_bytes_nor_text_is_refused_before_it_is_sent():
    error = replaying("kms.yaml").kms.encrypt(key_id="k1", plaintext=7).failure()

    assert error == RequestError("POST /api/v1/kms/keys/{keyId}/encrypt: bytes or text expected, not int")


def test_the_recorded_life_of_a_key():
    client = replaying("kms.yaml")
    created = client.kms.create_key(
        project_id=PROJECT, name="cassette-6bea07ed", description="recorded", encryption_algorithm="aes-256-gcm"
    ).unwrap()
    listed = client.kms.list_keys(project_id=PROJECT, offset=0, limit=10).unwrap()
    updated = client.kms.update_key(key_id=created.id, description="updated").unwrap()
    sealed = client.kms.encrypt(key_id=created.id, plaintext="attack at dawn").unwrap()
    opened = client.kms.decrypt(key_id=created.id, ciphertext=sealed.ciphertext).unwrap()
    deleted = client.kms.delete_key(key_id=created.id).unwrap()

    assert created == KmsKey(
        id="1ad69bfd-500a-4c13-b4e1-7e0ed2ba457c",
        name="cassette-6bea07ed",
        description="recorded",
        project_id=PROJECT,
        org_id="e8ea1beb-2715-400f-be3e-c276fe113d82",
        is_disabled=False,
        created_at="2026-11-22T01:02:05.455Z",
        updated_at="2026-11-22T01:02:05.455Z",
    )
    assert [(key.id, key.version) for key in listed.keys] == [(created.id, 1)]
    assert (updated.description, opened.text, deleted.id) == ("updated", "attack at dawn", created.id)
