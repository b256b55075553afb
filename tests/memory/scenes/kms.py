"""Scenes of KMS."""

from __future__ import annotations

from functools import partial

from tests.memory.scenes import Scene
from tests.memory.world import World


def key(world: World) -> str:
    return world.machine.kms.create_key(project_id=world.project_id, name="boxes").unwrap().id


def signing_key(world: World) -> str:
    made = world.machine.kms.create_key(
        project_id=world.project_id, name="seals", key_usage="sign-verify", encryption_algorithm="ECC_NIST_P256"
    )
    return made.unwrap().id


def by_name(world: World):
    key(world)
    return partial(world.machine.kms.get_key_by_name, key_name="boxes", project_id=world.project_id)


def decrypting(world: World):
    key_id = key(world)
    ciphertext = world.machine.kms.encrypt(key_id=key_id, plaintext="attack at dawn").unwrap().ciphertext
    return partial(world.machine.kms.decrypt, key_id=key_id, ciphertext=ciphertext)


def verifying(world: World):
    asked = {"key_id": signing_key(world), "data": "attack at dawn", "signing_algorithm": "ECDSA_SHA_256"}
    signature = world.machine.kms.sign(**asked).unwrap().signature
    return partial(world.machine.kms.verify, **asked, signature=signature)


SCENES: dict[str, Scene] = {
    "kms.create_key": lambda w: partial(w.machine.kms.create_key, project_id=w.project_id, name="boxes"),
    "kms.update_key": lambda w: partial(w.machine.kms.update_key, key_id=key(w), name="crates", is_disabled=True),
    "kms.delete_key": lambda w: partial(w.machine.kms.delete_key, key_id=key(w)),
    "kms.get_key": lambda w: partial(w.machine.kms.get_key, key_id=key(w)),
    "kms.list_keys": lambda w: partial(w.machine.kms.list_keys, project_id=w.project_id),
    "kms.encrypt": lambda w: partial(w.machine.kms.encrypt, key_id=key(w), plaintext="attack at dawn"),
    "kms.decrypt": decrypting,
    "kms.get_key_by_name": by_name,
    "kms.get_public_key": lambda w: partial(w.machine.kms.get_public_key, key_id=signing_key(w)),
    "kms.get_private_key": lambda w: partial(w.machine.kms.get_private_key, key_id=key(w)),
    "kms.list_signing_algorithms": lambda w: partial(w.machine.kms.list_signing_algorithms, key_id=signing_key(w)),
    "kms.sign": lambda w: partial(
        w.machine.kms.sign, key_id=signing_key(w), signing_algorithm="ECDSA_SHA_256", data="attack at dawn"
    ),
    "kms.verify": verifying,
}
