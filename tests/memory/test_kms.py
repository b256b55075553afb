"""KMS on the memory server."""

from __future__ import annotations

import base64
import hashlib
import json
import sys
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_der_public_key

from infisical import BadRequestError, ForbiddenError
from infisical.endpoints.kms import KmsKey, VerifyResponse
from infisical.memory import seeding
from infisical.memory.call import Call
from infisical.memory.domain.ciphers import ASYMMETRIC_ALGORITHMS
from infisical.memory.state import Draft
from tests.memory.scenes.pki import someone
from tests.memory.world import World, refusal, without_id

DAWN = "attack at dawn"
KEYS = "/api/v1/kms/keys"


def key(world: World, name: str = "boxes", **more):
    return world.machine.kms.create_key(project_id=world.project_id, name=name, **more).unwrap()


def signing_key(world: World, algorithm: str = "ECC_NIST_P256"):
    return key(world, "seals", key_usage="sign-verify", encryption_algorithm=algorithm)


# ---- keys
def test_a_key_that_was_made_is_read_by_id_and_name_changed_and_deleted():
    world = World()
    kms = world.machine.kms

    made = key(world, description="for boxes")
    world.clock.advance(60)
    changed = kms.update_key(key_id=made.id, name="crates", description="for crates", is_disabled=True).unwrap()

    assert made == KmsKey(
        id=made.id,
        name="boxes",
        description="for boxes",
        project_id=world.project_id,
        org_id=world.given.organization_id,
        key_usage="encrypt-decrypt",
        encryption_algorithm="aes-256-gcm",
        algorithm="aes-256-gcm",
        version=1,
        is_disabled=False,
        created_at="2026-09-21T14:13:20.000Z",
        updated_at="2026-09-21T14:13:20.000Z",
    )
    assert (changed.name, changed.description, changed.is_disabled) == ("crates", "for crates", True)
    assert changed.updated_at == "2026-09-21T14:14:20.000Z"
    assert kms.get_key(key_id=made.id).unwrap() == changed
    assert kms.get_key_by_name(key_name="crates", project_id=world.project_id).unwrap() == changed
    assert kms.delete_key(key_id=made.id).unwrap() == changed
    assert kms.list_keys(project_id=world.project_id).unwrap().keys == ()


def test_keys_are_listed_by_their_names_in_pages_and_searched():
    world = World()
    for name in ("beta", "alpha", "gamma"):
        key(world, name)

    def names(**how):
        page = world.machine.kms.list_keys(project_id=world.project_id, **how).unwrap()
        return [one.name for one in page.keys], page.total_count

    assert names() == (["alpha", "beta", "gamma"], 3)
    assert names(order_direction="desc", limit=2) == (["gamma", "beta"], 3)
    assert names(offset=2) == (["gamma"], 3)
    assert names(search="AMM") == (["gamma"], 1)


def test_a_key_is_refused_in_the_words_of_the_server():
    world = World()
    made = key(world)
    other = key(world, "crates")
    body = {"projectId": world.project_id, "name": "boxes"}

    taken = world.send("POST", KEYS, body)
    renamed = world.send("PATCH", f"{KEYS}/{other.id}", {"name": "boxes"})
    unknown = world.send("GET", f"{KEYS}/{world.project_id}")
    unchanged = world.send("PATCH", f"{KEYS}/{world.project_id}", {"name": "else"})
    malformed = world.send("GET", f"{KEYS}/nothing")
    misfit = world.send("POST", KEYS, {**body, "name": "misfit", "keyUsage": "sign-verify"})

    message = f'A KMS key with the name "boxes" already exists for the project with ID "{world.project_id}"'
    assert without_id(taken) == refusal(400, "BadRequest", message)
    assert without_id(renamed) == refusal(400, "BadRequest", message)
    assert without_id(unknown) == refusal(404, "NotFound", f'Key with ID "{world.project_id}" not found')
    assert without_id(unchanged) == refusal(404, "NotFound", f"Key with ID {world.project_id} not found")
    assert (malformed[0], malformed[1]["message"][0]["path"]) == (422, ["keyId"])
    assert (misfit[0], misfit[1]["message"]) == (
        422,
        [
            {
                "code": "custom",
                "message": "algorithm must be a valid asymmetric sign-verify algorithm. Valid options are: "
                + ", ".join(ASYMMETRIC_ALGORITHMS),
                "path": [],
            }
        ],
    )
    assert world.send("PATCH", f"{KEYS}/{made.id}", {"name": "boxes"})[0] == 200


