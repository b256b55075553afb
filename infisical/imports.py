"""Merged imports: one name, one secret, as Infisical's own clients and server choose among those of one name.

Pure functions over a listing that was asked for with `include_imports`. Fetching it is endpoints/secrets/.
"""

from __future__ import annotations

from collections.abc import Iterable

from infisical.endpoints.secrets import Secret, SecretList


def merge_imports(listing: SecretList) -> tuple[Secret, ...]:
    """Merge a listing's own secrets with those that it imports: own ones first, in their order, then imported ones.

    Of one name a folder's own secret goes before an imported one, and a later import before an earlier one: so the
    server answers for a single secret, and so do Infisical's command line (`InjectRawImportedSecret`) and web client,
    which go through the imports from the last to the first. Within a folder a personal secret goes before the shared.
    """
    kept: dict[str, Secret] = {}
    for folder in (listing.secrets, *(found.secrets for found in reversed(listing.imports))):
        for secret in _of_one_folder(folder):
            kept.setdefault(secret.secret_key, secret)
    return tuple(kept.values())


def to_env(listing: SecretList) -> dict[str, str]:
    """Make a mapping of names to values, imports merged; what the server hid stands in it as its mask.

    `os.environ.update(to_env(listing))`, say.
    """
    return {secret.secret_key: secret.secret_value for secret in merge_imports(listing)}


def _of_one_folder(secrets: Iterable[Secret]) -> Iterable[Secret]:
    kept: dict[str, Secret] = {}
    for secret in secrets:
        if secret.secret_key not in kept or secret.type == "personal":
            kept[secret.secret_key] = secret
    return kept.values()