def test_a_key_of_a_project_that_one_is_no_member_of_is_refused_and_its_name_is_free_in_others():
    world = World()
    key(world)
    other = another_project(world)
    body = {"projectId": other, "name": "boxes"}

    made = world.send("POST", KEYS, body)
    stranger = world.token()
    paths = [f"{KEYS}/{made[1]['key']['id']}{end}" for end in ("", "/private-key")]

    assert made[0] == 200
    assert [world.send("GET", path)[0] for path in paths] == [200, 200]
    assert [world.send("GET", path, token=stranger)[0] for path in paths] == [403, 403]
    assert world.send("POST", KEYS, {**body, "name": "crates"}, token=stranger)[0] == 403
    assert without_id(world.send("POST", KEYS, {"projectId": "none", "name": "boxes"})) == refusal(
        404, "NotFound", "Project with none not found"
    )


def another_project(world: World) -> str:
    """A project of the person's only."""
    made = ""

    def added(state, now):
        nonlocal made
        call = Call(Draft(state), seeding.INTERNAL_REQUEST, now, {})
        made = seeding.add_project(call, world.given.organization_id, "other", "other")["id"]
        seeding.add_project_user(call, made, world.given.user_id, "admin")
        return call.draft.finish()

    world.memory.change(added)
    return made


def test_viewers_read_keys_and_use_none_and_strangers_do_neither():
    world = World()
    made = key(world)
    viewer, member = someone(world, "viewer"), someone(world, "member")
    encrypt = ("POST", f"{KEYS}/{made.id}/encrypt", {"plaintext": "YQ=="})

    assert world.send("GET", f"{KEYS}/{made.id}", token=viewer)[0] == 200
    assert world.send(*encrypt, token=viewer)[1]["error"] == "PermissionDenied"
    assert world.send("GET", f"{KEYS}/{made.id}/private-key", token=viewer)[0] == 403
    assert world.send(*encrypt, token=member)[0] == 200
    assert world.send("DELETE", f"{KEYS}/{made.id}", token=viewer)[0] == 403


# ---- encrypting
@pytest.mark.parametrize("algorithm", ["aes-256-gcm", "aes-128-gcm"])
@pytest.mark.parametrize("data", [b"", b"attack at dawn", bytes(range(256)) * 64])
def test_what_is_encrypted_is_decrypted(algorithm, data):
    world = World()
    made = key(world, encryption_algorithm=algorithm)

    sealed = world.machine.kms.encrypt(key_id=made.id, plaintext=data).unwrap().ciphertext
    opened = world.machine.kms.decrypt(key_id=made.id, ciphertext=sealed).unwrap()

    assert opened.data == data


def test_a_ciphertext_is_aes_gcm_under_the_key_that_is_exported_and_says_the_keys_version():
    world = World()
    made = key(world)

    sealed = base64.b64decode(world.machine.kms.encrypt(key_id=made.id, plaintext=DAWN).unwrap().ciphertext)
    material = base64.b64decode(world.machine.kms.get_private_key(key_id=made.id).unwrap().private_key)

    assert (len(material), sealed[-3:]) == (32, b"v01")
    assert AESGCM(material).decrypt(sealed[:12], sealed[12:-3], b"v01") == DAWN.encode()


def test_the_same_calls_give_the_same_keys_and_ciphertexts_and_each_encryption_its_own():
    def done():
        world = World()
        made = key(world)
        texts = [world.machine.kms.encrypt(key_id=made.id, plaintext=DAWN).unwrap().ciphertext for _ in range(2)]
        return made, texts, world.machine.kms.get_private_key(key_id=made.id).unwrap().private_key

    first, second = done(), done()

    assert first == second
    assert first[1][0] != first[1][1]


@pytest.mark.parametrize("place", [0, 14, -4, -1])
def test_a_ciphertext_that_was_changed_is_refused(place):
    world = World()
    made = key(world)
    sealed = bytearray(base64.b64decode(world.machine.kms.encrypt(key_id=made.id, plaintext=DAWN).unwrap().ciphertext))
    sealed[place] ^= 1

    got = world.send("POST", f"{KEYS}/{made.id}/decrypt", {"ciphertext": base64.b64encode(sealed).decode()})

    assert (got[0], got[1]["error"]) == (400, "CryptographyError")


def test_a_ciphertext_of_another_key_is_refused():
    world = World()
    sealed = world.machine.kms.encrypt(key_id=key(world).id, plaintext=DAWN).unwrap().ciphertext
    other = key(world, "crates")

    got = world.machine.kms.decrypt(key_id=other.id, ciphertext=sealed)

    assert isinstance(got.failure(), BadRequestError)


def test_a_disabled_key_does_nothing_until_it_is_enabled():
    world = World()
    made = key(world)
    world.machine.kms.update_key(key_id=made.id, is_disabled=True).unwrap()

    refused = world.send("POST", f"{KEYS}/{made.id}/encrypt", {"plaintext": "YQ=="})
    exported = world.send("GET", f"{KEYS}/{made.id}/private-key")
    world.machine.kms.update_key(key_id=made.id, is_disabled=False).unwrap()

    assert without_id(refused) == refusal(400, "BadRequest", "Key is disabled")
    assert without_id(exported) == refusal(400, "BadRequest", "Key is disabled")
    assert world.send("POST", f"{KEYS}/{made.id}/encrypt", {"plaintext": "YQ=="})[0] == 200


def test_only_base64_is_taken_and_only_so_much_of_it():
    world = World()
    made = key(world)
    path = f"{KEYS}/{made.id}/encrypt"
    most = base64.b64encode(bytes(1 << 20)).decode()

    plain = world.send("POST", path, {"plaintext": "not base64!"})
    over = world.send("POST", path, {"plaintext": base64.b64encode(bytes((1 << 20) + 1)).decode()})
    sealed = world.send("POST", path, {"plaintext": most})
    opened = world.send("POST", f"{KEYS}/{made.id}/decrypt", sealed[1])
    world.become("2024-10")

    issues = [{"code": "custom", "message": "data must be base64 encoded", "path": ["plaintext"]}]
    assert (plain[0], plain[1]["message"]) == (422, issues)
    assert (over[0], sealed[0], opened) == (422, 200, (200, {"plaintext": most}))
    assert world.send("POST", path, {"plaintext": base64.b64encode(bytes(4097)).decode()})[0] == 401
    assert world.send("POST", path, {"plaintext": base64.b64encode(bytes(4096)).decode()})[0] == 200


# ---- signing
@pytest.mark.parametrize("algorithm", ["ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521"])
@pytest.mark.parametrize("signing", ["ECDSA_SHA_256", "ECDSA_SHA_384", "ECDSA_SHA_512"])
def test_a_curve_signs_data_and_digests_and_verifies_both(algorithm, signing):
    world = World()
    kms, key_id = world.machine.kms, signing_key(world, algorithm).id
    digest = hashlib.new(signing[-7:].replace("_", "").lower(), DAWN.encode()).digest()

    signed = kms.sign(key_id=key_id, signing_algorithm=signing, data=DAWN).unwrap()
    prehashed = kms.sign(key_id=key_id, signing_algorithm=signing, data=digest, is_digest=True).unwrap()

    def valid(signature, data=DAWN, **how):
        asked = {"key_id": key_id, "signing_algorithm": signing, "signature": signature.signature, **how}
        return kms.verify(**asked, data=data).unwrap()

    assert (signed.key_id, signed.signing_algorithm) == (key_id, signing)
    assert valid(signed) == VerifyResponse(signature_valid=True, key_id=key_id, signing_algorithm=signing)
    assert valid(signed, digest, is_digest=True).signature_valid is True
    assert valid(prehashed).signature_valid is True
    assert valid(signed, "attack at dusk").signature_valid is False
    assert valid(signed, digest[:-1], is_digest=True).signature_valid is False


def test_rsa_signs_by_each_of_its_schemes():
    world = World()
    kms, key_id = world.machine.kms, signing_key(world, "RSA_4096").id
    digest = hashlib.sha256(DAWN.encode()).digest()

    schemes = kms.list_signing_algorithms(key_id=key_id).unwrap().signing_algorithms
    signed = {one: kms.sign(key_id=key_id, signing_algorithm=one, data=DAWN).unwrap().signature for one in schemes}
    again = kms.sign(key_id=key_id, signing_algorithm="RSASSA_PKCS1_V1_5_SHA_256", data=digest, is_digest=True)
    ways = [
        [kms.verify(key_id=key_id, data=DAWN, signature=text, signing_algorithm=way).unwrap() for way in schemes]
        for text in signed.values()
    ]

    assert schemes == (
        "RSASSA_PSS_SHA_512",
        "RSASSA_PSS_SHA_384",
        "RSASSA_PSS_SHA_256",
        "RSASSA_PKCS1_V1_5_SHA_512",
        "RSASSA_PKCS1_V1_5_SHA_384",
        "RSASSA_PKCS1_V1_5_SHA_256",
    )
    assert [[one.signature_valid for one in row] for row in ways] == [[x == y for x in range(6)] for y in range(6)]
    assert again.unwrap().signature == signed["RSASSA_PKCS1_V1_5_SHA_256"]


def test_a_lattice_signs_data_but_no_digests():
    world = World()
    kms, key_id = world.machine.kms, signing_key(world, "ML_DSA_44").id

    signed = kms.sign(key_id=key_id, signing_algorithm="ML_DSA_44", data=DAWN).unwrap()
    asked = {"key_id": key_id, "signing_algorithm": "ML_DSA_44", "signature": signed.signature}

    assert kms.verify(**asked, data=DAWN).unwrap().signature_valid is True
    assert kms.verify(**asked, data="attack at dusk").unwrap().signature_valid is False
    assert isinstance(kms.verify(**asked, data=DAWN, is_digest=True).failure(), BadRequestError)


def test_a_public_key_verifies_what_the_key_signed_and_is_the_private_ones():
    world = World()
    key_id = signing_key(world).id

    signed = world.machine.kms.sign(key_id=key_id, signing_algorithm="ECDSA_SHA_256", data=DAWN).unwrap()
    public = base64.b64decode(world.machine.kms.get_public_key(key_id=key_id).unwrap().public_key)
    private = base64.b64decode(world.machine.kms.get_private_key(key_id=key_id).unwrap().private_key)

    loaded = load_der_public_key(public)
    assert isinstance(loaded, ec.EllipticCurvePublicKey)
    assert loaded == load_der_private_key(private, None).public_key()
    loaded.verify(signed.data, DAWN.encode(), ec.ECDSA(hashes.SHA256()))
    with pytest.raises(InvalidSignature):
        loaded.verify(signed.data, b"attack at dusk", ec.ECDSA(hashes.SHA256()))


def test_a_key_does_only_what_it_is_for():
    world = World()
    boxes, seals = key(world).id, signing_key(world).id
    data = {"data": "YQ==", "signingAlgorithm": "ECDSA_SHA_256"}

    refused = [
        world.send("POST", f"{KEYS}/{seals}/encrypt", {"plaintext": "YQ=="}),
        world.send("POST", f"{KEYS}/{boxes}/sign", data),
        world.send("POST", f"{KEYS}/{boxes}/verify", {**data, "signature": "YQ=="}),
        world.send("GET", f"{KEYS}/{boxes}/public-key"),
        world.send("GET", f"{KEYS}/{boxes}/signing-algorithms"),
        world.send("POST", f"{KEYS}/{seals}/sign", {**data, "signingAlgorithm": "RSASSA_PSS_SHA_256"}),
        world.send("POST", f"{KEYS}/{seals}/sign", {**data, "isDigest": True}),
    ]

    assert [(status, body["error"]) for status, body in refused] == [(400, "BadRequest")] * 7


def test_a_key_that_is_not_exportable_stays_where_it_is():
    world = World()
    made = key(world, is_exportable=False)

    got = world.machine.kms.get_private_key(key_id=made.id)

    assert isinstance(got.failure(), ForbiddenError)


# ---- October 2024
def recorded(method: str, path_end: str):
    text = (Path(__file__).parents[2] / "cassettes" / "kms.yaml").read_text()
    blocks = text.split("- request:")
    for block in blocks:
        if f"method: {method}\n" in block and f"{path_end}\n" in block:
            return json.loads(block.split("string: '", 1)[1].split("'\n", 1)[0])
    raise AssertionError(f"nothing recorded of {method} {path_end}")


def test_a_server_of_2024_answers_with_the_names_that_one_was_recorded_with():
    world = World(generation="2024-10")
    body = {"projectId": world.project_id, "name": "boxes", "encryptionAlgorithm": "aes-256-gcm"}

    _, made = world.send("POST", KEYS, body)
    path = f"{KEYS}/{made['key']['id']}"
    _, listed = world.send("GET", KEYS, query={"projectId": world.project_id, "offset": "0", "limit": "10"})
    _, changed = world.send("PATCH", path, {"description": "updated"})
    _, sealed = world.send("POST", f"{path}/encrypt", {"plaintext": "YXR0YWNrIGF0IGRhd24="})
    _, opened = world.send("POST", f"{path}/decrypt", sealed)
    _, deleted = world.send("DELETE", path)

    assert list(made["key"]) == list(recorded("POST", "/kms/keys")["key"])
    assert list(listed["keys"][0]) == list(recorded("GET", "limit=10")["keys"][0])
    assert (made["key"]["slug"], made["key"]["isReserved"], listed["totalCount"]) == (None, False, 1)
    assert list(changed["key"]) == list(recorded("PATCH", "")["key"])
    assert opened == recorded("POST", "/decrypt") == {"plaintext": "YXR0YWNrIGF0IGRhd24="}
    assert deleted == changed


def test_a_server_of_2024_refuses_a_name_as_one_was_recorded_to():
    world = World(generation="2024-10")

    got = world.send("POST", KEYS, {"projectId": world.project_id, "name": "Bad Name!"})

    issues = [{"code": "custom", "message": "Name must be slug friendly", "path": ["name"]}]
    assert got == refusal(401, "ValidationFailure", issues)


# ---- without the package
def test_without_the_package_cryptography_only_what_needs_it_is_refused_and_says_so(monkeypatch):
    world = World()
    for name in [name for name in sys.modules if name.partition(".")[0] == "cryptography"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "cryptography", None)

    made = world.send("POST", KEYS, {"projectId": world.project_id, "name": "boxes"})
    path = f"{KEYS}/{made[1]['key']['id']}"
    refused = world.send("POST", f"{path}/encrypt", {"plaintext": "YQ=="})

    message = (
        "The server in memory needs the package 'cryptography' for this: pip install 'infisical-functional[memory]'"
    )
    assert without_id(refused) == refusal(501, "MissingDependency", message)
    assert (made[0], world.send("GET", path)[0]) == (200, 200)
    assert world.send("GET", f"/api/v1/projects/{world.project_id}/tags") == (200, {"tags": []})
